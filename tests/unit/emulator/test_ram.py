"""RAM decides as its pages say, and reads no policy that it would misunderstand."""

from typing import Any

import pytest

from emulator.state.ram import Need, Policy, Verdict, decide
from emulator.state.ram_needs import Account, rpc_needs, smq_need

HERE = Account("cn-hangzhou", "1")
DELETE = Need("ecs:DeleteDisk", "acs:ecs:cn-hangzhou:1:disk/d-1")


def policy(**statement: Any) -> Policy:
    whole = {"Effect": "Allow", "Action": "ecs:*", "Resource": "*", **statement}
    return Policy.read({"Version": "1", "Statement": [whole]})


def needs(product: str, action: str, **params: Any) -> list[tuple[str, str]]:
    found = rpc_needs(HERE, product, action, params, lambda _: {})
    return [(need.action, need.resource) for need in found]


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ({}, Verdict.ALLOWED),
        ({"Action": ["ecs:DeleteImage", "ecs:DeleteDisk"]}, Verdict.ALLOWED),
        ({"Action": "ecs:DeleteIma?e"}, Verdict.IMPLICIT_DENY),
        ({"Action": "ecs:Delete*", "Resource": "acs:ecs:*:*:disk/*"}, Verdict.ALLOWED),
        ({"Resource": "acs:ecs:*:1:disk/d-?"}, Verdict.ALLOWED),
        ({"Resource": "acs:ecs:*:*:image/*"}, Verdict.IMPLICIT_DENY),
        ({"Resource": "acs:ecs:cn-beijing:*:disk/*"}, Verdict.IMPLICIT_DENY),
        ({"Effect": "Deny"}, Verdict.EXPLICIT_DENY),
    ],
)
def test_one_statement(statement: dict[str, Any], verdict: Verdict) -> None:
    """Action and resource are matched with wildcards; what nothing allows is denied."""
    assert decide([policy(**statement)], DELETE) is verdict


def test_deny_wins_and_not_action_leaves_out() -> None:
    """Whatever the order; policies of one caller add up."""
    denied = policy(Effect="Deny", Action="ecs:DeleteDisk")
    assert decide([denied, policy()], DELETE) is Verdict.EXPLICIT_DENY
    assert decide([policy(), denied], DELETE) is Verdict.EXPLICIT_DENY
    document = {"Effect": "Allow", "NotAction": "ecs:Delete*", "Resource": "*"}
    others = Policy.read({"Version": "1", "Statement": [document]})
    assert decide([others], DELETE) is Verdict.IMPLICIT_DENY
    assert decide([others], Need("ecs:StopInstance", "acs:ecs::1:instance/i-1")) is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"StringEquals": {"acs:ResourceTag/owner": ["a", "b"]}}, Verdict.ALLOWED),
        ({"StringEquals": {"acs:ResourceTag/owner": "c"}}, Verdict.IMPLICIT_DENY),
        ({"StringLike": {"acs:ResourceTag/owner": "*"}}, Verdict.ALLOWED),
        ({"StringLike": {"acs:ResourceTag/team": "*"}}, Verdict.IMPLICIT_DENY),
        ({"StringEqualsIgnoreCase": {"acs:ResourceTag/owner": "B"}}, Verdict.ALLOWED),
        (
            {
                "StringEquals": {"acs:ResourceTag/owner": "b"},
                "Bool": {"acs:SecureTransport": "true"},
            },
            Verdict.IMPLICIT_DENY,
        ),
    ],
)
def test_conditions(condition: dict[str, Any], verdict: Verdict) -> None:
    """All operators and keys must be met, each by one of its values; an absent key meets none."""
    need = Need("ecs:DeleteDisk", "acs:ecs::1:disk/d-1", {"acs:ResourceTag/owner": "b"})

    assert decide([policy(Condition=condition)], need) is verdict


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Version": "2", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
        {"Version": "1", "Statement": []},
        {"Version": "1", "Statement": ["Allow"]},
        *(
            {"Version": "1", "Statement": [statement]}
            for statement in (
                {"Effect": "Allow", "Resource": "*"},
                {"Effect": "Perhaps", "Action": "*", "Resource": "*"},
                {"Effect": "Allow", "Action": "*"},
                {"Effect": "Allow", "Action": "DeleteDisk", "Resource": "*"},
                {"Effect": "Allow", "Action": "*", "Resource": 1},
                {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"},
                {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []},
                {
                    "Effect": "Allow",
                    "Action": "*",
                    "Resource": "*",
                    "Condition": {"IpAddress": {"acs:SourceIp": "10.0.0.1"}},
                },
            )
        ),
    ],
)
def test_what_is_no_policy_is_refused(document: dict[str, Any]) -> None:
    """Nothing in a policy is ignored."""
    with pytest.raises(ValueError, match=r"."):
        Policy.read(document)


