"""The ports of the handover over every emulated cloud: what hangs on a source, found and moved."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from emulator.state.cloud import Cloud
from tests.contract.conftest import REGION, SdkWorld, World
from tests.contract.test_ecs_adapters import Recorder
from worker.adapters.ecs.call import ApiRefusal, route
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.network.addresses import VpcAddresses
from worker.adapters.network.balancers import CloudBalancers
from worker.adapters.network.disks import EcsDiskMoves
from worker.adapters.network.interfaces import EcsInterfaces
from worker.core.errors import Transient, UnknownOutcome
from worker.core.model import (
    Accepted,
    Address,
    Exists,
    Gone,
    Member,
    NotInstalled,
    NotReady,
    Pair,
    Refused,
)

Seed = Callable[..., str]

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTLED = 10.0
UNKNOWN = "i-bp1unknown00000000000"
PACKAGES = {
    "ecs": "alibabacloud_ecs20140526",
    "vpc": "alibabacloud_vpc20160428",
    "slb": "alibabacloud_slb20140515",
    "alb": "alibabacloud_alb20200616",
    "nlb": "alibabacloud_nlb20220430",
}


def members_of(found: tuple[Member, ...] | NotInstalled) -> tuple[Member, ...]:
    assert not isinstance(found, NotInstalled)
    return found


def balance(world: World, **fields: Any) -> str:
    """Put a load balancer into the emulated cloud."""
    return world.on_cloud(lambda cloud, now: cloud.balancers[REGION].seed(fields, now))


def interrupt(world: World, instance_id: str) -> None:
    world.on_cloud(lambda cloud, now: cloud.ecs[REGION].interrupt(instance_id, now))


# Reads without an effect, in the real cloud too


def test_nothing_hangs_on_an_unknown_instance(readable: Endpoint) -> None:
    """Absence is an answer."""
    assert VpcAddresses(readable).of_instance(UNKNOWN) == ()
    assert VpcAddresses(readable).find("eip-bp1unknown000000000") is None
    assert EcsInterfaces(readable).of_instance(UNKNOWN) == ()
    assert EcsInterfaces(readable).find(["eni-bp1unknown00000000"]) == ()
    assert EcsDiskMoves(readable).find(["d-bp1unknown0000000000"]) == ()
    assert CloudBalancers(readable).members([UNKNOWN]) == ()


# Addresses


def bound(addresses: VpcAddresses, instance_id: str) -> Address:
    (found,) = addresses.of_instance(instance_id)
    return found


def test_address_moves_to_the_replacement(world: World, seed: Seed) -> None:
    """Unbound, free, bound; while it is on its way it takes nothing else."""
    addresses = VpcAddresses(world.endpoint())
    source, target = seed(eip=True), seed()
    before = bound(addresses, source)
    assert (before.status, before.target_kind) == ("InUse", "EcsInstance")

    assert addresses.unassociate(before.allocation, source, token="u") == Accepted(
        before.allocation
    )
    with pytest.raises(Transient):
        addresses.associate(before.allocation, target, token="a")
    world.advance(SETTLED)
    free = addresses.find(before.allocation)
    assert free is not None
    assert free.is_free
    assert isinstance(addresses.associate(before.allocation, target, token="a"), Accepted)
    world.advance(SETTLED)

    assert replace(bound(addresses, target), target=source) == before
    assert addresses.of_instance(source) == ()


def test_address_is_free_after_the_release(world: World, seed: Seed) -> None:
    """It stays allocated."""
    addresses = VpcAddresses(world.endpoint())
    source = seed(eip=True)
    allocation = bound(addresses, source).allocation
    interrupt(world, source)
    world.advance(400.0)

    found = addresses.find(allocation)

    assert found is not None
    assert found.is_free


def test_address_of_somebody_else_is_left_alone(world: World, seed: Seed) -> None:
    """The instance is named in the call, and the cloud compares."""
    addresses = VpcAddresses(world.endpoint())
    source, other = seed(eip=True), seed()
    allocation = bound(addresses, source).allocation

    assert isinstance(addresses.unassociate(allocation, other, token="u"), Gone)
    assert bound(addresses, source).status == "InUse"


def test_address_does_not_fit_beside_a_static_one(world: World, seed: Seed) -> None:
    """The replacement was launched with a public address of its own."""
    addresses = VpcAddresses(world.endpoint())
    source, target = seed(eip=True), seed(bandwidth_out=5)
    allocation = bound(addresses, source).allocation
    addresses.unassociate(allocation, source, token="u")
    world.advance(SETTLED)

    refused = addresses.associate(allocation, target, token="a")

    assert refused == Refused("InvalidStatus.InstanceHasBandWidth")
    assert isinstance(addresses.associate("eip-none", target, token="b"), Gone)


def test_static_address_becomes_elastic(world: World, seed: Seed) -> None:
    """The same address, which can then move; a second try finds nothing to convert."""
    addresses = VpcAddresses(world.endpoint())
    source = seed(bandwidth_out=5)
    ip = world.on_cloud(lambda cloud, _: cloud.ecs[REGION].region.instances[source].public_ip)

    assert addresses.convert(source) == Accepted(source)
    world.advance(SETTLED)

    assert (bound(addresses, source).ip, bound(addresses, source).status) == (ip, "InUse")
    assert addresses.convert(source) == Refused("OperationDenied")
    assert isinstance(addresses.convert(UNKNOWN), Gone)


def test_an_address_is_tagged(world: World, seed: Seed) -> None:
    """As often as it is asked for; with more tags than an address holds it is left as it is."""
    addresses = VpcAddresses(world.endpoint())
    allocation = bound(addresses, seed(eip=True)).allocation

    for _ in range(2):
        assert addresses.tag(allocation, {"team": "web", "a": ""}) == Accepted(allocation)

    shown = world.on_cloud(lambda cloud, _: cloud.vpc[REGION].addresses.tags.all_of(allocation))
    assert shown == {"team": "web", "a": ""}
    many = {f"k{number}": "" for number in range(19)}
    assert addresses.tag(allocation, many) == Refused("QuotaExceeded.TagNum")
    assert addresses.tag("eip-none", {"a": ""}) == Gone("InvalidInstanceIds.NotFound")


# Interfaces


def test_secondary_interface_moves_to_the_replacement(world: World, seed: Seed) -> None:
    """With its addresses; the primary one stays."""
    interfaces = EcsInterfaces(world.endpoint())
    source, target = seed(secondary_interfaces=1), seed()
    primary, secondary = interfaces.of_instance(source)
    assert (primary.is_primary, secondary.is_primary) == (True, False)
    assert secondary.ips
    assert secondary.delete_with_instance

    refused = interfaces.detach(primary.interface_id, source)
    assert refused == Refused("InvalidOperation.DetachPrimaryEniNotAllowed")
    busy = interfaces.attach(secondary.interface_id, target)
    assert busy == NotReady("InvalidOperation.InvalidEniState")
    assert isinstance(interfaces.detach(secondary.interface_id, source), Accepted)
    world.advance(SETTLED)
    (free,) = interfaces.find([secondary.interface_id])
    assert free.is_free
    assert isinstance(interfaces.attach(secondary.interface_id, target), Accepted)
    world.advance(SETTLED)

    moved = interfaces.of_instance(target)[1]
    assert moved == replace(secondary, instance_id=target)


def test_interface_is_not_taken_from_another_instance(world: World, seed: Seed) -> None:
    """The cloud compares the instance."""
    interfaces = EcsInterfaces(world.endpoint())
    source, other = seed(secondary_interfaces=1), seed()
    secondary = interfaces.of_instance(source)[1]

    assert interfaces.detach(secondary.interface_id, other) == Refused("InvalidParameter")
    assert isinstance(interfaces.detach("eni-none", source), Gone)
    assert isinstance(interfaces.attach(secondary.interface_id, UNKNOWN), Gone)


def test_kept_interface_outlives_its_instance(world: World, seed: Seed) -> None:
    """Others go with it."""
    interfaces = EcsInterfaces(world.endpoint())
    source = seed(secondary_interfaces=2)
    _, kept, lost = interfaces.of_instance(source)

    assert interfaces.keep(kept.interface_id) == Accepted(kept.interface_id)
    interrupt(world, source)
    world.advance(400.0)

    (found,) = interfaces.find([kept.interface_id, lost.interface_id])
    assert (found.interface_id, found.is_free) == (kept.interface_id, True)


# Disks


def test_retained_disk_moves_to_the_replacement(world: World, seed: Seed) -> None:
    """A former system disk comes back as a data disk."""
    disks = EcsDiskMoves(world.endpoint())
    source = seed(system_disk={"delete_with_instance": False})
    target = seed()
    ids = world.on_cloud(lambda cloud, _: list(cloud.ecs[REGION].region.instances[source].disk_ids))
    busy = disks.attach(ids[0], target, goes_with_instance=True)
    assert busy == Refused("InvalidDisk.InUse")
    interrupt(world, source)
    world.advance(400.0)
    (free,) = disks.find([*ids, "d-none"])
    assert (free.status, free.instance_id) == ("Available", "")

    assert disks.attach(ids[0], target, goes_with_instance=True) == Accepted(ids[0])
    assert isinstance(disks.attach(ids[0], target, goes_with_instance=True), NotReady)
    world.advance(SETTLED)

    (moved,) = disks.find(ids)
    assert (moved.instance_id, moved.kind, moved.status) == (target, "data", "In_use")
    assert moved.delete_with_instance


def test_disk_is_detached_and_detached_again(world: World, seed: Seed) -> None:
    """A free one is in the wanted state already; another zone is a definite refusal."""
    disks = EcsDiskMoves(world.endpoint())
    source = seed(data_disks=[{"size": 20}], zone_id="cn-hangzhou-h")
    elsewhere = seed(zone_id="cn-hangzhou-i")
    disk = world.on_cloud(lambda cloud, _: cloud.ecs[REGION].region.instances[source].disk_ids[1])

    assert disks.detach(disk, source) == Accepted(disk)
    world.advance(SETTLED)

    assert disks.detach(disk, source) == Accepted(disk)
    far = disks.attach(disk, elsewhere, goes_with_instance=False)
    assert far == Refused("ResourcesNotInSameZone")
    assert isinstance(disks.detach("d-none", source), Gone)


# Load balancers


@pytest.fixture
def source(world: World, seed: Seed) -> str:
    """A server with a membership of every sort, beside another one in the same groups."""
    made = seed(name="source")
    seed(name="other")
    both: Sequence[Any] = [
        {"server": "source", "port": 8080, "weight": 30, "description": "web-1"},
        {"server": "other", "port": 8080},
    ]
    groups = [{"name": "api", "servers": both}, {"name": "empty"}]
    balance(world, kind="clb", servers=[{"server": "source", "weight": 80}], vserver_groups=groups)
    balance(world, kind="alb", servers=both)
    balance(world, kind="nlb", servers=[*both, {"server": "source", "type": "Eni", "port": 90}])
    return made


def wanted(world: World, source: str) -> list[str]:
    """Name the source as load balancers may know it: itself and its primary interface."""
    found = EcsInterfaces(world.endpoint()).of_instance(source)
    return [source, *(one.interface_id for one in found if one.is_primary)]


def test_memberships_are_found_in_every_product(world: World, source: str) -> None:
    """Port, weight and kind of each; nobody else's."""
    instance, interface = wanted(world, source)

    found = members_of(CloudBalancers(world.endpoint()).members([instance, interface]))

    assert {(one.product, one.server, one.kind, one.port, one.weight) for one in found} == {
        ("alb", instance, "ecs", 8080, 30),
        ("nlb", interface, "eni", 90, 100),
        ("nlb", instance, "ecs", 8080, 30),
        ("slb", instance, "ecs", 0, 80),
        ("slb", instance, "ecs", 8080, 30),
    }
    assert len(found) == 5
    assert all(one.group or one.balancer for one in found)


