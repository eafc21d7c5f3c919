"""How messages move through the queues of one region, by calls and by time.

What holds at every instant:
    1. A message has one good receipt handle at most. A receive or a change makes a new one; the end
       of the lease kills it even when nobody receives the message again.
    2. Retention counts from the send and nothing restarts it, the dead-letter move included.
    3. A message that is not deleted or expired can be received again at some later instant, here or
       in the dead-letter queue.
    4. Every effect is in the ledger, those of the platform (Expire, MoveToDeadLetter) too.

Sources: SMQ "QueueMessage", "ReceiveMessage", "ChangeMessageVisibility", "Dead-letter queue".
"""

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from emulator.state.queue_errors import handle_error, queue_not_exist, receipt_handle_error
from emulator.state.queue_handles import make_handle, message_id_of
from emulator.state.queue_messages import (
    DEFAULT_PRIORITY,
    DLQ_PROPERTIES,
    OutMessage,
    Property,
    body_md5,
)
from emulator.state.queue_store import Queue, StoredMessage, milliseconds
from emulator.state.world import World

# The value set of DLQMessageType is not public.
DLQ_MESSAGE_TYPE = "DEAD_LETTER"


@dataclass(slots=True)
class MessageFlow:
    """The moves of messages: stored, leased, receivable again, expired, removed, dead-lettered.

    Attributes:
        wake: Called with a queue's name when something may be received earlier than was said.
        duplicate_probability: Share of leases that end early, so that a message comes twice.
    """

    world: World
    region: str
    wake: Callable[[str], None]
    queues: dict[str, Queue] = field(default_factory=dict)
    duplicate_probability: float = 0.0
    _serial: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    # Ends of leases after which a message moves to its dead-letter queue by itself.
    _last_lease_ends: list[tuple[float, str]] = field(default_factory=list)

    def open(self, name: str, now: float) -> Queue:
        """Return a queue after time has done its work on it.

        Raises:
            ApiError: QueueNotExist.
        """
        ends = self._last_lease_ends
        while ends and ends[0][0] <= now:
            due, other = heapq.heappop(ends)
            self.catch_up(other, due)
        queue = self.queues.get(name)
        if queue is None:
            raise queue_not_exist()
        self.catch_up(name, now)
        return queue

    def catch_up(self, name: str, now: float) -> None:
        """Expire what is too old and make receivable what is due."""
        queue = self.queues.get(name)
        if queue is None:
            return
        while (expired := queue.next_expired(now)) is not None:
            self.remove(queue, expired, now)
            self.record(expired.expires_at, "Expire", name, message_id=expired.message_id)
        while (message := queue.pop_matured(now)) is not None:
            if not self._moves_at_lease_end(queue, message):
                since = min(message.visible_at, now)
                queue.place(message, since, now, self._order(queue, message, since))
            elif message.visible_at <= now:
                self._dead_letter(queue, message, message.visible_at)
            else:  # A lease that was to end early, but the last one runs its full time.
                queue.place(message, message.visible_at, now, (0, 0))

    def store(self, queue: Queue, out: OutMessage, now: float) -> StoredMessage:
        """Take a checked message into a queue; a delayed one gets a handle at once."""
        attributes = queue.attributes
        delay = attributes.delay_seconds if out.delay_seconds is None else out.delay_seconds
        with_properties = self.world.assumptions.smq_md5_covers_properties
        message = StoredMessage(
            message_id=self._new_id(),
            sequence=next(self._serial),
            body=out.body,
            body_md5=body_md5(out.body, out.user_properties if with_properties else ()),
            priority=DEFAULT_PRIORITY if out.priority is None else out.priority,
            group_id=out.group_id,
            user_properties=out.user_properties,
            system_properties=out.system_properties,
            sent_at=now,
            enqueued_at=now,
            expires_at=now + attributes.message_retention_period,
            visible_at=now + delay,
        )
        if delay:
            message.handle = self._new_handle(message, now)
        queue.add(message, now, self._order(queue, message, now))
        sent = {"message_id": message.message_id, "visible_at": message.visible_at}
        self.record(now, "Send", queue.name, **sent)
        return message

    def deliver_next(self, queue: Queue, now: float) -> StoredMessage | None:
        """Lease the next message, after moving those aside that were delivered too often."""
        while (message := queue.pop_ready()) is not None:
            if not self._moves_on_receive(queue, message):
                self._deliver(queue, message, now)
                return message
            self._dead_letter(queue, message, now)
        return None

    def lease(self, queue: Queue, message: StoredMessage, until: float, now: float) -> None:
        """Hide a message until an instant, under a new handle."""
        message.visible_at = until
        message.handle = self._new_handle(message, now)
        queue.place(message, until, now, (0, 0))
        if self._moves_at_lease_end(queue, message):
            heapq.heappush(self._last_lease_ends, (until, queue.name))
            self.world.scheduler.at(until, lambda due: self.catch_up(queue.name, due))

    def release(self, queue: Queue, message: StoredMessage, now: float) -> None:
        """Make a message receivable at once; its handle stays good until then."""
        queue.place(message, now, now, self._order(queue, message, now))

    def find(self, queue: Queue, handle: str, now: float) -> StoredMessage:
        """Return the message of a handle that is still good.

        Raises:
            ApiError: MessageNotExist or ReceiptHandleError.
        """
        assumptions = self.world.assumptions
        message_id = message_id_of(handle)
        if message_id is None:
            raise receipt_handle_error()
        message = queue.messages.get(message_id)
        if message is None:
            raise handle_error(assumptions.smq_dead_handle_code)
        if message.handle != handle:
            raise handle_error(assumptions.smq_superseded_handle_code)
        if message.visible_at <= now:
            raise handle_error(assumptions.smq_dead_handle_code)
        return message

    def remove(self, queue: Queue, message: StoredMessage, now: float) -> None:
        """Take a message out of its queue; the next one of its FIFO group takes its place."""
        successor = queue.remove(message)
        if successor is not None:
            order = self._order(queue, successor, now)
            queue.place(successor, successor.visible_at, now, order)
            self.wake(queue.name)

    def record(self, at: float, action: str, name: str, **detail: object) -> None:
        """Write an effect on a queue to the ledger."""
        self.world.record(at, "smq", self.region, action, name, **detail)

    def _deliver(self, queue: Queue, message: StoredMessage, now: float) -> None:
        timeout = queue.attributes.visibility_timeout
        message.deliveries += 1
        message.dequeue_count += 1
        if message.first_dequeued_at is None:
            message.first_dequeued_at = now
        self.lease(queue, message, now + timeout, now)
        if self.duplicate_probability and self.world.rng.random() < self.duplicate_probability:
            queue.place(message, now + self.world.rng.random() * timeout, now, (0, 0))
        received = {"message_id": message.message_id, "dequeue_count": message.dequeue_count}
        self.record(now, "Receive", queue.name, **received)

    def _order(self, queue: Queue, message: StoredMessage, since: float) -> tuple[float, float]:
        """Rank a message among the receivable: by priority, then roughly by its arrival."""
        assumptions = self.world.assumptions
        if queue.attributes.is_fifo:
            return (0, message.sequence)
        priority = message.priority if assumptions.smq_priority_counts else 0
        return (priority, since + self.world.rng.random() * assumptions.smq_order_jitter_seconds)

    def _is_exhausted(self, queue: Queue, message: StoredMessage) -> bool:
        policy = queue.attributes.dlq_policy
        if not policy.enabled or policy.target not in self.queues:
            return False
        extra = self.world.assumptions.smq_dlq_extra_deliveries
        return message.deliveries >= max(1, policy.max_receive_count + extra)

    def _moves_on_receive(self, queue: Queue, message: StoredMessage) -> bool:
        moves = self.world.assumptions.smq_dlq_move == "receive"
        return moves and self._is_exhausted(queue, message)

    def _moves_at_lease_end(self, queue: Queue, message: StoredMessage) -> bool:
        moves = self.world.assumptions.smq_dlq_move == "lease_end"
        return moves and self._is_exhausted(queue, message)

    def _dead_letter(self, queue: Queue, message: StoredMessage, at: float) -> None:
        """Move a message to the dead-letter queue, where its retention runs on."""
        target = self.queues[queue.attributes.dlq_policy.target]
        self.remove(queue, message, at)
        moved = self._moved(queue, message, target, at)
        target.add(moved, at, self._order(target, moved, at))
        self.record(
            at,
            "MoveToDeadLetter",
            queue.name,
            message_id=message.message_id,
            target=target.name,
            new_message_id=moved.message_id,
        )
        self.wake(target.name)

    def _moved(
        self, queue: Queue, message: StoredMessage, target: Queue, at: float
    ) -> StoredMessage:
        assumptions = self.world.assumptions
        resets = assumptions.smq_dlq_resets_dequeue_count
        survives = assumptions.smq_dlq_keeps_user_properties
        longest = message.sent_at + target.attributes.message_retention_period
        return replace(
            message,
            message_id=self._new_id(),
            sequence=next(self._serial),
            user_properties=message.user_properties if survives else (),
            system_properties=self._dlq_properties(queue, message),
            enqueued_at=message.enqueued_at if assumptions.smq_dlq_keeps_enqueue_time else at,
            expires_at=min(message.expires_at, longest),
            visible_at=at,
            deliveries=0,
            dequeue_count=0 if resets else message.dequeue_count,
            first_dequeued_at=None if resets else message.first_dequeued_at,
            handle=None,
            ticket=0,
        )

    def _dlq_properties(self, queue: Queue, message: StoredMessage) -> tuple[Property, ...]:
        if not self.world.assumptions.smq_dlq_stamps_origin:
            return message.system_properties
        arn = f"acs:mns:{self.region}:{self.world.account_id}:/queues/{queue.name}"
        values = (DLQ_MESSAGE_TYPE, arn, message.message_id)
        others = (item for item in message.system_properties if item.name not in DLQ_PROPERTIES)
        return (*others, *map(Property, DLQ_PROPERTIES, values))

    def _new_id(self) -> str:
        return f"{self.world.rng.getrandbits(128):032X}"

    def _new_handle(self, message: StoredMessage, now: float) -> str:
        leased_ms = milliseconds(now)
        lease_ms = milliseconds(message.visible_at) - leased_ms
        return make_handle(message.message_id, next(self._serial), leased_ms, lease_ms)
