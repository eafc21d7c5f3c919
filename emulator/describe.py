"""The README's table of assumptions, made from the source: `python -m emulator.describe`."""

import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from emulator import assumptions

_FIELD = re.compile(r"    (?P<name>[a-z_0-9]+): ")
_COMMENT = "    # "


def assumptions_table() -> str:
    """Write one row per open fact: what is assumed, what else may be true, and why it is open."""
    defaults = assumptions.Assumptions()
    reasons = dict(_reasons())
    rows = [
        f"| `{item.name}` | {_shown(getattr(defaults, item.name))} "
        f"| {', '.join(map(_shown, assumptions.FLIPS[item.name]))} | {reasons[item.name]} |"
        for item in fields(assumptions.Assumptions)
    ]
    return "\n".join(
        ["| name | assumed | or | what, and why it is open |", "|---|---|---|---|", *rows]
    )


def _reasons() -> Iterator[tuple[str, str]]:
    """Read the comment above each field; a field without its own shares the one before."""
    comment: list[str] = []
    reason = ""
    for line in Path(assumptions.__file__).read_text(encoding="utf-8").splitlines():
        if line.startswith(_COMMENT):
            comment.append(line.removeprefix(_COMMENT).strip())
        elif match := _FIELD.match(line):
            reason = " ".join(comment) or reason
            comment.clear()
            yield match["name"], reason.replace("|", "\\|")


def _shown(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    sys.stdout.write(assumptions_table() + "\n")
