"""An emulator of its own for a test of the rule tool, and the tool's way to it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from emulator.assumptions import Assumptions
from emulator.http.command import access_keys, build_service
from emulator.http.local import LocalEmulator, running
from emulator.http.service import Service
from emulator.orders import FAULT
from emulator.state.cloud import Cloud
from emulator.state.ecs.settings import EcsSettings
from eventbridge.apply import apply, destroy, observe_plan, observe_removal
from eventbridge.changes import Change
from eventbridge.client import SdkCloud
from eventbridge.desired import Desired, desired_state
from eventbridge.sdks import Sdks
from tests.contract.roles import denied, environ, restrict
from worker.adapters import credentials
from worker.settings import Endpoints, Settings
from worker.settings.endpoints import API_NAMES

T = TypeVar("T")

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
START = 1_795_392_000.0
ENVIRON = environ("rule")
CALM = Assumptions(smq_deleted_recently_seconds=0.0)


@dataclass
class World:
    """An emulator, the rule tool's way to it, and what a test may do to it besides."""

    emulator: LocalEmulator
    environ: dict[str, str] = field(default_factory=lambda: dict(ENVIRON))
    closed: list[Callable[[], None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.emulator.urls[REGION]

    def settings(self, *, elsewhere: Mapping[str, str] | None = None, **sections: Any) -> Settings:
        """Make settings that lead to the emulator, but for the APIs that are said to be elsewhere."""
        here = dict.fromkeys(API_NAMES, self.url)
        endpoints = Endpoints.model_validate({**here, **(elsewhere or {})})
        return Settings(account_id=ACCOUNT, region=REGION, endpoints=endpoints, **sections)

    def desired(self, **sections: Any) -> Desired:
        return desired_state(self.settings(**sections))

    def cloud(self) -> SdkCloud:
        return self.cloud_of(self.settings(), credentials.provider(self.environ))

    def cloud_of(self, settings: Settings, provider: credentials.Provider) -> SdkCloud:
        """Make the way to the cloud of other settings, for another caller."""
        sdks = Sdks(settings, provider, lambda: credentials.sdk_credential(provider))
        self.closed.append(sdks.close)
        return SdkCloud(sdks, sleep=self.sleep)

    def now(self) -> float:
        return self.emulator.run(lambda service: service.now())

    def sleep(self, seconds: float) -> None:
        self.emulator.run(lambda service: service.clock.advance(seconds))

    def on_cloud(self, work: Callable[[Cloud, float], T]) -> T:
        return self.emulator.run(lambda service: work(service.cloud, service.now()))

    def call(self, action: str, **params: Any) -> Any:
        """Do as another user of EventBridge would."""
        return self.on_cloud(lambda cloud, now: cloud.rules[REGION].call(action, params, now))

    def fault(self, **rule: Any) -> None:
        checked = FAULT.validate_python(rule)
        self.emulator.run(lambda service: service.faults.add(checked))

    def set_up(self, **sections: Any) -> list[str]:
        """Apply, and return the kinds of the changes that were carried out."""
        cloud, desired = self.cloud(), self.desired(**sections)
        done: list[Change] = []
        apply(cloud, desired, observe_plan(cloud, desired), clock=self, report=done.append)
        return [change.kind for change in done]

    def take_down(self, *, purge: bool = False) -> list[str]:
        """Destroy, and return the kinds of the changes that were carried out."""
        cloud, desired = self.cloud(), self.desired()
        done: list[Change] = []
        removal = observe_removal(cloud, desired, purge=purge)
        destroy(cloud, desired, removal, clock=self, report=done.append)
        return [change.kind for change in done]


def service_with(assumptions: Assumptions) -> Service:
    """Assemble an emulator that holds the given readings of what is undocumented."""
    service = build_service(
        regions=(REGION,),
        account_id=ACCOUNT,
        speed=1.0,
        start=START,
        seed=1,
        assumptions=assumptions,
        ecs=EcsSettings(),
        keys=access_keys({}),
    )
    restrict(service, "rule", "rule")
    return service


@contextmanager
def world_with(assumptions: Assumptions) -> Iterator[World]:
    """Run an emulator whose clock stands still; a request it did not understand fails the test."""
    with running(service_with(assumptions)) as emulator:
        emulator.run(lambda service: service.clock.pause())
        world = World(emulator)
        yield world
        for close in world.closed:
            close()
        assert world.on_cloud(lambda cloud, _: list(cloud.complaints)) == []
        assert emulator.run(denied) == []
