"""What the replacement boots from, and which disks it gets themselves; all pure.

An image holds some of the source's disks. What it does not hold follows from the image alone, which
every worker sees alike, and is attached to the replacement if it outlives the source.
"""

from collections.abc import Collection
from dataclasses import replace

from worker.core import identity, ladder
from worker.core.events import parse_time
from worker.core.model import Disk, Image
from worker.core.policy import Policy
from worker.core.progress import Boot, BootKind, Imaged, KeptDisk, Launched, Progress, Retained

# By how much clocks and describes may be behind: what is nearer to a notice counts as of it.
EARLIER_SECONDS = 60.0
# The accounts that two events give of one notice are nearer to each other than this, and the cloud does
# not take a notice back and give another one within it.
APART_SECONDS = 10.0
# What comes before an image and after it: the look, the disks, and the next look at the image.
ANEW_SECONDS = 15.0
# No copy of an event comes later than this, while its source is locked still.
BARE_EVENT_SECONDS = 3_600.0
FIRST_LOOK = "first look"
CONFIRMED = "confirmed by the cloud"
DISKS_RETAINED = "disks retained"
SNAPSHOT_ACCEPTED = "system snapshot accepted"
IMAGE_USABLE = "image usable"
# Longer than a call whose answer was lost has been seen to go on.
EFFECT_SECONDS_MAX = 90.0
# Why disks in economical mode are not kept: nothing releases them.
LEFT_ALONE = "left alone"
SYSTEM = "system"
UNDATED_DISK = "it was set to outlive the source before, so it got no tag and no date of ours"
LOST_DISK = "it is in no image and was not retained"
RELEASED_DISK = "it was retained, but it is gone or is set to go with the source"
BEHIND_DISK = (
    "what was written to it before the last notice and after the image began is on it alone"
)
BEHIND_LOST = (
    "what was written to it before the last notice and after the image began is lost with it"
)
TAKEN_DISK = "it was not on the source any more when its disks were retained"


def fallen(
    progress: Progress, policy: Policy, why: str, now: float, *, lost: str = "", late: bool = False
) -> Progress | None:
    """Move to the next rung; None when there is none.

    The slot of the launch stays: a request that may have been taken is asked again under its token.
    """
    rung = ladder.rung_after(progress.rung, policy)
    if rung is None:
        return None
    known = progress.boot
    boot = Boot(rung, now, why, lost or (known.lost if known else ""), late)
    launched = replace(progress.launched, image_usable_at=0.0, image_safe=False, missing=())
    return replace(
        progress,
        begun=progress.images_begun,
        boot=boot,
        imaged=None,
        snapshots=None,
        launched=launched,
    )


def image_name(progress: Progress) -> str:
    """Name the image of the rung in hand."""
    match progress.rung:
        case "snapshots":
            return identity.snapshots_image_name(progress.recreation_id)
        case "stale-snapshot":
            return identity.stale_image_name(progress.recreation_id)
        case _:
            return identity.image_name(progress.recreation_id)


def is_changed(disk: Disk, source: str) -> bool:
    """Tell whether a recreation of this source has kept a disk, or was about to, and not let it go."""
    ours = disk.tags.get(identity.TAG_SOURCE) == source and identity.TAG_RETAINED in disk.tags
    return ours and not disk.tags.get(identity.TAG_ID, "").startswith(identity.WITHDRAWN)


def goes_with(disk: Disk, source: str) -> bool:
    """Tell whether the release of an instance takes a disk along, as things are now."""
    return disk.delete_with_instance and disk.instance_id == source


def kept_disks(disks: tuple[Disk, ...], known: Retained | None) -> tuple[KeptDisk, ...]:
    """Note what the disks of a source were, before they are changed.

    Args:
        disks: As they are now.
        known: What is known of them already: it may be us who have changed them since.
    """
    changed = set(known.to_keep) if known is not None else set()
    return tuple(kept_disk(disk, is_changed=disk.disk_id in changed) for disk in disks)


def kept_disk(disk: Disk, *, is_changed: bool) -> KeptDisk:
    """Note what a disk was; `is_changed` says that it is us who keep it."""
    return KeptDisk(
        disk_id=disk.disk_id,
        kind=disk.kind,
        category=disk.category,
        size=disk.size,
        device=disk.device,
        was_deleted_with_instance=disk.delete_with_instance or is_changed,
        is_cloud=disk.is_cloud,
    )


