"""The official queue SDK over HTTP: every operation, long polls, and refusals."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mns.account import Account
from mns.message_property import MessagePropertyValue, PropertyType
from mns.mns_exception import MNSClientNetworkException, MNSServerException
from mns.queue import Message, Queue, QueueMeta

# The SDK warns of its own attributes, which the service is about to withdraw.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*(active|inactive|delay)_?[mM]essages.*:DeprecationWarning"
)


@pytest.fixture
def second_account(url: str) -> Iterator[Account]:
    account = Account(url, "emulator", "emulator-secret")
    yield account
    account.get_client().http.conn.close()


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(MNSServerException) as caught:
        call()
    return str(caught.value.type)


def test_the_life_of_a_queue(account: Account, url: str) -> None:
    """Create, create again, change, read, list and delete."""
    queue = account.get_queue("events")

    assert queue.create(QueueMeta(vis_timeout=40)) == f"{url}/queues/events"
    assert queue.create(QueueMeta(vis_timeout=40)) == f"{url}/queues/events"
    assert refusal(lambda: queue.create(QueueMeta(vis_timeout=41))) == "QueueAlreadyExist"
    queue.set_attributes(QueueMeta(delay_sec=3))
    assert (queue.get_attributes().visibility_timeout, queue.get_attributes().delay_seconds) == (
        40,
        3,
    )
    assert account.list_queue(prefix="ev")[0] == [f"{url}/queues/events"]
    queue.delete()
    assert account.list_queue()[0] == []


def test_listing_goes_page_by_page(account: Account) -> None:
    """The marker of a page leads to the next; the last has none."""
    for name in ("a", "b", "c"):
        account.get_queue(name).create(QueueMeta())

    first, marker = account.list_queue(ret_number=2)
    second, end = account.list_queue(ret_number=2, marker=marker)

    assert [url.rpartition("/")[2] for url in first + second] == ["a", "b", "c"]
    assert end == ""


def test_a_message_with_properties(queue: Queue) -> None:
    """All four types of properties and Chinese text come back as they were sent."""
    message = Message('{"状态": "<中断> & more"}')
    values = {
        "step": (PropertyType.STRING, "launch 启动"),
        "attempts": (PropertyType.NUMBER, "3"),
        "drill": (PropertyType.BOOLEAN, "true"),
        "blob": (PropertyType.BINARY, "AAEC"),
    }
    message.set_user_properties({n: MessagePropertyValue(k, v) for n, (k, v) in values.items()})

    sent = queue.send_message(message)
    received = queue.receive_message(1)

    assert received.message_id == sent.message_id
    assert received.message_body == '{"状态": "<中断> & more"}'
    assert {
        name: (found.data_type, found.get_string_value_by_type())
        for name, found in received.user_properties.items()
    } == values
    assert received.dequeue_count == 1
    queue.delete_message(received.receipt_handle)


def test_base64_is_the_client_s_business(account: Account, queue: Queue) -> None:
    """The server stores text; what one client encodes another reads as Base64."""
    encoding = account.get_queue("events")
    encoding.send_message(Message("hello"))

    assert queue.receive_message(1).message_body == "aGVsbG8="


def test_batches(queue: Queue) -> None:
    """Sixteen at once; a partial failure names the handles that failed."""
    queue.batch_send_message([Message(str(number)) for number in range(16)])
    assert len(queue.batch_peek_message(16)) == 16
    received = queue.batch_receive_message(16, 1)
    handles = [message.receipt_handle for message in received]
    queue.batch_delete_message(handles[:10])

    with pytest.raises(MNSServerException) as caught:
        queue.batch_delete_message(handles[8:12])

    assert [error["ReceiptHandle"] for error in caught.value.sub_errors] == handles[8:10]


def test_visibility(queue: Queue, control: Callable[..., Any]) -> None:
    """A changed visibility gives a new handle, kills the old one, and ends in virtual time."""
    queue.send_message(Message("x"))
    first = queue.receive_message(1)
    changed = queue.change_message_visibility(first.receipt_handle, 600)
    assert changed.receipt_handle != first.receipt_handle
    assert refusal(lambda: queue.delete_message(first.receipt_handle)) == "ReceiptHandleError"

    control("clock", {"advance": 601})

    again = queue.receive_message(1)
    assert again.dequeue_count == 2
    assert refusal(lambda: queue.delete_message(changed.receipt_handle)) in (
        "MessageNotExist",
        "ReceiptHandleError",
    )


def test_delayed_messages_wake_a_poll(queue: Queue) -> None:
    """A poll that waits gets a message whose delay ends meanwhile."""
    queue.send_message(Message("x", delay_seconds=10))
    before = time.monotonic()

    assert queue.receive_message(30).message_body == "x"
    # Ten virtual seconds at the suite's speed are a sixth of a real one.
    assert 0.1 < time.monotonic() - before < 0.45


def test_an_empty_poll_takes_its_virtual_time(queue: Queue) -> None:
    """Thirty virtual seconds are half a real one; then there is no message."""
    before = time.monotonic()

    assert refusal(lambda: queue.receive_message(30)) == "MessageNotExist"
    assert 0.45 < time.monotonic() - before < 2.0


def test_a_send_wakes_a_poll(queue: Queue, second_account: Account) -> None:
    """What is sent while somebody waits is delivered at once."""
    sender = second_account.get_queue("events")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive_message, 30)
        sender.send_message(Message("now"))

        assert waiting.result(timeout=5).message_body == "bm93"


def test_a_jump_of_the_clock_ends_a_poll(queue: Queue, control: Callable[..., Any]) -> None:
    """With the clock standing still a poll waits until somebody moves it."""
    control("clock", {"pause": True})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refusal, lambda: queue.receive_message(30))
        while control("summary")["long_polls"] == 0:
            pass
        control("clock", {"advance": 31})

        assert waiting.result(timeout=5) == "MessageNotExist"


def test_beyond_the_cap_a_poll_is_empty_at_once(queue: Queue, control: Callable[..., Any]) -> None:
    """The real service answers empty at once when too many receives wait."""
    control("settings", {"long_poll_cap": 0})
    before = time.monotonic()

    assert refusal(lambda: queue.receive_message(30)) == "MessageNotExist"
    assert time.monotonic() - before < 0.3


def test_a_hundred_polls_and_one_message_each(
    url: str, queue: Queue, control: Callable[..., Any]
) -> None:
    """Each waiting client gets one message; nobody gets two and none is lost."""
    control("clock", {"speed": 5})
    bodies: list[str] = []

    def poll() -> None:
        account = Account(url, "emulator", "emulator-secret")
        waiting = account.get_queue("events")
        waiting.set_encoding(False)
        bodies.append(waiting.receive_message(30).message_body)
        account.get_client().http.conn.close()

    threads = [threading.Thread(target=poll) for _ in range(100)]
    for thread in threads:
        thread.start()
    while control("summary")["long_polls"] < 100:
        pass
    for start in range(0, 100, 10):
        queue.batch_send_message([Message(str(start + offset)) for offset in range(10)])
    for thread in threads:
        thread.join(timeout=10)

    assert sorted(bodies, key=int) == [str(number) for number in range(100)]


def test_a_client_that_left_gets_no_message(
    second_account: Account, queue: Queue, control: Callable[..., Any]
) -> None:
    """A poll whose client closed the connection does not swallow a message."""
    control("clock", {"speed": 1})
    second_account.get_client().http.set_connection_timeout(0.1)
    with pytest.raises(MNSClientNetworkException, match="timed out"):
        second_account.get_queue("events").receive_message(30)
    while control("summary")["long_polls"] != 0:
        pass

    queue.send_message(Message("x"))

    assert queue.receive_message(1).dequeue_count == 1


@pytest.mark.parametrize("operation", ["receive_message", "peek_message", "get_attributes"])
def test_a_missing_queue(account: Account, operation: str) -> None:
    """Every operation names a queue that is not there."""
    assert refusal(getattr(account.get_queue("nowhere"), operation)) == "QueueNotExist"


def test_errors_carry_request_and_host(account: Account, url: str) -> None:
    """A refusal has a request id of 24 digits and names the host."""
    with pytest.raises(MNSServerException) as caught:
        account.get_queue("nowhere").receive_message(1)

    assert re.fullmatch(r"[0-9A-F]{24}", caught.value.req_id)
    assert caught.value.host_id == url


def test_a_wrong_secret(url: str) -> None:
    """The signature is verified."""
    account = Account(url, "emulator", "wrong-secret")

    assert refusal(account.list_queue) == "SignatureDoesNotMatch"
    account.get_client().http.conn.close()


def test_an_unknown_key(url: str) -> None:
    """So is the key."""
    account = Account(url, "somebody", "emulator-secret")

    assert refusal(account.list_queue) == "InvalidAccessKeyId"
    account.get_client().http.conn.close()


def test_a_temporary_key(url: str, control: Callable[..., Any]) -> None:
    """A temporary key works with its token only."""
    key = {"access_key_id": "sts", "secret": "sts-secret", "security_token": "sts-token"}
    control("access-keys", key)
    good = Account(url, "sts", "sts-secret", "sts-token")
    bad = Account(url, "sts", "sts-secret", "other")

    assert good.list_queue()[0] == []
    assert refusal(bad.list_queue) == "InvalidAccessKeyId"
    for account in (good, bad):
        account.get_client().http.conn.close()


def test_skew(call_smq: Callable[..., Any]) -> None:
    """A quarter of an hour of difference is allowed, no more."""
    assert call_smq("GET", "/queues", late_by=890).status == 200

    answer = call_smq("GET", "/queues", late_by=910)

    assert (answer.status, b"TimeExpired" in answer.body) == (408, True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Date": None}, b"MissingDateHeader"),
        ({"Date": "yesterday"}, b"InvalidDateHeader"),
        ({"x-mns-version": None}, b"MissingVersionHeader"),
        ({"x-mns-version": "2000-01-01"}, b"InvalidVersionHeader"),
        ({"Authorization": "Basic x"}, b"InvalidAuthorizationHeader"),
    ],
)
def test_bad_headers(
    call_smq: Callable[..., Any], changes: dict[str, str | None], code: bytes
) -> None:
    """Each header that is missing or wrong has its own code."""
    answer = call_smq("GET", "/queues", **changes)

    assert (answer.status, code in answer.body) == (400, True)


@pytest.mark.parametrize("size", [70_000, 1_050_000, 2_200_000])
def test_a_message_that_is_too_large_is_refused_as_such(queue: Queue, size: int) -> None:
    """Whatever the size, the SDK reads the same refusal with a request id."""
    with pytest.raises(MNSServerException) as caught:
        queue.send_message(Message("a" * size))

    assert caught.value.type == "InvalidArgument"
    assert caught.value.message.startswith("The value of MessageBody should between 1 and 65536")
    assert len(caught.value.req_id) == 24


def test_the_host_can_name_the_region(
    call_smq: Callable[..., Any], complaints: Callable[[], list[str]]
) -> None:
    """The public host name of a region leads there, whatever the port; another account's nowhere."""
    host = "1234567890123456.mns.cn-shanghai.aliyuncs.com"
    assert call_smq("PUT", "/queues/there", b"<Queue/>", Host=host).status == 201

    assert b"there" not in call_smq("GET", "/queues").body
    assert b"there" in call_smq("GET", "/queues", Host=host).body
    assert call_smq("GET", "/queues", Host="99.mns.cn-shanghai.aliyuncs.com").status == 403
    assert complaints() == ["smq: account 99 has no queues in cn-shanghai here"]


