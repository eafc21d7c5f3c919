"""What an API allows is learned from its answers, whatever kind of limit it has."""

import contextlib
import heapq
import itertools
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.adapters.limiter import QuotaLimiter, Standing
from worker.core.urgency import urgent

API = "CreateImage"
MINUTE = 60.0
FAR = 1e6


def fill(limiter: QuotaLimiter, at: float, count: int) -> float:
    """Let `count` calls be taken and one be refused; returns when to come again."""
    for _ in range(count):
        assert limiter.admit(API, at) is None
        limiter.succeeded(API, at)
    assert limiter.admit(API, at) is None
    return limiter.throttled(API, at)


def burst(limiter: QuotaLimiter, at: float, most: int = 1_000) -> int:
    """Return how many are let through from `at` on when each is taken at once."""
    done = 0
    while done < most and limiter.admit(API, at) is None:
        limiter.succeeded(API, at)
        done += 1
    return done


def test_open_until_refused(limiter: QuotaLimiter) -> None:
    """Nothing is held back without a reason."""
    assert burst(limiter, 10.0, 500) == 500


def test_after_a_refusal_only_probes_go(limiter: QuotaLimiter) -> None:
    """After one second, then after two, four and eight more."""
    fill(limiter, 300.0, 3)

    went = []
    for tenth in range(1, 300):
        now = 300.0 + tenth / 10
        if limiter.admit(API, now) is None:
            limiter.throttled(API, now)
            went.append(round(now - 300.0, 1))

    assert went == [1.0, 3.0, 7.0, 15.0]


def test_what_a_minute_took_is_spent_in_the_next(limiter: QuotaLimiter) -> None:
    """Counted by the calendar: one first, then as many as before, then a little more."""
    fill(limiter, 290.0, 40)

    assert limiter.admit(API, 300.5) is None
    assert limiter.admit(API, 300.6) is not None
    limiter.succeeded(API, 300.7)
    for _ in range(39):
        assert limiter.admit(API, 300.8) is None
    assert limiter.admit(API, 300.8) is not None


def test_who_watches_sees_how_an_api_stands(limiter: QuotaLimiter) -> None:
    """Free, then refused until a probe, then spent until the next minute, then dripping."""
    assert burst(limiter, 290.0, 4) == 4
    assert limiter.standings() == {API: Standing("free", 0.0)}

    assert limiter.admit(API, 290.0) is None
    limiter.throttled(API, 290.0)
    assert limiter.standings() == {API: Standing("blocked", 291.0)}

    assert limiter.admit(API, 300.1) is None
    limiter.throttled(API, 300.2)
    assert limiter.standings()[API].mode == "window"
    assert limiter.standings()[API].opens_at == pytest.approx(300.4)
    assert burst(limiter, 300.6, 3) == 3
    assert limiter.standings()[API].opens_at == 0.0
    while limiter.admit(API, 301.0) is None:
        pass
    assert limiter.standings() == {API: Standing("window", 360.0)}


def test_who_watches_sees_a_bucket_drip(limiter: QuotaLimiter) -> None:
    """The next call may go when a drop has come together."""
    fill(limiter, 300.0, 3)
    assert limiter.admit(API, 301.0) is None
    limiter.succeeded(API, 301.5)

    assert burst(limiter, 301.5, 1) == 1
    (standing,) = limiter.standings().values()
    assert standing.mode == "paced"
    assert 301.5 < standing.opens_at <= 302.5


def test_a_grown_quota_is_found(limiter: QuotaLimiter) -> None:
    """Others may spend less than in the minute before."""
    fill(limiter, 290.0, 2)

    assert limiter.admit(API, 300.5) is None
    limiter.succeeded(API, 300.6)

    assert burst(limiter, 300.7, 100) == 100


def in_minute(limiter: QuotaLimiter, begun: float, quota: int) -> int:
    """Let a crowd ask through a minute of which `quota` calls are taken; returns how many were."""
    taken = 0
    for tenth in range(1, 590):
        now = begun + tenth / 10
        if limiter.admit(API, now) is not None:
            continue
        if taken < quota:
            taken += 1
            limiter.succeeded(API, now)
        else:
            limiter.throttled(API, now)
    return taken


