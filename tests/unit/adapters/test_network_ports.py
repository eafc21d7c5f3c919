"""The adapters of the handover turn the cloud's answers into those of the ports."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.adapters.conftest import ScriptedCloud, StandingClock
from worker.adapters.ecs.call import (
    ApiRefusal,
    ConnectionLost,
    EcsCall,
    SdkCall,
    SdkMissing,
    product_of,
    route,
)
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.network.addresses import VpcAddresses
from worker.adapters.network.balancers import CloudBalancers
from worker.adapters.network.classic import ClassicMembers, Memory
from worker.adapters.network.disks import EcsDiskMoves
from worker.adapters.network.interfaces import EcsInterfaces
from worker.adapters.network.server_groups import GroupMembers
from worker.core.errors import Permanent, Transient, UnknownOutcome
from worker.core.model import (
    Accepted,
    Address,
    Exists,
    Gone,
    Interface,
    Member,
    NotInstalled,
    NotReady,
    Refused,
)

Over = Callable[[EcsCall], Endpoint]
Script = Callable[..., ScriptedCloud]

MEMBER = Member("alb", "", "sgp-1", "i-1", "ecs", port=80, weight=7)
CLASSIC = Member("slb", "lb-1", "", "i-1", "ecs", weight=7)
GROUPED = Member("slb", "lb-1", "rsp-1", "i-1", "ecs", port=80, weight=7)


def refused(code: str, status: int = 400, message: str = "") -> ApiRefusal:
    return ApiRefusal(status, code, message)


# Which product an action goes to


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("RunInstances", ("ecs", "RunInstances")),
        ("AssociateEipAddress", ("vpc", "AssociateEipAddress")),
        ("slb:AddBackendServers", ("slb", "AddBackendServers")),
        ("alb:ListServerGroups", ("alb", "ListServerGroups")),
        ("nlb:ListServerGroups", ("nlb", "ListServerGroups")),
        ("oss:ListServerGroups", ("ecs", "oss:ListServerGroups")),
    ],
)
def test_route(action: str, expected: tuple[str, str]) -> None:
    """ALB and NLB share names of actions, so theirs carry the product."""
    assert route(action) == expected
    assert product_of(action) == expected[0]


# An extra that is not installed


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("alb20200616", "nlb20220430", "slb20140515"):
        monkeypatch.setitem(sys.modules, f"alibabacloud_{package}", None)
        for part in ("client", "models"):
            monkeypatch.delitem(sys.modules, f"alibabacloud_{package}.{part}", raising=False)


@pytest.mark.usefixtures("without_extra")
def test_missing_extra_is_an_answer(endpoint_over: Over) -> None:
    """With the words that help; nothing crashes."""
    balancers = CloudBalancers(endpoint_over(SdkCall("cn-hangzhou", credential=object)))

    for member in (MEMBER, CLASSIC, GROUPED):
        assert balancers.add(member, token="t") == NotInstalled()
        assert balancers.remove(member, token="t") == NotInstalled()
    assert balancers.members(["i-1"]) == NotInstalled()
    assert NotInstalled().sentence == "not installed: install aliyun-ops[load-balancers]"


def test_package_that_is_broken_is_not_taken_for_a_missing_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Something else that the SDK needs is not there: that is a bug of the installation."""
    monkeypatch.setitem(sys.modules, "alibabacloud_tea_openapi.client", None)
    for part in ("client", "models"):
        monkeypatch.delitem(sys.modules, f"alibabacloud_alb20200616.{part}", raising=False)

    with pytest.raises(ModuleNotFoundError) as caught:
        SdkCall("cn-hangzhou", credential=object)("alb:ListServerGroups", {})

    assert not isinstance(caught.value, SdkMissing)


