"""Decides here, without the cloud, whether an event pattern of exact values takes an event.

Source: EventBridge, event patterns: every key of the pattern must be in the event; the values in a list are alternatives; an
event's list matches when one of its members does. Patterns with operators are the cloud's to judge.
"""

from collections.abc import Mapping
from typing import Any


def takes(pattern: Mapping[str, Any], event: object) -> bool:
    """Tell whether the pattern takes the event.

    Raises:
        ValueError: The pattern has an operator, such as `prefix`.
    """
    if not isinstance(event, Mapping):
        return False
    return all(key in event and _takes_value(leaf, event[key]) for key, leaf in pattern.items())


def _takes_value(leaf: object, value: object) -> bool:
    if isinstance(leaf, Mapping):
        return takes(leaf, value)
    if not isinstance(leaf, list) or any(isinstance(each, Mapping) for each in leaf):
        raise ValueError("only lists of exact values are judged here")
    values = value if isinstance(value, list) else [value]
    # True is 1 in Python and not in JSON.
    return any(type(each) is type(one) and each == one for each in leaf for one in values)
