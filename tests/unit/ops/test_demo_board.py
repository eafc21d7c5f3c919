"""The board tells from the worker's log what is saved, what happens, and what a person must do."""

import json
from functools import reduce
from typing import Any

import pytest

from worker.ops.demo_board import MARKS, Board, Fact, apply, read_line
from worker.ops.demo_screen import clock_line, fact_line, now, panel, said, saved, you
from worker.ops.printing import plain_text
from worker.ops.texts import TEXTS
from worker.ops.wording import Language, Wording

T0 = 1_795_392_000.0
ENGLISH = Wording()
CHINESE = Wording(Language.CHINESE)


def line(event: str, **fields: Any) -> dict[str, Any]:
    return {"event": event, "timestamp": "2026-11-23T00:00:05.000Z", **fields}


def mark(what: str, after: float, resource: str = "") -> dict[str, Any]:
    return line("mark", what=what, seconds_after_t0=after, resource=resource, recreation="3f2a")


def after(*lines: dict[str, Any]) -> Board:
    return reduce(apply, lines, Board(T0))


BEGUN = (
    line("interruption_received"),
    mark("disks retained", 3.0, "d-1 d-2"),
    mark("image accepted", 3.4, "m-1"),
)


def test_nothing_is_saved_at_first() -> None:
    """Before the first step the board promises nothing."""
    board = Board(T0)

    assert saved(board, ENGLISH) == "nothing yet"
    assert you(board, ENGLISH) == "do nothing"


def test_board_promises_no_more_than_the_image_holds() -> None:
    """An image in the making is not called ready, and later writes are spoken of."""
    board = after(*BEGUN)

    assert saved(board, ENGLISH) == "the disks; an image begun at T0 + 3.4 s is being made"
    assert "stays on the kept disks only" in you(board, ENGLISH)


def test_ready_image_is_called_saved() -> None:
    """Once the image is usable the data is safe."""
    assert "in image m-1" in saved(after(*BEGUN, mark("image usable", 110.0, "m-1")), ENGLISH)


def test_no_disk_is_promised_before_it_is_kept() -> None:
    """The image may be begun while the disks are still being kept."""
    board = after(mark("image accepted", 3.4, "m-1"))

    assert "disks" not in saved(board, ENGLISH)
    assert "disks" not in saved(reduce(apply, [USABLE], board), ENGLISH)


USABLE = mark("image usable", 110.0, "m-1")


def test_board_promises_what_the_receipt_does() -> None:
    """The cloud's account of the image's beginning counts where it is the earlier one."""
    early = after(*BEGUN, {**USABLE, "data_seconds_after_t0": 3.0})
    late = after(*BEGUN, {**USABLE, "data_seconds_after_t0": 4.0})

    assert "all data up to T0 + 3.0 s" in saved(early, ENGLISH)
    assert "all data up to T0 + 3.4 s" in saved(late, ENGLISH)


@pytest.mark.parametrize(
    "told",
    [
        (mark("image failed", 297.0, "m-1"),),
        (mark("image failed", 297.0, "m-1"), mark("image usable", 400.0, "m-old")),
        (mark("system snapshot accepted", 3.2, "s-1"), USABLE),
        (line("parked", reason="too slow", next="Wait for the image."),),
    ],
    ids=["lost", "another image", "the system disk alone", "parked"],
)
def test_image_that_is_lost_saves_nothing(told: tuple[dict[str, Any], ...]) -> None:
    """Then the disks are what is left, and they are named, since somebody may have to attach them."""
    board = after(*BEGUN, *told)

    assert saved(board, ENGLISH) == "the disks outlive the server: d-1, d-2"
    assert saved(board, CHINESE) == "磁盘会在释放后保留：d-1、d-2"


def test_image_stays_saved_when_nothing_can_be_launched() -> None:
    """Parked for want of stock: all data is in the image that is ready."""
    board = after(*BEGUN, USABLE, line("parked", reason="no stock", next="Replay."))

    assert "in image m-1" in saved(board, ENGLISH)


def test_parked_recreation_says_what_a_person_must_do() -> None:
    """The advice on a parked message is what the watcher must do, in their language."""
    advice = "No candidate could be had: allow more types or zones, then replay."
    board = after(*BEGUN, line("parked", reason="none of 3 candidates could be had", next=advice))

    assert board.is_over
    assert you(board, ENGLISH) == advice
    assert you(board, CHINESE).startswith("没有候选可用")
    assert now(board, ENGLISH) == "parked, a person must act"


def test_finished_recreation_points_to_the_replacement() -> None:
    """At the end the person knows where to look."""
    board = after(*BEGUN, line("recreation_finished", outcome="recovered", replacement="i-new"))

    assert (board.outcome, board.replacement) == ("recovered", "i-new")
    assert "i-new" in you(board, ENGLISH)


def test_twin_that_finds_it_done_is_not_the_end() -> None:
    """A moot copy has no replacement to show; the recreation that has one ends the watching."""
    board = after(*BEGUN, line("recreation_finished", outcome="already_done", reason="as i-new"))

    assert not board.is_over


def test_percentages_are_told_in_steps() -> None:
    """A hundred polls do not make a hundred lines."""
    polls = [line("step_waiting", reason=f"the image is at {n} %") for n in range(0, 100, 3)]

    board = after(*polls)

    told = [fact for fact in board.facts if fact.key == "waiting"]
    assert len(told) == 5
    assert board.waiting == "the image is at 99 %"


def test_same_reason_is_told_once() -> None:
    """Waiting is told when it begins."""
    waits = [line("step_waiting", reason="the source stops")] * 3

    assert [fact.key for fact in after(*waits).facts] == ["waiting"]


