"""From a recreation to one verdict about its message; the only place that catches a step's errors.

The engine runs steps until one waits, or needs its progress written to a sent message first. Nothing
here talks to the queue: the consumer carries the verdict out.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from worker.core import boots
from worker.core.errors import (
    Permanent,
    RecreationError,
    Throttled,
    Transient,
    Unauthenticated,
)
from worker.core.outcomes import (
    Checkpoint,
    Done,
    Finish,
    HandBack,
    Hold,
    Moot,
    Note,
    Outcome,
    Park,
    Parked,
    StepName,
    Verdict,
    Wait,
)
from worker.core.policy import Policy
from worker.core.progress import Mark, Progress
from worker.core.urgency import for_ever, urgent
from worker.ports import Clock, Telemetry
from worker.steps.base import Forgiving, Parking, Step

# A recreation that runs on without waiting lets others have the thread after this many runs.
RUNS_MAX = 24
REST_SECONDS = 1.0
# Each refused candidate is a hop, up to two a second; a chain that grows faster is a defect.
HOPS_PER_SECOND = 2.0
BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MAX_SECONDS = 60.0
# A time to try again that has passed already must not make a busy loop.
THROTTLED_PAUSE_SECONDS_MIN = 0.2
BUG_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Engine:
    """Drives the steps of one recreation at a time; holds no state between calls."""

    steps: Sequence[Step]
    policy: Policy
    clock: Clock
    telemetry: Telemetry

    def advance(
        self,
        progress: Progress,
        sent: Progress | None,
        attempt: int,
        *,
        crowded: bool = False,
        leased_until: Callable[[], float] = for_ever,
    ) -> Verdict:
        """Take a recreation as far as it goes now.

        Args:
            progress: What is achieved, as held in this process.
            sent: What the message itself says; None for a bare event.
            attempt: How many calls failed in a row before this one.
            crowded: Others wait for the thread, so that it is given back after each step.
            leased_until: Tells until when nobody else has the message, epoch seconds.
        """
        if self._is_chain(progress):
            return Parked(progress, Park.TOO_MANY_HOPS, f"passed on {progress.hops} times")
        for _ in range(RUNS_MAX):
            step = self.next_step(progress)
            if step is None:
                return Finish(progress)
            if _must_be_written(step, progress, sent):
                return Checkpoint(progress, self.clock.now())
            answer = self._run(step, progress, attempt, leased_until)
            if not isinstance(answer, Done | Note | Moot):
                return answer
            progress = self._after(step, answer)
            if crowded and isinstance(answer, Done) and self.next_step(progress) is not None:
                return Hold(progress, self.clock.now(), "others come first")
        return self._rest(progress)

    def next_step(self, progress: Progress) -> Step | None:
        """Return the first step that is not done; for a moot recreation only cleanup is left."""
        for step in self.steps:
            if progress.moot is not None and step.name is not StepName.CLEANUP:
                continue
            if not step.is_done(progress):
                return step
        return None

    def _is_chain(self, progress: Progress) -> bool:
        """Tell a defect that passes a message on for ever from a long search for stock."""
        age = max(self.clock.now() - progress.t0, 0.0)
        return progress.hops > self.policy.hops_max + age * HOPS_PER_SECOND

    def _rest(self, progress: Progress) -> Hold | Parked:
        now = self.clock.now()
        if now > progress.patient_since + self.policy.give_up_after:
            return Parked(progress, Park.GAVE_UP, f"no end after {RUNS_MAX} more runs")
        return Hold(progress, now + REST_SECONDS, "more to do at once")

    def _run(
        self, step: Step, progress: Progress, attempt: int, leased_until: Callable[[], float]
    ) -> Done | Note | Moot | Hold | Parked | HandBack:
        now = self.clock.now()
        try:
            with urgent(progress.recreation_id, progress.t0 + self.policy.notice, leased_until):
                outcome: Outcome = step.run(progress, now)
        except (Transient, Permanent) as error:
            is_stranger = self._may_pass(error, progress, now)
            is_passing = is_stranger or isinstance(error, Transient)
            forgiven = None if is_stranger else _forgiven(step, progress, error, now)
            if forgiven is None and is_passing:
                return self._failed(step, progress, error, attempt)
            if forgiven is None:
                return _parked(progress, error)
            self._tell_forgiven(step, progress, error)
            outcome = forgiven
        except Exception as error:  # noqa: BLE001 - a bug must not cost the message
            self.telemetry.failure("bug", error, step=step.name.value, **_who(progress))
            return HandBack(progress, self.clock.now() + BUG_PAUSE_SECONDS)
        self._tell_news(progress, outcome.progress)
        if isinstance(outcome, Wait):
            return self._waiting(step, outcome)
        return outcome

    def _tell_forgiven(self, step: Step, progress: Progress, error: RecreationError) -> None:
        self.telemetry.event(
            "put_off",
            step=step.name.value,
            error=type(error).__name__,
            code=error.code,
            reason=error.sentence,
            **_who(progress),
        )

    def _tell_news(self, before: Progress, after: Progress) -> None:
        """Log what a run added to the timeline, for people who follow the recreation."""
        for mark in after.marks[len(before.marks) :]:
            self.telemetry.event(
                "mark",
                what=mark.what,
                resource=mark.resource,
                seconds_after_t0=round(mark.at - after.t0, 1),
                **_data_in(mark, after),
                **_who(after),
            )
        for refusal in after.launched.refusals[-1:]:
            if refusal not in before.launched.refusals:
                self.telemetry.event(
                    "refused", candidate=refusal.candidate, code=refusal.code, **_who(after)
                )

    def _after(self, step: Step, outcome: Done | Note | Moot) -> Progress:
        if isinstance(outcome, Moot):
            self.telemetry.event(
                "moot", step=step.name.value, reason=outcome.reason, **_who(outcome.progress)
            )
            return replace(outcome.progress, moot=outcome.mootness, moot_reason=outcome.reason)
        if isinstance(outcome, Done):
            self.telemetry.event("step_done", step=step.name.value, **_who(outcome.progress))
        return outcome.progress

    def _waiting(self, step: Step, wait: Wait) -> Hold | Parked:
        now = self.clock.now()
        if now > wait.progress.patient_since + self.policy.give_up_after:
            return Parked(wait.progress, Park.GAVE_UP, f"still waiting: {wait.reason}")
        self.telemetry.event(
            "step_waiting",
            step=step.name.value,
            reason=wait.reason,
            seconds=round(wait.until - now, 1),
            **_who(wait.progress),
        )
        return Hold(wait.progress, wait.until, wait.reason, in_hand=wait.in_hand)

    def _may_pass(self, error: RecreationError, progress: Progress, now: float) -> bool:
        """Keys are changed in minutes, and what is parked meanwhile misses its notice."""
        is_in_time = now < progress.patient_since + self.policy.notice
        return is_in_time and isinstance(error, Unauthenticated)

    def _failed(
        self, step: Step, progress: Progress, error: Transient | Permanent, attempt: int
    ) -> Hold | Parked:
        now = self.clock.now()
        if now > progress.patient_since + self.policy.give_up_after:
            return Parked(progress, Park.GAVE_UP, error.sentence, error.code, type(error).__name__)
        until = now + backoff_seconds(progress.recreation_id, attempt)
        if isinstance(error, Throttled):
            until = self._retry_at(progress, error, now)
            if attempt and not error.code:
                # Told once: a crowd waits in line for minutes.
                return Hold(progress, until, error.sentence, failed=True)
        self.telemetry.event(
            "step_failed",
            step=step.name.value,
            error=type(error).__name__,
            code=error.code,
            reason=error.sentence,
            attempt=attempt + 1,
            again_in=round(until - now, 1),
            **_who(progress),
        )
        return Hold(progress, until, error.sentence, failed=True)

    def _retry_at(self, progress: Progress, error: Throttled, now: float) -> float:
        """Wait for the turn, but not beyond the release: then it may not have one any more."""
        deadline = progress.t0 + self.policy.notice
        until = min(error.retry_at, deadline) if now < deadline else error.retry_at
        return max(until, now + THROTTLED_PAUSE_SECONDS_MIN)


def backoff_seconds(recreation: str, attempt: int) -> float:
    """Return the pause after a failed call: doubling, bounded, spread by the recreation's id.

    The spread keeps recreations apart without a random number, so that a run can be repeated.
    """
    ceiling = min(BACKOFF_FIRST_SECONDS * 2.0 ** min(attempt, 16), BACKOFF_MAX_SECONDS)
    seed = hashlib.sha256(f"{recreation}/{attempt}".encode()).digest()[0] / 255
    return ceiling * (0.5 + 0.5 * seed)


def _must_be_written(step: Step, progress: Progress, sent: Progress | None) -> bool:
    """Rule: what a changing call depends on stands in a sent message before the call."""
    needed = step.reads(progress)
    if not needed:
        return False
    return sent is None or needed != step.reads(sent)


def _forgiven(
    step: Step, progress: Progress, error: Transient | Permanent, now: float
) -> Outcome | None:
    """Ask the step whether it can go on with something else, or without what was refused."""
    if isinstance(error, Parking) or not isinstance(step, Forgiving):
        return None
    return step.forgive(progress, error, now)


def _parked(progress: Progress, error: RecreationError) -> Parked:
    if isinstance(error, Parking):
        return Parked(
            error.progress or progress, error.park, error.sentence, error.code, Permanent.__name__
        )
    return Parked(progress, Park.REFUSED, error.sentence, error.code, Permanent.__name__)


def _data_in(mark: Mark, progress: Progress) -> dict[str, float]:
    """Tell of a usable image until when it has the data, so that nobody promises more."""
    until = boots.held_until(progress) if mark.what == boots.IMAGE_USABLE else None
    return {} if until is None else {"data_seconds_after_t0": round(until - progress.t0, 1)}


def _who(progress: Progress) -> dict[str, object]:
    return {"source": progress.instance_id, "recreation": progress.recreation_id}
