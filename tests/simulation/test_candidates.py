"""Which replacement is launched when the first choice is not to be had."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from typing_extensions import override

from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.harness import REGION, Release, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import Source, add_source, interrupt, recover, replacements
from tests.simulation.schedules import (
    QUICK,
    SOURCE_TYPE,
    NextInstances,
    Scenario,
    after,
    judged,
    run,
    sell_out,
)
from worker.core.model import Candidate, LaunchAnswer, LaunchSpec, NotReady
from worker.core.policy import Policy

ZONE = "cn-hangzhou-h"


def sell_everything(simulation: Simulation, count: int | None = 0) -> None:
    """Leave so much of every type in every zone; None for as much as anybody wants."""
    catalogue = Catalogue.load()
    for zone in catalogue.region(REGION).zones:
        for each in catalogue.types.values():
            if zone.sells(each):
                simulation.cloud.ecs[REGION].set_stock(zone.zone_id, each.type_id, count=count)


def recreate(simulation: Simulation, *sources: Source) -> None:
    """Run one worker through the interruption of all sources to its end."""
    simulation.start_worker("one")
    for source in sources:
        interrupt(simulation, source)
    recover(simulation)
    for source in sources:
        assert violations(simulation, source) == []


def asked(simulation: Simulation) -> dict[str, Any]:
    """The parameters of the one launch that the cloud took."""
    (entry,) = entries(simulation, "RunInstances")
    parameters: dict[str, Any] = entry.detail["parameters"]
    return parameters


def refused_codes(simulation: Simulation) -> list[object]:
    return [line["code"] for line in simulation.notebook.named("refused")]


def test_pool_that_has_just_reclaimed_the_source_is_not_asked_first() -> None:
    """Its own type is launched in another zone, although its own zone has stock."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, zone_id=ZONE)

    recreate(simulation, source)

    (replacement,) = replacements(simulation)
    assert replacement["InstanceType"] == SOURCE_TYPE
    assert replacement["ZoneId"] != ZONE
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["candidates"][0]["why"] == "the source's type in another zone"


def test_pool_that_has_just_reclaimed_the_source_is_asked_last() -> None:
    """When nothing else is left it is good enough."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, zone_id=ZONE)
    sell_everything(simulation)
    simulation.cloud.ecs[REGION].set_stock(ZONE, SOURCE_TYPE, count=1)

    recreate(simulation, source)

    (replacement,) = replacements(simulation)
    assert (replacement["InstanceType"], replacement["ZoneId"]) == (SOURCE_TYPE, ZONE)


def test_everything_sold_out_for_ten_minutes_ends_in_one_replacement() -> None:
    """The list is tried again, epoch by epoch, until there is stock."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    sell_everything(simulation)
    later = simulation.kernel.now + 600.0
    simulation.kernel.spawn(lambda: sell_everything(simulation, None), at=later)

    recreate(simulation, source)

    assert len(replacements(simulation)) == 1
    (launch,) = entries(simulation, "RunInstances")
    assert later <= launch.at <= later + 2 * Policy().epoch_pause


def test_quota_that_the_source_fills_is_waited_for() -> None:
    """Until the source is gone its vCPUs leave no room; no candidate is skipped for that."""
    simulation = simulate(ecs=EcsSettings(**{**_plain(QUICK), "spot_vcpu_quota": 2}))
    source = add_source(simulation, zone_id=ZONE)

    recreate(simulation, source)

    assert set(refused_codes(simulation)) == {"QuotaExceed.ElasticQuota"}
    (receipt,) = simulation.shelf.kept.values()
    first = receipt["candidates"][0]["candidate"]
    assert {one["candidate"] for one in receipt["refused"]} == {first}
    (replacement,) = replacements(simulation)
    assert first.startswith(f"{replacement['InstanceType']} in {replacement['ZoneId']}")


