"""What carries a recreation's tag, and what a glance into a queue shows; plain values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.core.model import Disk, Image, Instance, Tags


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot as described.

    Attributes:
        status: progressing, accomplished or failed.
        percent: Reported progress.
        disk_id: The disk that it was made of.
        size: GiB of that disk.
    """

    snapshot_id: str
    status: str
    percent: int = 0
    disk_id: str = ""
    size: int = 0
    created_at: str = ""
    tags: Tags = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything in the region that carries the tag of some recreation."""

    images: tuple[Image, ...] = ()
    instances: tuple[Instance, ...] = ()
    disks: tuple[Disk, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def every_tags(self) -> list[Tags]:
        """The tags of each thing."""
        return [
            *(one.tags for one in self.images),
            *(one.tags for one in self.instances),
            *(one.tags for one in self.disks),
            *(one.tags for one in self.snapshots),
        ]


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One message as a peek shows it, without receiving it.

    Attributes:
        attributes: User properties as received, unverified.
        enqueued_at: Epoch seconds.
    """

    message_id: str
    body: str
    attributes: Mapping[str, str]
    enqueued_at: float
    dequeue_count: int
