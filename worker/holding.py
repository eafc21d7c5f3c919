"""A message in hand, and what the tasks about it report to the thread that owns it."""

from dataclasses import dataclass

from worker.core.errors import RecreationError
from worker.core.messages import Home, Split
from worker.core.outcomes import Checkpoint, Finish, HandBack, Parked, Verdict
from worker.core.progress import Progress
from worker.ports import Delivery, Lease


@dataclass(frozen=True, slots=True)
class Terms:
    """How the consumer treats messages; durations in seconds of the clock.

    Attributes:
        lease: For how long a held message is invisible; renewed at half of it.
        stop_within: From the stop signal to the end of the process, in real seconds.
        hand_back_after: A wait longer than this is given to the queue instead of held.
        early: By how much sooner than its due time a message shows that was given to the queue: who comes by rarely should not
            have to come again for a moment.
        notice: From T0 to the release; orders the work by deadline.
        works_for: From the start to handing back what is in hand; None works until stopped.
    """

    home: Home
    keys: tuple[bytes, ...]
    lease: float = 60.0
    long_poll: float = 30.0
    batch: int = 16
    held_max: int = 256
    concurrency: int = 8
    stop_within: float = 10.0
    hand_back_after: float = 900.0
    early: float = 0.0
    notice: float = 300.0
    until_idle: bool = False
    works_for: float | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Delete a message that asks for nothing."""

    reason: str


Decision = Checkpoint | Parked | Finish | HandBack | Split | Acknowledge


@dataclass(slots=True, eq=False)
class Held:
    """One message in hand; only the owner's thread changes it.

    Attributes:
        progress: What is achieved, which may be ahead of what the message says.
        sent: What the message itself says; None for a bare event.
        due: When something is to be done next, epoch seconds.
        since: When it was received, epoch seconds.
        decision: What becomes of the message, to be carried out when its handle is free.
        attempt: Calls of steps that failed in a row.
        queue_attempt: Calls to the queue that failed in a row.
        queueing: A call with its handle is under way; handles die with every change.
        working: It is lined up for the engine or the engine is running it.
        successor_sent: The first half of the decision is carried out.
        unsure: Nobody knows yet when its lease ends, so that it is renewed before anything else.
        wake_at: The one entry in the agenda that counts.
    """

    delivery: Delivery
    progress: Progress | None
    sent: Progress | None
    due: float
    since: float = 0.0
    decision: Decision | None = None
    attempt: int = 0
    queue_attempt: int = 0
    queueing: bool = False
    working: bool = False
    successor_sent: bool = False
    unsure: bool = False
    wake_at: float = 0.0

    @property
    def source(self) -> str:
        """The source's instance id; an account's ids are unique, and a worker has one account."""
        return self.progress.instance_id if self.progress else ""


# Reports


@dataclass(frozen=True, slots=True)
class Received:
    deliveries: tuple[Delivery, ...]
    asked_at: float
    count: int


@dataclass(frozen=True, slots=True)
class Advanced:
    held: Held
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Renewed:
    held: Held
    lease: Lease
    asked_at: float


@dataclass(frozen=True, slots=True)
class SuccessorSent:
    held: Held
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    held: Held


@dataclass(frozen=True, slots=True)
class Lost:
    held: Held | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A call to the queue failed; without `held` it was a receive."""

    held: Held | None
    error: RecreationError


@dataclass(frozen=True, slots=True)
class Broken:
    """A defect in a task."""

    what: str
    held: Held | None
    error: Exception


class Stop:
    """Ask the consumer to hand back what it holds and end."""
