"""Signatures of SMQ: what the SDK signs is accepted, and each defect has its own refusal."""

from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mns.mns_client import MNSClient

from emulator.state.errors import ApiError
from emulator.wire.mns_signature import Secret, sign_v2, sign_v4, verify

NOW = 1_700_000_000.0
DATE = formatdate(NOW, usegmt=True)
TARGET = "/queues/jobs/messages?ReceiptHandle=AB-+/+/YWI=&VisibilityTimeout=5"
SECRETS: dict[str, Secret] = {
    "emulator": "emulator-secret",
    "session": ("session-secret", "session-token"),
}


class Credentials:
    """What the SDK asks of a credential."""

    def get_access_key_id(self) -> str:
        return "emulator"

    def get_access_key_secret(self) -> str:
        return "emulator-secret"


def signed(target: str = TARGET, key: str = "emulator", **changes: str | None) -> dict[str, str]:
    """Return V2 headers; `changes` replaces headers (with _ for -) before signing, None drops."""
    headers = {"date": DATE, "x-mns-version": "2015-06-06", "content-type": "text/xml"}
    for name, value in changes.items():
        if value is None:
            del headers[name.replace("_", "-")]
        else:
            headers[name.replace("_", "-")] = value
    signature = sign_v2("PUT", target, headers, f"{key}-secret", headers.get("date", ""))
    return {**headers, "authorization": f"MNS {key}:{signature}"}


def signed_v4(target: str = TARGET, at: float = NOW) -> dict[str, str]:
    headers = {"date": formatdate(at, usegmt=True), "x-mns-version": "2015-06-06"}
    signature = sign_v4("PUT", target, headers, "emulator-secret", "cn-hangzhou", at)
    scope = "emulator/20231114/cn-hangzhou/mns/aliyun_v4_request"
    text = f"MNS4-HMAC-SHA256 Credential={scope},Signature={signature}"
    return {**headers, "authorization": text}


def refuse(headers: dict[str, str], target: str = TARGET, now: float = NOW) -> tuple[int, str]:
    with pytest.raises(ApiError) as refusal:
        verify("PUT", target, headers, SECRETS, now)
    return refusal.value.status, refusal.value.code


def test_signature_of_the_sdk_is_accepted() -> None:
    """What the installed SDK computes over its own headers is verified."""
    headers: dict[str, Any] = {
        "x-mns-version": "2015-06-06",
        "date": DATE,
        "content-md5": "bWQ1",
        "content-type": "text/xml;charset=UTF-8",
        "x-mns-user-request-id": "r1",
        "host": "127.0.0.1",
    }
    sign = MNSClient.get_signature
    client = MNSClient.__new__(MNSClient)
    headers["authorization"] = sign(client, "PUT", headers, TARGET, Credentials())

    assert verify("PUT", TARGET, headers, SECRETS, NOW) == "emulator"


def test_known_answer_of_v2() -> None:
    """A fixed request has a fixed signature, computed by hand with openssl."""
    headers = {
        "content-md5": "ZDdjNjM=",
        "content-type": "text/xml;charset=utf-8",
        "x-mns-version": "2015-06-06",
        "x-mns-user-request-id": "r1",
    }

    signature = sign_v2("PUT", "/queues/q?metaoverride=true", headers, "emulator-secret", DATE)

    assert signature == "Du0i6nGV3VCMSxi+6saza4CCwWs="