# Answers of changes


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"JobId": "1"}, Accepted("i-1")),
        (refused("DuplicatedParam.Server"), Exists()),
        (refused("IdempotenceSignatureMismatch"), Exists()),
        (refused("ResourceNotFound.Ecs", 404), Gone("ResourceNotFound.Ecs")),
        (refused("ResourceNotFound.ServerGroup", 404), Gone("ResourceNotFound.ServerGroup")),
        (refused("Mismatch.VpcId"), Refused("Mismatch.VpcId")),
        (refused("Forbidden.NoPermission", 403), Refused("Forbidden.NoPermission")),
        (refused("NobodyKnows"), Refused("NobodyKnows")),
    ],
)
def test_answers_to_a_new_member(
    endpoint_over: Over, scripted: Script, answer: Any, expected: object
) -> None:
    """Every definite refusal is a value, so that the other moves go on."""
    balancers = CloudBalancers(endpoint_over(scripted(answer)))

    assert balancers.add(MEMBER, token="t") == expected


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("IncorrectStatus.ServerGroup", Transient),
        ("Conflict.Lock", Transient),
        ("SystemBusy", Transient),
        ("IdempotenceProcessing", UnknownOutcome),
    ],
)
def test_busy_group_is_for_later(
    endpoint_over: Over, scripted: Script, code: str, error: type[Exception]
) -> None:
    """The same request again, under the same token."""
    balancers = CloudBalancers(endpoint_over(scripted(refused(code))))

    with pytest.raises(error):
        balancers.add(MEMBER, token="t")


def test_unknown_caller_stops_everything(endpoint_over: Over, scripted: Script) -> None:
    """No move can be done with wrong keys."""
    balancers = CloudBalancers(endpoint_over(scripted(refused("InvalidAccessKeyId.NotFound", 404))))

    with pytest.raises(Permanent):
        balancers.add(MEMBER, token="t")


def test_member_that_left_already_is_removed(endpoint_over: Over, scripted: Script) -> None:
    """It is in the wanted state."""
    cloud = scripted(refused("ResourceNotFound.BackendServer", 404))

    assert CloudBalancers(endpoint_over(cloud)).remove(MEMBER, token="t") == Accepted("i-1")


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        ("InvalidParameter", "The resource already exists.", Exists()),
        ("InvalidParameter", "The Rs IP is empty.", Refused("InvalidParameter")),
        ("ObtainIpFail", "", NotReady("ObtainIpFail")),
        ("InvalidLoadBalancerId.NotFound", "", Gone("InvalidLoadBalancerId.NotFound")),
        (
            "InvalidBackendServers.Inconsistent",
            "",
            Refused("InvalidBackendServers.Inconsistent"),
        ),
    ],
)
def test_answers_of_a_classic_load_balancer(
    endpoint_over: Over, scripted: Script, code: str, message: str, expected: object
) -> None:
    """One code has many meanings; the message tells them apart."""
    balancers = CloudBalancers(endpoint_over(scripted(refused(code, message=message))))

    assert balancers.add(CLASSIC, token="t") == expected


def test_vserver_group_that_is_gone(endpoint_over: Over, scripted: Script) -> None:
    """The cloud says so under InvalidParameter."""
    said = refused("InvalidParameter", 404, "The specified VServerGroupId does not exist.")

    found = CloudBalancers(endpoint_over(scripted(said))).add(GROUPED, token="t")

    assert found == Gone("InvalidParameter")


@pytest.mark.parametrize(
    ("member", "action", "server"),
    [
        (CLASSIC, "slb:AddBackendServers", {"ServerId": "i-1", "Type": "ecs", "Weight": 7}),
        (
            GROUPED,
            "slb:AddVServerGroupBackendServers",
            {"ServerId": "i-1", "Type": "ecs", "Weight": 7, "Port": 80},
        ),
        (
            Member("slb", "lb-1", "", "eni-1", "eni", ip="10.0.0.1", weight=0),
            "slb:AddBackendServers",
            {"ServerId": "eni-1", "Type": "eni", "ServerIp": "10.0.0.1", "Weight": 0},
        ),
    ],
)
def test_classic_member_as_it_is_asked_for(
    endpoint_over: Over,
    scripted: Script,
    member: Member,
    action: str,
    server: dict[str, Any],
) -> None:
    """A weight of 0 stays 0; the default group has no port; an interface is named with its IP."""
    cloud = scripted({})

    CloudBalancers(endpoint_over(cloud)).add(member, token="t")

    ((asked, params),) = cloud.calls
    assert asked == action
    assert json.loads(params["BackendServers"]) == [server]
    assert "ClientToken" not in params


