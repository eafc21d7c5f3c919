"""What the commands of an operator say and leave when something fails half way."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.ops.test_audit import GOING, LATE
from worker.adapters.captures import DirectoryCaptures
from worker.cli import audit, drill
from worker.cli.failures import Failure
from worker.core.auditing import Equipped
from worker.core.errors import Permanent, Transient
from worker.core.model import Details
from worker.core.progress import Captured
from worker.ops.audit import Fixed
from worker.ops.audit_view import fixed_line
from worker.ops.wording import Language, Wording

SOURCE = "i-bp1source00000000001"
CHINESE = Wording(Language.CHINESE)


class Unreachable:
    """A cloud that has gone away: neither the drill nor its cleaning gets an answer."""

    patience = SimpleNamespace(clock=SimpleNamespace(now=lambda: 0.0))

    def run(self, *_: object) -> Iterator[Any]:
        raise Transient("DescribeImages got no answer (no answer in time)")


def test_a_drill_that_cannot_clean_up_says_what_does() -> None:
    """What it made costs money, and its failure would hide that it is still there."""
    plan: Any = SimpleNamespace(source=SimpleNamespace(instance_id=SOURCE))
    cloud: Any = Unreachable()
    told = drill._Telling(Wording(), as_json=False)

    with pytest.raises(Failure) as failed:
        drill._rehearse(cloud, plan, cloud, told, keep=False)

    said = failed.value.message
    assert said.startswith("the drill failed: DescribeImages got no answer")
    assert said.endswith(f"run aliyun-ops drill --clean --instance {SOURCE}")
    chinese = CHINESE.sentence(said)
    assert "演练失败" in chinese
    assert "still there" not in chinese


class OneIsGone:
    """An audit that cannot capture the first of its sources any more."""

    def capture(self, one: Equipped) -> Captured:
        if one is GOING:
            raise Permanent("DescribeInstanceRamRole was refused: InvalidInstanceId.NotFound")
        return Captured(one.instance, one.disks, "", Details())


def test_one_that_cannot_be_captured_costs_no_other_its_capture(
    tmp_path: Path,
) -> None:
    """The others come back from theirs on the day when their event is late."""
    report: Any = SimpleNamespace(to_capture=(GOING, LATE))
    settings = SimpleNamespace(
        signing_keys=(b"0123456789abcdef",), account_id="1234567890123456", region="cn-hangzhou"
    )
    around: Any = SimpleNamespace(settings=settings, clock=SimpleNamespace(now=lambda: 0.0))
    auditing: Any = OneIsGone()
    lost: list[tuple[str, str]] = []
    told: Any = SimpleNamespace(uncaptured=lambda *said: lost.append(said))

    files = audit._record(around, auditing, report, tmp_path, told)

    kept = DirectoryCaptures(tmp_path)
    assert files == [str(tmp_path / f"{LATE.instance.instance_id}.json")]
    assert kept.find(LATE.instance.instance_id) is not None
    assert [one for one, _ in lost] == [GOING.instance.instance_id]


def test_no_english_is_left_in_why_something_was_refused() -> None:
    """A sentence of ours in a Chinese line."""
    fix: Any = SimpleNamespace(what=None, instance_id="i-1", disk_ids=("d-1",))
    line = fixed_line(
        Fixed(fix, "ModifyDiskAttribute got no answer (no answer in time)"), "", CHINESE
    )

    assert "没有得到应答（应答超时）" in line
