"""From the notice to the end: reads what the worker says, and does what the scenario does to it."""

from dataclasses import dataclass, replace
from pathlib import Path

from worker import ports
from worker.core.errors import Permanent
from worker.ops.demo_board import Board, Fact, apply, read_line
from worker.ops.demo_control import Control
from worker.ops.demo_processes import Crew, Process, Said, exit_sentence
from worker.ops.demo_scenarios import Scenario, late_writings
from worker.ops.demo_screen import Screen

FRAME_SECONDS = 0.1
START_SECONDS = 60.0
STOP_SECONDS = 15.0
# Seconds of the cloud's time after which a recreation that is not over counts as failed.
PATIENCE_SECONDS = 900.0
ORPHANED = "nobody holds the message until its lease ends"


@dataclass(slots=True)
class Watch:
    """What following needs.

    Attributes:
        cloud: Name of the emulator's process.
        hired: How many workers there have been.
    """

    scenario: Scenario
    control: Control
    clock: ports.Clock
    members: Crew
    config: Path
    screen: Screen
    cloud: str = "emulator"
    hired: int = 0
    killed: bool = False
    wrote_late: bool = False

    def hire(self) -> Process:
        """Start a worker and wait until it polls."""
        self.hired += 1
        arguments = ["run", "--config", str(self.config)]
        worker = self.members.start(f"worker-{self.hired}", "worker", arguments)
        while True:
            said = self.members.next(START_SECONDS)
            if said is None or (said.process == worker.name and said.text is None):
                raise Permanent(f"the worker did not start: {exit_sentence(worker)}")
            line = read_line(said.text or "") if said.process == worker.name else None
            if line is not None and line["event"] == "worker_started":
                return worker


def follow(watch: Watch, worker: Process, board: Board, source_id: str) -> Board:
    """Follow the recreation to its end, then let the worker stop in good order.

    Raises:
        Permanent: It is parked and should not be, does not end, or the worker died.
    """
    while not _is_over(watch, board):
        said = watch.members.next(FRAME_SECONDS)
        if said is not None:
            board = _heard(watch, worker, board, said)
        board = _write_late(watch, board, source_id)
        if _is_time_to_kill(watch, board):
            worker, board = _kill(watch, worker, board)
        now = watch.clock.now()
        watch.screen.watch(board, now - board.t0)
        if board.advice and not watch.scenario.parks:
            raise Permanent(f"the recreation was parked; {board.advice}")
        if now > board.t0 + PATIENCE_SECONDS:
            raise Permanent(
                f"the recreation is not over {PATIENCE_SECONDS:.0f} s after the notice;"
                f" it waits: {board.waiting or 'for nothing that it tells'}"
            )
    _stop(worker)
    return board


def _is_over(watch: Watch, board: Board) -> bool:
    """The recreation is over when every copy of its notice is dealt with, too."""
    if watch.scenario.parks:
        return bool(board.advice)
    return board.is_over and not any(watch.control.messages().values())


def _heard(watch: Watch, worker: Process, board: Board, said: Said) -> Board:
    if said.text is None and said.process in (watch.cloud, worker.name):
        who = next(one for one in watch.members.processes if one.name == said.process)
        who.wait(1.0)
        raise Permanent(f"a process ended by itself: {exit_sentence(who)}")
    line = read_line(said.text or "") if said.process == worker.name else None
    return board if line is None else apply(board, line)


def _write_late(watch: Watch, board: Board, source_id: str) -> Board:
    """Let the source write on while its image is being made."""
    begun = board.reached.get("image accepted")
    if watch.wrote_late or begun is None:
        return board
    watch.wrote_late = True
    files = late_writings(watch.scenario)
    watch.control.write(source_id, files)
    # The worker's clock and ours were read at different times and may differ a little.
    after = max(watch.clock.now() - board.t0, begun.after)
    return board.told(Fact("late", after, what=str(len(files))))


def _is_time_to_kill(watch: Watch, board: Board) -> bool:
    in_the_middle = "source captured" in board.reached and bool(board.waiting)
    return watch.scenario.kill and not watch.killed and in_the_middle


def _kill(watch: Watch, worker: Process, board: Board) -> tuple[Process, Board]:
    worker.kill()
    worker.wait(STOP_SECONDS)
    watch.killed = True
    board = replace(board, waiting=ORPHANED).told(Fact("killed", watch.clock.now() - board.t0))
    watch.screen.watch(board, watch.clock.now() - board.t0)
    return watch.hire(), board


def _stop(worker: Process) -> None:
    worker.terminate()
    if worker.wait(STOP_SECONDS) is None:
        raise Permanent(f"the worker did not stop when asked: {exit_sentence(worker)}")
    if worker.code != 0:
        raise Permanent(f"the worker did not stop in good order: {exit_sentence(worker)}")
