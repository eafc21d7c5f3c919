"""Between a message and a recreation: what a delivery means, and what a successor says.

Attributes count only when signed. A message without a valid signature is a bare event, whatever
attributes it has; a signed one that cannot be decoded was written by another release and is
parked, never guessed at.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TypeGuard

from worker.core import launching, signing
from worker.core.errors import Malformed
from worker.core.events import read_body
from worker.core.identity import is_clonable
from worker.core.model import Disk, Ignored, Interruption, Tags, Unread
from worker.core.outcomes import Park, Parked
from worker.core.progress import (
    PLAIN_BYTES_MAX,
    Mark,
    Progress,
    Wishes,
    decode,
    packed,
    written,
)

# Source: SMQ limits, 64 KB for body, names, types and values together. The rest is for the XML.
MESSAGE_BYTES_MAX = 65_536
MESSAGE_BYTES_SPARE = 2_048
# An event's own time is believed within these bounds around its arrival, seconds.
T0_BEFORE_ARRIVAL_MAX = 86_400.0
T0_AFTER_ARRIVAL_MAX = 60.0
READABLE_CHARACTERS_MAX = 200
# Source: XML 1.0, production 2.
_XML = re.compile("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")


@dataclass(frozen=True, slots=True)
class Home:
    """Where this worker is at home; events for other places are not acted on.

    Attributes:
        owner: Of two deployments in one account, this one; empty when there is only one.
    """

    account: str
    region: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """A recreation to go on with.

    Attributes:
        sent: The progress that the message itself carries; None for a bare event.
    """

    progress: Progress
    sent: Progress | None


@dataclass(frozen=True, slots=True)
class Nothing:
    """A readable message that asks for nothing, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Split:
    """Several interruptions in one body: each becomes a message of its own.

    What cannot be read beside them becomes one message more, which is parked when it comes.
    """

    bodies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message to park, with the reason."""

    park: Park
    sentence: str
    code: str = ""


Reading = Work | Nothing | Split | Unreadable


def read_message(
    body: str,
    attributes: Mapping[str, str],
    *,
    arrived_at: float,
    now: float,
    home: Home,
    keys: Sequence[bytes],
) -> Reading:
    """Tell what a message means.

    Args:
        body: As received.
        attributes: User properties as received, unverified.
        arrived_at: When the message entered the queue, epoch seconds.
        now: Epoch seconds.
        home: The worker's own account and region.
        keys: Signing keys, newest first.
    """
    try:
        if signing.is_signed(attributes, body, keys) and "format" in attributes:
            progress = decode(attributes)
            if home.owner and progress.owner not in ("", home.owner):
                sentence = f"the progress is of owner {progress.owner}, not {home.owner}"
                return Unreadable(Park.FOREIGN, sentence)
            return _at_home(Work(progress, progress), progress.account, progress.region, home)
        return _read_bare(body, arrived_at=arrived_at, now=now, home=home)
    except Malformed as error:
        return Unreadable(Park.UNREADABLE, error.sentence, error.code)


def as_body(payload: bytes) -> str | Nothing:
    """Turn what a function was called with into the body of a message, or say why it needs none.

    What cannot be read becomes a message too: it is parked when it comes, and so not dropped.
    """
    if not payload.strip():
        return Nothing("a call without an event")
    try:
        events = read_body(payload)
    except Malformed:
        events = ()
    ignored = [event.reason for event in events if isinstance(event, Ignored)]
    if ignored and len(ignored) == len(events):
        return Nothing("; ".join(sorted(set(ignored))))
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(payload).decode("ascii")
    # Other characters do not survive the queue's XML.
    return text if _XML.fullmatch(text) else base64.b64encode(payload).decode("ascii")


def _read_bare(body: str, *, arrived_at: float, now: float, home: Home) -> Reading:
    events = read_body(body)
    found = {event.instance_id: event for event in events if isinstance(event, Interruption)}
    unread = [event for event in events if isinstance(event, Unread)]
    if unread and not found:
        raise Malformed(unread[0].sentence, code=unread[0].code)
    if not found:
        reasons = sorted({event.reason for event in events if isinstance(event, Ignored)})
        return Nothing("; ".join(reasons))
    if unread or len(found) > 1:
        return Split((*map(_single, found.values()), *_rest(unread)))
    (event,) = found.values()
    progress = Progress(
        account=home.account,
        region=home.region,
        instance_id=event.instance_id,
        t0=_begin_of_notice(event.at, arrived_at),
        noticed_at=min(event.at, arrived_at) if _is_plausible(event.at, arrived_at) else 0.0,
        received_at=now,
        owner=home.owner,
        marks=(Mark("event received", now),),
    )
    return _at_home(Work(progress, None), event.account, event.region, home)


def _at_home(work: Work, account: str | None, region: str | None, home: Home) -> Reading:
    if account not in (None, home.account):
        return Unreadable(Park.FOREIGN, f"the event is for account {account}, not {home.account}")
    if region not in (None, home.region):
        return Unreadable(Park.FOREIGN, f"the event is for region {region}, not {home.region}")
    return work


def _begin_of_notice(told: float | None, arrived_at: float) -> float:
    """Believe an event's time only near its arrival: clocks and forgeries can be far off."""
    if told is None:
        return arrived_at
    return min(told, arrived_at) if _is_plausible(told, arrived_at) else arrived_at


