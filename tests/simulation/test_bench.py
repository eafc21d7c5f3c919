"""The programs of `bench/` on virtual time, in small: what they report is what happened."""

import pytest

from bench import crowd, function_crowd, idle, original, progress, recovery
from bench.storm import Storm

LONG_POLL_SECONDS = 30.0


def test_a_crowd_is_recovered_and_measured() -> None:
    found = crowd.figures([3, 6])

    assert [one["count"] for one in found["sizes"]] == [3, 6]
    assert [one["replaced"] for one in found["sizes"]] == [3, 6]
    assert all(one["duplicates"] == 0 for one in found["sizes"])
    assert all(0 < one["cpu_ms"] <= one["cpu_with_collector_ms"] for one in found["sizes"])
    assert all(one["kib_in_flight"] > 1 for one in found["sizes"])


def test_a_crowd_that_was_never_in_hand_has_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing would be less than any limit."""
    monkeypatch.setattr(crowd, "LOOKS", (3_000.0,))

    with pytest.raises(RuntimeError, match="0 in hand and 3 replaced of 3"):
        crowd.growing(3)


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


def test_the_original_has_the_same_notices_in_the_same_cloud() -> None:
    found = recovery.figures(3)

    assert found["replaced"] == 3
    assert found["overhead_mean"] < found["overhead_original_mean"]
    # It looks every 20 seconds, and has some calls to make.
    assert found["overhead_original_range"][0] > 1.0
    assert found["overhead_original_range"][1] < 23.0


def test_a_crowd_shares_the_invocations_of_the_function() -> None:
    alone, crowd_of_many = function_crowd.figures([1, 8])["sizes"]

    assert 0 < crowd_of_many["function_gb_seconds"] < alone["function_gb_seconds"] / 2
    assert crowd_of_many["original_gb_seconds"] == pytest.approx(
        alone["original_gb_seconds"], rel=0.05
    )
