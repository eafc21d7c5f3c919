"""In which order disks themselves go to the replacement."""

from dataclasses import replace

from worker.core import handing
from worker.core.progress import KeptDisk, Launched, Move, Progress, Retained

T0, NOTICE = 1_000.0, 300.0
RELEASED = T0 + NOTICE
SYSTEM, LATE, EARLY = (
    KeptDisk(f"d-{name}", kind, "cloud_essd", 40, device, was_deleted_with_instance=True)
    for name, kind, device in (
        ("system", "system", "/dev/xvda"),
        ("late", "data", "/dev/xvdaa"),
        ("early", "data", "/dev/xvdz"),
    )
)
DISKS = (SYSTEM, LATE, EARLY)
PROGRESS = Progress(
    "1234567890123456",
    "cn-hangzhou",
    "i-bp1source0001",
    T0,
    T0,
    retained=Retained(DISKS, sent=True),
    launched=Launched(missing=tuple(disk.disk_id for disk in DISKS)),
    moves=tuple(Move(f"disk/{disk.disk_id}", RELEASED) for disk in DISKS),
)


def before(disk: KeptDisk, progress: Progress = PROGRESS, now: float = RELEASED) -> set[str]:
    return set(handing.disks_before(progress, disk, NOTICE, now))


def test_disks_follow_each_other_by_their_devices_and_the_system_disk_is_last() -> None:
    """The replacement has a system disk of its own, so that the source's takes what is left."""
    assert before(EARLY) == set()
    assert before(LATE) == {EARLY.disk_id}
    assert before(SYSTEM) == {EARLY.disk_id, LATE.disk_id}


def test_what_has_ended_is_not_waited_for() -> None:
    """Attached or left, it takes no other device."""
    (system, late, early) = PROGRESS.moves
    ended = replace(PROGRESS, moves=(system, late, replace(early, ended="left")))

    assert before(LATE, ended) == set()


def test_what_is_busy_for_too_long_costs_the_others_nothing() -> None:
    """They have to be attached before their own time is over; what locks it goes at the release."""
    early = replace(PROGRESS, moves=tuple(replace(move, since=T0) for move in PROGRESS.moves))
    patience = handing.ORDER_SECONDS_MAX

    assert before(LATE, early, RELEASED + patience) == {EARLY.disk_id}
    assert before(LATE, early, RELEASED + patience + 1.0) == set()
