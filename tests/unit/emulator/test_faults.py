"""Which call a fault rule strikes, how often, and what becomes of the call."""

import random

import pytest

from emulator.faults import Answer, Call, Effect, FaultBook, FaultRule, refusal

RUN = Call("ecs", "cn-hangzhou", "RunInstances")
RECEIVE = Call("smq", "cn-hangzhou", "ReceiveMessage", "events")


@pytest.fixture
def book() -> FaultBook:
    return FaultBook(random.Random(7))


def struck(book: FaultBook, call: Call, *instants: float) -> list[bool]:
    return [book.decide(call, now) is not None for now in instants]


@pytest.mark.parametrize(
    ("rule", "meets"),
    [
        (FaultRule(Answer.DROP), True),
        (FaultRule(Answer.DROP, product="ecs", action="Run*"), True),
        (FaultRule(Answer.DROP, product="smq"), False),
        (FaultRule(Answer.DROP, action="RunInstance"), False),
        (FaultRule(Answer.DROP, region="cn-shanghai"), False),
        (FaultRule(Answer.DROP, queue="events"), False),
    ],
)
def test_rules_are_patterns(rule: FaultRule, *, meets: bool) -> None:
    """Product, region, action and queue all have to fit."""
    assert rule.meets(RUN) is meets


def test_count_and_skip(book: FaultBook) -> None:
    """The first calls pass, then as many are struck as asked."""
    book.add(FaultRule(Answer.DROP, skip=1, count=2))

    assert struck(book, RUN, 0, 1, 2, 3, 4) == [False, True, True, False, False]
    assert (book.listing()[0]["met"], book.listing()[0]["struck"]) == (5, 2)


def test_a_rule_without_count_strikes_for_ever(book: FaultBook) -> None:
    """None means all."""
    book.add(FaultRule(Answer.DROP, count=None))

    assert all(struck(book, RUN, *range(50)))


def test_probability_is_seeded() -> None:
    """The same seed strikes the same calls."""
    runs = []
    for _ in range(2):
        book = FaultBook(random.Random(3))
        book.add(FaultRule(Answer.DROP, count=None, probability=0.5))
        runs.append(struck(book, RUN, *range(40)))

    assert runs[0] == runs[1]
    assert 5 < sum(runs[0]) < 35


def test_throttling_lasts_to_the_end_of_the_minute(book: FaultBook) -> None:
    """Refused in minute T means refused until T + 1, per API and region."""
    book.add(FaultRule(Answer.THROTTLE, action="RunInstances"))

    assert struck(book, RUN, 30.0, 31.0, 59.9, 60.0, 61.0) == [True, True, True, False, False]


def test_another_api_is_not_throttled_with_it(book: FaultBook) -> None:
    """The block belongs to one API in one region."""
    book.add(FaultRule(Answer.THROTTLE, product="ecs"))
    book.decide(RUN, 30.0)

    assert book.decide(Call("ecs", "cn-shanghai", "RunInstances"), 31.0) is None
    assert book.decide(Call("ecs", "cn-hangzhou", "CreateImage"), 31.0) is None


def test_the_queue_throttles_single_calls(book: FaultBook) -> None:
    """SMQ's limiter is not bound to the minute."""
    book.add(FaultRule(Answer.THROTTLE))

    assert struck(book, RECEIVE, 30.0, 31.0) == [True, False]


def test_a_quota_is_spent_per_minute(book: FaultBook) -> None:
    """So many calls in a calendar minute, none after, all again in the next."""
    book.add(FaultRule(Answer.QUOTA, limit=2))

    assert struck(book, RUN, 0, 1, 2, 59, 60, 61, 62) == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
    ]


def test_the_first_striking_rule_wins(book: FaultBook) -> None:
    """Rules are asked in the order in which they were added."""
    book.add(FaultRule(Answer.DROP, count=1))
    book.add(FaultRule(Answer.HANG, count=1))

    rules = [book.decide(RUN, float(now)) for now in range(3)]

    assert [rule and rule.answer for rule in rules] == [Answer.DROP, Answer.HANG, None]


def test_rules_can_be_removed(book: FaultBook) -> None:
    """One by number, or all."""
    first = book.add(FaultRule(Answer.DROP))
    book.add(FaultRule(Answer.HANG))

    assert book.remove(99) == 0
    assert book.remove(first) == 1
    assert book.remove() == 1
    assert book.listing() == []


@pytest.mark.parametrize("answer", list(Answer))
def test_every_answer_has_an_effect(answer: Answer) -> None:
    """What becomes of the call is never left open, and can be said otherwise."""
    code = "X" if answer is Answer.REFUSE else ""

    assert FaultRule(answer, code=code).outcome in Effect
    assert FaultRule(answer, code=code, effect=Effect.LATER).outcome is Effect.LATER


@pytest.mark.parametrize(
    "arguments",
    [
        {"answer": Answer.REFUSE},
        {"answer": Answer.DROP, "probability": 1.5},
        {"answer": Answer.REFUSE, "code": "X", "status": 200},
        {"answer": Answer.DELAY, "delay_seconds": -1.0},
    ],
)
def test_senseless_rules_are_refused(arguments: dict[str, object]) -> None:
    """A rule that could not work says so at once."""
    with pytest.raises(ValueError, match=r"needs|must"):
        FaultRule(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "call", "status", "code"),
    [
        (FaultRule(Answer.THROTTLE), RUN, 400, "Throttling.User"),
        (FaultRule(Answer.QUOTA, code="Throttling.Api"), RUN, 400, "Throttling.Api"),
        (FaultRule(Answer.THROTTLE), RECEIVE, 429, "TooManyRequests"),
        (FaultRule(Answer.ERROR), RUN, 500, "InternalError"),
        (FaultRule(Answer.REFUSE, status=404, code="Gone"), RUN, 404, "Gone"),
    ],
)
def test_refusals_speak_the_product_s_language(
    rule: FaultRule, call: Call, status: int, code: str
) -> None:
    """Each product throttles and fails in its own words."""
    error = refusal(rule, call)

    assert (error.status, error.code) == (status, code)
