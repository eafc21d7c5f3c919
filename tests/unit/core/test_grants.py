"""The table of grants is sound, and the files in deploy/ram are what it says."""

import json
import re
from pathlib import Path

import pytest

import worker
from emulator.state.ram import Policy, Verdict, decide
from emulator.state.ram_needs import Account, smq_need
from worker.core.grants import (
    DEAD_LETTERS,
    GRANTS,
    HOLDERS,
    PENDING,
    Names,
    Role,
    actions_of,
    operations_at,
    policy_of,
)
from worker.ops.policy_files import files, main

RAM = Path(worker.__file__).parent.parent / "deploy" / "ram"
# Source: RAM, Limits: characters of a custom policy.
POLICY_CHARACTERS_MAX = 6144
ROLES = tuple(GRANTS)


def test_the_files_are_what_the_table_says() -> None:
    """`make policies` writes them."""
    assert {path.name: path.read_text(encoding="utf-8") for path in RAM.iterdir()} == files()


def test_they_are_written_where_one_says(tmp_path: Path) -> None:
    """All of them, and nothing else."""
    main(str(tmp_path))

    assert {path.name for path in tmp_path.iterdir()} == {
        *(f"{role}.json" for role in ROLES),
        "README.md",
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_policy_is_one(role: Role) -> None:
    """As RAM's own pages have it, and short enough for it."""
    document = policy_of(role, Names())

    Policy.read(document)
    assert len(json.dumps(document, separators=(",", ":"))) <= POLICY_CHARACTERS_MAX


@pytest.mark.parametrize("role", ROLES)
def test_every_grant_has_need_and_source(role: Role) -> None:
    """And no action by wildcard; each reason belongs to an action that is granted there."""
    for grant in GRANTS[role]:
        assert grant.need
        assert grant.source
        assert all(re.fullmatch(r"[a-z]+:[A-Za-z]+", action) for action in grant.actions)
        assert set(grant.unrecorded) <= set(grant.actions)
        assert all(grant.unrecorded.values())
    assert set(HOLDERS) == set(GRANTS) >= set(PENDING)


def test_names_of_a_deployment_are_in_its_policy() -> None:
    """Every queue by its own name, and no placeholder is left."""
    named = json.dumps(policy_of("replay", Names("one", "two", "three", "bus")))

    assert not re.search(r"\{[a-z_]+\}", named)
    assert {"/queues/one/messages", "/queues/two/messages", "/queues/three/messages"} <= {
        found.partition("::")[0] for found in re.findall(r"/queues/[a-z]+/messages", named)
    }


def test_an_action_is_listed_once() -> None:
    """Though several grants may hold it."""
    found = list(actions_of("worker"))

    assert len(found) == len(set(found))
    assert "mns:SendMessage" in found


@pytest.mark.parametrize("batch_is_own", [True, False])
@pytest.mark.parametrize(
    ("role", "queue", "operation"),
    [
        ("worker", "spot-interruptions", "BatchReceiveMessage"),
        ("worker", "spot-interruptions", "BatchPeekMessage"),
        ("worker", "spot-interruptions-dead", "BatchPeekMessage"),
        ("replay", "spot-interruptions-dead", "BatchReceiveMessage"),
        ("replay", "spot-interruptions-undelivered", "BatchReceiveMessage"),
    ],
)
def test_a_batch_is_granted_however_ram_calls_it(
    role: Role, queue: str, operation: str, *, batch_is_own: bool
) -> None:
    """Documents differ on whether a batch operation is an action of its own."""
    policies = [Policy.read(policy_of(role, Names()))]
    need = smq_need(Account("cn-hangzhou", "1"), operation, queue, batch_is_own=batch_is_own)

    assert decide(policies, need) is Verdict.ALLOWED


def test_what_is_done_at_a_queue() -> None:
    """Told by the resources of the grants."""
    assert operations_at("worker", DEAD_LETTERS) == {
        "SendMessage",
        "PeekMessage",
        "BatchPeekMessage",
    }
