"""The emulator's clock: one line through virtual time, begun anew at each change."""

from collections.abc import Callable

import pytest

from emulator.http.clock import VirtualClock


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def clock(watch: Stopwatch) -> VirtualClock:
    return VirtualClock(start=1000.0, speed=20.0, monotonic=watch)


def test_time_runs_at_its_speed(clock: VirtualClock, watch: Stopwatch) -> None:
    """Virtual = start + speed x elapsed."""
    watch.seconds = 3.0

    assert clock.now() == 1060.0


def test_the_formula_holds_after_every_change(clock: VirtualClock, watch: Stopwatch) -> None:
    """Whoever read the clock once can compute on, until the next change."""
    changes: list[Callable[[], None]] = [
        lambda: clock.advance(100.0),
        clock.pause,
        lambda: clock.advance(5.0),
        clock.resume,
        lambda: clock.set_speed(2.0),
    ]
    for change in changes:
        before = clock.now()
        change()
        watch.seconds += 7.0
        reading = clock.read()
        assert reading.now == reading.start + reading.speed * reading.elapsed_real
        assert reading.now >= before


def test_a_paused_clock_stands_still_but_can_jump(clock: VirtualClock, watch: Stopwatch) -> None:
    """Tests stop time and move it by hand."""
    clock.pause()
    watch.seconds = 50.0
    assert clock.now() == 1000.0
    assert clock.real_seconds(10.0) is None

    clock.advance(10.0)
    assert clock.now() == 1010.0

    clock.resume()
    watch.seconds = 51.0
    assert clock.now() == 1030.0


def test_durations_are_converted(clock: VirtualClock) -> None:
    """Thirty virtual seconds at speed twenty are one and a half real ones."""
    assert clock.real_seconds(30.0) == 1.5
    assert clock.real_seconds(-1.0) == 0.0


def test_time_never_goes_back(clock: VirtualClock) -> None:
    """Neither a negative jump nor a negative speed."""
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1.0)
    with pytest.raises(ValueError, match="positive"):
        clock.set_speed(0.0)
    with pytest.raises(ValueError, match="positive"):
        VirtualClock(start=0.0, speed=-1.0, monotonic=lambda: 0.0)
