"""The sweep: lists what recreations have left, and deletes what is due, safe and confirmed.

Every thing is read again right before it is deleted, with what else uses it, and judged again. So an
interrupted sweep is repeated from its beginning, and two at a time do no more than one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from worker import ports
from worker.core import identity
from worker.core.errors import Permanent, RecreationError, UnknownOutcome
from worker.core.leftovers import (
    ACCOMPLISHED,
    RUNNING,
    Evidence,
    Kind,
    Leftover,
    Reason,
    Verdict,
    holder_of,
    judge,
    needs_evidence,
    sources_of,
)
from worker.core.model import Refused
from worker.operator_ports import Deletion, Leftovers, Price, Prices
from worker.ops.patience import Patience

# An image holds its snapshots; a disk may be the last thing that holds a byte.
ORDER = (
    Kind.IMAGE,
    Kind.SNAPSHOT,
    Kind.DISK,
    Kind.INTERFACE,
    Kind.PAIR,
    Kind.ADDRESS,
    Kind.INSTANCE,
)


class Fate(str, Enum):
    """What became of a thing; the value is the key of its text."""

    DELETED = "deleted"
    GONE = "gone"
    KEPT = "kept"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


# Where an id that is none of ours leads.
LISTED = "aliyun-ops sweep lists all that there are"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list.

    Attributes:
        holder: Running instance that holds the data; empty when none was looked for or found.
        kin: Instances of the same recreation, which may use its image and snapshots.
    """

    thing: Leftover
    verdict: Verdict
    holder: str = ""
    kin: frozenset[str] = frozenset()
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is.

    Attributes:
        items: Of this owner, by recreation, in the order of deletion.
        others: How many things belong to other owners.
        at: When it was made, epoch seconds.
        priceless: Why the cloud told no prices; empty when it told them.
    """

    items: tuple[Item, ...]
    others: int
    at: float
    priceless: str = ""

    @property
    def going(self) -> tuple[Item, ...]:
        """What may be deleted, in the order in which it is."""
        due = (one for one in self.items if one.verdict.goes)
        return tuple(sorted(due, key=lambda one: ORDER.index(one.thing.kind)))


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one thing; a kept one has the verdict of the second look."""

    thing: Leftover
    fate: Fate
    why: str = ""
    verdict: Verdict | None = None

    @property
    def is_failure(self) -> bool:
        """Whether it should have gone and did not."""
        return self.fate in {Fate.REFUSED, Fate.UNANSWERED}


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep of one deployment's leftovers.

    Attributes:
        named: Ids that a person named; when there are any, nothing else is listed or deleted.
    """

    leftovers: Leftovers
    prices: Prices
    clock: ports.Clock
    patience: Patience
    owner: str
    named: frozenset[str] = frozenset()

    def look(self) -> Listing:
        """List and judge; changes nothing.

        Raises:
            RecreationError: The cloud does not tell what there is, or a named id is none of it.
        """
        everything = self.patience(self.leftovers.tagged)
        ours = [one for one in everything if one.owner == self.owner]
        unknown = sorted(self.named - {one.resource_id for one in ours})
        if unknown:
            listed = ", ".join(unknown)
            raise Permanent(
                f"{listed}: no leftover of owner {self.owner}; nothing was changed; {LISTED}"
            )
        wanted = [one for one in ours if not self.named or one.resource_id in self.named]
        now = self.clock.now()
        items: list[Item] = []
        for thing in sorted(wanted, key=lambda one: ORDER.index(one.kind)):
            going = frozenset(one.thing.resource_id for one in items if one.verdict.goes)
            items.append(self._item(thing, everything, going, now))
        priced, priceless = self._priced(sorted(items, key=lambda one: one.thing.recreation))
        return Listing(tuple(priced), len(everything) - len(ours), now, priceless)

    def apply(self, going: Sequence[Item], deletion: Deletion) -> Iterator[Result]:
        """Delete one by one, going on after a refusal; yields what became of each as it does.

        Args:
            going: What was confirmed.
            deletion: Deletes.
        """
        gone: set[str] = set()
        for item in going:
            result = self._remove(item, deletion, frozenset(gone))
            if result.fate in {Fate.DELETED, Fate.GONE}:
                gone.add(item.thing.resource_id)
            yield result

    def _item(
        self, thing: Leftover, everything: Sequence[Leftover], going: frozenset[str], now: float
    ) -> Item:
        family = [one for one in everything if one.recreation == thing.recreation]
        kin = frozenset(one.resource_id for one in family if one.kind is Kind.INSTANCE)
        evidence = Evidence(sources=sources_of(one for one in family if one.owner == self.owner))
        if needs_evidence(thing, owner=self.owner, now=now):
            origins = self.patience(lambda: self._origins(family))
            holder = holder_of(thing.recreation, everything, origins, owner=self.owner)
            evidence = replace(
                self.patience(lambda: self._evidence(thing, kin | going | {holder})),
                holder=holder,
                sources=evidence.sources,
                strays=_strays(thing, family),
            )
        verdict = self._judge(thing, evidence, now)
        return Item(thing, verdict, evidence.holder, kin)

    def _judge(self, thing: Leftover, evidence: Evidence, now: float) -> Verdict:
        is_named = thing.resource_id in self.named
        return judge(thing, evidence, owner=self.owner, now=now, is_named=is_named)

    def _origins(self, family: Sequence[Leftover]) -> dict[str, Leftover]:
        """Look for the source of a false alarm, which carries no tag of ours."""
        named = {one.source for one in family if identity.TAG_FALSE_ALARM in one.tags}
        looks = (self.leftovers.find(Kind.INSTANCE, one) for one in sorted(named) if one)
        return {found.resource_id: found for found in looks if found is not None}

    def _evidence(self, thing: Leftover, welcome: frozenset[str]) -> Evidence:
        """Ask what else uses the thing, beside those that are welcome to."""
        users = tuple(one for one in self.leftovers.users(thing) if one not in welcome)
        return Evidence(users=users, saved_since=self._saved_since(thing))

    def _saved_since(self, thing: Leftover) -> str:
        """Find a person's snapshot that holds all that was ever written to a disk."""
        if thing.kind is not Kind.DISK or thing.detached_at is None:
            return ""
        for one in self.leftovers.snapshots_of(thing.resource_id):
            is_later = one.created_at is not None and one.created_at >= thing.detached_at
            if is_later and one.status == ACCOMPLISHED and not one.recreation:
                return one.resource_id
        return ""

    def _priced(self, items: Sequence[Item]) -> tuple[list[Item], str]:
        """Ask for prices; without them the list is as good, but for the money."""
        priced: list[Item] = []
        failed = ""
        for item in items:
            with_price, failed = (item, failed) if failed else self._with_price(item)
            priced.append(with_price)
        return priced, failed

    def _with_price(self, item: Item) -> tuple[Item, str]:
        try:
            return replace(item, price=self.prices.monthly(item.thing)), ""
        except RecreationError as error:
            return item, error.sentence

    def _remove(self, item: Item, deletion: Deletion, gone: frozenset[str]) -> Result:
        try:
            return self.patience(lambda: self._look_and_remove(item, deletion, gone))
        except UnknownOutcome as lost:
            return self._after_a_lost_answer(item.thing, lost)
        except RecreationError as error:
            return Result(item.thing, Fate.UNANSWERED, error.sentence)

    def _look_and_remove(self, item: Item, deletion: Deletion, gone: frozenset[str]) -> Result:
        thing = self.leftovers.find(item.thing.kind, item.thing.resource_id)
        if thing is None:
            return Result(item.thing, Fate.GONE)
        verdict = self._judge_again(item, thing, gone)
        if not verdict.goes:
            return Result(thing, Fate.KEPT, verdict=verdict)
        answer = deletion.delete(thing.kind, thing.resource_id)
        if isinstance(answer, Refused):
            return Result(thing, Fate.REFUSED, answer.code)
        return Result(thing, Fate.DELETED)

    def _judge_again(self, item: Item, thing: Leftover, gone: frozenset[str]) -> Verdict:
        """Judge on what the cloud says now; what this sweep has deleted uses nothing any more."""
        if thing.tags != item.thing.tags or thing.name != item.thing.name:
            return Verdict(Reason.CHANGED)
        holder = self.leftovers.find(Kind.INSTANCE, item.holder) if item.holder else None
        is_there = holder is not None and holder.status == RUNNING
        welcome = item.kin | gone | {item.holder}
        evidence = replace(
            self._evidence(thing, welcome),
            holder=item.holder if is_there else "",
            sources=frozenset({thing.source}),
        )
        return self._judge(thing, evidence, self.clock.now())

    def _after_a_lost_answer(self, thing: Leftover, lost: UnknownOutcome) -> Result:
        try:
            left = self.patience(lambda: self.leftovers.find(thing.kind, thing.resource_id))
        except RecreationError as error:
            return Result(thing, Fate.UNANSWERED, error.sentence)
        fate = Fate.DELETED if left is None else Fate.UNANSWERED
        return Result(thing, fate, lost.sentence if left is not None else "")


def _strays(thing: Leftover, family: Sequence[Leftover]) -> tuple[str, ...]:
    """Name the snapshots of an image that would be left behind without a tag of ours."""
    tagged = {one.resource_id for one in family if one.kind is Kind.SNAPSHOT}
    return tuple(one for one in thing.snapshots if one not in tagged)
