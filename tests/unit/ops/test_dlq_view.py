"""Dead letters as people and programs read them, in both languages."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len

from worker.adapters.error_map import why_of
from worker.core.dead_letters import DeadLetter, read_dead_letter
from worker.core.messages import Home, write_parked
from worker.core.model import Candidate, Instance, LaunchSpec
from worker.core.outcomes import Park, Parked
from worker.core.progress import (
    Imaged,
    KeptDisk,
    Launched,
    Mark,
    Progress,
    Refusal,
    Remark,
    Retained,
    SourceFacts,
    Specified,
)
from worker.operator_ports import Price
from worker.ops.dlq_data import found_data, letter_data, plan_data, story_data
from worker.ops.dlq_view import ending, found_line, letters_view, plan_line, story_view, sum_line
from worker.ops.printing import plain_text
from worker.ops.reconcile import Found, Sent, Standing
from worker.ops.replay import Fate, Plan
from worker.ops.wording import Language, Wording

KEY = b"0123456789abcdef"
NOW = 1_796_040_000.0
SOURCE = "i-bp1source00000000001"
MESSAGE = "0123456789ABCDEF0123456789ABCDEF"
BODY = json.dumps(
    {"instanceId": SOURCE, "action": "delete", "name": "订单-01\x1b[31m"}, ensure_ascii=False
)
ENGLISH, CHINESE = Wording(), Wording(Language.CHINESE)
CANDIDATES = (
    Candidate("ecs.g7.large", "cn-hangzhou-h", "vsw-1"),
    Candidate("ecs.c7.xlarge", "cn-hangzhou-i", "vsw-2", spot=False),
)
SPECIFIED = Specified(
    SourceFacts("ecs.g7.large", "cn-hangzhou-h"),
    LaunchSpec("n", (), (), (), "ecs.g7.large", "SpotAsPriceGo"),
    CANDIDATES,
)
RETAINED = Retained((KeptDisk("d-bp1", "system", "cloud_essd", 40, "/dev/xvda", True),))
PROGRESS = Progress(
    account="1234567890123456",
    region="cn-hangzhou",
    instance_id=SOURCE,
    t0=NOW - 10_800.0,
    received_at=NOW - 10_799.0,
    lineage=f"{SOURCE}/1",
    seen=True,
    retained=RETAINED,
    imaged=Imaged(f"recreation-{'0' * 32}", NOW - 10_700.0, "m-bp1image"),
    specified=SPECIFIED,
    launched=Launched(index=1, refusals=(Refusal(CANDIDATES[0].label, "NoStock", NOW - 9_000.0),)),
    marks=(Mark("image accepted", NOW - 10_700.0, "m-bp1image"),),
    remarks=(Remark("tag a", "a resource holds 20 tags and ours come first"),),
)


def letter(
    progress: Progress | None = PROGRESS,
    body: str = BODY,
    *,
    verdict: Parked | None = None,
    **forged: str,
) -> DeadLetter:
    verdict = verdict or Parked(
        progress, Park.NO_STOCK, "none of 2 candidates could be had", "NoStock", "Permanent"
    )
    attributes = write_parked(verdict, body, step="launch", at=NOW - 7_200.0, key=KEY)
    return read_dead_letter(
        MESSAGE,
        body,
        {**attributes, **forged},
        queue="dead",
        is_delivery=False,
        enqueued_at=NOW - 7_200.0,
        received=3,
        now=NOW,
        home=Home("1234567890123456", "cn-hangzhou"),
        keys=(KEY,),
    )


def shown(what: Any) -> str:
    return plain_text(what, 100)


def test_a_list_says_why_and_what_to_do() -> None:
    """One block each: ids, age, step, reason, code, advice."""
    text = shown(letters_view([letter()], NOW, ENGLISH))

    for part in (MESSAGE, SOURCE, "2 h ago", "code NoStock", "none of 2 candidates could be had"):
        assert part in text
    assert "what to do: No candidate could be had" in text
    assert "Step by step: docs/runbook.md#no_stock" in text
    assert "Dead letters: 1." in text


def test_a_list_says_whose_it_is_and_what_is_saved() -> None:
    """The name that a person knows, the image and the disks; and an empty list says why it is."""
    named = replace(SPECIFIED, source=SourceFacts("t", "z", "订单-01"))
    kept = replace(PROGRESS, specified=named, retained=replace(RETAINED, sent=True))

    text = shown(letters_view([letter(kept)], NOW, ENGLISH))

    assert f"{SOURCE} (订单-01)" in text
    assert "Saved: image m-bp1image, 1 disk outlives it" in text
    assert "There are no dead letters." in shown(letters_view([], NOW, ENGLISH, is_all=True))
    assert "No dead letters that match." in shown(letters_view([], NOW, ENGLISH))


def test_a_story_shows_the_candidate_in_hand_among_many() -> None:
    """A screen full of candidates hides what matters; --json has them all."""
    many = tuple(Candidate(f"ecs.g{at}.large", "cn-hangzhou-h", "vsw-1") for at in range(40))
    specified = replace(SPECIFIED, candidates=many)
    progress = replace(PROGRESS, specified=specified, launched=Launched(index=39, epoch=2))

    english, chinese = (shown(story_view(letter(progress), one)) for one in (ENGLISH, CHINESE))

    assert "> ecs.g39.large in cn-hangzhou-h (spot)" in english
    assert "ecs.g5.large" not in english
    assert "28 more" in english
    assert "cn-hangzhou-h 的 ecs.g39.large（抢占式）（第 3 轮，40/40）" in chinese


def test_a_body_in_base64_is_shown_as_what_it_says() -> None:
    """Nobody reads base64 at night."""
    text = shown(story_view(letter(body=base64.b64encode(BODY.encode()).decode()), ENGLISH))

    assert '"action": "delete"' in text
    assert "Body, read from base64" in text
    assert "\x1b" not in text


def test_the_list_reads_in_chinese() -> None:
    """Who is woken at night reads it in their language."""
    text = shown(letters_view([letter()], NOW, CHINESE))

    for part in (
        "由工作进程搁置",
        "2 小时前",
        "2 个候选都不可用",
        "处理方法：没有候选可用",
        "共 1 条死信",
    ):
        assert part in text


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_a_story_has_everything(wording: Wording) -> None:
    """Times, image, disks, candidates, refusals, remarks, and the body as it came."""
    text = shown(story_view(letter(), wording))

    for part in (
        "2026-11-30T09:00:00Z",
        "2026-11-30T09:00:01Z",
        "2026-11-30T10:00:00Z",
        "m-bp1image",
        "d-bp1",
        "ecs.c7.xlarge",
        "NoStock",
        f"{SOURCE}/1",
        "订单-01",
        f"aliyun-ops dlq replay {MESSAGE}",
        PROGRESS.recreation_id,
    ):
        assert part in text
    assert "\x1b" not in text
    assert all(cell_len(line) <= 100 for line in text.splitlines())


def test_a_story_says_with_what_a_replay_begins() -> None:
    """Nobody is trying a candidate of a parked message; once there is a replacement, it was taken."""
    launched = replace(PROGRESS.launched, instance_id="i-bp1new")

    parked = shown(story_view(letter(), ENGLISH))
    not_running = shown(story_view(letter(replace(PROGRESS, launched=launched)), ENGLISH))

    assert "a replay begins with: ecs.c7.xlarge in cn-hangzhou-i" in parked
    assert "重放从此开始：" in shown(story_view(letter(), CHINESE))
    assert "candidate: ecs.c7.xlarge" in not_running
    assert "a replay begins" not in not_running


def test_what_is_not_signed_by_us_is_said() -> None:
    """Its attributes are shown and not believed."""
    assert "not signed by us" in shown(letters_view([letter(hops="9")], NOW, ENGLISH))


def test_garbage_is_shown_and_never_interpreted() -> None:
    """A body that steers terminals is written as escapes."""
    text = shown(story_view(letter(None, "\x1b]0;x\x07 garbage"), ENGLISH))

    assert "garbage" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("fate", list(Fate))
@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_every_fate_has_a_line(fate: Fate, wording: Wording) -> None:
    """Done and dry; a reason is told."""
    plan = Plan(letter(), fate, "already recreated as i-bp1new", step="launch")

    for dry_run in (False, True):
        line = plan_line(plan, wording, dry_run=dry_run)
        assert MESSAGE in line
        assert "i-bp1new" in line
    assert ending([plan], wording)


GONE = Parked(
    replace(PROGRESS, specified=None, imaged=None), Park.SOURCE_GONE, "the source went", "", ""
)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_replay_that_can_only_be_parked_again_says_so(dry_run: bool) -> None:  # noqa: FBT001
    """Not that it goes on: the source is gone, and nothing tells what it was."""
    plan = Plan(letter(verdict=GONE), Fate.SENT, step="retain", lacks_source=True)

    assert "parked again, unless --captures has it" in plan_line(plan, ENGLISH, dry_run=dry_run)
    assert "将再次搁置" in plan_line(plan, CHINESE, dry_run=dry_run)
    assert plan_data(plan, dry_run=dry_run)["lacks_source"] is True


def test_the_story_of_a_source_that_is_gone_asks_for_its_capture() -> None:
    """The plain command would only bring it back here."""
    told = [
        " ".join(shown(story_view(letter(verdict=GONE), one)).split()) for one in (ENGLISH, CHINESE)
    ]

    for text in told:
        assert f"aliyun-ops dlq replay {MESSAGE} --captures DIRECTORY" in text
    assert "without it it is parked again" in told[0]
    assert "--captures" not in shown(story_view(letter(), ENGLISH))


def test_a_dry_run_tells_the_price() -> None:
    """Of the first candidate, and the sum of all first candidates."""
    plan = Plan(
        letter(), Fate.SENT, step="launch", first=CANDIDATES[1], others=2, price=Price(210.5, "CNY")
    )

    line = plan_line(plan, ENGLISH, dry_run=True)

    assert "ecs.c7.xlarge in cn-hangzhou-i (pay-as-you-go), about 210.50 CNY a month" in line
    assert "2 more behind it" in line
    assert "421.00 CNY" in sum_line([plan, plan], ENGLISH)
    unknown = plan_line(replace(plan, price=None), ENGLISH, dry_run=True)
    assert "at an unknown price" in unknown


def test_data_for_programs_is_plain_and_complete() -> None:
    """It can be written as JSON, and holds what the view shows."""
    data = json.loads(json.dumps([letter_data(letter()), story_data(letter())]))
    plan = Plan(letter(), Fate.SENT, step="launch", first=CANDIDATES[0])

    assert data[0]["parked"] == "no_stock"
    assert data[0]["reads_as"] == "progress"
    assert data[1]["progress"]["image"] == "m-bp1image"
    assert data[1]["body"] == BODY
    assert plan_data(plan, dry_run=True)["monthly_price"] is None
    assert "monthly_price" not in plan_data(plan, dry_run=False)


@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("sent", list(Sent))
def test_every_finding_of_reconcile_has_a_line(standing: Standing, sent: Sent) -> None:
    """In both languages, with id and name."""
    instance = Instance(SOURCE, "Running", "ecs.g7.large", "cn-hangzhou-h", name="订单-01")
    found = Found(instance, True, standing, sent, "refused")

    for wording in (ENGLISH, CHINESE):
        line = found_line(found, wording)
        assert SOURCE in line
        assert "订单-01" in line
    assert found_data(found)["standing"] == standing.value


EXPLAINING = Wording(Language.CHINESE, why_of)


@pytest.mark.parametrize("step", ["launch", "image"])
def test_codes_are_explained_to_who_reads_chinese(step: str) -> None:
    """In the list, in the story, and beside each refused candidate; the action tells what a code means."""
    code = "OperationDenied"
    refused = replace(PROGRESS.launched, refusals=(Refusal(CANDIDATES[0].label, code, NOW),))
    verdict = Parked(
        replace(PROGRESS, launched=refused), Park.NO_STOCK, "a sentence", code, "Permanent"
    )
    parked = letter(verdict=verdict)
    one = replace(parked, facts={**parked.facts, "step": step})
    known = f"{code}（{'此处暂时无法获得' if step == 'launch' else '该资源不支持此操作'}）"

    assert f"错误码 {known}" in shown(letters_view([one], NOW, EXPLAINING))
    assert known in shown(story_view(one, EXPLAINING))
    assert f"{code}（此处暂时无法获得）" in shown(story_view(one, EXPLAINING))
    assert "OperationDenied（" not in shown(story_view(one, ENGLISH))


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_command_of_a_replay_is_copied_in_one_piece(wording: Wording) -> None:
    """However narrow the terminal: half of it would replay everything."""
    lines = plain_text(story_view(letter(), wording), 40).splitlines()

    assert f"    aliyun-ops dlq replay {MESSAGE}" in lines


@pytest.mark.parametrize("is_delivery", [True, False])
@pytest.mark.parametrize(
    ("body", "told"), [(BODY, "eplay it"), ("garbage", "Read the body as it was delivered")]
)
def test_what_no_worker_has_parked_says_what_to_do_too(
    body: str, told: str, *, is_delivery: bool
) -> None:
    one = read_dead_letter(
        MESSAGE,
        body,
        {},
        queue="dead",
        is_delivery=is_delivery,
        enqueued_at=NOW - 60.0,
        received=3,
        now=NOW,
        home=Home("1234567890123456", "cn-hangzhou"),
        keys=(KEY,),
    )

    assert told in one.advice
    assert "what to do: " in shown(letters_view([one], NOW, ENGLISH))
    assert one.advice not in shown(letters_view([one], NOW, CHINESE))


def test_line_of_a_replay_is_chinese_to_its_colon() -> None:
    line = plan_line(Plan(letter(), Fate.KEPT, "the body is not valid JSON"), CHINESE, dry_run=True)

    assert line == f"{MESSAGE} {SOURCE}：将保留在原队列：消息正文不是有效的 JSON"


def test_a_sum_says_what_it_leaves_out() -> None:
    """One price that nobody knows would else make the others look like all of it."""
    known = Plan(letter(), Fate.SENT, first=CANDIDATES[0], price=Price(210.5, "CNY"))
    unknown, nothing = replace(known, price=None), Plan(letter(), Fate.FINISHED)

    assert "not counted" not in sum_line([known, nothing], ENGLISH)
    assert "1 without a known price not counted" in sum_line([known, unknown, nothing], ENGLISH)
    assert "2 条价格未知" in sum_line([known, unknown, unknown], CHINESE)


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_no_way_back_is_promised_to_what_cannot_be_read(wording: Wording) -> None:
    """A replay would leave it where it is."""
    text = " ".join(shown(story_view(letter(None, "garbage"), wording)).split())

    assert "--dry-run" not in text
    assert ("stays" if wording is ENGLISH else "保留") in text


def test_what_cannot_be_read_has_its_own_section() -> None:
    """Whoever brought it here: that of the queue's own move says to replay it."""
    one = read_dead_letter(
        MESSAGE,
        "garbage",
        {},
        queue="dead",
        is_delivery=False,
        enqueued_at=NOW,
        received=3,
        now=NOW,
        home=Home("1234567890123456", "cn-hangzhou"),
        keys=(KEY,),
    )

    assert "#unreadable" in shown(letters_view([one], NOW, ENGLISH))


def test_what_was_sent_and_stays_says_so() -> None:
    """And not as if the reason were one for the sending."""
    plan = Plan(letter(), Fate.SENT, "DeleteMessage got no answer (no answer in time)", "launch")

    english, chinese = (plan_line(plan, one, dry_run=False) for one in (ENGLISH, CHINESE))

    assert "goes on with: launch the replacement; not taken out here: DeleteMessage" in english
    assert "未能从死信队列移除：DeleteMessage 没有得到应答" in chinese
