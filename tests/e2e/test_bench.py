"""A recovery beside its own calls made bare: the very same calls, each with its answer."""

from bench import replay


def test_the_calls_of_a_recovery_can_be_made_bare() -> None:
    with replay.bench() as bench:
        pair = bench.round(1)

    assert pair.calls > 40
    assert pair.missed == 0
    assert 0 < pair.bare_cpu < pair.worker_cpu * 2
