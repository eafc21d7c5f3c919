"""The HTTP form of SMQ's data plane over a `QueueService`, without sockets and without waiting.

`handle` turns one verified request into an `MnsReply`, or into a `LongPoll` when a receive found
nothing and may wait. Whoever serves it waits (see `LongPoll`) and checks the signature before
(`emulator.wire.mns_signature.verify`); refusals from there become replies by `refusal`.
Source: SMQ "Request protocol description".
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from emulator.state.errors import ApiError
from emulator.state.queue_errors import (
    invalid_content_type,
    invalid_digest,
    invalid_query_string,
    invalid_request_url,
)
from emulator.state.queues import QueueService
from emulator.wire.mns_call import Call, LongPoll, MnsReply, refusal, split_target
from emulator.wire.mns_operations import (
    MESSAGE_OPERATIONS,
    QUEUE_OPERATIONS,
    ROOT_OPERATIONS,
    Operation,
)

__all__ = ["LongPoll", "MnsReply", "handle", "refusal"]

_QUERY_KEYS = frozenset(
    {
        "metaoverride",
        "numofmessages",
        "peekonly",
        "receipthandle",
        "visibilitytimeout",
        "waitseconds",
    }
)


def handle(
    service: QueueService,
    method: str,
    raw_target: str,
    headers: Mapping[str, str],
    body: bytes,
    now: float,
    host_url: str,
) -> MnsReply | LongPoll:
    """Carry out one request whose signature is verified.

    Args:
        service: The queues of the region.
        method: HTTP method.
        raw_target: Path and query exactly as sent; `+` stays a plus.
        headers: Values by lower-case names.
        body: Request body.
        now: Virtual epoch seconds.
        host_url: What clients reach this region by, for example `http://127.0.0.1:9700`.
    """
    try:
        _check_content_type(headers, body)
        _check_content_md5(service, headers, body)
        path, keys = split_target(raw_target)
        _check_keys(service, keys)
        operation = _find_operation(service, method, path)
        queue = path[1] if len(path) > 1 else ""
        url = host_url.rstrip("/")
        return operation(Call(service, method, queue, keys, headers, body, now, url))
    except ApiError as error:
        return refusal(service, error, host_url)


def _check_content_type(headers: Mapping[str, str], body: bytes) -> None:
    """Accept a body without a type, and one of text or XML with whatever parameters.

    Source: "Request protocol description", Content-Type, which calls it the type of the body; no
    page says how another one is refused.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind and kind != "application/xml" and not kind.startswith("text/"):
        raise invalid_content_type()


def _check_content_md5(service: QueueService, headers: Mapping[str, str], body: bytes) -> None:
    """Accept base64 of the digest, as documented, and base64 of its hex text, as SDKs send."""
    given = headers.get("content-md5")
    if not given or not service.world.assumptions.smq_checks_content_md5:
        return
    digest = hashlib.md5(body, usedforsecurity=False)
    forms = (digest.digest(), digest.hexdigest().encode())
    if given not in {b64encode(form).decode() for form in forms}:
        raise invalid_digest()


def _check_keys(service: QueueService, keys: Mapping[str, str]) -> None:
    unknown = sorted(set(keys) - _QUERY_KEYS)
    if unknown:
        service.world.complain(f"smq: unknown query parameter {', '.join(unknown)}")
        raise invalid_query_string(unknown[0])


def _find_operation(service: QueueService, method: str, path: list[str]) -> Operation:
    operation: Operation | None = None
    match path:
        case ["queues"]:
            operation = ROOT_OPERATIONS.get(method)
        case ["queues", _]:
            operation = QUEUE_OPERATIONS.get(method)
        case ["queues", _, "messages"]:
            operation = MESSAGE_OPERATIONS.get(method)
    if operation is None:
        service.world.complain(f"smq: no operation {method} /{'/'.join(path)}")
        raise invalid_request_url()
    return operation
