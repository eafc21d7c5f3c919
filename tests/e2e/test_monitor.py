"""A watched worker: figures of a real recreation, probes, and an address that is taken."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.conftest import Installation, Running
from tests.e2e.test_worker import reclaim
from tests.unit.adapters.test_metrics import get


def watched(installation: Installation, listen: str = "127.0.0.1:0", *options: str) -> Running:
    settings = json.loads(installation.config.read_text("utf-8"))
    installation.config.write_text(
        json.dumps({**settings, "monitor": {"listen": listen}}), encoding="utf-8"
    )
    command = ("--config", str(installation.config), "run", *options)
    return installation.start("worker", *command)


@contextmanager
def taken_before_a_free_one() -> Iterator[socket.socket]:
    """Take a port behind which there is one that is free."""
    while True:
        with socket.socket() as taken, socket.socket() as free:
            taken.bind(("127.0.0.1", 0))
            try:
                free.bind(("127.0.0.1", taken.getsockname()[1] + 1))
            except (OSError, OverflowError):
                continue
            free.close()
            taken.listen()
            yield taken
            return


def test_a_recreation_shows_in_the_figures(installation: Installation) -> None:
    """After one recovery: its outcome, its steps, its lag; the worker is alive and ready."""
    worker = watched(installation)
    url = f"http://127.0.0.1:{worker.until_fact('monitor_listens')['port']}"
    worker.until_fact("worker_started")
    reclaim(installation)
    ended = worker.until_fact("delivery_ended", verdict="finished")

    _, page = get(f"{url}/metrics")

    assert ended["notice_used"] > 0
    assert len(ended["trace"]) == 32
    assert 'spot_recreation_finished_total{outcome="recovered"} 1.0' in page
    assert 'spot_recreation_step_seconds_count{step="launch"} 1.0' in page
    assert "spot_recreation_event_lag_seconds_count" in page
    assert "spot_recreation_dead_letters 0.0" in page
    assert get(f"{url}/healthz") == (200, "ok\n")
    assert get(f"{url}/readyz") == (200, "ok\n")
    assert "emulator-secret" not in page
    messages = installation.look("queues")
    assert all("recreation" not in json.dumps(queue["messages"]) for queue in messages)


def test_an_address_that_is_taken_is_told_in_one_sentence(installation: Installation) -> None:
    """The worker does not start half."""
    with taken_before_a_free_one() as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        worker = watched(installation, address)
        line = worker.until(lambda text: "monitor.listen" in text)

        assert worker.popen.wait(30.0) == 1
        beside = watched(installation, address, "--number", "2")
        assert beside.until_fact("monitor_listens")["port"] == taken.getsockname()[1] + 1

    assert "write another address" in line
    assert not any("Traceback" in text for text in worker.seen)
