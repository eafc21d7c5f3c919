"""The ports of the product bound straight to the emulator's state: no HTTP, no SDK, no threads."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.state.cloud import Cloud
from emulator.state.errors import ApiError
from emulator.state.queues import OutMessage, Property
from tests.simulation.kernel import Kernel
from worker.adapters.ecs.call import ApiRefusal, product_of
from worker.core.errors import Permanent, Throttled
from worker.ports import Clock, Delivery, Lease, LeaseLost

DEAD_HANDLE = {"MessageNotExist", "ReceiptHandleError"}


@dataclass(frozen=True)
class CloudCall:
    """The seam to ECS and VPC over the emulator's state; each call takes `latency` seconds."""

    cloud: Cloud
    region: str
    kernel: Kernel
    latency: float = 0.1

    def __call__(self, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.kernel.sleep(self.latency / 2)
        try:
            body = self.cloud.call(product_of(action), self.region, action, params, self.kernel.now)
        except ApiError as error:
            self.kernel.sleep(self.latency / 2)
            raise ApiRefusal(error.status, error.code, error.message) from None
        self.kernel.sleep(self.latency / 2)
        return body


@dataclass(frozen=True)
class CloudQueue:
    """Port `Queue` over one queue of the emulator's state."""

    cloud: Cloud
    region: str
    name: str
    kernel: Kernel
    clock: Clock
    latency: float = 0.02

    def receive(self, *, count: int, wait: float) -> tuple[Delivery, ...]:
        deadline = self.kernel.now + wait
        while True:
            self.kernel.sleep(self.latency)
            self.cloud.advance(self.kernel.now)
            service = self.cloud.queues(self.region)
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
            due = self.cloud.next_due()
            wakes = [deadline, *(at for at in (soonest, due) if at is not None)]
            # A poll sees what arrives in the meantime within a second.
            pause = min(max(min(wakes) - self.kernel.now, 0.01), 1.0)
            self.kernel.sleep(pause)

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
            fresh, _ = self._service().change_visibility(
                self.name, handle, max(1, math.ceil(seconds)), self.kernel.now
            )
        except ApiError as error:
            raise _translated(error) from None
        return Lease(fresh, begun + max(1, math.ceil(seconds)))

    def _service(self) -> Any:
        self.cloud.advance(self.kernel.now)
        return self.cloud.queues(self.region)


def _translated(error: ApiError) -> Exception:
    if error.code in DEAD_HANDLE:
        return LeaseLost(error.code)
    if error.code == "TooManyRequests":
        return Throttled("the queue is busy", retry_at=0.0, code=error.code)
    return Permanent(error.message, code=error.code)
