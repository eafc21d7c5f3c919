"""Get exactly one replacement running: wait for the image, take over, ask, confirm.

Only a definite refusal moves on to the next candidate, under a new token; a lost answer is asked
again under the same one. A look by tag stands before every request, because tokens are forgotten
after a while, and the request stands before every verdict, because tags show late.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import identity
from worker.core.eligibility import is_interrupted
from worker.core.model import (
    Accepted,
    Candidate,
    Exists,
    Image,
    Instance,
    LaunchAnswer,
    NoStock,
    NotReady,
    Unsupported,
)
from worker.core.outcomes import Done, Moot, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.polling import next_image_poll
from worker.core.progress import Imaged, Launched, Mootness, Progress, Refusal, Specified
from worker.ports import Images, Instances, Sources, Tagging
from worker.steps.base import Parking

SOURCE_POLL_SECONDS = 3.0
CONFIRM_POLL_SECONDS = 3.0
SLOW_CONFIRM_SECONDS = 15.0
ROUND_SECONDS = 10.0
LOOKS_FOR_FALSE_ALARM = 2


@dataclass(frozen=True, slots=True)
class Launch:
    """Have one replacement, seen Running, and no other."""

    name: ClassVar[StepName] = StepName.LAUNCH

    images: Images
    sources: Sources
    instances: Instances
    tagging: Tagging
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        return progress.launched.running_at > 0

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """The frozen request, the image, and the slot that the token stands for."""
        launched = progress.launched
        return (progress.imaged, progress.specified, launched.slot, launched.instance_id)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Go through the phases in order; each answers for itself whether it is passed."""
        launched = progress.launched
        if launched.instance_id:
            return self._confirm(progress, now)
        if not launched.image_usable_at:
            return self._await_image(progress, now)
        if now < launched.not_before:
            return Wait(progress, launched.not_before, "pausing before the candidates are tried")
        found = _not_quarantined(self.instances.find_tagged(progress.recreation_id))
        if found:
            return Note(_adopted(progress, _winner(found), now))
        return self._take_over(progress, now)

    # The image

    def _await_image(self, progress: Progress, now: float) -> Outcome:
        imaged = _imaged(progress)
        image = self.images.find(imaged.name)
        if image is None:
            return self._no_image(progress, imaged, now)
        if identity.TAG_DELETE_AFTER in image.tags:
            return Moot(progress, Mootness.ALREADY_DONE, "already recreated and cleaned up")
        if image.has_failed:
            raise Parking(Park.IMAGE_FAILED, f"image {image.image_id} is {image.status}")
        if not image.usable:
            return self._keep_waiting(progress, image, imaged, now)
        return Note(_usable(progress, image, now))

    def _no_image(self, progress: Progress, imaged: Imaged, now: float) -> Outcome:
        if now > imaged.accepted_at + self.policy.vanish_after:
            raise Parking(Park.IMAGE_FAILED, f"image {imaged.image_id or imaged.name} vanished")
        return Wait(progress, now + self.policy.image_poll_min, "the image does not show yet")

    def _keep_waiting(
        self, progress: Progress, image: Image, imaged: Imaged, now: float
    ) -> Outcome:
        if now > imaged.accepted_at + self.policy.image_wait_max:
            raise Parking(
                Park.IMAGE_TOO_SLOW, f"image {image.image_id} is still at {image.percent} %"
            )
        until = next_image_poll(
            percent=image.percent,
            begun_at=imaged.accepted_at,
            now=now,
            shortest=self.policy.image_poll_min,
            longest=self.policy.image_poll_max,
        )
        return Wait(progress, until, f"the image is at {image.percent} %")

    # The takeover: never two that serve

    def _take_over(self, progress: Progress, now: float) -> Outcome:
        """Launch when the source cannot serve any more, or when the end is near."""
        source = self.sources.find(progress.instance_id)
        launched = progress.launched
        if source is None or source.status == "Stopped":
            return self._launch(_stopped(progress, now), now)
        if not is_interrupted(source) and not launched.stop_sent:
            return self._unlocked(progress, now)
        if self.policy.takeover == "overlap":
            return self._launch(progress, now)
        if self.policy.takeover == "wait":
            return Wait(progress, now + SOURCE_POLL_SECONDS, "waiting for the platform's stop")
        if now >= progress.t0 + self.policy.takeover_latest:
            return self._launch(progress, now)
        return self._stop_source(progress, source, now)

    def _stop_source(self, progress: Progress, source: Instance, now: float) -> Outcome:
        launched = progress.launched
        if not launched.image_safe:
            return self._await_safe_image(progress, now)
        if launched.stop_sent or launched.stop_refused:
            return Wait(progress, now + SOURCE_POLL_SECONDS, f"the source is {source.status}")
        answer = self.instances.stop(source.instance_id)
        if isinstance(answer, Accepted):
            sent = replace(progress, launched=replace(launched, stop_sent=True))
            return Wait(
                sent.marked("source asked to stop", now),
                now + SOURCE_POLL_SECONDS,
                "the source stops",
            )
        refused = replace(progress, launched=replace(launched, stop_refused=answer.code))
        return Note(refused.remarked("stopping the source before the takeover", answer.code))

    def _await_safe_image(self, progress: Progress, now: float) -> Outcome:
        """A usable image may still be harmed by a stop; wait for Available."""
        image = self.images.find(_imaged(progress).name)
        if image is not None and image.has_failed:
            raise Parking(Park.IMAGE_FAILED, f"image {image.image_id} is {image.status}")
        if image is None or not image.is_safe:
            return Wait(progress, now + self.policy.image_poll_min, "the image can still be harmed")
        return Note(replace(progress, launched=replace(progress.launched, image_safe=True)))

    def _unlocked(self, progress: Progress, now: float) -> Outcome:
        """A false alarm is decided late, and by more than one look."""
        launched = progress.launched
        looks = replace(launched, unlocked_looks=launched.unlocked_looks + 1)
        looked = replace(progress, launched=looks)
        late = now >= progress.t0 + self.policy.false_alarm_after
        if late and looks.unlocked_looks >= LOOKS_FOR_FALSE_ALARM:
            return Moot(looked, Mootness.FALSE_ALARM, "the instance is not locked any more")
        return Wait(looked, now + ROUND_SECONDS, "the instance is not locked any more; look again")

    # The request

    def _launch(self, progress: Progress, now: float) -> Outcome:
        specified, launched = _specified(progress), progress.launched
        image = self.images.find(_imaged(progress).name)
        if image is not None and identity.TAG_DELETE_AFTER in image.tags:
            return Moot(progress, Mootness.ALREADY_DONE, "already recreated and cleaned up")
        if image is None or image.has_failed:
            again = replace(progress, launched=replace(launched, image_usable_at=0.0))
            return Wait(again, now + self.policy.image_poll_min, "the image is not usable any more")
        candidate = specified.candidates[launched.index]
        answer = self.instances.launch(
            specified.launch,
            candidate,
            image_id=image.image_id,
            token=_token(progress),
            drop=launched.drop,
        )
        return self._answered(progress, candidate, answer, now)

    def _answered(
        self, progress: Progress, candidate: Candidate, answer: LaunchAnswer, now: float
    ) -> Outcome:
        match answer:
            case Accepted(instance_id):
                return Note(_accepted(progress, candidate, instance_id, now))
            case Exists():
                return self._clashed(progress, candidate, now)
            case NoStock(code):
                return Note(self._next(progress, candidate, code, now))
            case NotReady(code):
                return Note(_another_round(progress, candidate, code, now))
            case Unsupported(parameter, code):
                if parameter in progress.launched.drop:
                    return Note(self._next(progress, candidate, code, now))
                return Note(_without(progress, parameter, code))

    def _clashed(self, progress: Progress, candidate: Candidate, now: float) -> Outcome:
        """The token stands for another request: somebody's launch shows by tag, or was refused."""
        launched = progress.launched
        since = launched.clashed_at or now
        if now > since + self.policy.vanish_after:
            return Note(self._next(progress, candidate, "token taken", now))
        clashed = replace(progress, launched=replace(launched, clashed_at=since))
        return Wait(clashed, now + ROUND_SECONDS, "another launch under this token; look for it")

    def _next(self, progress: Progress, candidate: Candidate, code: str, now: float) -> Progress:
        """Move to the next candidate; after the last one the list starts again, after a pause."""
        launched, total = progress.launched, len(_specified(progress).candidates)
        cleared = replace(
            launched,
            index=launched.index + 1,
            round=0,
            drop=(),
            clashed_at=0.0,
            instance_id="",
            accepted_at=0.0,
            refusals=_remembered(launched, Refusal(candidate.label, code, now)),
        )
        if cleared.index < total:
            return replace(progress, launched=cleared)
        if cleared.epoch + 1 >= self.policy.epochs_max:
            raise Parking(Park.NO_STOCK, f"none of {total} candidates could be had", code=code)
        pause = now + self.policy.epoch_pause
        return replace(
            progress,
            launched=replace(cleared, index=0, epoch=cleared.epoch + 1, not_before=pause),
        )

    # The confirmation

    def _confirm(self, progress: Progress, now: float) -> Outcome:
        launched = progress.launched
        replacement = self.instances.find(launched.instance_id)
        if replacement is None:
            return self._missing(progress, now)
        if replacement.status != "Running":
            slow = now > launched.accepted_at + self.policy.running_wait_max
            pause = SLOW_CONFIRM_SECONDS if slow else CONFIRM_POLL_SECONDS
            return Wait(progress, now + pause, f"the replacement is {replacement.status}")
        return self._alone(progress, replacement, now)

    def _missing(self, progress: Progress, now: float) -> Outcome:
        """Accepted is not launched: an instance can vanish later for lack of stock.

        Source: ECS RunInstances, system event SystemFailure.Delete.
        """
        launched = progress.launched
        if now <= launched.accepted_at + self.policy.vanish_after:
            return Wait(progress, now + CONFIRM_POLL_SECONDS, "the replacement does not show yet")
        candidate = _specified(progress).candidates[launched.index]
        return Note(self._next(progress, candidate, "vanished after it was accepted", now))

    def _alone(self, progress: Progress, replacement: Instance, now: float) -> Outcome:
        """Of two replacements the earliest stays; the other is marked, never deleted."""
        found = _not_quarantined(self.instances.find_tagged(progress.recreation_id))
        winner = _winner((replacement, *found))
        losers = tuple(
            sorted({one.instance_id for one in (replacement, *found)} - {winner.instance_id})
        )
        if losers:
            self.tagging.tag("instance", losers, {identity.TAG_QUARANTINED: winner.instance_id})
            return Note(_quarantined(_adopted(progress, winner, now), losers))
        return Done(_running(progress, replacement, now))


