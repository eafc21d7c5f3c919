"""Harder clouds than those of `schedules`: late, short, flapping, throttled, doubled, withdrawn."""

from dataclasses import replace

from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from emulator.state.queues import OutMessage
from tests.simulation.harness import QUEUE, REGION, Simulation
from tests.simulation.scenarios import Source, written_now
from tests.simulation.schedules import (
    ECONOMICAL,
    QUICK,
    SCENARIOS,
    SOURCE_TYPE,
    Scenario,
    after,
    sell_out,
    withdraw,
)
from worker.core.policy import Policy

FLAP_SECONDS = 7.0
BUSY_MINUTE = {
    "DescribeInstances": 6,
    "DescribeDisks": 3,
    "DescribeImages": 6,
    "CreateImage": 2,
    "RunInstances": 2,
    "TagResources": 2,
    "ModifyDiskAttribute": 1,
}


def _notice_again(simulation: Simulation, source: Source) -> None:
    """Take the notice back, and give another one after five minutes."""
    withdraw(simulation, source)
    simulation.kernel.sleep(300.0)
    simulation.cloud.ecs[REGION].interrupt(source.instance_id, simulation.kernel.now)


def _write_and_notice_again(simulation: Simulation, source: Source) -> None:
    """Take the notice back while its image is made, let the source write, and give another one.

    An image that is begun less than `boots.APART_SECONDS` before a notice counts as of it.
    """
    withdraw(simulation, source)
    simulation.kernel.sleep(15.0)
    source.durable.update(written_now(simulation, source).durable)
    simulation.kernel.sleep(15.0)
    simulation.cloud.ecs[REGION].interrupt(source.instance_id, simulation.kernel.now)


def _withdraw_twice(simulation: Simulation, source: Source) -> None:
    """Take the notice back, give another one, and take that back, too."""
    withdraw(simulation, source)
    simulation.kernel.sleep(70.0)
    simulation.cloud.ecs[REGION].interrupt(source.instance_id, simulation.kernel.now)
    simulation.kernel.sleep(60.0)
    withdraw(simulation, source)


def _notice_after_a_false_alarm(simulation: Simulation, source: Source) -> None:
    """Take the notice back when the image is begun, and give another one when all is decided."""
    withdraw(simulation, source)
    simulation.kernel.sleep(900.0)
    simulation.cloud.ecs[REGION].interrupt(source.instance_id, simulation.kernel.now)


def _notice_at_the_verdict(simulation: Simulation, source: Source) -> None:
    """Give another notice at the moment in which the first one is found to be a false alarm."""
    withdraw(simulation, source)
    simulation.kernel.sleep(568.5)
    simulation.cloud.ecs[REGION].interrupt(
        source.instance_id, simulation.kernel.now, lock_delay=20.0
    )


def _copy_event(simulation: Simulation, source: Source) -> None:
    body = f'{{"instanceId": "{source.instance_id}", "action": "delete"}}'
    simulation.cloud.queues(REGION).send(QUEUE, [OutMessage(body)], simulation.kernel.now)


def _flap(simulation: Simulation, _source: Source) -> None:
    """Let the whole region's stock of the source's type come and go."""
    catalogue = Catalogue.load()
    zones = [
        zone.zone_id
        for zone in catalogue.region(REGION).zones
        if zone.sells(catalogue.types[SOURCE_TYPE])
    ]

    def toggle() -> None:
        for turn in range(60):
            for at, zone in enumerate(zones):
                count = 1 if (turn + at) % 3 == 0 else 0
                simulation.cloud.ecs[REGION].set_stock(zone, SOURCE_TYPE, count=count)
            simulation.kernel.sleep(FLAP_SECONDS)

    simulation.kernel.spawn(toggle)


def _reclaim_the_replacement(simulation: Simulation, _source: Source) -> None:
    """Reclaim the first replacement while its recreation is about to confirm it."""

    def watch() -> None:
        for _ in range(2_000):
            launched = [
                entry.resource_id
                for entry in simulation.cloud.ledger
                if entry.action == "RunInstances"
            ]
            if launched:
                simulation.kernel.sleep(10.0)
                service = simulation.cloud.ecs[REGION]
                if launched[0] in service.region.instances:
                    service.interrupt(launched[0], simulation.kernel.now)
                return
            simulation.kernel.sleep(1.0)

    simulation.kernel.spawn(watch)


def _vanish_twice(simulation: Simulation) -> None:
    simulation.cloud.ecs[REGION].vanish_next(2)


def _sell_out_nearly(simulation: Simulation) -> None:
    sell_out(simulation)
    simulation.cloud.ecs[REGION].vanish_next(1)


