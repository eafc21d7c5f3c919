"""Real worker processes over HTTP: stopped, killed, doubled; nothing lost, nothing doubled."""

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest
from mns.account import Account
from mns.queue import Message

from tests.e2e.conftest import Installation, Running
from tests.e2e.surroundings import environment

OURS = "spot-recreation:id"


def replacements(installation: Installation) -> list[dict[str, Any]]:
    return [one for one in installation.look("instances") if OURS in one["tags"]]


def worker(installation: Installation) -> Running:
    running = installation.start("worker", "--config", str(installation.config), "run")
    running.until_fact("worker_started")
    return running


def reclaim(installation: Installation, **seed: object) -> str:
    small = {"system_disk": {"category": "cloud_essd", "size": 20}}
    source = installation.seed(name="订单数据库", **{**small, **seed})
    installation.order("interrupt", instance_id=source)
    return source


def send_event(installation: Installation, source: str) -> None:
    """Put another copy of the event into the queue, with the official SDK."""
    account = Account(installation.url, "emulator", "emulator-secret", "")
    body = json.dumps({"instanceId": source, "action": "delete"})
    try:
        account.get_queue("spot-interruptions").send_message(Message(body))
    finally:
        account.get_client().close_connection()


def await_any(event: str, *workers: Running) -> None:
    """Read from several workers at once until one of them says a word."""
    while True:
        for one in workers:
            with contextlib.suppress(queue.Empty):
                line = one.lines.get(timeout=0.05)
                assert line is not None, one.seen[-5:]
                one.seen.append(line)
                if f'"{event}"' in line:
                    return


def assert_one_of_each(installation: Installation) -> None:
    """One image, one running replacement, everything tagged, and the cloud understood all."""
    (replacement,) = replacements(installation)
    assert replacement["status"] == "Running"
    (image,) = installation.look("images")
    assert OURS in image["tags"]
    assert installation.look("complaints") == []


def test_sigterm_in_mid_recreation_hands_it_to_the_next_worker(installation: Installation) -> None:
    """A stopped worker ends by itself at once, and the next one goes on from its progress."""
    first = worker(installation)
    reclaim(installation)
    first.until_fact("mark", what="image accepted")

    first.popen.send_signal(signal.SIGTERM)
    code = first.popen.wait(10.0)
    second = worker(installation)
    second.until_fact("recreation_finished", outcome="recovered")

    assert code == 0
    assert any('"recreation_resumed"' in line for line in second.seen)
    assert_one_of_each(installation)


@pytest.mark.parametrize(
    "moment",
    ["first look", "disks retained", "image accepted", "image usable", "replacement accepted"],
)
def test_killed_worker_leaves_no_trace(installation: Installation, moment: str) -> None:
    """kill -9 at any moment: a second worker finishes, with one image and one replacement."""
    first = worker(installation)
    reclaim(installation)
    first.until_fact("mark", what=moment)

    first.popen.kill()
    second = worker(installation)
    second.until_fact("recreation_finished", outcome="recovered")

    assert_one_of_each(installation)


def test_two_workers_and_three_events_make_one_replacement(installation: Installation) -> None:
    """Copies of the event in the hands of different workers end in one replacement."""
    first, second = worker(installation), worker(installation)
    source = reclaim(installation)
    for _ in range(2):
        send_event(installation, source)

    await_any("recreation_finished", first, second)
    for one in (first, second):
        one.popen.send_signal(signal.SIGTERM)
        assert one.popen.wait(10.0) == 0
    idle = installation.start("worker", "--config", str(installation.config), "run", "--until-idle")

    assert idle.popen.wait(60.0) == 0
    assert_one_of_each(installation)


def test_progress_can_be_read_off_the_queue(installation: Installation) -> None:
    """Who peeks at the queue sees which step the recreation is at, in plain attributes."""
    first = worker(installation)
    source = reclaim(installation)
    first.until_fact("mark", what="image accepted")
    first.popen.send_signal(signal.SIGTERM)
    first.popen.wait(10.0)

    status = installation.json("status")

    assert source in json.dumps(status)


def test_a_worker_without_signing_key_refuses_to_start(installation: Installation) -> None:
    """One sentence that names the variable, exit code 1, no traceback."""
    bare = {name: value for name, value in environment().items() if "SIGNING" not in name}
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "worker.main", "--config", str(installation.config)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=bare,
        encoding="utf-8",
        timeout=30,
        check=False,
    )

    assert done.returncode != 0
    assert "ALIYUN_OPS_SIGNING_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_worker_without_credentials_says_so_as_an_error_and_tries_on(
    installation: Installation,
) -> None:
    """It never ends by itself, and what it says is what a person has to do."""
    plain = {name: value for name, value in environment().items() if "ACCESS_KEY" not in name}
    without = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "worker", "--config", str(installation.config), "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**plain, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true", "HOME": "/nonexistent"},
        encoding="utf-8",
    )
    running = Running(without)
    installation.started.append(running)
    threading.Thread(target=running.read, daemon=True).start()

    first = running.until_fact("no_credentials")
    running.until_fact("no_credentials")

    assert first["level"] == "error"
    assert "attach a RAM role" in first["reason"]
    assert without.poll() is None
    assert not any("receive_failed" in line for line in running.seen)
