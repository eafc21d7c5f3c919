"""Gives a canary back what a drill with handover has taken: it runs, and others know it again.

What was taken is read from the tags of the drill's image, so that it works after any interruption.
The worker's own handover does it, with replacement and canary in each other's place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.core import borrowing
from worker.core.errors import Permanent
from worker.core.leftovers import Kind, Leftover
from worker.core.model import Accepted, Instance, Interface
from worker.core.policy import Policy
from worker.core.progress import Belongings, Mark, Progress
from worker.ops.drill_driving import Told, drive
from worker.ops.patience import Patience
from worker.steps import CloudPorts
from worker.steps.handover import HandOver

LOOK_AGAIN_SECONDS = 3.0
# Far longer than an instance takes to start or to stop.
CHANGES_SECONDS_MAX = 900.0
REFUSED_SECONDS_MAX = 150.0


@dataclass(frozen=True, slots=True)
class Return:
    """Takes drills with handover back."""

    cloud: CloudPorts
    policy: Policy
    patience: Patience
    account: str
    region: str

    def run(
        self, instance_id: str, image: Leftover, made: Sequence[Leftover], tell: Told
    ) -> tuple[str, ...]:
        """Start the canary and let everything come back; returns what did not, with the reason.

        It starts before the replacement stops, for a start can be refused: then the replacement
        goes on.

        Raises:
            RecreationError: The canary does not start, or the cloud does not answer.
        """
        self._settle(instance_id, "Running")
        known = borrowing.borrowed(image.tags)
        holders = tuple(self._stopped(made)) or (borrowing.NOBODY,)
        lefts = [self._back(instance_id, image, known, holder, tell) for holder in holders]
        # One that had nothing of it could give nothing back.
        left = tuple(one for one in lefts[0] if all(one in each for each in lefts[1:]))
        if not left:
            tell(Mark("everything given back", self.patience.clock.now(), instance_id))
        return left

    def _stopped(self, made: Sequence[Leftover]) -> Iterator[str]:
        for one in made:
            if one.kind is Kind.INSTANCE and self._find(one.resource_id) is not None:
                self._settle(one.resource_id, "Stopped")
                yield one.resource_id

    def _back(
        self,
        instance_id: str,
        image: Leftover,
        known: Belongings,
        holder: str,
        tell: Told,
    ) -> tuple[str, ...]:
        now = self.patience.clock.now()
        drilled = Progress(
            account=self.account,
            region=self.region,
            instance_id=instance_id,
            t0=now,
            received_at=now,
            incarnation=image.resource_id,
            owner=self.policy.owner,
            seen=True,
        )
        progress = borrowing.returning(known, drilled, self._primary(holder), holder, now)
        done = drive(self._handover, progress, self.patience, tell)
        return tuple(f"{one.what}: {one.why}" for one in done.remarks)

    def _primary(self, holder: str) -> Interface | None:
        if holder == borrowing.NOBODY:
            return None
        found = self.patience.insist(lambda: self.cloud.interfaces.of_instance(holder))
        return next((one for one in found if one.is_primary), None)

    @property
    def _handover(self) -> HandOver:
        cloud = self.cloud
        return HandOver(
            cloud.sources,
            cloud.instances,
            cloud.addresses,
            cloud.balancers,
            cloud.interfaces,
            cloud.disk_moves,
            cloud.tagging,
            cloud.probes,
            cloud.commands,
            self.policy,
        )

    def _settle(self, instance_id: str, wanted: str) -> None:
        """Bring an instance into a state, whatever state it is on its way to."""
        begun = self.patience.clock.now()
        while True:
            found = self._find(instance_id)
            if found is None:
                raise Permanent(f"instance {instance_id} is gone")
            if found.status == wanted:
                return
            refused = self._ask(found, wanted)
            now = self.patience.clock.now()
            # A repeated call is refused while the first one takes effect or does not show yet.
            if now > begun + (REFUSED_SECONDS_MAX if refused else CHANGES_SECONDS_MAX):
                why = refused or f"it is {found.status}"
                raise Permanent(f"{instance_id} does not become {wanted}: {why}")
            self.patience.until(now + LOOK_AGAIN_SECONDS)

    def _ask(self, found: Instance, wanted: str) -> str:
        """Ask where that can be asked for; returns the code of a refusal."""
        instances, instance_id = self.cloud.instances, found.instance_id
        answer: object = Accepted()
        if (found.status, wanted) == ("Stopped", "Running"):
            answer = self.patience.insist(lambda: instances.start(instance_id))
        elif (found.status, wanted) == ("Running", "Stopped"):
            answer = self.patience.insist(lambda: instances.stop(instance_id))
        return "" if isinstance(answer, Accepted) else str(getattr(answer, "code", "gone"))

    def _find(self, instance_id: str) -> Instance | None:
        return self.patience.insist(lambda: self.cloud.sources.find(instance_id))