def test_a_share_is_left_to_others() -> None:
    """With quota_share 0.8 a fifth is never asked for, once a whole minute was seen."""
    limiter = QuotaLimiter(random.Random(1), quota_share=0.8)
    fill(limiter, 290.0, 50)

    assert [in_minute(limiter, at, 60) for at in (300.0, 360.0, 420.0)] == [60, 48, 48]


@pytest.mark.parametrize("refused_at", [270.0, 300.1])
def test_a_share_of_a_minute_that_others_had_used_is_no_measure(refused_at: float) -> None:
    """One call that was taken before the refusal must not become one call a minute."""
    limiter = QuotaLimiter(random.Random(1), quota_share=0.8)
    assert burst(limiter, 269.0, 1) == 1
    assert limiter.admit(API, 269.5) is None
    limiter.throttled(API, refused_at)

    assert [in_minute(limiter, at, 60) for at in (300.1, 360.0)] == [60, 48]


def test_what_others_leave_again_is_taken_up() -> None:
    """A console that had used half of two minutes has stopped."""
    limiter = QuotaLimiter(random.Random(1), quota_share=0.8)
    fill(limiter, 290.0, 50)
    begun = (300.0, 360.0, 420.0, 480.0, 540.0, 600.0)
    quotas = (60, 30, 60, 60, 60, 60)

    taken = [in_minute(limiter, at, quota) for at, quota in zip(begun, quotas, strict=True)]

    assert taken == [60, 30, 24, 30, 38, 48]


def test_a_probe_that_is_taken_tells_of_a_bucket(limiter: QuotaLimiter) -> None:
    """Where minutes are counted nothing is taken before the next one."""
    fill(limiter, 300.0, 50)

    assert limiter.admit(API, 301.0) is None
    limiter.succeeded(API, 301.1)

    assert limiter.admit(API, 301.2) is None
    again = limiter.admit(API, 301.2)
    assert again is not None
    assert again < 310.0


def test_a_bucket_that_stays_dry_is_none(limiter: QuotaLimiter) -> None:
    """A late answer of an older call looks like a probe that was taken."""
    fill(limiter, 300.0, 50)
    limiter.admit(API, 301.0)
    limiter.succeeded(API, 301.1)

    now = 302.0
    refused = 0
    while now < 330.0:
        if limiter.admit(API, now) is None:
            limiter.throttled(API, now)
            refused += 1
        now += 0.1

    assert refused < 10


def test_lost_probe_is_replaced(limiter: QuotaLimiter) -> None:
    """Nobody waits for an answer that never comes."""
    fill(limiter, 300.0, 1)
    assert limiter.admit(API, 301.0) is None
    assert limiter.admit(API, 302.0) is not None

    assert limiter.admit(API, 306.1) is None


def test_quiet_minutes_are_forgotten(limiter: QuotaLimiter) -> None:
    """What was learned in a storm says nothing about next week."""
    fill(limiter, 300.0, 1)

    assert burst(limiter, 300.0 + 11 * MINUTE, 500) == 500


