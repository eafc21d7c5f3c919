"""A receipt as people read it: complete, honest, in both languages, and safe for any terminal."""

from dataclasses import replace

import pytest
from rich.cells import cell_len

from tests.unit.ops.conftest import DATA_DISK, IMAGE, REPLACEMENT, SOURCE, SYSTEM_DISK
from worker.core import boots
from worker.core.receipt import DiskRecord, HandedOver, HealthRecord, Moment, NotKept, Receipt
from worker.ops.printing import plain_text
from worker.ops.receipt_view import BAR_CELLS, receipt_view, scale
from worker.ops.receipt_words import advice
from worker.ops.wording import Language, Wording

ENGLISH = Wording()
CHINESE = Wording(Language.CHINESE)
BOTH = pytest.mark.parametrize("wording", [ENGLISH, CHINESE], ids=["en", "zh"])


def shown(receipt: Receipt, wording: Wording = ENGLISH, columns: int = 110) -> str:
    return plain_text(receipt_view(receipt, wording), columns)


def line_with(text: str, receipt: Receipt) -> str:
    return next(line for line in shown(receipt).splitlines() if text in line)


@BOTH
def test_receipt_names_everything_that_counts(receipt: Receipt, wording: Wording) -> None:
    """Both servers, the image, every disk and the lost address are named in either language."""
    text = shown(receipt, wording)

    for one in (SOURCE, REPLACEMENT, IMAGE, SYSTEM_DISK, DATA_DISK, "203.0.113.7", "前端-支付-01"):
        assert one in text


def test_headline_measures_against_the_release(receipt: Receipt) -> None:
    """The reader sees at once whether it was in time."""
    assert "Running 152 s after the notice, 148 s before the announced release." in shown(receipt)


def test_late_replacement_is_called_late(receipt: Receipt) -> None:
    """A replacement after the release is not sold as one in time."""
    running = replace(receipt.timeline[-1], seconds_after_t0=320.0)
    late = replace(receipt, timeline=(*receipt.timeline[:-1], running))

    assert "20 s after the announced release" in shown(late)


@pytest.mark.parametrize(
    ("field", "mark"),
    [
        ("instance ", "new"),
        ("name ", "="),
        ("type ", "changed"),
        ("vCPU, memory", "="),
        ("private address ", "changed"),
        ("public address ", "lost"),
        ("security groups", "="),
        ("tags ", "="),
    ],
)
def test_each_property_has_its_mark(receipt: Receipt, field: str, mark: str) -> None:
    """Source and replacement are compared property by property; order and our own tags do not count."""
    section = shown(receipt).split("Source and replacement")[1]

    line = next(line for line in section.splitlines() if line.startswith(f"  {field}"))

    assert line.rstrip().endswith(f" {mark}")


def test_lost_tag_is_a_change(receipt: Receipt) -> None:
    """A tag that found no room is not passed over."""
    fewer = replace(receipt.replacement, tags={"env": "prod"})

    section = shown(replace(receipt, replacement=fewer)).split("Source and replacement")[1]

    assert next(line for line in section.splitlines() if "tags " in line).endswith("changed")


def test_refused_candidates_explain_another_type(receipt: Receipt) -> None:
    """Who asks why the type is another one finds the refusal."""
    text = " ".join(shown(receipt).split())

    assert "no stock of the source's type" in text
    assert "refused: ecs.g7.large in cn-hangzhou-i (spot)" in text


def test_data_written_after_the_image_is_told_of(receipt: Receipt) -> None:
    """The reader learns until when the data is complete and where later data is."""
    told = [line for line in advice(receipt, ENGLISH) if "What was written after" in line]

    assert len(told) == 1
    assert "T0 + 3.4 s (10:00:03 UTC)" in told[0]
    assert SYSTEM_DISK in told[0]


def test_disk_that_went_with_the_source_is_told_of(receipt: Receipt) -> None:
    """Where a disk could not be kept, later data is said to be lost."""
    disks = (replace(receipt.disks[0], retained=False), receipt.disks[1])

    told = advice(replace(receipt, disks=disks), ENGLISH)

    assert any("went with the source" in line and SYSTEM_DISK in line for line in told)


def test_local_disk_is_in_no_image(receipt: Receipt) -> None:
    """A local disk is not passed off as saved."""
    local = DiskRecord("d-local", "data", "/dev/xvdc", "local_ssd", 80)

    assert "in no image" in line_with("d-local", replace(receipt, disks=(*receipt.disks, local)))


