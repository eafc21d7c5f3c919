"""The data API of EventBridge: PutEvents as CloudEvents in JSON over plain HTTP.

The management API is RPC; events of one's own are published through this second door, which the
data API SDKs know: "SDK for Go", "SDK for Java", "SDK for Python", data API. No page describes the
protocol. Source of form and signature: https://github.com/alibabacloud-go/eventbridge-sdk and
https://github.com/alibabacloud-go/eventbridge-util. UNVERIFIED: codes of refusals, their statuses.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from emulator.state.errors import ApiError
from emulator.wire.rpc import read_json
from emulator.wire.rpc_signature import (
    MAX_SKEW_SECONDS,
    AccessKey,
    NonceBook,
    check_token,
    find_key,
    mismatch,
    missing_parameter,
    spend_nonce,
)

ROOT = "/openapi/"
PUT_EVENTS = ROOT + "putEvents"


def verify(
    method: str,
    path: str,
    query: bytes,
    headers: Mapping[str, str],
    keys: Mapping[str, AccessKey],
    nonces: NonceBook,
    now: float,
) -> AccessKey:
    """Check the signature `acs:KEY:SIGNATURE` of a request.

    Args:
        method: HTTP method.
        path: Path as sent.
        query: Query string as sent; its values are signed as they read.
        headers: Header values by lower-case name.
        keys: The accepted keys by id.
        nonces: Nonces used so far; the request's is added.
        now: Real epoch seconds.

    Returns:
        The key that signed.

    Raises:
        ApiError: The refusal.
    """
    scheme, _, rest = headers.get("authorization", "").partition(":")
    access_key_id, _, signature = rest.rpartition(":")
    if scheme != "acs" or not access_key_id:
        raise missing_parameter("Authorization")
    _check_date(headers.get("date", ""), now)
    key = find_key(keys, access_key_id)
    check_token(key, headers.get("x-acs-security-token"), now)
    text = string_to_sign(method, path, query, headers)
    digest = hmac.new(key.secret.encode(), text.encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(digest), signature.encode()):
        raise mismatch(text)
    nonce = headers.get("x-acs-signature-nonce")
    if not nonce:
        raise missing_parameter("SignatureNonce")
    spend_nonce(nonces, nonce, now)
    return key


def string_to_sign(method: str, path: str, query: bytes, headers: Mapping[str, str]) -> str:
    """Write what the signature covers; the body is not part of it."""
    own = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers) if name[:5] == "x-acs")
    pairs = sorted(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    asked = "&".join(f"{name}={value}" for name, value in pairs)
    parts = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    return "\n".join([method, *parts, own + path + (f"?{asked}" if asked else "")])


def _check_date(text: str, now: float) -> None:
    try:
        sent = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise ApiError(
            400, "InvalidTimeStamp.Format", "Specified date value is not well formatted."
        ) from error
    if abs(sent - now) > MAX_SKEW_SECONDS:
        raise ApiError(400, "InvalidTimeStamp.Expired", "Specified date value is expired.")


def read_events(body: bytes) -> list[dict[str, Any]]:
    """Read a batch of CloudEvents.

    Raises:
        ApiError: The body is no JSON list of objects.
    """
    events = read_json(body)
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise ApiError(400, "JsonAttributeInvalid", "The body is not a list of events.")
    return events


def render_error(error: ApiError, rid: str) -> dict[str, str]:
    """Write a refusal under the names that the SDKs read."""
    return {"code": error.code, "message": error.message, "requestId": rid}
