"""The HTTP form of SMQ, with requests in the spelling of several SDKs."""

import hashlib
import random
from base64 import b64encode
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from emulator.state.queues import OutMessage, Property, QueueService
from emulator.state.world import World
from emulator.wire.mns_http import LongPoll, MnsReply, handle
from emulator.wire.mns_xml import parse

NOW = 1_700_000_000.0
URL = "http://127.0.0.1:9700"
MESSAGES = "/queues/jobs/messages"


class Region:
    """One region and a caller of it at a settable time."""

    def __init__(self, **assumptions: Any) -> None:
        world = World("1234567890123456", Assumptions(**assumptions), random.Random(7))
        self.service = QueueService(world, "cn-hangzhou")
        self.service.create_queue("jobs", None, NOW)
        self.now = NOW

    def ask(self, method: str, target: str, body: str = "", **headers: str) -> MnsReply | LongPoll:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return handle(self.service, method, target, named, body.encode(), self.now, URL)

    def reply(self, method: str, target: str, body: str = "", **headers: str) -> MnsReply:
        answer = self.ask(method, target, body, **headers)
        assert isinstance(answer, MnsReply)
        return answer

    def refuse(self, method: str, target: str, body: str = "", **headers: str) -> tuple[int, str]:
        answer = self.reply(method, target, body, **headers)
        error = parse(answer.body)
        assert [child.name for child in error.children] == [
            "Code",
            "Message",
            "RequestId",
            "HostId",
        ]
        assert error.texts()["RequestId"] == answer.headers["x-mns-request-id"]
        assert error.texts()["HostId"] == URL
        return answer.status, error.texts()["Code"]

    def complaints(self) -> list[str]:
        return list(self.service.world.complaints)

    def receive(self) -> str:
        """Receive one message and return its handle."""
        return parse(self.reply("GET", MESSAGES).body).texts()["ReceiptHandle"]


@pytest.fixture
def region() -> Region:
    return Region()


def test_create_answers_201_then_204_with_location(region: Region) -> None:
    """A new queue is 201, the same again 204, both with its URL; another one is 409."""
    first = region.reply("PUT", "/queues/new", "<Queue/>")
    again = region.reply("PUT", "/queues/new", '<Queue xmlns="urn:any"></Queue>')
    other = region.refuse("PUT", "/queues/new", "<Queue><DelaySeconds>1</DelaySeconds></Queue>")

    assert (first.status, again.status) == (201, 204)
    assert first.headers["location"] == again.headers["location"] == f"{URL}/queues/new"
    assert other == (409, "QueueAlreadyExist")


def test_metaoverride_sets_and_get_reports(region: Region) -> None:
    """Attributes set by the form of SetQueueAttributes come back in GetQueueAttributes."""
    body = "<Queue><VisibilityTimeout>60</VisibilityTimeout><LoggingEnabled>true</LoggingEnabled>"

    reply = region.reply("PUT", "/queues/jobs?metaoverride=true", body + "</Queue>")
    texts = parse(region.reply("GET", "/queues/jobs").body).texts()

    assert (reply.status, reply.body) == (204, b"")
    assert texts["VisibilityTimeout"] == "60"
    assert texts["LoggingEnabled"] == "True"
    assert texts["CreateTime"] == str(int(NOW))
    assert len(texts) == 14


def test_list_follows_its_headers(region: Region) -> None:
    """Prefix, marker, number and metadata come as headers; the last page has no marker."""
    region.service.create_queue("jobs-2", None, NOW)
    region.service.create_queue("other", None, NOW)

    first = parse(region.reply("GET", "/queues", x_mns_prefix="jobs", x_mns_ret_number="1").body)
    second = parse(
        region.reply(
            "GET", "/queues", x_mns_prefix="jobs", x_mns_marker="jobs", x_mns_with_meta="true"
        ).body
    )

    assert first.children[0].texts() == {"QueueURL": f"{URL}/queues/jobs"}
    assert first.texts()["NextMarker"] == "jobs"
    assert second.children[0].texts()["QueueName"] == "jobs-2"
    assert second.child("NextMarker") is None
    assert region.refuse("GET", "/queues", x_mns_ret_number="0") == (400, "InvalidArgument")


