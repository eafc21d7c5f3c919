"""What others know a server by: carried over in whole recreations, or left and named."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from emulator.state.balancers.records import ClassicBalancer
from emulator.state.world import LedgerEntry
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.listing import listed_leftovers
from tests.simulation.scenarios import (
    SOURCE_NAME,
    Source,
    add_source,
    interrupt,
    parked,
    recover,
    replacements,
)
from tests.simulation.schedules import (
    EVERYTHING,
    QUICK,
    Scenario,
    add_members,
    add_pair,
    after,
    judged,
    run,
    sell_out,
    withdraw,
)
from worker.core import handing, identity
from worker.core.leftovers import Kind
from worker.core.policy import Policy
from worker.steps.handover.moves import TAKEN_OUT
from worker.steps.handover.pairs import UNUSED

SEED: Mapping[str, Any] = {"eip": True, "secondary_interfaces": 1}
AFTER_THE_LAUNCH = 40.0


def recreate(**fields: Any) -> tuple[Simulation, Source, dict[str, Any]]:
    """Run a recreation that keeps every promise, and return its receipt."""
    plain: dict[str, Any] = {"ecs": QUICK, "seed": SEED, "policy": EVERYTHING, "lasts": 500.0}
    scenario = Scenario("handover", **{**plain, **fields})
    simulation, source = run(scenario, {})
    assert judged(scenario, simulation, source) == []
    assert parked(simulation) == 0
    (receipt,) = simulation.shelf.kept.values()
    return simulation, source, dict(receipt)


def reasons(receipt: Mapping[str, Any]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in receipt["not_kept"]}


def moved(receipt: Mapping[str, Any]) -> list[str]:
    return [one["what"].split(" ")[0] for one in receipt["handed_over"]]


def replacement(simulation: Simulation) -> str:
    (found,) = replacements(simulation)
    return str(found["InstanceId"])


def eip(simulation: Simulation) -> Any:
    (found,) = simulation.cloud.ecs[REGION].region.vpc.addresses.eips.values()
    return found


def interface(simulation: Simulation, source: Source) -> Any:
    interfaces = simulation.cloud.ecs[REGION].region.interfaces
    return next(
        interfaces[one]
        for one in sorted(source.belongings)
        if one in interfaces and interfaces[one].kind == "Secondary"
    )


def balanced(**seed: Any) -> Callable[[Simulation], None]:
    """Put the source into a load balancer, beside a neighbour."""

    def prepare(simulation: Simulation) -> None:
        cloud, now = simulation.cloud, simulation.kernel.now
        cloud.ecs[REGION].seed_instance({"name": "neighbour"}, now)
        cloud.balancers[REGION].seed(seed, now)

    return prepare


BOTH = [
    {"server": SOURCE_NAME, "port": 8080, "weight": 30, "description": "web-1"},
    {"server": "neighbour", "port": 8080},
]


def members(simulation: Simulation) -> list[tuple[str, int, int]]:
    """Every membership, as server, port and weight."""
    book = simulation.cloud.balancers[REGION].book
    groups = [group for each in book.classic.values() for group in each.serving()]
    groups += [group for product in book.groups.values() for group in product.values()]
    return [(one.server_id, one.port, one.weight) for group in groups for one in group.backends]


def test_address_is_on_the_replacement() -> None:
    """The same address, seen in the receipt."""
    simulation, _, receipt = recreate()

    assert (eip(simulation).status, eip(simulation).target_id) == ("InUse", replacement(simulation))
    assert receipt["replacement"]["elastic_ip"] == eip(simulation).address
    assert receipt["source"]["elastic_ip"] == eip(simulation).address
    assert reasons(receipt) == {}


def test_static_address_becomes_elastic_and_moves() -> None:
    """The replacement gets no address of its own beside it."""
    simulation, _, receipt = recreate(seed={"bandwidth_out": 5})

    assert eip(simulation).target_id == replacement(simulation)
    assert receipt["replacement"]["elastic_ip"] == eip(simulation).address
    assert reasons(receipt) == {}


def test_static_address_stays_static_unless_asked() -> None:
    """An elastic one is billed by itself."""
    policy = replace(EVERYTHING, convert_public_ip=False)

    simulation, _, receipt = recreate(seed={"bandwidth_out": 5}, policy=policy)

    assert simulation.cloud.ecs[REGION].region.vpc.addresses.eips == {}
    assert any(what.startswith("public address") for what in reasons(receipt))


@pytest.mark.parametrize(
    ("seed", "port"),
    [
        ({"kind": "clb", "vserver_groups": [{"servers": BOTH}]}, 8080),
        ({"kind": "clb", "servers": BOTH, "listeners": [80]}, 0),
        ({"kind": "alb", "servers": BOTH}, 8080),
        ({"kind": "nlb", "servers": BOTH}, 8080),
    ],
)
def test_membership_moves_with_port_and_weight(seed: dict[str, Any], port: int) -> None:
    """The neighbour stays, the source is out."""
    simulation, source, receipt = recreate(prepare=balanced(**seed), seed={})

    found = members(simulation)
    assert (replacement(simulation), port, 30) in found
    assert source.instance_id not in [server for server, _, _ in found]
    assert len(found) == 2
    assert moved(receipt) == ["member"]


def serving(simulation: Simulation) -> dict[int, dict[str, tuple[str, int, int]]]:
    """What each listener of the only CLB leads to."""
    (balancer,) = simulation.cloud.balancers[REGION].book.classic.values()
    return serving_of(balancer)


def serving_of(balancer: ClassicBalancer) -> dict[int, dict[str, tuple[str, int, int]]]:
    """What each listener of a CLB leads to: by role the server, its port and its weight."""
    return {
        listener.port: {
            one.role: (one.server_id, one.port, one.weight)
            for one in balancer.pairs[listener.group_id].backends
        }
        for listener in balancer.listeners
    }


PAIRED = Policy(hand_over=("load_balancers",))


def test_place_in_a_pair_is_taken_by_the_replacement() -> None:
    """Every listener leads to a new pair: same role, port and weight, and the partner beside it."""
    simulation, source, receipt = recreate(prepare=add_pair, seed={}, policy=PAIRED)

    led = serving(simulation)
    assert set(led) == {3306, 3307}
    for pair in led.values():
        assert pair["Master"] == (replacement(simulation), 8080, 30)
        assert pair["Slave"][0] not in {source.instance_id, replacement(simulation)}
    (balancer,) = simulation.cloud.balancers[REGION].book.classic.values()
    old, new = balancer.pairs
    assert reasons(receipt)[f"server group {old}"] == handing.old_pair(new)
    assert moved(receipt) == ["member"]


def test_pair_that_somebody_has_led_elsewhere_is_left() -> None:
    """Who leads a listener to another group wants it there."""

    def lead_elsewhere(simulation: Simulation, _: Source) -> None:
        (balancer,) = simulation.cloud.balancers[REGION].book.classic.values()
        balancer.listeners = tuple(replace(one, group_id="") for one in balancer.listeners)

    simulation, _, receipt = recreate(
        prepare=add_pair, seed={}, policy=PAIRED, during=after(AFTER_THE_LAUNCH, lead_elsewhere)
    )

    (balancer,) = simulation.cloud.balancers[REGION].book.classic.values()
    assert len(balancer.pairs) == 1
    assert list(reasons(receipt).values()) == [TAKEN_OUT]


def test_pair_to_which_nothing_leads_is_named() -> None:
    """A copy of it would be of no use to anybody."""

    def unused(simulation: Simulation) -> None:
        add_pair(simulation)
        (balancer,) = simulation.cloud.balancers[REGION].book.classic.values()
        balancer.listeners = tuple(replace(one, group_id="") for one in balancer.listeners)

    _, _, receipt = recreate(prepare=unused, seed={}, policy=PAIRED)

    assert list(reasons(receipt).values()) == [UNUSED]


@pytest.mark.parametrize("apart", [0.0, 5.0, 90.0])
def test_both_of_a_pair_are_reclaimed(apart: float) -> None:
    """The last pair holds both replacements, whoever comes first."""
    simulation = simulate(ecs=QUICK, policy=PAIRED)
    first = add_source(simulation)
    second = add_source(simulation, name="standby")
    servers = [{"server": SOURCE_NAME, "port": 8080}, {"server": "standby", "port": 8080}]
    pair = {"name": "db", "servers": servers, "listeners": [3306]}
    simulation.cloud.balancers[REGION].seed({"kind": "clb", "pairs": [pair]}, simulation.kernel.now)
    simulation.start_worker("one")

    interrupt(simulation, first)
    simulation.run(apart)
    interrupt(simulation, second)
    recover(simulation, at_least=600.0)

    assert violations(simulation, first, second) == []
    by_source = {
        one["Tags"][identity.TAG_SOURCE]: one["InstanceId"] for one in replacements(simulation)
    }
    (led,) = serving(simulation).values()
    assert led["Master"][0] == by_source[first.instance_id]
    assert led["Slave"][0] == by_source[second.instance_id]


def test_membership_by_the_primary_interface_moves() -> None:
    """It is the replacement's primary interface then."""
    servers = [{"server": SOURCE_NAME, "type": "Eni", "port": 90, "weight": 7}]

    simulation, _, receipt = recreate(prepare=balanced(kind="nlb", servers=servers), seed={})

    region = simulation.cloud.ecs[REGION].region
    primary = region.instances[replacement(simulation)].interface_ids[0]
    assert members(simulation) == [(primary, 90, 7)]
    assert moved(receipt) == ["member"]


