"""Filters that several describe calls have; one that nothing here can match still finds nothing."""

from collections.abc import Callable, Mapping

from emulator.state.ecs.clock_text import from_text
from emulator.state.ecs.params import Params, malformed


def created_in_time(params: Params) -> Callable[[float], bool]:
    """Return a test of an instant of creation (epoch seconds) against `Filter.N`.

    Sources: DescribeInstances, DescribeDisks and DescribeSnapshots, Filter.N.Key, which name
    CreationStartTime; DescribeImages, which names CreationEndTime as well.

    Raises:
        ApiError: InvalidParameter, for a value that is no instant.
    """
    first, last = float("-inf"), float("inf")
    for group in params.groups("Filter"):
        key = group.text("Key")
        if key == "CreationStartTime":
            first = max(first, _instant(key, group.text("Value")))
        if key == "CreationEndTime":
            last = min(last, _instant(key, group.text("Value")))
    return lambda at: first <= at <= last


def within(params: Params, name: str, at: float) -> bool:
    """Tell whether an instant lies in a span of time with Start and End, each of them optional.

    Raises:
        ApiError: InvalidParameter, for a bound that is no instant.
    """
    span = params.group(name)
    first, last = span.text("Start"), span.text("End")
    return (not first or _instant(f"{name}.Start", first) <= at) and (
        not last or at <= _instant(f"{name}.End", last)
    )


def agrees(params: Params, facts: Mapping[str, str | bool]) -> bool:
    """Tell whether what a call asks for agrees with what is so, by the names of its parameters."""
    return all(_agrees(params, item) for item in facts.items())


def _agrees(params: Params, item: tuple[str, str | bool]) -> bool:
    name, fact = item
    if isinstance(fact, bool):
        return name not in params or params.flag(name) == fact
    return params.text(name).lower() in {"", fact.lower()}


def _instant(name: str, text: str) -> float:
    try:
        return from_text(text)
    except ValueError:
        raise malformed(f"Filter {name}") from None