@pytest.mark.parametrize("product", ["alb", "nlb"])
def test_member_of_a_server_group_as_it_is_asked_for(
    endpoint_over: Over, scripted: Script, product: Any
) -> None:
    """Port and weight are the source's, and a weight of 0 stays 0."""
    member = Member(product, "", "sgp-1", "i-1", "ecs", port=8080, weight=0)
    cloud = scripted({})

    CloudBalancers(endpoint_over(cloud)).add(member, token="t")

    ((asked, params),) = cloud.calls
    assert asked == f"{product}:AddServersToServerGroup"
    assert params == {
        "RegionId": "cn-hangzhou",
        "ServerGroupId": "sgp-1",
        "Servers": [{"ServerId": "i-1", "ServerType": "Ecs", "Port": 8080, "Weight": 0}],
        "ClientToken": "t",
    }


# Lookups


def test_wrong_server_in_an_answer_is_left_out(endpoint_over: Over, scripted: Script) -> None:
    """A filter that the cloud did not understand must not move strangers."""
    rows = [
        {"ServerGroupId": "sgp-1", "ServerId": each, "ServerType": "Ecs", "Port": 80, "Weight": 0}
        for each in ("i-1", "i-2")
    ]

    found = GroupMembers(endpoint_over(scripted({"Servers": rows})), "nlb").find(["i-1"])

    assert found == [Member("nlb", "", "sgp-1", "i-1", "ecs", port=80, weight=0)]


def test_refused_list_falls_back_to_groups_with_members(
    endpoint_over: Over, scripted: Script
) -> None:
    """Empty groups are not asked; a count that is not told may be anything."""
    groups = [
        {"ServerGroupId": "sgp-1", "ServerCount": 0},
        {"ServerGroupId": "sgp-2", "ServerCount": 1},
        {"ServerGroupId": "sgp-3"},
    ]
    row = {"ServerGroupId": "sgp-2", "ServerId": "i-1", "ServerType": "Ecs", "Port": 80}
    cloud = scripted(
        refused("MissingParam.ServerGroupId"),
        {"ServerGroups": groups},
        {"Servers": [row]},
        {"Servers": []},
    )

    found = GroupMembers(endpoint_over(cloud), "alb").find(["i-1"])

    assert [(one.group, one.weight) for one in found] == [("sgp-2", 100)]
    assert [params.get("ServerGroupId") for _, params in cloud.calls] == [
        None, None, "sgp-2", "sgp-3"
    ]  # fmt: skip


def test_answer_without_its_list_is_broken(endpoint_over: Over, scripted: Script) -> None:
    """Taken for an empty one it would say that nothing leads to the source."""
    with pytest.raises(Transient):
        GroupMembers(endpoint_over(scripted({})), "alb").find(["i-1"])


def test_no_servers_ask_nothing(endpoint_over: Over, scripted: Script) -> None:
    """An empty filter would list everybody's members."""
    cloud = scripted()
    endpoint = endpoint_over(cloud)

    assert CloudBalancers(endpoint).members([]) == ()
    assert EcsInterfaces(endpoint).find([]) == ()
    assert EcsDiskMoves(endpoint).find([]) == ()
    assert cloud.calls == []


def test_more_ids_than_a_call_takes_are_a_bug(endpoint_over: Over, scripted: Script) -> None:
    """The caller cuts them into pieces."""
    endpoint = endpoint_over(scripted())

    with pytest.raises(ValueError, match="at most 100"):
        EcsInterfaces(endpoint).find([str(number) for number in range(101)])
    with pytest.raises(ValueError, match="at most 100"):
        EcsDiskMoves(endpoint).find([str(number) for number in range(101)])


