"""A source whose lock is gone: whether there is something to call off."""

from dataclasses import dataclass, replace
from typing import Any

from worker.core.model import Instance
from worker.core.outcomes import Moot, Note, Wait
from worker.core.policy import Policy
from worker.core.progress import Launched, Mootness, Progress
from worker.steps.launch.source_back import SourceBack

T0 = 1_800_000_000.0
LATE = T0 + Policy().false_alarm_after
SOURCE, TWINS = "i-bp1source0001", "i-bp1twins00001"
PROGRESS = Progress("1234567890123456", "cn-hangzhou", SOURCE, T0, T0)
MISSED_ONCE = replace(PROGRESS, launched=Launched(image_usable_at=T0 + 60.0, unlocked_looks=1))


@dataclass
class Siblings:
    """What else was launched for this notice."""

    found: tuple[Instance, ...] = ()

    def rivals(self, progress: Progress) -> tuple[Instance, ...]:  # noqa: ARG002
        return self.found


def back(siblings: Any) -> SourceBack:
    return SourceBack(siblings, Policy())


def test_it_is_called_off_late_and_after_two_looks() -> None:
    """A single one may be behind, and a lock may come and go."""
    soon = back(Siblings()).unlocked(MISSED_ONCE, LATE - 1.0)
    once = back(Siblings()).unlocked(PROGRESS, LATE)
    twice = back(Siblings()).unlocked(MISSED_ONCE, LATE)

    assert isinstance(soon, Wait)
    assert isinstance(once, Wait)
    assert isinstance(twice, Moot)
    assert twice.mootness is Mootness.FALSE_ALARM


def test_what_a_twin_has_launched_is_not_called_off() -> None:
    """It runs beside the source, and somebody has to be told of two."""
    twins = Instance(TWINS, "Running", "ecs.g7.large", "z-a")

    outcome = back(Siblings((twins,))).unlocked(MISSED_ONCE, LATE)

    assert isinstance(outcome, Note)
    assert outcome.progress.launched.instance_id == TWINS