def test_secondary_interface_is_on_the_replacement() -> None:
    """It was kept from the release first."""
    simulation, source, receipt = recreate()

    found = interface(simulation, source)
    assert (found.status, found.instance_id) == ("InUse", replacement(simulation))
    assert "network" in moved(receipt)


def test_interface_of_another_zone_is_left_and_named() -> None:
    """It outlives the source all the same."""

    def elsewhere(simulation: Simulation) -> None:
        zone = simulation.cloud.ecs[REGION].region.place.zones[0].zone_id
        sell_out(simulation, zone)

    simulation, source, receipt = recreate(prepare=elsewhere)

    found = interface(simulation, source)
    assert found.instance_id in ("", source.instance_id)
    assert reasons(receipt)[f"network interface {found.interface_id}"] == (
        "the replacement is in another zone"
    )


def _elsewhere(simulation: Simulation) -> None:
    zone = simulation.cloud.ecs[REGION].region.place.zones[0].zone_id
    sell_out(simulation, zone)


def test_interface_that_is_left_is_dated_and_listed() -> None:
    """It holds addresses, and nobody else will think of it."""
    simulation, source, _ = recreate(prepare=_elsewhere)
    left = interface(simulation, source)

    (listed,) = [one for one in listed_leftovers(simulation) if one.kind is Kind.INTERFACE]

    assert (listed.resource_id, listed.attached_to, listed.status) == (
        left.interface_id,
        "",
        "Available",
    )
    assert listed.delete_after
    assert listed.source == source.instance_id
    (image,) = [one for one in listed_leftovers(simulation) if one.kind is Kind.IMAGE]
    assert listed.recreation == image.recreation
    assert listed.owner == image.owner