def test_send_answers_201_and_receive_gives_it_back(region: Region) -> None:
    """A message with delay, priority and properties makes the round trip."""
    body = (
        "<Message><MessageBody>{&quot;a&quot;: &quot;文&quot;}</MessageBody><Priority>1</Priority>"
        "<DelaySeconds>0</DelaySeconds><UserProperties><PropertyValue><Name>step</Name>"
        "<Value>image</Value><Type>STRING</Type></PropertyValue></UserProperties></Message>"
    )

    sent = region.reply("POST", MESSAGES, body)
    received = parse(region.reply("GET", MESSAGES).body)

    assert sent.status == 201
    assert set(parse(sent.body).texts()) == {"MessageId", "MessageBodyMD5"}
    assert received.texts()["MessageBody"] == '{"a": "文"}'
    assert received.texts()["Priority"] == "1"
    properties = received.child("UserProperties")
    assert properties is not None
    assert properties.children[0].texts() == {"Name": "step", "Value": "image", "Type": "STRING"}


def test_delayed_send_answers_a_handle(region: Region) -> None:
    """Only a delayed send has a ReceiptHandle in its answer."""
    body = "<Message><MessageBody>x</MessageBody><DelaySeconds>5</DelaySeconds></Message>"

    assert "ReceiptHandle" in parse(region.reply("POST", MESSAGES, body).body).texts()


@pytest.mark.parametrize("status", [500, 400])
def test_partly_failed_batch_mixes_entries(status: int) -> None:
    """A batch with one bad message sends the other and says which failed."""
    region = Region(smq_batch_send_failure_status=status)
    body = (
        "<Messages><Message><MessageBody>x</MessageBody></Message>"
        "<Message><MessageBody>y</MessageBody><Priority>99</Priority></Message></Messages>"
    )

    reply = region.reply("POST", MESSAGES, body)

    assert reply.status == status
    assert [set(entry.texts()) for entry in parse(reply.body).children] == [
        {"MessageId", "MessageBodyMD5"},
        {"ErrorCode", "ErrorMessage"},
    ]


def test_single_bad_message_is_an_ordinary_error(region: Region) -> None:
    """A refused single send answers the four-element error."""
    body = "<Message><MessageBody>x</MessageBody><Priority>0</Priority></Message>"

    assert region.refuse("POST", MESSAGES, body) == (400, "InvalidArgument")


def test_number_asked_for_decides_the_form(region: Region) -> None:
    """With numOfMessages the answer is a list even of one, without it a single message."""
    region.service.send_one("jobs", OutMessage("x"), NOW)

    peeked = parse(region.reply("GET", f"{MESSAGES}?peekonly=true").body)
    peeks = parse(region.reply("GET", f"{MESSAGES}?peekonly=true&numOfMessages=16").body)
    batch = parse(region.reply("GET", f"{MESSAGES}?numOfMessages=16").body)

    assert (peeked.name, peeks.name, batch.name) == ("Message", "Messages", "Messages")
    assert not {"ReceiptHandle", "NextVisibleTime"} & set(peeked.texts())
    assert "ReceiptHandle" in batch.children[0].texts()


@pytest.mark.parametrize("query", ["", "?waitseconds=0", "?peekonly=true", "?numOfMessages=3"])
def test_empty_queue_is_404(region: Region, query: str) -> None:
    """Nothing to receive or peek is MessageNotExist."""
    assert region.refuse("GET", MESSAGES + query) == (404, "MessageNotExist")


@pytest.mark.parametrize("escape", [False, True], ids=["raw", "escaped"])
def test_handle_survives_the_query_in_both_spellings(region: Region, *, escape: bool) -> None:
    """A handle works unescaped, as some SDKs send it, and percent-escaped."""
    region.service.send_one("jobs", OutMessage("x"), NOW)

    def spelled(text: str) -> str:
        table = {"+": "%2B", "/": "%2F", "=": "%3D"}
        return "".join(table.get(letter, letter) for letter in text) if escape else text

    target = f"{MESSAGES}?ReceiptHandle={spelled(region.receive())}"
    changed = region.reply("PUT", f"{target}&VisibilityTimeout=5")
    texts = parse(changed.body).texts()
    deleted = region.reply("DELETE", f"{MESSAGES}?receiptHandle={spelled(texts['ReceiptHandle'])}")

    assert (changed.status, deleted.status) == (200, 204)
    assert texts["NextVisibleTime"] == str(int((NOW + 5) * 1000))


