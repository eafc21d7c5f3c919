"""The ECS API of one region, and what tests and the control interface may do to it besides."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.state.ecs import (
    account,
    availability,
    captures,
    commands,
    disk_changes,
    disks,
    dumps,
    image_creation,
    images,
    instance_changes,
    instance_types,
    instances,
    interfaces,
    launch,
    prices,
    public_addresses,
    reclaim,
    references,
    snapshot_policies,
    snapshots,
    tagging,
)
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.content import DiskContent
from emulator.state.ecs.params import Params, read, shapes
from emulator.state.ecs.records import Disk, Instance, Interruption
from emulator.state.ecs.region import EcsRegion, Publish
from emulator.state.ecs.seed import InstanceSeed, seed_instance
from emulator.state.ecs.settings import EcsSettings
from emulator.state.ecs.targets import InstanceTargets
from emulator.state.ecs.throttle import Throttle
from emulator.state.ecs.tokens import TokenBook
from emulator.state.errors import ApiError, no_action
from emulator.state.vpc import VpcService
from emulator.state.world import World

Handler = Callable[[EcsRegion, Params, float], dict[str, Any]]

ACTIONS: Mapping[str, Handler] = {
    "ApplyAutoSnapshotPolicy": snapshot_policies.apply_auto_snapshot_policy,
    "AttachDisk": disk_changes.attach_disk,
    "AttachNetworkInterface": interfaces.attach_network_interface,
    "ConvertNatPublicIpToEip": public_addresses.convert_nat_public_ip_to_eip,
    "CreateAutoSnapshotPolicy": snapshot_policies.create_auto_snapshot_policy,
    "CreateDisk": disk_changes.create_disk,
    "CreateImage": image_creation.create_image,
    "CreateNetworkInterface": interfaces.create_network_interface,
    "CreateSnapshot": snapshots.create_snapshot,
    "DeleteDisk": disk_changes.delete_disk,
    "DeleteImage": images.delete_image,
    "DeleteInstance": instance_changes.delete_instance,
    "DeleteInstances": instance_changes.delete_instances,
    "DeleteNetworkInterface": interfaces.delete_network_interface,
    "DeleteSnapshot": snapshots.delete_snapshot,
    "DescribeAccountAttributes": account.describe_account_attributes,
    "DescribeAutoSnapshotPolicyAssociations": (account.describe_auto_snapshot_policy_associations),
    "DescribeAutoSnapshotPolicyEx": snapshot_policies.describe_auto_snapshot_policy_ex,
    "DescribeAvailableResource": availability.describe_available_resource,
    "DescribeDisks": disks.describe_disks,
    "DescribeImageSupportInstanceTypes": instance_types.describe_image_support_instance_types,
    "DescribeImages": images.describe_images,
    "DescribeInstanceAttachmentAttributes": instances.describe_instance_attachment_attributes,
    "DescribeInstanceAttribute": instances.describe_instance_attribute,
    "DescribeInstanceHistoryEvents": account.describe_instance_history_events,
    "DescribeInstanceRamRole": instances.describe_instance_ram_role,
    "DescribeInstanceStatus": instances.describe_instance_status,
    "DescribeInstanceTypes": instance_types.describe_instance_types,
    "DescribeInstances": instances.describe_instances,
    "DescribeInvocationResults": commands.describe_invocation_results,
    "DescribeInvocations": commands.describe_invocations,
    "DescribeKeyPairs": account.describe_key_pairs,
    "DescribeNetworkInterfaces": interfaces.describe_network_interfaces,
    "DescribePrice": prices.describe_price,
    "DescribeRegions": account.describe_regions,
    "DescribeSecurityGroups": account.describe_security_groups,
    "DescribeSnapshots": snapshots.describe_snapshots,
    "DescribeSpotAdvice": prices.describe_spot_advice,
    "DescribeSpotPriceHistory": prices.describe_spot_price_history,
    "DescribeUserData": instances.describe_user_data,
    "DescribeVSwitches": account.describe_vswitches,
    "DescribeVpcs": account.describe_vpcs,
    "DescribeZones": account.describe_zones,
    "DetachDisk": disk_changes.detach_disk,
    "DetachNetworkInterface": interfaces.detach_network_interface,
    "ListTagResources": tagging.list_tag_resources,
    "ModifyDiskAttribute": disks.modify_disk_attribute,
    "ModifyInstanceAttribute": instance_changes.modify_instance_attribute,
    "ModifyNetworkInterfaceAttribute": interfaces.modify_network_interface_attribute,
    "RebootInstance": instance_changes.reboot_instance,
    "RunCommand": commands.run_command,
    "RunInstances": launch.run_instances,
    "StartInstance": instance_changes.start_instance,
    "StartInstances": instance_changes.start_instances,
    "StopInstance": instance_changes.stop_instance,
    "StopInstances": instance_changes.stop_instances,
    "TagResources": tagging.tag_resources,
    "UntagResources": tagging.untag_resources,
}


class EcsService:
    """One region's ECS."""

    def __init__(
        self,
        world: World,
        region: str,
        *,
        catalogue: Catalogue,
        settings: EcsSettings,
        vpc: VpcService,
        publish: Publish,
    ) -> None:
        self.region = EcsRegion(
            world, region, catalogue=catalogue, settings=settings, vpc=vpc, publish=publish
        )
        vpc.addresses.targets = InstanceTargets(self.region)
        self._throttle = Throttle(
            settings.calls_per_minute,
            settings.default_calls_per_minute,
            is_bucket=world.assumptions.ecs_throttle == "bucket",
        )
        self._tokens = TokenBook(
            world.assumptions.client_token_seconds, world.assumptions.refusals_stick_to_token
        )

    def call(self, action: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Carry out one action of the ECS API.

        Raises:
            ApiError: The provider's refusal.
        """
        world = self.region.world
        world.scheduler.run(now)
        handler = ACTIONS.get(action)
        if handler is None:
            world.complain(f"ecs has no action {action}")
            raise no_action()
        self._throttle.admit(action, now)
        given = read(f"ecs {action}", shapes("ecs")[action], params, world.complain)
        return self._tokens.once(
            action, given.values(), now, lambda: handler(self.region, given, now)
        )

    def seed_instance(self, seed: InstanceSeed | Mapping[str, Any], now: float) -> str:
        """Make a complete Running instance and return its id.

        Raises:
            ValueError: Plain data with a name that a seed does not have, or no such image.
            ApiError: Its type, zone, vSwitch or address does not exist or is taken.
        """
        checked = seed if isinstance(seed, InstanceSeed) else InstanceSeed.from_plain(seed)
        self.region.world.scheduler.run(now)
        return seed_instance(self.region, checked, now).instance_id

    def declare(self, parameter: str, names: Iterable[str]) -> None:
        """Let things exist that no action here makes, by the parameter that names them.

        Raises:
            ValueError: There is no such parameter; see `references.KINDS`.
        """
        references.declare(self.region, parameter, names)

    def interrupt(
        self,
        instance_id: str,
        now: float,
        *,
        notice_seconds: float = reclaim.NOTICE_SECONDS,
        stop_before: float | None = reclaim.ASSUMED,
        publish_event: bool = True,
        event_delay: float = 0.0,
        lock: bool = True,
        lock_delay: float | None = None,
    ) -> Interruption:
        """Begin to take a spot instance; see `reclaim.Notice` for the arguments.

        Raises:
            ApiError: There is no such instance, or it is no spot instance.
        """
        self.region.world.scheduler.run(now)
        notice = reclaim.Notice(
            notice_seconds, publish_event, event_delay, lock, lock_delay, stop_before
        )
        interruption = reclaim.interrupt(self.region, instance_id, now, notice)
        self.region.world.scheduler.run(now)
        return interruption

    def cancel_interruption(self, instance_id: str, now: float) -> None:
        """Take a notice back: the lock disappears and nothing is released.

        Raises:
            ApiError: There is no such instance.
        """
        self.region.world.scheduler.run(now)
        reclaim.cancel(self.region, instance_id, now)

    def write(
        self, instance_id: str, disk: str, path: str, text: str, now: float, *, flush: bool = False
    ) -> None:
        """Write a file as a running instance does.

        Args:
            instance_id: The writer.
            disk: Disk id, device name, or `system`.
            path: Name of the file.
            text: What it holds from now on.
            now: Epoch seconds.
            flush: Make it durable at once, with all that was written before.

        Raises:
            ApiError: There is no such instance or disk, or it is not running.
        """
        self.region.world.scheduler.run(now)
        target = self.find_disk(instance_id, disk)
        if target.log.writer != instance_id:
            raise ApiError(400, "IncorrectInstanceStatus", f"{instance_id} is not running.")
        target.log.write(path, text, now, flush=flush)

    def find_disk(self, instance_id: str, name: str) -> Disk:
        """Return an instance's disk by id, device, or the word `system`.

        Raises:
            ApiError: It has no such disk.
        """
        for disk in self.region.disks_of(self.region.instance(instance_id)):
            if name in {disk.disk_id, disk.device} or (name == disk.kind == "system"):
                return disk
        raise ApiError(404, "InvalidDiskId.NotFound", f"{instance_id} has no disk {name}.")

    def set_stock(
        self,
        zone_id: str,
        type_id: str,
        *,
        count: int | None,
        price: float | None = None,
        now: float = 0.0,
    ) -> None:
        """Set how many instances a zone has of a type, None for any number.

        Args:
            zone_id: The zone.
            type_id: The instance type.
            count: Instances left.
            price: Also the spot price from `now` on, in CNY per hour.
            now: Epoch seconds; matters for the price only.

        Raises:
            ApiError: There is no such zone or type.
        """
        pool = self.region.stock.pool(self.region.zone(zone_id), self.region.instance_type(type_id))
        if count != pool.count:
            pool.count, pool.closing = count, False
        if price is not None:
            self.set_price(zone_id, type_id, price, now)

    def set_price(self, zone_id: str, type_id: str, price: float, now: float) -> None:
        """Set a type's spot price in a zone from now on, in CNY per hour.

        Raises:
            ApiError: There is no such zone or type.
        """
        zone, each = self.region.zone(zone_id), self.region.instance_type(type_id)
        self.region.stock.set_price(zone, each, price, now)

    def vanish_next(self, count: int = 1) -> None:
        """Let the next accepted launches be deleted again for lack of stock."""
        self.region.doomed_launches += count

    def end_image(self, image_id: str, now: float, *, available: bool) -> None:
        """End a running image now, well or badly.

        Raises:
            ApiError: There is no such image.
        """
        self.region.world.scheduler.run(now)
        image = self.region.images.get(image_id)
        if image is None:
            raise ApiError(404, "InvalidImageId.NotFound", "The ImageId does not exist.")
        if image.status.now != "Creating":
            return
        if available:
            captures.finish_image(self.region, image, now)
        else:
            captures.fail_image(self.region, image, now, "ended by the test")

    def answers(self, address: str, now: float) -> bool:
        """Tell whether the services of the instance that has an address answer there.

        There is no system inside an emulated instance: from some time after its start until its
        stop every port of it is taken to answer.
        """
        self.region.world.scheduler.run(now)
        seconds = self.region.settings.serving_seconds
        holder = next(
            (one for one in self.region.instances.values() if address in self._addresses(one)), None
        )
        if holder is None or seconds is None or holder.started_at is None:
            return False
        return holder.status.now == "Running" and now >= holder.started_at + seconds

    def _addresses(self, instance: Instance) -> set[str]:
        eips = self.region.vpc.addresses.eips
        bound = eips.get(instance.eip_allocation_id)
        return {instance.private_ip, instance.public_ip, bound.address if bound else ""} - {""}

    def disk_content(self, disk_id: str, now: float, *, durable: bool = False) -> DiskContent:
        """Show what is on a disk, all of it or what a power cut would leave.

        Raises:
            ApiError: There is no such disk.
        """
        self.region.world.scheduler.run(now)
        return self.region.disk(disk_id).log.at(now, durable=durable)

    def snapshot_content(self, snapshot_id: str) -> DiskContent:
        """Show what a snapshot holds.

        Raises:
            ApiError: There is no such snapshot.
        """
        return self.region.snapshot(snapshot_id).content

    def image_content(self, image_id: str) -> Mapping[str, DiskContent]:
        """Show what an image holds, by device.

        Raises:
            ApiError: There is no such image.
        """
        image = self.region.images.get(image_id)
        if image is None:
            raise ApiError(404, "InvalidImageId.NotFound", "The ImageId does not exist.")
        return {mapping.device: mapping.content for mapping in image.mappings}

    def dump(self, kind: str, now: float) -> list[dict[str, Any]]:
        """Return all resources of a kind as plain data, without any lag; see `dumps.KINDS`.

        Raises:
            KeyError: There is no such kind.
        """
        self.region.world.scheduler.run(now)
        return dumps.KINDS[kind](self.region, now)
