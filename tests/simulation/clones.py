"""Random sources, random stock, random configuration: one replacement like its source, or parked.

    python -m tests.simulation.clones --seed 1 --count 1000

Everything follows from the seed, so that each violation is one number that repeats it. Ends with one
line of figures; exit code 1 says that a promise was broken.
"""

import argparse
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.state.ecs.catalogue import Catalogue, InstanceType, PublicImage
from emulator.state.ecs.images import runs_on
from emulator.state.ecs.launch_disks import SMALLEST, SMALLEST_BY_LEVEL
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import violations
from tests.simulation.likeness import Pair, Portrait, portrait, region_of, unexcused
from tests.simulation.listing import listed_leftovers
from tests.simulation.scenarios import Source, add_source, interrupt, parked, recover, replacements
from tests.simulation.schedules import QUICK
from worker.core.identity import TAG_PREFIX
from worker.core.policy import Policy

# Refused for spot, ends or freezes the replacement, or changes what is bought.
NEVER_SENT = frozenset(
    {
        "DeletionProtection", "PrivatePoolOptions", "DedicatedHostId", "Tenancy", "AutoReleaseTime",
        "HibernationOptions", "LaunchTemplateId", "LaunchTemplateName",
        "SecurityEnhancementStrategy", "MinAmount", "UserData", "Password", "HttpPutResponseHopLimit",
    }
)  # fmt: skip
COLLECT_AT = 10
STOCK = (None, None, 0, 0, 0, 1)
RESTOCK_AFTER = 600.0
DATA_DISKS_MAX = 4
PARK_REASONS = {"no_stock", "refused_by_the_cloud"}


@dataclass
class Verdict:
    """How one run ended and what was wrong with it."""

    seed: int
    ending: str
    wrong: list[str] = field(default_factory=list)
    other_type: bool = False
    other_zone: bool = False


def recording(simulation: Simulation) -> list[Mapping[str, Any]]:
    """Remember the parameters of every launch that is asked for, refused or not."""
    asked: list[Mapping[str, Any]] = []
    call = simulation.cloud.call

    def listening(
        product: str, region: str, action: str, params: Mapping[str, Any], now: float
    ) -> Any:
        if action == "RunInstances":
            asked.append(params)
        return call(product, region, action, params, now)

    vars(simulation.cloud)["call"] = listening
    return asked


def judged(seed: int) -> Verdict:
    """Run one random recreation to its end and hold it against the promises."""
    rng = random.Random(seed)
    policy = _policy(rng)
    simulation = simulate(ecs=QUICK, policy=policy, seed=seed)
    asked = recording(simulation)
    source = add_source(simulation, **_seed(rng))
    _equip(simulation, source, rng)
    before = portrait(simulation, source.instance_id)
    _limit_stock(simulation, before["type"], rng)
    _add_subnets(simulation, source, rng)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    listed = {one.resource_id for one in listed_leftovers(simulation)}
    simulation.kernel.close()
    verdict = Verdict(seed, "recovered" if replacements(simulation) else "parked")
    verdict.wrong += violations(simulation, source)
    verdict.wrong += [
        f"{sorted(NEVER_SENT & set(params))} were sent"
        for params in asked
        if NEVER_SENT & set(params)
    ]
    verdict.wrong += _unlisted(simulation, source, before, listed)
    verdict.wrong += _end(simulation, before, policy, verdict)
    return verdict


def _end(simulation: Simulation, before: Portrait, policy: Policy, verdict: Verdict) -> list[str]:
    found = replacements(simulation)
    if not found:
        reasons = [str(line["park"]) for line in simulation.notebook.named("parked")]
        is_parked = parked(simulation) == 1 and set(reasons) <= PARK_REASONS and bool(reasons)
        verdict.ending = f"parked ({', '.join(sorted(set(reasons)))})"
        return [] if is_parked else [f"no replacement, and parked {reasons}"]
    after = portrait(simulation, found[0]["InstanceId"])
    verdict.other_type = after["type"] != before["type"]
    verdict.other_zone = after["zone"] != before["zone"]
    (receipt,) = simulation.shelf.kept.values()
    refused = frozenset(one["what"] for one in receipt["not_kept"])
    return unexcused(Pair(before, after, policy, refused))


def _unlisted(
    simulation: Simulation, source: Source, before: Portrait, listed: Collection[str]
) -> list[str]:
    """What is left is part of a replacement, was the user's own wish, or is tagged and listed."""
    region = region_of(simulation)
    kept_before = {
        disk_id
        for device, disk_id in source.disks.items()
        if not before[f"{device} delete_with_instance"]
    }
    left = [
        *(one.image_id for one in region.images.values() if one.owner == "self"),
        *(one.snapshot_id for one in region.snapshots.values() if not parked(simulation)),
        *(
            one.disk_id
            for one in region.disks.values()
            if not one.instance_id and one.disk_id not in kept_before
        ),
        *(one for one in region.instances if one != source.instance_id),
        # The source's own choice, where it was to outlive it before.
        *(
            one.interface_id
            for one in region.interfaces.values()
            if not one.instance_id and one.delete_on_release is False
        ),
    ]
    untagged = [
        f"{one} is left without a tag of ours"
        for one in left
        if not any(key.startswith(TAG_PREFIX) for key in region.tags.all_of(one))
    ]
    return [*untagged, *(f"{one} is left and not listed" for one in left if one not in listed)]


