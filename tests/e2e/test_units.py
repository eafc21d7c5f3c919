"""The command lines of the systemd units, run as they stand."""

import re
import shlex
import signal
from pathlib import Path

from tests.e2e.conftest import Installation
from worker.cli import COMMANDS

ECS = Path(__file__).parents[2] / "deploy/ecs"
TIMERS = sorted(ECS.glob("*.timer"))


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
    for timer in TIMERS:
        (service,) = re.findall(r"^Unit=(.+)$", timer.read_text("utf-8"), re.MULTILINE)
        name, at, instance = service.removesuffix(".service").partition("@")
        words = command_line(f"{name}{at}.service", instance, installation)[2:]
        assert words[0] in COMMANDS
        done = installation.program(*words)
        assert done.returncode == 0, (service, done.stdout, done.stderr)
