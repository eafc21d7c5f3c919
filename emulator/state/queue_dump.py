"""What is in a queue, for people and for the counts that the API reports."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from emulator.assumptions import Assumptions
from emulator.state.queue_store import Queue, StoredMessage


def message_state(message: StoredMessage, now: float) -> str:
    """Return `active`, `inactive` (leased) or `delayed`. Source: SMQ "QueueMessage", states."""
    if message.visible_at <= now:
        return "active"
    return "inactive" if message.deliveries else "delayed"


def message_counts(queue: Queue, now: float, assumptions: Assumptions) -> tuple[int, int, int]:
    """Return the reported numbers of active, inactive and delayed messages."""
    if assumptions.smq_counts_read_zero:
        return (0, 0, 0)
    counts = Counter(message_state(message, now) for message in queue.messages.values())
    return (counts["active"], counts["inactive"], counts["delayed"])


def dump_queue(queue: Queue, now: float) -> dict[str, Any]:
    """Return a queue with its messages as plain data, in the order of arrival.

    It shows what the API hides: true states, live handles, deliveries and the end of retention.
    """
    return {
        "name": queue.name,
        "attributes": asdict(queue.attributes),
        "created_at": queue.created_at,
        "messages": [
            {**_plain(message), "state": message_state(message, now)}
            for message in sorted(queue.messages.values(), key=lambda item: item.sequence)
        ],
    }


def _plain(message: StoredMessage) -> dict[str, Any]:
    plain = asdict(message)
    del plain["ticket"]
    return plain