def _equip(simulation: Simulation, source: Source, rng: random.Random) -> None:
    """Give the source what a seed cannot say."""
    region = region_of(simulation)
    instance = region.instances[source.instance_id]
    primary = region.interfaces[instance.interface_ids[0]]
    primary.ipv6 = rng.choice(((), (), ("2408:4000::1",)))
    primary.source_dest_check = rng.random() < 0.2
    primary.secondary_ips = rng.choice(((), (), ("172.16.16.201",)))
    if rng.random() < 0.2:
        for number, disk_id in enumerate(instance.disk_ids):
            disk = region.disks[disk_id]
            disk.storage_set_id = f"ss-{rng.randint(0, 1)}"
            disk.storage_set_partition = number % 2 + 1


def _add_subnets(simulation: Simulation, source: Source, rng: random.Random) -> None:
    """Add subnets in any zone of the source's VPC, and leave no address in some."""
    region = region_of(simulation)
    networks = region.vpc.networks
    instance = region.instances[source.instance_id]
    for number in range(rng.choice((0, 0, 3, 6))):
        zone = rng.choice(region.place.zones).zone_id
        networks.add_vswitch(instance.vpc_id, zone, f"172.17.{number}.0/24")
    for subnet in networks.vswitches.values():
        if rng.random() < 0.15:
            subnet.used.update(range(subnet.first, subnet.first + subnet.size))


# What is drawn


def _policy(rng: random.Random) -> Policy:
    return Policy(
        same_type_only=rng.random() < 0.15,
        other_zones=rng.random() < 0.85,
        prefer_types=rng.choice(((), (), ("ecs.c*", "ecs.*7*"))),
        forbid_types=rng.choice(((), (), ("ecs.u1*",), ("ecs.e-*", "ecs.t*"))),
        families=rng.choice(((), (), ("ecs.g*", "ecs.c*", "ecs.r*"))),
        reclaimed_pool=rng.choice(("last", "last", "first")),
        max_price_percent=rng.choice((0, 0, 0, 25, 100)),
        pay_as_you_go_max=rng.choice((0, 0, 1)),
        epochs_max=rng.choice((1, 3, 8)),
        epoch_pause=120.0,
        hand_over=rng.choice(
            ((), ("eip", "load_balancers", "tags"), ("eip", "interfaces", "tags"))
        ),
    )


def _limit_stock(simulation: Simulation, type_id: str, rng: random.Random) -> None:
    """Limit what has the source's memory; what is sold out may come back after ten minutes."""
    catalogue, ecs = Catalogue.load(), simulation.cloud.ecs[REGION]
    memory = catalogue.types[type_id].memory_gib
    pools = [
        (zone.zone_id, each.type_id)
        for zone in catalogue.region(REGION).zones
        for each in catalogue.types.values()
        if each.memory_gib == memory and zone.sells(each)
    ]
    nothing = rng.random() < 0.25
    for zone_id, name in pools:
        ecs.set_stock(zone_id, name, count=0 if nothing else rng.choice(STOCK))
    chosen = rng.choice(pools)

    def restock() -> None:
        for zone_id, name in [chosen, *pools[:: rng.randint(1, 5)]]:
            ecs.set_stock(zone_id, name, count=None)

    if rng.random() < 0.7:
        simulation.kernel.spawn(restock, at=simulation.kernel.now + RESTOCK_AFTER)


def _seed(rng: random.Random) -> dict[str, Any]:
    catalogue = Catalogue.load()
    zone = rng.choice(catalogue.region(REGION).zones)
    each = rng.choice(
        [one for one in catalogue.types.values() if zone.sells(one) and not one.local_disks]
    )
    image = rng.choice([one for one in catalogue.images.values() if runs_on(one.os, each)])
    limited = rng.random() < 0.2
    # A static address and an elastic one exclude each other.
    eip = rng.random() < 0.2
    return {
        "zone_id": zone.zone_id,
        "instance_type": each.type_id,
        "image_id": image.image_id,
        "name": rng.choice(("web-1", "db[1,4]", "订单-${instance_id}", "a.b_c-d")),
        "spot_strategy": "SpotWithPriceLimit" if limited else "SpotAsPriceGo",
        "spot_price_limit": round(each.price * 2, 3) if limited else 0.0,
        "spot_duration": rng.choice((0, 1, 1, 6)),
        "key_pair_name": _key_pair(image, rng),
        "ram_role_name": rng.choice(("", "app")),
        "tags": {f"key-{number}": f"值{number}" for number in range(rng.choice((0, 1, 5, 20)))},
        "security_groups": rng.randint(1, 3),
        "bandwidth_out": 0 if eip else rng.choice((0, 0, 5, 100, 200)),
        "eip": eip,
        "secondary_interfaces": rng.choice((0, 0, 0, 1)) if each.eni_quantity > 1 else 0,
        "system_disk": _disk(rng, each, least=max(40, image.size_gib)),
        "data_disks": [
            _disk(rng, each, least=20)
            for _ in range(rng.randint(0, min(DATA_DISKS_MAX, each.disk_quantity - 1)))
        ],
        "options": _options(rng, each, image),
    }