def test_memberships_move_with_port_and_weight(world: World, seed: Seed, source: str) -> None:
    """Every one of them; afterwards the source has none and the replacement has the same."""
    balancers = CloudBalancers(world.endpoint())
    target = seed(name="target")
    from_ids, to_ids = wanted(world, source), wanted(world, target)
    before = members_of(balancers.members(from_ids))

    for index, one in enumerate(before):
        new = one.moved_to(to_ids[from_ids.index(one.server)])
        assert isinstance(balancers.add(new, token=f"add-{index}"), Accepted)
        world.advance(SETTLED)
        assert isinstance(balancers.remove(one, token=f"remove-{index}"), Accepted)
        world.advance(SETTLED)

    assert members_of(balancers.members(from_ids)) == ()
    after = members_of(balancers.members(to_ids))
    key = [(one.product, one.group, one.kind, one.port, one.weight) for one in before]
    assert [(one.product, one.group, one.kind, one.port, one.weight) for one in after] == key
    assert all(a.is_same_place(b) for a, b in zip(after, before, strict=True))
    assert [one.description for one in after] == [one.description for one in before]
    assert {one.status for one in after} <= {"Available", ""}


@pytest.mark.parametrize("product", ["slb", "alb", "nlb"])
def test_group_that_is_being_changed(world: World, seed: Seed, source: str, product: str) -> None:
    """One change at a time; the next one is for later."""
    balancers = CloudBalancers(world.endpoint())
    mine = [one for one in members_of(balancers.members([source])) if one.product == product][-1]

    assert isinstance(balancers.add(mine.moved_to(seed()), token="a"), Accepted)

    with pytest.raises(Transient) as caught:
        balancers.remove(mine, token="r")
    assert not isinstance(caught.value, UnknownOutcome)
    world.advance(SETTLED)
    assert isinstance(balancers.remove(mine, token="r"), Accepted)


