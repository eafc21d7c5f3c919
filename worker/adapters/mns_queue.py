"""Port `Queue` over aliyun-mns-sdk, whose traps end here.

One connection per thread (the SDK shares one between all queues of an account and locks nothing),
an end to every call (over https the SDK has no timeout, and it repeats a request whose answer did not
begin), bodies as they are on the wire (its base64 decoding loses the handle of a message that it
cannot decode; `mns_messages` reads them), and no logger (it would print signatures and receipt
handles).
"""

import math
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeVar

from typing_extensions import override

from worker import ports
from worker.adapters import deadline, error_map, lost, mns_messages
from worker.adapters.credentials import Provider
from worker.adapters.error_map import Kind
from worker.adapters.mns_messages import Message
from worker.core import identity
from worker.core.errors import (
    Permanent,
    RecreationError,
    Throttled,
    Transient,
    Unauthenticated,
    UnknownOutcome,
)
from worker.ports import Delivery, Lease, LeaseLost

T = TypeVar("T")

# Source: SMQ "Limits": batch, long poll, change of visibility, delay.
BATCH_MAX: Final = 16
WAIT_MAX: Final = 30
VISIBILITY_MAX: Final = 43_200
DELAY_MAX: Final = 604_800

_RECEIVE: Final = "ReceiveMessage"
_SEND: Final = "SendMessage"
_DELETE: Final = "DeleteMessage"
_RENEW: Final = "ChangeMessageVisibility"

# The SDK's word for a connection that failed.
_NETWORK: Final = "NetWorkException"

_CONNECT_SECONDS: Final = 5.0
_SOCKET_SECONDS: Final = 10.0
# The server holds a throttled request for up to half a second. Source: SMQ "Flow limiting".
_THROTTLE_SECONDS: Final = 2.0
# Longer than a queue's usual visibility timeout, after which a damaged batch comes back.
_SINGLE_SECONDS: Final = 120.0
# The server answers a long poll a little early; before this share of it, it did not poll at all.
_POLLED_SHARE: Final = 0.5
_CAPPED_PAUSE: Final = 0.5
_CAPPED_PAUSE_MAX: Final = 5.0
_MILLISECONDS: Final = 1000.0
_DIGITS_MAX: Final = 15


class NothingThere(Exception):
    """The queue is empty, or the handle is dead."""


