"""How broken answers come through the official SDKs, and what the adapters make of them.

A server of a few lines stands in for the cloud: it answers bytes, or hangs up.
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from tests.unit.adapters.conftest import NOW, RecordedTelemetry, StandingClock
from worker.adapters import credentials
from worker.adapters.credentials import KEY_ID, KEY_SECRET, Key
from worker.adapters.ecs.call import ApiRefusal, ConnectionLost, SdkCall
from worker.adapters.mns_queue import MnsQueue
from worker.core.errors import (
    NoCredentials,
    Permanent,
    RecreationError,
    Throttled,
    Transient,
    UnknownOutcome,
)
from worker.ports import LeaseLost

ENVIRON = {KEY_ID: "emulator", KEY_SECRET: "emulator-secret"}
PASSWORD = "Hunter2-in-the-request"
HANG_UP = b""


def http(status: int, body: bytes | str, kind: str = "application/json", *, cut: int = 0) -> bytes:
    raw = body if isinstance(body, bytes) else body.encode()
    head = f"HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {len(raw) + cut}\r\n"
    return head.encode() + b"x-mns-request-id: R1\r\nConnection: close\r\n\r\n" + raw


@dataclass
class StubServer:
    """Gives the prepared answers, one per connection, the last one again and again."""

    listener: socket.socket
    answers: list[bytes] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(_request(connection))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                connection.sendall(answer)


def _request(connection: socket.socket) -> bytes:
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += connection.recv(65536)
    head, _, body = seen.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    wanted = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def server() -> Iterator[StubServer]:
    listener = socket.create_server(("127.0.0.1", 0))
    stub = StubServer(listener)
    thread = threading.Thread(target=stub.serve, daemon=True)
    thread.start()
    yield stub
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.fixture
def call(server: StubServer) -> SdkCall:
    provider = credentials.provider(ENVIRON)
    return SdkCall(
        "cn-hangzhou",
        credential=lambda: credentials.sdk_credential(provider),
        endpoints={"ecs": server.url, "vpc": server.url},
        read_seconds=2.0,
    )


def refusal(code: str) -> str:
    return json.dumps({"Code": code, "Message": f"no {PASSWORD}", "RequestId": "R1"})


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "Throttling.User"), (403, "OperationDenied.NoStock"), (500, "InternalError")],
)
def test_refusal_comes_through(server: StubServer, call: SdkCall, status: int, code: str) -> None:
    """With its code, status and request id; in one attempt."""
    server.answers = [http(status, refusal(code))]

    with pytest.raises(ApiRefusal) as caught:
        call("RunInstances", {"RegionId": "cn-hangzhou"})

    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.request_id == "R1"
    assert len(server.requests) == 1


@pytest.mark.parametrize("action", ["DescribeImages", "DescribeEipAddresses"])
def test_answer_comes_as_it_was_written(server: StubServer, call: SdkCall, action: str) -> None:
    """Through no models of the SDK, which would cost more than the reading, and lose what they lack."""
    body = {"RequestId": "R1", "Images": {"Image": [{"ImageId": "m-1", "OfTomorrow": [1, None]}]}}
    server.answers = [http(200, json.dumps(body)), http(200, '{"RequestId": "R2"}')]

    assert call(action, {"RegionId": "cn-hangzhou"}) == body
    assert call(action, {"RegionId": "cn-hangzhou"}) == {"RequestId": "R2"}


@pytest.mark.parametrize(
    "answer",
    [
        HANG_UP,
        http(502, "<html>Bad Gateway</html>", "text/html"),
        http(200, ""),
        http(200, '{"InstanceIdSets": {"Inst', cut=40),
        http(200, '{"InstanceIdSets": {"Inst'),
        http(200, "[1]"),
        http(200, '"text"'),
        http(403, "{}"),
        http(403, "[]"),
        http(500, "null"),
    ],
)
def test_unreadable_answer_is_a_lost_one(server: StubServer, call: SdkCall, answer: bytes) -> None:
    """Whatever it was, the effect is unknown, and the SDK does not try again by itself."""
    server.answers = [answer]

    with pytest.raises(ConnectionLost):
        call("RunInstances", {"RegionId": "cn-hangzhou"})

    assert len(server.requests) == 1


def test_silent_server_is_given_up() -> None:
    """Every socket has a timeout."""
    silent = socket.create_server(("127.0.0.1", 0))
    provider = credentials.provider(ENVIRON)
    hasty = SdkCall(
        "cn-hangzhou",
        credential=lambda: credentials.sdk_credential(provider),
        endpoints={"ecs": f"http://127.0.0.1:{silent.getsockname()[1]}"},
        read_seconds=0.2,
    )

    with pytest.raises(ConnectionLost):
        hasty("DescribeImages", {})
    silent.close()


@pytest.mark.parametrize("answer", [http(403, refusal("Forbidden")), HANG_UP])
def test_nothing_of_the_sdks_exception_is_kept(
    server: StubServer, call: SdkCall, answer: bytes
) -> None:
    """It holds the request with passwords and signatures."""
    server.answers = [answer]

    with pytest.raises((ApiRefusal, ConnectionLost)) as caught:
        call("RunInstances", {"RegionId": "cn-hangzhou", "Password": PASSWORD})

    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    assert PASSWORD not in f"{caught.value} {caught.value.args}"
    assert PASSWORD.encode() in server.requests[0]


def test_missing_credentials_are_no_bug(server: StubServer) -> None:
    """They may come with the next call; nothing is sent without them."""
    environ = dict(ENVIRON)
    provider = credentials.provider(environ)
    call = SdkCall(
        "cn-hangzhou",
        credential=lambda: credentials.sdk_credential(provider),
        endpoints={"ecs": server.url},
    )
    environ.clear()

    with pytest.raises(ConnectionLost, match="not both set"):
        call("DescribeImages", {})

    assert server.requests == []


def test_first_call_of_many_threads_runs_alone(server: StubServer, call: SdkCall) -> None:
    """The SDK would build one connection pool per thread."""
    server.answers = [http(200, '{"Images": {"Image": []}}')]
    alone = threading.Event()
    seen: list[int] = []

    def one() -> None:
        call("DescribeImages", {})
        seen.append(len(server.requests))
        alone.set()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert alone.is_set()
    assert len(server.requests) == 8
    assert len(call._clients) == 1


MESSAGE = """<Message><MessageId>{n}</MessageId><ReceiptHandle>{n}-h=</ReceiptHandle>
<MessageBodyMD5>X</MessageBodyMD5>{body}<EnqueueTime>1800000000000</EnqueueTime>
<NextVisibleTime>1800000030000</NextVisibleTime><FirstDequeueTime>1800000000000</FirstDequeueTime>
<DequeueCount>1</DequeueCount><Priority>8</Priority>{properties}</Message>"""
GOOD = "<MessageBody>{}</MessageBody>"
PROPERTY = """<UserProperties><PropertyValue><Name>{}</Name><Value>{}</Value><Type>{}</Type>
</PropertyValue></UserProperties>"""
EMPTY = """<Error><Code>MessageNotExist</Code><Message>Message not exist.</Message>
<RequestId>R1</RequestId><HostId>http://h</HostId></Error>"""


