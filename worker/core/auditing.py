"""What an interruption would do to an instance, and what to change before it comes; pure.

The times are a range from documents, not a measurement:

    ESSD family       a snapshot of it can be used within seconds (5 s in an older text). Source:
                      "Snapshot instant access". Whether an image of it is usable as early is not
                      documented (UNVERIFIED), so the other end is that of a full copy.
    older categories  the first snapshot of 40 GiB takes about 20 minutes, 40 in an older text.
                      Source: "Create a snapshot of a disk". By the GiB it is our arithmetic
                      (UNVERIFIED).
    with a snapshot   the next one copies what has changed since, and no figure is published: from
                      nothing to a full copy. Source: "Snapshots overview".

The snapshots of one instance run side by side, so that its slowest disk counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from worker.core.model import Disk, Instance
from worker.core.policy import PrivateIp

INSTANT_SECONDS = 5.0
FULL_SECONDS_PER_GIB = (30.0, 60.0)
# Source: "Limits", snapshots with instant access.
ESSD_FAMILY = frozenset(
    {"cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud_regional_disk_auto"}
)
# Source: CreateImage: an instance must be in one of these.
IMAGED_WHILE = frozenset({"Running", "Stopped"})
SECURITY_LOCK = "security"


class Survival(str, Enum):
    """Whether an instance would come back with its data; the value is the key of its text."""

    YES = "yes"
    LIKELY = "likely"
    AT_RISK = "at_risk"
    NO = "no"


class Why(str, Enum):
    """What decides about the survival; the value is the key of its text."""

    STAYS = "stays"
    IN_TIME = "in_time"
    DISKS_OUTLIVE = "disks_outlive"
    RETAIN_NEEDED = "retain_needed"
    IMAGE_LATE = "image_late"
    LATE_AND_LOST = "late_and_lost"
    LOCAL_DISK = "local_disk"
    NO_IMAGE = "no_image"


class Loss(str, Enum):
    """What would be gone or changed; the value is the key of its text."""

    LOCAL_DISK = "local_disk"
    GOES_ALONG = "goes_along"
    NOT_PORTABLE = "not_portable"
    PUBLIC_IP = "public_ip"
    ELASTIC_IP = "elastic_ip"
    PRIVATE_IP = "private_ip"
    SECONDARY_IPS = "secondary_ips"
    INTERFACES = "interfaces"


class Advice(str, Enum):
    """What to change; the value is the key of its text."""

    OUTLIVE = "outlive"
    POLICY = "policy"
    CONFIGURE_POLICY = "configure_policy"
    CATEGORY = "category"
    LOCAL_DISK = "local_disk"
    PUBLIC_IP = "public_ip"


class Basis(str, Enum):
    """What a time rests on; the value is the key of its text, which names the source."""

    INSTANT = "instant"
    FULL = "full"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, slots=True)
class Equipped:
    """A spot instance with everything that its fate depends on.

    Attributes:
        snapshots: When the newest finished snapshot of each disk was made, by disk id.
        interfaces: Ids of the network interfaces beside the primary one.
        secondary_ips: Addresses of the primary interface beside its first.
    """

    instance: Instance
    disks: tuple[Disk, ...]
    snapshots: Mapping[str, float] = field(default_factory=dict)
    interfaces: tuple[str, ...] = ()
    secondary_ips: tuple[str, ...] = ()

    @property
    def cloud_disks(self) -> tuple[Disk, ...]:
        """The disks that an image can hold."""
        return tuple(disk for disk in self.disks if disk.is_cloud)


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long the image may take, seconds, and what that rests on."""

    least: float = 0.0
    most: float = 0.0
    bases: tuple[Basis, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """What would be gone, and the ids or the address of it."""

    what: Loss
    about: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advised:
    """One thing to change.

    Attributes:
        about: Ids that it is about.
        command: A command of the cloud's own command line, or empty where none does it.
    """

    what: Advice
    about: tuple[str, ...]
    command: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an interruption would do to one instance."""

    instance: Instance
    survival: Survival
    why: Why
    about: str = ""
    estimate: Estimate = Estimate()
    lost: tuple[Lost, ...] = ()
    advised: tuple[Advised, ...] = ()

    def advised_about(self, what: Advice) -> tuple[str, ...]:
        """Return the ids of one advice."""
        return next((one.about for one in self.advised if one.what is what), ())


def examine(
    equipped: Equipped,
    *,
    notice: float,
    region: str,
    policy: str,
    hand_over: Sequence[str] = (),
    private_ip: PrivateIp = "fast",
) -> Finding:
    """Tell what an interruption would do.

    Args:
        equipped: The instance as it is.
        notice: Seconds from the notice to the release.
        region: Region id, for the commands.
        policy: Automatic snapshot policy to advise; empty when none is configured.
        hand_over: What is carried over to the replacement, as `Policy.hand_over` says.
        private_ip: Whether the replacement asks for the private address, as `Policy` says.
    """
    estimate = estimated(equipped.cloud_disks, equipped.snapshots)
    survival, why, about = _survival(equipped, estimate, notice)
    return Finding(
        instance=equipped.instance,
        survival=survival,
        why=why,
        about=about,
        estimate=estimate,
        lost=(*_lost(equipped, hand_over), *_lost_network(equipped, hand_over, private_ip)),
        advised=_advised(equipped, region, policy),
    )


def estimated(disks: Sequence[Disk], snapshots: Mapping[str, float]) -> Estimate:
    """Estimate the image of these disks: as slow as the slowest."""
    each = [_of_disk(disk, has_chain=disk.disk_id in snapshots) for disk in disks]
    return Estimate(
        least=max((one.least for one in each), default=0.0),
        most=max((one.most for one in each), default=0.0),
        bases=tuple(sorted({basis for one in each for basis in one.bases})),
    )


def _of_disk(disk: Disk, *, has_chain: bool) -> Estimate:
    quickest, slowest = (disk.size * seconds for seconds in FULL_SECONDS_PER_GIB)
    copied = Basis.INCREMENTAL if has_chain else Basis.FULL
    if disk.category in ESSD_FAMILY:
        return Estimate(INSTANT_SECONDS, slowest, (Basis.INSTANT, copied))
    return Estimate(0.0 if has_chain else quickest, slowest, (copied,))


def _survival(equipped: Equipped, estimate: Estimate, notice: float) -> tuple[Survival, Why, str]:
    instance = equipped.instance
    local = [disk for disk in equipped.disks if not disk.is_cloud]
    if any(disk.kind == "system" for disk in local):
        return Survival.NO, Why.NO_IMAGE, "a local system disk"
    if instance.is_economical and not local:
        return Survival.YES, Why.STAYS, ""
    if SECURITY_LOCK in instance.locks:
        return Survival.NO, Why.NO_IMAGE, "a security lock"
    if instance.status not in IMAGED_WHILE:
        return Survival.NO, Why.NO_IMAGE, instance.status
    if local:
        return Survival.NO, Why.LOCAL_DISK, " ".join(disk.disk_id for disk in local)
    if estimate.most <= notice:
        return Survival.YES, Why.IN_TIME, ""
    goes = any(disk.delete_with_instance for disk in equipped.disks)
    if estimate.least > notice:
        # Documented: an unfinished snapshot dies with its disk. Source: CreateSnapshot.
        return (
            (Survival.NO, Why.LATE_AND_LOST, "") if goes else (Survival.AT_RISK, Why.IMAGE_LATE, "")
        )
    if goes:
        return Survival.AT_RISK, Why.RETAIN_NEEDED, ""
    return Survival.LIKELY, Why.DISKS_OUTLIVE, ""


def _lost(equipped: Equipped, hand_over: Sequence[str]) -> tuple[Lost, ...]:
    instance = equipped.instance
    goes = () if instance.is_economical else equipped.cloud_disks
    going = [disk for disk in goes if disk.delete_with_instance]
    stays_bound = instance.is_economical or "eip" in hand_over
    elastic = "" if stays_bound else instance.eip_address
    found = (
        Lost(Loss.LOCAL_DISK, tuple(one.disk_id for one in equipped.disks if not one.is_cloud)),
        Lost(Loss.GOES_ALONG, tuple(one.disk_id for one in going if one.portable)),
        Lost(Loss.NOT_PORTABLE, tuple(one.disk_id for one in going if not one.portable)),
        Lost(Loss.PUBLIC_IP, (instance.public_ip,) if instance.public_ip else ()),
        Lost(Loss.ELASTIC_IP, (elastic,) if elastic else ()),
    )
    return tuple(one for one in found if one.about)


def _lost_network(
    equipped: Equipped, hand_over: Sequence[str], private_ip: PrivateIp
) -> tuple[Lost, ...]:
    """Tell what of its private network a replacement would lack; what is only stopped keeps it."""
    instance = equipped.instance
    if instance.is_economical:
        return ()
    is_new = private_ip == "fast" and bool(instance.private_ip)
    stays_behind = () if "interfaces" in hand_over else equipped.interfaces
    found = (
        Lost(Loss.PRIVATE_IP, (instance.private_ip,) if is_new else ()),
        Lost(Loss.SECONDARY_IPS, equipped.secondary_ips),
        Lost(Loss.INTERFACES, stays_behind),
    )
    return tuple(one for one in found if one.about)


def _advised(equipped: Equipped, region: str, policy: str) -> tuple[Advised, ...]:
    instance, disks = equipped.instance, equipped.cloud_disks
    # In economical mode nothing is released, so that no disk goes.
    goes = () if instance.is_economical else disks
    going = tuple(one.disk_id for one in goes if one.delete_with_instance and one.portable)
    bare = tuple(one.disk_id for one in disks if not one.snapshot_policy)
    old = tuple(one.disk_id for one in disks if one.category not in ESSD_FAMILY)
    local = tuple(one.disk_id for one in equipped.disks if not one.is_cloud)
    given = (
        Advised(Advice.LOCAL_DISK, local),
        Advised(Advice.OUTLIVE, going, _outlive(going, region)),
        _policy(bare, region, policy),
        Advised(Advice.CATEGORY, old, _category(old, region)),
        _public_ip(instance, region),
    )
    return tuple(one for one in given if one.about)


def _outlive(disks: Sequence[str], region: str) -> str:
    named = " ".join(f"--DiskIds.{at} {disk}" for at, disk in enumerate(disks, 1))
    return f"aliyun ecs ModifyDiskAttribute --RegionId {region} {named} --DeleteWithInstance false"


def _policy(disks: tuple[str, ...], region: str, policy: str) -> Advised:
    if not policy:
        return Advised(Advice.CONFIGURE_POLICY, disks)
    listed = ",".join(f'"{disk}"' for disk in disks)
    command = (
        f"aliyun ecs ApplyAutoSnapshotPolicy --regionId {region}"
        f" --autoSnapshotPolicyId {policy} --diskIds '[{listed}]'"
    )
    return Advised(Advice.POLICY, disks, command)


def _category(disks: Sequence[str], region: str) -> str:
    calls = (
        f"aliyun ecs ModifyDiskSpec --RegionId {region} --DiskId {disk} --DiskCategory cloud_essd"
        for disk in disks
    )
    return " && ".join(calls)


def _public_ip(instance: Instance, region: str) -> Advised:
    about = (instance.public_ip,) if instance.public_ip else ()
    command = f"aliyun ecs ConvertNatPublicIpToEip --RegionId {region} --InstanceId"
    return Advised(Advice.PUBLIC_IP, about, f"{command} {instance.instance_id}")
