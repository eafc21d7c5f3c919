"""Attributes count only when somebody with a key of ours wrote them for this very body."""

import hashlib
import hmac

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from worker.core.signing import SIGNATURE, is_signed, sign

KEY, OLD_KEY, FOREIGN = b"the-newest-signing-key", b"the-previous-signing-key", b"a-foreign-key-001"
BODY = '{"instanceId": "i-bp1source00000000001", "name": "火"}\nsecond line'
ATTRIBUTES = {"format": "1", "data-0": "eJyrVkrLz1eyUkpKLFKqBQAdegQ0", "step": "image"}

repeatable = settings(derandomize=True, deadline=None, max_examples=200)
names = st.text(max_size=8).filter(lambda name: name != SIGNATURE)
maps = st.dictionaries(names, st.text(max_size=8), max_size=5)


def unfolded(body: str) -> str:
    """A body as any XML parser may give it back."""
    return body.replace("\r\n", "\n").replace("\r", "\n").strip()


@repeatable
@given(maps, st.text(max_size=30))
def test_own_signature_is_valid(attributes: dict[str, str], body: str) -> None:
    """What was signed is valid, and signing changes nothing else."""
    signed = sign(attributes, body, KEY)

    assert is_signed(signed, body, [KEY])
    assert {name: value for name, value in signed.items() if name != SIGNATURE} == attributes


@repeatable
@given(maps, maps, st.text(max_size=20))
def test_any_other_attributes_invalidate(
    attributes: dict[str, str], others: dict[str, str], body: str
) -> None:
    """A signature moved to other attributes, more, fewer or changed, is not valid."""
    assume(attributes != others)
    signature = sign(attributes, body, KEY)[SIGNATURE]

    assert not is_signed({**others, SIGNATURE: signature}, body, [KEY])


@repeatable
@given(st.text(max_size=20), st.text(max_size=20))
def test_any_other_body_invalidates(body: str, other: str) -> None:
    """A signature moved to a body that says something else is not valid."""
    assume(unfolded(body) != unfolded(other))

    assert not is_signed(sign(ATTRIBUTES, body, KEY), other, [KEY])


@pytest.mark.parametrize("at", range(0, len(BODY), 7))
def test_one_changed_character_of_the_body_invalidates(at: int) -> None:
    """Every character of the body counts."""
    changed = BODY[:at] + chr(ord(BODY[at]) + 1) + BODY[at + 1 :]

    assert not is_signed(sign(ATTRIBUTES, BODY, KEY), changed, [KEY])


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_one_changed_removed_or_renamed_attribute_invalidates(name: str) -> None:
    """Every name and every value counts."""
    signed = sign(ATTRIBUTES, BODY, KEY)
    fewer = {one: value for one, value in signed.items() if one != name}

    assert not is_signed({**signed, name: signed[name] + "0"}, BODY, [KEY])
    assert not is_signed(fewer, BODY, [KEY])
    assert not is_signed({**fewer, name + "x": signed[name]}, BODY, [KEY])


def test_values_cannot_be_moved_over_a_border() -> None:
    """The border between body, names and values is signed too."""
    signature = sign({"a": "bc", "d": "e"}, "body", KEY)[SIGNATURE]

    assert not is_signed({"ab": "c", "d": "e", SIGNATURE: signature}, "body", [KEY])
    assert not is_signed({"a": "bcd", "": "e", SIGNATURE: signature}, "body", [KEY])
    assert not is_signed({"bc": "d", "e": "", SIGNATURE: signature}, "bodya", [KEY])


@repeatable
@given(st.text(st.sampled_from("ab \r\n\t"), max_size=30))
def test_what_xml_does_to_a_body_does_not_invalidate(body: str) -> None:
    """Folded line ends and trimmed edges are the same body."""
    signed = sign(ATTRIBUTES, body, KEY)

    assert is_signed(signed, body.replace("\r\n", "\n").replace("\r", "\n"), [KEY])
    assert is_signed(signed, unfolded(body), [KEY])


def test_order_of_attributes_does_not_matter() -> None:
    """A queue gives attributes back in any order."""
    signed = sign(ATTRIBUTES, BODY, KEY)

    assert is_signed(dict(reversed(signed.items())), BODY, [KEY])


def test_previous_key_is_accepted() -> None:
    """Messages under the key before the last change are still valid."""
    signed = sign(ATTRIBUTES, BODY, OLD_KEY)

    assert is_signed(signed, BODY, [KEY, OLD_KEY])
    assert not is_signed(signed, BODY, [KEY])


@pytest.mark.parametrize("keys", [[], [FOREIGN], [KEY[:-1]], [KEY + b"x"]])
def test_foreign_keys_are_refused(keys: list[bytes]) -> None:
    """Without one of the very keys nothing is valid."""
    assert not is_signed(sign(ATTRIBUTES, BODY, KEY), BODY, keys)


@pytest.mark.parametrize("given_signature", ["", "0" * 64, "火" * 64, "\ud800", "None"])
def test_no_signature_is_no_error(given_signature: str) -> None:
    """Whatever stands in the place of the signature is compared, never trusted, never raised on."""
    assert not is_signed({**ATTRIBUTES, SIGNATURE: given_signature}, BODY, [KEY])
    assert not is_signed(ATTRIBUTES, BODY, [KEY])
    assert not is_signed({}, BODY, [KEY])


def test_upper_case_signature_is_another_one() -> None:
    """There is one way to write a signature."""
    signed = sign(ATTRIBUTES, BODY, KEY)

    assert not is_signed({**signed, SIGNATURE: signed[SIGNATURE].upper()}, BODY, [KEY])


def test_signature_is_the_documented_one() -> None:
    """The form cannot change unnoticed: messages of the last release must stay valid."""
    parts = [b"x\ny", b"a", "火".encode(), b"b", b""]
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    mac = hmac.new(KEY, framed, hashlib.sha256).hexdigest()

    assert sign({"b": "", "a": "火"}, " x\r\ny ", KEY)[SIGNATURE] == mac


def test_signature_is_short_and_plain() -> None:
    """The signature fits into an attribute and survives any transport."""
    signature = sign(ATTRIBUTES, BODY, KEY)[SIGNATURE]

    assert (len(signature), signature.isascii(), signature.isalnum()) == (64, True, True)


def test_lone_surrogates_are_signed_and_not_raised_on() -> None:
    """A body with half a character can be checked like any other."""
    signed = sign({"a": "\ud83d"}, "x\udc00", KEY)

    assert is_signed(signed, "x\udc00", [KEY])
    assert not is_signed(signed, "x\udc01", [KEY])
