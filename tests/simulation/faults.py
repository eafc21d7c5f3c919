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
    "queue": frozenset({"send", "delete", "renew"}),
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


@dataclass(frozen=True)
class Call:
    """One call of a port, as recorded."""

    number: int
    worker: str
    port: str
    method: str


@dataclass
class Interposer:
    """Strikes according to `plan`, which maps call numbers to faults."""

    kernel: Kernel
    plan: Mapping[int, Fault] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    struck: list[tuple[Call, Fault]] = field(default_factory=list)
    crash: Callable[[str], None] = lambda _worker: None

    def wrap(self, worker: str, port: str, target: object) -> Any:
        """Return `target` with every method counted and exposed to faults."""
        return _Proxy(self, worker, port, target)

    def perform(self, worker: str, port: str, method: str, work: Callable[[], Any]) -> Any:
        call = Call(len(self.calls), worker, port, method)
        self.calls.append(call)
        fault = self.plan.get(call.number)
        if fault is None:
            return work()
        self.struck.append((call, fault))
        return self._strike(call, fault, work)

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
            case Fault.REFUSED:
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
