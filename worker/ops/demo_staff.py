"""Who works on the queue in the demo: a worker process, or in its place a function."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from typing_extensions import override

from worker.core.errors import Permanent
from worker.ops.demo_board import read_line
from worker.ops.demo_processes import Crew, Process, Said, exit_sentence

START_SECONDS = 60.0
STOP_SECONDS = 15.0


class Staff(Protocol):
    """Starts, calls and ends whoever recovers the source.

    Attributes:
        key: Of the text that says who works.
    """

    key: str

    def hire(self) -> None:
        """Start one and wait until it is ready.

        Raises:
            Permanent: It did not start.
        """
        ...

    def noticed(self, notice: dict[str, Any], source_id: str, copies: int) -> None:
        """Take note that the cloud has given notice, as the emulator answered the order."""
        ...

    def heard(self, said: Said) -> None:
        """Take note of a line of one of their processes."""
        ...

    def turn(self, *, quiet: bool) -> None:
        """Do what is due.

        Args:
            quiet: Whether everything that was said has been heard.

        Raises:
            Permanent: A call of theirs failed.
        """
        ...

    def is_at_work(self, name: str) -> bool:
        """Tell whether a process is one of theirs that should be running, so that its lines count."""
        ...

    def kill(self) -> None:
        """End at once whoever works, and see to another."""
        ...

    def stop(self) -> None:
        """Let them end in good order.

        Raises:
            Permanent: One of them did not.
        """
        ...


@dataclass(slots=True)
class Workers(Staff):
    """One worker process at a time.

    Attributes:
        hired: How many there have been.
    """

    members: Crew
    config: Path
    key: str = "demo.worker"
    hired: int = 0
    _worker: Process | None = None

    @override
    def hire(self) -> None:
        self.hired += 1
        arguments = ["run", "--config", str(self.config)]
        self._worker = self.members.start(f"worker-{self.hired}", "worker", arguments)
        while True:
            said = self.members.next(START_SECONDS)
            if said is None or (said.process == self._worker.name and said.text is None):
                raise Permanent(f"the worker did not start: {exit_sentence(self._worker)}")
            line = read_line(said.text or "") if said.process == self._worker.name else None
            if line is not None and line["event"] == "worker_started":
                return

    @override
    def noticed(self, notice: dict[str, Any], source_id: str, copies: int) -> None:
        """The queue tells it."""

    @override
    def heard(self, said: Said) -> None:
        """Its lines are the board's."""

    @override
    def turn(self, *, quiet: bool) -> None:
        """A worker needs nobody to call it."""

    @override
    def is_at_work(self, name: str) -> bool:
        return self._worker is not None and name == self._worker.name

    @override
    def kill(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait(STOP_SECONDS)
        self.hire()

    @override
    def stop(self) -> None:
        if self._worker is not None:
            stop_process(self._worker, "worker")


def stop_process(process: Process, who: str) -> None:
    """Let a process end in good order.

    Raises:
        Permanent: It does not end, or not with 0.
    """
    process.terminate()
    if process.wait(STOP_SECONDS) is None:
        raise Permanent(f"the {who} did not stop when asked: {exit_sentence(process)}")
    if process.code != 0:
        raise Permanent(f"the {who} did not stop in good order: {exit_sentence(process)}")
