"""The forms in which EventBridge writes an event into a target.

Source: EventBridge "Event transformation" (ORIGINAL, JSONPATH, CONSTANT, TEMPLATE and their
limits), https://www.alibabacloud.com/help/en/eventbridge/user-guide/event-transformation. A
variable that the Value of a template does not name stays as written, as in the open-source edition
(Apache RocketMQ EventBridge).
"""

import base64
import html
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from emulator.state.event_model import Param, Target

ORIGINAL = "ORIGINAL"
JSONPATH = "JSONPATH"
TEMPLATE = "TEMPLATE"
CONSTANT = "CONSTANT"
FORMS = frozenset({ORIGINAL, JSONPATH, TEMPLATE, CONSTANT})

# Source: "Limits": a template and each value hold at most 10,240 characters.
TEXT_LIMIT = 10_240

_MISSING = object()
_STEP = re.compile(
    r"\.(?P<name>[^.*\[\]]+)|\[(?P<index>-?\d+)\]"
    r"|\['(?P<single>[^']+)'\]|\[\"(?P<double>[^\"]+)\"\]"
)
_VARIABLE = re.compile(
    r"\$\{(?:(?P<escape>jsonEscape|htmlEscape)\((?P<inner>[^{}()]+)\)|(?P<name>[^{}]+))\}"
)


def original(event: Mapping[str, Any]) -> str:
    """Write the whole event as the CloudEvents JSON that targets receive.

    Half of a surrogate pair, which JSON can escape and UTF-8 cannot carry, becomes `?`.
    """
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def body_for(
    target: Target, event: Mapping[str, Any], raw: str, *, miss_is_empty: bool = True
) -> str:
    """Make the body of the queue message for one target.

    Args:
        target: An `acs.mns.queue` target.
        event: The event.
        raw: The same event as JSON text, written once for all targets.
        miss_is_empty: Whether a template's variable whose path matches nothing becomes empty.
    """
    param = target.param("Body")
    text = raw if param is None else render(param, event, raw, miss_is_empty=miss_is_empty)
    encode = target.param("IsBase64Encode")
    if encode is not None and encode.value == "true":
        return base64.b64encode(text.encode()).decode()
    return text


def render(param: Param, event: Mapping[str, Any], raw: str, *, miss_is_empty: bool = True) -> str:
    """Make the value of one parameter from an event."""
    if param.form == ORIGINAL:
        return raw
    if param.form == JSONPATH:
        return _as_text(look_up(param.value, event))
    if param.form == TEMPLATE:
        return _fill(param, event, miss_is_empty=miss_is_empty)
    return param.value


def path_steps(path: str) -> tuple[str | int, ...]:
    """Split a definite JSONPath such as `$.data.disks[0]` into its steps.

    Raises:
        ValueError: It is not one.
    """
    if not path.startswith("$"):
        raise ValueError(f"{path!r} does not begin with $")
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"{path!r} is not a definite JSONPath")
        index = match["index"]
        steps.append(int(index) if index is not None else match[match.lastgroup or 0])
        position = match.end()
    return tuple(steps)


def look_up(path: str, event: Mapping[str, Any]) -> Any:
    """Find what a JSONPath names; `_MISSING` when the event has no such place."""
    value: Any = event
    for step in path_steps(path):
        if not _has(value, step):
            return _MISSING
        value = value[step]
    return value


def _has(value: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and -len(value) <= step < len(value)
    return isinstance(value, Mapping) and step in value


def variables(text: str) -> Mapping[str, str]:
    """Read the Value of a template: a JSON object from variable to JSONPath or constant.

    Raises:
        ValueError: It is something else.
    """
    found = json.loads(text)
    if not isinstance(found, dict) or not all(map(_is_plain, found.values())):
        raise ValueError("the value of a template maps variables to JSONPaths or constants")
    return {name: _as_text(value) for name, value in found.items()}


def _is_plain(value: Any) -> bool:
    """Tell whether JSON calls it a primitive: the open-source edition refuses null, too."""
    return value is not None and not isinstance(value, (dict, list))


def _variable(text: str, event: Mapping[str, Any]) -> Any:
    """Find what a variable stands for: what is no definite JSONPath is the constant itself."""
    try:
        return look_up(text, event)
    except ValueError:
        return text


def _as_text(value: Any) -> str:
    if value is _MISSING:
        return ""
    return value if isinstance(value, str) else original(value)


def _fill(param: Param, event: Mapping[str, Any], *, miss_is_empty: bool) -> str:
    found = {name: _variable(text, event) for name, text in variables(param.value).items()}
    if not miss_is_empty:
        found = {name: value for name, value in found.items() if value is not _MISSING}

    def replacement(match: re.Match[str]) -> str:
        name = match["inner"] or match["name"]
        if name not in found:
            return match[0]
        return _ESCAPES[match["escape"]](_as_text(found[name]))

    return _VARIABLE.sub(replacement, param.template)


def _json_escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _html_escape(text: str) -> str:
    """Leave single quotes, as the sample does."""
    return html.escape(text, quote=False).replace('"', "&quot;")


# Source: "Escape functions" of "Event transformation".
_ESCAPES: Mapping[str | None, Callable[[str], str]] = {
    None: str,
    "jsonEscape": _json_escape,
    "htmlEscape": _html_escape,
}
