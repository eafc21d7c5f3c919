"""`aliyun-ops drill` over HTTP: what it makes and takes away, and that its instance is left alone."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import REGION, Installation
from worker.core.grants import GRANTS, actions_of

# Its images take a second: a drill holds no lease that could run out.
FAST = 150.0
# What hangs on a source is looked up within 75 seconds or not at all, also on a busy machine.
UNHURRIED = 10.0


@pytest.fixture
def installation(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Installation]:
    """A cloud at some speed, under the policies."""
    made = Installation(tmp_path)
    try:
        made.begin(speed=getattr(request, "param", FAST))
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


def canary(installation: Installation) -> str:
    """An instance that may be stopped, and on which everything hangs that a drill moves."""
    member = {"server": "canary", "port": 8080, "weight": 30}
    standby = {**member, "server": "standby"}
    instance = {
        "name": "canary",
        "tags": {"spot-recreation:canary": "yes"},
        "ram_role_name": "shop-role",
        "eip": True,
        "system_disk": {"size": 20},
    }
    balancers = [
        {
            "kind": "clb",
            "servers": [{"server": "canary", "weight": 80}],
            "vserver_groups": [{"name": "api", "servers": [member]}],
        },
        {"kind": "clb", "pairs": [{"servers": [member, standby], "listeners": [80]}]},
        {"kind": "alb", "servers": [member]},
        {"kind": "nlb", "servers": [member]},
    ]
    instances = [instance, {"name": "standby", "system_disk": {"size": 20}}]
    region = {"instances": instances, "balancers": balancers}
    made = installation.order("scenario", regions={REGION: region})
    settings = json.loads(installation.config.read_text(encoding="utf-8"))
    settings["launch"] = {"max_price_percent": 100}
    settings["handover"] = {"load_balancers": True}
    installation.config.write_text(json.dumps(settings), encoding="utf-8")
    return str(made["instances"][REGION][0])


def known_by(installation: Installation, source: str) -> tuple[Any, ...]:
    """What others know a server by, and whether it runs."""
    (instance,) = (one for one in installation.look("instances") if one["id"] == source)
    facts = tuple(instance[one] for one in ("status", "public_ip", "private_ip", "tags"))
    return (*facts, installation.look("balancers"))


@pytest.mark.parametrize("installation", [UNHURRIED], indirect=True)
def test_a_canary_is_handed_over_and_comes_back(installation: Installation) -> None:
    """Address and memberships go to the replacement and return; nothing else is left of it."""
    source = canary(installation)
    before = known_by(installation, source)

    done = installation.json("drill", "--instance", source, "--handover", "--yes")

    handed = [one["what"].split(" ")[0] for one in done["receipt"]["handed_over"]]
    assert (done["mode"], done["passed"]) == ("handover", True)
    assert handed == ["elastic", "member", "member", "member", "member"]
    assert {one["fate"] for one in done["cleaned"]} == {"deleted"}
    assert known_by(installation, source) == before
    assert before[0] == "Running"
    assert "a drill leaves master-slave groups alone" in str(done["receipt"]["not_kept"])
    installation.order("clock", advance=60)
    assert {one["name"] for one in installation.look("instances")} == {"canary", "standby"}
    assert installation.look("images") == installation.look("snapshots") == []
    assert installation.look("complaints") == []
    # That was all that a drill can do: no grant is there for nothing.
    granted = set(actions_of("drill"))
    explained = {action for grant in GRANTS["drill"] for action in grant.unrecorded}
    assert granted - installation.needed("drill") - explained == set()


@pytest.mark.parametrize("installation", [UNHURRIED], indirect=True)
def test_a_handover_that_is_killed_comes_back_with_clean(installation: Installation) -> None:
    """In either language it says what it will do; --clean finds by tags what was taken."""
    source = canary(installation)
    before = known_by(installation, source)
    config = ("--config", str(installation.config))
    words = ("drill", "--instance", source, "--handover")
    told = installation.command(*words, "--dry-run", "--language", "zh")
    first = installation.start("worker", *config, *words, "--yes", role="drill")
    first.until(lambda line: "elastic address moved" in line)
    first.popen.send_signal(signal.SIGKILL)
    first.popen.wait()

    again = installation.command(*words, "--yes")
    cleaned = installation.command("drill", "--clean", "--instance", source, "--yes")

    assert "停止该金丝雀实例" in told.stdout
    assert again.returncode == 1
    assert f"drill --clean --instance {source}" in again.stderr
    assert cleaned.returncode == 0, cleaned.stderr
    assert "runs again, with all that was taken" in cleaned.stdout
    shown = installation.command(*words, "--yes", "--language", "zh")
    assert shown.returncode == 0, shown.stderr
    assert "移交给替代实例" in shown.stdout
    assert known_by(installation, source) == before
    assert installation.look("images") == installation.look("snapshots") == []


def test_what_is_no_canary_is_refused(installation: Installation) -> None:
    """One sentence that names the tag; and options that exclude each other."""
    source = installation.seed()

    refused = installation.command("drill", "--instance", source, "--handover", "--yes")
    both = installation.command("drill", "--instance", source, "--handover", "--launch")

    assert (refused.returncode, both.returncode) == (1, 2)
    assert "spot-recreation:canary" in refused.stderr
    assert "give one of --launch, --handover and --clean" in both.stderr


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
