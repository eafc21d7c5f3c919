"""`aliyun-ops audit` over the real command line: what it tells, records and sets."""

import json
import stat
from pathlib import Path

from tests.e2e.conftest import REGION, Installation
from tests.e2e.surroundings import environment
from worker.core.capture import read_capture

KEY = environment()["ALIYUN_OPS_SIGNING_KEY"]
NOT_ALL = "aliyun-ops: not every instance would survive an interruption\n"


def configure(installation: Installation, **more: object) -> None:
    """Change the configuration of this installation."""
    settings = json.loads(installation.config.read_text(encoding="utf-8"))
    installation.config.write_text(json.dumps({**settings, **more}), encoding="utf-8")


def survival(installation: Installation) -> dict[str, str]:
    """What is said of each instance, by its name."""
    told = json.loads(installation.command("audit", "--json").stdout)
    return {one["name"]: one["survival"] for one in told["instances"]}


def test_an_empty_region_is_no_failure(installation: Installation) -> None:
    """Nothing to lose is exit code 0."""
    shown = installation.command("audit")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout == "No spot instance of this region is ours to recreate.\n"


def test_audit_tells_records_and_sets(installation: Installation) -> None:
    """From what would be lost, over what is recorded, to what --fix makes better."""
    old = {"category": "cloud_efficiency", "size": 500}
    first = installation.seed(
        name="订单服务-01", instance_type="ecs.g6.large", data_disks=[old], ram_role_name="db-role"
    )
    installation.seed(name="web", user_data="password: hunter2")
    installation.seed(name="economical", spot_interruption_behavior="Stop")
    installation.seed(name="node", tags={"ack.aliyun.com": "c1"})

    told = installation.command("audit")

    assert (told.returncode, told.stderr) == (1, NOT_ALL)
    assert told.stdout.index("订单服务-01") < told.stdout.index("web") < told.stdout.index("node")
    assert survival(installation) == {"订单服务-01": "no", "web": "at_risk", "economical": "yes"}

    records(installation, first)
    sets(installation)


def records(installation: Installation, first: str) -> None:
    """One signed file per instance, for its owner only."""
    directory = installation.directory / "captures"
    recorded = installation.command("audit", "--record", str(directory), "--json")
    again = installation.command("audit", "--record", str(directory))

    assert recorded.returncode == again.returncode == 1
    files = sorted(directory.iterdir())
    assert [str(one) for one in files] == sorted(json.loads(recorded.stdout)["recorded"])
    assert len(files) == 3
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    document = json.loads((directory / f"{first}.json").read_text(encoding="utf-8"))
    captured = read_capture(document, (KEY.encode(),)).captured
    assert (captured.instance.name, captured.ram_role) == ("订单服务-01", "db-role")
    assert [disk.size for disk in captured.disks] == [40, 500]
    assert not any(secret in read(files) for secret in (KEY, "hunter2", "emulator-secret"))
    dry = installation.command("audit", "--dry-run", "--record", str(directory / "dry"))
    assert dry.returncode == 1
    assert not (directory / "dry").exists()


def read(files: list[Path]) -> str:
    return "".join(one.read_text(encoding="utf-8") for one in files)


def sets(installation: Installation) -> None:
    """Shown first, then asked for, then made; a refusal is told and makes it exit code 1."""
    dry = installation.command("audit", "--fix", "--dry-run")
    unasked = installation.command("audit", "--fix")

    assert "Nothing was changed." in dry.stdout
    assert unasked.returncode == 2
    assert "nobody can confirm" in unasked.stderr
    assert all(disk["delete_with_instance"] for disk in installation.look("disks"))

    fixed = installation.command("audit", "--fix", "--yes")

    assert fixed.stderr.endswith(NOT_ALL)
    assert fixed.stdout.count("done: ") == 2
    assert "costs after every release" in fixed.stderr
    assert fixed.stdout.endswith("Run `audit` again to see what is left to do.\n")
    assert survival(installation) == {
        "订单服务-01": "at_risk",
        "web": "likely",
        "economical": "yes",
    }
    assert installation.command("audit").returncode == 0

    configure(installation, audit={"snapshot_policy": "sp-bp1nobody"})
    refused = installation.command("audit", "--fix", "--yes")
    assert refused.returncode == 1
    assert refused.stdout.count("InvalidAutoSnapshotPolicyId.NotFound") == 3
    assert "not everything was changed" in refused.stderr
    assert installation.look("complaints") == []


def test_a_policy_is_given_to_disks_that_have_none(installation: Installation) -> None:
    """And the next audit has nothing more to set."""
    installation.seed(data_disks=[{"size": 20, "auto_snapshot_policy_id": "sp-bp1other"}])
    make = {
        "product": "ecs",
        "action": "CreateAutoSnapshotPolicy",
        "params": {"regionId": REGION, "repeatWeekdays": '["1"]', "timePoints": '["2"]'},
    }
    installation.order("scenario", regions={REGION: {"calls": [make]}})
    made = [one for one in installation.look("ledger") if one["action"] == make["action"]]
    configure(installation, audit={"snapshot_policy": made[0]["resource_id"]})

    first = installation.json("audit", "--fix", "--yes")
    second = installation.json("audit", "--fix", "--yes")

    assert [(one["what"], len(one["disks"]), one["done"]) for one in first["fixed"]] == [
        ("outlive", 2, True),
        ("policy", 1, True),
    ]
    assert second["changes"] == []
