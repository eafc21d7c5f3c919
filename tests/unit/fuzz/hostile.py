"""What a stranger may put where a name, a number or an object is expected; and mutations of samples."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

HOSTILE_TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[31m\x1b]0;owned\x07",
    "\r\nparked: not really",
    "\u202egnp.exe",
    "\u2028\u2029\x85",
    "\ufeff\ufffe\uffff",
    "\ud800",
    "\udfff\ud800",
    "i-bp1source00000000001\n",
    "i-bp1source0000000000１",
    "../../../etc/passwd",
    "i-../../x",
    "$(reboot)",
    "'; drop table instances; --",
    "<script>alert(1)</script>",
    "]]>&lt;<![CDATA[",
    "%s%n{0}{x}",
    "订单数据库",
    "😀" * 40,
    "a" * 5_000,
    "9" * 400,
    "NaN",
    "1e999",
    "null",
    "[]",
    "{}",
    "e30=",
)
HOSTILE_VALUES: tuple[Any, ...] = (
    *HOSTILE_TEXTS,
    None,
    True,
    0,
    -1,
    -0.0,
    1e300,
    10**19,
    [],
    {},
    [[[[]]]],
    {"": None},
    [None] * 65,
)
hostile = st.sampled_from(HOSTILE_VALUES)


def fuzz(examples: int) -> settings:
    """Let a test run over so many examples, the same ones every time."""
    return settings(
        derandomize=True,
        deadline=None,
        max_examples=examples,
        # Most of what is made follows from a seed: shrinking it takes minutes and helps nobody.
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def mutated(value: Any, rng: random.Random, times: int) -> Any:
    """Change a JSON value at so many places: put something else there, take it out, or repeat it."""
    whole = {"": json.loads(json.dumps(value))}
    for _ in range(times):
        spot = _spot(whole, rng)
        if spot is not None:
            _change(*spot, rng)
    return whole[""]


def _spot(whole: Any, rng: random.Random) -> tuple[Any, Any] | None:
    """Choose a container and a place in it, anywhere."""
    spots: list[tuple[Any, Any]] = []
    stack = [whole]
    while stack:
        node = stack.pop()
        keys = range(len(node)) if isinstance(node, list) else list(node)
        for key in keys:
            spots.append((node, key))
            if isinstance(node[key], dict | list):
                stack.append(node[key])
    return rng.choice(spots) if spots else None


def _change(node: Any, key: Any, rng: random.Random) -> None:
    changes: list[Callable[[], Any]] = [
        # A copy: a list put in twice would hold itself as soon as it is changed in one place.
        lambda: node.__setitem__(key, copy.deepcopy(rng.choice(HOSTILE_VALUES))),
        lambda: node.__setitem__(key, copy.deepcopy(rng.choice(HOSTILE_VALUES))),
        lambda: node.__setitem__(key, [node[key]]),
        lambda: node.__setitem__(key, {"type": node[key], "data": node[key]}),
        lambda: node.__setitem__(key, json.dumps(node[key])),
    ]
    if key != "":
        changes += [lambda: node.__delitem__(key)]
        if isinstance(node, list):
            changes += [lambda: node.append(node[key])]
        else:
            changes += [lambda: node.__setitem__(rng.choice(HOSTILE_TEXTS[:9]), node[key])]
    rng.choice(changes)()


def scrambled(text: str, rng: random.Random, times: int) -> str:
    """Cut, repeat and overwrite pieces of a text."""
    for _ in range(times):
        at, length = rng.randrange(len(text) + 1), rng.randrange(16)
        piece = rng.choice((*HOSTILE_TEXTS[:24], text[at : at + 40], "", '{"', "}", "[", '",', ":"))
        text = text[:at] + piece + text[at + length :]
    return text
