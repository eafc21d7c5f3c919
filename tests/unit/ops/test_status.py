"""Status tells stages from tags, meanings from messages, and never more than can be known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from typing_extensions import override

from worker import ports
from worker.core import identity, signing
from worker.core.inventory import Glimpse, Holdings, Snapshot
from worker.core.model import Disk, Image, Instance
from worker.ops.printing import plain_text
from worker.ops.recreations import Stage, recreations
from worker.ops.status import PEEK_MAX, Status, look
from worker.ops.status_view import status_view
from worker.ops.wording import Language, Wording

ID = "3f2a9c0d" * 4
SOURCE = "i-bp1source00000000001"
KEY = b"only-for-this-test-0123456789"
OURS = {identity.TAG_ID: ID, identity.TAG_OWNER: "default", identity.TAG_SOURCE: SOURCE}
DATED = {**OURS, identity.TAG_DELETE_AFTER: "2026-11-30T10:00:00Z"}
IMAGE = Image("m-bp1", f"recreation-{ID}", "Creating", usable=False, percent=43, tags=OURS)
READY = replace(IMAGE, status="Available", usable=True)
REPLACEMENT = Instance("i-bp1new", "Running", "ecs.g7.large", "cn-hangzhou-i", tags=OURS)
RETAINED = Disk("d-bp1", "data", "cloud_essd", 40, tags={**OURS, identity.TAG_RETAINED: "yes"})
NOTICE = (
    '{"type": "ecs:Instance:PreemptibleInstanceInterruption",'
    f' "data": {{"instanceId": "{SOURCE}", "action": "delete"}}}}'
)


@dataclass(frozen=True)
class Held(ports.Inventory):
    holdings: Holdings

    @override
    def tagged(self) -> Holdings:
        return self.holdings


@dataclass(frozen=True)
class Seen(ports.Peek):
    messages: tuple[Glimpse, ...] | None

    @override
    def peek(self, count: int) -> tuple[Glimpse, ...] | None:
        return self.messages if self.messages is None else self.messages[:count]


def glimpse(body: str = NOTICE, attributes: Mapping[str, str] | None = None) -> Glimpse:
    return Glimpse("message-1", body, attributes or {}, 1_795_392_000.0, 2)


def status(
    *messages: Glimpse,
    dead: tuple[Glimpse, ...] | None = (),
    holdings: Holdings = Holdings(),  # noqa: B008 - frozen
) -> Status:
    queue, dead_letters = ("work", Seen(messages)), ("dead", Seen(dead))
    return look(Held(holdings), queue, dead_letters, owner="default", keys=(KEY,))


def shown(found: Status, language: Language = Language.ENGLISH) -> str:
    return plain_text(status_view(found, Wording(language)))


@pytest.mark.parametrize(
    ("holdings", "stage"),
    [
        (Holdings(disks=(RETAINED,)), Stage.KEPT),
        (Holdings(images=(IMAGE,)), Stage.IMAGING),
        (Holdings(images=(replace(IMAGE, status="CreateFailed"),)), Stage.IMAGE_FAILED),
        (Holdings(images=(READY,)), Stage.SAVED),
        (
            Holdings(images=(READY,), instances=(replace(REPLACEMENT, status="Pending"),)),
            Stage.STARTING,
        ),
        (Holdings(images=(READY,), instances=(REPLACEMENT,)), Stage.RUNNING),
        (Holdings(images=(replace(READY, tags=DATED),), instances=(REPLACEMENT,)), Stage.DONE),
        (
            Holdings(images=(READY,), instances=(replace(REPLACEMENT, status="Stopped"),)),
            Stage.REPLACEMENT_ENDED,
        ),
        (Holdings(images=(replace(READY, tags=DATED),)), Stage.OVER),
    ],
    ids=lambda value: value.value if isinstance(value, Stage) else "",
)
def test_tags_tell_the_stage(holdings: Holdings, stage: Stage) -> None:
    """What exists and how it is marked says how far a recreation has come."""
    (found,) = recreations(holdings)

    assert found.stage is stage
    assert found.source == SOURCE


def test_replacements_disks_are_not_taken_for_retained_ones() -> None:
    """A launch tags the new disks too; only those that retain marked are the source's."""
    new = Disk("d-new", "system", "cloud_essd", 40, tags=OURS, instance_id="i-bp1new")

    (found,) = recreations(Holdings(disks=(RETAINED, new)))

    assert [disk.disk_id for disk in found.retained] == ["d-bp1"]


def test_quarantined_instance_is_no_replacement() -> None:
    """One too many is told apart, and told loudly."""
    extra = replace(
        REPLACEMENT, instance_id="i-extra", tags={**OURS, identity.TAG_QUARANTINED: "i-bp1new"}
    )
    found = status(holdings=Holdings(instances=(REPLACEMENT, extra)))

    (one,) = found.recreations

    assert [each.instance_id for each in one.replacements] == ["i-bp1new"]
    assert "delete by hand: i-extra" in shown(found)


