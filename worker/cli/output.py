"""Prints for people and for programs: tables on a terminal, plain lines elsewhere, JSON when asked."""

import io
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from worker.cli.failures import Failure, WrongUsage
from worker.printable import printable


def print_json(data: Any) -> None:
    """Print one JSON document, as UTF-8; what could steer a terminal is written as escapes."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A program reads it, whatever the locale of the person is.
        sys.stdout.reconfigure(encoding="utf-8")
    click.echo("".join(one if one.isprintable() or one == "\n" else _escaped(one) for one in text))


def _escaped(character: str) -> str:
    """Write a character as JSON does when it must be ASCII."""
    return json.dumps(character)[1:-1]


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on a terminal, and tab-separated lines without a head elsewhere."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(printable(str(cell)) for cell in row))
        return
    from rich import box  # noqa: PLC0415 - only a table on a terminal pays for it
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")  # an id that is cut off is no id
    for row in rows:
        table.add_row(*(printable(str(cell)) for cell in row))
    Console(highlight=False, markup=False).print(table)


def write_file(path: Path, text: str) -> None:
    """Write a file that was asked for, whole or not at all, and say on stderr where it is.

    Raises:
        Failure: It cannot be written.
    """
    from worker.adapters.files import write_whole  # noqa: PLC0415 - only who writes pays for it

    try:
        write_whole(path, text)
    except OSError as error:
        raise Failure(f"{path} cannot be written: {error.strerror}") from None
    click.echo(printable(str(path)), err=True)


def confirm(question: str, *, yes: bool) -> None:
    """Ask on the terminal; with --yes, do not.

    Raises:
        Failure: Nobody can answer, or the answer is no.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise WrongUsage("nobody can confirm here: add --yes, or --dry-run to change nothing")
    try:
        is_wanted = click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        is_wanted = False
    if not is_wanted:
        raise Failure("nothing was changed")