def test_the_earliest_deadline_comes_first(limiter: QuotaLimiter) -> None:
    """Whoever asks first."""
    fill(limiter, 290.0, 10)
    told = {}
    for number in reversed(range(300)):
        with urgent(f"r{number:03}", 1_000.0 + number):
            told[number] = limiter.admit(API, 292.0)

    minutes = [int((told[number] or 0) // MINUTE) for number in range(300)]

    assert minutes[0] == 5
    # The last of them asked when nobody else was there.
    assert minutes[10] <= minutes[100] <= minutes[200]


def test_a_crowd_comes_in_the_order_of_its_urgency(limiter: QuotaLimiter) -> None:
    """The first with the minute itself; the others when its answer may be there, one by one."""
    with urgent("x", 900.0):
        fill(limiter, 290.0, 10)
    told = []
    for number in range(20):
        with urgent(f"r{number:03}", 800.0 + number):
            told.append(limiter.admit(API, 290.5) or 0.0)

    assert told[0] == 300.0
    assert told == sorted(told)
    assert 300.1 < told[1] < told[-1] < 302.0


def test_the_drop_is_offered_shortly_before_it_is_too_late(limiter: QuotaLimiter) -> None:
    """Where sources go faster than drops come nobody's turn ever comes by counting."""
    fill(limiter, 300.0, 50)
    assert limiter.admit(API, 301.0) is None
    limiter.succeeded(API, 301.1)
    limiter.admit(API, 301.1)
    for number in range(50):
        with urgent(f"r{number:03}", 311.0 + number / 10):
            limiter.admit(API, 301.1)

    with urgent("last", 318.0):
        told = limiter.admit(API, 301.1)

    assert told is not None
    assert 305.0 < told < 308.0


def test_a_call_for_many_comes_as_soon_as_any_may_go(limiter: QuotaLimiter) -> None:
    """It is one, and what it is made for must not come one by one."""
    fill(limiter, 290.0, 10)
    for number in range(20):
        with urgent(f"r{number:03}", 800.0 + number):
            limiter.admit(API, 290.5)

    assert limiter.admit(API, 290.5) == 291.0
    assert limiter.admit(API, 290.5) == 291.0


def test_a_minute_that_is_not_open_yet_is_not_given_up(limiter: QuotaLimiter) -> None:
    """The cloud's minute begins a little after ours."""
    with urgent("first", 900.0):
        fill(limiter, 290.0, 10)
        assert limiter.admit(API, 300.0) is None
        again = limiter.throttled(API, 300.1)

    assert again < 301.0


def agree(limiter: QuotaLimiter, minutes: int, count: int) -> float:
    """Let so many full minutes begin with a call that is taken; returns when the next one begins."""
    fill(limiter, 290.0, count)
    for at in range(5, 5 + minutes):
        begun = at * MINUTE
        assert burst(limiter, begun + 0.9, count) == count
        assert limiter.admit(API, begun + 2.0) is None
        limiter.throttled(API, begun + 2.0)
    return (5 + minutes) * MINUTE


def test_clocks_that_agree_need_no_opener(limiter: QuotaLimiter) -> None:
    """One second is all that some sources have left when the minute turns."""
    begun = agree(limiter, 2, 10)

    assert [limiter.admit(API, begun) for _ in range(10)] == [None] * 10


def test_one_agreed_minute_is_not_enough(limiter: QuotaLimiter) -> None:
    """The first answer is waited for."""
    begun = agree(limiter, 1, 10)

    assert limiter.admit(API, begun) is None
    assert limiter.admit(API, begun) is not None


def test_a_refusal_at_the_turn_is_of_the_minute_before(limiter: QuotaLimiter) -> None:
    """Nothing of the new minute is given up, and its first answer is waited for again."""
    begun = agree(limiter, 2, 10)

    assert [limiter.admit(API, begun) for _ in range(3)] == [None] * 3
    limiter.throttled(API, begun + 0.1)
    limiter.succeeded(API, begun + 0.12)
    again = limiter.throttled(API, begun + 0.15)

    assert again < begun + 1.0
    assert limiter.admit(API, begun + 0.5) is None
    limiter.succeeded(API, begun + 0.6)
    assert [limiter.admit(API, begun + 0.7) for _ in range(8)] == [None] * 8


def test_a_minute_that_is_under_way_is_opened_by_one(limiter: QuotaLimiter) -> None:
    """Clocks that agree say nothing of what others have spent since the turn."""
    begun = agree(limiter, 2, 10)

    assert limiter.admit(API, begun + 20.0) is None
    assert limiter.admit(API, begun + 20.0) is not None


def test_refusals_that_take_long_do_not_make_the_minute_full(limiter: QuotaLimiter) -> None:
    """They may be of the last minute however late they come, when nothing was taken."""
    begun = agree(limiter, 2, 10)
    assert [limiter.admit(API, begun) for _ in range(10)] == [None] * 10
    for _ in range(10):
        limiter.throttled(API, begun + 2.5)

    assert limiter.admit(API, begun + 4.0) is None
    limiter.succeeded(API, begun + 4.1)
    assert [limiter.admit(API, begun + 4.2) for _ in range(9)] == [None] * 9


def test_clocks_agree_only_by_what_was_asked_at_the_turn(limiter: QuotaLimiter) -> None:
    """A minute that was opened in its middle tells nothing of when it began."""
    fill(limiter, 290.0, 10)
    for begun in (300.0, 360.0):
        assert burst(limiter, begun + 30.0, 10) == 10
        assert limiter.admit(API, begun + 31.0) is None
        limiter.throttled(API, begun + 31.0)

    assert limiter.admit(API, 420.0) is None
    assert limiter.admit(API, 420.0) is not None


def test_what_was_agreed_is_forgotten_with_the_quota(limiter: QuotaLimiter) -> None:
    """A clock may have been set since."""
    begun = agree(limiter, 2, 10) + 1_200.0
    assert burst(limiter, begun - 1.0, 10) == 10
    assert limiter.admit(API, begun - 1.0) is None
    limiter.throttled(API, begun - 0.9)

    assert limiter.admit(API, begun) is None
    assert limiter.admit(API, begun) is not None


def test_a_refusal_at_the_turn_gives_back_one_call(limiter: QuotaLimiter) -> None:
    """And not all that went out with it, or they would go out again and again."""
    begun = agree(limiter, 2, 10)
    went = sum(limiter.admit(API, begun) is None for _ in range(10))
    for tenth in range(1, 10):
        now = begun + tenth / 10
        limiter.throttled(API, now)
        limiter.succeeded(API, now + 0.01)
        went += sum(limiter.admit(API, now + 0.02) is None for _ in range(10))

    assert went <= 20


def test_a_lost_answer_lets_nobody_spin(limiter: QuotaLimiter) -> None:
    """It may have been the last that the cap allows: after a while one more is tried."""
    begun = agree(limiter, 2, 10)
    assert burst(limiter, begun, 9) == 9
    assert limiter.admit(API, begun) is None
    assert limiter.admit(API, begun + 3.0) is not None

    assert limiter.admit(API, begun + 5.5) is None


def test_a_lost_check_keeps_nobody_busy(limiter: QuotaLimiter) -> None:
    """A merged call is told when the next check may go, and not at once, over and over."""
    fill(limiter, 290.0, 4)
    begun = 300.0
    assert burst(limiter, begun, 4) == 4
    assert limiter.admit(API, begun) is None
    limiter.throttled(API, begun)
    assert limiter.admit(API, begun + 3.0) is None

    asked, now = 0, begun + 3.1
    while now < begun + 60.0:
        wait = limiter.admit(API, now)
        asked += 1
        now = max(wait or 0.0, now + 0.2)

    assert asked < 60


@pytest.mark.parametrize("recreation", ["", "r1"])
def test_an_opening_does_not_outlast_its_minute(limiter: QuotaLimiter, recreation: str) -> None:
    """The next minute is as good as the pause after a refused opener."""
    fill(limiter, 290.0, 4)
    told, now = 0.0, 300.0
    while now < 359.9:
        with urgent(recreation, 900.0) if recreation else contextlib.nullcontext():
            wait = limiter.admit(API, now)
            told = max(told, limiter.throttled(API, now + 0.05) if wait is None else wait)
        now += 0.1

    assert 359.0 < told < 360.3


def test_the_first_refusal_may_come_after_the_turn(limiter: QuotaLimiter) -> None:
    """It was on its way when the minute turned: the new one is not given up for it."""
    assert burst(limiter, 299.9, 20) == 20
    assert limiter.admit(API, 299.9) is None
    with urgent("first", 900.0):
        assert limiter.throttled(API, 300.1) < 300.4

    assert limiter.admit(API, 300.4) is None
    limiter.succeeded(API, 300.5)
    assert [limiter.admit(API, 300.6) for _ in range(19)] == [None] * 19
    assert limiter.admit(API, 300.6) is not None


def test_of_two_refusals_the_second_may_come_after_the_turn(limiter: QuotaLimiter) -> None:
    """It finds a minute in which nobody has asked yet."""
    assert burst(limiter, 299.9, 20) == 20
    assert [limiter.admit(API, 299.9) for _ in range(2)] == [None] * 2
    limiter.throttled(API, 299.95)

    with urgent("second", 900.0):
        assert limiter.throttled(API, 300.05) < 300.3


def test_who_has_a_moment_left_comes_with_the_minute(limiter: QuotaLimiter) -> None:
    """And not in his place of the crowd, when it would be too late."""
    begun = agree(limiter, 2, 10)
    with urgent("first", begun + 5.0):
        assert limiter.admit(API, begun - 57.9) == begun - 55.0

    waits = []
    for number in range(5):
        with urgent(f"r{number}", begun + 10.0 + number / 5):
            waits.append(limiter.admit(API, begun - 57.9))

    assert waits == pytest.approx([begun, begun, begun + 0.1, begun + 0.3, begun + 0.2 + 4 / 23])


def test_too_late_waits_for_those_in_time(limiter: QuotaLimiter) -> None:
    """A call for a source that is gone in a moment would only be lost."""
    with urgent("first", 500.0):
        fill(limiter, 290.0, 10)
    with urgent("in-time", 500.0):
        assert limiter.admit(API, 290.5) is not None

    with urgent("too-late", 304.0):
        assert limiter.admit(API, 300.6) is not None
    with urgent("in-time", 500.0):
        assert limiter.admit(API, 300.6) is None


def test_what_is_long_over_does_not_wait_for_what_is_as_well(limiter: QuotaLimiter) -> None:
    """When all sources are gone the rest of the work goes as it comes, in whatever order that is."""
    with urgent("first", 150.0):
        fill(limiter, 290.0, 10)
    for number in range(5):
        with urgent(f"r{number}", 180.0 + number):
            assert limiter.admit(API, 290.5) is not None

    for number in (3, 1, 4, 2, 0):
        with urgent(f"r{number}", 180.0 + number):
            assert limiter.admit(API, 300.6) is None
            limiter.succeeded(API, 300.6)


def test_what_may_not_be_too_late_goes_where_there_is_enough(limiter: QuotaLimiter) -> None:
    """The time of a notice is told in whole seconds, and rounded down."""
    with urgent("first", 900.0):
        fill(limiter, 290.0, 4)
    with urgent("in-time", 500.0):
        assert limiter.admit(API, 290.5) is not None

    with urgent("doubtful", 309.5):
        assert limiter.admit(API, 300.0) is None
        limiter.succeeded(API, 300.1)
    for number in range(20):
        with urgent(f"late{number}", 208.5 + number * 5):
            assert limiter.admit(API, 300.2) is not None
    with urgent("doubtful again", 309.5):
        assert limiter.admit(API, 300.2) is None
        limiter.succeeded(API, 300.2)
    with urgent("late", 308.5):
        assert limiter.admit(API, 300.2) is not None
    for number in range(9):
        with urgent(f"r{number}", 500.0):
            limiter.throttled(API, 300.2)
    with urgent("doubtful too", 309.5):
        assert limiter.admit(API, 300.2) is not None


@given(seed=st.integers(), now=st.floats(0, 4e9))
def test_wait_is_short_of_two_minutes(seed: int, now: float) -> None:
    """The next minute and a few seconds, whatever the seed."""
    until = QuotaLimiter(random.Random(seed)).throttled("x", now)

    assert now < until <= now + 60 + 3.5 + 1e-3


def test_only_one_of_many_threads_probes() -> None:
    """The limiter is shared."""
    limiter = QuotaLimiter(random.Random(1))
    limiter.admit(API, 299.0)
    limiter.throttled(API, 299.0)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limiter.admit(API, 301.0), range(64)))

    assert answers.count(None) == 1