def message(n: int, body: str = GOOD.format("{}"), properties: str = "") -> str:
    return MESSAGE.format(n=n, body=body, properties=properties)


def error(code: str) -> str:
    return EMPTY.replace("MessageNotExist", code)


def xml(status: int, body: str) -> bytes:
    return http(status, body, "text/xml")


Make = Callable[..., MnsQueue]


@pytest.fixture
def make(server: StubServer) -> Iterator[Make]:
    made: list[MnsQueue] = []

    def queue(telemetry: RecordedTelemetry, pauses: list[float] | None = None) -> MnsQueue:
        waits: list[float] = [] if pauses is None else pauses
        found = MnsQueue(
            server.url,
            "events",
            credentials=credentials.provider(ENVIRON),
            clock=StandingClock(),
            telemetry=telemetry,
            pause=waits.append,
            socket_seconds=2.0,
        )
        made.append(found)
        return found

    yield queue
    for each in made:
        each.close()


def test_body_comes_as_it_is_on_the_wire(server: StubServer, make: Make) -> None:
    """Base64 or not is the business of the core; line ends are what XML makes of them."""
    body = GOOD.format("eyJhIjogMX0=&#13;\n中文")
    server.answers = [xml(200, message(1, body, PROPERTY.format("sr-p", "x", "STRING")))]

    (found,) = make(RecordedTelemetry()).receive(count=1, wait=0)

    assert found.body == "eyJhIjogMX0=\n中文"
    assert found.handle == "1-h="
    assert found.attributes == {"sr-p": "x"}
    assert (found.enqueued_at, found.lease_until) == (1_800_000_000.0, 1_800_000_030.0)


