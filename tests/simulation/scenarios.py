"""Sources to put into a simulated cloud, and what is read off it when all is quiet again."""

from dataclasses import dataclass, replace
from typing import Any

from emulator.state.ecs.content import DiskContent
from tests.simulation.harness import DEAD, QUEUE, REGION, START, Simulation
from worker.core import identity

# What a source writes after a notice that was taken back, and before the next one.
LATER = "/data/later.txt"
SOURCE_NAME = "订单数据库-主"
# A request that was sent before the queue was empty may still take effect for so long.
LATEST_SECONDS = 100.0
NOTICE_AT = START + 120.0
# Stands in the user data of every source; nothing of ours may show it.
SECRET = "canary-of-the-user-data"
USER_DATA = f"#!/bin/sh\necho {SECRET}"


@dataclass(frozen=True)
class Source:
    """A source, its disks by device, and what was durable on them when the notice came.

    Attributes:
        belongings: Ids of its network interfaces and elastic addresses.
        outliving: Ids of its disks that were to outlive it before anybody changed that.
    """

    instance_id: str
    disks: dict[str, str]
    durable: dict[str, DiskContent]
    noticed_at: float = NOTICE_AT
    belongings: frozenset[str] = frozenset()
    outliving: frozenset[str] = frozenset()


def add_source(simulation: Simulation, **seed: Any) -> Source:
    """Put a running spot instance with some data into the cloud, and let two minutes pass."""
    ecs = simulation.cloud.ecs[REGION]
    plain = {
        "name": SOURCE_NAME,
        "tags": {"team": "订单"},
        "ram_role_name": "app",
        "user_data": USER_DATA,
        **seed,
    }
    instance_id = ecs.seed_instance(plain, START)
    disks = {
        disk["Device"]: disk["DiskId"]
        for disk in ecs.dump("disks", START)
        if disk["InstanceId"] == instance_id
    }
    for number, device in enumerate(disks):
        text = f"第{number}单"
        ecs.write(instance_id, device, "/data/orders.txt", text, START + 60, flush=True)
    simulation.kernel.now = NOTICE_AT
    simulation.cloud.advance(NOTICE_AT)
    durable = {
        device: ecs.disk_content(disk_id, NOTICE_AT, durable=True)
        for device, disk_id in disks.items()
    }
    return Source(
        instance_id,
        disks,
        durable,
        belongings=belongings_of(simulation, instance_id),
        outliving=frozenset(
            one for one in disks.values() if not ecs.region.disks[one].delete_with_instance
        ),
    )


def belongings_of(simulation: Simulation, instance_id: str) -> frozenset[str]:
    """Ids of what an instance has beside its disks: interfaces and elastic addresses."""
    region = simulation.cloud.ecs[REGION].region
    bound = (
        eip.allocation_id
        for eip in region.vpc.addresses.eips.values()
        if eip.target_id == instance_id
    )
    return frozenset((*region.instances[instance_id].interface_ids, *bound))


def interrupt(simulation: Simulation, source: Source, **how: Any) -> None:
    """Let the cloud reclaim the source."""
    simulation.cloud.ecs[REGION].interrupt(source.instance_id, simulation.kernel.now, **how)


def written_now(simulation: Simulation, source: Source) -> Source:
    """Let a source that runs write to all of its disks and flush; returns it with all that is durable."""
    ecs, now = simulation.cloud.ecs[REGION], simulation.kernel.now
    for device in source.disks:
        ecs.write(source.instance_id, device, LATER, f"later on {device}", now, flush=True)
    durable = {
        device: ecs.disk_content(disk_id, now, durable=True)
        for device, disk_id in source.disks.items()
    }
    return replace(source, durable=durable)


def replacements(simulation: Simulation) -> list[dict[str, Any]]:
    """All instances that carry a recreation's tag and are not marked as one too many."""
    now = simulation.kernel.now
    return [
        instance
        for instance in simulation.cloud.ecs[REGION].dump("instances", now)
        if identity.TAG_ID in instance["Tags"] and identity.TAG_QUARANTINED not in instance["Tags"]
    ]


def waiting(simulation: Simulation, queue: str) -> int:
    """How many messages a queue holds, in whatever state."""
    found = simulation.cloud.queues(REGION).get_queue(queue, simulation.kernel.now)
    return len(found.messages)


def parked(simulation: Simulation) -> int:
    return waiting(simulation, DEAD)


def recover(simulation: Simulation, seconds: float = 7_200.0, *, at_least: float = 30.0) -> None:
    """Run until the queue is empty and stays so, and for `at_least` so long."""
    earliest = simulation.kernel.now + at_least
    end = simulation.kernel.now + seconds
    judged = -1

    def is_over() -> bool:
        """Ask only when something has happened: this stands between any two events."""
        nonlocal judged
        happened = len(simulation.cloud.ledger)
        if simulation.kernel.now <= earliest or happened == judged:
            return False
        judged = happened
        return is_quiet(simulation)

    while simulation.kernel.now < end:
        judged = -1
        simulation.run(end - simulation.kernel.now, until=is_over)
        simulation.run(LATEST_SECONDS)
        if is_quiet(simulation):
            return


def is_quiet(simulation: Simulation) -> bool:
    """Whether no message is left to work on, in the queue or on its way to it."""
    simulation.cloud.advance(simulation.kernel.now)
    return waiting(simulation, QUEUE) == 0


def told_as_kept(simulation: Simulation, source: Source) -> set[str]:
    """The disks that a receipt names as retained and not as copied or attached."""
    return {
        disk["disk"]
        for receipt in simulation.shelf.kept.values()
        if receipt["source"]["instance"] == source.instance_id
        for disk in receipt["disks"]
        if disk["retained"] and (not disk["data_point"] or disk["data_point_after_t0"] < 0)
    }


def lost(simulation: Simulation, source: Source, replacement_id: str) -> list[str]:
    """What was durable before the notice and is not on the replacement's disks.

    A disk that is there itself counts, whatever its device, and one that outlives the source and is
    named by the receipt, which is all that a degraded replacement can do.
    """
    ecs = simulation.cloud.ecs[REGION]
    now = simulation.kernel.now
    disks = {disk["DiskId"]: disk for disk in ecs.dump("disks", now)}
    found = {
        disk["Device"]: ecs.disk_content(disk_id, now)
        for disk_id, disk in disks.items()
        if disk["InstanceId"] == replacement_id
    }
    # A parked message has the whole progress, and a person reads it.
    kept = set(disks) if parked(simulation) else told_as_kept(simulation, source)
    missing: list[str] = []
    for device, before in source.durable.items():
        own = source.disks[device]
        is_there = own in disks and disks[own]["InstanceId"] == replacement_id
        if is_there or (own in disks and own in kept):
            found[device] = ecs.disk_content(own, now)
        after = found.get(device, DiskContent())
        missing += [
            f"{device}{path}"
            for path, text in before.files.items()
            if after.files.get(path) != text
        ]
        missing += [
            f"{device} records {after.journals.get(writer, 0)} of {count}"
            for writer, count in before.journals.items()
            if after.journals.get(writer, 0) < count
        ]
    return missing
