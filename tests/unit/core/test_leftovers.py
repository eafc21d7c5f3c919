"""Whether a leftover may go: one row for every reason, and who holds the data."""

from dataclasses import replace
from typing import Any

import pytest

from worker.core import identity
from worker.core.leftovers import (
    Evidence,
    Kind,
    Leftover,
    Reason,
    Verdict,
    holder_of,
    instant,
    judge,
    needs_evidence,
    sources_of,
)

ID = "3f2a9c0d" * 4
SOURCE = "i-bp1source00000000001"
DATE = "2026-11-30T10:00:00Z"
DUE = 1_796_032_800.0
TAGS = {
    identity.TAG_ID: ID,
    identity.TAG_OWNER: "default",
    identity.TAG_SOURCE: SOURCE,
    identity.TAG_LINEAGE: f"{SOURCE}/2",
    identity.TAG_DELETE_AFTER: DATE,
}
IMAGE = Leftover(
    Kind.IMAGE,
    "m-1",
    TAGS,
    status="Available",
    name=identity.image_name(ID),
    snapshots=("s-1",),
)
SNAPSHOT = Leftover(Kind.SNAPSHOT, "s-1", TAGS, status="accomplished", disk_id="d-1")
RETAINED = {**TAGS, identity.TAG_RETAINED: "was-deleted-with-instance"}
DISK = Leftover(Kind.DISK, "d-1", RETAINED, status="Available", detached_at=DUE - 600_000)
INTERFACE = Leftover(Kind.INTERFACE, "eni-1", RETAINED, status="Available")
REPLACEMENT = Leftover(Kind.INSTANCE, "i-new", TAGS, status="Running")
UNDATED = {key: value for key, value in TAGS.items() if key != identity.TAG_DELETE_AFTER}
PAIR = Leftover(Kind.PAIR, "rsp-1", UNDATED, created_at=DUE - 86_400)
ADDRESS = Leftover(Kind.ADDRESS, "eip-1", UNDATED, status="Available", name="203.0.113.7")
HELD = Evidence(holder="i-new", sources=frozenset({SOURCE}))


def tagged(thing: Leftover, **changed: str | None) -> Leftover:
    """The same thing with other tags; None takes one away."""
    wanted = {identity.TAG_PREFIX + key.replace("_", "-"): value for key, value in changed.items()}
    tags = {**thing.tags, **wanted}
    return replace(thing, tags={key: value for key, value in tags.items() if value is not None})


