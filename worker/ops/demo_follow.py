"""From the notice to the end: reads what the worker says, and does what the scenario does to it."""

from dataclasses import dataclass, replace

from worker import ports
from worker.core.errors import Permanent
from worker.ops.demo_board import Board, Fact, apply, read_line
from worker.ops.demo_control import Control
from worker.ops.demo_processes import Crew, Said, exit_sentence
from worker.ops.demo_scenarios import Scenario, late_writings
from worker.ops.demo_screen import Screen
from worker.ops.demo_staff import Staff

QUEUE = "spot-interruptions"
FRAME_SECONDS = 0.05
# Seconds of the cloud's time after which a recreation that is not over counts as failed.
PATIENCE_SECONDS = 900.0
ORPHANED = "nobody holds the message until its lease ends"


@dataclass(slots=True)
class Watch:
    """What following needs.

    Attributes:
        cloud: Name of the emulator's process.
    """

    scenario: Scenario
    control: Control
    clock: ports.Clock
    members: Crew
    staff: Staff
    screen: Screen
    cloud: str = "emulator"
    killed: bool = False
    wrote_late: bool = False


def follow(watch: Watch, board: Board, source_id: str) -> Board:
    """Follow the recreation to its end, then let who works stop in good order.

    Raises:
        Permanent: It is parked and should not be, does not end, or the worker died.
    """
    while not _is_over(watch, board):
        said = watch.members.next(FRAME_SECONDS)
        if said is not None:
            board = _heard(watch, board, said)
        board = _write_late(watch, board, source_id)
        if _is_time_to_kill(watch, board):
            board = _kill(watch, board)
        watch.staff.turn(quiet=said is None)
        now = watch.clock.now()
        watch.screen.watch(board, now - board.t0)
        if board.advice and not watch.scenario.parks:
            raise Permanent(f"the recreation was parked; {board.advice}")
        if now > board.t0 + PATIENCE_SECONDS:
            raise Permanent(
                f"the recreation is not over {PATIENCE_SECONDS:.0f} s after the notice;"
                f" it waits: {board.waiting or 'for nothing that it tells'}"
            )
    watch.staff.stop()
    return board


def _is_over(watch: Watch, board: Board) -> bool:
    """The recreation is over when every copy of its notice is dealt with, too."""
    if watch.scenario.parks:
        return bool(board.advice) and not watch.control.messages()[QUEUE]
    return board.is_over and not any(watch.control.messages().values())


def _heard(watch: Watch, board: Board, said: Said) -> Board:
    is_theirs = watch.staff.is_at_work(said.process)
    if said.text is None and (is_theirs or said.process == watch.cloud):
        who = next(one for one in watch.members.processes if one.name == said.process)
        who.wait(1.0)
        raise Permanent(f"a process ended by itself: {exit_sentence(who)}")
    if not is_theirs:
        return board
    watch.staff.heard(said)
    line = read_line(said.text or "")
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


def _kill(watch: Watch, board: Board) -> Board:
    watch.staff.kill()
    watch.killed = True
    board = replace(board, waiting=ORPHANED).told(Fact("killed", watch.clock.now() - board.t0))
    watch.screen.watch(board, watch.clock.now() - board.t0)
    return board
