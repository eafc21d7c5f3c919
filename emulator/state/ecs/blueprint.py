"""A checked plan of an instance, and the building of it; launches and seeds share both."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from emulator.state.ecs.catalogue import InstanceType, Zone
from emulator.state.ecs.content import EMPTY, DiskContent, DiskLog
from emulator.state.ecs.records import (
    Disk,
    Instance,
    Interface,
    OperatingSystem,
    Options,
    Trail,
)
from emulator.state.ecs.region import EcsRegion
from emulator.state.networks import VSwitch


@dataclass(frozen=True, slots=True)
class DiskPlan:
    """One disk to be made; `source_snapshot_id` is where its content comes from."""

    kind: str
    category: str
    size: int
    device: str
    name: str = ""
    description: str = ""
    performance_level: str = ""
    provisioned_iops: int = 0
    bursting: bool = False
    encrypted: bool = False
    kms_key_id: str = ""
    delete_with_instance: bool = True
    portable: bool = True
    auto_snapshot_policy_id: str = ""
    storage_cluster_id: str = ""
    storage_set_id: str = ""
    storage_set_partition: int | None = None
    source_snapshot_id: str = ""
    image_id: str = ""
    content: DiskContent = EMPTY
    os: OperatingSystem | None = None


# How many addresses may be asked for with an interface. Source: RunInstances, CreateNetworkInterface.
IPV6_MAX = 10
SECONDARY_MAX = 49


@dataclass(frozen=True, slots=True)
class InterfacePlan:
    """One network interface to be made, or with `interface_id` an existing one to be attached."""

    kind: str
    vswitch: VSwitch
    security_group_ids: tuple[str, ...]
    ip: str = ""
    delete_on_release: bool = True
    name: str = ""
    description: str = ""
    queue_number: int = 2
    secondary_count: int = 0
    ipv6_count: int = 0
    interface_id: str = ""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Everything that an instance is made from; disks and interfaces begin with the main one."""

    instance_type: InstanceType
    zone: Zone
    image_id: str
    os: OperatingSystem
    options: Options
    disks: tuple[DiskPlan, ...]
    interfaces: tuple[InterfacePlan, ...]
    tags: Mapping[str, str] = field(default_factory=dict)
    tags_reach_parts: bool = True


def build(
    region: EcsRegion,
    plan: Blueprint,
    now: float,
    visible_at: float,
    *,
    instance_id: str = "",
    born: float | None = None,
) -> Instance:
    """Make a Pending instance with its disks and interfaces.

    `born` is when it was created, if that is not now; its addresses are taken now.
    """
    created_at = now if born is None else born
    instance_id = instance_id or region.new_id("i")
    instance = Instance(
        instance_id=instance_id,
        type_id=plan.instance_type.type_id,
        zone_id=plan.zone.zone_id,
        vpc_id=plan.interfaces[0].vswitch.vpc_id,
        vswitch_id=plan.interfaces[0].vswitch.vswitch_id,
        image_id=plan.image_id,
        os=plan.os,
        options=_named(plan.options, instance_id),
        status=Trail("Pending", "", created_at),
        created_at=created_at,
        visible_at=visible_at,
        serial=f"{region.world.rng.getrandbits(128):032x}",
    )
    region.instances[instance.instance_id] = instance
    region.tags.put(instance.instance_id, plan.tags, visible_at)
    for interface_plan in plan.interfaces:
        _add_interface(region, instance, interface_plan, now, visible_at)
    for disk_plan in plan.disks:
        disk = make_disk(region, disk_plan, plan.zone.zone_id, created_at, visible_at)
        _put_in(disk, instance, disk_plan.device, created_at)
        if plan.tags_reach_parts:
            region.tags.put(disk.disk_id, plan.tags, visible_at)
    instance.private_ip = region.primary(instance).ip
    if plan.tags_reach_parts:
        region.tags.put(instance.interface_ids[0], plan.tags, visible_at)
    if plan.options.bandwidth_out:
        instance.public_ip = region.vpc.addresses.public_address()
    if instance.is_spot:
        region.spot_vcpus += plan.instance_type.cpu
    return instance


