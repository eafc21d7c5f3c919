"""Port `Prices`: what the cloud says that a thing costs."""

from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint
from worker.core.leftovers import Kind, Leftover
from worker.operator_ports import HOURS_PER_MONTH, Price

_FREE: Final = 0.0
_UNBILLED: Final = (Kind.IMAGE, Kind.INTERFACE, Kind.PAIR)


@dataclass(frozen=True, slots=True)
class EcsPrices(operator_ports.Prices):
    """Port `Prices` over one region; things alike are asked for once.

    Snapshots have no price here: the cloud bills the space that a snapshot occupies, and neither
    tells that per snapshot nor prices it by API. Source: "Snapshot billing"; DescribePrice,
    ResourceType. A custom image costs nothing beside its snapshots. Source: the same. Neither
    does a network interface. Source: "Elastic network interfaces", billing. A server group is no
    item of a CLB's bill. Source: "CLB billing". An elastic address that nothing has is billed by the
    hour, and DescribePrice knows no addresses. Source: "EIP billing", DescribePrice, ResourceType.
    """

    endpoint: Endpoint
    _known: dict[str, Price | None] = field(default_factory=dict)

    @override
    def monthly(self, thing: Leftover) -> Price | None:
        if thing.kind in _UNBILLED:
            return Price(_FREE, "")
        # Performance that was bought beside the disk is priced by itself, and nobody tells the sum.
        if thing.kind in (Kind.SNAPSHOT, Kind.ADDRESS) or thing.provisioned_iops:
            return None
        params = _disk(thing) if thing.kind is Kind.DISK else _instance(thing)
        key = repr(params)
        if key not in self._known:
            body = self.endpoint.read("DescribePrice", params)
            self._known[key] = _read(body or {}, whole=thing.kind is Kind.DISK)
        return self._known[key]


def _disk(thing: Leftover) -> dict[str, Any]:
    disk = {
        "Category": thing.category,
        "Size": thing.size,
        "PerformanceLevel": thing.performance_level or None,
    }
    present = {name: value for name, value in disk.items() if value is not None}
    return {
        "ResourceType": "disk",
        "DataDisk": [present],
        "PriceUnit": "Hour",
        "ZoneId": thing.zone,
    }


def _instance(thing: Leftover) -> dict[str, Any]:
    strategy = "SpotAsPriceGo" if thing.is_spot else "NoSpot"
    return {
        "ResourceType": "instance",
        "InstanceType": thing.instance_type,
        "SpotStrategy": strategy,
        "ZoneId": thing.zone,
    }


def _read(body: Body, *, whole: bool) -> Price | None:
    price = fields.structure(fields.structure(body, "PriceInfo"), "Price")
    hourly = fields.number(price, "TradePrice")
    if not whole:
        # The price of an instance has a default disk in it, which is listed by itself here.
        details = fields.members(price, "DetailInfos", "DetailInfo")
        named = (one for one in details if fields.text(one, "Resource") == "instanceType")
        hourly = next((fields.number(one, "TradePrice") for one in named), 0.0)
    if not hourly:
        return None
    return Price(round(hourly * HOURS_PER_MONTH, 2), fields.text(price, "Currency"))
