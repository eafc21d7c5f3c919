"""After a refusal for rate everybody waits for the next minute, then one tries first."""

import random
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.limiter import CalendarMinuteLimiter

MINUTE_5 = 300.0


def test_open_until_refused(limiter: CalendarMinuteLimiter) -> None:
    """Nothing is held back without a reason."""
    assert limiter.admit("DescribeImages", 10.0) is None


def test_refusal_holds_until_the_next_calendar_minute(limiter: CalendarMinuteLimiter) -> None:
    """The cloud counts by calendar minute, not by sixty seconds from the refusal."""
    assert limiter.throttled("DescribeImages", 299.0) == MINUTE_5 + 0.5
    assert limiter.admit("DescribeImages", 299.9) == MINUTE_5 + 0.5
    assert limiter.admit("DescribeImages", MINUTE_5 + 0.4) is not None


def test_one_probes_and_the_others_wait(limiter: CalendarMinuteLimiter) -> None:
    """A herd at the start of the minute would be refused again."""
    limiter.throttled("DescribeImages", 299.0)

    assert limiter.admit("DescribeImages", 301.0) is None
    assert limiter.admit("DescribeImages", 301.1) is not None


def test_probe_that_succeeds_opens(limiter: CalendarMinuteLimiter) -> None:
    """Then everybody may go."""
    limiter.throttled("DescribeImages", 299.0)
    limiter.admit("DescribeImages", 301.0)

    limiter.succeeded("DescribeImages", 301.2)

    assert limiter.admit("DescribeImages", 301.3) is None
    assert limiter.admit("DescribeImages", 301.3) is None


def test_probe_that_is_refused_waits_a_minute_more(limiter: CalendarMinuteLimiter) -> None:
    """Somebody else has spent the minute already."""
    limiter.throttled("DescribeImages", 299.0)
    limiter.admit("DescribeImages", 301.0)

    assert limiter.throttled("DescribeImages", 301.2) == 360.5


def test_late_success_of_an_older_call_does_not_open(limiter: CalendarMinuteLimiter) -> None:
    """It was taken before the refusal."""
    limiter.throttled("DescribeImages", 299.0)

    limiter.succeeded("DescribeImages", 299.5)

    assert limiter.admit("DescribeImages", 299.6) is not None


def test_lost_probe_is_replaced(limiter: CalendarMinuteLimiter) -> None:
    """Nobody waits for an answer that never comes."""
    limiter.throttled("DescribeImages", 299.0)
    limiter.admit("DescribeImages", 301.0)

    assert limiter.admit("DescribeImages", 306.1) is None


@given(seed=st.integers(), now=st.floats(0, 4e9))
def test_wait_is_short_of_two_minutes(seed: int, now: float) -> None:
    """The next minute and a few seconds, whatever the seed."""
    until = CalendarMinuteLimiter(random.Random(seed)).throttled("x", now)

    assert now < until <= now + 60 + 2.5 + 1e-3


def test_only_one_of_many_threads_probes() -> None:
    """The limiter is shared."""
    limiter = CalendarMinuteLimiter(random.Random(1))
    limiter.throttled("x", 299.0)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limiter.admit("x", 301.0), range(200)))

    assert answers.count(None) == 1
