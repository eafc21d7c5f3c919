"""Whether the replacement does the source's work: tried now and then, and never waited for."""

from dataclasses import dataclass, replace

from worker.core import handing, identity
from worker.core.errors import Permanent, Throttled, Transient
from worker.core.model import Accepted, Address, Script
from worker.core.outcomes import Note, Outcome, Park, StepName, Wait
from worker.core.policy import HealthCheck, Policy
from worker.core.progress import Health, Progress
from worker.ports import Commands, Probes, Sources
from worker.steps.base import Parking

RUN_POLL_SECONDS = 1.0
# The cloud takes some time to hand a command over and to learn of its end.
RUN_SECONDS_SPARE = 10.0
WHAT = "the health check of the replacement"


@dataclass(frozen=True, slots=True)
class Check:
    """One try per run; what never passes holds the handover or is named, by configuration."""

    probes: Probes
    commands: Commands
    sources: Sources
    policy: Policy

    def run(self, progress: Progress, now: float) -> Outcome:
        """Try once, or give up when the time for it is over."""
        check, health = self.policy.health, progress.health
        if check is None:
            raise AssertionError("without a check there is nothing to try")
        if health is None:
            return Note(replace(progress, health=Health(since=now)))
        if now < health.not_before:
            return Wait(progress, health.not_before, "the replacement is checked")
        if now > health.since + check.within:
            return self._never_passed(progress, health, check)
        if check.script is not None and check.kind == "command":
            return self._by_command(progress, health, check.script, now)
        why = self._probe(progress, check)
        return self._failed(progress, health, why, now) if why else _passed(progress, health, now)

    def forgive(
        self, progress: Progress, error: Transient | Permanent, now: float
    ) -> Outcome | None:
        """Take a call that fails for a try that has failed."""
        health = progress.health
        if health is None:
            return None
        at = error.retry_at if isinstance(error, Throttled) else 0.0
        if isinstance(error, Transient) and health.run:
            # The command goes on; only the look at it has failed.
            return Wait(progress, max(now + RUN_POLL_SECONDS, at), "the replacement is checked")
        return self._failed(progress, health, error.code or "no answer", now, at)

    def _probe(self, progress: Progress, check: HealthCheck) -> str:
        address = _address(progress, check)
        if not address:
            return "its address is not known"
        if check.kind == "tcp":
            return self.probes.tcp(address, check.port, within=check.timeout)
        return self.probes.http(address, check.port, check.path, within=check.timeout)

    def _by_command(
        self, progress: Progress, health: Health, script: Script, now: float
    ) -> Outcome:
        replacement = progress.launched.instance_id
        if not health.run:
            token = _token(progress, health)
            answer = self.commands.run(replacement, script, token=token, within=script.seconds)
            if not isinstance(answer, Accepted):
                return self._failed(progress, health, answer.code, now)
            asked = replace(health, run=answer.resource_id, run_since=now)
            running = replace(progress, health=asked)
            return Wait(running, now + RUN_POLL_SECONDS, "the replacement is checked")
        result = self.commands.result(health.run, replacement, within=script.seconds)
        if result is not None and result.is_over:
            if result.why:
                return self._failed(progress, health, result.why, now)
            return _passed(progress, health, now)
        if now > health.run_since + script.seconds + RUN_SECONDS_SPARE:
            return self._failed(progress, health, "no answer", now)
        return Wait(progress, now + RUN_POLL_SECONDS, "the replacement is checked")

    def _failed(
        self, progress: Progress, health: Health, why: str, now: float, at: float = 0.0
    ) -> Wait:
        every = self.policy.health.every if self.policy.health is not None else RUN_POLL_SECONDS
        until = max(now + every, at)
        tried = replace(
            health, tries=health.tries + 1, not_before=until, run="", run_since=0.0, why=why
        )
        return Wait(
            replace(progress, health=tried), until, f"the replacement is not healthy yet: {why}"
        )

    def _never_passed(self, progress: Progress, health: Health, check: HealthCheck) -> Outcome:
        """Hold or proceed; a replacement that is being reclaimed is its own event's business."""
        over = replace(progress, health=replace(health, ended="failed"))
        replacement = self.sources.find(progress.launched.instance_id)
        if replacement is None or replacement.is_recycling:
            return Note(over.remarked(WHAT, "the replacement is gone or being reclaimed"))
        why = health.why or "no answer"
        if check.otherwise == "hold":
            raise Parking(
                Park.UNHEALTHY,
                f"{replacement.instance_id} does not pass its health check: {why}",
                # A replay begins the check again.
                progress=replace(progress, health=None),
            )
        return Note(over.remarked(WHAT, f"it never passed: {why}"))


def _passed(progress: Progress, health: Health, now: float) -> Note:
    over = replace(progress, health=replace(health, ended="passed", why="", run=""))
    return Note(over.marked("replacement healthy", now, progress.launched.instance_id))


def _address(progress: Progress, check: HealthCheck) -> str:
    """Choose the address to ask: the elastic one only when it has arrived."""
    if check.address == "elastic":
        for one in handing.handed_over(progress):
            if isinstance(one.what, Address):
                return one.what.ip
    return progress.launched.private_ip


def _token(progress: Progress, health: Health) -> str:
    """Stand for one try; one that is repeated after a crash finds its own run again."""
    variant = ("health", progress.launched.instance_id, str(health.since), str(health.tries))
    return identity.client_token(progress.recreation_id, StepName.HANDOVER.value, *variant)
