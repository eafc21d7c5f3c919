"""A click group that imports a command when it is called, and lists all of them without importing any.

All commands come through here, so this is where they get their language.
"""

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from typing_extensions import override


class Command(NamedTuple):
    """Where a command is, as `module:name`, and what it does in one line."""

    target: str
    summary: str


class SpokenContext(click.Context):
    """A context whose help is in the language of who asks."""

    @override
    def make_formatter(self) -> click.HelpFormatter:
        """Make the formatter."""
        from worker.cli.help_format import help_format  # noqa: PLC0415 - only a help pays for it

        return help_format(self)


def spoken(command: click.Command) -> click.Command:
    """Let a command and all below it explain themselves in the language of who asks."""
    command.context_class = SpokenContext
    if isinstance(command, click.Group):
        for below in command.commands.values():
            spoken(below)
    return command


class LazyGroup(click.Group):
    """A group whose commands stand in a table."""

    context_class = SpokenContext

    def __init__(self, *args: Any, commands_from: Mapping[str, Command], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = commands_from

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the table."""
        return list(self._table)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        if cmd_name not in self._table:
            return None
        module, _, name = self._table[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return spoken(command)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in self._table.items()])