def cloud_disks(progress: Progress) -> tuple[KeptDisk, ...]:
    """List the disks that can be imaged or carried over: data disks by device, then the system."""
    disks = progress.retained.disks if progress.retained is not None else ()
    found = (disk for disk in disks if disk.is_cloud)
    return tuple(sorted(found, key=lambda disk: (disk.kind == SYSTEM, disk.device)))


def with_disks_to_keep(progress: Progress, now: float) -> Progress:
    """Have disks kept that were left alone, since the source is to be cloned.

    What they were stands in a message before they are changed: their tags may not show in time.
    """
    retained = progress.retained
    if retained is None or retained.refused != LEFT_ALONE:
        return progress
    wanted = replace(retained, sent=False, refused="", told=True, wanted_at=now)
    return replace(progress, retained=wanted)


def with_given_up(progress: Progress, disk_ids: Collection[str], why: str = "") -> Progress:
    """Expect nothing any more of these disks, and tell why where it matters to a person."""
    retained = progress.retained
    if retained is None or not disk_ids:
        return progress
    disks = tuple(
        replace(one, given_up=True) if one.disk_id in disk_ids else one for one in retained.disks
    )
    for disk_id in disk_ids if why else ():
        progress = progress.remarked(f"disk {disk_id}", why)
    return replace(progress, retained=replace(retained, disks=disks))


def is_of_a_later_notice(progress: Progress) -> bool:
    """Tell whether the source was noticed before, and an image of that notice was found."""
    return progress.incarnation != identity.NOT_ECONOMICAL and progress.economical is None


def may_be_given_back(progress: Progress, now: float) -> bool:
    """Tell whether to look if the clean-up of an earlier notice has undone that disks were kept.

    What it asked for last may take effect after they were kept for this notice.
    """
    retained = progress.retained
    if retained is None or retained.checked or not retained.to_keep:
        return False
    if not is_of_a_later_notice(progress):
        return False
    is_kept = retained.sent and not retained.refused
    return is_kept and now >= retained.sent_at + EFFECT_SECONDS_MAX


def notice_begun(progress: Progress, notice: float, now: float) -> float:
    """Tell when the notice in force began; the event may have told of one that was taken back.

    Args:
        progress: Of a source that is locked and not stopped.
        notice: Its usual length, seconds.
        now: Epoch seconds.
    """
    begun = max(progress.t0, progress.unlocked_at, progress.launched.unlocked_at)
    # What outlives its notice has been given another one, nobody knows when: its end is not near.
    return now if now > begun + notice + EARLIER_SECONDS else begun


def system_disk(progress: Progress) -> KeptDisk | None:
    """Return the source's system disk, if it is a cloud disk."""
    return next((disk for disk in cloud_disks(progress) if disk.kind == SYSTEM), None)


def outlives(progress: Progress, disk: KeptDisk) -> bool:
    """Tell whether a disk is there after the release; in economical mode there is none."""
    retained = progress.retained
    if retained is None or not disk.is_cloud or disk.given_up:
        return False
    return progress.economical is not None or retained.outlives(disk)


def can_reattach(progress: Progress) -> bool:
    """Tell whether every data disk of the source can be carried over itself."""
    data = [disk for disk in cloud_disks(progress) if disk.kind != SYSTEM and not disk.given_up]
    has_system = system_disk(progress) is not None
    return has_system and bool(data) and all(outlives(progress, disk) for disk in data)


def awaits_snapshot(progress: Progress) -> bool:
    """Tell whether the image is to be made of a snapshot that is not finished."""
    system = progress.system_snapshot
    begun = system is not None and bool(system.snapshot_id)
    return begun and progress.rung == "image" and progress.snapshots is None


def missing(progress: Progress, image: Image, rung: BootKind) -> tuple[str, ...]:
    """Name the disks of the source that the image does not hold, in the order of attaching."""
    disks = cloud_disks(progress)
    if rung == "rescue":
        return tuple(disk.disk_id for disk in disks)
    held = {device for device, _ in image.snapshots}
    # An image that does not tell its parts was made of the whole source.
    return tuple(disk.disk_id for disk in disks if held and disk.device not in held)


def reattached(progress: Progress) -> tuple[KeptDisk, ...]:
    """List the disks that the replacement gets themselves."""
    wanted = progress.launched.missing
    return tuple(
        disk
        for disk in cloud_disks(progress)
        if disk.disk_id in wanted and outlives(progress, disk)
    )


