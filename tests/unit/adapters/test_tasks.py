"""Work runs on a pool and reports to one inbox."""

import queue
import threading

from tests.unit.adapters.conftest import StandingClock
from worker.adapters.tasks import ThreadTasks


def test_everything_posted_is_taken_in_order(clock: StandingClock) -> None:
    """One take empties the inbox."""
    tasks = ThreadTasks(1, clock=clock, on_crash=lambda _: None)
    for number in range(5):
        tasks.post(number)

    assert list(tasks.take(0.0)) == [0, 1, 2, 3, 4]
    assert list(tasks.take(0.0)) == []
    tasks.close()


def test_work_reports_by_post(clock: StandingClock) -> None:
    """The owner waits for it."""
    tasks = ThreadTasks(1, clock=clock, on_crash=lambda _: None)

    tasks.submit(lambda: tasks.post("done"))

    assert list(tasks.take(None)) == ["done"]
    tasks.close()


def test_waiting_is_in_seconds_of_the_clock() -> None:
    """An hour of a clock that is a million times faster is over at once."""
    tasks = ThreadTasks(1, clock=StandingClock(speed=1e6), on_crash=lambda _: None)

    assert list(tasks.take(3600.0)) == []
    tasks.close()


def test_crash_is_told(clock: StandingClock) -> None:
    """A pool would keep it to itself."""
    crashes: queue.SimpleQueue[Exception] = queue.SimpleQueue()
    tasks = ThreadTasks(1, clock=clock, on_crash=crashes.put)

    tasks.submit(crash)

    assert isinstance(crashes.get(timeout=5), ZeroDivisionError)
    tasks.close()


def crash() -> None:
    raise ZeroDivisionError


def test_close_drops_what_has_not_begun(clock: StandingClock) -> None:
    """And does not wait for what has."""
    tasks = ThreadTasks(1, clock=clock, on_crash=lambda _: None)
    begun, end = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        end.wait(5)
        tasks.post("first")

    tasks.submit(first)
    tasks.submit(lambda: tasks.post("second"))
    begun.wait(5)

    tasks.close()
    end.set()

    assert list(tasks.take(5.0)) == ["first"]
    assert list(tasks.take(0.05)) == []
