"""The official SDKs of the load balancers over HTTP: members found by server, moved, and counted."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest
from alibabacloud_alb20200616 import models as alb
from alibabacloud_alb20200616.client import Client as AlbClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_nlb20220430 import models as nlb
from alibabacloud_nlb20220430.client import Client as NlbClient
from alibabacloud_slb20140515 import models as slb
from alibabacloud_slb20140515.client import Client as SlbClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

REGION = "cn-hangzhou"


class Place(NamedTuple):
    """Two instances, of which the first is a member of everything."""

    source: str
    target: str
    clb: str
    vserver_group: str
    groups: Mapping[str, str]


@pytest.fixture
def place(control: Callable[..., Any]) -> Place:
    control("clock", {"pause": True})
    member = {"server": "source", "port": 8080, "weight": 30}
    made = control(
        "scenario",
        {
            "regions": {
                REGION: {
                    "instances": [{"name": "source"}, {"name": "target"}],
                    "balancers": [
                        {
                            "kind": "clb",
                            "servers": [{"server": "source", "weight": 80}],
                            "vserver_groups": [{"name": "api", "servers": [member]}],
                            "listeners": [443],
                        },
                        {"kind": "alb", "servers": [member]},
                        {"kind": "nlb", "servers": [member]},
                    ],
                }
            }
        },
    )
    source, target = made["instances"][REGION]
    clb, alb_group, nlb_group = made["balancers"][REGION]
    shown = control("balancers")
    (vserver_group,) = [each["id"] for each in shown if each["name"] == "api"]
    return Place(source, target, clb, vserver_group, {"alb": alb_group, "nlb": nlb_group})


@pytest.fixture
def settle(control: Callable[..., Any]) -> Callable[[], Any]:
    """Let the change that is being carried out come to its end."""
    return lambda: control("clock", {"advance": 5})


@pytest.fixture
def members(control: Callable[..., Any]) -> Callable[[str], list[tuple[str, int, int, str]]]:
    """Read a group's true members: server, port, weight and status."""

    def members(group_id: str) -> list[tuple[str, int, int, str]]:
        (group,) = [each for each in control("balancers") if each["id"] == group_id]
        return [(m["server_id"], m["port"], m["weight"], m["status"]) for m in group["members"]]

    return members


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    with pytest.raises(ClientException) as caught:
        call()
    return caught.value.status_code, caught.value.code


def test_clb(
    make_config: Callable[..., Config],
    place: Place,
    settle: Callable[[], Any],
    members: Callable[[str], Any],
) -> None:
    """Found by its server; the default group's member is replaced."""
    client = SlbClient(make_config())
    found = client.describe_load_balancers(
        slb.DescribeLoadBalancersRequest(
            region_id=REGION, server_id=place.source, page_number=1, page_size=100
        )
    ).body
    assert [each.load_balancer_id for each in found.load_balancers.load_balancer] == [place.clb]
    shown = client.describe_load_balancer_attribute(
        slb.DescribeLoadBalancerAttributeRequest(region_id=REGION, load_balancer_id=place.clb)
    ).body
    (old,) = shown.backend_servers.backend_server
    assert (old.server_id, old.weight, old.type) == (place.source, 80, "ecs")

    fresh = json.dumps([{"ServerId": place.target, "Weight": "80", "Type": "ecs"}])
    add = slb.AddBackendServersRequest(
        region_id=REGION, load_balancer_id=place.clb, backend_servers=fresh
    )
    assert client.add_backend_servers(add).body.load_balancer_id == place.clb
    stale = json.dumps([{"ServerId": place.source, "Type": "ecs"}])
    remove = slb.RemoveBackendServersRequest(
        region_id=REGION, load_balancer_id=place.clb, backend_servers=stale
    )
    assert refusal(lambda: client.remove_backend_servers(remove)) == (
        409,
        "BackendServer.configuring",
    )
    settle()
    client.remove_backend_servers(remove)
    settle()
    weights = json.dumps([{"ServerId": place.target, "Weight": 10}])
    client.set_backend_servers(
        slb.SetBackendServersRequest(
            region_id=REGION, load_balancer_id=place.clb, backend_servers=weights
        )
    )

    assert members(place.clb) == [(place.target, 0, 10, "Available")]
    health = client.describe_health_status(
        slb.DescribeHealthStatusRequest(region_id=REGION, load_balancer_id=place.clb)
    ).body
    (row,) = health.backend_servers.backend_server
    assert (row.listener_port, row.server_health_status) == (443, "normal")


