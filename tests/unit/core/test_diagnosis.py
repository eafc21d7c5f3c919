"""Judgements of the doctor at their borders."""

from dataclasses import replace

import pytest

from worker.core.diagnosis import (
    Code,
    Expected,
    Finding,
    QueueFacts,
    Quota,
    RuleFacts,
    TargetFacts,
    judge_queue,
    judge_quota,
    judge_rule,
    judge_skew,
)

DAY = 86_400.0
EXPECTED = Expected(
    has_signing_key=True,
    apis={},
    in_force=frozenset(),
    queue="q",
    dead_letters="q-dead",
    undelivered="q-undelivered",
    retention=7 * DAY,
    message_bytes_max=65_536,
    receives_needed=165,
    bus="default",
    rule="r",
    is_base64=True,
)
QUEUE = QueueFacts("q", 7 * DAY, 65_536, "q-dead", 165)
TARGET = TargetFacts("t", "q", is_base64=True, keeps_undelivered=True)
RULE = RuleFacts(is_enabled=True, takes_interruptions=True, targets=(TARGET,))


def codes(found: "list[Finding]") -> list[Code]:
    return [one.code for one in found]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, []),
        (-30.0, []),
        (31.0, [Code.CLOCK_DRIFTS]),
        (-900.0, [Code.CLOCK_DRIFTS]),
        (901.0, [Code.CLOCK_WRONG]),
        (-901.0, [Code.CLOCK_WRONG]),
    ],
)
def test_skew(seconds: float, expected: list[Code]) -> None:
    """Told early, wrong where the cloud refuses."""
    found = list(judge_skew(seconds))

    assert codes(found) == expected
    assert all(one.values["seconds"] == f"{seconds:+.0f}" for one in found)


@pytest.mark.parametrize(
    ("queue", "expected"),
    [
        (QUEUE, []),
        (replace(QUEUE, retention=8 * DAY, message_bytes_max=None, max_receive_count=200), []),
        (None, [Code.QUEUE_MISSING]),
        (replace(QUEUE, is_fifo=True), [Code.QUEUE_UNFIT]),
        (replace(QUEUE, retention=6.9 * DAY), [Code.RETENTION_SHORT]),
        (replace(QUEUE, message_bytes_max=1024), [Code.MESSAGES_TOO_SMALL]),
        (replace(QUEUE, dead_letters=None), [Code.DEAD_LETTER_POLICY_MISSING]),
        (replace(QUEUE, dead_letters="elsewhere"), [Code.DEAD_LETTERS_ELSEWHERE]),
        (replace(QUEUE, max_receive_count=164), [Code.RECEIVE_LIMIT_SMALL]),
    ],
)
def test_queue(queue: QueueFacts | None, expected: list[Code]) -> None:
    """Each thing by itself; more than is wanted is no fault."""
    assert codes(list(judge_queue(queue, "q", EXPECTED))) == expected


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("q", "name"),
        ("q-dead", "dead_letter_name"),
        ("q-undelivered", "delivery_dead_letter_name"),
    ],
)
def test_the_setting_of_an_unfit_queue_is_named(name: str, setting: str) -> None:
    """Its kind cannot be changed, so another name is needed, and one that is not too long."""
    (found,) = judge_queue(
        replace(QUEUE, name=name, is_fifo=True, dead_letters="q-dead"), name, EXPECTED
    )
    long = "q" * 120
    (other,) = judge_queue(
        replace(QUEUE, name=long, is_fifo=True), long, replace(EXPECTED, queue=long)
    )

    assert found.values == {"queue": name, "setting": setting, "free": f"{name}-standard"}
    assert len(other.values["free"]) <= 120


def test_only_the_queue_itself_needs_a_dead_letter_policy() -> None:
    """The two beside it give up on nothing."""
    other = replace(QUEUE, name="q-dead", dead_letters=None, max_receive_count=0)

    assert list(judge_queue(other, "q-dead", EXPECTED)) == []


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (RULE, []),
        (None, [Code.RULE_MISSING]),
        (replace(RULE, is_enabled=False), [Code.RULE_DISABLED]),
        (replace(RULE, takes_interruptions=False), [Code.RULE_PATTERN_WRONG]),
        (replace(RULE, takes_interruptions=None), [Code.RULE_PATTERN_UNJUDGED]),
        (replace(RULE, targets=()), [Code.RULE_TARGET_WRONG]),
        (replace(RULE, targets=(replace(TARGET, queue="other"),)), [Code.RULE_TARGET_WRONG]),
        (replace(RULE, targets=(replace(TARGET, queue="other"), TARGET)), []),
        (replace(RULE, targets=(replace(TARGET, is_base64=False),)), [Code.RULE_BASE64_DIFFERS]),
        (
            replace(RULE, targets=(replace(TARGET, keeps_undelivered=False),)),
            [Code.RULE_DROPS_UNDELIVERED],
        ),
        (
            replace(RULE, targets=(replace(TARGET, undelivered_elsewhere="acs:mns:other"),)),
            [Code.RULE_UNDELIVERED_ELSEWHERE],
        ),
    ],
)
def test_rule(rule: RuleFacts | None, expected: list[Code]) -> None:
    """Other targets of the rule are nobody's business."""
    assert codes(list(judge_rule(rule, EXPECTED))) == expected


@pytest.mark.parametrize(
    ("quota", "is_told"),
    [
        (Quota(89, 100), False),
        (Quota(90, 100), True),
        (Quota(5000, None), False),
        (Quota(0, 0), True),
    ],
)
def test_quota(quota: Quota, *, is_told: bool) -> None:
    """Told when little is left; not where the limit is not known."""
    assert bool(list(judge_quota(Code.IMAGE_QUOTA_SHORT, quota))) is is_told
