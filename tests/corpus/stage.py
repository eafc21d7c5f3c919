"""Brings a simulated recreation to a chosen state, takes the message that says so, and goes on from one.

A state is reached by running a scenario until the worker knows it, and is sent by asking the worker
to stop then, as a deployment does; what launch writes ahead is sent by itself. Ids in the cloud come
from a stream of their own, so that the same scenario has the same ids in a later release, whatever
else that release asks the cloud in between.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from emulator.assumptions import Assumptions
from emulator.state.ecs.settings import EcsSettings
from emulator.state.errors import ApiError
from emulator.state.queues import OutMessage, Property
from tests.simulation.faults import Fault
from tests.simulation.harness import ACCOUNT, DEAD, QUEUE, REGION, Simulation, simulate
from tests.simulation.scenarios import Source, add_source, interrupt
from worker.core.errors import Malformed
from worker.core.messages import Home
from worker.core.policy import Policy
from worker.core.progress import Progress, decode

SEED = 20261123
SOURCE_ID = "i-bp1source00000000001"
BODY = (
    '{"name": "Instance:PreemptibleInstanceInterruption", "id": "0f6c1d7e", "regionId": "cn-hangzhou",'
    ' "userId": "1234567890123456", "instanceName": "订单数据库-主",'
    f' "content": {{"instanceId": "{SOURCE_ID}", "action": "delete"}}}}'
)
STEADY = EcsSettings(image_seconds=60.0, jitter=0.0)
# The bits that the emulator draws for the id of a resource.
ID_BITS = 68
STOP_SECONDS = 120.0

Attributes = Mapping[str, str]


class SteadyRandom(random.Random):
    """Draws ids from a stream of their own, so that they depend on nothing but their order."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._ids = random.Random(f"ids {seed}")

    @override
    def getrandbits(self, k: int, /) -> int:
        """Return random bits."""
        return self._ids.getrandbits(k) if k == ID_BITS else super().getrandbits(k)


@dataclass(frozen=True)
class Refuse:
    """The cloud's refusal of an action: so many times, after so many calls that it takes."""

    action: str
    code: str
    times: int = 1_000
    after: int = 0
    status: int = 403


@dataclass(frozen=True)
class At:
    """A fault at the n-th call of a port's method, counted from 0."""

    port: str
    method: str
    nth: int = 0
    fault: Fault = Fault.NOT_SENT


@dataclass(frozen=True)
class Kind:
    """One distinguishable state of a recreation, and the way there.

    Attributes:
        what: The state in words.
        ends: `replaced`, `withdrawn`, or `parked CODE`: what must become of it.
        reached: Tells the state from the progress.
        today: The same for today's release, where that comes to the place on another way.
        later: How long nobody works after the place is reached, seconds.
        sent_as: What the recorded message must show beside that, when it is made.
        allowed: Parts of the broken promises that are the very subject.
    """

    name: str
    what: str
    ends: str = "replaced"
    reached: Callable[[Progress], bool] = lambda _progress: True
    today: Callable[[Progress], bool] | None = None
    later: float = 0.0
    sent_as: Callable[[Progress], bool] = lambda _progress: True
    ecs: EcsSettings = STEADY
    policy: Policy = field(default_factory=Policy)
    flips: Mapping[str, Any] = field(default_factory=dict)
    seed: Mapping[str, Any] = field(default_factory=dict)
    how: Mapping[str, Any] = field(default_factory=dict)
    body: str = BODY
    refusals: tuple[Refuse, ...] = ()
    faults: tuple[At, ...] = ()
    prepare: Callable[[Simulation], None] = lambda _simulation: None
    during: Callable[[Simulation, Source], None] = lambda _simulation, _source: None
    within: float = 1_500.0
    parked: bool = False
    bare: bool = False
    allowed: tuple[str, ...] = ()

    def is_reached(self, progress: Progress) -> bool:
        """Tell whether today's release is at the place."""
        return (self.today or self.reached)(progress)


@dataclass
class Moment:
    """A simulation in which a message has just been sent."""

    kind: Kind
    simulation: Simulation
    source: Source
    body: str
    attributes: Attributes

    def __post_init__(self) -> None:
        self.at = self.simulation.kernel.now
        self._told = len(self.simulation.notebook.lines)

    def told_since(self, name: str) -> list[dict[str, object]]:
        """Lines of the log that came after the message was sent."""
        lines = self.simulation.notebook.lines[self._told :]
        return [fields for _, found, fields in lines if found == name]


class _Plan(dict[int, Fault]):
    """Strikes at calls by port and method, where the interposer asks by number."""

    def __init__(self, faults: tuple[At, ...]) -> None:
        super().__init__()
        self._faults = faults
        self.simulation: Simulation | None = None

    def __bool__(self) -> bool:
        # An empty plan would be replaced by another one.
        return True

    @override
    def __contains__(self, number: object) -> bool:
        return self._due(number) is not None

    @override
    def __getitem__(self, number: int) -> Fault:
        found = self._due(number)
        if found is None:
            raise KeyError(number)
        return found

    def _due(self, number: object) -> Fault | None:
        if self.simulation is None or not isinstance(number, int):
            return None
        calls = self.simulation.interposer.calls
        name = (calls[number].port, calls[number].method)
        nth = sum((call.port, call.method) == name for call in calls[:number])
        return next(
            (one.fault for one in self._faults if (one.port, one.method, one.nth) == (*name, nth)),
            None,
        )


