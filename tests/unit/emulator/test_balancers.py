"""Load balancers of the emulator: members move with port and weight, under the documented codes."""

import json
from typing import Any

import pytest

from emulator.state.balancers import pairs, server_groups, slb
from emulator.state.ecs.params import shapes
from emulator.state.errors import ApiError
from tests.unit.emulator.ecs_bench import Bench
from tests.unit.emulator.test_ecs_shapes import PRODUCTS, unknown_fields

GROUPED = ("alb", "nlb")


def refused(bench: Bench, product: str, action: str, **params: Any) -> tuple[int, str]:
    with pytest.raises(ApiError) as caught:
        bench.balancer_call(product, action, **params)
    return caught.value.status, caught.value.code


def clb(bench: Bench, *servers: str, groups: tuple[dict[str, Any], ...] = ()) -> str:
    members = [{"server": each, "weight": 80} for each in servers]
    seed = {"kind": "clb", "servers": members, "vserver_groups": groups, "listeners": [80]}
    return bench.balancers.seed(seed, bench.now)


def group_of(bench: Bench, product: str, *servers: str, **more: Any) -> str:
    members = [{"server": each, "port": 8080, "weight": 30} for each in servers]
    return bench.balancers.seed({"kind": product, "servers": members, **more}, bench.now)


def default_members(bench: Bench, balancer_id: str) -> list[dict[str, Any]]:
    shown = bench.balancer_call("slb", "DescribeLoadBalancerAttribute", LoadBalancerId=balancer_id)
    rows: list[dict[str, Any]] = shown["BackendServers"]["BackendServer"]
    return rows