ROWS: tuple[tuple[str, Leftover, dict[str, Any], Verdict], ...] = (
    ("a source's own address", ADDRESS, {}, Verdict(Reason.OWN_ADDRESS, "eip-1")),
    (
        "another owner's address",
        tagged(ADDRESS, owner="staging"),
        {},
        Verdict(Reason.OTHER_OWNER, "staging"),
    ),
    ("a due image", IMAGE, {}, Verdict(Reason.DUE)),
    ("a due snapshot", SNAPSHOT, {}, Verdict(Reason.DUE)),
    ("a disk that a snapshot saved later", DISK, {"saved_since": "s-9"}, Verdict(Reason.DUE)),
    ("a disk that nobody saved", DISK, {}, Verdict(Reason.LATER_WRITES)),
    ("an interface", INTERFACE, {}, Verdict(Reason.ADDRESSES)),
    ("an attached interface", replace(INTERFACE, attached_to="i-x"), {}, Verdict(Reason.ATTACHED, "i-x")),
    ("a server group", PAIR, {"holder": ""}, Verdict(Reason.UNUSED)),
    ("a used server group", replace(PAIR, attached_to="tcp/80"), {}, Verdict(Reason.USED, "tcp/80")),
    ("the replacement", REPLACEMENT, {}, Verdict(Reason.REPLACEMENT)),
    ("one too many", tagged(REPLACEMENT, quarantined="x"), {}, Verdict(Reason.QUARANTINED)),
    ("another's", tagged(IMAGE, owner="team-b"), {}, Verdict(Reason.OTHER_OWNER, "team-b")),
    ("nobody's", tagged(IMAGE, owner=None), {}, Verdict(Reason.OTHER_OWNER)),
    ("no recreation", tagged(IMAGE, id=None), {}, Verdict(Reason.EDITED, identity.TAG_ID)),
    ("a short id", tagged(IMAGE, id="abc"), {}, Verdict(Reason.EDITED, identity.TAG_ID)),
    ("no source", tagged(SNAPSHOT, source=None), {}, Verdict(Reason.EDITED, identity.TAG_SOURCE)),
    (
        "two sources",
        SNAPSHOT,
        {"sources": frozenset({SOURCE, "i-other"})},
        Verdict(Reason.EDITED, identity.TAG_SOURCE),
    ),
    (
        "a date in another form",
        tagged(IMAGE, delete_after="30.11.2026"),
        {},
        Verdict(Reason.EDITED, identity.TAG_DELETE_AFTER),
    ),
    ("a renamed image", replace(IMAGE, name="golden"), {}, Verdict(Reason.EDITED, "golden")),
    (
        "set by audit",
        Leftover(Kind.DISK, "d-2", {identity.TAG_OUTLIVES: "x", identity.TAG_OWNER: "default"}),
        {},
        Verdict(Reason.OUTLIVES),
    ),
    ("a replacement's disk", tagged(DISK, retained=None), {}, Verdict(Reason.NOT_RETAINED)),
    ("no date yet", tagged(IMAGE, delete_after=None), {}, Verdict(Reason.UNDATED)),
    (
        "a later date",
        tagged(SNAPSHOT, delete_after="2026-11-30T10:00:01Z"),
        {},
        Verdict(Reason.NOT_DUE, "2026-11-30T10:00:01Z"),
    ),
    ("an attached disk", replace(DISK, attached_to="i-x"), {}, Verdict(Reason.ATTACHED, "i-x")),
    ("a moving disk", replace(DISK, status="Detaching"), {}, Verdict(Reason.UNFINISHED, "Detaching")),
    ("a running image", replace(IMAGE, status="Creating"), {}, Verdict(Reason.UNFINISHED, "Creating")),
    ("a deprecated image", replace(IMAGE, status="Deprecated"), {}, Verdict(Reason.UNFINISHED, "Deprecated")),
    (
        "a running snapshot",
        replace(SNAPSHOT, status="progressing"),
        {},
        Verdict(Reason.UNFINISHED, "progressing"),
    ),
    ("an only image", IMAGE, {"holder": ""}, Verdict(Reason.ONLY_COPY)),
    ("an only disk", DISK, {"holder": "", "saved_since": "s-9"}, Verdict(Reason.ONLY_COPY)),
    ("a used snapshot", SNAPSHOT, {"users": ("m-7", "i-7")}, Verdict(Reason.USED, "m-7 i-7")),
    ("unseen snapshots", IMAGE, {"strays": ("s-3",)}, Verdict(Reason.STRAYS, "s-3")),
)  # fmt: skip
# CHANGED is decided by whoever reads a thing twice.
ELSEWHERE = {Reason.CHANGED}


@pytest.mark.parametrize(("thing", "found", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])  # fmt: skip
def test_every_reason(thing: Leftover, found: dict[str, Any], expected: Verdict) -> None:
    """Each rule keeps what it is for, and only what nothing keeps goes."""
    evidence = replace(HELD, **found)

    verdict = judge(thing, evidence, owner="default", now=DUE, is_named=False)

    assert verdict == expected
    assert verdict.goes == (expected.reason in {Reason.DUE, Reason.UNUSED})


def test_the_table_has_every_reason() -> None:
    """A new reason needs a row."""
    assert {row[3].reason for row in ROWS} | ELSEWHERE == set(Reason)


