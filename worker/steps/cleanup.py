"""Leave nothing behind that nobody knows of: restore what was changed, date what is left over."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import boots, handing, identity, launching
from worker.core.errors import Permanent, Transient
from worker.core.events import parse_time
from worker.core.model import Accepted, Disk, Image, Interface
from worker.core.outcomes import Done, Moot, Note, Outcome, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Mootness, Progress
from worker.ports import Disks, Images, Interfaces, Sources, TaggedKind, Tagging
from worker.steps.base import NOTHING
from worker.steps.handover.lookup import PATIENCE_SECONDS
from worker.steps.image import SHOW_UP_SECONDS_MAX
from worker.steps.retain import UNANSWERED
from worker.steps.rungs import find_image

KEEP_DISKS = "keep disks again"
# Whose a thing is.
OWNED = (identity.TAG_ID, identity.TAG_OWNER, identity.TAG_SOURCE)
RESTORE_DISKS = "restore disks"
LET_GO = "let the disks go"
RESTORE_INTERFACE = "restore network interface "
RESTORE_INTERFACES = "restore network interfaces"
DATE_DISKS = "date disks"
TELL_OF_DISKS = "tell what is on the disks alone"
DATE_INTERFACES = "date network interfaces"
DATE_SNAPSHOTS = "date snapshots"
DATE_IMAGE = "date image"
DATE_SYSTEM_SNAPSHOT = "date system snapshot"
DATE_SNAPSHOTS_IMAGE = "date image of snapshots"
DATE_STALE_IMAGE = "date image of an automatic snapshot"
DATE_EARLIER_IMAGE = "date image of an earlier notice"
# Far longer than from the image's date to the end of its message, a crash in between included.
ENDS_SECONDS_MAX = 3_600.0
# The image comes last: its date is what a late twin takes for the sign that all is done.
IMAGES = {
    DATE_SNAPSHOTS_IMAGE: identity.snapshots_image_name,
    DATE_STALE_IMAGE: identity.stale_image_name,
    DATE_IMAGE: identity.image_name,
}


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Restore or tag with a date; deletes nothing, that is `sweep`'s business."""

    name: ClassVar[StepName] = StepName.CLEANUP

    sources: Sources
    disks: Disks
    images: Images
    interfaces: Interfaces
    tagging: Tagging
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        return set(self._actions(progress)) <= set(progress.cleaned)

    def reads(self, progress: Progress) -> tuple[object, ...]:  # noqa: ARG002
        """Nothing: the ids are in the source's tags and names, a date written twice is harmless."""
        return NOTHING

    def run(self, progress: Progress, now: float) -> Outcome:
        """Carry out the next action."""
        action = self._next(progress)
        if action is None:
            return Done(progress)
        if action in {DATE_SNAPSHOTS, *IMAGES}:
            return self._date_image(action, progress, now)
        if action == RESTORE_INTERFACES:
            return self._restore_interfaces(progress, now)
        if action == DATE_DISKS:
            return self._date_disks(progress, now)
        if action == TELL_OF_DISKS:
            return _told_of_disks(progress)
        if (refused := self._dated(action, progress, now)) is not None:
            return _cleaned(progress, action, refused)
        if now < (until := _takes_effect_by(progress)):
            return Wait(progress, until, "a change of the disks may still take effect")
        if action == KEEP_DISKS:
            return self._keep_again(progress)
        if action == LET_GO:
            return self._let_go(progress)
        ids = tuple(disk.disk_id for disk in self._still_its_own(progress))
        answer = self.disks.release(ids) if ids else Accepted("")
        return _cleaned(progress, action, "" if isinstance(answer, Accepted) else answer.code)

    def forgive(
        self,
        progress: Progress,
        error: Transient | Permanent,
        now: float,  # noqa: ARG002
    ) -> Outcome | None:
        """Go on without the interfaces that may not be looked at: what is left of them is named."""
        action = self._next(progress)
        if isinstance(error, Transient) or action not in {RESTORE_INTERFACES, DATE_INTERFACES}:
            return None
        return _cleaned(progress, action, error.code or "refused")

    def _let_go(self, progress: Progress) -> Outcome:
        """Take our word off the disks: what their owner sets from now on is the owner's."""
        ids = tuple(disk.disk_id for disk in boots.cloud_disks(progress))
        own = tuple(
            disk.disk_id
            for disk in (self.sources.disks(ids) if ids else ())
            if disk.tags.get(identity.TAG_SOURCE) == progress.instance_id
        )
        withdrawn = {identity.TAG_ID: identity.WITHDRAWN + progress.recreation_id}
        answer = self.tagging.tag("disk", own, withdrawn) if own else Accepted("")
        return _cleaned(progress, LET_GO, "" if isinstance(answer, Accepted) else answer.code)

    def _dated(self, action: str, progress: Progress, now: float) -> str | None:
        """Date what is known by its id; says why it is refused, and None for another action."""
        if action == DATE_SYSTEM_SNAPSHOT:
            return self._date("snapshot", _system_snapshot(progress), progress, now)
        if action == DATE_EARLIER_IMAGE:
            return self._date_earlier(progress, now)
        if action == DATE_INTERFACES:
            return self._date_interfaces(progress, now)
        return None

    def _keep_again(self, progress: Progress) -> Outcome:
        """Keep what the clean-up of an earlier notice has given back late, and say if it goes."""
        own = self._still_its_own(progress)
        lost = tuple(disk.disk_id for disk in own if disk.delete_with_instance)
        answer = self.disks.keep(lost) if lost else Accepted("")
        if isinstance(answer, Accepted) or progress.retained is None:
            return _cleaned(progress, KEEP_DISKS, "")
        refused = replace(progress.retained, refused=answer.code)
        return _cleaned(replace(progress, retained=refused), KEEP_DISKS, answer.code)

    def _still_its_own(self, progress: Progress) -> tuple[Disk, ...]:
        """List what the source has still: whoever has recreated it may have carried disks over."""
        ids = _to_release(progress)
        found = self.sources.disks(ids) if ids else ()
        return tuple(one for one in found if one.instance_id == progress.instance_id)

    def _next(self, progress: Progress) -> str | None:
        return next((one for one in self._actions(progress) if one not in progress.cleaned), None)

    def _actions(self, progress: Progress) -> tuple[str, ...]:
        """List what is to be done, in order; interfaces first, for the image's date ends it all."""
        actions = _actions(progress)
        is_alarm = progress.moot is Mootness.FALSE_ALARM
        # One that was started again before anything was looked up has none that is kept.
        is_back = is_alarm or (progress.is_in_place and progress.belongings is not None)
        if is_back and self._has_interfaces(progress):
            return (RESTORE_INTERFACES, *actions)
        return actions

    def _has_interfaces(self, progress: Progress) -> bool:
        """Whether one may have been kept: under this configuration, or under one before it."""
        known = progress.belongings.looked_up if progress.belongings is not None else ()
        is_told = any(one.startswith((handing.KEPT, handing.TAGGED)) for one in known)
        return is_told or "interfaces" in self.policy.hand_over

    def _restore_interfaces(self, progress: Progress, now: float) -> Outcome:
        """Give one interface back per run; it says itself that it was kept, whoever kept it."""
        if now < (until := _interfaces_kept_by(progress)):
            return Wait(progress, until, "a change of the interfaces may still take effect")
        for one in self.interfaces.of_instance(progress.instance_id):
            action = RESTORE_INTERFACE + one.interface_id
            if action not in progress.cleaned and handing.is_kept(one, progress.instance_id):
                answer = self.interfaces.release(one.interface_id)
                why = "" if isinstance(answer, Accepted) else getattr(answer, "code", "it exists")
                return _cleaned(progress, action, why)
        return _cleaned(progress, RESTORE_INTERFACES, "")

    def _date_image(self, action: str, progress: Progress, now: float) -> Outcome:
        """Date the image or its snapshots; a look that misses the image may be behind."""
        imaged = progress.imaged
        name = IMAGES.get(action, identity.image_name)(progress.recreation_id)
        # What a replacement boots from in place of its image is not ours to date.
        is_known = imaged is not None and imaged.name == name and progress.boot is None
        if action == DATE_IMAGE and imaged is not None and is_known and imaged.image_id:
            refused = self._date("image", (imaged.image_id,), progress, now)
            return _cleaned(progress, action, refused)
        image = self._image(name, progress)
        if image is None:
            missed = replace(progress, image_absent_at=progress.image_absent_at or now)
            if now < missed.image_absent_at + SHOW_UP_SECONDS_MAX:
                return Wait(missed, now + SHOW_UP_SECONDS_MAX, "the image does not show")
            return _cleaned(missed, action, "the image is not there")
        if is_known and imaged is not None and image.image_id == imaged.image_id:
            # A twin that knew of a later notice may have been here before.
            progress = launching.with_notice_on(progress, image)
        if action == DATE_SNAPSHOTS:
            if self._was_over_before(progress, image, now):
                return Moot(progress, Mootness.ALREADY_DONE, "already recreated and cleaned up")
            ids = tuple(snapshot for _, snapshot in image.snapshots)
            return _cleaned(progress, action, self._date("snapshot", ids, progress, now))
        refused = self._date("image", (image.image_id,), progress, now)
        return _cleaned(progress, action, refused)

    def _image(self, name: str, progress: Progress) -> Image | None:
        imaged = progress.imaged
        # What a rescue boots from is not ours.
        if imaged is None or imaged.name != name or progress.rung == "rescue":
            return self.images.find(name)
        return find_image(self.images, imaged)

    def _date_disks(self, progress: Progress, now: float) -> Outcome:
        """Date the disks that are still there, and give up those that are not to stay.

        One that is gone spoils the call for all, and the receipt must not promise it. One that its
        owner has attached to another server is no leftover.
        """
        wanted = progress.retained.to_keep if progress.retained is not None else ()
        here = {disk.disk_id: disk for disk in self.sources.disks(wanted)}
        going = tuple(
            one.disk_id for one in here.values() if boots.goes_with(one, progress.instance_id)
        )
        if going and now < (until := _takes_effect_by(progress)):
            return Wait(progress, until, "a change of the disks may still take effect")
        lost = (*going, *(one for one in wanted if one not in here))
        free = {one.disk_id for one in here.values() if _is_left(one, progress)}
        dated = tuple(one for one in boots.copied(progress) if one in free)
        refused = self._date("disk", dated, progress, now)
        told = boots.with_given_up(progress, lost, boots.RELEASED_DISK)
        return _cleaned(told, DATE_DISKS, refused)

    def _was_over_before(self, progress: Progress, image: Image, now: float) -> bool:
        """Tell whether this message was finished long ago, and somebody has sent it again.

        What has only just been dated is dated again: whoever did so may not have told of its end.
        """
        due = parse_time(image.tags.get(identity.TAG_DELETE_AFTER, ""))
        if due is None or progress.moot is not None or identity.TAG_FALSE_ALARM in image.tags:
            return False
        return due - self.policy.leftovers_kept < now - ENDS_SECONDS_MAX

    def _date_earlier(self, progress: Progress, now: float) -> str:
        """Date the images of earlier notices with their snapshots, which get the image's tags."""
        due = {identity.TAG_DELETE_AFTER: self._due(now)}
        verdict = _verdict(progress)
        known: tuple[str, ...] = progress.earlier or (progress.incarnation,)
        # In place of an image that is gone stands what was launched from it.
        ids = tuple(one for one in known if one.startswith("m-"))
        if not ids:
            return ""
        answers = []
        for image in filter(None, map(self.images.known, ids)):
            parts = tuple(snapshot for _, snapshot in image.snapshots)
            if parts:
                owned = {name: image.tags[name] for name in OWNED if name in image.tags}
                answers.append(self.tagging.tag("snapshot", parts, owned | due))
        answers.append(self.tagging.tag("image", ids, due | verdict))
        refused = (one.code for one in answers if not isinstance(one, Accepted))
        return next(refused, "")

    def _date_interfaces(self, progress: Progress, now: float) -> str:
        """Date what nobody else has by now; what the source has still is free when it is gone."""
        found = self.interfaces.find(handing.left_interfaces(progress))
        ids = tuple(one.interface_id for one in found if _is_left(one, progress))
        return self._date("eni", ids, progress, now)

    def _due(self, now: float) -> str:
        return identity.instant(now + self.policy.leftovers_kept)

    def _date(self, kind: TaggedKind, ids: tuple[str, ...], progress: Progress, now: float) -> str:
        if not ids:
            return ""
        tags = {
            identity.TAG_ID: progress.recreation_id,
            identity.TAG_OWNER: self.policy.owner,
            identity.TAG_SOURCE: progress.instance_id,
            identity.TAG_DELETE_AFTER: self._due(now),
        }
        if kind in {"disk", "eni"}:
            # It may not have been to be had in time.
            tags[identity.TAG_RETAINED] = identity.WAS_DELETED_WITH_INSTANCE
        if kind == "image":
            tags |= _verdict(progress) | _told(progress)
        answer = self.tagging.tag(kind, ids, tags)
        return "" if isinstance(answer, Accepted) else answer.code


