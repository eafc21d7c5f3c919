"""What is under way: recreations from the tags in the cloud, and what a look into the queues shows.

The tags are the truth; the queues show only what nobody holds at the moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from worker import ports
from worker.core import signing
from worker.core.errors import Malformed
from worker.core.events import read_body
from worker.core.inventory import Glimpse
from worker.core.messages import iso
from worker.core.model import Interruption
from worker.ops.recreations import Recreation, recreations

# Source: SMQ BatchPeekMessage, numOfMessages.
PEEK_MAX = 16


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that can be seen.

    Attributes:
        kind: `notice`, `progress`, `parked`, `other` or `unreadable`.
        signed: Whether the attributes carry our signature; None when no key is at hand.
        facts: The attributes made for people, and the sources for a bare notice.
    """

    message: str
    kind: str
    enqueued_at: str
    received: int
    signed: bool | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class QueueLook:
    """What can be seen of one queue; `messages` is None when there is no such queue."""

    name: str
    messages: tuple[Waiting, ...] | None


@dataclass(frozen=True, slots=True)
class Status:
    """The whole picture.

    Attributes:
        others: How many recreations belong to other owners.
    """

    recreations: tuple[Recreation, ...]
    others: int
    queue: QueueLook
    dead_letters: QueueLook

    def as_data(self) -> dict[str, Any]:
        """Return plain data for programs."""
        return {
            "recreations": [_recreation_data(one) for one in self.recreations],
            "of_other_owners": self.others,
            "queue": asdict(self.queue),
            "dead_letters": asdict(self.dead_letters),
            "held_messages_are_visible": False,
        }


def look(
    inventory: ports.Inventory,
    queue: tuple[str, ports.Peek],
    dead_letters: tuple[str, ports.Peek],
    *,
    owner: str,
    keys: Sequence[bytes],
) -> Status:
    """Look at everything once; nothing is changed or received.

    Args:
        inventory: The region's tagged resources.
        queue: Name of the queue, and the look into it.
        dead_letters: The same for the dead-letter queue.
        owner: Whose recreations are shown.
        keys: Signing keys; without one nothing is said about signatures.
    """
    found = recreations(inventory.tagged())
    ours = tuple(one for one in found if one.owner in (owner, ""))
    seen = _look_into(*dead_letters, keys)
    return Status(
        recreations=tuple(replace(one, parked=_parked(one, seen)) for one in ours),
        others=len(found) - len(ours),
        queue=_look_into(*queue, keys),
        dead_letters=seen,
    )


def _parked(one: Recreation, dead_letters: QueueLook) -> str:
    """Tell why it stopped, as its dead letter says; one that is closed is over all the same."""
    letters = () if one.is_closed else dead_letters.messages or ()
    words = (each.facts["parked"] for each in letters if _stands_for(each, one))
    return next(words, "")


def _stands_for(letter: Waiting, one: Recreation) -> bool:
    if letter.kind != "parked" or letter.signed is False:
        return False
    # A source in economical mode has a recreation for each of its notices.
    if recreation := letter.facts.get("recreation"):
        return recreation == one.recreation
    return bool(one.source) and letter.facts.get("source") == one.source


def _look_into(name: str, peek: ports.Peek, keys: Sequence[bytes]) -> QueueLook:
    seen = peek.peek(PEEK_MAX)
    if seen is None:
        return QueueLook(name, None)
    return QueueLook(name, tuple(_waiting(one, keys) for one in seen))


def _waiting(glimpse: Glimpse, keys: Sequence[bytes]) -> Waiting:
    kind, facts = _meaning(glimpse)
    signed = None
    if keys and glimpse.attributes:
        signed = signing.is_signed(glimpse.attributes, glimpse.body, keys)
    return Waiting(
        message=glimpse.message_id,
        kind=kind,
        enqueued_at=iso(glimpse.enqueued_at),
        received=glimpse.dequeue_count,
        signed=signed,
        facts=facts,
    )


def _meaning(glimpse: Glimpse) -> tuple[str, dict[str, str]]:
    facts = {
        name: value
        for name, value in glimpse.attributes.items()
        if not name.startswith("data-") and name not in ("format", signing.SIGNATURE)
    }
    if "parked" in facts:
        return "parked", facts
    if "step" in facts:
        return "progress", facts
    return _bare(glimpse.body)


def _bare(body: str) -> tuple[str, dict[str, str]]:
    try:
        events = read_body(body)
    except Malformed as error:
        return "unreadable", {"why": error.sentence}
    sources = [one.instance_id for one in events if isinstance(one, Interruption)]
    return ("notice", {"source": " ".join(sources)}) if sources else ("other", {})


def _recreation_data(one: Recreation) -> dict[str, Any]:
    image = one.image
    return {
        "recreation": one.recreation,
        "stage": one.stage.value,
        "parked": one.parked,
        "source": one.source,
        "lineage": one.lineage,
        "degraded": one.degraded,
        "image": {"id": image.image_id, "status": image.status, "percent": image.percent}
        if image
        else None,
        "replacements": [
            {"id": each.instance_id, "status": each.status, "type": each.instance_type}
            for each in one.replacements
        ],
        "beside": one.beside,
        "quarantined": [each.instance_id for each in one.quarantined],
        "retained_disks": [
            {"id": each.disk_id, "size": each.size, "status": each.status} for each in one.retained
        ],
        "snapshots": [
            {"id": each.snapshot_id, "status": each.status, "percent": each.percent}
            for each in one.snapshots
        ],
        "delete_after": one.delete_after,
    }