def _token(progress: Progress) -> str:
    epoch, index, round_, drop = progress.launched.slot
    slot = (str(epoch), str(index), str(round_), *drop)
    return identity.client_token(progress.recreation_id, StepName.LAUNCH.value, *slot)


def _imaged(progress: Progress) -> Imaged:
    if progress.imaged is None:
        raise AssertionError("launch stands after image")
    return progress.imaged


def _specified(progress: Progress) -> Specified:
    if progress.specified is None:
        raise AssertionError("launch stands after spec")
    return progress.specified


def _usable(progress: Progress, image: Image, now: float) -> Progress:
    launched = replace(progress.launched, image_usable_at=now, image_safe=image.is_safe)
    return replace(progress, launched=launched).marked("image usable", now, image.image_id)


def _stopped(progress: Progress, now: float) -> Progress:
    if progress.launched.source_stopped_at:
        return progress
    launched = replace(progress.launched, source_stopped_at=now)
    return replace(progress, launched=launched).marked("source stopped or gone", now)


def _accepted(progress: Progress, candidate: Candidate, instance_id: str, now: float) -> Progress:
    launched = replace(
        progress.launched,
        instance_id=instance_id,
        accepted_at=now,
        instance_type=candidate.instance_type,
        zone=candidate.zone,
    )
    return replace(progress, launched=launched).marked("replacement accepted", now, instance_id)


