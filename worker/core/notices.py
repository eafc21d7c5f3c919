"""What a person is told about a recreation while it happens; pure.

A notice holds facts, not sentences: `worker.ops.notice_view` writes them in the reader's language.
"""

from dataclasses import dataclass, replace
from enum import Enum

from worker.core import boots
from worker.core.outcomes import Parked
from worker.core.progress import Mootness, Progress, Remark


class Kind(str, Enum):
    """What a notice is about; the value is the word in `notify.kinds`."""

    STARTED = "started"
    RECOVERED = "recovered"
    DEGRADED = "degraded"
    CALLED_OFF = "called_off"
    PARKED = "parked"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Notice:
    """One piece of news about one recreation.

    Attributes:
        source: Instance id of the source; empty for a message that cannot be read.
        name: Its name, where it is known.
        recreation: Id of the recreation; empty as the source.
        image: Id of its image; empty before there is one.
        disks: How many disks of the source outlive it.
        replacement: Instance id of the replacement.
        server: Type, zone and charge of the replacement.
        address: Its private address.
        is_in_place: Whether the source itself was started again.
        seconds: From the notice (T0) to now.
        seconds_left: From now to the announced release; may be negative.
        not_kept: What could not be kept or done, and why.
        extra: Replacements that are one too many.
        is_beside: Whether the source itself is the one too many, for nobody has stopped it.
        park: Why it stopped as a word, under which the runbook tells what to do.
        why: Why it stopped or was called off, one English sentence of the product.
        code: The cloud's code for that.
        advice: What a person should do, one English sentence of the product.
    """

    kind: Kind
    region: str
    source: str = ""
    name: str = ""
    recreation: str = ""
    image: str = ""
    disks: int = 0
    replacement: str = ""
    server: tuple[str, ...] = ()
    address: str = ""
    is_in_place: bool = False
    seconds: float = 0.0
    seconds_left: float = 0.0
    not_kept: tuple[Remark, ...] = ()
    extra: tuple[str, ...] = ()
    is_beside: bool = False
    park: str = ""
    why: str = ""
    code: str = ""
    advice: str = ""

    @property
    def who(self) -> str:
        """What a person calls the source."""
        return self.name or self.source


def news(before: Progress, after: Progress, now: float, *, notice: float) -> tuple[Notice, ...]:
    """Return what a run of the steps has made worth telling.

    Args:
        before: The progress that the run began with.
        after: The progress that it ended with.
        now: Epoch seconds.
        notice: From T0 to the release, seconds.
    """
    found: list[Notice] = []
    if before.retained is None and after.retained is not None and after.moot is None:
        found.append(_about(Kind.STARTED, after, now, notice))
    known = before.launched.quarantined
    extra = tuple(one for one in after.launched.quarantined if one not in known)
    if extra:
        found.append(_about(Kind.QUARANTINED, after, now, notice, extra=extra))
    if after.launched.beside_at and not before.launched.beside_at:
        two = _about(Kind.QUARANTINED, after, now, notice, extra=(after.instance_id,))
        found.append(replace(two, is_beside=True))
    return tuple(found)


def ending(progress: Progress, now: float, *, notice: float) -> Notice | None:
    """Return the notice of a finished recreation; None when nobody was told that it began."""
    if progress.moot is not None:
        told = progress.retained is not None and progress.moot is Mootness.FALSE_ALARM
        why = progress.moot_reason
        return _about(Kind.CALLED_OFF, progress, now, notice, why=why) if told else None
    is_as_ever = progress.launched.charge != "pay-as-you-go" and progress.rung not in _DEGRADED
    is_whole = is_as_ever and not progress.remarks
    return _about(Kind.RECOVERED if is_whole else Kind.DEGRADED, progress, now, notice)


def parking(parked: Parked, source: str, region: str, now: float, *, notice: float) -> Notice:
    """Return the notice of a message that waits for a person now."""
    known = Notice(Kind.PARKED, region, source)
    if parked.progress is not None:
        known = _about(Kind.PARKED, parked.progress, now, notice)
    return replace(
        known,
        park=parked.park.value,
        why=parked.sentence,
        code=parked.code,
        advice=parked.park.advice,
    )


def _about(
    kind: Kind,
    progress: Progress,
    now: float,
    notice: float,
    *,
    extra: tuple[str, ...] = (),
    why: str = "",
) -> Notice:
    launched = progress.launched
    server = (launched.instance_type, launched.zone, launched.charge)
    return Notice(
        kind=kind,
        region=progress.region,
        source=progress.instance_id,
        name=name_of(progress),
        recreation=progress.recreation_id,
        image=progress.imaged.image_id if progress.imaged else "",
        disks=outliving(progress),
        replacement=launched.instance_id,
        server=tuple(one for one in server if one),
        address=launched.private_ip,
        is_in_place=progress.is_in_place,
        seconds=now - progress.t0,
        seconds_left=progress.t0 + notice - now,
        not_kept=progress.remarks,
        extra=extra,
        why=why,
    )


def name_of(progress: Progress) -> str:
    """Return what a person calls the source; empty where nobody has looked yet."""
    if progress.specified is not None:
        return progress.specified.source.name
    if progress.captured is not None:
        return progress.captured.instance.name
    return progress.economical.facts.name if progress.economical is not None else ""


def outliving(progress: Progress) -> int:
    """Count the disks that stay when the source goes."""
    retained = progress.retained
    if retained is None or not retained.sent:
        return 0
    return sum(boots.outlives(progress, one) for one in retained.disks)


# Booted from these, a replacement has not the system of the source as it was at the notice.
_DEGRADED = ("rescue", "stale-snapshot")
# From the one that needs a person most to the one that needs nobody.
URGENCY = (
    Kind.PARKED,
    Kind.QUARANTINED,
    Kind.DEGRADED,
    Kind.RECOVERED,
    Kind.CALLED_OFF,
    Kind.STARTED,
)
# Where nothing goes on, or two serve, until somebody has read it.
FOR_A_PERSON = frozenset({Kind.PARKED, Kind.QUARANTINED})


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out to a channel; one notice, or several merged.

    Attributes:
        kind: The most urgent kind in it.
    """

    kind: Kind
    title: str
    body: str
