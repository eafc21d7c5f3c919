"""What is sealed opens for its own recreation, under a key of ours, and for nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_imports import loaded_by
from worker.adapters.sealing import Sealing

NEW, OLD, OTHER = b"a new key of some length", b"the key before this one", b"somebody else's key"
TEXT = "IyEvYmluL3NoCmVjaG8gc2VjcmV0"
ABOUT = "0123456789abcdef"


@given(st.text(max_size=300))
def test_what_is_sealed_opens_again(text: str) -> None:
    """Whatever it was."""
    sealing = Sealing((NEW,))

    assert sealing.open(sealing.seal(text, about=ABOUT), about=ABOUT) == text


def test_it_cannot_be_read_without_the_key() -> None:
    """Neither as it is, nor unpacked."""
    sealed = Sealing((NEW,)).seal(TEXT, about=ABOUT)

    assert TEXT not in sealed
    assert Sealing((OTHER,)).open(sealed, about=ABOUT) is None
    assert Sealing().open(sealed, about=ABOUT) is None


def test_it_opens_for_its_own_recreation_only() -> None:
    """Moved to another message it is worth nothing."""
    sealed = Sealing((NEW,)).seal(TEXT, about=ABOUT)

    assert Sealing((NEW,)).open(sealed, about="another") is None


@pytest.mark.parametrize("damaged", ["", "AAAA", "not base64 at all!", "A" * 40])
def test_damage_is_no_text(damaged: str) -> None:
    """And no exception."""
    assert Sealing((NEW,)).open(damaged, about=ABOUT) is None


def test_old_key_still_opens() -> None:
    """While keys are being changed."""
    sealed = Sealing((OLD,)).seal(TEXT, about=ABOUT)

    assert Sealing((NEW, OLD)).open(sealed, about=ABOUT) == TEXT


def test_twins_seal_alike() -> None:
    """A token stands for one request to the byte."""
    assert Sealing((NEW,)).seal(TEXT, about=ABOUT) == Sealing((NEW, OLD)).seal(TEXT, about=ABOUT)


def test_nothing_is_sealed_without_a_key() -> None:
    """Plain text would be worse than none."""
    with pytest.raises(ValueError, match="without a key"):
        Sealing().seal(TEXT, about=ABOUT)


def test_the_key_is_not_shown() -> None:
    """It is the one that signs."""
    assert NEW.decode() not in repr(Sealing((NEW,)))


def test_the_library_loads_when_it_is_needed() -> None:
    """It costs every start some hundredths of a second, and most never need it."""
    assert not any(name.startswith("cryptography") for name in loaded_by("import worker.bootstrap"))