def test_second_replacement_is_told_of(receipt: Receipt) -> None:
    """A quarantined instance costs money, so a person must hear of it."""
    told = advice(replace(receipt, quarantined=("i-bp1second000000000",)), ENGLISH)

    assert any("Delete i-bp1second000000000 by hand" in line for line in told)


def test_a_source_that_runs_beside_its_replacement_is_told_first(receipt: Receipt) -> None:
    """Both do the same work until a person stops one."""
    told = advice(replace(receipt, beside=receipt.source.instance), ENGLISH)

    assert told[0].startswith(f"Two copies run: stop {receipt.source.instance} or ")


def test_disk_without_a_date_is_told_of(receipt: Receipt) -> None:
    """What had outlived its instance before is nobody's to delete but the owner's."""
    kept = (*receipt.not_kept, NotKept(f"disk {DATA_DISK}", boots.UNDATED_DISK))

    told = advice(replace(receipt, not_kept=kept), ENGLISH)

    assert [line for line in told if line.startswith(f"No date was put on {DATA_DISK},")]
    assert not [line for line in advice(receipt, ENGLISH) if line.startswith("No date")]


def test_rescue_leaves_no_image_of_ours(receipt: Receipt) -> None:
    """It boots the line's base image, and has the disks themselves."""
    told = advice(replace(receipt, boot="rescue", degraded="it boots the base image"), ENGLISH)

    assert not [line for line in told if "cost money" in line]
    assert [line for line in advice(receipt, ENGLISH) if "cost money" in line]


def test_false_alarm_asks_for_nothing(receipt: Receipt) -> None:
    """Nothing to do is said in so many words."""
    alarm = replace(
        receipt,
        outcome="false_alarm",
        reason="the cloud never locked the instance",
        replacement=replace(receipt.replacement, instance="", private_ip=""),
        disks=(),
    )

    text = shown(alarm)

    assert "False alarm" in text
    assert "1. Nothing." in text


def test_unknown_outcome_is_shown_as_it_is(receipt: Receipt) -> None:
    """A newer writer's word does not stop an older reader."""
    assert "rescued" in shown(replace(receipt, outcome="rescued"))


@BOTH
@pytest.mark.parametrize("columns", [80, 110])
def test_lines_fit_although_chinese_is_wide(
    receipt: Receipt, wording: Wording, columns: int
) -> None:
    """A Chinese character takes two cells; no line is wider than the terminal."""
    assert max(map(cell_len, shown(receipt, wording, columns).splitlines())) <= columns


@BOTH
@pytest.mark.parametrize("columns", [60, 72, 80, 110])
def test_nothing_is_cut_whatever_the_width(
    receipt: Receipt, wording: Wording, columns: int
) -> None:
    """An id that is cut off or broken is no id, and a head that is cut off says nothing."""
    timeline, compared, disks = (
        shown(receipt, wording, columns)
        .split(wording("receipt.timeline"))[1]
        .split(wording("receipt.not_kept"))[0]
        .split("\n\n")[:3]
    )

    assert all("…" not in part for part in (timeline, compared, disks))
    for one in (SYSTEM_DISK, IMAGE, REPLACEMENT):
        assert one in timeline
    assert SOURCE in compared
    assert REPLACEMENT in compared
    for one in (SYSTEM_DISK, DATA_DISK, wording("data.point"), wording("data.itself")):
        assert one in disks
    assert disks.count(wording("after_t0", number="3.4")) >= 2
    assert disks.count(wording("data.retained")) == 2


@BOTH
@pytest.mark.parametrize("columns", [30, 40, 50])
def test_narrow_terminals_get_whole_words(receipt: Receipt, wording: Wording, columns: int) -> None:
    """The bar of the timeline gives way before a word or an id is cut or broken."""
    moved = HandedOver("elastic address 47.97.242.146", "eip-bp114f65d4d9259f43")
    text = shown(replace(receipt, handed_over=(moved,)), wording, columns)
    timeline = text.split(wording("receipt.timeline"))[1].split("\n\n")[0]
    words = text.split()

    assert "…" not in text
    assert "├" not in timeline
    for moment in receipt.timeline:
        told = wording.known("mark", moment.what)
        assert told in " ".join(timeline.split()) or told in timeline
    assert wording("receipt.release") in timeline
    for one in (SOURCE, REPLACEMENT, IMAGE, SYSTEM_DISK, moved.resource, "47.97.242.146"):
        assert any(one in word for word in words)
    assert {SYSTEM_DISK, IMAGE, REPLACEMENT} <= set(timeline.split())
    assert all(cell_len(line) <= columns for line in text.splitlines())


