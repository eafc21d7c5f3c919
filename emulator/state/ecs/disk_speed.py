"""How fast a disk is, which DescribeDisks tells and nothing here depends on.

Source: "Block storage performance",
https://www.alibabacloud.com/help/en/ecs/user-guide/block-storage-performance
"""

from dataclasses import dataclass

from emulator.state.ecs.records import Disk


@dataclass(frozen=True, slots=True)
class _Speed:
    """A base, what each GiB adds, and the most of it; IOPS, then MB/s."""

    iops: tuple[float, float, float]
    throughput: tuple[float, float, float]


_BY_CATEGORY = {
    "cloud_efficiency": _Speed((1800, 8, 5000), (100, 0.15, 140)),
    "cloud_ssd": _Speed((1800, 30, 25_000), (120, 0.5, 300)),
    "cloud_auto": _Speed((1800, 50, 50_000), (120, 0.5, 350)),
    "cloud_essd_entry": _Speed((1800, 8, 6000), (100, 0.15, 150)),
    "PL0": _Speed((1800, 12, 10_000), (100, 0.25, 180)),
    "PL1": _Speed((1800, 50, 50_000), (120, 0.5, 350)),
    "PL2": _Speed((4000, 50, 100_000), (120, 0.5, 750)),
    "PL3": _Speed((4000, 50, 1_000_000), (120, 0.5, 4000)),
}
_UNKNOWN = _Speed((0, 0, 0), (0, 0, 0))


def iops_of(disk: Disk) -> int:
    """Return the operations a second, zero for disks of which none are published here."""
    return _at_size(_speed(disk).iops, disk.size)


def throughput_of(disk: Disk) -> int:
    """Return the MB/s, zero for disks of which none are published here."""
    return _at_size(_speed(disk).throughput, disk.size)


def _speed(disk: Disk) -> _Speed:
    return _BY_CATEGORY.get(disk.performance_level or disk.category, _UNKNOWN)


def _at_size(rule: tuple[float, float, float], size: int) -> int:
    base, each, most = rule
    return int(min(base + each * size, most))
