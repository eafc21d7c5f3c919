"""For whom a call is made and until when it counts: carried beside the calls of one run of a step.

Who spends a limit has to let the most urgent go first, and the ports say nothing of deadlines. Nor
do they say whose the message is by now: what cannot be undone is only asked for while it is ours.
"""

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass

from typing_extensions import override

# What is over already has no hurry any more, and stands behind all that has.
LONG = 1e9
# A call takes a while, and the platform stops a source some seconds before it releases it.
TOO_LATE_SECONDS = 10.0


def for_ever() -> float:
    """Say until when a message is held by whoever has none."""
    return math.inf


@dataclass(frozen=True, slots=True)
class Urgency:
    """Whose call it is.

    Attributes:
        deadline: When the source is released, epoch seconds.
        leased_until: Tells until when nobody else has the message, as far as is known when it is
            asked, epoch seconds.
    """

    recreation: str
    deadline: float
    leased_until: Callable[[], float] = for_ever

    def key(self, now: float) -> float:
        """Return what to sort by, the most urgent first."""
        return rank(self.deadline, now)


_current: ContextVar[Urgency | None] = ContextVar("urgency", default=None)


def rank(deadline: float, now: float) -> float:
    """Return what to sort a deadline by: what is over comes last."""
    return deadline if now < deadline - TOO_LATE_SECONDS else deadline + LONG


def current() -> Urgency | None:
    """Return for whom the running code works; None outside of a recreation."""
    return _current.get()


def lateness(now: float) -> float:
    """Return for how long a call has come too late for whom the code works; 0 when it has not."""
    asking = current()
    return 0.0 if asking is None else max(now - asking.deadline + TOO_LATE_SECONDS, 0.0)


def too_late_at(now: float) -> float:
    """Return from when on a call for whom the code works comes too late; never outside of one."""
    asking = current()
    if asking is None or asking.key(now) != asking.deadline:
        return math.inf
    return asking.deadline - TOO_LATE_SECONDS


def is_let_go(now: float) -> bool:
    """Tell whether somebody else may have the message for which the code works."""
    asking = current()
    return asking is not None and now >= asking.leased_until()


def urgent(
    recreation: str, deadline: float, leased_until: Callable[[], float] = for_ever
) -> AbstractContextManager[None]:
    """Let all calls inside be made for this recreation."""
    return _Asking(Urgency(recreation, deadline, leased_until))


def shared() -> AbstractContextManager[None]:
    """Let all calls inside be made for nobody in particular: they answer for whoever waits."""
    return _Asking(None)


class _Asking(AbstractContextManager[None]):
    """A class, for it is entered around every call and a generator is dearer."""

    __slots__ = ("_for_whom", "_token")

    def __init__(self, for_whom: Urgency | None) -> None:
        self._for_whom = for_whom

    @override
    def __enter__(self) -> None:
        self._token = _current.set(self._for_whom)

    @override
    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