def test_interface_that_has_moved_is_neither_dated_nor_listed() -> None:
    simulation, source, _ = recreate()
    tags = simulation.cloud.ecs[REGION].region.tags.all_of(
        interface(simulation, source).interface_id
    )

    assert identity.TAG_DELETE_AFTER not in tags
    assert Kind.INTERFACE not in {one.kind for one in listed_leftovers(simulation)}


def test_interface_that_somebody_else_has_by_now_is_not_dated() -> None:
    """It is in use: a date would say that it may go."""

    def take(simulation: Simulation, source: Source) -> None:
        ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
        other = ecs.seed_instance({"name": "another"}, now)
        found = interface(simulation, source)
        region = ecs.region
        region.instances[source.instance_id].interface_ids.remove(found.interface_id)
        region.instances[other].interface_ids.append(found.interface_id)
        found.instance_id = other

    simulation, source, receipt = recreate(during=after(30.0, take))

    found = interface(simulation, source)
    assert reasons(receipt)[f"network interface {found.interface_id}"] == (
        f"{found.instance_id} has it by now"
    )
    tags = simulation.cloud.ecs[REGION].region.tags.all_of(found.interface_id)
    assert identity.TAG_DELETE_AFTER not in tags


def test_tags_of_single_disks_are_copied() -> None:
    """Also those that the instance does not have."""
    seed = {"data_disks": [{"size": 100, "tags": {"backup": "夜间", "team": "订单"}}]}

    simulation, _, receipt = recreate(seed=seed)

    disks = simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    (copy,) = [
        disk
        for disk in disks
        if disk["InstanceId"] == replacement(simulation) and disk["Device"] == "/dev/xvdb"
    ]
    assert copy["Tags"]["backup"] == "夜间"
    assert moved(receipt) == ["tags"]


