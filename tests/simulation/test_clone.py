"""The replacement is its source, field by field, on the emulator's own state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from emulator.state.ecs.references import declare_those_of_disks
from tests.simulation.clones import NEVER_SENT, judged, recording
from tests.simulation.harness import Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.likeness import EXCUSES, Pair, excuse, portrait, region_of, unexcused
from tests.simulation.scenarios import add_source, interrupt, recover, replacements
from tests.simulation.schedules import ECONOMICAL, QUICK, sell_out_when_stopped
from worker.core.policy import Policy
from worker.steps.cleanup import CleanUp

# Everything stays where it was, so that nothing is excused by another type or zone.
SAME_PLACE = Policy(reclaimed_pool="first")
POLICY_ID = "sp-bp1policy0000000001"
KEY = "0d5b1f6e-kms"


def _nothing(_simulation: Simulation, _source_id: str) -> None:
    """Most sources are all in their seed."""


def _interface(name: str, value: object) -> Callable[[Simulation, str], None]:
    def change(simulation: Simulation, source_id: str) -> None:
        region = region_of(simulation)
        primary = region.interfaces[region.instances[source_id].interface_ids[0]]
        setattr(primary, name, value)

    return change


def _on_disks(**each: object) -> Callable[[Simulation, str], None]:
    """Set attributes of every disk; a tuple has one value for each, the system disk's first."""

    def change(simulation: Simulation, source_id: str) -> None:
        region = region_of(simulation)
        for number, disk_id in enumerate(region.instances[source_id].disk_ids):
            for name, value in each.items():
                mine = value[number] if isinstance(value, tuple) else value
                setattr(region.disks[disk_id], name, mine)
            declare_those_of_disks(region, [region.disks[disk_id]])

    return change


@dataclass(frozen=True)
class Case:
    """A source that has one thing.

    Attributes:
        name: The field of the portrait that must be the same afterwards.
        has: Its value.
        seed: Makes the source.
        prepare: Changes what a seed cannot say.
    """

    name: str
    has: object
    seed: Mapping[str, Any] = field(default_factory=dict)
    prepare: Callable[[Simulation, str], None] = _nothing


def option(name: str, value: object, **more: object) -> Case:
    return Case(name, value, {"options": {name: value, **more}})


def data_disk(name: str, value: object, /, **seed: object) -> Case:
    return Case(f"/dev/xvdb {name}", value, {"data_disks": [{"size": 100, **seed}]})


def system_disk(name: str, value: object, /, **seed: object) -> Case:
    return Case(f"/dev/xvda {name}", value, {"system_disk": {"size": 60, **seed}})


