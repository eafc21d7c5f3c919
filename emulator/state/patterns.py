"""Event patterns: which events a rule lets through.

A pattern has the shape of the event, and its leaves are arrays of expressions. The fields of a
pattern are joined by AND, the members of an array by OR, the operators inside one object by AND.
A field that a pattern names must be in the event, except under `{"exists": false}`. An event value
that is an array matches when any one of its members does. Text is compared character by character.

Sources: EventBridge "Event patterns" (grammar, operators), "CreateRule" (two operators in one
object, five expressions a field). The documents name no codes for a malformed pattern; those here,
the names at the root, the ban on empty affixes and the bounds of `numeric` are the ones of Apache
RocketMQ EventBridge, the provider's open-source edition of the service
(PatternEvaluatorBuilder of https://github.com/apache/rocketmq-eventbridge).
"""

import json
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Any

# Source: CreateRule, FilterPattern: "a maximum of five expressions" in each field.
EXPRESSIONS_PER_FIELD = 5
# Source: Apache RocketMQ EventBridge, message of an invalid numeric condition.
NUMERIC_BOUND = 1.0e9

DATA = "data"
# Source: CloudEvents 1.0, "Context attributes",
# https://github.com/cloudevents/spec/blob/v1.0/spec.md
ATTRIBUTES = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}
)
# What the service adds to an event begins thus. Source: "Event overview".
EXTENSION_PREFIX = "aliyun"

EMPTY = "EventRuleFilterPatternEmpty"
SCHEMA_ERROR = "EventRuleFilterPatternSchemaError"
EXCEEDS_LIMIT = "EventRuleFilterPatternExceedLimit"

Test = Callable[[Any], bool]
Equals = Callable[[Any], Test]

_ABSENT = object()
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class PatternError(ValueError):
    """A pattern that the service would not store.

    Attributes:
        code: Code of the refusal.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Expression:
    """One member of a leaf: tests that one value of the event must pass together.

    Attributes:
        present: What `exists` asks for; True where the tests need a value anyway.
        tests: Further demands on the value, or on one member of it.
        exact: Whether the member is a plain value, not an object of operators.
        size: How many expressions the service counts it for.
        plain: Whether objects, and arrays that hold more than plain values, match nothing.
    """

    present: bool
    tests: tuple[Test, ...]
    exact: bool
    size: int
    plain: bool = False

    def admits(self, value: Any) -> bool:
        """Tell whether a field's value, or its absence, satisfies the expression."""
        if value is _ABSENT:
            return not self.present and not self.tests
        if not self.present or (self.plain and _is_nested(value)):
            return False
        if not self.tests:
            return True
        members = value if isinstance(value, list) else (value,)
        return any(all(test(member) for test in self.tests) for member in members)