def copied(progress: Progress) -> tuple[str, ...]:
    """Name the disks that retain has changed and of which the replacement has a copy.

    What it has not is the only place where that data is: it never gets a date.
    """
    retained = progress.retained
    if is_behind(progress):
        return ()
    apart = set(progress.launched.missing)
    system = system_disk(progress)
    if progress.rung == "stale-snapshot" and system is not None:
        apart.add(system.disk_id)
    return tuple(one for one in (retained.to_keep if retained else ()) if one not in apart)


def data_point(image: Image) -> float:
    """Read off an image of snapshots when these were begun; 0 for an image of a source."""
    return parse_time(image.tags.get(identity.TAG_DATA_POINT, "")) or 0.0


def held_until(progress: Progress) -> float | None:
    """Tell until when the image in hand has the source's data; None where none was accepted.

    An image holds what was on disk when it was begun: the earlier of the two accounts counts.
    """
    if progress.imaged is None:
        return None
    begun, accepted = progress.launched.image_begun_at, progress.imaged.accepted_at
    return min(begun, accepted) if begun else accepted


def has_begun(progress: Progress) -> bool:
    """Tell whether something was begun that holds data as of its beginning."""
    return progress.imaged is not None or progress.system_snapshot is not None


def is_behind(progress: Progress) -> bool:
    """Tell whether what is booted from was begun before the notice that counts.

    Both accounts are the cloud's own: no clock of ours is in them, once the image has shown.
    """
    is_of_it = progress.rung in {"image", "snapshots"} and progress.economical is None
    if progress.imaged is None or not is_of_it:
        return False
    counts = progress.last_noticed_at
    return _image_begun(progress, progress.imaged) + APART_SECONDS < counts


def behind(progress: Progress) -> tuple[KeptDisk, ...]:
    """List the disks whose last writes before the notice are in no image and on no replacement."""
    if not is_behind(progress):
        return ()
    apart = set(progress.launched.missing)
    return tuple(disk for disk in cloud_disks(progress) if disk.disk_id not in apart)


def has_time_anew(progress: Progress, notice: float, now: float) -> bool:
    """Tell whether another image can be there before the source goes; it takes what the first one took.

    An event proves nothing: where it alone tells of another notice, the end of the first one must not
    be missed, and only one image more is made.

    Args:
        progress: With a usable image, of a source that is locked and not stopped.
        notice: Its usual length, seconds.
        now: Epoch seconds.
    """
    launched = progress.launched
    if progress.imaged is None:
        return False
    begun = _image_begun(progress, progress.imaged)
    is_seen = launched.image_usable_at < launched.unlocked_at
    if is_seen or now > begun + notice + EARLIER_SECONDS:
        ends = notice_begun(progress, notice, now) + notice
    elif is_of_a_later_notice(progress):
        return False
    else:
        ends = begun + notice
    return now + _took(launched, begun, notice) + ANEW_SECONDS <= ends


def _took(launched: Launched, begun: float, notice: float) -> float:
    """Tell how long an image took, as far as that is known; who looks late has not seen its end."""
    if launched.image_unready_at:
        return launched.image_unready_at - begun
    seen = max(launched.image_usable_at - begun, 0.0)
    return seen if seen <= notice else 0.0


def _image_begun(progress: Progress, imaged: Imaged) -> float:
    return progress.launched.image_begun_at or imaged.taken_at or imaged.accepted_at


def is_of_an_earlier_notice(progress: Progress, made_at: str, notice: float) -> bool:
    """Tell whether an image, or a snapshot, was begun before this notice was given.

    An image is only made under a lock, so that none is older than its notice. Its name and its
    token are those of the source, and a second notice meets both again.
    """
    created = parse_time(made_at)
    if created is None:
        return False
    looked = next((mark.at for mark in progress.marks if mark.what == FIRST_LOOK), progress.t0)
    # The event may not tell its time, and come at the end of its notice.
    told = progress.noticed_at or progress.t0 - notice
    begun = max(min(told, looked), progress.unlocked_at)
    return created < begun - EARLIER_SECONDS


def is_outlived(progress: Progress, made_at: str) -> bool:
    """Tell whether what ended a recreation belongs to a notice long before this one.

    A bare event does not tell its time, and a copy of it may come long after the first.
    """
    return is_of_an_earlier_notice(progress, made_at, BARE_EVENT_SECONDS)


def retained_sentence(progress: Progress) -> str:
    """Say which disks outlive the source, for a person who has to go on with them."""
    kept = [disk for disk in cloud_disks(progress) if outlives(progress, disk)]
    if not kept:
        return "no disk of the source is retained"
    named = ", ".join(f"{disk.disk_id} ({disk.device}, {disk.size} GiB)" for disk in kept)
    return f"retained: {named}"
