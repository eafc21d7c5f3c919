"""Port `DiskSettings`: prepares disks for an interruption, at an operator's order."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters.crew import Alone
from worker.adapters.ecs.batch import build_batches
from worker.adapters.ecs.disks import EcsDisks
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tagging import RESOURCES_PER_CALL, EcsTagging
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.core.identity import TAG_OUTLIVES, TAG_OWNER
from worker.core.model import Accepted, KeepAnswer

_SET_BY: Final = "set by audit"


@dataclass(frozen=True, slots=True)
class EcsDiskSettings(operator_ports.DiskSettings):
    """Port `DiskSettings` over one region."""

    endpoint: Endpoint

    @override
    def outlive(self, disk_ids: Sequence[str], *, owner: str) -> KeepAnswer:
        # The mark comes first: a disk that outlives its instance unseen would cost for ever.
        tags = {TAG_OUTLIVES: _SET_BY, TAG_OWNER: owner}
        tagging = EcsTagging(self.endpoint)
        disks = EcsDisks(build_batches(self.endpoint, Alone()))
        marked = _each(disk_ids, lambda some: tagging.tag("disk", some, tags))
        return _each(disk_ids, disks.keep) if isinstance(marked, Accepted) else marked

    @override
    def give_policy(self, disk_ids: Sequence[str], policy: str) -> KeepAnswer:
        return _each(disk_ids, lambda some: self._give_policy(some, policy))

    def _give_policy(self, disk_ids: Sequence[str], policy: str) -> KeepAnswer:
        # These parameters begin with a small letter. Source: ApplyAutoSnapshotPolicy.
        params = {
            "regionId": self.endpoint.region,
            "autoSnapshotPolicyId": policy,
            "diskIds": json.dumps(list(disk_ids)),
        }
        return tolerant_answer(self.endpoint.change("ApplyAutoSnapshotPolicy", params))


def _each(disk_ids: Sequence[str], change: Callable[[Sequence[str]], KeepAnswer]) -> KeepAnswer:
    """Change as many at a time as a call takes, and stop at the first refusal."""
    for at in range(0, len(disk_ids), RESOURCES_PER_CALL):
        answer = change(disk_ids[at : at + RESOURCES_PER_CALL])
        if not isinstance(answer, Accepted):
            return answer
    return Accepted()