def test_quota_that_stays_full_is_no_reason_to_wait_for_ever() -> None:
    """When the source is gone and there is still no room, the search goes on and ends."""
    simulation = simulate(
        ecs=EcsSettings(**{**_plain(QUICK), "spot_vcpu_quota": 1}), policy=Policy(epochs_max=1)
    )
    source = add_source(simulation)

    recreate(simulation, source)

    (line,) = simulation.notebook.named("parked")
    assert (line["park"], line["code"]) == ("no_stock", "QuotaExceed.ElasticQuota")


def _fill(simulation: Simulation, vswitch_id: str) -> None:
    """Take every address of a subnet."""
    subnet = simulation.cloud.ecs[REGION].region.vpc.networks.vswitches[vswitch_id]
    subnet.used.update(range(subnet.first, subnet.first + subnet.size))


@pytest.mark.parametrize("zone", [ZONE, "cn-hangzhou-i"])
@pytest.mark.parametrize("policy", [Policy(), Policy(data_disks="reattach")])
def test_subnets_without_an_address_do_not_end_the_search(zone: str, policy: Policy) -> None:
    """The one zone with stock has five subnets, and those that are asked first are full."""
    simulation = simulate(ecs=QUICK, policy=replace(policy, epochs_max=2))
    source = add_source(simulation, zone_id=ZONE)
    networks = simulation.cloud.ecs[REGION].region.vpc.networks
    instance = simulation.cloud.ecs[REGION].region.instances[source.instance_id]
    for number in range(4):
        networks.add_vswitch(instance.vpc_id, zone, f"172.17.{number}.0/24")
    ids = sorted(one.vswitch_id for one in networks.vswitches.values() if one.zone_id == zone)
    for full in [instance.vswitch_id] if zone == ZONE else ids[:2]:
        _fill(simulation, full)
    sell_everything(simulation)
    simulation.cloud.ecs[REGION].set_stock(zone, SOURCE_TYPE, count=None)

    recreate(simulation, source)

    (replacement,) = replacements(simulation)
    assert (replacement["ZoneId"], replacement["InstanceType"]) == (zone, SOURCE_TYPE)
    assert "QuotaExceeded.PrivateIpAddress" in refused_codes(simulation)


def test_zone_that_must_be_kept_is_searched_subnet_by_subnet() -> None:
    """Without other zones a full subnet of the source's leaves its siblings."""
    simulation = simulate(ecs=QUICK, policy=Policy(other_zones=False, epochs_max=2))
    source = add_source(simulation, zone_id=ZONE)
    instance = simulation.cloud.ecs[REGION].region.instances[source.instance_id]
    networks = simulation.cloud.ecs[REGION].region.vpc.networks
    sibling = networks.add_vswitch(instance.vpc_id, ZONE, "172.17.0.0/24")
    _fill(simulation, instance.vswitch_id)

    recreate(simulation, source)

    (replacement,) = replacements(simulation)
    assert replacement["ZoneId"] == ZONE
    assert replacement["VpcAttributes"]["VSwitchId"] == sibling
    (receipt,) = simulation.shelf.kept.values()
    assert f"subnet {instance.vswitch_id}" in {one["what"] for one in receipt["not_kept"]}


def _plain(settings: EcsSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in EcsSettings.__dataclass_fields__}


def test_maximum_price_is_sent_as_the_limit() -> None:
    """Half of the list price of type and zone, whatever the source's own strategy was."""
    simulation = simulate(ecs=QUICK, policy=Policy(max_price_percent=50))
    source = add_source(simulation)

    recreate(simulation, source)

    parameters = asked(simulation)
    catalogue = Catalogue.load()
    zone = catalogue.region(REGION).zone(parameters["ZoneId"])
    assert zone is not None
    list_price = catalogue.types[parameters["InstanceType"]].price * zone.price_factor
    assert parameters["SpotStrategy"] == "SpotWithPriceLimit"
    assert parameters["SpotPriceLimit"] == pytest.approx(list_price / 2, abs=0.002)


