"""The official SDKs meet RAM: what a key's policies do not allow is refused in the product's words."""

from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_eventbridge20200401 import models as rules
from alibabacloud_eventbridge20200401.client import Client as RulesClient
from alibabacloud_mns_open20220119 import models as queues
from alibabacloud_mns_open20220119.client import Client as QueuesClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from mns.account import Account
from mns.mns_exception import MNSServerException

REGION = "cn-hangzhou"
KEY = {"access_key_id": "worker", "secret": "worker-secret"}


def document(*actions: str, resource: str = "*") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return {"Version": "1", "Statement": [statement]}


@pytest.fixture
def worker(make_config: Callable[..., Config]) -> Config:
    return make_config(access_key_id="worker", access_key_secret="worker-secret")


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value.status_code, caught.value.code


def test_rpc(control: Callable[..., Any], worker: Config) -> None:
    """Allowed and refused by action and resource; before the product looks at what is named."""
    allowed = [
        document("ecs:DescribeInstances"),
        document("ecs:DeleteDisk", resource="acs:ecs:*:*:disk/d-1"),
    ]
    control("access-keys", {**KEY, "policies": allowed})
    client = EcsClient(worker)

    client.describe_instances(ecs.DescribeInstancesRequest(region_id=REGION))
    missing = refusal(lambda: client.delete_disk(ecs.DeleteDiskRequest(disk_id="d-1")))
    denied = refusal(lambda: client.delete_disk(ecs.DeleteDiskRequest(disk_id="d-2")))
    role = ecs.RunInstancesRequest(region_id=REGION, ram_role_name="web")
    control("access-keys", {**KEY, "policies": [document("ecs:*")]})
    passed = refusal(lambda: client.run_instances(role))

    assert missing == (404, "InvalidDiskId.NotFound")
    assert denied == (403, "Forbidden.RAM")
    assert passed == (403, "InvalidUser.PassRoleForbidden")
    used = {row["action"]: (row["allowed"], row["denied"]) for row in control("permissions")}
    assert used["ecs:DeleteDisk"] == (1, 1)
    assert used["ram:PassRole"] == (0, 1)


def test_other_products(control: Callable[..., Any], worker: Config, url: str) -> None:
    """Each in its own words."""
    control("access-keys", {**KEY, "policies": [document("ecs:*")]})
    rule = rules.GetRuleRequest(event_bus_name="default", rule_name="r")
    queue = queues.GetQueueAttributesRequest(queue_name="q")
    account = Account(url, "worker", "worker-secret")

    assert refusal(lambda: RulesClient(worker).get_rule(rule)) == (403, "AccessDenied")
    assert refusal(lambda: QueuesClient(worker).get_queue_attributes(queue)) == (
        403,
        "NoPermission",
    )
    with pytest.raises(MNSServerException) as caught:
        account.get_queue("q").receive_message()
    account.get_client().http.conn.close()
    assert caught.value.type == "AccessDenied"


BATCH = b"<Messages><Message><MessageBody>x</MessageBody></Message></Messages>"
PREFIXED = (
    b'<m:Messages xmlns:m="urn:x"><Message><MessageBody>x</MessageBody></Message></m:Messages>'
)
HANDLES = b"<ReceiptHandles><ReceiptHandle>x</ReceiptHandle></ReceiptHandles>"


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("PUT", "/queues/new?metaoverride=false", b"<Queue/>"),
        ("DELETE", "/queues/q/messages?ReceiptHandle=", HANDLES),
        ("POST", "/queues/q/messages", PREFIXED),
        ("POST", "/queues/q/messages", b"<!--" + b" " * 300 + b"-->" + BATCH),
        ("POST", "/queues/q/messages", BATCH.decode().encode("utf-16")),
        ("GET", "/queues/q/messages?%70eekonly=true", b""),
        ("POST", "/queues/%6fther/messages", b"<Message><MessageBody>x</MessageBody></Message>"),
    ],
)
def test_a_spelling_gets_no_queue_operation_past_its_permission(
    control: Callable[..., Any],
    call_smq: Callable[..., Any],
    method: str,
    target: str,
    body: bytes,
) -> None:
    """What is performed is what is judged, and it is refused without its own permission."""
    for queue in ("q", "other"):
        call_smq("PUT", f"/queues/{queue}", b"<Queue/>")
    names = ("SetQueueAttributes", "DeleteMessage", "SendMessage", "ReceiveMessage")
    allowed = [f"mns:{name}" for name in names]
    policies = [document(*allowed, resource=f"acs:mns:*:*:/queues/{q}*") for q in ("q", "new")]
    policies.append(document("mns:SendMessage", resource="acs:mns:*:*:/queues/%6fther*"))
    control("access-keys", {**KEY, "policies": policies})

    answer = call_smq(method, target, body, key="worker", signed_with="worker-secret")

    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.body) == (403, True)


def test_a_key_without_policies_may_all(control: Callable[..., Any], worker: Config) -> None:
    """As the account's own key does."""
    control("access-keys", KEY)

    EcsClient(worker).describe_regions(ecs.DescribeRegionsRequest())


def test_a_policy_that_is_none_is_refused(url: str, fetch: Callable[..., Any]) -> None:
    """At the order, in a sentence."""
    body = b'{"access_key_id": "a", "secret": "b", "policies": [{"Version": "1"}]}'
    answer = fetch(f"{url}/_emulator/access-keys", body, {"content-type": "application/json"})

    assert answer.status == 400
    assert "Statement" in answer.json()["message"]


def test_the_clouds_clock_can_be_ahead(
    control: Callable[..., Any], make_config: Callable[..., Config]
) -> None:
    """Signatures fail by it, and the Date of every answer says it."""
    control("settings", {"clock_skew": 1200})
    client = EcsClient(make_config())

    found = refusal(lambda: client.describe_regions(ecs.DescribeRegionsRequest()))
    control("settings", {"clock_skew": 0})

    assert found == (400, "InvalidTimeStamp.Expired")
