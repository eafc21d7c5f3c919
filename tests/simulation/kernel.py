"""Virtual time with many actors: greenlets that sleep, a heap of wake-ups, and no threads."""

import heapq
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from greenlet import GreenletExit, getcurrent, greenlet


class Crash(BaseException):
    """A process dies here; nothing below may catch it."""


class Actor:
    """Something that acts in virtual time, on a greenlet that has served others before.

    Making a greenlet takes the time of a dozen switches, and most actors make a call or two.
    """

    __slots__ = ("dead", "fiber", "work")

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.fiber: _Fiber | None = None
        self.dead = False


def _nothing() -> None:
    """The work of whoever has done his."""


class _Fiber:
    """A greenlet that serves the actors of a kernel, one after the other."""

    __slots__ = ("_kernel", "actor", "greenlet")

    def __init__(self, kernel: "Kernel", hub: greenlet) -> None:
        self._kernel = kernel
        self.actor: Actor
        self.greenlet = greenlet(self._serve, parent=hub)

    def _serve(self) -> None:
        while True:
            try:
                self.actor.work()
            except Crash:
                pass
            except GreenletExit:
                raise
            except BaseException as error:  # noqa: BLE001 - re-raised by Kernel.run()
                self._kernel.fail(error)
            self._kernel.end(self.actor, self)
            self.greenlet.parent.switch()


class Platform(Protocol):
    """What happens by itself, whether or not an actor looks."""

    def next_due(self) -> float | None: ...

    def advance(self, now: float) -> None: ...