def _named(options: Options, instance_id: str) -> Options:
    """Write the instance's id where the name is missing and where the host's name asks for it.

    Source: RunInstances, InstanceName and HostName.
    """
    return replace(
        options,
        instance_name=options.instance_name or instance_id,
        host_name=options.host_name.replace("${instance_id}", instance_id),
    )


def make_disk(
    region: EcsRegion, plan: DiskPlan, zone_id: str, now: float, visible_at: float
) -> Disk:
    """Make an unattached disk with the content of its snapshot."""
    disk = Disk(
        disk_id=region.new_id("d"),
        kind=plan.kind,
        category=plan.category,
        size=plan.size,
        zone_id=zone_id,
        status="Available",
        log=DiskLog(region.rhythm, plan.content),
        created_at=now,
        visible_at=visible_at,
        name=plan.name,
        description=plan.description,
        performance_level=plan.performance_level,
        provisioned_iops=plan.provisioned_iops,
        bursting=plan.bursting,
        encrypted=plan.encrypted,
        kms_key_id=plan.kms_key_id,
        delete_with_instance=plan.delete_with_instance,
        portable=plan.portable,
        auto_snapshot_policy_id=plan.auto_snapshot_policy_id,
        storage_cluster_id=plan.storage_cluster_id,
        storage_set_id=plan.storage_set_id,
        storage_set_partition=plan.storage_set_partition,
        image_id=plan.image_id,
        source_snapshot_id=plan.source_snapshot_id,
        os=plan.os,
    )
    region.disks[disk.disk_id] = disk
    source = region.snapshots.get(plan.source_snapshot_id)
    if source is not None:
        source.disk_ids.add(disk.disk_id)
    return disk


def _put_in(disk: Disk, instance: Instance, device: str, now: float) -> None:
    disk.status, disk.instance_id, disk.device = "In_use", instance.instance_id, device
    disk.attached_at = now
    disk.resource_group_id = instance.options.resource_group_id
    instance.disk_ids.append(disk.disk_id)


def _add_interface(
    region: EcsRegion, instance: Instance, plan: InterfacePlan, now: float, visible_at: float
) -> None:
    if plan.interface_id:
        interface = region.interface(plan.interface_id)
    else:
        interface = make_interface(region, plan, now, visible_at)
        interface.created_at = instance.created_at
    interface.status, interface.instance_id = "InUse", instance.instance_id
    instance.interface_ids.append(interface.interface_id)


def make_interface(
    region: EcsRegion, plan: InterfacePlan, now: float, visible_at: float
) -> Interface:
    """Make an unattached network interface with its addresses."""
    rng, vswitch = region.world.rng, plan.vswitch
    mac = rng.getrandbits(24)
    interface = Interface(
        interface_id=region.new_id("eni"),
        kind=plan.kind,
        status="Available",
        zone_id=vswitch.zone_id,
        vpc_id=vswitch.vpc_id,
        vswitch_id=vswitch.vswitch_id,
        ip=vswitch.take(plan.ip, now),
        mac=f"00:16:3e:{mac >> 16:02x}:{mac >> 8 & 255:02x}:{mac & 255:02x}",
        created_at=now,
        visible_at=visible_at,
        security_group_ids=plan.security_group_ids,
        delete_on_release=plan.delete_on_release,
        name=plan.name,
        description=plan.description,
        queue_number=plan.queue_number,
        secondary_ips=tuple(vswitch.take("", now) for _ in range(plan.secondary_count)),
        ipv6=tuple(f"2408:4000::{rng.getrandbits(16):x}" for _ in range(plan.ipv6_count)),
    )
    region.interfaces[interface.interface_id] = interface
    return interface