CASES = (
    Case("type", "ecs.c7.xlarge", {"instance_type": "ecs.c7.xlarge"}),
    Case("zone", "cn-hangzhou-i", {"zone_id": "cn-hangzhou-i"}),
    Case("instance_name", "db.主-01", {"name": "db.主-01"}),
    option("description", "the primary"),
    option("host_name", "db-01"),
    Case(
        "spot_price_limit",
        0.5,
        {"spot_strategy": "SpotWithPriceLimit", "spot_price_limit": 0.5},
    ),
    Case("spot_duration", 0, {"spot_duration": 0}),
    Case("spot_duration", 1, {"spot_duration": 1}),
    Case("key_pair_name", "ops", {"key_pair_name": "ops"}),
    Case("key_pair_name", "", {"key_pair_name": ""}),
    Case("ram_role_name", "db-role", {"ram_role_name": "db-role"}),
    option("resource_group_id", "rg-acfm01"),
    option("internet_charge_type", "PayByBandwidth", bandwidth_out=20),
    option("bandwidth_out", 20, bandwidth_in=15),
    option("bandwidth_in", 15, bandwidth_out=20),
    Case("has_public_ip", has=True, seed={"bandwidth_out": 5}),
    Case("has_public_ip", has=False, seed={"eip": True}),
    Case(
        "credit_specification",
        "Unlimited",
        {
            "instance_type": "ecs.t6-c1m2.large",
            "options": {"credit_specification": "Unlimited"},
        },
    ),
    option("http_endpoint", "disabled"),
    option("http_tokens", "required"),
    option("threads_per_core", 1),
    option("cpu_topology", "DiscreteCoreToHTMapping"),
    option("nested_virtualization", "enabled"),
    option("login_as_non_root", value=True),
    option("deployment_set_id", "ds-bp1"),
    option("deployment_set_group", 3, deployment_set_id="ds-bp1"),
    option("hpc_cluster_id", "hpc-bp1"),
    option("ptp_status", "enabled"),
    option("secure_boot", value=True),
    option("network_encryption", value=True),
    option("bandwidth_weighting", "Vpc-L1"),
    option("private_dns", {"EnableIpDnsARecord": True, "HostnameType": "Custom"}),
    Case("jumbo_frame", False, {"instance_type": "ecs.g8i.large"}),
    Case(
        "jumbo_frame",
        True,
        {"instance_type": "ecs.g8i.large", "options": {"jumbo_frame": True}},
    ),
    Case("primary queue_number", 4, prepare=_interface("queue_number", 4)),
    Case("primary ipv6", 1, prepare=_interface("ipv6", ("2408:4000::1",))),
    system_disk("category", "cloud_auto", category="cloud_auto"),
    system_disk("size", 60),
    system_disk("performance_level", "PL0", performance_level="PL0"),
    system_disk("name", "root", name="root"),
    system_disk("description", "boots", description="boots"),
    system_disk("provisioned_iops", 900, category="cloud_auto", provisioned_iops=900),
    system_disk("bursting", True, category="cloud_auto", bursting=True),
    system_disk("encrypted", True, encrypted=True, kms_key_id=KEY),
    system_disk("kms_key_id", KEY, encrypted=True, kms_key_id=KEY),
    system_disk("auto_snapshot_policy_id", POLICY_ID, auto_snapshot_policy_id=POLICY_ID),
    data_disk("category", "cloud_essd_entry", category="cloud_essd_entry"),
    data_disk("size", 100),
    data_disk("performance_level", "PL0", performance_level="PL0"),
    data_disk("name", "orders", name="orders"),
    data_disk("description", "of 2026", description="of 2026"),
    data_disk("provisioned_iops", 1_200, category="cloud_auto", provisioned_iops=1_200),
    data_disk("bursting", True, category="cloud_auto", bursting=True),
    data_disk("encrypted", True, encrypted=True, kms_key_id=KEY),
    data_disk("kms_key_id", KEY, encrypted=True, kms_key_id=KEY),
    data_disk("delete_with_instance", False, delete_with_instance=False),
    data_disk("delete_with_instance", True, delete_with_instance=True),
    data_disk("auto_snapshot_policy_id", POLICY_ID, auto_snapshot_policy_id=POLICY_ID),
    Case(
        "/dev/xvdb storage_set_id",
        "ss-bp1",
        {"data_disks": [{"size": 20}]},
        prepare=_on_disks(storage_set_id="ss-bp1", storage_set_partition=1),
    ),
    Case(
        "/dev/xvda storage_set_partition",
        2,
        {"data_disks": [{"size": 20}]},
        prepare=_on_disks(storage_set_id="ss-bp1", storage_set_partition=2),
    ),
    Case(
        "/dev/xvda storage_cluster_id", "dbsc-bp1", prepare=_on_disks(storage_cluster_id="dbsc-bp1")
    ),
    Case(
        "/dev/xvdb storage_cluster_id",
        "dbsc-bp1",
        {"data_disks": [{"size": 20}]},
        prepare=_on_disks(storage_cluster_id="dbsc-bp1"),
    ),
    Case("disks", [f"/dev/xvd{x}" for x in "abcdef"], {"data_disks": [{"size": 20}] * 5}),
)


def recreated(
    case: Case, *, policy: Policy = SAME_PLACE, spoil: Callable[[Simulation, str], None] = _nothing
) -> tuple[Simulation, Pair]:
    """Recreate one source and return what it was and what it has become."""
    simulation = simulate(ecs=QUICK, policy=policy)
    source = add_source(simulation, **{"zone_id": "cn-hangzhou-h", **case.seed})
    case.prepare(simulation, source.instance_id)
    before = portrait(simulation, source.instance_id)
    spoil(simulation, source.instance_id)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    assert violations(simulation, source) == []
    (replacement,) = replacements(simulation)
    (receipt,) = simulation.shelf.kept.values()
    named = (*receipt["not_kept"], *receipt["dropped"])
    refused = frozenset(one["what"] for one in named)
    after = portrait(simulation, replacement["InstanceId"])
    return simulation, Pair(before, after, policy, refused)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}={case.has}")
