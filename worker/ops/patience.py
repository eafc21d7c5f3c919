"""Waits out the cloud's refusals for rate, for tools that a person waits for anyway."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from worker import ports
from worker.core.errors import Throttled, Transient

Answer = TypeVar("Answer")

# ECS refuses by calendar minute, so that one wait gets over it. Source: "API throttling".
TRIES_MAX = 3
WAIT_SECONDS_MAX = 65.0
AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Calls again after a refusal for rate, a bounded number of times.

    Attributes:
        clock: The time that the refusals are told in.
        pause: Sleeps for real seconds.
    """

    clock: ports.Clock
    pause: Callable[[float], None]

    def __call__(self, call: Callable[[], Answer]) -> Answer:
        """Call until there is another answer than that; the last such refusal is raised."""
        retrying = Retrying(
            stop=stop_after_attempt(TRIES_MAX),
            wait=self._seconds,
            retry=retry_if_exception_type(Throttled),
            sleep=self.pause,
            reraise=True,
        )
        return retrying(call)

    def insist(self, call: Callable[[], Answer]) -> Answer:
        """Call again after a lost answer, too: only what may be repeated; the last one is raised."""
        retrying = Retrying(
            stop=stop_after_attempt(TRIES_MAX),
            wait=lambda state: self._seconds(state) or self.clock.real_seconds(AGAIN_SECONDS),
            retry=retry_if_exception_type(Transient),
            sleep=self.pause,
            reraise=True,
        )
        return retrying(call)

    def _seconds(self, state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome is not None else None
        if not isinstance(failed, Throttled):
            return 0.0
        left = min(max(failed.retry_at - self.clock.now(), 0.0), WAIT_SECONDS_MAX)
        return self.clock.real_seconds(left)
