"""How a parked recreation goes on after a person has decided that it shall; all pure.

A replay keeps the slot that its launch token stands for: a copy of the same message, edited or not,
asks under the same token, so that the cloud itself lets only one of them have a replacement. The
slot moves on only where the parked message says that its request was definitely refused, for the
cloud remembers a refusal with its token.
"""

from dataclasses import dataclass, replace

from worker.core import identity
from worker.core.ladder import wished
from worker.core.model import Candidate, Image, Instance, VSwitch
from worker.core.outcomes import Park, StepName
from worker.core.progress import Captured, Imaged, Launched, Progress, Retained, Wishes

# The words with which a definite refusal of a launch is parked; see `Parked.error`.
_REFUSED = frozenset({Park.REFUSED.value, Park.NO_ADDRESS.value})
_DEFINITE = "Permanent"
_NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Edits:
    """What a person changes about a replay.

    Attributes:
        begin_at: The step to do again; empty goes on where it was parked.
    """

    wishes: Wishes = _NO_WISHES
    begin_at: str = ""

    @property
    def any(self) -> bool:
        """Whether anything is changed."""
        return self.wishes.any or bool(self.begin_at)


@dataclass(frozen=True, slots=True)
class Stop:
    """Why and at which step it was parked, as the signed attributes say."""

    park: str = ""
    error: str = ""
    step: str = ""


class NoSubnet(Exception):
    """The zone that was asked for has no subnet of the source's VPC."""


def resumed(
    progress: Progress,
    stop: Stop,
    edits: Edits,
    *,
    now: float,
    vswitches: tuple[VSwitch, ...] = (),
) -> Progress:
    """Return what a replay begins with: the same recreation with its time begun again.

    Args:
        progress: As parked.
        stop: Why it was parked.
        edits: What a person changes.
        now: Epoch seconds.
        vswitches: Subnets of the source's VPC, for a zone that no candidate is in.

    Raises:
        NoSubnet: See there.
    """
    fresh = replace(
        progress,
        hops=0,
        resumed_at=now,
        absent_at=0.0,
        image_absent_at=0.0,
        launched=_fresh(progress.launched, stop),
        wishes=edits.wishes if edits.wishes.any else progress.wishes,
    )
    return _with_wishes(_from_step(fresh, edits.begin_at), edits.wishes, vswitches)


def with_capture(progress: Progress, captured: Captured, image: Image, now: float) -> Progress:
    """Go on at `spec` with a source that is gone: from its image and from what was captured before.

    The image is ours, so that an earlier run has seen the lock.
    """
    source = captured.instance
    return replace(
        progress,
        seen=True,
        lineage=progress.lineage
        or identity.next_lineage(source.tags.get(identity.TAG_LINEAGE), source.instance_id),
        retained=progress.retained or Retained((), tagged=True, sent=True),
        imaged=progress.imaged or Imaged(image.name, now, image.image_id),
        captured=captured,
    ).marked("source captured", now)


def incarnation_of(source: Instance) -> str:
    """Return what distinguishes the recreations of one source; see `identity.recreation_id`."""
    started = source.started_at if source.is_economical else ""
    return started or identity.NOT_ECONOMICAL


def _fresh(launched: Launched, stop: Stop) -> Launched:
    refused = stop.park in _REFUSED and stop.error == _DEFINITE
    at_launch = stop.step == StepName.LAUNCH.value and not launched.instance_id
    return replace(
        launched,
        round=launched.round + (refused and at_launch),
        clashed_at=0.0,
        not_before=0.0,
        unknown_refusals=0,
        unlocked_looks=0,
    )


def _from_step(progress: Progress, step: str) -> Progress:
    """Forget what a step has achieved, but never a slot: what was asked for stays asked for."""
    launched = progress.launched
    match step:
        case StepName.RETAIN.value:
            return replace(progress, retained=None)
        case StepName.QUIESCE.value:
            # Only where nothing is imaged yet: what is in an image is as it was.
            return replace(progress, quiesced=None)
        case StepName.IMAGE.value:
            again = replace(launched, image_usable_at=0.0, image_begun_at=0.0, image_safe=False)
            return replace(progress, imaged=None, snapshots=None, launched=again)
        case StepName.SPEC.value:
            # The list of candidates is made anew, and may be shorter than where the old one stood.
            again = replace(launched, index=0, epoch=launched.epoch + (launched.index > 0))
            return replace(progress, captured=None, specified=None, belongings=None, launched=again)
        case StepName.LAUNCH.value:
            return replace(progress, launched=_unlaunched(launched))
        case StepName.HANDOVER.value:
            return replace(progress, moves=(), cleaned=())
        case StepName.CLEANUP.value:
            return replace(progress, cleaned=())
    return progress


def _unlaunched(launched: Launched) -> Launched:
    """Look for a replacement again; what was accepted under the old token is not asked for again."""
    return replace(
        launched,
        round=launched.round + bool(launched.instance_id),
        instance_id="",
        accepted_at=0.0,
        running_at=0.0,
    )


def _with_wishes(progress: Progress, wishes: Wishes, vswitches: tuple[VSwitch, ...]) -> Progress:
    specified = progress.specified
    if specified is None or not wishes.any:
        return progress
    found = wished(specified.candidates, wishes, vswitches)
    if not found:
        raise NoSubnet(wishes.zone)
    order = _reaching(found, progress.launched.index)
    return replace(progress, specified=replace(specified, candidates=order))


def _reaching(found: tuple[Candidate, ...], index: int) -> tuple[Candidate, ...]:
    """Let the first of them stand at the index in hand, for the slot stays."""
    before = tuple(found[at % len(found)] for at in range(index))
    return (*before, *found)
