"""Replay: parked messages go back to the queue, sent before they are deleted, at a set rate.

It may be interrupted at any moment and repeated. What was sent and not deleted is sent again then,
and the second copy does nothing: both ask for one and the same replacement.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from worker import ports
from worker.core import identity
from worker.core.capture import read_capture
from worker.core.dead_letters import DeadLetter, Filter
from worker.core.errors import Malformed, RecreationError
from worker.core.leftovers import Kind, Leftover
from worker.core.messages import Nothing, Split, Unreadable, Work, write_attributes
from worker.core.model import Candidate, VSwitch
from worker.core.progress import Progress
from worker.core.replaying import Edits, NoSubnet, incarnation_of, resumed, with_capture
from worker.operator_ports import Captures, Price, Prices
from worker.ops.patience import Patience
from worker.ops.settled import Settled
from worker.ops.shelves import BATCH_MAX, Leased, Visit
from worker.steps.base import Step

MINUTE = 60.0
# So many messages are leased at a time that they are sent within this share of the lease.
LEASE_SHARE = 0.25
DONE = "done"
OVER = "its lease ended before it was sent"
_NO_EDITS = Edits()


class Fate(str, Enum):
    """What becomes of a dead letter; the value is the key of its text."""

    SENT = "sent"
    FINISHED = "finished"
    NOTHING = "nothing"
    KEPT = "kept"
    UNANSWERED = "unanswered"

    @property
    def is_taken_out(self) -> bool:
        """Whether the dead letter leaves its queue."""
        return self in {Fate.SENT, Fate.FINISHED, Fate.NOTHING}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a replay of one dead letter would do.

    Attributes:
        why: Why it is finished, asks for nothing or is kept; of what was sent, why it is still there.
        step: The step that goes on.
        first: The candidate that would be asked for first; None when nothing is to be launched, or
            nobody has listed candidates yet.
        others: How many candidates stand behind it.
        price: Of the first candidate; None when it is not known or nothing is to be launched.
        attributes: To send it with.
        lacks_source: Whether it will only be parked again: its source was gone, and nothing tells
            what it was.
    """

    letter: DeadLetter
    fate: Fate
    why: str = ""
    step: str = ""
    first: Candidate | None = None
    others: int = 0
    price: Price | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    lacks_source: bool = False

    @property
    def is_still_there(self) -> bool:
        """Whether it was sent and could not be taken out: a second copy does nothing."""
        return self.fate is Fate.SENT and bool(self.why)


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast to send.

    Attributes:
        per_minute: Messages a minute.
        lease: For how long a received message is leased, seconds.
    """

    per_minute: float
    lease: float

    @property
    def pause(self) -> float:
        """Seconds from one message to the next."""
        return MINUTE / self.per_minute

    @property
    def batch(self) -> int:
        """How many to lease at a time."""
        return max(1, min(BATCH_MAX, int(self.lease * LEASE_SHARE / self.pause)))


@dataclass(slots=True)
class Replay:
    """The replay of one deployment's dead letters.

    Attributes:
        settled: Tells what needs no replay.
        steps: The recipe, to tell which step would go on.
        keys: Signing keys, newest first; there is one at least.
        captures: Sources as they were before their notice; None when there are none.
    """

    queue: ports.Queue
    settled: Settled
    images: ports.Images
    instances: ports.Instances
    stock: ports.Stock
    prices: Prices
    steps: Sequence[Step]
    clock: ports.Clock
    patience: Patience
    keys: Sequence[bytes]
    edits: Edits = _NO_EDITS
    captures: Captures | None = None
    _priceless: bool = False
    _sent_at: float = 0.0

    def run(
        self, visit: Visit, wanted: Filter, rate: Rate, *, limit: int | None, dry_run: bool
    ) -> Iterator[Plan]:
        """Replay what is wanted one by one; yields what became of each as it does.

        Args:
            visit: The shelves.
            wanted: Which dead letters are meant.
            rate: How fast.
            limit: At most so many; None is no limit.
            dry_run: Only say what would become of each, and what it costs.

        Raises:
            RecreationError: A dead-letter queue cannot be received from.
        """
        count = 0
        batch = rate.batch if limit is None else min(rate.batch, max(limit, 1))
        if limit == 0:
            return
        letters = (
            visit.letters(BATCH_MAX)
            if dry_run
            else visit.letters(batch, await_turn=lambda: self._await_turn(rate))
        )
        for one in letters:
            if not wanted.takes(one.letter, self.clock.now()):
                continue
            yield self._look(one.letter) if dry_run else self._carry_out(one, visit, rate)
            count += 1
            if count == limit:
                return

    def plan(self, letter: DeadLetter) -> Plan:
        """Say what a replay would do.

        Raises:
            RecreationError: The cloud does not tell whether it is finished.
        """
        match letter.reading:
            case Nothing(reason):
                return Plan(letter, Fate.NOTHING, reason)
            case Unreadable(_, sentence):
                return Plan(letter, Fate.KEPT, sentence)
            case Split():
                if self.edits.any:
                    return Plan(
                        letter, Fate.KEPT, "it tells of several sources: replay it as it is"
                    )
                return Plan(letter, Fate.SENT, step=self._step(None))
            case Work(progress, sent):
                return self._plan_work(letter, progress, sent)

    def _plan_work(self, letter: DeadLetter, progress: Progress, sent: Progress | None) -> Plan:
        finished = self.settled(progress)
        if finished is not None:
            return Plan(letter, Fate.FINISHED, finished)
        begun = self._with_capture(progress)
        is_vain = letter.lacks_source and begun is progress
        if sent is None and begun is progress and not self.edits.any:
            return Plan(letter, Fate.SENT, step=self._step(None), lacks_source=is_vain)
        try:
            onward = resumed(
                begun,
                letter.stop,
                self.edits,
                now=self.clock.now(),
                vswitches=self._vswitches(progress),
            )
        except NoSubnet as missing:
            return Plan(letter, Fate.KEPT, f"its VPC has no subnet in {missing}")
        step = self._step(onward)
        attributes = write_attributes(onward, letter.body, step=step, key=self.keys[0])
        left = _left(onward)
        return Plan(
            letter,
            Fate.SENT,
            step=step,
            first=left[0] if left else None,
            others=max(len(left) - 1, 0),
            attributes=attributes,
            lacks_source=is_vain,
        )

    def _with_capture(self, progress: Progress) -> Progress:
        """Take a source that is gone from its capture, where nothing in the message tells of it.

        Raises:
            RecreationError: The capture is not ours, or of another place.
        """
        is_told = progress.captured is not None or progress.specified is not None
        document = self.captures.find(progress.instance_id) if self.captures else None
        if is_told or document is None:
            return progress
        capture = read_capture(document, self.keys)
        source = capture.captured.instance
        here = (progress.account, progress.region, progress.instance_id)
        if (capture.account, capture.region, source.instance_id) != here:
            raise Malformed("its capture is of another instance, account or region")
        if self.patience.insist(lambda: self.instances.find(progress.instance_id)) is not None:
            return progress
        begun = replace(progress, incarnation=incarnation_of(source))
        name = identity.image_name(begun.recreation_id)
        image = self.patience.insist(lambda: self.images.find(name))
        if image is None or image.tags.get(identity.TAG_ID) != begun.recreation_id:
            return progress
        return with_capture(begun, capture.captured, image, self.clock.now())

    def _vswitches(self, progress: Progress) -> tuple[VSwitch, ...]:
        specified = progress.specified
        if specified is None or not self.edits.wishes.zone:
            return ()
        return self.patience.insist(lambda: self.stock.vswitches(specified.source.vpc))

    def _step(self, progress: Progress | None) -> str:
        if progress is None:
            return self.steps[0].name.value
        for step in self.steps:
            is_skipped = progress.moot is not None and step is not self.steps[-1]
            if not is_skipped and not step.is_done(progress):
                return step.name.value
        return DONE

    def _look(self, letter: DeadLetter) -> Plan:
        try:
            plan = self.plan(letter)
        except RecreationError as error:
            return Plan(letter, Fate.UNANSWERED, error.sentence)
        return self._priced(plan)

    def _priced(self, plan: Plan) -> Plan:
        """Ask for the price; without one the plan is as good, but for the money."""
        if plan.first is None or self._priceless:
            return plan
        asked = Leftover(
            Kind.INSTANCE,
            "",
            zone=plan.first.zone,
            instance_type=plan.first.instance_type,
            is_spot=plan.first.spot,
        )
        try:
            return replace(plan, price=self.patience.insist(lambda: self.prices.monthly(asked)))
        except RecreationError:
            self._priceless = True
            return plan

    def _carry_out(self, one: Leased, visit: Visit, rate: Rate) -> Plan:
        try:
            plan = self.plan(one.letter)
            if plan.fate is Fate.SENT:
                self._keep_pace(rate)
                if not visit.hold(one, rate.lease):
                    # Somebody else may have it, and send it.
                    return Plan(one.letter, Fate.UNANSWERED, OVER)
                self.patience.insist(lambda: self.queue.send(one.letter.body, plan.attributes))
                return self._sent(plan, one, visit)
            if plan.fate.is_taken_out:
                visit.take_out(one)
        except RecreationError as error:
            return Plan(one.letter, Fate.UNANSWERED, error.sentence)
        return plan

    def _sent(self, plan: Plan, one: Leased, visit: Visit) -> Plan:
        """Take out what was sent; where that fails, it goes on all the same."""
        try:
            visit.take_out(one)
        except RecreationError as error:
            return replace(plan, why=error.sentence)
        return plan

    def _keep_pace(self, rate: Rate) -> None:
        now = self.clock.now()
        self._await_turn(rate)
        self._sent_at = max(now, self._sent_at + rate.pause)

    def _await_turn(self, rate: Rate) -> None:
        """Wait until the next message may be sent; at a low rate nothing is leased while it does."""
        wait = self._sent_at + rate.pause - self.clock.now()
        if wait > 0:
            self.patience.pause(self.clock.real_seconds(wait))


def _left(progress: Progress) -> tuple[Candidate, ...]:
    """List what may be asked for, the next one first; nothing once a replacement is accepted."""
    if progress.specified is None or progress.launched.instance_id or progress.moot is not None:
        return ()
    return progress.specified.candidates[progress.launched.index :]
