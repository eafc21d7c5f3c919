"""Both RPC signatures, against the documentation's own examples and against every forgery."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace

import pytest

from emulator.state.errors import ApiError
from emulator.wire.rpc_signature import (
    AccessKey,
    NonceBook,
    SignedRequest,
    percent,
    string_to_sign_v1,
    verify,
)

# The worked example of "Request syntax and signature method V3", with its published signature.
V3_NOW = 1698315752.0  # 2023-10-26T10:22:32Z
V3_KEYS = {"YourAccessKeyId": AccessKey("YourAccessKeyId", "YourAccessKeySecret")}
V3_SIGNED = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
V3_SIGNATURE = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
V3_REQUEST = SignedRequest(
    method="POST",
    path="/",
    query=b"ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
    headers={
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "user-agent": "not signed",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
        "authorization": (
            f"ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={V3_SIGNED},"
            f"Signature={V3_SIGNATURE}"
        ),
    },
    flat={},
    body=b"",
)

# The worked example of "Request signatures" of the ECS API reference.
V1_NOW = 1456231584.0  # 2016-02-23T12:46:24Z
V1_KEYS = {"testid": AccessKey("testid", "testsecret")}
V1_FLAT = {
    "AccessKeyId": "testid",
    "Action": "DescribeRegions",
    "Format": "XML",
    "Signature": "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
    "SignatureMethod": "HMAC-SHA1",
    "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
    "SignatureVersion": "1.0",
    "Timestamp": "2016-02-23T12:46:24Z",
    "Version": "2014-05-26",
}
V1_REQUEST = SignedRequest(
    method="GET", path="/", query=b"", headers={"host": "ecs.aliyuncs.com"}, flat=V1_FLAT, body=b""
)


def refusal(
    request: SignedRequest,
    keys: Mapping[str, AccessKey],
    now: float,
    nonces: NonceBook | None = None,
) -> ApiError:
    with pytest.raises(ApiError) as caught:
        verify(request, keys, nonces or NonceBook(), now)
    return caught.value


def with_headers(**changes: str | None) -> SignedRequest:
    headers: dict[str, str] = dict(V3_REQUEST.headers)
    for name, value in changes.items():
        key = name.replace("_", "-")
        headers.pop(key, None)
        if value is not None:
            headers[key] = value
    return replace(V3_REQUEST, headers=headers)


def with_flat(**changes: str | None) -> SignedRequest:
    flat = {k: v for k, v in (V1_FLAT | changes).items() if v is not None}
    return replace(V1_REQUEST, flat=flat)


def signed_v1(method: str = "POST", **changes: str) -> SignedRequest:
    """Sign by hand, independently of the code under test except for the percent-encoding."""
    flat = {k: v for k, v in (V1_FLAT | changes).items() if k != "Signature"}
    query = "&".join(f"{percent(k)}={percent(flat[k])}" for k in sorted(flat))
    text = f"{method}&%2F&{percent(query)}"
    digest = hmac.new(b"testsecret&", text.encode(), hashlib.sha1).digest()
    flat["Signature"] = base64.b64encode(digest).decode()
    return replace(V1_REQUEST, method=method, flat=flat)


def test_the_documented_v3_example_is_accepted() -> None:
    """The published signature of the published request is good."""
    assert verify(V3_REQUEST, V3_KEYS, NonceBook(), V3_NOW).access_key_id == "YourAccessKeyId"


def test_the_documented_v1_example_is_accepted() -> None:
    """The published signature of the published request is good."""
    assert verify(V1_REQUEST, V1_KEYS, NonceBook(), V1_NOW).access_key_id == "testid"


@pytest.mark.parametrize(
    "request_",
    [
        replace(V3_REQUEST, method="GET"),
        replace(V3_REQUEST, path="/x"),
        replace(V3_REQUEST, query=V3_REQUEST.query + b"&Amount=9"),
        replace(V3_REQUEST, body=b"Amount=9"),
        with_headers(host="ecs.cn-beijing.aliyuncs.com"),
        with_headers(x_acs_action="DeleteInstance"),
    ],
)
def test_a_changed_v3_request_is_refused(request_: SignedRequest) -> None:
    """Method, path, query, body and signed headers are all covered."""
    error = refusal(request_, V3_KEYS, V3_NOW)

    assert (error.status, error.code) == (400, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    "request_",
    [
        with_headers(authorization="ACS3-HMAC-SHA256 Credential=x"),
        with_headers(authorization="Basic x"),
        with_headers(x_acs_date=None),
        with_headers(x_acs_signature_nonce=None),
        with_headers(x_acs_content_sha256=None),
        with_headers(x_acs_security_token="added later, so not signed"),
    ],
)
def test_an_incomplete_v3_signature_is_refused(request_: SignedRequest) -> None:
    """Every x-acs header has to be there and to be signed."""
    assert refusal(request_, V3_KEYS, V3_NOW).code == "IncompleteSignature"


def test_query_order_and_encoding_do_not_matter() -> None:
    """The canonical query is sorted and encoded anew."""
    query = b"RegionId=cn%2Dshanghai&ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"

    verify(replace(V3_REQUEST, query=query), V3_KEYS, NonceBook(), V3_NOW)


@pytest.mark.parametrize(("seconds", "code"), [(901, "InvalidTimeStamp.Expired"), (899, None)])
@pytest.mark.parametrize("sign", [1, -1])
def test_fifteen_minutes_of_skew(seconds: int, code: str | None, sign: int) -> None:
    """Time stamps up to fifteen minutes off are good, in both directions."""
    for request, keys, now in ((V3_REQUEST, V3_KEYS, V3_NOW), (V1_REQUEST, V1_KEYS, V1_NOW)):
        if code is None:
            verify(request, keys, NonceBook(), now + sign * seconds)
        else:
            assert refusal(request, keys, now + sign * seconds).code == code


@pytest.mark.parametrize("text", ["2023-10-26 10:22:32", "2023-13-26T10:22:32Z", "x"])
def test_unreadable_time_stamps(text: str) -> None:
    """A time stamp is ISO 8601 in UTC and a real date."""
    assert refusal(with_headers(x_acs_date=text), V3_KEYS, V3_NOW).code == "InvalidTimeStamp.Format"
    assert refusal(with_flat(Timestamp=text), V1_KEYS, V1_NOW).code == "InvalidTimeStamp.Format"


def test_unknown_access_keys() -> None:
    """An unknown key is 404, in both protocols."""
    for request, now in ((V3_REQUEST, V3_NOW), (V1_REQUEST, V1_NOW)):
        error = refusal(request, {}, now)
        assert (error.status, error.code) == (404, "InvalidAccessKeyId.NotFound")


def test_a_request_cannot_be_replayed() -> None:
    """A nonce is good once, even for the very same request."""
    for request, keys, now in ((V3_REQUEST, V3_KEYS, V3_NOW), (V1_REQUEST, V1_KEYS, V1_NOW)):
        nonces = NonceBook()
        verify(request, keys, nonces, now)
        assert refusal(request, keys, now + 60, nonces).code == "SignatureNonceUsed"


def test_a_forged_request_does_not_spend_the_nonce() -> None:
    """Who cannot sign cannot block other people's requests either."""
    nonces = NonceBook()
    refusal(replace(V3_REQUEST, body=b"forged"), V3_KEYS, V3_NOW, nonces)

    verify(V3_REQUEST, V3_KEYS, nonces, V3_NOW)


