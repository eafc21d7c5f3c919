"""What the steps talk about: the source, its disks, images, candidates, and the cloud's answers.

Instants are epoch seconds (float), durations seconds, memory and disk sizes GiB.
Field names follow ECS, in our spelling; each adapter translates at the edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

Tags = Mapping[str, str]

RECYCLING = "recycling"


@dataclass(frozen=True, slots=True)
class Interruption:
    """The notice that a spot instance will be reclaimed, as far as the event tells."""

    instance_id: str
    region: str | None = None
    account: str | None = None
    event_id: str | None = None
    at: float | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A readable event that is not for us, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """One element of a list of events that cannot be read, as JSON text, and why."""

    text: str
    sentence: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance as described, with everything that a clone needs.

    Attributes:
        status: Pending, Starting, Running, Stopping or Stopped.
        locks: Lock reasons in lower case; `recycling` is the interruption.
        interruption_behavior: Terminate, or Stop for economical mode.
        public_ip: Static public address, which cannot move; None when it has none.
        eip_allocation: Allocation id of a bound elastic address.
    """

    instance_id: str
    status: str
    instance_type: str
    zone: str
    vpc: str = ""
    vswitch: str = ""
    private_ip: str = ""
    public_ip: str | None = None
    eip_allocation: str | None = None
    eip_address: str | None = None
    created_at: str = ""
    started_at: str = ""
    stopped_mode: str = ""
    cpu: int = 0
    memory: float = 0.0
    image_id: str = ""
    spot_strategy: str = ""
    spot_price_limit: float = 0.0
    spot_duration: int = 0
    interruption_behavior: str = ""
    locks: tuple[str, ...] = ()
    tags: Tags = field(default_factory=dict)
    name: str = ""
    description: str = ""
    host_name: str = ""
    security_groups: tuple[str, ...] = ()
    key_pair: str = ""
    resource_group: str = ""
    internet_charge_type: str = ""
    bandwidth_out: int = 0
    bandwidth_in: int = 0
    credit_specification: str = ""
    deployment_set: str = ""
    http_endpoint: str = ""
    http_tokens: str = ""
    threads_per_core: int | None = None
    login_as_non_root: bool | None = None
    cpu_topology: str = ""
    deployment_set_group: int | None = None
    hpc_cluster: str = ""
    private_dns: tuple[tuple[str, bool | str], ...] = ()
    ptp_status: str = ""
    secure_boot: bool = False
    nested_virtualization: bool = False
    hop_limit: int = 0
    auto_release_time: str = ""

    @property
    def is_recycling(self) -> bool:
        """Whether the platform has locked it for reclaiming."""
        return RECYCLING in self.locks

    @property
    def is_economical(self) -> bool:
        """Whether an interruption stops it instead of releasing it."""
        return self.interruption_behavior.lower() == "stop"


@dataclass(frozen=True, slots=True)
class Disk:
    """One disk as described.

    Attributes:
        kind: `system` or `data`.
        size: GiB.
        is_cloud: False for local and ephemeral disks, whose content no image holds.
        delete_with_instance: Whether the release of the instance takes it along.
        auto_snapshots: Whether policies may take snapshots of it.
        drops_auto_snapshots: Whether its release takes those along.
    """

    disk_id: str
    kind: str
    category: str
    size: int
    device: str = ""
    is_cloud: bool = True
    portable: bool = True
    delete_with_instance: bool = True
    performance_level: str = ""
    encrypted: bool = False
    kms_key: str = ""
    name: str = ""
    description: str = ""
    provisioned_iops: int | None = None
    bursting: bool | None = None
    snapshot_policy: str = ""
    status: str = ""
    zone: str = ""
    instance_id: str = ""
    tags: Tags = field(default_factory=dict)
    storage_cluster: str = ""
    storage_set: str = ""
    storage_set_partition: int | None = None
    auto_snapshots: bool = True
    drops_auto_snapshots: bool = True


