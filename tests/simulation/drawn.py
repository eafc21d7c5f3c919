"""Sources, stock, clouds and configurations for `clones`, all of them drawn from one number."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulator.state.ecs.catalogue import Catalogue, InstanceType, PublicImage
from emulator.state.ecs.images import runs_on
from emulator.state.ecs.launch_disks import SMALLEST, SMALLEST_BY_LEVEL
from emulator.state.ecs.reclaim import NOTICE_SECONDS
from emulator.state.ecs.references import declare_those_of_disks
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.harness import REGION, Simulation
from tests.simulation.invariants import launches
from tests.simulation.likeness import region_of
from tests.simulation.scenarios import Source, interrupt
from tests.simulation.schedules import BY_SIZE, QUICK, TOO_SLOW, after, fail_the_image, withdraw
from worker.core.policy import Fallback, HandoverKind, Policy

STOCK = (None, None, 0, 0, 0, 1)
RESTOCK_AFTER = 600.0
DATA_DISKS_MAX = 4
SNAPSHOT_AGE_SECONDS = 21_600.0
# Larger than this, a disk is in no finished image when the notice ends; see `BY_SIZE`.
LARGE_GIB = 1_000
WEIGHTS = (0, 30, 100)
WITHDRAWN_SHARE = 0.2
# From before the lock is seen to shortly before the release.
WITHDRAWN_AT = (1.0, 299.0)
# Before and after the first one is found to be a false alarm; none for most.
NOTICED_AGAIN_AFTER = (None, None, None, 60.0, 300.0, 900.0)
FALLBACKS: tuple[tuple[Fallback, ...], ...] = (
    (), (), ("rescue",), ("stale-snapshot",), ("rescue", "stale-snapshot"),
    ("stale-snapshot", "rescue"),
)  # fmt: skip
HANDOVERS: tuple[tuple[HandoverKind, ...], ...] = (
    (),
    ("eip", "load_balancers", "tags"),
    ("eip", "interfaces", "tags"),
    ("load_balancers", "interfaces"),
    ("eip", "load_balancers", "interfaces", "tags"),
)


def equip(simulation: Simulation, source: Source, rng: random.Random) -> None:
    """Give the source what a seed cannot say: addresses, storage sets, memberships."""
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
            declare_those_of_disks(region, [disk])
    if rng.random() < 0.4:
        _balance(simulation, source, rng)


def _balance(simulation: Simulation, source: Source, rng: random.Random) -> None:
    """Put the source behind load balancers of each kind, sometimes as one of a pair."""
    cloud, now = simulation.cloud, simulation.kernel.now
    neighbour = {"server": cloud.ecs[REGION].seed_instance({"name": "neighbour"}, now)}
    for number in range(rng.randint(1, 3)):
        own = {
            "server": source.instance_id,
            "port": 8080 + number,
            "weight": rng.choice(WEIGHTS),
            "type": rng.choice(("Ecs", "Ecs", "Eni")),
            "description": rng.choice(("", "of the web")),
        }
        both = [own, neighbour]
        rng.shuffle(both)
        seeds: tuple[dict[str, Any], ...] = (
            {"kind": "clb", "servers": both, "listeners": [80]},
            {"kind": "clb", "vserver_groups": [{"servers": both}]},
            {"kind": "clb", "pairs": [{"servers": both, "listeners": [3306]}]},
            {"kind": "alb", "servers": both},
            {"kind": "nlb", "servers": both},
        )
        cloud.balancers[REGION].seed(rng.choice(seeds), now)


def add_subnets(simulation: Simulation, source: Source, rng: random.Random) -> None:
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


def policy(rng: random.Random) -> Policy:
    """Draw a configuration of what a clone depends on."""
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
        hand_over=rng.choice(HANDOVERS),
        takeover=rng.choice(("stop-source", "stop-source", "overlap", "wait")),
        convert_public_ip=rng.random() < 0.4,
        private_ip=rng.choice(("fast", "fast", "same_or_fast", "same_or_park")),
        data_disks=rng.choice(("image", "image", "reattach")),
        fallbacks=rng.choice(FALLBACKS),
    )


def settings(rng: random.Random) -> EcsSettings:
    """In most clouds an image is there in time; in some the platform's stop breaks it."""
    return rng.choice((QUICK, QUICK, QUICK, BY_SIZE, replace(TOO_SLOW, image_seconds=280.0)))


def disturbance(rng: random.Random) -> Callable[[Simulation, Source], None]:
    """Let some images fail although all of their snapshots are finished."""
    return fail_the_image if rng.random() < 0.15 else lambda _simulation, _source: None


def withdrawal(rng: random.Random) -> tuple[Callable[[Simulation, Source], None], float]:
    """Take some notices back, and give some of these again; returns for how long that goes on.

    A notice that has run out by then cannot be taken back any more.
    """
    if rng.random() >= WITHDRAWN_SHARE:
        return lambda _simulation, _source: None, 0.0
    at, pause = rng.uniform(*WITHDRAWN_AT), rng.choice(NOTICED_AGAIN_AFTER)

    def act(simulation: Simulation, source: Source) -> None:
        withdraw(simulation, source)
        if pause is not None:
            simulation.kernel.sleep(pause)
            _write_more(simulation, source)
            if region_of(simulation).instances[source.instance_id].interruption is None:
                interrupt(simulation, source)

    def guarded(simulation: Simulation, source: Source) -> None:
        if source.instance_id in region_of(simulation).instances:
            act(simulation, source)

    return after(at, guarded), at + (pause or 0.0) + NOTICE_SECONDS


def _write_more(simulation: Simulation, source: Source) -> None:
    """Let a source that still runs write to all of its disks, and count that as durable.

    Not where the first notice has launched a replacement beside it.
    """
    ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    region = region_of(simulation)
    is_late = launches(simulation, source.instance_id)
    if is_late or region.instances[source.instance_id].status.now != "Running":
        return
    for device, disk_id in source.disks.items():
        ecs.write(source.instance_id, device, "/data/later.txt", device, now, flush=True)
        source.durable[device] = ecs.disk_content(disk_id, now, durable=True)


def limit_stock(simulation: Simulation, type_id: str, rng: random.Random) -> None:
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


def seed_of(rng: random.Random) -> dict[str, Any]:
    """Draw a source that its zone sells, with an image that its type boots."""
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
        "secondary_interfaces": min(rng.choice((0, 0, 0, 1, 2)), each.eni_quantity - 1),
        "keep_interfaces": rng.random() < 0.3,
        "spot_interruption_behavior": rng.choice(("Terminate",) * 4 + ("Stop",)),
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
        "size": max(least, smallest) + rng.choice((0, 0, 7, LARGE_GIB)),
        "performance_level": level,
        "delete_with_instance": rng.random() < 0.7,
        "encrypted": encrypted,
        "kms_key_id": "kms-1" if encrypted else "",
        "name": rng.choice(("", "orders", "数据")),
        "description": rng.choice(("", "of 2026")),
        "provisioned_iops": rng.choice((0, 500)) if auto else 0,
        "bursting": auto and rng.random() < 0.5,
        "auto_snapshot_policy_id": rng.choice(("", "sp-1")),
        "snapshot_age_seconds": rng.choice((None, SNAPSHOT_AGE_SECONDS)),
    }
