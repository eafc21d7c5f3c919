"""Notices become few messages, on threads of their own, and never hold up whoever tells them."""

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
from typing_extensions import override

from worker.adapters.notifier import LAST_TRIES_MAX, ChannelNotifier, Outbox, Pace
from worker.core.notices import Kind, Message, Notice

NOTICE = Notice(Kind.STARTED, "cn-hangzhou", source="i-1", recreation="r-1")
AT_ONCE = Pace(gather=0.0, apart=0.0, again=(0.0,))
AT_THE_END = Pace(gather=3_600.0, last_again=0.0)
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


def taken(outbox: Outbox, now: float) -> list[Notice]:
    return [one.notice for one in outbox.take(now)]


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
    assert taken(outbox, 5.0) == notices(4)
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

    assert outbox.failed(batch, 7.0) == []
    assert outbox.due_at() == 27.0
    assert taken(outbox, 27.0) == [NOTICE, later]


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

    assert [one.kind for one in taken(outbox, 9.0)] == [Kind.STARTED, Kind.PARKED]


def test_a_full_list_drops_and_counts() -> None:
    outbox = Outbox(Pace(held_max=2))

    assert [outbox.put(one, 0.0) for one in notices(3)] == [True, True, False]
    assert outbox.dropped == 1


def refused_until_dropped(outbox: Outbox, now: float) -> list[float]:
    """Refuse every message until nothing waits; returns when each was sent."""
    sent = []
    while (due := outbox.due_at()) is not None:
        now = max(now, due)
        sent.append(now)
        outbox.failed(outbox.take(now), now)
    return sent


@pytest.mark.parametrize("kind", [Kind.PARKED, Kind.QUARANTINED])
def test_what_waits_for_a_person_is_tried_for_a_day(kind: Kind) -> None:
    """With waits that grow to half an hour, and no longer: then it is over."""
    outbox = Outbox(Pace())
    outbox.put(replace(NOTICE, kind=kind), 0.0)

    sent = refused_until_dropped(outbox, 0.0)

    waits = [later - sooner for sooner, later in itertools.pairwise(sent)]
    assert waits[:8] == [20.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1_800.0, 1_800.0]
    assert max(waits) == 1_800.0
    assert 86_400.0 <= sent[-1] < 86_400.0 + 1_800.0
    assert (outbox.dropped, outbox.due_at()) == (1, None)


def test_the_rest_of_a_refused_message_is_dropped_as_ever() -> None:
    """After three tries; what waits for a person goes on alone."""
    outbox, now = Outbox(Pace()), 5.0
    parked = replace(NOTICE, kind=Kind.PARKED)
    for notice in (NOTICE, parked, replace(NOTICE, kind=Kind.RECOVERED)):
        outbox.put(notice, 0.0)
    lost = []
    for _ in range(3):
        lost += outbox.failed(outbox.take(now), now)
        now += 100.0

    assert [one.notice.kind for one in lost] == [Kind.STARTED, Kind.RECOVERED]
    assert taken(outbox, now) == [parked]


def test_what_is_new_does_not_wait_behind_what_was_refused() -> None:
    """It is a try a minute at most, and the old goes along; once taken, all is as before."""
    outbox, now = Outbox(Pace()), 0.0
    outbox.put(replace(NOTICE, kind=Kind.PARKED), now)
    for _ in range(9):
        now = outbox.due_at() or now
        outbox.failed(outbox.take(now), now)
    assert outbox.due_at() == now + 1_800.0

    outbox.put(replace(NOTICE, kind=Kind.PARKED, recreation="r-2"), now + 1.0)

    assert outbox.due_at() == now + 60.0
    assert len(outbox.take(now + 60.0)) == 2
    outbox.succeeded()
    outbox.put(NOTICE, now + 70.0)
    outbox.failed(outbox.take(now + 80.0), now + 80.0)
    assert outbox.due_at() == now + 100.0


def test_what_waits_for_a_person_needs_no_room() -> None:
    """The oldest of the others gives way; of its own kind, nothing does."""
    outbox = Outbox(Pace(held_max=2))
    first, second, third = (replace(one, kind=Kind.PARKED) for one in notices(3))
    outbox.put(first, 0.0)
    outbox.put(replace(NOTICE, kind=Kind.RECOVERED, recreation="r-9"), 0.0)

    assert not outbox.put(second, 1.0)
    assert not outbox.put(third, 1.0)
    assert outbox.dropped == 2
    assert taken(outbox, 9.0) == [first, second]


def test_a_refused_message_that_finds_no_room_keeps_what_waits_for_a_person() -> None:
    """Memory is bounded, and what is dropped is of the other kinds."""
    outbox = Outbox(Pace(held_max=2))
    parked = replace(NOTICE, kind=Kind.PARKED)
    outbox.put(NOTICE, 0.0)
    outbox.put(parked, 0.0)
    batch = outbox.take(5.0)
    later = replace(NOTICE, kind=Kind.RECOVERED)
    outbox.put(later, 6.0)

    assert [one.notice for one in outbox.failed(batch, 7.0)] == [NOTICE]
    assert taken(outbox, 99.0) == [parked, later]


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


def test_who_waits_for_a_person_that_was_never_told_stands_in_the_log() -> None:
    """By source, at the end of the process; the recreation's own news is only counted."""
    robot, lines = Robot(["no"] * LAST_TRIES_MAX), Lines()
    robot.gate.set()
    notifier = notifier_of(robot, lines, AT_THE_END)
    notifier.tell(NOTICE)
    notifier.tell(replace(NOTICE, kind=Kind.PARKED, source="i-2"))
    notifier.close(PATIENCE)

    assert len(robot.heard) == LAST_TRIES_MAX
    (lost,) = [fields for name, fields in lines.told if name == "notify_lost"]
    assert (lost["notices"], lost["sources"]) == (1, ["i-2"])


def test_what_waits_for_a_person_is_tried_again_at_the_end_while_there_is_time() -> None:
    """An invocation of a function keeps nothing for the next; the recreation's own news is let go."""
    robot, lines = Robot(["no", "no"]), Lines()
    robot.gate.set()
    notifier = notifier_of(robot, lines, AT_THE_END)
    notifier.tell(NOTICE)
    notifier.tell(replace(NOTICE, kind=Kind.PARKED, source="i-2"))
    notifier.close(PATIENCE)

    assert [message.title for message in robot.heard] == ["2", "1", "1"]
    assert [name for name, _ in lines.told] == ["notify_failed", "notify_failed"]


@dataclass
class Slow(Robot):
    """Takes its time to refuse."""

    at: float = 0.0

    @override
    def send(self, message: Message) -> str:
        self.heard.append(message)
        self.at += 1.0
        return "no"


@pytest.mark.parametrize(("within", "tries"), [(0.0, 1), (2.0, 1), (2.5, 2), (PATIENCE, LAST_TRIES_MAX)])  # fmt: skip
def test_no_try_begins_that_would_not_be_over_in_time(within: float, tries: int) -> None:
    """What is still on its way when an invocation ends is frozen with it."""
    robot, lines = Slow(), Lines()
    pace = replace(AT_THE_END, last_again=0.25)
    notifier = ChannelNotifier(
        [robot], kinds=list(Kind), word=word, telemetry=lines, now=lambda: robot.at, pace=pace
    )
    notifier.tell(replace(NOTICE, kind=Kind.PARKED))
    notifier.close(within)
    (post,) = notifier._posts
    post.join(PATIENCE)

    assert len(robot.heard) == tries
    assert [name for name, _ in lines.told if name == "notify_lost"] == ["notify_lost"]


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
