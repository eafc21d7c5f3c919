"""Start a source in economical mode again where it is: it was stopped, and not released.

Until the platform's stop the source serves, so there is nothing to do but to wait for it. When the
cloud refuses the start, the source is cloned: to begin its image is what decides, for the image's
name is taken only once, and whoever finds it starts the source no more.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import boots, identity, launching
from worker.core.model import Accepted, Gone, Instance, NoStock, NotReady, Refused
from worker.core.outcomes import Done, Moot, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Economical, Mootness, Progress
from worker.ports import Images, Instances, Sources
from worker.steps.base import NOTHING, Parking

POLL_SECONDS = 3.0
SERVING_POLL_SECONDS_MAX = 60.0
UNLOCKED_POLL_SECONDS = 20.0
LOOKS_FOR_FALSE_ALARM = 2
SECOND_LOOK_SECONDS = 45.0
# For how long the lock of a stopped source is waited for; then the start is tried all the same.
LOCK_SECONDS_MAX = 60.0
# For how long a refusal that passes with time is believed to pass.
NOT_READY_SECONDS_MAX = 120.0
RETRY_SECONDS = 10.0
CLONED = "its image is begun"


@dataclass(frozen=True, slots=True)
class StartInPlace:
    """Have the source itself Running again, or know why it has to be cloned."""

    name: ClassVar[StepName] = StepName.START

    sources: Sources
    images: Images
    instances: Instances
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        economical = progress.economical
        if economical is None or progress.imaged is not None:
            return True
        return bool(economical.not_started) or progress.launched.running_at > 0

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """That the lock was seen: after the platform's stop nothing else in the cloud tells it."""
        economical = progress.economical
        return NOTHING if economical is None else (economical.facts, economical.started_at)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Look at the source, then at the image that would mean a clone, then start it."""
        economical = progress.economical
        if economical is None:
            raise AssertionError("only a source in economical mode is started again")
        source = self.sources.find(progress.instance_id)
        if source is None:
            return self._absent(progress, economical, now)
        progress = launching.with_source_shown(progress)
        if launching.is_started_again(progress, source):
            return self._started(progress, economical, source, now)
        if not source.is_recycling and _is_its_owners(economical, source):
            return self._unlocked(progress, economical, now)
        if source.status == "Stopped":
            return self._stopped(progress, economical, source, now)
        return self._serving(progress, economical, source, now)

    def _serving(
        self, progress: Progress, economical: Economical, source: Instance, now: float
    ) -> Outcome:
        """Wait for the platform's stop: until then the source does its work."""
        progress = replace(progress, economical=replace(economical, unlocked_looks=0))
        left = progress.t0 + self.policy.notice - now
        pause = min(max(left, POLL_SECONDS), SERVING_POLL_SECONDS_MAX)
        return Wait(progress, now + pause, f"the source is {source.status}; the platform stops it")

    def _unlocked(self, progress: Progress, economical: Economical, now: float) -> Outcome:
        """A false alarm is decided late, and by more than one look."""
        looks = economical.unlocked_looks + 1
        looked = replace(progress, economical=replace(economical, unlocked_looks=looks))
        late = now >= progress.t0 + self.policy.false_alarm_after
        if late and looks >= LOOKS_FOR_FALSE_ALARM:
            return Moot(looked, Mootness.FALSE_ALARM, "the instance is not locked any more")
        return Wait(
            looked, now + UNLOCKED_POLL_SECONDS, "the instance is not locked any more; look again"
        )

    def _absent(self, progress: Progress, economical: Economical, now: float) -> Outcome:
        """Somebody has deleted it: believed after two looks, and left to the image to tell."""
        missed = replace(progress, absent_at=progress.absent_at or now)
        if now < missed.absent_at + SECOND_LOOK_SECONDS:
            until = missed.absent_at + SECOND_LOOK_SECONDS
            return Wait(missed, until, "the source is not there; look again")
        return Note(_cloning(missed, economical, "the source is not there", now))

    def _started(
        self, progress: Progress, economical: Economical, source: Instance, now: float
    ) -> Outcome:
        """It was started since the notice, by us, a twin or a person."""
        if source.status in {"Stopping", "Stopped"}:
            # It has run, and what stops it now is its own event's business.
            return Done(launching.with_source_reclaimed(progress, now))
        if source.status != "Running":
            if now > (progress.launched.accepted_at or now) + self.policy.running_wait_max:
                raise Parking(Park.NOT_RUNNING, f"{source.instance_id} is still {source.status}")
            return Wait(
                _accepted(progress, now), now + POLL_SECONDS, f"the source is {source.status}"
            )
        if source.is_recycling:
            # That is another notice, and its message may have been taken for a copy of this one's.
            return Note(launching.of_the_next_start(progress, source, now))
        found = launching.not_quarantined(self.instances.find_tagged(progress.recreation_id), ())
        if found:
            told = progress.remarked(
                f"instance {source.instance_id}", "started beside its replacement; stop it by hand"
            )
            adopted = launching.with_adopted(told, launching.winner(found), now)
            # Whoever has launched it has begun the image, so that nobody starts the source any more.
            return Note(replace(adopted, economical=replace(economical, not_started=CLONED)))
        return Done(_with_new_address(launching.with_source_started(progress, source, now), source))

    def _stopped(
        self, progress: Progress, economical: Economical, source: Instance, now: float
    ) -> Outcome:
        release = progress.t0 + self.policy.notice
        if source.is_recycling and now < release + LOCK_SECONDS_MAX:
            return Wait(progress, now + POLL_SECONDS, "the source is stopped and still locked")
        image = self.images.find(identity.image_name(progress.recreation_id))
        if image is not None and identity.TAG_FALSE_ALARM not in image.tags:
            return Note(_cloning(progress, economical, CLONED, now))
        asked = economical.asked_at or now
        stopped = replace(
            launching.with_stopped_source(progress, source, now),
            economical=replace(economical, asked_at=asked),
        )
        return self._ask(stopped, replace(economical, asked_at=asked), now)

    def _ask(self, progress: Progress, economical: Economical, now: float) -> Outcome:
        if now > economical.asked_at + self.policy.running_wait_max:
            return Note(_cloning(progress, economical, "it does not start", now))
        answer = self.instances.start(progress.instance_id)
        match answer:
            case Accepted():
                return Wait(_accepted(progress, now), now + POLL_SECONDS, "the source starts")
            case NotReady(code) if now < economical.asked_at + NOT_READY_SECONDS_MAX:
                return Wait(progress, now + RETRY_SECONDS, f"the source cannot be started: {code}")
            case NoStock(code) | NotReady(code) | Refused(code) | Gone(code):
                return Note(
                    _cloning(progress, economical, code, now).marked("start refused", now, code)
                )


