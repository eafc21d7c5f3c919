"""CreateImage: of an instance, of one system snapshot, or of several snapshots."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from emulator.state.ecs import captures
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import (
    DeviceMapping,
    Disk,
    Image,
    Instance,
    OperatingSystem,
    Snapshot,
    Trail,
)
from emulator.state.ecs.references import check_names
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import tags_of
from emulator.state.ecs.wording import check_description
from emulator.state.errors import ApiError

# 2 to 128 characters, a letter or CJK character first. Source: CreateImage, ImageName.
NAME = re.compile(r"[A-Za-z\u4e00-\u9fff][\w:.\-\u4e00-\u9fff]{1,127}", re.ASCII)
RESERVED_NAMES = ("aliyun", "acs:")
MAX_MAPPINGS = 17
ARCHITECTURES = frozenset({"i386", "x86_64", "arm64"})
PLATFORMS = frozenset(
    {
        "Aliyun", "Anolis", "CentOS", "Ubuntu", "CoreOS", "SUSE", "Debian", "OpenSUSE", "FreeBSD",
        "RedHat", "Kylin", "UOS", "Fedora", "Fedora CoreOS", "CentOS Stream", "AlmaLinux",
        "Rocky Linux", "Gentoo", "Customized Linux", "Others Linux", "Windows Server 2022",
        "Windows Server 2019", "Windows Server 2016", "Windows Server 2012",
        "Windows Server 2008", "Windows Server 2003",
    }
)  # fmt: skip
IMDS = frozenset({"v1", "v2"})
DEVICES = {
    "system": re.compile(r"/dev/xvda"),
    "data": re.compile(r"/dev/xvd[b-z]"),
}


@dataclass(frozen=True, slots=True)
class _Source:
    """What an image is made of."""

    instance_id: str
    os: OperatingSystem
    mappings: tuple[DeviceMapping, ...]
    finish_at: float


def create_image(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Begin an image. Source: ECS CreateImage; its error table gives codes and statuses."""
    name = _name(region, params)
    _check_words(params)
    check_names(region, params, ("ResourceGroupId",))
    tags = tags_of(params)
    _check_quota(region)
    make = _maker(region, params)
    dry_run(region, params)
    source = make(now)
    image = _image(region, params, name, source, now)
    region.images[image.image_id] = image
    region.image_names.add(image.name)
    for mapping in image.mappings:
        region.snapshots[mapping.snapshot_id].image_ids.add(image.image_id)
        if region.assumptions.image_tags_reach_snapshots:
            region.tags.put(mapping.snapshot_id, tags, region.visible_from(now))
    region.tags.put(image.image_id, tags, region.visible_from(now))
    captures.start_image_clock(region, image, now, source.finish_at)
    region.record(
        now,
        "CreateImage",
        image.image_id,
        name=name,
        instance_id=source.instance_id,
        client_token=params.text("ClientToken"),
        tags=tags,
        snapshot_ids=[mapping.snapshot_id for mapping in image.mappings],
        parameters=params.values(),
    )
    return {"ImageId": image.image_id}


def _image(region: EcsRegion, params: Params, name: str, source: _Source, now: float) -> Image:
    imds = params.group("Features").text("ImdsSupport")
    system = replace(source.os, imds=imds) if imds else source.os
    if boot_mode := params.text("BootMode"):
        system = replace(system, boot_mode=boot_mode)
    image_id = region.new_id("m")
    return Image(
        image_id=image_id,
        name=name or image_id,
        size=next(m.size for m in source.mappings if m.kind == "system"),
        os=system,
        owner="self",
        status=Trail("Creating", "", now),
        started_at=now,
        visible_at=region.visible_from(now),
        finish_at=source.finish_at,
        usable_at=source.finish_at,
        mappings=source.mappings,
        description=params.text("Description"),
        family=params.text("ImageFamily"),
        version=params.text("ImageVersion"),
        resource_group_id=params.text("ResourceGroupId"),
        instance_id=source.instance_id,
    )