def test_a_source_that_runs_beside_its_replacement_is_told_loudly() -> None:
    """Two copies run until a person stops one."""
    beside = replace(REPLACEMENT, tags={**OURS, identity.TAG_BESIDE: SOURCE})

    found = status(holdings=Holdings(instances=(beside,)))

    assert found.as_data()["recreations"][0]["beside"] == SOURCE
    assert f"its source {SOURCE} was not reclaimed" in shown(found).replace("\n", " ")


def test_unfinished_recreations_come_first() -> None:
    """Who looks in a hurry looks at the top."""
    other = {**DATED, identity.TAG_ID: "0" * 32}
    done = replace(READY, tags=other)
    finished = Holdings(images=(done, IMAGE), instances=(replace(REPLACEMENT, tags=other),))

    assert [one.stage for one in recreations(finished)] == [Stage.IMAGING, Stage.DONE]


def test_other_owners_are_counted_and_not_shown() -> None:
    """Two deployments in one account do not report each other's work as theirs."""
    theirs = replace(IMAGE, tags={**OURS, identity.TAG_OWNER: "staging"})

    found = status(holdings=Holdings(images=(theirs,)))

    assert (found.recreations, found.others) == ((), 1)
    assert "1 more belongs to another owner" in shown(found)


def test_everything_of_a_recreation_is_shown() -> None:
    """Image progress, disks, snapshots and the date are on the screen."""
    snapshot = Snapshot("s-1", "progressing", 43, tags=OURS)
    held = Holdings(images=(replace(IMAGE, tags=DATED),), disks=(RETAINED,), snapshots=(snapshot,))

    text = shown(status(holdings=held))

    for fact in (ID[:12], SOURCE, "m-bp1 Creating", "d-bp1 (40 GiB)", "2026-11-30T10:00:00Z"):
        assert fact in text


@pytest.mark.parametrize(
    ("boot", "told"),
    [("rescue", "a rescue from the base image"), ("stale-snapshot", "automatic snapshot")],
)
def test_degraded_replacement_is_told(boot: str, told: str) -> None:
    """Whoever looks sees that it needs a hand, in both languages, and so does a program."""
    tags = {**OURS, identity.TAG_BOOT: identity.boot_tag(boot, "base")}
    replacement = Instance("i-bp1new0000000000", "Running", "ecs.g7.large", "zone", tags=tags)

    found = status(holdings=Holdings(instances=(replacement,)))

    assert told in shown(found)
    assert found.as_data()["recreations"][0]["degraded"] == boot


def test_bare_notice_names_its_source() -> None:
    """A fresh event is read, not only counted."""
    (message,) = status(glimpse()).queue.messages or ()

    assert (message.kind, message.facts["source"], message.received) == ("notice", SOURCE, 2)


@pytest.mark.parametrize(
    ("body", "kind"), [("not JSON", "unreadable"), ('{"type": "other:Event"}', "other")]
)
def test_other_bodies_are_told_apart(body: str, kind: str) -> None:
    """What is not a notice is not called one."""
    (message,) = status(glimpse(body)).queue.messages or ()

    assert message.kind == kind


def test_parked_message_says_what_to_do() -> None:
    """Reason, time and advice are read from the attributes, in the reader's language."""
    attributes = signing.sign(
        {
            "source": SOURCE,
            "step": "image",
            "t0": "2026-11-23T10:00:00Z",
            "parked": "image_failed",
            "parked-because": "image m-1 is CreateFailed",
            "what-to-do": "Wait for the image in the console; when it is available, replay.",
            "data-0": "xyz",
        },
        NOTICE,
        KEY,
    )
    found = status(dead=(glimpse(attributes=attributes),))

    (message,) = found.dead_letters.messages or ()

    assert (message.kind, message.signed) == ("parked", True)
    assert "data-0" not in message.facts
    assert "image m-1 is CreateFailed (image_failed)" in shown(found)
    assert "镜像 m-1 状态：制作失败" in shown(found, Language.CHINESE)
    assert "处理办法：在控制台等待镜像可用" in shown(found, Language.CHINESE)
    assert "docs/runbook.md#image_failed" in shown(found)
    assert "docs/runbook.zh-CN.md#image_failed" in shown(found, Language.CHINESE)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            Language.ENGLISH,
            (
                "trying ecs.g7.large in cn-hangzhou-h (spot), 2 of 30, epoch 1: the source's type in"
                " another zone"
            ),
        ),
        (
            Language.CHINESE,
            "正在尝试 cn-hangzhou-h 的 ecs.g7.large（抢占式）（第 1 轮，2/30）：源实例的规格，另一可用区",
        ),
    ],
    ids=["en", "zh"],
)
def test_the_choice_is_explained(language: Language, told: str) -> None:
    """Which candidate is asked for, where it stands in the order, and why."""
    attributes = {
        "step": "launch",
        "candidate": "ecs.g7.large in cn-hangzhou-h (spot), 2 of 30, epoch 1: "
        "the source's type in another zone",
    }
    signed = signing.sign(attributes, NOTICE, KEY)

    text = shown(status(glimpse(attributes=signed)), language)

    assert told.replace(" ", "") in "".join(text.split())


