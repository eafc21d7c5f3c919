"""When the replacement may be launched: never two that serve, as far as the notice allows."""

from dataclasses import dataclass, replace

from worker.core import boots, launching
from worker.core.model import Accepted, Instance
from worker.core.outcomes import Note, Outcome, Wait
from worker.core.policy import Policy
from worker.core.progress import Progress
from worker.ports import Instances, Sources
from worker.steps.launch.imaging import Imaging
from worker.steps.launch.request import Request
from worker.steps.launch.source_back import SOURCE_POLL_SECONDS, SourceBack

# No guest stops much faster than this.
STOPS_AFTER_SECONDS = 12.0
# Nobody serves while the source stops; one that takes long is looked at less and less often.
STOPPING_POLL_SECONDS = 1.5
STOPPING_POLL_SHARE = 0.1
# An orderly stop that takes longer hangs in the guest.
STOP_SECONDS_MAX = 45.0


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Stop the source, or wait for its stop, then launch."""

    sources: Sources
    instances: Instances
    source_back: SourceBack
    imaging: Imaging
    request: Request
    policy: Policy

    def run(self, progress: Progress, now: float) -> Outcome:
        """Launch when the source cannot serve any more, or when the end is near."""
        source = self.sources.find(progress.instance_id)
        launched = progress.launched
        if source is None:
            return self._without_source(progress, now)
        progress = launching.with_source_shown(progress)
        if launching.is_started_again(progress, source):
            return self.source_back.started_again(progress, source, now)
        if source.status == "Stopped" and _is_ours_to_launch(progress, source):
            return self.request.run_beside(
                launching.with_stopped_source(progress, source, now), now
            )
        # After our own stop it is down for good, whatever becomes of its notice, but if it runs again.
        if not source.is_recycling and (not launched.stop_sent or source.status == "Running"):
            return self.source_back.unlocked(progress, now)
        is_again = launching.is_noticed_again(progress, source)
        if is_again and boots.has_time_anew(progress, self.policy.notice, now):
            return self.imaging.noticed_again(progress, now)
        progress = launching.with_older_image(progress) if is_again else progress
        progress = replace(progress, launched=replace(launched, unlocked_looks=0))
        # A source that serves is worth more than what comes up without being set up.
        if self.policy.takeover == "wait" or progress.is_degraded:
            return self._await_the_stop(progress, now)
        if self.policy.takeover == "overlap":
            return self.request.run_beside(progress, now)
        if source.status == "Stopping" and not launched.stop_sent:
            # A twin has asked, or the platform stops it; to ask again would only be refused.
            progress = launching.with_stop_asked(progress, now)
        if self._is_pressed(progress, now):
            return self.request.run_beside(progress, now)
        return self._stop_source(progress, source, now)

    def _await_the_stop(self, progress: Progress, now: float) -> Outcome:
        """What outlives its notice may have been given another one, which the image is older than."""
        if now > progress.t0 + self.policy.notice + boots.EARLIER_SECONDS:
            image = self.imaging.find(progress)
            if image is not None and self.imaging.is_settled(progress, image):
                return self.imaging.settled(progress, image, now)
            if image is not None and progress.rung == "image" and self._are_given_back(progress):
                look = self.sources.look(progress.instance_id)
                return self.imaging.begin_again(progress, image, look, now)
        if boots.may_be_given_back(progress, now):
            if self._are_given_back(progress):
                return Note(launching.with_disks_given_back(progress, now))
            return Note(launching.with_disks_checked(progress))
        return Wait(progress, now + SOURCE_POLL_SECONDS, "waiting for the platform's stop")

    def _are_given_back(self, progress: Progress) -> bool:
        """Look whether disks that were kept go with the source again."""
        retained = progress.retained
        if retained is None or not retained.sent or retained.refused or not retained.to_keep:
            return False
        kept = self.sources.disks(retained.to_keep)
        return any(boots.goes_with(disk, progress.instance_id) for disk in kept)

    def _is_pressed(self, progress: Progress, now: float) -> bool:
        """Tell whether the end is near and no orderly stop can come before it.

        The platform's stop can break an image that is not safe yet. A safe one has the time for
        an orderly stop, also when the event was late or its time was wrong.
        """
        launched = progress.launched
        if now < progress.t0 + self.policy.takeover_latest:
            return False
        if launched.stop_sent:
            return now >= launched.stop_sent_at + STOP_SECONDS_MAX
        return bool(launched.stop_refused) or not launched.image_safe

    def _without_source(self, progress: Progress, now: float) -> Outcome:
        """Believe that the source is gone when two looks have missed it."""
        if not progress.absent_at:
            missed = replace(progress, absent_at=now)
            return Wait(missed, now + SOURCE_POLL_SECONDS, "the source is not there; look again")
        return self.request.run(launching.with_stopped_source(progress, None, now), now)

    def _stop_source(self, progress: Progress, source: Instance, now: float) -> Outcome:
        launched = progress.launched
        if not launched.image_safe:
            return self._await_safe_image(progress, now)
        if launched.stop_sent:
            pause = (now - launched.stop_sent_at) * STOPPING_POLL_SHARE
            pause = min(max(pause, STOPPING_POLL_SECONDS), SOURCE_POLL_SECONDS)
            return Wait(progress, now + pause, f"the source is {source.status}")
        if launched.stop_refused:
            return Wait(progress, now + SOURCE_POLL_SECONDS, f"the source is {source.status}")
        if boots.is_behind(progress) and (over := self.request.superseded(progress, now)):
            # The source is what the later notice's image is being made of.
            return over
        answer = self.instances.stop(source.instance_id)
        if isinstance(answer, Accepted):
            return Wait(
                launching.with_stop_asked(progress, now).marked("source asked to stop", now),
                now + STOPS_AFTER_SECONDS,
                "the source stops",
                in_hand=True,
            )
        refused = replace(progress, launched=replace(launched, stop_refused=answer.code))
        return Note(refused.remarked("stopping the source before the takeover", answer.code))

    def _await_safe_image(self, progress: Progress, now: float) -> Outcome:
        """A usable image may still be harmed by a stop; wait for Available."""
        image = self.imaging.find(progress)
        if image is not None and image.has_failed:
            return self.imaging.failed(progress, image, now)
        if image is None or not image.is_safe:
            return Wait(progress, now + self.policy.image_poll_min, "the image can still be harmed")
        return Note(replace(progress, launched=replace(progress.launched, image_safe=True)))


def _is_ours_to_launch(progress: Progress, source: Instance) -> bool:
    """Tell whether the platform or we have stopped it; its owner may, once the notice is withdrawn."""
    is_told = source.is_recycling or progress.launched.stop_sent
    return is_told or progress.economical is not None