class MnsQueue(ports.Queue):
    """One SMQ queue; safe to share between threads.

    Args:
        endpoint: `http://` or `https://` address of the account's SMQ.
        name: Queue name.
        credentials: Asked for every request.
        clock: Time of leases; long polls last its seconds.
        telemetry: Told of damaged answers and capped polls.
        pause: Waits real seconds.
        connect_seconds: Real seconds to wait for a connection.
        socket_seconds: Real seconds to wait for an answer, beyond a long poll.
    """

    def __init__(
        self,
        endpoint: str,
        name: str,
        *,
        credentials: Provider,
        clock: ports.Clock,
        telemetry: ports.Telemetry,
        pause: Callable[[float], None] = time.sleep,
        connect_seconds: float = _CONNECT_SECONDS,
        socket_seconds: float = _SOCKET_SECONDS,
    ) -> None:
        self._endpoint = endpoint
        self._name = name
        self._credentials = credentials
        self._clock = clock
        self._telemetry = telemetry
        self._pause = pause
        self._connect_seconds = connect_seconds
        self._socket_seconds = socket_seconds
        self._threads = threading.local()
        self._connections: list[Any] = []
        self._single_until = 0.0

    @override
    def receive(self, *, count: int, wait: float) -> tuple[Delivery, ...]:
        if count < 1:
            return ()
        seconds = min(math.ceil(max(wait, 0.0)), WAIT_MAX)
        begun = self._clock.now()
        if count == 1 or begun < self._single_until:
            messages = self._receive_singly(count, seconds)
        else:
            messages = self._receive_batch(min(count, BATCH_MAX), seconds)
        self._slow_down(seconds, self._clock.now() - begun, is_empty=not messages)
        found = tuple(self._delivery(one) for one in messages if _is_whole(one))
        if len(found) < len(messages):
            incomplete = len(messages) - len(found)
            self._telemetry.event("message_incomplete", action=_RECEIVE, count=incomplete)
        return found

    @override
    def send(self, body: str, attributes: Mapping[str, str], *, delay: float = 0.0) -> str:
        if not body:
            raise ValueError("a message has a body")
        empty = sorted(name for name, value in attributes.items() if not value)
        if empty:
            # An SDK loses them when the message is received.
            raise ValueError(f"attributes without a value: {', '.join(empty)}")
        sent = self._run(_SEND, lambda queue: queue.send_message(_message(body, attributes, delay)))
        return str(sent.message_id)

    @override
    def delete(self, handle: str) -> None:
        try:
            self._run(_DELETE, lambda queue: queue.delete_message(handle))
        except NothingThere:
            raise LeaseLost from None

    @override
    def renew(self, handle: str, seconds: float) -> Lease:
        whole = min(max(math.ceil(seconds), 1), VISIBILITY_MAX)
        begun = self._clock.now()
        try:
            changed = self._run(
                _RENEW, lambda queue: queue.change_message_visibility(handle, whole)
            )
        except NothingThere:
            raise LeaseLost from None
        # Counted from the question on our own clock: the cloud's clock may differ from it.
        told = _seconds(str(changed.next_visible_time))
        told_at = None if told is None else told - whole
        return Lease(str(changed.receipt_handle), begun + whole, told_at)

    def close(self) -> None:
        """Close the connections of all threads, none of which may be in a call any more."""
        while self._connections:
            self._connections.pop().close()

    def _receive_batch(self, count: int, seconds: int) -> tuple[Message, ...]:
        try:
            return self._run(
                _RECEIVE, lambda queue: mns_messages.receive(queue, count, seconds), wait=seconds
            )
        except NothingThere:
            return ()

    def _receive_singly(self, count: int, seconds: int) -> tuple[Message, ...]:
        found: list[Message] = []
        try:
            while len(found) < count:
                more = self._receive_batch(1, 0 if found else seconds)
                if not more:
                    break
                found += more
        except RecreationError:
            # What is already in hand counts; the next receive meets the trouble again.
            if not found:
                raise
        return tuple(found)

    def _delivery(self, message: Message) -> Delivery:
        fields, now = message.fields, self._clock.now()
        lease_until = _seconds(fields.get("NextVisibleTime"))
        # Source: SMQ "QueueMessage": FirstDequeueTime is the time of the first receive.
        is_first = fields.get("DequeueCount") == "1" and lease_until is not None
        told_at = _seconds(fields.get("FirstDequeueTime")) if is_first else None
        enqueued_at = _seconds(fields.get("EnqueueTime"))
        return Delivery(
            message_id=fields["MessageId"],
            handle=fields["ReceiptHandle"],
            # XML turns line ends into line feeds when we send the body on; a signature over it
            # must not depend on which hop it is.
            body=fields["MessageBody"].replace("\r\n", "\n").replace("\r", "\n"),
            attributes=message.attributes,
            enqueued_at=now if enqueued_at is None else enqueued_at,
            dequeue_count=int(_whole(fields.get("DequeueCount")) or 1),
            lease_until=now if lease_until is None else lease_until,
            told_at=told_at,
        )

    def _slow_down(self, waited_for: int, lasted: float, *, is_empty: bool) -> None:
        """Pause after a long poll that the server did not hold open.

        The server caps long polls and then answers at once, and bills it. Source: SMQ
        ReceiveMessage, notes on long polling.
        """
        capped = is_empty and waited_for > 0 and lasted < waited_for * _POLLED_SHARE
        times = getattr(self._threads, "capped", 0) + 1 if capped else 0
        self._threads.capped = times
        if capped:
            seconds = min(_CAPPED_PAUSE * 2 ** min(times - 1, 8), _CAPPED_PAUSE_MAX)
            self._telemetry.event("long_poll_capped", pause_seconds=seconds)
            self._pause(seconds)

    def _run(self, operation: str, work: Callable[[Any], T], *, wait: float = 0.0) -> T:
        """Carry out one operation and turn whatever the SDK raises into an error of ours."""
        patience = self._clock.real_seconds(wait) + self._socket_seconds
        try:
            with deadline.within(self._connect_seconds + patience):
                return work(self._queue(patience))
        except RecreationError:
            raise
        except Exception as error:  # noqa: BLE001 - the SDK leaks KeyError and others
            failure = self._failure(operation, error)
        except BaseException:
            # The connection is in the middle of something; the next call opens it again.
            if hasattr(self._threads, "connection"):
                self._threads.connection.close()
            raise
        # Raised here, so that the SDK's exception is not kept as its context.
        raise failure

    def _queue(self, patience: float) -> Any:
        if not hasattr(self._threads, "queue"):
            account = import_module("mns.account").Account(
                self._endpoint, credentials_provider=self._credentials, logger=None
            )
            queue = account.get_queue(self._name)
            queue.set_encoding(False)
            self._threads.connection = self._connection(account.get_client().http)
            self._connections.append(self._threads.connection)
            self._threads.queue = queue
        self._threads.connection.be_patient(patience)
        return self._threads.queue

    def _connection(self, http: Any) -> deadline.Connection:
        """Give the SDK a connection on which a call comes to an end."""
        kind = deadline.SecureConnection if http.is_https else deadline.Connection
        http.conn = kind(http.host, connect_seconds=self._connect_seconds)
        return http.conn  # type: ignore[no-any-return]

    def _failure(self, operation: str, error: Exception) -> RecreationError | NothingThere:
        exceptions = import_module("mns.mns_exception")
        if isinstance(error, exceptions.MNSServerException):
            return self._refusal(operation, str(error.type), str(error.req_id))
        if isinstance(error, exceptions.MNSClientParameterException):
            return Permanent(f"{operation} cannot be sent: {error.type}", code=str(error.type))
        reason = str(getattr(error, "type", type(error).__name__))
        told = lost.reason_of(error, reason)
        self._telemetry.event("answer_lost", action=operation, reason=told)
        if operation == _RECEIVE:
            if reason != _NETWORK:
                # One message that the SDK cannot read spoils its whole batch: take them one by one.
                self._single_until = self._clock.now() + _SINGLE_SECONDS
            return Transient(f"{operation} got no readable answer ({told})")
        return UnknownOutcome(f"{operation} got no readable answer ({told})")

    def _refusal(
        self, operation: str, code: str, request_id: str
    ) -> RecreationError | NothingThere:
        meaning = error_map.classify(operation, 0, code)
        if meaning.kind is Kind.GONE:
            return NothingThere()
        if not meaning.is_known:
            self._telemetry.event("unknown_provider_code", action=operation, code=code, status=0)
        sentence = f"{operation} was refused: {code} (request {request_id}). {meaning.advice}"
        if meaning.kind is Kind.THROTTLED:
            retry_at = self._clock.now() + _THROTTLE_SECONDS
            return Throttled(sentence.strip(), retry_at=retry_at, code=code)
        if meaning.kind is Kind.UNKNOWN and operation != _RECEIVE:
            return UnknownOutcome(sentence.strip(), code=code)
        if meaning.kind in (Kind.BUSY, Kind.UNKNOWN):
            return Transient(sentence.strip(), code=code)
        stranger = meaning.kind is Kind.UNAUTHENTICATED
        return (Unauthenticated if stranger else Permanent)(sentence.strip(), code=code)


