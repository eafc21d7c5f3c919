"""What a step answers, and what becomes of the message."""

from dataclasses import dataclass
from enum import Enum

from worker.core.progress import Mootness, Progress


class StepName(str, Enum):
    """The steps by name; their order stands in `worker.steps.STEPS`."""

    RETAIN = "retain"
    START = "start"
    QUIESCE = "quiesce"
    IMAGE = "image"
    SPEC = "spec"
    LAUNCH = "launch"
    HANDOVER = "handover"
    CLEANUP = "cleanup"


@dataclass(frozen=True, slots=True)
class Done:
    """The step has achieved all it is for."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Note:
    """The step has come further and wants to run again."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before `until` (epoch seconds).

    Attributes:
        in_hand: Nobody is served until then, and it is not long: the message is not handed back,
            for who takes it next might come late.
    """

    progress: Progress
    until: float
    reason: str
    in_hand: bool = False


@dataclass(frozen=True, slots=True)
class Moot:
    """There is nothing to recreate (any more); clean up and finish."""

    progress: Progress
    mootness: Mootness
    reason: str


Outcome = Done | Note | Wait | Moot


class Park(str, Enum):
    """Why a message goes to the dead-letter queue; the value is the code a person sees."""

    UNREADABLE = "unreadable"
    FOREIGN = "foreign_account"
    SOURCE_GONE = "source_gone"
    SOURCE_STOPPED = "source_stopped"
    IMAGE_FAILED = "image_failed"
    IMAGE_TOO_SLOW = "image_too_slow"
    NAME_TAKEN = "image_name_taken"
    REPLACED_BEFORE = "replaced_before"
    NO_STOCK = "no_stock"
    ONE_TOO_MANY = "one_too_many"
    TOO_MANY_GENERATIONS = "too_many_generations"
    NO_ADDRESS = "private_address_taken"
    NOT_RUNNING = "replacement_not_running"
    UNHEALTHY = "replacement_not_healthy"
    REFUSED = "refused_by_the_cloud"
    GAVE_UP = "gave_up"
    TOO_MANY_HOPS = "too_many_hops"
    BUG = "bug"

    @property
    def advice(self) -> str:
        """What a person should do, one sentence."""
        return _ADVICE[self]


_ADVICE = {
    Park.UNREADABLE: "Read the body as it was delivered; if it is an event of ours, mend the rule's"
    " target and replay the message.",
    Park.FOREIGN: "Find out who can send to this queue: the event names another account or region.",
    Park.SOURCE_GONE: "The instance was released before it could be imaged: look for disks that"
    " outlived it and for its snapshots.",
    Park.SOURCE_STOPPED: "Nobody saw the lock of this instance, but it is stopped and has its disks:"
    " start it if it was interrupted.",
    Park.IMAGE_FAILED: "The image failed and cannot be launched from: the disks named in the"
    " progress outlive the source; attach them to an instance in the same zone.",
    Park.IMAGE_TOO_SLOW: "Wait for the image in the console; when it is available, replay the"
    " message.",
    Park.REPLACED_BEFORE: "Decide which data counts: the replacement of an earlier notice still"
    " exists; delete it and replay to have another one.",
    Park.NAME_TAKEN: "Another image has the name of this recreation: rename it, then replay.",
    Park.NO_STOCK: "No candidate could be had: replay when there is stock again; the candidates"
    " were frozen when the notice came.",
    Park.ONE_TOO_MANY: "Find out which one served: this one was marked as one too many, and the"
    " other one is gone. Its image and disks are kept; replay to have it recreated.",
    Park.TOO_MANY_GENERATIONS: "Its pool takes it back again and again, so it was not launched:"
    " its image and disks are kept. Replay when the pool is calm, which goes on at once; the limit"
    " is limits.generations_per_day.",
    Park.NO_ADDRESS: "The source's private address is not free: find out who has it, or set"
    " handover.private_ip to same_or_fast, then replay.",
    Park.NOT_RUNNING: "The replacement was accepted but does not get to Running: look at it in the"
    " console; start it, or delete it and replay.",
    Park.UNHEALTHY: "The replacement runs, but its health check never passed, so that nothing was"
    " handed over: look at your service on it, then replay; health.otherwise: proceed hands over.",
    Park.REFUSED: "The cloud refuses the call for good: mend what the code names (permission,"
    " quota, parameter), then replay.",
    Park.GAVE_UP: "The time for this recreation is over: look at the last error, then replay.",
    Park.TOO_MANY_HOPS: "The message was passed on too often, which is a defect: report it with"
    " the log, then replay.",
    Park.BUG: "The worker met an error that it does not know: report it with the log, then replay.",
}


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the message invisible and go on at `until`.

    Attributes:
        failed: Whether a call failed, so that the next pause is longer.
        in_hand: Whether the message is held however soon others are handed back.
    """

    progress: Progress
    until: float
    reason: str
    failed: bool = False
    in_hand: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Send the progress in a successor, visible from `at` on, then delete this message."""

    progress: Progress
    at: float


@dataclass(frozen=True, slots=True)
class Parked:
    """Send the message to the dead-letter queue, then delete it here.

    Attributes:
        code: Provider code or our own; empty when there is none.
        error: Class of the error, as `worker.core.errors` names it, or what else gave the reason.
    """

    progress: Progress | None
    park: Park
    sentence: str
    code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """Delete the message: the recreation is complete, or there was nothing to do."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class HandBack:
    """Let the message come back after a while, counted by the queue: something is broken."""

    progress: Progress
    until: float


Verdict = Hold | Checkpoint | Parked | Finish | HandBack