def servers_of(bench: Bench, product: str, **params: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = bench.balancer_call(product, "ListServerGroupServers", **params)[
        "Servers"
    ]
    return rows


def one(server_id: str, **more: Any) -> str:
    return json.dumps([{"ServerId": server_id, **more}])


@pytest.mark.parametrize(
    "nothing",
    [
        {"AddressType": "internet"},
        {"AddressIPVersion": "ipv6"},
        {"LoadBalancerStatus": "inactive"},
        {"NetworkType": "classic"},
        {"PayType": "PrePay"},
        {"ResourceGroupId": "rg-other"},
        {"SlaveZoneId": "cn-hangzhou-i"},
        {"ServerIntranetAddress": "192.168.255.1"},
        {"Tag": [{"Key": "team", "Value": "trade"}]},
        {"Tags": '[{"TagKey":"team","TagValue":"trade"}]'},
    ],
)
def test_every_filter_of_a_clb_counts(nothing: dict[str, Any]) -> None:
    """What no CLB here is leaves none, instead of all."""
    bench = Bench()
    source = bench.seed()
    clb(bench, source)
    address = bench.instance(source)["VpcAttributes"]["PrivateIpAddress"]["IpAddress"][0]
    so = {"AddressType": "intranet", "NetworkType": "vpc", "ServerIntranetAddress": address}

    assert bench.balancer_call("slb", "DescribeLoadBalancers", **so)["TotalCount"] == 1
    assert bench.balancer_call("slb", "DescribeLoadBalancers", **nothing)["TotalCount"] == 0


@pytest.mark.parametrize("product", GROUPED)
@pytest.mark.parametrize("nothing", [{"ResourceGroupId": "rg-other"}, {"Tag": [{"Key": "team"}]}])
def test_every_filter_of_a_group_counts(product: str, nothing: dict[str, Any]) -> None:
    """No group here has tags or a resource group, and says so by empty lists."""
    bench = Bench()
    group_of(bench, product, bench.seed())

    (row,) = bench.balancer_call(product, "ListServerGroups")["ServerGroups"]
    assert row["Tags"] == row["RelatedLoadBalancerIds"] == []
    assert row["HealthCheckConfig" if product == "alb" else "HealthCheck"]["HealthCheckEnabled"]
    assert bench.balancer_call(product, "ListServerGroups", **nothing)["TotalCount"] == 0


# CLB


def test_a_member_of_a_clb_moves_with_its_weight() -> None:
    """Added with the weight of the old one, which is then taken out."""
    bench = Bench()
    source, target = bench.seed(), bench.seed()
    balancer_id = clb(bench, source)
    (old,) = default_members(bench, balancer_id)
    assert (old["ServerId"], old["Weight"], old["Type"]) == (source, 80, "ecs")

    given = {"LoadBalancerId": balancer_id}
    bench.balancer_call(
        "slb", "AddBackendServers", BackendServers=one(target, Weight="80"), **given
    )
    busy = refused(bench, "slb", "RemoveBackendServers", BackendServers=one(source), **given)
    assert busy == (409, "BackendServer.configuring")
    bench.wait(2)
    bench.balancer_call("slb", "RemoveBackendServers", BackendServers=one(source), **given)

    assert [(row["ServerId"], row["Weight"]) for row in default_members(bench, balancer_id)] == [
        (target, 80)
    ]


def test_a_member_of_a_vserver_group_moves_with_port_and_weight() -> None:
    """The same server may be in a group under two ports."""
    bench = Bench()
    source, target = bench.seed(), bench.seed()
    members = [{"server": source, "port": 80, "weight": 5}, {"server": source, "port": 81}]
    balancer_id = clb(bench, groups=({"name": "api", "servers": members},))
    listed = bench.balancer_call("slb", "DescribeVServerGroups", LoadBalancerId=balancer_id)
    (row,) = listed["VServerGroups"]["VServerGroup"]
    given = {"VServerGroupId": row["VServerGroupId"]}
    assert row["ServerCount"] == 2

    action = "AddVServerGroupBackendServers"
    fresh = one(target, Port=80, Weight=5)
    bench.balancer_call("slb", action, BackendServers=fresh, **given)
    busy = refused(bench, "slb", action, BackendServers=one(target, Port=81), **given)
    assert busy == (400, "VServerGroupProcessing")
    bench.wait(2)
    bench.balancer_call(
        "slb", "RemoveVServerGroupBackendServers", BackendServers=one(source, Port=80), **given
    )

    shown = bench.balancer_call("slb", "DescribeVServerGroupAttribute", **given)
    found = [
        (each["ServerId"], each["Port"], each["Weight"])
        for each in shown["BackendServers"]["BackendServer"]
    ]
    assert sorted(found) == sorted([(source, 81, 100), (target, 80, 5)])


def test_only_running_servers_of_the_same_vpc_join_a_clb() -> None:
    """The documented refusals, and nothing is added by halves."""
    bench = Bench()
    source, stopped = bench.seed(), bench.seed()
    other = bench.vpc.networks.add_vpc("10.0.0.0/8")
    vswitch = bench.vpc.networks.add_vswitch(other, "cn-hangzhou-h", "10.1.0.0/24")
    foreign = bench.seed(vswitch_id=vswitch)
    bench.call("StopInstance", InstanceId=stopped)
    bench.wait(60)
    balancer_id = clb(bench, source)

    def add(members: object) -> tuple[int, str]:
        text = members if isinstance(members, str) else json.dumps(members)
        given = {"LoadBalancerId": balancer_id, "BackendServers": text}
        return refused(bench, "slb", "AddBackendServers", **given)

    good = {"ServerId": bench.seed()}
    assert add([good, {"ServerId": stopped}]) == (400, "ObtainIpFail")
    assert add([good, {"ServerId": "i-none"}]) == (400, "ObtainIpFail")
    assert add([good, {"ServerId": foreign}]) == (400, "InvalidBackendServers.Inconsistent")
    assert add([good, {"ServerId": source}]) == (400, "InvalidParameter")
    assert add([{**good, "Weight": 101}]) == (400, "InvalidWeight.Malformed")
    assert add([good] * 21) == (400, "TooManyBackendServers")
    assert add("not json") == (400, "InvalidParameter")
    assert [row["ServerId"] for row in default_members(bench, balancer_id)] == [source]
    assert bench.world.complaints == []


def test_a_misspelt_member_field_is_a_loud_complaint() -> None:
    """The SDK cannot catch it: the members are a string."""
    bench = Bench()
    source = bench.seed()
    given = {"LoadBalancerId": clb(bench), "BackendServers": one(source, Wait=3)}

    assert refused(bench, "slb", "AddBackendServers", **given)[1] == "InvalidParameter"
    assert bench.world.complaints == ["slb BackendServers has no Wait"]


def test_adding_again_may_be_taken_as_assumed() -> None:
    """Then it changes nothing."""
    bench = Bench(assumed={"clb_adding_twice_fails": False})
    source = bench.seed()
    balancer_id = clb(bench, source)

    bench.balancer_call(
        "slb", "AddBackendServers", LoadBalancerId=balancer_id, BackendServers=one(source, Weight=1)
    )

    assert [row["Weight"] for row in default_members(bench, balancer_id)] == [80]


def test_members_in_single_quotes_are_read() -> None:
    """Weights and ports as text, as a sample for the interruption of a spot instance has them."""
    bench = Bench()
    source = bench.seed()
    balancer_id = clb(bench)
    members = f"[{{'ServerId':'{source}','Port':'80','Weight':'70'}}]"
    given = {"LoadBalancerId": balancer_id, "BackendServers": members}

    bench.balancer_call("slb", "AddBackendServers", **given)

    assert [row["Weight"] for row in default_members(bench, balancer_id)] == [70]


def test_members_are_removed_by_id_alone() -> None:
    """RemoveBackendServers takes ids too; the other calls want objects."""
    bench = Bench()
    source = bench.seed()
    balancer_id = clb(bench, source)
    given = {"LoadBalancerId": balancer_id, "BackendServers": json.dumps([source])}

    assert refused(bench, "slb", "AddBackendServers", **given) == (400, "InvalidParameter")
    bench.balancer_call("slb", "RemoveBackendServers", **given)

    assert default_members(bench, balancer_id) == []


def test_strangers_are_removed_without_a_word() -> None:
    """And the CLB is not busy afterwards."""
    bench = Bench()
    source = bench.seed()
    given = {"LoadBalancerId": clb(bench, source)}

    for _ in range(2):
        bench.balancer_call("slb", "RemoveBackendServers", BackendServers=one("i-none"), **given)

    assert bench.ledger("RemoveBackendServers") == []


def test_weights_and_health_of_a_clb() -> None:
    """A weight is set; a stopped server is abnormal."""
    bench = Bench()
    source = bench.seed()
    given = {"LoadBalancerId": clb(bench, source)}
    bench.balancer_call("slb", "SetBackendServers", BackendServers=one(source, Weight=7), **given)
    assert default_members(bench, given["LoadBalancerId"])[0]["Weight"] == 7

    def health() -> list[str]:
        rows = bench.balancer_call("slb", "DescribeHealthStatus", **given)
        return [row["ServerHealthStatus"] for row in rows["BackendServers"]["BackendServer"]]

    assert health() == ["normal"]
    bench.call("StopInstance", InstanceId=source)
    assert health() == ["abnormal"]


@pytest.mark.parametrize("covers", [False, True])
def test_the_reverse_lookup_covers_vserver_groups_as_assumed(*, covers: bool) -> None:
    """ServerId finds what the default group names, and perhaps more."""
    bench = Bench(assumed={"clb_filter_covers_groups": covers})
    source = bench.seed()
    direct = clb(bench, source)
    grouped = clb(bench, groups=({"name": "api", "servers": [{"server": source}]},))

    found = bench.balancer_call("slb", "DescribeLoadBalancers", ServerId=source)

    ids = [row["LoadBalancerId"] for row in found["LoadBalancers"]["LoadBalancer"]]
    assert ids == ([direct, grouped] if covers else [direct])


def test_pages_of_clbs() -> None:
    """PageSize alone is refused."""
    bench = Bench()
    made = [clb(bench) for _ in range(3)]

    page = bench.balancer_call("slb", "DescribeLoadBalancers", PageSize=2, PageNumber=2)

    assert [row["LoadBalancerId"] for row in page["LoadBalancers"]["LoadBalancer"]] == made[2:]
    assert refused(bench, "slb", "DescribeLoadBalancers", PageSize=2)[1] == "InvalidParameter"


# ALB and NLB


@pytest.mark.parametrize("product", GROUPED)
def test_a_member_of_a_server_group_moves_with_port_and_weight(product: str) -> None:
    """Adding, Available, Removing, gone; one change at a time."""
    bench = Bench()
    source, target = bench.seed(), bench.seed()
    group_id = group_of(bench, product, source)
    given = {"ServerGroupId": group_id}
    fresh = {"ServerId": target, "ServerType": "Ecs", "Port": 8080, "Weight": 30}

    bench.balancer_call(product, "AddServersToServerGroup", Servers=[fresh], **given)
    statuses = {row["ServerId"]: row["Status"] for row in servers_of(bench, product, **given)}
    assert statuses == {source: "Available", target: "Adding"}
    (group,) = bench.balancer_call(product, "ListServerGroups")["ServerGroups"]
    assert group["ServerGroupStatus"] == "Configuring"
    old = {"ServerId": source, "ServerType": "Ecs", "Port": 8080}
    busy = refused(bench, product, "RemoveServersFromServerGroup", Servers=[old], **given)
    spelled = {"alb": "ServerGroup", "nlb": "serverGroup"}[product]
    assert busy == (400, f"IncorrectStatus.{spelled}")
    bench.wait(2)
    bench.balancer_call(product, "RemoveServersFromServerGroup", Servers=[old], **given)
    assert [row["Status"] for row in servers_of(bench, product, ServerIds=[source])] == ["Removing"]
    bench.wait(2)

    (row,) = servers_of(bench, product, **given)
    assert (row["ServerId"], row["Port"], row["Weight"]) == (target, 8080, 30)
    assert row["Status"] == "Available"


@pytest.mark.parametrize("product", GROUPED)
def test_client_tokens_of_server_groups(product: str) -> None:
    """The same request has one effect and the same job; another one is refused."""
    bench = Bench()
    target = bench.seed()
    given = {"ServerGroupId": group_of(bench, product), "ClientToken": "t"}
    fresh = {"ServerId": target, "ServerType": "Ecs", "Port": 80}
    action = "AddServersToServerGroup"

    first = bench.balancer_call(product, action, Servers=[fresh], **given)
    bench.wait(10)
    assert bench.balancer_call(product, action, Servers=[fresh], **given) == first
    other = refused(bench, product, action, Servers=[{**fresh, "Port": 81}], **given)

    assert other == (400, "IdempotenceSignatureMismatch")
    assert len(bench.ledger(action)) == 1


@pytest.mark.parametrize("product", GROUPED)
def test_documented_refusals_of_server_groups(product: str) -> None:
    """Each under its code."""
    bench = Bench()
    source = bench.seed()
    group_id = group_of(bench, product, source)
    spelled = {"alb": "ServerGroup", "nlb": "serverGroup"}[product]
    good = {"ServerId": source, "ServerType": "Ecs", "Port": 9000}

    def change(action: str, group: str = group_id, **member: Any) -> tuple[int, str]:
        servers = [{**good, **member}]
        return refused(bench, product, action, ServerGroupId=group, Servers=servers)

    add, remove = "AddServersToServerGroup", "RemoveServersFromServerGroup"
    assert change(add, "sgp-none") == (404, f"ResourceNotFound.{spelled}")
    assert change(add, ServerId="i-none") == (404, "ResourceNotFound.Ecs")
    assert change(add, ServerId="eni-none", ServerType="Eni") == (404, "ResourceNotFound.Eni")
    assert change(add, ServerType="Ip") == (400, "Mismatch.ServerType")
    assert change(add, Port=8080) == (400, "DuplicatedParam.Server")
    assert change(add, Port=70000) == (400, "IllegalParam.Port")
    assert change(add, Weight=101) == (400, "IllegalParam.Weight")
    assert change(add, ServerIp="9.9.9.9") == (400, "IllegalParam.IP")
    assert change(remove) == (404, "ResourceNotFound.BackendServer")
    dry = refused(bench, product, add, ServerGroupId=group_id, Servers=[good], DryRun=True)
    assert dry == (400, "DryRunOperation")
    assert len(servers_of(bench, product)) == 1


@pytest.mark.parametrize("product", GROUPED)
def test_weights_change_and_jobs_are_shown(product: str) -> None:
    """A job is seen at work and done."""
    bench = Bench()
    source = bench.seed()
    group_id = group_of(bench, product, source)
    member = {"ServerId": source, "ServerType": "Ecs", "Port": 8080, "Weight": 0}
    answer = bench.balancer_call(
        product, "UpdateServerGroupServersAttribute", ServerGroupId=group_id, Servers=[member]
    )

    def status() -> str:
        if product == "nlb":
            shown = bench.balancer_call("nlb", "GetJobStatus", JobId=answer["JobId"])
            return str(shown["Status"]).lower()
        (job,) = bench.balancer_call("alb", "ListAsynJobs", JobIds=[answer["JobId"]])["Jobs"]
        return str(job["Status"]).lower()

    assert status() == "processing"
    bench.wait(2)
    assert status() == "succeeded"
    assert [row["Weight"] for row in servers_of(bench, product)] == [0]


@pytest.mark.parametrize("product", GROUPED)
def test_members_of_all_groups_by_server(product: str) -> None:
    """Without a group, unless it is assumed to be needed."""
    bench = Bench()
    source, other = bench.seed(), bench.seed()
    first, second = group_of(bench, product, source, other), group_of(bench, product, source)

    found = servers_of(bench, product, ServerIds=[source])

    assert [row["ServerGroupId"] for row in found] == [first, second]
    strict = Bench(assumed={"server_list_needs_group": True})
    refusal = refused(strict, product, "ListServerGroupServers", ServerIds=[source])
    assert refusal == (400, "MissingParam.ServerGroupId")


def test_members_come_in_pages() -> None:
    """By token."""
    bench = Bench()
    group_id = group_of(bench, "alb", *(bench.seed() for _ in range(3)))

    given = {"ServerGroupId": group_id, "MaxResults": 2}
    first = bench.balancer_call("alb", "ListServerGroupServers", **given)
    rest = bench.balancer_call(
        "alb", "ListServerGroupServers", NextToken=first["NextToken"], **given
    )

    assert (len(first["Servers"]), len(rest["Servers"]), rest["NextToken"]) == (2, 1, "")


# What the release does


def memberships(bench: Bench, server_ids: set[str]) -> int:
    book = bench.balancers.book
    groups = [group for each in book.classic.values() for group in each.serving()]
    groups += [*book.groups["alb"].values(), *book.groups["nlb"].values()]
    return sum(each.server_id in server_ids for group in groups for each in group.backends)


@pytest.mark.parametrize(("forgets", "at_once", "later"), [(5.0, 4, 0), (0.0, 0, 0), (None, 4, 4)])
def test_a_released_server_leaves_its_groups_as_assumed(
    forgets: float | None, at_once: int, later: int
) -> None:
    """Itself and its primary interface, in all three products; others stay."""
    bench = Bench(assumed={"balancer_forgets_seconds": forgets})
    source, other = bench.seed(), bench.seed()
    eni = bench.ecs.region.instances[source].interface_ids[0]
    clb(bench, source, other)
    for product in GROUPED:
        group_of(bench, product, source, other)
    seed = {"kind": "alb", "servers": [{"server": source, "type": "Eni"}]}
    bench.balancers.seed(seed, bench.now)

    bench.ecs.interrupt(source, bench.now)
    bench.wait(299)
    assert memberships(bench, {source, eni}) == 4
    bench.wait(1)

    assert memberships(bench, {source, eni}) == at_once
    bench.wait(10)
    assert memberships(bench, {source, eni}) == later
    assert memberships(bench, {other}) == 3


def test_a_server_that_goes_while_it_is_added_does_not_come_back() -> None:
    """The job ends and the membership is gone."""
    bench = Bench(assumed={"balancer_forgets_seconds": 0.0})
    target = bench.seed()
    group_id = group_of(bench, "alb")
    member = {"ServerId": target, "ServerType": "Ecs", "Port": 80}
    bench.balancer_call("alb", "AddServersToServerGroup", ServerGroupId=group_id, Servers=[member])
    bench.call("DeleteInstance", InstanceId=target, Force=True)
    bench.wait(5)

    assert servers_of(bench, "alb") == []


def test_a_server_that_goes_while_it_is_removed_is_gone_once() -> None:
    """The job ends well."""
    bench = Bench(assumed={"balancer_forgets_seconds": 0.0})
    source = bench.seed()
    group_id = group_of(bench, "nlb", source)
    member = {"ServerId": source, "ServerType": "Ecs", "Port": 8080}
    answer = bench.balancer_call(
        "nlb", "RemoveServersFromServerGroup", ServerGroupId=group_id, Servers=[member]
    )
    bench.call("DeleteInstance", InstanceId=source, Force=True)
    bench.wait(5)

    assert servers_of(bench, "nlb") == []
    status = bench.balancer_call("nlb", "GetJobStatus", JobId=answer["JobId"])
    assert status == {"Status": "Succeeded"}


# Seeds, shapes, complaints


def test_a_seed_names_servers_by_name() -> None:
    """Also the primary interface of an instance, and addresses."""
    bench = Bench()
    source = bench.seed(name="db")
    eni = bench.ecs.region.instances[source].interface_ids[0]
    group_of(bench, "alb", "db")
    bench.balancers.seed({"kind": "nlb", "servers": [{"server": "db", "type": "Eni"}]}, bench.now)
    ip = {"kind": "nlb", "type": "Ip", "servers": [{"server": "10.0.0.9", "type": "Ip"}]}
    bench.balancers.seed(ip, bench.now)

    assert [row["ServerId"] for row in servers_of(bench, "alb")] == [source]
    assert [row["ServerId"] for row in servers_of(bench, "nlb")] == [eni, "10.0.0.9"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "elb"},
        {"colour": "red"},
        {"servers": ["i-1"]},
        {"servers": [{"server": "nobody"}]},
        {"servers": [{"server": "nobody", "type": "Fc"}]},
    ],
)
def test_a_wrong_seed_is_refused(wrong: dict[str, Any]) -> None:
    """In one sentence."""
    bench = Bench()

    with pytest.raises(ValueError, match=r"\w"):
        bench.balancers.seed(wrong, bench.now)


