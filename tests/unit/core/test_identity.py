"""Names, tokens and tags follow from the source: equal for twins, different for all else."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from worker.core.identity import (
    NOT_ECONOMICAL,
    TAG_CONFIGURATION,
    TAG_DELETE_AFTER,
    TAG_ID,
    TAG_LINEAGE,
    TAG_OWNER,
    TAG_PREFIX,
    TAG_QUARANTINED,
    TAG_RETAINED,
    TAG_SOURCE,
    TAGS_MAX,
    client_token,
    cloned_tags,
    digest,
    earlier_generation,
    image_name,
    instant,
    is_clonable,
    next_lineage,
    owned_tags,
    recreation_id,
)

ID = recreation_id("1234567890123456", "cn-hangzhou", "i-bp1source00000000001", NOT_ECONOMICAL)
SOURCE = "i-bp1source00000000001"

repeatable = settings(derandomize=True, deadline=None, max_examples=200)
words = st.text(st.characters(categories=["L", "N"]), max_size=10)
slots = st.tuples(
    *[st.integers(0, 60)] * 3,
    st.lists(st.sampled_from(["Description", "HttpTokens", "SpotDuration"]), max_size=3),
)


def token(slot: tuple[int, int, int, list[str]]) -> str:
    epoch, index, round_, drop = slot
    return client_token(ID, "launch", str(epoch), str(index), str(round_), *drop)


# The id


@repeatable
@given(st.tuples(words, words, words, words), st.tuples(words, words, words, words))
def test_id_is_a_function_of_what_it_names(
    first: tuple[str, str, str, str], second: tuple[str, str, str, str]
) -> None:
    """Equal sources have equal ids and different ones different ids, 32 hex digits each."""
    ids = recreation_id(*first), recreation_id(*second)

    assert (ids[0] == ids[1]) == (first == second)
    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in ids)


def test_id_is_the_documented_one() -> None:
    """Two releases that derive different ids would launch two replacements."""
    assert ID == "3273d0fc0efe98427cf15ae4b9a415cd"


# Names and tokens


def test_image_name_is_valid_for_the_cloud() -> None:
    """2 to 128 characters, a letter first, none of the reserved beginnings.

    Source: ECS CreateImage, ImageName.
    """
    name = image_name(ID)

    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_.:-]{1,127}", name)
    assert not name.startswith(("aliyun", "acs:", "http://", "https://"))
    assert image_name("0" * 32) != name


@repeatable
@given(words, st.sampled_from(["image", "launch"]), st.lists(words, max_size=4))
def test_token_is_short_ascii_and_stable(recreation: str, step: str, variant: list[str]) -> None:
    """A token has at most 64 ASCII characters and is the same for the same slot."""
    first = client_token(recreation, step, *variant)

    assert first == client_token(recreation, step, *variant)
    assert len(first) <= 64
    assert re.fullmatch(r"[a-z0-9-]+", first)


@repeatable
@given(slots, slots)
def test_token_differs_for_each_slot(
    first: tuple[int, int, int, list[str]], second: tuple[int, int, int, list[str]]
) -> None:
    """Another epoch, candidate, round or set of parameters has another token."""
    assert (token(first) == token(second)) == (first == second)


def test_tokens_of_all_slots_are_different() -> None:
    """Ten epochs over forty-eight candidates in three rounds never share a token."""
    tokens = {
        token((epoch, index, round_, []))
        for epoch in range(10)
        for index in range(48)
        for round_ in range(3)
    }

    assert len(tokens) == 10 * 48 * 3


def test_tokens_of_steps_and_recreations_are_different() -> None:
    """A token belongs to one step of one recreation."""
    other = recreation_id("1234567890123456", "cn-hangzhou", SOURCE, "2026-11-23T00:00Z")

    assert len({client_token(one, step) for one in (ID, other) for step in ("a", "b")}) == 4


# Tags


@repeatable
@given(
    st.dictionaries(
        st.sampled_from(["acs:", "aliyun", "aliyun.", TAG_PREFIX, ""]).flatmap(
            lambda prefix: words.map(lambda word: prefix + word)
        ),
        words,
        max_size=30,
    )
)
def test_cloned_tags_keep_the_rules(source: dict[str, str]) -> None:
    """At most twenty, ours complete, nothing reserved and nothing of an earlier recreation."""
    ours = owned_tags(ID, owner="default", source=SOURCE, lineage=f"{SOURCE}/1")

    tags, dropped = cloned_tags(source, ours)

    assert len(tags) <= TAGS_MAX
    assert {key: tags[key] for key in ours} == ours
    theirs = {key: value for key, value in tags.items() if key not in ours}
    assert all(source[key] == value for key, value in theirs.items())
    assert not any(key.startswith(("aliyun", "acs:", TAG_PREFIX)) for key in (*theirs, *dropped))
    assert set(theirs) | set(dropped) == {key for key in source if is_clonable(key)}


def test_tags_without_room_are_named() -> None:
    """Of twenty tags of a source those that find no room beside ours are told, in order."""
    source = {f"tag-{number:02d}": "x" for number in range(20)}
    ours = owned_tags(ID, owner="default", source=SOURCE, lineage=f"{SOURCE}/1")

    tags, dropped = cloned_tags(source, ours)

    assert len(tags) == TAGS_MAX
    assert dropped == ("tag-16", "tag-17", "tag-18", "tag-19")


@repeatable
@given(st.permutations([f"tag-{number}" for number in range(22)]))
def test_choice_of_tags_does_not_depend_on_their_order(keys: list[str]) -> None:
    """Twins that see a source's tags in another order clone the same ones."""
    ours = {TAG_ID: ID}

    assert cloned_tags(dict.fromkeys(keys, ""), ours) == cloned_tags(
        dict.fromkeys(sorted(keys), ""), ours
    )


