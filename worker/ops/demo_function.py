"""Function Compute in the demo: calls the local function server as trigger and timers do, and keeps the bill.

What is played is the platform: a cap of the instances, one invocation at a time in each, a new instance where none is free,
and the measured seconds that are billed. While no invocation runs nothing can happen before the next call is due, so that the
cloud's clock is moved on to it.
"""

import http.client
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from typing_extensions import override

from worker import ports
from worker.core.errors import Permanent
from worker.core.messages import iso
from worker.ops.demo_control import Control
from worker.ops.demo_processes import Crew, Process, Said, exit_sentence
from worker.ops.demo_staff import START_SECONDS, Staff, stop_process

# As deploy/fc/s.yaml has them; a test compares them.
MEMORY_MIB = 256
INSTANCES_MAX = 2
TIMER_SECONDS = 15.0
TIMEOUT_SECONDS = 660
# From the notice to the trigger's call, and from one copy of it to the next; no document tells.
TRIGGER_SECONDS = 0.5
COPY_SECONDS = 5.0
# Real seconds; an invocation whose answer takes longer hangs.
ANSWER_SECONDS = 300.0
# Threads may starve side by side, so that the sum says too much: so much of what an invocation lasted is billed at least.
CREDIBLE_SHARE = 0.5
CLOUD = "emulator"
_LISTENS = "Waiting for POST "
_TIMER = b'{"triggerTime": "", "triggerName": "sweep", "payload": ""}'
_MIB_PER_GIB = 1024


@dataclass(frozen=True, slots=True)
class Bill:
    """What the platform would bill from the notice to the end.

    Attributes:
        gb_seconds: Of all invocations, the timers' included.
        original_gb_seconds: Of the original, for the same notice in the same cloud.
    """

    invocations: int
    seconds: float
    gb_seconds: float
    original_gb_seconds: float

    def as_data(self) -> dict[str, Any]:
        """Return plain data for programs."""
        return {
            "invocations": self.invocations,
            "billed_seconds": round(self.seconds, 1),
            "gb_seconds": round(self.gb_seconds, 2),
            "original_gb_seconds": round(self.original_gb_seconds, 2),
        }


@dataclass(slots=True, eq=False)
class _Instance:
    """A process that serves the function.

    Attributes:
        url: Where it listens; empty while it starts.
        began: When its invocation began, by the cloud's clock; None while it is free.
        starved: For how long it and the emulator had been without a processor by then, seconds.
        answer: Status and text of the invocation that has just ended.
    """

    process: Process
    url: str = ""
    began: float | None = None
    starved: float = 0.0
    answer: tuple[int, str] | None = None