# Primary/secondary groups of a CLB


def pair_of(primary: str, secondary: str, **more: Any) -> str:
    roles = {"Master": primary, "Slave": secondary}
    return json.dumps(
        [{"ServerId": one, "Port": 80, "ServerType": role, **more} for role, one in roles.items()]
    )


def paired(bench: Bench, primary: str, secondary: str) -> tuple[dict[str, Any], str]:
    """Make a CLB with a pair behind port 80, and a port 81 that leads elsewhere."""
    servers = [{"server": primary}, {"server": secondary}]
    pair = {"name": "db", "servers": servers, "listeners": [80]}
    seed = {"kind": "clb", "pairs": [pair], "listeners": [81]}
    balancer_id = bench.balancers.seed(seed, bench.now)
    (group_id,) = bench.balancers.book.classic[balancer_id].pairs
    return {"LoadBalancerId": balancer_id}, group_id


def led(bench: Bench, on_clb: dict[str, Any]) -> dict[str, list[int]]:
    """The ports that lead to each pair."""
    answer = bench.balancer_call(
        "slb", "DescribeMasterSlaveServerGroups", IncludeListener=True, **on_clb
    )
    return {
        row["MasterSlaveServerGroupId"]: [
            one["Port"] for one in row["AssociatedObjects"]["Listeners"]["Listener"]
        ]
        for row in answer["MasterSlaveServerGroups"]["MasterSlaveServerGroup"]
    }


