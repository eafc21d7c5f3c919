"""Which disks a launch gets: the image's ones, changed by the request, and further ones.

An image brings its data disks with the *default* category; a DataDisk entry with the same Device
changes category and size, any other entry adds a disk. Source: RunInstances, examples.
"""

from dataclasses import dataclass, replace

from emulator.state.ecs.blueprint import DiskPlan
from emulator.state.ecs.captures import ESSD_FAMILY
from emulator.state.ecs.catalogue import InstanceType
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import DeviceMapping, Image
from emulator.state.ecs.references import check_names
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.wording import check_description, check_devices, check_disk_name
from emulator.state.errors import ApiError

# Sizes in GiB by category, and the smallest by performance level of cloud_essd. Source:
# RunInstances, SystemDisk.Size and DataDisk.N.Size; CreateDisk, Size.
SMALLEST = {
    "cloud": 5,
    "cloud_efficiency": 20,
    "cloud_ssd": 20,
    "cloud_auto": 1,
    "cloud_essd_entry": 10,
    "cloud_essd": 20,
    "cloud_regional_disk_auto": 10,
}
SMALLEST_BY_LEVEL = {"PL0": 1, "PL1": 20, "PL2": 461, "PL3": 1261}
LARGEST = {
    "cloud": 2_000,
    "cloud_efficiency": 32_768,
    "cloud_ssd": 32_768,
    "cloud_auto": 65_536,
    "cloud_essd_entry": 32_768,
    "cloud_essd": 65_536,
    "cloud_regional_disk_auto": 65_536,
}
SMALLEST_SYSTEM = {"cloud": 20, "cloud_essd_entry": 20}
LARGEST_SYSTEM = {"cloud": 500}
LARGEST_SYSTEM_OTHERS = 2_048
DEFAULT_SYSTEM_SIZE = 40
MAX_DATA_DISKS = 16
# Source: RunInstances, ProvisionedIops.
MOST_IOPS = 50_000
IOPS_PER_GIB = 1_000


@dataclass(frozen=True, slots=True)
class _Words:
    """How the refusals for a kind of disk are called."""

    kind: str

    def category(self) -> ApiError:
        return ApiError(
            400,
            f"Invalid{self.kind}DiskCategory.ValueNotSupported",
            f'The specified parameter "{self.kind}Disk.Category" is not valid.',
        )

    def size(self) -> ApiError:
        return ApiError(
            400,
            f"Invalid{self.kind}DiskSize.ValueNotSupported",
            f"The specified {self.kind}Disk.Size beyond the permitted range.",
        )


SYSTEM, DATA = _Words("System"), _Words("Data")


def plan_disks(
    region: EcsRegion, params: Params, image: Image, each: InstanceType
) -> tuple[DiskPlan, ...]:
    """Plan all disks of a launch, the system disk first.

    Raises:
        ApiError: A category, size, device or snapshot that does not fit.
    """
    default = region.assumptions.default_disk_category
    system = _system(region, params.group("SystemDisk"), image, default)
    plans = {system.device: system}
    for mapping in image.mappings[1:]:
        plan = _from_mapping(mapping, image, default)
        plans[plan.device] = plan
    given = params.groups("DataDisk")
    if len(given) > MAX_DATA_DISKS:
        raise _too_many()
    check_devices(group.text("Device") for group in given)
    for group in given:
        device = group.text("Device") or _free_device(plans)
        plans[device] = _data(region, group, plans.get(device), device, default)
    if len(plans) > each.disk_quantity:
        raise _too_many()
    for plan in plans.values():
        check_plan(plan, each)
    return tuple(_in_set(plan, params) for plan in plans.values())


def _system(region: EcsRegion, group: Params, image: Image, default: str) -> DiskPlan:
    mapping = image.mappings[0]
    least = max(DEFAULT_SYSTEM_SIZE, image.size)
    size = group.integer("Size") if group.text("Size") else least
    if size < image.size:
        raise ApiError(
            404,
            "InvalidSystemDiskSize.LessThanImageSize",
            "The specified parameter SystemDisk.Size is less than the image size.",
        )
    category = group.text("Category") or default
    return replace(
        _given(region, group, _from_mapping(mapping, image, default)),
        category=category,
        size=size,
        performance_level=_level(group, category),
        os=image.os,
    )


