"""`aliyun-ops config`: what is in force, whether it can work, and what there is to set."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import click
import yaml

from worker.cli.failures import WrongUsage
from worker.cli.options import (
    config_option,
    config_path,
    examples,
    json_option,
    language_option,
    load_settings,
    pass_settings,
)
from worker.cli.output import print_json
from worker.cli.wordings import wording_of
from worker.ops.wording import Wording
from worker.settings import Settings, SettingsError, example_yaml, find_file, receives_needed
from worker.settings.problems import Problem

# Good for `rule` and `doctor`, which need no key, and no configuration that a worker starts with.
NO_KEY = Problem("ALIYUN_OPS_SIGNING_KEY", "is not set", "make one with: openssl rand -hex 32")


@click.group(
    epilog=examples(
        "aliyun-ops config check", "aliyun-ops config check --json --config deploy/production.yaml"
    )
)
@config_option
def config() -> None:
    """Check and show the configuration.

    The file is the one named with --config, else with ALIYUN_OPS_CONFIG, else ./config.yaml. What the file leaves open has
    a default; account and region may come from the environment; secrets always do.
    """


@config.command(short_help="Say whether the configuration can work.")
@config_option
@language_option
@json_option
@click.pass_context
def check(ctx: click.Context, *, language: str | None, as_json: bool) -> None:
    """Say whether the configuration can work, and everything that is wrong with it.

    Calls nothing in the cloud. Exit code 2 when something is wrong with it, or when it is good but the worker would not
    start with this environment, because the signing key is missing.
    """
    try:
        settings = load_settings(ctx)
        file = find_file(config_path(ctx), os.environ)
    except SettingsError as error:
        if not as_json:
            raise
        print_json({"ok": False, "problems": _as_data(error.problems)})
        sys.exit(WrongUsage.exit_code)
    missing = [] if settings.signing_keys else [NO_KEY]
    if as_json:
        told: dict[str, Any] = {
            "ok": not missing,
            "file": str(file),
            "receives": _receives(settings),
            "signing_keys": len(settings.signing_keys),
        }
        print_json({**told, "problems": _as_data(missing)} if missing else told)
        sys.exit(WrongUsage.exit_code if missing else 0)
    _tell(settings, str(file), wording_of(language))
    if missing:
        raise WrongUsage(
            "ALIYUN_OPS_SIGNING_KEY is not set: the worker would not start; make one with: openssl rand -hex 32"
        )


@config.command(
    short_help="Print the settings in force.",
    epilog=examples("aliyun-ops config show", "aliyun-ops config show --json | jq .queue"),
)
@pass_settings
@json_option
def show(settings: Settings, *, as_json: bool) -> None:
    """Print the settings in force: file, environment, defaults and derived addresses.

    The output is a configuration file with the same effect. No secret is in it.
    """
    if as_json:
        print_json(settings.effective())
        return
    click.echo(yaml.safe_dump(settings.effective(), sort_keys=False, allow_unicode=True), nl=False)


@config.command(
    short_help="Print a complete configuration file.",
    epilog=examples("aliyun-ops config example > config.yaml"),
)
def example() -> None:
    """Print a complete configuration file: every key with its default and what it means."""
    click.echo(example_yaml(), nl=False)


def _as_data(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [
        {"path": each.path, "problem": each.problem, "advice": each.advice} for each in problems
    ]


def _receives(settings: Settings) -> dict[str, Any]:
    needed = receives_needed(settings.notice, settings.worker)
    return {
        "limit": settings.queue.max_receive_count,
        "needed": needed.total,
        "delivery": needed.delivery,
        "hand_backs": needed.hand_backs,
        "crashes": needed.crashes,
    }


def _tell(settings: Settings, file: str, wording: Wording) -> None:
    told = [
        wording(
            "config.good",
            file=file,
            account=settings.account_id,
            region=settings.region,
            owner=settings.owner,
        ),
        wording("config.receives", **_receives(settings)),
    ]
    if settings.signing_keys:
        told.append(wording("config.signed", number=len(settings.signing_keys)))
    # At once: who reads only its beginning must not make it fail.
    click.echo("\n".join(told))