def test_a_pair_is_fixed_and_a_listener_is_led_to_another_one() -> None:
    """What is made takes a while to be ready; the old one can be deleted when nothing leads to it."""
    bench = Bench()
    source, standby, target = bench.seed(), bench.seed(), bench.seed()
    on_clb, old = paired(bench, source, standby)
    making = {"MasterSlaveBackendServers": pair_of(target, standby), **on_clb}
    answer = bench.balancer_call("slb", "CreateMasterSlaveServerGroup", **making)
    made = answer["MasterSlaveServerGroupId"]
    leading = {"MasterSlaveServerGroup": "on", "MasterSlaveServerGroupId": made, **on_clb}
    action = "SetLoadBalancerTCPListenerAttribute"

    busy = refused(bench, "slb", action, ListenerPort=80, **leading)
    in_use = refused(bench, "slb", "DeleteMasterSlaveServerGroup", MasterSlaveServerGroupId=old)
    bench.wait(5)
    bench.balancer_call("slb", action, ListenerPort=80, **leading)

    assert busy == (400, "ServiceIsConfiguring")
    assert in_use == (400, "RspoolVipExist")
    assert led(bench, on_clb) == {old: [], made: [80]}
    bench.balancer_call("slb", "DeleteMasterSlaveServerGroup", MasterSlaveServerGroupId=old)
    assert led(bench, on_clb) == {made: [80]}