def test_batch_delete_answers_404_with_the_failed(region: Region) -> None:
    """All deleted is 204; otherwise only the failed handles come back."""
    region.service.send_one("jobs", OutMessage("x"), NOW)
    element = f"<ReceiptHandle>{region.receive()}</ReceiptHandle>"
    body = f"<ReceiptHandles>{element}</ReceiptHandles>"

    first = region.reply("DELETE", MESSAGES, body)
    second = region.reply("DELETE", MESSAGES, body)

    assert (first.status, second.status) == (204, 404)
    (error,) = parse(second.body).children
    assert error.texts()["ErrorCode"] == "MessageNotExist"
    assert error.texts()["ReceiptHandle"] in body


@pytest.mark.parametrize(
    ("method", "target", "body", "refusal"),
    [
        ("GET", "/", "", (400, "InvalidRequestURL")),
        ("GET", "/topics/t", "", (400, "InvalidRequestURL")),
        ("PATCH", "/queues/jobs", "", (400, "InvalidRequestURL")),
        ("GET", "/queues/jobs/messages/1", "", (400, "InvalidRequestURL")),
        ("GET", f"{MESSAGES}?wait=1", "", (400, "InvalidQueryString")),
        ("GET", f"{MESSAGES}?numOfMessages=x", "", (400, "InvalidArgument")),
        ("GET", f"{MESSAGES}?numOfMessages=17", "", (400, "InvalidArgument")),
        ("GET", f"{MESSAGES}?waitseconds=1.5", "", (400, "InvalidArgument")),
        ("GET", "/queues/nobody/messages", "", (404, "QueueNotExist")),
        ("GET", "/queues/nobody/messages?waitseconds=5", "", (404, "QueueNotExist")),
        ("DELETE", MESSAGES, "", (400, "MissingReceiptHandle")),
        ("DELETE", f"{MESSAGES}?ReceiptHandle=x", "", (400, "ReceiptHandleError")),
        ("PUT", f"{MESSAGES}?VisibilityTimeout=1", "", (400, "MissingReceiptHandle")),
        ("PUT", f"{MESSAGES}?ReceiptHandle=x", "", (400, "MissingVisibilityTimeout")),
        ("PUT", f"{MESSAGES}?ReceiptHandle=x&VisibilityTimeout=0", "", (400, "InvalidArgument")),
        ("POST", MESSAGES, "", (400, "MalformedXML")),
        ("POST", MESSAGES, "<Other/>", (400, "InvalidArgument")),
        ("POST", MESSAGES, "<Message/>", (400, "InvalidArgument")),
        ("POST", MESSAGES, "<Message><Colour/></Message>", (400, "InvalidArgument")),
        ("POST", MESSAGES, "<Messages/>", (400, "InvalidArgument")),
        ("PUT", "/queues/q", "<Queue><Colour/></Queue>", (400, "InvalidArgument")),
        ("PUT", "/queues/q_q", "<Queue/>", (400, "InvalidQueueName")),
        ("PUT", "/queues/%E9%98%9F", "<Queue/>", (400, "InvalidQueueName")),
    ],
)
def test_each_wrong_request_has_its_refusal(
    region: Region, method: str, target: str, body: str, refusal: tuple[int, str]
) -> None:
    """Wrong paths, queries and bodies answer the documented codes."""
    assert region.refuse(method, target, body) == refusal


@pytest.mark.parametrize(
    ("target", "body"),
    [("/topics", ""), (f"{MESSAGES}?wait=1", ""), (MESSAGES, "<Message><Colour/></Message>")],
)
def test_what_the_service_does_not_have_is_noted(region: Region, target: str, body: str) -> None:
    """Unknown paths, query parameters and elements are complaints that tests can look for."""
    region.refuse("POST", target, body)

    assert len(region.service.world.complaints) == 1


def one_property(inside: str) -> str:
    item = f"<PropertyValue>{inside}</PropertyValue>"
    return f"<Message><MessageBody>x</MessageBody><UserProperties>{item}</UserProperties></Message>"