def test_what_calls_need() -> None:
    """Rows of the pages: required resources, those named, and all where a page knows none."""
    ecs = "acs:ecs:cn-hangzhou:1:"
    assert needs("ecs", "CreateImage", InstanceId="i-1") == [
        ("ecs:CreateImage", f"{ecs}image/*"),
        ("ecs:CreateImage", f"{ecs}instance/i-1"),
    ]
    assert needs("ecs", "DescribeDisks", DiskIds='["d-1","d-2"]') == [
        ("ecs:DescribeDisks", f"{ecs}disk/d-1"),
        ("ecs:DescribeDisks", f"{ecs}disk/d-2"),
    ]
    assert needs("ecs", "DescribeDisks") == [("ecs:DescribeDisks", f"{ecs}disk/*")]
    assert needs("ecs", "TagResources", ResourceType="eni", ResourceId=["eni-1"]) == [
        ("ecs:TagResources", f"{ecs}eni/eni-1")
    ]
    assert needs("vpc", "TagResources", ResourceType="EIP", ResourceId=["eip-1"]) == [
        ("vpc:TagResources", "acs:vpc:cn-hangzhou:1:eip/eip-1")
    ]
    assert needs("ecs", "RunInstances", RamRoleName="web") == [
        ("ecs:RunInstances", "*"),
        ("ram:PassRole", "acs:ram::1:role/web"),
    ]
    assert needs("eventbridge", "PutTargets", EventBusName="default", RuleName="r") == [
        ("eventbridge:PutTargets", "acs:eventbridge:cn-hangzhou:1:eventbus/default/rule/r")
    ]
    bus = "acs:eventbridge:cn-hangzhou:1:eventbus/default"
    for action, resource in {
        "CreateRule": f"{bus}/rule/r",
        "UpdateRule": bus,
        "UpdateEventBus": bus,
        "DeleteEventBus": bus,
        "CreateEventBus": "acs:eventbridge:cn-hangzhou:1:eventbus/*",
    }.items():
        named = needs("eventbridge", action, EventBusName="default", RuleName="r")
        assert named == [(f"eventbridge:{action}", resource)]
    assert needs("sts", "GetCallerIdentity") == []
    assert needs("nlb", "ListServerGroups") == [("nlb:ListServerGroups", "*")]


def test_tags_of_request_and_resource_are_condition_keys() -> None:
    """So that a policy can speak of a tag."""
    (need, other) = rpc_needs(
        HERE,
        "ecs",
        "CreateImage",
        {"InstanceId": "i-1", "Tag": [{"Key": "k", "Value": "new"}]},
        {"": {}, "i-1": {"k": "old"}}.__getitem__,
    )

    assert dict(need.context) == {"acs:RequestTag/k": "new"}
    assert dict(other.context) == {"acs:RequestTag/k": "new", "acs:ResourceTag/k": "old"}


def test_batches_of_a_queue() -> None:
    """Under their own name or under that of the single operation: it is not documented."""
    own = smq_need(HERE, "BatchReceiveMessage", "q", batch_is_own=True)
    single = smq_need(HERE, "BatchReceiveMessage", "q", batch_is_own=False)

    assert own == Need("mns:BatchReceiveMessage", "acs:mns:cn-hangzhou:1:/queues/q/messages")
    assert single.action == "mns:ReceiveMessage"
