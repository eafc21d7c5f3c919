"""How progress moves while a replacement is launched: every transition in one place, all pure."""

from collections.abc import Sequence
from dataclasses import replace

from worker.core import boots, identity, ladder, losses
from worker.core.events import INSTANCE_ID, parse_time
from worker.core.model import Candidate, Disk, Image, Instance, LaunchSpec
from worker.core.outcomes import StepName
from worker.core.progress import (
    RECLAIMED,
    Boot,
    BootKind,
    Imaged,
    KeptDisk,
    Launched,
    Progress,
    Refusal,
    Retained,
    Specified,
)

ROUND_SECONDS = 10.0
REFUSALS_MAX = 24
# What else has happened was about an image that is not launched from.
OF_EVERY_NOTICE = frozenset({boots.FIRST_LOOK, boots.CONFIRMED, boots.DISKS_RETAINED})
# For how long after the announced release the source's private address is waited for.
ADDRESS_SECONDS_MAX = 60.0
BOTH_RUN = "it still runs beside its replacement; two copies run, stop one of them by hand"


def token(progress: Progress) -> str:
    """Derive the client token of the slot in hand."""
    epoch, index, round_, drop = progress.launched.slot
    slot = (str(epoch), str(index), str(round_), *drop)
    return identity.client_token(progress.recreation_id, StepName.LAUNCH.value, *slot)


def imaged(progress: Progress) -> Imaged:
    """Return the output of image, which stands before launch."""
    if progress.imaged is None:
        raise AssertionError("launch stands after image")
    return progress.imaged


def specified(progress: Progress) -> Specified:
    """Return the output of spec, which stands before launch."""
    if progress.specified is None:
        raise AssertionError("launch stands after spec")
    return progress.specified


def order(progress: Progress) -> tuple[Candidate, ...]:
    """List the candidates; disks that are carried over themselves draw them to their zone."""
    found = specified(progress)
    if not progress.launched.missing:
        return found.candidates
    near = ladder.near(found.candidates, found.source.zone)
    # Nobody comes down to a rescue where no candidate is in the zone.
    if progress.rung == "rescue" and near:
        return near
    return ladder.nearest_first(found.candidates, found.source.zone)


def candidate_in_hand(progress: Progress) -> Candidate:
    """Return the candidate that the slot stands for."""
    found = order(progress)
    return found[progress.launched.index % len(found)]


def request(progress: Progress) -> LaunchSpec:
    """Write the request for what is booted from: only disks that the image holds are asked for."""
    spec = specified(progress).launch
    apart = {
        disk.device
        for disk in boots.cloud_disks(progress)
        if disk.disk_id in progress.launched.missing
    }
    # A rescue gets every data disk itself; one that is lost is not made anew and empty.
    if progress.rung == "rescue":
        apart = {one.device for one in spec.disks}
    disks = tuple(one for one in spec.disks if one.kind == "system" or one.device not in apart)
    return replace(
        spec,
        disks=disks,
        tags=_boot_tags(spec.tags, progress.rung),
        password_inherit=progress.rung != "rescue",
    )


def _boot_tags(tags: tuple[tuple[str, str], ...], rung: BootKind) -> tuple[tuple[str, str], ...]:
    """Say on the replacement what it boots from; a request without the tag stays without."""
    return tuple(
        (key, identity.boot_tag(rung, identity.read_boot_tag(value)[1]))
        if key == identity.TAG_BOOT
        else (key, value)
        for key, value in tags
    )


def with_usable_image(progress: Progress, image: Image, now: float) -> Progress:
    """Note that the image can be launched from, and as of when it holds the data.

    After a lost answer or a crash the image was accepted long before we learnt of it.
    """
    missing = boots.missing(progress, image, progress.rung)
    launched = replace(
        progress.launched,
        missing=missing,
        image_usable_at=now,
        image_begun_at=imaged(progress).taken_at or parse_time(image.created_at) or 0.0,
        image_safe=image.is_safe,
    )
    usable = _told_of_lost_disks(replace(progress, launched=launched))
    return usable.marked(boots.IMAGE_USABLE, now, image.image_id)


def _told_of_lost_disks(progress: Progress) -> Progress:
    for disk in boots.cloud_disks(progress):
        is_missing = disk.disk_id in progress.launched.missing and not disk.given_up
        if is_missing and not boots.outlives(progress, disk):
            progress = progress.remarked(f"disk {disk.disk_id}", boots.LOST_DISK)
    return progress


