"""The XML of SMQ, read and rendered; the installed SDK is the second reader."""

import contextlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mns import mns_xml_handler as sdk

from emulator.state.errors import ApiError
from emulator.state.queue_messages import DeleteFailure, InMessage, Property, SendError, SentMessage
from emulator.wire import mns_xml

HANDLE = "A" * 32 + "-+/+/YWJj=="
# What XML 1.0 can hold.
TEXT = st.text(
    st.one_of(
        st.sampled_from("<>&\"'\r\n\t ]文𠮷"),
        st.characters(min_codepoint=32, max_codepoint=0xD7FF),
    )
)


def make_message(body: str = "正文", properties: tuple[Property, ...] = ()) -> InMessage:
    return InMessage("A" * 32, HANDLE, body, "B" * 32, 1, 2, 3, 4, 8, None, properties, ())


def refuse(body: bytes) -> str:
    with pytest.raises(ApiError) as refusal:
        mns_xml.parse(body)
    assert refusal.value.status == 400
    return refusal.value.code


@pytest.mark.parametrize(
    "namespace",
    ["", ' xmlns="http://mns.aliyuncs.com/doc/v1/"', ' xmlns="http://mns.aliyuncs.com/doc/v1"'],
)
def test_any_namespace_and_whitespace_is_read(namespace: str) -> None:
    """Element names decide, whatever the namespace and the indentation."""
    text = f"""<?xml version="1.0" encoding="utf-8"?>
      <Message{namespace}>
        <MessageBody>  正文 &amp; </MessageBody>
        <DelaySeconds> 5 </DelaySeconds>
      </Message>"""

    root = mns_xml.parse(text.encode())

    assert root.name == "Message"
    assert root.texts() == {"MessageBody": "  正文 & ", "DelaySeconds": " 5 "}


def test_prefixed_namespace_is_read() -> None:
    """A prefix is as good as a default namespace."""
    root = mns_xml.parse(b'<m:Queue xmlns:m="urn:x"><m:DelaySeconds>1</m:DelaySeconds></m:Queue>')

    assert (root.name, root.texts()) == ("Queue", {"DelaySeconds": "1"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<Message>",
        b"<Message></Queue>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>&undefined;</a>",
        b"<a>\x00</a>",
        b"<a>&#1;</a>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
        b"<a>" * 9 + b"</a>" * 9,
        b"<a>" * 100_000,
    ],
    ids=range(14),
)
def test_junk_is_malformed(body: bytes) -> None:
    """What is no XML, declares entities or nests deeply is MalformedXML."""
    assert refuse(body) == "MalformedXML"


def test_a_large_body_is_out_of_range_and_not_malformed() -> None:
    """Its form is not even looked at, and a sender is told to send less."""
    assert refuse(b"<a>" + b"x" * mns_xml.BODY_LIMIT + b"</a>") == "InvalidArgument"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_parser_raises_nothing_but_its_refusal(body: bytes) -> None:
    """Whatever the bytes, parsing succeeds or raises ApiError."""
    with contextlib.suppress(ApiError):
        mns_xml.parse(body)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"<Message>never closed", "Message"),
        (b'<m:Messages xmlns:m="urn:x"/>', "Messages"),
        (b"<!-- <Messages> --> <Message/>", "Message"),
        ("<Messages/>".encode("utf-16"), "Messages"),
        (b"<!DOCTYPE a><a/>", ""),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', ""),
        (b"no XML", ""),
        (b"", ""),
    ],
)
def test_the_root_is_known_without_reading_on(body: bytes, name: str) -> None:
    """Whatever follows it; what is refused before it has none."""
    assert mns_xml.root_name(body) == name


@settings(max_examples=200, deadline=None)
@given(text=TEXT, pretty=st.booleans())
def test_every_text_survives_the_round_trip(text: str, *, pretty: bool) -> None:
    """What is rendered is read back unchanged, carriage returns and Chinese included."""
    body = mns_xml.render("Message", [("MessageBody", text)], pretty=pretty)

    assert mns_xml.parse(body).texts() == {"MessageBody": text}


def test_characters_beyond_xml_are_replaced() -> None:
    """A body with control characters does not make the answer unreadable."""
    body = mns_xml.render_message(make_message("a\x00b\x1fc\ufffe"))

    assert mns_xml.parse(body).texts()["MessageBody"] == "a\ufffdb\ufffdc\ufffd"


def test_properties_are_read_by_kind() -> None:
    """User and system properties are read; a member that is missing is InvalidArgument."""
    root = mns_xml.parse(
        b"<Message><UserProperties><PropertyValue><Name>a</Name><Value> v </Value>"
        b"<Type>NUMBER</Type></PropertyValue></UserProperties><SystemProperties>"
        b"<SystemPropertyValue><Name>b</Name></SystemPropertyValue></SystemProperties></Message>"
    )

    assert mns_xml.read_properties(root, "UserProperties") == (Property("a", " v ", "NUMBER"),)
    with pytest.raises(ApiError) as refusal:
        mns_xml.read_properties(root, "SystemProperties")
    assert refusal.value.code == "InvalidArgument"


