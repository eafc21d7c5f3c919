"""Writes the RAM policies and the table that explains them: `python -m worker.ops.policy_files DIRECTORY`."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from worker.core.grants import GRANTS, HOLDERS, PENDING, Grant, Names, Role, policy_of

PAGE = "README.md"
_HEAD = """# RAM policies

Written by `make policies` from `worker/core/grants.py`, which is where to change them. They name the queues and the bus of `config.yaml` as it comes; `aliyun-ops doctor --policy ROLE` prints them for the names in your configuration. JSON has no comments: each row below is one statement, in order.
"""


def files() -> Mapping[str, str]:
    """Return what there should be, by file name."""
    written = {f"{role}.json": _json(role) for role in GRANTS}
    return {**written, PAGE: "\n".join(_page())}


def _json(role: Role) -> str:
    return json.dumps(policy_of(role, Names()), indent=2) + "\n"


def _page() -> Iterator[str]:
    yield _HEAD
    for role, grants in GRANTS.items():
        yield f"## `{role}.json`\n"
        pending = f" {PENDING[role][0].upper()}{PENDING[role][1:]}." if role in PENDING else ""
        yield f"For {HOLDERS[role]}.{pending}\n"
        yield "| need | actions | resources | source |"
        yield "|---|---|---|---|"
        yield from map(_row, grants)
        yield from _notes(grants)
        yield ""


def _row(grant: Grant) -> str:
    need = f"{grant.need} (`{grant.setting}`)" if grant.setting else grant.need
    resources = _codes(one.format(**_placeholders()) for one in grant.resources)
    if grant.condition:
        resources += ", when " + _codes(
            f"{key}: {value}" for keys in grant.condition.values() for key, value in keys.items()
        )
    return f"| {need} | {_codes(grant.actions)} | {resources} | {grant.source} |"


def _notes(grants: tuple[Grant, ...]) -> Iterator[str]:
    """Say why an action is granted that no test of the policies calls."""
    reasons: dict[str, list[str]] = {}
    for grant in grants:
        for action, why in grant.unrecorded.items():
            reasons.setdefault(why, []).append(action)
    if reasons:
        yield ""
    for why, actions in reasons.items():
        yield f"{_codes(dict.fromkeys(actions))}: {why}."


def _codes(texts: "Iterator[str] | tuple[str, ...] | Mapping[str, object]") -> str:
    return " ".join(f"`{text}`" for text in texts)


def _placeholders() -> dict[str, str]:
    names = Names()
    return {
        "queue": names.queue,
        "dead_letters": names.dead_letters,
        "undelivered": names.undelivered,
        "bus": names.bus,
    }


def main(directory: str) -> None:
    """Write them all."""
    for name, text in files().items():
        (Path(directory) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
