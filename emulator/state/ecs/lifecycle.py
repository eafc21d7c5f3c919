"""How an instance starts, stops and ends, and what becomes of what hangs on it.

At a release disks with DeleteWithInstance go, the others stay as pay-as-you-go *data* disks, also
a former system disk (source: CreateImage); secondary interfaces follow DeleteOnRelease, the EIP
stays allocated, the private address returns to its vSwitch.
"""

from emulator.state.ecs import captures
from emulator.state.ecs.events import publish_state
from emulator.state.ecs.instance_view import instance_row
from emulator.state.ecs.records import Disk, Instance, Interface
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError

FORCED_SHARE = 0.2


def _enter(region: EcsRegion, instance: Instance, state: str, at: float) -> None:
    instance.status.to(state, at)
    publish_state(region, instance.instance_id, state, at)


def begin_boot(region: EcsRegion, instance: Instance, now: float) -> None:
    """Let a Pending instance go on to Starting and Running by itself."""
    pending = region.jittered(region.settings.pending_seconds)
    instance.transition = region.world.scheduler.at(
        now + pending, lambda at: begin_start(region, instance, at)
    )


def begin_start(region: EcsRegion, instance: Instance, now: float) -> None:
    """Begin to start an instance."""
    _enter(region, instance, "Starting", now)
    instance.started_at, instance.stopped_mode = now, "Not-applicable"
    instance.transition = region.world.scheduler.at(
        now + region.jittered(region.settings.starting_seconds),
        lambda at: finish_start(region, instance, at),
    )


def finish_start(region: EcsRegion, instance: Instance, at: float) -> None:
    """Make an instance Running; from now on it writes to its disks."""
    instance.transition = None
    _enter(region, instance, "Running", at)
    start_writing(region, instance, at)
    region.platform(at, "Running", instance.instance_id)


def start_writing(region: EcsRegion, instance: Instance, at: float) -> None:
    """Let the system inside write to its disks."""
    for disk in region.disks_of(instance):
        disk.log.start(instance.instance_id, at)


def begin_stop(
    region: EcsRegion,
    instance: Instance,
    now: float,
    *,
    orderly: bool = True,
    by_platform: bool = False,
    stop_charging: bool = False,
    within: float | None = None,
) -> None:
    """Begin to stop an instance; only an orderly stop writes back what is cached.

    `within` bounds the seconds that it may take.
    """
    captures.break_by_state_change(region, instance, now, by_platform=by_platform)
    _halt(region, instance, now, orderly=orderly)
    _enter(region, instance, "Stopping", now)
    share = 1.0 if orderly else FORCED_SHARE
    seconds = region.jittered(region.settings.stopping_seconds * share)
    instance.transition = region.world.scheduler.at(
        now + (seconds if within is None else min(seconds, within)),
        lambda at: finish_stop(region, instance, at, stop_charging=stop_charging),
    )


def finish_stop(region: EcsRegion, instance: Instance, at: float, *, stop_charging: bool) -> None:
    """Make an instance Stopped; StopCharging gives its CPU, memory and public address away."""
    instance.transition = None
    _enter(region, instance, "Stopped", at)
    instance.stopped_mode = "StopCharging" if stop_charging else "KeepCharging"
    if stop_charging:
        instance.public_ip = ""
        _give_back_stock(region, instance)
    region.platform(at, "Stopped", instance.instance_id, mode=instance.stopped_mode)


def begin_reboot(region: EcsRegion, instance: Instance, now: float, *, orderly: bool) -> None:
    """Restart an instance."""
    captures.break_by_state_change(region, instance, now, by_platform=False)
    _halt(region, instance, now, orderly=orderly)
    begin_start(region, instance, now)


def _halt(region: EcsRegion, instance: Instance, now: float, *, orderly: bool) -> None:
    if instance.transition is not None:
        instance.transition.cancel()
        instance.transition = None
    if instance.status.now != "Running":
        return
    for disk in region.disks_of(instance):
        disk.log.stop(now, orderly=orderly)


def take_stock(region: EcsRegion, instance: Instance) -> None:
    """Claim the CPU and memory of a stopped instance again.

    Raises:
        ApiError: The zone has none left.
    """
    if instance.stock_held:
        return
    each = region.instance_type(instance.type_id)
    if not region.stock.take(region.zone(instance.zone_id), each, 1):
        raise no_stock()
    instance.stock_held = True


