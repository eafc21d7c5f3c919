"""From a body, whatever wrapped it, to the interruptions it tells of.

Three envelopes say the same thing: CloudEvents from EventBridge (`type`, `data`), the flat form of
CloudMonitor (`name`, `content`), and the alert of its event subscriptions (`alert`). Each may arrive
raw or in base64, alone or in an array, inside the message wrapper of a Function Compute trigger, the
record of a failed call of a function or a topic's notification, or reduced to its data. A body is
untrusted: its size, depth, keys and strings are bounded, doubled keys and non-numbers are refused,
and the result is a hint that makes us look at the cloud and nothing else. In a list, one element
that cannot be read does not take the others with it. What speaks of an interruption in a form that
nobody has documented is for a person, and is not let go of.

Sources: EventBridge "Event overview" and "ECS events"; ECS "Instance event notification";
CloudMonitor "Configure callbacks for system event-triggered alerts (recommended)"; Function Compute
"SMQ trigger", "EventBridge trigger" and "Result callback".
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from worker.core import strict_json, topics
from worker.core.errors import Malformed
from worker.core.model import Ignored, Interruption, Unread

EVENT_NAME = "Instance:PreemptibleInstanceInterruption"
PRODUCT = "ecs:"
EVENT_TYPE = PRODUCT + EVENT_NAME
WRAPPER_TYPE = "mns:Queue:SendMessage"

# An SMQ message holds 64 KB with its attributes; an event is below 2 KB, the rest is for progress.
BODY_BYTES_MAX = 24_576
DEPTH_MAX = 8
KEYS_MAX = 128
ITEMS_MAX = 64
BOUNDS = strict_json.Bounds(depth=DEPTH_MAX, keys=KEYS_MAX, items=ITEMS_MAX)
# A list of texts that hold a wrapper around a base64 text is the deepest that is documented.
WRAPPINGS_MAX = 6
TIME_CHARACTERS_MAX = 64
UNKNOWN_FORM = "an object of an unknown form"
# Outside of these no instant can be written down again: years 1970 to 9999.
INSTANT_MAX = 253_402_300_799.0
ARN_PARTS = 5

INSTANCE_ID = re.compile(r"\Ai-[0-9a-z]{8,32}\Z")
REGION_ID = re.compile(r"\A[a-z]{2,8}(-[a-z0-9]{1,24}){1,3}\Z")
ACCOUNT_ID = re.compile(r"\A[0-9]{5,20}\Z")
_CHINA = timezone(timedelta(hours=8))
_ZONE_NAMES = {"PRC": _CHINA, "ASIA/SHANGHAI": _CHINA, "UTC": timezone.utc, "GMT": timezone.utc}
_TIME = re.compile(
    r"\A(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d{1,9}))?)?\s*"
    r"(Z|[+-]\d{2}:?\d{2}|[A-Za-z]+(?:/[A-Za-z_]+)?)?\Z",
    re.ASCII,
)
# A longer name is another event's; the console has the Chinese one.
_INTERRUPTION = re.compile(
    r"PreemptibleInstanceInterruption(?![a-z0-9])|抢占式实例中断", re.IGNORECASE
)
_INSTANCE = re.compile(r"instance|\bi-[0-9a-z]{8,32}\b", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9_.:\-]")
_BYTE_ORDER_MARK = "\ufeff"

Event = Interruption | Ignored | Unread


def read_body(body: str | bytes) -> tuple[Event, ...]:
    """Read every event in a body.

    Raises:
        Malformed: The body, or every element of its list, is not an event in any known form.
    """
    text = body if isinstance(body, str) else _decode_utf8(body)
    # A character has four bytes at most; few bodies have to be counted.
    is_doubtful = len(text) > BODY_BYTES_MAX // 4
    if is_doubtful and len(text.encode("utf-8", "surrogatepass")) > BODY_BYTES_MAX:
        raise Malformed(f"the body is larger than {BODY_BYTES_MAX} bytes", code="too_large")
    found = tuple(_read(_opened(text), WRAPPINGS_MAX))
    if len(found) > ITEMS_MAX:
        raise Malformed(f"the body has more than {ITEMS_MAX} events", code="too_many_items")
    unread = [one for one in found if isinstance(one, Unread)]
    if unread and len(unread) == len(found):
        raise Malformed(unread[0].sentence, code=unread[0].code)
    return found


def parse_text(text: str) -> Any:
    """Parse JSON, or JSON in strict base64, within the bounds of this module.

    Raises:
        Malformed: It is neither, or it breaks a bound.
    """
    try:
        return _parse_json(text)
    except Malformed as raw:
        if raw.code != "not_json":
            raise
        try:
            return _parse_json(_decode_base64(text))
        except Malformed as decoded:
            raise (raw if decoded.code == "not_base64" else decoded) from None


def parse_time(text: object) -> float | None:
    """Read a time in any of the documented spellings; None when it is none of them.

    Source: samples of the EventBridge and CloudMonitor documents, which end in an offset, in `Z`,
    in `PRC` or in `Asia/Shanghai`. A time without a zone is China's. ECS writes the times of an
    instance without seconds (DescribeInstances, CreationTime).
    """
    match = (
        _TIME.match(text.strip())
        if isinstance(text, str) and len(text) <= TIME_CHARACTERS_MAX
        else None
    )
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = float("0." + (match.group(7) or "0"))
    zone = _zone(match.group(8))
    if zone is None:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    at = moment.timestamp() + fraction
    return at if 0.0 <= at <= INSTANT_MAX else None


def _read(value: object, wrappings: int) -> Iterator[Event]:
    if wrappings == 0:
        raise Malformed("the event is wrapped too often", code="too_deep")
    if isinstance(value, str):
        yield from _read(_opened(value), wrappings - 1)
    elif isinstance(value, list):
        if not value:
            raise Malformed("the body is a list without an event", code="no_event")
        for item in value:
            yield from _read_item(item, wrappings - 1)
    elif isinstance(value, dict):
        yield from _read_object(value, wrappings)
    else:
        raise Malformed("the body is JSON but not an event", code="not_an_event")


def _opened(text: str) -> Any:
    """Return what a text says: the message of a topic's notification in XML, else its JSON."""
    message = topics.message_of_xml(text)
    return parse_text(text) if message is None else message


