"""Filters that several describe calls have; one that nothing here can match still finds nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from emulator.state.ecs.clock_text import from_text
from emulator.state.ecs.params import Params, malformed
from emulator.state.errors import ApiError


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that takes one of several words.

    Attributes:
        name: The parameter.
        words: What it takes, in any case.
        status: HTTP status of the refusal of another word.
        code: Its code.
    """

    name: str
    words: frozenset[str]
    status: int
    code: str


def choice(name: str, words: str, code: str, status: int = 404) -> Choice:
    """Write a choice down; the words are parted by spaces."""
    return Choice(name, frozenset(words.lower().split()), status, code)


LOCK_REASON = choice(
    "LockReason",
    "financial security recycling dedicatedhostfinancial refunded",
    "InvalidLockReason.NotFound",
)


def check_choices(params: Params, choices: Iterable[Choice]) -> None:
    """Refuse a word that a filter does not know; an empty one means that none is given.

    Raises:
        ApiError: As the error table of the action has it.
    """
    for each in choices:
        word = params.text(each.name)
        if word and word.lower() not in each.words:
            raise ApiError(each.status, each.code, f"The specified {each.name} is not valid.")


def check_filter_keys(params: Params, *more: str) -> None:
    """Refuse a `Filter.N` that is none, or whose value is no time.

    Args:
        params: Of the call.
        more: Keys that the action knows besides those of the creation.

    Raises:
        ApiError: InvalidFilterKey.NotFound. Source: the error tables of DescribeInstances,
            DescribeImages and DescribeSnapshots, which give it for the instants, too.
    """
    for group in params.groups("Filter"):
        known = group.text("Key") in {"CreationStartTime", "CreationEndTime", *more}
        if not (known and _is_instant(group.text("Value"))):
            raise ApiError(404, "InvalidFilterKey.NotFound", "The specified Filter is not valid.")


def _is_instant(text: str) -> bool:
    try:
        from_text(text)
    except ValueError:
        return False
    return True


def created_in_time(params: Params) -> Callable[[float], bool]:
    """Return a test of an instant of creation (epoch seconds) against `Filter.N`.

    Sources: DescribeInstances, DescribeDisks and DescribeSnapshots, Filter.N.Key, which name
    CreationStartTime; DescribeImages, which names CreationEndTime as well.

    Raises:
        ApiError: InvalidParameter, for a value that is no instant.
    """
    return _between(params, "Creation")


def expires_in_time(params: Params) -> Callable[[float], bool]:
    """Return a test of the instant at which a thing expires (epoch seconds) against `Filter.N`.

    Source: DescribeInstances of 2021, Filter.3.Key and Filter.4.Key.

    Raises:
        ApiError: InvalidParameter, for a value that is no instant.
    """
    return _between(params, "Expired")


def _between(params: Params, what: str) -> Callable[[float], bool]:
    first, last = float("-inf"), float("inf")
    for group in params.groups("Filter"):
        key = group.text("Key")
        if key == f"{what}StartTime":
            first = max(first, _instant(key, group.text("Value")))
        if key == f"{what}EndTime":
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
