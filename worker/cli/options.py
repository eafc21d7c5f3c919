"""Options that many commands share, each with one name, one help text and one meaning."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from worker.settings import Settings

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass
class Invocation:
    """What was said before the command's name and counts for the command."""

    config: str | None = None


def _remember(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    invocation = ctx.ensure_object(Invocation)
    if value is not None:
        invocation.config = value


def config_option(function: Function) -> Function:
    """Add --config, which may stand before or after any command; the last one counts."""
    return click.option(
        "--config",
        metavar="FILE",
        callback=_remember,
        expose_value=False,
        help="Configuration file [default: $ALIYUN_OPS_CONFIG, else ./config.yaml].",
    )(function)


def pass_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --config and pass the loaded settings as the first argument."""

    @click.pass_context
    def with_settings(ctx: click.Context, *args: Any, **kwargs: Any) -> Any:
        return function(load_settings(ctx), *args, **kwargs)

    return config_option(functools.update_wrapper(with_settings, function))


def load_settings(ctx: click.Context) -> "Settings":
    """Load the settings from the file that was named and from the environment."""
    from worker.settings import load  # noqa: PLC0415 - `--help` must not pay for pydantic

    return load(config_path(ctx), os.environ)


def config_path(ctx: click.Context) -> str | None:
    """Return the file named with --config, if one was."""
    return ctx.ensure_object(Invocation).config


def examples(*lines: str) -> str:
    """Write the examples at the end of a command's help, one a line."""
    # Click keeps the lines of a paragraph that begins with a backspace character.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be done and change nothing."
)
yes_option = click.option(
    "--yes", "-y", is_flag=True, help="Do not ask; needed where nobody can answer."
)
language_option = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    help="Language of the output [default: that of the environment's locale, else en].",
)