def _adopted(progress: Progress, replacement: Instance, now: float) -> Progress:
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


def _running(progress: Progress, replacement: Instance, now: float) -> Progress:
    launched = replace(
        progress.launched,
        running_at=now,
        instance_type=replacement.instance_type,
        zone=replacement.zone,
        private_ip=replacement.private_ip,
    )
    return replace(progress, launched=launched).marked(
        "replacement running", now, replacement.instance_id
    )


def _another_round(progress: Progress, candidate: Candidate, code: str, now: float) -> Progress:
    """A refusal is remembered with its token, so a later try needs a new one."""
    launched = progress.launched
    again = replace(
        launched,
        round=launched.round + 1,
        not_before=now + ROUND_SECONDS,
        refusals=_remembered(launched, Refusal(candidate.label, code, now)),
    )
    return replace(progress, launched=again)


def _without(progress: Progress, parameter: str, code: str) -> Progress:
    launched = progress.launched
    fewer = replace(launched, drop=tuple(sorted((*launched.drop, parameter))))
    return replace(progress, launched=fewer).remarked(parameter, code)


def _quarantined(progress: Progress, losers: tuple[str, ...]) -> Progress:
    launched = replace(progress.launched, quarantined=(*progress.launched.quarantined, *losers))
    for loser in losers:
        progress = progress.remarked(f"instance {loser}", "a second replacement; delete it by hand")
    return replace(progress, launched=launched)


def _remembered(launched: Launched, refusal: Refusal) -> tuple[Refusal, ...]:
    return (*launched.refusals, refusal)[-REFUSALS_MAX:]


def _not_quarantined(found: tuple[Instance, ...]) -> tuple[Instance, ...]:
    return tuple(one for one in found if identity.TAG_QUARANTINED not in one.tags)


def _winner(found: tuple[Instance, ...]) -> Instance:
    return min(found, key=lambda one: (one.created_at, one.instance_id))


REFUSALS_MAX = 24