def test_known_answer_of_v4() -> None:
    """A fixed request has a fixed V4 signature, computed by hand with openssl."""
    headers = {"content-type": "text/xml", "x-mns-version": "2015-06-06"}

    signature = sign_v4(
        "DELETE", "/queues/q/messages?ReceiptHandle=H+/=", headers, "emulator-secret", "r", NOW
    )

    assert signature == "eeb7c94ff6bed44d3f6ecfe8e58726c414879be50d55c8fc9b76cd861afe9e1c"


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 200), st.sampled_from(["method", "target", "content-type", "x-mns-version"]))
def test_any_change_after_signing_is_noticed(position: int, what: str) -> None:
    """A method, target or signed header that differs from what was signed does not match."""
    headers, target, method = signed(), TARGET, "PUT"
    if what == "method":
        method = "DELETE"
    elif what == "target":
        position %= len(target)
        target = target[:position] + "~" + target[position + 1 :]
    elif what == "content-type":
        headers["content-type"] = "text/xml;charset=utf-8"
    else:
        headers["x-mns-extra"] = "1"

    with pytest.raises(ApiError) as refusal:
        verify(method, target, headers, SECRETS, NOW)

    assert refusal.value.code == "SignatureDoesNotMatch"


def test_target_is_signed_as_sent() -> None:
    """Escaped and unescaped handles are both right, each under its own signature."""
    escaped = TARGET.replace("+", "%2B").replace("/YWI=", "%2FYWI%3D")

    assert verify("PUT", TARGET, signed(), SECRETS, NOW) == "emulator"
    assert verify("PUT", escaped, signed(escaped), SECRETS, NOW) == "emulator"
    assert refuse(signed(), escaped) == (403, "SignatureDoesNotMatch")


def test_v4_is_accepted_however_the_target_is_escaped() -> None:
    """V4 signs decoded values, so escaping on the way does not matter."""
    escaped = TARGET.replace("+", "%2B").replace("YWI=", "YWI%3D")

    assert verify("PUT", escaped, signed_v4(), SECRETS, NOW) == "emulator"
    assert refuse(signed_v4(), TARGET + "0") == (403, "SignatureDoesNotMatch")


def test_v4_key_is_good_for_its_day_only() -> None:
    """A derived key of another day than that of the request does not sign it."""
    assert refuse(signed_v4(at=NOW + 86_400), now=NOW + 86_400) == (403, "SignatureDoesNotMatch")


def dated(line: str, own: str, date: str | None) -> dict[str, str]:
    """Return headers with x-mns-date, and Date if any, and a signature over a date line."""
    headers = {"x-mns-version": "2015-06-06", "x-mns-date": own}
    if date is not None:
        headers["date"] = date
    signature = sign_v2("PUT", TARGET, headers, "emulator-secret", line)
    return {**headers, "authorization": f"MNS emulator:{signature}"}


EARLIER = formatdate(NOW - 3_600, usegmt=True)


@pytest.mark.parametrize("date", [None, DATE, EARLIER, "garbage"])
def test_x_mns_date_replaces_date(date: str | None) -> None:
    """Whatever Date says, which a browser or a proxy may have set."""
    assert verify("PUT", TARGET, dated(DATE, DATE, date), SECRETS, NOW) == "emulator"


@pytest.mark.parametrize(
    ("line", "own", "date", "refusal"),
    [
        ("", DATE, None, (403, "SignatureDoesNotMatch")),
        ("", DATE, DATE, (403, "SignatureDoesNotMatch")),
        (EARLIER, EARLIER, DATE, (408, "TimeExpired")),
        ("garbage", "garbage", DATE, (400, "InvalidDateHeader")),
    ],
)
def test_x_mns_date_is_checked_and_signed(
    line: str, own: str, date: str | None, refusal: tuple[int, str]
) -> None:
    """The date line is never empty, and a good Date does not excuse a bad x-mns-date."""
    assert refuse(dated(line, own, date)) == refusal


def test_a_client_that_sends_both_may_sign_either() -> None:
    """The page asks for x-mns-date in the line; clients that leave Date there are not refused."""
    near = formatdate(NOW - 1, usegmt=True)

    assert verify("PUT", TARGET, dated(near, DATE, near), SECRETS, NOW) == "emulator"