def with_other_boot(progress: Progress, image: Image, rung: BootKind, now: float) -> Progress:
    """Note that the replacement was launched from something else, by a twin that knew more."""
    seen = progress
    if rung != progress.rung:
        lost = progress.imaged.image_id if progress.imaged is not None else ""
        boot = Boot(rung, now, "a twin has launched from it", lost)
        begun = progress.images_begun
        seen = replace(progress, boot=boot, begun=begun)
    point = boots.data_point(image)
    name = boots.image_name(seen)
    imaged = Imaged(name, now, image.image_id, point)
    launched = replace(
        seen.launched,
        missing=boots.missing(seen, image, rung),
        image_begun_at=point or parse_time(image.created_at) or 0.0,
    )
    return _told_of_lost_disks(replace(seen, imaged=imaged, launched=launched))


def is_recreation_since(image: Image, since: float) -> bool:
    """Tell whether an image was made later than `since`, and not for a false alarm."""
    if identity.TAG_FALSE_ALARM in image.tags:
        return False
    return (parse_time(image.created_at) or 0.0) > since


def has_ended(image: Image) -> bool:
    """Tell whether the recreation that an image is of was brought to its end, and was no false alarm."""
    return identity.TAG_DELETE_AFTER in image.tags and identity.TAG_FALSE_ALARM not in image.tags


def is_noticed_again(progress: Progress, source: Instance) -> bool:
    """Tell whether a locked source has another notice than the one that the image was begun for.

    It was seen without its lock since the image was ready, or an event tells of a later notice.
    """
    launched = progress.launched
    is_of_it = progress.rung in {"image", "snapshots"}
    is_ours = is_of_it and progress.economical is None and not launched.stop_sent
    is_later = launched.image_usable_at < launched.unlocked_at or boots.is_behind(progress)
    return is_ours and source.is_recycling and is_later


def with_later_notice(progress: Progress, later: Progress) -> Progress:
    """Note that the source was noticed again, as another event of it tells; the same where that is no news.

    In economical mode it is the start time that tells one notice from another.
    """
    known = progress.last_noticed_at or progress.t0
    is_over = progress.moot is not None or progress.economical is not None
    if is_over or later.noticed_at <= known + boots.APART_SECONDS:
        return progress
    return _counting_from(progress, later.noticed_at)


def with_notice_on(progress: Progress, image: Image) -> Progress:
    """Note when the image was begun, and what is written on it: that its source was noticed again."""
    # One that was adopted is older than our knowledge of it.
    begun = imaged(progress).taken_at or parse_time(image.created_at) or 0.0
    progress = replace(progress, launched=replace(progress.launched, image_begun_at=begun))
    told = parse_time(image.tags.get(identity.TAG_RENOTICED, "")) or 0.0
    is_news = told > progress.last_noticed_at
    return _counting_from(progress, told) if is_news and progress.economical is None else progress


def with_older_image(progress: Progress) -> Progress:
    """Note that there is no time for an image of the notice in force: the one in hand is taken."""
    seen = progress.launched.unlocked_at
    is_seen = seen > max(progress.launched.image_usable_at, progress.renoticed_at)
    return _counting_from(progress, seen) if is_seen else progress


def _counting_from(progress: Progress, at: float) -> Progress:
    return replace(progress, renoticed_at=at, t0=max(progress.t0, at))


def from_the_image_on(
    progress: Progress,
    earlier: Image,
    disks: tuple[Disk, ...],
    now: float,
    notice: float,
    besides: Sequence[str] = (),
) -> Progress:
    """Begin again with an image of this notice; the one in hand is from an earlier notice.

    The disks are kept once more: the clean-up of the earlier notice may have given them back, and
    there may be others by now.

    Args:
        progress: Of a source that is locked.
        earlier: The image that the earlier notice has begun first, whatever became of it.
        disks: Of the source, as it is now.
        now: Epoch seconds.
        notice: Its usual length, seconds.
        besides: Ids of other images that the earlier notice has left.
    """
    progress = _with_disks_anew(progress, boots.kept_disks(disks, progress.retained), now)
    again = after(progress, earlier.image_id)
    return replace(
        again,
        earlier=(*again.earlier, *besides),
        t0=boots.notice_begun(progress, notice, now),
        marks=tuple(mark for mark in progress.marks if mark.what in OF_EVERY_NOTICE),
        belongings=None,
        quiesced=None,
        imaged=None,
        system_snapshot=None,
        boot=None,
        snapshots=None,
        begun=(),
        told_on_image="",
        looked=None,
        captured=None,
        specified=None,
        launched=Launched(),
    )


