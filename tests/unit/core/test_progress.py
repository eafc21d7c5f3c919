"""Progress goes through attributes and comes back the same, or it is refused."""

import base64
import json
import random
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.errors import Malformed
from worker.core.identity import recreation_id
from worker.core.model import Candidate, LaunchSpec
from worker.core.progress import (
    CHUNKS_MAX,
    FORMAT,
    PLAIN_BYTES_MAX,
    Economical,
    KeptDisk,
    Launched,
    Mark,
    Progress,
    Remark,
    Retained,
    SourceFacts,
    decode,
    encode,
)

repeatable = settings(derandomize=True, deadline=None, max_examples=150)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
instants = st.floats(0, 4e9, allow_nan=False)
progresses = st.builds(
    Progress,
    account=st.from_regex(r"[0-9]{5,20}", fullmatch=True),
    region=st.from_regex(r"[a-z]{2}-[a-z0-9]{1,12}", fullmatch=True),
    instance_id=st.from_regex(r"i-[0-9a-z]{8,32}", fullmatch=True),
    t0=instants,
    received_at=instants,
    seen=st.booleans(),
    hops=st.integers(0, 9_999),
    retained=st.none()
    | st.builds(
        Retained,
        disks=st.lists(
            st.builds(
                KeptDisk,
                st.from_regex(r"d-[0-9a-z]{1,32}", fullmatch=True),
                texts,
                texts,
                st.integers(0, 65_536),
                texts,
                st.booleans(),
            ),
            max_size=3,
        ).map(tuple),
        sent=st.booleans(),
    ),
    launched=st.builds(
        Launched,
        epoch=st.integers(0, 99),
        drop=st.lists(texts, max_size=3).map(tuple),
        image_usable_at=instants,
    ),
    cleaned=st.lists(texts, max_size=3).map(tuple),
    remarks=st.lists(st.builds(Remark, texts, texts), max_size=3).map(tuple),
    marks=st.lists(st.builds(Mark, texts, instants, texts), max_size=3).map(tuple),
)


def attributes_of(plain: bytes) -> dict[str, str]:
    """Attributes around any bytes, made without the code under test."""
    text = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()
    chunks = [text[at : at + 4_000] for at in range(0, len(text), 4_000)]
    return {"format": FORMAT, **{f"data-{number}": one for number, one in enumerate(chunks)}}


def code_of(attributes: dict[str, str]) -> str:
    """The code with which attributes are refused."""
    with pytest.raises(Malformed) as refused:
        decode(attributes)
    return refused.value.code


# There and back


@repeatable
@given(progresses)
def test_any_progress_comes_back_equal(given_progress: Progress) -> None:
    """Whatever the steps have written comes back with the same values and types."""
    assert decode(encode(given_progress)) == given_progress


def test_largest_progress_comes_back_equal(large_progress: Progress) -> None:
    """As many candidates as there may be, sixteen disks and twenty Chinese tags come back as they went."""
    attributes = encode(large_progress)

    assert decode(attributes) == large_progress
    assert len(attributes) <= 1 + CHUNKS_MAX
    assert all(len(value) <= 4_096 for value in attributes.values())


def test_equal_lists_of_candidates_are_held_once(large_progress: Progress) -> None:
    """A worker that takes over a crowd holds the candidates of a type and zone once."""
    attributes = encode(large_progress)

    one, other = decode(attributes).specified, decode(attributes).specified

    assert one is not None
    assert other is not None
    assert one.candidates is other.candidates


def test_written_attributes_are_ascii(large_progress: Progress) -> None:
    """No alphabet and no character that XML or a console would change leaves this codec."""
    assert all(value.isascii() and value.isprintable() for value in encode(large_progress).values())


def test_as_much_as_fits_into_a_message_can_be_read_again(large_progress: Progress) -> None:
    """What 62 KB of attributes can carry is within the reader's bound on chunks."""
    rng = random.Random(2)
    padding = [f"{rng.getrandbits(512):x}" for _ in range(800)]
    larger = large_progress
    while sum(map(len, encode(larger).values())) < 62_000:
        larger = larger.remarked(padding.pop(), "")

    assert decode(encode(larger)) == larger


def test_name_cut_inside_a_character_does_not_stop_a_recreation(progress: Progress) -> None:
    """A text with half of a surrogate pair, as other tools cut it, is carried with a mark."""
    cut = progress.remarked("name \ud83d", "why")

    assert decode(encode(cut)).remarks == (Remark("name ?", "why"),)


