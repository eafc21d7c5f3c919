"""SMQ, the data plane of one region: every queue and message operation as a Python method.

Every call takes the virtual time and first lets time do its work on the queue it names.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from emulator.state.errors import ApiError
from emulator.state.queue_attributes import DATA_PLANE_ATTRIBUTES, QueueAttributes, bounded
from emulator.state.queue_errors import (
    invalid_argument,
    invalid_queue_name,
    message_not_exist,
    out_of_range,
    queue_already_exist,
    queue_deleted_recently,
    queue_name_length,
    queue_not_exist,
)
from emulator.state.queue_flow import MessageFlow
from emulator.state.queue_messages import (
    BATCH_BYTES_LIMIT,
    BATCH_LIMIT,
    DeleteFailure,
    InMessage,
    OutMessage,
    Property,
    SendError,
    SentMessage,
    check_message,
    size_of,
)
from emulator.state.queue_store import Queue, milliseconds
from emulator.state.world import World

__all__ = [
    "DATA_PLANE_ATTRIBUTES",
    "DeleteFailure",
    "InMessage",
    "OutMessage",
    "Property",
    "Queue",
    "QueuePage",
    "QueueService",
    "SendError",
    "SentMessage",
]

# Source: SMQ "CreateQueue".
QUEUE_NAME_LIMIT = 120
LIST_LIMIT = 1_000
# Zero is refused. Source: SMQ "ChangeMessageVisibility".
VISIBILITY_RANGE = (1, 43_200)

_QUEUE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a list of queues; an absent marker means the last page."""

    queues: tuple[Queue, ...]
    next_marker: str | None


