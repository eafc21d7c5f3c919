"""A source that is described in part only is no better than one that is gone."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from worker.core.capture import Capture
from worker.core.model import Disk, Instance, Look
from worker.core.outcomes import Note, Outcome, Wait
from worker.core.policy import Policy
from worker.core.progress import Captured, Progress
from worker.steps.spec import SECOND_LOOK_SECONDS, Specify

SOURCE = "i-bp1source0001"
NOW = 1_050.0
SYSTEM = Disk("d-1", "system", "cloud_essd", 40)
WHOLE = Instance(SOURCE, "Running", "ecs.g7.large", "z", spot_strategy="SpotAsPriceGo")
PROGRESS = Progress("1234567890123456", "cn-hangzhou", SOURCE, 1_000.0, 1_000.0)
RECORDED = Capture(
    "1234567890123456", "cn-hangzhou", "2026-11-01T00:00:00Z", Captured(WHOLE, (SYSTEM,), "app")
)


@dataclass
class Cloud:
    """What is asked for a capture, and nothing else."""

    shown: Look
    recorded: Capture | None = RECORDED

    def look(self, instance_id: str) -> Look:  # noqa: ARG002
        return self.shown

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:  # noqa: ARG002
        return ()

    def find(self, instance_id: str) -> Capture | None:  # noqa: ARG002
        return self.recorded


def capture(cloud: Cloud, progress: Progress, now: float, policy: Policy | None = None) -> Outcome:
    ports: Any = cloud
    step = Specify(ports, ports, ports, ports, ports, ports, ports, ports, policy or Policy())
    return step.run(progress, now)


@pytest.mark.parametrize(
    "shown",
    [
        Look(WHOLE),
        Look(WHOLE, (replace(SYSTEM, kind="data"),)),
        Look(replace(WHOLE, instance_type=""), (SYSTEM,)),
        Look(replace(WHOLE, zone=""), (SYSTEM,)),
    ],
)
def test_what_is_described_in_part_is_looked_at_again_and_then_taken_from_the_file(
    shown: Look,
) -> None:
    """A clone of half a source would be launched and taken for whole."""
    first = capture(Cloud(shown), PROGRESS, NOW)
    later = capture(Cloud(shown), first.progress, NOW + SECOND_LOOK_SECONDS)

    assert isinstance(first, Wait)
    assert first.until < NOW + SECOND_LOOK_SECONDS
    assert isinstance(later, Note)
    assert later.progress.captured == RECORDED.captured
    assert [one.what for one in later.progress.remarks] == ["the configuration of the source"]


def test_recorded_source_that_is_not_ours_is_not_used() -> None:
    """Ownership is judged as on a living one."""
    policy = Policy(owner="mine")
    theirs = replace(WHOLE, tags={"spot-recreation:owner": "theirs"})
    recorded = replace(RECORDED, captured=replace(RECORDED.captured, instance=theirs))
    missed = replace(PROGRESS, absent_at=NOW)

    outcome = capture(Cloud(Look(None), recorded), missed, NOW + SECOND_LOOK_SECONDS, policy)

    assert isinstance(outcome, Wait)
    assert outcome.progress.captured is None
