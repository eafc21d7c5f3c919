"""What recreations have left in the cloud, and whether a thing of it may be deleted; pure.

Rules of this file
1. Nothing goes unless everything about it is known: the tags are ours and as the worker wrote them,
   its date has passed, the work on it is finished, and a running instance holds the same data.
2. An instance never goes, and neither does an address that a source was known by.
3. The first rule that keeps a thing is the reason that is told.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from worker.core import identity
from worker.core.model import Tags


class Kind(str, Enum):
    """Kinds of things; the value is the cloud's word for the kind."""

    IMAGE = "image"
    SNAPSHOT = "snapshot"
    DISK = "disk"
    INTERFACE = "eni"
    INSTANCE = "instance"
    PAIR = "masterslaveservergroup"
    ADDRESS = "eip"


class Reason(str, Enum):
    """Why a thing is kept, or that it may go; the value is the key of its text."""

    DUE = "due"
    REPLACEMENT = "replacement"
    QUARANTINED = "quarantined"
    OTHER_OWNER = "other_owner"
    EDITED = "edited"
    CHANGED = "changed"
    OUTLIVES = "outlives"
    NOT_RETAINED = "not_retained"
    UNDATED = "undated"
    NOT_DUE = "not_due"
    ATTACHED = "attached"
    UNFINISHED = "unfinished"
    ONLY_COPY = "only_copy"
    USED = "used"
    STRAYS = "strays"
    LATER_WRITES = "later_writes"
    ADDRESSES = "addresses"
    UNUSED = "unused"
    OWN_ADDRESS = "own_address"


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that carries a tag of ours, whatever its kind.

    Attributes:
        size: GiB; of a snapshot that of its disk.
        name: Of an elastic address the address itself.
        attached_to: Instance that a disk or an interface is attached to; of a server group a
            listener that leads to it; what an elastic address is bound to.
        detached_at: When a disk was last detached, epoch seconds; None when nobody tells.
        disk_id: The disk that a snapshot was made of.
        snapshots: Ids of the snapshots that an image consists of.
        created_at: Epoch seconds; None when it cannot be read.
    """

    kind: Kind
    resource_id: str
    tags: Tags = field(default_factory=dict)
    status: str = ""
    name: str = ""
    size: int = 0
    category: str = ""
    performance_level: str = ""
    provisioned_iops: int = 0
    zone: str = ""
    created_at: float | None = None
    attached_to: str = ""
    detached_at: float | None = None
    disk_id: str = ""
    snapshots: tuple[str, ...] = ()
    instance_type: str = ""
    is_spot: bool = False

    @property
    def recreation(self) -> str:
        """Id of the recreation; empty when no tag tells it."""
        return self.tags.get(identity.TAG_ID, "")

    @property
    def owner(self) -> str:
        """The deployment that it belongs to; empty when no tag tells it."""
        return self.tags.get(identity.TAG_OWNER, "")

    @property
    def source(self) -> str:
        """The source's instance id; empty when no tag tells it."""
        return self.tags.get(identity.TAG_SOURCE, "")

    @property
    def delete_after(self) -> str:
        """The date from which it may go, as it stands in the tag."""
        return self.tags.get(identity.TAG_DELETE_AFTER, "")

    @property
    def is_quarantined(self) -> bool:
        """Whether it is an instance that is one too many."""
        return identity.TAG_QUARANTINED in self.tags


