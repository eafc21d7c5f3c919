"""Notices become few messages, on threads of their own, and never hold up whoever tells them."""

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from worker.adapters.notifier import ChannelNotifier, Outbox, Pace
from worker.core.notices import Kind, Message, Notice

NOTICE = Notice(Kind.STARTED, "cn-hangzhou", source="i-1", recreation="r-1")
AT_ONCE = Pace(gather=0.0, apart=0.0, again=(0.0,))
# Far longer than any of this takes; only a defect waits so long.
PATIENCE = 30.0


def notices(count: int) -> list[Notice]:
    return [replace(NOTICE, source=f"i-{n}", recreation=f"r-{n}") for n in range(count)]


@dataclass
class Lines:
    """Telemetry that remembers."""

    told: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    changed: threading.Event = field(default_factory=threading.Event)

    def event(self, name: str, **fields: object) -> None:
        self.told.append((name, fields))
        self.changed.set()

    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self.told.append((name, {**fields, "error": type(error).__name__}))


@dataclass
class Robot:
    """A channel that answers from a list, and may be closed like a gate."""

    answers: list[str] = field(default_factory=list)
    heard: list[Message] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)
    label: str = "1 (robot)"

    def send(self, message: Message) -> str:
        self.reached.set()
        assert self.gate.wait(PATIENCE)
        self.heard.append(message)
        answer = self.answers.pop(0) if self.answers else ""
        if answer == "raise":
            raise RuntimeError("https://robot/?token=secret")
        return answer


def word(batch: Sequence[Notice]) -> Message:
    return Message(batch[0].kind, str(len(batch)), "")


def notifier_of(robot: Robot, lines: Lines, pace: Pace = AT_ONCE) -> ChannelNotifier:
    return ChannelNotifier(
        [robot], kinds=list(Kind), word=word, telemetry=lines, now=lambda: 0.0, pace=pace
    )


# The outbox, on virtual time


def test_a_burst_is_one_message() -> None:
    outbox = Outbox(Pace(gather=5.0))
    for at, notice in enumerate(notices(4)):
        assert outbox.put(notice, float(at))

    assert outbox.due_at() == 5.0
    assert outbox.take(5.0) == notices(4)
    assert outbox.due_at() is None


def test_a_channel_gets_at_most_three_messages_a_minute() -> None:
    """Whatever there is to tell: the robots' own limits of 20 are shared with others."""
    outbox, now, sent = Outbox(Pace()), 0.0, []
    for notice in notices(600):
        now += 0.1
        outbox.put(notice, now)
        due = outbox.due_at()
        if due is not None and due <= now:
            sent.append((now, outbox.take(now)))

    assert len(sent) == 3
    assert all(later - sooner >= 20.0 for (sooner, _), (later, _) in itertools.pairwise(sent))


def test_what_failed_goes_with_what_came_since() -> None:
    outbox = Outbox(Pace())
    outbox.put(NOTICE, 0.0)
    batch = outbox.take(5.0)
    later = replace(NOTICE, kind=Kind.RECOVERED)
    outbox.put(later, 6.0)

    assert outbox.failed(batch, 7.0) == 0
    assert outbox.due_at() == 27.0
    assert outbox.take(27.0) == [NOTICE, later]


def test_a_message_is_tried_three_times() -> None:
    outbox, now, tries = Outbox(Pace()), 5.0, 0
    outbox.put(NOTICE, 0.0)
    while outbox.due_at() is not None:
        tries += 1
        outbox.failed(outbox.take(now), now)
        now += 100.0

    assert tries == 3
    assert outbox.dropped == 1


def test_a_twin_tells_nothing_new() -> None:
    outbox = Outbox(Pace())
    outbox.put(NOTICE, 0.0)
    outbox.put(NOTICE, 1.0)
    outbox.put(replace(NOTICE, kind=Kind.PARKED), 1.0)

    assert [one.kind for one in outbox.take(9.0)] == [Kind.STARTED, Kind.PARKED]


def test_a_full_list_drops_and_counts() -> None:
    outbox = Outbox(Pace(held_max=2))

    assert [outbox.put(one, 0.0) for one in notices(3)] == [True, True, False]
    assert outbox.dropped == 1


# With its thread


def test_a_channel_that_hangs_holds_up_nobody() -> None:
    """Thousands are told while the first message hangs; what finds no room is counted in the log."""
    robot, lines = Robot(), Lines()
    notifier = notifier_of(robot, lines, Pace(gather=0.0, apart=0.0, held_max=10))
    notifier.tell(NOTICE)
    assert robot.reached.wait(PATIENCE)

    for one in notices(5_000):
        notifier.tell(one)
    notifier.close(0.0)

    dropped = [fields for name, fields in lines.told if name == "notify_dropped"]
    assert dropped[0]["channel"] == "1 (robot)"
    assert len(dropped) == 50
    assert lines.told[-1][0] == "notify_unsent"
    robot.gate.set()
    notifier.close(PATIENCE)
    assert [message.title for message in robot.heard] == ["1", "10"]


def test_one_channel_does_not_hold_up_another() -> None:
    hanging, other, lines = Robot(), Robot(label="2 (robot)"), Lines()
    other.gate.set()
    notifier = ChannelNotifier(
        [hanging, other],
        kinds=list(Kind),
        word=word,
        telemetry=lines,
        now=lambda: 0.0,
        pace=AT_ONCE,
    )
    notifier.tell(NOTICE)

    assert other.reached.wait(PATIENCE)
    hanging.gate.set()
    notifier.close(PATIENCE)
    assert (len(hanging.heard), len(other.heard)) == (1, 1)


@pytest.mark.parametrize("answer", ["errcode 310000", "raise"])
def test_a_failure_is_told_without_its_text(answer: str) -> None:
    """The reason is a word of ours or the name of a class; the second try succeeds."""
    robot, lines = Robot([answer]), Lines()
    robot.gate.set()
    notifier = notifier_of(robot, lines)
    notifier.tell(NOTICE)
    assert lines.changed.wait(PATIENCE)
    notifier.close(PATIENCE)

    failed = [fields for name, fields in lines.told if name == "notify_failed"]
    assert [one["reason"] for one in failed] == [answer.replace("raise", "RuntimeError")]
    assert "secret" not in str(lines.told)
    assert len(robot.heard) == 2 - failed[0]["dropped"]  # type: ignore[operator]


def test_what_waits_is_sent_at_the_end() -> None:
    robot, lines = Robot(), Lines()
    robot.gate.set()
    notifier = notifier_of(robot, lines, Pace(gather=3_600.0))
    notifier.tell(NOTICE)
    notifier.close(PATIENCE)

    assert len(robot.heard) == 1
    assert lines.told == []


def test_kinds_that_are_not_wanted_are_not_told() -> None:
    robot = Robot()
    notifier = ChannelNotifier(
        [robot], kinds=[Kind.PARKED], word=word, telemetry=Lines(), now=lambda: 0.0, pace=AT_ONCE
    )
    notifier.tell(NOTICE)
    notifier.close(PATIENCE)

    assert not robot.reached.is_set()
