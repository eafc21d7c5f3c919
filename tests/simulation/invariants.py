"""What must hold of every simulated run, whatever went wrong in it."""

from typing import Any

from tests.simulation.harness import Simulation
from tests.simulation.scenarios import Source, is_quiet, lost, parked, replacements
from worker.core import identity

CREATING = {"CreateImage", "RunInstances"}
# Everything that the product may ever do to the cloud.
ALLOWED = CREATING | {"ModifyDiskAttribute", "TagResources", "StopInstance"}
PRODUCT = "ecs"


def violations(simulation: Simulation, *sources: Source) -> list[str]:
    """Return every broken promise, in words."""
    found = [
        *_ledger(simulation, sources),
        *[f"complaint: {complaint}" for complaint in simulation.cloud.complaints],
    ]
    if not is_quiet(simulation):
        found.append("a message is still in the queue")
    for source in sources:
        found += _ends(simulation, source)
    return found


def _ends(simulation: Simulation, source: Source) -> list[str]:
    """Exactly one replacement with the data, or a parked message."""
    mine = [
        instance
        for instance in replacements(simulation)
        if instance["Tags"].get(identity.TAG_SOURCE) == source.instance_id
    ]
    running = [instance for instance in mine if instance["Status"] == "Running"]
    if len(mine) > 1:
        return [f"{len(mine)} replacements of {source.instance_id}"]
    if running:
        return lost(simulation, source, running[0]["InstanceId"])
    return [] if parked(simulation) else [f"{source.instance_id} is neither replaced nor parked"]


def _ledger(simulation: Simulation, sources: tuple[Source, ...]) -> list[str]:
    found: list[str] = []
    ours = {source.instance_id for source in sources}
    ours |= {disk for source in sources for disk in source.disks.values()}
    for entry in simulation.cloud.ledger:
        if entry.product != PRODUCT or entry.at < sources[0].noticed_at:
            continue
        if entry.action not in ALLOWED:
            found.append(f"{entry.action} of {entry.resource_id}")
        elif entry.action in CREATING:
            found += _created(entry.resource_id, entry.detail)
            ours |= {entry.resource_id, *entry.detail.get("snapshot_ids", ())}
        elif entry.resource_id not in ours:
            found.append(f"{entry.action} changed {entry.resource_id}, which is not ours")
    return found


def _created(resource_id: str, detail: Any) -> list[str]:
    tags = detail.get("tags", {})
    missing = {identity.TAG_ID, identity.TAG_OWNER, identity.TAG_SOURCE} - set(tags)
    return [f"{resource_id} was created without {sorted(missing)}"] if missing else []
