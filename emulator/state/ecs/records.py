"""The resources of ECS as the emulator keeps them; mutable, one owner: `EcsRegion`.

`visible_at` is when describe calls begin to show a resource; calls that change it know it at
once. A status is a `Trail`, so that describes may show the one of some seconds ago.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.state.ecs.content import EMPTY, DiskContent, DiskLog
from emulator.state.scheduler import Timer


@dataclass(slots=True)
class Trail:
    """A status and the one before it."""

    now: str
    before: str = ""
    changed_at: float = 0.0

    def to(self, status: str, at: float) -> None:
        """Change the status."""
        self.before, self.now, self.changed_at = self.now, status, at

    def seen(self, now: float, stale_seconds: float) -> str:
        """Return what a reader sees whose data may be `stale_seconds` old."""
        if stale_seconds and self.before and now < self.changed_at + stale_seconds:
            return self.before
        return self.now


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """What an image says about the system inside; disks and snapshots inherit it.

    Attributes:
        architecture: `x86_64` or `arm64`.
        boot_mode: `BIOS`, `UEFI` or `UEFI-Preferred`.
        nvme: `supported` or `unsupported`.
        imds: `v1` or `v2`; only v2 can be launched with HttpTokens=required.
        secure_boot: `supported` or `unsupported`.
    """

    architecture: str = "x86_64"
    platform: str = "Aliyun"
    os_name: str = "Alibaba Cloud Linux  3.2104 LTS 64位"
    os_name_en: str = "Alibaba Cloud Linux  3.2104 LTS 64 bit"
    os_type: str = "linux"
    boot_mode: str = "UEFI-Preferred"
    nvme: str = "supported"
    imds: str = "v2"
    secure_boot: str = "unsupported"
    login_as_non_root: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """Properties of an instance that RunInstances sets and describes return unchanged."""

    instance_name: str = ""
    description: str = ""
    host_name: str = ""
    charge_type: str = "PostPaid"
    spot_strategy: str = "NoSpot"
    spot_price_limit: float = 0.0
    spot_duration: int = 1
    spot_interruption_behavior: str = "Terminate"
    security_group_ids: tuple[str, ...] = ()
    key_pair_name: str = ""
    ram_role_name: str = ""
    user_data: str = ""
    resource_group_id: str = ""
    internet_charge_type: str = "PayByTraffic"
    bandwidth_in: int = 0
    bandwidth_out: int = 0
    http_endpoint: str = "enabled"
    http_tokens: str = "optional"
    hop_limit: int = 1
    credit_specification: str = ""
    threads_per_core: int = 0
    cpu_topology: str = ""
    nested_virtualization: str = ""
    login_as_non_root: bool = False
    deployment_set_id: str = ""
    deployment_set_group: int | None = None
    hpc_cluster_id: str = ""
    storage_set_id: str = ""
    storage_set_partition: int | None = None
    ptp_status: str = ""
    secure_boot: bool = False
    jumbo_frame: bool = False
    network_encryption: bool = False
    bandwidth_weighting: str = ""
    private_dns: Mapping[str, bool | str] = field(default_factory=dict)
    deletion_protection: bool = False
    auto_release_time: str = ""
    isp: str = ""
    private_pool: str = "None"
    private_pool_id: str = ""


@dataclass(slots=True)
class Interruption:
    """The platform's notice to one spot instance.

    Attributes:
        t0: When the platform decided.
        release_at: When it takes the instance.
        event_id: Id of the event, the same in every copy of it.
    """

    t0: float
    release_at: float
    event_id: str
    timers: list[Timer] = field(default_factory=list)


@dataclass(slots=True)
class Instance:
    """One instance; `disk_ids` and `interface_ids` begin with the system and primary one."""

    instance_id: str
    type_id: str
    zone_id: str
    vpc_id: str
    vswitch_id: str
    image_id: str
    os: OperatingSystem
    options: Options
    status: Trail
    created_at: float
    visible_at: float
    started_at: float | None = None
    stopped_mode: str = "Not-applicable"
    serial: str = ""
    private_ip: str = ""
    public_ip: str = ""
    eip_allocation_id: str = ""
    locks: dict[str, float] = field(default_factory=dict)
    disk_ids: list[str] = field(default_factory=list)
    interface_ids: list[str] = field(default_factory=list)
    interruption: Interruption | None = None
    transition: Timer | None = None
    stock_held: bool = True
    gone_at: float | None = None
    last_row: dict[str, Any] | None = None

    @property
    def is_spot(self) -> bool:
        """Tell whether the platform may interrupt it."""
        return self.options.spot_strategy != "NoSpot"

    @property
    def is_recycling(self) -> bool:
        """Tell whether the platform has announced to take it."""
        return "Recycling" in self.locks


@dataclass(slots=True)
class Disk:
    """A cloud or local disk.

    Attributes:
        was_system: It was a system disk once and is a data disk since its instance was released.
    """

    disk_id: str
    kind: str
    category: str
    size: int
    zone_id: str
    status: str
    log: DiskLog
    created_at: float
    visible_at: float
    name: str = ""
    description: str = ""
    performance_level: str = ""
    provisioned_iops: int = 0
    bursting: bool = False
    encrypted: bool = False
    kms_key_id: str = ""
    delete_with_instance: bool = True
    delete_auto_snapshot: bool = True
    enable_auto_snapshot: bool = True
    auto_snapshot_policy_id: str = ""
    portable: bool = True
    multi_attach: str = "Disabled"
    storage_cluster_id: str = ""
    storage_set_id: str = ""
    storage_set_partition: int | None = None
    resource_group_id: str = ""
    instance_id: str = ""
    device: str = ""
    image_id: str = ""
    source_snapshot_id: str = ""
    os: OperatingSystem | None = None
    attached_at: float | None = None
    detached_at: float | None = None
    was_system: bool = False
    origin_instance_id: str = ""
    snapshot_ids: list[str] = field(default_factory=list)

    @property
    def is_local(self) -> bool:
        """Tell whether it dies with its host."""
        return self.category.startswith(("local_", "ephemeral"))


@dataclass(slots=True)
class Snapshot:
    """A snapshot; `kind` is `user` or `timer` (made by an automatic policy)."""

    snapshot_id: str
    disk_id: str
    disk_size: int
    disk_kind: str
    disk_category: str
    content: DiskContent
    started_at: float
    visible_at: float
    finish_at: float
    available_at: float
    status: str = "progressing"
    progress_end: float | None = None
    instance_id: str = ""
    name: str = ""
    description: str = ""
    kind: str = "user"
    resource_group_id: str = ""
    encrypted: bool = False
    kms_key_id: str = ""
    retention_days: int = 0
    os: OperatingSystem | None = None
    image_ids: set[str] = field(default_factory=set)
    disk_ids: set[str] = field(default_factory=set)
    timer: Timer | None = None

    def is_available(self, now: float) -> bool:
        """Tell whether disks can be made from it: finished, or instantly accessible."""
        return self.status == "accomplished" or (
            self.status == "progressing" and now >= self.available_at
        )


@dataclass(frozen=True, slots=True)
class DeviceMapping:
    """One disk of an image."""

    device: str
    kind: str
    size: int
    snapshot_id: str
    encrypted: bool = False
    content: DiskContent = EMPTY


@dataclass(slots=True)
class Image:
    """An image; the provider's own ones have `owner` `system` and no snapshots."""

    image_id: str
    name: str
    size: int
    os: OperatingSystem
    owner: str
    status: Trail
    started_at: float
    visible_at: float
    finish_at: float
    usable_at: float
    mappings: tuple[DeviceMapping, ...]
    description: str = ""
    family: str = ""
    version: str = ""
    resource_group_id: str = ""
    instance_id: str = ""
    progress_end: float | None = None
    users: set[str] = field(default_factory=set)
    timer: Timer | None = None

    def is_usable(self, now: float) -> bool:
        """Tell whether an instance can be launched from it at `now`."""
        return self.status.now in {"Available", "Creating"} and now >= self.usable_at


