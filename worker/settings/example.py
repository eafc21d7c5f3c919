"""Writes the complete configuration file: every key with its default and what it means."""

import json
import textwrap
from collections.abc import Iterator

from worker.settings.reference import Key, reference

_WIDTH = 110
_HEAD = """\
# The configuration of aliyun-ops: every key with its default. A key that is left out has the default shown here.
#
# Check it with `aliyun-ops config check`; `aliyun-ops config show` prints what is in force.
# Durations need a unit: ms, s, m, h or d, as in 15s, 5m, 1h30m. Sizes: B, KiB, MiB.
#
# Secrets never stand here. The environment holds them:
#   ALIYUN_OPS_SIGNING_KEY            signs the progress in messages; make one with: openssl rand -hex 32
#   ALIYUN_OPS_SIGNING_KEY_PREVIOUS   the key before, still accepted while keys are being changed
#   ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN
#                                     only where no RAM role gives credentials
#   ALIYUN_OPS_NOTIFY_URLS            addresses of channels for notifications, separated by blanks
"""


def example_yaml() -> str:
    """Return the text of a complete configuration file that holds all defaults."""
    lines = [_HEAD]
    for section, about, keys in reference():
        indent = "  " if section else ""
        if section:
            lines += ["", *_comment(about), f"{section}:"]
        for key in keys:
            lines += [*_comment(_explanation(key), indent), f"{indent}{_line(key)}"]
    return "\n".join(lines) + "\n"


def _explanation(key: Key) -> str:
    return f"{key.description} Allowed: {key.limits}." if key.limits else key.description


def _comment(text: str, indent: str = "") -> Iterator[str]:
    prefix = f"{indent}# "
    yield from textwrap.wrap(
        text, _WIDTH, initial_indent=prefix, subsequent_indent=prefix, break_on_hyphens=False
    )


def _line(key: Key) -> str:
    name = key.path.rpartition(".")[2]
    # A word that YAML could take for another type stays in quotes; what JSON writes, YAML reads.
    plain = isinstance(key.default, str) and not key.default.isdigit()
    return f"{name}: {key.default if plain else json.dumps(key.default)}"
