"""Between the product and its ports: counts every call and lets a planned fault strike at one."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache, cached_property
from typing import Any, NamedTuple

from tests.simulation.kernel import Crash, Kernel
from worker.core import identity
from worker.core.errors import (
    Permanent,
    RecreationError,
    Throttled,
    Transient,
    UnknownOutcome,
)
from worker.core.model import Candidate, LaunchSpec
from worker.core.urgency import current
from worker.ports import LeaseLost

# Methods that change something, by port; all others are reads.
CHANGING: Mapping[str, frozenset[str]] = {
    "disks": frozenset({"keep", "release"}),
    "images": frozenset({"create", "assemble", "snapshot"}),
    "instances": frozenset({"launch", "stop", "start"}),
    "tagging": frozenset({"tag"}),
    "addresses": frozenset({"unassociate", "associate", "convert", "tag"}),
    "balancers": frozenset({"add", "remove", "make_pair", "lead"}),
    "interfaces": frozenset({"keep", "release", "detach", "attach"}),
    "disk_moves": frozenset({"detach", "attach"}),
    "commands": frozenset({"run"}),
    "queue": frozenset({"receive", "send", "delete", "renew"}),
    "dead_letters": frozenset({"send"}),
}


class Fault(str, Enum):
    """What can happen at one call."""

    CRASH_BEFORE = "crash-before"  # the process dies, and the call was never made
    CRASH_AFTER = "crash-after"  # the process dies, and nobody hears the answer
    ANSWER_LOST = "answer-lost"  # it takes effect, then a time-out
    NOT_SENT = "not-sent"  # a time-out without an effect
    SERVER_ERROR = "server-error"  # 5xx at once, without an effect
    ERROR_AFTER = "error-after"  # 5xx at once, although it took effect
    THROTTLED = "throttled"  # refused until the next minute
    REFUSED = "refused"  # refused for good
    LATE = "late-effect"  # a time-out, and the effect a minute later
    SLOW = "slow"  # the answer comes when all leases are over
    PAUSED = "paused"  # the process stands still before the call
    STALE = "stale"  # a read shows what was there up to a minute ago
    DEAD_HANDLE = "dead-handle"  # the queue knows the handle no more
    LOST_DELETE = "lost-delete"  # the queue says yes, and delivers the message again


Cell = tuple[str, str, Fault]

PAUSE_SECONDS = 90.0
STALE_SECONDS = 60.0
LATE_SECONDS = 60.0
TIME_OUT_SECONDS = 10.0
TIMING_OUT = frozenset({Fault.ANSWER_LOST, Fault.NOT_SENT, Fault.LATE})
EVERYWHERE = frozenset(
    {
        Fault.CRASH_BEFORE,
        Fault.CRASH_AFTER,
        Fault.NOT_SENT,
        Fault.SERVER_ERROR,
        Fault.THROTTLED,
        Fault.SLOW,
        Fault.PAUSED,
    }
)
ON_READS = EVERYWHERE | {Fault.REFUSED, Fault.STALE}
ON_CHANGES = EVERYWHERE | {Fault.REFUSED, Fault.ANSWER_LOST, Fault.ERROR_AFTER, Fault.LATE}
ON_QUEUES = ON_CHANGES - {Fault.REFUSED}
ON_HANDLES: Mapping[str, frozenset[Fault]] = {
    "renew": frozenset({Fault.DEAD_HANDLE}),
    "delete": frozenset({Fault.DEAD_HANDLE, Fault.LOST_DELETE}),
}
QUEUES = frozenset({"queue", "dead_letters"})
# The worker never takes anything out of the dead-letter queue.
NOT_CALLED = frozenset(
    {("dead_letters", "receive"), ("dead_letters", "delete"), ("dead_letters", "renew")}
)


class Call(NamedTuple):
    """One call of a port, as recorded."""

    number: int
    worker: str
    port: str
    method: str
    at: float


def faults_for(call: Call) -> tuple[Fault, ...]:
    """List the faults that can happen at a call."""
    return applicable(call.port, call.method)


@cache
def applicable(port: str, method: str) -> tuple[Fault, ...]:
    """List the faults that can happen at a method of a port, in the order of `Fault`."""
    if method not in CHANGING.get(port, frozenset()):
        chosen: frozenset[Fault] = ON_READS
    elif port == "queue":
        chosen = ON_QUEUES | ON_HANDLES.get(method, frozenset())
    else:
        chosen = ON_CHANGES
    return tuple(fault for fault in Fault if fault in chosen)


def cells(ports: Mapping[str, type]) -> frozenset[Cell]:
    """List every method of every port with every fault that it can meet.

    Args:
        ports: The protocols by the names under which the worker has them.
    """
    return frozenset(
        (port, method, fault)
        for port, protocol in ports.items()
        for method in vars(protocol)
        if not method.startswith("_") and (port, method) not in NOT_CALLED
        for fault in applicable(port, method)
    )


@dataclass
class LaunchCall:
    """A request for a replacement, and the answer that the worker heard; none is an empty word."""

    recreation: str
    token: str
    candidate: Candidate
    answer: str = ""


@dataclass
class Change:
    """A request that changes something, and the answer that the worker heard; none is an empty word.

    Attributes:
        recreation: For whom; empty for nobody in particular.
        what: What is to be changed: requests alike under one token are the same one.
        token: Client token; empty where there is none.
    """

    recreation: str
    port: str
    method: str
    at: float
    what: str
    token: str
    answer: str = ""

    @property
    def request(self) -> tuple[str, str, str, str]:
        """What stays the same however often it is asked for."""
        return (self.recreation, self.port, self.method, self.what)


@dataclass
class Interposer:
    """Strikes according to `plan`, which maps call numbers to faults."""

    kernel: Kernel
    plan: Mapping[int, Fault] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    struck: list[tuple[Call, Fault]] = field(default_factory=list)
    crash: Callable[[str], None] = lambda _worker: None
    pause: Callable[[str, float], None] = lambda _worker, _seconds: None
    launches: list[LaunchCall] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    raised: set[str] = field(default_factory=set)
    _owed: list[Fault] = field(default_factory=list)
    _shown: dict[str, list[tuple[float, Any]]] = field(default_factory=dict)

    @cached_property
    def tells_the_past(self) -> bool:
        """Whether what a read shows is ever shown again."""
        return Fault.STALE in self.plan.values()

    def wrap(self, worker: str, port: str, target: object) -> Any:
        """Return `target` with every method counted and exposed to faults."""
        return _Proxy(self, worker, port, target)

    def perform(
        self, worker: str, port: str, method: str, work: Callable[[], Any], about: str = ""
    ) -> Any:
        call = Call(len(self.calls), worker, port, method, self.kernel.now)
        self.calls.append(call)
        fault = self._due(call)
        if fault is not None:
            self.struck.append((call, fault))
            return self._strike(call, fault, work, about)
        try:
            return self._remember(about, work()) if about else work()
        except RecreationError as error:
            self.raised.add(repr(error))
            raise

    def _remember(self, about: str, answer: Any) -> Any:
        """Keep what a read showed, for a later one that is behind."""
        self._shown.setdefault(about, []).append((self.kernel.now, answer))
        return answer

    def _stale(self, about: str, work: Callable[[], Any]) -> Any:
        oldest = self.kernel.now - STALE_SECONDS
        earlier = [answer for at, answer in self._shown.get(about, ()) if at >= oldest]
        return earlier[0] if earlier else work()

    def _due(self, call: Call) -> Fault | None:
        """Return the fault for a call; one that does not apply to it waits for the next."""
        if call.number in self.plan:
            self._owed.append(self.plan[call.number])
        fault = next((one for one in self._owed if one in faults_for(call)), None)
        if fault is not None:
            self._owed.remove(fault)
        return fault

    def _strike(self, call: Call, fault: Fault, work: Callable[[], Any], about: str) -> Any:
        match fault:
            case Fault.CRASH_BEFORE:
                self._crash(call)
            case Fault.CRASH_AFTER:
                work()
                self._crash(call)
            case Fault.STALE:
                return self._stale(about, work)
            case Fault.SLOW:
                answer = work()
                self.kernel.sleep(PAUSE_SECONDS)
                return answer
            case Fault.PAUSED:
                self.pause(call.worker, PAUSE_SECONDS)
                self.kernel.sleep(PAUSE_SECONDS)
                return work()
            case Fault.LOST_DELETE:
                return None
        return self._refuse(call, fault, work)

    def _refuse(self, call: Call, fault: Fault, work: Callable[[], Any]) -> Any:
        """Raise what the worker hears of a call that did not go well."""
        match fault:
            case Fault.ANSWER_LOST | Fault.ERROR_AFTER:
                work()
            case Fault.LATE:
                self.kernel.spawn(lambda: _quietly(work), at=self.kernel.now + LATE_SECONDS)
            case Fault.THROTTLED:
                minute = self.kernel.now - self.kernel.now % 60 + 60
                raise Throttled("refused for rate", retry_at=minute, code="Throttling.User")
            case Fault.DEAD_HANDLE:
                raise LeaseLost
            case Fault.REFUSED:
                raise Permanent("refused", code="Forbidden.RAM")
        if fault in TIMING_OUT:
            self.kernel.sleep(TIME_OUT_SECONDS)
        changing = call.method in CHANGING.get(call.port, frozenset())
        raise (UnknownOutcome if changing else Transient)("no good answer came", code="fault")

    def _crash(self, call: Call) -> None:
        self.crash(call.worker)
        raise Crash


def _quietly(work: Callable[[], Any]) -> None:
    """Let a late request take effect; nobody hears its answer."""
    with contextlib.suppress(Exception):
        work()


def _what(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Say what a request is to change; a launch by its recreation, tags without their values."""
    if args and isinstance(args[0], LaunchSpec):
        return dict(args[0].tags)[identity.TAG_ID]
    plain = (sorted(one) if isinstance(one, Mapping) else one for one in args)
    return " ".join(map(str, (*plain, kwargs.get("name", ""))))


