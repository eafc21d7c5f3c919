"""Wait until the replacement can be launched from the image, or come down to the next rung."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.core import boots, identity, launching
from worker.core.events import parse_time
from worker.core.model import Image, Look
from worker.core.outcomes import Note, Outcome, Park, Wait
from worker.core.policy import Policy
from worker.core.polling import next_image_poll
from worker.core.progress import Imaged, Mootness, Progress, Snapshots
from worker.ports import Images, Sources, Tagging
from worker.steps.base import Parking
from worker.steps.ended import ended
from worker.steps.launch.siblings import Siblings
from worker.steps.launch.source_back import SOURCE_POLL_SECONDS, SourceBack
from worker.steps.rungs import descend, find_image

# No image shows much faster than this.
SHOWS_AFTER_SECONDS = 2.5
# An image that the release breaks is seen so soon after it, and not a long pause later.
AFTER_RELEASE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Imaging:
    """The image of this recreation, as it comes and after it has come."""

    images: Images
    sources: Sources
    siblings: Siblings
    source_back: SourceBack
    tagging: Tagging
    policy: Policy

    def run(self, progress: Progress, now: float) -> Outcome:
        if progress.imaged is None:
            return self._await_snapshot(progress, now)
        imaged = progress.imaged
        if now < imaged.accepted_at + SHOWS_AFTER_SECONDS:
            until = imaged.accepted_at + SHOWS_AFTER_SECONDS
            return Wait(progress, until, "the image begins")
        image = self.find(progress)
        if image is None:
            return self._no_image(progress, imaged, now)
        progress = launching.with_notice_on(progress, image)
        # What can be launched from does not wait for a word on it.
        is_told = bool(progress.told_on_image) or image.usable
        if boots.is_behind(progress) and not is_told:
            return self._tell_others(progress, image)
        if self.is_settled(progress, image):
            return self.settled(progress, image, now)
        if image.has_failed:
            return self.failed(progress, image, now)
        if not image.usable:
            return self._keep_waiting(progress, image, imaged, now)
        return Note(launching.with_usable_image(progress, image, now))

    def _tell_others(self, progress: Progress, image: Image) -> Outcome:
        """Write on the image that a later notice counts: another worker may know of the first one alone."""
        counts = identity.instant(progress.last_noticed_at)
        told = replace(progress, told_on_image=image.image_id)
        if image.tags.get(identity.TAG_RENOTICED) == counts:
            return Note(told)
        # A refusal takes nothing away: who launches looks for a later notice's image as well.
        self.tagging.tag("image", (image.image_id,), {identity.TAG_RENOTICED: counts})
        return Note(told)

    def find(self, progress: Progress) -> Image | None:
        imaged = launching.imaged(progress)
        if progress.rung == "rescue":
            return self.images.known(imaged.image_id)
        return find_image(self.images, imaged)

    def _await_snapshot(self, progress: Progress, now: float) -> Outcome:
        """Wait for the snapshot of the system disk, of which the image is then made."""
        system = progress.system_snapshot
        if system is None:
            raise AssertionError("launch stands after image")
        found = next(iter(self.images.snapshots((system.snapshot_id,))), None)
        if found is not None and found.is_finished:
            taken_at = parse_time(found.created_at) or system.accepted_at
            parts = ((system.device, found.snapshot_id),)
            made_of = Snapshots("", parts, min(taken_at, system.accepted_at))
            return Note(replace(progress, snapshots=made_of))
        patience = self.policy.vanish_after if found is None else self.policy.image_wait_max
        is_late = now > max(system.accepted_at, progress.resumed_at) + patience
        if is_late or (found is not None and found.has_failed):
            state = "gone" if found is None else found.status
            why = f"snapshot {system.snapshot_id} is {state}"
            return descend(progress, self.policy, why, now, late=found is not None and is_late)
        until = next_image_poll(
            percent=0 if found is None else found.percent,
            begun_at=system.accepted_at,
            now=now,
            shortest=self.policy.image_poll_min,
            longest=self.policy.image_poll_max,
        )
        return Wait(progress, until, "the snapshot of the system disk is not finished")

    def is_settled(self, progress: Progress, image: Image) -> bool:
        """Tell whether an image is of a recreation that is over, or of an earlier notice."""
        if progress.rung == "rescue":
            return False
        is_first = progress.rung == "image"
        return identity.TAG_DELETE_AFTER in image.tags or (
            is_first
            and boots.is_of_an_earlier_notice(progress, image.created_at, self.policy.notice)
        )

    def settled(self, progress: Progress, image: Image, now: float) -> Outcome:
        """Tell a finished recreation from an earlier notice that was taken back, or parked.

        A repeated token hands out the image of that notice as if it had just been made.
        """
        if launching.has_ended(image) and not boots.is_outlived(progress, image.created_at):
            return ended(progress, image, self.images, "already recreated and cleaned up")
        look = self.sources.look(progress.instance_id)
        source = look.instance
        if source is None and (others := self.siblings.of_this_source(progress)):
            reason = f"already recreated as {launching.replacement_name(others)}"
            return ended(progress, image, self.images, reason, how=Mootness.SUPERSEDED)
        if source is None:
            raise Parking(
                Park.SOURCE_GONE,
                f"image {image.image_id} is from an earlier notice, and the source is gone",
            )
        if not source.is_recycling:
            return self.source_back.unlocked(progress, now)
        return self.begin_again(progress, image, look, now)

    def noticed_again(self, progress: Progress, now: float) -> Outcome:
        """What was written since the image is in none: make one of this notice."""
        image = self.find(progress)
        if image is None:
            return Wait(progress, now + SOURCE_POLL_SECONDS, "the image does not show")
        look = self.sources.look(progress.instance_id)
        # Whoever has only the event of this notice meets the first one; on another rung it has failed.
        own = identity.image_name(progress.recreation_id)
        first = None if progress.rung == "image" else self.images.find(own)
        if first is None:
            return self.begin_again(progress, image, look, now)
        return self.begin_again(progress, first, look, now, besides=(image.image_id,))

    def begin_again(
        self,
        progress: Progress,
        image: Image,
        look: Look,
        now: float,
        *,
        besides: Sequence[str] = (),
    ) -> Outcome:
        if look.instance is None:
            return Wait(progress, now + SOURCE_POLL_SECONDS, "the source does not show")
        notice = self.policy.notice
        return Note(launching.from_the_image_on(progress, image, look.disks, now, notice, besides))

    def failed(self, progress: Progress, image: Image, now: float) -> Outcome:
        """A start of the source breaks its image: then the source is what there is."""
        source = self.sources.find(progress.instance_id) if progress.economical else None
        if source is not None and launching.is_started_again(progress, source):
            return self.source_back.started_again(progress, source, now)
        why = f"image {image.image_id} is {image.status}"
        return descend(progress, self.policy, why, now, lost=image.image_id)

    def _no_image(self, progress: Progress, imaged: Imaged, now: float) -> Outcome:
        if now > imaged.accepted_at + self.policy.vanish_after:
            lost = imaged.image_id
            why = f"image {lost or imaged.name} vanished"
            return descend(progress, self.policy, why, now, lost=lost)
        return Wait(progress, now + self.policy.image_poll_min, "the image does not show yet")

    def _keep_waiting(
        self, progress: Progress, image: Image, imaged: Imaged, now: float
    ) -> Outcome:
        if now > max(imaged.accepted_at, progress.resumed_at) + self.policy.image_wait_max:
            why = f"image {image.image_id} is still at {image.percent} %"
            return descend(progress, self.policy, why, now, lost=image.image_id, late=True)
        until = next_image_poll(
            percent=image.percent,
            # One that was adopted is older than our knowledge of it.
            begun_at=min(parse_time(image.created_at) or now, imaged.accepted_at),
            now=now,
            shortest=self.policy.image_poll_min,
            longest=self.policy.image_poll_max,
        )
        release = progress.t0 + self.policy.notice + AFTER_RELEASE_SECONDS
        if now < release:
            until = min(until, release)
        unready = replace(progress.launched, image_unready_at=now)
        waiting = replace(progress, launched=unready)
        return Wait(waiting, until, f"the image is at {image.percent} %")
