"""The RPC protocol: flat parameters in, JSON or XML out."""

import json
import random
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.state.errors import ApiError
from emulator.wire import rpc

V3 = {"x-acs-action": "RunInstances", "x-acs-version": "2014-05-26"}


@pytest.mark.parametrize(
    ("pairs", "nested"),
    [
        ([("InstanceId", "i-1")], {"InstanceId": "i-1"}),
        ([("SystemDisk.Size", "40")], {"SystemDisk": {"Size": "40"}}),
        ([("InstanceType.2", "b"), ("InstanceType.1", "a")], {"InstanceType": ["a", "b"]}),
        (
            [("Tag.10.Key", "z"), ("Tag.2.Key", "a"), ("Tag.2.Value", "1")],
            {"Tag": [{"Key": "a", "Value": "1"}, {"Key": "z"}]},
        ),
        (
            [("NetworkInterface.1.SecurityGroupIds.1", "sg-1")],
            {"NetworkInterface": [{"SecurityGroupIds": ["sg-1"]}]},
        ),
        ([("InstanceIds", '["i-1"]')], {"InstanceIds": '["i-1"]'}),
        ([("Description", "")], {"Description": ""}),
    ],
)
def test_flat_keys_become_nested_values(pairs: list[tuple[str, str]], nested: object) -> None:
    """Dots nest, numbers order lists, JSON in a value stays text."""
    assert rpc.nest(pairs) == nested


@pytest.mark.parametrize(
    "pairs",
    [
        [("A", "1"), ("A.1", "2")],
        [("A.1", "2"), ("A", "1")],
        [("A.1.B", "2"), ("A.1", "1")],
        [("A.99999", "1")],
        [("A." + "9" * 5000, "1")],
        [(".".join("A" * 50), "1")],
    ],
)
def test_senseless_keys_are_refused(pairs: list[tuple[str, str]]) -> None:
    """A key cannot be a value and a structure at once, nor a list be endless."""
    with pytest.raises(ApiError) as caught:
        rpc.nest(pairs)

    assert (caught.value.status, caught.value.code) == (400, "InvalidParameter")


@given(st.lists(st.tuples(st.text(), st.text())))
def test_nesting_never_fails_otherwise(pairs: list[tuple[str, str]]) -> None:
    """Whatever the keys are, nesting answers or refuses in the protocol's words."""
    try:
        rpc.nest(pairs)
    except ApiError as error:
        assert error.code == "InvalidParameter"  # noqa: PT017 - both endings are right


def test_query_and_form_together() -> None:
    """Parameters may be in the query, in the form or in both."""
    flat, extra = rpc.flat_parameters(
        b"Action=DescribeImages&Name=%E4%B8%AD%20+b", {}, b"Tag.1.Key=k%2Bv&Empty="
    )

    assert flat == {
        "Action": "DescribeImages",
        "Name": "中  b",
        "Tag.1.Key": "k+v",
        "Empty": "",
    }
    assert extra == {}


def test_a_raw_body_is_a_form() -> None:
    """The Java core writes a form whichever of the two it announces."""
    kind = {"content-type": "application/octet-stream;charset=UTF-8"}

    assert rpc.flat_parameters(b"A=1", kind, b"B=2") == ({"A": "1", "B": "2"}, {})


def test_plain_members_of_a_json_body_are_signed() -> None:
    """Structures are none of the flat parameters that an old signature covers."""
    body = {"PageSize": "1", "Size": 20, "DryRun": False, "Tag": [{"Key": "a"}], "A": "body"}

    assert rpc.signed_parameters({"A": "query"}, body) == {
        "A": "query",
        "PageSize": "1",
        "Size": "20",
        "DryRun": "false",
    }


def test_json_body() -> None:
    """A JSON body brings parameters that are nested already."""
    flat, extra = rpc.flat_parameters(
        b"", {"content-type": "application/json; charset=utf-8"}, b'{"Tag":[{"Key":"a"}]}'
    )

    assert flat == {}
    assert extra == {"Tag": [{"Key": "a"}]}


@pytest.mark.parametrize(
    ("query", "headers", "body", "status"),
    [
        (b"A=%ff", {}, b"", 400),
        ("A=é".encode(), {}, b"", 400),
        (b"", {"content-type": "application/json"}, b"[1]", 400),
        (b"", {"content-type": "application/json"}, b"{", 400),
        (b"", {"content-type": "application/json"}, b"[" * 100_000, 400),
        (b"", {"content-type": "application/json"}, b'{"A": NaN}', 400),
        (b"", {"content-type": "application/json"}, b'{"A": "\\ud800"}', 400),
        (b"", {"content-type": "image/png"}, b"x", 415),
    ],
)
def test_bad_bytes_are_refused(
    query: bytes, headers: dict[str, str], body: bytes, status: int
) -> None:
    """Bytes that are not the protocol's are a refusal, never a crash."""
    with pytest.raises(ApiError) as caught:
        rpc.flat_parameters(query, headers, body)

    assert caught.value.status == status


