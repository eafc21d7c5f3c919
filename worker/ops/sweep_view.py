"""The sweep as a person reads it, on a terminal of 80 columns."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from worker.core.leftovers import Kind, Leftover, Reason, Verdict
from worker.operator_ports import Price
from worker.ops.paragraph import Paragraph
from worker.ops.printing import Fitting
from worker.ops.sweep import ORDER, Fate, Item, Listing, Result
from worker.ops.wording import Language, Wording
from worker.printable import printable

ID_CHARACTERS = 12
HOUR = 3600.0
DAY = 86_400.0
_WIDTHS = (9, 23, 10, 9, 12)
_Shape = Callable[[Sequence[str], Wording], RenderableType]
_COLUMNS = ("kind", "id", "size", "age", "not_before", "month")


def sweep_view(listing: Listing, wording: Wording) -> RenderableType:
    """Show everything with its reason."""
    if not listing.items:
        parts: list[RenderableType] = [Text(wording("sweep.none"))]
    else:
        head = _indented(_row([wording(f"column.{name}") for name in _COLUMNS]), 2, "dim")
        wide = Group(head, *_recreations(listing, wording, _wide))
        narrow = Group(*_recreations(listing, wording, _narrow))
        rows = (_wide(_cells(one, listing.at, wording), wording) for one in listing.items)
        parts = [Fitting(wide, narrow, gauge=Group(head, *rows)), Text("")]
        parts += [
            Paragraph(_summary(listing, wording)),
            Paragraph(wording("sweep.prices"), style="dim"),
        ]
    if listing.priceless:
        parts.append(
            Paragraph(
                wording("sweep.priceless", why=wording.sentence(listing.priceless)), style="yellow"
            )
        )
    if listing.others:
        parts.append(Paragraph(wording("sweep.others", number=listing.others), style="dim"))
    return Group(*parts)


def money(prices: Iterable[Price | None]) -> str:
    """Add prices up, currency by currency; empty when there is nothing to add."""
    sums: dict[str, float] = {}
    for price in prices:
        if price is not None and price.currency:
            sums[price.currency] = sums.get(price.currency, 0.0) + price.amount
    return " + ".join(f"{amount:.2f} {currency}" for currency, amount in sorted(sums.items()))


def counts(things: Iterable[Leftover], wording: Wording) -> str:
    """Say how many there are of each kind."""
    found = Counter(one.kind for one in things)
    told = [
        wording(f"sweep.count.{kind.value}", number=found[kind]) for kind in ORDER if found[kind]
    ]
    return wording.listed(told)


def result_line(result: Result, wording: Wording) -> str:
    """Say what became of one thing."""
    thing = result.thing
    told = wording(f"fate.{result.fate.value}")
    why = wording.sentence(result.why)
    if result.verdict is not None:
        why = reason(result.verdict, "", wording)
    line = f"{wording(f'sweep.kind.{thing.kind.value}')} {printable(thing.resource_id)} {told}"
    return wording("because", what=line, why=why) if why else line


def how(ids: Sequence[str], wording: Wording) -> str:
    """Give the command that deletes: with the ids that were named, since some goes only by its name."""
    return wording("sweep.how", ids="".join(f" {one}" for one in ids))


def ending(results: Sequence[Result], wording: Wording) -> str:
    """Say how the sweep ended."""
    fates = Counter(one.fate for one in results)
    return wording(
        "sweep.ended",
        deleted=fates[Fate.DELETED] + fates[Fate.GONE],
        kept=fates[Fate.KEPT],
        failed=fates[Fate.REFUSED] + fates[Fate.UNANSWERED],
    )


def reason(verdict: Verdict, holder: str, wording: Wording) -> str:
    """Say why a thing is kept or may go."""
    return wording(f"keep.{verdict.reason.value}", about=verdict.about, holder=holder)


def _recreations(listing: Listing, wording: Wording, shaped: _Shape) -> Iterator[RenderableType]:
    before = None
    for item in listing.items:
        thing = item.thing
        if thing.recreation != before:
            before = thing.recreation
            yield Text(_title(thing, wording), style="bold")
        yield shaped(_cells(item, listing.at, wording), wording)
        yield _fate(item, wording)


def _title(thing: Leftover, wording: Wording) -> str:
    if not thing.recreation:
        return wording("sweep.no_recreation")
    source = wording("sweep.source", source=thing.source or "?", owner=thing.owner)
    return printable(f"{thing.recreation[:ID_CHARACTERS]}  {source}")


def _cells(item: Item, now: float, wording: Wording) -> tuple[str, ...]:
    """Say what `_COLUMNS` name of one thing."""
    thing = item.thing
    cells = (
        wording(f"sweep.kind.{thing.kind.value}"),
        thing.resource_id,
        f"{thing.size} GiB" if thing.size else "",
        _age(thing, now, wording),
        thing.delete_after.partition("T")[0] or "-",
        _price(item.price, wording),
    )
    return tuple(printable(cell) for cell in cells)


def _wide(cells: Sequence[str], _: Wording) -> RenderableType:
    return _indented(_row(cells), 2)


def _narrow(cells: Sequence[str], wording: Wording) -> RenderableType:
    """Name each figure, since it stands under no head; a row that breaks would say nothing."""
    kind, resource_id, *figures = cells
    told = [
        wording("because", what=wording(f"column.{name}"), why=figure)
        for name, figure in zip(_COLUMNS[2:], figures, strict=True)
        if figure
    ]
    return Group(_indented(f"{kind}  {resource_id}", 2), _indented(" · ".join(told), 4))


def _fate(item: Item, wording: Wording) -> RenderableType:
    """Say whether it goes or stays, and why."""
    thing = item.thing
    why = reason(item.verdict, item.holder, wording)
    told = wording("sweep.goes" if item.verdict.goes else "sweep.keeps", why=why)
    if thing.kind in (Kind.INSTANCE, Kind.ADDRESS):
        told = " · ".join((printable(thing.name), wording.sentence(thing.status), told))
    style = "red" if item.verdict.goes else "dim"
    return _indented(told, 4, "bold red" if item.verdict.reason is Reason.QUARANTINED else style)


def _age(thing: Leftover, now: float, wording: Wording) -> str:
    if thing.created_at is None:
        return wording("sweep.age.unknown")
    seconds = max(now - thing.created_at, 0.0)
    if seconds < DAY:
        return wording("sweep.age.hours", number=int(seconds // HOUR))
    return wording("sweep.age.days", number=int(seconds // DAY))


def _price(price: Price | None, wording: Wording) -> str:
    if price is None:
        return wording("sweep.unknown")
    return f"{price.amount:.2f} {price.currency}" if price.currency else wording("sweep.free")


def _summary(listing: Listing, wording: Wording) -> str:
    going = listing.going
    if going:
        things = counts((one.thing for one in going), wording)
        number = len(going)
        told = [wording("sweep.total", number=number, all=len(listing.items), things=things)]
    else:
        told = [wording("sweep.nothing_due", all=len(listing.items))]
    saved = money(one.price for one in going)
    kept = [one for one in listing.items if not one.verdict.goes]
    spent = money(one.price for one in kept if one.thing.kind is not Kind.INSTANCE)
    told += [wording("sweep.saves", money=saved)] if saved else []
    told += [wording("sweep.costs", money=spent)] if spent else []
    return (" " if wording.language is Language.ENGLISH else "").join(told)


def _row(cells: Sequence[str]) -> str:
    """Align by cells: a Chinese character takes two."""
    padded = [
        cell + " " * max(width - cell_len(cell), 1)
        for cell, width in zip(cells, _WIDTHS, strict=False)
    ]
    return "".join((*padded, *cells[len(_WIDTHS) :]))


def _indented(text: str, cells: int, style: str = "") -> RenderableType:
    return Padding(Paragraph(text, style=style), (0, 0, 0, cells))
