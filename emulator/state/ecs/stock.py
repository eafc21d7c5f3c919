"""Stock and price of every instance type in every zone.

The catalogue gives the beginning; launches, releases and the control interface change it. Prices
move by the hour in a way that depends on zone, type and hour alone, so that a window of the past
reads the same for everybody who asks.
"""

from dataclasses import dataclass, field
from zlib import crc32

from emulator.state.ecs.catalogue import InstanceType, Region, Zone

HOUR = 3600.0
LOW_STOCK = 5


@dataclass(slots=True)
class Pool:
    """What a zone has of a type: a count, or None for as many as anybody wants."""

    count: int | None
    closing: bool = False
    prices: list[tuple[float, float]] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Return `Available` or `SoldOut`."""
        return "SoldOut" if self.count == 0 else "Available"

    @property
    def category(self) -> str:
        """Return the StatusCategory. Source: DescribeAvailableResource."""
        if self.count == 0:
            return "ClosedWithoutStock" if self.closing else "WithoutStock"
        scarce = self.closing or (self.count is not None and self.count < LOW_STOCK)
        return "ClosedWithStock" if scarce else "WithStock"


@dataclass(slots=True)
class Stock:
    """The stock of one region; only what differs from the catalogue is kept."""

    region: Region
    thin: int
    _pools: dict[tuple[str, str], Pool] = field(default_factory=dict)

    def pool(self, zone: Zone, each: InstanceType) -> Pool:
        """Return the pool of a type in a zone."""
        key = (zone.zone_id, each.type_id)
        if (known := self._pools.get(key)) is None:
            known = self._pools[key] = self._fresh(zone.stock_class(each))
        return known

    def _fresh(self, stock_class: str) -> Pool:
        if stock_class == "plenty":
            return Pool(None)
        count = self.thin if stock_class in {"thin", "closing"} else 0
        return Pool(count, closing=stock_class in {"closing", "closed"})

    def take(self, zone: Zone, each: InstanceType, amount: int) -> int:
        """Take up to `amount` instances and return how many there were."""
        pool = self.pool(zone, each)
        if pool.count is None:
            return amount
        taken = min(amount, pool.count)
        pool.count -= taken
        return taken

    def give_back(self, zone: Zone, each: InstanceType) -> None:
        """Return one instance to its pool."""
        pool = self.pool(zone, each)
        if pool.count is not None:
            pool.count += 1

    def set_price(self, zone: Zone, each: InstanceType, price: float, now: float) -> None:
        """Set the spot price from now on, in CNY per hour."""
        self.pool(zone, each).prices.append((now, price))

    def list_price(self, zone: Zone, each: InstanceType) -> float:
        """Return the pay-as-you-go price, in CNY per hour."""
        return round(each.price * zone.price_factor, 3)

    def spot_price(self, zone: Zone, each: InstanceType, at: float) -> float:
        """Return the spot price at an instant, in CNY per hour."""
        known = self._pools.get((zone.zone_id, each.type_id))
        if known is not None:
            for since, price in reversed(known.prices):
                if since <= at:
                    return price
        seed = crc32(f"{zone.zone_id} {each.type_id} {int(at // HOUR)}".encode())
        swing = 0.9 + 0.2 * (seed % 1000) / 1000
        return round(each.price * zone.price_factor * each.spot_share * swing, 3)


def interruption_rate(zone_id: str, type_id: str) -> float:
    """Return a type's made-up interruption rate in per cent, fixed for zone and type."""
    return (crc32(f"rate {zone_id} {type_id}".encode()) % 120) / 10