def test_a_long_place_does_not_take_the_bar(receipt: Receipt) -> None:
    """What may break between words is no reason to draw less."""
    long = Moment("load balancer member moved", "", 160.0, "sgp-1 port 8080 of " + "a b " * 20)
    text = shown(replace(receipt, timeline=(*receipt.timeline, long)), ENGLISH, 80)

    assert "├" in text


def test_wide_terminals_get_one_line_for_a_moment_and_for_a_disk(receipt: Receipt) -> None:
    """The layout for narrow ones is not forced on all."""
    assert line_with("image begun", receipt).endswith(IMAGE)
    assert line_with(f"{SYSTEM_DISK}  system", receipt).endswith("T0 + 3.4 s   kept")


def test_columns_line_up_under_chinese_names(receipt: Receipt) -> None:
    """The replacement's column begins at the same cell on every line."""
    section = shown(receipt).split("Source and replacement")[1].split("Data")[0]
    rows = [line for line in section.splitlines() if line.strip()]

    begins = {
        cell_len(row[: row.rindex(value)])
        for row, value in zip(rows, ["replacement", REPLACEMENT, "前端-支付-01"], strict=False)
    }

    assert len(begins) == 1


@BOTH
def test_plain_output_has_no_escape_codes(receipt: Receipt, wording: Wording) -> None:
    """A name from the cloud cannot steer a terminal, and a pipe gets no colours."""
    evil = replace(receipt.source, name="a\x1b]0;owned\x07b\x1b[2J")

    text = shown(replace(receipt, source=evil), wording)

    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\\x1b]0;owned\\x07" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_markup_in_names_is_not_interpreted(receipt: Receipt) -> None:
    """Square brackets and colons are part of a name."""
    named = replace(receipt.source, name="[bold]x[/bold] :smile:")

    assert "[bold]x[/bold] :smile:" in shown(replace(receipt, source=named))


@pytest.mark.parametrize(("after", "cell"), [(0.0, 0), (150.0, 10), (300.0, BAR_CELLS - 1)])
def test_scale_puts_an_instant_where_it_belongs(receipt: Receipt, after: float, cell: int) -> None:
    """The way from T0 to the release is drawn to scale."""
    assert scale(after, receipt).plain.index("●") == cell


def test_scale_grows_beyond_the_release(receipt: Receipt) -> None:
    """What came after the release is drawn behind it."""
    running = replace(receipt.timeline[-1], seconds_after_t0=600.0)
    late = replace(receipt, timeline=(*receipt.timeline[:-1], running))

    line = scale(600.0, late).plain

    assert line.index("┤") < line.index("●") == BAR_CELLS - 1


@pytest.mark.parametrize("notice", [0.0, -5.0, 1e-9])
def test_notice_without_a_length_is_drawn(receipt: Receipt, notice: float) -> None:
    """A file may say anything; a notice of no length is no reason for a traceback."""
    odd = replace(receipt, notice_seconds=notice, timeline=())

    assert len(scale(None, odd)) == BAR_CELLS
    assert REPLACEMENT in shown(odd)


def in_place(receipt: Receipt) -> Receipt:
    """The same source, started again where it was."""
    return replace(
        receipt,
        replacement=replace(receipt.source, public_ip=""),
        image="",
        timeline=(Moment("source started in place", "2026-11-23T10:05:40Z", 340.0, SOURCE),),
        refused=(),
        disks=tuple(replace(disk, data_point="", retained=False) for disk in receipt.disks),
    )


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_source_that_was_started_again_is_the_same_instance(
    receipt: Receipt, wording: Wording
) -> None:
    """It has its id and its disks, and nobody is to think of another."""
    text = shown(in_place(receipt), wording)

    assert wording("outcome.in_place", source=f"{SOURCE} “{receipt.source.name}”") in text
    for misleading in ("data.in_no_image", "data.not_retained", "receipt.compare"):
        assert wording(misleading) not in text
    assert wording("data.on_it") in text
    row = next(
        line for line in text.splitlines() if line.strip().startswith(wording("field.instance"))
    )
    assert row.rstrip().endswith(wording("same"))


def test_start_in_place_is_measured_against_the_release(receipt: Receipt) -> None:
    """It comes after the platform's own stop."""
    assert "Running 340 s after the notice" in shown(in_place(receipt))


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (HealthRecord(passed=True, tries=3), "Its health check passed at try 3."),
        (
            HealthRecord(passed=False, tries=9, why="HTTP 503"),
            "Its health check never passed in 9 tries: HTTP 503.",
        ),
    ],
)
def test_health_check_has_a_line(receipt: Receipt, health: HealthRecord, said: str) -> None:
    """Beside the time at which it ran."""
    assert said in shown(replace(receipt, health=health))