HOSTILE = (
    Scenario("lock late", ecs=QUICK, how={"lock_delay": 45.0}),
    Scenario("event late", ecs=QUICK, how={"event_delay": 120.0}, lasts=150.0),
    Scenario("short notice", ecs=QUICK, how={"notice_seconds": 120.0}, may_park=True),
    Scenario(
        "image sticks",
        ecs=EcsSettings(image_seconds=60.0, image_stuck_share=1.0),
        policy=Policy(image_wait_max=480.0),
        may_park=True,
        lasts=580.0,
    ),
    Scenario("image slow", ecs=EcsSettings(image_seconds=250.0), may_park=True),
    Scenario("stock flaps", ecs=QUICK, during=_flap, lasts=430.0, workers=2),
    Scenario("replacement reclaimed", ecs=QUICK, during=_reclaim_the_replacement, lasts=500.0),
    Scenario("launch vanishes twice", ecs=QUICK, prepare=_vanish_twice, workers=2),
    Scenario("sold out and vanishes", ecs=QUICK, prepare=_sell_out_nearly),
    Scenario("event again late", ecs=QUICK, during=after(400.0, _copy_event), lasts=430.0),
    Scenario("event again soon", ecs=QUICK, during=after(70.0, _copy_event), workers=2, lasts=90.0),
    Scenario(
        "events out of order",
        ecs=QUICK,
        flips={"smq_order_jitter_seconds": 60.0},
        copies=3,
        workers=2,
        lasts=70.0,
    ),
    Scenario("tags lag", ecs=QUICK, flips={"describe_lag_seconds": 25.0}, workers=2),
    Scenario(
        "withdrawn before the lock",
        ecs=QUICK,
        how={"lock": False},
        during=after(20.0, withdraw),
        withdrawn=True,
        lasts=700.0,
    ),
    Scenario("released without a lock", ecs=QUICK, how={"lock": False}, may_park=True, lasts=900.0),
    Scenario(
        "noticed again",
        ecs=QUICK,
        how={"lock": False},
        during=after(60.0, _notice_again),
        lasts=800.0,
    ),
    Scenario(
        "noticed again, image ready", ecs=QUICK, during=after(50.0, _notice_again), lasts=800.0
    ),
    Scenario(
        "noticed again, image in the making",
        ecs=replace(QUICK, image_seconds=60.0),
        during=after(20.0, _write_and_notice_again),
        lasts=400.0,
    ),
    Scenario(
        "noticed again, no time for an image",
        ecs=replace(QUICK, image_seconds=200.0),
        during=after(70.0, _write_and_notice_again),
        may_park=True,
        lasts=450.0,
    ),
    Scenario(
        "noticed after a false alarm",
        ecs=QUICK,
        policy=Policy(takeover="wait"),
        during=after(30.0, _notice_after_a_false_alarm),
        lasts=1_300.0,
    ),
    Scenario(
        "noticed at the verdict",
        ecs=QUICK,
        policy=Policy(takeover="wait"),
        during=after(30.0, _notice_at_the_verdict),
        lasts=1_000.0,
    ),
    Scenario(
        "withdrawn twice",
        ecs=QUICK,
        seed={"secondary_interfaces": 1},
        policy=Policy(takeover="wait", hand_over=("interfaces",)),
        during=after(40.0, _withdraw_twice),
        withdrawn=True,
        lasts=1_200.0,
    ),
    Scenario("clock ten minutes fast", ecs=QUICK, skews=(600.0, 0.0), workers=2),
    Scenario("clock ten minutes slow", ecs=QUICK, skews=(-600.0, 0.0), workers=2),
    Scenario("throttled", ecs=replace(QUICK, calls_per_minute=BUSY_MINUTE), may_park=True),
    Scenario("describes lag", ecs=QUICK, flips={"describe_lag_seconds": 10.0}, workers=2),
    Scenario("stale reads", ecs=replace(QUICK, stale_read_seconds=10.0), workers=2),
    Scenario("leases end early", ecs=QUICK, duplicates=0.1, workers=3),
    Scenario(
        "economical, twice",
        ecs=QUICK,
        seed=ECONOMICAL,
        copies=2,
        workers=2,
        lasts=330.0,
    ),
    Scenario(
        "economical, stock flaps",
        ecs=QUICK,
        seed=ECONOMICAL,
        during=_flap,
        copies=2,
        workers=2,
        lasts=430.0,
    ),
    Scenario(
        "economical, event again late",
        ecs=QUICK,
        seed=ECONOMICAL,
        during=after(312.0, _copy_event),
        lasts=700.0,
    ),
    Scenario(
        "economical, lock stays", ecs=QUICK, seed=ECONOMICAL, flips={"economical_lock_ends": False}
    ),
    Scenario(
        "economical, withdrawn",
        ecs=QUICK,
        seed=ECONOMICAL,
        during=after(20.0, withdraw),
        withdrawn=True,
        lasts=700.0,
    ),
    Scenario("overlap", ecs=QUICK, policy=Policy(takeover="overlap"), workers=2),
)
ALL = {scenario.name: scenario for scenario in (*SCENARIOS, *HOSTILE)}