def test_one_damaged_message_does_not_hide_the_others(server: StubServer, make: Make) -> None:
    """Without a body nothing can be done with it, not even parking; the queue's own count takes it."""
    server.answers = [xml(200, f"<Messages>{message(1)}{message(2, '')}</Messages>")]
    telemetry = RecordedTelemetry()

    found = make(telemetry).receive(count=16, wait=0)

    assert [one.message_id for one in found] == ["1"]
    assert telemetry.names == ["message_incomplete"]


def test_a_poll_that_brings_what_nobody_can_use_was_no_capped_one(
    server: StubServer, make: Make
) -> None:
    """It is told for what it is, and nobody pauses for it."""
    server.answers = [xml(200, f"<Messages>{message(2, '')}</Messages>")]
    telemetry, pauses = RecordedTelemetry(), list[float]()

    assert make(telemetry, pauses).receive(count=16, wait=30.0) == ()
    assert telemetry.names == ["message_incomplete"]
    assert pauses == []


@pytest.mark.parametrize(
    ("old", "new", "told_at", "lease_until", "count"),
    [
        ("", "", 1_800_000_000.0, 1_800_000_030.0, 1),
        ("<DequeueCount>1", "<DequeueCount>2", None, 1_800_000_030.0, 2),
        # Without a word that it is the first receive, the time of the first one tells nothing.
        ("<DequeueCount>1</DequeueCount>", "", None, 1_800_000_030.0, 1),
        ("<DequeueCount>1", "<DequeueCount>99999999999", None, 1_800_000_030.0, 99_999_999_999),
        ("<DequeueCount>1", "<DequeueCount>\u0661", None, 1_800_000_030.0, 1),
        # A lease that nobody knows is not told by the cloud's clock: it is renewed at once.
        ("<NextVisibleTime>1800000030000</NextVisibleTime>", "", None, NOW, 1),
        ("<NextVisibleTime>1800000030000", "<NextVisibleTime>1e999", None, NOW, 1),
        ("<FirstDequeueTime>1800000000000", "<FirstDequeueTime>nan", None, 1_800_000_030.0, 1),
    ],
)
def test_times_and_counts_that_are_none(
    server: StubServer,
    make: Make,
    old: str,
    new: str,
    told_at: float | None,
    lease_until: float,
    count: int,
) -> None:
    """A clock that is set by them would be wrong until the next good one."""
    server.answers = [xml(200, f"<Messages>{message(1).replace(old, new)}</Messages>")]

    (found,) = make(RecordedTelemetry()).receive(count=16, wait=0)

    assert (found.told_at, found.lease_until, found.dequeue_count) == (told_at, lease_until, count)


def test_a_batch_that_is_not_xml_is_taken_one_by_one(server: StubServer, make: Make) -> None:
    """One message with a character that XML does not have spoils the whole answer."""
    batch = f"<Messages>{message(1)}{message(2, GOOD.format(chr(1)))}</Messages>"
    alone = [f"<Messages>{message(1)}</Messages>", f"<Messages>{message(2, GOOD.format(chr(1)))}"]
    server.answers = [xml(200, batch), *(xml(200, one) for one in alone), b""]
    telemetry = RecordedTelemetry()
    queue = make(telemetry)

    with pytest.raises(Transient):
        queue.receive(count=16, wait=0)
    found = queue.receive(count=16, wait=0)

    assert [one.message_id for one in found] == ["1"]
    assert telemetry.names == ["answer_lost", "answer_lost"]
    assert b"numOfMessages=16" in server.requests[0]
    assert b"numOfMessages=1&" in server.requests[1]


@pytest.mark.parametrize(
    "answer",
    [
        HANG_UP,
        xml(200, ""),
        xml(200, "<Message>"),
        xml(200, "<Queue></Queue>"),
        xml(502, "<html>Bad Gateway"),
        xml(500, error("InternalError")),
    ],
)
def test_unreadable_receive_is_tried_later(server: StubServer, make: Make, answer: bytes) -> None:
    """The message becomes visible again by itself."""
    server.answers = [answer]

    with pytest.raises(Transient) as caught:
        make(RecordedTelemetry()).receive(count=1, wait=0)

    assert not isinstance(caught.value, UnknownOutcome)


