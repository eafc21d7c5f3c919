"""Sending, receiving, leasing and deleting messages of one queue."""

import hashlib
import random
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.queues import (
    InMessage,
    OutMessage,
    Property,
    QueueService,
    SendError,
    SentMessage,
)
from emulator.state.world import World

NOW = 1_700_000_000.0


def make_service(queue: dict[str, object] | None = None, **assumptions: Any) -> QueueService:
    world = World("1234567890123456", Assumptions(**assumptions), random.Random(7))
    service = QueueService(world, "cn-hangzhou")
    service.create_queue("jobs", queue, NOW)
    return service


def receive_one(service: QueueService, now: float) -> InMessage:
    (message,) = service.receive("jobs", 1, now)
    return message


def handle_of(message: InMessage | SentMessage) -> str:
    assert message.receipt_handle is not None
    return message.receipt_handle


def code_of(refusal: pytest.ExceptionInfo[ApiError]) -> tuple[int, str]:
    return refusal.value.status, refusal.value.code


def test_first_receive_reports_times_in_milliseconds() -> None:
    """A first receive counts one, and gives enqueue, first dequeue and next visible time in ms."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)

    message = receive_one(service, NOW + 2.5)

    assert message.body == "body"
    assert message.dequeue_count == 1
    assert message.enqueue_ms == NOW * 1000
    assert message.first_dequeue_ms == (NOW + 2.5) * 1000
    assert message.next_visible_ms == (NOW + 32.5) * 1000
    assert message.priority == 8


def test_first_dequeue_time_stays_at_first_receive() -> None:
    """A second receive raises the count and leaves the time of the first one."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    receive_one(service, NOW + 1)

    again = receive_one(service, NOW + 31)

    assert again.dequeue_count == 2
    assert again.first_dequeue_ms == (NOW + 1) * 1000


def test_leased_message_is_hidden_until_its_lease_ends() -> None:
    """A leased message is not received, and it is again from the end of the lease on."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    receive_one(service, NOW)

    assert service.receive("jobs", 16, NOW + 29.999) == []
    assert service.next_visible_at("jobs", NOW + 1) == NOW + 30
    assert len(service.receive("jobs", 16, NOW + 30)) == 1


def test_handles_hold_the_characters_that_need_escaping() -> None:
    """Every handle has plus, slash and equals sign in it."""
    service = make_service()
    for _ in range(50):
        service.send_one("jobs", OutMessage("body"), NOW)

    handles = [handle_of(receive_one(service, NOW + second)) for second in range(50)]

    assert all({"+", "/", "="} <= set(handle) for handle in handles)
    assert len(set(handles)) == 50


def test_superseded_handle_is_refused_and_its_successor_works() -> None:
    """A change replaces the handle: the old one is an error, the new one deletes."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    old = handle_of(receive_one(service, NOW))

    new, next_visible_ms = service.change_visibility("jobs", old, 100, NOW + 10)

    assert next_visible_ms == (NOW + 110) * 1000
    with pytest.raises(ApiError) as refusal:
        service.delete("jobs", old, NOW + 11)
    assert code_of(refusal) == (400, "ReceiptHandleError")
    service.delete("jobs", new, NOW + 11)
    assert service.get_queue("jobs", NOW + 11).messages == {}


def test_change_leaves_dequeue_count_alone() -> None:
    """Changing visibility is not a receive: the count grows by the next receive only."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    handle = handle_of(receive_one(service, NOW))

    service.change_visibility("jobs", handle, 1, NOW + 5)

    assert receive_one(service, NOW + 6).dequeue_count == 2


def test_expired_handle_dies_before_redelivery() -> None:
    """A handle is refused from the end of its lease on, though nobody received again."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    handle = handle_of(receive_one(service, NOW))

    with pytest.raises(ApiError) as refusal:
        service.delete("jobs", handle, NOW + 30)

    assert code_of(refusal) == (404, "MessageNotExist")


