"""Keep the source's disks when the source goes, after the cloud itself has confirmed that it goes.

A source in economical mode is stopped and not released, so that its disks stay its own: they only
say that the lock was seen, which a twin cannot see any more after the platform's stop. They are kept
where it has to be cloned, for then its owner may delete it. Source:
https://www.alibabacloud.com/help/en/ecs/user-guide/preemptible-instance-data-retention-and-data-recovery-after-interrupt-reclamation
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import boots, identity, launching
from worker.core import recorded as gone
from worker.core.boots import CONFIRMED, FIRST_LOOK
from worker.core.capture import Capture
from worker.core.eligibility import why_not_ours
from worker.core.errors import Permanent, Throttled, Transient
from worker.core.events import parse_time
from worker.core.model import Accepted, Disk, Gone, Image, Instance, Refused
from worker.core.outcomes import Done, Moot, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import (
    Economical,
    Imaged,
    KeptDisk,
    Looked,
    Mootness,
    Progress,
    Quiesced,
    Retained,
)
from worker.ports import Captures, Disks, Images, Instances, Sources, Tagging
from worker.steps.base import NOTHING, Parking
from worker.steps.ended import ended
from worker.steps.excess import why_one_too_many
from worker.steps.spec import CONFIGURATION, recorded_sentence, source_facts

LOCK_POLL_SECONDS = 3.0
# The lock shows with the event, if at all: what has not shown by now is looked for less often.
LOCK_POLL_SECONDS_MAX = 20.0
LOCK_POLL_SHARE = 0.1
# For how long a throttled or silent API may hold up the image; then retain comes after it.
PATIENCE_SECONDS = 20.0
# The same in a crowd, whose calls are refused until the next minute: images are refused then, too.
CROWD_PATIENCE_SECONDS = 45.0
# The same where data disks are carried over themselves: nothing else holds their data then.
REATTACHING_PATIENCE_SECONDS = 60.0
UNANSWERED = "unanswered"
SECOND_LOOK_SECONDS = 45.0
# Describes are a few seconds behind.
LOOK_AGAIN_SECONDS = 3.0
# The longer a sibling has not finished, the less often it is asked after.
SIBLING_POLL_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Retain:
    """Set DeleteWithInstance=false on every cloud disk, remembering on the disk what it was."""

    name: ClassVar[StepName] = StepName.RETAIN

    sources: Sources
    disks: Disks
    tagging: Tagging
    images: Images
    instances: Instances
    captures: Captures
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        retained = progress.retained
        if retained is None:
            return False
        return retained.sent or (retained.postponed and progress.specified is None)

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """What a disk was is written on the disk itself, or else stands in a sent message."""
        retained = progress.retained
        return (retained,) if retained is not None and retained.told else NOTHING

    def forgive(
        self,
        progress: Progress,
        error: Transient | Permanent,
        now: float,  # noqa: ARG002
    ) -> Outcome | None:
        """Keep the disks without tags when a crowd has used up the minute for tags."""
        retained = progress.retained
        if retained is None or retained.tagged or retained.told or retained.postponed:
            return None
        if progress.economical is not None or not isinstance(error, Throttled):
            return None
        return Note(replace(progress, retained=replace(retained, told=True)))

    def run(self, progress: Progress, now: float) -> Outcome:
        """Look and judge; then tag the disks; then keep them: one of the three per run."""
        retained = progress.retained
        if retained is None:
            return self._look(progress, now)
        if progress.economical is not None and not progress.economical.not_started:
            return self._leave_alone(progress, retained, now)
        if self._is_late(progress, now) and not retained.postponed:
            postponed = replace(retained, postponed=True)
            return Note(replace(progress, retained=postponed))
        if now > progress.t0 + self.policy.notice and retained.postponed:
            # The last call without an answer may take effect still.
            given_up = replace(retained, sent=True, sent_at=now, refused=UNANSWERED)
            return Done(
                replace(progress, retained=given_up).remarked("retaining the disks", UNANSWERED)
            )
        if not retained.tagged and not (retained.told and progress.economical is None):
            return self._tag(progress, retained)
        return self._keep(progress, retained, now)

    def _look(self, progress: Progress, now: float) -> Outcome:
        look = self.sources.look(progress.instance_id)
        source = look.instance
        if source is None:
            return self._absent(progress, now)
        reason = why_not_ours(source, self.policy) or why_one_too_many(source, self.instances)
        seen = _seen(progress, source, now)
        if reason is not None and self._has_begun(source, look.disks):
            return self._false_alarm(seen, look.disks, now, reason)
        if reason is not None:
            return Moot(progress, Mootness.NOT_OURS, reason)
        if source.is_economical and self._is_over(seen, source):
            return Moot(seen, Mootness.ALREADY_DONE, "already recreated and cleaned up")
        if not (source.is_recycling or _was_stopped_by_the_platform(source, look.disks, seen)):
            return self._unconfirmed(replace(seen, unlocked_at=now), source, look.disks, now)
        if any(_is_dated(disk, seen.recreation_id) for disk in look.disks):
            over = self._after_the_end(seen, source)
            if over is not None:
                return over
        retained = Retained(tuple(_kept(disk, seen.instance_id) for disk in look.disks))
        begun = max(seen.t0, seen.unlocked_at)
        if source.status == "Running":
            begun = boots.notice_begun(seen, self.policy.notice, now)
        confirmed = replace(
            seen,
            retained=retained,
            t0=begun,
            economical=_economical(source),
            looked=Looked(source, look.disks),
        )
        return Note(confirmed.marked(CONFIRMED, now))

    def _has_begun(self, source: Instance, disks: tuple[Disk, ...]) -> bool:
        """Whether an earlier run of this deployment has changed what is to be left alone now."""
        ours = (disk for disk in disks if disk.tags.get(identity.TAG_OWNER) == self.policy.owner)
        return any(boots.is_changed(disk, source.instance_id) for disk in ours)

    def _after_the_end(self, progress: Progress, source: Instance) -> Outcome | None:
        """Tell a late copy of a notice that is over from another notice of a source that outlived it.

        None means that nothing has ended: the date on a disk is of whoever had it before.
        """
        image = self.images.find(identity.image_name(progress.recreation_id))
        over = self._ended_by(progress, image)
        if over is None:
            return None
        # In economical mode it is the start time that tells one notice from another.
        if boots.is_outlived(progress, over.created_at) and not source.is_economical:
            return Note(launching.after(progress, _id_of(over)))
        return ended(progress, image, self.images, "already recreated and cleaned up")

    def _ended_by(self, progress: Progress, image: Image | None) -> Image | Instance | None:
        """Return what ended a recreation: its dated image, or what it launched if that is gone."""
        if image is not None:
            return image if identity.TAG_DELETE_AFTER in image.tags else None
        found = self.instances.find_tagged(progress.recreation_id)
        return launching.winner(found) if found else None

    def _is_over(self, progress: Progress, source: Instance) -> bool:
        """Whether the clean-up of this recreation has passed: the source is still there then."""
        image = self.images.find(identity.image_name(progress.recreation_id))
        if image is None:
            # A sweep may have taken it since; what stands stopped may have its clone.
            is_down = source.status == "Stopped"
            return is_down and bool(self.instances.find_tagged(progress.recreation_id))
        return launching.has_ended(image)

    def _unconfirmed(
        self, progress: Progress, source: Instance, disks: tuple[Disk, ...], now: float
    ) -> Outcome:
        """Wait for the lock to show; without it nothing is changed at all."""
        looked_since = next(mark.at for mark in progress.marks if mark.what == FIRST_LOOK)
        late = now >= progress.t0 + self.policy.false_alarm_after
        if late and now >= looked_since + SECOND_LOOK_SECONDS:
            if source.is_economical and source.status == "Stopped":
                raise Parking(
                    Park.SOURCE_STOPPED,
                    f"instance {source.instance_id} is stopped, and its lock was never seen",
                    progress=progress,
                )
            return self._false_alarm(progress, disks, now)
        pause = (now - looked_since) * LOCK_POLL_SHARE
        pause = min(max(pause, LOCK_POLL_SECONDS), LOCK_POLL_SECONDS_MAX)
        return Wait(progress, now + pause, "the instance is not locked yet")

    def _false_alarm(
        self,
        progress: Progress,
        disks: tuple[Disk, ...],
        now: float,
        reason: str = "the cloud never locked the instance",
    ) -> Outcome:
        """Take up what an earlier run did under a lock that is gone, so that it is undone."""
        recreation = progress.recreation_id
        if self.instances.find_tagged(recreation):
            return Moot(progress, Mootness.ALREADY_DONE, "already recreated")
        source = progress.instance_id
        changed = tuple(_kept(disk, source) for disk in disks if boots.is_changed(disk, source))
        if changed:
            progress = replace(progress, retained=Retained(changed, tagged=True, sent=True))
        image = self.images.find(identity.image_name(recreation))
        if image is not None and image.tags.get(identity.TAG_ID) == recreation:
            progress = replace(progress, imaged=Imaged(image.name, now, image.image_id))
        return Moot(progress, Mootness.FALSE_ALARM, reason)

    def _absent(self, progress: Progress, now: float) -> Outcome:
        """Tell a finished recreation from a loss; describes lag, so a loss needs two looks."""
        replacements = self.instances.find_tagged(progress.recreation_id)
        if replacements and _is_long_before(progress, launching.winner(replacements).created_at):
            return Note(launching.after(progress, launching.winner(replacements).instance_id))
        if replacements:
            found = launching.replacement_name(replacements)
            image = self.images.find(identity.image_name(progress.recreation_id))
            return ended(progress, image, self.images, f"already recreated as {found}")
        image = self.images.find(identity.image_name(progress.recreation_id))
        if image is not None and identity.TAG_FALSE_ALARM in image.tags:
            return Note(launching.after(progress, image.image_id))
        if image is not None and identity.TAG_DELETE_AFTER in image.tags:
            if _is_long_before(progress, image.created_at):
                return Note(launching.after(progress, image.image_id))
            return ended(progress, image, self.images, "already recreated and cleaned up")
        missed = replace(progress, absent_at=progress.absent_at or now)
        patience = self._sibling_patience(image)
        if now < missed.absent_at + patience:
            pause = max(SECOND_LOOK_SECONDS, (now - missed.absent_at) * SIBLING_POLL_SHARE)
            until = min(now + pause, missed.absent_at + patience)
            return Wait(missed, until, "the instance is not there; look again")
        recorded = self.captures.find(progress.instance_id)
        if recorded is not None and why_not_ours(recorded.captured.instance, self.policy) is None:
            return self._too_late(missed, recorded, image, now)
        trace = f"its image is {image.image_id}" if image else "nothing of it was saved by us"
        raise Parking(
            Park.SOURCE_GONE,
            f"instance {progress.instance_id} is not known in {progress.region}: it was released"
            f" before it could be captured, or never existed; {trace}",
        )

    def _sibling_patience(self, image: Image | None) -> float:
        """Give another message of this recreation the time to finish, if there can be one."""
        if image is not None:
            return self.policy.sibling_wait
        # It may have no image yet where the system disk's snapshot comes first.
        is_imaged_at_once = self.policy.data_disks == "image"
        return SECOND_LOOK_SECONDS if is_imaged_at_once else self.policy.notice

    def _too_late(
        self, progress: Progress, recorded: Capture, image: Image | None, now: float
    ) -> Outcome:
        """Go on from what was recorded if its image was begun; else name what is left of it."""
        if reason := why_one_too_many(recorded.captured.instance, self.instances):
            return Moot(progress, Mootness.NOT_OURS, reason)
        disks = tuple(disk for disk in recorded.captured.disks if disk.is_cloud)
        left = gone.left(disks, self.sources.disks([disk.disk_id for disk in disks]))
        # Whether they outlive it because of us or of their owner is not known any more.
        kept = tuple(_kept(disk, progress.instance_id) for disk in left)
        seen = replace(
            _seen(progress, recorded.captured.instance, now),
            retained=Retained(kept, tagged=True, sent=True),
        )
        # A source in economical mode is not released: somebody has deleted it.
        is_released = not recorded.captured.instance.is_economical
        ours = image is not None and image.tags.get(identity.TAG_ID) == progress.recreation_id
        if image is not None and ours and is_released:
            begun = parse_time(image.created_at) or now
            return Done(replace(seen, imaged=Imaged(image.name, begun, image.image_id)))
        why = gone.why_no_rescue(left, self.policy)
        if image is None and is_released and not why:
            return self._without_image(seen, recorded, disks, now)
        named = ", ".join(disk.disk_id for disk in left) or "none of its disks"
        named += f"; no rescue: {why}" if left and why else ""
        raise Parking(
            Park.SOURCE_GONE,
            f"instance {progress.instance_id} was released before it could be imaged; its"
            f" configuration was recorded at {recorded.at}, and what is left is: {named}",
            progress=replace(progress, captured=recorded.captured),
        )

    def _without_image(
        self, seen: Progress, recorded: Capture, disks: tuple[Disk, ...], now: float
    ) -> Outcome:
        """Go down the ladder without an image: its disks are what there is."""
        told = seen.remarked(CONFIGURATION, recorded_sentence(recorded.at))
        here = {kept.disk_id for kept in seen.retained.disks} if seen.retained else set()
        for disk in disks:
            if disk.disk_id not in here:
                told = told.remarked(f"disk {disk.disk_id}", boots.LOST_DISK)
        known = replace(told, captured=recorded.captured, quiesced=Quiesced(now, ended=True))
        fallen = boots.fallen(known, self.policy, "the source went before its image began", now)
        if fallen is None:
            raise AssertionError("the rung of snapshots stands below that of the image")
        return Done(fallen.marked("source captured", now, recorded.at))

    def _leave_alone(self, progress: Progress, retained: Retained, now: float) -> Outcome:
        """Write on the disks that the lock was seen, while that can be of use; change nothing."""
        looked = progress.looked.disks if progress.looked is not None else ()
        # An earlier run may have kept them for a clone, and then they are given back.
        is_changed = any(boots.is_changed(disk, progress.instance_id) for disk in looked)
        refused = UNANSWERED if is_changed else boots.LEFT_ALONE
        left = replace(progress, retained=replace(retained, sent=True, refused=refused))
        disks = tuple(disk.disk_id for disk in retained.disks if disk.is_cloud)
        if not disks or now > progress.t0 + self.policy.notice:
            return Done(left)
        answer = self.tagging.tag("disk", disks, self._tags(progress))
        told = (
            left
            if isinstance(answer, Accepted)
            else left.remarked("tags on the disks of the source", answer.code)
        )
        return Done(told)

    def _tags(self, progress: Progress) -> dict[str, str]:
        return {
            identity.TAG_ID: progress.recreation_id,
            identity.TAG_OWNER: self.policy.owner,
            identity.TAG_SOURCE: progress.instance_id,
        }

    def _tag(self, progress: Progress, retained: Retained) -> Outcome:
        if not retained.to_keep:
            return Note(replace(progress, retained=replace(retained, tagged=True)))
        tags = {identity.TAG_RETAINED: identity.WAS_DELETED_WITH_INSTANCE}
        tags |= self._tags(progress)
        answer = self.tagging.tag("disk", retained.to_keep, tags)
        tagged = replace(progress, retained=replace(retained, tagged=True))
        if not isinstance(answer, Accepted):
            # What they were has to stand in a message, then, before they are changed.
            untagged = replace(progress, retained=replace(retained, tagged=True, told=True))
            return Note(untagged.remarked("tags on the retained disks", answer.code))
        return Note(tagged)

    def _keep(self, progress: Progress, retained: Retained, now: float) -> Outcome:
        """Send the change; a refusal is noted and never blocks the image."""
        if not retained.to_keep:
            return Done(replace(progress, retained=replace(retained, sent=True)))
        answer = self.disks.keep(retained.to_keep)
        if not isinstance(answer, Accepted) and (again := self._without_one(progress, answer, now)):
            return again
        retained = replace(retained, sent=True, sent_at=now)
        if isinstance(answer, Accepted):
            sent = replace(progress, retained=retained)
            return Done(sent.marked(boots.DISKS_RETAINED, now, " ".join(retained.to_keep)))
        refused = replace(progress, retained=replace(retained, refused=answer.code))
        return Done(refused.remarked("disks outliving the instance", answer.code))

    def _without_one(
        self, progress: Progress, answer: Refused | Gone, now: float
    ) -> Outcome | None:
        """Ask without the disks that were taken from the source: one of them spoils the call."""
        retained = progress.retained
        if retained is None:
            return None
        wanted = retained.to_keep
        found = self.sources.disks(wanted)
        own = {one.disk_id for one in found if one.instance_id == progress.instance_id}
        taken = tuple(one for one in wanted if one not in own)
        if own and taken:
            return Note(boots.with_given_up(progress, taken, boots.TAKEN_DISK))
        if own and isinstance(answer, Gone) and not retained.postponed:
            return Wait(progress, now + LOOK_AGAIN_SECONDS, "a disk is gone that still shows")
        return None

    def _is_late(self, progress: Progress, now: float) -> bool:
        """Whether retain has been trying for so long that the image must not wait any more."""
        confirmed = next((mark.at for mark in progress.marks if mark.what == CONFIRMED), now)
        is_reattaching = self.policy.data_disks == "reattach"
        retained = progress.retained
        wanted = max(confirmed, retained.wanted_at if retained is not None else 0.0)
        is_crowd = progress.economical is None and retained is not None and retained.told
        patience = CROWD_PATIENCE_SECONDS if is_crowd else PATIENCE_SECONDS
        if is_reattaching:
            patience = REATTACHING_PATIENCE_SECONDS
        return now > wanted + patience


def _seen(progress: Progress, source: Instance, now: float) -> Progress:
    incarnation = source.started_at if source.is_economical else progress.incarnation
    return replace(
        progress,
        seen=True,
        absent_at=0.0,
        incarnation=incarnation or identity.NOT_ECONOMICAL,
        lineage=identity.next_lineage(source.tags.get(identity.TAG_LINEAGE), source.instance_id),
        beside=launching.marked_beside(source),
    ).marked(FIRST_LOOK, now)


def _economical(source: Instance) -> Economical | None:
    return (
        Economical(source_facts(source), started_at=source.started_at)
        if source.is_economical
        else None
    )


def _was_stopped_by_the_platform(
    source: Instance, disks: tuple[Disk, ...], progress: Progress
) -> bool:
    """Believe it of a stopped source only when an earlier run of ours has seen the lock.

    A bare event proves nothing: the owner may have stopped the source. A signed one may have a
    person's word for it, which is good for this stop and no later one.
    """
    if not source.is_economical or source.status != "Stopped":
        return False
    if progress.vouched and progress.vouched == source.started_at:
        return True
    return any(disk.tags.get(identity.TAG_ID) == progress.recreation_id for disk in disks)


def _is_dated(disk: Disk, recreation: str) -> bool:
    """Whether the clean-up of this recreation has passed here."""
    return disk.tags.get(identity.TAG_ID) == recreation and identity.TAG_DELETE_AFTER in disk.tags


def _is_long_before(progress: Progress, made_at: str) -> bool:
    """Whether what is left is of an earlier notice; without a lock only the event's own time tells."""
    return progress.noticed_at > 0 and boots.is_outlived(progress, made_at)


def _id_of(found: Image | Instance) -> str:
    return found.image_id if isinstance(found, Image) else found.instance_id


def _kept(disk: Disk, source: str) -> KeptDisk:
    """Note what a disk was; a recreation of the same source may have changed it already."""
    return boots.kept_disk(disk, is_changed=boots.is_changed(disk, source))
