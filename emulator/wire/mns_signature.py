"""Who signed a request to SMQ: V2 (HMAC-SHA1) and V4 (HMAC-SHA256 with a derived key).

Both sign the request as it was on the wire. V2 takes the target byte by byte, so nothing may decode
it on the way: some SDKs put receipt handles into the query unescaped, others escape them. V4 signs
names and values decoded and escaped anew. The security token is sent beside the signature and not
under it, but by the Android SDK, whose x-mns-security-token is signed by its name. Sources: SMQ
"Request signatures", "Request protocol description", "Error codes"; for V4 the official Java SDK 2.0,
as no page describes it; https://github.com/aliyun/aliyun-mns-android-sdk.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import product
from time import gmtime, strftime
from urllib.parse import quote, unquote

from emulator.state.queue_errors import (
    invalid_access_key_id,
    invalid_header,
    missing_header,
    signature_does_not_match,
    time_expired,
)

Secret = str | tuple[str, str]

VERSION = "2015-06-06"
# Source: "Error codes", TimeExpired.
SKEW_LIMIT_SECONDS = 15 * 60

_V2 = re.compile(r"MNS ([^:\s]+):(\S+)")
_V4 = re.compile(
    r"MNS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/mns/aliyun_v4_request, ?"
    r"Signature=([0-9a-f]{64})"
)
_V4_ALGORITHM = "MNS4-HMAC-SHA256"
_V4_PREFIX = "aliyun_v4"
_V4_SUFFIX = "aliyun_v4_request"


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an Authorization header says; day and region belong to V4."""

    access_key_id: str
    signature: str
    day: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def mns_headers(self) -> list[tuple[str, str]]:
        return sorted(item for item in self.headers.items() if item[0].startswith("x-mns-"))


def verify(
    method: str,
    raw_target: str,
    headers: Mapping[str, str],
    secrets: Mapping[str, Secret],
    real_now: float,
) -> str:
    """Check the headers and the signature of a request and return its access key id.

    Args:
        method: HTTP method.
        raw_target: Path and query exactly as sent, undecoded.
        headers: Values by lower-case names.
        secrets: Access key id to its secret, or to its secret and security token.
        real_now: Epoch seconds of the real clock, with which clients sign.

    Raises:
        ApiError: MissingAuthorizationHeader, InvalidAuthorizationHeader, MissingDateHeader,
            InvalidDateHeader, MissingVersionHeader, InvalidVersionHeader, TimeExpired,
            InvalidAccessKeyId or SignatureDoesNotMatch.
    """
    request = _Request(method, raw_target, headers)
    claim = _read_authorization(headers)
    _check_version(headers)
    signed_at = _read_date(headers)
    if abs(real_now - signed_at) > SKEW_LIMIT_SECONDS:
        raise time_expired()
    secret = _secret_of(claim, headers, secrets)
    expected = _v4(request, claim, secret, signed_at) if claim.day else _v2_all(request, secret)
    if not any(hmac.compare_digest(claim.signature.encode(), one.encode()) for one in expected):
        raise signature_does_not_match()
    return claim.access_key_id


def _read_authorization(headers: Mapping[str, str]) -> _Claim:
    text = headers.get("authorization")
    if not text:
        raise missing_header("Authorization")
    if parsed := _V2.fullmatch(text):
        return _Claim(parsed[1], parsed[2])
    if parsed := _V4.fullmatch(text):
        return _Claim(parsed[1], parsed[4], parsed[2], parsed[3])
    raise invalid_header("Authorization")


def _check_version(headers: Mapping[str, str]) -> None:
    version = headers.get("x-mns-version")
    if not version:
        raise missing_header("Version")
    if version != VERSION:
        raise invalid_header("Version")


def _read_date(headers: Mapping[str, str]) -> float:
    """Return the epoch seconds of signing.

    x-mns-date replaces Date for clients that cannot set it, as browsers; where both come, Date is
    not the client's own word. Source: "Request protocol description",
    alibabacloud.com/help/en/mns/developer-reference/request-protocol-description, x-mns-date; that
    it counts before Date is a reading of "replaces".
    """
    text = headers.get("x-mns-date") or headers.get("date")
    if not text:
        raise missing_header("Date")
    try:
        if text.rstrip().endswith("GMT"):
            return parsedate_to_datetime(text).timestamp()
    except (OverflowError, ValueError):
        pass
    raise invalid_header("Date")


