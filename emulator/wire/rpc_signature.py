"""Verification of the two request signatures that RPC clients make.

V3 (`ACS3-HMAC-SHA256`) signs method, path, query, headers and body and travels in `Authorization`.
V1 (`HMAC-SHA1`, or `HMAC-SHA256`) signs the parameters and travels among them. Sources: "Request syntax and signature
method V3" and "Request syntax and signature method V2 for RPC APIs" of the SDK documentation; error
codes from "Common error codes". What those pages leave open: the order of the checks is ours.
"""

import base64
import calendar
import hashlib
import hmac
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from emulator.state.errors import ApiError

V3_ALGORITHM = "ACS3-HMAC-SHA256"
# The documents name the first alone. Official cores sign version 1.0 with the second too:
# https://github.com/aliyun/openapi-sdk-php-client/blob/master/src/Signature/ShaHmac256Signature.php
V1_DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}
# Source: "Common error codes", InvalidTimeStamp.Expired: more than 15 minutes apart.
MAX_SKEW_SECONDS = 900.0

_AUTHORIZATION = re.compile(
    r"ACS3-HMAC-SHA256\s+Credential=(?P<key>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})\s*\Z"
)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair that the emulator accepts.

    Attributes:
        access_key_id: Public half.
        secret: Secret half.
        security_token: The token that must come with a temporary key; None for a lasting one.
        valid_until: Real epoch seconds at which the token expires; None for never.
    """

    access_key_id: str
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    valid_until: float | None = None


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature covers: method, target and headers as sent, body.

    Attributes:
        method: HTTP method.
        path: Path as sent, still percent-encoded.
        query: Query string as sent.
        headers: Header values by lower-case name.
        flat: Decoded parameters of query and body, as an old signature covers them.
        body: The request body.
    """

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    flat: Mapping[str, str]
    body: bytes


