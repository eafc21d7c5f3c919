"""What is on sale: regions, zones, instance types with prices and stock, public images.

The figures in `emulator/data/catalogue.json` have the shape and the order of magnitude of the
real ones; prices are CNY per hour. A catalogue is immutable and shared by all clouds.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from emulator.state.ecs.records import OperatingSystem

DATA = Path(__file__).resolve().parents[2] / "data"
STOCK_CLASSES = ("plenty", "thin", "closing", "out", "closed")


@dataclass(frozen=True, slots=True)
class InstanceType:
    """One instance type with everything that decides whether it can replace another.

    Attributes:
        nvme: `required` or `unsupported`.
        price: Pay-as-you-go price per hour before the zone's factor.
        spot_share: Usual spot price as a share of `price`.
        disk_categories: Categories for system and data disks.
    """

    type_id: str
    family: str
    category: str
    level: str
    architecture: str
    generation: str
    processor: str
    cpu: int
    memory_gib: float
    nvme: str
    boot_modes: tuple[str, ...]
    disk_categories: tuple[str, ...]
    disk_quantity: int
    eni_quantity: int
    eni_addresses: int
    threads_per_core: int
    price: float
    spot_share: float
    secure_boot: bool
    jumbo_frame: bool
    baseline_credit: int
    initial_credit: int
    gpu_amount: int
    gpu_spec: str
    gpu_memory_gib: float
    local_disks: int
    local_disk_gib: int
    local_category: str

    @property
    def is_burstable(self) -> bool:
        """Tell whether a CreditSpecification means something for it."""
        return self.baseline_credit > 0

    @property
    def queues(self) -> int:
        """Return how many queues its interfaces have unless one asks for another number."""
        return min(8, max(1, self.cpu))


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone: what it does not sell, and how much of the rest it has."""

    zone_id: str
    name: str
    price_factor: float
    missing: frozenset[str]
    stock: Mapping[str, str]

    def sells(self, instance_type: InstanceType) -> bool:
        """Tell whether the type is on offer here at all, in stock or not."""
        return instance_type.family not in self.missing

    def stock_class(self, instance_type: InstanceType) -> str:
        """Return one of `STOCK_CLASSES`."""
        own = self.stock.get(instance_type.type_id)
        return own or self.stock.get(instance_type.family, "plenty")


@dataclass(frozen=True, slots=True)
class Region:
    """A region; `code` is the part that its resource ids begin with."""

    region_id: str
    name: str
    code: str
    endpoint: str
    zones: tuple[Zone, ...]

    def zone(self, zone_id: str) -> Zone | None:
        """Return the zone with this id, if it is one of this region."""
        return next((zone for zone in self.zones if zone.zone_id == zone_id), None)


@dataclass(frozen=True, slots=True)
class PublicImage:
    """An image of the provider."""

    image_id: str
    name: str
    family: str
    size_gib: int
    os: OperatingSystem


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can be bought, by id."""

    types: Mapping[str, InstanceType]
    regions: Mapping[str, Region]
    images: Mapping[str, PublicImage]

    @staticmethod
    def load() -> "Catalogue":
        """Return the catalogue of the data file; read once per process."""
        return _load()

    def region(self, region_id: str) -> Region:
        """Return a region; one that the data file lacks gets three plain zones."""
        known = self.regions.get(region_id)
        return known or _plain_region(region_id)


@cache
def _load() -> Catalogue:
    plain = json.loads((DATA / "catalogue.json").read_text(encoding="utf-8"))
    types = {each.type_id: each for family in plain["families"] for each in _types(family, plain)}
    regions = {entry["id"]: _region(entry) for entry in plain["regions"]}
    images = {entry["id"]: _image(entry) for entry in plain["images"]}
    return Catalogue(types, regions, images)


def _plain_region(region_id: str) -> Region:
    zones = tuple(
        Zone(f"{region_id}-{letter}", letter.upper(), 1.0, frozenset(), {}) for letter in "abc"
    )
    return Region(region_id, region_id, "x00", f"ecs.{region_id}.aliyuncs.com", zones)


def _region(entry: Mapping[str, Any]) -> Region:
    zones = tuple(
        Zone(z["id"], z["name"], z["price_factor"], frozenset(z["missing"]), z["stock"])
        for z in entry["zones"]
    )
    return Region(entry["id"], entry["name"], entry["code"], entry["endpoint"], zones)


def _image(entry: Mapping[str, Any]) -> PublicImage:
    system = OperatingSystem(
        architecture=entry["architecture"],
        platform=entry["platform"],
        os_name=entry["os_name"],
        os_name_en=entry["os_name_en"],
        os_type=entry["os_type"],
        boot_mode=entry["boot"],
        nvme=entry["nvme"],
        imds=entry["imds"],
        secure_boot=entry["secure_boot"],
        login_as_non_root=entry["login_as_non_root"],
    )
    return PublicImage(entry["id"], entry["name"], entry["family"], entry["size"], system)


def _types(family: Mapping[str, Any], plain: Mapping[str, Any]) -> Iterator[InstanceType]:
    sizes = plain["sizes"]
    ratio = family.get("memory_per_vcpu", 0)
    shapes: Mapping[str, tuple[int, float]] = family.get("types") or {
        f"{family['id']}.{size}": (sizes[size][0], sizes[size][0] * ratio)
        for size in family["sizes"]
    }
    for type_id, (cpu, memory_gib) in shapes.items():
        yield _type(family, type_id, cpu, memory_gib, sizes[type_id.rsplit(".", 1)[1]])


def _type(
    family: Mapping[str, Any], type_id: str, cpu: int, memory_gib: float, size: tuple[int, ...]
) -> InstanceType:
    gpu_amount, gpu_spec, gpu_memory = family.get("gpu", (0, "", 0.0))
    local_disks, local_gib, local_category = family.get("local", (0, 0, ""))
    return InstanceType(
        type_id=type_id,
        family=family["id"],
        category=family["category"],
        level=family["level"],
        architecture=family["architecture"],
        generation=family["generation"],
        processor=family["processor"],
        cpu=cpu,
        memory_gib=float(memory_gib),
        nvme=family["nvme"],
        boot_modes=tuple(family["boot"]),
        disk_categories=tuple(family["disks"]),
        disk_quantity=size[3],
        eni_quantity=size[1],
        eni_addresses=size[2],
        threads_per_core=family.get("threads_per_core", 2 if cpu > 1 else 1),
        price=round(cpu * family["price_per_vcpu"], 4),
        spot_share=family["spot_share"],
        secure_boot=family.get("secure_boot", False),
        jumbo_frame=family.get("jumbo", False),
        baseline_credit=family.get("baseline_credit", 0) * cpu,
        initial_credit=family.get("initial_credit", 0) * cpu,
        gpu_amount=gpu_amount,
        gpu_spec=gpu_spec,
        gpu_memory_gib=gpu_memory,
        local_disks=local_disks,
        local_disk_gib=local_gib,
        local_category=local_category,
    )
