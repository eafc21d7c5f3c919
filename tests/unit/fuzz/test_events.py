"""The reader of events over anything: it reads or refuses, and hands on nothing that steers."""

import base64
import json
import random
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fuzz.hostile import fuzz, mutated, scrambled
from worker.core.errors import Malformed
from worker.core.events import ACCOUNT_ID, INSTANCE_ID, INSTANT_MAX, REGION_ID, Event, read_body
from worker.core.model import Ignored, Interruption, Unread

SAMPLES = Path(__file__).parents[2] / "events"
RAW = tuple(path.read_bytes() for path in sorted(SAMPLES.iterdir()) if path.name != "index.json")
TEXTS = tuple(raw.decode("utf-8", "replace") for raw in RAW)


def _parsed(text: str) -> object:
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


OBJECTS = tuple(found for text in TEXTS if isinstance(found := _parsed(text), dict | list))
# Longer bodies are refused at once.
LONGEST = 30_000
KEYS = (
    *("type", "data", "name", "content", "instanceId", "alert", "subscription", "eventName"),
    *("eventContentMap", "meta", "sysEventMeta", "TopicName", "Message"),
)
WORD = re.compile(r"[A-Za-z0-9_.:?\-]{0,128}")
# Halves of surrogate pairs included, which no encoding can write.
anything = st.text(st.characters(), max_size=20)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(
            anything | st.sampled_from(KEYS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


def _read(body: str | bytes) -> tuple[Event, ...] | Malformed:
    try:
        return read_body(body)
    except Malformed as error:
        return error


def check(body: str | bytes) -> None:
    """Read a body; whatever comes of it must be safe to log, to send on and to look up."""
    found = _read(body)
    if isinstance(found, Malformed):
        assert found.sentence.isprintable()
        assert re.fullmatch(r"[a-z0-9_]+", found.code)
        return
    assert 0 < len(found) <= 64
    for one in found:
        if isinstance(one, Interruption):
            _check_interruption(one)
        elif isinstance(one, Ignored):
            assert one.reason.isascii()
            assert one.reason.isprintable()
        else:
            assert isinstance(one, Unread)
            assert one.text.isascii()
            json.loads(one.text)
            assert one.sentence.isprintable()


def _check_interruption(one: Interruption) -> None:
    assert INSTANCE_ID.match(one.instance_id)
    assert one.region is None or REGION_ID.match(one.region)
    assert one.account is None or ACCOUNT_ID.match(one.account)
    assert one.at is None or 0.0 <= one.at <= INSTANT_MAX
    assert WORD.fullmatch(one.action)
    assert WORD.fullmatch(one.event_id or "")


@fuzz(600)
@given(st.sampled_from(range(len(OBJECTS))), st.integers(0, 2**32), st.integers(1, 6))
def test_samples_with_something_else_in_some_places(sample: int, seed: int, times: int) -> None:
    """Every documented form with fields replaced, left out, doubled and wrapped."""
    check(json.dumps(mutated(OBJECTS[sample], random.Random(seed), times)))


@fuzz(400)
@given(
    sample=st.sampled_from(TEXTS),
    seed=st.integers(0, 2**32),
    times=st.integers(1, 8),
    encode=st.booleans(),
)
def test_samples_cut_and_overwritten(sample: str, seed: int, times: int, *, encode: bool) -> None:
    """Every sample as text with pieces cut out and put in, plain or in base64."""
    text = scrambled(sample, random.Random(seed), times)
    raw = text.encode("utf-8", "surrogatepass")

    check(base64.b64encode(raw).decode() if encode else text)
    check(raw)


@fuzz(300)
@given(st.binary(max_size=300) | st.sampled_from(RAW).map(lambda raw: raw[::-1]))
def test_any_bytes(body: bytes) -> None:
    """Anything at all, as bytes and as their base64."""
    check(body)
    check(base64.b64encode(body))


@fuzz(400)
@given(jsons)
def test_any_json(value: object) -> None:
    """Any JSON, with numbers that are none, and halves of characters."""
    check(json.dumps(value))


@fuzz(80)
@given(st.integers(1, 12), st.integers(0, 12), st.sampled_from(OBJECTS))
def test_wrapper_in_wrapper_in_list(depth: int, copies: int, inner: object) -> None:
    """Wrappers around wrappers and lists of lists end, and what they cost is bounded."""
    value: object = [inner] * copies
    for level in range(depth):
        text = json.dumps(value)
        if len(text) > LONGEST:
            break
        value = (
            {"type": "mns:Queue:SendMessage", "data": {"messageBody": text}}
            if level % 3
            else [value, text, base64.b64encode(text.encode()).decode()]
        )

    check(json.dumps(value))
