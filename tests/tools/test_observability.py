"""Alert rules and metrics with a real Prometheus."""

import json
import queue
import shutil
import socket
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest

from tests.unit.adapters.test_metrics import Bench, get, whole_life
from worker.adapters.monitor_http import Monitor, Probes

FILES = Path(__file__).parents[2] / "deploy/observability"
Tool = Callable[[str], str]
READY_SECONDS = 60.0


def run(*command: str, cwd: Path = FILES, text: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        command, cwd=cwd, input=text, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def test_rules_fire_when_they_should_and_only_then(tool: Tool) -> None:
    """promtool runs the rules over made-up series."""
    done = run(tool("promtool"), "test", "rules", "alerts.test.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_is_one_that_prometheus_takes(tool: Tool) -> None:
    """The file that the documents show."""
    done = run(tool("promtool"), "check", "config", "prometheus.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_metrics_are_named_as_prometheus_likes_it(tool: Tool) -> None:
    """promtool finds nothing to say about names, units and help texts."""
    bench = Bench()
    whole_life(bench)

    done = run(tool("promtool"), "check", "metrics", text=generate_latest(bench.registry).decode())

    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def prometheus(tool: Tool, tmp_path: Path) -> Iterator[str]:
    """A Prometheus that scrapes a worker's page every second and knows our rules."""
    bench = Bench()
    whole_life(bench)
    monitor = Monitor(bench.registry, Probes(str, str), host="127.0.0.1", port=0)
    shutil.copy(FILES / "alerts.yaml", tmp_path)
    shown = (FILES / "prometheus.yaml").read_text("utf-8")
    told = shown.replace("9464", str(monitor.port)).replace("15s", "1s")
    (tmp_path / "prometheus.yaml").write_text(told, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    process = subprocess.Popen(  # noqa: S603
        [
            tool("prometheus"),
            f"--config.file={tmp_path / 'prometheus.yaml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address={address}",
        ],
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    said: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                said.put(line)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        while "ready to receive web requests" not in said.get(timeout=READY_SECONDS):
            pass
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(READY_SECONDS)
        reader.join()
        monitor.close()


def ask(prometheus: str, expression: str) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"query": expression})
    status, text = get(f"{prometheus}/api/v1/query?{query}")
    assert status == 200, text
    found: list[dict[str, Any]] = json.loads(text)["data"]["result"]
    return found


def test_prometheus_scrapes_a_worker_and_answers_every_panel(prometheus: str) -> None:
    """Every question of the dashboard is one that Prometheus understands; figures arrive."""
    deadline = threading.Event()
    for _ in range(120):
        if ask(prometheus, "spot_recreation_held"):
            break
        deadline.wait(0.5)
    board = json.loads((FILES / "dashboard.json").read_text("utf-8"))

    for panel in board["panels"]:
        for target in panel["targets"]:
            ask(
                prometheus,
                target["expr"].replace("$__rate_interval", "1m").replace("$__range", "1h"),
            )

    (held,) = ask(prometheus, "spot_recreation_held")
    assert held["value"][1] == "3"
    rules = json.loads(get(f"{prometheus}/api/v1/rules")[1])["data"]["groups"]
    assert len(rules[0]["rules"]) == 8