def test_what_is_no_pair_is_refused() -> None:
    """Two servers in two roles, both running; a listener and a group that are there."""
    bench = Bench()
    source, standby = bench.seed(), bench.seed()
    on_clb, group_id = paired(bench, source, standby)

    def make(text: str) -> tuple[int, str]:
        given = {"MasterSlaveBackendServers": text, **on_clb}
        return refused(bench, "slb", "CreateMasterSlaveServerGroup", **given)

    def lead(port: int, group: str, *, protocol: str = "TCP") -> tuple[int, str]:
        given = {"MasterSlaveServerGroup": "on", "MasterSlaveServerGroupId": group, **on_clb}
        action = f"SetLoadBalancer{protocol}ListenerAttribute"
        return refused(bench, "slb", action, ListenerPort=port, **given)

    assert make(one(source, Port=80)) == (400, "InvalidParameter")
    assert make(pair_of(source, standby, ServerType="Slave")) == (400, "InvalidParameter")
    assert make(pair_of(source, "i-none")) == (400, "ObtainIpFail")
    assert lead(82, group_id) == (404, "ListenerNotFound")
    assert lead(80, group_id, protocol="UDP") == (404, "ListenerNotFound")
    assert lead(80, "rsp-none") == (400, "InvalidParameter")
    assert bench.world.complaints == []


