"""What one look at a thing reports, and what the cloud's answer to its change means."""

from dataclasses import dataclass

from worker.core.model import Accepted, Exists, Gone, MemberAnswer, NotInstalled, NotReady, Refused

EFFECT_SECONDS = 2.0
TAKEN_OUT = "somebody has taken the source out of it"


@dataclass(frozen=True, slots=True)
class Moved:
    """The replacement has it.

    Attributes:
        place: Where, if that is not where the source had it.
        spare: Groups that were made for it besides and to which nothing leads.
    """

    place: str = ""
    spare: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """It stays where it is, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Later:
    """A change takes effect; look again after some seconds."""

    seconds: float = EFFECT_SECONDS


@dataclass(frozen=True, slots=True)
class RefusedForNow:
    """A definite refusal that passes with time."""

    code: str


Report = Moved | Left | Later | RefusedForNow


def answered(answer: MemberAnswer) -> Report:
    """Judge the answer to a change; whether it took effect is told by the next look."""
    match answer:
        case Accepted() | Exists():
            return Later()
        # Gone may be the source, between the look and the call: what was on it is free then.
        case NotReady(code) | Gone(code):
            return RefusedForNow(code)
        case Refused(code):
            return Left(code)
        case NotInstalled():
            return Left(answer.sentence)
