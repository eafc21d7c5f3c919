"""Prices now and before, and how often spot instances are interrupted."""

from typing import Any

from emulator.state.ecs.catalogue import InstanceType, Zone
from emulator.state.ecs.clock_text import from_text, to_second
from emulator.state.ecs.instance_types import MAX_NAMED
from emulator.state.ecs.launch_disks import SMALLEST
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.stock import HOUR, interruption_rate
from emulator.state.errors import ApiError

# Source: DescribeSpotPriceHistory: three hours unless told otherwise, at most 30 days.
DEFAULT_WINDOW = 3 * HOUR
LONGEST_WINDOW = 30 * 24 * HOUR
HISTORY_PAGE = 1000
# CNY per GiB and hour.
DISK_PRICE = 0.0007
PERCENT = 100
RATE_STEPS = ((3.0, "0-3"), (5.0, "3-5"), (10.0, "5-10"))


def describe_spot_price_history(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List hourly spot prices. Source: ECS DescribeSpotPriceHistory."""
    each = region.instance_type(params.required("InstanceType"))
    if params.text("NetworkType") != "vpc":
        raise (
            missing("NetworkType")
            if not params.text("NetworkType")
            else ApiError(
                400, "InvalidParams.NetworkType", "The specified NetworkType is not valid."
            )
        )
    first, last = _window(params, now)
    wanted = params.text("ZoneId")
    rows = [
        _price_row(region, zone, each, at)
        for zone in region.place.zones
        if zone.sells(each) and wanted in {"", zone.zone_id}
        for at in _hours(first, last)
    ]
    offset = params.integer("Offset")
    page = rows[offset : offset + HISTORY_PAGE]
    return {
        "Currency": "CNY",
        "NextOffset": offset + len(page),
        "SpotPrices": {"SpotPriceType": page},
    }


def _window(params: Params, now: float) -> tuple[float, float]:
    last = _instant(params, "EndTime", now)
    first = _instant(params, "StartTime", last - DEFAULT_WINDOW)
    if first > last or last - first > LONGEST_WINDOW:
        raise ApiError(400, "InvalidParams.StartTime", "The specified StartTime is not valid.")
    return first, min(last, now)


def _instant(params: Params, name: str, default: float) -> float:
    text = params.text(name)
    if not text:
        return default
    try:
        return from_text(text)
    except ValueError:
        raise ApiError(
            400, f"InvalidParams.{name}", f"The specified {name} is not valid."
        ) from None


def _hours(first: float, last: float) -> list[float]:
    start = int(-(-first // HOUR))
    return [hour * HOUR for hour in range(start, int(last // HOUR) + 1)]


def _price_row(region: EcsRegion, zone: Zone, each: InstanceType, at: float) -> dict[str, Any]:
    return {
        "ZoneId": zone.zone_id,
        "InstanceType": each.type_id,
        "IoOptimized": "optimized",
        "NetworkType": "vpc",
        "Timestamp": to_second(at),
        "SpotPrice": region.stock.spot_price(zone, each, at),
        "OriginPrice": region.stock.list_price(zone, each),
    }


def describe_price(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Price one instance with its disks, or one disk, per hour. Source: ECS DescribePrice."""
    match params.text("ResourceType", "instance"):
        case "instance":
            return _instance_price(region, params, now)
        case "disk":
            return _disk_price(params)
    raise malformed("ResourceType", "is not modelled here except instance and disk")


def _disk_price(params: Params) -> dict[str, Any]:
    disks = params.groups("DataDisk")
    if not disks:
        raise missing("DataDisk.1.Category")
    if disks[0].required("Category") not in SMALLEST:
        raise malformed("DataDisk.1.Category")
    if not disks[0].integer("Size"):
        raise missing("DataDisk.1.Size")
    hourly = disks[0].integer("Size") * DISK_PRICE
    detail = _price_fields(hourly, hourly, resource="dataDisk")
    price = {
        "Currency": "CNY",
        **_price_fields(hourly, hourly),
        "DetailInfos": {"DetailInfo": [detail]},
    }
    return {"PriceInfo": {"Price": price, "Rules": {"Rule": []}}}


def _instance_price(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    each = region.instance_type(params.required("InstanceType"))
    zone = region.zone(params.text("ZoneId") or region.place.zones[0].zone_id)
    original = region.stock.list_price(zone, each)
    spot = params.text("SpotStrategy", "NoSpot") != "NoSpot"
    trade = region.stock.spot_price(zone, each, now) if spot else original
    system = params.group("SystemDisk").integer("Size", 40) * DISK_PRICE
    data = sum(group.integer("Size") for group in params.groups("DataDisk")) * DISK_PRICE
    parts = [("instanceType", original, trade), ("systemDisk", system, system)]
    if data:
        parts.append(("dataDisk", data, data))
    details = [_price_fields(*figures, resource=name) for name, *figures in parts]
    total = _price_fields(sum(p[1] for p in parts), sum(p[2] for p in parts))
    price = {"Currency": "CNY", **total, "DetailInfos": {"DetailInfo": details}}
    return {"PriceInfo": {"Price": price, "Rules": {"Rule": []}}}


def _price_fields(original: float, trade: float, *, resource: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = {
        "OriginalPrice": round(original, 4),
        "TradePrice": round(trade, 4),
        "DiscountPrice": round(original - trade, 4),
    }
    return {"Resource": resource, **fields} if resource else fields


def describe_spot_advice(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List interruption rates and discounts per zone. Source: ECS DescribeSpotAdvice."""
    types = [each for each in region.catalogue.types.values() if _advised(each, params)]
    if len(params.texts("InstanceTypes")) > MAX_NAMED:
        raise malformed("InstanceTypes", f"holds more than {MAX_NAMED} items")
    wanted = params.text("ZoneId")
    zones = [
        {
            "ZoneId": zone.zone_id,
            "AvailableSpotResources": {
                "AvailableSpotResource": [
                    _advice(region, zone, each, now) for each in types if zone.sells(each)
                ]
            },
        }
        for zone in region.place.zones
        if wanted in {"", zone.zone_id}
    ]
    return {"RegionId": region.region_id, "AvailableSpotZones": {"AvailableSpotZone": zones}}


def _advised(each: InstanceType, params: Params) -> bool:
    named = params.texts("InstanceTypes")
    exact = {"Cores": each.cpu, "Memory": each.memory_gib}
    least = {"MinCores": each.cpu, "MinMemory": each.memory_gib}
    words = {"InstanceTypeFamily": each.family, "InstanceFamilyLevel": each.level}
    return (
        (not named or each.type_id in named)
        and all(name not in params or params.number(name) == has for name, has in exact.items())
        and all(name not in params or params.number(name) <= has for name, has in least.items())
        and all(params.text(name) in {"", has} for name, has in words.items())
    )


def _advice(region: EcsRegion, zone: Zone, each: InstanceType, now: float) -> dict[str, Any]:
    rate = interruption_rate(zone.zone_id, each.type_id)
    words = next((text for limit, text in RATE_STEPS if rate < limit), "10-100")
    share = region.stock.spot_price(zone, each, now) / region.stock.list_price(zone, each)
    return {
        "InstanceType": each.type_id,
        "InterruptionRate": rate,
        "InterruptRateDesc": words,
        "AverageSpotDiscount": round(share * PERCENT),
    }