def test_tags_that_find_no_room_are_named() -> None:
    """A resource holds 20, and those of the recreation are there already."""
    many = {f"key-{number}": "x" for number in range(18)}

    simulation, _, receipt = recreate(seed={"data_disks": [{"size": 100, "tags": many}]})

    assert reasons(receipt)["tags of /dev/xvdb"] == "a resource holds 20 tags and ours come first"
    disks = simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    (copy,) = [
        disk
        for disk in disks
        if disk["InstanceId"] == replacement(simulation) and disk["Device"] == "/dev/xvdb"
    ]
    assert not many.keys() & copy["Tags"].keys()


# What somebody else has done in the meantime


def test_address_that_somebody_has_moved_is_left() -> None:
    """It stays where it was put, and the receipt tells where."""

    def steal(simulation: Simulation, _: Source) -> None:
        ecs = simulation.cloud.ecs[REGION]
        other = ecs.seed_instance({"name": "other"}, simulation.kernel.now)
        addresses = ecs.region.vpc.addresses
        addresses.free_now(eip(simulation), simulation.kernel.now)
        addresses.bind_now(eip(simulation), other, "EcsInstance", "")

    simulation, _, receipt = recreate(during=after(AFTER_THE_LAUNCH, steal))

    other = eip(simulation).target_id
    assert other != replacement(simulation)
    assert reasons(receipt) == {
        f"elastic address {eip(simulation).address}": f"{other} has it by now"
    }


def test_membership_that_somebody_has_ended_stays_ended() -> None:
    """The source is stopped and not gone, so that it was not the cloud that took it out."""

    def end(simulation: Simulation, source: Source) -> None:
        for group in simulation.cloud.balancers[REGION].book.groups["alb"].values():
            group.drop(source.instance_id)

    simulation, _, receipt = recreate(
        prepare=balanced(kind="alb", servers=BOTH),
        seed={},
        during=after(AFTER_THE_LAUNCH, end),
    )

    assert len(members(simulation)) == 1
    assert list(reasons(receipt).values()) == ["somebody has taken the source out of it"]


def test_interface_that_somebody_has_deleted_is_named() -> None:
    """Nothing else suffers."""

    def delete(simulation: Simulation, source: Source) -> None:
        region, found = simulation.cloud.ecs[REGION].region, interface(simulation, source)
        region.instances[source.instance_id].interface_ids.remove(found.interface_id)
        del region.interfaces[found.interface_id]

    _, _, receipt = recreate(during=after(AFTER_THE_LAUNCH, delete))

    assert list(reasons(receipt).values()) == ["it is not there any more"]
    assert moved(receipt) == ["elastic"]


# What is busy


def test_group_that_stays_busy_is_left_and_holds_up_nobody() -> None:
    """The address has moved long before the group is given up."""

    def jam(simulation: Simulation, _: Source) -> None:
        for group in simulation.cloud.balancers[REGION].book.groups["alb"].values():
            group.is_busy = True

    _, _, receipt = recreate(
        prepare=balanced(kind="alb", servers=BOTH), during=after(AFTER_THE_LAUNCH, jam)
    )

    at = {one["what"]: one["seconds_after_t0"] for one in receipt["timeline"]}
    assert at["elastic address moved"] < AFTER_THE_LAUNCH + 60.0
    assert at["network interface moved"] < AFTER_THE_LAUNCH + 60.0
    assert list(reasons(receipt).values()) == ["IncorrectStatus.ServerGroup"]


def test_what_is_locked_with_the_source_moves_after_the_release() -> None:
    """A cloud that lets nothing go from a locked source sets all free when it is released."""
    simulation, source, receipt = recreate(flips={"detach_while_recycling": False})

    assert eip(simulation).target_id == replacement(simulation)
    assert interface(simulation, source).instance_id == replacement(simulation)
    assert reasons(receipt) == {}


def test_a_source_that_still_serves_keeps_what_it_has() -> None:
    """With overlap the replacement runs beside it; nothing moves before the platform's stop."""
    simulation, source, receipt = recreate(policy=replace(EVERYTHING, takeover="overlap"))

    down = next(
        entry.at
        for entry in simulation.cloud.ledger
        if entry.action == "Stopped" and entry.resource_id == source.instance_id
    )
    touched = [
        entry.at
        for entry in simulation.cloud.ledger
        if entry.action == "UnassociateEipAddress" and entry.at > source.noticed_at
    ]
    assert touched
    assert min(touched) >= down
    assert "elastic" in moved(receipt)


