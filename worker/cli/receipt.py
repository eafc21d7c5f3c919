"""`aliyun-ops receipt`: what became of a recreation."""

import os
import sys
from pathlib import Path

import click

from worker.cli.failures import WrongUsage
from worker.cli.options import config_option, examples, json_option, language_option, load_settings
from worker.cli.output import print_json, write_file
from worker.cli.wordings import wording_of
from worker.ops.printing import console_for, show
from worker.ops.receipt_files import Stored, find, list_directory, read_file
from worker.ops.receipt_list import ID_CHARACTERS, receipt_list
from worker.ops.receipt_page import receipt_page
from worker.ops.receipt_view import receipt_view
from worker.ops.wording import Wording


@click.command(
    epilog=examples(
        "aliyun-ops receipt",
        "aliyun-ops receipt i-bp1abcdefgh12345678",
        "aliyun-ops receipt ./3f2a9c0d.json --language zh",
        "aliyun-ops receipt i-bp1abcdefgh12345678 --html receipt.html",
    )
)
@click.argument("which", metavar="[ID|FILE]", required=False)
@config_option
@language_option
@json_option
@click.option(
    "--html",
    "page",
    metavar="[PAGE]",
    is_flag=False,
    flag_value="",
    help="Write a page for browsers to the file PAGE [default: receipt-ID.html].",
)
@click.pass_context
def receipt(
    ctx: click.Context,
    *,
    which: str | None,
    language: str | None,
    as_json: bool,
    page: str | None,
) -> None:
    """Show what became of a recreation: when, from what to what, which data, what is left to do.

    ID is the beginning of the id of the recreation, the source or the replacement, looked for in receipts.directory. FILE is
    a receipt's file, and needs no configuration. Without either all receipts are listed. With --html it becomes one file for
    any browser, in both languages; --language says which shows first.
    """
    wording = wording_of(language)
    if page is not None:
        _write_page(ctx, which, page, wording, as_json=as_json)
        return
    if which is None:
        _list(_directory(ctx), wording, as_json=as_json)
        return
    stored = _stored(ctx, which)
    if as_json:
        print_json(stored.document)
        return
    show(receipt_view(stored.receipt, wording), console_for(sys.stdout, os.environ))


def _write_page(
    ctx: click.Context, which: str | None, page: str, wording: Wording, *, as_json: bool
) -> None:
    if which is None or as_json:
        raise WrongUsage("--html writes one receipt: name it before --html, and leave --json out")
    found = _stored(ctx, which).receipt
    path = Path(page or f"receipt-{found.recreation[:ID_CHARACTERS]}.html")
    write_file(path, receipt_page(found, wording.language, wording.why_of))


def _stored(ctx: click.Context, which: str) -> Stored:
    if os.sep in which or which.endswith(".json"):
        return read_file(Path(which))
    return find(_directory(ctx), which)


def _directory(ctx: click.Context) -> Path:
    directory = load_settings(ctx).receipts.directory
    if directory is None:
        raise WrongUsage(
            "receipts.directory is not set, so that no receipts are kept: set it, or name a receipt's file"
        )
    return Path(directory)


def _list(directory: Path, wording: Wording, *, as_json: bool) -> None:
    found, broken = list_directory(directory)
    if as_json:
        for one in broken:
            # A program reads what there is; a person what is missing in it.
            click.echo(f"aliyun-ops: {wording.sentence(one.sentence)}", err=True)
        print_json([stored.document for stored in found])
        return
    show(receipt_list(found, broken, str(directory), wording), console_for(sys.stdout, os.environ))
