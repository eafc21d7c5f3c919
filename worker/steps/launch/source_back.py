"""A source that serves on or again: then there is nothing to replace."""

from dataclasses import dataclass, replace

from worker.core import handing, launching
from worker.core.model import Instance
from worker.core.outcomes import Done, Moot, Note, Outcome, Wait
from worker.core.policy import Policy
from worker.core.progress import Mootness, Progress
from worker.steps.launch.siblings import Siblings

SOURCE_POLL_SECONDS = 3.0
UNLOCKED_POLL_SECONDS = 20.0
LOOKS_FOR_FALSE_ALARM = 2


@dataclass(frozen=True, slots=True)
class SourceBack:
    """The notice was taken back, or a source in economical mode was started again."""

    siblings: Siblings
    policy: Policy

    def unlocked(self, progress: Progress, now: float) -> Outcome:
        """A false alarm is decided late, and by more than one look; a single one may be behind."""
        launched = progress.launched
        looks = replace(launched, unlocked_looks=launched.unlocked_looks + 1)
        if looks.unlocked_looks >= LOOKS_FOR_FALSE_ALARM:
            # One that runs without its lock was started again after our stop, or never took it.
            looks = replace(looks, unlocked_at=now, stop_sent=False, stop_sent_at=0.0)
        looked = replace(progress, launched=looks)
        late = now >= progress.t0 + self.policy.false_alarm_after
        if late and looks.unlocked_looks >= LOOKS_FOR_FALSE_ALARM:
            found = self.siblings.rivals(progress)
            if found:
                return Note(launching.with_adopted(progress, launching.winner(found), now))
            told = handing.with_alarm(looked)
            return Moot(told, Mootness.FALSE_ALARM, "the instance is not locked any more")
        return Wait(
            looked, now + UNLOCKED_POLL_SECONDS, "the instance is not locked any more; look again"
        )

    def started_again(self, progress: Progress, source: Instance, now: float) -> Outcome:
        """A source in economical mode runs again, whoever started it: there is nothing to replace."""
        found = self.siblings.rivals(progress)
        if found:
            told = progress.remarked(
                f"instance {source.instance_id}", "started beside its replacement; stop it by hand"
            )
            return Note(launching.with_adopted(told, launching.winner(found), now))
        if source.status == "Running":
            return Done(launching.with_source_started(progress, source, now))
        if source.status in {"Stopping", "Stopped"}:
            return Done(launching.with_source_reclaimed(progress, now))
        return Wait(progress, now + SOURCE_POLL_SECONDS, f"the source is {source.status}")
