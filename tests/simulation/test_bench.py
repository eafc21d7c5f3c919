"""The programs of `bench/` on virtual time, in small: what they report is what happened."""

import pytest

from bench import crowd, idle, original, progress
from bench.storm import Storm

LONG_POLL_SECONDS = 30.0


def test_a_crowd_is_recovered_and_measured() -> None:
    found = crowd.figures([3, 6])

    assert [one["count"] for one in found["sizes"]] == [3, 6]
    assert [one["replaced"] for one in found["sizes"]] == [3, 6]
    assert all(one["duplicates"] == 0 for one in found["sizes"])
    assert all(one["cpu_ms"] > 0 and one["kib_in_flight"] > 1 for one in found["sizes"])


def test_a_storm_is_counted_against_what_its_quota_holds() -> None:
    found = crowd.watch(Storm(12, 1, phase=20.0, late_share=0.0))

    # A notice and the minute of its coming touch seven minutes of one call each.
    assert found.bound == 7
    assert found.images_in_time <= found.bound
    assert found.replaced + found.duplicates <= 12


@pytest.mark.parametrize(("quota", "replaced"), [(60_000, 6), (2, 0)])
def test_the_original_ends_with_the_first_refusal(quota: int, replaced: int) -> None:
    found = crowd.watch(Storm(6, quota, phase=20.0, late_share=0.0), original.begin)

    assert found.replaced == replaced


def test_the_course_of_a_storm_ends_where_its_storm_does() -> None:
    found = progress.figures(6, 60)

    assert found["worker"]["images"][-1] == found["bound"][-1][1] == 6
    assert found["worker"]["disks_kept"][-1] == 6
    assert sorted(found["worker"]["images"]) == found["worker"]["images"]


def test_an_idle_day_is_long_polls_and_nothing_else() -> None:
    found = idle.figures(1)

    assert found["ecs_requests_a_day"] == 0
    assert found["smq_requests_a_day"] == pytest.approx(86_400 / LONG_POLL_SECONDS, rel=0.01)