@pytest.mark.parametrize(
    "answer",
    [
        HANG_UP,
        xml(201, ""),
        xml(201, "<Message>"),
        xml(502, "<html>"),
        xml(500, error("InternalError")),
    ],
)
def test_unreadable_answer_to_a_change(server: StubServer, make: Make, answer: bytes) -> None:
    """It may have been sent; twins are harmless."""
    server.answers = [answer]
    queue = make(RecordedTelemetry())

    with pytest.raises(UnknownOutcome):
        queue.send("{}", {"a": "b"})


@pytest.mark.parametrize("code", ["MessageNotExist", "ReceiptHandleError"])
def test_dead_handle(server: StubServer, make: Make, code: str) -> None:
    """Somebody else may have the message."""
    server.answers = [xml(404, error(code))]
    queue = make(RecordedTelemetry())

    with pytest.raises(LeaseLost):
        queue.delete("h")
    with pytest.raises(LeaseLost):
        queue.renew("h", 30.0)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("TooManyRequests", Throttled),
        ("QpsLimitExceeded", Throttled),
        ("QueueNotExist", Permanent),
        ("AccessDenied", Permanent),
        ("TimeExpired", Transient),
        ("Brand.New", Permanent),
    ],
)
def test_refusal_of_the_queue(
    server: StubServer, make: Make, code: str, kind: type[RecreationError]
) -> None:
    """By its code; an unknown one asks for a row."""
    server.answers = [xml(400, error(code))]
    telemetry = RecordedTelemetry()

    with pytest.raises(kind) as caught:
        make(telemetry).send("{}", {})

    assert caught.value.code == code
    assert ("unknown_provider_code" in telemetry.names) is (code == "Brand.New")


def test_capped_poll_backs_off(server: StubServer, make: Make) -> None:
    """An answer at once to a long poll is billed; spinning would cost."""
    server.answers = [xml(404, EMPTY)]
    pauses: list[float] = []
    queue = make(RecordedTelemetry(), pauses)

    for _ in range(5):
        assert queue.receive(count=16, wait=30.0) == ()
    queue.receive(count=16, wait=0.0)
    queue.receive(count=16, wait=30.0)

    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 0.5]
    assert b"waitseconds=30" in server.requests[0]


def test_renewal_gives_the_newest_handle(server: StubServer, make: Make) -> None:
    """And the time until which it holds; a fraction of a second is rounded up."""
    server.answers = [
        xml(
            200,
            "<ChangeVisibility><ReceiptHandle>new</ReceiptHandle>"
            "<NextVisibleTime>1800000031000</NextVisibleTime></ChangeVisibility>",
        )
    ]

    lease = make(RecordedTelemetry()).renew("old", 30.2)

    assert (lease.handle, lease.until) == ("new", 1_800_000_031.0)
    assert b"VisibilityTimeout=31" in server.requests[0]


def test_empty_attribute_is_refused_here(server: StubServer, make: Make) -> None:
    """It would vanish on its way, and the signature with it."""
    with pytest.raises(ValueError, match="sr-x"):
        make(RecordedTelemetry()).send("{}", {"sr-x": ""})

    assert server.requests == []


def test_delay_is_rounded_up(server: StubServer, make: Make) -> None:
    """Early is worse than late; the SDK takes whole seconds."""
    server.answers = [
        xml(201, "<Message><MessageId>M</MessageId><MessageBodyMD5>X</MessageBodyMD5></Message>")
    ]

    assert make(RecordedTelemetry()).send("{}", {"a": "b"}, delay=1.2) == "M"
    assert b"<DelaySeconds>2</DelaySeconds>" in server.requests[0]


def test_silent_queue_is_given_up_over_https() -> None:
    """The SDK sets no timeout there."""
    silent = socket.create_server(("127.0.0.1", 0))
    queue = MnsQueue(
        f"https://127.0.0.1:{silent.getsockname()[1]}",
        "events",
        credentials=credentials.provider(ENVIRON),
        clock=StandingClock(),
        telemetry=RecordedTelemetry(),
        socket_seconds=0.3,
    )

    with pytest.raises(Transient):
        queue.receive(count=1, wait=0)
    silent.close()


def test_missing_credentials_stop_the_queue_for_now(server: StubServer) -> None:
    """They may come with the next look."""

    class Nobody:
        def get_credentials(self) -> Key:
            raise NoCredentials("none")

        def get_provider_name(self) -> str:
            return "none"

    queue = MnsQueue(
        server.url,
        "events",
        credentials=Nobody(),
        clock=StandingClock(),
        telemetry=RecordedTelemetry(),
    )

    with pytest.raises(NoCredentials, match="none"):
        queue.receive(count=1, wait=0)