ONE_BALANCER = {"LoadBalancers": {"LoadBalancer": [{"LoadBalancerId": "lb-1"}]}, "TotalCount": 1}
ONE_MEMBER = {
    "BackendServers": {"BackendServer": [{"ServerId": "i-1", "Type": "ecs"}]},
    "ListenerPortsAndProtocol": {
        "ListenerPortAndProtocol": [{"ListenerPort": 443, "ListenerProtocol": "https"}]
    },
}
NO_GROUPS: dict[str, Any] = {"VServerGroups": {"VServerGroup": []}}


def test_lookup_that_was_throttled_goes_on_where_it_was(
    endpoint_over: Over, scripted: Script
) -> None:
    """What was read of the first load balancer is not read again."""
    two = {
        "LoadBalancers": {"LoadBalancer": [{"LoadBalancerId": "lb-1"}, {"LoadBalancerId": "lb-2"}]},
        "TotalCount": 2,
    }
    busy = refused("SystemBusy")
    cloud = scripted(two, ONE_MEMBER, NO_GROUPS, busy, two, ONE_MEMBER, NO_GROUPS)
    members = ClassicMembers(endpoint_over(cloud))
    with pytest.raises(Transient):
        members.find(["i-1"])

    found = members.find(["i-1"])

    assert [one.balancer for one in found] == ["lb-1", "lb-2"]
    assert [params.get("LoadBalancerId") for _, params in cloud.calls] == [
        None, "lb-1", "lb-1", "lb-2", None, "lb-2", "lb-2"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "listeners",
    [
        {},
        {"ListenerPortsAndProtocol": {"ListenerPortAndProtocol": [{"ListenerProtocol": "TCP"}]}},
    ],
    ids=["not-told", "tcp"],
)
def test_pairs_are_looked_for_where_a_listener_can_lead_to_one(
    endpoint_over: Over, scripted: Script, listeners: dict[str, Any]
) -> None:
    """Over TCP or UDP, or where nobody knows."""
    attributes = {"BackendServers": ONE_MEMBER["BackendServers"], **listeners}
    row = {
        "MasterSlaveServerGroupId": "rsp-9",
        "AssociatedObjects": {"Listeners": {"Listener": [{"Protocol": "tcp", "Port": 80}]}},
    }
    pairs = {"MasterSlaveServerGroups": {"MasterSlaveServerGroup": [row]}}
    server = {"ServerId": "i-1", "Port": 80, "ServerType": "Slave"}
    pair = {"MasterSlaveBackendServers": {"MasterSlaveBackendServer": [server]}}
    cloud = scripted(ONE_BALANCER, attributes, pairs, pair, NO_GROUPS)

    found = ClassicMembers(endpoint_over(cloud)).find(["i-1"])

    assert [(one.group, one.role, one.listeners) for one in found] == [
        ("", "", ()),
        ("rsp-9", "Slave", ("tcp/80",)),
    ]


def test_answer_without_members_is_a_broken_one(endpoint_over: Over, scripted: Script) -> None:
    """Taken for an empty group it would say that the source is in none."""
    cloud = scripted(ONE_BALANCER, {"LoadBalancerId": "lb-1"})

    with pytest.raises(Transient):
        ClassicMembers(endpoint_over(cloud)).find(["i-1"])


def test_vserver_groups_without_members_are_not_asked(
    endpoint_over: Over, scripted: Script
) -> None:
    """A count that is not told may be anything."""
    groups = [{"VServerGroupId": "rsp-1", "ServerCount": 0}, {"VServerGroupId": "rsp-2"}]
    cloud = scripted(
        ONE_BALANCER, ONE_MEMBER, {"VServerGroups": {"VServerGroup": groups}}, ONE_MEMBER
    )

    found = ClassicMembers(endpoint_over(cloud)).find(["i-1"])

    assert [one.group for one in found] == ["", "rsp-2"]


