"""The messages of one queue, ordered so that sending and receiving cost O(log n).

Every message alive stands in exactly one of three places: `ready` (can be received), `waiting`
(delayed or leased, until an instant) or, in a FIFO queue, behind the head of its group. Moving it
raises its ticket; heap entries with an older ticket are dead and dropped when they surface, or all
at once when they outnumber the living.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field

from emulator.state.queue_attributes import QueueAttributes
from emulator.state.queue_messages import InMessage, Property

_GONE = -1
_MIN_COMPACTION = 64


@dataclass(slots=True, eq=False)
class StoredMessage:
    """One message in a queue; instants in epoch seconds.

    Attributes:
        sequence: Order of arrival in the region.
        expires_at: End of retention.
        visible_at: End of the delay or of the lease; the handle dies with it.
        deliveries: Receives in this queue, which the dead-letter policy counts.
        dequeue_count: Receives as reported.
        handle: The one good receipt handle.
        ticket: Raised with every move; negative when the message is gone.
    """

    message_id: str
    sequence: int
    body: str
    body_md5: str
    priority: int
    group_id: str | None
    user_properties: tuple[Property, ...]
    system_properties: tuple[Property, ...]
    sent_at: float
    enqueued_at: float
    expires_at: float
    visible_at: float
    deliveries: int = 0
    dequeue_count: int = 0
    first_dequeued_at: float | None = None
    handle: str | None = None
    ticket: int = 0

    @property
    def is_gone(self) -> bool:
        return self.ticket == _GONE

    def view(self, *, leased: bool) -> InMessage:
        """Return the message as a receive (`leased`) or a peek shows it."""
        first = self.enqueued_at if self.first_dequeued_at is None else self.first_dequeued_at
        return InMessage(
            message_id=self.message_id,
            receipt_handle=self.handle if leased else None,
            body=self.body,
            body_md5=self.body_md5,
            enqueue_ms=milliseconds(self.enqueued_at),
            next_visible_ms=milliseconds(self.visible_at) if leased else None,
            first_dequeue_ms=milliseconds(first),
            dequeue_count=self.dequeue_count,
            priority=self.priority,
            group_id=self.group_id,
            user_properties=self.user_properties,
            system_properties=self.system_properties,
        )


def milliseconds(instant: float) -> int:
    return round(instant * 1000)


_Key = tuple[float, float]
_Entry = tuple[_Key, int, int, StoredMessage]


@dataclass(slots=True)
class MessageHeap:
    """A heap of messages in which moved messages are forgotten lazily."""

    _entries: list[_Entry] = field(default_factory=list)

    def push(self, key: _Key, message: StoredMessage) -> None:
        heapq.heappush(self._entries, (key, message.sequence, message.ticket, message))

    def head(self) -> _Entry | None:
        """Return the first living entry and leave it where it is."""
        entries = self._entries
        while entries and entries[0][2] != entries[0][3].ticket:
            heapq.heappop(entries)
        return entries[0] if entries else None

    def pop(self) -> _Entry | None:
        """Take the first living entry out."""
        return heapq.heappop(self._entries) if self.head() else None

    def compact(self, living: int) -> None:
        """Drop the dead entries once they are far more than the living messages."""
        if len(self._entries) > _MIN_COMPACTION + 4 * living:
            self._entries = [entry for entry in self._entries if entry[2] == entry[3].ticket]
            heapq.heapify(self._entries)


@dataclass(slots=True)
class Queue:
    """One queue with its messages; it knows order and time, not policies."""

    name: str
    attributes: QueueAttributes
    created_at: float
    modified_at: float
    messages: dict[str, StoredMessage] = field(default_factory=dict)
    _ready: MessageHeap = field(default_factory=MessageHeap)
    _waiting: MessageHeap = field(default_factory=MessageHeap)
    _expiry: list[tuple[float, int, StoredMessage]] = field(default_factory=list)
    _groups: dict[str, deque[StoredMessage]] = field(default_factory=dict)

    def add(self, message: StoredMessage, now: float, order: _Key) -> None:
        """Take a new message in; `order` ranks it among those that can be received."""
        self.messages[message.message_id] = message
        heapq.heappush(self._expiry, (message.expires_at, message.sequence, message))
        if self.attributes.is_fifo and message.group_id:
            self._groups.setdefault(message.group_id, deque()).append(message)
        self.place(message, message.visible_at, now, order)

    def place(self, message: StoredMessage, at: float, now: float, order: _Key) -> None:
        """Put a message where it belongs when it can be received from the instant `at`.

        One behind the head of its FIFO group stays there until its turn.
        """
        if message.group_id in self._groups and self._groups[message.group_id][0] is not message:
            return
        message.ticket += 1
        if at <= now:
            self._ready.push(order, message)
        else:
            self._waiting.push((at, 0.0), message)
            self._waiting.compact(len(self.messages))

    def remove(self, message: StoredMessage) -> StoredMessage | None:
        """Take a message out; returns the next of its FIFO group, which is to be placed."""
        del self.messages[message.message_id]
        message.ticket = _GONE
        self._forget_expired_entries()
        self._ready.compact(len(self.messages))
        group = self._groups.get(message.group_id or "")
        if group is None:
            return None
        was_head = group[0] is message
        group.remove(message)
        if not group:
            del self._groups[message.group_id or ""]
            return None
        return group[0] if was_head else None

    def pop_ready(self) -> StoredMessage | None:
        """Take the message that is to be received next."""
        entry = self._ready.pop()
        return entry[3] if entry else None

    def peek(self, count: int) -> list[StoredMessage]:
        """Return the messages that would be received next, and leave them in place."""
        taken: list[_Entry] = []
        while len(taken) < count and (entry := self._ready.pop()):
            taken.append(entry)
        for key, _, _, message in taken:
            self._ready.push(key, message)
        return [entry[3] for entry in taken]

    def pop_matured(self, now: float) -> StoredMessage | None:
        """Take a message whose delay or lease is over by `now`."""
        entry = self._waiting.head()
        if entry is None or entry[0][0] > now:
            return None
        self._waiting.pop()
        return entry[3]

    def next_expired(self, now: float) -> StoredMessage | None:
        """Return a message whose retention is over by `now`."""
        while self._expiry and self._expiry[0][0] <= now:
            message = heapq.heappop(self._expiry)[2]
            if not message.is_gone:
                return message
        return None

    def next_visible_at(self, now: float) -> float | None:
        """Return the earliest instant, not before `now`, at which something can be received."""
        if self._ready.head():
            return now
        entry = self._waiting.head()
        return max(now, entry[0][0]) if entry else None

    def _forget_expired_entries(self) -> None:
        if len(self._expiry) > _MIN_COMPACTION + 4 * len(self.messages):
            self._expiry = [entry for entry in self._expiry if not entry[2].is_gone]
            heapq.heapify(self._expiry)