def _from_mapping(mapping: DeviceMapping, image: Image, default: str) -> DiskPlan:
    return DiskPlan(
        kind=mapping.kind,
        category=default,
        size=mapping.size,
        device=mapping.device,
        performance_level="PL1" if default == "cloud_essd" else "",
        encrypted=mapping.encrypted,
        source_snapshot_id=mapping.snapshot_id,
        image_id=image.image_id,
        content=mapping.content,
    )


def _given(region: EcsRegion, group: Params, plan: DiskPlan) -> DiskPlan:
    """Apply what a request may say about any disk."""
    check_disk_name(group.text("DiskName"))
    check_description(group.text("Description"), "InvalidDiskDescription.Malformed")
    encrypted = _encrypted(group, plan)
    check_names(region, group, ("AutoSnapshotPolicyId", "KMSKeyId", "StorageClusterId"))
    return replace(
        plan,
        name=group.text("DiskName") or plan.name,
        description=group.text("Description") or plan.description,
        provisioned_iops=group.integer("ProvisionedIops"),
        bursting=group.flag("BurstingEnabled"),
        encrypted=encrypted,
        kms_key_id=group.text("KMSKeyId") or plan.kms_key_id,
        auto_snapshot_policy_id=group.text("AutoSnapshotPolicyId"),
        storage_cluster_id=group.text("StorageClusterId"),
    )


def _encrypted(group: Params, plan: DiskPlan) -> bool:
    given = group.text("Encrypted").lower()
    if plan.encrypted and given == "false":
        raise ApiError(
            403,
            "InvalidEncrypted.NotMatchSnapshot",
            "The specified Encrypted does not match the encrypted snapshot.",
        )
    encrypted = plan.encrypted or given == "true"
    for name, word in (("EncryptAlgorithm", "EncryptAlgorithm"), ("KMSKeyId", "KmsKeyId")):
        if group.text(name) and not encrypted:
            raise ApiError(
                400,
                f"InvalidEncrypted.NotMatch{word}",
                f"The specified parameter Encrypted must be true when {word} is not empty.",
            )
    return encrypted


def _level(group: Params, category: str) -> str:
    given = group.text("PerformanceLevel")
    if category == "cloud_essd":
        return given or "PL1"
    if given:
        raise bad_level()
    return ""


def _data(
    region: EcsRegion, group: Params, of_image: DiskPlan | None, device: str, default: str
) -> DiskPlan:
    base = of_image or _from_snapshot(region, group, device, default)
    category = group.text("Category") or (base.category if of_image else default)
    size = base.size if group.text("SnapshotId") else group.integer("Size", base.size)
    if size < base.size:
        raise DATA.size()
    return replace(
        _given(region, group, base),
        category=category,
        size=size,
        performance_level=_level(group, category),
        delete_with_instance=group.flag("DeleteWithInstance", default=True),
    )


def _from_snapshot(region: EcsRegion, group: Params, device: str, default: str) -> DiskPlan:
    """Plan a further disk, empty or with the content of a data snapshot."""
    snapshot_id = group.text("SnapshotId")
    if not snapshot_id:
        return DiskPlan(kind="data", category=default, size=0, device=device)
    snapshot = region.snapshots.get(snapshot_id)
    if snapshot is None:
        raise ApiError(
            404,
            "InvalidDataDiskSnapshotId.NotFound",
            'The specified parameter "DataDisk.n.SnapshotId" is not valid.',
        )
    if snapshot.disk_kind == "system":
        raise ApiError(
            403,
            "InvalidSnapshotId.NotDataDiskSnapshot",
            "The specified snapshot is system disk snapshot.",
        )
    instant = (
        group.text("Category") or default
    ) in ESSD_FAMILY and snapshot.status == "progressing"
    if snapshot.status != "accomplished" and not instant:
        raise ApiError(
            403,
            "InvalidSnapshotId.NotReady",
            "The specified snapshot has not completed yet.",
        )
    return DiskPlan(
        kind="data",
        category=default,
        size=snapshot.disk_size,
        device=device,
        encrypted=snapshot.encrypted,
        kms_key_id=snapshot.kms_key_id,
        source_snapshot_id=snapshot_id,
        content=snapshot.content,
    )