def _is_its_owners(economical: Economical, source: Instance) -> bool:
    """Tell whether it runs, or was stopped after two looks in a row had found it without its lock."""
    is_stopped = source.status == "Stopped" and economical.unlocked_looks >= LOOKS_FOR_FALSE_ALARM
    return source.status == "Running" or is_stopped


def _accepted(progress: Progress, now: float) -> Progress:
    """Remember since when the start is under way; nothing else is known of it yet."""
    since = progress.launched.accepted_at or now
    return replace(progress, launched=replace(progress.launched, accepted_at=since))


def _cloning(progress: Progress, economical: Economical, why: str, now: float) -> Progress:
    """Give the start up; the source stays stopped, and somebody pays for its disks."""
    given_up = replace(economical, not_started=why)
    launched = replace(progress.launched, accepted_at=0.0)
    kept = boots.with_disks_to_keep(progress, now)
    return replace(kept, economical=given_up, launched=launched).remarked(
        f"instance {progress.instance_id}",
        f"it stays stopped ({why}), and its disks are paid for: delete it when the clone is good",
    )


def _with_new_address(progress: Progress, source: Instance) -> Progress:
    """A static public address is given away with the stop. Source: "Economical mode"."""
    economical = progress.economical
    had = economical.facts.public_ip if economical is not None else ""
    if not had or had == source.public_ip:
        return progress
    return progress.remarked(
        f"public address {had}", "a static public address is lost when its instance is stopped"
    )