def test_old_nonces_are_forgotten() -> None:
    """The book keeps what a time stamp could still allow, and no more."""
    nonces = NonceBook()

    assert nonces.spend("a", 0.0)
    assert not nonces.spend("a", 900.0)
    assert nonces.spend("a", 1801.0)


@pytest.mark.parametrize(
    "name", ["SignatureMethod", "SignatureVersion", "SignatureNonce", "Timestamp"]
)
def test_missing_v1_parameters(name: str) -> None:
    """Each common parameter is asked for by name."""
    assert refusal(with_flat(**{name: None}), V1_KEYS, V1_NOW).code == f"Missing{name}"


def test_unsigned_requests() -> None:
    """Nothing is anonymous."""
    assert refusal(with_flat(Signature=None), V1_KEYS, V1_NOW).code == "MissingSignature"
    assert (
        refusal(with_flat(Signature=None, AccessKeyId=None), V1_KEYS, V1_NOW).code
        == "MissingAccessKeyId"
    )


def test_v1_may_be_signed_with_sha256() -> None:
    """Official cores for PHP and .NET have it as a method of version 1.0."""
    unsigned = with_flat(SignatureMethod="HMAC-SHA256")
    text = string_to_sign_v1("GET", unsigned.flat)
    digests = {
        name: hmac.new(b"testsecret&", text.encode(), name).digest() for name in ("sha1", "sha256")
    }
    signed = {
        name: replace(
            unsigned,
            flat={**unsigned.flat, "Signature": base64.b64encode(digest).decode()},
        )
        for name, digest in digests.items()
    }

    verify(signed["sha256"], V1_KEYS, NonceBook(), V1_NOW)
    assert refusal(signed["sha1"], V1_KEYS, V1_NOW).code == "SignatureDoesNotMatch"


