"""Between the product and its ports: counts every call and lets a planned fault strike at one."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.simulation.kernel import Crash, Kernel
from worker.core.errors import Permanent, Throttled, Transient, UnknownOutcome

# Methods that change something, by port; all others are reads.
CHANGING: Mapping[str, frozenset[str]] = {
    "disks": frozenset({"keep", "release"}),
    "images": frozenset({"create"}),
    "instances": frozenset({"launch", "stop"}),
    "tagging": frozenset({"tag"}),
    "queue": frozenset({"receive", "send", "delete", "renew"}),
    "dead_letters": frozenset({"send"}),
}


class Fault(str, Enum):
    """What can happen at one call."""

    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    ANSWER_LOST = "answer-lost"
    NOT_SENT = "not-sent"
    THROTTLED = "throttled"
    REFUSED = "refused"
    LATE = "late-effect"
    SLOW = "slow"
    PAUSED = "paused"


PAUSE_SECONDS = 90.0


ON_CHANGES = tuple(Fault)
ON_QUEUES = tuple(fault for fault in Fault if fault is not Fault.REFUSED)
ON_READS = tuple(fault for fault in Fault if fault not in {Fault.ANSWER_LOST, Fault.LATE})


@dataclass(frozen=True)
class Call:
    """One call of a port, as recorded."""

    number: int
    worker: str
    port: str
    method: str
    at: float


def faults_for(call: Call) -> tuple[Fault, ...]:
    """List the faults that can happen at a call."""
    if call.method in CHANGING.get(call.port, frozenset()):
        return ON_QUEUES if call.port == "queue" else ON_CHANGES
    return ON_READS


@dataclass
class Interposer:
    """Strikes according to `plan`, which maps call numbers to faults."""

    kernel: Kernel
    plan: Mapping[int, Fault] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    struck: list[tuple[Call, Fault]] = field(default_factory=list)
    crash: Callable[[str], None] = lambda _worker: None
    pause: Callable[[str, float], None] = lambda _worker, _seconds: None
    _owed: list[Fault] = field(default_factory=list)

    def wrap(self, worker: str, port: str, target: object) -> Any:
        """Return `target` with every method counted and exposed to faults."""
        return _Proxy(self, worker, port, target)

    def perform(self, worker: str, port: str, method: str, work: Callable[[], Any]) -> Any:
        call = Call(len(self.calls), worker, port, method, self.kernel.now)
        self.calls.append(call)
        fault = self._due(call)
        if fault is None:
            return work()
        self.struck.append((call, fault))
        return self._strike(call, fault, work)

    def _due(self, call: Call) -> Fault | None:
        """Return the fault for a call; one that does not apply to it waits for the next."""
        if call.number in self.plan:
            self._owed.append(self.plan[call.number])
        fault = next((one for one in self._owed if one in faults_for(call)), None)
        if fault is not None:
            self._owed.remove(fault)
        return fault

    def _strike(self, call: Call, fault: Fault, work: Callable[[], Any]) -> Any:
        changing = call.method in CHANGING.get(call.port, frozenset())
        lost = UnknownOutcome if changing else Transient
        match fault:
            case Fault.CRASH_BEFORE:
                self._crash(call)
            case Fault.CRASH_AFTER:
                work()
                self._crash(call)
            case Fault.ANSWER_LOST:
                work()
                self.kernel.sleep(10.0)
                raise lost("the answer was lost", code="fault")
            case Fault.NOT_SENT:
                self.kernel.sleep(10.0)
                raise lost("no answer came", code="fault")
            case Fault.LATE:
                self.kernel.spawn(lambda: _quietly(work), at=self.kernel.now + 60.0)
                raise lost("no answer came", code="fault")
            case Fault.THROTTLED:
                minute = self.kernel.now - self.kernel.now % 60 + 60
                raise Throttled("refused for rate", retry_at=minute, code="Throttling.User")
            case Fault.SLOW:
                answer = work()
                self.kernel.sleep(PAUSE_SECONDS)
                return answer
            case Fault.PAUSED:
                self.pause(call.worker, PAUSE_SECONDS)
                self.kernel.sleep(PAUSE_SECONDS)
                return work()
        raise Permanent("refused", code="Forbidden.RAM")

    def _crash(self, call: Call) -> None:
        self.crash(call.worker)
        raise Crash


def _quietly(work: Callable[[], Any]) -> None:
    """Let a late request take effect; nobody hears its answer."""
    with contextlib.suppress(Exception):
        work()


@dataclass(frozen=True)
class _Proxy:
    interposer: Interposer
    worker: str
    port: str
    target: object

    def __getattr__(self, method: str) -> Any:
        bound = getattr(self.target, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            return self.interposer.perform(
                self.worker, self.port, method, lambda: bound(*args, **kwargs)
            )

        return call
