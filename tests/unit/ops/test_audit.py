"""The audit: whose instances, in which order, what can be set, and how it reads."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from rich.cells import cell_len
from typing_extensions import override

from worker import operator_ports
from worker.core import identity
from worker.core.auditing import Advice, Basis, Equipped, Loss, Survival, Why
from worker.core.errors import RecreationError, Transient
from worker.core.model import Accepted, Details, Disk, Instance, KeepAnswer, Refused
from worker.core.policy import Policy
from worker.core.progress import Captured
from worker.ops.audit import Audit, Fix, Fixed, Report, fixes_of, make
from worker.ops.audit_data import report_data
from worker.ops.audit_view import audit_view, duration, fixed_line
from worker.ops.patience import Patience
from worker.ops.printing import plain_text
from worker.ops.texts import TEXTS
from worker.ops.wording import Language, Wording

SPOT = Instance(
    "i-bp1a0000000000000000", "Running", "ecs.g7.large", "z", spot_strategy="SpotAsPriceGo"
)
SYSTEM = Disk("d-bp1a0000000000000000", "system", "cloud_essd", 40)
GOING = Equipped(replace(SPOT, name="前端-支付-01"), (SYSTEM,))
LATE = Equipped(
    replace(SPOT, instance_id="i-bp1b0000000000000000", name="db"),
    (replace(SYSTEM, disk_id="d-bp1b0000000000000000", category="cloud_efficiency"),),
)
STOPS = Equipped(
    replace(SPOT, instance_id="i-bp1c0000000000000000", interruption_behavior="Stop"), (SYSTEM,)
)
POD = Equipped(replace(SPOT, instance_id="i-bp1d0000000000000000", name="节点", tags={"ack.aliyun.com": "c"}), (SYSTEM,))  # fmt: skip
EVERYTHING = (STOPS, GOING, POD, LATE)


@dataclass
class StandingClock:
    def now(self) -> float:
        return 0.0

    def real_seconds(self, seconds: float) -> float:
        return seconds


PATIENCE = Patience(StandingClock(), lambda _: None)


@dataclass
class SmallFleet(operator_ports.Fleet):
    things: tuple[Equipped, ...] = EVERYTHING
    asked: list[str] = field(default_factory=list)

    @override
    def equipped(self) -> tuple[Equipped, ...]:
        return self.things

    @override
    def newest_snapshots(self, instance_id: str) -> dict[str, float]:
        self.asked.append(instance_id)
        return {}

    @override
    def ram_role(self, instance_id: str) -> str:
        return f"role-of-{instance_id}"

    @override
    def details(self, instance_id: str) -> Details:
        return Details(interfaces=len(instance_id))


class SmallInstances:
    """Knows one instance, which may have been marked as the one that stays."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)

    def find(self, instance_id: str) -> Instance | None:
        return SPOT if instance_id == SPOT.instance_id else None

    def find_replacements(self, source: str) -> tuple[Instance, ...]:
        del source
        return ()


@dataclass
class SmallSettings(operator_ports.DiskSettings):
    """Notes the changes; answers in turn, then accepts."""

    answers: list[KeepAnswer | RecreationError] = field(default_factory=list)
    made: list[tuple[str, ...]] = field(default_factory=list)

    @override
    def outlive(self, disk_ids: Sequence[str], *, owner: str) -> KeepAnswer:
        return self._answer("outlive", owner, *disk_ids)

    @override
    def give_policy(self, disk_ids: Sequence[str], policy: str) -> KeepAnswer:
        return self._answer("policy", policy, *disk_ids)

    def _answer(self, *what: str) -> KeepAnswer:
        self.made.append(what)
        answer = self.answers.pop(0) if self.answers else Accepted()
        if isinstance(answer, RecreationError):
            raise answer
        return answer


def look(
    fleet: SmallFleet | None = None, *, policy: str = "", decides: Policy | None = None
) -> Report:
    audit = Audit(fleet or SmallFleet(), SmallInstances(), PATIENCE)
    return audit.look(decides or Policy(), region="cn-hangzhou", snapshot_policy=policy)