def begin(kind: Kind) -> tuple[Simulation, Source]:
    """Build the cloud, let the source be reclaimed and the event be in the queue; no worker yet."""
    plan = _Plan(kind.faults)
    simulation = simulate(
        policy=kind.policy,
        ecs=kind.ecs,
        assumptions=replace(Assumptions(), **kind.flips),
        plan=plan,
        terms={"home": Home(ACCOUNT, REGION, kind.policy.owner)},
    )
    plan.simulation = simulation
    simulation.cloud.world.rng = SteadyRandom(SEED)
    source = add_source(simulation, **{"instance_id": SOURCE_ID, **kind.seed})
    kind.prepare(simulation)
    _refuse(simulation, kind.refusals)
    interrupt(simulation, source, publish_event=False, **kind.how)
    send(simulation, kind.body, {})
    return simulation, source


def _refuse(simulation: Simulation, refusals: tuple[Refuse, ...]) -> None:
    """Let the cloud refuse actions; a refused call has no effect."""
    if not refusals:
        return
    usual, counts = simulation.cloud.call, dict.fromkeys(refusals, 0)

    def call(product: str, region: str, action: str, params: Mapping[str, Any], now: float) -> Any:
        for one in refusals:
            if one.action == action:
                counts[one] += 1
                if one.after < counts[one] <= one.after + one.times:
                    raise ApiError(one.status, one.code, "refused by the scenario")
        return usual(product, region, action, params, now)

    simulation.cloud.call = call  # type: ignore[method-assign]


def send(simulation: Simulation, body: str, attributes: Attributes) -> str:
    """Put a message into the queue and return its id."""
    properties = tuple(Property(name, value) for name, value in attributes.items())
    simulation.sent.append(attributes)
    (sent,) = simulation.cloud.queues(REGION).send(
        QUEUE, [OutMessage(body, user_properties=properties)], simulation.kernel.now
    )
    assert hasattr(sent, "message_id"), sent
    return str(sent.message_id)


def reach(kind: Kind) -> Moment:
    """Run the scenario of a kind up to the moment at which its message is sent."""
    simulation, source = begin(kind)
    if kind.bare:
        return Moment(kind, simulation, source, kind.body, {})
    watch = _Watch(simulation, kind)
    simulation.start_worker("one")
    kind.during(simulation, source)
    simulation.run(kind.within, until=lambda: watch.sent() is not None or watch.is_held())
    if watch.sent() is None:
        for worker in simulation.workers.values():
            worker.consumer.stop()
        simulation.run(STOP_SECONDS, until=lambda: watch.sent() is not None)
    attributes = watch.sent()
    assert attributes is not None, f"{kind.name} was not reached"
    if kind.later:
        for worker in simulation.workers.values():
            simulation.kernel.kill([*worker.tasks.actors, worker.main])
        simulation.run(kind.later)
    return Moment(kind, simulation, source, _body_of(simulation, attributes), attributes)


def _body_of(simulation: Simulation, attributes: Attributes) -> str:
    """Return the body beside the attributes, in whichever queue it is."""
    for queue in (QUEUE, DEAD):
        found = simulation.cloud.queues(REGION).get_queue(queue, simulation.kernel.now)
        for message in found.messages.values():
            if {one.name: one.value for one in message.user_properties} == attributes:
                return message.body
    raise AssertionError("the message is gone already")


@dataclass
class _Watch:
    """Looks for the state in what is sent and in what the workers hold."""

    simulation: Simulation
    kind: Kind
    _looked_at: int = 0
    _found: Attributes | None = None

    def sent(self) -> Attributes | None:
        """Return the first message that says it."""
        while self._found is None and self._looked_at < len(self.simulation.sent):
            attributes = self.simulation.sent[self._looked_at]
            self._looked_at += 1
            if ("parked" in attributes) is self.kind.parked and self._says(attributes):
                self._found = attributes
        return self._found

    def _says(self, attributes: Attributes) -> bool:
        if "format" not in attributes:
            return self.kind.parked
        try:
            return self.kind.is_reached(decode(attributes))
        except Malformed:
            return False

    def is_held(self) -> bool:
        """Whether a worker knows the state and has not sent it."""
        return not self.kind.parked and any(
            held.progress is not None and self.kind.is_reached(held.progress)
            for worker in self.simulation.workers.values()
            for held in worker.consumer.held.values()
        )


def go_on(moment: Moment, body: str, attributes: Attributes) -> None:
    """Kill every worker, leave nothing but this message, and start a worker that knows nothing."""
    simulation = moment.simulation
    for worker in simulation.workers.values():
        simulation.kernel.kill([*worker.tasks.actors, worker.main])
    # Sent before the others go, so that at every instant a message stands for the event.
    before = {queue: _ids(simulation, queue) for queue in (QUEUE, DEAD)}
    send(simulation, body, attributes)
    for queue, ids in before.items():
        _remove(simulation, queue, ids)
    # Today's release may order the candidates otherwise than the one that froze them.
    simulation.interposer.launches.clear()
    simulation.interposer.changes.clear()
    simulation.start_worker("heir", at=simulation.kernel.now + 5.0)


def _ids(simulation: Simulation, queue: str) -> set[str]:
    found = simulation.cloud.queues(REGION).get_queue(queue, simulation.kernel.now)
    return set(found.messages)


def _remove(simulation: Simulation, queue: str, ids: set[str]) -> None:
    """Delete messages whatever lease or delay they are under."""
    service, now = simulation.cloud.queues(REGION), simulation.kernel.now
    for message_id in sorted(ids):
        service.redeliver(queue, message_id, now)
    if not ids:
        return
    for message in service.receive(queue, 16, now):
        if message.message_id in ids:
            service.delete(queue, message.receipt_handle or "", now)
        else:
            service.redeliver(queue, message.message_id, now)