def _message(body: str, attributes: Mapping[str, str], delay: float) -> Any:
    properties = import_module("mns.message_property")
    values = properties.MessagePropertyValue
    whole = min(max(math.ceil(delay), 0), DELAY_MAX)
    message = import_module("mns.queue").Message(body, delay_seconds=whole)
    for name, value in attributes.items():
        message.add_user_property(name, values.create_string(value))
    recreation = attributes.get("recreation")
    if recreation:
        # Derived, so that it can be lost on the way: nothing is read back from it.
        traced = identity.traceparent(recreation, attributes.get("hops", ""))
        text = properties.MessageSystemPropertyValue(properties.SystemPropertyType.STRING, traced)
        message.add_system_property(properties.SystemPropertyName.TRACEPARENT, text)
    return message


def _is_whole(message: Message) -> bool:
    """Without a handle or a body nothing can be done with it; the queue's own count takes it."""
    return all(message.fields.get(name) for name in ("MessageId", "ReceiptHandle", "MessageBody"))


def _whole(text: str | None) -> str | None:
    """Return the digits of a whole number that can be a count or a time."""
    is_number = text is not None and text.isascii() and text.isdecimal()
    return text if is_number and len(text or "") <= _DIGITS_MAX else None


def _seconds(milliseconds: str | None) -> float | None:
    """Convert a time of the server; a message that has none must still be worked on."""
    digits = _whole(milliseconds)
    return None if digits is None else int(digits) / _MILLISECONDS