def test_the_worst_comes_first() -> None:
    """And a source stands beside its finding."""
    report = look()

    assert [one.survival for one in report.findings] == [
        Survival.NO,
        Survival.AT_RISK,
        Survival.YES,
    ]
    assert [one.instance for one in report.findings] == [one.instance for one in report.sources]
    assert report.has_losses
    assert not look(SmallFleet((GOING, STOPS))).has_losses


def test_one_too_many_is_left_alone_and_says_beside_whom() -> None:
    """It would not come back, and is no reason to act; alone it may be the one that serves."""

    def marked(beside: str) -> SmallFleet:
        tags = {identity.TAG_SOURCE: "i-bp1f", identity.TAG_QUARANTINED: beside}
        extra = replace(LATE.instance, tags=tags)
        return SmallFleet((GOING, Equipped(extra, LATE.disks)))

    beside = look(marked(SPOT.instance_id))
    alone = look(marked("i-bp1gone0000000000000"))

    assert [one.instance.instance_id for one in beside.findings] == [SPOT.instance_id]
    assert not beside.has_losses
    assert [(one.instance_id, one.why) for one in beside.left_alone] == [
        (LATE.instance.instance_id, f"it is one too many beside {SPOT.instance_id}")
    ]
    assert alone.has_losses


def test_only_what_the_worker_would_recreate_is_examined() -> None:
    """The rest is named with its reason, and costs no call."""
    fleet = SmallFleet()
    report = look(fleet)

    assert [(one.instance_id, one.why) for one in report.left_alone] == [
        (POD.instance.instance_id, "a Container Service cluster manages it")
    ]
    assert POD.instance.instance_id not in fleet.asked
    selective = look(decides=Policy(select_tags=(("team", None),)))
    assert (selective.findings, len(selective.left_alone)) == ((), 4)


LOCKED = Equipped(
    replace(SPOT, instance_id="i-bp1e0000000000000000", locks=("recycling",)), (SYSTEM,)
)
STOPPED = Equipped(replace(STOPS.instance, name="旧", status="Stopped"), (SYSTEM,))


def replacement(of: Equipped, **more: str) -> Equipped:
    """What a recreation has launched for it."""
    source = of.instance.instance_id
    tags = {identity.TAG_ID: "r", identity.TAG_SOURCE: source, **more}
    return Equipped(replace(SPOT, instance_id="i-bp1new", tags=tags), (SYSTEM,))


def test_what_is_reclaimed_already_needs_no_protection() -> None:
    """The worker has it in hand: nothing can be set on it any more, and it is no loss to come."""
    report = look(SmallFleet((LOCKED, STOPPED, replacement(STOPPED))))

    assert [one.instance.instance_id for one in report.findings] == ["i-bp1new"]
    assert [(one.source, one.replacement) for one in report.reclaimed] == [
        (LOCKED, ""),
        (STOPPED, "i-bp1new"),
    ]
    assert not report.has_losses
    assert report_data(report)["reclaimed"][1] == {
        "id": STOPPED.instance.instance_id,
        "name": "旧",
        "is_locked": False,
        "replacement": "i-bp1new",
        "runs_beside_it": False,
    }


def test_one_that_runs_beside_its_replacement_is_told_loudly() -> None:
    """Two copies run, and its next notice makes no other replacement while this one is there."""
    report = look(SmallFleet((GOING, replacement(GOING))))

    assert report.has_losses
    assert report_data(report)["reclaimed"][0]["runs_beside_it"]
    assert "two copies run" in shown(report)
    assert "两台同时在运行" in shown(report, Language.CHINESE)


@pytest.mark.parametrize("tag", [identity.TAG_DRILL, identity.TAG_QUARANTINED])
def test_only_a_replacement_in_service_counts(tag: str) -> None:
    """A drill's serves nobody, and one that was set aside neither."""
    report = look(SmallFleet((GOING, replacement(GOING, **{tag: "x"}))))

    assert GOING.instance in [one.instance for one in report.findings]


