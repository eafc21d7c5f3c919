"""Function Compute on virtual time: invocations, instances, cold starts, timers, and the bill.

An invocation runs the product's consumer under the terms of a function. What the platform does is
at the hostile end of the documents: an instance is frozen between invocations and forgotten, an
invocation that is over its time is killed, one more than the cap waits its turn.
"""

import itertools
import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from emulator.assumptions import Assumptions
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, SimulatedWorker, Simulation, simulate
from tests.simulation.scenarios import Source, add_source, interrupt, recover
from tests.simulation.schedules import Scenario, after, judged, run, sell_out
from worker.bootstrap import EARLY_SECONDS
from worker.core.messages import Nothing, as_body, iso
from worker.core.model import Script
from worker.core.policy import HealthCheck, Policy
from worker.core.receipt import NOTICE_SECONDS
from worker.holding import Terms
from worker.ops.demo_original import gb_seconds
from worker.ops.demo_scenarios import LARGE_DISK, SCENARIOS, ZONE, SoldOut
from worker.ops.demo_scenarios import Scenario as DemoScenario
from worker.ops.demo_scenarios import source as source_of_demo

TIMER = b'{"triggerTime": "2026-11-23T00:00:00Z", "triggerName": "sweep", "payload": ""}'
WARM_SECONDS = 0.05
# An instance that nobody calls is taken away; the documents give no figure.
KEPT_WARM_SECONDS = 180.0
COPY_SECONDS = 5.0


@dataclass(frozen=True)
class Setting:
    """How the function is deployed.

    Attributes:
        memory_mib: Memory size, which is what is billed.
        cold_seconds: From the call to the handler, and in it until the SDKs are loaded.
        timeout: After which an invocation is killed, seconds.
        instances: Cap of the instances.
        timers: Seconds of the minute at which a timer comes by.
        hand_back_after: As `worker.hand_back_after`.
        early: As a function's terms have it.
        works_for: As `worker.hand_back_every`.
    """

    memory_mib: int = 256
    cold_seconds: float = 4.0
    timeout: float = 660.0
    instances: int = 2
    timers: tuple[float, ...] = (0.0, 15.0, 30.0, 45.0)
    hand_back_after: float = 3.5
    early: float = EARLY_SECONDS
    works_for: float = 600.0


@dataclass
class Instance:
    """One instance of the function."""

    free_since: float


@dataclass
class Running:
    """One invocation on its way."""

    worker: SimulatedWorker
    begun: float


@dataclass
class FunctionPlatform:
    """Calls the function of a simulation.

    Attributes:
        billed: Seconds of each invocation, from its start to its end.
        colds: How many had to start an instance.
        killed: How many were over their time.
    """

    simulation: Simulation
    setting: Setting = field(default_factory=Setting)
    billed: list[float] = field(default_factory=list)
    colds: int = 0
    killed: int = 0
    running: dict[str, Running] = field(default_factory=dict)
    _waiting: deque[bytes] = field(default_factory=deque)
    _warm: list[Instance] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def gb_seconds(self) -> float:
        """What has been billed so far."""
        return sum(self.billed) * self.setting.memory_mib / 1024

    def start_timers(self) -> None:
        """Let the timers come by from now on."""

        def tick() -> None:
            kernel = self.simulation.kernel
            while True:
                minute = kernel.now // 60 * 60
                times = [minute + 60 * more + at for more in (0, 1) for at in self.setting.timers]
                kernel.sleep(min(at for at in times if at > kernel.now) - kernel.now)
                self.invoke(TIMER)

        if self.setting.timers:
            self.simulation.kernel.spawn(tick)

    def invoke(self, payload: bytes) -> None:
        """Call the function, as an asynchronous invocation is called."""
        self._waiting.append(payload)
        self._next()

    def kill_all(self) -> None:
        """End every instance at once, as a failing host does."""
        for name in list(self.running):
            self.kill(name)

    def _next(self) -> None:
        while self._waiting and len(self.running) < self.setting.instances:
            self._start(self._waiting.popleft())

    def _start(self, payload: bytes) -> None:
        simulation = self.simulation
        name = f"invocation-{next(self._numbers)}"
        worker = simulation.assemble(name, terms=self._terms())
        self.running[name] = Running(worker, simulation.kernel.now)
        simulation.workers[name] = worker
        start_seconds = self._instance()

        def work() -> None:
            simulation.kernel.sleep(start_seconds)
            body = as_body(payload)
            if not isinstance(body, Nothing):
                worker.consumer.queue.send(body, {})
            worker.consumer.run()
            self._end(name, kept=True)

        worker.main = simulation.kernel.spawn(work)
        at_latest = simulation.kernel.now + start_seconds + self.setting.timeout
        simulation.kernel.spawn(lambda: self._time_out(name), at=at_latest)

    def _instance(self) -> float:
        now = self.simulation.kernel.now
        self._warm = [one for one in self._warm if now - one.free_since < KEPT_WARM_SECONDS]
        if self._warm:
            self._warm.pop()
            return WARM_SECONDS
        self.colds += 1
        return self.setting.cold_seconds

    def _terms(self) -> Terms:
        return replace(
            self.simulation.terms,
            until_idle=True,
            long_poll=0.0,
            hand_back_after=self.setting.hand_back_after,
            early=self.setting.early,
            works_for=self.setting.works_for,
        )

    def _time_out(self, name: str) -> None:
        if name in self.running:
            self.killed += 1
            self.kill(name)

    def kill(self, name: str) -> None:
        """End an invocation and its instance at once."""
        worker = self.running[name].worker
        self.simulation.kernel.kill([*worker.tasks.actors, worker.main])
        self._end(name, kept=False)

    def _end(self, name: str, *, kept: bool) -> None:
        now = self.simulation.kernel.now
        self.billed.append(now - self.running.pop(name).begun)
        if kept:
            self._warm.append(Instance(now))
        self.simulation.kernel.spawn(self._next)


