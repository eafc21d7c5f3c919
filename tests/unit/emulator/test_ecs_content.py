"""What a disk holds through time, and what of it survives a power cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from emulator.state.ecs.content import DiskContent, DiskLog, WriteRhythm

RHYTHM = WriteRhythm(interval=1.0, flush=30.0)
instants = st.floats(min_value=0.0, max_value=500.0, allow_nan=False)


def running(now: float = 0.0) -> DiskLog:
    log = DiskLog(RHYTHM)
    log.start("i-1", now)
    return log


def test_a_running_instance_writes_and_its_cache_is_flushed_at_multiples() -> None:
    log = running()

    assert log.at(45.5, durable=False).journals == {"i-1": 45}
    assert log.at(45.5, durable=True).journals == {"i-1": 30}


def test_a_written_file_is_durable_at_the_next_flush_only() -> None:
    log = running()
    log.write("/etc/motd", "hello", 31.0, flush=False)

    assert "/etc/motd" in log.at(31.0, durable=False).files
    assert "/etc/motd" not in log.at(59.0, durable=True).files
    assert log.at(60.0, durable=True).files == {"/etc/motd": "hello"}


def test_an_explicit_flush_saves_everything_written_before() -> None:
    log = running()
    log.write("/a", "1", 10.0, flush=False)
    log.write("/b", "2", 11.0, flush=True)

    durable = log.at(12.0, durable=True)

    assert durable == DiskContent({"/a": "1", "/b": "2"}, {"i-1": 11})


def test_only_an_orderly_stop_saves_what_is_cached() -> None:
    killed, stopped = running(), running()
    killed.stop(45.0, orderly=False)
    stopped.stop(45.0, orderly=True)

    assert killed.at(1000.0, durable=False).journals == {"i-1": 30}
    assert stopped.at(1000.0, durable=True).journals == {"i-1": 45}


def test_a_journal_goes_on_where_it_ended() -> None:
    log = running()
    log.stop(10.0, orderly=True)
    log.start("i-1", 100.0)
    log.stop(105.0, orderly=True)
    log.start("i-2", 200.0)

    assert log.at(203.0, durable=False).journals == {"i-1": 15, "i-2": 3}


@given(st.lists(instants, min_size=2, max_size=6), st.lists(instants, max_size=4))
def test_durable_content_only_grows(looks: list[float], writes: list[float]) -> None:
    log = running()
    for index, at in enumerate(sorted(writes)):
        log.write(f"/{index}", "x", at, flush=index % 2 == 0)

    last = max(writes, default=0.0)
    seen = [log.at(last + look, durable=True) for look in sorted(looks)]

    for before, after in pairwise(seen):
        assert before.files.items() <= after.files.items()
        assert before.journals["i-1"] <= after.journals["i-1"]


@given(instants)
def test_durable_is_never_more_than_written(look: float) -> None:
    log = running()
    durable, cached = (log.at(look, durable=flag).journals["i-1"] for flag in (True, False))

    assert durable <= cached
