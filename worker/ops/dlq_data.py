"""Dead letters, replays and what reconcile found, as plain data for programs."""

from typing import Any

from worker.core.dead_letters import DeadLetter
from worker.core.messages import Nothing, Split, Unreadable, Work, iso
from worker.core.progress import Progress
from worker.ops.discard import Discarded
from worker.ops.keep import Kept
from worker.ops.reconcile import Found
from worker.ops.replay import Plan


def letter_data(letter: DeadLetter) -> dict[str, Any]:
    """Return what a list says of a dead letter."""
    facts = letter.facts
    return {
        "message": letter.message_id,
        "queue": letter.queue,
        "origin": letter.origin.value,
        "sources": list(letter.sources),
        "recreation": letter.recreation,
        "step": letter.step,
        "parked": letter.park,
        "because": facts.get("parked-because", ""),
        "code": facts.get("parked-code", ""),
        "error": facts.get("parked-error", ""),
        "what_to_do": letter.advice,
        "since": iso(letter.since),
        "enqueued_at": iso(letter.enqueued_at),
        "received": letter.received,
        "signed": letter.trusted,
        "reads_as": _reads(letter),
    }


def story_data(letter: DeadLetter) -> dict[str, Any]:
    """Return everything that is known of a dead letter."""
    progress = letter.progress
    return {
        **letter_data(letter),
        "facts": dict(letter.facts),
        "progress": _progress(progress) if progress is not None else None,
        "body": letter.body,
    }


def plan_data(plan: Plan, *, dry_run: bool) -> dict[str, Any]:
    """Return what became, or would become, of a dead letter."""
    price = plan.price
    return {
        "message": plan.letter.message_id,
        "sources": list(plan.letter.sources),
        "fate": plan.fate.value,
        "why": plan.why,
        "step": plan.step,
        "candidate": plan.first.label if plan.first is not None else None,
        "other_candidates": plan.others,
        "lacks_source": plan.lacks_source,
        **(
            {
                "monthly_price": price.amount if price is not None else None,
                "currency": price.currency if price is not None else None,
            }
            if dry_run
            else {}
        ),
    }


def kept_data(kept: Kept) -> dict[str, Any]:
    """Return what became of a dead letter near its end."""
    return {
        "message": kept.one.letter.message_id,
        "queue": kept.one.letter.queue,
        "sources": list(kept.one.letter.sources),
        "double": kept.is_double,
        "failed": kept.failed,
    }


def discarded_data(one: Discarded) -> dict[str, Any]:
    """Return whether a dead letter goes or stays, and why."""
    return {
        "message": one.letter.message_id,
        "queue": one.letter.queue,
        "sources": list(one.letter.sources),
        "verdict": one.verdict.value,
        "why": one.why,
    }


def found_data(found: Found) -> dict[str, Any]:
    """Return how it stands with a source."""
    return {
        "instance": found.instance.instance_id,
        "name": found.instance.name,
        "locked": found.is_locked,
        "standing": found.standing.value,
        "sent": found.sent.value,
        "why": found.why,
    }


def _reads(letter: DeadLetter) -> str:
    match letter.reading:
        case Work(_, sent):
            return "event" if sent is None else "progress"
        case Split():
            return "split"
        case Nothing(reason):
            return reason
        case Unreadable(_, sentence):
            return sentence


def _progress(progress: Progress) -> dict[str, Any]:
    imaged, launched, specified = progress.imaged, progress.launched, progress.specified
    disks = progress.retained.disks if progress.retained is not None else ()
    return {
        "lineage": progress.lineage,
        "t0": iso(progress.t0),
        "received_at": iso(progress.received_at),
        "resumed_at": iso(progress.resumed_at) if progress.resumed_at else None,
        "image": imaged.image_id if imaged is not None else "",
        "replacement": launched.instance_id,
        "candidates": [one.label for one in specified.candidates] if specified else [],
        "candidate_in_hand": launched.index,
        "refusals": [
            {"candidate": one.candidate, "code": one.code, "at": iso(one.at)}
            for one in launched.refusals
        ],
        "disks": [
            {"id": one.disk_id, "kind": one.kind, "device": one.device, "size": one.size}
            for one in disks
        ],
        "timeline": [
            {"what": one.what, "at": iso(one.at), "resource": one.resource}
            for one in progress.marks
        ],
        "remarks": [{"what": one.what, "why": one.why} for one in progress.remarks],
    }
