"""What it gains to re-attach data disks instead of imaging them, on the emulator's times.

Run with `python -m bench.reattach`. Whole recreations on virtual time, by the worker's own code; the
emulator's durations are assumptions after field reports (`emulator/state/ecs/settings.py`), so that
the figures compare two ways and promise neither.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.state.ecs.settings import EcsSettings
from tests.simulation.schedules import Scenario, judged, run
from worker.core.policy import DataDisks, Policy

SIZES = (20, 100, 500, 2_000)
SEEDS = range(1, 6)
DAY_SECONDS = 86_400.0


@dataclass(frozen=True)
class Measured:
    """One recreation, seconds.

    Attributes:
        running: From T0 to the running replacement.
        whole: From T0 to the replacement with all its disks.
        down: From the source's stop to that.
        behind: From the data point of the data disk to the source's stop: what is written then is
            on the old disk only.
        boot: What was booted from.
    """

    running: float
    whole: float
    down: float
    behind: float
    boot: str


def measure(size: int, data_disks: DataDisks, *, chain: bool, seed: int) -> Measured:
    """Run one recreation of a source with one data disk.

    Args:
        size: Of the data disk, GiB.
        data_disks: The setting that is measured.
        chain: Whether every disk has an automatic snapshot of the day before.
        seed: Of the durations.
    """
    age = DAY_SECONDS if chain else None
    scenario = Scenario(
        "measured",
        ecs=EcsSettings(),
        seed={
            "system_disk": {"size": 40, "snapshot_age_seconds": age},
            "data_disks": [{"size": size, "snapshot_age_seconds": age}],
        },
        policy=Policy(data_disks=data_disks),
        lasts=600.0,
    )
    simulation, source = run(scenario, {}, seed=seed)
    broken = judged(scenario, simulation, source)
    if broken:
        raise SystemExit("; ".join(broken))
    (receipt,) = simulation.shelf.kept.values()
    # By the cloud's own account: the worker sees a stop some seconds later.
    stopped = min(
        entry.at
        for entry in simulation.cloud.ledger
        if entry.resource_id == source.instance_id and entry.action in {"Stopped", "Release"}
    )
    return _read(receipt, stopped - source.noticed_at)


def _read(receipt: Any, stopped: float) -> Measured:
    at = {line["what"]: line["seconds_after_t0"] for line in receipt["timeline"]}
    running = at["replacement running"]
    whole = at.get("disk attached", running)
    (data,) = (disk for disk in receipt["disks"] if disk["kind"] == "data")
    return Measured(
        running=running,
        whole=whole,
        down=whole - stopped,
        behind=max(stopped - data["data_point_after_t0"], 0.0),
        boot=receipt["boot"],
    )


def _told(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} [{min(values):.0f}..{max(values):.0f}]"


def rows() -> Iterator[str]:
    """Measure every case; yields the rows of a table."""
    yield "| data disk | snapshots before | data disks | running | with its disks | down | behind | booted from |"
    yield "|---|---|---|---|---|---|---|---|"
    ways: tuple[DataDisks, ...] = ("image", "reattach")
    for size in SIZES:
        for chain in (False, True):
            for way in ways:
                found = [measure(size, way, chain=chain, seed=seed) for seed in SEEDS]
                figures = (
                    _told([getattr(one, name) for one in found])
                    for name in ("running", "whole", "down", "behind")
                )
                boots = ", ".join(sorted({one.boot for one in found}))
                before = "of the day before" if chain else "none"
                yield f"| {size} GiB | {before} | {way} | {' | '.join(figures)} | {boots} |"


def main() -> None:
    """Print the table."""
    for row in rows():
        print(row)


if __name__ == "__main__":
    main()
