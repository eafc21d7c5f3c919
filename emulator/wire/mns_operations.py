"""The operations of SMQ's data plane: from a request taken apart to an answer.

Source: the pages of the single operations, "CreateQueue" to "ChangeMessageVisibility".
"""

from collections.abc import Callable, Mapping

from emulator.state.errors import ApiError
from emulator.state.queue_attributes import bounded, to_bool, to_int
from emulator.state.queue_dump import message_counts
from emulator.state.queue_errors import message_not_exist, missing, not_in_schema
from emulator.state.queues import (
    DATA_PLANE_ATTRIBUTES,
    LIST_LIMIT,
    InMessage,
    OutMessage,
    Queue,
    SendError,
)
from emulator.wire import mns_xml
from emulator.wire.mns_call import Call, LongPoll, MnsReply, refusal
from emulator.wire.mns_schema import MESSAGES, QUEUE, RECEIPT_HANDLES, Form, first_stray

# Source: SMQ "CreateQueue", PollingWaitSeconds.
LONGEST_WAIT_SECONDS = 30


def _put_queue(call: Call) -> MnsReply:
    attributes = _read_queue(call)
    if to_bool("metaoverride", call.keys.get("metaoverride", "false")):
        call.service.set_attributes(call.queue, attributes, call.now)
        return call.reply(204)
    created = call.service.create_queue(call.queue, attributes, call.now)
    return call.reply(201 if created else 204, location=call.url_of(call.queue))


def _read_queue(call: Call) -> dict[str, object]:
    root = _read_body(call, QUEUE)
    given = root.texts().items()
    return {name: text for name, text in given if name in DATA_PLANE_ATTRIBUTES}


def _get_queue(call: Call) -> MnsReply:
    queue = call.service.get_queue(call.queue, call.now)
    return call.reply(200, mns_xml.render_queue(_queue_parts(call, queue)))


def _queue_parts(call: Call, queue: Queue) -> dict[str, str | int]:
    attributes = queue.attributes
    active, inactive, delayed = message_counts(queue, call.now, call.service.world.assumptions)
    return {
        "QueueName": queue.name,
        "CreateTime": int(queue.created_at),
        "LastModifyTime": int(queue.modified_at),
        "DelaySeconds": attributes.delay_seconds,
        "MaximumMessageSize": attributes.maximum_message_size,
        "MessageRetentionPeriod": attributes.message_retention_period,
        "VisibilityTimeout": attributes.visibility_timeout,
        "PollingWaitSeconds": attributes.polling_wait_seconds,
        "ActiveMessages": active,
        "InactiveMessages": inactive,
        "DelayMessages": delayed,
        "LoggingEnabled": str(attributes.logging_enabled),
        "MessageType": int(attributes.is_fifo),
        "EnableSSE": str(attributes.enable_sse),
    }


def _delete_queue(call: Call) -> MnsReply:
    call.service.delete_queue(call.queue, call.now)
    return call.reply(204)


def _list_queues(call: Call) -> MnsReply:
    page = call.service.list_queues(
        call.headers.get("x-mns-prefix", ""),
        call.headers.get("x-mns-marker", ""),
        to_int("x-mns-ret-number", call.headers.get("x-mns-ret-number", LIST_LIMIT)),
    )
    with_meta = to_bool("x-mns-with-meta", call.headers.get("x-mns-with-meta", "false"))
    queues: list[dict[str, str | int]] = []
    for queue in page.queues:
        meta = _queue_parts(call, queue) if with_meta else {}
        queues.append({"QueueURL": call.url_of(queue.name), **meta})
    return call.reply(200, mns_xml.render_queues(queues, page.next_marker))


def _post_messages(call: Call) -> MnsReply:
    root = _read_body(call, MESSAGES)
    if root.name == "Message":
        sent = call.service.send_one(call.queue, _read_message(root), call.now)
        return call.reply(201, mns_xml.render_sent(sent))
    messages = [_read_message(child) for child in root.children]
    results = call.service.send(call.queue, messages, call.now)
    failed = any(isinstance(result, SendError) for result in results)
    failure_status = call.service.world.assumptions.smq_batch_send_failure_status
    return call.reply(failure_status if failed else 201, mns_xml.render_sent_batch(results))