def test_replacement_has_what_the_source_had(case: Case) -> None:
    """The one thing is there again, and nothing else differs but for the closed table."""
    _, pair = recreated(case)

    assert pair.source[case.name] == case.has
    assert pair.replacement[case.name] == case.has
    assert unexcused(pair) == []


@pytest.mark.parametrize(("out", "lets_in"), [(5, 10), (20, 20), (200, 100)])
def test_clone_lets_in_no_more_than_a_launch_may_ask_for(out: int, lets_in: int) -> None:
    """Instances of before that range report 100 or 200 Mbit/s whatever goes out."""
    _, pair = recreated(option("bandwidth_in", 200, bandwidth_out=out))

    assert pair.source["bandwidth_in"] == 200
    assert pair.replacement["bandwidth_in"] == lets_in
    assert pair.replacement["has_public_ip"]
    assert unexcused(pair) == []


OF_A_ZONE = (
    (option("hpc_cluster_id", "hpc-bp1"), "HpcClusterId"),
    (
        Case(
            "/dev/xvda storage_set_id",
            "ss-bp1",
            prepare=_on_disks(storage_set_id="ss-bp1", storage_set_partition=1),
        ),
        "StorageSetId",
    ),
)


@pytest.mark.parametrize(("case", "parameter"), OF_A_ZONE)
def test_what_belongs_to_a_zone_is_left_behind_with_it(case: Case, parameter: str) -> None:
    """In another zone the cloud would refuse it; that alone excuses the difference, when told."""
    _, stayed = recreated(case)
    _, moved = recreated(case, policy=Policy())

    assert stayed.replacement["zone"] == stayed.source["zone"]
    assert stayed.replacement[case.name] == case.has
    assert unexcused(stayed) == []
    assert parameter not in stayed.refused
    assert moved.replacement["zone"] != moved.source["zone"]
    assert moved.replacement[case.name] == ""
    assert parameter in moved.refused
    assert unexcused(moved) == []
    assert not excuse(case.name, replace(moved, replacement=moved.source))


def test_security_groups_and_tags_are_those_of_the_source() -> None:
    """All of both: a group is a rule that somebody wrote, and a tag may be read by a bill."""
    tags = {"team": "订单", "cost": "12"}
    _, pair = recreated(Case("zone", "cn-hangzhou-h", {"security_groups": 2, "tags": tags}))

    assert len(pair.source["security_group_ids"]) == 2
    assert pair.replacement["security_group_ids"] == pair.source["security_group_ids"]
    assert tags.items() <= pair.replacement["tags"].items()


