"""A message as callers give it and get it, and the documented limits on what they give."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.queue_attributes import QueueAttributes, bounded
from emulator.state.queue_errors import invalid_argument, out_of_range

# Source: SMQ "Limits" and "Message properties".
BATCH_LIMIT = 16
BATCH_BYTES_LIMIT = 65_536
PROPERTY_COUNT_LIMIT = 50
PROPERTY_NAME_LIMIT = 256
PROPERTY_VALUE_LIMIT = 4_096
DELAY_LIMIT = 604_800
DEFAULT_PRIORITY = 8
LOWEST_PRIORITY = 16

PROPERTY_TYPES = frozenset({"STRING", "NUMBER", "BOOLEAN", "BINARY"})
DLQ_PROPERTIES = ("DLQMessageType", "DLQSourceArn", "DLQOriginMessageId")
SYSTEM_PROPERTIES = frozenset({"traceparent", "tracestate", "baggage", *DLQ_PROPERTIES})

# Dots separate, so none leads, trails or doubles. Source: "Message properties", naming.
_PROPERTY_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True, slots=True)
class Property:
    """A named value that travels beside the body; `value` is the text on the wire."""

    name: str
    value: str
    type: str = "STRING"


@dataclass(frozen=True, slots=True)
class OutMessage:
    """A message to send; None means the queue's own default."""

    body: str
    delay_seconds: int | None = None
    priority: int | None = None
    group_id: str | None = None
    user_properties: tuple[Property, ...] = ()
    system_properties: tuple[Property, ...] = ()


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What a successful send answers; the handle is there for a delayed message only."""

    message_id: str
    body_md5: str
    receipt_handle: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class SendError:
    """Why one message of a batch was refused."""

    code: str
    message: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class DeleteFailure:
    """Why one handle of a batch could not be deleted."""

    receipt_handle: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class InMessage:
    """A message as received or peeked; times in epoch milliseconds.

    Attributes:
        receipt_handle: None for a peek.
        next_visible_ms: None for a peek.
    """

    message_id: str
    receipt_handle: str | None
    body: str
    body_md5: str
    enqueue_ms: int
    next_visible_ms: int | None
    first_dequeue_ms: int
    dequeue_count: int
    priority: int
    group_id: str | None
    user_properties: tuple[Property, ...]
    system_properties: tuple[Property, ...]


def size_of(message: OutMessage) -> int:
    """Count the bytes of body and properties; names, types and values count."""
    size = len(message.body.encode())
    for item in (*message.user_properties, *message.system_properties):
        size += len(item.name.encode()) + len(item.type.encode()) + len(item.value.encode())
    return size


def body_md5(body: str, covered: Sequence[Property]) -> str:
    """Compute MessageBodyMD5: upper-case hex over the text as it was on the wire.

    With properties the real service reports another value than the body's digest; how it gets
    there is not known, so here the covered ones are appended.
    """
    digest = hashlib.md5(body.encode(), usedforsecurity=False)
    for item in covered:
        digest.update(f"{item.name}{item.type}{item.value}".encode())
    return digest.hexdigest().upper()


def check_message(
    message: OutMessage, attributes: QueueAttributes, assumptions: Assumptions
) -> None:
    """Check one message against the documented limits.

    Raises:
        ApiError: InvalidArgument or FifoMissingMessageGroupId.
    """
    if not message.body:
        raise invalid_argument("MessageBody is required.")
    if message.delay_seconds is not None:
        bounded("DelaySeconds", message.delay_seconds, 0, DELAY_LIMIT)
    if message.priority is not None:
        bounded("Priority", message.priority, 1, LOWEST_PRIORITY)
    if attributes.is_fifo and not message.group_id:
        raise ApiError(
            400, "FifoMissingMessageGroupId", "A message of a FIFO queue needs MessageGroupId."
        )
    if size_of(message) > attributes.maximum_message_size:
        raise out_of_range("MessageBody", 1, attributes.maximum_message_size)
    if message.user_properties or message.system_properties:
        _check_properties(message, assumptions)


def _check_properties(message: OutMessage, assumptions: Assumptions) -> None:
    counted = len(message.user_properties)
    if assumptions.smq_property_limit_covers_system:
        counted += len(message.system_properties)
    if counted > PROPERTY_COUNT_LIMIT:
        raise invalid_argument(f"A message has at most {PROPERTY_COUNT_LIMIT} properties.")
    _check_names_differ(message.user_properties)
    _check_names_differ(message.system_properties)
    for item in message.user_properties:
        _check_user_property(item)
    for item in message.system_properties:
        if item.name not in SYSTEM_PROPERTIES or item.type != "STRING":
            raise invalid_argument(f"The system property {item.name!r} is not valid.")
    for item in (*message.user_properties, *message.system_properties):
        _check_value(item, accepts_empty=assumptions.smq_accepts_empty_property_values)


def _check_names_differ(items: Iterable[Property]) -> None:
    names = [item.name for item in items]
    if len(set(names)) != len(names):
        raise invalid_argument("The names of properties should differ.")


def _check_user_property(item: Property) -> None:
    if len(item.name) > PROPERTY_NAME_LIMIT or not _PROPERTY_NAME.fullmatch(item.name):
        raise invalid_argument(f"The property name {item.name[:64]!r} is not valid.")
    if item.type not in PROPERTY_TYPES:
        raise invalid_argument(f"The property type {item.type[:64]!r} is not valid.")


def _check_value(item: Property, *, accepts_empty: bool) -> None:
    if len(item.value) > PROPERTY_VALUE_LIMIT:
        raise out_of_range(f"property {item.name}", 1, PROPERTY_VALUE_LIMIT)
    if not item.value and not accepts_empty:
        raise invalid_argument(f"The value of property {item.name} is empty.")
