"""Keeps dead letters from expiring: each is sent again, as it is, long before its retention ends.

Body and attributes stay to the letter, so that a signature stays good and a forged one stays bad.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from worker import ports
from worker.core.errors import RecreationError
from worker.ops.patience import Patience
from worker.ops.shelves import Leased, Visit

# Retention runs on through the queue's own move, and whether the time of arrival does is not
# documented: half of it leaves room for what a message has lived elsewhere. Source: SMQ
# "Dead-letter queue".
RENEW_AT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one dead letter; `failed` is the reason why it was not sent again."""

    one: Leased
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """One going through the shelves.

    Attributes:
        retention: For how long the queues keep a message, seconds.
    """

    clock: ports.Clock
    patience: Patience
    retention: float

    def run(self, visit: Visit, *, dry_run: bool) -> Iterator[Kept]:
        """Send again what is half way to its end; yields each as it is done.

        Raises:
            RecreationError: A dead-letter queue cannot be received from.
        """
        for one in visit.letters():
            if self.clock.now() - one.letter.enqueued_at < self.retention * RENEW_AT_SHARE:
                continue
            yield Kept(one) if dry_run else self._send(one, visit)

    def _send(self, one: Leased, visit: Visit) -> Kept:
        letter = one.letter
        try:
            self.patience.insist(lambda: one.shelf.queue.send(letter.body, letter.attributes))
            visit.take_out(one)
        except RecreationError as error:
            return Kept(one, error.sentence)
        return Kept(one)
