"""Which operation a request calls, by the name of its page in the documentation.

RAM and fault rules go by that name, before the operation itself looks at the request. Both read the
same decoded path, names and root element: a spelling that one of them took for another operation
would let a key do what it may not.
"""

from collections.abc import Mapping

from emulator.wire.mns_call import split_target
from emulator.wire.mns_xml import root_name

# The action of a request for something that SMQ has and the emulator has not, as a topic.
NO_OPERATION = "?"


def action_of(method: str, raw_target: str, body: bytes) -> tuple[str, str]:
    """Return the operation that a request calls and the queue that it names, empty for none."""
    path, keys = split_target(raw_target)
    match path:
        case ["queues"]:
            return ("ListQueue" if method == "GET" else NO_OPERATION), ""
        case ["queues", queue]:
            return _of_queue(method, keys), queue
        case ["queues", queue, "messages"]:
            return _of_messages(method, keys, body), queue
    return NO_OPERATION, ""


def _of_queue(method: str, keys: Mapping[str, str]) -> str:
    match method:
        case "PUT":
            return "SetQueueAttributes" if _is_true(keys, "metaoverride") else "CreateQueue"
        case "GET":
            return "GetQueueAttributes"
        case "DELETE":
            return "DeleteQueue"
    return NO_OPERATION


def _of_messages(method: str, keys: Mapping[str, str], body: bytes) -> str:
    match method:
        case "POST":
            return "BatchSendMessage" if root_name(body) == "Messages" else "SendMessage"
        case "GET":
            kind = "PeekMessage" if _is_true(keys, "peekonly") else "ReceiveMessage"
            return f"Batch{kind}" if "numofmessages" in keys else kind
        case "DELETE":
            return "DeleteMessage" if keys.get("receipthandle") else "BatchDeleteMessage"
        case "PUT":
            return "ChangeMessageVisibility"
    return NO_OPERATION


def _is_true(keys: Mapping[str, str], name: str) -> bool:
    """Read a flag; what is neither true nor false is refused by the operation, whichever it is."""
    return keys.get(name, "").strip().lower() == "true"