def _is_plausible(told: float | None, arrived_at: float) -> TypeGuard[float]:
    if told is None:
        return False
    return arrived_at - T0_BEFORE_ARRIVAL_MAX <= told <= arrived_at + T0_AFTER_ARRIVAL_MAX


def bare_event(instance_id: str, *, account: str, region: str) -> str:
    """Write a body that tells of an interruption as the cloud would; its time is its arrival."""
    return _single(Interruption(instance_id, region=region, account=account))


def _single(event: Interruption) -> str:
    """Write one event of a list as a message of its own, in CloudMonitor's flat form."""
    fields = {
        "name": "Instance:PreemptibleInstanceInterruption",
        "id": event.event_id,
        "userId": event.account,
        "regionId": event.region,
        "eventTime": iso(event.at) if event.at is not None else None,
    }
    present = {name: value for name, value in fields.items() if value is not None}
    content = {"instanceId": event.instance_id, "action": event.action or "delete"}
    return json.dumps({**present, "content": content})


def _rest(unread: Sequence[Unread]) -> tuple[str, ...]:
    """Write what could not be read as one body, so that garbage does not multiply."""
    return (f"[{', '.join(one.text for one in unread)}]",) if unread else ()


def write_attributes(progress: Progress, body: str, *, step: str, key: bytes) -> dict[str, str]:
    """Write what a successor carries: progress, fields for people, signature.

    What does not fit is left out in the order of `_LEAVE_OUT` and named in the remarks.
    """
    readable = _readable(progress, step)
    return signing.sign({**readable, **_fitting(progress, body, readable)}, body, key)


def write_parked(parked: Parked, body: str, *, step: str, at: float, key: bytes) -> dict[str, str]:
    """Write what a parked message carries: the above, and why it stopped and what to do."""
    why = {
        "parked": parked.park.value,
        "parked-because": _printable(parked.sentence),
        "parked-code": _printable(parked.code),
        "parked-error": _printable(parked.error),
        "parked-at": iso(at),
        "what-to-do": parked.park.advice,
    }
    readable = _beside(body, {name: value for name, value in why.items() if value})
    if parked.progress is not None:
        readable = {**_readable(parked.progress, step), **readable}
        data = _fitting(parked.progress, body, readable)
        # What fits into no message must not keep the rest from a person.
        is_small = _size(data) <= _room(body) - _size(readable)
        readable |= data if is_small else {}
    return signing.sign(readable, body, key) if readable else {}