@pytest.mark.parametrize(
    ("method", "target", "body", "element"),
    [
        (
            "POST",
            MESSAGES,
            "<Message><MessageBody>pay <b>100</b> now</MessageBody></Message>",
            "b",
        ),
        (
            "POST",
            MESSAGES,
            "<Message><MessageBody><order><id>7</id></order></MessageBody></Message>",
            "order",
        ),
        (
            "POST",
            MESSAGES,
            "<Messages><Message><MessageBody>a<i/></MessageBody></Message></Messages>",
            "i",
        ),
        (
            "POST",
            MESSAGES,
            "<Message><MessageBody>a</MessageBody><MessageBody>b</MessageBody></Message>",
            "MessageBody",
        ),
        (
            "POST",
            MESSAGES,
            "<Messages><Message><MessageBody>a</MessageBody><Messages/></Message></Messages>",
            "Messages",
        ),
        (
            "POST",
            MESSAGES,
            one_property("<Name>a</Name><Value>b</Value><Type>STRING</Type><Foo>1</Foo>"),
            "Foo",
        ),
        (
            "POST",
            MESSAGES,
            one_property("<Name>a</Name><Name>c</Name><Value>b</Value><Type>STRING</Type>"),
            "Name",
        ),
        (
            "POST",
            MESSAGES,
            one_property("<Name>a</Name><Value>b<c/></Value><Type>STRING</Type>"),
            "c",
        ),
        ("PUT", "/queues/q", "<Queue><VisibilityTimeout>3<x/>0</VisibilityTimeout></Queue>", "x"),
        ("PUT", "/queues/q", "<Queue><DelaySeconds/><DelaySeconds/></Queue>", "DelaySeconds"),
        (
            "DELETE",
            MESSAGES,
            "<ReceiptHandles><ReceiptHandle>a<b/></ReceiptHandle></ReceiptHandles>",
            "b",
        ),
        ("DELETE", MESSAGES, "<ReceiptHandles><Handle>a</Handle></ReceiptHandles>", "Handle"),
    ],
)
def test_what_is_not_in_the_schema_is_refused_and_nothing_is_cut_out(
    region: Region, method: str, target: str, body: str, element: str
) -> None:
    """Markup in a text, a part given twice and an unknown part, wherever they stand."""
    message = parse(region.reply(method, target, body).body).texts()["Message"]

    assert message.endswith(f"did not validate against our published schema, cause by {element}.")
    assert [one.endswith(f"unexpected element {element}") for one in region.complaints()] == [True]
    assert region.refuse("GET", f"{MESSAGES}?peekonly=true") == (404, "MessageNotExist")
    assert region.refuse("GET", "/queues/q") == (404, "QueueNotExist")


def test_lists_repeat_their_parts(region: Region) -> None:
    """Messages, handles and properties may be many."""
    item = "<PropertyValue><Name>{}</Name><Value>1</Value><Type>STRING</Type></PropertyValue>"
    many = "".join(item.format(name) for name in "ab")
    one = f"<Message><MessageBody>x</MessageBody><UserProperties>{many}</UserProperties></Message>"
    handle = "<ReceiptHandle>x</ReceiptHandle>"

    sent = region.reply("POST", MESSAGES, f"<Messages>{one}{one}</Messages>")
    deleted = region.reply("DELETE", MESSAGES, f"<ReceiptHandles>{handle * 2}</ReceiptHandles>")

    assert (sent.status, deleted.status) == (201, 404)
    assert len(parse(deleted.body).children) == 2


def test_known_requests_are_never_complaints(region: Region) -> None:
    """A refusal of a known request, or attributes sent back as read, is nobody's mistake."""
    read = region.reply("GET", "/queues/jobs").body.decode()

    region.reply("PUT", "/queues/jobs", read)
    region.refuse("GET", "/queues/nobody")

    assert region.service.world.complaints == []


@pytest.mark.parametrize("form", ["digest", "hexdigest"])
def test_both_forms_of_content_md5_pass(region: Region, form: str) -> None:
    """Base64 of the digest and of its hex text are right; anything else is refused."""
    body = "<Message><MessageBody>x</MessageBody></Message>"
    value = getattr(hashlib.md5(body.encode(), usedforsecurity=False), form)()
    text = b64encode(value if isinstance(value, bytes) else value.encode()).decode()

    assert region.reply("POST", MESSAGES, body, content_md5=text).status == 201
    assert region.refuse("POST", MESSAGES, body + " ", content_md5=text) == (400, "InvalidDegist")


def test_content_md5_may_go_unchecked() -> None:
    """With the assumption flipped a wrong digest does no harm."""
    region = Region(smq_checks_content_md5=False)
    body = "<Message><MessageBody>x</MessageBody></Message>"

    assert region.reply("POST", MESSAGES, body, content_md5="wrong").status == 201