def _secret_of(claim: _Claim, headers: Mapping[str, str], secrets: Mapping[str, Secret]) -> str:
    known = secrets.get(claim.access_key_id)
    secret, token = (known, None) if isinstance(known, str) else (known or ("", None))
    given = headers.get("security-token") or headers.get("x-mns-security-token", "")
    # The code for a wrong, missing or needless security token is not documented.
    if known is None or given != (token or ""):
        raise invalid_access_key_id()
    return secret


def sign_v2(
    method: str, raw_target: str, headers: Mapping[str, str], secret: str, date: str
) -> str:
    """Compute the V2 signature; `date` is the text of the date line.

    Source: "Request signatures".
    """
    lines = [method, headers.get("content-md5", ""), headers.get("content-type", ""), date]
    request = _Request(method, raw_target, headers)
    lines += [f"{name}:{value}" for name, value in request.mns_headers]
    text = "\n".join([*lines, raw_target])
    return b64encode(_hmac("sha1", secret.encode(), text)).decode()


def _v2_all(request: _Request, secret: str) -> Iterator[str]:
    """Yield the signatures that clients may have made.

    The date line holds x-mns-date where that is sent and is never empty. Source: "Sign requests",
    help.aliyun.com/document_detail/27487.htm, DATE. Date is taken there as well: the page does not
    say what it is good for beside x-mns-date.
    """
    dates = filter(None, (request.headers.get(name) for name in ("x-mns-date", "date")))
    for date, target in product(dict.fromkeys(dates), _targets(request.target)):
        yield sign_v2(request.method, target, request.headers, secret, date)


def _targets(target: str) -> tuple[str, ...]:
    """Return what may have been sent: the HTTP server drops a question mark without a query."""
    return (target,) if "?" in target else (target, f"{target}?")


def _v4(request: _Request, claim: _Claim, secret: str, signed_at: float) -> Iterator[str]:
    """Yield the one signature of V4, or none when the key's day is not that of the request."""
    if claim.day == strftime("%Y%m%d", gmtime(signed_at)):
        yield sign_v4(
            request.method, request.target, request.headers, secret, claim.region, signed_at
        )


def sign_v4(
    method: str,
    raw_target: str,
    headers: Mapping[str, str],
    secret: str,
    region: str,
    signed_at: float,
) -> str:
    """Compute the V4 signature of a request signed at an instant (epoch seconds)."""
    request = _Request(method, raw_target, headers)
    day = strftime("%Y%m%d", gmtime(signed_at))
    scope = f"{day}/{region}/mns/{_V4_SUFFIX}"
    text = "\n".join(
        [
            _V4_ALGORITHM,
            strftime("%Y%m%dT%H%M%SZ", gmtime(signed_at)),
            scope,
            _v4_canonical_request(request),
        ]
    )
    key = (_V4_PREFIX + secret).encode()
    for part in scope.split("/"):
        key = _hmac("sha256", key, part)
    return _hmac("sha256", key, text).hex()


def _v4_canonical_request(request: _Request) -> str:
    path, _, query = request.target.partition("?")
    signed = dict(request.mns_headers)
    for name in ("content-type", "content-md5"):
        if name in request.headers:
            signed[name] = request.headers[name]
    lines = [request.method, quote(unquote(path), safe="/"), _v4_canonical_query(query)]
    lines += [f"{name}:{signed[name].strip()}" for name in sorted(signed)]
    return "\n".join([*lines, "", ""])


def _v4_canonical_query(query: str) -> str:
    pairs = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        pairs[_escaped(unquote(name).lower())] = _escaped(unquote(value))
    return "&".join(f"{name}={value}" if value else name for name, value in sorted(pairs.items()))


def _escaped(text: str) -> str:
    return quote(text.strip(), safe="")


def _hmac(algorithm: str, key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), getattr(hashlib, algorithm)).digest()
