"""Who carries out merged calls, and how those who asked wait for them: threads, or nobody else."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, Protocol

from typing_extensions import override


class Reply(Protocol):
    """An answer to come."""

    def set_result(self, result: Any, /) -> None:
        """Give the answer."""
        ...

    def set_exception(self, exception: BaseException, /) -> None:
        """Give the error instead."""
        ...

    def result(self) -> Any:
        """Wait for the answer and return it, or raise the error."""
        ...


class Crew(Protocol):
    """Works beside those who ask."""

    def start(self, work: Callable[[], None]) -> None:
        """Begin a piece of work."""
        ...

    def reply(self) -> Reply:
        """Return an answer to come."""
        ...

    def pause(self, seconds: float) -> bool:
        """Let real seconds pass in a piece of work; False when they do not pass here."""
        ...


@dataclass(frozen=True, slots=True)
class ThreadCrew(Crew):
    """Threads of an executor that none of those who ask belongs to.

    When every thread of a pool waits for a place in it, none ever comes free.
    """

    executor: Executor

    @override
    def start(self, work: Callable[[], None]) -> None:
        self.executor.submit(work)

    @override
    def reply(self) -> Reply:
        return Future()

    @override
    def pause(self, seconds: float) -> bool:
        time.sleep(seconds)
        return True


class Alone(Crew):
    """Whoever asks does the work, at once: nothing is ever merged."""

    @override
    def start(self, work: Callable[[], None]) -> None:
        work()

    @override
    def reply(self) -> Reply:
        return Future()

    @override
    def pause(self, seconds: float) -> bool:
        """There is nobody to wait for."""
        return False
