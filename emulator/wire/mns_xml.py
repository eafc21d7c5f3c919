"""SMQ's XML: request bodies to plain data and answers to bytes.

Requests come with the namespace spelled with or without a final slash, or with none; element names
decide. Entities, document types and deep nesting have no place in this protocol and are refused
before they cost anything. Answers look like those of the real service: its namespace, two-space
indentation, elements in its order. Sources: SMQ "Request protocol description", the pages of the
single operations, and recordings of the real service for the order and for `xml version="1.0" ?`.
"""

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape

from emulator.state.errors import ApiError
from emulator.state.queue_errors import malformed_xml, too_large
from emulator.state.queue_messages import DeleteFailure, InMessage, Property, SendError, SentMessage

NAMESPACE = "http://mns.aliyuncs.com/doc/v1"
# 64 KB of content, eight times for the longest escape, and the tags around it.
BODY_LIMIT = 1_048_576
_DEPTH_LIMIT = 8
_SEPARATOR = "\n"

# Characters that XML 1.0 cannot hold in any form.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A parser would turn a bare carriage return into a line feed.
_ESCAPES = {"\r": "&#13;", '"': "&quot;"}


@dataclass(slots=True)
class Element:
    """One element of a request, without its namespace and attributes."""

    name: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def child(self, name: str) -> "Element | None":
        """Return the first child of a name."""
        return next((child for child in self.children if child.name == name), None)

    def texts(self) -> dict[str, str]:
        """Return the texts of the children by name; the last of equal names wins."""
        return {child.name: child.text for child in self.children}


def parse(body: bytes) -> Element:
    """Parse a request body.

    Raises:
        ApiError: InvalidArgument, for what is too large for any message; MalformedXML, for what is
            no XML, too deep, or declares a document type or entities.
    """
    if len(body) > BODY_LIMIT:
        raise too_large()
    builder = _Builder()
    try:
        builder.feed(body)
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise malformed_xml() from error
    return builder.root


def root_name(body: bytes) -> str:
    """Return the name of the root element without reading on; empty for what has none."""
    names: list[str] = []

    def stop(name: str, _attributes: object) -> NoReturn:
        names.append(name.rpartition(_SEPARATOR)[2])
        raise _FoundError

    parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
    parser.StartElementHandler = stop
    parser.StartDoctypeDeclHandler = _refuse
    with contextlib.suppress(_FoundError, ApiError, expat.ExpatError, LookupError, ValueError):
        parser.Parse(body, True)
    return "".join(names)


class _FoundError(Exception):
    """Ends the reading of a document of which enough is known."""


@dataclass(slots=True)
class _Builder:
    """Collects elements from the parser's events."""

    root: Element = field(default_factory=lambda: Element(""))
    _open: list[Element] = field(default_factory=list)
    _texts: list[list[str]] = field(default_factory=list)

    def feed(self, body: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=_SEPARATOR)
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = _refuse  # Entities are declared nowhere else.
        parser.Parse(body, True)

    def _start(self, name: str, _attributes: object) -> None:
        element = Element(name.rpartition(_SEPARATOR)[2])
        if len(self._open) >= _DEPTH_LIMIT:
            raise malformed_xml()
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])

    def _end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def _data(self, text: str) -> None:
        self._texts[-1].append(text)


def _refuse(*_declaration: object) -> NoReturn:
    raise malformed_xml()


def read_properties(parent: Element, kind: str) -> tuple[Property, ...]:
    """Read `UserProperties` or `SystemProperties` (`kind`) of a message.

    Raises:
        ApiError: InvalidArgument, for a property without name, value or type.
    """
    container = parent.child(kind)
    if container is None:
        return ()
    return tuple(_read_property(item) for item in container.children)


def _read_property(item: Element) -> Property:
    texts = item.texts()
    if item.name not in _PROPERTY_TAGS.values() or not {"Name", "Value", "Type"} <= set(texts):
        raise ApiError(400, "InvalidArgument", "A property needs Name, Value and Type.")
    return Property(texts["Name"], texts["Value"], texts["Type"].strip())


_PROPERTY_TAGS = {"UserProperties": "PropertyValue", "SystemProperties": "SystemPropertyValue"}

# What is rendered: a text, or named parts in order.
Content = str | int | Sequence[tuple[str, "Content"]]


def render(name: str, content: Content, *, pretty: bool = True) -> bytes:
    """Render a whole document with one root element in the namespace of SMQ."""
    lines = ['<?xml version="1.0" ?>']
    lines += _lines(name, content, f' xmlns="{NAMESPACE}"', 0)
    if pretty:
        return "\n".join(lines).encode()
    return "".join(line.lstrip(" ") for line in lines).encode()


