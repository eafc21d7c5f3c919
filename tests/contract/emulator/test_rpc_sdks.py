"""The official RPC SDKs over HTTP: ECS, VPC, EventBridge and queue management, and old signatures."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_eventbridge20200401 import models as eb
from alibabacloud_eventbridge20200401.client import Client as EventBridgeClient
from alibabacloud_mns_open20220119 import models as mns
from alibabacloud_mns_open20220119.client import Client as MnsOpenClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vpc20160428 import models as vpc
from alibabacloud_vpc20160428.client import Client as VpcClient
from mns.queue import Queue

from emulator.http.local import LocalEmulator
from emulator.overview import DUMPS

# The SDK takes the time in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")

REGION = "cn-hangzhou"
PATTERN = json.dumps(
    {"source": ["acs.ecs"], "type": ["ecs:Instance:PreemptibleInstanceInterruption"]}
)
ROLE = "AliyunServiceRoleForEventBridgeSendToMNS"


@pytest.fixture
def client(make_config: Callable[..., Config]) -> EcsClient:
    return EcsClient(make_config())


@pytest.fixture
def source(control: Callable[..., Any]) -> str:
    """A running spot instance with a data disk."""
    seed = {"name": "订单服务-01", "data_disks": [{"size": 100}], "tags": {"team": "交易"}}
    made = control("scenario", {"regions": {REGION: {"instances": [seed]}}})
    return str(made["instances"][REGION][0])


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value.status_code, caught.value.code


@pytest.mark.parametrize(
    ("version", "action", "wanted"),
    [
        ("2014-05-26", "DescribeInstances", "RegionId"),
        ("2014-05-26", "ApplyAutoSnapshotPolicy", "regionId"),
        ("2016-04-28", "DescribeEipAddresses", "RegionId"),
        ("2016-04-28", "DescribeVSwitches", "regionId or vpcInstanceId"),
        ("2014-05-15", "DescribeLoadBalancers", "RegionId"),
    ],
)
def test_a_call_has_to_name_its_region(
    call_v1: Callable[..., Any], version: str, action: str, wanted: str
) -> None:
    """The address alone does not do, where the documents say that RegionId is required."""
    answer = call_v1("GET", action, {"Version": version})

    assert (answer.status, answer.json()["Code"]) == (400, "MissingParameter")
    assert answer.json()["Message"] == (
        f'The input parameter "{wanted}" that is mandatory for processing this request is not '
        "supplied."
    )
    name = "regionId" if wanted == "regionId" else "RegionId"
    named = call_v1("GET", action, {"Version": version, name: REGION})
    assert wanted not in named.json().get("Message", "")


def test_a_vpc_stands_for_its_region(call_v1: Callable[..., Any]) -> None:
    """DescribeVSwitches wants one of the two."""
    answer = call_v1("GET", "DescribeVSwitches", {"Version": "2016-04-28", "VpcId": "vpc-none"})

    assert answer.status == 200


def test_lists_and_structures_arrive(client: EcsClient, source: str) -> None:
    """Nested parameters go flat over the wire and come back as they were."""
    tags = [
        ecs.TagResourcesRequestTag(key="角色", value="a b+c&d/é"),
        ecs.TagResourcesRequestTag(key="x", value="1"),
    ]
    client.tag_resources(
        ecs.TagResourcesRequest(
            region_id=REGION, resource_type="instance", resource_id=[source], tag=tags
        )
    )

    body = client.describe_instances(
        ecs.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps([source]))
    ).body

    (row,) = body.instances.instance
    found = {tag.tag_key: tag.tag_value for tag in row.tags.tag}
    assert found == {"team": "交易", "角色": "a b+c&d/é", "x": "1"}
    assert body.request_id.count("-") == 4


def test_image_of_a_source_and_its_replacement(
    client: EcsClient, source: str, control: Callable[..., Any]
) -> None:
    """The way of the product: keep the disks, make an image, launch from it."""
    disks = client.describe_disks(
        ecs.DescribeDisksRequest(region_id=REGION, instance_id=source)
    ).body.disks.disk
    client.modify_disk_attribute(
        ecs.ModifyDiskAttributeRequest(
            region_id=REGION, disk_ids=[disk.disk_id for disk in disks], delete_with_instance=False
        )
    )
    create = ecs.CreateImageRequest(
        region_id=REGION, instance_id=source, image_name="recreation-1", client_token="image-1"
    )
    image_id = client.create_image(create).body.image_id
    assert client.create_image(create).body.image_id == image_id
    control("clock", {"advance": 3600})

    launched = client.run_instances(_launch(client, source, image_id)).body
    control("clock", {"advance": 60})

    (replacement,) = launched.instance_id_sets.instance_id_set
    status = (
        client.describe_instances(
            ecs.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps([replacement]))
        )
        .body.instances.instance[0]
        .status
    )
    assert status == "Running"


def _launch(client: EcsClient, source: str, image_id: str) -> ecs.RunInstancesRequest:
    row = client.describe_instances(
        ecs.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps([source]))
    ).body.instances.instance[0]
    return ecs.RunInstancesRequest(
        region_id=REGION,
        image_id=image_id,
        instance_type=row.instance_type,
        v_switch_id=row.vpc_attributes.v_switch_id,
        security_group_ids=row.security_group_ids.security_group_id,
        system_disk=ecs.RunInstancesRequestSystemDisk(category="cloud_essd"),
        data_disk=[ecs.RunInstancesRequestDataDisk(device="/dev/xvdb", category="cloud_essd")],
        spot_strategy="SpotAsPriceGo",
        client_token="launch-1",
        tag=[ecs.RunInstancesRequestTag(key="spot-recreation:id", value="r-1")],
    )


def test_the_asynchronous_client(client: EcsClient, source: str) -> None:
    """The SDK's coroutines speak the same protocol."""

    async def names() -> list[str]:
        request = ecs.DescribeInstancesRequest(region_id=REGION)
        answers = await asyncio.gather(
            *(client.describe_instances_async(request) for _ in range(5))
        )
        return [answer.body.instances.instance[0].instance_id for answer in answers]

    assert asyncio.run(names()) == [source] * 5


