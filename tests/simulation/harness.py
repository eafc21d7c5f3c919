"""A whole deployment on virtual time: one cloud, its rule and queues, and workers that may die."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from prometheus_client import CollectorRegistry

from emulator.assumptions import Assumptions
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.simulation.bindings import CloudCall, CloudProbes, CloudQueue, Doorbell
from tests.simulation.faults import Fault, Interposer
from tests.simulation.kernel import Kernel, SimulatedClock, SimulatedTasks
from worker.adapters.captures import SignedCaptures
from worker.adapters.crew import Alone, Crew
from worker.adapters.ecs.call import EcsCall
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.limiter import QuotaLimiter
from worker.adapters.metrics import MetricsTelemetry
from worker.adapters.sealing import Sealing
from worker.bootstrap import build_cloud
from worker.consumer import Consumer
from worker.core.messages import Home
from worker.core.notices import Notice
from worker.core.policy import Policy
from worker.engine import Engine
from worker.holding import Terms
from worker.ports import Instances
from worker.steps import CloudPorts, recipe

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
QUEUE = "spot-interruptions"
DEAD = "spot-interruptions-dead"
KEY = b"a key for simulations only"
START = 1_795_392_000.0
# As `aliyun-ops rule apply` makes them.
ROLE = {"ProductName": "AliyunServiceRoleForEventBridgeSendToMNS"}
RULE: Mapping[str, Any] = {
    "EventBusName": "default",
    "RuleName": QUEUE,
    "FilterPattern": '{"source":["acs.ecs"],"type":["ecs:Instance:PreemptibleInstanceInterruption"]}',
    "EventTargets": [
        {
            "Id": "worker",
            "Type": "acs.mns.queue",
            "Endpoint": f"acs:mns:{REGION}:{ACCOUNT}:queues/{QUEUE}",
            "PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY",
            "ParamList": [
                {"ResourceKey": "queue", "Form": "CONSTANT", "Value": QUEUE},
                {"ResourceKey": "Body", "Form": "ORIGINAL"},
                {"ResourceKey": "IsBase64Encode", "Form": "CONSTANT", "Value": "true"},
            ],
        }
    ],
}
PORTS = tuple(CloudPorts.__dataclass_fields__)


@dataclass
class Notebook:
    """Telemetry that remembers."""

    kernel: Kernel
    lines: list[tuple[float, str, dict[str, object]]] = field(default_factory=list)

    def event(self, name: str, **fields: object) -> None:
        self.lines.append((self.kernel.now, name, fields))

    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self.lines.append((self.kernel.now, name, {**fields, "raised": repr(error)}))
        raise AssertionError("a defect of the product") from error

    def remarked(self) -> bool:
        """Whether a call was refused for good, so that something could not be restored."""
        return any("Forbidden" in str(fields) for _, _, fields in self.lines)

    def named(self, name: str) -> list[dict[str, object]]:
        return [fields for _, found, fields in self.lines if found == name]


@dataclass
class Shelf:
    """Receipts that stay in memory."""

    kept: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def keep(self, recreation: str, receipt: Mapping[str, Any]) -> None:
        self.kept[recreation] = receipt


@dataclass
class Bulletin:
    """Notices that stay in memory."""

    told: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        self.told.append(notice)


@dataclass(frozen=True)
class Release:
    """One version of the code or of its configuration, of which several may run at once.

    Attributes:
        policy: Its configuration; None for the simulation's.
        instances: Makes its port out of today's.
    """

    policy: Policy | None = None
    instances: Callable[[Instances], Instances] = lambda today: today


@dataclass
class SimulatedWorker:
    """One process: a consumer with its own threads, which can be killed."""

    name: str
    tasks: SimulatedTasks
    consumer: Consumer
    skew: float = 0.0
    release: int = 0
    main: Any = None

    @property
    def is_alive(self) -> bool:
        return self.main is not None and not self.main.dead


@dataclass
class Simulation:
    """A cloud and the workers on it."""

    cloud: Cloud
    kernel: Kernel
    interposer: Interposer
    policy: Policy
    notebook: Notebook
    telemetry: MetricsTelemetry
    registry: CollectorRegistry
    shelf: Shelf
    bulletin: Bulletin
    terms: Terms
    doorbell: Doorbell
    releases: tuple[Release, ...] = (Release(),)
    latency: Callable[[], float] = lambda: 0.1
    captures: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    sent: list[Mapping[str, str]] = field(default_factory=list)
    workers: dict[str, SimulatedWorker] = field(default_factory=dict)
    seam: Callable[[str], EcsCall] | None = None
    quota_share: float = 1.0
    crew_of: Callable[[SimulatedTasks], Crew] = lambda _tasks: Alone()
    queue_of: Callable[[str, CloudQueue], Any] = lambda _worker, queue: queue

    def start_worker(
        self, name: str, *, at: float | None = None, skew: float = 0.0, release: int = 0
    ) -> None:
        """Start a process with fresh memory.

        Args:
            name: Of the process.
            at: When, epoch seconds; now by default.
            skew: By how much its clock is wrong.
            release: Which of `releases` it runs.
        """

        def boot() -> None:
            worker = self.assemble(name, skew, release)
            self.workers[name] = worker
            worker.main = self.kernel.spawn(worker.consumer.run)

        self.kernel.spawn(boot, at=at)

    def kill(self, name: str) -> None:
        """Kill a process; a supervisor starts another one after five seconds."""
        worker = self.workers[name]
        self.kernel.kill([*worker.tasks.actors, worker.main])
        # What is deployed meanwhile is what starts again.
        release = min(worker.release + 1, len(self.releases) - 1)
        later = self.kernel.now + 5.0
        self.start_worker(f"{name}'", at=later, skew=worker.skew, release=release)

    def pause(self, name: str, seconds: float) -> None:
        """Let a process stand still, and go on as if nothing had been."""
        worker = self.workers[name]
        self.kernel.freeze([*worker.tasks.actors, worker.main], seconds)

    def run(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        self.kernel.run(self.kernel.now + seconds, until)
        self.cloud.advance(self.kernel.now)

    def assemble(
        self, name: str, skew: float = 0.0, release: int = 0, *, terms: Terms | None = None
    ) -> SimulatedWorker:
        """Put a process together that has fresh memory and does not run yet."""
        code = self.releases[release]
        policy = code.policy or self.policy
        clock = SimulatedClock(self.kernel, skew)
        call = (
            self.seam(name)
            if self.seam
            else CloudCall(self.cloud, REGION, self.kernel, self.latency)
        )
        limiter = QuotaLimiter(random.Random(7), quota_share=self.quota_share)
        endpoint = Endpoint(call, REGION, limiter, clock, self.telemetry)
        tasks = SimulatedTasks(self.kernel)
        bare = build_cloud(
            endpoint,
            self.crew_of(tasks),
            sealing=Sealing((KEY,)),
            captures=SignedCaptures(self.captures.get, ACCOUNT, REGION, (KEY,), self.telemetry),
        )
        bare = replace(
            bare,
            instances=code.instances(bare.instances),
            probes=CloudProbes(self.cloud, REGION, self.kernel),
        )
        ports = {port: self.interposer.wrap(name, port, getattr(bare, port)) for port in PORTS}
        consumer = Consumer(
            queue=self._queue(name, "queue", QUEUE, clock),
            dead_letters=self._queue(name, "dead_letters", DEAD, clock),
            engine=Engine(recipe(CloudPorts(**ports), policy), policy, clock, self.telemetry),
            clock=clock,
            tasks=tasks,
            telemetry=self.telemetry,
            receipts=self.shelf,
            notifier=self.bulletin,
            terms=terms or self.terms,
        )
        return SimulatedWorker(name, tasks, consumer, skew, release)

    def _queue(self, worker: str, port: str, name: str, clock: SimulatedClock) -> Any:
        queue = CloudQueue(self.cloud, REGION, name, self.kernel, clock, self.doorbell, self.sent)
        return self.interposer.wrap(worker, port, self.queue_of(worker, queue))


def simulate(
    *,
    policy: Policy | None = None,
    ecs: EcsSettings | None = None,
    assumptions: Assumptions | None = None,
    plan: Mapping[int, Fault] | None = None,
    seed: int = 1,
    terms: Mapping[str, Any] | None = None,
    releases: tuple[Release, ...] = (Release(),),
) -> Simulation:
    """Build a cloud with queues, rule and service-linked role, and no worker yet."""
    kernel = Kernel(START)
    cloud = Cloud(
        account_id=ACCOUNT,
        regions=(REGION,),
        catalogue=Catalogue.load(),
        assumptions=assumptions or Assumptions(),
        ecs=ecs or EcsSettings(),
        rng=random.Random(seed),
        start=START,
    )
    _set_up(cloud)
    notebook, registry = Notebook(kernel), CollectorRegistry()
    simulation = Simulation(
        cloud=cloud,
        kernel=kernel,
        interposer=Interposer(kernel, plan or {}),
        policy=policy or Policy(),
        notebook=notebook,
        telemetry=MetricsTelemetry(notebook, SimulatedClock(kernel), registry),
        registry=registry,
        shelf=Shelf(),
        bulletin=Bulletin(),
        terms=replace(Terms(Home(ACCOUNT, REGION), (KEY,)), **(terms or {})),
        doorbell=Doorbell(kernel),
        releases=releases,
    )
    kernel.platform = cloud
    cloud.queues(REGION).on_available = simulation.doorbell.ring
    simulation.interposer.crash = simulation.kill
    simulation.interposer.pause = simulation.pause
    return simulation


def _set_up(cloud: Cloud) -> None:
    queues = cloud.queues(REGION)
    for name in (QUEUE, DEAD):
        queues.create_queue(
            name, {"VisibilityTimeout": 60, "MessageRetentionPeriod": 604_800}, START
        )
    cloud.call("eventbridge", REGION, "CreateServiceLinkedRoleForProduct", ROLE, START)
    answer = cloud.call("eventbridge", REGION, "CreateRule", RULE, START)
    assert answer["Success"], answer
