"""The second function reads from its timer what to do, and refuses everything else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.adapters.mns_queue import MnsQueue
from worker.bootstrap import Surroundings
from worker.invocation import Call, InvocationFailed
from worker.timed import TASKS, Deed, OpenQueue, Timed, handler, task_of

SAMPLES = Path(__file__).parents[1] / "events"
PLACE = {"ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}


@pytest.mark.parametrize("task", TASKS)
def test_a_timer_names_its_task(task: str) -> None:
    """In the words of the command line."""
    payload = {"triggerTime": "2026-11-23T00:00:00Z", "triggerName": "any", "payload": task}

    assert task_of(json.dumps(payload).encode()) == task


def test_the_sample_of_a_timer_is_one() -> None:
    """As the platform's documents show it."""
    assert task_of((SAMPLES / "fc_timer.json").read_bytes()) == "reconcile"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        b'{"payload": ""}',
        b'{"payload": "sweep"}',
        b'{"payload": ["reconcile"]}',
    ],
)
def test_what_names_no_task_is_refused(payload: bytes) -> None:
    """An interruption that is delivered here by mistake, too: it has its own function."""
    with pytest.raises(InvocationFailed, match="one of: reconcile, dlq keep"):
        task_of(payload)


def test_handler_is_given_what_the_platform_gives() -> None:
    """Event and context as for the other function."""
    with pytest.raises(InvocationFailed, match="one of: reconcile"):
        handler(b'{"payload": "run"}', None)


def test_a_wrong_configuration_fails_in_one_sentence(tmp_path: Path) -> None:
    """It says which task did not run and which setting is wrong."""
    config = tmp_path / "config.yaml"
    config.write_text("queue: {lease: 1s}\n", "utf-8")
    timed = Timed(dict(PLACE), str(config))

    with pytest.raises(InvocationFailed, match=r"^reconcile: .*queue\.lease") as raised:
        timed.invoke(b'{"payload": "reconcile"}', Call())

    assert raised.value.__suppress_context__


@pytest.mark.parametrize(("failed", "outcome"), [((), 0), ((False,), 1), ((False, True), None)])
def test_what_failed_fails_the_invocation_when_all_is_done(
    failed: tuple[bool, ...],
    outcome: int | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each is in the log, the queues are closed, and the platform counts an error for one that is left."""
    closed: list[MnsQueue] = []
    monkeypatch.setattr(MnsQueue, "close", lambda queue: closed.append(queue))  # noqa: PLW0108 - a method

    def task(_around: Surroundings, open_queue: OpenQueue) -> Iterator[Deed]:
        open_queue("any")
        for one in failed:
            yield Deed("kept", {"message": "m-1"}, one)

    monkeypatch.setitem(TASKS, "reconcile", task)
    config = tmp_path / "config.yaml"
    config.write_text("log: {format: json}\n", "utf-8")
    timed = Timed(dict(PLACE), str(config))

    if outcome is None:
        with pytest.raises(InvocationFailed, match=r"^reconcile: 1 of 2 not done, see the log$"):
            timed.invoke(b'{"payload": "reconcile"}', Call("r-1"))
    else:
        answer = json.loads(timed.invoke(b'{"payload": "reconcile"}', Call("r-1")))
        assert answer == {"task": "reconcile", "done": outcome}

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [one["event"] for one in lines] == [
        "invoked",
        *("kept" for _ in failed),
        "invocation_ended",
    ]
    assert len(closed) == 1
