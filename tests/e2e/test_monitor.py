"""A watched worker: figures of a real recreation, probes, and an address that is taken."""

import json
import socket

from tests.e2e.conftest import Installation, Running
from tests.e2e.test_worker import reclaim
from tests.unit.adapters.test_metrics import get


def watched(installation: Installation, listen: str = "127.0.0.1:0") -> Running:
    settings = json.loads(installation.config.read_text("utf-8"))
    installation.config.write_text(
        json.dumps({**settings, "monitor": {"listen": listen}}), encoding="utf-8"
    )
    return installation.start("worker", "--config", str(installation.config), "run")


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
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        worker = watched(installation, f"127.0.0.1:{taken.getsockname()[1]}")
        line = worker.until(lambda text: "monitor.listen" in text)

        assert worker.popen.wait(30.0) == 1

    assert "write another address" in line
    assert not any("Traceback" in text for text in worker.seen)
