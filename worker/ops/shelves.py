"""Dead-letter queues as a person goes through them: received, looked at, and given back.

A queue shows what is in it only by handing it out, so whoever looks leases. What is not taken out is
given back at the end; where that is not possible, it comes back by itself when its lease ends.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from worker import ports
from worker.core.dead_letters import DeadLetter, read_dead_letter
from worker.core.errors import Permanent, RecreationError
from worker.core.messages import Home
from worker.ops.patience import Patience

# Source: SMQ BatchReceiveMessage, numOfMessages.
BATCH_MAX = 16
# A queue of many servers may answer a poll that waits for nothing without asking all of them.
WAIT_SECONDS = 1.0
# Source: SMQ ChangeMessageVisibility: 0 is refused.
GIVE_BACK_SECONDS = 1.0
# Share of a lease after which it is not relied on without asking: what is sent takes its time, too.
SURE_SHARE = 0.5
NO_QUEUE = "QueueNotExist"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One dead-letter queue.

    Attributes:
        is_delivery: Whether EventBridge puts its undelivered events there.
    """

    name: str
    queue: ports.Queue
    is_delivery: bool = False


@dataclass(frozen=True, slots=True)
class Leased:
    """A dead letter that is leased at the moment.

    Attributes:
        asked_at: When it was asked for: it is leased from then on at the earliest, epoch seconds.
    """

    shelf: Shelf
    letter: DeadLetter
    delivery: ports.Delivery
    asked_at: float = 0.0


@dataclass(slots=True)
class Visit:
    """One going through the shelves.

    Attributes:
        leased: What is neither taken out nor given back yet, by message id.
        missing: Names of queues that do not exist.
    """

    shelves: Sequence[Shelf]
    home: Home
    keys: Sequence[bytes]
    clock: ports.Clock
    patience: Patience
    leased: dict[str, Leased] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _owed: set[str] = field(default_factory=set)

    def letters(
        self, batch: int = BATCH_MAX, *, await_turn: Callable[[], None] = lambda: None
    ) -> Iterator[Leased]:
        """Receive everything once, in batches of up to `batch`; what comes again is passed over.

        Args:
            batch: How many to lease at a time.
            await_turn: Called before each batch: nothing is leased while it waits.

        Raises:
            RecreationError: A queue cannot be received from.
        """
        for shelf in self.shelves:
            yield from self._letters_of(shelf, min(max(batch, 1), BATCH_MAX), await_turn)

    def hold(self, one: Leased, lease: float) -> bool:
        """Have a leased message for as long again where its lease may not last; False when it is over.

        Args:
            one: What was received.
            lease: For how long a received message is leased, seconds.

        Raises:
            RecreationError: The queue does not tell.
        """
        now = self.clock.now()
        if now < one.asked_at + lease * SURE_SHARE:
            return True
        try:
            renewed = self.patience.insist(
                lambda: one.shelf.queue.renew(one.delivery.handle, lease)
            )
        except ports.LeaseLost:
            self.leased.pop(one.letter.message_id, None)
            return False
        delivery = replace(one.delivery, handle=renewed.handle)
        self.leased[one.letter.message_id] = replace(one, delivery=delivery, asked_at=now)
        return True

    def take_out(self, one: Leased) -> bool:
        """Delete a leased message; one whose lease is over is deleted when it comes again.

        Raises:
            RecreationError: The queue does not do it.
        """
        handle = self.leased.pop(one.letter.message_id, one).delivery.handle
        self._owed.add(one.letter.message_id)
        try:
            self.patience.insist(lambda: one.shelf.queue.delete(handle))
        except ports.LeaseLost:
            return False
        return True

    def give_back(self) -> int:
        """Let everything be seen again at once; returns how many could not be given back."""
        late = 0
        while self.leased:
            _, one = self.leased.popitem()
            try:
                one.shelf.queue.renew(one.delivery.handle, GIVE_BACK_SECONDS)
            except (ports.LeaseLost, RecreationError):
                late += 1
        return late

    def _letters_of(
        self, shelf: Shelf, batch: int, await_turn: Callable[[], None]
    ) -> Iterator[Leased]:
        again = 0
        mine = 0
        while True:
            await_turn()
            asked = self.clock.now()
            deliveries = self._received(shelf, batch)
            if not deliveries:
                return
            fresh = tuple(self._fresh(shelf, deliveries, asked))
            mine += len(fresh)
            # When everything that was passed over has come again, there is nothing else.
            again = 0 if fresh else again + len(deliveries)
            yield from fresh
            if again > mine:
                return

    def _received(self, shelf: Shelf, batch: int) -> Sequence[ports.Delivery]:
        receive = partial(shelf.queue.receive, count=batch, wait=WAIT_SECONDS)
        try:
            return self.patience.insist(receive)
        except Permanent as error:
            if error.code != NO_QUEUE:
                raise
        self.missing.append(shelf.name)
        return ()

    def _fresh(
        self, shelf: Shelf, deliveries: Sequence[ports.Delivery], asked: float
    ) -> Iterator[Leased]:
        for delivery in deliveries:
            one = Leased(shelf, self._read(shelf, delivery), delivery, asked)
            if delivery.message_id in self._owed:
                self.take_out(one)
                continue
            self.leased[delivery.message_id] = one
            if delivery.message_id not in self._seen:
                self._seen.add(delivery.message_id)
                yield one

    def _read(self, shelf: Shelf, delivery: ports.Delivery) -> DeadLetter:
        return read_dead_letter(
            delivery.message_id,
            delivery.body,
            delivery.attributes,
            queue=shelf.name,
            is_delivery=shelf.is_delivery,
            enqueued_at=delivery.enqueued_at,
            received=delivery.dequeue_count,
            now=self.clock.now(),
            home=self.home,
            keys=self.keys,
        )