def iso(at: float) -> str:
    """Render epoch seconds as UTC to the second."""
    return datetime.fromtimestamp(at, tz=timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _readable(progress: Progress, step: str) -> dict[str, str]:
    imaged, launched = progress.imaged, progress.launched
    fields = {
        "source": progress.instance_id,
        "recreation": progress.recreation_id,
        "step": step,
        "t0": iso(progress.t0),
        "received-at": iso(progress.received_at),
        "resumed-at": iso(progress.resumed_at) if progress.resumed_at else "",
        "asked-for": _wished(progress.wishes),
        "hops": str(progress.hops),
        "image": imaged.image_id if imaged else "",
        "degraded": progress.rung if progress.is_degraded else "",
        "candidate": _candidate_in_hand(progress),
        "replacement": launched.instance_id,
        "moot": progress.moot_reason,
    }
    printable = {name: _printable(value) for name, value in fields.items()}
    return {name: value for name, value in printable.items() if value}


def _wished(wishes: Wishes) -> str:
    charge = "pay-as-you-go" if wishes.pay_as_you_go else ""
    return " ".join(one for one in (wishes.instance_type, wishes.zone, charge) if one)


def _candidate_in_hand(progress: Progress) -> str:
    if progress.specified is None:
        return ""
    launched, total = progress.launched, len(launching.order(progress))
    candidate = launching.candidate_in_hand(progress)
    tries = f"{launched.index % total + 1} of {total}, epoch {launched.epoch + 1}"
    return f"{candidate.label}, {tries}" + (f": {candidate.why}" if candidate.why else "")


def _printable(text: str) -> str:
    """Reduce to printable ASCII without blank edges: nothing else is safe in XML and consoles."""
    safe = "".join(one if " " <= one <= "~" else "?" for one in text.strip())
    return safe[:READABLE_CHARACTERS_MAX].strip()


def _without_refusals(progress: Progress) -> Progress:
    return replace(progress, launched=replace(progress.launched, refusals=()))


def _without_source_tags(progress: Progress) -> Progress:
    if progress.specified is None:
        return progress
    source = replace(progress.specified.source, tags=())
    return replace(progress, specified=replace(progress.specified, source=source))


def _without_tags_of_parts(progress: Progress) -> Progress:
    """Leave out what others have put on disks and interfaces; our own tags tell what we have done."""
    looked, captured, known = progress.looked, progress.captured, progress.belongings
    if looked is not None:
        progress = replace(progress, looked=replace(looked, disks=_untagged(looked.disks)))
    if captured is not None:
        progress = replace(progress, captured=replace(captured, disks=_untagged(captured.disks)))
    if known is not None:
        interfaces = tuple(replace(one, tags=_ours(one.tags)) for one in known.interfaces)
        progress = replace(progress, belongings=replace(known, interfaces=interfaces, tags=()))
    return progress


def _untagged(disks: tuple[Disk, ...]) -> tuple[Disk, ...]:
    return tuple(replace(disk, tags=_ours(disk.tags)) for disk in disks)


def _ours(tags: Tags) -> Tags:
    return {name: value for name, value in tags.items() if not is_clonable(name)}


def _without_timeline(progress: Progress) -> Progress:
    return replace(progress, marks=())


_LEAVE_OUT: tuple[tuple[str, Callable[[Progress], Progress]], ...] = (
    ("refused candidates", _without_refusals),
    ("the source's tags in the receipt", _without_source_tags),
    ("the tags of single disks and interfaces", _without_tags_of_parts),
    ("the timeline", _without_timeline),
)


def _fitting(progress: Progress, body: str, readable: Mapping[str, str]) -> dict[str, str]:
    room = _room(body) - _size(readable)
    plain = written(progress)
    encoded = packed(plain)
    for name, leave_out in _LEAVE_OUT:
        if _size(encoded) <= room and len(plain) <= PLAIN_BYTES_MAX:
            break
        smaller = leave_out(progress)
        progress = smaller.remarked(name, "the progress would not fit into a message")
        plain = written(progress)
        encoded = packed(plain)
    return encoded


def _beside(body: str, fields: Mapping[str, str]) -> dict[str, str]:
    """Leave out the last fields, all if need be: a body that fills a message is parked too."""
    kept = dict(fields)
    while kept and _size(kept) > _room(body):
        kept.popitem()
    return kept


def _room(body: str) -> int:
    return MESSAGE_BYTES_MAX - MESSAGE_BYTES_SPARE - len(body.encode("utf-8", "replace"))


def _size(attributes: Mapping[str, str]) -> int:
    """Count as SMQ does: names, types and values. Source: "Message properties"."""
    return sum(len(name) + len("STRING") + len(value) for name, value in attributes.items())
