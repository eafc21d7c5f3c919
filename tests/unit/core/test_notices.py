"""What is worth telling, read from the progress alone."""

from dataclasses import replace

import pytest

from worker.core.notices import Kind, ending, news, parking
from worker.core.outcomes import Park, Parked
from worker.core.progress import (
    Boot,
    Imaged,
    KeptDisk,
    Launched,
    Mootness,
    Progress,
    Retained,
)

T0 = 1_795_392_000.0
NOW = T0 + 20.0
GOES = KeptDisk("d-goes", "system", "cloud_essd", 40, "/dev/xvda", was_deleted_with_instance=True)
STAYS = KeptDisk("d-stays", "data", "cloud_essd", 80, "/dev/xvdb", was_deleted_with_instance=False)
LOCAL = KeptDisk("d-local", "data", "local_ssd", 80, "/dev/xvdc", True, is_cloud=False)
RETAINED = Retained((GOES, STAYS, LOCAL), tagged=True, sent=True)
FRESH = Progress("1234567890123456", "cn-hangzhou", "i-bp1source00000001", T0, T0)
KEPT = replace(FRESH, retained=RETAINED)
RUNNING = replace(
    KEPT,
    imaged=Imaged("recreation-" + "0" * 32, NOW, "m-1"),
    launched=Launched(instance_id="i-2", charge="spot", running_at=NOW),
)


def kinds(before: Progress, after: Progress) -> list[Kind]:
    return [one.kind for one in news(before, after, NOW, notice=300.0)]


def test_it_has_started_once_the_cloud_has_confirmed_it() -> None:
    """A bare event tells nobody anything; a worker that resumes it does not tell it again."""
    assert kinds(FRESH, replace(FRESH, seen=True)) == []
    assert kinds(FRESH, KEPT) == [Kind.STARTED]
    assert kinds(KEPT, RUNNING) == []


def test_a_start_tells_what_is_saved_and_how_long_is_left() -> None:
    (notice,) = news(FRESH, RUNNING, NOW, notice=300.0)

    assert (notice.image, notice.disks, notice.seconds_left) == ("m-1", 2, 280.0)


@pytest.mark.parametrize(
    ("retained", "disks"),
    [
        (replace(RETAINED, sent=False), 0),
        (replace(RETAINED, refused="Forbidden"), 1),
    ],
)
def test_only_disks_that_do_outlive_it_are_called_saved(retained: Retained, disks: int) -> None:
    (notice,) = news(FRESH, replace(FRESH, retained=retained), NOW, notice=300.0)

    assert notice.disks == disks


def test_a_replacement_too_many_is_told_once() -> None:
    launched = replace(RUNNING.launched, quarantined=("i-3",))
    second = replace(RUNNING, launched=launched)
    third = replace(second, launched=replace(launched, quarantined=("i-3", "i-4")))

    assert [one.extra for one in news(RUNNING, second, NOW, notice=300.0)] == [("i-3",)]
    assert kinds(second, second) == []
    assert [one.extra for one in news(second, third, NOW, notice=300.0)] == [("i-4",)]


@pytest.mark.parametrize(
    ("progress", "kind"),
    [
        (RUNNING, Kind.RECOVERED),
        (RUNNING.remarked("tag x", "no room"), Kind.DEGRADED),
        (replace(RUNNING, boot=Boot("snapshots", NOW, "why")), Kind.RECOVERED),
        (replace(RUNNING, boot=Boot("rescue", NOW, "why")), Kind.DEGRADED),
        (replace(RUNNING, boot=Boot("stale-snapshot", NOW, "why")), Kind.DEGRADED),
        (
            replace(RUNNING, launched=replace(RUNNING.launched, charge="pay-as-you-go")),
            Kind.DEGRADED,
        ),
        (replace(KEPT, moot=Mootness.FALSE_ALARM), Kind.CALLED_OFF),
        (replace(FRESH, moot=Mootness.FALSE_ALARM), None),
        (replace(KEPT, moot=Mootness.ALREADY_DONE), None),
        (replace(FRESH, moot=Mootness.NOT_OURS), None),
    ],
)
def test_how_it_ended(progress: Progress, kind: Kind | None) -> None:
    notice = ending(progress, NOW, notice=300.0)

    assert (notice.kind if notice else None) == kind


@pytest.mark.parametrize("park", list(Park))
def test_whatever_is_parked_is_told_with_advice(park: Park) -> None:
    """Also what cannot be read, which has no source."""
    known = parking(Parked(KEPT, park, "why", "Code"), "", "cn-hangzhou", NOW, notice=300.0)
    unknown = parking(Parked(None, park, "why"), "", "cn-hangzhou", NOW, notice=300.0)

    assert (known.kind, known.source, known.code) == (Kind.PARKED, FRESH.instance_id, "Code")
    assert (unknown.kind, unknown.source) == (Kind.PARKED, "")
    assert known.advice == unknown.advice == park.advice
    assert known.park == unknown.park == park.value