def test_second_delete_finds_no_message() -> None:
    """Deleting twice answers MessageNotExist, as an SDK that resends a delete sees."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    handle = handle_of(receive_one(service, NOW))
    service.delete("jobs", handle, NOW)

    with pytest.raises(ApiError) as refusal:
        service.delete("jobs", handle, NOW)

    assert code_of(refusal) == (404, "MessageNotExist")


@pytest.mark.parametrize("handle", ["", "x", "1-ODU4", "A" * 32, "A" * 32 + "-", "é" * 40])
def test_malformed_handle_is_refused(handle: str) -> None:
    """What cannot be a handle is ReceiptHandleError, never a crash."""
    service = make_service()

    with pytest.raises(ApiError) as refusal:
        service.delete("jobs", handle, NOW)

    assert code_of(refusal) == (400, "ReceiptHandleError")


def test_codes_of_dead_handles_follow_the_assumptions() -> None:
    """Both refusals of a handle can be flipped to the other documented code."""
    service = make_service(
        smq_dead_handle_code="ReceiptHandleError", smq_superseded_handle_code="MessageNotExist"
    )
    service.send_one("jobs", OutMessage("body"), NOW)
    old = handle_of(receive_one(service, NOW))
    new, _ = service.change_visibility("jobs", old, 5, NOW)

    with pytest.raises(ApiError) as superseded:
        service.delete("jobs", old, NOW)
    with pytest.raises(ApiError) as expired:
        service.delete("jobs", new, NOW + 5)

    assert code_of(superseded) == (404, "MessageNotExist")
    assert code_of(expired) == (400, "ReceiptHandleError")


@pytest.mark.parametrize("seconds", [0, -1, 43_201])
def test_visibility_outside_its_range_is_refused(seconds: int) -> None:
    """Zero does not hand a message back, and no lease exceeds twelve hours."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    handle = handle_of(receive_one(service, NOW))

    with pytest.raises(ApiError) as refusal:
        service.change_visibility("jobs", handle, seconds, NOW)

    assert code_of(refusal) == (400, "InvalidArgument")
    service.delete("jobs", handle, NOW)


def test_delayed_message_can_be_cancelled_by_its_handle() -> None:
    """A delayed send answers a handle that deletes the message before its delay is over."""
    service = make_service()

    sent = service.send_one("jobs", OutMessage("body", delay_seconds=60), NOW)

    assert service.receive("jobs", 1, NOW + 59) == []
    service.delete("jobs", handle_of(sent), NOW + 59)
    assert service.receive("jobs", 1, NOW + 60) == []


def test_message_delay_overrides_the_queue_delay() -> None:
    """Zero on the message beats the delay of the queue, and no delay means no handle."""
    service = make_service({"DelaySeconds": 100})

    sent = service.send_one("jobs", OutMessage("now", delay_seconds=0), NOW)
    service.send_one("jobs", OutMessage("later"), NOW)

    assert sent.receipt_handle is None
    assert [message.body for message in service.receive("jobs", 16, NOW)] == ["now"]
    assert service.next_visible_at("jobs", NOW) == NOW + 30
    assert {message.body for message in service.receive("jobs", 16, NOW + 100)} == {"now", "later"}


def test_retention_deletes_a_leased_message() -> None:
    """Retention counts from the send whatever the state: a lease does not save a message."""
    service = make_service({"MessageRetentionPeriod": 60, "VisibilityTimeout": 100})
    service.send_one("jobs", OutMessage("body"), NOW)
    handle = handle_of(receive_one(service, NOW + 50))

    with pytest.raises(ApiError) as refusal:
        service.delete("jobs", handle, NOW + 60)

    assert code_of(refusal) == (404, "MessageNotExist")
    assert service.next_visible_at("jobs", NOW + 60) is None
    last = service.world.ledger[-1]
    assert (last.action, last.at) == ("Expire", NOW + 60)


def test_higher_priority_is_received_first() -> None:
    """Priority 1 comes before 8 and 16 whatever the order of sending."""
    service = make_service()
    for priority in (16, 1, None):
        service.send_one("jobs", OutMessage(str(priority), priority=priority), NOW)

    received = service.receive("jobs", 16, NOW)

    assert [message.body for message in received] == ["1", "None", "16"]


def test_order_is_loose_within_the_jitter_only() -> None:
    """Neighbours in time may change places; messages a minute apart do not."""
    service = make_service()
    for number in range(40):
        service.send_one("jobs", OutMessage(str(number)), NOW + 0.01 * number)
    service.send_one("jobs", OutMessage("late"), NOW + 60)

    bodies = [m.body for _ in range(3) for m in service.receive("jobs", 16, NOW + 60)]

    assert bodies[-1] == "late"
    assert bodies[:-1] != [str(number) for number in range(40)]
    assert sorted(bodies[:-1], key=int) == [str(number) for number in range(40)]


