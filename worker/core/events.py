"""From a body, whatever wrapped it, to the interruptions it tells of.

Two envelopes say the same thing: CloudEvents from EventBridge (`type`, `data`) and the flat form of
CloudMonitor (`name`, `content`). Either may arrive raw or in base64, alone or in an array, inside
the message wrapper of a Function Compute trigger, or reduced to its data. A body is untrusted:
its size, depth, keys and strings are bounded, doubled keys and non-numbers are refused, and the
result is a hint that makes us look at the cloud and nothing else.

Sources: EventBridge "Event overview" and "ECS events"; ECS "Instance event notification";
Function Compute "SMQ trigger" and "EventBridge trigger".
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

from worker.core.errors import Malformed
from worker.core.model import Ignored, Interruption

EVENT_TYPE = "ecs:Instance:PreemptibleInstanceInterruption"
EVENT_NAME = "Instance:PreemptibleInstanceInterruption"
WRAPPER_TYPE = "mns:Queue:SendMessage"

# An SMQ message holds 64 KB with its attributes; an event is below 2 KB, the rest is for progress.
BODY_BYTES_MAX = 24_576
DEPTH_MAX = 8
KEYS_MAX = 128
ITEMS_MAX = 64
WRAPPINGS_MAX = 4
TIME_CHARACTERS_MAX = 64
HOURS_PER_DAY = 24

INSTANCE_ID = re.compile(r"\Ai-[0-9a-z]{8,32}\Z")
REGION_ID = re.compile(r"\A[a-z]{2}(-[a-z0-9]+){1,3}\Z")
ACCOUNT_ID = re.compile(r"\A[0-9]{5,20}\Z")
_CHINA = timezone(timedelta(hours=8))
_ZONE_NAMES = {"PRC": _CHINA, "ASIA/SHANGHAI": _CHINA, "UTC": timezone.utc, "GMT": timezone.utc}
_TIME = re.compile(
    r"\A(\d{4})-?(\d{2})-?(\d{2})[T ](\d{2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,9}))?\s*"
    r"(Z|[+-]\d{2}:?\d{2}|[A-Za-z]+(?:/[A-Za-z_]+)?)?\Z"
)


def read_body(body: str) -> tuple[Interruption | Ignored, ...]:
    """Read every event in a body.

    Raises:
        Malformed: The body is not an event in any known form.
    """
    if len(body.encode("utf-8", "surrogatepass")) > BODY_BYTES_MAX:
        raise Malformed(f"the body is larger than {BODY_BYTES_MAX} bytes", code="too_large")
    return tuple(_read(parse_text(body), WRAPPINGS_MAX))


def parse_text(text: str) -> Any:
    """Parse JSON, or JSON in strict base64, within the bounds of this module.

    Raises:
        Malformed: It is neither, or it breaks a bound.
    """
    try:
        value = _parse_json(text)
    except Malformed as raw:
        try:
            value = _parse_json(_decode_base64(text))
        except Malformed as decoded:
            raise (raw if decoded.code == "not_base64" else decoded) from None
    _bound(value, DEPTH_MAX)
    return value


def parse_time(text: object) -> float | None:
    """Read a time in any of the documented spellings; None when it is none of them.

    Source: samples of the EventBridge and CloudMonitor documents, which end in an offset, in `Z`,
    in `PRC` or in `Asia/Shanghai`. A time without a zone is China's.
    """
    match = (
        _TIME.match(text.strip())
        if isinstance(text, str) and len(text) <= TIME_CHARACTERS_MAX
        else None
    )
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = float("0." + (match.group(7) or "0"))
    zone = _zone(match.group(8))
    if zone is None:
        return None
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        return moment.timestamp() + fraction
    except (ValueError, OverflowError):
        return None


def _read(value: object, wrappings: int) -> Iterator[Interruption | Ignored]:
    if wrappings == 0:
        raise Malformed("the event is wrapped too often", code="too_deep")
    if isinstance(value, str):
        yield from _read(parse_text(value), wrappings - 1)
    elif isinstance(value, list):
        if not value:
            yield Ignored("an empty list of events")
        for item in value:
            yield from _read(item, wrappings - 1)
    elif isinstance(value, dict):
        yield from _read_object(value, wrappings)
    else:
        raise Malformed("the body is JSON but not an event", code="not_an_event")


def _read_object(value: dict[str, Any], wrappings: int) -> Iterator[Interruption | Ignored]:
    data = value.get("data")
    if value.get("type") == WRAPPER_TYPE and isinstance(data, dict) and "messageBody" in data:
        yield from _read(data["messageBody"], wrappings - 1)
    elif "triggerName" in value and "payload" in value:
        yield Ignored("a timer's call")
    elif isinstance(value.get("type"), str):
        yield _from_eventbridge(value, data)
    elif isinstance(value.get("name"), str) and "content" in value:
        yield _from_cloudmonitor(value, value["content"])
    elif "instanceId" in value and "action" in value:
        yield Interruption(_instance_id(value["instanceId"]), action=_word(value["action"]))
    else:
        raise Malformed("the body is a JSON object but not an event", code="not_an_event")


def _from_eventbridge(event: dict[str, Any], data: object) -> Interruption | Ignored:
    if event["type"] != EVENT_TYPE:
        return Ignored(f"an event of type {_word(event['type'])}")
    fields = data if isinstance(data, dict) else {}
    instance = fields.get("instanceId", _last_part(event.get("subject")))
    return Interruption(
        instance_id=_instance_id(instance),
        region=_matching(REGION_ID, event.get("aliyunregionid")),
        account=_account(event.get("aliyunaccountid")),
        event_id=_identifier(event.get("id")),
        at=parse_time(event.get("time")),
        action=_word(fields.get("action")),
    )


def _from_cloudmonitor(event: dict[str, Any], content: object) -> Interruption | Ignored:
    name = str(event["name"])
    if name != EVENT_NAME and not name.startswith(EVENT_NAME + ":"):
        return Ignored(f"an event named {_word(name)}")
    fields = content if isinstance(content, dict) else {}
    instance = fields.get("instanceId", _last_part(event.get("resourceId")))
    return Interruption(
        instance_id=_instance_id(instance),
        region=_matching(REGION_ID, event.get("regionId")),
        account=_account(event.get("userId")),
        event_id=_identifier(event.get("id")),
        at=parse_time(event.get("eventTime")),
        action=_word(fields.get("action")),
    )


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


def _matching(pattern: re.Pattern[str], value: object) -> str | None:
    return value if isinstance(value, str) and pattern.match(value) else None


def _identifier(value: object) -> str | None:
    return _word(value) or None


def _word(value: object) -> str:
    """Reduce untrusted text to something that is safe in a log line."""
    text = value if isinstance(value, str) else ""
    return re.sub(r"[^A-Za-z0-9_.:\-]", "?", text[:128])


def _last_part(arn: object) -> object:
    return arn.rpartition("/")[2] if isinstance(arn, str) else None


def _zone(name: str | None) -> timezone | None:
    if name is None:
        return _CHINA
    if name[0] in "+-":
        sign = -1 if name[0] == "-" else 1
        hours, minutes = int(name[1:3]), int(name[-2:])
        return (
            timezone(sign * timedelta(hours=hours, minutes=minutes))
            if hours < HOURS_PER_DAY
            else None
        )
    return timezone.utc if name == "Z" else _ZONE_NAMES.get(name.upper())


def _decode_base64(text: str) -> str:
    compact = "".join(text.split())
    try:
        return base64.b64decode(compact, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise Malformed("the body is neither JSON nor base64", code="not_base64") from None


def _parse_json(text: str) -> Any:
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite
        )
    except (ValueError, RecursionError):
        raise Malformed("the body is not valid JSON", code="not_json") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed("a key stands twice in one object", code="doubled_key")
    return found


def _refuse(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number", code="not_a_number")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        _refuse("a number beyond all bounds")
    return value


def _bound(value: object, depth: int) -> None:
    if depth == 0:
        raise Malformed(f"the body is nested deeper than {DEPTH_MAX}", code="too_deep")
    if isinstance(value, dict):
        if len(value) > KEYS_MAX:
            raise Malformed(f"an object has more than {KEYS_MAX} keys", code="too_many_keys")
        for item in value.values():
            _bound(item, depth - 1)
    elif isinstance(value, list):
        if len(value) > ITEMS_MAX:
            raise Malformed(f"a list has more than {ITEMS_MAX} items", code="too_many_items")
        for item in value:
            _bound(item, depth - 1)
