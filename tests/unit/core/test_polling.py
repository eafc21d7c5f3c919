"""An image is looked at rarely while it is far from done and often when it is near."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.polling import next_image_poll

BEGUN = 1_795_392_000.0
SHORTEST, LONGEST = 1.0, 30.0

repeatable = settings(derandomize=True, deadline=None, max_examples=200)


def pause(percent: int, elapsed: float) -> float:
    now = BEGUN + elapsed
    at = next_image_poll(
        percent=percent, begun_at=BEGUN, now=now, shortest=SHORTEST, longest=LONGEST
    )
    return at - now


@repeatable
@given(st.integers(-5, 200), st.floats(-60, 100_000))
def test_pause_stays_inside_its_bounds(percent: int, elapsed: float) -> None:
    """Whatever the cloud reports, and were its clock ahead, it is neither a busy loop nor a gap."""
    assert pause(percent, elapsed) + 1e-6 >= SHORTEST
    assert pause(percent, elapsed) <= LONGEST + 1e-6


@repeatable
@given(st.integers(1, 99), st.floats(0, 7_200))
def test_further_progress_never_lengthens_the_pause(percent: int, elapsed: float) -> None:
    """At the same time a higher percentage means an earlier look."""
    assert pause(percent + 1, elapsed) <= pause(percent, elapsed) + 1e-6


@pytest.mark.parametrize("percent", [99, 100])
def test_nearly_done_is_looked_at_in_the_shortest_steps(percent: int) -> None:
    """The end of an image is what the replacement waits for."""
    assert pause(percent, 150.0) == SHORTEST


def test_an_image_that_stands_still_is_looked_at_less_and_less_often() -> None:
    """At 99 % for an hour it costs a look every twenty seconds, not one every second."""
    assert pause(99, 3_600.0) == pytest.approx(18.2, abs=0.1)
    assert pause(99, 86_400.0) == LONGEST


def test_half_of_what_is_left_is_waited_for() -> None:
    """At 50 % after 40 s another 40 s are expected: the next look is in 20 s."""
    assert pause(50, 40.0) == pytest.approx(20.0)


def test_without_a_percentage_the_pause_doubles_the_time() -> None:
    """Before the cloud reports anything the pause grows with the age."""
    pauses = [pause(0, elapsed) for elapsed in (0.0, 3.0, 10.0, 25.0, 90.0)]

    assert pauses == pytest.approx([2.0, 3.0, 10.0, 25.0, 30.0])


def test_image_of_two_minutes_costs_few_looks() -> None:
    """Steady progress over 120 s is followed in a dozen looks and seen 1 s late at most."""
    at, looks = BEGUN, 0

    while at < BEGUN + 120.0:
        percent = int(100 * (at - BEGUN) / 120.0)
        at += pause(percent, at - BEGUN)
        looks += 1

    assert looks <= 14
    assert at - (BEGUN + 120.0) <= SHORTEST
