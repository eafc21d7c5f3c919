"""Long polls: receives that wait for a message without keeping anything busy."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

QueueKey = tuple[str, str]


class Woken(Enum):
    """Why a wait ended."""

    MESSAGE = "a message may be there"
    TIME = "the time is over"
    GONE = "the client closed the connection"


@dataclass(slots=True)
class LongPolls:
    """The receives that wait at present, first come first served per queue.

    Attributes:
        cap: How many may wait at once; further ones are answered empty at once, as the real service
            does beyond a limit that it does not publish. None for no limit.
            Source: ReceiveMessage, notes on long polling.
    """

    cap: int | None = None
    _waiting: dict[QueueKey, deque["asyncio.Future[Woken]"]] = field(default_factory=dict)
    _count: int = 0
    _closed: bool = False

    @property
    def count(self) -> int:
        """How many receives wait."""
        return self._count

    @property
    def closed(self) -> bool:
        """Whether the server stops, so that nothing waits any more."""
        return self._closed

    def has_room(self) -> bool:
        """Tell whether one more receive may wait."""
        return not self._closed and (self.cap is None or self._count < self.cap)

    async def wait(self, key: QueueKey, seconds: float | None, gone: "asyncio.Task[None]") -> Woken:
        """Wait for a message in one queue.

        Args:
            key: Region and queue name.
            seconds: Real seconds to wait at most; None without end.
            gone: Ends when the client goes away.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Woken] = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, _end, future, Woken.TIME)

        def leave(_: "asyncio.Task[None]") -> None:
            _end(future, Woken.GONE)

        gone.add_done_callback(leave)
        self._waiting.setdefault(key, deque()).append(future)
        self._count += 1
        try:
            return await future
        finally:
            self._count -= 1
            gone.remove_done_callback(leave)
            if timer is not None:
                timer.cancel()
            self._forget(key, future)

    def wake(self, key: QueueKey) -> None:
        """Let the first receive that waits for this queue look again."""
        waiting = self._waiting.get(key)
        while waiting:
            future = waiting.popleft()
            if not future.done():
                future.set_result(Woken.MESSAGE)
                return

    def wake_all(self) -> None:
        """Let every receive look again, because time jumped or the queues are others now."""
        for waiting in list(self._waiting.values()):
            for future in list(waiting):
                _end(future, Woken.MESSAGE)

    def close(self) -> None:
        """End all waits for good; the server stops."""
        self._closed = True
        self.wake_all()

    def _forget(self, key: QueueKey, future: "asyncio.Future[Woken]") -> None:
        waiting = self._waiting.get(key)
        if waiting is None:
            return
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            del self._waiting[key]


def _end(future: "asyncio.Future[Woken]", outcome: Woken) -> None:
    if not future.done():
        future.set_result(outcome)