PARKED_CANDIDATE = "ecs.g7.large in cn-hangzhou-h (spot), 1 of 1, epoch 2"


@pytest.mark.parametrize(
    "because",
    [
        "none of the candidates could be had (candidates: 1, epochs: 1)",
        "none of 1 candidates could be had",
    ],
    ids=["now", "older release"],
)
@pytest.mark.parametrize(
    ("language", "told"),
    [
        (Language.ENGLISH, f"a replay begins with {PARKED_CANDIDATE}"),
        (
            Language.CHINESE,
            "重放从以下候选开始：cn-hangzhou-h 的 ecs.g7.large（抢占式）（第 2 轮，1/1）",
        ),
    ],
    ids=["en", "zh"],
)
def test_nobody_is_said_to_try_what_is_parked(language: Language, told: str, because: str) -> None:
    """What was tried is over, and the candidate in the message is where a replay begins."""
    attributes = {
        "source": SOURCE,
        "step": "launch",
        "parked": "no_stock",
        "parked-because": because,
        "candidate": PARKED_CANDIDATE,
    }
    signed = signing.sign(attributes, NOTICE, KEY)

    text = shown(status(dead=(glimpse(attributes=signed),)), language)

    assert told.replace(" ", "") in "".join(text.split())
    assert Wording(language).sentence(because) in text
    assert "trying" not in text
    assert "正在尝试" not in text


def test_a_reason_of_another_version_has_no_section() -> None:
    """Nobody is sent to a page that has nothing about it."""
    attributes = {"parked": "no_such_reason", "what-to-do": "Look."}

    assert "runbook" not in shown(status(dead=(glimpse(attributes=attributes),)))


def parked(key: bytes = KEY, **facts: str) -> Glimpse:
    told = {"source": SOURCE, "step": "launch", "parked": "no_stock", **facts}
    return glimpse(attributes=signing.sign(told, NOTICE, key))


def test_a_recreation_with_a_dead_letter_is_parked() -> None:
    """What nobody works on is not shown as under way, in both languages and to programs."""
    held = Holdings(images=(READY,))

    found = status(dead=(parked(recreation=ID),), holdings=held)

    assert f"{SOURCE}  parked (no_stock); image ready" in shown(found)
    assert "已搁置（no_stock）；镜像可用" in shown(found, Language.CHINESE)
    assert found.as_data()["recreations"][0]["parked"] == "no_stock"
    assert found.as_data()["recreations"][0]["stage"] == "saved"
    assert status(dead=(parked(),), holdings=held).recreations[0].parked == "no_stock"


@pytest.mark.parametrize(
    ("letter", "image"),
    [
        (parked(recreation="0" * 32), READY),
        (parked(source="i-bp1other00000000001"), READY),
        (parked(b"a key of somebody else"), READY),
        (glimpse(), READY),
        (parked(recreation=ID), replace(READY, tags=DATED)),
    ],
    ids=["other notice", "other source", "forged", "not parked", "closed"],
)
def test_other_dead_letters_park_nothing(letter: Glimpse, image: Image) -> None:
    """One of another notice, one that anybody could have sent, and one that is settled."""
    found = status(dead=(letter,), holdings=Holdings(images=(image,)))

    assert found.recreations[0].parked == ""
    assert "parked (no_stock);" not in shown(found)


def test_forged_attributes_are_called_untrusted() -> None:
    """Who can send to the queue can write attributes; without our signature they prove nothing."""
    forged = glimpse(attributes={"step": "launch", "source": "i-x\x1b[2J", "signature": "0" * 64})

    text = shown(status(forged))

    assert "not signed by our key" in text
    assert "\x1b" not in text


def test_full_look_is_called_a_part() -> None:
    """A peek shows sixteen messages at most, so sixteen may be more."""
    assert f"At least {PEEK_MAX} messages" in shown(status(*[glimpse()] * PEEK_MAX))


def test_invisible_messages_are_spoken_of() -> None:
    """An empty look proves nothing, and the reader is told."""
    assert "A message that a worker holds" in shown(status())


def test_missing_queue_names_the_remedy() -> None:
    """No queue is a set-up that was not done."""
    assert "aliyun-ops rule apply" in shown(status(dead=None))


def test_status_leads_from_what_waits_to_its_commands() -> None:
    """And says what it does not show; why a body cannot be read is told in either language."""
    found = status(dead=(glimpse("garbage"),))

    assert "aliyun-ops dlq show ID" in " ".join(shown(found).split())
    assert "aliyun-ops dlq list" in shown(status())
    assert "无法读取：消息正文" in shown(found, Language.CHINESE)
