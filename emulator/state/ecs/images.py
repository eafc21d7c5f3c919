"""Reading and deleting images."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.state.ecs import captures
from emulator.state.ecs.catalogue import InstanceType, PublicImage
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import check_choices, check_filter_keys, choice, created_in_time
from emulator.state.ecs.instances import dry_run
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, missing
from emulator.state.ecs.records import DeviceMapping, Image, OperatingSystem, Trail
from emulator.state.ecs.region import EcsRegion, visible
from emulator.state.ecs.tags import check_filters, filters_of
from emulator.state.errors import ApiError

PAGES = PageRule(default=10, maximum=100)
STATES = frozenset(
    {"Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated"}
)
SYSTEM_OWNER = 1
# Sources: DescribeImages, its parameters for the words and its error table for the refusals.
_CHOICES = (
    choice(
        "ImageOwnerAlias",
        "system self others marketplace",
        "InvalidImageOwnerAlias.ValueNotSupported",
        400,
    ),
    choice("Usage", "instance none", "InvalidUsage"),
    choice("OSType", "windows linux", "InvalidOSType"),
    choice("Architecture", "i386 x86_64 arm64", "InvalidArchitecture"),
)


def describe_images(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List images. Source: ECS DescribeImages; Status is Available unless it is asked for."""
    dry_run(region, params)
    check_choices(params, _CHOICES)
    check_filters(params)
    check_filter_keys(params)
    states, in_time = _states(params), created_in_time(params)
    usable = params.flag("Usable") if "Usable" in params else None
    found = [
        each
        for each in _candidates(region, params, now)
        if region.status_seen(each.status, now) in states
        and (usable is None or each.is_usable(now) == usable)
        and in_time(each.started_at)
        and _matches(region, each, params)
    ]
    items, fields = page(found, params, PAGES)
    rows = [image_row(region, each, now) for each in items]
    return {"RegionId": region.region_id, "Images": {"Image": rows}, **fields}


def _states(params: Params) -> frozenset[str]:
    given = params.text("Status")
    if not given:
        if "Usable" in params:
            raise missing("Status")
        return frozenset({"Available"})
    if given == "ALL":
        return STATES
    states = frozenset(given.split(","))
    if not states <= STATES:
        raise ApiError(404, "InvalidStatus.NotFound", "The specified Status is not valid")
    return states


def _candidates(region: EcsRegion, params: Params, now: float) -> list[Image]:
    ids = [each for each in params.text("ImageId").split(",") if each]
    tags = filters_of(params)
    owner = params.text("ImageOwnerAlias")
    source: Iterable[Image]
    if ids:
        source = (known for each in ids if (known := find_image(region, each)) is not None)
    elif tags:
        matching = region.tags.having(tags, now)
        source = (region.images[each] for each in matching if each in region.images)
    else:
        own = () if owner in {"system", "others", "marketplace"} else region.images.values()
        public = public_images(region) if owner in {"", "system"} else ()
        source = (*own, *public)
    # Asked first of all, for it leaves one of thousands.
    name = params.text("ImageName").strip("*")
    named = (each for each in source if name in each.name)
    found = [each for each in visible(named, now) if owner in {"", each.owner}]
    if ids and tags:
        return [each for each in found if region.tags.matches(each.image_id, tags, now)]
    return found


def find_image(region: EcsRegion, image_id: str) -> Image | None:
    """Return a custom or a public image."""
    own = region.images.get(image_id)
    if own is not None:
        return own
    public = region.public_image(image_id)
    return None if public is None else as_image(public)


def public_images(region: EcsRegion) -> list[Image]:
    """Return the provider's images."""
    return [as_image(each) for each in region.catalogue.images.values()]


def as_image(public: PublicImage) -> Image:
    """Show a provider's image as an image record."""
    return Image(
        image_id=public.image_id,
        name=public.name,
        size=public.size_gib,
        os=public.os,
        owner="system",
        status=Trail("Available"),
        started_at=0.0,
        visible_at=0.0,
        finish_at=0.0,
        usable_at=0.0,
        mappings=(DeviceMapping("/dev/xvda", "system", public.size_gib, ""),),
        family=public.family,
    )


_EXACT: Mapping[str, Callable[[Image], str]] = {
    "Architecture": lambda each: each.os.architecture,
    "OSType": lambda each: each.os.os_type,
    "ImageFamily": lambda each: each.family,
    "ResourceGroupId": lambda each: each.resource_group_id,
}


