"""JSON from outside: a key stands once, numbers are finite, and depth, keys and items are bounded.

What a parser lets pass here becomes somebody's second meaning: two readers take different ones of
two equal keys, and a number that is none compares false with every deadline.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from worker.core.errors import Malformed

# More digits than any id or number of bytes has; the time to read digits grows with their square.
DIGITS_MAX = 20


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much of everything a document may have.

    Attributes:
        depth: Values in values.
        keys: Keys of one object.
        items: Items of one list.
    """

    depth: int
    keys: int
    items: int


def parse(text: str, bounds: Bounds, *, what: str) -> Any:
    """Parse one JSON document.

    Args:
        text: The document.
        bounds: What it may not pass.
        what: What to call it in a refusal.

    Raises:
        Malformed: It is no JSON, or passes a bound; `code` tells which.
    """
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise Malformed(f"{what} is not valid JSON", code="not_json") from None
    _bound(value, bounds, bounds.depth, what)
    return value


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


def _short(text: str) -> int:
    if len(text) > DIGITS_MAX:
        raise Malformed(f"a number has more than {DIGITS_MAX} digits", code="not_a_number")
    return int(text)


def _bound(value: object, bounds: Bounds, depth: int, what: str) -> None:
    if depth == 0:
        raise Malformed(f"{what} is nested deeper than {bounds.depth}", code="too_deep")
    items: Iterable[object] = ()
    if isinstance(value, dict):
        if len(value) > bounds.keys:
            raise Malformed(f"an object has more than {bounds.keys} keys", code="too_many_keys")
        items = value.values()
    elif isinstance(value, list):
        if len(value) > bounds.items:
            raise Malformed(f"a list has more than {bounds.items} items", code="too_many_items")
        items = value
    for item in items:
        # Most are texts and numbers, which hold nothing and are only too deep on the last level.
        if depth == 1 or isinstance(item, (dict, list)):
            _bound(item, bounds, depth - 1, what)


# Made once: one of its own for each text costs more than reading the text.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite, parse_int=_short
)
