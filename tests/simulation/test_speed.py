"""How soon the image is begun: in seconds, and in calls that wait for each other."""

import random

import pytest

from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import SOURCE_NAME, add_source, interrupt, recover
from tests.simulation.schedules import EVERYTHING, QUICK

SECONDS_MAX = 3.0
# Each of them costs one round trip: what a look reads is read side by side.
SERIAL_CALLS_MAX = 3


def large_recreation(seed: int) -> Simulation:
    """Recreate a source with 16 disks, 3 interfaces and 3 load balancers in a slow cloud."""
    slow = random.Random(seed)
    simulation = simulate(ecs=QUICK, policy=EVERYTHING, seed=seed)
    simulation.latency = lambda: slow.uniform(0.05, 0.3)
    source = add_source(
        simulation, data_disks=[{"size": 20}] * 15, secondary_interfaces=2, eip=True
    )
    servers = [{"server": SOURCE_NAME, "port": 8080}]
    balancers = simulation.cloud.balancers[REGION]
    balancers.seed({"kind": "clb", "vserver_groups": [{"servers": servers}]}, simulation.kernel.now)
    for kind in ("alb", "nlb"):
        balancers.seed({"kind": kind, "servers": servers}, simulation.kernel.now)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation)
    assert violations(simulation, source) == []
    assert len(source.disks) == 16
    return simulation


@pytest.mark.parametrize("seed", range(1, 6))
def test_image_is_begun_within_three_seconds(seed: int) -> None:
    """Whatever hangs on the source is looked up later, while the image is made."""
    simulation = large_recreation(seed)

    (image,) = entries(simulation, "CreateImage")
    (notice,) = entries(simulation, "Interrupt", "platform")
    before = [
        call
        for call in simulation.interposer.calls
        if notice.at <= call.at < image.at and call.port not in {"queue", "dead_letters"}
    ]
    assert image.at - notice.at <= SECONDS_MAX
    assert [(call.port, call.method) for call in before][-1] == ("images", "create")
    assert len(before) - 1 <= SERIAL_CALLS_MAX
