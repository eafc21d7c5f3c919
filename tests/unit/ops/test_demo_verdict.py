"""The verdict is worth something only if it can be bad: each claim is broken once here."""

from dataclasses import replace
from typing import Any

import pytest

from worker.core.identity import TAG_ID
from worker.ops.demo_scenarios import SCENARIOS, Writing, late_writings, source, writings
from worker.ops.demo_verdict import Evidence, judge
from worker.ops.demo_verify import Content, check_disks, content, missing
from worker.ops.wording import Language, Wording

LATE = Writing("/dev/xvda", "/late", "late\n")


def disk(
    disk_id: str, instance: str, *files: tuple[str, str, bool], records: str
) -> dict[str, Any]:
    rows = [{"path": path, "text": text, "flushed": flushed} for path, text, flushed in files]
    journal = {"path": "journal of i-old", "text": records, "flushed": False}
    return {
        "id": disk_id,
        "instance_id": instance,
        "device": "/dev/xvda" if instance else "",
        "content": [*rows, journal],
    }


BEFORE = disk(
    "d-old", "i-old", ("/a", "1\n", True), ("/cached", "x", False), records="120 (90 on disk)"
)
KEPT = disk(
    "d-old", "", ("/a", "1\n", True), ("/late", "late\n", True), records="200 (200 on disk)"
)
NEW = disk("d-new", "i-new", ("/a", "1\n", True), records="95 (95 on disk)")
OLD_SERVER = {"id": "i-old", "name": "订单", "tags": {"团队": "交易"}}
NEW_SERVER = {"id": "i-new", "name": "订单", "tags": {"团队": "交易", TAG_ID: "3f2a"}}
GOOD = Evidence(
    recreation="3f2a",
    source=OLD_SERVER,
    before=[BEFORE],
    late=[LATE],
    instances=[NEW_SERVER],
    disks=[KEPT, NEW],
    messages={"work": 0, "dead": 0},
    complaints=[],
)


def bad(evidence: Evidence) -> list[str]:
    return [one.key for one in judge(evidence) if not one.is_good]


def test_good_evidence_is_judged_good() -> None:
    """Everything there: every claim holds and says its figures."""
    found = judge(GOOD)

    assert bad(GOOD) == []
    assert found[0].text(Wording()) == (
        "/dev/xvda: 1 files and 90 journal records were on disk before T0: all there"
    )
    assert "全部都在" in found[0].text(Wording(Language.CHINESE))


@pytest.mark.parametrize(
    ("changed", "claim"),
    [
        ({"disks": [KEPT]}, "no_disk"),
        ({"disks": [KEPT, disk("d-new", "i-new", records="95 (95 on disk)")]}, "disk_bad"),
        (
            {
                "disks": [
                    KEPT,
                    disk("d-new", "i-new", ("/a", "2\n", True), records="95 (95 on disk)"),
                ]
            },
            "disk_bad",
        ),
        (
            {
                "disks": [
                    KEPT,
                    disk("d-new", "i-new", ("/a", "1\n", True), records="89 (89 on disk)"),
                ]
            },
            "disk_bad",
        ),
        ({"disks": [NEW]}, "late_bad"),
        ({"instances": []}, "not_one"),
        ({"instances": [NEW_SERVER, {**NEW_SERVER, "id": "i-two"}]}, "not_one"),
        ({"instances": [{**NEW_SERVER, "name": "other"}]}, "not_same"),
        ({"instances": [{**NEW_SERVER, "tags": {TAG_ID: "3f2a"}}]}, "not_same"),
        ({"messages": {"work": 1, "dead": 0}}, "messages"),
        ({"messages": {"work": 0, "dead": 1}}, "messages"),
        ({"complaints": ["ecs RunInstances: unknown parameter X"]}, "complaints"),
    ],
)
def test_each_claim_can_fail(changed: dict[str, Any], claim: str) -> None:
    """A lost file, an old file, a short journal, a second server, a left message: all are seen."""
    assert claim in bad(replace(GOOD, **changed))


@pytest.mark.parametrize(
    ("work", "letters", "most", "is_good"),
    [
        (0, 1, 1, True),
        (0, 2, 1, False),
        (0, 2, 2, True),
        (0, 3, 2, False),
        (1, 1, 2, False),
        (1, 0, 1, False),
        (0, 0, 1, False),
    ],
)
def test_what_is_parked_is_all_that_is_left(
    *, work: int, letters: int, most: int, is_good: bool
) -> None:
    """As many letters as may be at most, and none in the queue itself."""
    parked = replace(
        GOOD,
        instances=[],
        messages={"work": work, "work-dead": letters},
        parked="a reason",
        letters_max=most,
    )

    assert ("messages" not in bad(parked)) is is_good


def test_only_what_was_on_disk_is_demanded() -> None:
    """A cached file may be lost with the power, and nobody promised it."""
    assert content(BEFORE, durable=True).files == {"/a": "1\n"}
    assert content(BEFORE, durable=True).records == {"i-old": 90}
    assert content(BEFORE, durable=False).records == {"i-old": 120}


def test_missing_is_named() -> None:
    """Who reads a bad verdict learns what to look for."""
    wanted = Content({"/a": "1"}, {"i-old": 90})

    assert missing(wanted, Content({}, {"i-old": 40})) == (
        "/a",
        "journal of i-old after record 40 of 90",
    )


def test_disks_are_compared_by_their_device() -> None:
    """The replacement's disks have other ids and the same devices."""
    (found,) = check_disks([BEFORE], [NEW])

    assert (found.disk, found.counterpart, found.is_good) == ("d-old", "d-new", True)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_disk_of_a_scenario_is_written_to(scenario: Any) -> None:
    """A disk without a file would be verified by nothing."""
    devices = {file.device for file in writings(scenario)}

    assert len(devices) == len(source(scenario)["data_disks"]) + 1
    assert {file.device for file in late_writings(scenario)} == devices