@pytest.mark.parametrize("product", ["slb", "alb", "nlb"])
def test_definite_answers_of_load_balancers(world: World, source: str, product: str) -> None:
    """There already, not there any more, server gone, group gone."""
    balancers = CloudBalancers(world.endpoint())
    mine = [one for one in members_of(balancers.members([source])) if one.product == product][-1]

    assert balancers.add(mine, token="again") == Exists()
    stranger = balancers.remove(replace(mine, port=9999), token="stranger")
    assert stranger == Accepted(source)
    lost = balancers.add(mine.moved_to(UNKNOWN), token="lost")
    # A CLB does not tell a server that is gone from one that does not run yet.
    expected = NotReady("ObtainIpFail") if product == "slb" else Gone("ResourceNotFound.Ecs")
    assert lost == expected
    elsewhere = replace(mine, group="sgp-none", server=UNKNOWN)
    assert isinstance(balancers.add(elsewhere, token="elsewhere"), Gone)
    world.advance(SETTLED)
    assert mine in members_of(balancers.members([source]))


def test_memberships_go_with_their_server(world: World, source: str) -> None:
    """Some seconds after the release, as the emulator assumes; so the lookup is done before."""
    balancers = CloudBalancers(world.endpoint())
    ids = wanted(world, source)
    interrupt(world, source)
    world.advance(299.0)
    assert len(members_of(balancers.members(ids))) == 5
    world.advance(60.0)

    assert members_of(balancers.members(ids)) == ()


