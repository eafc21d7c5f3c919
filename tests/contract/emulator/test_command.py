"""`python -m emulator` as a process: how it starts, what it says, how it stops."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mns.account import Account
from mns.mns_exception import MNSServerException
from mns.queue import QueueMeta

from emulator.assumptions import Assumptions
from emulator.http.command import access_keys, changed, main

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the emulator on free ports; what still runs at the end is killed."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "emulator", "--port", "0", *arguments]
        process = subprocess.Popen(  # noqa: S603 - our own module
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def announced(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def test_one_line_of_json(start: Start) -> None:
    """The line comes when every port listens, and tells all that a client needs."""
    process = start("--region", "cn-beijing", "--region", "cn-shanghai", "--speed", "20", "--json")

    told = announced(process)

    assert set(told) == {"account_id", "endpoints", "speed", "start", "pid"}
    assert list(told["endpoints"]) == ["cn-beijing", "cn-shanghai"]
    assert (told["speed"], told["pid"]) == (20.0, process.pid)
    account = Account(told["endpoints"]["cn-beijing"], "emulator", "emulator-secret")
    assert account.list_queue()[0] == []
    account.get_client().http.conn.close()


def test_one_line_per_region_for_people(start: Start) -> None:
    """Without --json each region is one line."""
    process = start("--region", "cn-beijing", "--region", "cn-shanghai")
    assert process.stdout is not None

    lines = [process.stdout.readline().split() for _ in range(2)]

    assert [line[0] for line in lines] == ["cn-beijing", "cn-shanghai"]
    assert all(line[1].startswith("http://127.0.0.1:") for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_orderly_stop(start: Start, number: signal.Signals) -> None:
    """A signal ends waiting receives with an answer, and the process with status 0."""
    process = start("--json")
    url = announced(process)["endpoints"]["cn-hangzhou"]
    account = Account(url, "emulator", "emulator-secret")
    queue = account.get_queue("events")
    queue.create(QueueMeta())
    answers: list[str] = []
    poll = threading.Thread(target=_poll, args=(queue, answers))
    poll.start()
    _await_poll(url)

    process.send_signal(number)

    assert process.wait(timeout=10) == 0
    poll.join(timeout=5)
    assert answers == ["MessageNotExist"]
    assert process.stderr is not None
    assert process.stderr.read() == ""
    account.get_client().http.conn.close()


def _poll(queue: Any, answers: list[str]) -> None:
    try:
        queue.receive_message(30)
    except MNSServerException as refusal:
        answers.append(refusal.type)


def _await_poll(url: str) -> None:
    import urllib.request  # noqa: PLC0415 - only here

    while True:
        with urllib.request.urlopen(f"{url}/_emulator/summary") as answer:  # noqa: S310
            if json.load(answer)["long_polls"]:
                return


def test_a_scenario_file_and_other_keys(start: Start, tmp_path: Path) -> None:
    """A file says what to begin with, the environment which key is good."""
    file = tmp_path / "scenario.yaml"
    file.write_text("regions: {cn-hangzhou: {queues: [{name: 'events'}]}}\n", encoding="utf-8")

    process = start(
        "--scenario",
        str(file),
        "--json",
        EMULATOR_ACCESS_KEY_ID="other",
        EMULATOR_ACCESS_KEY_SECRET="other-secret",
    )

    url = announced(process)["endpoints"]["cn-hangzhou"]
    account = Account(url, "other", "other-secret")
    assert account.list_queue()[0] == [f"{url}/queues/events"]
    account.get_client().http.conn.close()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--speed", "0"], "speed"),
        (["--assume", "moon_is_cheese=true"], "moon_is_cheese"),
        (["--assume", "client_token_seconds=soon"], "client_token_seconds"),
        (["--ecs", "image_seconds"], "image_seconds"),
        (["--ecs", "image_seconds=soon"], "image_seconds"),
        (["--ecs", "calls_per_minute={RunInstances: many}"], "RunInstances"),
        (["--scenario", "no-such-file"], "no-such-file"),
    ],
)
def test_bad_usage(arguments: list[str], reason: str) -> None:
    """What is wrong with an option is said in one sentence, with status 2."""
    result = CliRunner().invoke(main, ["--port", "0", *arguments])

    assert (result.exit_code, reason in result.output) == (2, True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("regions: {nowhere: {}}", "nowhere"),
        ("regins: {}", "regins"),
        ("{", "expected"),
        ("regions: {cn-hangzhou: {queues: [{name: '-'}]}}", "InvalidQueueName"),
        ("[1]", "dictionary"),
    ],
)
def test_bad_scenarios(tmp_path: Path, text: str, reason: str) -> None:
    """What is wrong with a scenario file is said with its path."""
    file = tmp_path / "scenario.yaml"
    file.write_text(text, encoding="utf-8")

    result = CliRunner().invoke(main, ["--port", "0", "--scenario", str(file)])

    assert result.exit_code == 1
    assert str(file) in result.output
    assert reason in result.output


def test_a_taken_port(start: Start, url: str) -> None:
    """A port that somebody else has is named, with a way out."""
    port = url.rpartition(":")[2]
    process = start("--port", port)

    _, told = process.communicate(timeout=20)

    assert process.returncode == 1
    assert port in told
    assert "--port 0" in told


def test_the_help_is_complete() -> None:
    """Every option says what it does."""
    output = CliRunner().invoke(main, ["--help"]).output

    for option in main.params:
        assert getattr(option, "help", None), option.name
        assert option.opts[0] in output


def test_settings_are_read_like_their_defaults() -> None:
    """Numbers, words and truth values keep their kind."""
    texts = ("client_token_seconds=60", "refusals_stick_to_token=false", "smq_dlq_move=lease_end")

    settings = changed(Assumptions(), texts)

    assert settings.client_token_seconds == 60.0
    assert settings.refusals_stick_to_token is False
    assert settings.smq_dlq_move == "lease_end"


def test_a_temporary_key_from_the_environment() -> None:
    """A token makes the key a temporary one."""
    (key,) = access_keys({"EMULATOR_SECURITY_TOKEN": "token"}).values()

    assert (key.access_key_id, key.security_token) == ("emulator", "token")


def test_restricted_access_keys(start: Start, tmp_path: Path) -> None:
    """A key that may do what a policy in a file allows, and no more."""
    statement = {"Effect": "Allow", "Action": "mns:CreateQueue", "Resource": "*"}
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"Version": "1", "Statement": [statement]}), encoding="utf-8")
    told = announced(start("--access-key", f"maker={policy}", "--json"))

    account = Account(next(iter(told["endpoints"].values())), "maker", "maker-secret")
    queue = account.get_queue("q")
    queue.create(QueueMeta())
    with pytest.raises(MNSServerException) as caught:
        queue.delete()
    account.get_client().http.conn.close()

    assert caught.value.type == "AccessDenied"


@pytest.mark.parametrize("given", ["maker", "maker=/nowhere/at/all.json", "={}"])
def test_a_restricted_key_needs_a_policy(given: str) -> None:
    """Told in one sentence, with exit code 2."""
    outcome = CliRunner().invoke(main, ["--access-key", given])

    assert outcome.exit_code == 2
    assert given.partition("=")[2] in outcome.output or "ID=FILE" in outcome.output
