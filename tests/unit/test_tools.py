"""`make test-tools` names what is missing and fails; it passes only when everything ran and passed."""

import io

import pytest

from tests.tools import check
from tests.tools.__main__ import perform
from tests.tools.check import Check, Failed, Missing, program


def good() -> str:
    return "version 1"


def bad() -> str:
    raise Failed("line 3 is wrong")


def absent() -> str:
    return program("no-such-program", "ask its maker")


@pytest.mark.parametrize(
    ("checks", "without", "code", "said"),
    [
        ([Check("a", "A", good)], [], 0, "passed    a: A (version 1)\n1 passed, 0 failed\n"),
        ([Check("a", "A", bad)], [], 1, "failed    a: A: line 3 is wrong\n0 passed, 1 failed\n"),
        (
            [Check("a", "A", absent), Check("b", "B", good)],
            [],
            1,
            "missing   a: A: no-such-program is missing; ask its maker\npassed    b: B (version 1)\n1 passed, 1 failed\n",
        ),
        (
            [Check("a", "A", absent), Check("b", "B", good)],
            ["a"],
            0,
            "left out  a: A\npassed    b: B (version 1)\n1 passed, 0 failed\n",
        ),
        ([Check("a", "A", good)], ["a"], 1, "left out  a: A\n0 passed, 0 failed\n"),
        ([Check("a", "A", good)], ["x"], 2, "no check is named x\n"),
    ],
)
def test_each_check_is_told_and_counted(
    checks: list[Check], without: list[str], code: int, said: str
) -> None:
    """One line a check, then the figures; nothing that ran is nothing that passed."""
    out = io.StringIO()

    assert perform(checks, without, out) == code
    assert out.getvalue() == said


def test_program_that_fails_is_told_with_what_it_said() -> None:
    """The exit code counts; output of both streams is the reason."""
    with pytest.raises(Failed, match=r"(?s)sh -c .*out\nerr") as failed:
        check.run("sh", "-c", "echo out; echo err >&2; exit 3")

    assert not isinstance(failed.value, Missing)