def test_older_form_without_later_fields_decodes() -> None:
    """A field that an older release did not write takes its default."""
    assert decode(attributes_of(json.dumps(LEAST).encode())) == Progress(
        "1234567890123456", "cn-hangzhou", "i-bp1source00000000001", 1.0, 2.0
    )


# Refusals


@pytest.mark.parametrize("form", ["", "0", "2", "01", "1 "])
def test_another_format_is_refused(progress: Progress, form: str) -> None:
    """Progress with another format number is refused, not guessed at."""
    assert code_of({**encode(progress), "format": form}) == "progress_format"


def test_missing_format_is_refused(progress: Progress) -> None:
    """Chunks without a format number are not progress."""
    attributes = encode(progress)
    del attributes["format"]

    assert code_of(attributes) == "progress_format"


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff",
        b'{"account": "1"}',
        b'{"account": 1, "region": "r", "instance_id": "i", "t0": 1, "received_at": 2}',
        b'{"account": "1", "region": "r", "instance_id": "i", "t0": "x", "received_at": 2}',
    ],
)
def test_data_that_is_not_ours_is_refused(plain: bytes) -> None:
    """Signed or not, what does not have our shape is refused."""
    assert code_of(attributes_of(plain)) == "progress_data"


@pytest.mark.parametrize("damage", ["", "!", "AAAA", "火", "eJw="])
def test_damaged_chunks_are_refused(progress: Progress, damage: str) -> None:
    """A chunk that is not base64 or not compressed data is refused."""
    assert code_of({**encode(progress), "data-0": damage}) == "progress_data"