def _cleaned(progress: Progress, action: str, refused: str) -> Note:
    """Note an action as over; a refusal is told to a person and never repeated."""
    told = progress.remarked(action, refused) if refused else progress
    return Note(replace(told, cleaned=(*told.cleaned, action)))


def _actions(progress: Progress) -> tuple[str, ...]:
    """List what is to be done, in order."""
    if _came_too_late(progress):
        return (RESTORE_DISKS,)
    if progress.moot in {Mootness.NOT_OURS, Mootness.ALREADY_DONE}:
        return ()
    begun = progress.images_begun
    images = [action for action, name in IMAGES.items() if name(progress.recreation_id) in begun]
    # The parts of the others are these, or the owner's own.
    parts = [DATE_SNAPSHOTS] if DATE_IMAGE in images else []
    disks = _of_the_disks(progress)
    # The look for the parts tells whether all was over long ago: then the disks are nobody's business.
    actions = [*parts, *disks] if progress.moot is None else [*disks, *parts]
    actions += [DATE_INTERFACES] if handing.left_interfaces(progress) else []
    actions += [DATE_SYSTEM_SNAPSHOT] if _system_snapshot(progress) else []
    # Whoever still holds a message of it finds what was recreated meanwhile.
    is_told = progress.moot in {None, Mootness.FALSE_ALARM}
    if is_told and boots.is_of_a_later_notice(progress):
        actions += [DATE_EARLIER_IMAGE]
    # A source that is not released yet takes with it what is not kept by then.
    is_doubtful = progress.moot is None and boots.may_be_given_back(progress, math.inf)
    kept = [KEEP_DISKS] if is_doubtful else []
    return (*kept, *actions, *images)