@dataclass(slots=True)
class Interface:
    """An elastic network interface."""

    interface_id: str
    kind: str
    status: str
    zone_id: str
    vpc_id: str
    vswitch_id: str
    ip: str
    mac: str
    created_at: float
    visible_at: float
    instance_id: str = ""
    security_group_ids: tuple[str, ...] = ()
    delete_on_release: bool = True
    name: str = ""
    description: str = ""
    queue_number: int = 2
    source_dest_check: bool = False
    resource_group_id: str = ""
    secondary_ips: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    eip_allocation_id: str = ""
    public_ip: str = ""
    timer: Timer | None = None


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    """A security group; rules are not modelled."""

    group_id: str
    name: str
    vpc_id: str
    created_at: float


@dataclass(frozen=True, slots=True)
class SnapshotPolicy:
    """When automatic snapshots are taken and how long they are kept."""

    policy_id: str
    name: str
    weekdays: str
    time_points: str
    retention_days: int
    created_at: float


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An SSH key pair."""

    name: str
    fingerprint: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Invocation:
    """One RunCommand call; `outcomes` has the final InvocationStatus per instance."""

    invoke_id: str
    command_id: str
    name: str
    content: str
    kind: str
    timeout: int
    started_at: float
    finish_at: float
    outcomes: Mapping[str, str]

    def status(self, instance_id: str, now: float) -> str:
        """Return the InvocationStatus on one instance."""
        outcome = self.outcomes[instance_id]
        return outcome if now >= self.finish_at or outcome == "Invalid" else "Running"
