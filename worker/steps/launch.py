"""Get exactly one replacement running: wait for the image, take over, ask, confirm.

Only a definite refusal moves on to the next candidate, under a new token; a lost answer is asked
again under the same one. A look by tag stands before every request, because tokens are forgotten
after a while, and the request stands before every verdict, because tags show late.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

from worker.core import boots, handing, identity, launching
from worker.core.events import parse_time
from worker.core.model import (
    Accepted,
    Candidate,
    Exists,
    Image,
    Instance,
    LaunchAnswer,
    Look,
    NoStock,
    NotReady,
    OverQuota,
    Unsupported,
)
from worker.core.outcomes import Done, Moot, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.polling import next_image_poll
from worker.core.progress import BootKind, Imaged, Mootness, Progress, Snapshots
from worker.ports import Images, Instances, Sources, Tagging
from worker.steps.base import Parking
from worker.steps.rungs import descend

DAY_SECONDS = 86_400.0
SOURCE_POLL_SECONDS = 3.0
CONFIRM_POLL_SECONDS = 3.0
# No image shows, no guest stops, and no instance starts, much faster than this.
SHOWS_AFTER_SECONDS = 2.5
STOPS_AFTER_SECONDS = 12.0
RUNS_AFTER_SECONDS = 15.0
# Nobody serves while the source stops; one that takes long is looked at less and less often.
STOPPING_POLL_SECONDS = 1.5
STOPPING_POLL_SHARE = 0.1
# An image that the release breaks is seen so soon after it, and not a long pause later.
AFTER_RELEASE_SECONDS = 2.0
# What does not show after this long has probably vanished; it is looked for less often.
LAG_SECONDS = 30.0
# After so many refusals that nobody understands, a person must look.
UNKNOWN_REFUSALS_MAX = 8
SLOW_POLL_SECONDS = 20.0
# An orderly stop that takes longer hangs in the guest.
STOP_SECONDS_MAX = 45.0
LOOK_AGAIN_SECONDS = 10.0
# A source that is gone does not leave the quota in the same instant.
QUOTA_SECONDS = 120.0
RUNGS: Mapping[str, BootKind] = {rung: rung for rung in get_args(BootKind)}
# A state that does not pass in so many rounds may be the candidate's own.
ROUNDS_MAX = 30
UNLOCKED_POLL_SECONDS = 20.0
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
        booted = (progress.boot, progress.imaged, launched.missing)
        return (*booted, progress.specified, launched.slot, launched.instance_id)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Go through the phases in order; each answers for itself whether it is passed."""
        launched = progress.launched
        if launched.instance_id:
            return self._confirm(progress, now)
        if not progress.counted and not launched.image_usable_at:
            return self._count_generations(progress)
        if not launched.image_usable_at:
            return self._await_image(progress, now)
        if now < launched.not_before:
            return Wait(progress, launched.not_before, "pausing before the candidates are tried")
        return self._take_over(progress, now)

    # The lineage

    def _count_generations(self, progress: Progress) -> Outcome:
        """Do not feed a pool that takes back all it gives: then a person decides.

        The generation that is the cap before this one tells it in one look: was it made within a
        day, so were all since. All that was saved stays saved, and a replay counts no more.
        """
        counted = replace(progress, counted=True)
        self._stop_for_a_person(counted)
        cap = self.policy.generations_per_day
        earlier = identity.earlier_generation(progress.lineage, cap) if cap else ""
        if not earlier or not self._is_of_the_last_day(earlier, progress.t0):
            return Note(counted)
        # A twin may have counted otherwise; what is launched stays launched.
        if self._rivals(progress):
            return Note(counted)
        raise Parking(
            Park.TOO_MANY_GENERATIONS,
            f"its lineage was recreated {cap} times within a day",
            progress=counted,
        )

    def _stop_for_a_person(self, replayed: Progress) -> None:
        """Launch nothing for one that was one too many and is the only one now: did it serve at all?

        Args:
            replayed: What a replay goes on with, at once.
        """
        if replayed.beside and not self._rivals(replayed):
            why = f"it was marked as one too many beside {replayed.beside}, which is gone"
            raise Parking(Park.ONE_TOO_MANY, why, progress=replayed)

    def _is_of_the_last_day(self, generation: str, t0: float) -> bool:
        """Counted from the notice, so that twins and later looks count alike."""
        images = self.images.of_generation(generation)
        return any(launching.is_recreation_since(one, t0 - DAY_SECONDS) for one in images)

    # The image

    def _await_image(self, progress: Progress, now: float) -> Outcome:
        if progress.imaged is None:
            return self._await_snapshot(progress, now)
        imaged = progress.imaged
        if now < imaged.accepted_at + SHOWS_AFTER_SECONDS:
            until = imaged.accepted_at + SHOWS_AFTER_SECONDS
            return Wait(progress, until, "the image begins")
        image = self._image(progress)
        if image is None:
            return self._no_image(progress, imaged, now)
        if self._is_settled(progress, image):
            return self._settled(progress, image, now)
        if image.has_failed:
            return self._image_failed(progress, image, now)
        if not image.usable:
            return self._keep_waiting(progress, image, imaged, now)
        return Note(launching.with_usable_image(progress, image, now))

    def _image(self, progress: Progress) -> Image | None:
        imaged = launching.imaged(progress)
        if progress.rung == "rescue":
            return self.images.known(imaged.image_id)
        found = self.images.find(imaged.name)
        if found is not None or not imaged.image_id:
            return found
        # Its owner may have renamed it: an id stays.
        return self.images.known(imaged.image_id)

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

    def _is_settled(self, progress: Progress, image: Image) -> bool:
        """Tell whether an image is of a recreation that is over, or of an earlier notice."""
        if progress.rung == "rescue":
            return False
        is_first = progress.rung == "image"
        return identity.TAG_DELETE_AFTER in image.tags or (
            is_first
            and boots.is_of_an_earlier_notice(progress, image.created_at, self.policy.notice)
        )

    def _settled(self, progress: Progress, image: Image, now: float) -> Outcome:
        """Tell a finished recreation from an earlier notice that was taken back, or parked.

        A repeated token hands out the image of that notice as if it had just been made.
        """
        is_dated = identity.TAG_DELETE_AFTER in image.tags
        is_over = is_dated and identity.TAG_FALSE_ALARM not in image.tags
        if is_over and not boots.is_outlived(progress, image.created_at):
            return Moot(progress, Mootness.ALREADY_DONE, "already recreated and cleaned up")
        look = self.sources.look(progress.instance_id)
        source = look.instance
        if source is None and (others := self._of_this_source(progress)):
            reason = f"already recreated as {launching.replacement_name(others)}"
            return Moot(progress, Mootness.SUPERSEDED, reason)
        if source is None:
            raise Parking(
                Park.SOURCE_GONE,
                f"image {image.image_id} is from an earlier notice, and the source is gone",
            )
        if not source.is_recycling:
            return self._unlocked(progress, now)
        return self._begin_again(progress, image, look, now)

    def _begin_again(self, progress: Progress, image: Image, look: Look, now: float) -> Outcome:
        if look.instance is None:
            return Wait(progress, now + SOURCE_POLL_SECONDS, "the source does not show")
        notice = self.policy.notice
        return Note(launching.from_the_image_on(progress, image, look.disks, now, notice))

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
        return Wait(progress, until, f"the image is at {image.percent} %")

    # The takeover: never two that serve

    def _take_over(self, progress: Progress, now: float) -> Outcome:
        """Launch when the source cannot serve any more, or when the end is near."""
        source = self.sources.find(progress.instance_id)
        launched = progress.launched
        if source is None:
            return self._without_source(progress, now)
        progress = replace(progress, absent_at=0.0)
        if launching.is_started_again(progress, source):
            return self._started_again(progress, source, now)
        if source.status == "Stopped" and _is_ours_to_launch(progress, source):
            return self._launch_beside(launching.with_stopped_source(progress, source, now), now)
        # After our own stop it is down for good, whatever becomes of its notice, but if it runs again.
        if not source.is_recycling and (not launched.stop_sent or source.status == "Running"):
            return self._unlocked(progress, now)
        if launching.is_noticed_again(progress, source):
            return self._noticed_again(progress, now)
        progress = replace(progress, launched=replace(launched, unlocked_looks=0))
        # A source that serves is worth more than what comes up without being set up.
        if self.policy.takeover == "wait" or progress.is_degraded:
            return self._await_the_stop(progress, now)
        if self.policy.takeover == "overlap":
            return self._launch_beside(progress, now)
        if source.status == "Stopping" and not launched.stop_sent:
            # A twin has asked, or the platform stops it; to ask again would only be refused.
            progress = launching.with_stop_asked(progress, now)
        if self._is_pressed(progress, now):
            return self._launch_beside(progress, now)
        return self._stop_source(progress, source, now)

    def _noticed_again(self, progress: Progress, now: float) -> Outcome:
        """What was written since the image is in none: make one of this notice."""
        image = self._image(progress)
        if image is None:
            return Wait(progress, now + SOURCE_POLL_SECONDS, "the image does not show")
        return self._begin_again(progress, image, self.sources.look(progress.instance_id), now)

    def _await_the_stop(self, progress: Progress, now: float) -> Outcome:
        """What outlives its notice may have been given another one, which the image is older than."""
        if now > progress.t0 + self.policy.notice + boots.EARLIER_SECONDS:
            image = self._image(progress)
            if image is not None and self._is_settled(progress, image):
                return self._settled(progress, image, now)
            if image is not None and progress.rung == "image" and self._are_given_back(progress):
                look = self.sources.look(progress.instance_id)
                return self._begin_again(progress, image, look, now)
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
        return any(
            disk.delete_with_instance and disk.instance_id == progress.instance_id
            for disk in self.sources.disks(retained.to_keep)
        )

    def _started_again(self, progress: Progress, source: Instance, now: float) -> Outcome:
        """A source in economical mode runs again, whoever started it: there is nothing to replace."""
        found = self._rivals(progress)
        if found:
            told = progress.remarked(
                f"instance {source.instance_id}", "started beside its replacement; stop it by hand"
            )
            return Note(launching.with_adopted(told, launching.winner(found), now))
        if source.status == "Running":
            return Done(launching.with_source_started(progress, source, now))
        if source.status in {"Stopping", "Stopped"}:
            return Done(launching.with_reclaimed(progress, now))
        return Wait(progress, now + SOURCE_POLL_SECONDS, f"the source is {source.status}")

    def _image_failed(self, progress: Progress, image: Image, now: float) -> Outcome:
        """A start of the source breaks its image: then the source is what there is."""
        source = self.sources.find(progress.instance_id) if progress.economical else None
        if source is not None and launching.is_started_again(progress, source):
            return self._started_again(progress, source, now)
        why = f"image {image.image_id} is {image.status}"
        return descend(progress, self.policy, why, now, lost=image.image_id)

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
        return self._launch(launching.with_stopped_source(progress, None, now), now)

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
        image = self._image(progress)
        if image is not None and image.has_failed:
            return self._image_failed(progress, image, now)
        if image is None or not image.is_safe:
            return Wait(progress, now + self.policy.image_poll_min, "the image can still be harmed")
        return Note(replace(progress, launched=replace(progress.launched, image_safe=True)))

    def _unlocked(self, progress: Progress, now: float) -> Outcome:
        """A false alarm is decided late, and by more than one look; a single one may be behind."""
        launched = progress.launched
        looks = replace(launched, unlocked_looks=launched.unlocked_looks + 1)
        if looks.unlocked_looks >= LOOKS_FOR_FALSE_ALARM:
            # One that runs without its lock was started again after our stop, or never took it.
            looks = replace(looks, unlocked_at=now, stop_sent=False, stop_sent_at=0.0)
        looked = replace(progress, launched=looks)
        late = now >= progress.t0 + self.policy.false_alarm_after
        if late and looks.unlocked_looks >= LOOKS_FOR_FALSE_ALARM:
            found = self._rivals(progress)
            if found:
                return Note(launching.with_adopted(progress, launching.winner(found), now))
            told = handing.with_alarm(looked)
            return Moot(told, Mootness.FALSE_ALARM, "the instance is not locked any more")
        return Wait(
            looked, now + UNLOCKED_POLL_SECONDS, "the instance is not locked any more; look again"
        )

    # The request

    def _launch_beside(self, progress: Progress, now: float) -> Outcome:
        """Launch while the source is there, unless its private address is to be free first."""
        if launching.waits_for_address(progress, self.policy.notice, now):
            return Wait(progress, now + SOURCE_POLL_SECONDS, "the source has its private address")
        return self._launch(progress, now)

    def _launch(self, progress: Progress, now: float) -> Outcome:
        found = self._rivals(progress)
        others = () if found else self._replacements(progress, now)
        # The second look may show what the first one was too early for.
        if found := found or self._ours(others, progress):
            return Note(launching.with_adopted(progress, launching.winner(found), now))
        if others:
            return self._beside(progress, others)
        if later := self._of_a_later_notice(progress, now):
            return Moot(progress, Mootness.SUPERSEDED, f"a later notice has the image {later}")
        launched = progress.launched
        image = self._image(progress)
        if image is not None and self._is_settled(progress, image):
            return self._settled(progress, image, now)
        if image is None or image.has_failed:
            again = replace(progress, launched=replace(launched, image_usable_at=0.0))
            return Wait(again, now + self.policy.image_poll_min, "the image is not usable any more")
        candidate = launching.candidate_in_hand(progress)
        if not candidate.spot and not progress.wishes.pay_as_you_go and self._is_capped(progress):
            return Note(self._past_the_cap(progress, candidate, now))
        answer = self.instances.launch(
            launching.request(progress),
            candidate,
            image_id=image.image_id,
            token=launching.token(progress),
            drop=launched.drop,
        )
        return self._answered(progress, candidate, answer, now)

    def _beside(self, progress: Progress, others: tuple[Instance, ...]) -> Outcome:
        """Tell a later replacement, which makes this one needless, from one that was there before."""
        named = launching.replacement_name(others)
        if boots.is_outlived(progress, launching.winner(others).created_at):
            raise Parking(
                Park.REPLACED_BEFORE,
                f"{named} was launched for an earlier notice, and the source was reclaimed beside it",
            )
        return Moot(progress, Mootness.SUPERSEDED, f"already recreated as {named}")

    def _answered(
        self, progress: Progress, candidate: Candidate, answer: LaunchAnswer, now: float
    ) -> Outcome:
        match answer:
            case Accepted(instance_id):
                return Note(launching.with_accepted(progress, candidate, instance_id, now))
            case Exists():
                return self._clashed(progress, candidate, now)
            case NoStock(code, is_known):
                counted = progress if is_known else _counted(progress, code)
                return Note(self._next(counted, candidate, code, now))
            case OverQuota(code) if not self._counts(progress, now):
                return Note(self._next(progress, candidate, code, now))
            case NotReady(code) | OverQuota(code):
                return Note(self._another_round(progress, candidate, code, now))
            case Unsupported("PrivateIpAddress", code) if launching.waits_for_address(
                progress, self.policy.notice, now
            ):
                return Note(launching.with_another_round(progress, candidate, code, now))
            case Unsupported("PrivateIpAddress", code) if self.policy.private_ip == "same_or_park":
                raise Parking(Park.NO_ADDRESS, f"{candidate.private_ip} cannot be had", code=code)
            case Unsupported(parameter, code):
                if parameter in progress.launched.drop:
                    return Note(self._next(progress, candidate, code, now))
                return Note(launching.with_fewer_parameters(progress, parameter, code))

    def _another_round(
        self, progress: Progress, candidate: Candidate, code: str, now: float
    ) -> Progress:
        """Ask again; after many definite answers the next candidate may be asked."""
        if progress.launched.round >= ROUNDS_MAX:
            return self._next(progress, candidate, code, now)
        return launching.with_another_round(progress, candidate, code, now)

    def _counts(self, progress: Progress, now: float) -> bool:
        """Tell whether the source may still take up the quota that its replacement needs."""
        if now > progress.t0 + self.policy.notice + QUOTA_SECONDS:
            return False
        return self.sources.find(progress.instance_id) is not None

    def _is_capped(self, progress: Progress) -> bool:
        exist = self.instances.pay_as_you_go(self.policy.owner, besides=progress.recreation_id)
        return exist >= self.policy.pay_as_you_go_max

    def _past_the_cap(self, progress: Progress, candidate: Candidate, now: float) -> Progress:
        """Go on with the next epoch: what is not spot stands last.

        A twin may have found room just before, so its launch gets the time to show by tag.
        """
        last = len(launching.order(progress)) - 1
        at_the_end = replace(progress, launched=replace(progress.launched, index=last))
        code = "launch.pay_as_you_go_max"
        moved = self._next(at_the_end, candidate, code, now)
        until = max(moved.launched.not_before, now + LAG_SECONDS)
        return replace(moved, launched=replace(moved.launched, not_before=until))

    def _clashed(self, progress: Progress, candidate: Candidate, now: float) -> Outcome:
        """The token stands for another request: somebody's launch shows by tag, or was refused."""
        launched = progress.launched
        since = launched.clashed_at or now
        if now > since + self.policy.vanish_after:
            return Note(self._next(progress, candidate, "token taken", now))
        clashed = replace(progress, launched=replace(launched, clashed_at=since))
        return Wait(
            clashed, now + LOOK_AGAIN_SECONDS, "another launch under this token; look for it"
        )

    def _next(self, progress: Progress, candidate: Candidate, code: str, now: float) -> Progress:
        pause = now + self.policy.epoch_pause
        moved = launching.with_next_candidate(progress, candidate, code, now, pause=pause)
        is_new_epoch = moved.launched.epoch > progress.launched.epoch
        if is_new_epoch and moved.launched.epoch % self.policy.epochs_max == 0:
            total, epochs = len(launching.order(progress)), moved.launched.epoch
            # A replay asks under new tokens: a refusal is remembered with the old one.
            raise Parking(
                Park.NO_STOCK,
                f"none of the candidates could be had (candidates: {total}, epochs: {epochs})",
                code=code,
                progress=moved,
            )
        return moved

    # The confirmation

    def _confirm(self, progress: Progress, now: float) -> Outcome:
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
        return Note(self._next(progress, candidate, "vanished after it was accepted", now))

    def _rivals(self, progress: Progress) -> tuple[Instance, ...]:
        """Find the instances of this recreation, but for those that are marked as one too many."""
        found = self.instances.find_tagged(progress.recreation_id)
        return launching.not_quarantined(found, progress.launched.quarantined)

    def _ours(self, found: tuple[Instance, ...], progress: Progress) -> tuple[Instance, ...]:
        ours = (one for one in found if one.tags.get(identity.TAG_ID) == progress.recreation_id)
        return launching.not_quarantined(tuple(ours), progress.launched.quarantined)

    def _replacements(self, progress: Progress, now: float) -> tuple[Instance, ...]:
        """Find what a later notice has launched: a parked message may be replayed after that.

        A source in economical mode is the same instance through many notices.
        """
        is_late = now > progress.t0 + self.policy.false_alarm_after
        is_later_notice = progress.incarnation != identity.NOT_ECONOMICAL
        if not (is_late or is_later_notice) or progress.economical is not None:
            return ()
        return self._of_this_source(progress)

    def _of_this_source(self, progress: Progress) -> tuple[Instance, ...]:
        """Find what was launched for any notice of the source; a drill's launch replaces nothing."""
        found = self.instances.find_replacements(progress.instance_id)
        return tuple(one for one in found if identity.TAG_DRILL not in one.tags)

    def _of_a_later_notice(self, progress: Progress, now: float) -> str:
        """Find the image that a later notice has begun: it derives its name from ours."""
        is_late = now > progress.t0 + self.policy.notice
        if not is_late or progress.economical is not None or progress.rung != "image":
            return ""
        later = replace(progress, incarnation=launching.imaged(progress).image_id)
        found = self.images.find(identity.image_name(later.recreation_id))
        return found.image_id if found is not None else ""

    def _alone(self, progress: Progress, replacement: Instance, now: float) -> Outcome:
        """Of two replacements the earliest stays; the other is marked, never deleted."""
        found = self._rivals(progress)
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


def _is_ours_to_launch(progress: Progress, source: Instance) -> bool:
    """Tell whether the platform or we have stopped it; its owner may, once the notice is withdrawn."""
    is_told = source.is_recycling or progress.launched.stop_sent
    return is_told or progress.economical is not None


def _is_reclaimed(replacement: Instance) -> bool:
    """Tell whether it has run and is reclaimed in its turn, which is its own event's business."""
    return replacement.is_recycling and replacement.status in {"Stopping", "Stopped"}


def _image_of(progress: Progress, replacement: str) -> str:
    """Name the image that the replacement's own recreation makes: only what ran has one."""
    return identity.image_name(launching.recreation_of(progress, replacement).recreation_id)


def _counted(progress: Progress, code: str) -> Progress:
    """Count a refusal of unknown meaning: it may concern every candidate alike."""
    count = progress.launched.unknown_refusals + 1
    if count >= UNKNOWN_REFUSALS_MAX:
        raise Parking(Park.REFUSED, f"{count} launches were refused with unknown codes", code=code)
    return replace(progress, launched=replace(progress.launched, unknown_refusals=count))