@dataclass(slots=True)
class Functions(Staff):
    """The function's instances, and the calls that wait for one.

    Attributes:
        speed: Seconds of the cloud per real second.
        billed: Seconds of each invocation since the notice.
        calls: Due time and payload of what the trigger will deliver.
    """

    members: Crew
    config: Path
    control: Control
    clock: ports.CorrectedClock
    speed: float
    key: str = "demo.function"
    hired: int = 0
    billed: list[float] = field(default_factory=list)
    calls: list[tuple[float, bytes]] = field(default_factory=list)
    _waiting: "deque[bytes]" = field(default_factory=deque)
    _instances: list[_Instance] = field(default_factory=list)
    _counts_from: float | None = None
    _next_timer: float = 0.0

    @override
    def hire(self) -> None:
        """Have an instance that has served a timer, as timers every 15 seconds keep one."""
        instance = self._start()
        while not instance.url:
            said = self.members.next(START_SECONDS)
            if said is None or said.text is None:
                raise Permanent(f"the function did not start: {exit_sentence(instance.process)}")
            self.heard(said)
        self._invoke(instance, _TIMER)
        while instance.began is not None:
            self.members.next(0.01)
            self._end_what_has_answered()
        self._next_timer = self._timer_after(self.clock.now())

    @override
    def noticed(self, notice: dict[str, Any], source_id: str, copies: int) -> None:
        t0 = float(notice["t0"])
        self._counts_from = t0
        body = _event(str(notice["event_id"]), source_id, t0)
        first = t0 + TRIGGER_SECONDS
        self.calls = [(first + COPY_SECONDS * copy, body) for copy in range(copies)]

    @override
    def heard(self, said: Said) -> None:
        text = said.text or ""
        for one in self._instances:
            if one.process.name == said.process and text.startswith(_LISTENS):
                one.url = text.removeprefix(_LISTENS)

    @override
    def turn(self, *, quiet: bool) -> None:
        self._end_what_has_answered()
        self._deliver_what_is_due()
        while self._waiting and (free := self._free()) is not None:
            self._invoke(free, self._waiting.popleft())
        if quiet and not self._waiting and not self._is_busy:
            self._move_on()

    @override
    def is_at_work(self, name: str) -> bool:
        return any(one.process.name == name for one in self._instances)

    @override
    def kill(self) -> None:
        """End every instance; the next call starts another."""
        now = self.clock.now()
        for one in self._instances:
            # First the bill: of a process that is gone nothing is known.
            self._bill(one, now)
            one.process.kill()
        self._instances.clear()

    @override
    def stop(self) -> None:
        while self._is_busy:
            self.members.next(0.05)
            self._end_what_has_answered()
        for one in self._instances:
            if one.url:
                stop_process(one.process, "function")
            else:
                # It has no work, and cannot hear the request before it is loaded.
                one.process.kill()

    def bill(self, original_gb_seconds: float) -> Bill:
        """Return the bill so far."""
        seconds = sum(self.billed)
        gb_seconds = seconds * MEMORY_MIB / _MIB_PER_GIB
        return Bill(len(self.billed), seconds, gb_seconds, original_gb_seconds)

    @property
    def _is_busy(self) -> bool:
        return any(one.began is not None for one in self._instances)

    def _start(self) -> _Instance:
        self.hired += 1
        arguments = ["function", "--config", str(self.config), "--port", "0"]
        process = self.members.start(f"function-{self.hired}", "worker", arguments)
        self._instances.append(_Instance(process))
        return self._instances[-1]

    def _free(self) -> _Instance | None:
        """Find an instance that can be called; where none is free and none on its way, one is started."""
        free = next((one for one in self._instances if one.url and one.began is None), None)
        is_on_its_way = any(not one.url for one in self._instances)
        if free is None and not is_on_its_way and len(self._instances) < INSTANCES_MAX:
            self._start()
        return free

    def _invoke(self, instance: _Instance, payload: bytes) -> None:
        instance.began, instance.answer = self.clock.now(), None
        instance.starved = self._starved(instance)

        def work() -> None:
            instance.answer = _post(instance.url, payload)

        threading.Thread(target=work, name="invocation", daemon=True).start()

    def _end_what_has_answered(self) -> None:
        now = self.clock.now()
        for one in self._instances:
            if one.answer is None:
                continue
            status, text = one.answer
            one.answer = None
            self._bill(one, now)
            if status != http.client.OK:
                raise Permanent(f"an invocation failed: {text}")

    def _bill(self, instance: _Instance, now: float) -> None:
        """Take what an invocation lasted, without what this machine's other work has taken from it.

        An instance in the cloud has its share of a processor to itself.
        """
        began, instance.began = instance.began, None
        if began is None or self._counts_from is None:
            return
        elapsed = now - began
        starved = (self._starved(instance) - instance.starved) * self.speed
        self.billed.append(max(elapsed - starved, elapsed * CREDIBLE_SHARE))

    def _starved(self, instance: _Instance) -> float:
        served = [one for one in self.members.processes if one.name == CLOUD]
        return sum(one.starved for one in (instance.process, *served))

    def _deliver_what_is_due(self) -> None:
        now = self.clock.now()
        self._waiting += [body for at, body in self.calls if at <= now]
        self.calls = [call for call in self.calls if call[0] > now]
        if now >= self._next_timer:
            self._waiting.append(_TIMER)
            self._next_timer = self._timer_after(now)

    def _move_on(self) -> None:
        due = min([self._next_timer, *(at for at, _ in self.calls)])
        ahead = due - self.clock.now()
        if ahead > 0:
            self.control.order("clock", advance=ahead)
            self.clock.learn(due, asked_at=due)

    def _timer_after(self, now: float) -> float:
        return (now // TIMER_SECONDS + 1) * TIMER_SECONDS


def _post(url: str, payload: bytes) -> tuple[int, str]:
    """Invoke; a connection that breaks is an answer, too."""
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=ANSWER_SECONDS)
    headers = {"x-fc-function-timeout": str(TIMEOUT_SECONDS), "x-fc-request-id": "demo"}
    try:
        connection.request("POST", f"/{path}", payload, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, f"no answer ({type(error).__name__})"
    finally:
        connection.close()


def _event(event_id: str, instance_id: str, at: float) -> bytes:
    """Write the event as the rule's trigger delivers it."""
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": "acs.ecs",
        "type": "ecs:Instance:PreemptibleInstanceInterruption",
        "time": iso(at),
        "data": {"instanceId": instance_id, "action": "delete"},
    }
    return json.dumps(event).encode()
