"""The steps' ports as a drill has them: what is made carries its tag, and the source is only read.

The real steps run over these, so that a drill shows what the worker would do and cannot do more than
stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from worker import ports
from worker.core import identity
from worker.core.errors import Permanent
from worker.core.model import (
    RECYCLING,
    Accepted,
    Candidate,
    Details,
    Disk,
    Image,
    ImageAnswer,
    Instance,
    LaunchAnswer,
    LaunchSpec,
    Look,
    SealedAnswer,
    Snapshot,
    SnapshotAnswer,
    StartAnswer,
    StopAnswer,
    TagAnswer,
    Tags,
)


class LeavesTheDrill(AssertionError):
    """A step wanted something of the source, or of what is not the drill's."""


@dataclass(frozen=True, slots=True)
class DrillImages(ports.Images):
    """Images that carry the drill's name, and no lineage: no generation is counted by them."""

    real: ports.Images
    drill: str

    @override
    def create(self, instance_id: str, *, name: str, token: str, tags: Tags) -> ImageAnswer:
        marked = drill_tags(tags, self.drill)
        return self.real.create(instance_id, name=name, token=token, tags=marked)

    @override
    def assemble(
        self, parts: Sequence[tuple[str, str]], *, name: str, token: str, tags: Tags, imds_v2: bool
    ) -> ImageAnswer:
        raise LeavesTheDrill("a drill makes one image")

    @override
    def snapshot(self, disk_id: str, *, token: str, tags: Tags) -> SnapshotAnswer:
        raise LeavesTheDrill("a drill makes one image of the whole source")

    @override
    def snapshots(self, ids: Sequence[str]) -> tuple[Snapshot, ...]:
        return self.real.snapshots(ids)

    @override
    def snapshots_of(self, disk_id: str) -> tuple[Snapshot, ...]:
        return self.real.snapshots_of(disk_id)

    @override
    def find(self, name: str) -> Image | None:
        return self.real.find(name)

    @override
    def known(self, image_id: str) -> Image | None:
        return self.real.known(image_id)

    @override
    def of_generation(self, lineage: str) -> tuple[Image, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class DrillSources(ports.Sources):
    """Reads as they are; what may not run twice is not read at all."""

    real: ports.Sources

    @override
    def look(self, instance_id: str) -> Look:
        return self.real.look(instance_id)

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.real.find(instance_id)

    @override
    def disks(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        return self.real.disks(disk_ids)

    @override
    def ram_role(self, instance_id: str) -> str:
        return self.real.ram_role(instance_id)

    @override
    def details(self, instance_id: str) -> Details:
        return self.real.details(instance_id)

    @override
    def user_data(self, instance_id: str, *, recreation: str) -> SealedAnswer:
        raise LeavesTheDrill("a drill runs no user data again")


@dataclass(frozen=True, slots=True)
class StoppedSource(DrillSources):
    """A source that looks as if the platform had stopped it: the launch waits for nothing else."""

    @override
    def find(self, instance_id: str) -> Instance | None:
        found = self.real.find(instance_id)
        if found is None:
            return None
        return replace(found, status="Stopped", locks=(*found.locks, RECYCLING))


@dataclass(frozen=True, slots=True)
class LockedSource(DrillSources):
    """A canary that looks as if the platform took it back: the launch stops it as it would then."""

    canary: str

    @override
    def find(self, instance_id: str) -> Instance | None:
        found = self.real.find(instance_id)
        if found is None or instance_id != self.canary:
            return found
        return replace(found, locks=(*found.locks, RECYCLING))


@dataclass(frozen=True, slots=True)
class DrillInstances(ports.Instances):
    """Launches what carries the drill's name; stops a canary at most, and starts nothing.

    Attributes:
        canary: The instance that may be stopped; empty for none.
    """

    real: ports.Instances
    drill: str
    canary: str = ""

    @override
    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        return self.real.find_tagged(recreation)

    @override
    def find_replacements(self, source: str) -> tuple[Instance, ...]:
        # What was launched for a notice says nothing of the drill.
        return ()

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.real.find(instance_id)

    @override
    def pay_as_you_go(self, owner: str, *, besides: str) -> int:
        return self.real.pay_as_you_go(owner, besides=besides)

    @override
    def launch(
        self,
        spec: LaunchSpec,
        candidate: Candidate,
        *,
        image_id: str,
        token: str,
        drop: Sequence[str],
    ) -> LaunchAnswer:
        if (identity.TAG_DRILL, self.drill) not in spec.tags:
            raise LeavesTheDrill("a drill launches nothing without its tag")
        return self.real.launch(spec, candidate, image_id=image_id, token=token, drop=drop)

    @override
    def stop(self, instance_id: str) -> StopAnswer:
        if instance_id != self.canary:
            raise LeavesTheDrill(f"a drill does not stop {instance_id}")
        answer = self.real.stop(instance_id)
        if not isinstance(answer, Accepted):
            raise Permanent(f"{instance_id} cannot be stopped", code=answer.code)
        return answer

    @override
    def start(self, instance_id: str) -> StartAnswer:
        raise LeavesTheDrill(f"a drill does not start {instance_id}")


@dataclass(frozen=True, slots=True)
class DrillTagging(ports.Tagging):
    """Tags what the drill has made."""

    real: ports.Tagging
    source: str

    @override
    def tag(self, kind: ports.TaggedKind, ids: Sequence[str], tags: Tags) -> TagAnswer:
        if kind not in {"instance", "snapshot"} or self.source in ids:
            raise LeavesTheDrill(f"a drill does not tag the {kind} {' '.join(ids)}")
        return self.real.tag(kind, ids, tags)


def drill_tags(tags: Tags, drill: str) -> Tags:
    """Mark what is made as the drill's and take it out of its source's lineage."""
    kept = {key: value for key, value in tags.items() if key != identity.TAG_LINEAGE}
    return {**kept, identity.TAG_DRILL: drill}


def isolated(spec: LaunchSpec, drill: str, security_group: str = "") -> LaunchSpec:
    """Write the request for a replacement that nobody can take for the source.

    It gets no public address, and its disks go with it whatever those of the source do.
    """
    return replace(
        spec,
        tags=tuple(sorted(drill_tags(dict(spec.tags), drill).items())),
        security_groups=(security_group,) if security_group else spec.security_groups,
        bandwidth_out=0,
        disks=tuple(replace(disk, delete_with_instance=True) for disk in spec.disks),
    )