def test_answers_carry_the_headers_that_sdks_look_up(region: Region) -> None:
    """Request id in lower case and 24 hex digits, version, and XML as its type, body or none."""
    reply = region.reply("GET", "/queues/jobs")
    bare = region.reply("PUT", "/queues/jobs?metaoverride=true", "<Queue/>")

    assert len(reply.headers["x-mns-request-id"]) == 24
    assert reply.headers["x-mns-version"] == "2015-06-06"
    assert (bare.status, bare.body) == (204, b"")
    assert {one.headers["content-type"] for one in (reply, bare)} == {"text/xml;charset=utf-8"}


def test_target_in_the_form_of_proxies_is_understood(region: Region) -> None:
    """An absolute target names the same resource."""
    assert region.reply("GET", f"{URL}/queues/jobs").status == 200


def test_long_poll_gets_what_arrives(region: Region) -> None:
    """A poll on an empty queue waits, and an attempt after a send has the message."""
    poll = region.ask("GET", f"{MESSAGES}?waitseconds=10")

    assert isinstance(poll, LongPoll)
    assert (poll.queue, poll.count, poll.seconds) == ("jobs", 1, 10)
    assert poll.attempt(NOW + 1) is None
    region.service.send_one("jobs", OutMessage("x", user_properties=(Property("a", "b"),)), NOW)
    reply = poll.attempt(NOW + 2)
    assert reply is not None
    assert parse(reply.body).texts()["MessageBody"] == "x"


def test_long_poll_gives_up_with_404(region: Region) -> None:
    """A poll that nothing came for ends as an empty receive does."""
    poll = region.ask("GET", f"{MESSAGES}?waitseconds=10&numOfMessages=16")

    assert isinstance(poll, LongPoll)
    assert poll.count == 16
    assert poll.give_up().status == 404


def test_long_poll_ends_when_its_queue_is_deleted(region: Region) -> None:
    """An attempt on a queue that is gone answers QueueNotExist."""
    poll = region.ask("GET", f"{MESSAGES}?WaitSeconds=10")
    region.service.delete_queue("jobs", NOW)

    assert isinstance(poll, LongPoll)
    reply = poll.attempt(NOW + 1)
    assert reply is not None
    assert parse(reply.body).texts()["Code"] == "QueueNotExist"


@pytest.mark.parametrize(("query", "seconds"), [("", 20), ("?waitseconds=30", 30)])
def test_wait_defaults_to_the_queue(region: Region, query: str, seconds: int) -> None:
    """Without waitseconds the queue's own setting counts; 30 s is the longest wait."""
    region.service.set_attributes("jobs", {"PollingWaitSeconds": 20}, NOW)

    poll = region.ask("GET", MESSAGES + query)

    assert isinstance(poll, LongPoll)
    assert poll.seconds == seconds


@pytest.mark.parametrize("seconds", [-1, 31])
def test_a_wait_beyond_what_a_queue_can_have_is_refused(region: Region, seconds: int) -> None:
    """As any other number that is out of range; nothing is received."""
    region.service.send_one("jobs", OutMessage("x"), NOW)

    reply = region.reply("GET", f"{MESSAGES}?waitseconds={seconds}")

    assert parse(reply.body).texts()["Message"] == (
        "The value of waitseconds should between 0 and 30 seconds/bytes."
    )
    assert region.reply("GET", f"{MESSAGES}?waitseconds=0").status == 200


@pytest.mark.parametrize(
    "kind", ["", "text/xml", "application/xml; charset=x", "text/plain", "text/xml;charset=utf-8"]
)
def test_a_body_may_be_text_or_xml(region: Region, kind: str) -> None:
    """What the protocol's page lists, whatever the parameters."""
    body = "<Message><MessageBody>x</MessageBody></Message>"

    assert region.reply("POST", MESSAGES, body, content_type=kind).status == 201


def test_a_body_of_another_type_is_refused(region: Region) -> None:
    """A type is that of a body: without one it says nothing."""
    kind = "application/json"

    assert region.refuse("POST", MESSAGES, "{}", content_type=kind) == (400, "InvalidContentType")
    assert region.reply("GET", "/queues/jobs", content_type=kind).status == 200


def test_zero_wait_overrides_the_queue(region: Region) -> None:
    """waitseconds=0 answers at once though the queue would wait."""
    region.service.set_attributes("jobs", {"PollingWaitSeconds": 20}, NOW)

    assert region.refuse("GET", f"{MESSAGES}?waitseconds=0") == (404, "MessageNotExist")
