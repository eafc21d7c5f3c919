"""Dead letters of many kinds on a shelf, and a person who replays them, who may be interrupted."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from emulator.state.queues import OutMessage, Property
from tests.simulation.bindings import CloudCall, CloudQueue
from tests.simulation.faults import Interposer
from tests.simulation.harness import DEAD, KEY, QUEUE, REGION, START, Simulation
from tests.simulation.kernel import SimulatedClock
from worker import operator_ports, ports
from worker.adapters.captures import SignedCaptures, no_documents
from worker.adapters.crew import Alone
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.prices import EcsPrices
from worker.adapters.limiter import QuotaLimiter
from worker.adapters.sealing import Sealing
from worker.bootstrap import build_cloud
from worker.core.dead_letters import Filter
from worker.core.messages import Home, Work, read_message, write_attributes, write_parked
from worker.core.outcomes import Park, Parked
from worker.core.progress import Progress, decode
from worker.core.replaying import Edits
from worker.ops.discard import Discard, Discarded
from worker.ops.keep import Keep, Kept
from worker.ops.patience import Patience
from worker.ops.replay import Plan, Rate, Replay
from worker.ops.settled import Settled
from worker.ops.shelves import Shelf, Visit
from worker.steps import recipe

UNDELIVERED = "spot-interruptions-undelivered"
LEASE = 60.0
EVERYTHING = Filter()
RETENTION = 604_800.0
ACCOUNT = "1234567890123456"
HOME = Home(ACCOUNT, REGION)
# Long enough ago for anything to have been parked.
_BEFORE = START


@dataclass(frozen=True)
class SendTimes(ports.Queue):
    """The queue that a replay sends to, with the instant of each sending."""

    inner: CloudQueue
    at: list[float] = field(default_factory=list)

    @override
    def send(self, body: str, attributes: Mapping[str, str], *, delay: float = 0.0) -> str:
        self.at.append(self.inner.kernel.now)
        return self.inner.send(body, attributes, delay=delay)

    @override
    def receive(self, *, count: int, wait: float) -> tuple[ports.Delivery, ...]:
        raise AssertionError((count, wait))

    @override
    def delete(self, handle: str) -> None:
        raise AssertionError(handle)

    @override
    def renew(self, handle: str, seconds: float) -> ports.Lease:
        raise AssertionError((handle, seconds))


@dataclass
class Person:
    """Somebody who goes through the dead letters of a simulation.

    Attributes:
        plans: What became of each, of all runs.
    """

    simulation: Simulation
    edits: Edits = field(default_factory=Edits)
    captures: operator_ports.Captures | None = None
    plans: list[Plan] = field(default_factory=list)
    sent_at: list[float] = field(default_factory=list)
    interrupt_at: float = 1e12
    faults: Interposer | None = None

    def run(
        self,
        wanted: Filter = EVERYTHING,
        *,
        per_minute: float = 60.0,
        limit: int | None = None,
        dry_run: bool = False,
    ) -> None:
        """Replay in the actor that calls, as the command does; an interruption gives back."""
        visit, replaying = self.parts()
        try:
            for plan in replaying.run(
                visit, wanted, Rate(per_minute, LEASE), limit=limit, dry_run=dry_run
            ):
                self.plans.append(plan)
        except KeyboardInterrupt:
            pass
        visit.give_back()

    def parts(self) -> tuple[Visit, Replay]:
        """What the command line puts together, over the emulator's state."""
        simulation = self.simulation
        endpoint = endpoint_of(simulation)
        patience = Patience(endpoint.clock, self._pause)
        cloud = build_cloud(
            endpoint,
            Alone(),
            sealing=Sealing((KEY,)),
            captures=SignedCaptures(no_documents, ACCOUNT, REGION, (KEY,), simulation.notebook),
        )
        images, instances = (
            self._met("images", cloud.images),
            self._met("instances", cloud.instances),
        )
        replaying = Replay(
            queue=self._met("queue", SendTimes(queue_of(simulation, QUEUE), self.sent_at)),
            settled=Settled(images, instances, patience),
            images=images,
            instances=instances,
            stock=self._met("stock", cloud.stock),
            prices=EcsPrices(endpoint),
            steps=recipe(cloud, simulation.policy),
            clock=endpoint.clock,
            patience=patience,
            keys=(KEY,),
            edits=self.edits,
            captures=self.captures,
        )
        return self._visit(patience), replaying

    def keep(self, retention: float = RETENTION) -> list[Kept]:
        """What `dlq keep` does."""
        visit, _ = self.parts()
        keeping = Keep(visit.clock, visit.patience, retention)
        kept = list(keeping.run(visit, dry_run=False))
        visit.give_back()
        return kept

    def discard(self, wanted: Filter = EVERYTHING, *, dry_run: bool = False) -> list[Discarded]:
        """What `dlq discard` does once nobody need be asked."""
        visit, replaying = self.parts()
        discarding = Discard(replaying.settled, visit.clock)
        found = list(discarding.run(visit, wanted, dry_run=dry_run))
        visit.give_back()
        return found

    def _visit(self, patience: Patience) -> Visit:
        dead, undelivered = (
            self._met("queue", queue_of(self.simulation, name)) for name in (DEAD, UNDELIVERED)
        )
        shelves = [Shelf(DEAD, dead), Shelf(UNDELIVERED, undelivered, is_delivery=True)]
        return Visit(shelves, HOME, (KEY,), patience.clock, patience)

    def _met(self, port: str, target: Any) -> Any:
        """Put what this person's faults strike before a port."""
        return target if self.faults is None else self.faults.wrap("person", port, target)

    def _pause(self, seconds: float) -> None:
        self.simulation.kernel.sleep(seconds)
        if self.simulation.kernel.now >= self.interrupt_at:
            self.interrupt_at = 1e12
            raise KeyboardInterrupt