def without_image(progress: Progress, earlier: Image) -> Progress:
    """Leave the image of an earlier notice, and what it was to be made of, to that notice."""
    return replace(
        after(progress, earlier.image_id),
        system_snapshot=None,
        snapshots=None,
        marks=tuple(mark for mark in progress.marks if mark.what != boots.SNAPSHOT_ACCEPTED),
    )


def after(progress: Progress, earlier: str) -> Progress:
    """Give this notice its own names: they are made from what the one before has left.

    Args:
        progress: Of the later notice.
        earlier: Id of the earlier one's image, or of what it launched if the image is gone.
    """
    return replace(progress, incarnation=earlier, earlier=(*progress.earlier, earlier))


def with_disks_given_back(progress: Progress, now: float) -> Progress:
    """Have the disks kept once more: the clean-up of an earlier notice has given them back."""
    retained = progress.retained
    if retained is None:
        return progress
    return _with_disks_anew(progress, retained.disks, now)


def _with_disks_anew(progress: Progress, disks: tuple[KeptDisk, ...], now: float) -> Progress:
    """Have disks kept from the beginning; the patience with them begins anew, too."""
    old = {boots.CONFIRMED, boots.DISKS_RETAINED}
    marks = tuple(mark for mark in progress.marks if mark.what not in old)
    again = replace(progress, retained=Retained(disks), marks=marks)
    return again.marked(boots.CONFIRMED, now)


def with_disks_checked(progress: Progress) -> Progress:
    """Note that the disks are still kept."""
    retained = progress.retained
    return replace(progress, retained=replace(retained, checked=True) if retained else None)


def with_source_shown(progress: Progress) -> Progress:
    """Forget that a look missed the source: only misses in a row tell that it is gone."""
    return replace(progress, absent_at=0.0) if progress.absent_at else progress


def with_stop_asked(progress: Progress, now: float) -> Progress:
    """Note that the source is on its way down."""
    launched = replace(progress.launched, stop_sent=True, stop_sent_at=now)
    return replace(progress, launched=launched)


def with_stopped_source(progress: Progress, source: Instance | None, now: float) -> Progress:
    """Note that the source cannot serve any more.

    Args:
        progress: So far.
        source: As it is now; None when it is gone.
        now: Epoch seconds.
    """
    if progress.launched.source_stopped_at:
        return progress
    is_left = source is not None and not source.is_recycling and progress.economical is None
    if is_left:
        progress = progress.remarked(
            f"instance {progress.instance_id}",
            "its notice was taken back after it had been stopped: it stays, and is paid for",
        )
    launched = replace(progress.launched, source_stopped_at=now)
    return replace(progress, launched=launched).marked("source stopped or gone", now)


def waits_for_address(progress: Progress, notice: float, now: float) -> bool:
    """Tell whether the replacement is to have the address that a stopped source still has.

    The release frees it; a source that is not released by then keeps it.
    """
    candidate = candidate_in_hand(progress)
    is_asked = bool(candidate.private_ip) and "PrivateIpAddress" not in progress.launched.drop
    return is_asked and now < progress.t0 + notice + ADDRESS_SECONDS_MAX


def with_accepted(
    progress: Progress, candidate: Candidate, instance_id: str, now: float
) -> Progress:
    """Note the instance that the cloud promised."""
    launched = replace(
        progress.launched,
        instance_id=instance_id,
        accepted_at=now,
        instance_type=candidate.instance_type,
        zone=candidate.zone,
    )
    return replace(progress, launched=launched).marked("replacement accepted", now, instance_id)


def with_late_answer(progress: Progress, now: float) -> Progress:
    """Count from now on: the request may have been on its way for long, so that it shows later."""
    return replace(progress, launched=replace(progress.launched, accepted_at=now))


