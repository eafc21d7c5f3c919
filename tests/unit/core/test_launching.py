"""Who stays when one recreation has two replacements: a rule that every worker and release shares."""

from dataclasses import replace
from itertools import permutations

import pytest

from worker.core.boots import CONFIRMED
from worker.core.identity import TAG_DELETE_AFTER, TAG_QUARANTINED
from worker.core.launching import from_the_image_on, not_quarantined, replacement_name, winner
from worker.core.model import Disk, Image, Instance
from worker.core.progress import KeptDisk, Progress, Retained


def instance(instance_id: str, created_at: str, **more: str) -> Instance:
    return Instance(instance_id, "Running", "ecs.g7.large", "z-a", created_at=created_at, tags=more)


FIRST = instance("i-9", "2026-07-14T10:00:00Z")
SAME_SECOND = instance("i-5", "2026-07-14T10:00:00Z")
LATER = instance("i-1", "2026-07-14T10:00:01Z")


def test_the_earliest_stays_and_of_one_second_the_first_by_id() -> None:
    """An older release that chooses otherwise would end up with another one: the rule never changes."""
    for found in permutations((FIRST, SAME_SECOND, LATER)):
        assert winner(found) is SAME_SECOND
    assert winner((LATER, FIRST)) is FIRST


def test_one_too_many_is_no_candidate_whether_its_mark_shows_or_not() -> None:
    """The tag may not show yet to the worker that has just set it."""
    marked = instance("i-2", "2026-07-14T09:00:00Z", **{TAG_QUARANTINED: "second replacement"})

    assert not_quarantined((marked, FIRST, LATER), ("i-9",)) == (LATER,)


def test_the_replacement_is_named_and_not_what_is_one_too_many() -> None:
    """The other one may come first in the list, or be all that is left."""
    marked = instance("i-2", "2026-07-14T09:00:00Z", **{TAG_QUARANTINED: "i-bp1stays"})

    assert replacement_name((marked, LATER)) == "i-1"
    assert replacement_name((marked,)) == "i-bp1stays"


def test_a_mark_that_somebody_has_written_over_names_nothing() -> None:
    """What people write into tags does not get into sentences."""
    marked = instance("i-2", "2026-07-14T09:00:00Z", **{TAG_QUARANTINED: "look\nhere"})

    assert replacement_name((marked,)) == "i-2"


def test_the_disks_of_another_notice_are_kept_anew(progress: Progress) -> None:
    """An earlier notice may have given them back; one that we keep goes with the source by rights."""
    disk = KeptDisk("d-bp1", "system", "cloud_essd", 40, "/dev/xvda", True)
    kept = replace(progress, retained=Retained((disk,), tagged=True, sent=True))
    kept = kept.marked(CONFIRMED, progress.t0)
    earlier = Image("m-bp1earlier", "name", "Available", True, tags={TAG_DELETE_AFTER: "x"})
    system = Disk("d-bp1", "system", "cloud_essd", 40, delete_with_instance=False)
    newer = Disk("d-bp2", "data", "cloud_essd", 20, delete_with_instance=False)

    again = from_the_image_on(kept, earlier, (system, newer), progress.t0 + 10.0, 300.0)

    assert again.incarnation == "m-bp1earlier"
    assert again.earlier == ("m-bp1earlier",)
    assert again.retained is not None
    assert not again.retained.sent
    assert [one.disk_id for one in again.retained.disks] == ["d-bp1", "d-bp2"]
    assert again.retained.to_keep == ("d-bp1",)
    assert [mark.at for mark in again.marks if mark.what == CONFIRMED] == [progress.t0 + 10.0]


@pytest.mark.parametrize(
    ("unlocked", "now", "begun"),
    [(0.0, 100.0, 0.0), (280.0, 300.0, 280.0), (0.0, 700.0, 700.0), (280.0, 600.0, 280.0)],
)
def test_a_second_notice_has_a_time_of_its_own(
    progress: Progress, unlocked: float, now: float, begun: float
) -> None:
    """When the lock was gone last, or now where the first notice is long over; seconds after T0."""
    seen = replace(progress, unlocked_at=progress.t0 + unlocked if unlocked else 0.0)
    earlier = Image("m-bp1earlier", "name", "Available", True)

    again = from_the_image_on(seen, earlier, (), progress.t0 + now, 300.0)

    assert again.t0 == progress.t0 + begun