def run_function(
    scenario: Scenario,
    setting: Setting | None = None,
    plan: Mapping[int, Fault] | None = None,
    *,
    seed: int = 1,
    kill_after: float | None = None,
) -> tuple[FunctionPlatform, Source]:
    """Run one recreation with no worker but the function.

    Args:
        scenario: What happens.
        setting: How the function is deployed.
        plan: What goes wrong at which call; a crash ends an invocation and its instance.
        seed: Of everything that the cloud does at random.
        kill_after: Seconds after the notice at which every instance is killed.
    """
    differing = {"event_copies": scenario.copies, **scenario.flips}
    simulation = simulate(
        policy=scenario.policy,
        ecs=scenario.ecs,
        plan=plan or {},
        assumptions=replace(Assumptions(), **differing),
        seed=seed,
    )
    platform = FunctionPlatform(simulation, setting or Setting())
    simulation.interposer.crash = platform.kill
    source = add_source(simulation, **scenario.seed)
    scenario.prepare(simulation)
    kernel = simulation.kernel
    platform.start_timers()
    interrupt(simulation, source, **scenario.how)
    body = event_of(source.instance_id, kernel.now)
    for copy in range(scenario.copies):
        kernel.spawn(lambda: platform.invoke(body), at=kernel.now + 0.5 + copy * COPY_SECONDS)
    if kill_after is not None:
        kernel.spawn(platform.kill_all, at=kernel.now + kill_after)
    scenario.during(simulation, source)
    recover(simulation, scenario.lasts + 7_200.0, at_least=scenario.lasts)
    kernel.close()
    return platform, source


def event_of(instance_id: str, at: float) -> bytes:
    """Write the event as the rule's trigger delivers it."""
    event = {
        "specversion": "1.0",
        "id": "0f6c1d7e-0000-4bbb-8ccc-000000000099",
        "source": "acs.ecs",
        "type": "ecs:Instance:PreemptibleInstanceInterruption",
        "time": iso(at),
        "data": {"instanceId": instance_id, "action": "delete"},
    }
    return json.dumps(event).encode()


@dataclass(frozen=True)
class Figures:
    """One scenario by worker, by function, and as the original would have been billed.

    Attributes:
        worker_seconds: From T0 to the replacement running.
        function_seconds: The same by the function.
    """

    name: str
    worker_seconds: float
    function_seconds: float
    function_gb_seconds: float
    original_gb_seconds: float
    invocations: int
    colds: int

    @property
    def row(self) -> str:
        """A row of the table in docs/performance.md."""
        return (
            f"| {self.name} | {self.worker_seconds:.0f} | {self.function_seconds:.0f} "
            f"| {self.function_gb_seconds:.1f} | {self.original_gb_seconds:.1f} "
            f"| {self.invocations} | {self.colds} |"
        )


