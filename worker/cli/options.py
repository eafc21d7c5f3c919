"""Options that many commands share, each with one name, one help text and one meaning."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click
from typing_extensions import override

from worker.cli.failures import LANGUAGE

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


def _noted(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Keep the language where a failure finds it, whichever command it ends."""
    ctx.meta[LANGUAGE] = value
    return value


language_option = click.option(
    "--language",
    type=click.Choice(["en", "zh"]),
    callback=_noted,
    is_eager=True,
    help="Language of the output [default: that of the environment's locale, else en].",
)


def output_options(function: Function) -> Function:
    """Add --language and --json, which every command that prints for people has."""
    return language_option(json_option(function))


class DurationType(click.ParamType[float]):
    """A duration with its unit, as in configuration files; seconds for the command."""

    name = "duration"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the text."""
        from pydantic_core import PydanticCustomError  # noqa: PLC0415 - see `load_settings`

        from worker.settings.units import DURATION  # noqa: PLC0415 - as above

        if isinstance(value, float):
            return value
        try:
            return DURATION.read(str(value))
        except PydanticCustomError as error:
            advice = (error.context or {}).get("advice", "")
            self.fail(f"{value!r} {error.message()}; {advice}", param, ctx)


class StepType(click.ParamType[str]):
    """The name of a step."""

    name = "step"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Look it up; a word that is none would match nothing, and look like good news."""
        from worker.core.outcomes import StepName  # noqa: PLC0415 - see `load_settings`

        known = [one.value for one in StepName]
        if value and value not in known:
            self.fail(f"{value!r} is no step; there are {', '.join(known)}", param, ctx)
        return str(value)


def dead_letter_filters(function: Function) -> Function:
    """Add what chooses among dead letters: ids, age, step, error, instance."""
    options = (
        click.argument("ids", metavar="[ID...]", nargs=-1),
        click.option("--instance", default="", metavar="ID", help="Of this source only."),
        click.option(
            "--step",
            type=StepType(),
            default="",
            metavar="STEP",
            help="Parked at this step only, such as launch.",
        ),
        click.option(
            "--error",
            default="",
            metavar="WORD",
            help="With this reason, code or class of error only, such as no_stock; or moved, undelivered.",
        ),
        click.option(
            "--older-than", type=DurationType(), metavar="AGE", help="At least so old, as 2h or 1d."
        ),
        click.option("--younger-than", type=DurationType(), metavar="AGE", help="At most so old."),
    )
    for option in reversed(options):
        function = option(function)
    return function
