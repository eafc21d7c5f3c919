"""Every sample of `tests/events` reads as its index says, and no damage to one invents an instance."""

import base64
import binascii
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from worker.core.errors import Malformed
from worker.core.events import read_body
from worker.core.model import Ignored, Interruption

SAMPLES = Path(__file__).parents[2] / "events"
INDEX: dict[str, dict[str, Any]] = json.loads((SAMPLES / "index.json").read_text("utf-8"))
BODIES = {name: (SAMPLES / name).read_bytes() for name in INDEX}
MUTANTS = 10_000
MUTANTS_PER_TEST = 1_000

Rng = random.Random
JUNK: tuple[object, ...] = (
    *(None, True, 0, -1, 1e300, "", "x", "火", [], {}, [[]], "\x00\n", "i-", "i-zzzzzzzz", "null"),
    *({"instanceId": None}, {"instanceId": "i-\u0660\u0661000000000"}, "[]", "e30=", 10**400),
)


def expected(reading: dict[str, Any]) -> Interruption | type[Ignored]:
    """What one entry of the index asks for."""
    if reading["expect"] == "ignored":
        return Ignored
    return Interruption(
        instance_id=reading["instance_id"],
        region=reading["region"],
        account=reading["account"],
        event_id=reading["event_id"],
        at=reading["t0"],
        action=reading["action"],
    )


@pytest.mark.parametrize("name", sorted(INDEX))
def test_sample_reads_as_the_index_says(name: str) -> None:
    """A sample gives exactly the readings of its entry in the index."""
    entry = INDEX[name]

    if entry["expect"] == "malformed":
        with pytest.raises(Malformed):
            read_body(BODIES[name])
        return
    found = read_body(BODIES[name])

    assert [Ignored if isinstance(one, Ignored) else one for one in found] == [
        expected(reading) for reading in entry.get("readings", [entry])
    ]


def test_every_sample_has_an_entry() -> None:
    """A sample that the index does not know would be tested by nobody."""
    found = {path.name for path in SAMPLES.iterdir()} - {"README.md", "index.json"}

    assert found == set(INDEX)


# Mutants


def flip(body: bytes, rng: Rng) -> bytes:
    at = rng.randrange(len(body))
    return body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]


def cut_out(body: bytes, rng: Rng) -> bytes:
    begin = rng.randrange(len(body))
    return body[:begin] + body[begin + rng.randrange(1, 40) :]


def double(body: bytes, rng: Rng) -> bytes:
    begin = rng.randrange(len(body))
    end = begin + rng.randrange(1, 200)
    return body[:end] + body[begin:]


def splice(body: bytes, rng: Rng) -> bytes:
    other = rng.choice(list(BODIES.values()))
    return body[: rng.randrange(len(body))] + other[rng.randrange(len(other) + 1) :]


def wrap(body: bytes, rng: Rng) -> bytes:
    text = body.decode("utf-8", "replace")
    form = rng.randrange(4)
    if form == 0:
        return base64.b64encode(body)
    if form == 1:
        return json.dumps([text, rng.choice(JUNK)]).encode()
    if form == 2:
        wrapper = {"type": "mns:Queue:SendMessage", "data": {"messageBody": text}}
        return json.dumps(wrapper).encode()
    return json.dumps(text).encode()


def replace_value(body: bytes, rng: Rng) -> bytes:
    """Put junk, or a value of another sample, in one place of a sample's JSON."""
    try:
        root = json.loads(body)
        other = json.loads(rng.choice(list(BODIES.values())))
    except (ValueError, RecursionError):
        return flip(body, rng)
    holders = [one for one in walk(root) if isinstance(one, dict | list) and one]
    if not holders:
        return json.dumps(rng.choice(JUNK)).encode()
    holder = rng.choice(holders)
    key = rng.choice(list(holder)) if isinstance(holder, dict) else rng.randrange(len(holder))
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice([*JUNK, *walk(other)])
    return json.dumps(root, ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")


def walk(value: Any) -> Iterator[Any]:
    yield value
    inner = value.values() if isinstance(value, dict) else value
    for item in inner if isinstance(value, dict | list) else ():
        yield from walk(item)


MUTATIONS: tuple[Callable[[bytes, Rng], bytes], ...] = (
    *(flip, cut_out, double, splice, wrap, replace_value),
)


def mutant(number: int) -> bytes:
    """A body derived from a sample; a pure function of its number."""
    rng = random.Random(number)
    if number % 50 == 0:
        return rng.randbytes(rng.randrange(200))
    body = rng.choice([one for one in BODIES.values() if one])
    for _ in range(rng.randrange(1, 4)):
        body = rng.choice(MUTATIONS)(body, rng) or b"{}"
    return body


def layers(text: str) -> Iterator[str]:
    """The text and all that stands in it in base64, read without the code under test."""
    yield text
    for run in re.findall(r"[A-Za-z0-9+/=\s]{24,}", text.replace("\\n", "\n")):
        try:
            inner = base64.b64decode("".join(run.split()), validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        yield from layers(inner)


@pytest.mark.parametrize("begin", range(0, MUTANTS, MUTANTS_PER_TEST))
def test_damaged_body_never_names_another_instance(begin: int) -> None:
    """Ten thousand damaged bodies are classified, and every id that is read stands in its body."""
    for number in range(begin, begin + MUTANTS_PER_TEST):
        body = mutant(number)

        try:
            found = read_body(body)
        except Malformed:
            continue

        assert found, f"mutant {number} is read as nothing"
        texts = list(layers(body.decode("utf-8")))
        for one in found:
            if isinstance(one, Interruption):
                is_there = any(one.instance_id in text for text in texts)
                assert is_there, f"mutant {number} is read as {one.instance_id}"


def test_mutants_reach_every_kind() -> None:
    """The damage is neither too little nor too much: every kind of reading comes out often."""
    kinds: dict[str, int] = {}
    for number in range(2_000):
        try:
            kind = "/".join(sorted({type(one).__name__ for one in read_body(mutant(number))}))
        except Malformed:
            kind = "Malformed"
        kinds[kind] = kinds.get(kind, 0) + 1

    assert min(kinds["Malformed"], kinds["Interruption"], kinds["Ignored"]) > 50
    assert kinds["Interruption/Unread"] > 5
