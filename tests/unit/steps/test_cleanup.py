"""Clean-up believes no single look that misses an image: what it does not date stays for ever."""

from dataclasses import dataclass, field, replace
from typing import Any

from worker.core import identity
from worker.core.model import Accepted, Disk, Image
from worker.core.outcomes import Done, Note, Wait
from worker.core.policy import Policy
from worker.core.progress import Imaged, KeptDisk, Launched, Mootness, Progress, Retained
from worker.steps.cleanup import (
    DATE_DISKS,
    DATE_IMAGE,
    DATE_SNAPSHOTS,
    LET_GO,
    RESTORE_DISKS,
    CleanUp,
)
from worker.steps.image import SHOW_UP_SECONDS_MAX

NOW = 1_800_000_000.0
SOURCE = "i-bp1source"
PROGRESS = Progress(
    account="1234567890123456",
    region="cn-hangzhou",
    instance_id=SOURCE,
    received_at=NOW - 299.0,
    t0=NOW - 300.0,
)
NAME = identity.image_name(PROGRESS.recreation_id)
# Accepted, and the answer was lost: only the name is known.
BEGUN = replace(PROGRESS, imaged=Imaged(NAME, NOW - 200.0), begun=(NAME,))
OURS = Image("m-1", NAME, "Available", usable=True, tags={identity.TAG_ID: PROGRESS.recreation_id})


@dataclass
class Cloud:
    """Shows what it is told to, and notes what is tagged."""

    shown: Image | None = None
    there: tuple[Disk, ...] = ()
    dated: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    marked: list[tuple[str, ...]] = field(default_factory=list)

    def find(self, name: str) -> Image | None:
        assert name == NAME
        return self.shown

    def tag(self, kind: str, ids: tuple[str, ...], tags: dict[str, str]) -> Accepted:
        if identity.TAG_DELETE_AFTER in tags:
            self.dated.append((kind, tuple(ids)))
        else:
            self.marked.append(tuple(ids))
        return Accepted()

    def disks(self, ids: tuple[str, ...]) -> tuple[Disk, ...]:
        return tuple(one for one in self.there if one.disk_id in ids)


def step(cloud: Any) -> CleanUp:
    return CleanUp(cloud, cloud, cloud, cloud, cloud, Policy(hand_over=()))


def test_an_image_that_does_not_show_is_looked_for_again_and_then_dated() -> None:
    """The first look was behind."""
    cloud = Cloud()
    first = step(cloud).run(BEGUN, NOW)

    assert isinstance(first, Wait)
    assert first.until == NOW + SHOW_UP_SECONDS_MAX
    cloud.shown = OURS
    progress = first.progress
    while not step(cloud).is_done(progress):
        outcome = step(cloud).run(progress, first.until)
        assert isinstance(outcome, Note | Done)
        progress = outcome.progress
    assert ("image", ("m-1",)) in cloud.dated


def test_an_image_that_never_shows_is_named_to_a_person() -> None:
    """Two looks that are far apart have missed it."""
    missed = step(Cloud()).run(BEGUN, NOW).progress

    outcome = step(Cloud()).run(missed, NOW + SHOW_UP_SECONDS_MAX)

    assert isinstance(outcome, Note)
    assert set(outcome.progress.cleaned) & {DATE_IMAGE, DATE_SNAPSHOTS}
    assert [one.why for one in outcome.progress.remarks] == ["the image is not there"]


OF_SOURCE = {identity.TAG_SOURCE: SOURCE, identity.TAG_RETAINED: "was-deleted-with-instance"}
OF_ANOTHER = {**OF_SOURCE, identity.TAG_SOURCE: "i-bp1another"}


def kept(*disk_ids: str) -> Retained:
    """Disks that were kept so long ago that everything has taken effect."""
    disks = (
        KeptDisk(one, "data", "cloud_essd", 40, f"/dev/{one}", was_deleted_with_instance=True)
        for one in disk_ids
    )
    return Retained(tuple(disks), tagged=True, sent=True, sent_at=NOW - 200.0)


def test_the_mark_of_another_recreation_stays_on_a_disk_that_it_has_by_now() -> None:
    """Its owner has moved it to an instance that is reclaimed in its turn."""
    cloud = Cloud(
        there=(
            Disk("d-1", "data", "cloud_essd", 40, instance_id=SOURCE, tags=OF_SOURCE),
            Disk("d-2", "data", "cloud_essd", 40, instance_id="i-bp1another", tags=OF_ANOTHER),
        )
    )
    alarm = replace(
        PROGRESS,
        retained=kept("d-1", "d-2"),
        moot=Mootness.FALSE_ALARM,
        cleaned=(RESTORE_DISKS,),
    )

    outcome = step(cloud).run(alarm, NOW)

    assert outcome.progress.cleaned[-1] == LET_GO
    assert cloud.marked == [("d-1",)]


def test_a_disk_that_somebody_uses_by_now_gets_no_date() -> None:
    """Its owner has attached it to another server; what is free, or on the source yet, is left over."""
    cloud = Cloud(
        there=(
            Disk("d-1", "data", "cloud_essd", 40, instance_id=SOURCE),
            Disk("d-2", "data", "cloud_essd", 40, instance_id="i-bp1another"),
            Disk("d-3", "data", "cloud_essd", 40),
        )
    )
    done = replace(
        BEGUN,
        retained=kept("d-1", "d-2", "d-3"),
        launched=Launched(instance_id="i-bp1replacement", running_at=NOW),
        cleaned=(DATE_SNAPSHOTS,),
    )

    outcome = step(cloud).run(done, NOW)

    assert outcome.progress.cleaned[-1] == DATE_DISKS
    assert cloud.dated == [("disk", ("d-1", "d-3"))]


def test_the_disks_of_a_later_recreation_are_its_own_business() -> None:
    """It has found them kept, and one of them may be the only place where its data is."""
    cloud = Cloud(OURS, there=(Disk("d-1", "data", "cloud_essd", 40, tags=OF_SOURCE),))
    progress = replace(BEGUN, retained=kept("d-1"), moot=Mootness.SUPERSEDED)

    while not step(cloud).is_done(progress):
        progress = step(cloud).run(progress, NOW).progress

    assert ("image", ("m-1",)) in cloud.dated
    assert [ids for kind, ids in cloud.dated if kind == "disk"] == []
