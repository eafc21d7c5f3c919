"""Who carries out merged calls, and how those who asked wait for them: threads, or nobody else."""

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

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

    @property
    def merges(self) -> bool:
        """Whether what several ask becomes one call."""
        ...

    def start(self, work: Callable[[], None]) -> None:
        """Begin a piece of work."""
        ...

    def reply(self) -> Reply:
        """Return an answer to come."""
        ...

    def pause(self, seconds: float) -> None:
        """Let real seconds pass in a piece of work."""
        ...


@dataclass(frozen=True, slots=True)
class ThreadCrew(Crew):
    """Threads of an executor that none of those who ask belongs to.

    When every thread of a pool waits for a place in it, none ever comes free.
    """

    executor: Executor
    merges: ClassVar[bool] = True

    @override
    def start(self, work: Callable[[], None]) -> None:
        self.executor.submit(work)

    @override
    def reply(self) -> Reply:
        return Future()

    @override
    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


class Alone(Crew):
    """Whoever asks does the work, at once, and never waits for what somebody else has asked."""

    merges: ClassVar[bool] = False

    @override
    def start(self, work: Callable[[], None]) -> None:
        work()

    @override
    def reply(self) -> Reply:
        return Future()

    @override
    def pause(self, seconds: float) -> None:
        """There is nobody to wait for."""