def _of_the_disks(progress: Progress) -> list[str]:
    """List what is to be done with disks that were changed, or that say that the lock was seen."""
    retained = progress.retained
    if retained is None:
        return []
    # A call without an answer may have been carried out. A later recreation has found them changed.
    is_changed = bool(retained.to_keep) and retained.refused in {"", UNANSWERED}
    is_changed = is_changed and progress.moot is not Mootness.SUPERSEDED
    is_alarm = progress.moot is Mootness.FALSE_ALARM
    # A source in economical mode is not released: its disks are still its own.
    if is_alarm or progress.economical is not None:
        back = [RESTORE_DISKS] if is_changed and _to_release(progress) else []
        return [*back, LET_GO] if back or is_alarm else []
    # What is on them alone gets no date, and is looked after all the same: it must be there.
    is_behind = boots.is_behind(progress) and progress.moot is None
    dated = [DATE_DISKS] if is_changed and (boots.copied(progress) or is_behind) else []
    return [*dated, TELL_OF_DISKS] if is_behind else dated


def _is_left(one: Disk | Interface, progress: Progress) -> bool:
    """Tell whether nobody has a thing by now but those that it was taken from."""
    return one.instance_id in {"", *progress.givers}


def _told_of_disks(progress: Progress) -> Note:
    """Name the disks that alone hold what was written before the last notice, or do not any more."""
    for disk in boots.behind(progress):
        is_there = boots.outlives(progress, disk)
        why = boots.BEHIND_DISK if is_there else boots.BEHIND_LOST
        progress = progress.remarked(f"disk {disk.disk_id}", why)
    return _cleaned(progress, TELL_OF_DISKS, "")