class QueueService:
    """The queues of one region.

    Attributes:
        on_available: Called with a queue's name whenever something in it may be received earlier
            than `next_visible_at` last said, or the queue is gone; wakes long polls.
    """

    def __init__(self, world: World, region: str) -> None:
        self.world = world
        self.region = region
        self.on_available: Callable[[str], None] | None = None
        self._flow = MessageFlow(world, region, self._wake)
        self._deleted_at: dict[str, float] = {}

    @property
    def duplicate_probability(self) -> float:
        """Share of receives (0 to 1) whose lease ends early, so that the message comes twice."""
        return self._flow.duplicate_probability

    @duplicate_probability.setter
    def duplicate_probability(self, share: float) -> None:
        self._flow.duplicate_probability = share

    def create_queue(self, name: str, attributes: Mapping[str, object] | None, now: float) -> bool:
        """Create a queue; False when the same one exists already.

        Args:
            name: Letters, digits and hyphens.
            attributes: Settings by their wire names, for example `{"DelaySeconds": 5}`.
            now: Virtual epoch seconds.

        Raises:
            ApiError: InvalidQueueName, QueueNameLengthError, InvalidArgument, QueueAlreadyExist or
                QueueDeletedRecently.
        """
        _check_queue_name(name)
        given = attributes or {}
        wanted = QueueAttributes().updated(given)
        self._check_dlq_target(name, wanted)
        existing = self._flow.queues.get(name)
        if existing is not None:
            self._check_same(existing.attributes, wanted, given)
            return False
        self._check_not_deleted_recently(name, now)
        self._flow.queues[name] = Queue(name, wanted, created_at=now, modified_at=now)
        self._flow.record(now, "CreateQueue", name, attributes=dict(given))
        return True

    def set_attributes(self, name: str, attributes: Mapping[str, object], now: float) -> None:
        """Replace the given settings of a queue and keep the others.

        Raises:
            ApiError: QueueNotExist or InvalidArgument.
        """
        queue = self._flow.open(name, now)
        wanted = queue.attributes.updated(attributes)
        if wanted.queue_type != queue.attributes.queue_type:
            raise invalid_argument("The type of a queue cannot change.")
        self._check_dlq_target(name, wanted)
        queue.attributes = wanted
        queue.modified_at = now
        self._flow.record(now, "SetQueueAttributes", name, attributes=dict(attributes))

    def get_queue(self, name: str, now: float) -> Queue:
        """Return a queue with settings, times and messages; QueueNotExist when not there."""
        return self._flow.open(name, now)

    def get_attributes(self, name: str, now: float) -> QueueAttributes:
        """Return the settings of a queue; QueueNotExist when it is not there."""
        return self._flow.open(name, now).attributes

    def has_queue(self, name: str) -> bool:
        """Tell whether a queue of this name exists."""
        return name in self._flow.queues

    def delete_queue(self, name: str, now: float) -> None:
        """Delete a queue with all its messages.

        Raises:
            ApiError: QueueNotExist, where that is the assumption.
        """
        _check_queue_name(name)
        queue = self._flow.queues.pop(name, None)
        if queue is None:
            if self.world.assumptions.smq_delete_missing_queue_fails:
                raise queue_not_exist()
            return
        self._deleted_at[name] = now
        self._flow.record(now, "DeleteQueue", name, messages=len(queue.messages))
        self._wake(name)

    def list_queues(self, prefix: str = "", marker: str = "", limit: int = LIST_LIMIT) -> QueuePage:
        """Return queues by name, from behind `marker` on.

        Raises:
            ApiError: InvalidArgument for a limit outside 1 to 1000.
        """
        bounded("x-mns-ret-number", limit, 1, LIST_LIMIT)
        queues = self._flow.queues
        names = sorted(name for name in queues if name.startswith(prefix) and name > marker)
        page = tuple(queues[name] for name in names[:limit])
        return QueuePage(page, page[-1].name if len(names) > limit else None)

    def send(
        self, name: str, messages: Sequence[OutMessage], now: float
    ) -> list[SentMessage | SendError]:
        """Send up to 16 messages; each succeeds or fails for itself.

        Raises:
            ApiError: QueueNotExist, or InvalidArgument when the batch as a whole breaks a limit.
        """
        queue = self._flow.open(name, now)
        _check_batch(len(messages))
        if len(messages) > 1 and sum(map(size_of, messages)) > BATCH_BYTES_LIMIT:
            raise out_of_range("Messages", 1, BATCH_BYTES_LIMIT)
        results = [self._send_or_refuse(queue, message, now) for message in messages]
        self._wake(name)
        return results

    def send_one(self, name: str, message: OutMessage, now: float) -> SentMessage:
        """Send one message.

        Raises:
            ApiError: What `send` raises, or the message's own refusal.
        """
        (result,) = self.send(name, [message], now)
        if isinstance(result, SendError):
            raise ApiError(result.status, result.code, result.message)
        return result

    def receive(self, name: str, count: int, now: float) -> list[InMessage]:
        """Lease up to `count` messages for the queue's visibility timeout.

        Raises:
            ApiError: QueueNotExist, or InvalidArgument for a count outside 1 to 16.
        """
        queue = self._flow.open(name, now)
        _check_batch(count)
        received: list[InMessage] = []
        while len(received) < count and (message := self._flow.deliver_next(queue, now)):
            received.append(message.view(leased=True))
        return received

    def peek(self, name: str, count: int, now: float) -> list[InMessage]:
        """Show up to `count` messages that could be received, and change nothing.

        Raises:
            ApiError: QueueNotExist, or InvalidArgument for a count outside 1 to 16.
        """
        queue = self._flow.open(name, now)
        _check_batch(count)
        return [message.view(leased=False) for message in queue.peek(count)]

    def delete(self, name: str, handle: str, now: float) -> None:
        """Delete the message that a handle stands for.

        Raises:
            ApiError: QueueNotExist, MessageNotExist or ReceiptHandleError.
        """
        queue = self._flow.open(name, now)
        message = self._flow.find(queue, handle, now)
        self._flow.remove(queue, message, now)
        self._flow.record(now, "Delete", name, message_id=message.message_id)

    def delete_batch(self, name: str, handles: Sequence[str], now: float) -> list[DeleteFailure]:
        """Delete up to 16 messages and return what could not be deleted.

        Raises:
            ApiError: QueueNotExist, or InvalidArgument for a wrong number of handles.
        """
        self._flow.open(name, now)
        _check_batch(len(handles))
        results = (self._delete_or_refuse(name, handle, now) for handle in handles)
        return [failure for failure in results if failure is not None]

    def change_visibility(
        self, name: str, handle: str, seconds: int, now: float
    ) -> tuple[str, int]:
        """Let a lease or delay end `seconds` from now, and replace its handle.

        Returns:
            The new handle and the new end in epoch milliseconds.

        Raises:
            ApiError: QueueNotExist, MessageNotExist, ReceiptHandleError, or InvalidArgument for
                seconds outside 1 to 43200.
        """
        queue = self._flow.open(name, now)
        bounded("VisibilityTimeout", seconds, *VISIBILITY_RANGE)
        message = self._flow.find(queue, handle, now)
        self._flow.lease(queue, message, now + seconds, now)
        changed = {"message_id": message.message_id, "visible_at": message.visible_at}
        self._flow.record(now, "ChangeVisibility", name, **changed)
        self._wake(name)
        return message.handle or "", milliseconds(message.visible_at)

    def redeliver(self, name: str, message_id: str, now: float) -> None:
        """Make a message receivable at once, whatever lease or delay it is under.

        The handle stays good until the message is received again: an at-least-once duplicate.

        Raises:
            ApiError: QueueNotExist or MessageNotExist.
        """
        queue = self._flow.open(name, now)
        message = queue.messages.get(message_id)
        if message is None:
            raise message_not_exist()
        self._flow.release(queue, message, now)
        self._flow.record(now, "Redeliver", name, message_id=message_id)
        self._wake(name)

    def next_visible_at(self, name: str, now: float) -> float | None:
        """Return the earliest instant at which a receive may find something; None if never.

        Raises:
            ApiError: QueueNotExist.
        """
        return self._flow.open(name, now).next_visible_at(now)

    def _send_or_refuse(
        self, queue: Queue, message: OutMessage, now: float
    ) -> SentMessage | SendError:
        try:
            check_message(message, queue.attributes, self.world.assumptions)
        except ApiError as error:
            return SendError(error.code, error.message, error.status)
        stored = self._flow.store(queue, message, now)
        return SentMessage(stored.message_id, stored.body_md5, stored.handle, stored.group_id)

    def _delete_or_refuse(self, name: str, handle: str, now: float) -> DeleteFailure | None:
        try:
            self.delete(name, handle, now)
        except ApiError as error:
            return DeleteFailure(handle, error.code, error.message)
        return None

    def _check_dlq_target(self, name: str, attributes: QueueAttributes) -> None:
        policy = attributes.dlq_policy
        if policy.enabled and policy.target == name:
            raise invalid_argument("A queue cannot be its own dead-letter queue.")
        if policy.enabled and not self.has_queue(policy.target):
            raise queue_not_exist()

    def _check_same(
        self, existing: QueueAttributes, wanted: QueueAttributes, given: Mapping[str, object]
    ) -> None:
        same = existing.updated(given) == existing
        if self.world.assumptions.smq_create_compares_defaults:
            same = same and existing.basics == wanted.basics
        if not same:
            raise queue_already_exist()

    def _check_not_deleted_recently(self, name: str, now: float) -> None:
        quiet = self.world.assumptions.smq_deleted_recently_seconds
        if now < self._deleted_at.get(name, now - quiet) + quiet:
            raise queue_deleted_recently()

    def _wake(self, name: str) -> None:
        if self.on_available is not None:
            self.on_available(name)


def _check_queue_name(name: str) -> None:
    if not 1 <= len(name) <= QUEUE_NAME_LIMIT:
        raise queue_name_length()
    if not _QUEUE_NAME.fullmatch(name):
        raise invalid_queue_name()


def _check_batch(count: int) -> None:
    bounded("the number of messages", count, 1, BATCH_LIMIT)
