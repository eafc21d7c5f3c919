"""Who carries out merged calls, and how those who asked wait for them: threads, or nobody else."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
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


class _Awaited(Reply):
    """An answer that comes once: a lock, for a future of the library costs ten times as much."""

    __slots__ = ("_coming", "_error", "_result")

    def __init__(self) -> None:
        self._coming = threading.Lock()
        self._coming.acquire()
        self._result: Any = None
        self._error: BaseException | None = None

    @override
    def set_result(self, result: Any, /) -> None:
        self._result = result
        self._coming.release()

    @override
    def set_exception(self, exception: BaseException, /) -> None:
        self._error = exception
        self._coming.release()

    @override
    def result(self) -> Any:
        with self._coming:
            if self._error is not None:
                raise self._error
            return self._result


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
        return _Awaited()

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
        return _Awaited()

    @override
    def pause(self, seconds: float) -> None:
        """There is nobody to wait for."""