def test_classic_lookup_is_remembered_for_a_moment(world: World, source: str) -> None:
    """A second recreation asks nothing again; what is changed here is seen at once."""
    endpoint = world.endpoint()
    recorder = Recorder(endpoint.call)
    balancers = CloudBalancers(replace(endpoint, call=recorder))

    def asked() -> int:
        recorder.calls.clear()
        balancers.members([source])
        return sum(
            action.startswith("slb:Describe") and action != "slb:DescribeLoadBalancers"
            for action, _ in recorder.calls
        )

    assert (asked(), asked()) == (3, 0)
    (mine,) = [one for one in members_of(balancers.members([source])) if one.balancer and one.group]
    balancers.remove(mine, token="r")
    assert mine not in members_of(balancers.members([source]))
    world.advance(30.0)
    assert asked() == 3


def test_lookup_where_a_group_has_to_be_named(world: World, source: str) -> None:
    """Then every group with members is asked."""
    before = members_of(CloudBalancers(world.endpoint()).members([source]))
    assert before

    def be_strict(cloud: Any, _: float) -> None:
        cloud.world.assumptions = replace(cloud.world.assumptions, server_list_needs_group=True)

    def be_lenient(cloud: Any, _: float) -> None:
        cloud.world.assumptions = replace(cloud.world.assumptions, server_list_needs_group=False)

    world.on_cloud(be_strict)
    try:
        found = members_of(CloudBalancers(world.endpoint()).members([source]))
    finally:
        world.on_cloud(be_lenient)

    assert found == before


