"""Tags of single disks and of the primary interface, which RunInstances cannot give apart."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.core import handing, identity
from worker.core.model import Accepted
from worker.core.progress import Progress, TagsOf
from worker.ports import Interfaces, Sources, TaggedKind, Tagging
from worker.steps.handover.moves import Left, Moved, RefusedForNow, Report


@dataclass(frozen=True, slots=True)
class TagMove:
    """Copies tags onto the replacement's part of the same device."""

    sources: Sources
    interfaces: Interfaces
    tagging: Tagging

    def run(self, wanted: TagsOf, progress: Progress) -> Report:
        """Look which tags the part has, and add those that it lacks."""
        kind, part, has = self._part(wanted.device, progress.launched.instance_id)
        if not part:
            return RefusedForNow("it does not show yet")
        lacking = {key: value for key, value in wanted.tags if has.get(key) != value}
        new = [key for key in lacking if key not in has]
        if len(has) + len(new) > identity.TAGS_MAX:
            return Left("a resource holds 20 tags and ours come first")
        if not lacking:
            return Moved()
        answer = self.tagging.tag(kind, (part,), lacking)
        # Tags show late: a look would find them lacking for a while.
        return Moved() if isinstance(answer, Accepted) else Left(answer.code)

    def _part(self, device: str, replacement: str) -> tuple[TaggedKind, str, Mapping[str, str]]:
        if device == handing.PRIMARY:
            for one in self.interfaces.of_instance(replacement):
                if one.is_primary:
                    return "eni", one.interface_id, one.tags
            return "eni", "", {}
        for disk in self.sources.look(replacement).disks:
            if disk.device == device:
                return "disk", disk.disk_id, disk.tags
        return "disk", "", {}
