"""The lower rungs of the ladder: what there is to boot from when no image of the source can be.

Each looks and notes what it has found, or moves to the next rung; none changes anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from worker.core import boots, identity, ladder
from worker.core.events import parse_time
from worker.core.model import Snapshot
from worker.core.outcomes import Done, Note, Outcome, Park, Wait
from worker.core.policy import Policy
from worker.core.progress import Imaged, KeptDisk, Progress, Snapshots
from worker.ports import Images
from worker.steps.base import Parking

LOOK_AGAIN_SECONDS = 10.0
GONE = Snapshot("", "gone")


def descend(
    progress: Progress, policy: Policy, why: str, now: float, *, lost: str = "", late: bool = False
) -> Note:
    """Move to the next rung.

    Raises:
        Parking: Nothing is left to boot from; a replay looks again from the rung in hand on.
    """
    before = progress.boot
    told = why if before is None else f"{before.why}; {why}"
    is_late = late or (before is not None and before.late)
    fallen = boots.fallen(progress, policy, told, now, lost=lost, late=is_late)
    if fallen is None:
        park = Park.IMAGE_TOO_SLOW if is_late else Park.IMAGE_FAILED
        raise Parking(park, f"{told}; {boots.retained_sentence(progress)}")
    return Note(fallen.marked("image failed", now, lost) if lost else fallen)


def find_finished(images: Images, policy: Policy, progress: Progress, now: float) -> Outcome:
    """Boot from the snapshots that are finished: the system's is enough if the others are kept."""
    disks = boots.cloud_disks(progress)
    system = boots.system_disk(progress)
    boot = progress.boot
    if system is None or boot is None:
        return descend(progress, policy, "no disk of the source can be booted from", now)
    found = _of_this_notice(images, progress, disks)
    saved = {one.disk_id for one in disks if one.given_up or boots.outlives(progress, one)}
    needed = [one for one in disks if one is system or one.disk_id not in saved]
    wanted = [found.get(one.disk_id, GONE) for one in needed]
    if all(one.is_finished for one in wanted):
        good = [(one, found[one.disk_id]) for one in _system_first(disks) if one.disk_id in found]
        return Note(_made_of(progress, [pair for pair in good if pair[1].is_finished], boot.lost))
    is_open = all(one.status in {"accomplished", "progressing"} for one in wanted)
    latest = max(boot.since, progress.resumed_at) + policy.image_wait_max
    if is_open and now <= latest:
        return Wait(progress, now + LOOK_AGAIN_SECONDS, "its snapshots are not finished")
    return descend(progress, policy, "its snapshots are not finished either", now)


def find_base(images: Images, policy: Policy, progress: Progress, now: float) -> Outcome:
    """Boot from the image that the source's line began with; its disks are then attached."""
    specified, system = progress.specified, boots.system_disk(progress)
    if specified is None or system is None or not boots.outlives(progress, system):
        return descend(progress, policy, "the system disk is not retained", now)
    if not ladder.near(specified.candidates, specified.source.zone):
        return descend(progress, policy, "no candidate is in the zone of the disks", now)
    base = identity.read_boot_tag(dict(specified.launch.tags).get(identity.TAG_BOOT))[1]
    base = base or specified.source.image_id
    image = images.known(base) if base else None
    if image is None or not image.usable:
        return descend(progress, policy, f"the base image {base} cannot be launched from", now)
    if len(image.snapshots) > 1:
        # A launch makes the data disks of an image, whose data is of another time.
        return descend(progress, policy, f"the base image {base} has data disks of its own", now)
    # Its name stays that of the recreation's own image, which the clean-up dates.
    name = identity.image_name(progress.recreation_id)
    rescue = replace(progress, imaged=Imaged(name, now, image.image_id))
    return Done(rescue.marked("rescue from the base image", now, image.image_id))


def find_stale(images: Images, policy: Policy, progress: Progress, now: float) -> Outcome:
    """Boot from the newest automatic snapshot of the system disk; the receipt tells its age."""
    system = boots.system_disk(progress)
    data = {
        one.device
        for one in boots.cloud_disks(progress)
        if one is not system and (one.given_up or boots.outlives(progress, one))
    }
    asked = progress.specified.launch.disks if progress.specified is not None else ()
    if system is None or not {one.device for one in asked if one.kind != "system"} <= data:
        return descend(progress, policy, "a data disk is neither imaged nor retained", now)
    newest = _newest(
        one
        for one in images.snapshots_of(system.disk_id)
        if one.automatic and identity.TAG_ID not in one.tags
    )
    if newest is None:
        return descend(progress, policy, "there is no finished automatic snapshot", now)
    return Note(_made_of(progress, [(system, newest)], ""))


def _of_this_notice(
    images: Images, progress: Progress, disks: Iterable[KeptDisk]
) -> Mapping[str, Snapshot]:
    """Find the snapshots by disk: those of the lost image, else what was begun since the notice."""
    image = images.find(identity.image_name(progress.recreation_id))
    if image is not None and image.snapshots:
        parts = dict(image.snapshots)
        states = {one.snapshot_id: one for one in images.snapshots(tuple(parts.values()))}
        return {
            one.disk_id: states.get(parts[one.device], GONE) for one in disks if one.device in parts
        }
    listed = {one.disk_id: images.snapshots_of(one.disk_id) for one in disks}
    return {disk: one for disk, those in listed.items() if (one := _since(those, progress.t0))}


def _since(those: Iterable[Snapshot], t0: float) -> Snapshot | None:
    recent = [one for one in those if (parse_time(one.created_at) or 0.0) >= t0]
    going = next((one for one in recent if not one.has_failed), None)
    return _newest(recent) or going


def _newest(those: Iterable[Snapshot]) -> Snapshot | None:
    finished = (one for one in those if one.is_finished)
    return max(finished, key=lambda one: (one.created_at, one.snapshot_id), default=None)


def _system_first(disks: tuple[KeptDisk, ...]) -> list[KeptDisk]:
    return sorted(disks, key=lambda one: one.kind != boots.SYSTEM)


def _made_of(progress: Progress, good: list[tuple[KeptDisk, Snapshot]], of_image: str) -> Progress:
    parts = tuple((disk.device, one.snapshot_id) for disk, one in good)
    # What is not told may be as old as the notice.
    taken_at = min(parse_time(one.created_at) or progress.t0 for _, one in good)
    return replace(progress, snapshots=Snapshots(of_image, parts, taken_at))
