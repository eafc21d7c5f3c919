"""Discard: takes dead letters out of their queue that nobody needs any more, and no other.

What a dead letter asks for must be shown by the cloud to be done. Everything else stays, for it is
the only thing that still knows of its recreation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from worker import ports
from worker.core.dead_letters import DeadLetter, Filter
from worker.core.errors import RecreationError
from worker.core.messages import Nothing, Split, Unreadable, Work
from worker.ops.settled import Settled
from worker.ops.shelves import Leased, Visit


class Verdict(str, Enum):
    """What becomes of a dead letter; the value is the key of its text."""

    SETTLED = "settled"
    OPEN = "open"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Discarded:
    """A dead letter, and why it goes or stays."""

    letter: DeadLetter
    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Discard:
    """One going through the shelves."""

    settled: Settled
    clock: ports.Clock

    def run(self, visit: Visit, wanted: Filter, *, dry_run: bool) -> Iterator[Discarded]:
        """Take out what is settled of what is wanted; yields each as it is done.

        Raises:
            RecreationError: A dead-letter queue cannot be received from.
        """
        for one in visit.letters():
            if wanted.takes(one.letter, self.clock.now()):
                yield self._judged(one, visit, dry_run=dry_run)

    def _judged(self, one: Leased, visit: Visit, *, dry_run: bool) -> Discarded:
        try:
            verdict, why = self._verdict(one.letter)
            if verdict is Verdict.SETTLED and not dry_run and not visit.take_out(one):
                return Discarded(
                    one.letter, Verdict.UNANSWERED, "its lease ended before it was deleted"
                )
        except RecreationError as error:
            return Discarded(one.letter, Verdict.UNANSWERED, error.sentence)
        return Discarded(one.letter, verdict, why)

    def _verdict(self, letter: DeadLetter) -> tuple[Verdict, str]:
        match letter.reading:
            case Nothing(reason):
                return Verdict.SETTLED, reason
            case Unreadable(_, sentence):
                return Verdict.OPEN, sentence
            case Split():
                return Verdict.OPEN, "it tells of several sources: replay it as it is"
            case Work(progress):
                ended = self.settled(progress)
                if ended is None:
                    return Verdict.OPEN, "its recreation is not shown to be finished"
                return Verdict.SETTLED, ended
