"""The ASGI application: tells the protocols apart and takes each request from bytes to answer.

SMQ requests are known by their path (`/queues...`), by the version header that each one carries, or
by the scheme of their signature; the control API by `/_emulator`, the page by a plain GET of `/`;
events of one's own by `/openapi/`; everything else is RPC. Calls into the cloud are synchronous and
run on the event loop, so that the cloud needs no locks and a run is as deterministic as its
requests.
"""

import asyncio
import time
from collections.abc import Mapping

from emulator.control import control_app
from emulator.faults import Call, FaultRule
from emulator.http.event_face import EventFace
from emulator.http.exchange import Exchange, Receive, Reply, Request, Scope, Send
from emulator.http.platform import Platform
from emulator.http.rpc_face import RpcFace
from emulator.http.service import LoggedRequest, Service
from emulator.http.smq_face import SmqFace
from emulator.http.strike import strike
from emulator.http.waiter import carry_out
from emulator.http.work import Work
from emulator.state.errors import ApiError
from emulator.wire import event_http

Face = RpcFace | SmqFace | EventFace
_PROTOCOL_HEADERS = frozenset({b"x-acs-action", b"x-mns-version"})
_NOT_UNDERSTOOD = Call("?", "", "?")
# Queues, and what SMQ has besides. Source: SMQ "Request protocol description", "CreateTopic".
_SMQ_ROOTS = frozenset({"queues", "topics"})


class EmulatorApp:
    """Serves all regions; the port that a request came to says which.

    Args:
        service: The running emulator.
        platform: Is told when a request may have planned something.
        ports: Port by region.
    """

    def __init__(self, service: Service, platform: Platform, ports: Mapping[str, int]) -> None:
        self._service = service
        self._platform = platform
        self._smq = {port: SmqFace(service, region) for region, port in ports.items()}
        self._rpc = {port: RpcFace(service, region) for region, port in ports.items()}
        self._events = {port: EventFace(service, region) for region, port in ports.items()}
        self._control = control_app(service, ports)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if _is_control(scope):
            await self._control(scope, receive, send)
            return
        exchange = Exchange(scope, receive, send, self._service.real_now)
        try:
            await self._serve(exchange)
        except ConnectionError:
            return
        except Exception as error:
            # A defect of the emulator must not pass for a fault of the cloud.
            where = f"{scope['method']} {scope['path']}"
            self._service.cloud.complaints.append(f"internal error at {where}: {error!r}")
            raise
        finally:
            exchange.release()

    async def _serve(self, exchange: Exchange) -> None:
        started = time.perf_counter()
        request = await exchange.read()
        face = self._face(exchange.port, request)
        call, rule = _NOT_UNDERSTOOD, None
        reply: Reply | None
        try:
            work = face.understand(request)
        except ApiError as error:
            reply = face.refuse(request, error)
        else:
            call = work.call
            rule = self._service.faults.decide(call, self._service.now())
            reply = await self._carry_out(exchange, work, rule)
        await self._be_late()
        if reply is not None:
            await exchange.answer(reply)
        self._log(call, rule, reply, time.perf_counter() - started)

    def _face(self, port: int, request: Request) -> Face:
        if _is_smq(request):
            return self._smq[port]
        is_event = request.path.startswith(event_http.ROOT)
        return (self._events if is_event else self._rpc)[port]

    async def _carry_out(
        self, exchange: Exchange, work: Work, rule: FaultRule | None
    ) -> Reply | None:
        try:
            if rule is None:
                return await carry_out(self._service, exchange, work)
            return await strike(self._service, exchange, work, rule)
        finally:
            self._platform.look_again()

    async def _be_late(self) -> None:
        seconds = self._service.latency.draw(self._service.rng)
        if seconds > 0:
            await asyncio.sleep(seconds)

    def _log(self, call: Call, rule: FaultRule | None, reply: Reply | None, seconds: float) -> None:
        self._service.requests.append(
            LoggedRequest(
                at=self._service.clock.now(),
                call=call,
                status=reply.status if reply else 0,
                code=reply.code if reply else "",
                fault=rule.answer.value if rule else "",
                seconds=seconds,
            )
        )


def _is_smq(request: Request) -> bool:
    """Tell whether a request is for SMQ, also one for a resource that is not there, as a topic."""
    return (
        request.path.split("/")[1] in _SMQ_ROOTS
        or "x-mns-version" in request.headers
        or request.headers.get("authorization", "").startswith("MNS")
    )


def _is_control(scope: Scope) -> bool:
    """Tell whether a request is for the control API or the page.

    A GET of `/` without a query and a header of either protocol is a browser's.
    """
    path: str = scope["path"]
    if path.startswith("/_emulator"):
        return True
    return (
        path == "/"
        and scope["method"] in ("GET", "HEAD")
        and not scope["query_string"]
        and not _PROTOCOL_HEADERS.intersection(name for name, _ in scope["headers"])
    )
