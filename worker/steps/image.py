"""Have what the replacement boots from: an image of the source, or the next rung of the ladder.

One rung is in hand at a time (`worker.core.ladder.rung_after`). Whoever finds that it cannot be
had, here or later, notes it and thereby moves to the next one; nothing else knows of rungs. The
name of an image is taken only once in an account, so that workers that meet agree on what is in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import boots, identity, launching
from worker.core.model import Accepted, Exists, Gone, Image, ImageAnswer, NotReady, Refused
from worker.core.outcomes import Done, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Imaged, Progress, SystemSnapshot
from worker.ports import Images
from worker.steps.base import NOTHING, Parking
from worker.steps.rungs import descend, find_base, find_finished, find_stale

RETRY_SECONDS = 5.0
# Far longer than describe calls lag.
SHOW_UP_SECONDS_MAX = 120.0
# Longer than any state of a source that passes by itself.
NOT_READY_SECONDS_MAX = 900.0
_MARKS = {
    "image": "image accepted",
    "snapshots": "image of its snapshots accepted",
    "stale-snapshot": "image of an automatic snapshot accepted",
}


@dataclass(frozen=True, slots=True)
class MakeImage:
    """Get what is booted from accepted, under a name, token and tags made from the id alone."""

    name: ClassVar[StepName] = StepName.IMAGE

    images: Images
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        if progress.boot is not None and progress.specified is None and not progress.imaged:
            # The lower rungs need what spec tells, which has no image to come first.
            return True
        is_begun = progress.imaged is not None or boots.awaits_snapshot(progress)
        return is_begun or progress.is_in_place

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """Nothing, for all follows from the source's identity; or what the image is made of.

        That this is a later notice follows from nothing: whoever finds its image begun believes
        that a message carries it.
        """
        is_later = boots.is_of_a_later_notice(progress)
        if not is_later and progress.snapshots is None and progress.boot is None:
            return NOTHING
        return (progress.incarnation if is_later else "", progress.snapshots, progress.boot)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Take the rung in hand one stage further."""
        if progress.snapshots is not None:
            return self._assemble(progress, progress.snapshots.parts, now)
        match progress.rung:
            case "image" if self._is_of_the_system_alone(progress):
                return self._snapshot(progress, now)
            case "image":
                return self._create(progress, now)
            case "snapshots":
                return find_finished(self.images, self.policy, progress, now)
            case "rescue":
                return find_base(self.images, self.policy, progress, now)
            case "stale-snapshot":
                return find_stale(self.images, self.policy, progress, now)

    def _is_of_the_system_alone(self, progress: Progress) -> bool:
        """Data disks are left out only if each of them can be carried over itself."""
        if self.policy.data_disks != "reattach" or progress.system_snapshot is not None:
            return False
        return boots.can_reattach(progress)

    # A snapshot of the system disk alone

    def _snapshot(self, progress: Progress, now: float) -> Outcome:
        """Create first and look second: only a refusal tells that somebody has begun it."""
        disk = boots.system_disk(progress)
        if disk is None:
            raise AssertionError("what has no system disk on the network is not carried over")
        answer = self.images.snapshot(
            disk.disk_id,
            token=identity.client_token(progress.recreation_id, self.name.value, "system"),
            tags=progress.owned_tags(self.policy.owner),
        )
        begun = SystemSnapshot(disk.device)
        match answer:
            case Accepted(snapshot_id):
                return self._begun(progress, begun, snapshot_id, now)
            case Exists() | NotReady():
                return self._look_for_ours(progress, begun, disk.disk_id, now)
            case Gone(code):
                raise Parking(Park.SOURCE_GONE, "the source went before its image began", code=code)
            case Refused(code):
                whole = replace(progress, system_snapshot=replace(begun, refused=code))
                return Note(whole.remarked("a snapshot of the system disk alone", code))

    def _begun(
        self, progress: Progress, begun: SystemSnapshot, snapshot_id: str, now: float
    ) -> Outcome:
        system = replace(begun, snapshot_id=snapshot_id, accepted_at=now)
        noted = replace(progress, system_snapshot=system)
        return Done(noted.marked(boots.SNAPSHOT_ACCEPTED, now, snapshot_id))

    def _look_for_ours(
        self, progress: Progress, begun: SystemSnapshot, disk_id: str, now: float
    ) -> Outcome:
        for one in self.images.snapshots_of(disk_id):
            is_ours = one.tags.get(identity.TAG_ID) == progress.recreation_id
            is_earlier = boots.is_of_an_earlier_notice(progress, one.created_at, self.policy.notice)
            if is_ours and not one.has_failed and not is_earlier:
                return self._begun(progress, begun, one.snapshot_id, now)
        return Wait(progress, now + RETRY_SECONDS, "the system disk takes no snapshot now")

    # An image

    def _create(self, progress: Progress, now: float) -> Outcome:
        """Create first and look second: the unique name makes the look needless at first."""
        answer = self.images.create(
            progress.instance_id,
            name=boots.image_name(progress),
            token=identity.client_token(progress.recreation_id, self.name.value),
            tags=self._tags(progress),
        )
        return self._answered(progress, answer, now)

    def _assemble(
        self, progress: Progress, parts: tuple[tuple[str, str], ...], now: float
    ) -> Outcome:
        asked = progress.specified.launch if progress.specified is not None else None
        answer = self.images.assemble(
            parts,
            name=boots.image_name(progress),
            token=identity.client_token(progress.recreation_id, self.name.value, progress.rung),
            tags=self._tags(progress),
            imds_v2=asked is not None and asked.http_tokens == "required",
        )
        return self._answered(progress, answer, now)

    def _answered(self, progress: Progress, answer: ImageAnswer, now: float) -> Outcome:
        name = boots.image_name(progress)
        match answer:
            case Accepted(image_id):
                taken_at = progress.snapshots.taken_at if progress.snapshots is not None else 0.0
                return self._accepted(progress, Imaged(name, now, image_id, taken_at), now)
            case Exists():
                return self._adopt(progress, name, now)
            case NotReady(code):
                return self._not_ready(progress, code, now)
            case Gone(code) | Refused(code) if progress.snapshots is not None:
                # The snapshots are gone or not of use.
                return descend(progress, self.policy, f"the snapshots cannot be used: {code}", now)
            case Gone(code):
                raise Parking(Park.SOURCE_GONE, "the source went before its image began", code=code)
            case Refused(code):
                raise Parking(Park.REFUSED, "the cloud refuses to make the image", code=code)

    def _not_ready(self, progress: Progress, code: str, now: float) -> Outcome:
        """Ask again, but not for ever: a source in economical mode may stand in its lock for good."""
        waiting = progress.marked("image postponed", now)
        since = next(mark.at for mark in waiting.marks if mark.what == "image postponed")
        if now > max(since, progress.resumed_at) + NOT_READY_SECONDS_MAX:
            return descend(progress, self.policy, f"the source cannot be imaged: {code}", now)
        return Wait(waiting, now + RETRY_SECONDS, f"the source cannot be imaged: {code}")

    def _tags(self, progress: Progress) -> Mapping[str, str]:
        """Write on the image what every worker must agree on."""
        tags = {
            **progress.owned_tags(self.policy.owner),
            identity.TAG_CONFIGURATION: self.policy.configuration,
        }
        if progress.snapshots is not None:
            tags[identity.TAG_DATA_POINT] = identity.instant(progress.snapshots.taken_at)
        return tags

    def _accepted(self, progress: Progress, imaged: Imaged, now: float) -> Outcome:
        begun = tuple(dict.fromkeys((*progress.images_begun, imaged.name)))
        noted = replace(progress, imaged=imaged, begun=begun)
        return Done(noted.marked(_MARKS[progress.rung], now, imaged.image_id))

    def _adopt(self, progress: Progress, name: str, now: float) -> Outcome:
        """Take over the image that a twin or an earlier run has begun."""
        found = self.images.find(name)
        if found is None or identity.TAG_ID not in found.tags:
            return self._not_shown_yet(progress, found, now)
        if found.tags[identity.TAG_ID] != progress.recreation_id:
            raise Parking(Park.NAME_TAKEN, f"image {found.image_id} has our name but is not ours")
        if self._is_of_another_notice(progress, found):
            return Note(launching.without_image(progress, found))
        taken_at = boots.data_point(found)
        return self._accepted(progress, Imaged(name, now, found.image_id, taken_at), now)

    def _is_of_another_notice(self, progress: Progress, found: Image) -> bool:
        if identity.TAG_FALSE_ALARM in found.tags:
            return True
        is_first = progress.rung == "image"
        return is_first and boots.is_of_an_earlier_notice(
            progress, found.created_at, self.policy.notice
        )

    def _not_shown_yet(self, progress: Progress, found: Image | None, now: float) -> Outcome:
        since = next((mark.at for mark in progress.marks if mark.what == "image name taken"), now)
        if found is not None and now > since + SHOW_UP_SECONDS_MAX:
            raise Parking(
                Park.NAME_TAKEN, f"image {found.image_id} has our name but no tag of ours"
            )
        waiting = progress.marked("image name taken", now)
        return Wait(waiting, now + RETRY_SECONDS, "the image exists but does not show yet")
