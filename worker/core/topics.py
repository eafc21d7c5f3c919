"""What an SMQ topic puts around a message that it pushes to a queue, and how to take it off.

A subscription with a queue endpoint pushes in one of three forms: SIMPLIFIED is the message alone,
JSON and XML (the default) put it into a notification. The XML is not parsed as such: the page's own
sample is not well formed, and a parser would be one more thing that a body can strike.

Source: SMQ "NotifyContentFormat".
"""

import html
import re
from typing import Any

_NOTIFICATION = re.compile(r"\A\ufeff?\s*(?:<\?xml[^<>]*\?>\s*)?<Notification[\s>]")
_OPEN, _CLOSE = "<Message>", "</Message>"
_CDATA = re.compile(r"\A\s*<!\[CDATA\[(.*)\]\]>\s*\Z", re.DOTALL)


def message_of_xml(text: str) -> str | None:
    """Return the message in an XML notification, with its entities resolved; None for other text."""
    if not _NOTIFICATION.match(text):
        return None
    # Found from both ends, so that a body full of either tag costs no more than its length.
    begin, end = text.find(_OPEN), text.rfind(_CLOSE)
    if begin < 0 or end < begin:
        return None
    message = text[begin + len(_OPEN) : end]
    literal = _CDATA.match(message)
    return literal[1] if literal else html.unescape(message)


def is_notification(value: dict[str, Any]) -> bool:
    """Tell whether an object is a topic's notification in JSON, whose message is in `Message`."""
    return "TopicName" in value and "Message" in value
