"""What others may ask a worker over HTTP: `/metrics`, `/healthz`, `/readyz`. Nothing can be changed here.

/healthz   200 while the loop turns: a supervisor restarts the worker when it does not
/readyz    200 while messages are received: something is wrong with queue or credentials when they are not
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from typing_extensions import override

_SOCKET_SECONDS: Final = 10.0
_Answer = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Probes:
    """The two questions of a supervisor; each is answered with what is wrong, or nothing."""

    alive: Callable[[], str]
    ready: Callable[[], str]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = _SOCKET_SECONDS

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: scrapes are no news."""


class Monitor:
    """The HTTP server, on a thread of its own.

    Args:
        registry: What `/metrics` shows.
        probes: What the other two ask.
        host: Address to listen on.
        port: 0 takes a free one.

    Raises:
        OSError: The address cannot be listened on.
    """

    def __init__(
        self, registry: CollectorRegistry, probes: Probes, *, host: str, port: int
    ) -> None:
        metrics = make_wsgi_app(registry)

        def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            path = environ.get("PATH_INFO", "")
            if path == "/metrics":
                return metrics(environ, start)  # type: ignore[no-any-return]
            status, text = _answer(path, probes)
            start(status, [("content-type", "text/plain; charset=utf-8")])
            return [f"{text}\n".encode()]

        self._server = make_server(host, port, application, _Server, _Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="monitor", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _answer(path: str, probes: Probes) -> _Answer:
    if path not in ("/healthz", "/readyz"):
        return "404 Not Found", "there are /metrics, /healthz and /readyz"
    wrong = probes.alive() if path == "/healthz" else probes.ready()
    return ("503 Service Unavailable", wrong) if wrong else ("200 OK", "ok")