@dataclass(frozen=True, slots=True)
class Evidence:
    """What has been found out about a thing besides its own description.

    Attributes:
        holder: Running instance that holds the data; empty when there is none.
        sources: The sources that the things of this recreation name; one, unless tags were edited.
        users: What else uses an image or a snapshot: other images, instances, disks.
        strays: Snapshots of an image that do not carry the image's recreation.
        saved_since: A finished snapshot that is not ours and was begun after the disk was last
            detached; empty when there is none.
    """

    holder: str = ""
    sources: frozenset[str] = frozenset()
    users: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    saved_since: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a thing may go, the reason, and what it is about."""

    reason: Reason
    about: str = ""

    @property
    def goes(self) -> bool:
        """Whether it may be deleted."""
        return self.reason in {Reason.DUE, Reason.UNUSED}


DAY_SECONDS = 86_400.0
RUNNING = "Running"
AVAILABLE = "Available"
ACCOMPLISHED = "accomplished"
# What can outlive its instance.
ATTACHABLE = (Kind.DISK, Kind.INTERFACE)

_ID = re.compile(r"[0-9a-f]{32}\Z")
_SOURCE = re.compile(r"i-[0-9a-z]{1,32}\Z")
_LINEAGE = re.compile(r"(i-[0-9a-z]{1,32})/([0-9]{1,6})\Z")
# Source: DescribeImages, DescribeSnapshots, DescribeDisks and DescribeInstances, CreationTime: UTC,
# the last one without seconds.
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2})?Z\Z")


def instant(text: str) -> float | None:
    """Read a time of the cloud or of our tags, epoch seconds; None when it is none."""
    match = _TIME.match(text)
    if match is None:
        return None
    try:
        return datetime.fromisoformat(f"{match[1]}{match[2] or ':00'}+00:00").timestamp()
    except ValueError:
        return None


def judge(
    thing: Leftover, evidence: Evidence, *, owner: str, now: float, is_named: bool
) -> Verdict:
    """Decide about one thing.

    Args:
        thing: As described last.
        evidence: What else has been found out.
        owner: The deployment that asks.
        now: Epoch seconds.
        is_named: Whether a person named exactly this thing; outweighs later writes, and snapshots
            of an image that carry no tag of ours.
    """
    for rule in (_whose, _since_when, _in_what_state, _who_else_has_it):
        verdict = rule(thing, evidence, owner, now)
        # A refused tag on its snapshots must not keep an image for ever.
        if verdict is not None and not (is_named and verdict.reason is Reason.STRAYS):
            return verdict
    if thing.kind is Kind.DISK and not evidence.saved_since and not is_named:
        return Verdict(Reason.LATER_WRITES)
    if thing.kind is Kind.INTERFACE and not is_named:
        return Verdict(Reason.ADDRESSES)
    if thing.kind is Kind.PAIR:
        return Verdict(Reason.UNUSED)
    return Verdict(Reason.DUE)


def needs_evidence(thing: Leftover, *, owner: str, now: float) -> bool:
    """Tell whether only what else uses it can decide, so that asking the cloud is worth a call."""
    nothing = Evidence(sources=frozenset({thing.source}))
    rules = (_whose, _since_when, _in_what_state)
    return all(rule(thing, nothing, owner, now) is None for rule in rules)


def _whose(thing: Leftover, evidence: Evidence, owner: str, _now: float) -> Verdict | None:
    if thing.owner != owner:
        return Verdict(Reason.OTHER_OWNER, thing.owner)
    if thing.kind is Kind.INSTANCE:
        return Verdict(Reason.QUARANTINED if thing.is_quarantined else Reason.REPLACEMENT)
    if not thing.recreation and identity.TAG_OUTLIVES in thing.tags:
        return Verdict(Reason.OUTLIVES)
    edited = _edited(thing, evidence)
    if edited:
        return Verdict(Reason.EDITED, edited)
    if thing.kind is Kind.ADDRESS:
        # Whoever knew the source by it still does; nobody else gets it back once it is released.
        return Verdict(Reason.OWN_ADDRESS, thing.resource_id)
    if thing.kind in ATTACHABLE and identity.TAG_RETAINED not in thing.tags:
        return Verdict(Reason.NOT_RETAINED)
    return None


def _edited(thing: Leftover, evidence: Evidence) -> str:
    """Return the tag or name that is not as the worker writes it, or an empty string."""
    if not _ID.match(thing.recreation):
        return identity.TAG_ID
    if not _SOURCE.match(thing.source) or evidence.sources != {thing.source}:
        return identity.TAG_SOURCE
    if thing.delete_after and instant(thing.delete_after) is None:
        return identity.TAG_DELETE_AFTER
    ours = {
        identity.image_name(thing.recreation),
        identity.snapshots_image_name(thing.recreation),
    }
    return thing.name if thing.kind is Kind.IMAGE and thing.name not in ours else ""


def _since_when(thing: Leftover, _evidence: Evidence, _owner: str, now: float) -> Verdict | None:
    if thing.kind is Kind.PAIR:
        return _since_it_was_made(thing, now)
    due_at = instant(thing.delete_after)
    if due_at is None:
        return Verdict(Reason.UNDATED)
    if thing.kind is Kind.IMAGE and thing.created_at is not None:
        # The images of the last day are what the generations of a lineage are counted by.
        counted_until = thing.created_at + DAY_SECONDS
        if due_at <= now < counted_until:
            return Verdict(Reason.NOT_DUE, identity.instant(counted_until))
    return Verdict(Reason.NOT_DUE, thing.delete_after) if now < due_at else None


def _since_it_was_made(thing: Leftover, now: float) -> Verdict | None:
    """Nothing dates a server group; whoever has just made one is about to lead a listener to it."""
    if thing.created_at is None:
        return Verdict(Reason.UNDATED)
    due_at = thing.created_at + DAY_SECONDS
    return Verdict(Reason.NOT_DUE, identity.instant(due_at)) if now < due_at else None


def _in_what_state(
    thing: Leftover, _evidence: Evidence, _owner: str, _now: float
) -> Verdict | None:
    if thing.kind in ATTACHABLE:
        if thing.attached_to:
            return Verdict(Reason.ATTACHED, thing.attached_to)
        return None if thing.status == AVAILABLE else Verdict(Reason.UNFINISHED, thing.status)
    if thing.kind is Kind.PAIR:
        return Verdict(Reason.USED, thing.attached_to) if thing.attached_to else None
    finished = AVAILABLE if thing.kind is Kind.IMAGE else ACCOMPLISHED
    return None if thing.status == finished else Verdict(Reason.UNFINISHED, thing.status)


def _who_else_has_it(
    thing: Leftover, evidence: Evidence, _owner: str, _now: float
) -> Verdict | None:
    if thing.kind is Kind.PAIR:
        # It holds no data.
        return None
    if not evidence.holder:
        return Verdict(Reason.ONLY_COPY)
    if evidence.users:
        return Verdict(Reason.USED, " ".join(evidence.users))
    return Verdict(Reason.STRAYS, " ".join(evidence.strays)) if evidence.strays else None


def sources_of(things: Iterable[Leftover]) -> frozenset[str]:
    """Collect the sources that the things of one recreation name; a missing name counts as one."""
    return frozenset(thing.source for thing in things)


def holder_of(
    recreation: str, things: Iterable[Leftover], origins: Mapping[str, Leftover], *, owner: str
) -> str:
    """Name a running instance that holds what the recreation saved; empty when none does.

    That is its replacement, a later one of the same line (whose data came by way of this one), or
    after a false alarm the source itself.

    Args:
        recreation: Id of the recreation.
        things: Everything that carries a tag of ours.
        origins: Sources of false alarms by instance id, where they still exist.
        owner: The deployment that asks.
    """
    ours = [one for one in things if one.owner == owner]
    mine = [one for one in ours if one.recreation == recreation]
    line = next((found for one in mine if (found := _line(one)) is not None), None)
    for one in ours:
        if one.kind is not Kind.INSTANCE or one.is_quarantined or one.status != RUNNING:
            continue
        if one.recreation == recreation or _is_later(_line(one), line):
            return one.resource_id
    alarms = (one.source for one in mine if identity.TAG_FALSE_ALARM in one.tags)
    return next((one for one in alarms if one in origins and origins[one].status == RUNNING), "")


def _line(thing: Leftover) -> tuple[str, int] | None:
    match = _LINEAGE.match(thing.tags.get(identity.TAG_LINEAGE, ""))
    return (match[1], int(match[2])) if match else None


def _is_later(one: tuple[str, int] | None, than: tuple[str, int] | None) -> bool:
    if one is None or than is None:
        return False
    return one[0] == than[0] and one[1] >= than[1]
