"""Recreations as their tags tell of them: what belongs together, and how far it has come; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from worker.core import identity
from worker.core.inventory import Holdings, Snapshot
from worker.core.model import Disk, Image, Instance, Tags

_GOING = frozenset({"Pending", "Starting"})
DEGRADED = frozenset({"rescue", "stale-snapshot"})


class Stage(str, Enum):
    """How far a recreation has come; the value is the key of its text."""

    KEPT = "kept"
    IMAGING = "imaging"
    IMAGE_FAILED = "image_failed"
    SAVED = "saved"
    STARTING = "starting"
    RUNNING = "running"
    DONE = "done"
    REPLACEMENT_ENDED = "replacement_ended"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Recreation:
    """Everything that carries one recreation's id.

    Attributes:
        source: Instance id of the source; empty when no tag tells it.
        replacements: Instances but for the quarantined; more than one is trouble.
        retained: Disks of the source that outlive it.
        delete_after: UTC text from the tags, or empty.
        parked: Why a dead letter that can be seen stands for it, as a word, or empty.
    """

    recreation: str
    owner: str
    source: str
    lineage: str
    image: Image | None
    replacements: tuple[Instance, ...]
    quarantined: tuple[Instance, ...]
    retained: tuple[Disk, ...]
    snapshots: tuple[Snapshot, ...]
    delete_after: str
    parked: str = ""

    @property
    def beside(self) -> str:
        """The source that still ran beside its replacement in the end, or an empty word."""
        return next(
            (found for one in self.replacements if (found := one.tags.get(identity.TAG_BESIDE))), ""
        )

    @property
    def degraded(self) -> str:
        """What a replacement was booted from that is not of its notice, or an empty word."""
        boots = (
            identity.read_boot_tag(one.tags.get(identity.TAG_BOOT)) for one in self.replacements
        )
        return next((boot for boot, _ in boots if boot in DEGRADED), "")

    @property
    def is_closed(self) -> bool:
        """Whether its clean-up has been: what it leaves has a date."""
        return self.image is not None and identity.TAG_DELETE_AFTER in self.image.tags

    @property
    def stage(self) -> Stage:
        """How far it has come, as far as the cloud shows it."""
        if self.replacements:
            return self._replacing()
        if self.is_closed:
            return Stage.OVER
        if self.image is None:
            return Stage.KEPT
        if self.image.has_failed:
            return Stage.IMAGE_FAILED
        return Stage.SAVED if self.image.usable else Stage.IMAGING

    def _replacing(self) -> Stage:
        states = {one.status for one in self.replacements}
        if "Running" in states:
            return Stage.DONE if self.is_closed else Stage.RUNNING
        return Stage.STARTING if states & _GOING else Stage.REPLACEMENT_ENDED


def recreations(holdings: Holdings) -> tuple[Recreation, ...]:
    """Put together what carries the same id, the unfinished first."""
    ids = dict.fromkeys(_tagged(holdings.every_tags, identity.TAG_ID))
    found = [_gather(one, holdings) for one in ids]
    order = list(Stage)
    return tuple(sorted(found, key=lambda one: (order.index(one.stage), one.recreation)))


def _gather(recreation: str, holdings: Holdings) -> Recreation:
    images = [one for one in holdings.images if _is_of(one.tags, recreation)]
    instances = [one for one in holdings.instances if _is_of(one.tags, recreation)]
    disks = [one for one in holdings.disks if _is_of(one.tags, recreation)]
    snapshots = [one for one in holdings.snapshots if _is_of(one.tags, recreation)]
    mine = Holdings(tuple(images), tuple(instances), tuple(disks), tuple(snapshots))
    every = mine.every_tags
    retained = tuple(disk for disk in disks if identity.TAG_RETAINED in disk.tags)
    left_over = Holdings(mine.images, (), retained, mine.snapshots).every_tags
    return Recreation(
        recreation=recreation,
        owner=_first(every, identity.TAG_OWNER),
        source=_first(every, identity.TAG_SOURCE),
        lineage=_first(every, identity.TAG_LINEAGE),
        image=max(images, key=lambda one: (not one.has_failed, one.created_at), default=None),
        replacements=tuple(one for one in instances if not _is_quarantined(one)),
        quarantined=tuple(one for one in instances if _is_quarantined(one)),
        retained=retained,
        snapshots=tuple(snapshots),
        delete_after=max(
            (tags.get(identity.TAG_DELETE_AFTER, "") for tags in left_over), default=""
        ),
    )


def _is_of(tags: Tags, recreation: str) -> bool:
    return tags.get(identity.TAG_ID) == recreation


def _is_quarantined(instance: Instance) -> bool:
    return identity.TAG_QUARANTINED in instance.tags


def _tagged(every: Iterable[Tags], key: str) -> list[str]:
    return [tags[key] for tags in every if tags.get(key)]


def _first(every: Iterable[Tags], key: str) -> str:
    return next(iter(_tagged(every, key)), "")