def endpoint_of(simulation: Simulation) -> Endpoint:
    clock = SimulatedClock(simulation.kernel)
    call = CloudCall(simulation.cloud, REGION, simulation.kernel)
    limiter = QuotaLimiter(random.Random(7))
    return Endpoint(call, REGION, limiter, clock, simulation.notebook)


def queue_of(simulation: Simulation, name: str) -> CloudQueue:
    clock = SimulatedClock(simulation.kernel)
    return CloudQueue(simulation.cloud, REGION, name, simulation.kernel, clock)


def do(simulation: Simulation, work: Callable[[], Any], *, within: float = 3_600.0) -> Any:
    """Let a person do something to its end, in virtual time."""
    done: list[Any] = []
    simulation.kernel.spawn(lambda: done.append(work()))
    simulation.run(within, until=lambda: bool(done))
    assert done, "it did not end"
    return done[0]


def add_undelivered(simulation: Simulation) -> None:
    """Make the queue for what EventBridge cannot deliver."""
    keep = {"VisibilityTimeout": 60, "MessageRetentionPeriod": 604_800}
    simulation.cloud.queues(REGION).create_queue(UNDELIVERED, keep, simulation.kernel.now)


def put(simulation: Simulation, name: str, body: str, attributes: Mapping[str, str]) -> None:
    """Put a message into a queue as it is."""
    properties = tuple(Property(key, value, "STRING") for key, value in attributes.items())
    message = OutMessage(body, user_properties=properties)
    (sent,) = simulation.cloud.queues(REGION).send(name, [message], simulation.kernel.now)
    assert hasattr(sent, "message_id"), sent


def take_all(simulation: Simulation, name: str) -> list[tuple[str, dict[str, str]]]:
    """Take everything out of a queue: bodies and attributes."""
    queues, now = simulation.cloud.queues(REGION), simulation.kernel.now
    taken = []
    while found := queues.receive(name, 16, now):
        for one in found:
            taken.append((one.body, {each.name: each.value for each in one.user_properties}))
            queues.delete(name, one.receipt_handle or "", now)
    return taken


def _at_the_first(progress: Progress) -> Progress:
    """With the first token in hand, which the cloud has refused and remembers."""
    return replace(progress, launched=replace(progress.launched, epoch=0, index=0, round=0))


def _without_usable_image(progress: Progress) -> Progress:
    launched = replace(progress.launched, image_usable_at=0.0, image_safe=False)
    return replace(progress, launched=launched)


@dataclass(frozen=True)
class Kind:
    """A kind of dead letter, made of a recreation that was parked without stock.

    Attributes:
        park: Why it is parked; None for one that the queue has moved.
        error: Class of the error.
        copies: How many of them there are.
    """

    park: Park | None
    change: Callable[[Progress], Progress] = lambda progress: progress
    error: str = "Permanent"
    step: str = "launch"
    copies: int = 1

    def letter(self, body: str, progress: Progress, now: float) -> dict[str, str]:
        """Write its attributes."""
        changed = self.change(progress)
        if self.park is None:
            return write_attributes(changed, body, step=self.step, key=KEY)
        parked = Parked(changed, self.park, "as a test wants it", "", self.error)
        return write_parked(parked, body, step=self.step, at=now, key=KEY)


def _unimaged(progress: Progress) -> Progress:
    return replace(progress, imaged=None)


def _one_too_many(progress: Progress) -> Progress:
    return replace(progress, beside="i-bp1gone00000000000", counted=True)


