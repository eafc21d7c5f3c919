"""TagResources, UntagResources and ListTagResources."""

from collections.abc import Mapping
from typing import Any

from emulator.state.ecs.paging import token_page
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import TagFilter, filters_of, tags_of
from emulator.state.errors import ApiError

MAX_RESOURCES = 50
PAGE = 50


def _resources(region: EcsRegion, kind: str) -> Mapping[str, object]:
    known: Mapping[str, Mapping[str, object]] = {
        "instance": region.instances,
        "disk": region.disks,
        "image": region.images,
        "snapshot": region.snapshots,
        "eni": region.interfaces,
        "keypair": region.key_pairs,
        "securitygroup": region.security_groups,
    }
    found = known.get(kind)
    if found is None:
        raise ApiError(
            404,
            "InvalidResourceType.NotFound",
            "The ResourceType provided does not exist in our records.",
        )
    return found


def _kind(params: Params) -> str:
    if not (kind := params.text("ResourceType")):
        raise _missing("ResourceType")
    return kind


def _missing(name: str) -> ApiError:
    """Refuse a call without a part of it. Source: error table of the three actions."""
    return ApiError(404, f"MissingParameter.{name}", f"The parameter - {name} should not be null")


def _named(region: EcsRegion, params: Params) -> list[str]:
    """Return the ids that a call names; each must exist. Source: TagResources."""
    kind = _kind(params)
    known = _resources(region, kind)
    ids = params.texts("ResourceId")
    if not ids:
        raise missing("ResourceId")
    if len(ids) > MAX_RESOURCES:
        raise ApiError(
            400,
            "NumberExceed.ResourceIds",
            "The ResourceIds parameter's number is exceed , Valid : 50",
        )
    if not all(each in known for each in ids):
        raise ApiError(
            404,
            "InvalidResourceId.NotFound",
            "The specified ResourceIds are not found in our records.",
        )
    return ids


def tag_resources(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Set tags on up to 50 resources of one type. Source: ECS TagResources."""
    ids, tags = _named(region, params), tags_of(params)
    if not tags:
        raise _missing("Tags")
    for resource_id in ids:
        region.tags.put(resource_id, tags, region.visible_from(now))
        region.record(now, "TagResources", resource_id, tags=tags)
    return {}


def untag_resources(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Remove tags. Source: ECS UntagResources; All counts only without TagKey."""
    ids, keys = _named(region, params), params.texts("TagKey")
    if not keys and not params.flag("All"):
        raise missing("TagKey")
    for resource_id in ids:
        gone = keys or list(region.tags.all_of(resource_id))
        region.tags.remove(resource_id, gone)
        region.record(now, "UntagResources", resource_id, keys=gone)
    return {}


def list_tag_resources(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List tags by resources, by tags or by both. Source: ECS ListTagResources."""
    kind = _kind(params)
    known = _resources(region, kind)
    filters = filters_of(params) + _tag_filters(params)
    ids = params.texts("ResourceId")
    if len(ids) > MAX_RESOURCES:
        raise malformed("ResourceId", f"holds more than {MAX_RESOURCES} ids")
    if not ids and not filters:
        raise missing("ResourceId")
    candidates = ids or region.tags.having(filters, now)
    rows = [
        {"ResourceId": each, "ResourceType": kind, "TagKey": key, "TagValue": value}
        for each in candidates
        if each in known and region.tags.matches(each, filters, now)
        for key, value in region.tags.seen(each, now).items()
    ]
    items, fields = token_page(rows, params, PAGE, PAGE)
    return {"NextToken": fields["NextToken"], "TagResources": {"TagResource": list(items)}}


def _tag_filters(params: Params) -> list[TagFilter]:
    return [
        TagFilter(group.text("TagKey"), frozenset(group.texts("TagValues")))
        for group in params.groups("TagFilter")
    ]
