"""The processes of the demo: what they say comes in over one queue, and all of them end with it."""

import contextlib
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

END_SECONDS = 5.0
_PIPE = subprocess.PIPE


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a process, without its end; None when the process has closed the stream."""

    process: str
    stream: str
    text: str | None


@dataclass(slots=True, eq=False)
class Process:
    """One running process and where its lines are kept."""

    name: str
    popen: "subprocess.Popen[str]"
    log: Path

    @property
    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.popen.poll()

    @property
    def starved(self) -> float:
        """Seconds for which its threads were ready to run and had no processor; 0 where the system does not tell."""
        return starved(Path(f"/proc/{self.popen.pid}"))

    def terminate(self) -> None:
        """Ask it to end in good order."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash of the machine would."""
        self._signal(signal.SIGKILL)

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; None when it does not come in time."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.popen.wait(seconds)
        return None

    def _signal(self, number: int) -> None:
        if self.popen.poll() is None:
            self.popen.send_signal(number)


def starved(process: Path) -> float:
    """Add up, in seconds, how long the threads of `process`, a directory of /proc, have waited for a processor.

    Source: Linux, Documentation/scheduler/sched-stats: the second figure, in nanoseconds. Some kernels tell
    zeros, and a thread that has just ended tells nothing.
    """
    return sum(map(_starved_thread, process.glob("task/*/schedstat"))) / 1e9


def _starved_thread(told: Path) -> int:
    try:
        return int(told.read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0


@dataclass(slots=True)
class Crew:
    """Starts processes and ends them all.

    Attributes:
        directory: Where the lines of each process are kept.
        environ: Environment of every process.
        said: What they say, in order of arrival.
    """

    directory: Path
    environ: Mapping[str, str]
    said: "queue.SimpleQueue[Said]" = field(default_factory=queue.SimpleQueue)
    processes: list[Process] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)

    def start(self, name: str, module: str, arguments: Sequence[str]) -> Process:
        """Start a module of this installation in a process that ends with this one."""
        command = [sys.executable, "-m", "worker.ops.tether", module, *arguments]
        popen = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            command,
            stdin=_PIPE,
            stdout=_PIPE,
            stderr=_PIPE,
            env=dict(self.environ),
            encoding="utf-8",
            errors="replace",
            # Ctrl-C on the terminal is ours; we end the others in order.
            start_new_session=True,
        )
        process = Process(name, popen, self.directory / f"{name}.log")
        self.processes.append(process)
        lock = threading.Lock()
        for stream, pipe in (("stdout", popen.stdout), ("stderr", popen.stderr)):
            if pipe is not None:
                self._read(process, stream, pipe, lock)
        return process

    def next(self, seconds: float) -> Said | None:
        """Return the next line of any process, waiting up to `seconds` for it."""
        with contextlib.suppress(queue.Empty):
            return self.said.get(timeout=seconds) if seconds > 0 else self.said.get_nowait()
        return None

    def end(self) -> None:
        """End everything that still runs: first politely, then at once."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            if process.wait(END_SECONDS) is None:
                process.kill()
                process.wait(END_SECONDS)
            if process.popen.stdin is not None:
                process.popen.stdin.close()
        for reader in self._readers:
            reader.join(END_SECONDS)

    def _read(self, process: Process, stream: str, pipe: IO[str], lock: threading.Lock) -> None:
        def read() -> None:
            with pipe, process.log.open("a", encoding="utf-8") as log:
                for line in pipe:
                    with lock:
                        log.write(line)
                        log.flush()
                    self.said.put(Said(process.name, stream, line.rstrip("\n")))
            self.said.put(Said(process.name, stream, None))

        reader = threading.Thread(target=read, name=f"{process.name}-{stream}", daemon=True)
        self._readers.append(reader)
        reader.start()


@contextlib.contextmanager
def crew(directory: Path, environ: Mapping[str, str]) -> Iterator[Crew]:
    """Give a crew whose processes all end with the block, also when SIGTERM or SIGHUP ends it."""
    before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    members = Crew(directory, environ)
    try:
        yield members
    finally:
        members.end()
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def own_environment(environ: Mapping[str, str], additions: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without any trace of a real account, of proxies, or of other settings."""
    dropped = ("ALIBABA_CLOUD_", "ALICLOUD_", "ALIYUN_", "FC_", "EMULATOR_")
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith(dropped) and not name.lower().endswith("_proxy")
    }
    return {**kept, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", **additions}


def exit_sentence(process: Process) -> str:
    """Say how a process ended, with its last line."""
    lines = process.log.read_text(encoding="utf-8").splitlines() if process.log.exists() else []
    last = next((line for line in reversed(lines) if line.strip()), "")
    code = process.code
    how = "is still running" if code is None else f"ended with code {code}"
    return f"{process.name} {how}; its last line: {last}" if last else f"{process.name} {how}"