def _read_item(item: object, wrappings: int) -> tuple[Event, ...]:
    try:
        return tuple(_read(item, wrappings))
    except Malformed as error:
        return (Unread(json.dumps(item), error.sentence, error.code),)


def _read_object(value: dict[str, Any], wrappings: int) -> Iterator[Event]:
    if value.get("type") == WRAPPER_TYPE:
        yield from _read(_wrapped(value), wrappings - 1)
    elif "requestContext" in value and "requestPayload" in value:
        yield from _of_failed_call(value["requestPayload"], wrappings)
    elif topics.is_notification(value):
        yield from _read(value["Message"], wrappings - 1)
    elif _is_alert(value):
        yield _from_alert(value["alert"])
    elif "triggerName" in value and "payload" in value:
        yield Ignored("a timer's call")
    elif "content" in value and _is_ours(value.get("name")):
        # Before the type: the flat form may carry one of its own, such as StatusNotification.
        yield _from_cloudmonitor(value)
    elif isinstance(value.get("type"), str):
        yield _from_eventbridge(value)
    elif isinstance(value.get("name"), str) and "content" in value:
        yield _from_cloudmonitor(value)
    elif "instanceId" in value and "action" in value:
        yield Interruption(_instance_id(value["instanceId"]), action=_word(value["action"]))
    else:
        yield _unknown(value)


def _is_ours(name: object) -> bool:
    """Whether a type or a name is an interruption's, in whatever spelling.

    EventBridge puts the product before the name, CloudMonitor a status after it. Who reads one
    spelling too many looks at the cloud once; who reads one too few lets go of an instance.
    """
    return isinstance(name, str) and _speaks_of_interruption(name)


def _speaks_of_interruption(text: str) -> bool:
    return _INTERRUPTION.search(text) is not None


def _of_failed_call(payload: object, wrappings: int) -> Iterator[Event]:
    """Read what a function was called with in vain, where the platform keeps the record of it."""
    if isinstance(payload, str) and not payload.strip():
        yield Ignored("a call without an event")
    else:
        yield from _read(payload, wrappings - 1)


def _wrapped(wrapper: dict[str, Any]) -> object:
    fields = _payload(wrapper.get("data"))
    if "messageBody" not in fields:
        raise Malformed("the message wrapper holds no message", code="no_data")
    return fields["messageBody"]


def _from_eventbridge(event: dict[str, Any]) -> Interruption | Ignored:
    if not _is_ours(event["type"]):
        return _foreign(event, f"an event of type {_word(event['type'])}")
    fields = _payload(event.get("data", event.get("data_base64")))
    region, account, instance = _arn_parts(event.get("subject"))
    return Interruption(
        instance_id=_instance_id(fields.get("instanceId", instance)),
        region=_agreed(_matching(REGION_ID, event.get("aliyunregionid")), region, REGION_ID),
        account=_agreed(_account(event.get("aliyunaccountid")), account, ACCOUNT_ID),
        event_id=_identifier(event.get("id")),
        at=parse_time(event.get("time")),
        action=_word(fields.get("action")),
    )


