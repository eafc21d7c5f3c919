"""Runs a program with the variables of a systemd EnvironmentFile: environment.py FILE PROGRAM [ARGUMENT...].

A shell must not read that file: a value with a blank, `;`, `$` or `&` in it is fine for systemd, and a command
for a shell. Here nothing is run and nothing expanded, as systemd.exec(5) says under EnvironmentFile=.

It needs nothing but Python, so that it works beside any release.
"""

import os
import re
import sys
from pathlib import Path

# A quotation that is left open goes on to the end of the file.
_QUOTED = r"""'([^']*)(?:'|\Z)|"((?:\\.|[^"\\])*)(?:"|\\?\Z)"""
# Quotations, then what stands without quotes up to the end of the line; no name begins like a comment.
_ASSIGNMENT = re.compile(
    rf"^[ \t]*([^\s=#;][^=\n]*?)[ \t]*=((?:[ \t]*(?:{_QUOTED}))*)[ \t]*((?:\\.|[^\\\n])*?)(?:[ \t]*$|\\\Z)",
    re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables(text: str) -> dict[str, str]:
    """Return what the lines of a file set; a line that sets nothing is passed over, as systemd does."""
    return {
        line[1]: _without_quotes(line[2]) + _plain(line[5])
        for line in _ASSIGNMENT.finditer(text)
        if _NAME.fullmatch(line[1])
    }


def _without_quotes(text: str) -> str:
    found = re.finditer(_QUOTED, text, re.DOTALL)
    return "".join(one[1] if one[1] is not None else _in_double_quotes(one[2]) for one in found)


def _in_double_quotes(text: str) -> str:
    """Take away the backslash before what is special there; before anything else it stays."""
    return re.sub(r'\\(?:(["\\`$])|\n)', r"\1", text)


def _plain(text: str) -> str:
    """Take away every backslash, and the end of the line with the one before it."""
    return re.sub(r"\\(?:\n|(.))", r"\1", text)


def main(file: str, program: str, *arguments: str) -> None:
    """Become the program."""
    try:
        text = Path(file).read_text("utf-8", errors="surrogateescape")
    except PermissionError:
        sys.exit(
            f"aliyun-ops: {file} holds the signing key, and you may not read it: run this as root"
        )
    except OSError as error:
        sys.exit(
            f"aliyun-ops: {file} cannot be read ({error.strerror}); deploy/ecs/install.sh makes it"
        )
    os.execve(program, [program, *arguments], {**os.environ, **variables(text)})  # noqa: S606 - nothing is a shell's


if __name__ == "__main__":
    main(*sys.argv[1:])