def test_refusals_become_exceptions(client: EcsClient) -> None:
    """Status, code and request id reach the caller."""
    missing = ecs.StopInstanceRequest(instance_id="i-nowhere")

    assert refusal(lambda: client.stop_instance(missing)) == (404, "InvalidInstanceId.NotFound")


def test_an_unknown_region(client: EcsClient, complaints: Callable[[], list[str]]) -> None:
    """A region that is not served is refused, loudly."""
    request = ecs.DescribeInstancesRequest(region_id="cn-nowhere")

    assert refusal(lambda: client.describe_instances(request)) == (404, "InvalidRegionId.NotFound")
    assert complaints()


def test_an_unknown_action(
    call_v1: Callable[..., Any], complaints: Callable[[], list[str]]
) -> None:
    """What the emulator does not have is said loudly."""
    answer = call_v1("GET", "BuyEverything")

    assert (answer.status, answer.json()["Code"]) == (404, "InvalidAction.NotFound")
    assert any("BuyEverything" in line for line in complaints())


def test_an_unknown_parameter(
    call_v1: Callable[..., Any], complaints: Callable[[], list[str]]
) -> None:
    """A misspelt parameter is refused instead of ignored."""
    answer = call_v1("GET", "DescribeInstances", {"RegionId": REGION, "InstanceIdz": "x"})

    assert answer.status == 400
    assert any("InstanceIdz" in line for line in complaints())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"access_key_secret": "wrong"}, (400, "SignatureDoesNotMatch")),
        ({"access_key_id": "somebody"}, (404, "InvalidAccessKeyId.NotFound")),
        (
            {"security_token": "token-of-nobody"},
            (400, "InvalidSecurityToken.MismatchWithAccessKey"),
        ),
    ],
)
def test_bad_credentials(
    make_config: Callable[..., Config], changes: dict[str, str], expected: tuple[int, str]
) -> None:
    """Wrong keys and tokens are refused in the gateway's words."""
    client = EcsClient(make_config(**changes))

    assert refusal(lambda: client.describe_regions(ecs.DescribeRegionsRequest())) == expected


def test_a_temporary_key(make_config: Callable[..., Config], control: Callable[..., Any]) -> None:
    """A temporary key is good until it expires."""
    key = {"access_key_id": "sts", "secret": "sts-secret", "security_token": "sts-token"}
    settings = {
        "access_key_id": "sts",
        "access_key_secret": "sts-secret",
        "security_token": "sts-token",
    }
    client = EcsClient(make_config(**settings))
    control("access-keys", {**key, "valid_seconds": 60})
    assert client.describe_regions(ecs.DescribeRegionsRequest()).body.regions.region

    control("access-keys", {**key, "valid_seconds": 0})

    expired = refusal(lambda: client.describe_regions(ecs.DescribeRegionsRequest()))
    assert expired == (400, "InvalidSecurityToken.Expired")


