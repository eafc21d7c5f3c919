"""What a step is: one effect of a recreation that looks, acts and reports.

Contract, checked for every step in `STEPS`:

1. Running it again, at any moment, from any progress that reached it, leaves the cloud as one run
   would.
2. It neither sleeps, nor loops over time, nor catches: it answers Wait and is run again.
3. It makes at most one changing call in one run, under a derived token.
4. What that call's parameters depend on is named by `reads`; the engine has it written to a sent
   message before the step runs.
"""

from typing import ClassVar, Protocol, runtime_checkable

from worker.core.errors import Permanent, Transient
from worker.core.outcomes import Outcome, Park, StepName
from worker.core.progress import Progress

NOTHING: tuple[object, ...] = ()


class Step(Protocol):
    """One effect of a recreation."""

    name: ClassVar[StepName]

    def is_done(self, progress: Progress) -> bool:
        """Tell from the progress alone whether the effect is complete."""
        ...

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """Return what the parameters of the step's changing call depend on."""
        ...

    def run(self, progress: Progress, now: float) -> Outcome:
        """Look, make at most one changing call, report."""
        ...


@runtime_checkable
class Forgiving(Protocol):
    """A step of several things, of which one that fails must not stop the others."""

    def forgive(
        self, progress: Progress, error: Transient | Permanent, now: float
    ) -> Outcome | None:
        """Put off or do without what the run at `now` wanted; None when that is needed."""
        ...


class Parking(Permanent):
    """A recreation that cannot go on, with the reason that a person will see.

    Args:
        park: The reason as a word.
        sentence: The reason as a sentence.
        code: Provider code.
        progress: What a replay begins with; None for the progress that the step was given.
    """

    def __init__(
        self, park: Park, sentence: str, *, code: str = "", progress: Progress | None = None
    ) -> None:
        super().__init__(sentence, code=code)
        self.park = park
        self.progress = progress
