"""Every command runs under its own RAM policy: no call lacks a grant, and no grant is there for nothing."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from tests.e2e.conftest import RAM, REGION, Installation
from worker.core.grants import GRANTS, Role, actions_of

DAY = 86_400.0
DISK = {"category": "cloud_essd", "size": 20}


def unexplained(installation: Installation, role: Role, needed: Iterable[str] = ()) -> set[str]:
    """Actions that are granted to a role and neither needed by it so far nor explained."""
    explained = {action for grant in GRANTS[role] for action in grant.unrecorded}
    return set(actions_of(role)) - installation.needed(role) - explained - set(needed)


def configure(installation: Installation, **more: Any) -> None:
    settings = json.loads(installation.config.read_text(encoding="utf-8"))
    installation.config.write_text(json.dumps({**settings, **more}), encoding="utf-8")


def seed(installation: Installation) -> tuple[str, str, str]:
    """A source that everything hangs on, one with a static address, and one in economical mode."""
    member = {"server": "shop", "port": 8080, "weight": 30}
    standby = {"server": "batch", "port": 8080}
    everything = {
        "name": "shop",
        "system_disk": DISK,
        "data_disks": [DISK],
        "tags": {"team": "trade"},
        "ram_role_name": "shop-role",
        "eip": True,
        "secondary_interfaces": 1,
    }
    static = {"name": "static", "system_disk": DISK, "bandwidth_out": 5}
    economical = {"name": "batch", "system_disk": DISK, "spot_interruption_behavior": "Stop"}
    balancers = [
        {
            "kind": "clb",
            "servers": [{"server": "shop", "weight": 80}],
            "vserver_groups": [{"name": "api", "servers": [member]}],
        },
        {"kind": "clb", "pairs": [{"servers": [member, standby], "listeners": [80, "udp/53"]}]},
        {"kind": "alb", "servers": [member]},
        {"kind": "nlb", "servers": [member]},
    ]
    region = {"instances": [everything, static, economical], "balancers": balancers}
    made = installation.order("scenario", regions={REGION: region})
    first, second, third = made["instances"][REGION]
    return first, second, third


def recreate(installation: Installation, sources: tuple[str, ...]) -> None:
    running = installation.start("worker", "--config", str(installation.config), "run")
    running.until_fact("worker_started")
    for source in sources:
        installation.order("interrupt", instance_id=source)
    for _ in sources:
        running.until_fact("recreation_finished", outcome="recovered")
    running.end()


def test_worker_and_sweep(installation: Installation) -> None:
    """All that the worker can do for a source, what parks, and what is swept up in the end."""
    configure(
        installation,
        handover={"interfaces": True, "convert_public_ip": True},
        launch={"reclaimed_pool": "first", "max_price_percent": 100},
        quiesce={"command": "sync"},
        health={"check": "command", "command": "true"},
        clone={"data_disks": "reattach", "user_data": "rerun"},
    )
    sources = seed(installation)
    recreate(installation, sources)
    installation.command("rule", "test", "--send")
    idle = installation.start("worker", "--config", str(installation.config), "run", "--until-idle")
    assert idle.popen.wait(60.0) == 0
    assert installation.json("status")

    assert unexplained(installation, "worker") == set()

    installation.order("clock", advance=600)
    installation.order("clock", advance=8 * DAY)
    disks = [one["id"] for one in installation.json("sweep")["things"] if one["kind"] == "disk"]
    installation.command("sweep", "--apply", "--yes")
    installation.command("sweep", "--apply", "--yes", *disks)

    assert unexplained(installation, "sweep") == set()


def test_rule(installation: Installation) -> None:
    """From nothing to a rule, another pattern, a disabled rule, a lost target, and to nothing again."""
    named = {"EventBusName": "default", "RuleName": "spot-interruptions"}

    def change(action: str, **params: Any) -> None:
        call = {"product": "eventbridge", "action": action, "params": {**named, **params}}
        installation.order("scenario", regions={REGION: {"calls": [call]}})

    configure(installation, queue={"retention": "6d"})
    change(
        "UpdateRule", FilterPattern='{"source":["acs.oss"]}', Description="aliyun-ops owner=default"
    )
    change("DisableRule")
    installation.order("clock", advance=60)
    assert installation.command("rule", "apply", "--yes").returncode == 0
    change("DeleteTargets", TargetIds=json.dumps(["spot-interruptions"]))
    assert installation.command("rule", "apply", "--yes").returncode == 0
    assert installation.command("rule", "test", "--send").returncode == 0
    assert installation.command("rule", "show").returncode == 0
    assert installation.command("rule", "destroy", "--purge", "--yes").returncode == 0

    assert unexplained(installation, "rule") == set()


def test_audit(installation: Installation) -> None:
    """With its capture and its changes."""
    installation.order(
        "scenario",
        regions={
            REGION: {
                "instances": [{"name": "old", "data_disks": [{"category": "cloud", "size": 40}]}],
                "calls": [
                    {
                        "product": "ecs",
                        "action": "CreateAutoSnapshotPolicy",
                        "params": {
                            "regionId": REGION,
                            "timePoints": '["1"]',
                            "repeatWeekdays": '["1"]',
                            "retentionDays": 7,
                        },
                    }
                ],
            }
        },
    )
    (policy,) = [
        entry["resource_id"]
        for entry in installation.look("ledger")
        if entry["action"] == "CreateAutoSnapshotPolicy"
    ]
    configure(installation, audit={"snapshot_policy": policy})
    captures = str(installation.directory / "captures")
    installation.command("audit", "--record", captures, "--fix", "--yes")

    assert unexplained(installation, "audit") == set()


@pytest.mark.parametrize("denied", ["ecs:CreateImage", "mns:BatchReceiveMessage"])
def test_a_missing_grant_is_seen(installation: Installation, denied: str) -> None:
    """The worker cannot do what its policy does not say: so the tests above mean something."""
    installation.expects_denials = True
    document = json.loads((RAM / "worker.json").read_text(encoding="utf-8"))
    for statement in document["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != denied]
    document["Statement"] = [one for one in document["Statement"] if one["Action"]]
    installation.order(
        "access-keys", access_key_id="worker", secret="worker-secret", policies=[document]
    )
    running = installation.start("worker", "--config", str(installation.config), "run")
    installation.order("interrupt", instance_id=installation.seed(name="web"))
    running.until(lambda line: "AccessDenied" in line or "Forbidden.RAM" in line)
    running.end()

    assert installation.denied() == {"worker": {denied}}