def test_lost_change_is_not_remembered_as_not_done(
    endpoint_over: Over, scripted: Script, clock: StandingClock
) -> None:
    """It may have taken effect, so the load balancer is read again."""
    cloud = scripted(ONE_BALANCER, ONE_MEMBER, NO_GROUPS, ConnectionLost("reset"))
    members = ClassicMembers(endpoint_over(cloud))
    members.find(["i-1"])

    with pytest.raises(UnknownOutcome):
        members.remove(CLASSIC)

    assert members.memory.get("lb-1", clock.now()) is None


def test_load_balancer_that_went_in_between(endpoint_over: Over, scripted: Script) -> None:
    """It has no members."""
    gone = refused("InvalidLoadBalancerId.NotFound", 404)
    cloud = scripted(ONE_BALANCER, gone, gone)

    assert ClassicMembers(endpoint_over(cloud)).find(["i-1"]) == []


def test_what_is_read_while_it_is_changed_is_not_remembered(
    endpoint_over: Over, clock: StandingClock
) -> None:
    """The reader began before the change and ends after it."""
    memory = Memory()
    changed = False

    def call(action: str, _: Any) -> Any:
        nonlocal changed
        if action == "slb:DescribeLoadBalancers":
            return ONE_BALANCER
        if action == "slb:DescribeVServerGroups":
            return NO_GROUPS
        if action == "slb:DescribeLoadBalancerAttribute" and not changed:
            changed = True
            ClassicMembers(endpoint_over(call), memory).remove(CLASSIC)
        return ONE_MEMBER

    ClassicMembers(endpoint_over(call), memory).find(["i-1"])

    assert memory.get("lb-1", clock.now()) is None
    ClassicMembers(endpoint_over(call), memory).find(["i-1"])
    assert memory.get("lb-1", clock.now()) is not None
    assert memory.get("lb-1", clock.now() + memory.seconds) is None


# Shapes


def test_shapes_of_addresses_and_interfaces(endpoint_over: Over, scripted: Script) -> None:
    """Read from the documented answers; what is bound to something else is left out."""
    rows = [
        {"AllocationId": "eip-1", "IpAddress": "1.2.3.4", "Status": "InUse", "InstanceId": "i-1"},
        {"AllocationId": "eip-2", "Status": "InUse", "InstanceId": "i-2"},
    ]
    eips = scripted({"EipAddresses": {"EipAddress": rows}, "TotalCount": 2})
    found = VpcAddresses(endpoint_over(eips)).of_instance("i-1")
    assert found == (Address("eip-1", "1.2.3.4", "InUse", "i-1"),)
    assert not found[0].is_free

    row = {
        "NetworkInterfaceId": "eni-1",
        "Type": "Secondary",
        "Status": "Available",
        "PrivateIpAddress": "10.0.0.1",
        "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.0.0.2"}]},
        "DeleteOnRelease": False,
        "Tags": {"Tag": [{"TagKey": "a", "TagValue": "b"}]},
    }
    enis = scripted({"NetworkInterfaceSets": {"NetworkInterfaceSet": [row]}})
    (interface,) = EcsInterfaces(endpoint_over(enis)).find(["eni-1"])
    assert interface == Interface(
        "eni-1",
        is_primary=False,
        status="Available",
        ips=("10.0.0.1", "10.0.0.2"),
        delete_with_instance=False,
        tags={"a": "b"},
    )
    assert interface.is_free


def test_membership_of_another_server() -> None:
    """Port, weight and place are kept; status and address are the new server's own."""
    old = Member("nlb", "", "sgp-1", "i-1", "ecs", "10.0.0.1", 80, 7, "web", "Available")

    new = old.moved_to("i-2")

    assert new == Member("nlb", "", "sgp-1", "i-2", "ecs", "", 80, 7, "web", "")
    assert new.is_same_place(old)
    assert not new.is_same_place(Member("alb", "", "sgp-1", "i-2", "ecs", port=80))
