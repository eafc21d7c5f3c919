"""A simulated cloud behind HTTP, and the real worker on it: consumer, engine, steps, adapters, SDKs.

The cloud is that of `tests.simulation`, so that one set of invariants judges both. Its clock runs at
`SPEED`, and leaps to whatever is due next while the worker has nothing under way but long polls: a
run takes as long as its calls do, and no longer.
"""

import contextlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from typing_extensions import override

from emulator.assumptions import Assumptions
from emulator.faults import FaultRule
from emulator.http.clock import VirtualClock
from emulator.http.command import access_keys, build_service
from emulator.http.local import LocalEmulator, running
from emulator.http.service import LoggedRequest, Service
from emulator.state.ecs.settings import EcsSettings
from emulator.state.queues import OutMessage, SendError, SentMessage
from tests.e2e.conftest import APIS
from tests.simulation.harness import ACCOUNT, KEY, QUEUE, REGION, START, Simulation, simulate
from tests.simulation.scenarios import (
    LATEST_SECONDS,
    NOTICE_AT,
    Source,
    add_source,
    interrupt,
    is_quiet,
)
from tests.simulation.schedules import Scenario
from worker.adapters.clock import EmulatorClock, _Line
from worker.adapters.mns_queue import MnsQueue
from worker.adapters.tasks import ThreadTasks
from worker.bootstrap import (
    HANDOVER_KINDS,
    RECREATIONS_PER_CALL,
    THREADS_FOR_THE_QUEUE,
    Worker,
    build_worker,
)
from worker.core.policy import Policy
from worker.holding import Stop
from worker.settings import Settings
from worker.settings.load import from_data

# Virtual seconds per real one while something is under way: a call of 10 ms takes 0.1 s, and one
# that runs into its time-out of a second takes ten, as in production.
SPEED = 10.0
SECRET_KEY = "emulator-secret"
ENVIRON: Mapping[str, str] = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET_KEY,
    "ALIYUN_OPS_SIGNING_KEY": KEY.decode(),
}
# A run that is not over by then never will be: virtual and real seconds.
LONGEST_SECONDS = 4 * 3_600.0
LONGEST_REAL_SECONDS = 90.0
# How long the worker's thread looks into its inbox before it asks whether time may leap.
_GLANCE_REAL_SECONDS = 0.002
_SHORTEST_LEAP_SECONDS = 0.05

_building = threading.Lock()


@dataclass
class Run:
    """One run at its end.

    Attributes:
        requests: What was asked of the cloud, in the order of the answers.
        struck: How often the fault struck.
        log: What the worker wrote.
    """

    scenario: Scenario
    simulation: Simulation
    source: Source
    requests: Sequence[LoggedRequest]
    struck: int
    log: str


class LeapingTasks(ThreadTasks):
    """The worker's own tasks, which count what is under way and let time leap when nothing is."""

    def __init__(self, clock: EmulatorClock, stage: "Stage") -> None:
        settings = stage.settings
        threads = settings.worker.concurrency * RECREATIONS_PER_CALL + THREADS_FOR_THE_QUEUE
        super().__init__(threads, clock=clock, on_crash=stage.crashes.append)
        self._stage = stage
        self._emulated = clock
        self._lock = threading.Lock()
        self._under_way = 0

    @override
    def submit(self, work: Callable[[], None]) -> None:
        with self._lock:
            self._under_way += 1
        super().submit(work)

    @override
    def take(self, timeout: float | None) -> Iterable[object]:
        assert timeout is not None
        end = self._emulated.now() + timeout
        while True:
            left = end - self._emulated.now()
            taken = super().take(min(left, _GLANCE_REAL_SECONDS * SPEED))
            if taken or left <= 0:
                return taken
            self._stage.emulator.run(lambda service: self._leap(service, end))

    def finish(self) -> None:
        """End the long polls and wait for the threads; for after the consumer's end."""
        self._stage.emulator.run(lambda service: self._move(service, 60.0))
        self._pool.shutdown(wait=True, cancel_futures=True)

    @override
    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            super()._guarded(work)
        finally:
            with self._lock:
                self._under_way -= 1

    def _leap(self, service: Service, end: float) -> None:
        """Move time to what is due next; runs where alone the cloud may be touched."""
        # What ends posts its report first: with nothing under way, a report may still lie there.
        if self._under_way != service.polls.count or not self._inbox.empty():
            return
        now = service.now()
        if self._stage.is_over(now):
            self.post(Stop())
        due = [end]
        due += [at for at in (service.cloud.next_due(), _visible_at(service, now)) if at]
        if min(due) > now + _SHORTEST_LEAP_SECONDS:
            self._move(service, min(due) - now)

    def _move(self, service: Service, seconds: float) -> None:
        service.clock.advance(seconds)
        reading = service.clock.read()
        # Before any waiting receive is answered: it would seem to have been answered too early.
        self._emulated._line = _Line(time.monotonic(), reading.now, reading.speed)