def _check_words(params: Params) -> None:
    """Refuse what an image cannot be described by. Source: CreateImage, its parameters and codes."""
    check_description(params.text("Description"))
    family, architecture = params.text("ImageFamily"), params.text("Architecture")
    platform, imds = params.text("Platform"), params.group("Features").text("ImdsSupport")
    for given, is_well, code in (
        (family, _is_name(family), "InvalidImageFamily.Malformed"),
        (architecture, architecture in ARCHITECTURES, "InvalidArchitecture.Malformed"),
        (platform, platform in PLATFORMS, "InvalidPlatform.Malformed"),
        (imds, imds in IMDS, "InvalidParameter.FeaturesImdsSupport"),
    ):
        if given and not is_well:
            raise ApiError(400, code, f"{given[:64]!r} is not a valid value.")


def _is_name(name: str) -> bool:
    well = NAME.fullmatch(name) is not None and not name.startswith(RESERVED_NAMES)
    return well and "http" not in name[:7]


def _name(region: EcsRegion, params: Params) -> str:
    name = params.text("ImageName")
    if not name:
        return ""
    if not _is_name(name):
        raise ApiError(
            400, "InvalidImageName.Malformed", "The specified Image name is wrongly formed."
        )
    if name in region.image_names:
        raise ApiError(
            400, "InvalidImageName.Duplicated", "The specified Image name has already been used."
        )
    return name


def _check_quota(region: EcsRegion) -> None:
    if len(region.images) >= region.settings.image_quota:
        raise ApiError(403, "QuotaExceed.Image", "The Image Quota exceeds.")


def _maker(region: EcsRegion, params: Params) -> Callable[[float], _Source]:
    """Check what the image is to be made of; the result makes it."""
    if instance_id := params.text("InstanceId"):
        instance = region.instance(instance_id)
        disks = _disks_to_capture(region, instance)
        return lambda now: _from_instance(region, instance, disks, now)
    if groups := params.groups("DiskDeviceMapping"):
        mappings = _given_mappings(region, groups)
        return lambda now: _from_snapshots(region, mappings, now)
    if snapshot_id := params.text("SnapshotId"):
        mapping = _snapshot_mapping(region, snapshot_id, "/dev/xvda")
        if mapping.kind != "system":
            raise ApiError(
                403, "OperationDenied", "The specified snapshot is not from system disk."
            )
        return lambda now: _from_snapshots(region, (mapping,), now)
    raise ApiError(
        400,
        "MissingParameter",
        "The input parameter SnapshotId or InstanceId or DiskDeviceMapping that is mandatory for "
        "processing this request is not supplied.",
    )


def _disks_to_capture(region: EcsRegion, instance: Instance) -> list[Disk]:
    if instance.status.now not in {"Running", "Stopped"} or (
        instance.is_recycling and not region.assumptions.create_image_while_recycling
    ):
        raise ApiError(
            400,
            "IncorrectInstanceStatus",
            "The current status of the instance does not support this operation.",
        )
    if region.system_disk(instance).is_local:
        raise ApiError(
            400,
            "InvalidOperation.DiskCategoryUnsupported",
            "The category of the system disk does not support this operation.",
        )
    disks = [each for each in region.disks_of(instance) if not each.is_local]
    for disk in disks:
        check_snapshot_allowed(region, disk)
    return disks


def check_snapshot_allowed(region: EcsRegion, disk: Disk) -> None:
    """Refuse a snapshot that the disk cannot take now. Source: CreateSnapshot, error codes.

    Raises:
        ApiError: Wrong state, too many at once, or the quota is used up.
    """
    if disk.status not in {"In_use", "Available"}:
        raise ApiError(
            403, "IncorrectDiskStatus", "The current disk status does not support this operation."
        )
    running = len(captures.running_snapshots(region, disk))
    if disk.category not in captures.ESSD_FAMILY and running >= captures.CONCURRENT_OLD:
        raise ApiError(
            403,
            "IncorrectDiskStatus.CreatingSnapshot",
            "A previous snapshot creation is in process.",
        )
    if running >= captures.CONCURRENT_ESSD:
        raise ApiError(
            403,
            "QuotaExceed.ConcurrentSnapshotQuota",
            "The quota of concurrent snapshots of the disk is exceeded.",
        )
    if len(disk.snapshot_ids) >= region.settings.snapshot_quota:
        raise ApiError(403, "QuotaExceed.Snapshot", "The snapshot quota exceeds.")


