"""Receives messages through aliyun-mns-sdk's connection, and reads the answer itself.

The SDK's own reading gives a whole batch up for one message that lacks a field, loses attributes
without a value, and costs ten times as much as the rest of a message (`python -m bench.queue_loop`).
Signature, transport and refusals stay the SDK's.
"""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final
from xml.etree import ElementTree as ET

_BINARY: Final = "BINARY"
_PROPERTIES: Final = "UserProperties"


class Damaged(Exception):
    """An answer is not what the documentation shows."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an answer.

    Attributes:
        fields: Text by the name of the element; times in epoch milliseconds. Source: SMQ
            "BatchReceiveMessage", response elements.
        attributes: The user properties; binary ones decoded.
    """

    fields: Mapping[str, str]
    attributes: Mapping[str, str]


def receive(queue: Any, count: int, seconds: int) -> tuple[Message, ...]:
    """Receive up to `count` messages of the SDK's `queue`, after a long poll of up to `seconds`.

    Raises:
        Damaged: The answer cannot be read.
        MNSExceptionBase: What the SDK makes of a refusal or a lost connection.
    """
    client, requests = queue.mns_client, import_module("mns.mns_request")
    made = requests.BatchReceiveMessageRequest(queue.queue_name, count, False, seconds)
    path = f"/queues/{queue.queue_name}/messages?numOfMessages={count}&waitseconds={seconds}"
    request = import_module("mns.mns_http").RequestInternal(made.method, path)
    client.build_header(made, request)
    answer, response = client.http.send_request(request), requests.BatchReceiveMessageResponse()
    response.status, response.header = answer.status, answer.header
    client.check_status(request, answer, response)
    return read(answer.data)


def read(text: str) -> tuple[Message, ...]:
    """Read an answer to a receive: a list of messages, or one alone.

    Raises:
        Damaged: It is neither.
    """
    try:
        # It fetches nothing, and Expat bounds how far entities grow.
        root = ET.fromstring(text)  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise Damaged(f"the answer is not XML: {type(error).__name__}") from None
    if _name(root) == "Message":
        return (_message(root),)
    if _name(root) != "Messages":
        raise Damaged("the answer has no list of messages")
    return tuple(_message(one) for one in root if _name(one) == "Message")


def _message(element: ET.Element) -> Message:
    fields, attributes = {}, {}
    for part in element:
        name = _name(part)
        if name == _PROPERTIES:
            attributes = dict(_properties(part))
        elif len(part) == 0:
            fields[name] = part.text or ""
    return Message(fields, attributes)


def _properties(element: ET.Element) -> Iterator[tuple[str, str]]:
    for one in element:
        parts = {_name(part): part.text or "" for part in one}
        if parts.get("Name"):
            yield parts["Name"], _value(parts.get("Type", ""), parts.get("Value", ""))


def _value(kind: str, text: str) -> str:
    if kind != _BINARY:
        return text
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        # No base64, no ASCII or no UTF-8. Nothing of ours is binary; what reads it judges it.
        return text


def _name(element: ET.Element) -> str:
    """Return the name without the namespace, which some answers lack."""
    return element.tag.rpartition("}")[2]