def _lines(name: str, content: Content, attributes: str, depth: int) -> Iterable[str]:
    indent = "  " * depth
    if isinstance(content, (str, int)):
        yield f"{indent}<{name}{attributes}>{escape_text(str(content))}</{name}>"
    elif not content:
        yield f"{indent}<{name}{attributes}/>"
    else:
        yield f"{indent}<{name}{attributes}>"
        for part_name, part in content:
            yield from _lines(part_name, part, "", depth + 1)
        yield f"{indent}</{name}>"


def escape_text(text: str) -> str:
    """Escape a text for an element; what XML cannot hold becomes U+FFFD."""
    return escape(_ILLEGAL.sub("\ufffd", text), _ESCAPES)


def render_error(code: str, message: str, request_id: str, host_id: str) -> bytes:
    """Render a refusal; SDKs need all four elements."""
    parts = [("Code", code), ("Message", message), ("RequestId", request_id), ("HostId", host_id)]
    return render("Error", parts)


def render_queue(parts: Mapping[str, str | int]) -> bytes:
    """Render the answer of GetQueueAttributes."""
    return render("Queue", list(parts.items()))


def render_queues(queues: Iterable[Mapping[str, str | int]], next_marker: str | None) -> bytes:
    """Render the answer of ListQueue; without a next page there is no NextMarker."""
    parts: list[tuple[str, Content]] = [("Queue", list(queue.items())) for queue in queues]
    if next_marker is not None:
        parts.append(("NextMarker", next_marker))
    return render("Queues", parts)


def render_sent(sent: SentMessage) -> bytes:
    """Render the answer of SendMessage."""
    return render("Message", _sent(sent))


def render_sent_batch(results: Iterable[SentMessage | SendError]) -> bytes:
    """Render the answer of BatchSendMessage, whether all, some or none succeeded."""
    results = list(results)
    partial = any(isinstance(result, SendError) for result in results)
    return render("Messages", [("Message", _batch_entry(r, partial=partial)) for r in results])


def _batch_entry(result: SentMessage | SendError, *, partial: bool) -> Content:
    if isinstance(result, SendError):
        return [("ErrorCode", result.code), ("ErrorMessage", result.message)]
    # Decoders of a partial answer take these two elements and no others.
    return _sent(result)[:2] if partial else [p for p in _sent(result) if p[0] != "ReceiptHandle"]


def _sent(sent: SentMessage) -> list[tuple[str, Content]]:
    parts: list[tuple[str, Content]] = [
        ("MessageId", sent.message_id),
        ("MessageBodyMD5", sent.body_md5),
    ]
    if sent.receipt_handle:
        parts.append(("ReceiptHandle", sent.receipt_handle))
    if sent.group_id:
        parts.append(("MessageGroupId", sent.group_id))
    return parts


def render_message(message: InMessage) -> bytes:
    """Render the answer of ReceiveMessage or PeekMessage."""
    return render("Message", _received(message))


def render_messages(messages: Iterable[InMessage]) -> bytes:
    """Render the answer of BatchReceiveMessage or BatchPeekMessage."""
    return render("Messages", [("Message", _received(message)) for message in messages])


def _received(message: InMessage) -> list[tuple[str, Content]]:
    """List the parts of a message in the order of recordings of the real service (multicloudj)."""
    parts: list[tuple[str, Content | None]] = [
        ("MessageId", message.message_id),
        ("MessageBodyMD5", message.body_md5),
        ("MessageBody", message.body),
        ("ReceiptHandle", message.receipt_handle),
        ("EnqueueTime", message.enqueue_ms),
        ("FirstDequeueTime", message.first_dequeue_ms),
        ("NextVisibleTime", message.next_visible_ms),
        ("DequeueCount", message.dequeue_count),
        ("Priority", message.priority),
        ("MessageGroupId", message.group_id),
        ("UserProperties", _properties("UserProperties", message.user_properties)),
        ("SystemProperties", _properties("SystemProperties", message.system_properties)),
    ]
    return [(name, content) for name, content in parts if content is not None]


def _properties(kind: str, items: Iterable[Property]) -> Content | None:
    tag = _PROPERTY_TAGS[kind]
    parts: list[tuple[str, Content]] = [
        (tag, [("Name", item.name), ("Value", item.value), ("Type", item.type)]) for item in items
    ]
    return parts or None


def render_visibility(handle: str, next_visible_ms: int) -> bytes:
    """Render the answer of ChangeMessageVisibility."""
    parts: list[tuple[str, Content]] = [
        ("ReceiptHandle", handle),
        ("NextVisibleTime", next_visible_ms),
    ]
    return render("ChangeVisibility", parts)


def render_delete_failures(failures: Iterable[DeleteFailure]) -> bytes:
    """Render the answer of BatchDeleteMessage when something could not be deleted."""
    return render("Errors", [("Error", _failure(failure)) for failure in failures])


def _failure(failure: DeleteFailure) -> Content:
    return [
        ("ErrorCode", failure.code),
        ("ErrorMessage", failure.message),
        ("ReceiptHandle", failure.receipt_handle),
    ]
