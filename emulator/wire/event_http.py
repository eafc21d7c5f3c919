"""The data API of EventBridge: its actions as JSON over plain HTTP, beside the RPC API.

Every action is a POST to `/openapi/` and its name; PutEvents takes CloudEvents, the others their
parameters. Sources: "Make API requests", "Common request and response parameters", "Request
signatures", "Error codes" and the older pages of the single actions; for what they leave out the data
API SDKs, https://github.com/alibabacloud-go/eventbridge-sdk and
https://github.com/alibabacloud-go/eventbridge-util. UNVERIFIED: what refuses a date, a nonce that was
used or an Authorization that is missing.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, unquote

from emulator.state.errors import ApiError
from emulator.wire.rpc import read_json
from emulator.wire.rpc_signature import (
    MAX_SKEW_SECONDS,
    AccessKey,
    NonceBook,
    missing_parameter,
    spend_nonce,
)

ROOT = "/openapi/"
PUT_EVENTS = ROOT + "putEvents"

# The RPC action that does the same, by the name that follows ROOT. Source: the SDKs' clients.
ACTIONS: Mapping[str, str] = {
    "createEventBus": "CreateEventBus",
    "createRule": "CreateRule",
    "createTargets": "PutTargets",
    "deleteEventBus": "DeleteEventBus",
    "deleteRule": "DeleteRule",
    "deleteTargets": "DeleteTargets",
    "disableRule": "DisableRule",
    "enableRule": "EnableRule",
    "getEventBus": "GetEventBus",
    "getRule": "GetRule",
    "listEventBuses": "ListEventBuses",
    "listRules": "ListRules",
    "listTargets": "ListTargets",
    "testEventPattern": "TestEventPattern",
    "updateRule": "UpdateRule",
}

# "Request signatures" has a space behind acs, the SDKs have a colon.
_AUTHORIZATION = re.compile(r"acs[ :]\s*([^:\s]+):(\S+)")


def verify(
    method: str,
    path: str,
    query: bytes,
    headers: Mapping[str, str],
    keys: Mapping[str, AccessKey],
    nonces: NonceBook,
    now: float,
) -> AccessKey:
    """Check the signature of a request.

    Args:
        method: HTTP method.
        path: Path as sent.
        query: Query string as sent; its values are signed as they read.
        headers: Header values by lower-case name.
        keys: The accepted keys by id.
        nonces: Nonces used so far; the request's is added, if it has one.
        now: Real epoch seconds.

    Returns:
        The key that signed.

    Raises:
        ApiError: The refusal.
    """
    claim = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if claim is None:
        raise missing_parameter("Authorization")
    _check_date(headers.get("date", ""), now)
    key = keys.get(claim[1])
    if key is None:
        raise _refusal("InvalidAccessKeyId", "The access Id you provided is not exist.")
    _check_token(key, headers.get("x-acs-security-token", ""), now)
    if not any(
        hmac.compare_digest(_sign(text, key.secret), claim[2].encode())
        for text in strings_to_sign(method, path, query, headers)
    ):
        raise _refusal(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
        )
    nonce = headers.get("x-acs-signature-nonce")
    if nonce:  # No duty. Source: "Common request and response parameters".
        spend_nonce(nonces, nonce, now)
    return key


def _refusal(code: str, sentence: str) -> ApiError:
    """Return a refusal of "Error codes", which has 403 for all that concerns the caller."""
    return ApiError(403, code, sentence)


def _check_token(key: AccessKey, token: str, now: float) -> None:
    """Refuse a temporary key without its token, and a lasting one with a token."""
    if not hmac.compare_digest((key.security_token or "").encode(), token.encode()):
        raise _refusal("SecurityTokenInvalid", "The Security token that your provide is invalid.")
    if key.valid_until is not None and now > key.valid_until:
        raise _refusal("StsAccessIdExpired", "The sts accessid has expired.")


def _sign(text: str, secret: str) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest())


def strings_to_sign(
    method: str, path: str, query: bytes, headers: Mapping[str, str]
) -> Iterator[str]:
    """Write what the signature may cover; the body is not part of it.

    "Request signatures" signs Accept and, by its sample, the headers of EventBridge; the SDKs sign
    neither. The rule of both is that of "Sign API requests", help.aliyun.com/document_detail/167752.htm.
    """
    pairs = sorted(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    asked = "&".join(f"{name}={value}" for name, value in pairs)
    resource = path + (f"?{asked}" if asked else "")
    covered = [headers.get(name, "") for name in ("content-md5", "content-type", "date")]
    verbs = ([method], [method, headers.get("accept", "")])
    for verb, prefixes in product(verbs, (("x-acs",), ("x-acs", "x-eventbridge"))):
        own = "".join(f"{n}:{headers[n]}\n" for n in sorted(headers) if n.startswith(prefixes))
        yield "\n".join([*verb, *covered, own + resource])


def _check_date(text: str, now: float) -> None:
    try:
        sent = parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise ApiError(
            400, "InvalidTimeStamp.Format", "Specified date value is not well formatted."
        ) from error
    if abs(sent - now) > MAX_SKEW_SECONDS:
        raise ApiError(400, "InvalidTimeStamp.Expired", "Specified date value is expired.")


def read_events(headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
    """Read a batch of CloudEvents, or one, whole in the body or with its attributes in headers.

    Sources: PutEvents for the batch; the samples of the SDKs' repository,
    https://github.com/aliyun/alibabacloud-eventbridge-sdk, for the others, whose forms are those of
    CloudEvents 1.0, "HTTP protocol binding".

    Raises:
        ApiError: The body is no JSON list of objects, and none of the others.
    """
    if "ce-specversion" in headers:
        return [_binary_event(headers, body)]
    events = read_json(body)
    if _kind(headers) == "application/cloudevents+json":
        events = [events]
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise ApiError(400, "JsonAttributeInvalid", "The body is not a list of events.")
    return events


def _binary_event(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    event: dict[str, Any] = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in headers.items()
        if name.startswith("ce-")
    }
    if "content-type" in headers:
        event["datacontenttype"] = headers["content-type"]
    if _kind(headers).endswith(("/json", "+json")):
        return {**event, "data": read_json(body)} if body else event
    try:
        return {**event, "data": body.decode()}
    except UnicodeDecodeError:
        return {**event, "data_base64": base64.b64encode(body).decode()}


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def read_parameters(action: str, body: bytes) -> dict[str, Any]:
    """Read the parameters of an action and name them as the RPC API does.

    Raises:
        ApiError: The body is no JSON object.
    """
    params = read_json(body)
    if not isinstance(params, dict):
        raise ApiError(400, "JsonAttributeInvalid", "The body is not an object.")
    if action == "CreateRule" and "Targets" in params:
        params["EventTargets"] = params.pop("Targets")
    return params


def flat_answer(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the answer of an RPC action into that of the data API: its Data without the frame.

    Raises:
        ApiError: The action failed; here that is no good answer. Source: "Common request and
            response parameters", 4xx; the status is that of Apache RocketMQ EventBridge.
    """
    if not answer["Success"]:
        raise ApiError(409, answer["Code"], answer["Message"])
    data = answer.get("Data")
    if not isinstance(data, dict):
        return {}
    rules = [_with_ctime(rule) for rule in data.get("Rules", ())]
    return {**_with_ctime(data), "Rules": rules} if "Rules" in data else _with_ctime(data)


def _with_ctime(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Give the creation of a rule the name that it has here."""
    names = {"CreatedTimestamp": "Ctime"}
    return {names.get(name, name): value for name, value in rule.items()}


def render_error(error: ApiError, rid: str) -> dict[str, str]:
    """Write a refusal under the names that the SDKs read."""
    return {"code": error.code, "message": error.message, "requestId": rid}
