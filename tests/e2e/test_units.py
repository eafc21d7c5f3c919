"""The command lines of the systemd units, run as they stand."""

import shlex
import signal
from pathlib import Path

from tests.e2e.conftest import Installation
from worker.cli import COMMANDS

ECS = Path(__file__).parents[2] / "deploy/ecs"
TASKS = sorted(path.stem.removeprefix("aliyun-ops-") for path in ECS.glob("*.timer"))


def command_line(unit: str, instance: str, installation: Installation) -> list[str]:
    """Return the arguments of a unit's ExecStart, with this installation in place of /etc and /opt."""
    lines = (ECS / unit).read_text("utf-8").splitlines()
    (line,) = (one for one in lines if one.startswith("ExecStart="))
    program, *arguments = shlex.split(line.removeprefix("ExecStart=").replace("%i", instance))
    assert program == "/opt/aliyun-ops/current/.venv/bin/aliyun-ops"
    assert "/etc/aliyun-ops/config.yaml" in arguments
    return [str(installation.config) if one.startswith("/etc") else one for one in arguments]


def test_the_workers_command_line_works_until_it_is_stopped(installation: Installation) -> None:
    """It polls, and SIGTERM, which is what systemd sends, ends it with 0."""
    arguments = command_line("aliyun-ops@.service", "1", installation)
    worker = installation.start("worker", *arguments)
    worker.until_fact("worker_started")

    worker.popen.send_signal(signal.SIGTERM)

    assert worker.popen.wait(30.0) == 0


def test_the_tasks_command_lines_end_by_themselves(installation: Installation) -> None:
    """Each timer's command runs without a terminal and without a question, and ends with 0."""
    assert set(TASKS) <= set(COMMANDS)
    for task in TASKS:
        done = installation.command(
            *command_line("aliyun-ops-task@.service", task, installation)[2:]
        )
        assert done.returncode == 0, (task, done.stdout, done.stderr)
