"""The worker deletes nothing: no code that it is made of can, and no policy of it lets it."""

import ast
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import worker
from tests.unit.test_imports import loaded_by
from worker.ports import (
    Addresses,
    DiskMoves,
    Disks,
    Images,
    Instances,
    Interfaces,
    Sources,
    Stock,
    Tagging,
)
from worker.steps import STEPS

PACKAGE = Path(worker.__file__).parent
RAM = PACKAGE.parent / "deploy" / "ram"
DELETING = PACKAGE / "adapters" / "ecs" / "deletion.py"
REHEARSING = PACKAGE / "adapters" / "ecs" / "rehearsal.py"
# What a step may be given; a port that deletes would have to be added here.
STEP_PORTS = {
    "Addresses",
    "Balancers",
    "Captures",
    "Commands",
    "DiskMoves",
    "Disks",
    "Images",
    "Instances",
    "Interfaces",
    "Probes",
    "Sources",
    "Stock",
    "Tagging",
    "Policy",
}
# ECS and VPC; the queue's own deletion of a message is what ends its work.
# What a disk says of itself.
ATTRIBUTES = {"DeleteWithInstance", "DeleteAutoSnapshot"}
DELETIONS = ("Delete", "Release", "Untag")


def texts(path: Path) -> Iterator[str]:
    """Every text in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def statements(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((RAM / name).read_text(encoding="utf-8"))["Statement"]
    return found


def actions(name: str) -> set[str]:
    """What a policy allows."""
    given = [one["Action"] for one in statements(name)]
    return {each for one in given for each in ([one] if isinstance(one, str) else one)}


def test_only_two_files_name_an_action_that_deletes() -> None:
    """An action is named where it is called: four in one adapter, and the drill's in another."""
    words = {
        (path, text)
        for path in sorted((PACKAGE / "adapters" / "ecs").glob("*.py"))
        for text in texts(path)
        if text.startswith(DELETIONS) and text.isidentifier() and text not in ATTRIBUTES
    }

    kinds = ("Image", "Snapshot", "Disk", "NetworkInterface")
    leftovers = {(DELETING, f"Delete{kind}") for kind in kinds}
    assert words == {*leftovers, (REHEARSING, "DeleteInstance")}


def test_building_a_worker_does_not_even_load_it() -> None:
    """Nor the composition root of the tools that delete."""
    loaded = loaded_by("import worker.bootstrap, worker.steps, worker.engine, worker.consumer")

    assert "worker.adapters.ecs.images" in loaded
    assert loaded.isdisjoint(
        {
            "worker.operators",
            "worker.operator_ports",
            "worker.adapters.ecs.deletion",
            "worker.adapters.ecs.rehearsal",
        }
    )


def test_no_port_of_a_step_deletes() -> None:
    """By the type of every field of every step, and by the name of every method of those."""
    needed = {field.type for step in STEPS for field in fields(step)}  # type: ignore[arg-type]
    names = {one if isinstance(one, str) else one.__name__ for one in needed}
    methods = {
        name
        for port in (
            Addresses,
            DiskMoves,
            Disks,
            Images,
            Instances,
            Interfaces,
            Sources,
            Stock,
            Tagging,
        )
        for name in vars(port)
        if not name.startswith("_")
    }

    assert names - {"StepName"} <= STEP_PORTS
    # `release` of disks says that they go with their instance again.
    assert not {name for name in methods if "delete" in name or "remove" in name}


@pytest.mark.parametrize(
    "name", ["worker.json", "rule.json", "audit.json", "replay.json", "doctor.json"]
)
def test_no_other_policy_lets_delete_anything_of_ecs(name: str) -> None:
    """Only those of sweep and drill may, and a wildcard would too."""
    allowed = {action for action in actions(name) if action.startswith(("ecs:", "vpc:", "*"))}

    assert not {one for one in allowed if "*" in one or one.partition(":")[2].startswith(DELETIONS)}


def test_the_sweep_may_delete_what_it_deletes_and_no_instance() -> None:
    """Each deletion on its own kind of resource, and nothing else that changes."""
    changing = [
        one
        for one in statements("sweep.json")
        if not all(action.partition(":")[2].startswith("Describe") for action in one["Action"])
    ]

    assert {(*one["Action"], *one["Resource"]) for one in changing} == {
        ("ecs:DeleteImage", "acs:ecs:*:*:image/*"),
        ("ecs:DeleteSnapshot", "acs:ecs:*:*:snapshot/*"),
        ("ecs:DeleteDisk", "acs:ecs:*:*:disk/*"),
        ("ecs:DeleteNetworkInterface", "acs:ecs:*:*:eni/*"),
        ("slb:DeleteMasterSlaveServerGroup", "acs:slb:*:*:loadbalancer/*"),
    }
    reading = actions("sweep.json") - {action for one in changing for action in one["Action"]}
    assert all(one.startswith(("ecs:Describe", "slb:Describe", "vpc:Describe")) for one in reading)


def test_a_drill_deletes_only_what_bears_a_drills_mark() -> None:
    """What a recreation has made is out of its reach, and so is every other instance."""
    deleting = [
        one
        for one in statements("drill.json")
        if any("Delete" in action for action in one["Action"])
    ]

    assert [one["Condition"] for one in deleting] == [
        {"StringLike": {"acs:ResourceTag/spot-recreation:drill": "*"}}
    ]
