"""What `sweep` would list of a simulated cloud, read through its own adapter."""

from tests.simulation.harness import Simulation
from tests.simulation.replaying import do, endpoint_of
from worker.adapters.ecs.leftovers import EcsLeftovers
from worker.core.leftovers import Leftover


def listed_leftovers(simulation: Simulation) -> tuple[Leftover, ...]:
    """Ask as a person would, when everything shows."""
    leftovers = EcsLeftovers(endpoint_of(simulation), with_pairs=True, with_addresses=True)
    found: tuple[Leftover, ...] = do(simulation, leftovers.tagged)
    return found