def test_own_successor_is_told_once_and_a_crash_makes_it_news() -> None:
    """Every checkpoint comes back to its sender; that is news only after a crash."""
    resumed = line("recreation_resumed")

    quiet = after(resumed, resumed, resumed)
    crashed = reduce(apply, [resumed, resumed], quiet.told(Fact("killed")))

    assert [fact.key for fact in quiet.facts] == ["written"]
    assert [fact.key for fact in crashed.facts] == ["written", "killed", "resumed"]


def test_copies_of_a_notice_are_told_apart_from_the_first() -> None:
    """The same notice again is no new interruption."""
    again = after(line("interruption_received"), line("interruption_received"), line("duplicate"))

    assert [fact.key for fact in again.facts] == [
        "mark.event received",
        "received_again",
        "duplicate",
    ]


def test_first_time_of_a_mark_stays() -> None:
    """A worker that does a step again does not move its time."""
    board = after(mark("image accepted", 3.4, "m-1"), mark("image accepted", 70.0, "m-1"))

    assert board.reached["image accepted"].after == 3.4


@pytest.mark.parametrize("text", ["", "Traceback (most recent call last):", "[1]", '{"a": 1}'])
def test_other_lines_are_passed_over(text: str) -> None:
    """Not every line on stderr is a fact."""
    assert read_line(text) is None


def test_line_without_a_time_does_not_stop_the_watching() -> None:
    """A damaged line costs its time and nothing else."""
    assert apply(Board(T0), {"event": "duplicate"}).facts == (Fact("duplicate", 0.0),)


def test_refusal_names_candidate_and_code() -> None:
    """Who watches a sold-out zone sees why the next candidate is tried."""
    board = after(line("refused", candidate="ecs.g7.large in z (spot)", code="NoStock"))

    assert said(board.facts[-1], ENGLISH) == (
        "Refused: ecs.g7.large in z (spot), NoStock. The next candidate is tried."
    )


@pytest.mark.parametrize("name", MARKS)
def test_every_mark_has_words(name: str) -> None:
    """The board and its lines can name each mark."""
    assert f"mark.{name}" in TEXTS
    assert f"said.mark.{name}" in TEXTS


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("columns", [80, 120])
def test_panel_fits_and_steers_no_terminal(wording: Wording, columns: int) -> None:
    """The panel is as wide as the terminal whatever a name holds."""
    evil = "m-\x1b[2J" + "长" * 80
    board = after(*BEGUN, mark("image usable", 110.0, evil), line("step_waiting", reason=evil))

    text = plain_text(panel(board, 111.0, "title", wording), columns)

    assert "\x1b" not in text
    assert {len(one) for one in text.splitlines() if one.startswith("╭")} == {columns}


def test_clock_is_full_at_the_release() -> None:
    """The bar measures against the announced release and does not run over."""
    assert "─" not in clock_line(300.0, ENGLISH).plain
    assert clock_line(900.0, ENGLISH).plain.count("━") == clock_line(300.0, ENGLISH).plain.count(
        "━"
    )


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("columns", [40, 80, 100])
def test_clock_stays_on_its_line(wording: Wording, columns: int) -> None:
    """The bar gives way to the words around it."""
    shown = plain_text(panel(Board(T0), 300.4, "title", wording), columns).splitlines()

    assert wording("panel.release", notice="300") in shown[1]
    assert "━" in shown[1] or columns == 40


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_why_it_was_parked_is_told_to_the_end(columns: int) -> None:
    """The reason is what a person needs most, so that it is broken and never cut."""
    why = (
        "image m-bp1d7e5b1e7f9ca5499d is not usable; retained: d-bp1e9a164106cf6a659e, and no more"
    )
    board = after(*BEGUN, line("parked", reason=why, next="Wait for the image."))

    shown = plain_text(panel(board, 111.0, "title", ENGLISH), columns)

    words = " ".join(shown.replace("│", " ").split())
    assert f"dead-letter queue: {why}" in words


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE], ids=["en", "zh"])
def test_narrow_board_names_every_step(wording: Wording) -> None:
    """What a step has made gives way to whether it is done."""
    shown = plain_text(panel(after(*BEGUN), 5.0, "title", wording), 40)

    assert f"✓  {wording('mark.image accepted')}" in shown
    assert f"·  {wording('mark.replacement accepted')}" in shown


def test_last_facts_stand_in_the_order_of_time() -> None:
    """What is heard later may have happened earlier."""
    board = after(*BEGUN).told(Fact("parked", 302.4, reason="why")).told(Fact("released", 300.9))

    shown = plain_text(panel(board, 302.4, "title", ENGLISH), 100)

    assert shown.index("+300.9") < shown.index("+302.4")


def test_panel_stays_low_however_long_the_facts_are() -> None:
    """The newest fact is whole, and older ones give way: a panel higher than the screen is cut."""
    long = "word " * 60
    board = (
        after(*BEGUN).told(Fact("waiting", 4.0, reason=long)).told(Fact("failed", 5.0, reason="x"))
    )

    shown = plain_text(panel(board, 5.0, "title", ENGLISH), 80)

    assert "+5.0" in shown
    assert "+4.0" not in shown


def test_fact_line_begins_with_its_second() -> None:
    """Plain lines are aligned by their time after T0."""
    assert (
        fact_line(Fact("finished", 155.25), ENGLISH).plain == "   +155.2  Cleaned up and finished."
    )


def test_log_lines_are_read_as_the_worker_writes_them() -> None:
    """The worker's log is JSON, one object a line."""
    assert read_line(json.dumps({"event": "mark", "what": "订单"})) == {
        "event": "mark",
        "what": "订单",
    }