def check_plan(plan: DiskPlan, each: InstanceType) -> None:
    """Refuse a disk that the category or the instance type does not allow."""
    words = SYSTEM if plan.kind == "system" else DATA
    if plan.category not in SMALLEST:
        raise words.category()
    if plan.category not in each.disk_categories:
        raise ApiError(
            403,
            "InvalidInstanceType.NotSupportDiskCategory",
            f"The instance type {each.type_id} does not support the disk category {plan.category}.",
        )
    _check_level(plan)
    check_size(plan, words)
    check_speed(plan)


def _check_level(plan: DiskPlan) -> None:
    """Refuse a data disk too small for its level. Source: RunInstances, error table."""
    least = SMALLEST_BY_LEVEL.get(plan.performance_level, 0)
    if plan.kind == "data" and SMALLEST["cloud_essd"] <= plan.size < least:
        raise ApiError(
            403,
            "OperationDenied.PerformanceLevelNotMatch",
            "The specified DataDisk.n.PerformanceLevel and DataDisk.n.Size do not match.",
        )


def check_speed(plan: DiskPlan) -> None:
    """Refuse a speed that the category does not have, or not at this size.

    Source: RunInstances, ProvisionedIops and BurstingEnabled, and its error table.
    """
    for given, name, words in (
        (plan.provisioned_iops, "ProvisionedIops", "provisioned iops"),
        (plan.bursting, "BurstingEnabled", "bursting enabled"),
    ):
        if given and plan.category != "cloud_auto":
            raise ApiError(
                400,
                f"{name}ForDiskCategoryUnsupported",
                f"The specified disk category does not support {words}.",
            )
    most = min(MOST_IOPS, IOPS_PER_GIB * plan.size - min(1_800 + 50 * plan.size, MOST_IOPS))
    if plan.provisioned_iops and not 0 < plan.provisioned_iops <= most:
        raise ApiError(
            400, "InvalidProvisionedIops.LimitExceed", "The provisioned iops exceeds the limit."
        )


def check_size(plan: DiskPlan, words: _Words) -> None:
    """Refuse a size outside the category's range."""
    if plan.category == "cloud_essd" and plan.performance_level not in SMALLEST_BY_LEVEL:
        raise bad_level()
    if plan.size not in sizes_of(plan.kind, plan.category, plan.performance_level):
        raise words.size()


def bad_level() -> ApiError:
    """Refuse a performance level that is none, or that the category does not have."""
    return ApiError(
        400,
        "InvalidPerformanceLevel.Malformed",
        "The specified parameter PerformanceLevel is not valid.",
    )


def sizes_of(kind: str, category: str, level: str) -> range:
    """Return the sizes in GiB that a `system` or `data` disk of a category may have."""
    smallest = SMALLEST_BY_LEVEL[level] if category == "cloud_essd" else SMALLEST[category]
    if kind != "system":
        return range(smallest, LARGEST[category] + 1)
    largest = LARGEST_SYSTEM.get(category, LARGEST_SYSTEM_OTHERS)
    return range(SMALLEST_SYSTEM.get(category, smallest), largest + 1)


def _in_set(plan: DiskPlan, params: Params) -> DiskPlan:
    set_id = params.text("StorageSetId")
    if not set_id:
        return plan
    partition = params.integer("StorageSetPartitionNumber", 2)
    return replace(plan, storage_set_id=set_id, storage_set_partition=partition)


def _free_device(plans: dict[str, DiskPlan]) -> str:
    return next(d for d in device_names() if d not in plans)


def device_names() -> list[str]:
    """Return the device names in their order, system disk first."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return [f"/dev/xvd{x}" for x in letters] + [f"/dev/xvda{x}" for x in letters]


def _too_many() -> ApiError:
    return ApiError(
        400,
        "InstanceDiskNumber.LimitExceed",
        "The total number of specified disk in an instance exceeds.",
    )
