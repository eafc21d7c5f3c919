"""Function Compute in place of a worker: the same promises, within a bound of time and of money."""

from functools import partial

import pytest

from emulator.state.ecs.settings import EcsSettings
from tests.simulation.faults import Fault
from tests.simulation.functions import (
    DEMO_SCENARIOS,
    FunctionPlatform,
    Setting,
    compare,
    run_function,
)
from tests.simulation.harness import QUEUE, REGION, simulate
from tests.simulation.scenarios import add_source, interrupt, parked, recover, replacements, waiting
from tests.simulation.schedules import QUICK, Scenario, judged
from worker.consumer import RECEIVES_MAX
from worker.core.policy import Policy

PLAIN = Scenario("plain", ecs=QUICK)
# As many calls as a recreation by the function has, and some more: the last ones strike nothing.
CALLS_MAX = 200


@pytest.mark.parametrize("scenario", DEMO_SCENARIOS, ids=lambda one: one.name)
def test_every_scenario_of_the_demo_is_recovered_in_time_and_for_less(scenario: Scenario) -> None:
    """At most 15 s after the worker, for at most the GB-seconds of the original."""
    figures, violations = compare(scenario)

    assert violations == []
    assert figures.function_seconds <= figures.worker_seconds + 15.0
    assert figures.function_gb_seconds <= figures.original_gb_seconds
    # Further copies of a notice cost next to nothing: the original would have worked on each of them.
    assert figures.function_gb_seconds <= 1.1 * figures.original_gb_seconds / scenario.copies


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER], ids=str)
def test_an_invocation_may_be_killed_at_any_call(fault: Fault) -> None:
    """The next invocation goes on: one image, one replacement, nothing lost, nothing parked."""
    struck = 0
    for number in range(CALLS_MAX):
        platform, source = run_function(PLAIN, plan={number: fault})
        if not platform.simulation.interposer.struck:
            break
        struck += 1

        assert judged(PLAIN, platform.simulation, source) == [], f"call {number}"
        assert parked(platform.simulation) == 0

    assert 30 < struck < CALLS_MAX


@pytest.mark.parametrize("kill_after", [0.7, 4.6, 5.5, 20.0, 46.0, 50.0, 55.0])
def test_every_instance_may_be_killed_at_any_moment(kill_after: float) -> None:
    """A failing host takes all instances at once, in the middle of whatever they do."""
    platform, source = run_function(PLAIN, kill_after=kill_after)

    assert judged(PLAIN, platform.simulation, source) == []


def test_timers_alone_recover_what_the_trigger_has_lost() -> None:
    """The event is in the queue, and a timer comes by: nothing rests on the trigger."""
    simulation = simulate(ecs=QUICK)
    platform = FunctionPlatform(simulation)
    source = add_source(simulation)
    platform.start_timers()
    interrupt(simulation, source)
    recover(simulation)
    simulation.kernel.close()

    assert judged(PLAIN, simulation, source) == []
    assert len(replacements(simulation)) == 1


def test_the_trigger_alone_recovers_what_the_rule_has_not_put_into_the_queue() -> None:
    """The function puts the event there itself before it works on it."""
    simulation = simulate(ecs=QUICK)
    rule = {"EventBusName": "default", "RuleName": QUEUE}
    simulation.cloud.call("eventbridge", REGION, "DisableRule", rule, simulation.kernel.now)
    platform = FunctionPlatform(simulation)
    source = add_source(simulation)
    platform.start_timers()
    interrupt(simulation, source)
    body = f'{{"instanceId": "{source.instance_id}", "action": "delete"}}'
    platform.invoke(body.encode())
    recover(simulation)
    simulation.kernel.close()

    assert judged(PLAIN, simulation, source) == []


def test_an_invocation_ends_within_its_time_and_hands_back_the_rest() -> None:
    """A wait that is held to the end of the time is handed back before the platform kills it."""
    slow = Scenario("slow", ecs=EcsSettings(image_seconds=200.0, jitter=0.0))
    setting = Setting(timeout=90.0, works_for=60.0, hand_back_after=3_600.0)
    platform, source = run_function(slow, setting)

    assert judged(slow, platform.simulation, source) == []
    assert platform.killed == 0
    assert 60.0 < max(platform.billed) < 75.0


def test_a_wait_of_hours_does_not_look_like_poison_to_the_queue() -> None:
    """What is handed back unchanged is replaced before its count of receives is high."""
    stuck = Scenario(
        "stuck",
        ecs=EcsSettings(image_seconds=60.0, image_stuck_share=1.0, jitter=0.0),
        policy=Policy(image_wait_max=7_200.0),
        lasts=7_300.0,
    )
    platform, _ = run_function(stuck)

    counts = [
        int(str(line["dequeued"])) for line in platform.simulation.notebook.named("delivery_ended")
    ]
    assert len(counts) > 3 * RECEIVES_MAX
    assert RECEIVES_MAX <= max(counts) <= RECEIVES_MAX + 2


def test_a_source_that_is_gone_is_parked_after_the_second_look() -> None:
    """When it was missed first is written down: each invocation would begin to wait anew."""
    simulation = simulate(ecs=QUICK)
    platform = FunctionPlatform(simulation)
    platform.start_timers()
    body = b'{"instanceId": "i-bp1nobodyknowsit000", "action": "delete"}'
    platform.invoke(body)
    simulation.run(200.0)
    simulation.kernel.close()

    assert parked(simulation) == 1
    assert waiting(simulation, QUEUE) == 0


def test_a_storm_stays_below_the_cap_of_instances() -> None:
    """Thirty notices at once: never more instances than allowed, and every source is recovered."""
    simulation = simulate(ecs=QUICK)
    platform = FunctionPlatform(simulation, Setting(instances=2))
    sources = [add_source(simulation) for _ in range(30)]
    platform.start_timers()
    most = 0
    for source in sources:
        interrupt(simulation, source)
        body = f'{{"instanceId": "{source.instance_id}", "action": "delete"}}'
        simulation.kernel.spawn(partial(platform.invoke, body.encode()))

    def watch() -> None:
        nonlocal most
        while True:
            most = max(most, len(platform.running))
            simulation.kernel.sleep(0.5)

    simulation.kernel.spawn(watch)
    recover(simulation)
    simulation.kernel.close()

    assert most == 2
    assert len(replacements(simulation)) == 30
    assert waiting(simulation, QUEUE) == 0
    assert parked(simulation) == 0


def test_a_timer_that_finds_nothing_is_over_at_once() -> None:
    """The idle cost is one short receive."""
    simulation = simulate(ecs=QUICK)
    platform = FunctionPlatform(simulation)
    platform.start_timers()
    simulation.run(600.0)
    simulation.kernel.close()

    assert len(platform.billed) >= 39
    assert sum(sorted(platform.billed)[:-1]) < 40 * 0.2


def test_a_queue_that_does_not_wait_is_not_asked_in_a_loop() -> None:
    """Without long polls an idle worker asks every two seconds, and not as fast as it can."""
    simulation = simulate(ecs=QUICK, terms={"long_poll": 0.0})
    simulation.start_worker("worker")
    simulation.run(60.0)
    simulation.kernel.close()

    receives = [call for call in simulation.interposer.calls if call.method == "receive"]
    assert 25 <= len(receives) <= 31
