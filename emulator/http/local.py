"""An emulator inside this process, on a thread of its own; for tests and demonstrations."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from emulator.http.runner import Runner, bind
from emulator.http.service import Service

Result = TypeVar("Result")

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0


class LocalEmulator:
    """A running emulator and the way to it."""

    def __init__(self, service: Service, runner: Runner, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self._runner = runner
        self._loop = loop

    @property
    def urls(self) -> dict[str, str]:
        """Addresses by region."""
        return self._runner.urls()

    def run(self, function: Callable[[Service], Result]) -> Result:
        """Run a function on the emulator's own thread, where alone its cloud may be touched."""
        outcome: Future[Result] = Future()

        def call() -> None:
            try:
                outcome.set_result(function(self.service))
            except BaseException as error:  # noqa: BLE001 - belongs to the caller's thread
                outcome.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        return outcome.result()


@contextlib.contextmanager
def running(service: Service) -> Iterator[LocalEmulator]:
    """Run an emulator on free ports until the block ends.

    Raises:
        RuntimeError: It failed to start or to go on.
    """
    runner = Runner(service, bind([0] * len(service.cloud.regions)))
    ready: Future[asyncio.AbstractEventLoop] = Future()
    failure: list[BaseException] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        await runner.run(lambda: ready.set_result(loop), signals=False)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            failure.append(error)
            if not ready.done():
                ready.set_exception(error)

    thread = threading.Thread(target=run, name="emulator", daemon=True)
    thread.start()
    loop = ready.result(timeout=_START_SECONDS)
    try:
        yield LocalEmulator(service, runner, loop)
    finally:
        with contextlib.suppress(RuntimeError):  # The loop has ended by itself; see `failure`.
            loop.call_soon_threadsafe(runner.stop)
        thread.join(timeout=_STOP_SECONDS)
    if failure:
        raise RuntimeError("the emulator failed") from failure[0]