def test_a_listener_is_led_and_nothing_else_of_it_is_modelled() -> None:
    """The emulator says so loudly, instead of taking what it does not do."""
    bench = Bench()
    on_clb, group_id = paired(bench, bench.seed(), bench.seed())
    given = {"ListenerPort": 80, "MasterSlaveServerGroupId": group_id, **on_clb}
    action = "SetLoadBalancerTCPListenerAttribute"

    refused(bench, "slb", action, MasterSlaveServerGroup="on", Bandwidth=5, **given)

    assert len(bench.world.complaints) == 1


def test_a_pair_loses_what_is_gone_and_answers_for_its_port() -> None:
    """The membership goes with its server, and the health check asks the pair."""
    bench = Bench()
    source, standby = bench.seed(), bench.seed()
    on_clb, group_id = paired(bench, source, standby)
    shown = bench.balancer_call("slb", "DescribeHealthStatus", ListenerPort=80, **on_clb)
    assert len(shown["BackendServers"]["BackendServer"]) == 2

    bench.call("DeleteInstance", InstanceId=source, Force=True)
    bench.wait(60)

    answer = bench.balancer_call(
        "slb", "DescribeMasterSlaveServerGroupAttribute", MasterSlaveServerGroupId=group_id
    )
    rows = answer["MasterSlaveBackendServers"]["MasterSlaveBackendServer"]
    assert [(row["ServerId"], row["ServerType"]) for row in rows] == [(standby, "Slave")]


