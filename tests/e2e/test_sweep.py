"""`aliyun-ops sweep` deletes what a recreation has left once it is due and safe, and nothing else."""

from typing import Any

import pytest

from tests.e2e.conftest import REGION, Installation

DAY = 86_400.0
KEPT_DAYS = 7


def things(listing: Any) -> dict[str, tuple[bool, str]]:
    """Whether each kind of thing goes, and the reason."""
    return {one["kind"]: (one["goes"], one["reason"]) for one in listing["things"]}


def ids(listing: Any, kind: str) -> list[str]:
    return [one["id"] for one in listing["things"] if one["kind"] == kind]


@pytest.fixture
def recreated(installation: Installation) -> Installation:
    """A cloud after one recreation, its source released."""
    source = installation.seed(name="订单服务-01")
    worker = installation.start("worker", "--config", str(installation.config), "run")
    installation.order("interrupt", instance_id=source)
    worker.until_fact("recreation_finished")
    worker.end()
    installation.order("clock", advance=600)
    return installation


def test_leftovers_from_their_first_day_to_their_end(recreated: Installation) -> None:
    """Listed and kept before their date; then deleted but for the disk, which goes when it is named."""
    early = recreated.json("sweep")

    assert things(early) == {
        "image": (False, "not_due"),
        "snapshot": (False, "not_due"),
        "disk": (False, "not_due"),
        "instance": (False, "replacement"),
    }
    (disk,) = ids(early, "disk")
    assert all(one["size"] == 40 for one in early["things"] if one["kind"] == "disk")
    assert {one["currency"] for one in early["things"]} == {"CNY", "", None}
    assert recreated.json("sweep", "--apply", "--yes")["results"] == []

    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)
    due = recreated.json("sweep")

    assert things(due) == {
        "image": (True, "due"),
        "snapshot": (True, "due"),
        "disk": (False, "later_writes"),
        "instance": (False, "replacement"),
    }
    shown = recreated.command("sweep", "--language", "zh")
    assert "订单服务-01" in shown.stdout
    assert "保留：可能有镜像之后写入的数据" in shown.stdout
    assert "aliyun-ops sweep --apply" in shown.stdout
    dry = recreated.command("sweep", "--apply", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    assert "Nothing was changed." in dry.stdout
    unasked = recreated.command("sweep", "--apply")
    assert unasked.returncode == 2, unasked.stdout
    assert "nobody can confirm" in unasked.stderr
    assert things(recreated.json("sweep")) == things(due)

    swept = recreated.json("sweep", "--apply", "--yes")

    assert [(one["kind"], one["fate"]) for one in swept["results"]] == [
        ("image", "deleted"),
        ("snapshot", "deleted"),
    ]
    assert set(things(recreated.json("sweep"))) == {"disk", "instance"}

    (named,) = recreated.json("sweep", "--apply", "--yes", disk)["results"]

    assert (named["id"], named["fate"]) == (disk, "deleted")
    assert set(things(recreated.json("sweep"))) == {"instance"}
    running = [one["status"] for one in recreated.look("instances")]
    assert running == ["Running"]
    assert recreated.look("images") == recreated.look("snapshots") == []
    assert recreated.look("complaints") == []


def test_what_is_not_safe_stays_and_what_is_refused_is_told(recreated: Installation) -> None:
    """A wrong name, a stopped replacement, a refusal, a lost answer: one after the other."""
    (replacement,) = ids(recreated.json("sweep"), "instance")
    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)

    strange = recreated.command("sweep", "--apply", "--yes", "d-bp1somebodyelses")
    kept = recreated.command("sweep", "--apply", "--yes", replacement)

    assert (strange.returncode, kept.returncode) == (1, 1)
    assert "d-bp1somebodyelses: no leftover of owner default" in strange.stderr
    assert f"kept although named: {replacement}" in kept.stderr

    order(recreated, "StopInstance", replacement)
    unheld = recreated.json("sweep", "--apply", "--yes")
    order(recreated, "StartInstance", replacement)

    assert unheld["results"] == []
    assert {reason for _, reason in things(unheld).values()} == {"only_copy", "replacement"}

    fault = {"action": "DeleteImage", "count": 1}
    recreated.order("faults", **fault, answer="refuse", code="ImageUseShared", status=403)
    refused = recreated.command("sweep", "--apply", "--yes", "--language", "zh")

    assert refused.returncode == 1, refused.stdout
    assert "被拒绝：ImageUseShared" in refused.stdout
    assert "未能删除：m-" in refused.stderr
    assert "已删除 0 项，复查后保留 1 项，未能删除 1 项。" in refused.stdout

    recreated.order("faults", **fault, answer="drop", effect="done")
    swept = recreated.json("sweep", "--apply", "--yes")

    assert [one["fate"] for one in swept["results"]] == ["deleted", "deleted"]
    assert recreated.look("complaints") == []


def order(installation: Installation, action: str, instance_id: str) -> None:
    """Do something to an instance as its owner, and wait until it is done."""
    call = {"product": "ecs", "action": action, "params": {"InstanceId": instance_id}}
    installation.order("scenario", regions={REGION: {"calls": [call]}})
    installation.order("clock", advance=120)
