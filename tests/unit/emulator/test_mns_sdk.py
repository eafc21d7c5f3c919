"""The installed SDK against the queues, signatures verified, without a socket in between."""

import random
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from mns.account import Account
from mns.message_property import MessagePropertyValue, PropertyType
from mns.mns_exception import MNSServerException
from mns.mns_http import ResponseInternal
from mns.queue import Message, QueueMeta

from emulator.assumptions import Assumptions
from emulator.state.queues import QueueService
from emulator.state.world import World
from emulator.wire.mns_http import LongPoll, handle
from emulator.wire.mns_signature import verify

NOW = 1_700_000_000.0
URL = "http://127.0.0.1:9700"
SECRETS = {"emulator": "emulator-secret"}


class Wire:
    """Stands where the SDK has its connection; polls give up at once."""

    def __init__(self, service: QueueService) -> None:
        self.service = service

    def is_keep_alive(self) -> bool:
        return True

    def send_request(self, request: Any) -> Any:
        headers = {name.lower(): value for name, value in request.header.items()}
        body = request.data if isinstance(request.data, bytes) else request.data.encode()
        # The SDK signs with the wall clock, which its own Date header repeats.
        signed_at = parsedate_to_datetime(headers["date"]).timestamp()
        verify(request.method, request.uri, headers, SECRETS, signed_at)
        reply = handle(self.service, request.method, request.uri, headers, body, NOW, URL)
        if isinstance(reply, LongPoll):
            reply = reply.give_up()
        return ResponseInternal(reply.status, dict(reply.headers), reply.body.decode())


@pytest.fixture
def account() -> Iterator[Any]:
    world = World("1234567890123456", Assumptions(), random.Random(7))
    account = Account(URL, "emulator", "emulator-secret", "")
    account.get_client().http = Wire(QueueService(world, "cn-hangzhou"))
    yield account
    assert world.complaints == []


@pytest.fixture
def queue(account: Any) -> Any:
    queue = account.get_queue("jobs")
    queue.set_encoding(False)
    queue.create(QueueMeta())
    return queue


def test_queue_life(account: Any) -> None:
    """Create twice, set, list and delete work and answer what the SDK expects."""
    queue = account.get_queue("jobs")
    meta = QueueMeta()
    meta.set_visibilitytimeout(60)

    assert queue.create(meta) == f"{URL}/queues/jobs"
    assert queue.create(meta) == f"{URL}/queues/jobs"
    meta.delay_seconds = 3
    queue.set_attributes(meta)
    assert account.list_queue()[0] == [f"{URL}/queues/jobs"]
    queue.delete()
    assert account.list_queue()[0] == []


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
def test_attributes_are_complete(queue: Any) -> None:
    """The SDK finds every attribute that it needs."""
    assert queue.get_attributes().visibility_timeout == 30


def test_message_life(queue: Any) -> None:
    """Send with properties, peek, receive, change and delete work, Chinese included."""
    message = Message("正文 <&>", priority=1)
    message.set_user_properties({"step": MessagePropertyValue(PropertyType.STRING, "镜像")})

    sent = queue.send_message(message)
    peeked = queue.peek_message()
    received = queue.receive_message(1)
    changed = queue.change_message_visibility(received.receipt_handle, 60)
    queue.delete_message(changed.receipt_handle)

    assert sent.message_id == peeked.message_id == received.message_id
    assert received.message_body == "正文 <&>"
    assert received.user_properties["step"].get_string_value_by_type() == "镜像"
    with pytest.raises(MNSServerException) as refusal:
        queue.receive_message(1)
    assert refusal.value.type == "MessageNotExist"


def test_batches(queue: Any) -> None:
    """Batch send, peek, receive and delete work; a second delete names what failed."""
    queue.batch_send_message([Message(str(number)) for number in range(16)])
    assert len(queue.batch_peek_message(16)) == 16

    handles = [message.receipt_handle for message in queue.batch_receive_message(16)]
    queue.batch_delete_message(handles)

    with pytest.raises(MNSServerException) as refusal:
        queue.batch_delete_message(handles[:2])
    assert [error["ReceiptHandle"] for error in refusal.value.sub_errors] == handles[:2]


def test_superseded_handle(queue: Any) -> None:
    """The SDK's exception carries the code and the request id of a refusal."""
    queue.send_message(Message("x"))
    handle_before = queue.receive_message().receipt_handle
    queue.change_message_visibility(handle_before, 60)

    with pytest.raises(MNSServerException) as refusal:
        queue.delete_message(handle_before)

    assert refusal.value.type == "ReceiptHandleError"
    assert len(refusal.value.req_id) == 24
