"""Port `Addresses`: elastic addresses, and static ones that are made elastic."""

from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tagging import tag_parameters
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.adapters.network.answers import move_answer
from worker.core.model import Address, MoveAnswer, TagAnswer, Tags

# Source: VPC DescribeEipAddresses, PageSize: 1 to 100.
_ADDRESSES_PER_PAGE: Final = 100
_INSTANCE: Final = "EcsInstance"


@dataclass(frozen=True, slots=True)
class VpcAddresses(ports.Addresses):
    """Port `Addresses` over one region."""

    endpoint: Endpoint

    @override
    def of_instance(self, instance_id: str) -> tuple[Address, ...]:
        wanted = {"AssociatedInstanceId": instance_id, "AssociatedInstanceType": _INSTANCE}
        return tuple(one for one in self._list(wanted) if one.target == instance_id)

    @override
    def find(self, allocation: str) -> Address | None:
        found = self._list({"AllocationId": allocation})
        return next((one for one in found if one.allocation == allocation), None)

    @override
    def unassociate(self, allocation: str, instance_id: str, *, token: str) -> MoveAnswer:
        return self._change("UnassociateEipAddress", allocation, instance_id, token)

    @override
    def associate(self, allocation: str, instance_id: str, *, token: str) -> MoveAnswer:
        return self._change("AssociateEipAddress", allocation, instance_id, token)

    @override
    def convert(self, instance_id: str) -> MoveAnswer:
        answer = self.endpoint.change("ConvertNatPublicIpToEip", {"InstanceId": instance_id})
        return move_answer(answer, instance_id)

    @override
    def tag(self, allocation: str, tags: Tags) -> TagAnswer:
        # Source: VPC TagResources, ResourceType.
        params = {"ResourceType": "EIP", "ResourceId": [allocation], "Tag": tag_parameters(tags)}
        return tolerant_answer(self.endpoint.change("vpc:TagResources", params), allocation)

    def _change(self, action: str, allocation: str, instance_id: str, token: str) -> MoveAnswer:
        params = {
            "AllocationId": allocation,
            # With the instance named, the cloud refuses when the address is somebody else's.
            "InstanceId": instance_id,
            "InstanceType": _INSTANCE,
            "ClientToken": token,
        }
        return move_answer(self.endpoint.change(action, params), allocation)

    def _list(self, wanted: dict[str, Any]) -> tuple[Address, ...]:
        bodies = self.endpoint.list_by_number(
            "DescribeEipAddresses", wanted, "EipAddresses", "EipAddress", size=_ADDRESSES_PER_PAGE
        )
        return tuple(_address_of(body) for body in bodies)


def _address_of(body: Body) -> Address:
    return Address(
        allocation=fields.text(body, "AllocationId"),
        ip=fields.text(body, "IpAddress"),
        status=fields.text(body, "Status"),
        target=fields.text(body, "InstanceId"),
        target_kind=fields.text(body, "InstanceType"),
    )