@pytest.mark.parametrize(
    ("method", "target", "code"),
    [
        ("PUT", "/topics/t", b"InvalidRequestURL"),
        ("GET", "/topics", b"InvalidRequestURL"),
        ("POST", "/commonbuy/openservice", b"InvalidRequestURL"),
        ("GET", "/?accountmeta=true", b"InvalidQueryString"),
        ("GET", "/", b"InvalidRequestURL"),
    ],
)
def test_what_is_not_there_is_refused_as_smq_refuses(
    call_smq: Callable[..., Any],
    complaints: Callable[[], list[str]],
    method: str,
    target: str,
    code: bytes,
) -> None:
    """Topics and account settings get SMQ's own form of an error, which its SDKs can read."""
    answer = call_smq(method, target, b"<Topic/>" if method == "PUT" else b"")

    assert answer.status == 400
    assert answer.headers["x-mns-request-id"].encode() in answer.body
    assert code in answer.body
    assert all(part in answer.body for part in (b"<Error xmlns=", b"<RequestId>", b"<HostId>"))
    assert len(complaints()) == 1


def test_a_topic_without_a_signature(
    url: str, fetch: Callable[..., Any], control: Callable[..., Any]
) -> None:
    """The path alone says whose request it is."""
    answer = fetch(f"{url}/topics")

    assert (answer.status, b"MissingAuthorizationHeader" in answer.body) == (400, True)
    assert control("requests")[-1]["code"] == "MissingAuthorizationHeader"