def test_what_is_reclaimed_is_captured_while_nothing_replaces_it() -> None:
    """Its capture is what brings it back if no worker is there in time."""
    both = replace(LOCKED, instance=replace(LOCKED.instance, instance_id="i-bp1f"))
    report = look(SmallFleet((GOING, LOCKED, both, replacement(both))))

    captured = [one.instance.instance_id for one in report.to_capture]
    assert sorted(captured) == sorted(
        [GOING.instance.instance_id, LOCKED.instance.instance_id, "i-bp1new"]
    )


def test_what_is_reclaimed_is_told_with_its_replacement() -> None:
    """In both languages, and not as what an interruption would end."""
    both = replace(LOCKED, instance=replace(LOCKED.instance, instance_id="i-bp1f"))
    report = look(SmallFleet((LOCKED, both, STOPPED, replacement(both))))
    english, chinese = shown(report), shown(report, Language.CHINESE)

    assert "being reclaimed, replaced by i-bp1new" in english
    assert "正在被回收，已由 i-bp1new 替代" in chinese
    assert "an interruption ends these" not in english
    alone = shown(look(SmallFleet((LOCKED,))))
    assert "No spot instance" not in alone
    assert "being reclaimed\n" in alone


def test_the_length_of_the_notice_decides() -> None:
    """As it is configured."""
    assert look(decides=Policy(notice=2400.0)).findings[0].survival is Survival.YES


def test_a_capture_is_what_the_step_captures() -> None:
    """Instance, disks and role."""
    captured = Audit(SmallFleet(), SmallInstances(), PATIENCE).capture(GOING)

    role = f"role-of-{GOING.instance.instance_id}"
    assert captured == Captured(
        GOING.instance, GOING.disks, role, Details(interfaces=len(GOING.instance.instance_id))
    )


def test_fixes_are_what_a_tool_can_set() -> None:
    """Nothing for economical mode, nor a policy that is not configured."""
    ours = [(one.what, one.instance_id) for one in fixes_of(look())]
    configured = [one.what for one in fixes_of(look(policy="sp-1"))]

    assert ours == [
        (Advice.OUTLIVE, LATE.instance.instance_id),
        (Advice.OUTLIVE, GOING.instance.instance_id),
    ]
    assert configured.count(Advice.POLICY) == 3


def test_a_refused_change_does_not_stop_the_rest() -> None:
    """Each change is one call with its own answer."""
    settings = SmallSettings([Refused("DiskNotPortable"), Transient("no answer")])
    fixes = fixes_of(look(SmallFleet((GOING, LATE)), policy="sp-1"))

    made = list(make(fixes, settings, PATIENCE, owner="default", policy="sp-1"))

    assert [one.refused for one in made] == ["DiskNotPortable", "no answer", "", ""]
    assert settings.made[0] == ("outlive", "default", "d-bp1b0000000000000000")
    assert settings.made[1] == ("policy", "sp-1", "d-bp1b0000000000000000")


def shown(report: Report, language: Language = Language.ENGLISH) -> str:
    return plain_text(audit_view(report, 300.0, Wording(language)), 80)


@pytest.mark.parametrize("language", list(Language))
def test_it_fits_eighty_cells_with_chinese_names_aligned(language: Language) -> None:
    """The word for the survival begins in the same cell on every line, long names are cut."""
    long = replace(GOING, instance=replace(GOING.instance, name="一个名字非常非常非常非常长的实例"))
    report = look(SmallFleet((*EVERYTHING, long)), policy="sp-1")
    lines = shown(report, language).splitlines()
    words = [Wording(language)(f"survival.{each.value}") for each in Survival]
    heads = [line for line in lines if line.startswith("i-")]

    starts = {
        cell_len(line[: line.index(one)]) for line in heads for one in words if line.endswith(one)
    }

    assert max(map(cell_len, lines)) <= 80
    assert len(starts) == 1
    assert any("…" in line for line in heads)