# Primary/secondary groups


def paired(world: World) -> str:
    """Put two servers into a pair behind two listeners, and return the CLB."""
    servers = [
        {"server": "source", "port": 3306, "weight": 30, "description": "db-1"},
        {"server": "standby", "port": 3306},
    ]
    pair = {"name": "db", "servers": servers, "listeners": [3306, 3307]}
    return balance(world, kind="clb", pairs=[pair])


def pairs_of(found: tuple[Pair, ...] | NotInstalled) -> tuple[Pair, ...]:
    assert not isinstance(found, NotInstalled)
    return found


def test_place_in_a_pair_is_found_with_what_leads_to_it(world: World, seed: Seed) -> None:
    """Role, port, weight and listeners of the source's own place."""
    source = seed(name="source")
    seed(name="standby")
    balancer = paired(world)

    (found,) = members_of(CloudBalancers(world.endpoint()).members([source]))

    assert (found.balancer, found.role, found.port, found.weight) == (balancer, "Master", 3306, 30)
    assert found.listeners == ("tcp/3306", "tcp/3307")
    assert found.is_paired


def _tags_of_pairs(cloud: Cloud, _now: float) -> list[dict[str, str]]:
    return [
        entry.detail["tags"]
        for entry in cloud.ledger
        if entry.action == "CreateMasterSlaveServerGroup"
    ]


def test_pair_is_made_anew_and_led_to(world: World, seed: Seed) -> None:
    """Nothing changes the servers of one; a listener changes its group and nothing else."""
    source, standby, target = seed(name="source"), seed(name="standby"), seed(name="target")
    balancers = CloudBalancers(world.endpoint())
    balancer = paired(world)
    (old,) = pairs_of(balancers.pairs(balancer))
    first, second = old.members
    assert [one.server for one in old.members] == [source, standby]

    wanted = replace(old, group="", members=(first.moved_to(target), second), listeners=())
    assert isinstance(balancers.make_pair(wanted, tags={"spot-recreation:id": "r-1"}), Accepted)
    (made,) = [one for one in pairs_of(balancers.pairs(balancer)) if one.is_like(wanted)]
    with pytest.raises(Transient):
        balancers.lead("tcp/3306", made)
    assert world.on_cloud(_tags_of_pairs) == [{"spot-recreation:id": "r-1"}]
    world.advance(SETTLED)
    assert isinstance(balancers.lead("tcp/3306", made), Accepted)
    world.advance(SETTLED)

    led = {one.group: one.listeners for one in pairs_of(balancers.pairs(balancer))}
    assert led == {old.group: ("tcp/3307",), made.group: ("tcp/3306",)}
    assert [one.description for one in made.members] == ["db-1", ""]


def test_definite_answers_of_pairs(world: World, seed: Seed) -> None:
    """A server that does not run yet, a listener and a group that are not there."""
    seed(name="source")
    seed(name="standby")
    balancers = CloudBalancers(world.endpoint())
    balancer = paired(world)
    (old,) = pairs_of(balancers.pairs(balancer))
    first, second = old.members

    lost = replace(old, members=(first.moved_to(UNKNOWN), second))
    assert balancers.make_pair(lost, tags={}) == NotReady("ObtainIpFail")
    assert isinstance(balancers.lead("tcp/1", old), Gone)
    assert isinstance(balancers.lead("tcp/3306", replace(old, group="rsp-none")), Gone)
    assert pairs_of(balancers.pairs("lb-none")) == ()


