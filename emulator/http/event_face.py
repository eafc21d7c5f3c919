"""The data face of EventBridge: its own HTTP API as the data API SDKs use it, for one region."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.faults import Call
from emulator.http.exchange import Reply, Request
from emulator.http.hosts import region_of_host
from emulator.http.service import Service
from emulator.http.work import Work
from emulator.state.errors import ApiError, no_action
from emulator.state.event_buses import BUS_ATTRIBUTE
from emulator.state.event_model import DEFAULT_BUS
from emulator.state.ram_needs import Account, rpc_needs
from emulator.wire import event_http, rpc


class EventFace:
    """Understands what came to `/openapi/` at one region's address."""

    def __init__(self, service: Service, region: str) -> None:
        self._service = service
        self._region = region

    def understand(self, request: Request) -> Work:
        """Check a request's signature and find out what it calls.

        Raises:
            ApiError: The refusal.
        """
        if request.too_large:
            raise rpc.too_large()
        service = self._service
        caller = event_http.verify(
            request.method,
            request.path,
            request.query,
            request.headers,
            service.keys,
            service.nonces,
            service.real_now(),
        )
        host = request.headers.get("host", "")
        region = region_of_host(host, service.cloud.regions) or self._region
        action = event_http.ACTIONS.get(request.path.removeprefix(event_http.ROOT))
        if request.method == "POST" and request.path == event_http.PUT_EVENTS:
            return self._put_events(request, caller.access_key_id, region)
        if request.method == "POST" and action is not None:
            return self._call(action, request, caller.access_key_id, region)
        service.cloud.world.complain(f"eventbridge: no {request.method} {request.path}")
        raise no_action()

    def _put_events(self, request: Request, access_key_id: str, region: str) -> Work:
        events = event_http.read_events(request.headers, request.body)
        buses = {str(event.get(BUS_ATTRIBUTE) or DEFAULT_BUS) for event in events}

        def answer(now: float) -> Mapping[str, Any]:
            for bus in sorted(buses):
                self._authorize(access_key_id, region, "PutEvents", {"EventBusName": bus})
            return self._service.cloud.rules[region].put_cloud_events(events, now)

        return self._work("PutEvents", region, answer)

    def _call(self, action: str, request: Request, access_key_id: str, region: str) -> Work:
        params = event_http.read_parameters(action, request.body)

        def answer(now: float) -> Mapping[str, Any]:
            self._authorize(access_key_id, region, action, params)
            cloud = self._service.cloud
            return event_http.flat_answer(cloud.call("eventbridge", region, action, params, now))

        return self._work(action, region, answer)

    def _work(self, action: str, region: str, answer: Callable[[float], Mapping[str, Any]]) -> Work:
        service = self._service

        def perform(now: float) -> Reply:
            try:
                fields = answer(now)
            except ApiError as error:
                return self._refusal(error)
            rid = rpc.request_id(service.rng)
            account = service.cloud.world.account_id
            body = {**fields, "RequestId": rid, "ResourceOwnerAccountId": account}
            return Reply(200, rpc.to_json(body), rpc.reply_headers(rid, xml=False))

        return Work(Call("eventbridge", region, action), perform, self._refusal)

    def refuse(self, request: Request, error: ApiError) -> Reply:
        """Word a refusal of a request that was not understood."""
        del request
        return self._refusal(error)

    def _authorize(
        self, access_key_id: str, region: str, action: str, params: Mapping[str, Any]
    ) -> None:
        account = Account(region, self._service.cloud.world.account_id)
        needs = rpc_needs(account, "eventbridge", action, params, lambda _: {})
        self._service.permissions.demand("eventbridge", access_key_id, needs)

    def _refusal(self, error: ApiError) -> Reply:
        rid = rpc.request_id(self._service.rng)
        body = rpc.to_json(event_http.render_error(error, rid))
        return Reply(error.status, body, rpc.reply_headers(rid, xml=False), error.code)
