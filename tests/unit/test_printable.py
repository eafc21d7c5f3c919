"""Nothing from the cloud, a queue or a file steers the terminal of whoever looks."""

import io
import json

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from worker.cli import main
from worker.cli.failures import ExpectedFailures
from worker.cli.output import print_json, print_table
from worker.core.errors import Permanent
from worker.printable import printable, printable_lines

HOSTILE = "a\x1b[31mred\x07\x9b2J\r\n\u202egnp\u2066\u200b\x00\x7f\ud83d火"
SHOWN = r"a\x1b[31mred\x07\x9b2J\r\n\u202egnp\u2066\u200b\x00\x7f\ud83d火"
# Halves of surrogate pairs included, which no encoding can write.
anything = st.text(st.characters(), max_size=20)
repeatable = settings(derandomize=True, deadline=None, max_examples=200)


def run(work: object) -> Result:
    """Run a function as a command of the program."""

    @click.group(cls=ExpectedFailures)
    def program() -> None:
        """Stand in for the program."""

    @program.command()
    def act() -> None:
        """Do the work."""
        assert callable(work)
        work()

    return CliRunner().invoke(program, ["act"])


@pytest.mark.parametrize("show", [printable, printable_lines])
def test_plain_text_stays_as_it_is(show: object) -> None:
    """Letters of any alphabet and emoji are what they are."""
    assert callable(show)
    assert show("订单数据库-主 😀 é") == "订单数据库-主 😀 é"


def test_what_steers_is_shown_as_an_escape() -> None:
    """Escape sequences, line ends, directions of writing and halves of characters become visible."""
    assert printable(HOSTILE) == SHOWN


@repeatable
@given(anything)
def test_any_text_becomes_one_line_that_can_be_written(text: str) -> None:
    """Whatever comes, what is shown is one printable line of UTF-8."""
    shown = printable(text)

    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert printable_lines(text).count("\n") == text.count("\n")


def test_code_of_the_cloud_in_a_failure_is_one_line() -> None:
    """An error's code comes from an answer: it forges no second line and no colour."""

    def fail() -> None:
        raise Permanent(f"refused: {HOSTILE}")

    result = run(fail)

    assert result.exit_code == 1
    assert result.stderr == f"aliyun-ops: refused: {SHOWN}\n"


@repeatable
@given(st.recursive(anything, lambda inner: st.dictionaries(anything, inner, max_size=3)))
def test_json_is_printable_and_says_the_same(value: object) -> None:
    """Programs read the same value; a terminal that shows it is not steered."""
    result = run(lambda: print_json(value))

    assert result.exit_code == 0, result.exception
    assert all(line.isprintable() for line in result.stdout.split("\n"))
    assert json.loads(result.stdout) == value


def test_cells_of_a_table_are_printable() -> None:
    """A queue's owner or an endpoint is shown and not obeyed."""
    result = run(lambda: print_table(["a", "b"], [[HOSTILE, 1]]))

    assert result.stdout == f"{SHOWN}\t1\n"


def test_a_table_has_its_heads_where_a_person_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; a script reads the bare cells."""

    class Terminal(io.StringIO):
        @override
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")

    print_table(["sample", "should match"], [["interruption", "yes"]])

    head, *_ = [line for line in terminal.getvalue().splitlines() if line.strip()]
    assert head.split("  ")[0].strip() == "sample"
    assert "should match" in head


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"\\e[31mx": 1\n', r"\x1b[31mx: is a key with a control character"),
        ('"a\\nb": 1\n', r"a\nb: is a key with a control character"),
        ('queue: {name: "a\\e[0m"}\n', "queue.name: holds a control character"),
        ('receipts: {directory: "/tmp/\\0x"}\n', "receipts.directory: holds a control character"),
        ('launch: {prefer_types: ["\\u202e"]}\n', "launch.prefer_types: holds a control character"),
    ],
)
def test_configuration_does_not_steer_the_terminal(
    text: str, told: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keys and values of a file are told with their escapes, and refused with exit code 2."""
    file = tmp_path_factory.mktemp("settings") / "config.yaml"
    file.write_text(text, encoding="utf-8")

    result = CliRunner().invoke(main, ["config", "check", "--config", str(file)])

    assert result.exit_code == 2
    assert result.stderr.startswith(f"aliyun-ops: {told}")
    assert all(line.isprintable() for line in result.stderr.splitlines())