HEAD = (
    "| scenario | worker, s to running | function, s to running | function, GB-s | original, GB-s "
    "| invocations | cold |\n|---|---|---|---|---|---|---|"
)
# Without chance the three runs of a scenario see the same cloud.
_EVEN = EcsSettings(jitter=0.0)
_SOLD_OUT: Mapping[SoldOut, Callable[[Simulation], None]] = {
    SoldOut.NOWHERE: lambda _: None,
    SoldOut.IN_ITS_ZONE: lambda cloud: sell_out(cloud, ZONE),
    SoldOut.EVERYWHERE: sell_out,
}


def of_demo(demo: DemoScenario) -> Scenario:
    """Bring a scenario of the demo to virtual time: the same source, settings and cloud."""
    seed = source_of_demo(demo)
    kept = ("system_disk", "data_disks", "spot_interruption_behavior", "eip")
    policy = Policy(
        hand_over=("eip", "load_balancers", "interfaces", "tags"),
        data_disks=demo.clone.get("data_disks", "image"),
        fallbacks=tuple(demo.clone.get("fallbacks", ())),
        quiesce=Script("sync") if demo.careful else None,
        health=HealthCheck("command", script=Script("true")) if demo.careful else None,
    )
    return Scenario(
        demo.name,
        ecs=_EVEN,
        policy=policy,
        seed={name: seed[name] for name in kept},
        prepare=_SOLD_OUT[demo.sold_out],
        copies=demo.copies,
        may_park=demo.parks,
        lasts=330.0 if demo.economical or demo.system_disk == LARGE_DISK else 30.0,
    )


DEMO_SCENARIOS = tuple(of_demo(one) for one in SCENARIOS)
# The image has been accepted and the source captured by then, and the message is in hand.
KILLED_AFTER_SECONDS = 6.0


_KILL_WORKER = after(KILLED_AFTER_SECONDS, lambda simulation, _: simulation.kill("worker-0"))


def compare(scenario: Scenario, setting: Setting | None = None) -> tuple[Figures, list[str]]:
    """Run a scenario by worker, by function and as the original, and judge the function's run."""
    is_killed = scenario.name == "killed"
    kill_after = KILLED_AFTER_SECONDS if is_killed else None
    by_worker, _ = run(replace(scenario, during=_KILL_WORKER) if is_killed else scenario, {})
    platform, source = run_function(scenario, setting, kill_after=kill_after)
    figures = Figures(
        name=scenario.name,
        worker_seconds=seconds_to_running(by_worker),
        function_seconds=seconds_to_running(platform.simulation),
        function_gb_seconds=platform.gb_seconds,
        original_gb_seconds=original_gb_seconds(scenario),
        invocations=len(platform.billed),
        colds=platform.colds,
    )
    return figures, judged(scenario, platform.simulation, source)


def seconds_to_running(simulation: Simulation) -> float:
    """From T0 until the source is served again, by its replacement or by itself, or is parked."""
    wanted = ("replacement running", "source started in place")
    found = [line for line in simulation.notebook.named("mark") if line["what"] in wanted]
    found += [
        line
        for line in simulation.notebook.named("delivery_ended")
        if line["verdict"] == "parked" and "seconds_after_t0" in line
    ]
    return float(str(found[0]["seconds_after_t0"]))


def original_gb_seconds(scenario: Scenario) -> float:
    """What the original is billed for the notices of this scenario, one invocation for each."""
    simulation = simulate(ecs=scenario.ecs)
    source = add_source(simulation, **scenario.seed)
    cloud, now = simulation.cloud, simulation.kernel.now
    asked = {"RegionId": REGION, "InstanceId": source.instance_id, "ImageName": "original"}
    image_id = cloud.call("ecs", REGION, "CreateImage", asked, now)["ImageId"]
    image_seconds = cloud.ecs[REGION].region.images[image_id].finish_at - now
    is_released = scenario.seed["spot_interruption_behavior"] == "Terminate"
    is_lost = is_released and image_seconds > NOTICE_SECONDS
    return scenario.copies * gb_seconds(math.inf if is_lost else image_seconds)