def _from_instance(region: EcsRegion, instance: Instance, disks: list[Disk], now: float) -> _Source:
    flat = region.settings.image_seconds
    mappings = []
    last = now
    for disk in disks:
        seconds = (
            captures.snapshot_seconds(region, disk)
            if flat is None
            else flat * captures.FLAT_SNAPSHOT_SHARE
        )
        snapshot = captures.start_snapshot(region, disk, now, seconds)
        last = max(last, snapshot.finish_at)
        mappings.append(_mapping_of(snapshot, disk.device))
    end = region.jittered(region.settings.image_finish_seconds)
    finish_at = last + end if flat is None else now + flat
    return _Source(instance.instance_id, instance.os, tuple(mappings), finish_at)


def _mapping_of(snapshot: Snapshot, device: str) -> DeviceMapping:
    return DeviceMapping(
        device=device,
        kind=snapshot.disk_kind,
        size=snapshot.disk_size,
        snapshot_id=snapshot.snapshot_id,
        encrypted=snapshot.encrypted,
        content=snapshot.content,
    )


def _given_mappings(region: EcsRegion, groups: list[Params]) -> tuple[DeviceMapping, ...]:
    if len(groups) > MAX_MAPPINGS:
        raise ApiError(
            400, "InvalidDevice.Malformed", "The specified DiskDeviceMapping has too many items."
        )
    mappings: list[DeviceMapping] = []
    for group in groups:
        mapping = _snapshot_mapping(region, group.required("SnapshotId"), group.text("Device"))
        if not mapping.device:
            mapping = replace(mapping, device=_next_device(mapping.kind, mappings))
        if group.text("DiskType", mapping.kind) != mapping.kind:
            raise ApiError(
                403,
                "UserNotInTheWhiteList",
                "The user is not in the white list of create image by data disk snapshot.",
            )
        mappings.append(replace(mapping, size=_mapping_size(group, mapping)))
    _check_mappings(mappings)
    return tuple(sorted(mappings, key=lambda each: each.kind != "system"))


def _next_device(kind: str, mappings: list[DeviceMapping]) -> str:
    """Name the device of a disk that a call does not name."""
    if kind == "system":
        return "/dev/xvda"
    return f"/dev/xvd{chr(ord('b') + sum(each.kind == 'data' for each in mappings))}"


def _mapping_size(group: Params, mapping: DeviceMapping) -> int:
    """Return how large a disk of an image becomes: as its snapshot, or larger."""
    size = group.integer("Size", mapping.size)
    if size < mapping.size:
        raise ApiError(
            400,
            "InvalidSize.ValueNotSupported",
            "DiskDeviceMapping.n.Size is below its snapshot's.",
        )
    return size


def _check_mappings(mappings: list[DeviceMapping]) -> None:
    if not all(DEVICES[each.kind].fullmatch(each.device) for each in mappings):
        raise ApiError(
            400, "InvalidDevice.Malformed", "DiskDeviceMapping.n.Device is not a device name."
        )
    systems = [each for each in mappings if each.kind == "system"]
    if len(systems) != 1:
        what = "contains two or more" if systems else "does not contain"
        raise ApiError(
            400,
            "OperationDenied",
            f"The specified parameter DiskDeviceMapping.n.SnapshotId {what} system disk snapshot.",
        )
    if len({each.device for each in mappings}) < len(mappings):
        raise ApiError(
            400,
            "InvalidDevice.InUse",
            "The specified parameter DiskDeviceMapping.n.Device has been occupied.",
        )


def _snapshot_mapping(region: EcsRegion, snapshot_id: str, device: str) -> DeviceMapping:
    """Describe the disk that a snapshot becomes; it must be finished or, assumed, Available."""
    snapshot = region.snapshot(snapshot_id)
    ready = snapshot.status == "accomplished" or (
        snapshot.status == "progressing" and region.assumptions.image_from_available_snapshot
    )
    if not ready:
        raise ApiError(
            403,
            "InvalidSnapshotId.NotReady",
            "The current status of the DiskDeviceMapping.n.SnapshotId or SnapshotId does not "
            "support this operation.",
        )
    return _mapping_of(snapshot, device)


def _from_snapshots(region: EcsRegion, mappings: tuple[DeviceMapping, ...], now: float) -> _Source:
    system = next(each for each in mappings if each.kind == "system")
    inside = region.snapshots[system.snapshot_id].os or OperatingSystem()
    seconds = region.jittered(region.settings.image_from_snapshot_seconds)
    # Source: CreateImage, Features.ImdsSupport: v1 for an image of a snapshot unless it is set.
    return _Source("", replace(inside, imds="v1"), mappings, now + seconds)
