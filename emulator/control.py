"""The control API under `/_emulator/` and the page at `/`: what a person or a test does to the cloud.

Requests are JSON, unsigned and answered at once. They are taken only when addressed to this machine
by its own name and, if they change something, only as JSON from the emulator's own page or from no
page at all: so somebody else's web page cannot steer the emulator from its visitor's browser.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from emulator.http.service import Service
from emulator.overview import DUMPS, summary
from emulator.state.errors import ApiError
from emulator.steering import Steering

_WEB = Path(__file__).parent / "web"
_MEDIA_TYPES = {"page.js": "text/javascript", "page.css": "text/css"}
_PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})

Endpoint = Callable[[Request], Awaitable[Response]]


def control_app(service: Service, ports: Mapping[str, int]) -> ASGIApp:
    """Build the ASGI application of the control API and the page.

    Args:
        service: The running emulator.
        ports: Port by region.
    """
    control = _Control(service, ports)
    routes = [
        Route("/", _page),
        Route("/_emulator", control.index),
        Route("/_emulator/", control.index),
        Route("/_emulator/web/{name}", _asset),
        *(Route(f"/_emulator/{p}", control.order(p), methods=["POST"]) for p in control.paths()),
        Route("/_emulator/{name}", control.show),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            ApiError: _refused,
            ValidationError: _invalid,
            ValueError: _invalid,
        },
    )
    return _Guard(app)


class _Line(JSONResponse):
    """JSON that ends its line: whoever asks with curl has the next prompt below it."""

    @override
    def render(self, content: Any) -> bytes:
        return super().render(content) + b"\n"


class _Control:
    """The endpoints: each reads a value, hands it on, and writes what comes back."""

    def __init__(self, service: Service, ports: Mapping[str, int]) -> None:
        self._service = service
        self._ports = ports
        self._orders = Steering(service).orders()

    def paths(self) -> Iterable[str]:
        """List what can be ordered."""
        return self._orders

    def order(self, path: str) -> Endpoint:
        """Make the endpoint of one order."""
        read, run = self._orders[path]

        async def endpoint(request: Request) -> Response:
            order = read(await request.body() or b"{}")
            answer = run(order)
            self._service.time_jumped()
            return _Line(answer)

        return endpoint

    async def index(self, _: Request) -> Response:
        """List what there is."""
        return _Line(
            {
                "GET": [f"/_emulator/{name}" for name in ("clock", "summary", *sorted(DUMPS))],
                "POST": [f"/_emulator/{path}" for path in self._orders],
                "regions": self._ports,
            }
        )

    async def show(self, request: Request) -> Response:
        """Show one aspect of the cloud."""
        name = request.path_params["name"]
        now = self._service.now()
        if name == "clock":
            return _Line(self._service.clock.as_json())
        if name == "summary":
            return _Line(summary(self._service, self._ports, now))
        if name not in DUMPS:
            return _error(404, "NotFound", f"There is no /_emulator/{name}.")
        return _Line(DUMPS[name](self._service, now))


class _Guard:
    """Keeps other people's web pages out; see the module's docstring."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _foreign(scope["method"], Headers(scope=scope)) if _is_http(scope) else None
        if refusal is not None:
            await _error(403, "Forbidden", refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_http(scope: Scope) -> bool:
    return bool(scope["type"] == "http")


def _foreign(method: str, headers: Headers) -> str | None:
    """Return why a request is refused, or None."""
    host = headers.get("host", "")
    if host.rpartition(":")[0] not in _LOCAL_HOSTS and host not in _LOCAL_HOSTS:
        return "The control API is only for requests addressed to 127.0.0.1 or localhost."
    if method in ("GET", "HEAD"):
        return None
    if headers.get("origin", f"http://{host}") != f"http://{host}":
        return "The control API takes no orders from other web pages."
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "The control API takes JSON (content-type: application/json)."
    return None


async def _page(_: Request) -> Response:
    return FileResponse(_WEB / "index.html", media_type="text/html", headers=_PAGE_HEADERS)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _MEDIA_TYPES:
        return _error(404, "NotFound", f"There is no {name}.")
    return FileResponse(_WEB / name, media_type=_MEDIA_TYPES[name], headers=_PAGE_HEADERS)


def _error(status: int, code: str, message: str) -> Response:
    return _Line({"code": code, "message": message}, status_code=status)


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return _error(error.status, error.code, error.message)


async def _invalid(_: Request, error: Exception) -> Response:
    return _error(400, "Invalid", describe(error))


def describe(error: Exception) -> str:
    """Tell in one sentence what is wrong with an order."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg']}" if where else first["msg"]
