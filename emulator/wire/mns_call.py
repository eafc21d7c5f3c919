"""One request to SMQ's data plane taken apart, and the forms of its answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from emulator.state.errors import ApiError
from emulator.state.queues import QueueService
from emulator.wire import mns_xml
from emulator.wire.mns_signature import VERSION


@dataclass(frozen=True, slots=True)
class MnsReply:
    """A complete answer; header names are lower case, as one SDK looks them up that way."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class LongPoll:
    """A receive that found nothing yet and may wait.

    To serve it: call `attempt(now)` whenever `QueueService.on_available` names the queue and when
    `QueueService.next_visible_at` is reached; a reply ends the poll (a message, or a refusal as
    when the queue is deleted), None means to go on. After `seconds` without a reply, `give_up()`
    is the answer: 404 MessageNotExist. Nothing may be attempted for a client that is gone, as its
    message would be leased to nobody.

    Attributes:
        queue: Name of the queue.
        count: Messages wanted at most.
        seconds: How long to wait, in virtual seconds from the request on.
    """

    queue: str
    count: int
    seconds: int
    attempt: Callable[[float], MnsReply | None]
    give_up: Callable[[], MnsReply]


@dataclass(frozen=True, slots=True)
class Call:
    """One request taken apart; `keys` are the lower-case names of the query."""

    service: QueueService
    method: str
    queue: str
    keys: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: float
    host_url: str

    def reply(self, status: int, body: bytes = b"", **headers: str) -> MnsReply:
        return make_reply(self.service, status, body, **headers)

    def url_of(self, queue: str) -> str:
        return f"{self.host_url}/queues/{queue}"


def split_target(raw_target: str) -> tuple[list[str], dict[str, str]]:
    """Return the decoded parts of the path and the query by lower-case names."""
    if not raw_target.startswith("/"):  # The form that proxies get.
        raw_target = urlsplit(raw_target)._replace(scheme="", netloc="").geturl()
    path, _, query = raw_target.partition("?")
    keys: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        keys[unquote(name).lower()] = unquote(value)
    return [unquote(part) for part in path.strip("/").split("/")], keys


def refusal(service: QueueService, error: ApiError, host_url: str) -> MnsReply:
    """Return the answer for a refusal."""
    request_id = _new_request_id(service)
    body = mns_xml.render_error(error.code, error.message, request_id, host_url.rstrip("/"))
    return make_reply(service, error.status, body, request_id=request_id)


def make_reply(
    service: QueueService,
    status: int,
    body: bytes = b"",
    *,
    request_id: str | None = None,
    **headers: str,
) -> MnsReply:
    """Make an answer with the headers that the real service has, those of 204 included.

    Source: "Request protocol description" for the request id and the version; recordings of the
    real service (multicloudj) for the rest, two of which say how long it took inside.
    """
    all_headers = {
        "server": "AliyunMQS",
        "content-type": "text/xml;charset=utf-8",
        "x-mns-account-type": "",
        "x-mns-netty-total-time": "1",
        "x-mns-request-id": request_id or _new_request_id(service),
        "x-mns-response-format": "xml",
        "x-mns-threadpool-wait-time": "0",
        "x-mns-version": VERSION,
        **headers,
    }
    return MnsReply(status, all_headers, body)


def _new_request_id(service: QueueService) -> str:
    return f"{service.world.rng.getrandbits(96):024X}"
