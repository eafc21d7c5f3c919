"""Messages for a phone: what was saved, what happens, what to do; and many as one."""

import re
from dataclasses import replace

import pytest

from worker.adapters.channels import MESSAGE_BYTES_MAX, clipped
from worker.adapters.error_map import why_of
from worker.core.notices import Kind, Notice
from worker.core.outcomes import Park
from worker.core.progress import Remark
from worker.ops.notice_view import message_of, sample
from worker.ops.runbook.files import PAGES as RUNBOOKS
from worker.ops.runbook.files import anchor, files
from worker.ops.wording import Language, Wording

ENGLISH, CHINESE = Wording(Language.ENGLISH), Wording(Language.CHINESE)
SOURCE = "i-bp1source0000000001"
NOTICE = Notice(
    Kind.STARTED,
    "cn-hangzhou",
    source=SOURCE,
    name="前端-01",
    recreation="r" * 32,
    image="m-1",
    disks=2,
    replacement="i-bp1replacement00001",
    server=("ecs.g7.large", "cn-hangzhou-h", "spot"),
    address="192.168.1.9",
    seconds=130.4,
    seconds_left=280.0,
)
PARKED = replace(
    NOTICE,
    kind=Kind.PARKED,
    park=Park.NO_STOCK.value,
    why="none of 3 candidates could be had",
    code="OperationDenied.NoStock",
    advice=Park.NO_STOCK.advice,
)


def test_a_start_says_that_there_is_nothing_to_do() -> None:
    message = message_of([NOTICE], ENGLISH)

    assert message.title == "Being reclaimed: 前端-01"
    assert message.body.splitlines() == [
        f"{SOURCE} in cn-hangzhou",
        "The cloud reclaims it; release in about 280 s.",
        "Saved: image m-1 (being made), 2 disks outlive it",
        "Next: the replacement starts from the image. Nothing to do for you.",
        "Step by step: docs/runbook.md#what-a-notification-says",
    ]


def test_an_end_names_the_replacement_what_was_not_kept_and_what_to_check() -> None:
    lost = (Remark("public address 203.0.113.7", "a static public address dies with its instance"),)
    message = message_of([replace(NOTICE, kind=Kind.DEGRADED, not_kept=lost)], ENGLISH)

    assert message.title == "Recovered, not all kept: 前端-01"
    assert "i-bp1replacement00001 runs in its place, 130 s after the notice." in message.body
    assert "Now: ecs.g7.large, cn-hangzhou-h, spot" in message.body
    assert "Not kept: public address 203.0.113.7: a static public address" in message.body
    assert "check that your service answers on 192.168.1.9" in message.body
    assert f"aliyun-ops receipt {'r' * 32}" in message.body


def test_what_is_parked_has_the_command_to_run() -> None:
    body = message_of([PARKED], ENGLISH).body

    assert "none of 3 candidates could be had (OperationDenied.NoStock)" in body
    assert f"To do: {Park.NO_STOCK.advice}" in body
    assert f"aliyun-ops dlq show {SOURCE}" in body
    assert f"aliyun-ops dlq replay {SOURCE}" in body


def test_what_cannot_be_read_has_one_too() -> None:
    unreadable = Notice(Kind.PARKED, "cn-hangzhou", why="no JSON", advice=Park.UNREADABLE.advice)
    message = message_of([unreadable], ENGLISH)

    assert message.title == "Needs you: a message"
    assert "Look: aliyun-ops dlq list" in message.body.splitlines()


@pytest.mark.parametrize("park", list(Park))
def test_chinese_messages_are_chinese(park: Park) -> None:
    """The advice of every parked reason included."""
    message = message_of([replace(PARKED, advice=park.advice)], CHINESE)

    assert message.title == "需要人工处理：前端-01"
    assert park.advice not in message.body
    assert "OperationDenied.NoStock" in message.body


PAGES = files()


def named_section(body: str, wording: Wording) -> str:
    """Return the section that a message names, once it is known to be on its page."""
    (found,) = re.finditer(r"docs/([^#\s]+)#(\S+)", body)
    name, section = found[1], found[2]
    page = PAGES[name]
    assert name == RUNBOOKS[wording.language]
    assert section in {anchor(one) for one in re.findall(r"^#+ (.+)$", page, re.MULTILINE)}
    return section


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
@pytest.mark.parametrize("park", list(Park))
def test_what_is_parked_names_its_section_of_the_runbook(park: Park, wording: Wording) -> None:
    """Who is woken need not search."""
    body = message_of([replace(PARKED, park=park.value)], wording).body

    assert named_section(body, wording) == park.value


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_every_kind_names_a_section_that_exists(kind: Kind, wording: Wording) -> None:
    """Alone, among others, and for a reason that only another version of the worker knows."""
    one = replace(sample(kind, wording), park="")

    alone = message_of([one], wording).body
    merged = message_of([one, one], wording).body

    assert named_section(alone, wording) == named_section(merged, wording)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_every_kind_fits_every_channel(kind: Kind, wording: Wording) -> None:
    """An example of each, whole: nothing of it is cut off."""
    message = message_of([sample(kind, wording)], wording)

    assert message.kind is kind
    assert len(f"{message.title}\r\n{message.body}".encode()) <= MESSAGE_BYTES_MAX // 2
    assert clipped(message.title, message.body) == (message.title, message.body)


def test_many_become_counts_first_names_and_commands() -> None:
    """A zone is reclaimed: one message, the most urgent first."""
    many = [replace(NOTICE, name=f"web-{n:02}") for n in range(40)]
    stopped = [replace(PARKED, name=f"db-{n}") for n in range(2)]
    message = message_of([*many, *stopped], ENGLISH)

    assert message.kind is Kind.PARKED
    assert message.title == "42 notices: 2 need you, 40 being reclaimed"
    assert message.body.splitlines() == [
        "2 need you: db-0, db-1",
        "40 being reclaimed: web-00, web-01, web-02, web-03, web-04 and 35 more",
        "Look: aliyun-ops dlq list",
        "Step by step: docs/runbook.md#parked-messages",
    ]


def test_names_cannot_steer_a_terminal() -> None:
    message = message_of([replace(NOTICE, name="\x1b[31mred\n")], ENGLISH)

    assert "\x1b" not in message.title
    assert "\n" not in message.title


@pytest.mark.parametrize(
    ("wording", "title"), [(ENGLISH, "Two copies run: "), (CHINESE, "两台同时在运行：")]
)
def test_a_source_that_runs_beside_its_replacement_is_told_as_such(
    wording: Wording, title: str
) -> None:
    """It is no second replacement: either of the two may be the one that goes."""
    two = replace(NOTICE, kind=Kind.QUARANTINED, extra=(SOURCE,), is_beside=True)

    message = message_of([two], wording)

    assert message.title == f"{title}前端-01"
    assert NOTICE.replacement in message.body
    assert "quarantined" in message.body


def test_code_is_explained_to_who_reads_chinese() -> None:
    body = message_of([PARKED], Wording(Language.CHINESE, why_of)).body

    assert "（OperationDenied.NoStock：此处暂时无法获得）" in body
