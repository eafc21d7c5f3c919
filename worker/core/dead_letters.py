"""What a message in a dead-letter queue is, who brought it there, and what it asks for; pure.

Three ways lead there: the worker parks it (signed, with reason and advice), the queue moves what was
received too often (with its attributes or without, as it came), and EventBridge puts an event there
that it could not deliver (bare). All are read alike, and attributes count only when signed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from worker.core import signing
from worker.core.events import parse_time
from worker.core.messages import Home, Nothing, Reading, Split, Unreadable, Work, read_message
from worker.core.outcomes import Park
from worker.core.progress import Progress
from worker.core.replaying import Stop

_ID = re.compile(r"\A[0-9a-zA-Z-]{1,64}\Z")
# What only a program reads; the rest is for people.
_UNREADABLE = ("data-", signing.SIGNATURE, "format")


class Origin(str, Enum):
    """Who brought a message here; the value is the key of its text."""

    PARKED = "parked"
    MOVED = "moved"
    UNDELIVERED = "undelivered"


_ADVICE = {
    Origin.MOVED: "See that a worker runs, then replay it: nobody has come to an end with it, and"
    " what was finished meanwhile is taken out and does nothing.",
    Origin.UNDELIVERED: "Replay it: its interruption has reached no worker yet; then run aliyun-ops"
    " doctor, which finds why it was not delivered.",
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message of a dead-letter queue.

    Attributes:
        queue: Name of the queue that it is in.
        trusted: Whether its attributes carry our signature; None when no key is at hand.
        facts: The attributes made for people; only as good as `trusted`.
        reading: What the worker would make of it.
        since: When it was parked, else when it entered a queue, epoch seconds.
    """

    message_id: str
    queue: str
    origin: Origin
    body: str
    attributes: Mapping[str, str]
    trusted: bool | None
    facts: Mapping[str, str]
    reading: Reading
    since: float
    enqueued_at: float
    received: int = 0
    sources: tuple[str, ...] = field(default=())

    @property
    def progress(self) -> Progress | None:
        """What the message itself carries, if it is signed."""
        return self.reading.sent if isinstance(self.reading, Work) else None

    @property
    def recreation(self) -> str:
        """Id of its recreation; empty for a bare event, whose source nobody has looked at."""
        return self.progress.recreation_id if self.progress else ""

    @property
    def step(self) -> str:
        """The step that it was parked at; empty where nobody says so."""
        return self.facts.get("step", "") if self.progress is not None else ""

    @property
    def park(self) -> str:
        """Why it was parked, as a word."""
        return self.facts.get("parked", "") if self.origin is Origin.PARKED else ""

    @property
    def lacks_source(self) -> bool:
        """Whether its source was gone, and the message does not tell what it was."""
        known = self.progress
        is_told = known is not None and (known.captured is not None or known.specified is not None)
        return self.park == Park.SOURCE_GONE.value and not is_told

    @property
    def stop(self) -> Stop:
        """Why it stopped, as far as it can be trusted."""
        if not self.trusted:
            return Stop()
        return Stop(self.park, self.facts.get("parked-error", ""), self.facts.get("step", ""))

    @property
    def advice(self) -> str:
        """What a person should do, in English; empty where nobody has said."""
        if self.origin is not Origin.PARKED:
            if isinstance(self.reading, Unreadable):
                return self.reading.park.advice
            return _ADVICE[self.origin]
        known = {one.value: one.advice for one in Park}
        return known.get(self.park, self.facts.get("what-to-do", ""))


def read_dead_letter(
    message_id: str,
    body: str,
    attributes: Mapping[str, str],
    *,
    queue: str,
    is_delivery: bool,
    enqueued_at: float,
    received: int,
    now: float,
    home: Home,
    keys: Sequence[bytes],
) -> DeadLetter:
    """Read one message; whatever it holds, it is never refused.

    Args:
        message_id: Of the message.
        body: As received.
        attributes: User properties as received, unverified.
        queue: Name of the queue.
        is_delivery: Whether EventBridge puts its undelivered events there.
        enqueued_at: Epoch seconds.
        received: How often it was received.
        now: Epoch seconds.
        home: The worker's own account and region.
        keys: Signing keys, newest first; without any, nothing is trusted.
    """
    trusted = signing.is_signed(attributes, body, keys) if keys else None
    facts = {k: v for k, v in attributes.items() if not k.startswith(_UNREADABLE)}
    reading = read_message(body, attributes, arrived_at=enqueued_at, now=now, home=home, keys=keys)
    return DeadLetter(
        message_id=message_id,
        queue=queue,
        origin=_origin(attributes, is_delivery=is_delivery),
        body=body,
        attributes=dict(attributes),
        trusted=trusted if attributes else None,
        facts=facts,
        reading=reading,
        since=_since(facts, enqueued_at, now),
        enqueued_at=enqueued_at,
        received=received,
        sources=_sources(reading, facts, home),
    )


def _origin(attributes: Mapping[str, str], *, is_delivery: bool) -> Origin:
    if "parked" in attributes:
        return Origin.PARKED
    return Origin.UNDELIVERED if is_delivery and not attributes else Origin.MOVED


def _since(facts: Mapping[str, str], enqueued_at: float, now: float) -> float:
    """Sent again it has a new time of arrival, so the time of parking counts; none may be later."""
    parked = parse_time(facts.get("parked-at"))
    return min(parked if parked is not None else enqueued_at, now)


def _sources(reading: Reading, facts: Mapping[str, str], home: Home) -> tuple[str, ...]:
    match reading:
        case Work(progress):
            return (progress.instance_id,)
        case Split(bodies):
            each = (
                read_message(body, {}, arrived_at=0.0, now=0.0, home=home, keys=())
                for body in bodies
            )
            return tuple(one.progress.instance_id for one in each if isinstance(one, Work))
        case Nothing() | Unreadable():
            return (facts["source"],) if "source" in facts else ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dead letters are meant; empty fields mean any.

    Attributes:
        ids: Beginnings of ids of messages, recreations or sources; one that fits is enough.
        instance: Id of the source.
        error: Word of the reason, code, or class of the error.
        older_than: Least age, seconds.
        younger_than: Greatest age, seconds.
    """

    ids: tuple[str, ...] = ()
    instance: str = ""
    step: str = ""
    error: str = ""
    older_than: float | None = None
    younger_than: float | None = None

    def takes(self, letter: DeadLetter, now: float) -> bool:
        """Tell whether a dead letter is meant."""
        age = now - letter.since
        return (
            (not self.ids or any(_is_of(letter, one) for one in self.ids))
            and (not self.instance or self.instance in letter.sources)
            and self.step in {"", letter.step}
            and (not self.error or self.error.lower() in _errors(letter))
            and (self.older_than is None or age >= self.older_than)
            and (self.younger_than is None or age <= self.younger_than)
        )


def _is_of(letter: DeadLetter, beginning: str) -> bool:
    if not _ID.match(beginning):
        return False
    named = (letter.message_id, letter.recreation, *letter.sources)
    return any(one.lower().startswith(beginning.lower()) for one in named if one)


def _errors(letter: DeadLetter) -> set[str]:
    facts = letter.facts
    told: tuple[str, ...] = (
        facts.get("parked", ""),
        facts.get("parked-code", ""),
        facts.get("parked-error", ""),
    )
    if letter.origin is not Origin.PARKED:
        told = (letter.origin.value,)
    if isinstance(letter.reading, Unreadable):
        told = (*told, letter.reading.park.value, letter.reading.code)
    return {one.lower() for one in told if one}