def test_answers_are_understood_whole_by_the_sdks() -> None:
    """Every action answers with fields that the SDK's model has, of the right type."""
    bench = Bench()
    source, target = bench.seed(), bench.seed()
    group = {"name": "api", "servers": [{"server": source, "port": 80}]}
    balancer_id = clb(bench, source, groups=(group,))
    (vgroup,) = bench.balancers.book.classic[balancer_id].groups
    on_clb = {"LoadBalancerId": balancer_id}
    in_group = {"VServerGroupId": vgroup}
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("slb", "DescribeLoadBalancers", {}),
        ("slb", "DescribeLoadBalancerAttribute", on_clb),
        ("slb", "DescribeVServerGroups", on_clb),
        ("slb", "DescribeVServerGroupAttribute", in_group),
        ("slb", "DescribeHealthStatus", on_clb),
        ("slb", "AddBackendServers", {**on_clb, "BackendServers": one(target)}),
        ("slb", "SetBackendServers", {**on_clb, "BackendServers": one(target, Weight=1)}),
        ("slb", "RemoveBackendServers", {**on_clb, "BackendServers": one(target)}),
        (
            "slb",
            "AddVServerGroupBackendServers",
            {**in_group, "BackendServers": one(target, Port=1)},
        ),
        ("slb", "RemoveVServerGroupBackendServers", {**in_group, "BackendServers": one(target)}),
    ]
    for product in GROUPED:
        given = {"ServerGroupId": group_of(bench, product, source)}
        member = {"ServerId": target, "ServerType": "Ecs", "Port": 80}
        calls += [
            (product, "ListServerGroups", {}),
            (product, "AddServersToServerGroup", {**given, "Servers": [member]}),
            (product, "ListServerGroupServers", given),
            (product, "UpdateServerGroupServersAttribute", {**given, "Servers": [member]}),
            (product, "RemoveServersFromServerGroup", {**given, "Servers": [member]}),
        ]
    calls.append(("alb", "ListAsynJobs", {}))
    pair_on, made = paired(bench, source, target)
    leading = {"MasterSlaveServerGroup": "on", "MasterSlaveServerGroupId": made}
    calls += [
        ("slb", "DescribeMasterSlaveServerGroups", {**pair_on, "IncludeListener": True}),
        ("slb", "DescribeMasterSlaveServerGroupAttribute", {"MasterSlaveServerGroupId": made}),
        ("slb", "SetLoadBalancerTCPListenerAttribute", {**pair_on, **leading, "ListenerPort": 80}),
        (
            "slb",
            "CreateMasterSlaveServerGroup",
            {**pair_on, "MasterSlaveBackendServers": pair_of(source, target)},
        ),
    ]

    for product, action, params in calls:
        answer = bench.balancer_call(product, action, **params)
        models = PRODUCTS[product]
        model = getattr(models, f"{action}ResponseBody")
        assert unknown_fields(models, model, answer, action) == []
        bench.wait(3)
    assert bench.world.complaints == []


def test_every_balancer_action_has_a_shape() -> None:
    """The list of parameters and the list of actions agree."""
    assert {*slb.ACTIONS, *pairs.ACTIONS} == set(shapes("slb"))
    for product in GROUPED:
        assert set(server_groups.ACTIONS[product]) == set(shapes(product))


@pytest.mark.parametrize("product", ["slb", *GROUPED])
def test_unknown_actions_and_parameters_are_loud(product: str) -> None:
    """Refused and noted."""
    bench = Bench()
    listing = "DescribeLoadBalancers" if product == "slb" else "ListServerGroups"

    assert refused(bench, product, "MakeCoffee") == (404, "InvalidAction.NotFound")
    unknown = refused(bench, product, listing, Colour="red")
    assert unknown == (400, "InvalidParameter.Unknown")
    assert len(bench.world.complaints) == 2