def test_document_looks_like_the_real_one() -> None:
    """The declaration, the namespace and two spaces of indentation are those recorded."""
    assert mns_xml.render_error("Code", "a < b", "ID", "http://host").decode() == (
        '<?xml version="1.0" ?>\n'
        '<Error xmlns="http://mns.aliyuncs.com/doc/v1">\n'
        "  <Code>Code</Code>\n"
        "  <Message>a &lt; b</Message>\n"
        "  <RequestId>ID</RequestId>\n"
        "  <HostId>http://host</HostId>\n"
        "</Error>"
    )


def test_compact_form_has_no_whitespace() -> None:
    """Without indentation one line follows the other."""
    body = mns_xml.render("Queues", [("Queue", [("QueueURL", "u")])], pretty=False)

    assert body.decode() == (
        '<?xml version="1.0" ?><Queues xmlns="http://mns.aliyuncs.com/doc/v1">'
        "<Queue><QueueURL>u</QueueURL></Queue></Queues>"
    )


def test_sdk_reads_a_received_message() -> None:
    """The SDK finds every element of a received message, properties of all types included."""
    properties = (
        Property("s", "值<&>"),
        Property("n", "42", "NUMBER"),
        Property("b", "true", "BOOLEAN"),
        Property("x", "YWI=", "BINARY"),
    )

    body = mns_xml.render_message(make_message(properties=properties)).decode()
    read = sdk.RecvMessageDecoder.decode(body, False)

    assert read["MessageBody"] == "正文"
    assert read["ReceiptHandle"] == HANDLE
    assert (read["EnqueueTime"], read["NextVisibleTime"]) == ("1", "2")
    assert read["UserProperties"]["s"].get_string_value_by_type() == "值<&>"
    assert read["UserProperties"]["x"].get_binary_value() == b"ab"


def test_sdk_reads_batches_and_peeks() -> None:
    """The SDK reads lists of messages, and peeked ones without handle and visible time."""
    batch = mns_xml.render_messages([make_message(letter) for letter in string.ascii_letters[:16]])
    peeked = InMessage("A" * 32, None, "x", "B" * 32, 1, None, 3, 0, 8, None, (), ())

    messages = sdk.BatchRecvMessageDecoder.decode(batch.decode(), False)

    assert [message.message_body for message in messages] == list(string.ascii_letters[:16])
    sdk.PeekMessageDecoder.decode(mns_xml.render_message(peeked).decode(), False)
    sdk.BatchPeekMessageDecoder.decode(mns_xml.render_messages([peeked]).decode(), False)


def test_sdk_reads_what_sends_answer() -> None:
    """The SDK reads single, batch and partly failed sends."""
    sent = SentMessage("A" * 32, "B" * 32, HANDLE, "group")

    single = sdk.SendMessageDecoder.decode(mns_xml.render_sent(sent).decode())
    batch = sdk.BatchSendMessageDecoder.decode(mns_xml.render_sent_batch([sent, sent]).decode())
    partial = mns_xml.render_sent_batch([sent, SendError("InvalidArgument", "why")]).decode()
    code, message, *_, entries = sdk.BatchSendMessageDecoder.decodeError(partial)

    assert single == ("A" * 32, "B" * 32, HANDLE, "group")
    assert [entry.message_group_id for entry in batch] == ["group", "group"]
    assert (code, message, len(entries)) == ("InvalidArgument", "why", 2)


def test_sdk_reads_changes_failures_and_errors() -> None:
    """The SDK reads a changed visibility, failed deletes and an ordinary error."""
    changed = mns_xml.render_visibility(HANDLE, 1_700_000_000_000).decode()
    failed = mns_xml.render_delete_failures([DeleteFailure(HANDLE, "MessageNotExist", "m")])
    error = mns_xml.render_error("QueueNotExist", "m", "ID", "http://host").decode()

    assert sdk.ChangeMsgVisDecoder.decode(changed) == (HANDLE, "1700000000000")
    assert sdk.BatchDeleteMessageDecoder.decodeError(failed.decode())[4] == [
        {"ErrorCode": "MessageNotExist", "ErrorMessage": "m", "ReceiptHandle": HANDLE}
    ]
    assert sdk.ErrorDecoder.decodeError(error)[:4] == ("QueueNotExist", "m", "ID", "http://host")


def test_sdk_reads_lists_of_queues() -> None:
    """The SDK reads pages with and without a next one, and an empty list."""
    page = mns_xml.render_queues([{"QueueURL": "http://h/queues/a"}], "a").decode()
    last = mns_xml.render_queues([], None).decode()

    assert sdk.ListQueueDecoder.decode(page, False) == (["http://h/queues/a"], "a", [])
    assert sdk.ListQueueDecoder.decode(last, True) == ([], "", [])
