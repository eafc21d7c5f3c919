"""A receipt tells what became of everything, and promises nothing that did not happen."""

import json
from dataclasses import replace
from typing import Any

import pytest

from worker.core.progress import KeptDisk, Mootness, Progress, Retained
from worker.core.receipt import receipt

T0 = 1_795_392_000.0
GOES = KeptDisk("d-goes", "system", "cloud_essd", 40, "/dev/xvda", was_deleted_with_instance=True)
STAYS = KeptDisk("d-stays", "data", "cloud_essd", 80, "/dev/xvdb", was_deleted_with_instance=False)
LOCAL = KeptDisk("d-local", "data", "local_ssd", 80, "/dev/xvdc", True, is_cloud=False)


@pytest.fixture
def recovered(large_progress: Progress) -> Progress:
    """A recreation whose replacement runs."""
    launched = replace(
        large_progress.launched,
        instance_id="i-bp1replacement00001",
        instance_type="ecs.g8i.xlarge",
        zone="cn-hangzhou-g",
        private_ip="192.168.1.9",
        accepted_at=T0 + 130.0,
        running_at=T0 + 150.0,
    )
    retained = Retained((GOES, STAYS, LOCAL), tagged=True, sent=True)
    return replace(large_progress, launched=launched, retained=retained)


def written(progress: Progress) -> dict[str, Any]:
    """The receipt as a file holds it."""
    found: dict[str, Any] = json.loads(json.dumps(receipt(progress, T0 + 160.0)))
    return found


def test_receipt_names_who_when_and_how_it_ended(recovered: Progress) -> None:
    """The head of a receipt identifies the recreation and its outcome."""
    found = written(recovered)

    assert found["format"] == 1
    assert found["recreation"] == recovered.recreation_id
    assert (found["account"], found["region"]) == (recovered.account, recovered.region)
    assert (found["outcome"], found["reason"]) == ("recovered", "")
    assert (found["t0"], found["written_at"]) == ("2026-11-23T00:00:00Z", "2026-11-23T00:02:40Z")
    assert found["lineage"] == recovered.lineage


def test_receipt_compares_source_and_replacement(recovered: Progress) -> None:
    """What the source was and what runs instead stand beside each other."""
    found = written(recovered)

    assert recovered.specified is not None
    source, replacement = found["source"], found["replacement"]
    assert (source["instance"], source["type"]) == (recovered.instance_id, "ecs.g7.xlarge")
    assert source["tags"] == dict(recovered.specified.source.tags)
    assert replacement["instance"] == "i-bp1replacement00001"
    assert (replacement["type"], replacement["zone"]) == ("ecs.g8i.xlarge", "cn-hangzhou-g")
    assert replacement["private_ip"] == "192.168.1.9"
    assert replacement["name"] == recovered.specified.launch.name


def test_every_disk_has_its_data_point(recovered: Progress) -> None:
    """The image holds a cloud disk as of its acceptance, and a local disk not at all."""
    disks = {disk["disk"]: disk for disk in written(recovered)["disks"]}

    assert disks["d-goes"]["data_point"] == "2026-11-23T00:00:03Z"
    assert disks["d-stays"]["data_point"] == "2026-11-23T00:00:03Z"
    assert disks["d-local"]["data_point"] == ""


@pytest.mark.parametrize(
    ("refused", "retained"),
    [
        ("", {"d-goes": True, "d-stays": True, "d-local": False}),
        ("Forbidden", {"d-goes": False, "d-stays": True, "d-local": False}),
    ],
)
def test_disk_counts_as_retained_only_when_it_is(
    recovered: Progress, refused: str, retained: dict[str, bool]
) -> None:
    """After a refusal nobody is promised a disk that goes with its instance."""
    progress = replace(
        recovered, retained=Retained((GOES, STAYS, LOCAL), sent=True, refused=refused)
    )

    disks = written(progress)["disks"]

    assert {disk["disk"]: disk["retained"] for disk in disks} == retained


def test_timeline_tells_seconds_after_the_notice(progress: Progress) -> None:
    """Each mark has its instant, its distance from T0 and its resource."""
    marked = progress.marked("image accepted", T0 + 3.14, "m-1")

    (line,) = written(marked)["timeline"]

    assert line == {
        "what": "image accepted",
        "at": "2026-11-23T00:00:03Z",
        "seconds_after_t0": 3.1,
        "resource": "m-1",
    }


def test_dropped_user_data_is_named_where_something_was_launched(recovered: Progress) -> None:
    """It is dropped on purpose, so that it is no loss that makes a recovery a degraded one."""
    assert recovered.specified is not None
    drops = replace(recovered.specified, drops_user_data=True)

    found = written(replace(recovered, specified=drops))

    assert [one["what"] for one in found["dropped"]] == ["user data"]
    assert "user data" not in [one["what"] for one in found["not_kept"]]
    assert list(written(recovered)["dropped"]) == []


def test_losses_and_refusals_are_named(recovered: Progress) -> None:
    """What was not kept, what was refused and what is one too many are in the receipt."""
    quarantined = replace(recovered.launched, quarantined=("i-second",))
    progress = replace(recovered, launched=quarantined).remarked("tag a", "no room")

    found = written(progress)

    assert found["not_kept"][-1] == {"what": "tag a", "why": "no room"}
    assert len(found["refused"]) == len(recovered.launched.refusals)
    assert found["refused"][0]["code"] == "OperationDenied.NoStock"
    assert found["quarantined"] == ["i-second"]


@pytest.mark.parametrize("mootness", list(Mootness))
def test_moot_recreation_says_why(progress: Progress, mootness: Mootness) -> None:
    """A recreation without a replacement says what made it moot."""
    found = written(replace(progress, moot=mootness, moot_reason="it is not a spot instance"))

    assert (found["outcome"], found["reason"]) == (mootness.value, "it is not a spot instance")


def test_unfinished_recreation_promises_nothing(progress: Progress) -> None:
    """A receipt of a recreation that has only begun has a source and no replacement."""
    found = written(progress)

    assert found["outcome"] == "unfinished"
    assert found["source"]["instance"] == progress.instance_id
    assert not found["replacement"].get("instance")
    assert (found["image"], found["disks"]) == ("", [])


def test_accepted_is_not_recovered(recovered: Progress) -> None:
    """An instance that was never seen Running is no recovery."""
    launched = replace(recovered.launched, running_at=0.0)

    assert written(replace(recovered, launched=launched))["outcome"] == "unfinished"


def test_data_point_is_that_of_the_cloud_when_it_is_earlier(recovered: Progress) -> None:
    """After a lost answer the image is older than our knowledge of it, and so is its data."""
    launched = replace(recovered.launched, image_begun_at=T0 + 1.0)

    disks = {disk["disk"]: disk for disk in written(replace(recovered, launched=launched))["disks"]}

    assert disks["d-goes"]["data_point"] == "2026-11-23T00:00:01Z"
    assert disks["d-goes"]["data_point_after_t0"] == 1.0
