"""What the demo knows of a recreation, read from the worker's own log lines; pure.

Nothing here looks at the cloud: a person who follows the log of a real worker sees the same.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

# The lines of the board: marks of the timeline, in the order in which they come.
MARKS = (
    "event received",
    "confirmed by the cloud",
    "disks retained",
    "image accepted",
    "source captured",
    "image usable",
    "source stopped or gone",
    "replacement accepted",
    "replacement running",
)
# A percentage is told again when it has grown by so much.
PERCENT_TOLD = 20
# After these the replacement boots from what holds less than all that was on disk.
_LESS_THAN_ALL = frozenset({"image failed", "system snapshot accepted"})
_PERCENT = re.compile(r"(\d+) %")
_SILENT_MARKS = frozenset({"first look", "image name taken", "image postponed"})


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to tell: the key of its text, and what the text speaks of.

    Attributes:
        after: Seconds after T0; None before it.
        reason: A sentence of the product, in English.
    """

    key: str
    after: float | None = None
    what: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """When a mark was reached, in seconds after T0, and the resource it names."""

    after: float
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """The state of one recreation.

    Attributes:
        t0: Epoch seconds.
        waiting: Why the recreation waits, as the worker says it.
        outcome: Of the finished recreation, else empty.
        advice: What a person must do about a parked message, else empty.
        parked: Why it was parked, else empty.
        recreation: Its id once it is known for good.
        data_after: Until when the image that is ready has the data, in seconds after T0; None
            where the worker does not tell.
    """

    t0: float
    reached: Mapping[str, Reached] = field(default_factory=dict)
    waiting: str = ""
    outcome: str = ""
    replacement: str = ""
    advice: str = ""
    parked: str = ""
    recreation: str = ""
    data_after: float | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the recreation has finished or is parked."""
        return bool(self.outcome or self.advice)

    @property
    def next_mark(self) -> str:
        """The first mark that is not reached, or an empty string."""
        return next((mark for mark in MARKS if mark not in self.reached), "")

    @property
    def is_image_lost(self) -> bool:
        """Whether the image is none of all the disks, or comes to nothing as far as one can tell."""
        is_unfinished = bool(self.advice) and "image usable" not in self.reached
        return is_unfinished or not _LESS_THAN_ALL.isdisjoint(self.reached)

    @property
    def data_until(self) -> float:
        """Until when the image has the data: the earlier of two accounts, as in the receipt."""
        begun = self.reached["image accepted"].after
        return begun if self.data_after is None else min(begun, self.data_after)

    @property
    def in_order(self) -> tuple[Fact, ...]:
        """Everything told, by the time when it happened: some of it is heard late."""
        return tuple(
            sorted(self.facts, key=lambda one: -math.inf if one.after is None else one.after)
        )

    def told(self, fact: Fact) -> "Board":
        """Add something to tell."""
        return replace(self, facts=(*self.facts, fact))


def read_line(text: str) -> dict[str, Any] | None:
    """Read a log line; None for what is not one, such as a warning of the interpreter."""
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and isinstance(line.get("event"), str) else None


def apply(board: Board, line: Mapping[str, Any]) -> Board:
    """Take one log line into account."""
    word = line["event"]
    after = _after(board, line)
    if word == "interruption_received":
        return _received(board, after)
    if word == "mark":
        return _marked(board, line)
    if word == "step_waiting":
        return _waits(board, line, after)
    if word == "recreation_resumed":
        return _resumed(board, after)
    if word == "recreation_finished":
        return _finished(board, line, after)
    if word == "parked":
        reason = _text(line, "reason")
        parked = replace(board, advice=str(line.get("next", "")), parked=reason)
        return parked.told(Fact("parked", after, reason=_text(line, "reason")))
    return _other(board, word, line, after)


def _received(board: Board, after: float) -> Board:
    if "event received" in board.reached:
        return board.told(Fact("received_again", after))
    reached = {**board.reached, "event received": Reached(after)}
    return replace(board, reached=reached).told(Fact("mark.event received", after))


def _marked(board: Board, line: Mapping[str, Any]) -> Board:
    what, resource = _text(line, "what"), _text(line, "resource")
    after = float(line.get("seconds_after_t0", 0.0))
    known = board.reached.get(what)
    reached = {**board.reached, what: known or Reached(after, resource)}
    marked = replace(board, reached=reached, recreation=_text(line, "recreation"), waiting="")
    if "data_seconds_after_t0" in line:
        marked = replace(marked, data_after=float(line["data_seconds_after_t0"]))
    if known is not None or what in _SILENT_MARKS:
        return marked
    return marked.told(Fact(f"mark.{what}", after, what=resource))


def _waits(board: Board, line: Mapping[str, Any], after: float) -> Board:
    """Keep the reason up to date, and tell it only when it is news."""
    reason = _text(line, "reason")
    if reason == board.waiting or not _is_news(board, reason):
        return replace(board, waiting=reason)
    return replace(board, waiting=reason).told(Fact("waiting", after, reason=reason))


def _is_news(board: Board, reason: str) -> bool:
    percent = _PERCENT.search(reason)
    last = next((fact.reason for fact in reversed(board.facts) if fact.key == "waiting"), "")
    told = _PERCENT.search(last)
    if percent is None or told is None:
        return True
    return int(percent[1]) >= int(told[1]) + PERCENT_TOLD


def _finished(board: Board, line: Mapping[str, Any], after: float) -> Board:
    outcome, replacement = _text(line, "outcome"), _text(line, "replacement")
    if not replacement:
        # A twin that found everything done; the one that did it tells more.
        return board.told(Fact("moot", after, reason=_text(line, "reason")))
    finished = replace(board, outcome=outcome, replacement=replacement, waiting="")
    return finished.told(Fact("finished", after))


def _resumed(board: Board, after: float) -> Board:
    """A successor that comes back to its sender is told once; after a crash it is news."""
    keys = [fact.key for fact in board.facts]
    crashes = sum(1 for key in keys if key in _CRASHES)
    if crashes > keys.count("resumed"):
        return board.told(Fact("resumed", after))
    return board if "written" in keys or crashes else board.told(Fact("written", after))


_CRASHES = frozenset({"killed", "lease_lost"})
_PLAIN = {
    "lease_lost": "lease_lost",
    "duplicate": "duplicate",
    "bug": "bug",
}


def _other(board: Board, word: str, line: Mapping[str, Any], after: float) -> Board:
    if word == "refused":
        return board.told(
            Fact("refused", after, what=_text(line, "code"), reason=_text(line, "candidate"))
        )
    if word in ("step_failed", "queue_failed", "receive_failed", "no_credentials"):
        return board.told(Fact("failed", after, reason=_text(line, "reason")))
    key = _PLAIN.get(word)
    return board.told(Fact(key, after)) if key else board


def _text(line: Mapping[str, Any], name: str) -> str:
    return str(line.get(name) or "")


def _after(board: Board, line: Mapping[str, Any]) -> float:
    """Return when a line was written, in seconds after T0."""
    try:
        at = datetime.fromisoformat(str(line.get("timestamp", "")).replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return at.timestamp() - board.t0