def with_adopted(progress: Progress, replacement: Instance, now: float) -> Progress:
    """Take over an instance of this recreation that shows by tag."""
    launched = replace(
        progress.launched,
        instance_id=replacement.instance_id,
        accepted_at=progress.launched.accepted_at or now,
        instance_type=replacement.instance_type,
        zone=replacement.zone,
    )
    return replace(progress, launched=launched).marked(
        "replacement accepted", now, replacement.instance_id
    )


def with_running(progress: Progress, replacement: Instance, now: float) -> Progress:
    """Note that the replacement was seen Running, which ends the step."""
    launched = replace(
        progress.launched,
        running_at=now,
        instance_type=replacement.instance_type,
        zone=replacement.zone,
        private_ip=replacement.private_ip,
        charge="spot" if replacement.spot_strategy.startswith("Spot") else "pay-as-you-go",
        cpu=replacement.cpu,
    )
    running = _told_of_what_stayed(replace(progress, launched=launched), replacement)
    return running.marked("replacement running", now, replacement.instance_id)


def _told_of_what_stayed(progress: Progress, replacement: Instance) -> Progress:
    """Name what belongs to the source's type or zone: only now is it known which it became."""
    found, launched = specified(progress), progress.launched
    for parameter in losses.of_candidate(found, launched, replacement):
        progress = progress.remarked(parameter, losses.OF_TYPE)
    for parameter in losses.of_zone(found.launch, launched.zone):
        progress = progress.remarked(parameter, losses.OF_ZONE)
    source = found.source
    is_sibling = launched.zone == source.zone and replacement.vswitch != source.vswitch
    if is_sibling and source.vswitch and replacement.vswitch:
        progress = progress.remarked(f"subnet {source.vswitch}", losses.OTHER_SUBNET)
    return progress


def with_source_started(progress: Progress, source: Instance, now: float) -> Progress:
    """Note that the source itself runs again: nothing is replaced, and it keeps its identity."""
    launched = replace(
        progress.launched,
        instance_id=source.instance_id,
        instance_type=source.instance_type,
        zone=source.zone,
        private_ip=source.private_ip,
        cpu=source.cpu,
        accepted_at=progress.launched.accepted_at or now,
        running_at=now,
    )
    return replace(progress, launched=launched).marked(
        "source started in place", now, source.instance_id
    )


def of_the_next_start(progress: Progress, source: Instance, now: float) -> Progress:
    """Begin with the notice that a source in economical mode was given after it was started again."""
    return Progress(
        account=progress.account,
        region=progress.region,
        instance_id=progress.instance_id,
        t0=now,
        received_at=progress.received_at,
        incarnation=source.started_at or identity.NOT_ECONOMICAL,
        owner=progress.owner,
        hops=progress.hops,
        wishes=progress.wishes,
    )


def is_started_again(progress: Progress, source: Instance) -> bool:
    """Tell whether a source in economical mode was started since the notice."""
    economical = progress.economical
    return economical is not None and source.started_at not in {"", economical.started_at}


def recreation_of(progress: Progress, replacement: str) -> Progress:
    """Return the beginning of a replacement's own recreation, for its id and its names."""
    return replace(progress, instance_id=replacement, incarnation=identity.NOT_ECONOMICAL)


def with_heir(progress: Progress, heir: Instance) -> Progress:
    """Note who gets what the replacement cannot have any more."""
    earlier = (*progress.launched.forebears, progress.receiver)
    launched = replace(progress.launched, heir=heir.instance_id, forebears=earlier, orphaned_at=0.0)
    to = heir.instance_id
    told = f"what had not arrived went on to {to}, because this one was reclaimed before"
    return replace(progress, launched=launched).remarked(f"instance {progress.receiver}", told)


def serves_again(progress: Progress, source: Instance) -> bool:
    """Tell whether a source that was stopped runs beside what replaces it."""
    if progress.economical is None:
        is_again = not source.is_recycling
    else:
        is_again = is_started_again(progress, source)
    return is_again and source.status in {"Starting", "Running"}


def with_source_beside(progress: Progress) -> Progress:
    """Note that the source was started beside its clone."""
    return progress.remarked(
        f"instance {progress.instance_id}", "started beside its replacement; stop it by hand"
    )


def with_source_serving(progress: Progress, now: float) -> Progress:
    """Note that the source was not stopped, long after the replacement was launched for its notice."""
    beside = replace(progress, launched=replace(progress.launched, beside_at=now))
    return beside.remarked(f"instance {progress.instance_id}", BOTH_RUN)


