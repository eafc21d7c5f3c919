"""A delivery of anything: never an exception, never work for another account."""

import json
import random

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fuzz.hostile import HOSTILE_TEXTS, fuzz, mutated, scrambled
from tests.unit.fuzz.test_events import OBJECTS, TEXTS
from tests.unit.fuzz.test_progress import BODY, packed, progresses, unpacked
from worker.core import signing
from worker.core.events import INSTANCE_ID
from worker.core.messages import (
    MESSAGE_BYTES_MAX,
    Home,
    Nothing,
    Split,
    Unreadable,
    Work,
    read_message,
    write_parked,
)
from worker.core.outcomes import Parked
from worker.core.progress import Progress, encode

HOME = Home("1234567890123456", "cn-hangzhou", "default")
KEY, OTHER_KEY = b"a key for fuzzing only", b"a key of somebody else"
NOW = 1_795_392_010.0
NAMES = (
    *("format", "signature", "data-0", "data-1", "data-x", "step", "source", "parked", "hops"),
    *("", "Signature", "SIGNATURE ", "format\x00"),
)
names = st.sampled_from(NAMES) | st.text(st.characters(), max_size=6)
values = st.sampled_from(("1", "2", *HOSTILE_TEXTS)) | st.text(st.characters(), max_size=20)
attribute_sets = st.dictionaries(names, values, max_size=6)


def check(body: str, attributes: dict[str, str]) -> None:
    """Read a message; park it if that is what becomes of it."""
    found = read_message(
        body, attributes, arrived_at=NOW - 2.0, now=NOW, home=HOME, keys=(KEY, b"x" * 16)
    )
    match found:
        case Work(progress, sent):
            assert (progress.account, progress.region) == (HOME.account, HOME.region)
            assert INSTANCE_ID.match(progress.instance_id)
            assert progress.owner in ("", HOME.owner)
            assert sent is None or signing.is_signed(attributes, body, (KEY,))
        case Nothing(reason):
            assert reason.isascii()
            assert reason.isprintable()
        case Split(bodies):
            assert 1 < len(bodies) <= 65
            for one in bodies:
                one.encode("ascii")
        case Unreadable(park, sentence, code):
            assert sentence.isprintable()
            parked = Parked(None, park, sentence, code)
            _check_parked(write_parked(parked, body, step="", at=NOW, key=KEY), body)


def _check_parked(attributes: dict[str, str], body: str) -> None:
    """What is parked is signed, fits beside its body, and is safe for XML and consoles."""
    size = len(body.encode("utf-8", "replace"))
    size += sum(len(part) for pair in attributes.items() for part in (*pair, "STRING"))
    assert not attributes or size <= MESSAGE_BYTES_MAX
    assert not attributes or signing.is_signed(attributes, body, (KEY,))
    assert all(value.isascii() and value.isprintable() for value in attributes.values())


@fuzz(300)
@given(
    body=st.text(st.characters(), max_size=200) | st.sampled_from(TEXTS),
    attributes=attribute_sets,
    sign_with=st.sampled_from((None, KEY, OTHER_KEY)),
)
def test_any_body_with_any_attributes(
    body: str, attributes: dict[str, str], sign_with: bytes | None
) -> None:
    """Attributes with the names that we use and any values, unsigned, signed, and signed by others."""
    check(body, signing.sign(attributes, body, sign_with) if sign_with else attributes)


@fuzz(300)
@given(st.sampled_from(range(len(OBJECTS))), st.integers(0, 2**32), attribute_sets)
def test_mutated_events(sample: int, seed: int, attributes: dict[str, str]) -> None:
    """Documented events with fields replaced, in pairs and in lists."""
    rng = random.Random(seed)
    events = [mutated(OBJECTS[sample], rng, rng.randrange(4)) for _ in range(rng.randrange(1, 4))]

    check(json.dumps(events if rng.random() < 0.5 else events[0]), attributes)
    check(scrambled(json.dumps(events), rng, rng.randrange(4)), attributes)


@fuzz(30)
@given(progresses, st.integers(0, 2**32))
def test_signed_progress_of_anybody(progress: Progress, seed: int) -> None:
    """Sound progress of other accounts, regions and owners under our own key."""
    rng = random.Random(seed)
    attributes = encode(progress)
    check(BODY, signing.sign(attributes, BODY, KEY))
    for _ in range(10):
        data = unpacked(attributes)
        data |= {"account": HOME.account} if rng.random() < 0.7 else {}
        data |= {"region": HOME.region} if rng.random() < 0.7 else {}
        data |= {"owner": rng.choice(("", "default", "other"))}
        check(BODY, signing.sign(packed(json.dumps(data).encode()), BODY, KEY))


@fuzz(200)
@given(
    signature=st.text(st.characters(), max_size=70) | st.sampled_from(HOSTILE_TEXTS),
    seed=st.integers(0, 2**32),
)
def test_any_signature(signature: str, seed: int) -> None:
    """Signatures that are none, in any alphabet; near ones are none either."""
    rng = random.Random(seed)
    signed = signing.sign({"format": "1", "data-0": "x"}, BODY, KEY)
    good = signed["signature"]
    near = rng.choice(
        (
            good[:-1],
            good.upper(),
            good + "0",
            f" {good}",
            good[::-1],
            "",
            good.replace("a", "\u0430"),
        )
    )

    for one in (signature, near):
        assert one == good or not signing.is_signed({**signed, "signature": one}, BODY, (KEY,))
        check(BODY, {**signed, "signature": one})