@dataclass(frozen=True)
class _Proxy:
    interposer: Interposer
    worker: str
    port: str
    target: object

    def __getattr__(self, method: str) -> Any:
        bound = getattr(self.target, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            # Only a read that names what it is about can be answered from the past.
            is_told = self.interposer.tells_the_past and not is_change
            about = f"{self.port}.{method}{args}{kwargs}" if is_told else ""
            return self.interposer.perform(
                self.worker, self.port, method, lambda: bound(*args, **kwargs), about
            )

        def change(*args: Any, **kwargs: Any) -> Any:
            asking = current()
            asked = Change(
                asking.recreation if asking is not None else "",
                self.port,
                method,
                self.interposer.kernel.now,
                _what(args, kwargs),
                kwargs.get("token", ""),
            )
            self.interposer.changes.append(asked)
            try:
                answer = call(*args, **kwargs)
            except UnknownOutcome:
                raise
            except RecreationError as error:
                # A refusal, be it only for now: nothing was changed.
                asked.answer = type(error).__name__
                raise
            asked.answer = type(answer).__name__
            return answer

        def launch(spec: LaunchSpec, candidate: Candidate, **kwargs: Any) -> Any:
            recreation = dict(spec.tags)[identity.TAG_ID]
            asked = LaunchCall(recreation, kwargs["token"], candidate)
            self.interposer.launches.append(asked)
            answer = change(spec, candidate, **kwargs)
            asked.answer = type(answer).__name__
            return answer

        is_change = method in CHANGING.get(self.port, frozenset())
        chosen = change if is_change and self.port not in QUEUES else call
        chosen = launch if (self.port, method) == ("instances", "launch") else chosen
        # Found at once the next time.
        self.__dict__[method] = chosen
        return chosen
