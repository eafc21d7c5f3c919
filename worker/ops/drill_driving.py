"""Drives a step to its end in the operator's process, as consumer and engine do in the worker."""

from collections.abc import Callable
from functools import partial

from worker.core.errors import Permanent, Transient
from worker.core.outcomes import Moot, Outcome, Wait
from worker.core.progress import Mark, Progress
from worker.ops.patience import Patience
from worker.steps.base import Forgiving, Step

Told = Callable[[Mark], None]


def drive(step: Step, progress: Progress, patience: Patience, tell: Told) -> Progress:
    """Run one step until it is done, telling each mark as it is made, and wait here.

    Raises:
        RecreationError: The step ended where the worker would have parked the message.
    """
    while not step.is_done(progress):
        before = progress
        outcome = _run(step, before, patience)
        progress = outcome.progress
        for mark in progress.marks[len(before.marks) :]:
            tell(mark)
        if progress.boot is not None:
            raise Permanent(f"the drill's image cannot be had: {progress.boot.why}")
        if isinstance(outcome, Moot):
            raise Permanent(f"the drill ended at {step.name.value}: {outcome.reason}")
        if isinstance(outcome, Wait):
            patience.until(outcome.until)
    return progress


def _run(step: Step, progress: Progress, patience: Patience) -> Outcome:
    now = patience.clock.now
    try:
        return patience.insist(partial(_once, step, progress, now))
    except (Transient, Permanent) as error:
        done_without = step.forgive(progress, error, now()) if isinstance(step, Forgiving) else None
        if done_without is None:
            raise
        return done_without


def _once(step: Step, progress: Progress, now: Callable[[], float]) -> Outcome:
    return step.run(progress, now())
