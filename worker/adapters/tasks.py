"""Port `Tasks`: a pool of threads that work, and one inbox that the owner's thread empties."""

import queue
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from typing_extensions import override

from worker import ports


class ThreadTasks(ports.Tasks):
    """Threads of this process.

    Args:
        workers: Number of threads.
        clock: Converts the timeout of `take`.
        on_crash: Told of an exception that came out of a piece of work: always a bug, because
            work reports by `post`.
    """

    def __init__(
        self, workers: int, *, clock: ports.Clock, on_crash: Callable[[Exception], None]
    ) -> None:
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="work")
        self._inbox: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._clock = clock
        self._on_crash = on_crash

    @override
    def submit(self, work: Callable[[], None]) -> None:
        self._pool.submit(self._guarded, work)

    @override
    def post(self, item: object) -> None:
        self._inbox.put(item)

    @override
    def take(self, timeout: float | None) -> Iterable[object]:
        wait = None if timeout is None else max(0.0, self._clock.real_seconds(timeout))
        try:
            taken = [self._inbox.get(timeout=wait)]
        except queue.Empty:
            return ()
        # Only this thread takes: what is counted now stays there until it is taken.
        taken.extend(self._inbox.get_nowait() for _ in range(self._inbox.qsize()))
        return taken

    def close(self) -> None:
        """Drop what has not begun and let the rest end by itself.

        It does not wait: every call that a thread may be in has a timeout on its socket, and the
        interpreter joins the threads when it exits.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Drop what has not begun and wait for the rest, which ends by its timeouts."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the pool would swallow it
            self._on_crash(error)