def test_pairs_that_may_not_be_read_keep_nobody_from_the_rest(world: World, source: str) -> None:
    """A policy of an earlier release does not allow it."""
    endpoint = world.endpoint()
    balance(world, kind="clb", servers=[{"server": "source"}], listeners=[80])
    balance(world, kind="clb", servers=[{"server": "source"}], listeners=[80])

    def call(action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if "MasterSlave" in action:
            raise ApiRefusal(403, "Forbidden.RAM")
        return endpoint.call(action, params)

    found = members_of(CloudBalancers(replace(endpoint, call=call)).members([source]))

    assert len([one for one in found if one.product == "slb" and not one.group]) == 3


# What only HTTP can do


@pytest.mark.parametrize("answer", ["drop", "truncate", "bad-gateway"])
def test_lost_answer_is_found_under_the_same_token(sdk_world: SdkWorld, answer: str) -> None:
    """The member was added, its answer did not arrive; asked again, nothing is added twice."""
    place = sdk_world.on_cloud(
        lambda cloud, now: (
            cloud.ecs[REGION].seed_instance({}, now),
            cloud.balancers[REGION].seed({"kind": "alb"}, now),
        )
    )
    member = Member("alb", "", place[1], place[0], "ecs", port=80, weight=9)
    balancers = CloudBalancers(sdk_world.endpoint())
    sdk_world.fault(answer=answer, effect="done", product="alb", action="AddServersToServerGroup")

    with pytest.raises(UnknownOutcome):
        balancers.add(member, token="t")
    assert isinstance(balancers.add(member, token="t"), Accepted)
    sdk_world.advance(SETTLED)

    (found,) = members_of(balancers.members([place[0]]))
    assert (found.port, found.weight, found.status) == (80, 9, "Available")


def test_sdk_sends_every_parameter(sdk_world: SdkWorld) -> None:
    """Its request models drop a name that they do not know without a word."""
    made = sdk_world.on_cloud(
        lambda cloud, now: cloud.ecs[REGION].seed_instance(
            {
                "name": "source",
                "eip": True,
                "data_disks": [{"size": 20}],
                "secondary_interfaces": 1,
            },
            now,
        )
    )
    servers = [{"server": "source", "port": 80}]
    for kind in ("alb", "nlb"):
        balance(sdk_world, kind=kind, servers=servers)
    balance(sdk_world, servers=servers, vserver_groups=[{"servers": servers}])
    endpoint = sdk_world.endpoint()
    recorder = Recorder(endpoint.call)
    exercise(replace(endpoint, call=recorder), made)

    assert len({action for action, _ in recorder.calls}) == 26
    for action, params in recorder.calls:
        product, name = route(action)
        models = import_module(f"{PACKAGES[product]}.models")
        sent = getattr(models, f"{name}Request")().from_map(params).to_map()
        assert {"RegionId": REGION, **{k: v for k, v in sent.items() if v != []}} == params
    used = {":".join(route(action)) for action, _ in recorder.calls}
    # No step moves disks yet, so that no role is granted it.
    used -= {"ecs:AttachDisk", "ecs:DetachDisk"}
    assert used | {"alb:ListServerGroups", "nlb:ListServerGroups"} <= granted()


def granted() -> set[str]:
    """Return what the worker's RAM policy allows."""
    policy = json.loads((DEPLOY / "ram" / "worker.json").read_text(encoding="utf-8"))
    actions = [statement["Action"] for statement in policy["Statement"]]
    return {each for one in actions for each in ([one] if isinstance(one, str) else one)}


def exercise(endpoint: Endpoint, instance_id: str) -> None:
    """Use every method of every port once."""
    interfaces, disks = EcsInterfaces(endpoint), EcsDiskMoves(endpoint)
    addresses, balancers = VpcAddresses(endpoint), CloudBalancers(endpoint)
    secondary = interfaces.of_instance(instance_id)[1].interface_id
    interfaces.find([secondary])
    interfaces.keep(secondary)
    interfaces.attach(secondary, instance_id)
    interfaces.detach(secondary, instance_id)
    disks.find(["d-none"])
    disks.attach("d-none", instance_id, goes_with_instance=False)
    disks.detach("d-none", instance_id)
    allocation = bound(addresses, instance_id).allocation
    addresses.find(allocation)
    addresses.convert(instance_id)
    addresses.tag(allocation, {"team": "web"})
    addresses.unassociate(allocation, instance_id, token="u")
    with pytest.raises(Transient):
        addresses.associate(allocation, instance_id, token="a")
    for member in members_of(balancers.members([instance_id])):
        balancers.add(replace(member, description="again"), token=f"add-{member.group}")
        balancers.remove(member, token=f"remove-{member.group}")