def test_cut_off_data_are_refused(progress: Progress) -> None:
    """A chunk that breaks off is refused, even where what is there inflates."""
    attributes = encode(progress)
    attributes["data-0"] = attributes["data-0"][: len(attributes["data-0"]) // 8 * 4]

    assert code_of(attributes) == "progress_data"


def test_missing_chunk_is_refused(large_progress: Progress) -> None:
    """A gap in the numbers of the chunks is refused."""
    attributes = encode(large_progress)
    del attributes["data-1"]

    assert code_of(attributes) == "progress_data"


def test_too_many_chunks_are_refused(progress: Progress) -> None:
    """The number of chunks is bounded before they are joined."""
    many = {f"data-{number}": "AAAA" for number in range(CHUNKS_MAX + 1)}

    assert code_of({**encode(progress), **many}) == "progress_data"


def test_decompression_bomb_is_refused() -> None:
    """A few kilobytes that inflate to many megabytes are refused before they do."""
    bomb = attributes_of(b" " * 40_000_000)

    assert sum(map(len, bomb.values())) < 64_000
    assert code_of(bomb) == "progress_data"


def test_bound_on_inflated_data_is_exact() -> None:
    """One byte above the bound is refused although the rest is valid."""
    least = json.dumps(LEAST).encode()

    whole = attributes_of(least + b" " * (PLAIN_BYTES_MAX - len(least)))
    assert decode(whole).account == LEAST["account"]
    assert code_of(attributes_of(least + b" " * (PLAIN_BYTES_MAX + 1 - len(least)))) == (
        "progress_data"
    )


LEAST = {
    "account": "1234567890123456",
    "region": "cn-hangzhou",
    "instance_id": "i-bp1source00000000001",
    "t0": 1.0,
    "received_at": 2.0,
}


def code_of_values(values: object) -> str:
    """The code with which progress of these values is refused."""
    return code_of(attributes_of(json.dumps(values).encode()))


def test_doubled_key_is_refused() -> None:
    """Two readers would take different ones of two equal keys."""
    plain = json.dumps(LEAST)[:-1] + ', "t0": 9.0}'

    assert code_of(attributes_of(plain.encode())) == "progress_data"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" * 400, '"nan"'])
@pytest.mark.parametrize("name", ["t0", "launched"])
def test_number_that_is_none_is_refused(name: str, number: str) -> None:
    """A time that compares false with every deadline would never end."""
    value = number if name == "t0" else f'{{"not_before": {number}}}'
    plain = json.dumps({**LEAST, name: 0})[:-2] + f"{value}}}"
    if name == "t0":
        plain = json.dumps(LEAST).replace('"t0": 1.0', f'"t0": {number}')

    assert code_of(attributes_of(plain.encode())) == "progress_data"


@pytest.mark.parametrize(
    "launch", ['{"spot_price_limit": NaN}', '{"spot_price_limit": "Infinity"}']
)
def test_number_inside_of_the_request_that_is_none_is_refused(launch: str) -> None:
    """Numbers that progress borrows from the model are numbers, too."""
    request = {
        "name": "",
        "security_groups": [],
        "tags": [],
        "disks": [],
        "source_type": "ecs.g7.large",
        "spot_strategy": "SpotAsPriceGo",
    }
    whole = {
        **LEAST,
        "specified": {
            "source": {"instance_type": "", "zone": ""},
            "launch": request,
            "candidates": [{"instance_type": "a", "zone": "b", "vswitch": "c"}],
        },
    }
    assert decode(attributes_of(json.dumps(whole).encode())).specified is not None
    plain = json.dumps(whole).replace('"SpotAsPriceGo"}', f'"SpotAsPriceGo", {launch[1:]}')

    assert code_of(attributes_of(plain.encode())) == "progress_data"


@pytest.mark.parametrize("at", [-1.0, 253_402_300_800.0, 1e300])
def test_instant_that_no_calendar_can_write_is_refused(at: float) -> None:
    """What could not be written to the next message must not get into this one."""
    assert code_of_values({**LEAST, "t0": at}) == "progress_data"
    assert code_of_values({**LEAST, "launched": {"accepted_at": at}}) == "progress_data"
    assert code_of_values({**LEAST, "marks": [{"what": "x", "at": at}]}) == "progress_data"


BAD_IDS = [
    "",
    "../../etc/passwd",
    "i-bp1source00000000001/../x",
    "i-bp1source00000000001\n",
    "i-bp1source0000000000１",
    "i-\x1b[31m0000000",
    "i-bp1;reboot;0000",
    "i-" + "a" * 65,
    "\u202ei-bp1source00000000001",
]


@pytest.mark.parametrize("found", BAD_IDS)
def test_ids_in_progress_have_the_grammar_of_ids(found: str) -> None:
    """Ids go into calls, names and tags; a signature does not make a sentence an id."""
    refused = {
        "instance_id": {**LEAST, "instance_id": found},
        "account": {**LEAST, "account": found},
        "region": {**LEAST, "region": found},
        "incarnation": {**LEAST, "incarnation": found},
        "image": {**LEAST, "imaged": {"name": found, "accepted_at": 1.0}},
    }
    if found:
        kept = {"kind": "data", "category": "", "size": 1, "device": ""}
        kept |= {"disk_id": found, "was_deleted_with_instance": True}
        refused |= {
            "image id": {
                **LEAST,
                "imaged": {
                    "name": f"recreation-{'0' * 32}",
                    "accepted_at": 1.0,
                    "image_id": found,
                },
            },
            "replacement": {**LEAST, "launched": {"instance_id": found}},
            "quarantined": {**LEAST, "launched": {"quarantined": [found]}},
            "lineage": {**LEAST, "lineage": found},
            "disk": {**LEAST, "retained": {"disks": [kept]}},
        }

    assert {name: code_of_values(one) for name, one in refused.items()} == dict.fromkeys(
        refused, "progress_data"
    )


@pytest.mark.parametrize("index", [-1, 1, 48])
def test_candidate_in_hand_is_one_of_the_list(index: int) -> None:
    """A place outside the list of candidates would end in a defect at the next launch."""
    request = {
        "name": "",
        "security_groups": [],
        "tags": [],
        "disks": [],
        "source_type": "",
        "spot_strategy": "",
    }
    specified = {
        "source": {"instance_type": "", "zone": ""},
        "launch": request,
        "candidates": [{"instance_type": "a", "zone": "b", "vswitch": "c"}],
    }
    whole = {**LEAST, "specified": specified, "launched": {"index": index}}

    assert code_of_values(whole) == "progress_data"


def test_capture_is_of_the_source() -> None:
    """What was captured of another instance must not be cloned in this one's name."""
    seen = {"status": "Running", "instance_type": "t", "zone": "z"}
    another = {**seen, "instance_id": "i-bp1another0000000001"}
    captured = {"instance": another, "disks": [], "ram_role": ""}

    assert code_of_values({**LEAST, "captured": captured}) == "progress_data"


@pytest.mark.parametrize("name", ["hops", "launched.epoch", "launched.round"])
def test_counts_do_not_go_below_nothing(name: str) -> None:
    """A negative count would hide a chain of messages that never ends."""
    section, _, field = name.rpartition(".")
    values = {**LEAST, section: {field: -1}} if section else {**LEAST, field: -1}

    assert code_of_values(values) == "progress_data"


def test_deeply_nested_data_is_refused() -> None:
    """A few bytes must not exhaust the parser."""
    assert code_of(attributes_of(b"[" * 100_000)) == "progress_data"
    deep = json.dumps({**LEAST, "unknown": 0})[:-2] + "[" * 20 + "]" * 20 + "}"
    assert code_of(attributes_of(deep.encode())) == "progress_data"


@pytest.mark.parametrize("junk", ["!", "\n", " ", "火", "+", "/", "=AAAA"])
def test_only_characters_of_the_encoding_count(progress: Progress, junk: str) -> None:
    """A lenient decoder would skip what does not belong there."""
    attributes = encode(progress)

    assert code_of({**attributes, "data-0": attributes["data-0"] + junk}) == "progress_data"
    assert code_of({**attributes, "data-0": junk + attributes["data-0"]}) == "progress_data"


def test_nothing_stands_behind_the_data(progress: Progress) -> None:
    """Bytes after the end of the compressed stream are not ours."""
    attributes = encode(progress)
    raw = base64.urlsafe_b64decode(attributes["data-0"])
    attributes["data-0"] = base64.urlsafe_b64encode(raw + b"more").decode()

    assert code_of(attributes) == "progress_data"


# What it says


def test_id_follows_from_the_source_alone(large_progress: Progress, progress: Progress) -> None:
    """The id does not depend on what has been achieved or when."""
    assert large_progress.recreation_id == progress.recreation_id
    assert progress.recreation_id == recreation_id(
        progress.account, progress.region, progress.instance_id, "0"
    )


def test_first_mark_of_a_name_stays(progress: Progress) -> None:
    """Running a step again does not rewrite the timeline."""
    marked = progress.marked("image accepted", 1.0, "m-1").marked("image accepted", 9.0, "m-2")

    assert marked.marks == (Mark("image accepted", 1.0, "m-1"),)


def test_same_remark_is_noted_once(progress: Progress) -> None:
    """A step that runs again does not repeat its remarks."""
    remarked = progress.remarked("tag a", "no room").remarked("tag a", "no room")

    assert remarked.remarks == (Remark("tag a", "no room"),)


def test_only_cloud_disks_that_would_go_are_kept() -> None:
    """Retain changes neither local disks nor disks that outlive their instance anyhow."""
    disks = (
        KeptDisk("d-goes", "system", "cloud_essd", 40, "/dev/xvda", was_deleted_with_instance=True),
        KeptDisk("d-stays", "data", "cloud_essd", 40, "/dev/xvdb", was_deleted_with_instance=False),
        KeptDisk("d-local", "data", "local", 40, "/dev/xvdc", True, is_cloud=False),
    )

    assert Retained(disks).to_keep == ("d-goes",)


@repeatable
@given(
    st.tuples(*[st.integers(0, 3)] * 3, st.lists(st.sampled_from("abc"), max_size=2).map(tuple)),
    st.tuples(*[st.integers(0, 3)] * 3, st.lists(st.sampled_from("abc"), max_size=2).map(tuple)),
)
def test_slots_are_equal_only_when_nothing_moved_on(
    first: tuple[int, int, int, tuple[str, ...]], second: tuple[int, int, int, tuple[str, ...]]
) -> None:
    """A slot is all that a definite refusal moves on, and nothing else."""
    slots = [
        Launched(epoch=epoch, index=index, round=round_, drop=drop).slot
        for epoch, index, round_, drop in (first, second)
    ]

    assert (slots[0] == slots[1]) == (first == second)
    assert Launched(accepted_at=9.0, instance_id="i-1", clashed_at=3.0).slot == Launched().slot


def test_frozen_request_survives_exactly(large_progress: Progress) -> None:
    """A repeated token needs the same parameters: not a tag may change its place on the way."""
    came = decode(encode(large_progress))

    assert came.specified is not None
    assert large_progress.specified is not None
    assert isinstance(came.specified.launch, LaunchSpec)
    assert repr(came.specified.launch) == repr(large_progress.specified.launch)
    assert isinstance(came.specified.candidates[0], Candidate)
    assert replace(came.specified, candidates=()) != came.specified


def test_looks_without_a_lock_count_in_either_mode(progress: Progress) -> None:
    """What has seen the lock go is not taken for sound, whichever step has looked."""
    facts = Economical(SourceFacts("ecs.g7.large", "z-a"), started_at="2026-07-14T10:00Z")
    launched = replace(progress, launched=replace(progress.launched, unlocked_looks=1))
    economical = replace(progress, economical=replace(facts, unlocked_looks=2))

    assert (progress.unlocked_looks, launched.unlocked_looks) == (0, 1)
    assert economical.unlocked_looks == 2