def _visible_at(service: Service, now: float) -> float | None:
    return service.cloud.queues(REGION).next_visible_at(QUEUE, now)


@dataclass
class Stage:
    """An emulator that is used for one run after another."""

    emulator: LocalEmulator
    directory: Path
    crashes: list[BaseException] = field(default_factory=list)
    simulation: Simulation = field(default_factory=simulate)
    _quiet_since: float | None = None
    _ends_at: float = 0.0
    _least: float = 0.0

    @property
    def settings(self) -> Settings:
        url = self.emulator.urls[REGION]
        return settings(url, self.directory / "receipts", self.simulation.policy)

    def run(self, scenario: Scenario, rule: FaultRule | None = None) -> Run:
        """Run one recreation with at most one fault."""
        self.crashes.clear()
        source = self.emulator.run(lambda service: self._prepare(service, scenario, rule))
        log = self._work()
        found, struck = self.emulator.run(self._end)
        self._note(log)
        return Run(scenario, self.simulation, source, found, struck, log)

    def is_over(self, now: float) -> bool:
        """Tell whether nothing is left to do and nothing late can come any more."""
        self.simulation.kernel.now = now
        if not is_quiet(self.simulation):
            self._quiet_since = None
        elif self._quiet_since is None:
            self._quiet_since = now
        calm = self._quiet_since is not None and now > self._quiet_since + LATEST_SECONDS
        is_late = now > NOTICE_AT + LONGEST_SECONDS or time.monotonic() > self._ends_at
        return is_late or (calm and now > NOTICE_AT + self._least)

    def _prepare(self, service: Service, scenario: Scenario, rule: FaultRule | None) -> Source:
        assumptions = replace(Assumptions(), event_copies=scenario.copies, **scenario.flips)
        simulation = simulate(policy=scenario.policy, ecs=scenario.ecs, assumptions=assumptions)
        _remember_sent(simulation)
        source = add_source(simulation, **scenario.seed)
        scenario.prepare(simulation)
        self.simulation = simulation
        self._quiet_since, self._least = None, scenario.lasts
        self._ends_at = time.monotonic() + LONGEST_REAL_SECONDS
        service.build_cloud = lambda _: simulation.cloud
        service.clock = VirtualClock(start=NOTICE_AT, speed=SPEED, monotonic=time.monotonic)
        service.clock.on_change = service.time_jumped
        service.reset()
        if rule is not None:
            service.faults.add(rule)
        interrupt(simulation, source, **scenario.how)
        return source

    def _work(self) -> str:
        log = io.StringIO()
        # The worker writes to what is stderr when it is put together.
        with _building, contextlib.redirect_stderr(log):
            worker = build_worker(self.settings, ENVIRON)
        tasks = _leaping(worker, self)
        try:
            worker.consumer.run()
        finally:
            tasks.finish()
            for queue in (worker.consumer.queue, worker.consumer.dead_letters):
                assert isinstance(queue, MnsQueue)
                queue.close()
        return log.getvalue()

    def _end(self, service: Service) -> tuple[Sequence[LoggedRequest], int]:
        self.simulation.kernel.now = service.now()
        struck = sum(int(one["struck"]) for one in service.faults.listing())
        return tuple(service.requests), struck

    def _note(self, log: str) -> None:
        """Give the invariants the worker's account of itself."""
        for line in map(json.loads, log.splitlines()):
            name = line.pop("event")
            self.simulation.notebook.lines.append((0.0, name, line))
        for file in (self.directory / "receipts").glob("*.json"):
            receipt = json.loads(file.read_text(encoding="utf-8"))
            self.simulation.shelf.kept[file.stem] = receipt
            # What was refused for good is told to a person here and nowhere else.
            for refusal in receipt["not_kept"]:
                self.simulation.notebook.lines.append((0.0, "not_kept", refusal))
            file.unlink()


