"""VPCs and vSwitches, each vSwitch with the pool of its private addresses."""

import random
from dataclasses import dataclass, field

from emulator.state.ecs.catalogue import Region
from emulator.state.errors import ApiError

# The first and the last three addresses of a vSwitch are reserved. Source: VPC "Limits".
RESERVED_HEAD = 1
RESERVED_TAIL = 3


@dataclass(frozen=True, slots=True)
class Vpc:
    """A VPC."""

    vpc_id: str
    name: str
    cidr: str
    is_default: bool
    created_at: float


@dataclass(slots=True)
class VSwitch:
    """A subnet in one zone and the addresses it has left.

    A freed address may stay unusable for a while; `freed` holds when it returns.
    """

    vswitch_id: str
    name: str
    vpc_id: str
    zone_id: str
    cidr: str
    is_default: bool
    created_at: float
    status: str = "Available"
    used: set[int] = field(default_factory=set)
    freed: dict[int, float] = field(default_factory=dict)
    first: int = 0
    size: int = 0
    cursor: int = 0

    def __post_init__(self) -> None:
        network, bits = self.cidr.split("/")
        total = 1 << (32 - int(bits))
        self.first = address_number(network) + RESERVED_HEAD
        self.size = total - RESERVED_HEAD - RESERVED_TAIL

    def available(self, now: float) -> int:
        """Count the addresses that can be given out."""
        return self.size - len(self.used) - sum(at > now for at in self.freed.values())

    def holds(self, address: str) -> bool:
        """Tell whether the address is one of this vSwitch's usable ones."""
        return 0 <= address_number(address) - self.first < self.size

    def is_free(self, address: str, now: float) -> bool:
        """Tell whether a particular address can be taken."""
        number = address_number(address)
        return number not in self.used and self.freed.get(number, now) <= now

    def take(self, address: str, now: float) -> str:
        """Take an address: this one, or any when `address` is empty.

        Raises:
            ApiError: It is taken, foreign or there is none left.
        """
        if not address:
            return self._take_any(now)
        self.check(address, now)
        self.used.add(address_number(address))
        return address

    def check(self, address: str, now: float) -> None:
        """Refuse an address that cannot be taken. Source: RunInstances, error codes."""
        if not self.holds(address):
            raise ApiError(
                400,
                "InvalidPrivateIpAddress",
                "Specified private IP address is not in the CIDR block of virtual switch.",
            )
        if not self.is_free(address, now):
            raise ApiError(
                400,
                "InvalidPrivateIpAddress.Duplicated",
                "Specified private IP address is duplicated.",
            )

    def free(self, address: str, at: float) -> None:
        """Give an address back; it can be taken again from `at` on."""
        number = address_number(address)
        self.used.discard(number)
        self.freed[number] = at

    def _take_any(self, now: float) -> str:
        for _ in range(self.size):
            number = self.first + self.cursor
            self.cursor = (self.cursor + 1) % self.size
            if number not in self.used and self.freed.get(number, now) <= now:
                self.freed.pop(number, None)
                self.used.add(number)
                return address_text(number)
        raise ApiError(
            403,
            "QuotaExceeded.PrivateIpAddress",
            "Insufficient private IP addresses in the virtual switch.",
        )


class Networks:
    """All VPCs and vSwitches of a region; a default VPC has one vSwitch per zone."""

    def __init__(self, region: Region, rng: random.Random) -> None:
        self._rng = rng
        self._code = region.code
        self.vpcs: dict[str, Vpc] = {}
        self.vswitches: dict[str, VSwitch] = {}
        self.default_vpc_id = self.add_vpc("172.16.0.0/12", name="default", is_default=True)
        for index, zone in enumerate(region.zones):
            cidr = f"172.16.{16 * index}.0/20"
            self.add_vswitch(self.default_vpc_id, zone.zone_id, cidr, is_default=True)

    def add_vpc(
        self, cidr: str, *, name: str = "", is_default: bool = False, created_at: float = 0.0
    ) -> str:
        """Create a VPC and return its id."""
        vpc_id = f"vpc-{self._code}{self._rng.getrandbits(68):017x}"
        self.vpcs[vpc_id] = Vpc(vpc_id, name, cidr, is_default, created_at)
        return vpc_id

    def add_vswitch(
        self,
        vpc_id: str,
        zone_id: str,
        cidr: str,
        *,
        name: str = "",
        is_default: bool = False,
        created_at: float = 0.0,
    ) -> str:
        """Create a vSwitch and return its id."""
        vswitch_id = f"vsw-{self._code}{self._rng.getrandbits(68):017x}"
        self.vswitches[vswitch_id] = VSwitch(
            vswitch_id, name, vpc_id, zone_id, cidr, is_default, created_at
        )
        return vswitch_id

    def vswitch(self, vswitch_id: str) -> VSwitch:
        """Return a vSwitch.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.vswitches.get(vswitch_id)
        if found is None:
            raise ApiError(
                404, "InvalidVSwitchId.NotFound", "Specified virtual switch does not exist."
            )
        return found

    def ids_of(self, vpc_id: str) -> list[str]:
        """Return the vSwitches of a VPC."""
        return [each.vswitch_id for each in self.vswitches.values() if each.vpc_id == vpc_id]

    def in_zone(self, vpc_id: str, zone_id: str) -> VSwitch:
        """Return the VPC's first vSwitch of a zone.

        Raises:
            ApiError: It has none there.
        """
        for each in self.vswitches.values():
            if (each.vpc_id, each.zone_id) == (vpc_id, zone_id):
                return each
        raise ApiError(
            404, "InvalidVSwitchId.NotFound", f"{vpc_id} has no virtual switch in {zone_id}."
        )


def address_number(address: str) -> int:
    """Turn a dotted address into a number.

    Raises:
        ApiError: It is no IPv4 address.
    """
    parts = address.split(".")
    if len(parts) != 4 or not all(p.isdigit() and int(p) < 256 for p in parts):  # noqa: PLR2004
        raise ApiError(
            400,
            "InvalidPrivateIpAddress.Malformed",
            "Specified private IP address is malformed.",
        )
    number = 0
    for part in parts:
        number = number * 256 + int(part)
    return number


def following(address: str, steps: int) -> str:
    """Return the address some steps after one."""
    return address_text(address_number(address) + steps)


def address_text(number: int) -> str:
    """Turn a number into a dotted address."""
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