def test_each_port_is_a_region(make_config: Callable[..., Config], source: str) -> None:
    """RegionId leads to its region whatever the port; without it the port decides."""
    there = EcsClient(make_config("cn-shanghai"))

    here = there.describe_instances(ecs.DescribeInstancesRequest(region_id=REGION)).body
    assert [row.instance_id for row in here.instances.instance] == [source]
    images = there.describe_instances(ecs.DescribeInstancesRequest(region_id="cn-shanghai")).body
    assert images.total_count == 0


def test_the_host_can_name_the_region(
    make_config: Callable[..., Config], emulator: LocalEmulator
) -> None:
    """A client that takes the emulator for its proxy keeps the cloud's own host names."""
    for region in ("cn-hangzhou", "cn-shanghai"):
        config = make_config(
            endpoint=f"eventbridge.{region}.aliyuncs.com", http_proxy=emulator.urls["cn-hangzhou"]
        )
        client = EventBridgeClient(config)
        rule = eb.CreateRuleRequest(
            event_bus_name="default", rule_name=f"in-{region}", filter_pattern=PATTERN
        )
        assert client.create_rule(rule).body.success

    shown = emulator.run(lambda service: DUMPS["rules"](service, service.now()))
    assert [(row["region"], row["RuleName"]) for row in shown] == [
        ("cn-hangzhou", "in-cn-hangzhou"),
        ("cn-shanghai", "in-cn-shanghai"),
    ]


def test_vpc(make_config: Callable[..., Config], source: str, control: Callable[..., Any]) -> None:
    """An EIP is allocated, bound to an instance and shown."""
    client = VpcClient(make_config())
    allocated = client.allocate_eip_address(vpc.AllocateEipAddressRequest(region_id=REGION)).body

    client.associate_eip_address(
        vpc.AssociateEipAddressRequest(
            region_id=REGION, allocation_id=allocated.allocation_id, instance_id=source
        )
    )
    control("clock", {"advance": 30})

    request = vpc.DescribeEipAddressesRequest(
        region_id=REGION, allocation_id=allocated.allocation_id
    )
    (eip,) = client.describe_eip_addresses(request).body.eip_addresses.eip_address
    assert (eip.status, eip.instance_id) == ("InUse", source)


def _targets() -> list[eb.CreateRuleRequestEventTargets]:
    param = eb.CreateRuleRequestEventTargetsParamList
    return [
        eb.CreateRuleRequestEventTargets(
            id="queue",
            type="acs.mns.queue",
            endpoint=f"acs:mns:{REGION}:1234567890123456:queues/events",
            param_list=[
                param(resource_key="queue", form="CONSTANT", value="events"),
                param(resource_key="Body", form="ORIGINAL", value=""),
                param(resource_key="IsBase64Encode", form="CONSTANT", value="false"),
            ],
        )
    ]


def test_an_interruption_reaches_the_queue(
    make_config: Callable[..., Config], queue: Queue, source: str, control: Callable[..., Any]
) -> None:
    """Rule, event and queue work together as in the cloud, through three SDKs."""
    client = EventBridgeClient(make_config())
    role = eb.CreateServiceLinkedRoleForProductRequest(product_name=ROLE)
    client.create_service_linked_role_for_product(role)
    created = client.create_rule(
        eb.CreateRuleRequest(
            event_bus_name="default",
            rule_name="spot",
            filter_pattern=PATTERN,
            event_targets=_targets(),
        )
    ).body
    assert (created.code, created.success) == ("Success", True)
    control("clock", {"advance": 60})

    notice = control("interrupt", {"instance_id": source})
    control("clock", {"advance": 10})

    event = json.loads(queue.receive_message(1).message_body)
    assert event["type"] == "ecs:Instance:PreemptibleInstanceInterruption"
    assert event["data"] == {"instanceId": source, "action": "delete"}
    assert notice["release_at"] == notice["t0"] + 300


def test_a_failure_of_eventbridge_is_an_answer(make_config: Callable[..., Config]) -> None:
    """A missing rule is HTTP 200 with Success false, which the SDK does not raise."""
    client = EventBridgeClient(make_config())

    body = client.get_rule(eb.GetRuleRequest(event_bus_name="default", rule_name="nowhere")).body

    assert (body.code, body.success) == ("EventRuleNotExisted", False)


