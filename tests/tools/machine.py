"""A machine of its own for a test: systemd as process 1 in namespaces, over a copy of this one's files."""

import contextlib
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

BOOT_SECONDS = 30.0
COMMAND_SECONDS = 60.0
LINE_SECONDS = 30.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PLACES = ("--mount", "--uts", "--ipc", "--pid", "--cgroup")


@dataclass
class Journal:
    """What the units say, from the first line on."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def read(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                entry = _entry(json.loads(line))
                with self._news:
                    self.entries.append(entry)
                    self._news.notify_all()

    def until(self, event: str, *, after: int = 0, **fields: object) -> dict[str, Any]:
        """Wait for an entry with this word and these fields.

        Args:
            event: The word of the program's line.
            after: How many entries are passed over; `len(journal.entries)` of an earlier moment.
            **fields: Of the line, or `unit`, or `pid`.
        """
        wanted = {"event": event, **fields}

        def found() -> list[dict[str, Any]]:
            return [one for one in self.entries[after:] if wanted.items() <= one.items()]

        with self._news:
            assert self._news.wait_for(found, LINE_SECONDS), f"no {wanted} in {self.entries[-30:]}"
            return found()[0]


def _entry(line: Mapping[str, Any]) -> dict[str, Any]:
    text = line.get("MESSAGE")
    told: object = None
    with contextlib.suppress(ValueError, TypeError):
        told = json.loads(text)  # type: ignore[arg-type]
    said = told if isinstance(told, dict) else {"text": text}
    return {**said, "unit": line.get("_SYSTEMD_UNIT"), "pid": line.get("_PID")}


@dataclass(frozen=True)
class Machine:
    """What is done inside.

    Attributes:
        pid: Of its systemd, as seen from here.
    """

    pid: int
    journal: Journal = field(default_factory=Journal)

    def run(
        self, *command: str, text: str = "", **environ: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command as its root, with nothing of this environment."""
        return subprocess.run(  # noqa: S603 - programs that the tests name
            self.entered(*command),
            input=text,
            env={"PATH": _PATH, **environ},
            capture_output=True,
            encoding="utf-8",
            timeout=COMMAND_SECONDS,
            check=False,
        )

    def said_by(self, *command: str, **environ: str) -> str:
        """Run a command that has to succeed, and return what it prints."""
        done = self.run(*command, **environ)
        assert done.returncode == 0, (
            done.stdout + done.stderr + self.run("journalctl", "-n30").stdout
        )
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """Write a file; one that is there keeps its mode."""
        done = self.run("tee", path, text=text)
        assert done.returncode == 0, done.stderr

    def properties(self, unit: str, *names: str) -> dict[str, str]:
        """Return what systemd knows of a unit."""
        said = self.said_by("systemctl", "show", f"--property={','.join(names)}", unit)
        return dict(line.split("=", 1) for line in said.splitlines())

    def entered(self, *command: str) -> list[str]:
        return ["nsenter", "--target", str(self.pid), *_PLACES, "--", *command]


@contextlib.contextmanager
def booted(
    namespaces: str, systemd: str, shown: Mapping[Path, str], log: Path
) -> Iterator[Machine]:
    """Boot a machine and forget it at the end, with all that runs there and is mounted.

    Args:
        namespaces: The script.
        systemd: The program.
        shown: Directories of this machine, and where they are seen there, to be read.
        log: Takes what the script complains of.
    """
    seen = [f"{source}={target}" for source, target in shown.items()]
    command = [namespaces, *seen, "--", systemd, "--system", "--unit=multi-user.target"]
    with log.open("w", encoding="utf-8") as complaints, _news_of_readiness() as (address, news):
        process = subprocess.Popen(  # noqa: S603 - our own script
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, "NOTIFY_SOCKET": address},
            encoding="utf-8",
        )
        with process, contextlib.ExitStack() as after_all:
            try:
                assert process.stdout is not None
                machine = Machine(int(process.stdout.readline() or 0))
                assert machine.pid, log.read_text("utf-8")
                _until_ready(news)
                after_all.enter_context(_followed(machine))
                yield machine
            finally:
                # Process 1 is killed, and with it every other, those that have entered as well.
                process.terminate()


@contextlib.contextmanager
def _news_of_readiness() -> Iterator[tuple[str, socket.socket]]:
    """An address for systemd's own word that it has booted; it is in the network that both share."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as news:
        news.bind("")
        news.settimeout(BOOT_SECONDS)
        yield f"@{news.getsockname()[1:].decode()}", news


def _until_ready(news: socket.socket) -> None:
    while "READY=1" not in news.recv(4096).decode("utf-8").splitlines():
        pass


@contextlib.contextmanager
def _followed(machine: Machine) -> Iterator[None]:
    """Read the journal until the machine has ended."""
    command = machine.entered("journalctl", "--follow", "--no-tail", "--all", "--output=json")
    with subprocess.Popen(  # noqa: S603 - a program of systemd
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=machine.journal.read, args=(process.stdout,))
        reader.start()
        try:
            yield
        finally:
            reader.join(COMMAND_SECONDS)