# The private address


def test_private_address_is_asked_for_when_it_is_free() -> None:
    """That is after the release."""
    policy = Policy(private_ip="same_or_fast")

    _, source, receipt = recreate(policy=policy, seed={})

    assert receipt["replacement"]["private_ip"] == receipt["source"]["private_ip"]
    accepted = next(one for one in receipt["timeline"] if one["what"] == "replacement accepted")
    assert accepted["seconds_after_t0"] >= 300.0
    assert source.instance_id != receipt["replacement"]["instance"]


def take_the_address(simulation: Simulation, source: Source) -> None:
    """Give the source's address to somebody at the moment in which it is free."""
    region = simulation.cloud.ecs[REGION].region
    instance = region.instances[source.instance_id]
    vswitch, address = region.vpc.networks.vswitches[instance.vswitch_id], instance.private_ip
    while not vswitch.is_free(address, simulation.kernel.now):
        simulation.kernel.sleep(0.01)
    vswitch.take(address, simulation.kernel.now)


def test_private_address_that_is_taken_is_done_without() -> None:
    """`same_or_fast` takes what comes then, and names it."""
    policy = Policy(private_ip="same_or_fast")

    _, _, receipt = recreate(policy=policy, seed={}, during=after(298.0, take_the_address))

    assert receipt["replacement"]["private_ip"] != receipt["source"]["private_ip"]
    assert reasons(receipt)["PrivateIpAddress"] == "InvalidPrivateIpAddress.Duplicated"