# Against limits of both kinds


@dataclass
class Limit:
    """The cloud's side."""

    quota: int
    kind: str
    taken: Counter[int] = field(default_factory=Counter)
    level: float = -1.0
    since: float = 0.0

    def takes(self, now: float) -> bool:
        if self.kind == "window":
            self.taken[int(now // MINUTE)] += 1
            return self.taken[int(now // MINUTE)] <= self.quota
        full = float(self.quota)
        refilled = self.level + (now - self.since) * self.quota / MINUTE
        level = full if self.level < 0 else min(full, refilled)
        self.level, self.since = level - (level >= 1), now
        return level >= 1


def crowd(
    limit: Limit, *, count: int, seconds: float, phase: float, skew: float, share: float = 1.0
) -> Counter[str]:
    """Let a crowd ask from one instant on, until a deadline; its clock is wrong by `skew`."""
    rng, order = random.Random(3), itertools.count()
    limiter = QuotaLimiter(random.Random(1), quota_share=share)
    begun = 100 * MINUTE + phase
    agenda: list[tuple[float, int, str, Any]] = []
    found: Counter[str] = Counter()

    def at(instant: float, what: str, who: Any) -> None:
        heapq.heappush(agenda, (instant, next(order), what, who))

    for number in range(count):
        at(begun + rng.random(), "ask", number)
    while agenda:
        now, _, what, who = heapq.heappop(agenda)
        if what == "ask" and now < begun + seconds:
            with urgent(str(who), begun + skew + FAR):
                wait = limiter.admit(API, now + skew)
            if wait is None:
                at(now + rng.uniform(0.025, 0.15), "arrive", who)
            else:
                at(max(wait - skew, now + 0.2), "ask", who)
        elif what == "arrive":
            took = limit.takes(now)
            found["taken" if took else "refused"] += 1
            at(now + rng.uniform(0.025, 0.15), "took" if took else "refused", who)
        elif what == "took":
            limiter.succeeded(API, now + skew)
        elif what == "refused":
            with urgent(str(who), begun + skew + FAR):
                wait = limiter.throttled(API, now + skew)
            at(max(wait - skew, now + 0.2), "ask", who)
    return found


@pytest.mark.parametrize("skew", [-0.5, 0.0, 0.5, 0.9])
def test_a_share_is_spent_by_clocks_that_differ(skew: float) -> None:
    """What the cloud's last minute has left takes our first call, and refuses those behind it."""
    limit = Limit(60, "window")

    crowd(limit, count=600, seconds=420.0, phase=30.0, skew=skew, share=0.8)

    taken = [min(n, 60) for _, n in sorted(limit.taken.items())][:6]
    assert min(taken) >= 40


@pytest.mark.parametrize("skew", [-0.4, 0.0, 0.4])
@pytest.mark.parametrize("phase", [0.0, 20.0, 50.0])
@pytest.mark.parametrize("quota", [60, 200])
def test_minutes_are_spent_to_the_last_call(quota: int, phase: float, skew: float) -> None:
    """Unknown quota, any phase: all that five minutes hold, for few refusals."""
    limit = Limit(quota, "window")

    found = crowd(limit, count=2_000, seconds=300.0, phase=phase, skew=skew)

    minutes = 5 if phase == 0.0 else 6
    assert found["taken"] >= 0.99 * quota * minutes
    # All that come at the very first moment are sent before the first answer is there.
    assert sum(max(n - quota, 0) for minute, n in limit.taken.items() if minute > 100) < 60


@pytest.mark.parametrize("quota", [60, 200])
def test_a_bucket_is_kept_empty(quota: int) -> None:
    """What drips is taken."""
    found = crowd(Limit(quota, "bucket"), count=3_000, seconds=300.0, phase=10.0, skew=0.2)

    assert found["taken"] >= 0.98 * quota * 6
