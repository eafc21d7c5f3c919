"""A whole installation for a test: the emulator and the command line as processes, and nothing else."""

import gc
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from click.testing import CliRunner

import worker
from tests.e2e.demos import AT_A_TIME, Performances
from tests.e2e.surroundings import environment
from worker.cli import main

REGION = "cn-hangzhou"
APIS = ("ecs", "vpc", "eventbridge", "mns", "mns_open", "slb", "alb", "nlb")
RAM = Path(worker.__file__).parent.parent / "deploy" / "ram"
# Each access key with the policies that it has: those in deploy/ram for whoever runs a command.
ROLES = {
    "worker": ("worker.json",),
    "rule": ("rule.json",),
    "audit": ("audit.json",),
    "sweep": ("sweep.json",),
    "doctor": ("worker.json", "doctor.json"),
    "replay": ("replay.json",),
    "drill": ("drill.json",),
}
# Who runs a command where the role is not called like it.
_RUNS = {
    **dict.fromkeys(("status", "receipt", "config", "run"), "worker"),
    **dict.fromkeys(("dlq", "reconcile"), "replay"),
}
LINE_SECONDS = 60.0
END_SECONDS = 20.0


@dataclass
class Running:
    """A process whose lines can be waited for."""

    popen: "subprocess.Popen[str]"
    lines: "queue.SimpleQueue[str | None]" = field(default_factory=queue.SimpleQueue)
    seen: list[str] = field(default_factory=list)

    def read(self) -> None:
        pipe = self.popen.stdout
        assert pipe is not None
        with pipe:
            for line in pipe:
                self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, wanted: Callable[[str], bool]) -> str:
        """Wait for a line; a process that ends first fails the test with what it said."""
        while True:
            line = self.lines.get(timeout=LINE_SECONDS)
            assert line is not None, "\n".join(self.seen[-20:])
            self.seen.append(line)
            if wanted(line):
                return line

    def until_fact(self, event: str, **fields: object) -> dict[str, Any]:
        """Wait for a log line with this word and these fields."""
        return _json(self.until(lambda line: _is_fact(_json(line), {"event": event, **fields})))

    def end(self) -> None:
        self.popen.terminate()
        self.popen.wait(END_SECONDS)


def _json(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_fact(line: Mapping[str, Any], wanted: Mapping[str, object]) -> bool:
    return wanted.items() <= line.items()


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Fail what takes longer."""

    def ring(_number: int, _frame: object) -> None:
        raise TimeoutError(f"still at it after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@dataclass
class Installation:
    """The emulator, a configuration for it, and the command line."""

    directory: Path
    url: str = ""
    started: list[Running] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    expects_denials: bool = False

    @property
    def config(self) -> Path:
        return self.directory / "config.yaml"

    def start(self, module: str, *arguments: str, role: str = "worker") -> Running:
        popen = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(role),
            encoding="utf-8",
        )
        running = Running(popen)
        self.started.append(running)
        threading.Thread(target=running.read, daemon=True).start()
        return running

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command of the command line to its end, under the policies of whoever runs it.

        In this process: to load the program takes longer than most commands do. `program` starts one.
        """
        words = ["--config", str(self.config), *arguments]
        environ: dict[str, str | None] = {**dict.fromkeys(os.environ), **self._environ(arguments)}
        with warnings.catch_warnings(), _at_most(LINE_SECONDS):
            # A command leaves its connections to the end of its process.
            warnings.simplefilter("ignore", ResourceWarning)
            result = CliRunner().invoke(
                main, words, env=environ, catch_exceptions=False, prog_name="aliyun-ops"
            )
            done = CompletedProcess(words, result.exit_code, result.stdout, result.stderr)
            del result
            gc.collect()
        return done

    def program(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one command as a process of its own, as people do."""
        return subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", "worker", "--config", str(self.config), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self._environ(arguments),
            encoding="utf-8",
            timeout=LINE_SECONDS,
            check=False,
        )

    def _environ(self, arguments: Sequence[str]) -> dict[str, str]:
        role = _RUNS.get(arguments[0], arguments[0])
        return {**environment(role), **self.environ}

    def json(self, *arguments: str) -> Any:
        """Run a command with --json and read what it prints."""
        done = self.command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def order(self, what: str, **fields: object) -> Any:
        """Give the cloud an order through its control API."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/_emulator/{what}",
            data=json.dumps(fields).encode(),
            headers={"content-type": "application/json"},
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=LINE_SECONDS) as answer:
            return json.load(answer)

    def look(self, what: str) -> Any:
        """Read one aspect of the cloud through its control API."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.url}/_emulator/{what}", timeout=LINE_SECONDS) as answer:
            return json.load(answer)

    def seed(self, **fields: object) -> str:
        """Put a running spot instance into the cloud."""
        made = self.order("scenario", regions={REGION: {"instances": [fields]}})
        return str(made["instances"][REGION][0])

    def begin(self, speed: float) -> None:
        keys = [f"{role}={RAM / name}" for role, names in ROLES.items() for name in names]
        restricted = [word for key in keys for word in ("--access-key", key)]
        served = ("--port", "0", "--region", REGION, "--speed", str(speed), "--json")
        emulator = self.start("emulator", *served, *restricted)
        announced = _json(emulator.until(lambda line: "endpoints" in line))
        self.url = announced["endpoints"][REGION]
        settings = {
            "account_id": announced["account_id"],
            "region": REGION,
            "endpoints": dict.fromkeys(APIS, self.url),
            "clock": {"emulator": self.url},
            "receipts": {"directory": str(self.directory / "receipts"), "html": True},
            "log": {"format": "json"},
        }
        self.config.write_text(json.dumps(settings), encoding="utf-8")
        applied = self.command("rule", "apply", "--yes")
        assert applied.returncode == 0, applied.stdout + applied.stderr

    def end(self) -> None:
        for running in reversed(self.started):
            running.end()

    def denied(self) -> dict[str, set[str]]:
        """What each access key was denied so far."""
        denied: dict[str, set[str]] = {}
        for row in self.look("permissions"):
            if row["denied"]:
                denied.setdefault(row["access_key_id"], set()).add(row["action"])
        return denied

    def needed(self, role: str) -> set[str]:
        """What a role needed so far."""
        rows = self.look("permissions")
        return {row["action"] for row in rows if row["access_key_id"] == role}


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty cloud at twenty times real time, with rule and queues; no call may lack a grant."""
    made = Installation(tmp_path)
    try:
        made.begin(speed=20.0)
        yield made
        assert made.expects_denials or made.denied() == {}
    finally:
        made.end()


@pytest.fixture(scope="session")
def performances(request: pytest.FixtureRequest) -> Iterator[Performances]:
    """The scenarios of the demo, by the function and by a worker."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    asked = [one.params.get("scenario", "") for one in calls if one is not None]
    pool = ThreadPoolExecutor(AT_A_TIME)
    yield Performances(pool, frozenset(getattr(one, "name", one) for one in asked))
    pool.shutdown(cancel_futures=True)
