"""The sweep as plain data for programs."""

from typing import Any

from worker.core.leftovers import Verdict
from worker.core.messages import iso
from worker.ops.sweep import Item, Listing, Result


def listing_data(listing: Listing) -> dict[str, Any]:
    """Return everything that was listed."""
    return {
        "things": [_item_data(one) for one in listing.items],
        "of_other_owners": listing.others,
        "no_prices_because": listing.priceless,
    }


def result_data(result: Result) -> dict[str, Any]:
    """Return what became of one thing."""
    return {
        "id": result.thing.resource_id,
        "kind": result.thing.kind.value,
        "fate": result.fate.value,
        "why": result.why,
        **(_verdict_data(result.verdict) if result.verdict is not None else {}),
    }


def _item_data(item: Item) -> dict[str, Any]:
    thing, price = item.thing, item.price
    created = thing.created_at
    return {
        "id": thing.resource_id,
        "kind": thing.kind.value,
        "name": thing.name,
        "status": thing.status,
        "recreation": thing.recreation,
        "owner": thing.owner,
        "source": thing.source,
        "size": thing.size,
        "created_at": iso(created) if created is not None else None,
        "delete_after": thing.delete_after,
        "monthly_price": price.amount if price is not None else None,
        "currency": price.currency if price is not None else None,
        "held_by": item.holder,
        **_verdict_data(item.verdict),
    }


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {"goes": verdict.goes, "reason": verdict.reason.value, "about": verdict.about}
