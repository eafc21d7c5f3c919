"""Let the source put its data in order before its image is begun: bounded, and never in the way."""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import identity
from worker.core.errors import Permanent, Throttled, Transient
from worker.core.model import Accepted, Script
from worker.core.outcomes import Done, Note, Outcome, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Progress, Quiesced
from worker.ports import Commands
from worker.steps.base import NOTHING

POLL_SECONDS = 1.0
# What is begun later would take the time that the image needs.
LATEST_SECONDS = 120.0
WHAT = "quiescing the source"


@dataclass(frozen=True, slots=True)
class Quiesce:
    """Run the configured command inside the source, and go on when it ends or its time is over.

    A source in economical mode is imaged when it is stopped, so that it needs none.
    """

    name: ClassVar[StepName] = StepName.QUIESCE

    commands: Commands
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        if self.policy.quiesce is None or progress.economical is not None:
            return True
        if progress.imaged is not None or progress.snapshots is not None:
            return True
        return progress.quiesced is not None and progress.quiesced.ended

    def reads(self, progress: Progress) -> tuple[object, ...]:  # noqa: ARG002
        """Nothing: the source and the configuration name the command and its token."""
        return NOTHING

    def run(self, progress: Progress, now: float) -> Outcome:
        """Begin the bound, then ask for the command, then look for its end."""
        script, quiesced = self.policy.quiesce, progress.quiesced
        if script is None:
            raise AssertionError("without a command there is nothing to run")
        if quiesced is None:
            begun = replace(progress, quiesced=Quiesced(since=now))
            if now > progress.t0 + LATEST_SECONDS:
                return Done(_ended(begun, "the event came too late for it"))
            return Note(begun)
        left = quiesced.since + script.seconds - now
        if left <= 0:
            return Done(_ended(progress, "it did not end in time"))
        if not quiesced.run:
            return self._ask(progress, quiesced, script, now)
        result = self.commands.result(quiesced.run, progress.instance_id, within=left)
        if result is None or not result.is_over:
            return self._later(progress, now)
        if result.why:
            return Done(_ended(progress, result.why))
        return Done(_ended(progress, "").marked("source quiesced", now, quiesced.run))

    def forgive(
        self, progress: Progress, error: Transient | Permanent, now: float
    ) -> Outcome | None:
        """A call that fails is repeated within the bound; a refusal is named. Neither parks."""
        if progress.quiesced is None:
            return None
        if isinstance(error, Permanent):
            return Done(_ended(progress, error.code or "refused"))
        return self._later(progress, now, error.retry_at if isinstance(error, Throttled) else 0.0)

    def _ask(self, progress: Progress, quiesced: Quiesced, script: Script, now: float) -> Outcome:
        answer = self.commands.run(
            progress.instance_id,
            script,
            token=_token(progress, script),
            within=quiesced.since + script.seconds - now,
        )
        if not isinstance(answer, Accepted):
            return Done(_ended(progress, answer.code))
        asked = replace(progress, quiesced=replace(quiesced, run=answer.resource_id))
        return self._later(asked.marked("source asked to quiesce", now), now)

    def _later(self, progress: Progress, now: float, earliest: float = 0.0) -> Wait:
        script, quiesced = self.policy.quiesce, progress.quiesced
        latest = now if script is None or quiesced is None else quiesced.since + script.seconds
        until = min(max(now + POLL_SECONDS, earliest), latest)
        return Wait(progress, until, "the source puts its data in order")


def _token(progress: Progress, script: Script) -> str:
    """Stand for one script, so that a worker with another configuration asks for its own."""
    fingerprint = identity.digest((script.kind, script.text, str(script.seconds)))
    return identity.client_token(progress.recreation_id, StepName.QUIESCE.value, fingerprint)


def _ended(progress: Progress, why: str) -> Progress:
    quiesced = progress.quiesced
    if quiesced is None:
        raise AssertionError("it ends after it has begun")
    over = replace(progress, quiesced=replace(quiesced, ended=True))
    return over.remarked(WHAT, why) if why else over