def test_queue_management(make_config: Callable[..., Config], control: Callable[..., Any]) -> None:
    """A queue with a dead-letter policy, which only this API can set."""
    client = MnsOpenClient(make_config())
    client.create_queue(mns.CreateQueueRequest(queue_name="dead"))
    policy = mns.CreateQueueRequestDlqPolicy(
        enabled=True, max_receive_count=3, dead_letter_target_queue="dead"
    )
    client.create_queue(mns.CreateQueueRequest(queue_name="events", dlq_policy=policy))

    data = client.get_queue_attributes(mns.GetQueueAttributesRequest(queue_name="events")).body.data

    assert data.dlq_policy.dead_letter_target_queue == "dead"
    shown = {row["name"]: row["attributes"]["dlq_policy"] for row in control("queues")}
    assert shown["events"]["max_receive_count"] == 3
    missing = mns.GetQueueAttributesRequest(queue_name="nowhere")
    assert refusal(lambda: client.get_queue_attributes(missing))[0] == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_old_signatures(call_v1: Callable[..., Any], source: str, method: str) -> None:
    """RPC V1 with urllib alone: parameters in the query or in a form."""
    answer = call_v1(
        method,
        "DescribeInstances",
        {"RegionId": REGION, "Tag.1.Key": "team", "Tag.1.Value": "交易"},
    )

    assert answer.status == 200, answer.body
    assert answer.json()["Instances"]["Instance"][0]["InstanceId"] == source


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json; charset=UTF-8", b'{"PageSize":"1"}'),
        ("application/octet-stream; charset=UTF-8", b"PageSize=1"),
        ("application/x-www-form-urlencoded", b"PageSize=1"),
    ],
)
def test_old_signatures_cover_the_body_of_any_kind(
    call_v1: Callable[..., Any], kind: str, body: bytes
) -> None:
    """The Java core signs query and body together, and sends the body as it was told to."""
    query = {"RegionId": REGION}
    answer = call_v1("POST", "DescribeInstances", query, body=body, kind=kind)

    assert answer.status == 200, answer.body
    assert answer.json()["PageSize"] == 1


def test_a_gateway_s_refusal_names_the_product(call_v1: Callable[..., Any]) -> None:
    """The version tells it, before the signature is looked at."""
    answer = call_v1("GET", "DescribeVpcs", {"Version": "2016-04-28"}, signed_with="wrong")

    assert "&product=Vpc&" in answer.json()["Recommend"]


def test_old_clients_get_xml(call_v1: Callable[..., Any], source: str) -> None:
    """XML is the default of old clients; refusals are XML, too."""
    answer = call_v1("GET", "DescribeInstances", {"RegionId": REGION, "Format": "XML"})
    missing = call_v1("GET", "StopInstance", {"InstanceId": "i-nowhere", "Format": "XML"})

    assert answer.headers["content-type"] == "text/xml;charset=utf-8"
    assert b"<DescribeInstancesResponse>" in answer.body
    assert f"<InstanceId>{source}</InstanceId>".encode() in answer.body
    assert b"<Code>InvalidInstanceId.NotFound</Code>" in missing.body


def test_old_signatures_are_verified(call_v1: Callable[..., Any]) -> None:
    """Wrong secret, wrong time, and a second use of a nonce."""
    wrong = call_v1("POST", "DescribeRegions", signed_with="wrong")
    late = call_v1("POST", "DescribeRegions", late_by=1000)
    first = call_v1("POST", "DescribeRegions", {"SignatureNonce": "once"})
    again = call_v1("POST", "DescribeRegions", {"SignatureNonce": "once"})

    assert (wrong.status, wrong.json()["Code"]) == (400, "SignatureDoesNotMatch")
    assert (late.status, late.json()["Code"]) == (400, "InvalidTimeStamp.Expired")
    assert first.status == 200
    assert (again.status, again.json()["Code"]) == (400, "SignatureNonceUsed")


def test_who_am_i(call_v1: Callable[..., Any]) -> None:
    """STS tells the account, as tools ask it first."""
    answer = call_v1("GET", "GetCallerIdentity", {"Version": "2015-04-01"})

    assert answer.json()["AccountId"] == "1234567890123456"


def test_large_user_data_in_the_query(call_v1: Callable[..., Any]) -> None:
    """User data of the documented 32 KB fits where the SDKs put it."""
    answer = call_v1(
        "GET", "RunInstances", {"RegionId": REGION, "UserData": "QQ==" * 8000, "DryRun": "true"}
    )

    assert answer.status in (400, 403, 404)
    assert "Code" in answer.json()
