"""What the gateway before all RPC products answers to every call: its headers and its refusals."""

import re
from collections.abc import Callable
from typing import Any

import pytest

VIP = "1234567890123456.MNS.CN-Shanghai.aliyuncs.com"


@pytest.mark.parametrize("format_", ["JSON", "XML"])
@pytest.mark.parametrize("action", ["DescribeRegions", "StopInstance"])
def test_the_headers_of_an_answer(call_v1: Callable[..., Any], action: str, format_: str) -> None:
    """The request id stands in a header, too, of refusals as well; tools read it there."""
    named = {"InstanceId": "i-none"} if action == "StopInstance" else {}
    answer = call_v1("GET", action, {"Format": format_, **named})

    headers = {name.lower(): value for name, value in answer.headers.items()}
    found = re.search(rb"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}", answer.body)
    assert found is not None
    assert headers["x-acs-request-id"] == found[0].decode()
    assert re.fullmatch("[0-9a-f]{32}", headers["x-acs-trace-id"])
    assert headers["access-control-allow-origin"] == "*"
    assert headers["keep-alive"] == "timeout=25"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(url: str, fetch: Callable[..., Any], method: str) -> None:
    """They do nothing, however well they are signed."""
    answer = fetch(f"{url}/?Action=DescribeRegions&Format=JSON&Version=2014-05-26", method=method)

    assert answer.status == 400
    if method != "HEAD":
        assert answer.json()["Code"] == "UnsupportedHTTPMethod"


@pytest.mark.parametrize(
    ("format_", "code"),
    [("json", None), ("JSON", None), ("", None), ("YAML", "InvalidParameter.Format")],
)
def test_a_format_that_is_neither(
    call_v1: Callable[..., Any], format_: str, code: str | None
) -> None:
    """The name of a format is read in any case, and refused when it is none."""
    answer = call_v1("POST", "DescribeRegions", {"Format": format_})

    assert answer.json().get("Code") == code


def test_an_unknown_action_in_the_gateways_words(
    call_v1: Callable[..., Any], complaints: Callable[[], list[str]]
) -> None:
    """Every product says it in the same sentence."""
    versions = ("2014-05-26", "2016-04-28", "2014-05-15", "2020-06-16", "2022-04-30", "2022-01-19")
    said = {call_v1("GET", "Nothing", {"Version": each}).json()["Message"] for each in versions}

    assert said == {"Specified api is not found, please check your url and method."}
    assert complaints()


def test_a_host_name_in_capitals(
    call_smq: Callable[..., Any], complaints: Callable[[], list[str]]
) -> None:
    """It names account and region as the one in small letters does."""
    made = call_smq("PUT", "/queues/elsewhere", b"<Queue/>", Host=VIP)
    there = call_smq("GET", "/queues/elsewhere", Host=VIP.lower())
    here = call_smq("GET", "/queues/elsewhere")
    foreign = call_smq("GET", "/queues/elsewhere", Host="9.MNS.cn-hangzhou.aliyuncs.com")

    assert (made.status, there.status, here.status, foreign.status) == (201, 200, 404, 403)
    assert complaints()
