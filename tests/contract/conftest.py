"""Three worlds for one suite: the emulator's state itself, the SDKs over HTTP, and the real cloud."""

import os
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pytest
from typing_extensions import override

from emulator.assumptions import Assumptions
from emulator.http.command import access_keys, build_service
from emulator.http.local import LocalEmulator, running
from emulator.orders import FAULT
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.contract.roles import denied, environ, restrict
from tests.simulation.bindings import CloudCall, CloudQueue
from tests.simulation.kernel import Kernel, SimulatedClock
from worker import ports
from worker.adapters import credentials
from worker.adapters.clock import EmulatorClock, RealClock
from worker.adapters.crew import Alone, Crew, ThreadCrew
from worker.adapters.ecs.call import Product, SdkCall
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.limiter import QuotaLimiter
from worker.adapters.mns_queue import MnsQueue

T = TypeVar("T")

REAL_CLOUD = "ALIYUN_OPS_REAL_CLOUD"
ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
START = 1_795_392_000.0
HOLDER = "adapters"
ENVIRON = environ(HOLDER)
PRODUCTS: tuple[Product, ...] = ("ecs", "vpc", "slb", "alb", "nlb")
# Everything takes exactly as long as its setting says.
ECS = EcsSettings(jitter=0.0, image_seconds=60.0)
# Order is tested elsewhere; here a message that was sent first comes first.
ASSUMPTIONS = Assumptions(smq_order_jitter_seconds=0.0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the real cloud out unless it is asked for; pytest then counts it as deselected."""
    if os.environ.get(REAL_CLOUD) == "1":
        return
    real = [item for item in items if item.get_closest_marker("real_cloud")]
    if real:
        config.hook.pytest_deselected(items=real)
        items[:] = [item for item in items if item not in real]


@dataclass
class Notebook:
    """Telemetry that remembers."""

    names: list[str] = field(default_factory=list)

    def event(self, name: str, **_: object) -> None:
        self.names.append(name)

    def failure(self, name: str, error: BaseException, **_: object) -> None:
        self.names.append(f"{name}: {error!r}")


class World(Protocol):
    """A cloud, the adapters' way to it, and what a test may do to it besides."""

    notebook: Notebook
    clock: ports.Clock

    def endpoint(self) -> Endpoint:
        """Return the region's ECS."""
        ...

    def crew(self) -> Crew:
        """Return who makes merged calls."""
        ...

    def queue(self, name: str) -> ports.Queue:
        """Create a queue with a visibility timeout of 30 seconds."""
        ...

    def on_cloud(self, work: Callable[[Cloud, float], T]) -> T:
        """Do something to the emulated cloud at its present instant."""
        ...

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        ...


class WalkingKernel(Kernel):
    """A kernel for one actor: to sleep is to move the clock on."""

    @override
    def sleep(self, seconds: float) -> None:
        self.now += seconds


class StateWorld:
    """The adapters bound straight to the emulator's state."""

    def __init__(self) -> None:
        self.notebook = Notebook()
        self.kernel = WalkingKernel(START)
        self.clock: ports.Clock = SimulatedClock(self.kernel)
        self.cloud = Cloud(
            account_id=ACCOUNT,
            regions=(REGION,),
            catalogue=Catalogue.load(),
            assumptions=ASSUMPTIONS,
            ecs=ECS,
            rng=random.Random(1),
            start=START,
        )

    def endpoint(self) -> Endpoint:
        call = CloudCall(self.cloud, REGION, self.kernel, lambda: 0.0)
        return _endpoint(call, self)

    def crew(self) -> Crew:
        return Alone()

    def queue(self, name: str) -> ports.Queue:
        self.on_cloud(lambda cloud, now: _create_queue(cloud, name, now))
        return CloudQueue(self.cloud, REGION, name, self.kernel, self.clock, latency=0.0)

    def on_cloud(self, work: Callable[[Cloud, float], T]) -> T:
        self.cloud.advance(self.kernel.now)
        return work(self.cloud, self.kernel.now)

    def advance(self, seconds: float) -> None:
        self.kernel.now += seconds


class SdkWorld:
    """The official SDKs over HTTP against a running emulator, whose clock stands still."""

    def __init__(self, emulator: LocalEmulator, pool: ThreadPoolExecutor) -> None:
        self.notebook = Notebook()
        self.emulator = emulator
        self.url = emulator.urls[REGION]
        self.provider = credentials.provider(ENVIRON)
        self._pool = pool
        self._queues: list[MnsQueue] = []
        emulator.run(lambda service: service.reset())
        emulator.run(lambda service: service.clock.pause())
        self._emulator_clock = EmulatorClock(self.url)
        self.clock: ports.Clock = self._emulator_clock

    def endpoint(self) -> Endpoint:
        call = SdkCall(
            REGION,
            credential=lambda: credentials.sdk_credential(self.provider),
            endpoints=dict.fromkeys(PRODUCTS, self.url),
            read_seconds=2.0,
        )
        return _endpoint(call, self)

    def crew(self) -> Crew:
        return ThreadCrew(self._pool)

    def queue(self, name: str) -> ports.Queue:
        self.on_cloud(lambda cloud, now: _create_queue(cloud, name, now))
        queue = MnsQueue(
            self.url,
            name,
            credentials=self.provider,
            clock=self.clock,
            telemetry=self.notebook,
            pause=lambda _: None,
            socket_seconds=2.0,
        )
        self._queues.append(queue)
        return queue

    def on_cloud(self, work: Callable[[Cloud, float], T]) -> T:
        return self.emulator.run(lambda service: work(service.cloud, service.now()))

    def advance(self, seconds: float) -> None:
        self.emulator.run(lambda service: service.clock.advance(seconds))
        self._emulator_clock.reanchor()

    def close(self) -> None:
        for queue in self._queues:
            queue.close()

    def fault(self, **rule: Any) -> None:
        """Let something go wrong with the next matching call."""
        checked = FAULT.validate_python(rule)
        self.emulator.run(lambda service: service.faults.add(checked))


def _endpoint(call: Any, world: StateWorld | SdkWorld) -> Endpoint:
    limiter = QuotaLimiter(random.Random(1))
    return Endpoint(call, REGION, limiter, world.clock, world.notebook)


def _create_queue(cloud: Cloud, name: str, now: float) -> None:
    cloud.queues(REGION).create_queue(name, {"VisibilityTimeout": 30}, now)


@pytest.fixture(scope="session")
def adapters_emulator() -> Iterator[LocalEmulator]:
    service = build_service(
        regions=(REGION,),
        account_id=ACCOUNT,
        speed=1.0,
        start=START,
        seed=1,
        assumptions=ASSUMPTIONS,
        ecs=ECS,
        keys=access_keys({}),
    )
    restrict(service, HOLDER, "worker", "audit", "sweep")
    with running(service) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture
def sdk_world(adapters_emulator: LocalEmulator, beside: ThreadPoolExecutor) -> Iterator[SdkWorld]:
    world = SdkWorld(adapters_emulator, beside)
    yield world
    world.close()
    assert world.on_cloud(lambda cloud, _: list(cloud.complaints)) == []
    assert world.emulator.run(denied) == []


@pytest.fixture(params=["state", "sdk"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """One of the two emulated worlds; a request that the cloud would not understand fails."""
    if request.param == "sdk":
        yield request.getfixturevalue("sdk_world")
        return
    state = StateWorld()
    yield state
    assert state.cloud.complaints == []


@pytest.fixture
def seed(world: World) -> Callable[..., str]:
    """Put a running spot instance into the emulated cloud."""
    return lambda **fields: world.on_cloud(
        lambda cloud, now: cloud.ecs[REGION].seed_instance(fields, now)
    )


@pytest.fixture
def real_endpoint() -> Endpoint:
    """The real cloud of the credentials in the environment; for calls without an effect."""
    region = os.environ.get("ALIBABA_CLOUD_REGION_ID", REGION)
    provider = credentials.provider(os.environ)
    call = SdkCall(region, credential=lambda: credentials.sdk_credential(provider))
    limiter = QuotaLimiter(random.Random(time.time_ns()))
    return Endpoint(call, region, limiter, RealClock(), Notebook())


@pytest.fixture(params=["state", "sdk", pytest.param("real", marks=pytest.mark.real_cloud)])
def readable(request: pytest.FixtureRequest) -> Endpoint:
    """Any of the three clouds, for calls without an effect."""
    if request.param == "real":
        found = request.getfixturevalue("real_endpoint")
    elif request.param == "sdk":
        found = request.getfixturevalue("sdk_world").endpoint()
    else:
        found = StateWorld().endpoint()
    assert isinstance(found, Endpoint)
    return found
