"""What was accepted is launched when it is seen Running, and when it is the only one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from worker.core import identity, launching
from worker.core.model import Instance
from worker.core.outcomes import Done, Note, Outcome, Park, Wait
from worker.core.policy import Policy
from worker.core.progress import BootKind, Progress
from worker.ports import Images, Instances, Sources, Tagging
from worker.steps.base import Parking
from worker.steps.launch.request import LAG_SECONDS, Request
from worker.steps.launch.siblings import Siblings

CONFIRM_POLL_SECONDS = 3.0
# No instance starts much faster than this.
RUNS_AFTER_SECONDS = 15.0
# After LAG_SECONDS it is looked for less often.
SLOW_POLL_SECONDS = 20.0
RUNGS: Mapping[str, BootKind] = {rung: rung for rung in get_args(BootKind)}


@dataclass(frozen=True, slots=True)
class Confirm:
    """Look at the replacement until it runs, settle it among twins, and learn how it was booted."""

    images: Images
    sources: Sources
    instances: Instances
    tagging: Tagging
    siblings: Siblings
    request: Request
    policy: Policy

    def run(self, progress: Progress, now: float) -> Outcome:
        launched = progress.launched
        earliest = launched.accepted_at + RUNS_AFTER_SECONDS
        if now < earliest:
            return Wait(progress, earliest, "the replacement starts", in_hand=True)
        replacement = self.instances.find(launched.instance_id)
        if replacement is None:
            return self._missing(progress, now)
        if replacement.status != "Running" and not _is_reclaimed(replacement):
            since = max(launched.accepted_at, progress.resumed_at)
            if now > since + self.policy.running_wait_max:
                raise Parking(
                    Park.NOT_RUNNING, f"{launched.instance_id} is still {replacement.status}"
                )
            return Wait(
                progress, now + CONFIRM_POLL_SECONDS, f"the replacement is {replacement.status}"
            )
        return self._alone(progress, replacement, now)

    def _missing(self, progress: Progress, now: float) -> Outcome:
        """Accepted is not launched: an instance can vanish later for lack of stock.

        Source: ECS RunInstances, system event SystemFailure.Delete.
        """
        launched = progress.launched
        if now <= launched.accepted_at + self.policy.vanish_after:
            lagging = now <= launched.accepted_at + LAG_SECONDS
            pause = CONFIRM_POLL_SECONDS if lagging else SLOW_POLL_SECONDS
            return Wait(progress, now + pause, "the replacement does not show yet")
        if self.images.find(_image_of(progress, launched.instance_id)) is not None:
            return Done(launching.with_reclaimed(progress, now))
        since = max(launched.accepted_at, progress.resumed_at)
        if now > since + self.policy.vanish_after + self.policy.notice:
            # Launched again, it might be the second one with this data.
            raise Parking(
                Park.NOT_RUNNING,
                f"{launched.instance_id} is not there, and nobody looked for {now - since:.0f} s"
                " after it was accepted: it may have run and been reclaimed",
            )
        candidate = launching.candidate_in_hand(progress)
        return Note(self.request.next(progress, candidate, "vanished after it was accepted", now))

    def _alone(self, progress: Progress, replacement: Instance, now: float) -> Outcome:
        """Of two replacements the earliest stays; the other is marked, never deleted."""
        found = self.siblings.rivals(progress)
        unsettled = [one for one in found if one.status in {"Pending", "Starting"}]
        if unsettled and now <= progress.launched.accepted_at + self.policy.vanish_after:
            return Wait(progress, now + CONFIRM_POLL_SECONDS, "a second replacement is starting")
        winner = launching.winner((replacement, *found))
        losers = tuple(
            sorted({one.instance_id for one in (replacement, *found)} - {winner.instance_id})
        )
        if losers:
            # A refusal changes nothing here: the losers are remembered in the progress as well.
            self.tagging.tag("instance", losers, {identity.TAG_QUARANTINED: winner.instance_id})
            return Note(
                launching.with_quarantined(launching.with_adopted(progress, winner, now), losers)
            )
        running = self._beside_source(launching.with_running(progress, replacement, now))
        return self._booted(running, replacement, now)

    def _booted(self, progress: Progress, replacement: Instance, now: float) -> Outcome:
        """Learn what it was launched from: a twin may have come down to another rung."""
        rung = identity.read_boot_tag(replacement.tags.get(identity.TAG_BOOT))[0]
        known = launching.imaged(progress)
        is_told = rung in RUNGS and bool(replacement.image_id)
        if not is_told or (replacement.image_id, rung) == (known.image_id, progress.rung):
            return Done(progress)
        image = self.images.known(replacement.image_id)
        if image is None:
            return Done(progress)
        return Done(launching.with_other_boot(progress, image, RUNGS[rung], now))

    def _beside_source(self, progress: Progress) -> Progress:
        """A start in place that took effect after the launch makes two: the clone is the one."""
        source = self.sources.find(progress.instance_id) if progress.economical else None
        if source is None or not launching.serves_again(progress, source):
            return progress
        self.tagging.tag(
            "instance",
            (source.instance_id,),
            {identity.TAG_QUARANTINED: progress.launched.instance_id},
        )
        return launching.with_source_beside(progress)


def _is_reclaimed(replacement: Instance) -> bool:
    """Tell whether it has run and is reclaimed in its turn, which is its own event's business."""
    return replacement.is_recycling and replacement.status in {"Stopping", "Stopped"}


def _image_of(progress: Progress, replacement: str) -> str:
    """Name the image that the replacement's own recreation makes: only what ran has one."""
    return identity.image_name(launching.recreation_of(progress, replacement).recreation_id)
