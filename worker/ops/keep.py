"""Keeps dead letters from expiring: each is sent again, as it is, long before its retention ends.

Body and attributes stay to the letter, so that a signature stays good and a forged one stays bad. A
sending whose answer was lost, or that was interrupted, leaves a dead letter there twice; to the
letter the same, one of them is enough.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from worker import ports
from worker.core.errors import RecreationError
from worker.ops.patience import Patience
from worker.ops.shelves import Leased, Visit

# Retention runs on through the queue's own move, and whether the time of arrival does is not
# documented: half of it leaves room for what a message has lived elsewhere. Source: SMQ
# "Dead-letter queue".
RENEW_AT_SHARE = 0.5

Text = tuple[str, str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of one dead letter.

    Attributes:
        is_double: It was there twice, and this one is taken out.
        failed: The reason why it was not sent again, or not taken out.
    """

    one: Leased
    is_double: bool = False
    failed: str = ""


@dataclass(slots=True)
class Keep:
    """One going through the shelves.

    Attributes:
        retention: For how long the queues keep a message, seconds.
    """

    clock: ports.Clock
    patience: Patience
    retention: float
    _young: dict[Text, Leased] = field(default_factory=dict)
    _sent: set[Text] = field(default_factory=set)

    def run(self, visit: Visit, *, dry_run: bool) -> Iterator[Kept]:
        """Send again what is half way to its end; yields each as it is done.

        Raises:
            RecreationError: A dead-letter queue cannot be received from.
        """
        for one in visit.letters():
            try:
                kept = self._old(one, visit, dry_run) if self._is_due(one) else None
                kept = kept or self._double(one, visit, dry_run)
            except RecreationError as error:
                kept = Kept(one, failed=error.sentence)
            if kept is not None:
                yield kept

    def _is_due(self, one: Leased) -> bool:
        return self.clock.now() - one.letter.enqueued_at >= self.retention * RENEW_AT_SHARE

    def _old(self, one: Leased, visit: Visit, dry_run: bool) -> Kept | None:  # noqa: FBT001
        """Send it again, once; what is there already is a double."""
        text = _text(one)
        if text in self._young:
            return None
        is_double = text in self._sent
        if not dry_run:
            if not is_double:
                letter = one.letter
                self.patience.insist(lambda: one.shelf.queue.send(letter.body, letter.attributes))
            visit.take_out(one)
        self._sent.add(text)
        return Kept(one, is_double)

    def _double(self, one: Leased, visit: Visit, dry_run: bool) -> Kept | None:  # noqa: FBT001
        """Take the older of two out: whoever looks takes the same one, so that the other stays."""
        other = self._young.get(_text(one), one)
        older, self._young[_text(one)] = sorted((other, one), key=_age)
        if other is one:
            return None
        if not dry_run:
            visit.take_out(older)
        return Kept(older, is_double=True)


def _age(one: Leased) -> tuple[float, str]:
    return one.letter.enqueued_at, one.letter.message_id


def _text(one: Leased) -> Text:
    return one.shelf.name, one.letter.body, frozenset(one.letter.attributes.items())
