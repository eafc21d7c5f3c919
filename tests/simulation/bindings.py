"""The ports of the product bound straight to the emulator's state: no HTTP, no SDK, no threads."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.state.cloud import Cloud
from emulator.state.errors import ApiError
from emulator.state.queues import OutMessage, Property
from tests.simulation.kernel import Actor, Kernel
from worker.adapters.ecs.call import ApiRefusal, route
from worker.core.errors import Permanent, Throttled
from worker.ports import Clock, Delivery, Lease, LeaseLost

DEAD_HANDLE = {"MessageNotExist", "ReceiptHandleError"}


@dataclass(frozen=True)
class CloudCall:
    """The seam to ECS and VPC over the emulator's state; each call takes `latency()` seconds."""

    cloud: Cloud
    region: str
    kernel: Kernel
    latency: Callable[[], float] = lambda: 0.1

    def __call__(self, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        product, name = route(action)
        latency = self.latency()
        self.kernel.sleep(latency / 2)
        try:
            body = self.cloud.call(product, self.region, name, params, self.kernel.now)
        except ApiError as error:
            self.kernel.sleep(latency / 2)
            raise ApiRefusal(error.status, error.code, error.message) from None
        self.kernel.sleep(latency / 2)
        return body


@dataclass(frozen=True)
class CloudProbes:
    """Port `Probes` over the emulator's state; a try without an answer takes all of its time."""

    cloud: Cloud
    region: str
    kernel: Kernel
    latency: float = 0.05

    def tcp(self, address: str, port: int, *, within: float) -> str:
        return self._try(address, within) if port else "no port"

    def http(self, address: str, port: int, path: str, *, within: float) -> str:
        return self._try(address, within) if port and path else "no port or path"

    def _try(self, address: str, within: float) -> str:
        self.kernel.sleep(self.latency)
        if self.cloud.ecs[self.region].answers(address, self.kernel.now):
            return ""
        self.kernel.sleep(max(within - self.latency, 0.0))
        return "no answer"


@dataclass
class Doorbell:
    """Wakes long polls when something may have come into their queue."""

    kernel: Kernel
    _waiting: dict[str, list[Actor]] = field(default_factory=dict)

    def ring(self, queue: str) -> None:
        for actor in self._waiting.pop(queue, ()):
            self.kernel.wake(actor, self.kernel.now)

    def wait(self, queue: str, until: float) -> None:
        """Sleep until the bell rings, or until the virtual time `until`."""
        actor = self.kernel.acting
        waiting = self._waiting.setdefault(queue, [])
        waiting.append(actor)
        self.kernel.wake(actor, until)
        self.kernel.park()
        if actor in waiting:
            waiting.remove(actor)


@dataclass(frozen=True)
class CloudQueue:
    """Port `Queue` over one queue of the emulator's state."""

    cloud: Cloud
    region: str
    name: str
    kernel: Kernel
    clock: Clock
    doorbell: Doorbell | None = None
    sent: list[Mapping[str, str]] = field(default_factory=list)
    latency: float = 0.02

    def receive(self, *, count: int, wait: float) -> tuple[Delivery, ...]:
        deadline = self.kernel.now + wait
        self.kernel.sleep(self.latency)
        while True:
            service = self._service()
            found = service.receive(self.name, count, self.kernel.now)
            if found or self.kernel.now >= deadline:
                return tuple(
                    Delivery(
                        message_id=one.message_id,
                        handle=one.receipt_handle or "",
                        body=one.body,
                        attributes={each.name: each.value for each in one.user_properties},
                        enqueued_at=one.enqueue_ms / 1000,
                        dequeue_count=one.dequeue_count,
                        lease_until=(one.next_visible_ms or 0) / 1000,
                        told_at=one.first_dequeue_ms / 1000 if one.dequeue_count == 1 else None,
                    )
                    for one in found
                )
            soonest = service.next_visible_at(self.name, self.kernel.now)
            until = deadline if soonest is None else min(soonest, deadline)
            self._await(max(until, self.kernel.now + self.latency))

    def send(self, body: str, attributes: Mapping[str, str], *, delay: float = 0.0) -> str:
        message = OutMessage(
            body=body,
            delay_seconds=math.ceil(delay),
            priority=None,
            group_id=None,
            user_properties=tuple(
                Property(name, value, "STRING") for name, value in attributes.items()
            ),
            system_properties=(),
        )
        self.kernel.sleep(self.latency)
        self.sent.append(attributes)
        (sent,) = self._service().send(self.name, [message], self.kernel.now)
        if not hasattr(sent, "message_id"):
            raise Permanent(f"the queue refuses the message: {sent}")
        return str(sent.message_id)

    def delete(self, handle: str) -> None:
        self.kernel.sleep(self.latency)
        try:
            self._service().delete(self.name, handle, self.kernel.now)
        except ApiError as error:
            raise _translated(error) from None

    def renew(self, handle: str, seconds: float) -> Lease:
        begun = self.clock.now()
        self.kernel.sleep(self.latency)
        try:
            fresh, until = self._service().change_visibility(
                self.name, handle, max(1, math.ceil(seconds)), self.kernel.now
            )
        except ApiError as error:
            raise _translated(error) from None
        whole = max(1, math.ceil(seconds))
        return Lease(fresh, begun + whole, until / 1000 - whole)

    def _await(self, until: float) -> None:
        if self.doorbell is not None:
            self.doorbell.wait(self.name, until)
        else:
            self.kernel.sleep(min(until - self.kernel.now, 1.0))

    def _service(self) -> Any:
        self.cloud.advance(self.kernel.now)
        return self.cloud.queues(self.region)


def _translated(error: ApiError) -> Exception:
    if error.code in DEAD_HANDLE:
        return LeaseLost(error.code)
    if error.code == "TooManyRequests":
        return Throttled("the queue is busy", retry_at=0.0, code=error.code)
    return Permanent(error.message, code=error.code)
