"""`aliyun-ops rule` as a user types it, against the emulator."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from tests.contract.rule_world import CALM, World, world_with
from worker.adapters import credentials
from worker.cli import main

SECRET = "rule-secret"
QUEUES = ["spot-interruptions-dead", "spot-interruptions-undelivered", "spot-interruptions"]


class CommandLine:
    """The program with a configuration file that points at an emulator."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world = world
        self.file = directory / "emulator.yaml"
        self.file.write_text(yaml.safe_dump(world.settings().effective()), encoding="utf-8")

    def __call__(self, *arguments: str, secret: str = SECRET) -> Result:
        environ = {credentials.KEY_ID: "rule", credentials.KEY_SECRET: secret}
        return CliRunner(env=environ).invoke(main, ["--config", str(self.file), "rule", *arguments])


@pytest.fixture
def rule(tmp_path: Path) -> Iterator[CommandLine]:
    with world_with(CALM) as world:
        yield CommandLine(world, tmp_path)


def test_plan_apply_plan(rule: CommandLine) -> None:
    """A plan tells what apply does, apply tells that it did it, and then there is nothing to do."""
    planned, applied, again = rule("plan"), rule("apply", "--yes"), rule("apply", "--yes")

    assert [planned.exit_code, applied.exit_code, again.exit_code] == [0, 0, 0]
    assert (
        planned.stdout.splitlines()[0] == "+ create the dead-letter queue spot-interruptions-dead"
    )
    assert applied.stdout.startswith(planned.stdout)
    assert applied.stdout.splitlines()[-2].startswith("done: create the rule spot-interruptions")
    assert again.stdout == "Nothing to change.\n"


def test_dry_runs_change_nothing(rule: CommandLine) -> None:
    """--dry-run tells and does nothing, for apply and for destroy."""
    before = rule("show", "--json").stdout
    rule("apply", "--dry-run")
    assert rule("show", "--json").stdout == before

    rule("apply", "--yes")
    made = rule("show", "--json").stdout
    dry = rule("destroy", "--dry-run")

    assert "- delete the rule spot-interruptions on bus default" in dry.stdout
    assert rule("show", "--json").stdout == made


@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_nobody_to_ask_is_wrong_usage(rule: CommandLine, command: str) -> None:
    """Where nobody can answer, nothing is changed without --yes."""
    if command == "destroy":
        rule("apply", "--yes")

    result = rule(command)

    assert result.exit_code == 2
    assert (
        result.stderr
        == "aliyun-ops: nobody can confirm here: add --yes, or --dry-run to change nothing\n"
    )


def test_json_is_one_document(rule: CommandLine) -> None:
    """With --json, plan, apply and destroy print one document that a program can read."""
    planned = json.loads(rule("plan", "--json").stdout)
    applied = json.loads(rule("apply", "--yes", "--json").stdout)
    destroyed = json.loads(rule("destroy", "--yes", "--json").stdout)

    assert [change["kind"] for change in planned["changes"]] == applied["done"]
    assert (planned["done"], planned["refusals"]) == ([], [])
    assert destroyed["done"] == ["delete-target", "delete-rule", *["delete-queue"] * 3]


def test_show_for_people_and_programs(rule: CommandLine) -> None:
    """`show` has one line for each thing, and JSON with all of it."""
    assert "spot-interruptions\t-\t-\t-\tmissing" in rule("show").stdout
    rule("apply", "--yes")

    lines = rule("show").stdout.splitlines()

    assert lines[2] == "spot-interruptions\tdefault\t1m\t7d\tspot-interruptions-dead after 200"
    assert lines[3].startswith("spot-interruptions\tenabled\tspot-interruptions\tacs:mns:")
    assert lines[4].endswith(": exists")
    assert list(json.loads(rule("show", "--json").stdout)["queues"]) == QUEUES


def test_test_asks_the_cloud_and_sends_only_when_told(rule: CommandLine) -> None:
    """`test` compares both judgements; --send puts one harmless message into the queue."""
    rule("apply", "--yes")

    tested = json.loads(rule("test", "--json").stdout)
    assert tested["message_id"] is None
    assert all(sample["remote"] is sample["expected"] for sample in tested["samples"])
    assert not rule.world.cloud().holds_message("spot-interruptions")

    assert "is in spot-interruptions" in rule("test", "--send").stdout
    assert rule.world.cloud().holds_message("spot-interruptions")


def test_refusal_fails_and_names_the_reason(rule: CommandLine) -> None:
    """A foreign owner's things end in exit code 1 and one sentence."""
    rule.world.set_up(owner="staging")

    for command in (("plan",), ("apply", "--yes")):
        result = rule(*command)

        assert result.exit_code == 1
        assert result.stderr.startswith(
            "aliyun-ops: nothing was changed: the queue spot-interruptions-dead belongs"
        )


def test_failed_request_is_one_sentence(rule: CommandLine) -> None:
    """A refused signature is told without a traceback and without the secret."""
    result = rule("plan", secret="not-the-secret")

    assert result.exit_code == 1
    assert result.stderr.startswith("aliyun-ops: GetQueueAttributes failed: ")
    assert result.stderr.count("\n") == 1
    assert "not-the-secret" not in result.output


def test_missing_credentials_are_one_sentence(rule: CommandLine) -> None:
    """Half a pair of keys is told before any request."""
    result = rule("plan", secret="")

    assert result.exit_code == 1
    assert (
        "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET are not both set"
        in result.stderr
    )