def _matches(region: EcsRegion, image: Image, params: Params) -> bool:
    for name, wanted in params.values().items():
        if wanted and name in _EXACT and _EXACT[name](image) != wanted:
            return False
    snapshot_id = params.text("SnapshotId")
    if snapshot_id and all(m.snapshot_id != snapshot_id for m in image.mappings):
        return False
    type_id = params.text("InstanceType")
    if type_id and not runs_on(image.os, region.instance_type(type_id)):
        return False
    return _in_use_matches(image, params.text("Usage"))


def _in_use_matches(image: Image, usage: str) -> bool:
    return usage in {"", "instance" if image.users else "none"}


def runs_on(system: OperatingSystem, each: InstanceType) -> bool:
    """Tell whether a system can run on an instance type. Source: DescribeInstanceTypes fields."""
    if (system.architecture == "arm64") != (each.architecture == "ARM"):
        return False
    if each.nvme == "required" and system.nvme != "supported":
        return False
    if system.boot_mode == "UEFI-Preferred":
        return True
    return system.boot_mode in each.boot_modes


def image_row(region: EcsRegion, image: Image, now: float) -> dict[str, Any]:
    """Show an image as DescribeImages does."""
    system, own = image.os, image.owner == "self"
    return {
        "ImageId": image.image_id,
        "ImageName": image.name,
        "ImageFamily": image.family,
        "ImageVersion": image.version,
        "ImageOwnerAlias": image.owner,
        "ImageOwnerId": int(region.world.account_id) if own else SYSTEM_OWNER,
        "Description": image.description,
        "Status": region.status_seen(image.status, now),
        "Usable": image.is_usable(now),
        "Progress": progress_text(image, now),
        "Size": image.size,
        "Architecture": system.architecture,
        "Platform": system.platform,
        "OSName": system.os_name,
        "OSNameEn": system.os_name_en,
        "OSType": system.os_type,
        "BootMode": system.boot_mode,
        "Features": {"NvmeSupport": system.nvme, "ImdsSupport": system.imds},
        "SecureBootOptions": {"SecureBootSupport": system.secure_boot},
        "LoginAsNonRootSupported": system.login_as_non_root,
        "IsSupportCloudinit": True,
        "IsSupportIoOptimized": True,
        "IsSubscribed": False,
        "IsCopied": False,
        "IsPublic": not own,
        "IsSelfShared": "",
        "ProductCode": "",
        "Usage": "instance" if image.users else "none",
        "ResourceGroupId": image.resource_group_id,
        "CreationTime": to_second(image.started_at),
        "DiskDeviceMappings": {"DiskDeviceMapping": _mapping_rows(region, image, now)},
        "Tags": region.tags.rows(image.image_id, now),
    }


def progress_text(image: Image, now: float) -> str:
    """Return how far an image is, for example `32%`."""
    if image.status.now == "Available":
        return "100%"
    if image.progress_end is not None:
        return f"{image.progress_end:.0f}%"
    return f"{captures.progress(image.started_at, image.finish_at, now):.0f}%"


def _mapping_rows(region: EcsRegion, image: Image, now: float) -> list[dict[str, Any]]:
    if image.owner != "self":
        return []
    rows = []
    for mapping in image.mappings:
        snapshot = region.snapshots.get(mapping.snapshot_id)
        done = snapshot is None or snapshot.status == "accomplished"
        left = 0 if snapshot is None or done else max(0, int(snapshot.finish_at - now))
        part = 100.0 if snapshot is None or done else _part(snapshot.started_at, left, now)
        rows.append(
            {
                "Device": mapping.device,
                "Type": mapping.kind,
                "Size": str(mapping.size),
                "SnapshotId": mapping.snapshot_id,
                "Encrypted": mapping.encrypted,
                "Format": "",
                "ImportOSSBucket": "",
                "ImportOSSObject": "",
                "Progress": f"{part:.0f}%",
                "RemainTime": left,
            }
        )
    return rows


def _part(started_at: float, left: float, now: float) -> float:
    return captures.progress(started_at, now + left, now)


def delete_image(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Delete an image, not its snapshots. Source: ECS DeleteImage; an unknown id is ignored."""
    image_id = params.required("ImageId")
    dry_run(region, params)
    image = region.images.get(image_id)
    if image is None:
        return {}
    if image.users and not params.flag("Force"):
        raise ApiError(403, "ImageUsingByInstance", "The specified image is used by instances.")
    if image.timer is not None:
        captures.fail_image(region, image, now, "image was deleted")
    for mapping in image.mappings:
        snapshot = region.snapshots.get(mapping.snapshot_id)
        if snapshot is not None:
            snapshot.image_ids.discard(image_id)
    del region.images[image_id]
    region.image_names.discard(image.name)
    region.tags.drop(image_id)
    region.record(now, "DeleteImage", image_id, name=image.name)
    return {}