class NonceBook:
    """Remembers the nonces of the last fifteen minutes; older ones fail by their time stamp."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, float] = OrderedDict()

    def spend(self, nonce: str, now: float) -> bool:
        """Note `nonce`; answer False when it was used before."""
        while self._seen and next(iter(self._seen.values())) < now - 2 * MAX_SKEW_SECONDS:
            self._seen.popitem(last=False)
        if nonce in self._seen:
            return False
        self._seen[nonce] = now
        return True


def verify(
    request: SignedRequest, keys: Mapping[str, AccessKey], nonces: NonceBook, now: float
) -> AccessKey:
    """Check a request's signature, whichever of the two it carries.

    Args:
        request: The request.
        keys: The accepted keys by id.
        nonces: Nonces used so far; the request's is added.
        now: Real epoch seconds.

    Returns:
        The key that signed.

    Raises:
        ApiError: The gateway's refusal.
    """
    if request.headers.get("authorization"):
        return _verify_v3(request, keys, nonces, now)
    if "Signature" in request.flat:
        return _verify_v1(request, keys, nonces, now)
    if "AccessKeyId" in request.flat:
        raise missing_parameter("Signature")
    raise missing_parameter("AccessKeyId")


def _verify_v3(
    request: SignedRequest, keys: Mapping[str, AccessKey], nonces: NonceBook, now: float
) -> AccessKey:
    match = _AUTHORIZATION.match(request.headers["authorization"])
    if match is None:
        raise _incomplete("The Authorization header is not of the form that ACS3 prescribes.")
    signed = match["headers"].lower().split(";")
    _require_signed_headers(request.headers, signed)
    _check_time(request.headers["x-acs-date"], now)
    key = find_key(keys, match["key"])
    check_token(key, request.headers.get("x-acs-security-token"), now)
    canonical = canonical_request_v3(request, signed)
    to_sign = f"{V3_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(key.secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, match["signature"]):
        raise mismatch(f"{to_sign}, server canonical request is:{canonical}")
    spend_nonce(nonces, request.headers["x-acs-signature-nonce"], now)
    return key


def _require_signed_headers(headers: Mapping[str, str], signed: list[str]) -> None:
    for name in ("x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"):
        if name not in headers:
            raise _incomplete(f"The header {name} is missing.")
    for name in headers:
        if (name == "host" or name.startswith("x-acs-")) and name not in signed:
            raise _incomplete(f"The header {name} is not signed.")
    for name in signed:
        if name not in headers:
            raise _incomplete(f"The header {name} is signed but missing.")


def canonical_request_v3(request: SignedRequest, signed: list[str]) -> str:
    """Write the canonical request from what arrived.

    The body is hashed here instead of believing `x-acs-content-sha256`: a body that was changed on
    its way, or a header that does not fit it, gives another signature.
    """
    names = sorted(signed)
    pairs = parse_qsl(request.query.decode("ascii"), keep_blank_values=True)
    query = "&".join(f"{percent(key)}={percent(value)}" for key, value in sorted(pairs))
    headers = "".join(f"{name}:{request.headers[name].strip()}\n" for name in names)
    payload = hashlib.sha256(request.body).hexdigest()
    return "\n".join((request.method, request.path, query, headers, ";".join(names), payload))


def _verify_v1(
    request: SignedRequest, keys: Mapping[str, AccessKey], nonces: NonceBook, now: float
) -> AccessKey:
    flat = request.flat
    for name in ("AccessKeyId", "SignatureMethod", "SignatureVersion", "SignatureNonce"):
        if not flat.get(name):
            raise missing_parameter(name)
    if not flat.get("Timestamp"):
        raise missing_parameter("Timestamp")
    digest_name = V1_DIGESTS.get(flat["SignatureMethod"].upper())
    if digest_name is None or flat["SignatureVersion"] != "1.0":
        raise ApiError(400, "InvalidSignatureMethod", "Specified signature method is not valid.")
    _check_time(flat["Timestamp"], now)
    key = find_key(keys, flat["AccessKeyId"])
    check_token(key, flat.get("SecurityToken"), now)
    to_sign = string_to_sign_v1(request.method, flat)
    digest = hmac.new(f"{key.secret}&".encode(), to_sign.encode(), digest_name).digest()
    expected = base64.b64encode(digest)
    if not hmac.compare_digest(expected, flat["Signature"].encode()):
        raise mismatch(to_sign)
    spend_nonce(nonces, flat["SignatureNonce"], now)
    return key


def string_to_sign_v1(method: str, flat: Mapping[str, str]) -> str:
    """Write what an RPC V1 signature covers: the method and all parameters but the signature."""
    pairs = sorted((key, value) for key, value in flat.items() if key != "Signature")
    query = "&".join(f"{percent(key)}={percent(value)}" for key, value in pairs)
    return f"{method}&%2F&{percent(query)}"


def percent(text: str) -> str:
    """Encode as RFC 3986 does; only letters, digits and `-_.~` stay."""
    return quote(text, safe="~")


def _check_time(text: str, now: float) -> None:
    if not _TIMESTAMP.match(text):
        raise _bad_time()
    try:
        stamp = calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError as error:
        raise _bad_time() from error
    if abs(stamp - now) > MAX_SKEW_SECONDS:
        raise ApiError(
            400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired."
        )


def _bad_time() -> ApiError:
    return ApiError(
        400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted."
    )


def find_key(keys: Mapping[str, AccessKey], access_key_id: str) -> AccessKey:
    """Return the key of that id.

    Raises:
        ApiError: There is none.
    """
    key = keys.get(access_key_id)
    if key is None:
        raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    return key


def check_token(key: AccessKey, token: str | None, now: float) -> None:
    """Refuse a temporary key without its token, and a lasting one with a token.

    Raises:
        ApiError: The token is missing, strange or too old.
    """
    if key.security_token is None:
        if token:
            raise _bad_token("MismatchWithAccessKey", "does not belong to the access key")
        return
    if not token:
        raise ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if not hmac.compare_digest(key.security_token.encode(), token.encode()):
        raise _bad_token("Malformed", "is malformed")
    if key.valid_until is not None and now > key.valid_until:
        raise _bad_token("Expired", "is expired")


def _bad_token(kind: str, what: str) -> ApiError:
    return ApiError(400, f"InvalidSecurityToken.{kind}", f"Specified SecurityToken {what}.")


def spend_nonce(nonces: NonceBook, nonce: str, now: float) -> None:
    """Note a nonce.

    Raises:
        ApiError: It was used before.
    """
    if not nonces.spend(nonce, now):
        raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")


def missing_parameter(name: str) -> ApiError:
    """Return the refusal of a call without a part of its signature."""
    return ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")


def _incomplete(sentence: str) -> ApiError:
    return ApiError(
        400,
        "IncompleteSignature",
        f"The request signature does not conform to Alibaba Cloud standards. {sentence}",
    )


def mismatch(detail: str) -> ApiError:
    """Return the refusal of a signature, with what the server signed in its place."""
    return ApiError(
        400,
        "SignatureDoesNotMatch",
        f"Specified signature is not matched with our calculation. server string to sign is:{detail}",
    )