def _is_nested(value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(member, (dict, list)) for member in value)
    return isinstance(value, dict)


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf of the pattern: where to look in the event, and what may stand there."""

    path: tuple[str, ...]
    expressions: tuple[Expression, ...]

    def admits(self, event: Mapping[str, Any]) -> bool:
        """Tell whether the event holds one of the wanted values at the path."""
        value: Any = event
        for name in self.path:
            value = value.get(name, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        return any(expression.admits(value) for expression in self.expressions)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern, ready to be matched many times.

    Attributes:
        text: The pattern as JSON, as it was given.
        fields: Its leaves; none at all match every event.
    """

    text: str
    fields: tuple[Field, ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Tell whether every field of the pattern finds what it wants in the event."""
        return all(field.admits(event) for field in self.fields)


def compile_pattern(
    text: str, *, exact_values_count: bool = True, compares_text: bool = False
) -> Pattern:
    """Check a pattern and prepare it for matching.

    Args:
        text: The pattern as JSON text.
        exact_values_count: Whether plain values count towards the five expressions of a field.
        compares_text: Whether values are compared by their text, as the open-source edition does.

    Raises:
        PatternError: The service would refuse the pattern.
    """
    if not text.strip():
        raise PatternError(EMPTY, "the pattern is empty")
    try:
        pattern = _object(text)
        _check_root(pattern)
        fields = (
            tuple(_fields(pattern, (), _same_text if compares_text else _equals)) if pattern else ()
        )
    except RecursionError as error:
        raise _malformed("the pattern is nested too deeply") from error
    for field in fields:
        _check_size(field, exact_values_count=exact_values_count)
    return Pattern(text, fields)


def _check_root(pattern: Mapping[str, Any]) -> None:
    for name, below in pattern.items():
        wanted: type = dict if name == DATA else list
        if name != DATA and name not in ATTRIBUTES and not name.startswith(EXTENSION_PREFIX):
            raise _malformed(f"{name} is no attribute of an event")
        if not isinstance(below, wanted):
            raise _malformed(f"{name} must be {'an object' if name == DATA else 'an array'}")


def _malformed(reason: str) -> PatternError:
    return PatternError(SCHEMA_ERROR, reason)


def _object(text: str) -> dict[str, Any]:
    try:
        pattern = json.loads(text, parse_constant=_refuse_constant)
    except PatternError:
        raise
    except ValueError as error:
        raise _malformed(f"the pattern is not JSON: {error}") from error
    if not isinstance(pattern, dict):
        raise _malformed("the pattern must be a JSON object")
    return pattern


def _refuse_constant(name: str) -> None:
    raise _malformed(f"{name} is not a JSON value")


def _fields(node: Mapping[str, Any], path: tuple[str, ...], equals: Equals) -> Iterator[Field]:
    if not node:
        raise _malformed(f"{'.'.join(path)} names no field")
    for name, below in node.items():
        here = (*path, name)
        if isinstance(below, dict):
            yield from _fields(below, here, equals)
        elif isinstance(below, list) and below:
            yield Field(here, tuple(_expression(member, here, equals) for member in below))
        else:
            raise _malformed(f"{'.'.join(here)} must be an array of values or an object")


def _check_size(field: Field, *, exact_values_count: bool) -> None:
    counted = [one for one in field.expressions if exact_values_count or not one.exact]
    if sum(one.size for one in counted) > EXPRESSIONS_PER_FIELD:
        raise PatternError(
            EXCEEDS_LIMIT,
            f"{'.'.join(field.path)} has more than {EXPRESSIONS_PER_FIELD} expressions",
        )


def _expression(member: Any, path: tuple[str, ...], equals: Equals) -> Expression:
    if isinstance(member, list):
        raise _malformed(f"{'.'.join(path)} nests an array in an array")
    plain = equals is _same_text
    if not isinstance(member, dict):
        return Expression(present=True, tests=(equals(member),), exact=True, size=1, plain=plain)
    if not member:
        raise _malformed(f"{'.'.join(path)} has an object without an operator")
    present = member.get("exists", True)
    if not isinstance(present, bool):
        raise _malformed("exists takes true or false")
    tests = tuple(
        _operator(name, argument, equals) for name, argument in member.items() if name != "exists"
    )
    return Expression(present=present, tests=tests, exact=False, size=len(member), plain=plain)


def _operator(name: str, argument: Any, equals: Equals) -> Test:
    if name == "anything-but":
        return _anything_but(argument, equals)
    build = _OPERATORS.get(name)
    if build is None:
        raise _malformed(f"the operator {name} is unknown")
    return build(argument)


def _equals(wanted: Any) -> Test:
    """Compare as JSON does: `true` is not 1, null is not the empty string."""
    boolean = isinstance(wanted, bool)
    return lambda value: value == wanted and isinstance(value, bool) is boolean


def _same_text(wanted: Any) -> Test:
    """Compare texts: 300 is "300" and not 300.0. Null is like null alone."""
    text = _written(wanted)
    return lambda value: not isinstance(value, (dict, list)) and _written(value) == text


def _written(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _text(name: str, argument: Any) -> str:
    if not isinstance(argument, str) or not argument:
        raise _malformed(f"{name} takes a text that is not empty")
    return argument


def _prefix(argument: Any) -> Test:
    text = _text("prefix", argument)
    return lambda value: isinstance(value, str) and value.startswith(text)


def _suffix(argument: Any) -> Test:
    text = _text("suffix", argument)
    return lambda value: isinstance(value, str) and value.endswith(text)


def _contains(argument: Any) -> Test:
    text = _text("contains", argument)
    return lambda value: isinstance(value, str) and text in value


def _anything_but(argument: Any, equals: Equals) -> Test:
    excluded = _excluded(argument, equals)
    return lambda value: not isinstance(value, dict) and not any(test(value) for test in excluded)


def _excluded(argument: Any, equals: Equals) -> Sequence[Test]:
    if isinstance(argument, dict):
        if len(argument) != 1 or not argument.keys() <= {"prefix", "suffix"}:
            raise _malformed("anything-but takes prefix or suffix, nothing else nested")
        return [_operator(name, below, equals) for name, below in argument.items()]
    values = argument if isinstance(argument, list) else [argument]
    if not values or any(isinstance(value, (dict, list)) for value in values):
        raise _malformed("anything-but takes a value or a list of values")
    return [equals(value) for value in values]


def _numeric(argument: Any) -> Test:
    if not isinstance(argument, list) or len(argument) not in {2, 4}:
        raise _malformed("numeric takes one pair or two of an operator and a number")
    pairs = [
        (_comparison(sign), _bound(number))
        for sign, number in zip(argument[::2], argument[1::2], strict=True)
    ]
    return lambda value: (
        _is_number(value) and all(compare(value, number) for compare, number in pairs)
    )


def _comparison(sign: Any) -> Callable[[Any, Any], bool]:
    if not isinstance(sign, str) or sign not in _COMPARISONS:
        raise _malformed(f"numeric knows {' '.join(_COMPARISONS)}, not {sign!r}")
    return _COMPARISONS[sign]


def _bound(number: Any) -> float:
    if not _is_number(number) or not -NUMERIC_BOUND <= number <= NUMERIC_BOUND:
        raise _malformed("numeric takes numbers between -1.0E9 and 1.0E9")
    return float(number)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cidr(argument: Any) -> Test:
    try:
        network = IPv4Network(_text("cidr", argument), strict=False)
    except ValueError as error:
        raise _malformed(f"cidr takes an IPv4 network, not {argument!r}") from error
    return lambda value: isinstance(value, str) and _is_inside(value, network)


def _is_inside(address: str, network: IPv4Network) -> bool:
    try:
        return IPv4Address(address) in network
    except ValueError:
        return False


_OPERATORS: Mapping[str, Callable[[Any], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "contains": _contains,
    "numeric": _numeric,
    "cidr": _cidr,
}
