"""How often a lineage may be recreated by itself."""

from dataclasses import dataclass, replace

from worker.core import identity, launching
from worker.core.outcomes import Note, Outcome, Park
from worker.core.policy import Policy
from worker.core.progress import Progress
from worker.ports import Images
from worker.steps.base import Parking
from worker.steps.launch.siblings import Siblings

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Lineage:
    """The generations before this one, counted once."""

    images: Images
    siblings: Siblings
    policy: Policy

    def count(self, progress: Progress) -> Outcome:
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
        if self.siblings.rivals(progress):
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
        if replayed.beside and not self.siblings.rivals(replayed):
            why = f"it was marked as one too many beside {replayed.beside}, which is gone"
            raise Parking(Park.ONE_TOO_MANY, why, progress=replayed)

    def _is_of_the_last_day(self, generation: str, t0: float) -> bool:
        """Counted from the notice, so that twins and later looks count alike."""
        images = self.images.of_generation(generation)
        return any(launching.is_recreation_since(one, t0 - DAY_SECONDS) for one in images)
