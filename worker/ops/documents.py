"""Writes the documents that are made from the code: `python -m worker.ops.documents`, which `make docs` runs."""

import inspect
import itertools
import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from worker.settings.reference import Key, reference
from worker.steps import STEPS
from worker.steps.base import Step

DOCS: Final = Path(__file__).parents[2] / "docs"
_BEGIN, _END = "<!-- steps -->\n", "<!-- /steps -->"
_CONFIGURATION: Final = """\
# Configuration

Made by `make docs` from the settings; `config.yaml` holds the same keys with the same words. A key that is left out has its default.

The file is the one named with `--config`, else with `ALIYUN_OPS_CONFIG`, else `./config.yaml`. `aliyun-ops config check` says what is wrong with it, `aliyun-ops config show` what is in force, and `aliyun-ops config example` prints a complete file. Durations need a unit (`ms`, `s`, `m`, `h`, `d`, as in `1h30m`), and so do sizes (`B`, `KiB`, `MiB`). An unknown key is refused.

## Environment

| variable | meaning |
|---|---|
| `ALIYUN_OPS_SIGNING_KEY` | signs the progress in messages; all workers of a deployment share it |
| `ALIYUN_OPS_SIGNING_KEY_PREVIOUS` | the key before, still accepted while keys are being changed |
| `ALIYUN_OPS_NOTIFY_URLS` | addresses of channels for notifications, separated by blanks |
| `ALIYUN_OPS_CONFIG` | the configuration file |
| `ALIBABA_CLOUD_ACCOUNT_ID`, `FC_ACCOUNT_ID` | the account, where `account_id` is null |
| `ALIBABA_CLOUD_REGION_ID`, `ALIBABA_CLOUD_REGION`, `FC_REGION` | the region, where `region` is null |
| `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET`, `ALIBABA_CLOUD_SECURITY_TOKEN` | credentials, only where no RAM role gives them |
"""


def files(docs: Path = DOCS) -> Iterator[tuple[Path, str]]:
    """Yield every document that is made, or made in part, with what it should hold."""
    yield docs / "configuration.md", configuration_page()
    architecture = docs / "architecture.md"
    before, _, rest = architecture.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    yield architecture, before + _BEGIN + steps_part() + _END + after


def configuration_page() -> str:
    """Write every key of the configuration with default, limits and meaning."""
    parts = [_CONFIGURATION]
    for section, about, keys in reference():
        parts += [
            f"## `{section}`\n" if section else "## Top level\n",
            f"{about}\n",
            "| key | default | allowed | meaning |\n|---|---|---|---|",
            *map(_row, keys),
            "",
        ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _row(key: Key) -> str:
    default = key.default if isinstance(key.default, str) else json.dumps(key.default)
    cells = (f"`{key.path}`", f"`{default}`", key.limits, key.description)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def steps_part() -> str:
    """Draw the steps in their order and list what each may call."""
    names = [step.name.value for step in STEPS]
    lines = ["```mermaid", "flowchart LR", "  message([message]) --> " + names[0]]
    lines += [f"  {one} --> {next_one}" for one, next_one in itertools.pairwise(names)]
    last = names[-1]
    moot = [step.name.value for step in STEPS if _knows_moot(step.__module__)]
    lines += [f"  {one} -. moot .-> {last}" for one in moot]
    lines += [f"  {last} --> finished([finished])", "```", ""]
    lines += ["| step | effect | ports |", "|---|---|---|", *map(_step_row, STEPS)]
    return "\n".join(lines) + "\n"


def _knows_moot(module: str) -> bool:
    """Tell whether a step answers Moot: only then its module, or one of its parts, knows the word."""
    parts = [one for name, one in sys.modules.items() if f"{name}.".startswith(f"{module}.")]
    return any("Moot" in vars(one) for one in parts)


def _step_row(step: type[Step]) -> str:
    effect = (inspect.getdoc(step) or "").split("\n", 1)[0]
    made: Any = step
    ports = [field.name for field in fields(made) if field.name != "policy"]
    return f"| {step.name.value} | {effect} | {', '.join(f'`{port}`' for port in ports)} |"


if __name__ == "__main__":
    for path, text in files():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(DOCS.parent)}\n")
