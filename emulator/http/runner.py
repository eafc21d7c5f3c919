"""Runs the emulator on uvicorn: one event loop, one port per region, an orderly stop."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from emulator.http.app import EmulatorApp
from emulator.http.platform import Platform
from emulator.http.service import Service

HOST = "127.0.0.1"
# EventBridge and RPC clients put whole templates and user data into the query string.
_MAX_HEAD_BYTES = 256 * 1024
_GRACE_SECONDS = 3
_BACKLOG = 1024
_KEEP_ALIVE_SECONDS = 60


class _Connection(H11Protocol):
    """Tells the application which connection it speaks on, so that faults can cut it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """A server that leaves signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_ready()

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(ports: Sequence[int]) -> list[socket.socket]:
    """Open one listening socket per port; port 0 takes a free one.

    Raises:
        OSError: A port is taken.
    """
    sockets: list[socket.socket] = []
    try:
        for port in ports:
            # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; without, each
            # answer in two parts would wait 40 ms for the client's delayed acknowledgement.
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((HOST, port))
            sock.listen(_BACKLOG)
    except OSError:
        for sock in sockets:
            sock.close()
        raise
    return sockets


class Runner:
    """One running emulator.

    Args:
        service: The emulator.
        sockets: Listening sockets in the order of the cloud's regions.
    """

    def __init__(self, service: Service, sockets: Sequence[socket.socket]) -> None:
        regions = service.cloud.regions
        self._service = service
        self._sockets = list(sockets)
        self.ports = {
            region: sock.getsockname()[1] for region, sock in zip(regions, sockets, strict=True)
        }
        self._server: _Server | None = None

    def urls(self) -> dict[str, str]:
        """Return the address of each region."""
        return {region: f"http://{HOST}:{port}" for region, port in self.ports.items()}

    async def run(self, on_ready: Callable[[], None], *, signals: bool) -> None:
        """Serve until `stop`.

        Args:
            on_ready: Called once every port listens.
            signals: Whether SIGTERM and SIGINT stop it; only for the main thread.
        """
        platform = Platform(self._service)
        app = EmulatorApp(self._service, platform, self.ports)
        config = uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            h11_max_incomplete_event_size=_MAX_HEAD_BYTES,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server = _Server(config, on_ready)
        if signals:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)
        task = asyncio.create_task(platform.run())
        # A platform that failed would leave a cloud in which nothing ever happens.
        task.add_done_callback(lambda _: self.stop())
        await self._server.serve(self._sockets)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def stop(self) -> None:
        """End all waits and stop serving; call it in the event loop's thread."""
        self._service.stop()
        if self._server is not None:
            self._server.should_exit = True