def no_stock() -> ApiError:
    """Refuse for lack of stock."""
    return ApiError(
        403,
        "OperationDenied.NoStock",
        "The requested resource is sold out in the specified zone; try other types of resources "
        "or other regions and zones.",
    )


def _give_back_stock(region: EcsRegion, instance: Instance) -> None:
    if instance.stock_held:
        each = region.instance_type(instance.type_id)
        region.stock.give_back(region.zone(instance.zone_id), each)
        instance.stock_held = False


def release(region: EcsRegion, instance: Instance, at: float, *, by_platform: bool) -> None:
    """End an instance; what it has not flushed is lost."""
    if region.settings.stale_read_seconds:
        instance.last_row = instance_row(region, instance, at)
    _halt(region, instance, at, orderly=False)
    if instance.interruption is not None:
        for timer in instance.interruption.timers:
            timer.cancel()
    for disk in region.disks_of(instance):
        _settle_disk(region, disk, at)
    for interface_id in instance.interface_ids:
        _settle_interface(region, region.interfaces[interface_id], at)
    if instance.eip_allocation_id:
        addresses = region.vpc.addresses
        addresses.free_now(addresses.find(instance.eip_allocation_id), at)
    if not by_platform:
        _give_back_stock(region, instance)
    if instance.is_spot:
        region.spot_vcpus -= region.instance_type(instance.type_id).cpu
    _enter(region, instance, "Deleted", at)
    if instance.image_id in region.images:
        region.images[instance.image_id].users.discard(instance.instance_id)
    _remove(region, instance, at)
    note = region.platform if by_platform else region.record
    kept = [each for each in instance.disk_ids if each in region.disks]
    note(at, "Release", instance.instance_id, kept=kept)
    region.say_farewell(instance.instance_id, at)


def _settle_disk(region: EcsRegion, disk: Disk, at: float) -> None:
    kept = not disk.delete_with_instance and not disk.is_local
    captures.break_by_release(region, disk, at, kept=kept)
    if not kept:
        delete_disk(region, disk, at)
        return
    disk.was_system = disk.was_system or disk.kind == "system"
    disk.kind, disk.status = "data", "Available"
    disk.origin_instance_id = disk.instance_id
    disk.instance_id = disk.device = ""
    disk.detached_at = at
    region.platform(at, "DiskRetained", disk.disk_id, instance_id=disk.origin_instance_id)


def delete_disk(region: EcsRegion, disk: Disk, at: float) -> None:
    """Delete a disk; its automatic snapshots go with it when they are set to."""
    for snapshot_id in disk.snapshot_ids if disk.delete_auto_snapshot else ():
        snapshot = region.snapshots.get(snapshot_id)
        if snapshot is not None and snapshot.kind == "timer":
            captures.forget_snapshot(region, snapshot, at, "disk was released")
    region.disks.pop(disk.disk_id, None)
    region.tags.drop(disk.disk_id)
    region.platform(at, "DiskDeleted", disk.disk_id, instance_id=disk.instance_id)


def _settle_interface(region: EcsRegion, interface: Interface, at: float) -> None:
    if interface.kind == "Primary" or interface.delete_on_release:
        delete_interface(region, interface, at)
        return
    interface.status, interface.instance_id = "Available", ""
    region.platform(at, "InterfaceRetained", interface.interface_id)


def delete_interface(region: EcsRegion, interface: Interface, at: float) -> None:
    """Delete a network interface and return its addresses."""
    if interface.timer is not None:
        interface.timer.cancel()
    region.interfaces.pop(interface.interface_id, None)
    region.tags.drop(interface.interface_id)
    vswitch = region.vpc.networks.vswitch(interface.vswitch_id)
    free_at = at + region.assumptions.private_ip_free_after_seconds
    for address in (interface.ip, *interface.secondary_ips):
        vswitch.free(address, free_at)
    if interface.eip_allocation_id:
        region.vpc.addresses.free_now(region.vpc.addresses.find(interface.eip_allocation_id), at)
    region.say_farewell(interface.interface_id, at)


def _remove(region: EcsRegion, instance: Instance, at: float) -> None:
    """Take an instance out of the books; stale readers see its last row for a while."""
    instance.gone_at = at
    stale = region.settings.stale_read_seconds
    if stale:
        region.world.scheduler.at(at + stale, lambda _: _forget(region, instance.instance_id))
    else:
        _forget(region, instance.instance_id)


def _forget(region: EcsRegion, instance_id: str) -> None:
    region.instances.pop(instance_id, None)
    region.tags.drop(instance_id)