def test_earlier_recreation_is_stripped() -> None:
    """The tags of the recreation that made the source do not stand on its replacement."""
    source = {TAG_ID: "old", TAG_LINEAGE: "i-x/1", TAG_QUARANTINED: "i-y", "team": "blue"}
    ours = owned_tags(ID, owner="default", source=SOURCE, lineage=f"{SOURCE}/2")

    tags, dropped = cloned_tags(source, ours)

    assert tags == {"team": "blue", **ours}
    assert dropped == ()


@pytest.mark.parametrize(
    "key",
    [
        *(TAG_ID, TAG_LINEAGE, TAG_DELETE_AFTER, TAG_OWNER, TAG_SOURCE),
        *(TAG_RETAINED, TAG_CONFIGURATION, TAG_QUARANTINED),
    ],
)
def test_own_tag_keys_are_valid_for_the_cloud(key: str) -> None:
    """At most 64 characters and none of the reserved beginnings. Source: ECS TagResources."""
    assert len(key) <= 64
    assert not key.startswith(("aliyun", "acs:", "http://", "https://"))
    assert not is_clonable(key)


def test_delete_after_is_utc_to_the_second() -> None:
    """The date is one that `sweep` and a person read alike."""
    assert instant(1_795_392_000.9) == "2026-11-23T00:00:00Z"


# Lineage


@pytest.mark.parametrize(
    ("tag", "lineage"),
    [
        (None, f"{SOURCE}/1"),
        ("", f"{SOURCE}/1"),
        ("i-bp1root0000000000001/1", "i-bp1root0000000000001/2"),
        ("i-bp1root0000000000001/99", "i-bp1root0000000000001/100"),
        ("edited by hand", f"{SOURCE}/1"),
        ("i-bp1root0000000000001/9999999", f"{SOURCE}/1"),
        ("i-bp1root0000000000001/2\n", f"{SOURCE}/1"),
    ],
)
def test_lineage_counts_generations_of_one_root(tag: str | None, lineage: str) -> None:
    """A replacement is one generation further; a tag in no form of ours begins a new line."""
    assert next_lineage(tag, SOURCE) == lineage


@repeatable
@given(st.lists(words, max_size=4), st.lists(words, max_size=4))
def test_digest_tells_lists_apart(first: list[str], second: list[str]) -> None:
    """A fingerprint has 16 hex digits and differs where the parts differ."""
    assume(first and second)

    assert (digest(first) == digest(second)) == (first == second)
    assert re.fullmatch(r"[0-9a-f]{16}", digest(first))


@pytest.mark.parametrize(
    ("lineage", "by", "earlier"),
    [
        (f"{SOURCE}/13", 12, f"{SOURCE}/1"),
        (f"{SOURCE}/12", 12, ""),
        (f"{SOURCE}/1", 12, ""),
        (f"{SOURCE}/2", 1, f"{SOURCE}/1"),
        ("", 1, ""),
        ("edited by hand", 1, ""),
    ],
)
def test_earlier_generation(lineage: str, by: int, earlier: str) -> None:
    """The generations of a line count from 1; before it there was none."""
    assert earlier_generation(lineage, by) == earlier
