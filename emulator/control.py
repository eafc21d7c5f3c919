"""The control API under `/_emulator/` and the page at `/`: what a person or a test does to the cloud.

Requests are JSON, unsigned and answered at once. They are taken only when addressed to this machine
by its own name and, if they change something, only as JSON from the emulator's own page or from no
page at all: so somebody else's web page cannot steer the emulator from its visitor's browser.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.http.service import Latency, Service
from emulator.orders import (
    FAULT,
    AccessKeyOrder,
    ClockOrder,
    FaultRemoval,
    InterruptOrder,
    Scenario,
    SettingsOrder,
    StockOrder,
    WriteOrder,
)
from emulator.overview import DUMPS, summary
from emulator.scenario import apply_scenario, home_region, set_stock
from emulator.state.errors import ApiError
from emulator.wire.rpc_signature import AccessKey

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
Run = Callable[[Any], Mapping[str, Any]]


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
        Route("/_emulator/{name}", control.show, methods=["GET"]),
        *(
            Route(f"/_emulator/{path}", control.order(kind, run), methods=["POST"])
            for path, (kind, run) in control.orders().items()
        ),
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


class _Control:
    """The orders that the control API takes, each a plain function of a validated value."""

    def __init__(self, service: Service, ports: Mapping[str, int]) -> None:
        self._service = service
        self._ports = ports

    def orders(self) -> dict[str, tuple[type[BaseModel] | None, Run]]:
        """Return by path what an order looks like and what carries it out."""
        return {
            "clock": (ClockOrder, self._set_clock),
            "interrupt": (InterruptOrder, self._interrupt),
            "write": (WriteOrder, self._write),
            "stock": (StockOrder, self._stock),
            "faults": (None, self._add_fault),
            "faults/clear": (FaultRemoval, self._remove_faults),
            "settings": (SettingsOrder, self._settings),
            "access-keys": (AccessKeyOrder, self._add_access_key),
            "scenario": (Scenario, self._scenario),
            "reset": (Scenario, self._reset),
        }

    def order(self, kind: type[BaseModel] | None, run: Run) -> Endpoint:
        """Make the endpoint of one order."""

        async def endpoint(request: Request) -> Response:
            body = await request.body() or b"{}"
            adapter = FAULT.validate_json if kind is None else kind.model_validate_json
            answer = run(adapter(body))
            self._service.time_jumped()
            return JSONResponse(answer)

        return endpoint

    async def index(self, _: Request) -> Response:
        """List what there is."""
        return JSONResponse(
            {
                "GET": [f"/_emulator/{name}" for name in ("clock", "summary", *sorted(DUMPS))],
                "POST": [f"/_emulator/{path}" for path in self.orders()],
                "regions": self._ports,
            }
        )

    async def show(self, request: Request) -> Response:
        """Show one aspect of the cloud."""
        name = request.path_params["name"]
        now = self._service.now()
        if name == "clock":
            return JSONResponse(self._clock())
        if name == "summary":
            return JSONResponse(summary(self._service, self._ports, now))
        if name not in DUMPS:
            raise ApiError(404, "NotFound", f"There is no /_emulator/{name}.")
        return JSONResponse(DUMPS[name](self._service, now))

    def _clock(self) -> dict[str, Any]:
        clock = self._service.clock
        return {**asdict(clock.read()), "paused": clock.paused}

    def _set_clock(self, order: ClockOrder) -> Mapping[str, Any]:
        clock = self._service.clock
        if order.pause:
            clock.pause()
        if order.advance:
            clock.advance(order.advance)
        if order.speed is not None:
            clock.set_speed(order.speed)
        if order.resume:
            clock.resume()
        return self._clock()

    def _interrupt(self, order: InterruptOrder) -> Mapping[str, Any]:
        cloud = self._service.cloud
        now = self._service.now()
        region = home_region(cloud, order.instance_id)
        return cloud.ecs[region].interrupt(order.instance_id, now)

    def _write(self, order: WriteOrder) -> Mapping[str, Any]:
        return {}

    def _stock(self, order: StockOrder) -> Mapping[str, Any]:
        set_stock(self._service.cloud, order.region or next(iter(self._ports)), order)
        return {}

    def _add_fault(self, rule: Any) -> Mapping[str, Any]:
        return {"id": self._service.faults.add(rule)}

    def _remove_faults(self, order: FaultRemoval) -> Mapping[str, Any]:
        return {"removed": self._service.faults.remove(order.id)}

    def _settings(self, order: SettingsOrder) -> Mapping[str, Any]:
        if order.latency is not None:
            least, most = order.latency
            self._service.latency = Latency(least / 1000, most / 1000)
        self._service.polls.cap = order.long_poll_cap
        return {}

    def _add_access_key(self, order: AccessKeyOrder) -> Mapping[str, Any]:
        until = None
        if order.valid_seconds is not None:
            until = self._service.wall() + order.valid_seconds
        key = AccessKey(order.access_key_id, order.secret, order.security_token, until)
        self._service.keys[key.access_key_id] = key
        return {"valid_until": until}

    def _scenario(self, order: Scenario) -> Mapping[str, Any]:
        return apply_scenario(self._service, order)

    def _reset(self, order: Scenario) -> Mapping[str, Any]:
        self._service.reset()
        return apply_scenario(self._service, order)


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
    return JSONResponse({"code": code, "message": message}, status_code=status)


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
