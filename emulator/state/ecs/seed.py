"""Instances that were there before: complete sources for tests, demo and control interface."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from emulator.state.ecs import captures
from emulator.state.ecs.blueprint import Blueprint, DiskPlan, InterfacePlan, build
from emulator.state.ecs.content import DiskContent
from emulator.state.ecs.images import find_image
from emulator.state.ecs.launch_disks import device_names
from emulator.state.ecs.launch_terms import inbound_most
from emulator.state.ecs.lifecycle import start_writing
from emulator.state.ecs.records import Disk, Image, Instance, KeyPair, Options, SecurityGroup
from emulator.state.ecs.references import declare_those_of
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.wording import is_host_name
from emulator.state.networks import VSwitch

DAY = 86400.0
DEFAULT_IMAGE = "aliyun_3_x64_20G_alibase_20260815.vhd"
DEFAULT_KEY_PAIR = "emulator-key"


@dataclass(frozen=True, slots=True)
class DiskSeed:
    """One disk of a seeded instance.

    Attributes:
        files: Text by path that is on it from the beginning.
        snapshot_age_seconds: Age of a finished automatic snapshot; None: there is none.
    """

    category: str = "cloud_essd"
    size: int = 40
    performance_level: str = "PL1"
    delete_with_instance: bool = True
    portable: bool = True
    encrypted: bool = False
    kms_key_id: str = ""
    name: str = ""
    description: str = ""
    provisioned_iops: int = 0
    bursting: bool = False
    auto_snapshot_policy_id: str = ""
    storage_set_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    snapshot_age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class InstanceSeed:
    """A spot instance that has been running for a while.

    Attributes:
        zone_id: Empty takes the region's first zone.
        vswitch_id: Empty takes one of the default VPC in the zone.
        security_groups: How many groups it is in.
        key_pair_name: Created when it is not there; empty means a password in the image.
        eip: Whether it has an EIP.
        secondary_interfaces: How many, each with `keep_interfaces` as the opposite of
            DeleteOnRelease.
        age_seconds: Since it was created and started.
        options: Any further field of `Options`.
    """

    instance_id: str = ""
    name: str = "web-1"
    zone_id: str = ""
    vswitch_id: str = ""
    instance_type: str = "ecs.g7.large"
    image_id: str = DEFAULT_IMAGE
    charge_type: str = "PostPaid"
    spot_strategy: str = "SpotAsPriceGo"
    spot_price_limit: float = 0.0
    spot_duration: int = 1
    spot_interruption_behavior: str = "Terminate"
    system_disk: DiskSeed = field(default_factory=DiskSeed)
    data_disks: tuple[DiskSeed, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    security_groups: int = 1
    key_pair_name: str = DEFAULT_KEY_PAIR
    ram_role_name: str = ""
    user_data: str = ""
    private_ip: str = ""
    bandwidth_out: int = 0
    eip: bool = False
    secondary_interfaces: int = 0
    keep_interfaces: bool = False
    age_seconds: float = DAY
    options: Mapping[str, Any] = field(default_factory=dict)

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "InstanceSeed":
        """Read a seed from plain data, as the control interface gets it.

        Raises:
            ValueError: A name that a seed or a disk does not have.
        """
        given = _known(plain, InstanceSeed)
        if "system_disk" in given:
            given["system_disk"] = _disk_seed(given["system_disk"])
        if "data_disks" in given:
            given["data_disks"] = tuple(_disk_seed(each) for each in given["data_disks"])
        _known(given.get("options", {}), Options)
        return InstanceSeed(**given)


def _disk_seed(plain: object) -> DiskSeed:
    if not isinstance(plain, Mapping):
        raise ValueError(f"a disk is a JSON object (found {plain!r})")  # noqa: TRY004
    return DiskSeed(**_known(plain, DiskSeed))


def _known(plain: Mapping[str, Any], form: type) -> dict[str, Any]:
    names = {each.name for each in fields(form)}
    unknown = sorted(set(plain) - names)
    if unknown:
        known = ", ".join(sorted(names))
        raise ValueError(f"{form.__name__} has no {', '.join(unknown)}; it has: {known}")
    return dict(plain)


def seed_instance(region: EcsRegion, seed: InstanceSeed, now: float) -> Instance:
    """Make a Running instance with all that belongs to it.

    Raises:
        ApiError: The type, zone, vSwitch, image or address does not exist or is taken.
        ValueError: The image does not exist.
    """
    born = now - seed.age_seconds
    image = find_image(region, seed.image_id)
    if image is None:
        raise ValueError(f"there is no image {seed.image_id}")
    vswitch = _vswitch(region, seed)
    groups = _groups(region, vswitch.vpc_id, seed.security_groups, born)
    ensure_key_pair(region, seed.key_pair_name, born)
    plan = Blueprint(
        instance_type=region.instance_type(seed.instance_type),
        zone=region.zone(vswitch.zone_id),
        image_id=image.image_id,
        os=image.os,
        options=_options(seed, groups),
        disks=_disks(seed, image),
        interfaces=_interfaces(region, seed, vswitch, groups),
        tags=seed.tags,
        tags_reach_parts=False,
    )
    declare_those_of(region, plan)
    instance = build(region, plan, now, born, instance_id=seed.instance_id, born=born)
    instance.status.to("Running", born)
    instance.started_at = born
    start_writing(region, instance, now)
    _finish_disks(region, seed, instance, born, now)
    if seed.eip:
        _give_eip(region, instance, born)
    region.record(now, "Seed", instance.instance_id, instance_type=seed.instance_type)
    return instance


def _vswitch(region: EcsRegion, seed: InstanceSeed) -> VSwitch:
    networks = region.vpc.networks
    if seed.vswitch_id:
        return networks.vswitch(seed.vswitch_id)
    zone_id = seed.zone_id or region.place.zones[0].zone_id
    return networks.in_zone(networks.default_vpc_id, zone_id)


def _groups(region: EcsRegion, vpc_id: str, count: int, born: float) -> tuple[str, ...]:
    """Return security groups of a VPC, making those that are missing."""
    known = [each.group_id for each in region.security_groups.values() if each.vpc_id == vpc_id]
    while len(known) < count:
        group_id = region.new_id("sg")
        name = f"group-{len(known) + 1}"
        region.security_groups[group_id] = SecurityGroup(group_id, name, vpc_id, born)
        known.append(group_id)
    return tuple(known[:count])


def ensure_key_pair(region: EcsRegion, name: str, born: float) -> None:
    """Make a key pair unless it is there; an empty name means none."""
    if name and name not in region.key_pairs:
        fingerprint = f"{region.world.rng.getrandbits(128):032x}"
        region.key_pairs[name] = KeyPair(name, fingerprint, born)


def _options(seed: InstanceSeed, groups: tuple[str, ...]) -> Options:
    plain = Options(
        instance_name=seed.name,
        host_name=seed.name if is_host_name(seed.name) else "",
        charge_type=seed.charge_type,
        spot_strategy=seed.spot_strategy,
        spot_price_limit=seed.spot_price_limit,
        spot_duration=seed.spot_duration,
        spot_interruption_behavior=seed.spot_interruption_behavior,
        security_group_ids=groups,
        key_pair_name=seed.key_pair_name,
        ram_role_name=seed.ram_role_name,
        user_data=b64encode(seed.user_data.encode()).decode(),
        bandwidth_in=inbound_most(seed.bandwidth_out),
        bandwidth_out=seed.bandwidth_out,
    )
    return replace(plain, **seed.options)


def _disks(seed: InstanceSeed, image: Image) -> tuple[DiskPlan, ...]:
    devices = device_names()
    system = replace(
        _disk(seed.system_disk, "system", devices[0]), image_id=image.image_id, os=image.os
    )
    data = zip(seed.data_disks, devices[1:], strict=False)
    return (system, *(_disk(each, "data", device) for each, device in data))


def _disk(seed: DiskSeed, kind: str, device: str) -> DiskPlan:
    return DiskPlan(
        kind=kind,
        category=seed.category,
        size=seed.size,
        device=device,
        name=seed.name,
        description=seed.description,
        performance_level=seed.performance_level if seed.category == "cloud_essd" else "",
        provisioned_iops=seed.provisioned_iops,
        bursting=seed.bursting,
        encrypted=seed.encrypted,
        kms_key_id=seed.kms_key_id,
        delete_with_instance=seed.delete_with_instance,
        portable=seed.portable,
        auto_snapshot_policy_id=seed.auto_snapshot_policy_id,
        storage_set_id=seed.storage_set_id,
        content=DiskContent(dict(seed.files)),
    )


def _interfaces(
    region: EcsRegion, seed: InstanceSeed, vswitch: VSwitch, groups: tuple[str, ...]
) -> tuple[InterfacePlan, ...]:
    queues = region.instance_type(seed.instance_type).queues
    primary = InterfacePlan("Primary", vswitch, groups, ip=seed.private_ip, queue_number=queues)
    secondary = InterfacePlan(
        "Secondary", vswitch, groups, delete_on_release=not seed.keep_interfaces
    )
    return (primary, *(secondary for _ in range(seed.secondary_interfaces)))


def _finish_disks(
    region: EcsRegion, seed: InstanceSeed, instance: Instance, born: float, now: float
) -> None:
    seeds = (seed.system_disk, *seed.data_disks)
    for each, disk in zip(seeds, region.disks_of(instance), strict=True):
        region.tags.put(disk.disk_id, each.tags, born)
        if each.snapshot_age_seconds is not None:
            _old_snapshot(region, disk, now - each.snapshot_age_seconds)


def _old_snapshot(region: EcsRegion, disk: Disk, at: float) -> None:
    """Make a finished automatic snapshot that holds what the disk had at the beginning."""
    snapshot = captures.start_snapshot(region, disk, at, 0.0)
    if snapshot.timer is not None:
        snapshot.timer.cancel()
        snapshot.timer = None
    snapshot.content, snapshot.visible_at = disk.log.base, at
    snapshot.status, snapshot.kind, snapshot.name = "accomplished", "timer", "auto"


def _give_eip(region: EcsRegion, instance: Instance, born: float) -> None:
    addresses = region.vpc.addresses
    eip = addresses.allocate(born, bandwidth=5, charge="PayByTraffic")
    addresses.bind_now(eip, instance.instance_id, "EcsInstance", instance.private_ip)