# Of sources that are gone by now: all that is left of them is their image and what is signed.
OF_GONE: Mapping[str, Kind] = {
    "no stock": Kind(Park.NO_STOCK),
    "launch refused": Kind(Park.REFUSED, _at_the_first),
    "address taken": Kind(Park.NO_ADDRESS, _at_the_first),
    "gave up": Kind(Park.GAVE_UP, error="Transient"),
    "defect": Kind(Park.BUG, error="KeyError"),
    "passed on too often": Kind(Park.TOO_MANY_HOPS, lambda one: replace(one, hops=90_000)),
    "too many generations": Kind(Park.TOO_MANY_GENERATIONS, lambda one: replace(one, counted=True)),
    "one too many": Kind(Park.ONE_TOO_MANY, _one_too_many),
    "source gone": Kind(Park.SOURCE_GONE, lambda one: replace(one, absent_at=one.t0), step="spec"),
    "image too slow": Kind(Park.IMAGE_TOO_SLOW, _without_usable_image),
    "image failed": Kind(Park.IMAGE_FAILED, _without_usable_image, step="image"),
    "image refused": Kind(Park.REFUSED, _unimaged, step="image"),
    "name taken": Kind(Park.NAME_TAKEN, _unimaged, step="image"),
    "moved by the queue": Kind(None),
    "parked twice": Kind(Park.NO_STOCK, copies=2),
}


@dataclass(frozen=True)
class Event:
    """A kind of dead letter, made of an event that nobody has worked on; the source is locked.

    Attributes:
        queue: Where it lies.
        spelling: How the body is written, from how it was delivered.
        attributes: Those for a body.
    """

    queue: str
    spelling: Callable[[str], str] = lambda body: body
    attributes: Callable[[str], Mapping[str, str]] = lambda _: {}


def _plain(body: str) -> str:
    return base64.b64decode(body).decode()


def _by_topic(body: str) -> str:
    return json.dumps({"TopicOwner": ACCOUNT, "TopicName": "spot", "Message": _plain(body)})


def _forged(_: str) -> Mapping[str, str]:
    return {"parked": "no_stock", "format": "1", "signature": "00"}


def _parked_unread(body: str) -> Mapping[str, str]:
    """Sign it as a release that could not read this form."""
    parked = Parked(None, Park.UNREADABLE, "it has an unknown form", "", "Malformed")
    return write_parked(parked, body, step="retain", at=_BEFORE, key=KEY)


def _parked_at_first(park: Park, error: str) -> Callable[[str], Mapping[str, str]]:
    """Sign it as parked before anything was achieved."""

    def write(body: str) -> Mapping[str, str]:
        read = read_message(body, {}, arrived_at=_BEFORE, now=_BEFORE, home=HOME, keys=(KEY,))
        assert isinstance(read, Work)
        parked = Parked(read.progress, park, "as a test wants it", "", error)
        return write_parked(parked, body, step="retain", at=_BEFORE, key=KEY)

    return write


# Of sources that are locked: bodies as they come, or as other ways of delivery write them.
OF_LOCKED: Mapping[str, Event] = {
    "moved bare": Event(DEAD),
    "moved, pushed by a topic": Event(DEAD, _by_topic),
    "undelivered": Event(UNDELIVERED, _plain),
    "undelivered in base64": Event(UNDELIVERED),
    "forged": Event(DEAD, attributes=_forged),
    "unreadable then": Event(DEAD, attributes=_parked_unread),
    "refused at once": Event(DEAD, attributes=_parked_at_first(Park.REFUSED, "Permanent")),
}
KINDS = (*OF_GONE, *OF_LOCKED)
# The others hold nothing to replay, or need a person's hand in the cloud before.
REPLAYED = {Park.UNREADABLE, *(one.park for one in OF_GONE.values() if one.park is not None)}


def shelve_parked(simulation: Simulation, taken: list[tuple[str, dict[str, str]]]) -> None:
    """Put recreations that were parked without stock back as kinds of `OF_GONE`, in turn."""
    for number, (body, attributes) in enumerate(taken):
        kind = tuple(OF_GONE.values())[number % len(OF_GONE)]
        written = kind.letter(body, decode(attributes), simulation.kernel.now)
        for _ in range(kind.copies):
            put(simulation, DEAD, body, written)


def shelve_events(simulation: Simulation, bodies: list[str]) -> None:
    """Put events that nobody has worked on into dead-letter queues, as kinds of `OF_LOCKED`."""
    for number, body in enumerate(bodies):
        kind = tuple(OF_LOCKED.values())[number % len(OF_LOCKED)]
        written = kind.spelling(body)
        put(simulation, kind.queue, written, kind.attributes(written))


def several(bodies: list[str]) -> str:
    """One body with several events."""
    return json.dumps([json.loads(base64.b64decode(body)) for body in bodies])