def test_clone_of_a_source_in_economical_mode_is_in_economical_mode() -> None:
    """Where it cannot be started in place, the next interruption is to stop the clone as well."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, **ECONOMICAL)
    before = portrait(simulation, source.instance_id)
    sell_out_when_stopped(simulation, source)
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    (clone,) = [one["InstanceId"] for one in replacements(simulation)]
    assert clone != source.instance_id
    assert before["spot_interruption_behavior"] == "Stop"
    assert portrait(simulation, clone)["spot_interruption_behavior"] == "Stop"


# What a launch cannot give: each as the field, its value, and what the receipt says of it.
NOT_GIVEN = (
    (option("hop_limit", 3), "hop limit of 3 of the metadata"),
    (
        option("auto_release_time", "2027-01-01T00:00:00Z"),
        "release at 2027-01-01T00:00:00Z",
    ),
    (
        Case(
            "secondary ips",
            ("172.16.16.201",),
            prepare=_interface("secondary_ips", ("172.16.16.201",)),
        ),
        "secondary addresses 172.16.16.201",
    ),
    (
        Case("primary source_dest_check", True, prepare=_interface("source_dest_check", True)),
        "source and destination check of the primary interface",
    ),
    (
        Case("primary name", "front", prepare=_interface("name", "front")),
        "name of the primary interface",
    ),
    (
        Case("primary description", "of 2026", prepare=_interface("description", "of 2026")),
        "description of the primary interface",
    ),
    (
        Case(
            "/dev/xvdb storage_set_id",
            "ss-2",
            {"data_disks": [{"size": 20}]},
            prepare=_on_disks(storage_set_id=("ss-1", "ss-2"), storage_set_partition=(1, 1)),
        ),
        "storage set of /dev/xvdb",
    ),
    (
        Case(
            "/dev/xvda enable_auto_snapshot", False, prepare=_on_disks(enable_auto_snapshot=False)
        ),
        "automatic snapshots of /dev/xvda being off",
    ),
    (
        Case(
            "/dev/xvda delete_auto_snapshot",
            False,
            {"system_disk": {"auto_snapshot_policy_id": POLICY_ID}},
            prepare=_on_disks(delete_auto_snapshot=False),
        ),
        "automatic snapshots outliving /dev/xvda",
    ),
    (
        Case("secondary interfaces", None, {"secondary_interfaces": 1}),
        "network interface ",
    ),
    (
        Case(
            "/dev/xvda tags",
            {"mine": "1", "team": "订单"},
            {"system_disk": {"tags": {"mine": "1", "team": "订单"}}},
        ),
        "tags of /dev/xvda",
    ),
)


@pytest.mark.parametrize(("case", "told"), NOT_GIVEN, ids=lambda one: getattr(one, "name", one))
def test_what_a_launch_cannot_give_is_named(case: Case, told: str) -> None:
    """The replacement lacks it, the receipt says so, and only that excuses the difference."""
    _, pair = recreated(case)

    assert case.has in (None, pair.source[case.name])
    assert pair.replacement[case.name] != pair.source[case.name]
    named = {one for one in pair.refused if one.startswith(told)}
    assert named
    assert unexcused(pair) == []
    unnamed = replace(pair, refused=pair.refused - named)
    assert [one for one in unexcused(unnamed) if one.startswith(case.name)]


def test_who_has_none_of_it_is_told_nothing() -> None:
    """A receipt that always says the same is not read; whether there is user data, nobody looks."""
    _, pair = recreated(Case("zone", "cn-hangzhou-h", {"data_disks": [{"size": 20}]}))

    assert pair.refused == {"user data"}


def test_another_type_gets_no_options_of_the_first() -> None:
    """Processor and network options are valid for the type they were read from."""
    case = option(
        "threads_per_core", 1, cpu_topology="DiscreteCoreToHTMapping", bandwidth_weighting="Vpc-L1"
    )

    _, pair = recreated(case, policy=Policy(forbid_types=("ecs.g7.*",)))

    assert pair.source["type"] != pair.replacement["type"]
    assert unexcused(pair) == []
    assert {"ThreadsPerCore", "TopologyType", "BandwidthWeighting"} <= pair.refused
    assert "NetworkInterfaceQueueNumber" not in pair.refused
    assert pair.replacement["threads_per_core"] == 2
    assert pair.replacement["cpu_topology"] == pair.replacement["bandwidth_weighting"] == ""


OF_A_TYPE = {
    "nested_virtualization": ("enabled", "NestedVirtualization"),
    "network_encryption": (True, "EnableNetworkEncryption"),
}


@pytest.mark.parametrize("name", OF_A_TYPE)
def test_option_of_a_type_is_named_on_another(name: str) -> None:
    value, parameter = OF_A_TYPE[name]

    _, pair = recreated(option(name, value), policy=Policy(forbid_types=("ecs.g7.*",)))

    assert pair.source["type"] != pair.replacement["type"]
    assert parameter in pair.refused
    assert unexcused(pair) == []
    assert unexcused(replace(pair, refused=frozenset()))


def test_queues_that_were_asked_for_are_named_on_another_type() -> None:
    """Those that a type has by itself are not."""
    case = Case("primary queue_number", 1, prepare=_interface("queue_number", 1))

    _, pair = recreated(case, policy=Policy(forbid_types=("ecs.g7.*",)))

    assert "NetworkInterfaceQueueNumber" in pair.refused
    assert unexcused(pair) == []


@pytest.mark.parametrize("jumbo", [True, False])
def test_large_frames_are_named_where_another_type_sets_them_otherwise(jumbo: object) -> None:
    case = Case(
        "jumbo_frame", jumbo, {"instance_type": "ecs.g8i.large", "options": {"jumbo_frame": jumbo}}
    )

    _, pair = recreated(case, policy=Policy(forbid_types=("ecs.g8i.*",)))

    is_other = pair.replacement["jumbo_frame"] != jumbo
    assert ("EnableJumboFrame" in pair.refused) is is_other
    assert unexcused(pair) == []


def _lose_key(simulation: Simulation, _source_id: str) -> None:
    del region_of(simulation).key_pairs["ops"]


def test_refused_option_is_dropped_and_named() -> None:
    """A key pair that is gone costs the key pair and not the recreation."""
    case = Case("key_pair_name", "ops", {"key_pair_name": "ops"})

    simulation, pair = recreated(case, spoil=_lose_key)

    assert pair.replacement["key_pair_name"] == ""
    assert "KeyPairName" in pair.refused
    assert unexcused(pair) == []
    (receipt,) = simulation.shelf.kept.values()
    assert {"what": "KeyPairName", "why": "InvalidKeyPairName.NotFound"} in receipt["not_kept"]


def test_difference_that_the_receipt_does_not_name_is_a_failure() -> None:
    """The same loss without a refusal would be found."""
    _, pair = recreated(Case("key_pair_name", "ops", {"key_pair_name": "ops"}), spoil=_lose_key)

    found = unexcused(replace(pair, refused=frozenset({"user data"})))
    assert found == ["key_pair_name: 'ops' became ''"]


@pytest.mark.parametrize("row", EXCUSES, ids=lambda row: f"{row.name}: {row.cause}")
def test_every_excuse_names_a_field_that_exists(row: Any) -> None:
    """A row for nothing would hide that its field was renamed."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation)
    names = portrait(simulation, source.instance_id)

    bare = row.name.removeprefix("*")
    assert bare in names or f"/dev/xvda {bare}" in names


