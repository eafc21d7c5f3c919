"""Repeats a call that failed in passing, for tools that a person waits for and that may repeat it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from worker import ports
from worker.core.errors import Throttled, Transient

Answer = TypeVar("Answer")

TRIES_MAX = 8
PAUSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Insistence:
    """Calls until there is an answer, a bounded number of times; the last failure is raised.

    What is called must be a read, or a change that is derived or looked for: a lost answer is
    repeated as well.

    Attributes:
        clock: The time that refusals for rate are told in.
        pause: Sleeps for real seconds.
    """

    clock: ports.Clock
    pause: Callable[[float], None]

    def __call__(self, call: Callable[[], Answer]) -> Answer:
        """Call until there is another answer than a passing failure."""
        retrying = Retrying(
            stop=stop_after_attempt(TRIES_MAX),
            wait=self._seconds,
            retry=retry_if_exception_type(Transient),
            sleep=self.pause,
            reraise=True,
        )
        return retrying(call)

    def until(self, at: float) -> None:
        """Sleep until an instant of the clock."""
        self.pause(self.clock.real_seconds(max(at - self.clock.now(), 0.0)))

    def _seconds(self, state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome is not None else None
        seconds = PAUSE_SECONDS * state.attempt_number
        if isinstance(failed, Throttled):
            seconds = max(failed.retry_at - self.clock.now(), PAUSE_SECONDS)
        return self.clock.real_seconds(seconds)