def awaits_source(progress: Progress) -> bool:
    """Tell whether a replacement runs and nobody knows yet that its source serves no more."""
    launched = progress.launched
    is_known = bool(launched.source_stopped_at or launched.beside_at)
    return not is_known and not progress.is_in_place and not progress.was_reclaimed


def with_reclaimed(progress: Progress, now: float) -> Progress:
    """Note that the replacement has run and was reclaimed before it was seen."""
    launched = replace(progress.launched, running_at=now)
    return replace(progress, launched=launched).marked(RECLAIMED, now, launched.instance_id)


def with_source_reclaimed(progress: Progress, now: float) -> Progress:
    """Note that the source itself was started again, and is stopped once more: nothing replaces it."""
    launched = replace(progress.launched, instance_id=progress.instance_id)
    return with_reclaimed(replace(progress, launched=launched), now)


def with_another_round(progress: Progress, candidate: Candidate, code: str, now: float) -> Progress:
    """A refusal is remembered with its token, so a later try needs a new one."""
    launched = progress.launched
    again = replace(
        launched,
        round=launched.round + 1,
        clashed_at=0.0,
        not_before=now + ROUND_SECONDS,
        refusals=remembered(launched, Refusal(candidate.label, code, now)),
    )
    return replace(progress, launched=again)


def with_next_candidate(
    progress: Progress, candidate: Candidate, code: str, now: float, *, pause: float
) -> Progress:
    """Move on after a definite refusal; after the last candidate the list starts again.

    Args:
        progress: With the refused candidate in hand.
        candidate: What was refused.
        code: Why.
        now: Epoch seconds.
        pause: Until when nothing is tried if the list starts again, epoch seconds.
    """
    launched = progress.launched
    index = launched.index + 1
    is_last = index >= len(order(progress))
    moved = replace(
        launched,
        index=0 if is_last else index,
        epoch=launched.epoch + is_last,
        not_before=pause if is_last else launched.not_before,
        round=0,
        drop=(),
        clashed_at=0.0,
        instance_id="",
        accepted_at=0.0,
        refusals=remembered(launched, Refusal(candidate.label, code, now)),
    )
    return replace(progress, launched=moved)


def with_fewer_parameters(progress: Progress, parameter: str, code: str) -> Progress:
    """Leave out an optional parameter that the cloud refuses."""
    launched = progress.launched
    fewer = replace(launched, drop=tuple(sorted((*launched.drop, parameter))), clashed_at=0.0)
    return replace(progress, launched=fewer).remarked(parameter, code)


def with_quarantined(progress: Progress, losers: tuple[str, ...]) -> Progress:
    """Note instances that are one too many."""
    launched = replace(progress.launched, quarantined=(*progress.launched.quarantined, *losers))
    for loser in losers:
        progress = progress.remarked(f"instance {loser}", "a second replacement; delete it by hand")
    return replace(progress, launched=launched)


def remembered(launched: Launched, refusal: Refusal) -> tuple[Refusal, ...]:
    """Keep the last refusals for the receipt."""
    return (*launched.refusals, refusal)[-REFUSALS_MAX:]


def not_quarantined(found: tuple[Instance, ...], known: tuple[str, ...]) -> tuple[Instance, ...]:
    """Leave out what has been marked as one too many; our own marks may not show yet."""
    return tuple(
        one
        for one in found
        if identity.TAG_QUARANTINED not in one.tags and one.instance_id not in known
    )


def marked_beside(instance: Instance) -> str:
    """Tell beside whom an instance was marked as one too many; empty where it was not."""
    marked = instance.tags.get(identity.TAG_QUARANTINED, "")
    return marked if INSTANCE_ID.fullmatch(marked) else ""


def winner(found: tuple[Instance, ...]) -> Instance:
    """Choose the instance that stays: the earliest, by a rule that every worker shares."""
    return min(found, key=lambda one: (one.created_at, one.instance_id))


def replacement_name(found: tuple[Instance, ...]) -> str:
    """Name the replacement among what carries its recreation's tag.

    Where only one too many is left, its mark tells which one stayed; that one may be gone since,
    with a recreation of its own.
    """
    if serving := not_quarantined(found, ()):
        return winner(serving).instance_id
    marked = winner(found)
    return marked_beside(marked) or marked.instance_id
