"""The forms that bodies of SMQ requests have: which elements stand where, and which of them repeat.

Markup that a client forgot to escape, or a part that it sent twice, is refused: to read around it
would deliver another text than was sent.
Sources: the pages of the single operations, "CreateQueue" to "BatchDeleteMessage"; for the refusal
"Error codes", help.aliyun.com/document_detail/27501.html, InvalidArgument.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from emulator.state.queues import DATA_PLANE_ATTRIBUTES
from emulator.wire.mns_xml import Element

# What answers carry and a client may send back in a request to create or set a queue.
_READ_ONLY_ATTRIBUTES = frozenset(
    {
        "ActiveMessages",
        "CreateTime",
        "DelayMessages",
        "EnableSSE",
        "InactiveMessages",
        "LastModifyTime",
        "MessageType",
        "QueueName",
        "QueueURL",
    }
)


@dataclass(frozen=True, slots=True)
class Form:
    """What an element may hold.

    Attributes:
        parts: Forms of its children by name; none for a text.
        repeats: Whether a child may come more than once.
    """

    parts: Mapping[str, "Form"] = field(default_factory=dict)
    repeats: bool = False


_TEXT = Form()


def _texts(names: Iterable[str]) -> dict[str, Form]:
    return dict.fromkeys(names, _TEXT)


_PROPERTY = Form(_texts(("Name", "Value", "Type")))
_PROPERTIES = Form({"PropertyValue": _PROPERTY, "SystemPropertyValue": _PROPERTY}, repeats=True)
_MESSAGE = Form(
    {
        **_texts(("DelaySeconds", "MessageBody", "MessageGroupId", "Priority")),
        "SystemProperties": _PROPERTIES,
        "UserProperties": _PROPERTIES,
    }
)

QUEUE = {"Queue": Form(_texts(DATA_PLANE_ATTRIBUTES | _READ_ONLY_ATTRIBUTES))}
MESSAGES = {"Message": _MESSAGE, "Messages": Form({"Message": _MESSAGE}, repeats=True)}
RECEIPT_HANDLES = {"ReceiptHandles": Form(_texts(("ReceiptHandle",)), repeats=True)}


def first_stray(root: Element, roots: Mapping[str, Form]) -> str | None:
    """Return the name of the first element that has no place where it stands; None if all have."""
    form = roots.get(root.name)
    return root.name if form is None else _first_stray_in(root, form)


def _first_stray_in(element: Element, form: Form) -> str | None:
    seen: set[str] = set()
    for child in element.children:
        stray = first_stray(child, form.parts)
        if stray is None and child.name in seen and not form.repeats:
            stray = child.name
        if stray is not None:
            return stray
        seen.add(child.name)
    return None