@dataclass
class Kernel:
    """Runs actors one at a time, in the order of their virtual wake-up times.

    Attributes:
        now: Virtual epoch seconds.
        platform: Acts at its own times, before the actors of the same instant.
    """

    now: float
    platform: Platform | None = None
    current: Actor | None = None
    _heap: list[tuple[float, int, Actor]] = field(default_factory=list)
    _sequence: int = 0
    _failure: BaseException | None = None
    _doomed: set[Actor] = field(default_factory=set)
    _ticket: dict[Actor, int] = field(default_factory=dict)
    _frozen_until: dict[Actor, float] = field(default_factory=dict)
    _until: float = -math.inf
    _actors: set[Actor] = field(default_factory=set)
    _idle: list[_Fiber] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._hub = getcurrent()

    def spawn(self, work: Callable[[], None], *, at: float | None = None) -> Actor:
        """Start an actor at a virtual time (now by default)."""
        actor = Actor(work)
        self._actors.add(actor)
        self.wake(actor, self.now if at is None else at)
        return actor

    def wake(self, actor: Actor, at: float) -> None:
        """Let an actor run at a virtual time; an earlier plan for it is dropped."""
        self._sequence += 1
        self._ticket[actor] = self._sequence
        heapq.heappush(self._heap, (max(at, self.now), self._sequence, actor))

    def sleep(self, seconds: float) -> None:
        """Let virtual time pass for the calling actor."""
        at = self.now + seconds
        if self._is_idle_until(at):
            # Nobody else would run in between, so the way over the hub would change nothing.
            self.now = at
            return
        if self.current is not None:
            self.wake(self.current, at)
        self._hub.switch()

    def _is_idle_until(self, at: float) -> bool:
        if at > self._until or (self._heap and self._heap[0][0] <= at):
            return False
        due = self.platform.next_due() if self.platform else None
        return due is None or due > at

    @property
    def acting(self) -> Actor:
        """The actor that asks."""
        if self.current is None:
            raise AssertionError("nobody acts: the simulation stands still")
        return self.current

    def park(self) -> None:
        """Sleep until somebody wakes this actor."""
        self._hub.switch()

    def run(self, until: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Run actors until the virtual time `until`, or until `stop()` holds."""
        self._until = until
        while not stop():
            woken = self._heap[0][0] if self._heap else math.inf
            due = (self.platform.next_due() if self.platform else None) or math.inf
            soonest = min(due, woken)
            if soonest > until or soonest == math.inf:
                self.now = max(self.now, until)
                return
            self.now = max(self.now, soonest)
            if self.platform is not None and due <= woken:
                self.platform.advance(self.now)
            else:
                self._resume(*heapq.heappop(self._heap))

    def _resume(self, at: float, ticket: int, actor: Actor) -> None:
        if self._ticket.get(actor) != ticket:
            return
        del self._ticket[actor]
        if actor in self._doomed:
            self._doomed.discard(actor)
            self._crash(actor)
        elif self._frozen_until.get(actor, 0.0) > at:
            self.wake(actor, self._frozen_until[actor])
        elif not actor.dead:
            self._switch(actor)
        if self._failure is not None:
            raise self._failure

    def _switch(self, actor: Actor) -> None:
        """Let an actor go on, or begin."""
        fiber = actor.fiber
        if fiber is None:
            fiber = actor.fiber = self._idle.pop() if self._idle else _Fiber(self, self._hub)
            fiber.actor = actor
        self.current = actor
        fiber.greenlet.switch()
        self.current = None

    def _crash(self, actor: Actor) -> None:
        """Let an actor die where it sleeps; one that has not begun is simply never begun."""
        if actor.fiber is None:
            actor.dead = True
            self._actors.discard(actor)
        else:
            self.current = actor
            actor.fiber.greenlet.throw(Crash)
            self.current = None

    def end(self, actor: Actor, fiber: _Fiber) -> None:
        """Take leave of an actor whose work is over; another one may have what it ran on."""
        actor.dead, actor.fiber = True, None
        # Whoever still lists it must not keep what it worked on.
        actor.work = _nothing
        self._actors.discard(actor)
        self._idle.append(fiber)

    def fail(self, error: BaseException) -> None:
        """End the run with what an actor has raised."""
        self._failure = error

    def close(self) -> None:
        """End every actor for good. What a sleeping one refers to would never be freed."""
        for actor in tuple(self._actors):
            self._crash(actor)
        for fiber in self._idle:
            fiber.greenlet.throw(GreenletExit)
        self._idle.clear()
        self._actors.clear()
        self._heap.clear()
        self._ticket.clear()

    def freeze(self, actors: Iterable[Actor], seconds: float) -> None:
        """Let actors stand still, as a stopped or swapped-out process does."""
        for actor in actors:
            self._frozen_until[actor] = self.now + seconds

    def kill(self, actors: Iterable[Actor]) -> None:
        """End actors at once, as kill -9 does to the threads of a process.

        They are asleep, since only one actor runs at a time, and never wake up again.
        """
        for actor in actors:
            if not actor.dead and actor is not self.current:
                self._doomed.add(actor)
                self.wake(actor, self.now)


@dataclass
class SimulatedTasks:
    """The threads of one worker as actors of the kernel."""

    kernel: Kernel
    actors: list[Actor] = field(default_factory=list)
    _inbox: list[object] = field(default_factory=list)
    _taker: Actor | None = None
    _ticket: int = 0
    _tidy_at: int = 16

    def submit(self, work: Callable[[], None]) -> None:
        # Not at each: with thousands at work that would be most of what a simulation does.
        if len(self.actors) >= self._tidy_at:
            self.actors = [actor for actor in self.actors if not actor.dead]
            self._tidy_at = max(2 * len(self.actors), 16)
        self.actors.append(self.kernel.spawn(work))

    def post(self, item: object) -> None:
        self._inbox.append(item)
        if self._taker is not None:
            self.kernel.wake(self._taker, self.kernel.now)
            self._taker = None

    def take(self, timeout: float | None) -> list[object]:
        deadline = self.kernel.now + (timeout if timeout is not None else 1e9)
        while not self._inbox and self.kernel.now < deadline:
            self._taker = self.kernel.acting
            self.kernel.wake(self._taker, deadline)
            self.kernel.park()
        self._taker = None
        items, self._inbox = self._inbox, []
        return items


@dataclass
class SimulatedReply:
    """An answer to come, for which actors sleep."""

    kernel: Kernel
    _waiting: list[Actor] = field(default_factory=list)
    _result: Any = None
    _error: BaseException | None = None
    _is_there: bool = False

    def set_result(self, result: Any) -> None:
        self._result, self._is_there = result, True
        self._wake()

    def set_exception(self, exception: BaseException) -> None:
        self._error, self._is_there = exception, True
        self._wake()

    def result(self) -> Any:
        while not self._is_there:
            self._waiting.append(self.kernel.acting)
            self.kernel.park()
        if self._error is not None:
            raise self._error
        return self._result

    def _wake(self) -> None:
        for actor in self._waiting:
            self.kernel.wake(actor, self.kernel.now)
        self._waiting.clear()


@dataclass(frozen=True)
class SimulatedCrew:
    """Merged calls of one worker: they are made, and end, with its other actors."""

    tasks: SimulatedTasks
    merges: ClassVar[bool] = True

    def start(self, work: Callable[[], None]) -> None:
        self.tasks.submit(work)

    def reply(self) -> SimulatedReply:
        return SimulatedReply(self.tasks.kernel)

    def pause(self, seconds: float) -> None:
        self.tasks.kernel.sleep(seconds)


@dataclass
class SimulatedClock:
    """A worker's clock, possibly wrong by `skew` seconds."""

    kernel: Kernel
    skew: float = 0.0

    def now(self) -> float:
        return self.kernel.now + self.skew

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def learn(self, told: float, *, asked_at: float) -> float:
        off = told - min(max(told, asked_at), self.now())
        if abs(off) <= 2.0:
            return 0.0
        self.skew += off
        return off