def test_no_other_v1_method_is_known() -> None:
    """Other methods are named as such, not as a wrong signature."""
    assert (
        refusal(with_flat(SignatureMethod="HMAC-MD5"), V1_KEYS, V1_NOW).code
        == "InvalidSignatureMethod"
    )


@pytest.mark.parametrize(
    "value", ["", "a b", "a+b", "*", "~", "中文 ", "a/b?c=d&e%20", "-_.", "'\"()", "\n"]
)
def test_v1_percent_encoding(value: str) -> None:
    """Every character survives the double encoding, in a form as in a query."""
    verify(signed_v1(Description=value), V1_KEYS, NonceBook(), V1_NOW)


def test_v1_covers_the_method() -> None:
    """A signature for POST is none for GET."""
    request = replace(signed_v1(method="POST"), method="GET")

    assert refusal(request, V1_KEYS, V1_NOW).code == "SignatureDoesNotMatch"


def test_the_v1_string_to_sign_is_the_documented_one() -> None:
    """The server's own string is told to the client, so it must be exact."""
    expected = (
        "GET&%2F&AccessKeyId%3Dtestid%26Action%3DDescribeRegions%26Format%3DXML%26SignatureMethod"
        "%3DHMAC-SHA1%26SignatureNonce%3D3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf%26SignatureVersion"
        "%3D1.0%26Timestamp%3D2016-02-23T12%253A46%253A24Z%26Version%3D2014-05-26"
    )

    assert string_to_sign_v1("GET", V1_FLAT) == expected
    assert expected in refusal(with_flat(Signature="x"), V1_KEYS, V1_NOW).message


TEMPORARY = {"testid": AccessKey("testid", "testsecret", "token", valid_until=V1_NOW + 60)}


@pytest.mark.parametrize(
    ("changes", "now", "code"),
    [
        ({}, V1_NOW, "MissingSecurityToken"),
        ({"SecurityToken": "other"}, V1_NOW, "InvalidSecurityToken.Malformed"),
        ({"SecurityToken": "token"}, V1_NOW + 61, "InvalidSecurityToken.Expired"),
        ({"SecurityToken": "token"}, V1_NOW, None),
    ],
)
def test_temporary_keys(changes: dict[str, str], now: float, code: str | None) -> None:
    """A temporary key needs its own token, in time."""
    request = signed_v1(**changes)
    if code is None:
        assert verify(request, TEMPORARY, NonceBook(), now).security_token == "token"
    else:
        assert refusal(request, TEMPORARY, now).code == code


def test_a_lasting_key_takes_no_token() -> None:
    """A token that belongs to no key is refused."""
    error = refusal(signed_v1(SecurityToken="token"), V1_KEYS, V1_NOW)

    assert error.code == "InvalidSecurityToken.MismatchWithAccessKey"


def test_secrets_are_not_printed() -> None:
    """A key in a traceback or log shows its id only."""
    assert "testsecret" not in repr(V1_KEYS)
    assert "token" not in repr(TEMPORARY["testid"]).replace("security_token", "")