def test_a_question_mark_without_a_query_may_be_signed() -> None:
    """The server no longer sees it: a client that sends `/queues/q?` signs it as well."""
    assert verify("PUT", "/queues/q", signed("/queues/q?"), SECRETS, NOW) == "emulator"
    assert verify("PUT", "/queues/q", signed("/queues/q"), SECRETS, NOW) == "emulator"
    assert refuse(signed("/queues/q?a=b?"), "/queues/q?a=b") == (403, "SignatureDoesNotMatch")


def test_a_permanent_key_has_no_token() -> None:
    """A token beside it belongs to another key; an empty header is as good as none."""
    assert refuse({**signed(), "security-token": "bogus"}) == (403, "InvalidAccessKeyId")
    assert verify("PUT", TARGET, {**signed(), "security-token": ""}, SECRETS, NOW) == "emulator"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"date": None}, 400, "MissingDateHeader"),
        ({"date": "yesterday"}, 400, "InvalidDateHeader"),
        ({"date": "Mo, 99 Nov 2023 99:99:99 GMT"}, 400, "InvalidDateHeader"),
        ({"date": "Tue, 14 Nov 2023 23:13:20 +0100"}, 400, "InvalidDateHeader"),
        ({"x_mns_version": None}, 400, "MissingVersionHeader"),
        ({"x_mns_version": "2015-06-07"}, 400, "InvalidVersionHeader"),
        ({"key": "nobody"}, 403, "InvalidAccessKeyId"),
        ({"key": "session"}, 403, "InvalidAccessKeyId"),
    ],
)
def test_each_defect_has_its_refusal(changes: dict[str, Any], status: int, code: str) -> None:
    """Missing and wrong headers and unknown keys are told apart."""
    assert refuse(signed(**changes)) == (status, code)


@pytest.mark.parametrize("kind", [None, "application/xml; charset=x", "application/json"])
def test_any_content_type_is_signed_as_it_was_sent(kind: str | None) -> None:
    """What a body may be is not for the signature to say."""
    assert verify("PUT", TARGET, signed(content_type=kind), SECRETS, NOW) == "emulator"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MissingAuthorizationHeader"),
        ("MNS emulator", "InvalidAuthorizationHeader"),
        ("acs emulator:abc", "InvalidAuthorizationHeader"),
        ("MNS4-HMAC-SHA256 Credential=a/b/c", "InvalidAuthorizationHeader"),
    ],
)
def test_unreadable_authorization_is_refused(text: str, code: str) -> None:
    """An Authorization header has one of two forms."""
    assert refuse({**signed(), "authorization": text}) == (400, code)


@pytest.mark.parametrize("seconds", [-901, 901])
def test_clock_may_be_wrong_by_fifteen_minutes(seconds: int) -> None:
    """A date more than 15 minutes off is TimeExpired with status 408."""
    near = NOW + seconds - seconds // 901

    assert refuse(signed(), now=NOW + seconds) == (408, "TimeExpired")
    assert verify("PUT", TARGET, signed(), SECRETS, near) == "emulator"


def test_session_needs_its_token_unsigned() -> None:
    """A temporary key needs its token in a header that is not signed."""
    headers = {**signed(key="session"), "security-token": "session-token"}

    assert verify("PUT", TARGET, headers, SECRETS, NOW) == "session"
    assert refuse({**headers, "security-token": "other"}) == (403, "InvalidAccessKeyId")


def test_a_session_s_token_may_be_signed() -> None:
    """The Android SDK calls its header x-mns-security-token, which is signed as all of these are."""
    headers = signed(key="session", x_mns_security_token="session-token")

    assert verify("PUT", TARGET, headers, SECRETS, NOW) == "session"
    assert refuse(signed(key="session", x_mns_security_token="other")) == (
        403,
        "InvalidAccessKeyId",
    )
    assert refuse({**headers, "x-mns-security-token": "session-token "})[0] == 403


def test_signature_with_other_letters_is_refused() -> None:
    """A signature that is no base64 is a mismatch, not a crash."""
    assert refuse({**signed(), "authorization": "MNS emulator:签名"})[1] == "SignatureDoesNotMatch"
