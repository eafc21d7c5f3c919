"""What the step makes of a call that fails: repeated within the bound, or named; it never parks."""

import pytest

from worker.core.errors import Permanent, Throttled, UnknownOutcome
from worker.core.model import CommandAnswer, CommandResult, Script
from worker.core.outcomes import Done, Wait
from worker.core.policy import Policy
from worker.core.progress import Progress, Quiesced
from worker.steps.quiesce import Quiesce

T0, NOW = 1_000.0, 1_003.0


class NoCommands:
    """A port that must not be called."""

    def run(self, instance_id: str, script: Script, *, token: str, within: float) -> CommandAnswer:
        raise AssertionError(instance_id, script, token, within)

    def result(self, run: str, instance_id: str, *, within: float) -> CommandResult | None:
        raise AssertionError(run, instance_id, within)


STEP = Quiesce(NoCommands(), Policy(quiesce=Script("sync", seconds=10.0)))
BEGUN = Progress(
    "1234567890123456", "cn-hangzhou", "i-bp1source0001", T0, T0, quiesced=Quiesced(NOW)
)


def test_call_refused_for_good_is_named() -> None:
    """The image is begun all the same."""
    outcome = STEP.forgive(BEGUN, Permanent("refused", code="Forbidden.RAM"), NOW)

    assert isinstance(outcome, Done)
    assert STEP.is_done(outcome.progress)
    assert [one.why for one in outcome.progress.remarks] == ["Forbidden.RAM"]


@pytest.mark.parametrize(
    ("error", "until"),
    [
        (UnknownOutcome("lost"), NOW + 1.0),
        (Throttled("rate", retry_at=NOW + 4.0), NOW + 4.0),
        (Throttled("rate", retry_at=NOW + 40.0), NOW + 10.0),
    ],
)
def test_call_without_an_answer_is_repeated_within_the_bound(
    error: UnknownOutcome | Throttled, until: float
) -> None:
    """Never later than the image may wait."""
    outcome = STEP.forgive(BEGUN, error, NOW)

    assert isinstance(outcome, Wait)
    assert outcome.until == until