# What a source may have and a clone must not get.
UNWANTED = {
    "deletion_protection": True,
    "auto_release_time": "2027-01-01T00:00:00Z",
    "hop_limit": 3,
}


def test_what_must_never_be_sent_is_not_sent() -> None:
    """Neither in the launch that is taken nor in those that are refused before it."""
    simulation = simulate(ecs=QUICK)
    asked = recording(simulation)
    source = add_source(simulation, options=UNWANTED, user_data="#!/bin/sh")
    region_of(simulation).key_pairs.clear()
    simulation.start_worker("one")

    interrupt(simulation, source)
    recover(simulation)

    assert len(asked) > 1
    assert [name for params in asked for name in params if name in NEVER_SENT] == []


@pytest.mark.parametrize("part", range(4))
def test_random_sources_by_random_stock(part: int) -> None:
    """One replacement that is its source but for the closed table, or parked with a reason."""
    verdicts = [judged(seed) for seed in range(part * 10, part * 10 + 10)]

    assert [(each.seed, line) for each in verdicts for line in each.wrong] == []
    assert any(each.ending == "recovered" for each in verdicts)


# Seeds of `clones` whose notice is taken back for good.
TAKEN_BACK = (4, 31, 36, 48)


@pytest.mark.parametrize("seed", TAKEN_BACK)
def test_a_source_whose_notice_is_taken_back_is_as_it_was(seed: int) -> None:
    """Whatever it has and whatever is configured: every field, but for what a person is told of."""
    verdict = judged(seed)

    assert (verdict.ending, verdict.wrong) == ("taken back", [])


def test_what_a_taken_back_notice_has_changed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is not given back is seen on the source itself."""
    monkeypatch.setattr(CleanUp, "_still_its_own", lambda _self, _progress: ())
    found = [line for seed in TAKEN_BACK for line in judged(seed).wrong]

    assert any("delete_with_instance: True became False" in line for line in found)
