"""Total readers of the cloud's answers: whatever a field holds, they return a value of their type.

A field that is absent, null or of a type that the reference does not name reads as empty.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from worker.adapters.ecs.call import Body

_EMPTY: Final[Body] = {}
# Far beyond any count or size the cloud reports; keeps conversions cheap and finite.
_DIGITS_MAX: Final = 18


def text(body: Body, key: str) -> str:
    """Read a string; numbers are rendered."""
    value = body.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def number(body: Body, key: str) -> float:
    """Read a finite number, also from a string; 0 when there is none."""
    value = body.get(key)
    if isinstance(value, str) and len(value) <= _DIGITS_MAX:
        try:
            value = float(value)
        except ValueError:
            return 0.0
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0.0
    if not abs(value) < 10**_DIGITS_MAX or math.isnan(value):
        return 0.0
    return float(value)


def integer(body: Body, key: str) -> int:
    """Read a whole number, rounded towards zero."""
    return int(number(body, key))


def optional_integer(body: Body, key: str) -> int | None:
    """Read a whole number; None when the field is absent or zero, which the cloud uses alike."""
    return integer(body, key) or None


def flag(body: Body, key: str) -> bool | None:
    """Read a truth value, also from its spelling; None when there is none."""
    value = body.get(key)
    if isinstance(value, bool):
        return value
    spelled = value.lower() if isinstance(value, str) else ""
    return {"true": True, "false": False}.get(spelled)


def structure(body: Body, key: str) -> Body:
    """Read a nested structure."""
    value = body.get(key)
    return value if _is_structure(value) else _EMPTY


def members(body: Body, outer: str, inner: str) -> list[Body]:
    """Read a list of structures, wrapped (`Disks.Disk`) as in most answers, or bare."""
    return [item for item in _items(body, outer, inner) if _is_structure(item)]


def texts(body: Body, outer: str, inner: str) -> tuple[str, ...]:
    """Read a list of non-empty strings, wrapped or bare."""
    return tuple(item for item in _items(body, outer, inner) if isinstance(item, str) and item)


def tags(body: Body) -> dict[str, str]:
    """Read tags in either of the two spellings that ECS uses."""
    found = {}
    for tag in members(body, "Tags", "Tag"):
        key = text(tag, "TagKey") or text(tag, "Key")
        if key:
            found[key] = text(tag, "TagValue") or text(tag, "Value")
    return found


def _is_structure(value: object) -> TypeGuard[Body]:
    # Nearly everything is a plain dict, and asking the abstract class takes ten times as long.
    return type(value) is dict or isinstance(value, Mapping)


def _items(body: Body, outer: str, inner: str) -> list[Any]:
    value = body.get(outer)
    if _is_structure(value):
        value = value.get(inner)
    return list(value) if isinstance(value, list | tuple) else []
