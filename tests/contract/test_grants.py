"""The role of who replays is enough for it: the queue's protocol, and what tells of a recreation."""

import random
from collections.abc import Iterator

import pytest

from tests.contract.conftest import Notebook
from tests.contract.roles import environ, restrict
from tests.contract.rule_world import CALM, REGION, World, world_with
from tests.ports import ports_over
from worker.adapters import credentials
from worker.adapters.clock import RealClock
from worker.adapters.ecs.fleet import EcsFleet
from worker.adapters.ecs.prices import EcsPrices
from worker.adapters.limiter import QuotaLimiter
from worker.bootstrap import Surroundings, build_endpoint, build_queue
from worker.core.grants import GRANTS, actions_of
from worker.core.leftovers import Kind, Leftover


@pytest.fixture
def world() -> Iterator[World]:
    with world_with(CALM) as found:
        found.emulator.run(lambda service: restrict(service, "replay", "replay"))
        found.set_up()
        yield found


def test_replay(world: World) -> None:
    """Nothing is denied, and nothing is granted for nothing."""
    provider = credentials.provider(environ("replay"))
    limiter = QuotaLimiter(random.Random(1))
    around = Surroundings(world.settings(), RealClock(), Notebook(), provider, limiter)
    queues = [build_queue(around, one.name) for one in world.desired().queues]
    for queue in queues:
        queue.send("a", {})
    for queue in queues[:2]:
        (found,) = queue.receive(wait=0.0, count=16)
        queue.delete(queue.renew(found.handle, 30.0).handle)
    for queue in queues:
        queue.close()
    world.on_cloud(lambda cloud, now: cloud.ecs[REGION].seed_instance({"name": "web"}, now))
    world.sleep(10.0)
    endpoint = build_endpoint(around)
    cloud = ports_over(endpoint)
    cloud.instances.find_tagged("none")
    cloud.images.find("none")
    EcsFleet(endpoint).equipped()
    cloud.stock.vswitches("vpc-none")
    spot = Leftover(
        Kind.INSTANCE, "", zone="cn-hangzhou-h", instance_type="ecs.g7.large", is_spot=True
    )
    EcsPrices(endpoint).monthly(spot)

    used = world.emulator.run(lambda service: service.permissions.listing())
    needed = {row["action"] for row in used if row["access_key_id"] == "replay"}
    explained = {action for grant in GRANTS["replay"] for action in grant.unrecorded}
    assert set(actions_of("replay")) - explained - needed == set()
