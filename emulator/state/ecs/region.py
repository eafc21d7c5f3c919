"""Everything that one region of ECS holds, and the few things that all its actions need."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from emulator.assumptions import Assumptions
from emulator.state.ecs.catalogue import Catalogue, InstanceType, PublicImage, Zone
from emulator.state.ecs.content import WriteRhythm
from emulator.state.ecs.records import (
    Disk,
    Image,
    Instance,
    Interface,
    Invocation,
    KeyPair,
    SecurityGroup,
    Snapshot,
    SnapshotPolicy,
    Trail,
)
from emulator.state.ecs.settings import EcsSettings
from emulator.state.ecs.stock import Stock
from emulator.state.ecs.tags import TagStore
from emulator.state.errors import ApiError
from emulator.state.vpc import VpcService
from emulator.state.world import World

Publish = Callable[[dict[str, Any], float], None]
Farewell = Callable[[str, float], None]
R = TypeVar("R", Instance, Disk, Image, Snapshot, Interface)


class EcsRegion:
    """The resources of one region; actions are functions over it.

    A lookup by id (`instance`, `disk`, ...) sees a resource from its creation to its end; what
    describe calls list is a matter of `visible`.
    """

    def __init__(
        self,
        world: World,
        region_id: str,
        *,
        catalogue: Catalogue,
        settings: EcsSettings,
        vpc: VpcService,
        publish: Publish,
    ) -> None:
        self.world = world
        self.region_id = region_id
        self.catalogue = catalogue
        self.place = catalogue.region(region_id)
        self.settings = settings
        self.vpc = vpc
        self.publish = publish
        self.rhythm = WriteRhythm(settings.write_interval_seconds, settings.flush_interval_seconds)
        self.stock = Stock(self.place, settings.thin_stock)
        self.tags = TagStore()
        self.instances: dict[str, Instance] = {}
        self.disks: dict[str, Disk] = {}
        self.images: dict[str, Image] = {}
        self.image_names: set[str] = set()
        self.snapshots: dict[str, Snapshot] = {}
        self.snapshot_policies: dict[str, SnapshotPolicy] = {}
        self.interfaces: dict[str, Interface] = {}
        self.security_groups: dict[str, SecurityGroup] = {}
        self.key_pairs: dict[str, KeyPair] = {}
        self.invocations: dict[str, Invocation] = {}
        self.history: list[dict[str, Any]] = []
        self.doomed_launches = 0
        self.launch_minute = (-1, 0)
        self.spot_vcpus = 0
        self.offers: dict[tuple[str, str], tuple[InstanceType, ...]] = {}
        # Told the id of every instance and network interface that is gone, and when.
        self.farewells: list[Farewell] = []

    @property
    def assumptions(self) -> Assumptions:
        """How to behave where the documents are silent."""
        return self.world.assumptions

    def new_id(self, kind: str) -> str:
        """Make up an id like `i-bp1...`."""
        return f"{kind}-{self.place.code}{self.world.rng.getrandbits(68):017x}"

    def jittered(self, seconds: float) -> float:
        """Vary a duration by the share in the settings."""
        share = self.settings.jitter
        return seconds * (1 + share * (2 * self.world.rng.random() - 1)) if share else seconds

    def visible_from(self, now: float) -> float:
        """Return when describe calls begin to show what happens now."""
        return now + self.assumptions.describe_lag_seconds

    def status_seen(self, trail: Trail, now: float) -> str:
        """Return the status that a describe call shows."""
        return trail.seen(now, self.settings.stale_read_seconds)

    def record(self, at: float, action: str, resource_id: str, **detail: object) -> None:
        """Write an effect of a call to the ledger."""
        self.world.record(at, "ecs", self.region_id, action, resource_id, **detail)

    def platform(self, at: float, action: str, resource_id: str, **detail: object) -> None:
        """Write what the platform did by itself to the ledger."""
        self.world.record(at, "platform", self.region_id, action, resource_id, **detail)

    def say_farewell(self, resource_id: str, at: float) -> None:
        """Tell other products that an instance or a network interface is gone."""
        for tell in self.farewells:
            tell(resource_id, at)

    def zone(self, zone_id: str) -> Zone:
        """Return a zone.

        Raises:
            ApiError: The region has no such zone.
        """
        found = self.place.zone(zone_id)
        if found is None:
            raise ApiError(404, "InvalidZoneId.NotFound", "The specified zone does not exist.")
        return found

    def instance_type(self, type_id: str) -> InstanceType:
        """Return an instance type.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.catalogue.types.get(type_id)
        if found is None:
            raise ApiError(
                400,
                "InvalidInstanceType.ValueNotSupported",
                "The specified InstanceType does not exist or beyond the permitted range.",
            )
        return found

    def public_image(self, image_id: str) -> PublicImage | None:
        """Return an image of the provider, if the id is one's."""
        return self.catalogue.images.get(image_id)

    def instance(self, instance_id: str) -> Instance:
        """Return a living instance.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.instances.get(instance_id)
        if found is None or found.gone_at is not None:
            raise ApiError(
                404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist."
            )
        return found

    def disk(self, disk_id: str) -> Disk:
        """Return a disk.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.disks.get(disk_id)
        if found is None:
            raise ApiError(404, "InvalidDiskId.NotFound", "The specified disk does not exist.")
        return found

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.snapshots.get(snapshot_id)
        if found is None:
            raise ApiError(
                404, "InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist."
            )
        return found

    def interface(self, interface_id: str) -> Interface:
        """Return a network interface.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.interfaces.get(interface_id)
        if found is None:
            raise ApiError(
                404, "InvalidEniId.NotFound", f"The specified ENI {interface_id} does not exist."
            )
        return found

    def disks_of(self, instance: Instance) -> list[Disk]:
        """Return an instance's disks, the system disk first."""
        return [self.disks[each] for each in instance.disk_ids]

    def system_disk(self, instance: Instance) -> Disk:
        """Return the disk that an instance boots from.

        Raises:
            ApiError: It is not there. Source: CreateImage, error codes.
        """
        for disk in self.disks_of(instance):
            if disk.kind == "system":
                return disk
        raise ApiError(
            400, "InvalidInstance.NotFoundSystemDisk", "The specified instance has no system disk."
        )

    def primary(self, instance: Instance) -> Interface:
        """Return an instance's primary network interface."""
        return self.interfaces[instance.interface_ids[0]]


def visible(items: Iterable[R], now: float) -> list[R]:
    """Keep what describe calls show already."""
    return [each for each in items if each.visible_at <= now]
