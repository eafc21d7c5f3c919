"""A worker process that goes on and on holds no more than its configuration explains."""

from dataclasses import replace
from pathlib import Path

from tests.stack.soak import THREADS_MAX, Sample, beyond, broken, growth, soak, started

COUNT, BATCH = 60, 20


def test_threads_files_and_connections_are_bounded(tmp_path: Path) -> None:
    """After each of three batches; memory is a matter of thousands and of `make soak`."""
    with started(tmp_path) as (installation, worker):
        samples = list(soak(installation, worker, COUNT, batch=BATCH))

    assert [one.done for one in samples] == [20, 40, 60]
    assert all(one.connections > 0 for one in samples)
    assert list(beyond(samples)) == []


STEADY = tuple(Sample(done, 100_000_000, 23, 33, 30) for done in range(50, 1_050, 50))


def test_growth_is_that_of_the_last_half() -> None:
    """What is loaded in the beginning does not count, nor what is given back again."""
    begun = [replace(one, rss_bytes=one.rss_bytes - 40_000_000) for one in STEADY[:5]]
    leaking = [replace(one, rss_bytes=one.rss_bytes + 2_048 * one.done) for one in STEADY]

    jump = replace(STEADY[12], rss_bytes=108_000_000)

    assert growth([*begun, *STEADY[5:12], jump, *STEADY[13:]]) == 0
    assert round(growth(leaking)) == 2_048


def test_a_thread_or_connection_more_in_the_last_half_is_told() -> None:
    """Also when it stays below what the configuration allows."""
    more = THREADS_MAX + 1
    samples = [*STEADY[:-1], replace(STEADY[-1], threads=more, connections=31)]

    assert list(broken(STEADY)) == []
    assert list(broken(samples)) == [
        f"threads grew from 23 to {more}",
        "connections grew from 30 to 31",
        f"{more} threads after 1000",
    ]
