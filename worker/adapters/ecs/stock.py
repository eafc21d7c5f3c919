"""Port `Stock`: what could be launched where."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.crew import Crew
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.batch import Remembered
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint
from worker.core.messages import iso
from worker.core.model import InstanceType, VSwitch

# Source: DescribeInstanceTypes, MaxResults: 100 for everyone since November 2023.
_TYPES_PER_PAGE: Final = 100
# Source: VPC DescribeVSwitches, PageSize.
_VSWITCHES_PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class EcsStock(ports.Stock):
    """Port `Stock` over one region."""

    endpoint: Endpoint
    crew: Crew
    _catalogue: Remembered[tuple[float, str], tuple[InstanceType, ...]] = field(init=False)
    _subnets: Remembered[str, tuple[VSwitch, ...]] = field(init=False)

    def __post_init__(self) -> None:
        clock = self.endpoint.clock
        object.__setattr__(self, "_catalogue", Remembered(self.crew, clock, self._instance_types))
        object.__setattr__(self, "_subnets", Remembered(self.crew, clock, self._vswitches))

    @override
    def instance_types(self, *, memory: float, architecture_of: str) -> tuple[InstanceType, ...]:
        return self._catalogue.find((memory, architecture_of))

    @override
    def vswitches(self, vpc: str) -> tuple[VSwitch, ...]:
        return self._subnets.find(vpc)

    def _instance_types(self, wanted: tuple[float, str]) -> tuple[InstanceType, ...]:
        memory, architecture_of = wanted
        found = self._types({"MinimumMemorySize": memory, "MaximumMemorySize": memory})
        # The filter is documented as a range; whether its ends belong to it is not.
        same = {one.name: one for one in found if one.memory == memory}
        if architecture_of not in same:
            named = self._types({"InstanceTypes": [architecture_of]})
            same.update((one.name, one) for one in named if one.name == architecture_of)
        return tuple(same[name] for name in sorted(same))

    @override
    def list_prices(
        self, types: Sequence[str], *, begin: float, end: float
    ) -> Mapping[tuple[str, str], float]:
        found: dict[tuple[str, str], float] = {}
        for name in types:
            for body in self._history(name, begin, end):
                price = fields.number(body, "OriginPrice")
                if price > 0:
                    found[name, fields.text(body, "ZoneId")] = price
        return found

    def _vswitches(self, vpc: str) -> tuple[VSwitch, ...]:
        bodies = self.endpoint.list_by_number(
            "DescribeVSwitches", {"VpcId": vpc}, "VSwitches", "VSwitch", size=_VSWITCHES_PER_PAGE
        )
        found = (shapes.vswitch_of(body) for body in bodies)
        return tuple(vswitch for vswitch in found if vswitch is not None)

    def _history(self, name: str, begin: float, end: float) -> list[Body]:
        """Read one type's prices in all zones; a window of some hours is one page."""
        body = self.endpoint.read(
            "DescribeSpotPriceHistory",
            {
                "InstanceType": name,
                "NetworkType": "vpc",
                "StartTime": iso(begin),
                "EndTime": iso(end),
            },
        )
        rows = fields.members(body or {}, "SpotPrices", "SpotPriceType")
        return sorted(rows, key=lambda row: fields.text(row, "Timestamp"))

    def _types(self, wanted: dict[str, Any]) -> list[InstanceType]:
        bodies = self.endpoint.list_by_token(
            "DescribeInstanceTypes",
            {**wanted, "MaxResults": _TYPES_PER_PAGE},
            "InstanceTypes",
            "InstanceType",
        )
        found = (shapes.instance_type_of(body) for body in bodies)
        return [one for one in found if one is not None]