def test_peek_changes_nothing() -> None:
    """Peek gives neither handle nor next visible time, and the message stays receivable."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)

    (seen,) = service.peek("jobs", 16, NOW + 5)

    assert (seen.receipt_handle, seen.next_visible_ms, seen.dequeue_count) == (None, None, 0)
    assert seen.first_dequeue_ms == seen.enqueue_ms
    assert receive_one(service, NOW + 5).dequeue_count == 1
    assert service.peek("jobs", 1, NOW + 5) == []


def test_batch_delete_names_only_the_failed_handles() -> None:
    """A batch deletes what it can and returns the rest with code and handle."""
    service = make_service()
    for _ in range(2):
        service.send_one("jobs", OutMessage("body"), NOW)
    first, second = (handle_of(message) for message in service.receive("jobs", 2, NOW))

    failures = service.delete_batch("jobs", [first, "broken", second, first], NOW)

    assert [(f.receipt_handle, f.code) for f in failures] == [
        ("broken", "ReceiptHandleError"),
        (first, "MessageNotExist"),
    ]


def test_duplicates_come_within_the_lease() -> None:
    """With duplicates on, a leased message comes again early and the first handle is superseded."""
    service = make_service()
    service.duplicate_probability = 1.0
    service.send_one("jobs", OutMessage("body"), NOW)
    first = receive_one(service, NOW)

    again = receive_one(service, NOW + 29.999)

    assert again.message_id == first.message_id
    assert again.dequeue_count == 2
    with pytest.raises(ApiError) as refusal:
        service.delete("jobs", handle_of(first), NOW + 29.999)
    assert code_of(refusal) == (400, "ReceiptHandleError")


def test_no_duplicates_unless_asked_for() -> None:
    """By default a lease hides its message to the end."""
    service = make_service()
    for _ in range(100):
        service.send_one("jobs", OutMessage("body"), NOW)
        receive_one(service, NOW)

    assert service.receive("jobs", 16, NOW + 29.999) == []


def test_redeliver_leaves_the_handle_good_until_the_next_receive() -> None:
    """A forced duplicate can still be deleted by the first receiver."""
    service = make_service()
    service.send_one("jobs", OutMessage("body"), NOW)
    message = receive_one(service, NOW)

    service.redeliver("jobs", message.message_id, NOW + 1)
    service.delete("jobs", handle_of(message), NOW + 1)

    assert service.receive("jobs", 1, NOW + 1) == []


def test_hook_names_the_queue_when_something_becomes_available() -> None:
    """Send, change and deletion of the queue each wake those who wait."""
    service = make_service()
    woken: list[str] = []
    service.on_available = woken.append

    service.send_one("jobs", OutMessage("body"), NOW)
    service.change_visibility("jobs", handle_of(receive_one(service, NOW)), 1, NOW)
    service.delete_queue("jobs", NOW)

    assert woken == ["jobs"] * 3


@pytest.mark.parametrize(
    "message",
    [
        OutMessage(""),
        OutMessage("x", delay_seconds=604_801),
        OutMessage("x", delay_seconds=-1),
        OutMessage("x", priority=0),
        OutMessage("x", priority=17),
        OutMessage("文" * 30_000),
        OutMessage("x" * 65_530, user_properties=(Property("a", "b"),)),
        OutMessage("x", user_properties=tuple(Property(f"p{i}", "v") for i in range(51))),
        OutMessage("x", user_properties=(Property("a", "v"), Property("a", "w"))),
        OutMessage("x", user_properties=(Property("a" * 257, "v"),)),
        OutMessage("x", user_properties=(Property("a..b", "v"),)),
        OutMessage("x", user_properties=(Property(".a", "v"),)),
        OutMessage("x", user_properties=(Property("a.", "v"),)),
        OutMessage("x", user_properties=(Property("名", "v"),)),
        OutMessage("x", user_properties=(Property("a", "v", "String"),)),
        OutMessage("x", user_properties=(Property("a", "v" * 4_097),)),
        OutMessage("x", user_properties=(Property("a", ""),)),
        OutMessage("x", system_properties=(Property("other", "v"),)),
        OutMessage("x", system_properties=(Property("baggage", "1", "NUMBER"),)),
    ],
)
def test_message_outside_the_limits_is_refused(message: OutMessage) -> None:
    """Every documented limit on a message is an InvalidArgument and stores nothing."""
    service = make_service()

    with pytest.raises(ApiError) as refusal:
        service.send_one("jobs", message, NOW)

    assert code_of(refusal) == (400, "InvalidArgument")
    assert service.peek("jobs", 16, NOW) == []


def test_message_at_the_limits_is_accepted() -> None:
    """50 properties with the longest names and values of one fit, and come back unchanged."""
    service = make_service()
    properties = (
        Property("a" * 256, "文" * 4_096),
        Property("n.o_p-9", "not a number", "NUMBER"),
        *(Property(f"p{number}", "v", "BOOLEAN") for number in range(45)),
    )
    system = tuple(Property(name, "v") for name in ("traceparent", "tracestate", "baggage"))

    sent = service.send_one("jobs", OutMessage("正文", None, 1, None, properties, system), NOW)

    message = receive_one(service, NOW)
    assert message.user_properties == properties
    assert message.system_properties == system
    assert message.message_id == sent.message_id


def test_body_digest_differs_when_properties_are_covered() -> None:
    """MessageBodyMD5 is the digest of the body, except with user properties as recorded."""
    service = make_service()
    plain = make_service(smq_md5_covers_properties=False)
    bare = OutMessage("it-nack-test")
    rich = OutMessage("it-nack-test", user_properties=(Property("a", "b"),))

    digest = service.send_one("jobs", bare, NOW).body_md5

    assert digest == hashlib.md5(b"it-nack-test", usedforsecurity=False).hexdigest().upper()
    assert service.send_one("jobs", rich, NOW).body_md5 != digest
    assert plain.send_one("jobs", rich, NOW).body_md5 == digest


def test_batch_send_refuses_single_messages() -> None:
    """A bad message fails for itself and the others of its batch are sent."""
    service = make_service()

    good, bad = service.send("jobs", [OutMessage("x"), OutMessage("y", priority=99)], NOW)

    assert isinstance(good, SentMessage)
    assert isinstance(bad, SendError)
    assert bad.code == "InvalidArgument"
    assert receive_one(service, NOW).message_id == good.message_id


@pytest.mark.parametrize(
    "messages", [[], [OutMessage("x")] * 17, [OutMessage("x" * 40_000)] * 2], ids=len
)
def test_batch_outside_its_limits_is_refused_as_a_whole(messages: list[OutMessage]) -> None:
    """Nothing of a batch is sent when it is empty, longer than 16 or larger than 64 KB."""
    service = make_service()

    with pytest.raises(ApiError) as refusal:
        service.send("jobs", messages, NOW)

    assert code_of(refusal) == (400, "InvalidArgument")
    assert service.receive("jobs", 16, NOW) == []


@pytest.mark.parametrize("count", [0, 17])
def test_receive_count_has_a_range(count: int) -> None:
    """A receive asks for 1 to 16 messages."""
    with pytest.raises(ApiError) as refusal:
        make_service().receive("jobs", count, NOW)

    assert code_of(refusal) == (400, "InvalidArgument")


def test_ledger_tells_the_life_of_a_message() -> None:
    """Send, receive, change and delete are in the ledger with the message's id."""
    service = make_service()
    sent = service.send_one("jobs", OutMessage("body"), NOW)
    handle = handle_of(receive_one(service, NOW + 1))
    handle, _ = service.change_visibility("jobs", handle, 9, NOW + 2)
    service.delete("jobs", handle, NOW + 3)

    entries = [entry for entry in service.world.ledger if entry.action != "CreateQueue"]

    assert [(entry.action, entry.at - NOW) for entry in entries] == [
        ("Send", 0),
        ("Receive", 1),
        ("ChangeVisibility", 2),
        ("Delete", 3),
    ]
    assert {entry.detail["message_id"] for entry in entries} == {sent.message_id}
    assert {(entry.product, entry.resource_id) for entry in entries} == {("smq", "jobs")}


def test_same_seed_gives_same_ids() -> None:
    """Two services with equal seeds and calls answer equally."""
    answers = []
    for _ in range(2):
        service = make_service()
        service.send_one("jobs", OutMessage("body"), NOW)
        answers.append(receive_one(service, NOW))

    assert answers[0] == answers[1]