def test_vserver_group(
    make_config: Callable[..., Config],
    place: Place,
    settle: Callable[[], Any],
    members: Callable[[str], Any],
) -> None:
    """Found through its CLB; the member is replaced with port and weight."""
    client = SlbClient(make_config())
    groups = client.describe_vserver_groups(
        slb.DescribeVServerGroupsRequest(region_id=REGION, load_balancer_id=place.clb)
    ).body.vserver_groups.vserver_group
    assert [(each.vserver_group_id, each.server_count) for each in groups] == [
        (place.vserver_group, 1)
    ]
    shown = client.describe_vserver_group_attribute(
        slb.DescribeVServerGroupAttributeRequest(
            region_id=REGION, vserver_group_id=place.vserver_group
        )
    ).body
    (old,) = shown.backend_servers.backend_server
    assert (old.server_id, old.port, old.weight) == (place.source, 8080, 30)

    fresh = json.dumps([{"ServerId": place.target, "Port": old.port, "Weight": old.weight}])
    client.add_vserver_group_backend_servers(
        slb.AddVServerGroupBackendServersRequest(
            region_id=REGION, vserver_group_id=place.vserver_group, backend_servers=fresh
        )
    )
    settle()
    stale = json.dumps([{"ServerId": place.source, "Port": old.port}])
    client.remove_vserver_group_backend_servers(
        slb.RemoveVServerGroupBackendServersRequest(
            region_id=REGION, vserver_group_id=place.vserver_group, backend_servers=stale
        )
    )

    assert members(place.vserver_group) == [(place.target, 8080, 30, "Available")]
    missing = slb.DescribeVServerGroupAttributeRequest(
        region_id=REGION, vserver_group_id="rsp-none"
    )
    assert refusal(lambda: client.describe_vserver_group_attribute(missing)) == (
        404,
        "InvalidParameter",
    )


def grouped(product: str, make_config: Callable[..., Config]) -> tuple[Any, Any]:
    if product == "alb":
        return AlbClient(make_config()), alb
    return NlbClient(make_config()), nlb


@pytest.mark.parametrize("product", ["alb", "nlb"])
def test_server_groups(
    make_config: Callable[..., Config],
    place: Place,
    settle: Callable[[], Any],
    members: Callable[[str], Any],
    product: str,
) -> None:
    """Members are found by server across groups and replaced under client tokens."""
    client, models = grouped(product, make_config)
    group_id = place.groups[product]
    listed = client.list_server_groups(models.ListServerGroupsRequest(max_results=100)).body
    assert [each.server_group_id for each in listed.server_groups] == [group_id]
    found = client.list_server_group_servers(
        models.ListServerGroupServersRequest(server_ids=[place.source], max_results=100)
    ).body
    (old,) = found.servers
    assert (old.server_group_id, old.port, old.weight, old.status) == (
        group_id,
        8080,
        30,
        "Available",
    )

    fresh = models.AddServersToServerGroupRequestServers(
        server_id=place.target, server_type="Ecs", port=old.port, weight=old.weight
    )
    add = models.AddServersToServerGroupRequest(
        server_group_id=group_id, servers=[fresh], client_token="add-1"
    )
    job = client.add_servers_to_server_group(add).body.job_id
    assert client.add_servers_to_server_group(add).body.job_id == job
    assert "Adding" in members(group_id)[1]
    stale = models.RemoveServersFromServerGroupRequestServers(
        server_id=place.source, server_type="Ecs", port=old.port
    )
    remove = models.RemoveServersFromServerGroupRequest(
        server_group_id=group_id, servers=[stale], client_token="remove-1"
    )
    status, code = refusal(lambda: client.remove_servers_from_server_group(remove))
    assert (status, code.lower()) == (400, "incorrectstatus.servergroup")
    settle()
    client.remove_servers_from_server_group(remove)
    settle()
    change = models.UpdateServerGroupServersAttributeRequestServers(
        server_id=place.target, server_type="Ecs", port=old.port, weight=1
    )
    client.update_server_group_servers_attribute(
        models.UpdateServerGroupServersAttributeRequest(server_group_id=group_id, servers=[change])
    )
    settle()

    assert members(group_id) == [(place.target, 8080, 1, "Available")]


def test_jobs(make_config: Callable[..., Config], place: Place, settle: Callable[[], Any]) -> None:
    """Both products tell how far a job is."""
    for product in ("alb", "nlb"):
        client, models = grouped(product, make_config)
        fresh = models.AddServersToServerGroupRequestServers(
            server_id=place.target, server_type="Ecs", port=80
        )
        job = client.add_servers_to_server_group(
            models.AddServersToServerGroupRequest(
                server_group_id=place.groups[product], servers=[fresh]
            )
        ).body.job_id
        settle()
        if product == "nlb":
            body = client.get_job_status(nlb.GetJobStatusRequest(job_id=job)).body
        else:
            (body,) = client.list_asyn_jobs(alb.ListAsynJobsRequest(job_ids=[job])).body.jobs
        assert body.status == "Succeeded"


def test_static_address(
    make_config: Callable[..., Config], control: Callable[..., Any], settle: Callable[[], Any]
) -> None:
    """It becomes an EIP of the same address."""
    seeds = {"regions": {REGION: {"instances": [{"bandwidth_out": 5}]}}}
    (source,) = control("scenario", seeds)["instances"][REGION]
    (before,) = [each["public_ip"] for each in control("instances")]

    request = ecs.ConvertNatPublicIpToEipRequest(region_id=REGION, instance_id=source)
    EcsClient(make_config()).convert_nat_public_ip_to_eip(request)
    settle()

    (eip,) = control("addresses")
    assert (eip["address"], eip["status"], eip["target_id"]) == (before, "InUse", source)


def test_interfaces_are_shown(control: Callable[..., Any]) -> None:
    """Primary and secondary ones, with the instance that has them."""
    seeds = {"regions": {REGION: {"instances": [{"secondary_interfaces": 1}]}}}
    (source,) = control("scenario", seeds)["instances"][REGION]

    shown = control("interfaces")

    assert [(each["kind"], each["instance_id"]) for each in shown] == [
        ("Primary", source),
        ("Secondary", source),
    ]
