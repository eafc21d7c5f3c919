"""Sources and interruptions to simulate, and what must hold when all is quiet again."""

from dataclasses import dataclass
from typing import Any

from tests.simulation.harness import DEAD, QUEUE, REGION, START, Simulation
from worker.core import identity

SOURCE_NAME = "订单数据库-主"


@dataclass(frozen=True)
class Source:
    """A source in the simulated cloud and what was on its disks before the notice."""

    instance_id: str
    disk_ids: tuple[str, ...]


def add_source(simulation: Simulation, **changes: Any) -> Source:
    """Put a running spot instance with one system disk and some data into the cloud."""
    ecs = simulation.cloud.ecs[REGION]
    spec = {
        "InstanceName": SOURCE_NAME,
        "SpotStrategy": "SpotAsPriceGo",
        "Tags": {"team": "订单"},
        **changes,
    }
    instance_id = ecs.seed_instance(spec, START)
    disks = ecs.call("DescribeDisks", {"RegionId": REGION, "InstanceId": instance_id}, START + 60)
    ids = tuple(disk["DiskId"] for disk in disks["Disks"]["Disk"])
    for disk_id in ids:
        ecs.write(instance_id, disk_id, "/data/orders.txt", "第一单", START + 61, flush=True)
    simulation.kernel.now = START + 120
    simulation.cloud.advance(START + 120)
    return Source(instance_id, ids)
