"""DescribeAvailableResource: what a zone has, as far as the caller asks precisely enough.

A call that does not name the system disk category asks about the default one, and types that do
not support that look unavailable. Source: DescribeAvailableResource, SystemDiskCategory.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.state.ecs.catalogue import InstanceType, Zone
from emulator.state.ecs.launch_disks import SMALLEST, sizes_of
from emulator.state.ecs.params import Params
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError

Rows = list[dict[str, Any]]
GOOD = {"Status": "Available", "StatusCategory": "WithStock"}
STRATEGIES = frozenset({"", "NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"})


def describe_available_resource(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List what can be bought. Source: ECS DescribeAvailableResource; advisory only."""
    del now
    destination = params.text("DestinationResource")
    if not destination:
        raise ApiError(
            400,
            "Invalid.Param",
            "The input parameter DestinationResource that is mandatory for processing this "
            "request is not supplied.",
        )
    list_resources = _LISTS.get(destination)
    if list_resources is None:
        raise ApiError(
            404,
            "Invalid.DestinationResource",
            "The specified DestinationResource is not valid.",
        )
    _check(region, params, destination)
    wanted = params.text("ZoneId")
    zones = [zone for zone in region.place.zones if wanted in {"", zone.zone_id}]
    rows = [
        _zone_row(region, zone, destination, list_resources(region, params, zone)) for zone in zones
    ]
    return {"AvailableZones": {"AvailableZone": rows}}


def _check(region: EcsRegion, params: Params, destination: str) -> None:
    by_size = "Cores" in params or "Memory" in params
    if by_size and params.text("InstanceType"):
        raise ApiError(
            403,
            "InvalidParam.TypeAndCpuMem.Conflict",
            "The specified 'InstanceType' and 'Cores','Memory' are not blank at the same time",
        )
    if by_size and destination != "InstanceType":
        name = "Cores" if "Cores" in params else "Memory"
        raise ApiError(
            403, f"InvalidParam.{name}", f"The specified parameter '{name}' should be empty"
        )
    if params.text("SpotStrategy") not in STRATEGIES:
        raise ApiError(404, "Invalid.SpotStrategy", "The specified SpotStrategy is not valid.")
    if zone_id := params.text("ZoneId"):
        region.zone(zone_id)


def _zone_row(region: EcsRegion, zone: Zone, destination: str, resources: Rows) -> dict[str, Any]:
    on_sale = any(row["Status"] == "Available" for row in resources)
    row: dict[str, Any] = {
        "RegionId": region.region_id,
        "ZoneId": zone.zone_id,
        "Status": "Available" if on_sale else "SoldOut",
        "StatusCategory": "WithStock" if on_sale else "WithoutStock",
    }
    if resources:
        supported = {"SupportedResource": resources}
        row["AvailableResources"] = {
            "AvailableResource": [{"Type": destination, "SupportedResources": supported}]
        }
    return row


def _type_rows(region: EcsRegion, params: Params, zone: Zone) -> Rows:
    rows: Rows = []
    for each in _types(region, params, zone):
        pool = region.stock.pool(zone, each)
        rows.append({"Value": each.type_id, "Status": pool.status, "StatusCategory": pool.category})
    return rows


def _types(region: EcsRegion, params: Params, zone: Zone) -> Iterable[InstanceType]:
    category = params.text("SystemDiskCategory", region.assumptions.default_disk_category)
    data_category = params.text("DataDiskCategory") or category
    fits, named = _size_test(region, params), params.text("InstanceType")
    return (
        each
        for each in _offered(region, zone, category)
        if data_category in each.disk_categories and named in {"", each.type_id} and fits(each)
    )


def _offered(region: EcsRegion, zone: Zone, category: str) -> tuple[InstanceType, ...]:
    """Return what a zone sells with that system disk; it never changes, so it is kept."""
    key = (zone.zone_id, category)
    if (known := region.offers.get(key)) is None:
        known = region.offers[key] = tuple(
            each
            for each in region.catalogue.types.values()
            if zone.sells(each) and category in each.disk_categories
        )
    return known


def _size_test(region: EcsRegion, params: Params) -> Callable[[InstanceType], bool]:
    cores = params.integer("Cores") if "Cores" in params else None
    memory = params.number("Memory") if "Memory" in params else None
    exact = region.assumptions.memory_filter_exact

    def fits(each: InstanceType) -> bool:
        if cores is not None and each.cpu != cores:
            return False
        if memory is None:
            return True
        return each.memory_gib == memory if exact else each.memory_gib >= memory

    return fits


def _disk_rows(kind: str, parameter: str) -> Callable[[EcsRegion, Params, Zone], Rows]:
    def rows(region: EcsRegion, params: Params, zone: Zone) -> Rows:
        each = region.catalogue.types.get(params.text("InstanceType"))
        if each is not None and not zone.sells(each):
            return []
        categories = each.disk_categories if each is not None else tuple(SMALLEST)
        wanted = params.text(parameter)
        return [_disk_row(kind, name) for name in categories if wanted in {"", name}]

    return rows


def _disk_row(kind: str, category: str) -> dict[str, Any]:
    """Show the sizes of a category, at the performance level that begins with the smallest."""
    sizes = sizes_of(kind, category, "PL0")
    return {**GOOD, "Value": category, "Min": sizes[0], "Max": sizes[-1], "Unit": "GiB"}


def _one(value: str) -> Callable[[EcsRegion, Params, Zone], Rows]:
    return lambda _region, _params, _zone: [{**GOOD, "Value": value}]


_LISTS: Mapping[str, Callable[[EcsRegion, Params, Zone], Rows]] = {
    "Zone": lambda _region, _params, zone: [{**GOOD, "Value": zone.zone_id}],
    "IoOptimized": _one("optimized"),
    "Network": _one("vpc"),
    "ddh": lambda _region, _params, _zone: [],
    "InstanceType": _type_rows,
    "SystemDisk": _disk_rows("system", "SystemDiskCategory"),
    "DataDisk": _disk_rows("data", "DataDiskCategory"),
}
