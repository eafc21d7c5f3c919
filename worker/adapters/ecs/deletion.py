"""Port `Deletion`: the only place of the product that deletes what a recreation has left."""

from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.core.leftovers import Kind
from worker.core.model import DeleteAnswer

# Forced, because the replacement was made from them: without it the cloud refuses. The price is that
# disks made from them cannot be initialised again. Source: DeleteImage and DeleteSnapshot, Force.
_FORCED: Final = {"Force": True}
_CALLS: Final[dict[Kind, tuple[str, str, dict[str, Any]]]] = {
    Kind.IMAGE: ("DeleteImage", "ImageId", _FORCED),
    Kind.SNAPSHOT: ("DeleteSnapshot", "SnapshotId", _FORCED),
    Kind.DISK: ("DeleteDisk", "DiskId", {}),
    Kind.INTERFACE: ("DeleteNetworkInterface", "NetworkInterfaceId", {}),
    # The cloud refuses one that a listener leads to. Source: SLB DeleteMasterSlaveServerGroup.
    Kind.PAIR: ("slb:DeleteMasterSlaveServerGroup", "MasterSlaveServerGroupId", {}),
}


@dataclass(frozen=True, slots=True)
class EcsDeletion(operator_ports.Deletion):
    """Port `Deletion` over one region."""

    endpoint: Endpoint

    @override
    def delete(self, kind: Kind, resource_id: str) -> DeleteAnswer:
        call = _CALLS.get(kind)
        if call is None or not resource_id:
            raise ValueError(f"nothing deletes the {kind.value} {resource_id!r}")
        action, parameter, more = call
        return tolerant_answer(
            self.endpoint.change(action, {parameter: resource_id, **more}), resource_id
        )