@pytest.mark.parametrize(("thing", "found", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])  # fmt: skip
def test_a_name_outweighs_later_writes_and_untagged_snapshots(
    thing: Leftover, found: dict[str, Any], expected: Verdict
) -> None:
    """Whoever names a thing that is not safe gets the same reason."""
    evidence = replace(HELD, **found)

    named = judge(thing, evidence, owner="default", now=DUE, is_named=True)

    outweighed = expected.reason in {Reason.LATER_WRITES, Reason.STRAYS, Reason.ADDRESSES}
    assert named == (Verdict(Reason.DUE) if outweighed else expected)


def test_evidence_is_asked_for_only_where_it_decides() -> None:
    """What is kept by its own description costs no further call."""
    assert needs_evidence(IMAGE, owner="default", now=DUE)
    assert needs_evidence(DISK, owner="default", now=DUE)
    assert not needs_evidence(IMAGE, owner="default", now=DUE - 1)
    assert not needs_evidence(IMAGE, owner="team-b", now=DUE)
    assert not needs_evidence(REPLACEMENT, owner="default", now=DUE)


def later(generation: int, **changed: Any) -> Leftover:
    """An instance further down the line, of a recreation of its own."""
    tags = {**TAGS, identity.TAG_ID: "b" * 32, identity.TAG_LINEAGE: f"{SOURCE}/{generation}"}
    return replace(REPLACEMENT, resource_id=f"i-gen{generation}", tags=tags, **changed)


@pytest.mark.parametrize(
    ("instances", "holder"),
    [
        ((REPLACEMENT,), "i-new"),
        ((replace(REPLACEMENT, status="Stopped"),), ""),
        ((tagged(REPLACEMENT, quarantined="x"),), ""),
        ((tagged(REPLACEMENT, owner="team-b"),), ""),
        ((later(3),), "i-gen3"),
        ((later(1),), ""),
        ((later(3, status="Stopping"), later(4)), "i-gen4"),
        ((tagged(later(3), lineage="i-bp1other/3"),), ""),
        ((tagged(later(3), lineage=None),), ""),
        ((), ""),
    ],
)
def test_who_holds_the_data(instances: tuple[Leftover, ...], holder: str) -> None:
    """The running replacement, or a running one that came of it; nobody else."""
    assert holder_of(ID, (IMAGE, *instances), {}, owner="default") == holder


def test_a_false_alarm_leaves_the_data_with_its_source() -> None:
    """While that runs; a source without a false alarm proves nothing."""
    alarm = tagged(IMAGE, false_alarm="nothing was launched from it")
    source = Leftover(Kind.INSTANCE, SOURCE, status="Running")

    def holder(image: Leftover, found: Leftover | None) -> str:
        origins = {} if found is None else {found.resource_id: found}
        return holder_of(ID, (image,), origins, owner="default")

    assert holder(alarm, source) == SOURCE
    assert holder(alarm, replace(source, status="Stopped")) == ""
    assert holder(alarm, None) == ""
    assert holder(IMAGE, source) == ""


def test_sources_of_a_family() -> None:
    """A thing that names none counts as one that disagrees."""
    assert sources_of((IMAGE, SNAPSHOT)) == {SOURCE}
    assert sources_of((IMAGE, tagged(SNAPSHOT, source=None))) == {SOURCE, ""}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (DATE, DUE),
        ("2026-11-30T10:00Z", DUE),
        ("2026-11-30", None),
        ("2026-13-30T10:00:00Z", None),
        ("2026-11-30T10:00:00Z ", None),
        ("٢٠٢٦-11-30T10:00:00Z", None),
        ("", None),
    ],
)
def test_times_of_the_cloud(text: str, seconds: float | None) -> None:
    """With or without seconds, and nothing that only looks like one."""
    assert instant(text) == seconds


def test_an_image_of_the_last_day_is_kept_whatever_its_date() -> None:
    """The generations of a lineage are counted by them."""
    young = replace(IMAGE, created_at=DUE - 3_600.0)

    verdict = judge(young, HELD, owner="default", now=DUE, is_named=True)
    a_day_later = judge(young, HELD, owner="default", now=DUE + 86_400.0, is_named=False)

    assert verdict.reason is Reason.NOT_DUE
    assert a_day_later == Verdict(Reason.DUE)
