"""Ask for the replacement, candidate by candidate, until one is accepted.

Only a definite refusal moves on to the next candidate, under a new token; a lost answer is asked
again under the same one. A look by tag stands before every request, because tokens are forgotten
after a while, and the request stands before every verdict, because tags show late.
"""

from dataclasses import dataclass, replace

from worker.core import boots, launching
from worker.core.model import (
    Accepted,
    Candidate,
    Exists,
    Instance,
    LaunchAnswer,
    NoStock,
    NotReady,
    OverQuota,
    Unsupported,
)
from worker.core.outcomes import Moot, Note, Outcome, Park, Wait
from worker.core.policy import Policy
from worker.core.progress import Mootness, Progress
from worker.ports import Instances, Sources
from worker.steps.base import Parking
from worker.steps.ended import ended
from worker.steps.launch.imaging import Imaging
from worker.steps.launch.siblings import Siblings
from worker.steps.launch.source_back import SOURCE_POLL_SECONDS

# What does not show after this long has probably vanished.
LAG_SECONDS = 30.0
# After so many refusals that nobody understands, a person must look.
UNKNOWN_REFUSALS_MAX = 8
LOOK_AGAIN_SECONDS = 10.0
# A source that is gone does not leave the quota in the same instant.
QUOTA_SECONDS = 120.0
# A state that does not pass in so many rounds may be the candidate's own.
ROUNDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Request:
    """One launch, and what its answer means for the next."""

    sources: Sources
    instances: Instances
    siblings: Siblings
    imaging: Imaging
    policy: Policy

    def run_beside(self, progress: Progress, now: float) -> Outcome:
        """Launch while the source is there, unless its private address is to be free first."""
        if launching.waits_for_address(progress, self.policy.notice, now):
            return Wait(progress, now + SOURCE_POLL_SECONDS, "the source has its private address")
        return self.run(progress, now)

    def run(self, progress: Progress, now: float) -> Outcome:
        found = self.siblings.rivals(progress)
        others = () if found else self.siblings.replacements(progress, now)
        # The second look may show what the first one was too early for.
        if found := found or self.siblings.ours(others, progress):
            return Note(launching.with_adopted(progress, launching.winner(found), now))
        if others:
            return self._beside(progress, others)
        if over := self.superseded(progress, now):
            return over
        launched = progress.launched
        image = self.imaging.find(progress)
        if image is not None and self.imaging.is_settled(progress, image):
            return self.imaging.settled(progress, image, now)
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

    def superseded(self, progress: Progress, now: float) -> Outcome | None:
        """Tell whether a later notice has begun an image: then it is that one's business."""
        later = self.siblings.of_a_later_notice(progress, now)
        if not later:
            return None
        return Moot(progress, Mootness.SUPERSEDED, f"a later notice has the image {later}")

    def _beside(self, progress: Progress, others: tuple[Instance, ...]) -> Outcome:
        """Tell a later replacement, which makes this one needless, from one that was there before."""
        named = launching.replacement_name(others)
        if boots.is_outlived(progress, launching.winner(others).created_at):
            raise Parking(
                Park.REPLACED_BEFORE,
                f"{named} was launched for an earlier notice, and the source was reclaimed beside it",
            )
        images = self.imaging.images
        earlier = progress.earlier[-1] if progress.earlier else ""
        image = images.known(earlier) if earlier.startswith("m-") else None
        reason = f"already recreated as {named}"
        return ended(progress, image, images, reason, how=Mootness.SUPERSEDED)

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
                return Note(self.next(counted, candidate, code, now))
            case OverQuota(code) if not self._counts(progress, now):
                return Note(self.next(progress, candidate, code, now))
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
                    return Note(self.next(progress, candidate, code, now))
                return Note(launching.with_fewer_parameters(progress, parameter, code))

    def _another_round(
        self, progress: Progress, candidate: Candidate, code: str, now: float
    ) -> Progress:
        """Ask again; after many definite answers the next candidate may be asked."""
        if progress.launched.round >= ROUNDS_MAX:
            return self.next(progress, candidate, code, now)
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
        moved = self.next(at_the_end, candidate, code, now)
        until = max(moved.launched.not_before, now + LAG_SECONDS)
        return replace(moved, launched=replace(moved.launched, not_before=until))

    def _clashed(self, progress: Progress, candidate: Candidate, now: float) -> Outcome:
        """The token stands for another request: somebody's launch shows by tag, or was refused."""
        launched = progress.launched
        since = launched.clashed_at or now
        if now > since + self.policy.vanish_after:
            return Note(self.next(progress, candidate, "token taken", now))
        clashed = replace(progress, launched=replace(launched, clashed_at=since))
        return Wait(
            clashed, now + LOOK_AGAIN_SECONDS, "another launch under this token; look for it"
        )

    def next(self, progress: Progress, candidate: Candidate, code: str, now: float) -> Progress:
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


def _counted(progress: Progress, code: str) -> Progress:
    """Count a refusal of unknown meaning: it may concern every candidate alike."""
    count = progress.launched.unknown_refusals + 1
    if count >= UNKNOWN_REFUSALS_MAX:
        raise Parking(Park.REFUSED, f"{count} launches were refused with unknown codes", code=code)
    return replace(progress, launched=replace(progress.launched, unknown_refusals=count))
