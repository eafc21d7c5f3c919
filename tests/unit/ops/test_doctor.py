"""The doctor's order of looks, over ports that answer as told; and its texts."""

import string
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.core.test_diagnosis import EXPECTED, QUEUE, RULE
from worker.adapters.error_map import why_of
from worker.core.diagnosis import (
    Code,
    Diagnosis,
    Failed,
    Finding,
    Gap,
    Quota,
    Seen,
    Trouble,
    Untried,
)
from worker.ops.doctor import Doctor, is_sound
from worker.ops.doctor_texts import EXPLANATIONS, UNTRIED, Text
from worker.ops.doctor_view import (
    doctor_view,
    ends_in_commands,
    findings_data,
    fix_of,
    hand_of,
    said,
    untried_data,
)
from worker.ops.printing import plain_text
from worker.ops.wording import Language, Wording

APIS = {name: f"http://{name}" for name in ("ecs", "vpc", "mns", "mns_open", "eventbridge")}
SOUND = Seen(0.0)
DENIED = Failed(Trouble.PERMISSION, "Forbidden.RAM")


@dataclass
class Told:
    """All ports at once: every look answers as if all were sound, but for what is told."""

    touched: Mapping[str, Any] = field(default_factory=dict)
    greeted: Any = field(default_factory=lambda: Seen(None))
    seen: Mapping[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    untriable: tuple[str, ...] = ()

    def touch(self, api: str, url: str) -> Any:
        del url
        return self.touched.get(api, SOUND)

    def greet(self) -> Any:
        self.asked.append("greet")
        return self.greeted

    def queue(self, name: str) -> Any:
        return self._answer("queue", Seen(replace(QUEUE, name=name)))

    def rule(self) -> Any:
        return self._answer("rule", Seen(RULE))

    def service_role(self) -> Any:
        return self._answer("service_role", Seen(True))

    def permitted(self, action: str) -> bool | None:
        self.asked.append(action)
        return None if action in self.untriable else True

    def spot_vcpus(self) -> Any:
        return self._answer("spot_vcpus", Seen(Quota(0, 100)))

    def images(self) -> Any:
        return self._answer("images", Seen(Quota(0, None)))

    def snapshots(self) -> Any:
        return self._answer("snapshots", Seen(("d-1", Quota(0, 2000))))

    def is_spot(self, instance_id: str) -> Any:
        return self._answer(f"is_spot {instance_id}", Seen(False))

    def _answer(self, look: str, usual: Any) -> Any:
        self.asked.append(look)
        return self.seen.get(look, usual)


def diagnosed(told: Told, own: str = "") -> Diagnosis:
    expected = replace(EXPECTED, apis=APIS)
    return Doctor(expected, told, told, told, told, lambda: own).look()


def examined(told: Told, own: str = "") -> tuple[Finding, ...]:
    return diagnosed(told, own).findings


def codes(told: Told, own: str = "") -> list[Code]:
    return [one.code for one in examined(told, own)]


def test_sound() -> None:
    """Nothing is found, and every part was looked at."""
    told = Told()

    assert examined(told, "i-own") == ()
    assert {"queue", "rule", "service_role", "is_spot i-own"} <= set(told.asked)


@pytest.mark.parametrize(
    ("greeted", "code"),
    [
        (Failed(Trouble.NO_CREDENTIALS), Code.CREDENTIALS_MISSING),
        (Failed(Trouble.CREDENTIALS, "SignatureDoesNotMatch"), Code.CREDENTIALS_REFUSED),
        (Failed(Trouble.UNREADABLE, "JSONDecodeError"), Code.ENDPOINT_WRONG),
    ],
)
def test_nothing_else_is_asked_of_a_cloud_that_does_not_know_us(
    greeted: Failed, code: Code
) -> None:
    """One cause is one finding."""
    told = Told(greeted=greeted)

    assert codes(told) == [code]
    assert told.asked == ["greet"]


def test_a_clock_that_is_refused_is_told_once() -> None:
    """From the Date of the answers; the refusal says nothing new."""
    told = Told(touched=dict.fromkeys(APIS, Seen(-2000.0)), greeted=Failed(Trouble.CLOCK))

    assert codes(told) == [Code.CLOCK_WRONG]


def test_one_api_that_does_not_answer_hides_nothing_of_the_others() -> None:
    """The rest is looked at, and what belongs to it is not told besides."""
    silent = Failed(Trouble.UNREACHABLE, "ConnectionRefusedError")
    told = Told(touched={"eventbridge": silent, "vpc": silent})

    assert codes(told) == [Code.ENDPOINT_UNREACHABLE, Code.ENDPOINT_UNREACHABLE]
    assert "queue" in told.asked
    assert "rule" not in told.asked
    assert not [one for one in told.asked if one.startswith("vpc:")]


@pytest.mark.parametrize("look", ["queue", "rule", "service_role", "spot_vcpus"])
def test_a_look_that_is_denied_is_told(look: str) -> None:
    """What the worker does not need itself, the doctor's own policy grants."""
    assert set(codes(Told(seen={look: DENIED}))) == {Code.LOOK_DENIED}


@pytest.mark.parametrize("look", ["images", "snapshots"])
def test_a_denied_read_of_the_worker_is_left_to_the_trials(look: str) -> None:
    """They name it."""
    assert codes(Told(seen={look: DENIED})) == []


def test_a_look_that_fails_otherwise_is_told() -> None:
    """With what is known of it."""
    failed = Failed(Trouble.OTHER, "Throttling")

    assert codes(Told(seen={"images": failed, "is_spot i-own": failed}), "i-own") == [
        Code.CHECK_FAILED,
        Code.CHECK_FAILED,
    ]
    assert codes(Told(seen={"rule": Failed(Trouble.UNREADABLE, "x")})) == [Code.ENDPOINT_WRONG]


def test_quotas() -> None:
    """Each of which little is left."""
    full = {
        "spot_vcpus": Seen(Quota(100, 100)),
        "images": Seen(Quota(95, 100)),
        "snapshots": Seen(("d-1", Quota(1999, 2000))),
    }

    found = examined(Told(seen=full))

    assert {one.code for one in found} == {
        Code.SPOT_QUOTA_SHORT,
        Code.IMAGE_QUOTA_SHORT,
        Code.SNAPSHOT_QUOTA_SHORT,
    }
    assert not is_sound(found)


def test_what_could_not_be_tried_is_told_and_is_no_finding() -> None:
    """By name, and once though two grants hold it; a quota without a limit was compared to nothing."""
    told = Told(untriable=("ram:PassRole", "ecs:CreateImage"))

    found = diagnosed(told)
    known = diagnosed(Told(seen={"images": Seen(Quota(0, 100))}))
    silent = diagnosed(Told(seen={"spot_vcpus": Seen(Quota(7, None))}))

    assert found.findings == ()
    permissions, images = found.untried
    assert permissions.gap is Gap.PERMISSIONS
    assert sorted(permissions.values["actions"].split()) == ["ecs:CreateImage", "ram:PassRole"]
    assert images == Untried(Gap.IMAGE_QUOTA, {"used": "0"})
    assert known == Diagnosis()
    assert silent.untried == (Untried(Gap.SPOT_QUOTA, {"used": "7"}), images)


def test_an_api_that_does_not_answer_is_a_finding_and_no_gap() -> None:
    """Its permissions are not listed besides."""
    told = Told(
        touched={"vpc": Failed(Trouble.UNREACHABLE)}, untriable=("vpc:DescribeEipAddresses",)
    )

    assert [one.gap for one in diagnosed(told).untried] == [Gap.IMAGE_QUOTA]


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_its_texts(code: Code) -> None:
    """In both languages, of the same values, with a command."""
    row = EXPLANATIONS[code]

    for words in (row.what, row.why):
        assert words.english
        assert words.chinese
        assert words.english.isascii()
        assert not words.chinese.isascii()
        assert fields_of(words.english) == fields_of(words.chinese)
    assert row.what.english.count(". ") == 0
    assert row.fix or row.hand
    for hand in filter(None, (row.hand, row.hand_if_set)):
        assert_both_languages(hand)


@pytest.mark.parametrize("gap", list(Gap))
def test_every_gap_has_its_text(gap: Gap) -> None:
    """In both languages, of the same values."""
    assert_both_languages(UNTRIED[gap])


def assert_both_languages(words: Text) -> None:
    assert words.english.isascii()
    assert not words.chinese.isascii()
    assert fields_of(words.english) == fields_of(words.chinese)


@pytest.mark.parametrize("code", list(Code))
def test_every_fix_is_a_line_for_a_shell(code: Code) -> None:
    """What it names in braces is filled in first."""
    line = fix_of(Finding(code, dict.fromkeys(fields_of(EXPLANATIONS[code].fix), "x")))

    read = subprocess.run(["/bin/sh", "-nc", line], check=False)  # noqa: S603 - reads and runs nothing

    assert read.returncode == 0


def test_the_only_worker_is_stopped_after_another_one_runs(tmp_path: Path) -> None:
    """Its order is that of the shell: where nothing can be installed, nothing is stopped."""
    line = fix_of(Finding(Code.OWN_HOST_SPOT, {"instance": "i-1"}))
    for name, code in (("ssh", 255), ("sudo", 0)):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/ran\nexit {code}\n', "utf-8")
        tool.chmod(0o755)

    subprocess.run(  # noqa: S603 - over stand-ins
        ["/bin/sh", "-c", line], env={"PATH": f"{tmp_path}:/bin"}, check=False
    )

    ran = (tmp_path / "ran").read_text("utf-8").splitlines()
    assert [one.partition(" ")[0] for one in ran] == ["ssh"]
    assert "install.sh" in ran[0]


# What would only look, or cannot change what it is named for.
LOOKS = ("curl", "config show", "xdg-open", "aliyun-ops doctor\n", "aliyun-ops sweep\n")


@pytest.mark.parametrize("code", list(Code))
def test_what_is_called_a_fix_changes_something(code: Code) -> None:
    """Where no command mends it, none is named, and what a person does is said instead."""
    row = EXPLANATIONS[code]

    assert not [one for one in LOOKS if one in f"{row.fix}\n"]
    assert row.fix or row.hand is not None


@pytest.mark.parametrize("code", [Code.ENDPOINT_UNREACHABLE, Code.ENDPOINT_WRONG])
def test_an_address_is_mended_where_it_stands(code: Code) -> None:
    """One that is set is taken out; the derived one is nobody's setting."""
    values = {"api": "ecs", "url": "http://x", "about": "", "derived": "https://ecs"}

    is_set = hand_of(Finding(code, values), Language.ENGLISH)
    is_derived = hand_of(Finding(code, {**values, "url": "https://ecs"}), Language.ENGLISH)

    assert is_set.startswith("Take `endpoints.ecs` out of the configuration file, and https://ecs ")
    assert "no command of this program mends it" in is_derived


def test_the_last_line_promises_no_command_that_is_not_there() -> None:
    """A note needs none."""
    queue, role = Finding(Code.QUEUE_MISSING, {"queue": "q"}), Finding(Code.SERVICE_ROLE_MISSING)
    fifo = Finding(Code.QUEUE_UNFIT, {"queue": "q", "setting": "name", "free": "r"})
    quota = Finding(Code.SPOT_QUOTA_SHORT, {"used": "1", "limit": "1"})

    assert ends_in_commands([queue, role])
    assert not ends_in_commands([queue, fifo])
    assert not ends_in_commands([quota])


def test_what_is_shown() -> None:
    """Finding, reason and command, and figures at the end."""
    finding = Finding(Code.QUEUE_MISSING, {"queue": "q\x1b[31m"})

    gap = Untried(Gap.IMAGE_QUOTA, {"used": "3"})
    diagnosis = Diagnosis((finding,), (gap,))

    english = plain_text(doctor_view(diagnosis, Wording()), 200)
    chinese = plain_text(doctor_view(diagnosis, Wording(Language.CHINESE)))

    assert english.splitlines() == [
        "wrong: The queue q\\x1b[31m does not exist.",
        "  What is sent to it is lost.",
        "    aliyun-ops rule apply",
        "",
        "1 wrong, 0 risks, 0 notes.",
        f"not tried: {said(UNTRIED[gap.gap], gap, Language.ENGLISH)}",
    ]
    assert "不存在" in chinese
    assert "未尝试：" in chinese
    assert plain_text(doctor_view(Diagnosis(), Wording())) == "Nothing is wrong.\n"
    sound = plain_text(doctor_view(Diagnosis(untried=(gap,)), Wording()))
    assert sound.startswith("Nothing is wrong.\nnot tried: The quota of custom images")
    assert [one["gap"] for one in untried_data([gap])] == ["image_quota"]
    (data,) = findings_data([finding])
    assert (data["code"], data["severity"], data["fix"]) == (
        "queue_missing",
        "error",
        fix_of(finding),
    )
    assert said(EXPLANATIONS[finding.code].what, finding, Language.ENGLISH) == data["what"]


def test_code_is_explained_to_who_reads_chinese() -> None:
    finding = Finding(Code.CREDENTIALS_REFUSED, {"code": "SignatureDoesNotMatch"})
    view = doctor_view(Diagnosis((finding,), ()), Wording(Language.CHINESE, why_of))

    assert "SignatureDoesNotMatch（云端不接受该凭证）" in plain_text(view, 200)