def test_pay_as_you_go_comes_when_all_of_spot_is_too_dear() -> None:
    """With a limit that nobody sells for, the source's own type is bought in its own zone."""
    policy = Policy(max_price_percent=1, pay_as_you_go_max=1)
    simulation = simulate(ecs=QUICK, policy=policy)
    source = add_source(simulation, zone_id=ZONE)

    recreate(simulation, source)

    (replacement,) = replacements(simulation)
    assert replacement["SpotStrategy"] == "NoSpot"
    assert (replacement["InstanceType"], replacement["ZoneId"]) == (SOURCE_TYPE, ZONE)
    assert set(refused_codes(simulation)) == {"InvalidSpotPriceLimit.LowerThanPublicPrice"}
    (receipt,) = simulation.shelf.kept.values()
    assert receipt["replacement"]["charge"] == "pay-as-you-go"


def test_pay_as_you_go_is_never_taken_without_being_allowed() -> None:
    """Too dear is then parked, and nothing is launched."""
    simulation = simulate(ecs=QUICK, policy=Policy(max_price_percent=1, epochs_max=2))
    source = add_source(simulation)

    recreate(simulation, source)

    assert replacements(simulation) == []
    assert [line["park"] for line in simulation.notebook.named("parked")] == ["no_stock"]


def test_pay_as_you_go_has_a_cap() -> None:
    """Of two sources one is bought; the other goes on looking for spot until it is parked."""
    policy = Policy(max_price_percent=1, pay_as_you_go_max=1, epochs_max=3)
    simulation = simulate(ecs=QUICK, policy=policy)
    first = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, first)
    recover(simulation)
    second_id = simulation.cloud.ecs[REGION].seed_instance({"name": "two"}, simulation.kernel.now)

    interrupt(simulation, Source(second_id, {}, {}))
    recover(simulation)

    assert [one["SpotStrategy"] for one in replacements(simulation)] == ["NoSpot"]
    assert [line["park"] for line in simulation.notebook.named("parked")] == ["no_stock"]
    assert "launch.pay_as_you_go_max" in refused_codes(simulation)


def test_families_are_kept_to() -> None:
    """With the source's own type sold out only the allowed families are asked."""
    simulation = simulate(ecs=QUICK, policy=Policy(families=("ecs.c*",)))
    source = add_source(simulation)
    sell_out(simulation)

    recreate(simulation, source)

    (replacement,) = replacements(simulation)
    assert replacement["InstanceType"].startswith("ecs.c")


def test_everything_sold_out_for_ten_minutes_gives_one_replacement_afterwards() -> None:
    """The list starts again, epoch by epoch, and one request is taken at last."""
    scenario = Scenario(
        "sold out",
        ecs=QUICK,
        prepare=sell_everything,
        during=after(600.0, lambda simulation, _source: sell_everything(simulation, None)),
        lasts=900.0,
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    assert len(replacements(simulation)) == 1
    (launched,) = entries(simulation, "RunInstances")
    assert source.noticed_at + 600.0 <= launched.at <= source.noticed_at + 720.0


@dataclass(frozen=True)
class Stuck(NextInstances):
    """A cloud in which the first candidate is never ready."""

    labels: list[str] = field(default_factory=list)

    @override
    def launch(self, spec: LaunchSpec, candidate: Candidate, **how: Any) -> LaunchAnswer:
        self.labels.append(candidate.label)
        if candidate.label == self.labels[0]:
            return NotReady("IncorrectVSwitchStatus")
        return self.today.launch(spec, candidate, **how)


def test_candidate_that_never_gets_ready_is_passed_by() -> None:
    """After many definite answers, in the order that was frozen."""
    labels: list[str] = []
    scenario = Scenario(
        "stuck",
        ecs=QUICK,
        releases=(Release(instances=lambda today: Stuck(today, labels)),),
        lasts=600.0,
    )

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    assert len(replacements(simulation)) == 1
    assert len(set(labels)) == 2
    assert 10 < labels.count(labels[0]) <= 40
    tokens = [one.token for one in simulation.interposer.launches]
    assert len(set(tokens)) == len(tokens)