def _from_cloudmonitor(event: dict[str, Any]) -> Interruption | Ignored:
    if not _is_ours(event["name"]):
        return _foreign(event, f"an event named {_word(event['name'])}")
    fields = _payload(event["content"])
    region, account, instance = _arn_parts(event.get("resourceId"))
    return Interruption(
        instance_id=_instance_id(fields.get("instanceId", instance)),
        region=_agreed(_matching(REGION_ID, event.get("regionId")), region, REGION_ID),
        account=_agreed(_account(event.get("userId")), account, ACCOUNT_ID),
        event_id=_identifier(event.get("id")),
        at=parse_time(event.get("eventTime")),
        action=_word(fields.get("action")),
    )


def _is_alert(value: dict[str, Any]) -> bool:
    return "alert" in value and ("strategyName" in value or "subscription" in value)


def _from_alert(alert: object) -> Interruption | Ignored:
    """Read the alert of an event subscription, which names what the flat form says otherwise.

    One that is resolved follows on one that was triggered and has nothing to add.
    """
    told = _payload(alert)
    if told.get("alertStatus") == "RESOLVED":
        return Ignored("an alert that is resolved")
    if not isinstance(told.get("eventName"), str):
        raise Malformed("the alert names no event", code="not_an_event")
    meta = told.get("meta")
    event = meta.get("sysEventMeta") if isinstance(meta, dict) else None
    known = event if isinstance(event, dict) else {}
    return _from_cloudmonitor(
        {
            "name": told["eventName"],
            "content": told.get("eventContentMap") or told.get("eventRawContent") or {},
            "resourceId": told.get("arn") or known.get("resourceId"),
            "userId": told.get("userId"),
            "regionId": known.get("regionId"),
            "id": told.get("traceId") or known.get("id"),
            "eventTime": known.get("eventTime"),
        }
    )


def _foreign(event: dict[str, Any], what: str) -> Ignored:
    """Let go of another event; one that carries an interruption in it is for a person."""
    if _speaks_of_interruption(json.dumps(event, ensure_ascii=False)):
        raise Malformed(f"{what} speaks of an interruption", code="not_an_event")
    return Ignored(what)


def _unknown(value: dict[str, Any]) -> Ignored:
    """Let go of what has nothing to do with us; what speaks of an instance is for a person."""
    if _INSTANCE.search(json.dumps(value, ensure_ascii=False)):
        raise Malformed("the body is a JSON object but not an event", code="not_an_event")
    return Ignored(UNKNOWN_FORM)


def _payload(data: object) -> dict[str, Any]:
    """Return what an envelope carries, which may be JSON text in its turn."""
    fields = parse_text(data) if isinstance(data, str) else data
    if not isinstance(fields, dict):
        raise Malformed("the event carries no data", code="no_data")
    return fields


def _instance_id(value: object) -> str:
    found = _matching(INSTANCE_ID, value)
    if found is None:
        raise Malformed("the event names no valid instance id", code="no_instance_id")
    return found


def _account(value: object) -> str | None:
    """Read an account id; one that is there but invalid is refused, not taken for absent."""
    if value is None or value == "":
        return None
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found = _matching(ACCOUNT_ID, text)
    if found is None:
        raise Malformed("the event names an invalid account id", code="bad_account_id")
    return found


def _agreed(told: str | None, in_arn: str, pattern: re.Pattern[str]) -> str | None:
    """Take what the event tells, else what its resource name holds; they must not differ."""
    named = _matching(pattern, in_arn)
    if told is not None and named is not None and told != named:
        raise Malformed("the event names two accounts or two regions", code="contradiction")
    return told or named


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.match(value) else None


def _identifier(value: object) -> str | None:
    return _word(value) or None


def _word(value: object) -> str:
    """Reduce untrusted text to something that is safe in a log line."""
    text = value if isinstance(value, str) else ""
    return _UNSAFE.sub("?", text[:128])


def _arn_parts(arn: object) -> tuple[str, str, str]:
    """Take region, account and id out of `acs:ecs:<region>:<account>:instance/<id>`."""
    parts = arn.split(":", ARN_PARTS - 1) if isinstance(arn, str) else []
    if len(parts) != ARN_PARTS or parts[:2] != ["acs", "ecs"]:
        return ("", "", "")
    return (parts[2], parts[3], parts[4].removeprefix("instance/"))


def _zone(name: str | None) -> timezone | None:
    if name is None:
        return _CHINA
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        offset = timedelta(hours=int(name[1:3]), minutes=int(name[-2:]))
        return timezone(sign * offset) if offset < timedelta(days=1) else None
    return timezone.utc if name == "Z" else _ZONE_NAMES.get(name.upper())


def _decode_utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8", code="not_utf8") from None


def _decode_base64(text: str) -> str:
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Malformed("the body is neither JSON nor base64", code="not_base64") from None


def _parse_json(text: str) -> Any:
    return strict_json.parse(text.removeprefix(_BYTE_ORDER_MARK), BOUNDS, what="the body")