def _read_message(element: mns_xml.Element) -> OutMessage:
    texts = element.texts()
    delay, priority = texts.get("DelaySeconds"), texts.get("Priority")
    return OutMessage(
        body=texts.get("MessageBody", ""),
        delay_seconds=None if delay is None else to_int("DelaySeconds", delay),
        priority=None if priority is None else to_int("Priority", priority),
        group_id=texts.get("MessageGroupId") or None,
        user_properties=mns_xml.read_properties(element, "UserProperties"),
        system_properties=mns_xml.read_properties(element, "SystemProperties"),
    )


def _get_messages(call: Call) -> MnsReply | LongPoll:
    number = call.keys.get("numofmessages")
    count = 1 if number is None else to_int("numOfMessages", number)
    if to_bool("peekonly", call.keys.get("peekonly", "false")):
        return _peek(call, count)
    seconds = _wait_seconds(call)

    def attempt(now: float) -> MnsReply | None:
        try:
            return _receive(call, count, now)
        except ApiError as error:
            return refusal(call.service, error, call.host_url)

    def give_up() -> MnsReply:
        return refusal(call.service, message_not_exist(), call.host_url)

    reply = attempt(call.now)
    if reply is not None:
        return reply
    return LongPoll(call.queue, count, seconds, attempt, give_up) if seconds else give_up()


def _wait_seconds(call: Call) -> int:
    """Return how long a receive may wait; the queue's own setting is the default.

    ReceiveMessage gives no range, so that of PollingWaitSeconds holds: it stands in for it.
    """
    attributes = call.service.get_attributes(call.queue, call.now)
    given = call.keys.get("waitseconds", attributes.polling_wait_seconds)
    return bounded("waitseconds", given, 0, LONGEST_WAIT_SECONDS)


def _receive(call: Call, count: int, now: float) -> MnsReply | None:
    messages = call.service.receive(call.queue, count, now)
    return _reply_with(call, messages) if messages else None


def _peek(call: Call, count: int) -> MnsReply:
    messages = call.service.peek(call.queue, count, call.now)
    if not messages:
        raise message_not_exist()
    return _reply_with(call, messages)


def _reply_with(call: Call, messages: list[InMessage]) -> MnsReply:
    """Answer in the form asked for: a list even of one when a number was given."""
    if "numofmessages" in call.keys:
        return call.reply(200, mns_xml.render_messages(messages))
    return call.reply(200, mns_xml.render_message(messages[0]))


def _delete_messages(call: Call) -> MnsReply:
    handle_given = call.keys.get("receipthandle")
    if handle_given:
        call.service.delete(call.queue, handle_given, call.now)
        return call.reply(204)
    if not call.body:
        raise missing("ReceiptHandle")
    root = _read_body(call, RECEIPT_HANDLES)
    handles = [child.text.strip() for child in root.children]
    failures = call.service.delete_batch(call.queue, handles, call.now)
    if not failures:
        return call.reply(204)
    return call.reply(404, mns_xml.render_delete_failures(failures))


def _put_messages(call: Call) -> MnsReply:
    handle_given = call.keys.get("receipthandle")
    if not handle_given:
        raise missing("ReceiptHandle")
    if "visibilitytimeout" not in call.keys:
        raise missing("VisibilityTimeout")
    seconds = to_int("VisibilityTimeout", call.keys["visibilitytimeout"])
    changed = call.service.change_visibility(call.queue, handle_given, seconds, call.now)
    return call.reply(200, mns_xml.render_visibility(*changed))


def _read_body(call: Call, roots: Mapping[str, Form]) -> mns_xml.Element:
    """Parse the body and refuse what the operation does not have, loudly."""
    root = mns_xml.parse(call.body)
    stray = first_stray(root, roots)
    if stray is None:
        return root
    call.service.world.complain(f"smq {call.method} {min(roots)}: unexpected element {stray}")
    raise not_in_schema(stray)


Operation = Callable[[Call], MnsReply | LongPoll]
# By what the path names: all queues, one queue, or its messages.
ROOT_OPERATIONS: Mapping[str, Operation] = {"GET": _list_queues}
QUEUE_OPERATIONS: Mapping[str, Operation] = {
    "PUT": _put_queue,
    "GET": _get_queue,
    "DELETE": _delete_queue,
}
MESSAGE_OPERATIONS: Mapping[str, Operation] = {
    "POST": _post_messages,
    "GET": _get_messages,
    "DELETE": _delete_messages,
    "PUT": _put_messages,
}
