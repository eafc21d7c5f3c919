"""What the lower rungs of the ladder do not boot from, for a disk would be without its data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from worker.core import identity
from worker.core.model import Candidate, DiskSpec, Image, LaunchSpec, Snapshot
from worker.core.outcomes import Done, Note, Wait
from worker.core.policy import Policy
from worker.core.progress import Boot, KeptDisk, Progress, Retained, SourceFacts, Specified
from worker.steps.base import Parking
from worker.steps.rungs import find_base, find_finished, find_stale

SOURCE, SYSTEM, DATA = "i-bp1source0001", "/dev/xvda", "/dev/xvdb"
T0 = 1_800_000_000.0
NOW = T0 + 310.0
LAST = Policy(fallbacks=())
DISKS = (
    KeptDisk("d-1", "system", "cloud_essd", 40, SYSTEM, was_deleted_with_instance=True),
    KeptDisk("d-2", "data", "cloud_essd", 40, DATA, was_deleted_with_instance=True),
)
KEPT = Retained(DISKS, tagged=True, sent=True, sent_at=T0 + 5.0)
# The data disk was taken to outlive the source, and it was not to be: nothing of it is left.
LOST = replace(KEPT, refused="Forbidden.RAM")
PROGRESS = Progress(
    "1234567890123456",
    "cn-hangzhou",
    SOURCE,
    T0,
    T0,
    retained=KEPT,
    boot=Boot("rescue", NOW - 5.0, "the image failed"),
    specified=Specified(
        SourceFacts("ecs.g7.large", "z-a", image_id="m-base"),
        LaunchSpec(
            "",
            (),
            (),
            tuple(DiskSpec(one.kind, one.device, one.category, one.size) for one in DISKS),
            "ecs.g7.large",
            "SpotAsPriceGo",
        ),
        (Candidate("ecs.g7.large", "z-a", "vsw-1"),),
    ),
)
NAME = identity.image_name(PROGRESS.recreation_id)


def snapshot(snapshot_id: str, status: str = "accomplished", **more: Any) -> Snapshot:
    return Snapshot(snapshot_id, status, created_at="2027-01-15T08:00:05Z", **more)


@dataclass
class Images:
    """Shows an image and snapshots."""

    image: Image | None = None
    parts: tuple[Snapshot, ...] = ()

    def find(self, name: str) -> Image | None:
        return self.image if name == NAME else None

    def known(self, image_id: str) -> Image | None:
        assert image_id == "m-base"
        return self.image

    def snapshots(self, ids: Sequence[str]) -> tuple[Snapshot, ...]:
        return tuple(one for one in self.parts if one.snapshot_id in ids)

    def snapshots_of(self, disk_id: str) -> tuple[Snapshot, ...]:
        return self.parts if disk_id == "d-1" else ()


def shown(*devices: str, **more: Any) -> Image:
    parts = tuple((device, f"s-{at}") for at, device in enumerate(devices, 1))
    return Image("m-1", "an image", "Available", usable=True, snapshots=parts, **more)


def test_a_base_image_with_data_disks_is_not_rescued_from() -> None:
    """A launch would make them anew, with data of another time, beside those that are attached."""
    alone: Any = Images(shown(SYSTEM))
    both: Any = Images(shown(SYSTEM, DATA))

    assert isinstance(find_base(alone, LAST, PROGRESS, NOW), Done)
    with pytest.raises(Parking, match="has data disks of its own"):
        find_base(both, LAST, PROGRESS, NOW)


@pytest.mark.parametrize(("retained", "outcome"), [(KEPT, Note), (LOST, Wait)])
def test_a_disk_that_goes_needs_a_finished_snapshot(retained: Retained, outcome: type) -> None:
    """The system's is enough only where the others outlive the source themselves."""
    images: Any = Images(shown(SYSTEM, DATA), (snapshot("s-1"), snapshot("s-2", "progressing")))
    below = replace(
        PROGRESS, retained=retained, boot=Boot("snapshots", NOW - 5.0, "the image failed")
    )

    found = find_finished(images, LAST, below, NOW)

    assert isinstance(found, outcome)
    if found.progress.snapshots is not None:
        assert found.progress.snapshots.parts == ((SYSTEM, "s-1"),)


def test_an_automatic_snapshot_is_not_enough_where_a_data_disk_is_lost() -> None:
    """The replacement would have an empty disk in its place."""
    automatic = (snapshot("s-9", automatic=True),)
    images: Any = Images(None, automatic)

    kept = find_stale(images, LAST, PROGRESS, NOW)

    assert kept.progress.snapshots is not None
    with pytest.raises(Parking, match="a data disk is neither imaged nor retained"):
        find_stale(images, LAST, replace(PROGRESS, retained=LOST), NOW)