def _leaping(worker: Worker, stage: Stage) -> LeapingTasks:
    clock = worker.consumer.clock
    assert isinstance(clock, EmulatorClock)
    tasks = LeapingTasks(clock, stage)
    worker.consumer.tasks = tasks
    return tasks


def _remember_sent(simulation: Simulation) -> None:
    """Keep the attributes of all messages, to look for secrets in them."""
    queues = simulation.cloud.queues(REGION)
    send = queues.send

    def remembering(
        name: str, messages: Sequence[OutMessage], now: float
    ) -> list[SentMessage | SendError]:
        for message in messages:
            simulation.sent.append({one.name: one.value for one in message.user_properties})
        return send(name, messages, now)

    queues.send = remembering  # type: ignore[method-assign]


def settings(url: str, receipts: Path, policy: Policy) -> Settings:
    """The configuration of a worker on an emulator, with time-outs as short as they may be.

    Args:
        url: Of the emulator.
        receipts: Where they go.
        policy: What the scenario asks for; where it asks for nothing, all is as in production.
    """
    data: dict[str, Any] = {
        "account_id": ACCOUNT,
        "region": REGION,
        "endpoints": dict.fromkeys(APIS, url),
        "clock": {"emulator": url},
        "worker": {"connect_timeout": "500ms", "read_timeout": "1s"},
        "receipts": {"directory": str(receipts)},
        "log": {"format": "json"},
    }
    return from_data({**data, **_asked_for(policy)}, ENVIRON)


def _asked_for(policy: Policy) -> Mapping[str, Any]:
    """Write what a scenario's policy decides as a person would configure it."""
    asked: dict[str, Any] = {
        "clone": {"data_disks": policy.data_disks},
        "launch": {"reclaimed_pool": policy.reclaimed_pool, "takeover": policy.takeover},
    }
    if policy.hand_over != Policy().hand_over:
        kinds = {kind: kind in policy.hand_over for kind in HANDOVER_KINDS}
        asked["handover"] = kinds | {"convert_public_ip": policy.convert_public_ip}
    if policy.quiesce is not None:
        asked["quiesce"] = {"command": policy.quiesce.text, "shell": policy.quiesce.kind}
    return asked


def empty_service(speed: float, environ: Mapping[str, str] | None = None) -> Service:
    """Make the service of an emulator whose virtual time runs at `speed`.

    Args:
        speed: Virtual seconds per real one.
        environ: Names the access key that it accepts, as it does for the command.
    """
    return build_service(
        regions=(REGION,),
        account_id=ACCOUNT,
        speed=speed,
        start=START,
        seed=1,
        assumptions=Assumptions(),
        ecs=EcsSettings(),
        keys=access_keys(environ or {}),
    )


@contextlib.contextmanager
def stage(directory: Path) -> Iterator[Stage]:
    """Run an emulator for any number of runs, one after another."""
    with running(empty_service(SPEED)) as emulator:
        yield Stage(emulator, directory)
