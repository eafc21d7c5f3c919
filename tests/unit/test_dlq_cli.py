"""The bar of a replay and the lines above it, on one terminal."""

import io
from typing import Any

import pytest
from click.testing import CliRunner
from typing_extensions import override

from worker.cli import main
from worker.cli.dlq import _Telling

# Erases the line that the bar stands on.
ERASED = "\x1b[2K"


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


def test_a_line_takes_the_place_of_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not behind it on the same line, where nobody can read either."""
    terminal, nothing = Terminal(), io.StringIO()
    visit: Any = None
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(f"sys.{name}", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    told = _Telling(visit, "en", as_json=False)

    with told.bar(2) as bar:
        bar.advance()
        told.line("the first is sent")
    monkeypatch.setattr("sys.stdout", nothing)
    with told.bar(2):
        told.line("into a pipe")

    before = terminal.getvalue().partition("the first is sent")[0]
    assert "replaying" in before
    assert before.endswith(ERASED)
    assert nothing.getvalue() == "into a pipe\n"
    assert "into a pipe" not in terminal.getvalue()


@pytest.mark.parametrize("command", ["list", "replay", "discard"])
def test_a_step_that_there_is_not_is_told(command: str) -> None:
    """It would match nothing, and no dead letters look like good news."""
    ended = CliRunner().invoke(main, ["dlq", command, "--step", "lunch"])

    assert ended.exit_code == 2
    assert "'lunch' is no step; there are retain, start," in ended.output
