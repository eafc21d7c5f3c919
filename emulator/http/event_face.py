"""The data face of EventBridge: PutEvents as its data API SDKs send it, for one region."""

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
    """Understands events that came to one region's address."""

    def __init__(self, service: Service, region: str) -> None:
        self._service = service
        self._region = region

    def understand(self, request: Request) -> Work:
        """Check a request's signature and read its events.

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
        if (request.method, request.path) != ("POST", event_http.PUT_EVENTS):
            # Source: "SDK for Go", data API: it has PutEvents only.
            service.cloud.world.complain(f"eventbridge: no {request.method} {request.path}")
            raise no_action()
        host = request.headers.get("host", "")
        region = region_of_host(host, service.cloud.regions) or self._region
        events = event_http.read_events(request.body)

        def perform(now: float) -> Reply:
            buses = {str(event.get(BUS_ATTRIBUTE) or DEFAULT_BUS) for event in events}
            try:
                for bus in sorted(buses):
                    self._authorize(caller.access_key_id, region, bus)
            except ApiError as error:
                return self._refusal(error)
            rid = rpc.request_id(service.rng)
            answer = {
                **service.cloud.rules[region].put_cloud_events(events, now),
                "RequestId": rid,
                "ResourceOwnerAccountId": service.cloud.world.account_id,
            }
            return Reply(200, rpc.to_json(answer), rpc.reply_headers(rid, xml=False))

        return Work(Call("eventbridge", region, "PutEvents"), perform, self._refusal)

    def refuse(self, request: Request, error: ApiError) -> Reply:
        """Word a refusal of a request that was not understood."""
        del request
        return self._refusal(error)

    def _authorize(self, access_key_id: str, region: str, bus: str) -> None:
        account = Account(region, self._service.cloud.world.account_id)
        params = {"EventBusName": bus}
        needs = rpc_needs(account, "eventbridge", "PutEvents", params, lambda _: {})
        self._service.permissions.demand("eventbridge", access_key_id, needs)

    def _refusal(self, error: ApiError) -> Reply:
        rid = rpc.request_id(self._service.rng)
        body = rpc.to_json(event_http.render_error(error, rid))
        return Reply(error.status, body, rpc.reply_headers(rid, xml=False), error.code)
