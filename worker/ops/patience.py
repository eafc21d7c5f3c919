"""Calls again what the cloud did not answer, for tools that a person waits for anyway."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from worker import ports
from worker.core.errors import Throttled, Transient

Answer = TypeVar("Answer")

# ECS refuses by calendar minute, so that one wait gets over it. Source: "API throttling".
TRIES_MAX = 3
WAIT_SECONDS_MAX = 65.0
AGAIN_SECONDS = 1.0
# For what nobody takes up again when it ends half way: an outage of half a minute is sat out.
LONG_TRIES_MAX = 8


class Unread(Transient):
    """A read that got no answer however often it was made; nobody makes it once more."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Calls until there is an answer, a bounded number of times; the last failure is raised.

    Attributes:
        clock: The time that refusals for rate are told in.
        pause: Sleeps for real seconds.
        tries: Calls at most.
        chance: From 0 to 1, so that those that were refused together do not come back together.
    """

    clock: ports.Clock
    pause: Callable[[float], None]
    tries: int = TRIES_MAX
    chance: Callable[[], float] = lambda: 0.0

    def __call__(self, call: Callable[[], Answer]) -> Answer:
        """Call again only after a refusal for rate, which has no effect."""
        return self._call(call, Throttled)

    def insist(self, call: Callable[[], Answer]) -> Answer:
        """Call again after a lost answer, too: a read, or a change that is derived or looked for."""
        return self._call(call, Transient)

    def read(self, call: Callable[[], Answer]) -> Answer:
        """Call again what has no effect; a refusal for rate is waited out, also for a whole minute.

        Raises:
            Unread: There was no answer.
        """
        lost = refused = 0
        failed: Transient
        while True:
            try:
                return call()
            except Throttled as error:
                refused, failed = refused + 1, error
            except Transient as error:
                lost, failed = lost + 1, error
            if lost >= self.tries or refused >= LONG_TRIES_MAX:
                sentence = f"{failed.sentence}, asked {lost + refused} times"
                raise Unread(sentence, code=failed.code) from failed
            self.pause(self._seconds(failed, lost))

    def until(self, at: float) -> None:
        """Sleep until an instant of the clock."""
        self.pause(self.clock.real_seconds(max(at - self.clock.now(), 0.0)))

    def _call(self, call: Callable[[], Answer], passing: type[Transient]) -> Answer:
        retrying = Retrying(
            stop=stop_after_attempt(self.tries),
            wait=self._wait,
            retry=retry_if_exception(
                lambda error: isinstance(error, passing) and not isinstance(error, Unread)
            ),
            sleep=self.pause,
            reraise=True,
        )
        return retrying(call)

    def _wait(self, state: RetryCallState) -> float:
        failed = state.outcome.exception() if state.outcome is not None else None
        return self._seconds(failed, state.attempt_number)

    def _seconds(self, failed: BaseException | None, number: int) -> float:
        seconds = AGAIN_SECONDS * number
        if isinstance(failed, Throttled):
            left = failed.retry_at - self.clock.now()
            seconds = min(max(left, AGAIN_SECONDS), WAIT_SECONDS_MAX)
        return self.clock.real_seconds(seconds + AGAIN_SECONDS * self.chance())
