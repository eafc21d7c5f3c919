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


def test_without_a_running_replacement_everything_stays(recreated: Installation) -> None:
    """The image may be the only copy."""
    (replacement,) = ids(recreated.json("sweep"), "instance")
    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)
    stop = {"product": "ecs", "action": "StopInstance", "params": {"InstanceId": replacement}}
    recreated.order("scenario", regions={REGION: {"calls": [stop]}})
    recreated.order("clock", advance=60)

    swept = recreated.json("sweep", "--apply", "--yes")

    assert swept["results"] == []
    assert {reason for _, reason in things(swept).values()} == {"only_copy", "replacement"}


def test_a_refusal_is_told_and_the_rest_goes_on(recreated: Installation) -> None:
    """The image is refused, so its snapshot stays with it; a second sweep finishes."""
    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)
    recreated.order(
        "faults", action="DeleteImage", answer="refuse", code="ImageUseShared", status=403, count=1
    )

    swept = recreated.command("sweep", "--apply", "--yes", "--language", "zh")

    assert swept.returncode == 1, swept.stdout
    assert "被拒绝：ImageUseShared" in swept.stdout
    assert "not deleted: m-" in swept.stderr
    assert "已删除 0 项，复查后保留 1 项，未能删除 1 项。" in swept.stdout
    again = recreated.json("sweep", "--apply", "--yes")
    assert {one["fate"] for one in again["results"]} == {"deleted"}


def test_a_lost_answer_is_looked_up(recreated: Installation) -> None:
    """A deletion whose answer is lost counts as done when the thing is gone."""
    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)
    recreated.order("faults", action="DeleteImage", answer="drop", effect="done", count=1)

    swept = recreated.json("sweep", "--apply", "--yes")

    assert [one["fate"] for one in swept["results"]] == ["deleted", "deleted"]


def test_a_named_id_that_is_not_ours_is_an_error(recreated: Installation) -> None:
    """Nothing is deleted by a slip of the pen, whatever else is due."""
    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)
    (replacement,) = ids(recreated.json("sweep"), "instance")

    strange = recreated.command("sweep", "--apply", "--yes", "d-bp1somebodyelses")
    kept = recreated.command("sweep", "--apply", "--yes", replacement)

    assert (strange.returncode, kept.returncode) == (1, 1)
    assert "d-bp1somebodyelses: no leftover of owner default" in strange.stderr
    assert f"kept although named: {replacement}" in kept.stderr
    assert len(recreated.look("images")) == 1


def test_the_list_fits_a_terminal_in_both_languages(recreated: Installation) -> None:
    """Eighty cells, whatever the names."""
    recreated.order("clock", advance=(KEPT_DAYS + 1) * DAY)

    for language, word in (
        ("en", "kept: it may hold later writes"),
        ("zh", "保留：可能有镜像之后"),
    ):
        shown = recreated.command("sweep", "--language", language)

        assert shown.returncode == 0, shown.stderr
        assert word in shown.stdout
        assert "订单服务-01" in shown.stdout
        assert "aliyun-ops sweep --apply" in shown.stdout
