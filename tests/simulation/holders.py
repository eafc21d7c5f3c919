"""Who held what others know a server by, read off the cloud's ledger: never two that run, never lost.

The cloud itself gives an address to one server at a time; what can go wrong is that the next one gets
it while the one before still runs, or that the last one never gets it and nobody is told.
"""

from collections.abc import Iterator

from emulator.state.world import LedgerEntry
from tests.simulation.harness import REGION, Simulation
from tests.simulation.scenarios import Source, parked, replacements
from worker.core import identity

# What gives a server a part of another one's identity.
GIVING = {
    "AssociateEipAddress",
    "AddBackendServers",
    "AddVServerGroupBackendServers",
    "AddServersToServerGroup",
    "SetLoadBalancerTCPListenerAttribute",
    "SetLoadBalancerUDPListenerAttribute",
    "AttachNetworkInterface",
    "AttachDisk",
}
STOPPED = {"Stopped", "Release"}


def held_twice(simulation: Simulation) -> list[str]:
    """Name every part of an identity that was given on while the one before still ran."""
    parents = _parents(simulation)
    return [
        f"{entry.action} gave {server} a part of what {before} still serves with"
        for entry in simulation.cloud.ledger
        if entry.action in GIVING
        for server in _receivers(simulation, entry)
        for before in _ancestors(server, parents)
        if _runs(simulation, before, entry.at)
    ]


def address_lost(simulation: Simulation, source: Source) -> list[str]:
    """Name the elastic addresses that the last of a line has not, and that no receipt names."""
    running = {one["InstanceId"] for one in replacements(simulation) if one["Status"] == "Running"}
    if "eip" not in simulation.policy.hand_over or parked(simulation) or not running:
        return []
    parents = _parents(simulation)
    heirs = {one for one in running if source.instance_id in _ancestors(one, parents)}
    told = {one["what"] for kept in simulation.shelf.kept.values() for one in kept["not_kept"]}
    eips = simulation.cloud.ecs[REGION].region.vpc.addresses.eips
    return [
        f"{eip.address} is on {eip.target_id or 'nothing'}, and nobody is told"
        for key, eip in eips.items()
        if key in source.belongings
        and heirs
        and eip.target_id not in heirs
        and f"elastic address {eip.address}" not in told
    ]


def _parents(simulation: Simulation) -> dict[str, str]:
    """Whom each instance replaces."""
    return {
        entry.resource_id: entry.detail["tags"][identity.TAG_SOURCE]
        for entry in simulation.cloud.ledger
        if entry.action == "RunInstances" and identity.TAG_SOURCE in entry.detail["tags"]
    }


def _ancestors(server: str, parents: dict[str, str]) -> Iterator[str]:
    while server in parents:
        server = parents[server]
        yield server


def _receivers(simulation: Simulation, entry: LedgerEntry) -> list[str]:
    region = simulation.cloud.ecs[REGION].region
    servers = [each["server_id"] for each in entry.detail.get("servers", ())]
    one = entry.detail.get("target_id") or entry.detail.get("instance_id") or ""
    return [
        region.interfaces[each].instance_id if each in region.interfaces else each
        for each in (*servers, one)
    ]


def _runs(simulation: Simulation, instance_id: str, at: float) -> bool:
    """Tell whether it ran at an instant: sources run from the beginning, others once they are up."""
    state = True
    for entry in simulation.cloud.ledger:
        if entry.at > at:
            break
        if entry.resource_id == instance_id and entry.action in {"Running", *STOPPED}:
            state = entry.action == "Running"
    return state