def test_private_address_that_must_be_had_is_parked() -> None:
    """`same_or_park` leaves it to a person."""
    scenario = Scenario(
        "must",
        ecs=QUICK,
        policy=Policy(private_ip="same_or_park"),
        during=after(298.0, take_the_address),
        may_park=True,
        lasts=500.0,
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    (line,) = simulation.notebook.named("parked")
    assert line["park"] == "private_address_taken"


def test_interface_kept_for_a_false_alarm_goes_with_its_instance_again() -> None:
    """As it did before; an invariant of every withdrawn notice."""
    policy = replace(EVERYTHING, takeover="wait")
    scenario = Scenario(
        "withdrawn",
        ecs=QUICK,
        seed={"secondary_interfaces": 1},
        policy=policy,
        during=after(40.0, withdraw),
        withdrawn=True,
        lasts=700.0,
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    asked = [
        entry.detail
        for entry in simulation.cloud.ledger
        if entry.action == "ModifyNetworkInterfaceAttribute"
    ]
    assert len(asked) == 2
    assert interface(simulation, source).delete_on_release


def test_member_that_names_an_address_is_told_and_not_moved() -> None:
    """The address is not handed over, so that its place in the group cannot be either."""

    def prepare(simulation: Simulation) -> None:
        instances = simulation.cloud.ecs[REGION].region.instances.values()
        (address,) = [one.private_ip for one in instances]
        by_address = {"server": address, "type": "Ip", "port": 8080}
        seed = {"kind": "alb", "type": "Ip", "servers": [by_address]}
        simulation.cloud.balancers[REGION].seed(seed, simulation.kernel.now)

    _, _, receipt = recreate(prepare=prepare)

    (told,) = [why for what, why in reasons(receipt).items() if what.startswith("member of")]
    assert told == "it names an address, not a server"


def test_address_goes_on_to_the_next_generation_when_its_server_is_reclaimed() -> None:
    """It is bound to nothing that goes, and not lost."""

    def reclaim(simulation: Simulation, source: Source) -> None:
        while not [one for one in replacements(simulation) if one["Status"] == "Running"]:
            simulation.kernel.sleep(0.2)
        (first,) = replacements(simulation)
        simulation.cloud.ecs[REGION].interrupt(first["InstanceId"], simulation.kernel.now)
        assert eip(simulation).target_id in {"", source.instance_id}

    scenario = Scenario(
        "twice",
        ecs=QUICK,
        seed={"eip": True},
        policy=Policy(hand_over=("eip",)),
        during=after(20.0, reclaim),
        lasts=900.0,
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    second = replacement(simulation)
    assert (eip(simulation).status, eip(simulation).target_id) == ("InUse", second)
    assert len(simulation.shelf.kept) == 2
    told = [why for one in simulation.shelf.kept.values() for why in reasons(one).values()]
    assert any(why.startswith(f"what had not arrived went on to {second}") for why in told)


# A replacement that is reclaimed in the middle of its handover


def reclaimed(action: str, delay: float) -> Callable[[Simulation, Source], None]:
    """Reclaim the replacement so long after the cloud has taken an action."""

    def reclaim(simulation: Simulation, source: Source) -> None:
        while not [one for one in simulation.cloud.ledger if _is(one, action, source)]:
            simulation.kernel.sleep(0.05)
        simulation.kernel.sleep(delay)
        (first,) = replacements(simulation)
        simulation.cloud.ecs[REGION].interrupt(first["InstanceId"], simulation.kernel.now)

    return after(1.0, reclaim)


def _is(entry: LedgerEntry, action: str, source: Source) -> bool:
    return entry.action == action and entry.at > source.noticed_at


def in_everything(simulation: Simulation) -> None:
    """Put the source into groups of all kinds, and before two listeners as the primary."""
    add_members(simulation)
    servers = [{"server": SOURCE_NAME, "port": 8080}, {"server": "neighbour"}]
    pair = {"name": "db", "servers": servers, "listeners": [3306]}
    simulation.cloud.balancers[REGION].seed({"kind": "clb", "pairs": [pair]}, simulation.kernel.now)


HANDED = Scenario(
    "handed over",
    ecs=QUICK,
    seed=SEED,
    policy=replace(EVERYTHING, hand_over=("eip", "load_balancers", "interfaces")),
    prepare=in_everything,
    lasts=300.0,
)


@cache
def first_calls() -> Mapping[tuple[str, str], int]:
    """Number of the first call of each method in a handover that goes well."""
    simulation, _ = run(HANDED, {})
    numbers: dict[tuple[str, str], int] = {}
    for call in simulation.interposer.calls:
        numbers.setdefault((call.port, call.method), call.number)
    return numbers


@pytest.mark.parametrize("takeover", ["stop-source", "overlap"])
@pytest.mark.parametrize(
    ("action", "delay", "call", "fault"),
    [
        ("AssociateEipAddress", 0.0, None, None),
        ("AssociateEipAddress", 6.0, None, None),
        ("AssociateEipAddress", 0.0, ("addresses", "associate"), Fault.CRASH_AFTER),
        ("AssociateEipAddress", 0.0, ("addresses", "associate"), Fault.SLOW),
        ("UnassociateEipAddress", 0.0, ("addresses", "unassociate"), Fault.ANSWER_LOST),
        ("UnassociateEipAddress", 30.0, ("balancers", "add"), Fault.CRASH_BEFORE),
        ("UnassociateEipAddress", 0.0, ("balancers", "add"), Fault.LATE),
        ("AddServersToServerGroup", 1.0, ("balancers", "add"), Fault.SLOW),
        ("CreateMasterSlaveServerGroup", 0.0, None, None),
        ("CreateMasterSlaveServerGroup", 0.0, ("balancers", "lead"), Fault.PAUSED),
        ("SetLoadBalancerTCPListenerAttribute", 0.0, ("balancers", "lead"), Fault.CRASH_AFTER),
        ("AttachNetworkInterface", 0.0, ("interfaces", "attach"), Fault.CRASH_AFTER),
    ],
)
def test_what_is_on_its_way_goes_on_to_the_next_generation(
    action: str, delay: float, call: tuple[str, str] | None, fault: Fault | None, takeover: Any
) -> None:
    """Whoever of the two recreations moves it: it is on the last one, and never before a stop."""
    scenario = replace(
        HANDED,
        policy=replace(HANDED.policy, takeover=takeover),
        during=reclaimed(action, delay),
        lasts=1_500.0,
    )
    plan = {} if call is None or fault is None else {first_calls()[call]: fault}

    simulation, source = run(scenario, plan)

    assert judged(scenario, simulation, source) == []
    last = replacement(simulation)
    assert (eip(simulation).status, eip(simulation).target_id) == ("InUse", last)
    assert interface(simulation, source).instance_id == last
    groups = [
        {one.server_id for one in group.backends}
        for classic in simulation.cloud.balancers[REGION].book.classic.values()
        for group in classic.groups.values()
    ]
    groups += [
        {one.server_id for one in group.backends}
        for group in simulation.cloud.balancers[REGION].book.groups["alb"].values()
    ]
    assert all(last in group for group in groups)
    led = [
        pair["Master"][0]
        for classic in simulation.cloud.balancers[REGION].book.classic.values()
        for pair in serving_of(classic).values()
    ]
    assert led == [last]


def tags_of(simulation: Simulation) -> dict[str, str]:
    """Tags of the only elastic address, shown or not."""
    book = simulation.cloud.ecs[REGION].region.vpc.addresses
    return dict(book.tags.all_of(eip(simulation).allocation_id))


def asked_of_vpc(simulation: Simulation, action: str) -> list[LedgerEntry]:
    return [one for one in simulation.cloud.ledger if (one.product, one.action) == ("vpc", action)]


STATIC: Mapping[str, Any] = {"bandwidth_out": 5}
CONVERTED = Scenario(
    "with a public address",
    ecs=QUICK,
    seed=STATIC,
    policy=Policy(hand_over=("eip",), convert_public_ip=True),
)


def test_an_address_that_was_made_elastic_says_whose_it_was() -> None:
    """Once, while it is still on the source."""
    simulation, source, _ = recreate(seed=STATIC)

    assert set(tags_of(simulation)) == {identity.TAG_ID, identity.TAG_OWNER, identity.TAG_SOURCE}
    assert tags_of(simulation)[identity.TAG_SOURCE] == source.instance_id
    (tagged,) = asked_of_vpc(simulation, "TagResources")
    assert tagged.at < asked_of_vpc(simulation, "UnassociateEipAddress")[0].at


def test_an_address_that_was_elastic_before_is_not_marked() -> None:
    """It is its owner's, and was before."""
    simulation, _, _ = recreate()

    assert tags_of(simulation) == {}
    assert asked_of_vpc(simulation, "TagResources") == []


def test_a_refused_tag_is_told_and_the_address_moves_all_the_same() -> None:
    numbers = calls_of(CONVERTED, "addresses", "tag")

    simulation, _ = run(CONVERTED, {numbers[0]: Fault.REFUSED})

    (receipt,) = simulation.shelf.kept.values()
    assert reasons(receipt) == {
        f"tags on elastic address {eip(simulation).address}": "Forbidden.RAM"
    }
    assert eip(simulation).target_id == replacement(simulation)


@pytest.mark.parametrize("method", ["convert", "tag"])
@pytest.mark.parametrize(
    "fault", [Fault.CRASH_AFTER, Fault.CRASH_BEFORE, Fault.ANSWER_LOST, Fault.PAUSED, Fault.SLOW]
)
def test_an_address_is_marked_whatever_happens_when_it_is_made(method: str, fault: Fault) -> None:
    """That it was asked for is written down before, so that whoever goes on knows it."""
    numbers = calls_of(CONVERTED, "addresses", method)

    simulation, source = run(CONVERTED, {numbers[0]: fault})

    assert judged(CONVERTED, simulation, source) == []
    assert tags_of(simulation)[identity.TAG_SOURCE] == source.instance_id
    assert eip(simulation).target_id == replacement(simulation)


def test_an_address_of_a_recreation_that_was_parked_is_listed() -> None:
    """No stock: the source is gone, and its address is left with nothing that has it."""
    policy = replace(CONVERTED.policy, same_type_only=True, epochs_max=1)
    scenario = replace(CONVERTED, policy=policy, prepare=sell_out)
    simulation, source = run(replace(scenario, lasts=900.0), {})

    assert parked(simulation) == 1
    assert (eip(simulation).status, eip(simulation).target_id) == ("Available", "")
    (found,) = [one for one in listed_leftovers(simulation) if one.kind is Kind.ADDRESS]
    assert (found.resource_id, found.name) == (
        eip(simulation).allocation_id,
        eip(simulation).address,
    )
    assert (found.source, found.owner) == (source.instance_id, "default")


def calls_of(scenario: Scenario, port: str, method: str) -> list[int]:
    """Numbers of the calls of a method where all goes well."""
    simulation, _ = run(scenario, {})
    calls = simulation.interposer.calls
    return [one.number for one in calls if (one.port, one.method) == (port, method)]
