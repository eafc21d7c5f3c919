"""`aliyun-ops drill` over HTTP: what it makes and takes away, and that its instance is left alone."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import REGION, Installation
from worker.core.grants import GRANTS, actions_of


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """A cloud whose images take a second: a drill holds no lease that could run out."""
    made = Installation(tmp_path)
    try:
        made.begin(speed=150.0)
        yield made
        assert made.denied() == {}
    finally:
        made.end()


def state_of(installation: Installation, instance_id: str) -> tuple[Any, Any]:
    """Everything about an instance and its disks but what its own software writes."""
    (instance,) = (one for one in installation.look("instances") if one["id"] == instance_id)
    disks = [one for one in installation.look("disks") if one["instance_id"] == instance_id]
    return instance, [{**disk, "content": None} for disk in disks]


def test_a_drill_passes_and_leaves_nothing(installation: Installation) -> None:
    """Image, candidates, a dry run; then everything is gone and the instance as it was."""
    source = installation.seed(name="订单服务-01", data_disks=[{"size": 20}])
    before = state_of(installation, source)

    unasked = installation.command("drill", "--instance", source)
    assert unasked.returncode == 2
    assert "nobody can confirm" in unasked.stderr
    assert "Cost:" in unasked.stdout

    done = installation.json("drill", "--instance", source, "--yes")

    assert done["passed"] is True
    assert done["image_seconds"] > 0
    assert done["candidates"][0]["would_launch"] is True
    assert [one["kind"] for one in done["cleaned"]] == ["image", "snapshot", "snapshot"]
    assert {one["fate"] for one in done["cleaned"]} == {"deleted"}
    assert done["receipt"]["source"]["name"] == "订单服务-01"
    assert state_of(installation, source) == before
    assert len(installation.look("instances")) == 1
    assert installation.look("images") == installation.look("snapshots") == []
    assert installation.look("complaints") == []


def test_a_launched_replacement_stands_apart_and_goes(installation: Installation) -> None:
    source = installation.seed(name="web-01", security_groups=2, ram_role_name="shop-role")
    before = state_of(installation, source)
    settings = json.loads(installation.config.read_text(encoding="utf-8"))
    settings["launch"] = {"max_price_percent": 100}
    installation.config.write_text(json.dumps(settings), encoding="utf-8")
    checked = installation.json("drill", "--instance", source, "--yes")
    group = checked["receipt"]["source"]["security_groups"][1]

    kept = installation.json(
        *("drill", "--instance", source, "--launch", "--security-group", group),
        *("--yes", "--keep"),
    )

    assert kept["passed"] is True
    (replacement,) = (one for one in installation.look("instances") if one["id"] != source)
    assert replacement["id"] == kept["receipt"]["replacement"]["instance"]
    assert kept["receipt"]["replacement"]["security_groups"] == [group]
    assert replacement["tags"]["spot-recreation:drill"] == kept["drill"]
    assert "spot-recreation:lineage" not in replacement["tags"]
    assert not replacement["public_ip"]
    assert state_of(installation, source) == before

    cleaned = installation.json("drill", "--clean", "--instance", source, "--yes")

    assert [one["fate"] for one in cleaned["cleaned"]] == ["deleted"] * 3
    installation.order("clock", advance=60)
    assert [one["id"] for one in installation.look("instances")] == [source]
    assert [one["instance_id"] for one in installation.look("disks")] == [source]
    assert installation.look("images") == installation.look("snapshots") == []
    again = installation.command("drill", "--clean", "--instance", source, "--yes")
    assert "No drill of" in again.stdout
    assert state_of(installation, source) == before
    # That was all that a drill can do: no grant is there for nothing.
    granted = set(actions_of("drill"))
    explained = {action for grant in GRANTS["drill"] for action in grant.unrecorded}
    assert granted - installation.needed("drill") - explained == set()


def test_an_interrupted_drill_goes_on(installation: Installation) -> None:
    """Killed while its image is made, the same command finishes that very drill."""
    source = installation.seed()
    config = ("--config", str(installation.config))
    first = installation.start(
        "worker", *config, "drill", "--instance", source, "--yes", role="drill"
    )
    first.until(lambda line: "image begun" in line)
    first.popen.send_signal(signal.SIGKILL)
    first.popen.wait()
    (image,) = installation.look("images")

    shown = installation.json("drill", "--instance", source, "--dry-run")
    done = installation.json("drill", "--instance", source, "--yes")

    assert shown["resumes"] == [image["id"]]
    assert shown["drill"] == done["drill"] == image["tags"]["spot-recreation:drill"]
    assert done["passed"] is True
    assert image["id"] in [one["id"] for one in done["cleaned"]]
    assert installation.look("images") == installation.look("snapshots") == []


def test_without_stock_it_says_so_and_cleans_up(installation: Installation) -> None:
    source = installation.seed()
    fault = {"action": "RunInstances", "count": 100}
    installation.order(
        "faults", **fault, answer="refuse", code="OperationDenied.NoStock", status=403
    )

    done = installation.command("drill", "--instance", source, "--yes", "--language", "zh")

    assert done.returncode == 1, done.stdout
    assert "OperationDenied.NoStock" in done.stdout
    assert "未通过" in done.stdout
    assert installation.look("images") == installation.look("snapshots") == []


def test_a_drill_touches_nothing_but_its_own(installation: Installation) -> None:
    """An image that somebody else made of the instance stays, and a wrong use is told."""
    source = installation.seed()
    call = {
        "product": "ecs",
        "action": "CreateImage",
        "params": {"InstanceId": source, "ImageName": "theirs"},
    }
    installation.order("scenario", regions={REGION: {"calls": [call]}})
    installation.order("clock", advance=900)

    done = installation.command("drill", "--instance", source, "--yes")
    unknown = installation.command("drill", "--instance", "i-bp1nosuchinstance01", "--yes")
    ungrouped = installation.command("drill", "--instance", source, "--launch", "--yes")

    assert done.returncode == 0, done.stderr
    assert [one["name"] for one in installation.look("images")] == ["theirs"]
    assert unknown.returncode == 1
    assert "is not known" in unknown.stderr
    assert ungrouped.returncode == 2
    assert "--security-group" in ungrouped.stderr
