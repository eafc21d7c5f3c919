"""The codec of progress over any value, and over attributes that somebody has damaged."""

import base64
import json
import random
import zlib
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fuzz.hostile import fuzz, mutated
from tests.unit.fuzz.values import values_of
from worker.core import signing
from worker.core.errors import Malformed
from worker.core.messages import Home, Work, iso, read_message, write_attributes, write_parked
from worker.core.outcomes import Park, Parked
from worker.core.progress import FORMAT, Progress, decode, encode

KEY = b"a key for fuzzing only"
BODY = '{"instanceId": "i-bp1source00000000001", "action": "delete"}'


def consistent(progress: Progress) -> Progress:
    """Make the parts fit that a sound progress has fitting each other."""
    specified, captured, launched = progress.specified, progress.captured, progress.launched
    if captured is not None:
        instance = replace(captured.instance, instance_id=progress.instance_id)
        progress = replace(progress, captured=replace(captured, instance=instance))
    if progress.looked is not None:
        instance = replace(progress.looked.instance, instance_id=progress.instance_id)
        progress = replace(progress, looked=replace(progress.looked, instance=instance))
    if specified is not None and not specified.candidates:
        progress = replace(progress, specified=None)
    elif specified is not None:
        index = launched.index % len(specified.candidates)
        progress = replace(progress, launched=replace(launched, index=index))
    return progress


progresses: st.SearchStrategy[Progress] = values_of(Progress).map(consistent)
# Making one takes long; damage does not depend on which one it is.
SEEDS = 25


def packed(plain: bytes) -> dict[str, str]:
    """Attributes around any bytes, made without the code under test."""
    text = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()
    chunks = [text[at : at + 4_000] for at in range(0, len(text), 4_000)]
    return {"format": FORMAT, **{f"data-{number}": one for number, one in enumerate(chunks)}}


def unpacked(attributes: dict[str, str]) -> Any:
    text = "".join(attributes[f"data-{number}"] for number in range(len(attributes) - 1))
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text)))


def _decoded(attributes: dict[str, str]) -> Progress | Malformed:
    try:
        return decode(attributes)
    except Malformed as error:
        return error


def check(attributes: dict[str, str]) -> Progress | None:
    """Decode; only the codec's own refusal may come, and what is read can be written again."""
    found = _decoded(attributes)
    if isinstance(found, Malformed):
        assert found.code in {"progress_data", "progress_format"}
        assert found.sentence.isprintable()
        return None
    assert decode(encode(found)) == found
    iso(found.t0)
    return found


@fuzz(60)
@given(progresses)
def test_any_progress_comes_back_equal(progress: Progress) -> None:
    """Every field with any value that the types allow, Chinese, astral and control characters."""
    assert decode(encode(progress)) == progress


@fuzz(30)
@given(progresses, st.sampled_from(sorted(Park)))
def test_any_progress_makes_messages_that_are_read_again(progress: Progress, park: Park) -> None:
    """What a successor or a parked message says is safe for XML and consoles, and is read again."""
    parked = Parked(progress, park, progress.moot_reason, progress.launched.stop_refused)
    for attributes in (
        write_attributes(progress, BODY, step="launch", key=KEY),
        write_parked(parked, BODY, step="launch", at=progress.t0, key=KEY),
    ):
        assert all(value.isascii() and value.isprintable() for value in attributes.values())
        home = Home(progress.account, progress.region)
        found = read_message(BODY, attributes, arrived_at=1.0, now=2.0, home=home, keys=(KEY,))
        assert isinstance(found, Work)
        assert found.sent == progress


@fuzz(SEEDS)
@given(progresses, st.integers(0, 2**32))
def test_damaged_attributes(progress: Progress, seed: int) -> None:
    """Chunks cut, flipped, swapped, lost, doubled, renamed or put in; signed or not."""
    rng = random.Random(seed)
    wide = replace(progress, moot_reason=rng.randbytes(6_000).hex())
    sound = encode(wide)
    for _ in range(40):
        attributes = _damaged(dict(sound), rng)
        found = check(attributes)
        assert found is None or found == wide
        signed = signing.sign(attributes, BODY, KEY)
        read_message(
            BODY,
            signed,
            arrived_at=1.0,
            now=2.0,
            home=Home(wide.account, wide.region),
            keys=(KEY,),
        )


def _damaged(attributes: dict[str, str], rng: random.Random) -> dict[str, str]:
    names = [name for name in attributes if name != "format"]
    one, other = rng.choice(names), rng.choice(names)
    text = attributes[one]
    at = rng.randrange(len(text))
    match rng.randrange(9):
        case 0:
            attributes[one] = text[:at]
        case 1:
            attributes[one] = (
                text[:at] + chr(ord(text[at]) ^ 1 << rng.randrange(7)) + text[at + 1 :]
            )
        case 2:
            attributes[one], attributes[other] = attributes[other], text
        case 3:
            del attributes[one]
        case 4:
            attributes[f"data-{len(names)}"] = text
        case 5:
            attributes[rng.choice(("data-00", "data-", "data--1", "data-１", "data-x"))] = text
        case 6:
            attributes["format"] = rng.choice(("2", "", "１", "1.0", "\ud800", "x" * 4_096))
        case 7:
            attributes[one] = text[:at] + rng.choice(("=", "\n", "+", "\x00", "火")) + text[at:]
        case _:
            attributes[one] = text[at:] + text[:at]
    return attributes


@fuzz(SEEDS)
@given(progresses, st.integers(0, 2**32))
def test_other_values_in_some_fields(progress: Progress, seed: int) -> None:
    """Signed data with hostile values anywhere is refused, or means what can be carried on."""
    rng = random.Random(seed)
    values = unpacked(encode(progress))
    for _ in range(30):
        found = check(packed(json.dumps(mutated(values, rng, rng.randrange(1, 4))).encode()))
        if found is not None:
            write_attributes(found, BODY, step="launch", key=KEY)


@fuzz(200)
@given(st.binary(max_size=200))
def test_any_bytes_inside(plain: bytes) -> None:
    """Anything at all as data."""
    assert check(packed(plain)) is None


@fuzz(20)
@given(
    st.sampled_from((b" ", b"[", b'{"a":', b'"', b"0", b'{"account":"1",', b"\xff", b"[1,")),
    st.sampled_from((200_000, 262_145, 3_000_000)),
)
def test_bombs(piece: bytes, size: int) -> None:
    """A few kilobytes that inflate to megabytes, or to bottomless nesting, are refused."""
    plain = piece * (size // len(piece))

    assert check(packed(plain)) is None
    assert check(packed(zlib.compress(plain))) is None
