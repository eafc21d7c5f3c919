"""The SMQ face: the queue protocol of one region, as SDKs see it."""

import re

from emulator.faults import Call
from emulator.http.exchange import Reply, Request
from emulator.http.hosts import queue_host
from emulator.http.service import Service
from emulator.http.work import Waiting, Work
from emulator.state.errors import ApiError
from emulator.state.queue_errors import access_denied, too_large
from emulator.state.queues import QueueService
from emulator.state.ram_needs import Account, smq_need
from emulator.wire import mns_http, mns_signature
from emulator.wire.mns_action import NO_OPERATION, action_of

_CODE = re.compile(rb"<(?:Error)?Code>([^<]*)<")
_CLIENT_ERROR = 400


class SmqFace:
    """Understands SMQ requests that came to one region's address."""

    def __init__(self, service: Service, region: str) -> None:
        self._service = service
        self._region = region

    def understand(self, request: Request) -> Work:
        """Check a request's signature and find out what it calls.

        Raises:
            ApiError: The queue service's refusal.
        """
        if request.too_large:
            raise too_large()
        service = self._service
        access_key_id = mns_signature.verify(
            request.method, request.target, request.headers, service.secrets(), service.real_now()
        )
        region = self._region_of(request)
        call = _call(request, region)
        queues = service.cloud.queues(region)
        host_url = _host_url(request)

        def perform(now: float) -> Reply | Waiting:
            try:
                if call.action != NO_OPERATION:  # What is not there is refused below, by all.
                    self._authorize(access_key_id, call)
            except ApiError as error:
                return refuse(error)
            found = mns_http.handle(
                queues, request.method, request.target, request.headers, request.body, now, host_url
            )
            if isinstance(found, mns_http.MnsReply):
                return _reply(found)
            return _waiting(found, region, now)

        def refuse(error: ApiError) -> Reply:
            return _refusal(queues, error, host_url)

        return Work(call, perform, refuse)

    def _authorize(self, access_key_id: str, call: Call) -> None:
        world = self._service.cloud.world
        need = smq_need(
            Account(call.region, world.account_id),
            call.action,
            call.queue,
            batch_is_own=world.assumptions.smq_batch_actions_are_own,
        )
        self._service.permissions.demand("smq", access_key_id, (need,))

    def refuse(self, request: Request, error: ApiError) -> Reply:
        """Word a refusal of a request that was not understood."""
        return _refusal(self._service.cloud.queues(self._region), error, _host_url(request))

    def _region_of(self, request: Request) -> str:
        """Return the region that the host names, else the port's.

        Raises:
            ApiError: The host names another account, or a region that is not here.
        """
        named = queue_host(request.headers.get("host", ""))
        if named is None:
            return self._region
        account, region = named
        cloud = self._service.cloud
        if account != cloud.world.account_id or region not in cloud.regions:
            cloud.world.complain(f"smq: account {account} has no queues in {region} here")
            raise access_denied()
        return region


def _call(request: Request, region: str) -> Call:
    action, queue = action_of(request.method, request.target, request.body)
    return Call("smq", region, action, queue)


def _host_url(request: Request) -> str:
    return f"http://{request.headers.get('host', '')}"


def _refusal(queues: QueueService, error: ApiError, host_url: str) -> Reply:
    return _reply(mns_http.refusal(queues, error, host_url))


def _reply(reply: mns_http.MnsReply) -> Reply:
    code = _CODE.search(reply.body) if reply.status >= _CLIENT_ERROR else None
    return Reply(
        reply.status,
        reply.body,
        tuple(reply.headers.items()),
        code[1].decode("latin-1") if code else "",
    )


def _waiting(poll: mns_http.LongPoll, region: str, now: float) -> Waiting:
    def attempt(at: float) -> Reply | None:
        reply = poll.attempt(at)
        return None if reply is None else _reply(reply)

    return Waiting(region, poll.queue, now + poll.seconds, attempt, lambda: _reply(poll.give_up()))