@pytest.mark.parametrize(
    ("version", "product"),
    [
        ("2014-05-26", "ecs"),
        ("2016-04-28", "vpc"),
        ("2020-04-01", "eventbridge"),
        ("2022-01-19", "mns-open"),
        ("2015-04-01", "sts"),
    ],
)
def test_the_version_names_the_product(version: str, product: str) -> None:
    """One address serves all products; old and new clients name the version differently."""
    new = rpc.parse({}, {}, {"x-acs-action": "A", "x-acs-version": version})
    old = rpc.parse({"Action": "A", "Version": version}, {}, {})

    assert (new.product, old.product) == (product, product)


@pytest.mark.parametrize(
    ("flat", "code"),
    [
        ({"Version": "2014-05-26"}, "MissingAction"),
        ({"Action": "RunInstances"}, "MissingVersion"),
        ({"Action": "RunInstances", "Version": "1999-01-01"}, "InvalidVersion"),
    ],
)
def test_a_call_needs_action_and_version(flat: dict[str, str], code: str) -> None:
    """The gateway refuses what it cannot route."""
    with pytest.raises(ApiError) as caught:
        rpc.parse(flat, {}, {})

    assert caught.value.code == code


def test_the_protocol_s_own_parameters_are_stripped() -> None:
    """An action sees RegionId and its own parameters, not those of the signature."""
    flat = dict.fromkeys(rpc.PROTOCOL_PARAMETERS, "x") | {
        "Version": "2014-05-26",
        "RegionId": "cn-shanghai",
        "ImageId": "m-1",
    }

    call = rpc.parse(flat, {}, {})

    assert call.params == {"RegionId": "cn-shanghai", "ImageId": "m-1"}
    assert call.region == "cn-shanghai"


@pytest.mark.parametrize(
    ("flat", "headers", "xml"),
    [
        ({}, {}, True),
        ({"Format": "JSON"}, {}, False),
        ({"Format": "xml"}, {}, True),
        ({}, V3, False),
        ({"Format": "XML"}, V3, True),
    ],
)
def test_format(flat: dict[str, str], headers: dict[str, str], *, xml: bool) -> None:
    """Old clients get XML unless they ask for JSON; new ones get JSON."""
    assert rpc.wants_xml(flat, headers) is xml


def test_request_ids_look_like_the_gateway_s() -> None:
    """An upper-case UUID, the same for the same seed."""
    rid = rpc.request_id(random.Random(1))

    assert [len(part) for part in rid.split("-")] == [8, 4, 4, 4, 12]
    assert rid == rid.upper()
    assert rid == rpc.request_id(random.Random(1))


def call(*, xml: bool) -> rpc.RpcCall:
    return rpc.RpcCall("ecs", "DescribeTags", None, {}, xml=xml)


ANSWER: dict[str, Any] = {
    "Total": 2,
    "Ready": True,
    "Next": None,
    "Tags": {"Tag": [{"TagKey": "a&b"}, {"TagKey": "中\x01"}]},
    "Map": {'1 odd"key': "v"},
}


def test_json_answer() -> None:
    """The answer is the documented body and a RequestId."""
    assert json.loads(rpc.render(call(xml=False), ANSWER, "R")) == {"RequestId": "R", **ANSWER}


def test_xml_answer() -> None:
    """A list is its element repeated; every text is legal XML."""
    root = ET.fromstring(rpc.render(call(xml=True), ANSWER, "R"))  # noqa: S314

    assert root.tag == "DescribeTagsResponse"
    assert [item.text for item in root.findall("Tags/Tag/TagKey")] == ["a&b", "中\ufffd"]
    assert root.findtext("Ready") == "true"
    assert root.findtext("Map/Entry") == "v"


@pytest.mark.parametrize(
    ("product", "shown"), [("ecs", "Ecs"), ("vpc", "Vpc"), ("mns-open", "Mns-open"), ("", "")]
)
def test_the_recommendation_names_the_product_as_the_cloud_does(product: str, shown: str) -> None:
    """A recorded refusal of VPC says product=Vpc."""
    error = ApiError(400, "MissingParameter", "RegionId is missing.")

    body = json.loads(rpc.render_error(error, rid="R", host="h", product=product, xml=False))

    assert body["Recommend"] == (
        f"https://api.aliyun.com/troubleshoot?q=MissingParameter&product={shown}&requestId=R"
    )


def test_errors_have_the_documented_fields() -> None:
    """A refusal has five fields in both formats, and what the service adds."""
    error = ApiError(403, "OperationDenied.NoStock", "Sold <out>.", {"Extra": "x"})

    body = json.loads(rpc.render_error(error, rid="R", host="h", product="ecs", xml=False))
    root = ET.fromstring(  # noqa: S314
        rpc.render_error(error, rid="R", host="h", product="ecs", xml=True)
    )

    assert set(body) == {"RequestId", "HostId", "Code", "Message", "Recommend", "Extra"}
    assert (root.tag, root.findtext("Message")) == ("Error", "Sold <out>.")
