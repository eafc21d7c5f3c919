"""The RPC face: ECS, VPC, EventBridge, mns-open and STS behind one address, as SDKs see them."""

import contextlib
from collections.abc import Mapping
from typing import Any

from emulator.faults import Call
from emulator.http.exchange import Reply, Request
from emulator.http.hosts import region_of_host
from emulator.http.service import Service
from emulator.http.work import Work
from emulator.state.ecs.params import require_region
from emulator.state.errors import ApiError, no_action
from emulator.state.ram_needs import Account, rpc_needs
from emulator.wire import rpc
from emulator.wire.rpc_signature import SignedRequest, verify


class RpcFace:
    """Understands RPC requests that came to one region's address."""

    def __init__(self, service: Service, region: str) -> None:
        self._service = service
        self._region = region

    def understand(self, request: Request) -> Work:
        """Parse a request and check its signature.

        Raises:
            ApiError: The gateway's refusal.
        """
        if request.too_large:
            raise rpc.too_large()
        rpc.check_method(request.method)
        flat, extra = rpc.flat_parameters(request.query, request.headers, request.body)
        rpc.check_format(flat)
        call = rpc.parse(flat, extra, request.headers)
        signed = SignedRequest(
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
            flat=rpc.signed_parameters(flat, extra),
            body=request.body,
        )
        service = self._service
        caller = verify(signed, service.keys, service.nonces, service.real_now())
        host = request.headers.get("host", "")
        region = call.region or region_of_host(host, service.cloud.regions) or self._region

        def perform(now: float) -> Reply:
            try:
                self._authorize(caller.access_key_id, call, region)
                answer = self._answer(call, region, now)
            except ApiError as error:
                return refuse(error)
            rid = rpc.request_id(service.rng)
            return Reply(200, rpc.render(call, answer, rid), rpc.reply_headers(rid, xml=call.xml))

        def refuse(error: ApiError) -> Reply:
            return self._refusal(error, host=host, product=call.product, xml=call.xml)

        return Work(Call(call.product, region, call.action), perform, refuse)

    def refuse(self, request: Request, error: ApiError) -> Reply:
        """Word a refusal of a request that was not understood."""
        flat: Mapping[str, str] = {}
        for body in (request.body, b""):
            with contextlib.suppress(ApiError):
                flat, _ = rpc.flat_parameters(request.query, request.headers, body)
                break
        xml = rpc.wants_xml(flat, request.headers)
        product = rpc.PRODUCT_BY_VERSION.get(rpc.version_of(flat, request.headers), "")
        host = request.headers.get("host", "")
        return self._refusal(error, host=host, product=product, xml=xml)

    def _authorize(self, access_key_id: str, call: rpc.RpcCall, region: str) -> None:
        """Let RAM decide, before the product looks at anything that the call names."""
        cloud = self._service.cloud

        def tags_of(resource_id: str) -> Mapping[str, str]:
            home = cloud.ecs.get(region)
            return {} if home is None else home.region.tags.all_of(resource_id)

        account = Account(region, cloud.world.account_id)
        needs = rpc_needs(account, call.product, call.action, call.params, tags_of)
        self._service.permissions.demand(call.product, access_key_id, needs)

    def _answer(self, call: rpc.RpcCall, region: str, now: float) -> dict[str, Any]:
        if call.product == "sts":
            return self._sts(call.action)
        require_region(call.product, call.action, call.params)
        return self._service.cloud.call(call.product, region, call.action, call.params, now)

    def _sts(self, action: str) -> dict[str, Any]:
        """Answer as the account itself. Source: STS GetCallerIdentity."""
        cloud = self._service.cloud
        if action != "GetCallerIdentity":
            cloud.world.complain(f"sts {action}: only GetCallerIdentity exists here")
            raise no_action()
        account = cloud.world.account_id
        return {
            "IdentityType": "Account",
            "AccountId": account,
            "PrincipalId": account,
            "UserId": account,
            "Arn": f"acs:ram::{account}:root",
        }

    def _refusal(self, error: ApiError, *, host: str, product: str, xml: bool) -> Reply:
        rid = rpc.request_id(self._service.rng)
        body = rpc.render_error(error, rid=rid, host=host, product=product, xml=xml)
        return Reply(error.status, body, rpc.reply_headers(rid, xml=xml), error.code)