def _key_pair(image: PublicImage, rng: random.Random) -> str:
    return "" if image.os.os_type == "windows" else rng.choice(("", "ops"))


def _options(rng: random.Random, each: InstanceType, image: PublicImage) -> dict[str, Any]:
    host = rng.choice(("", "db-01", "web[1,2]"))
    linux, secure = image.os.os_type == "linux", image.os.secure_boot == "supported"
    drawn: dict[str, Any] = {
        "host_name": host,
        "description": rng.choice(("", "主库", "x" * 200)),
        "resource_group_id": rng.choice(("", "rg-1")),
        "internet_charge_type": rng.choice(("PayByTraffic", "PayByBandwidth")),
        "http_tokens": rng.choice(("optional", "required"))
        if image.os.imds == "v2"
        else "optional",
        "http_endpoint": rng.choice(("enabled", "disabled")),
        "credit_specification": rng.choice(("Standard", "Unlimited")) if each.is_burstable else "",
        "threads_per_core": rng.choice((0, 1)),
        "login_as_non_root": linux and image.os.login_as_non_root and rng.random() < 0.3,
        "deployment_set_id": rng.choice(("", "ds-1")),
        "cpu_topology": rng.choice(("", "", "DiscreteCoreToHTMapping")),
        "nested_virtualization": rng.choice(("", "", "enabled")),
        "hop_limit": rng.choice((1, 1, 3)),
        "auto_release_time": rng.choice(("", "", "", "2027-01-01T00:00:00Z")),
        "hpc_cluster_id": rng.choice(("", "", "hpc-1")),
        "ptp_status": rng.choice(("", "enabled")),
        "secure_boot": secure and each.secure_boot and rng.random() < 0.3,
        "jumbo_frame": each.jumbo_frame and rng.random() < 0.5,
        "bandwidth_weighting": rng.choice(("", "", "Vpc-L1")),
        "private_dns": rng.choice(({}, {"HostnameType": "Custom", "EnableIpDnsARecord": True})),
    }
    return drawn


def _disk(rng: random.Random, each: InstanceType, *, least: int) -> dict[str, Any]:
    category = rng.choice(each.disk_categories)
    smallest = SMALLEST[category]
    level = "PL1"
    if category == "cloud_essd":
        level = rng.choice(("PL0", "PL1", "PL2"))
        smallest = SMALLEST_BY_LEVEL[level]
    encrypted = rng.random() < 0.2
    auto = category == "cloud_auto"
    return {
        "category": category,
        "size": max(least, smallest) + rng.choice((0, 0, 7)),
        "performance_level": level,
        "delete_with_instance": rng.random() < 0.7,
        "encrypted": encrypted,
        "kms_key_id": "kms-1" if encrypted else "",
        "name": rng.choice(("", "orders", "数据")),
        "description": rng.choice(("", "of 2026")),
        "provisioned_iops": rng.choice((0, 500)) if auto else 0,
        "bursting": auto and rng.random() < 0.5,
        "auto_snapshot_policy_id": rng.choice(("", "sp-1")),
    }


# As a program


def main(arguments: list[str] | None = None) -> int:
    """Run `--count` recreations and print what was wrong and one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1_000)
    asked = parser.parse_args(arguments)
    begun = time.monotonic()
    seeds = range(asked.seed, asked.seed + asked.count)
    endings: Counter[str] = Counter()
    broken = 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for verdict in pool.imap_unordered(judged, seeds, chunksize=COLLECT_AT):
            endings[verdict.ending] += 1
            endings["in another type"] += verdict.other_type
            endings["in another zone"] += verdict.other_zone
            broken += bool(verdict.wrong)
            for line in verdict.wrong:
                print(f"seed {verdict.seed}: {line}")
    told = ", ".join(f"{number} {ending}" for ending, number in sorted(endings.items()))
    seconds = time.monotonic() - begun
    print(f"{asked.count} sources: {told}; {broken} broken promises; {seconds:.0f} s")
    return 1 if broken or not asked.count else 0


if __name__ == "__main__":
    sys.exit(main())