def _verdict(progress: Progress) -> dict[str, str]:
    """Say on an image that its notice was a false alarm: else its date says that it was recreated."""
    if progress.moot is not Mootness.FALSE_ALARM:
        return {}
    return {identity.TAG_FALSE_ALARM: "nothing was launched from it"}


def _told(progress: Progress) -> dict[str, str]:
    """Say on the image that the receipt tells of a later notice: whoever has only that one goes on from here."""
    if not boots.is_behind(progress):
        return {}
    counts = identity.instant(progress.last_noticed_at)
    return {identity.TAG_RENOTICED: counts, identity.TAG_TOLD: counts}


def _takes_effect_by(progress: Progress) -> float:
    """Return until when the change of the disks may show: given back before, they would stay kept."""
    retained = progress.retained
    return retained.sent_at + boots.EFFECT_SECONDS_MAX if retained is not None else 0.0


def _interfaces_kept_by(progress: Progress) -> float:
    """Return until when the keeping of an interface may show; when it was asked for is not noted."""
    known = progress.belongings
    if known is None or not any(one.startswith(handing.KEPT) for one in known.looked_up):
        return 0.0
    return known.since + PATIENCE_SECONDS + boots.EFFECT_SECONDS_MAX


def _came_too_late(progress: Progress) -> bool:
    """Tell whether disks were kept after all was over, by a look that was behind.

    The disks of a source that is released stay: the one that has recreated it has dated them.
    """
    retained = progress.retained
    if retained is None or retained.refused == boots.LEFT_ALONE:
        return False
    is_kept = retained.sent and bool(retained.to_keep)
    is_over = progress.moot is Mootness.ALREADY_DONE
    return is_over and progress.economical is not None and is_kept


def _system_snapshot(progress: Progress) -> tuple[str, ...]:
    system = progress.system_snapshot
    return (system.snapshot_id,) if system is not None and system.snapshot_id else ()


def _to_release(progress: Progress) -> tuple[str, ...]:
    """Name the disks that the source has still and that go with it again."""
    # Nothing has moved where nothing was launched.
    is_unmoved = progress.moot is Mootness.FALSE_ALARM or progress.is_in_place
    moved = set() if is_unmoved else {disk.disk_id for disk in boots.reattached(progress)}
    retained = progress.retained
    return tuple(one for one in (retained.to_keep if retained else ()) if one not in moved)