@dataclass(frozen=True, slots=True)
class Details:
    """What a clone needs of a source and its own description does not tell.

    Attributes:
        interfaces: How many network interfaces it has, the primary one included; 0 when unknown.
        queue_number: Of the primary interface; 0 when unknown.
        ipv6_count: IPv6 addresses of the primary interface.
        jumbo_frame: None when unknown.
        secondary_ips: Addresses of the primary interface beside its first.
        interface_name: Of the primary interface, as the three that follow.
        others: Ids of the other interfaces.
        unread: What could not be read, for it may not be.
    """

    interfaces: int = 0
    queue_number: int = 0
    ipv6_count: int = 0
    jumbo_frame: bool | None = None
    bandwidth_weighting: str = ""
    network_encryption: bool = False
    secondary_ips: tuple[str, ...] = ()
    interface_name: str = ""
    interface_description: str = ""
    interface_tags: tuple[tuple[str, str], ...] = ()
    source_dest_check: bool = False
    others: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """A source and its disks, seen together; the instance is None when it is not there."""

    instance: Instance | None
    disks: tuple[Disk, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """One image as described.

    Attributes:
        status: Creating, Waiting, Available, UnAvailable, CreateFailed or Deprecated.
        usable: Whether instances can be launched from it now. Source: ECS DescribeImages, Usable.
        percent: Reported progress.
        snapshots: Snapshot ids per device, in the image's order.
    """

    image_id: str
    name: str
    status: str
    usable: bool
    percent: int = 0
    created_at: str = ""
    snapshots: tuple[tuple[str, str], ...] = ()
    tags: Tags = field(default_factory=dict)

    @property
    def has_failed(self) -> bool:
        """Whether it can never be launched from."""
        return self.status in {"CreateFailed", "UnAvailable"}

    @property
    def is_safe(self) -> bool:
        """Whether nothing that happens to the source can harm it any more."""
        return self.status in {"Available", "Deprecated"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot as described.

    Attributes:
        status: progressing, accomplished or failed.
        percent: Reported progress.
        automatic: Whether a policy of the owner made it.
    """

    snapshot_id: str
    status: str
    created_at: str = ""
    percent: int = 0
    automatic: bool = False
    tags: Tags = field(default_factory=dict)

    @property
    def is_finished(self) -> bool:
        """Whether nothing that happens to its disk can harm it any more."""
        return self.status == "accomplished"

    @property
    def has_failed(self) -> bool:
        """Whether it never holds the data."""
        return self.status == "failed"


@dataclass(frozen=True, slots=True)
class VSwitch:
    """A subnet in one zone and how many addresses it has left."""

    vswitch_id: str
    zone: str
    free_addresses: int
    available: bool = True


@dataclass(frozen=True, slots=True)
class InstanceType:
    """What an instance type offers, as far as a clone depends on it."""

    name: str
    family: str
    cpu: int
    memory: float
    architecture: str = ""
    nvme: str = ""
    boot_modes: tuple[str, ...] = ()
    generation: str = ""
    gpus: int = 0
    local_disks: int = 0
    enis: int = 0
    disks: int = 0
    burstable: bool = False
    gpu_model: str = ""
    secure_boot: bool = False
    jumbo_frame: bool = False
    queue_number: int = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to launch the replacement: what to ask for and where.

    Attributes:
        price_limit: Most to pay per hour for spot, in the account's currency; 0 leaves it to the
            source's own terms.
        why: Why it stands where it stands, for people.
        private_ip: The address to ask for; empty takes what comes.
    """

    instance_type: str
    zone: str
    vswitch: str
    spot: bool = True
    price_limit: float = 0.0
    why: str = ""
    private_ip: str = ""

    @property
    def label(self) -> str:
        """The candidate in words."""
        charge = "spot" if self.spot else "pay-as-you-go"
        return f"{self.instance_type} in {self.zone} ({charge})"


@lru_cache(maxsize=32)
def shared(order: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Return the equal list that came first: sources of one type and zone hold one between them.

    A list is a third of what a recreation takes in memory, and a crowd is mostly of a few types.
    """
    return order


@dataclass(frozen=True, slots=True)
class DiskSpec:
    """How one disk of the replacement is asked for."""

    kind: str
    device: str
    category: str
    size: int
    performance_level: str = ""
    encrypted: bool = False
    kms_key: str = ""
    name: str = ""
    description: str = ""
    provisioned_iops: int | None = None
    bursting: bool | None = None
    snapshot_policy: str = ""
    delete_with_instance: bool = True
    storage_cluster: str = ""


@dataclass(frozen=True, slots=True)
class LaunchSpec:
    """Everything that is asked of the replacement whatever its type and zone.

    Frozen once, before the first launch: a repeated client token needs the same parameters to
    the byte. Source: "How to ensure idempotence" of ECS.

    Attributes:
        password_inherit: Whether the image has the password that a source without a key pair had.
        user_data: Sealed; empty when it does not run again.
    """

    name: str
    security_groups: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    disks: tuple[DiskSpec, ...]
    source_type: str
    spot_strategy: str
    description: str = ""
    host_name: str = ""
    spot_price_limit: float = 0.0
    spot_duration: int = 0
    interruption_behavior: str = ""
    key_pair: str = ""
    ram_role: str = ""
    resource_group: str = ""
    internet_charge_type: str = ""
    bandwidth_out: int = 0
    bandwidth_in: int = 0
    credit_specification: str = ""
    deployment_set: str = ""
    http_endpoint: str = ""
    http_tokens: str = ""
    threads_per_core: int | None = None
    login_as_non_root: bool | None = None
    source_zone: str = ""
    cpu_topology: str = ""
    deployment_set_group: int | None = None
    hpc_cluster: str = ""
    storage_set: str = ""
    storage_set_partition: int | None = None
    private_dns: tuple[tuple[str, bool | str], ...] = ()
    ptp_status: str = ""
    secure_boot: bool = False
    queue_number: int = 0
    ipv6_count: int = 0
    jumbo_frame: bool | None = None
    bandwidth_weighting: str = ""
    network_encryption: bool = False
    nested_virtualization: bool = False
    password_inherit: bool = True
    user_data: str = ""


# Definite answers of the cloud to a changing call.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The cloud took the request; the id names what it makes or changed."""

    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Exists:
    """What was asked for is there already, under this name or token."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The thing to act on is not there (any more)."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class NotReady:
    """Definitely refused now, and the refusal passes with time."""

    code: str


@dataclass(frozen=True, slots=True)
class NoStock:
    """This candidate cannot be had now: no stock, or not sold in this shape here.

    Attributes:
        is_known: False for a code that no table lists; it may concern every candidate alike.
    """

    code: str
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class OverQuota:
    """The account's quota has no room for it; a source that still counts may leave it some."""

    code: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An optional parameter is refused; without it the request may be taken."""

    parameter: str
    code: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Definitely refused, and the caller can live without it."""

    code: str


@dataclass(frozen=True, slots=True)
class NotInstalled:
    """The package that speaks to this product is an optional extra that is not here."""

    extra: str = "load-balancers"

    @property
    def sentence(self) -> str:
        """What it is and what to do about it."""
        return f"not installed: install aliyun-ops[{self.extra}]"


ScriptKind = Literal["shell", "bat", "powershell"]


@dataclass(frozen=True, slots=True)
class Script:
    """A command of the operator's for inside an instance.

    Attributes:
        text: The whole script.
        kind: What runs it.
        seconds: How long it may take.
    """

    text: str
    kind: ScriptKind = "shell"
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Where a command inside an instance stands.

    Attributes:
        is_over: Whether it has ended, well or badly, or will never begin.
        why: Why it did not succeed, as a word of the cloud's; empty while it runs and when it did.
    """

    is_over: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text that only a holder of the signing key can read; empty when there was none."""

    text: str = ""


SealedAnswer = Sealed | Refused
KeepAnswer = Accepted | Refused | Gone
CommandAnswer = Accepted | Refused | Gone
ImageAnswer = Accepted | Exists | NotReady | Gone | Refused
SnapshotAnswer = Accepted | Exists | NotReady | Gone | Refused
LaunchAnswer = Accepted | Exists | NoStock | OverQuota | Unsupported | NotReady
StartAnswer = Accepted | NoStock | NotReady | Refused | Gone
StopAnswer = Accepted | Refused | Gone
DeleteAnswer = Accepted | Refused | Gone
TagAnswer = Accepted | Refused | Gone
# None of a move's refusals may stop the other moves, so every definite one is an answer.
MoveAnswer = Accepted | Exists | NotReady | Gone | Refused
MemberAnswer = MoveAnswer | NotInstalled


# What hangs on a source besides its disks and is carried over to the replacement.

BalancerProduct = Literal["slb", "alb", "nlb"]


@dataclass(frozen=True, slots=True)
class Address:
    """One elastic address.

    Attributes:
        status: Available, Associating, InUse or Unassociating.
        target: What it is bound to, or is about to be: an instance or a network interface.
        target_kind: EcsInstance, NetworkInterface or another product's word.
    """

    allocation: str
    ip: str
    status: str
    target: str = ""
    target_kind: str = ""

    @property
    def is_free(self) -> bool:
        """Whether it can be bound now."""
        return self.status == "Available" and not self.target


@dataclass(frozen=True, slots=True)
class Interface:
    """One network interface.

    Attributes:
        status: Available, Attaching, InUse, Detaching or another of its states.
        instance_id: The instance that has it; empty while it is free.
        ips: Private addresses, the primary one first.
        delete_with_instance: Whether the release of the instance takes it along.
    """

    interface_id: str
    is_primary: bool
    status: str
    instance_id: str = ""
    zone: str = ""
    vpc: str = ""
    ips: tuple[str, ...] = ()
    delete_with_instance: bool = True
    tags: Tags = field(default_factory=dict)

    @property
    def is_free(self) -> bool:
        """Whether it can be attached now."""
        return self.status == "Available" and not self.instance_id


@dataclass(frozen=True, slots=True)
class Member:
    """One membership of a server in a load balancer.

    Attributes:
        product: `slb` for the classic one.
        balancer: Id of a classic load balancer; empty for the others, whose groups stand alone.
        group: Id of the server group; empty for the default group of a classic load balancer.
        server: Id of an instance or of a network interface.
        kind: `ecs` or `eni`.
        ip: Address of the server that is used; empty leaves it to the cloud.
        port: 0 where the listener has it.
        weight: 0 to 100.
        status: Adding, Available, Configuring or Removing; empty where the product tells none.
        role: Master or Slave in a primary/secondary group of a classic one; empty elsewhere.
        listeners: What led to that group when it was looked up, such as `tcp/443`.
    """

    product: BalancerProduct
    balancer: str
    group: str
    server: str
    kind: str
    ip: str = ""
    port: int = 0
    weight: int = 100
    description: str = ""
    status: str = ""
    role: str = ""
    listeners: tuple[str, ...] = ()

    @property
    def is_paired(self) -> bool:
        """Whether it is in a group that cannot be changed, but only made anew."""
        return bool(self.role)

    def moved_to(self, server: str, ip: str = "") -> "Member":
        """Return the same membership of another server, port and weight kept."""
        return replace(self, server=server, ip=ip, status="")

    def is_same_place(self, other: "Member") -> bool:
        """Tell whether both are in the same group under the same port."""
        mine = (self.product, self.balancer, self.group, self.port)
        return mine == (other.product, other.balancer, other.group, other.port)


@dataclass(frozen=True, slots=True)
class Pair:
    """A primary/secondary server group of a classic load balancer: two servers, fixed for good.

    Attributes:
        group: Its id; empty for one that is to be made.
        members: Both servers; fewer when the cloud has taken out one that is gone.
        listeners: What leads to it, such as `tcp/443`.
    """

    balancer: str
    group: str
    name: str
    members: tuple[Member, ...]
    listeners: tuple[str, ...] = ()

    def holds(self, wanted: Member) -> bool:
        """Tell whether a server is in it, under this port and in this role."""
        place = (wanted.server, wanted.port, wanted.role)
        return any((one.server, one.port, one.role) == place for one in self.members)

    def is_like(self, other: "Pair") -> bool:
        """Tell whether both lead to the same servers, in the same roles and with equal weights."""
        return _servers_of(self) == _servers_of(other)


def _servers_of(pair: Pair) -> set[tuple[str, int, str, int]]:
    return {(one.server, one.port, one.role, one.weight) for one in pair.members}