def test_commands_can_be_copied_as_they_stand() -> None:
    """Joined by the shell's rules they are what was advised."""
    many = replace(GOING, disks=tuple(replace(SYSTEM, disk_id=f"d-bp1{at:020}") for at in range(9)))
    report = look(SmallFleet((many,)), policy="sp-1")
    text = shown(report)
    wanted = [shlex.split(one.command) for one in report.findings[0].advised if one.command]

    # A shell takes a line end after a backslash for nothing; shlex does not know that.
    blocks = text.replace("\\\n", "").split("    aliyun ")[1:]
    commands = ("aliyun " + block.split("\n  change:")[0].split("\n\n")[0] for block in blocks)
    found = [shlex.split(one) for one in commands]

    # JSON allows the line end that is left, inside of a quoted list.
    assert [[word.replace("\n    ", "") for word in one] for one in found] == wanted


def test_a_name_cannot_steer_the_terminal() -> None:
    """Control characters are shown, not sent."""
    evil = replace(GOING, instance=replace(GOING.instance, name="\x1b[2Jgone"))

    assert "\x1b" not in shown(look(SmallFleet((evil,))))


def test_nothing_to_audit_is_a_sentence() -> None:
    """In an empty region."""
    assert shown(look(SmallFleet(()))) == "No spot instance of this region is ours to recreate.\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 s"), (5.0, "5 s"), (119.0, "119 s"), (300.0, "5 min"), (7199.0, "120 min"), (15000.0, "4 h")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    """To a figure or two: it is no measurement."""
    assert duration(seconds, Wording()) == text


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("survival", Survival),
        ("why_survives", Why),
        ("loss", Loss),
        ("advice", Advice),
        ("basis", Basis),
    ],
)
def test_every_word_has_its_text(prefix: str, words: type) -> None:
    """A new word of the core needs a row."""
    keys = {key for key in TEXTS if key.startswith(f"{prefix}.")}

    assert keys == {f"{prefix}.{each.value}" for each in words}  # type: ignore[attr-defined]


def test_unverified_is_said_of_every_time() -> None:
    """In both languages, where no document settles it."""
    for basis in (Basis.INSTANT, Basis.FULL):
        english, chinese = TEXTS[f"basis.{basis.value}"]
        assert "UNVERIFIED" in english
        assert "尚无公开文档证实" in chinese


def test_a_change_reads_with_its_refusal() -> None:
    """Which instance, which disks, why not."""
    fix = Fix(Advice.POLICY, "i-1", ("d-1", "d-2"))

    assert fixed_line(Fixed(fix, "Some.Code"), "sp-1", Wording()) == (
        "not done: i-1: give d-1, d-2 the snapshot policy sp-1: Some.Code"
    )


def test_data_for_programs() -> None:
    """Times are said to be no measurement."""
    (one,) = report_data(look(SmallFleet((GOING,))))["instances"]

    assert (one["id"], one["survival"], one["why"]) == (
        GOING.instance.instance_id,
        "at_risk",
        "retain_needed",
    )
    assert one["image_seconds"] == {
        "least": 5.0,
        "most": 2400.0,
        "rests_on": ["full", "instant"],
        "is_measured": False,
    }
    assert one["lost"] == [{"what": "goes_along", "about": [SYSTEM.disk_id]}]


def test_what_the_configuration_hands_over_is_not_told_as_lost() -> None:
    """It is the same policy that the worker has."""
    one = replace(
        GOING, interfaces=("eni-2",), instance=replace(GOING.instance, private_ip="10.0.0.9")
    )
    moves = Policy(hand_over=("interfaces",), private_ip="same_or_park")

    told = [look(SmallFleet((one,)), decides=policy) for policy in (Policy(), moves)]

    network = {Loss.INTERFACES, Loss.PRIVATE_IP}
    assert [{lost.what for lost in report.findings[0].lost} & network for report in told] == [
        network,
        set(),
    ]
