"""Whoever follows the README, command by command, ends with a protected instance; on the emulator as in the cloud."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.e2e.conftest import Installation

ROOT = Path(__file__).parents[2]
# What a person adds where nobody can answer a question.
ANSWERED = {"rule apply": "--yes", "drill --instance ID": "--yes"}
# Emulated seconds after which the name of a deleted queue is free again.
FREE_AGAIN_SECONDS = 120.0


def steps_of(page: str, heading: str) -> list[str]:
    """Return the commands of the numbered steps, without the program's name, each the first time it stands there."""
    text = (ROOT / page).read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    steps = "\n".join(line for line in text.splitlines() if re.match(r"\d+\. ", line))
    return list(dict.fromkeys(re.findall(r"`aliyun-ops ([^`]+)`", steps)))


@pytest.fixture
def channel() -> Iterator[str]:
    """The address of a webhook on this machine."""

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"json://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def running(installation: Installation) -> list[str]:
    """Return the ids of the instances that run."""
    return [one["id"] for one in installation.look("instances") if one["status"] == "Running"]


def test_steps_of_the_readme_protect_an_instance(installation: Installation, channel: str) -> None:
    """From nothing set up to a replacement that runs, with the commands as they stand there."""
    assert installation.command("rule", "destroy", "--yes").returncode == 0
    installation.order("clock", advance=FREE_AGAIN_SECONDS)
    installation.environ["ALIYUN_OPS_NOTIFY_URLS"] = channel
    source = installation.seed(system_disk={"category": "cloud_essd", "size": 20})
    done = []
    for step in steps_of("README.md", "Use it"):
        if step == "run":
            worker = installation.start("worker", "--config", str(installation.config), "run")
            worker.until_fact("worker_started")
            installation.order("interrupt", instance_id=source)
            worker.until_fact("recreation_finished")
        else:
            words = [*step.split(), *ANSWERED.get(step, "").split()]
            words = [running(installation)[0] if word == "ID" else word for word in words]
            ended = installation.program(*words)
            assert ended.returncode == 0, f"{step}: {ended.stdout}{ended.stderr}"
        done.append(step)

    set_up = [step for step in done if step in {"config check", "rule plan", "rule apply", "run"}]
    assert set_up == ["config check", "rule plan", "rule apply", "run"]
    assert {"status", "receipt", "audit", "sweep", "reconcile", "dlq keep", "notify test"} <= set(
        done
    )
    assert [one == source for one in running(installation)] == [False]
    assert source in installation.command("receipt").stdout
    assert installation.look("complaints") == []


def test_both_readmes_have_the_same_steps() -> None:
    """The Chinese page leads the same way."""
    assert steps_of("README.md", "Use it") == steps_of("README.zh-CN.md", "正式使用")
