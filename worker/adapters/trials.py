"""Port `Trials`: permissions tried out by calls that change nothing.

Reads are made. A change is asked for with an id that cannot exist, with DryRun where the API has it, or,
at a queue, with a value that is out of range: permitted, it fails for that reason. RAM decides before the
product looks at what is named; where it should not (no page tells the order, UNVERIFIED), a missing
permission is overlooked and none is invented.

Where a policy may be narrowed to single resources an id that cannot exist is refused though all is well.
Server groups of ALB and NLB are therefore tried where an instance of ours is a member: with DryRun, and
with a server that cannot exist, so that nothing would come of it even without. Source:
AddServersToServerGroup and RemoveServersFromServerGroup of both products, DryRun. Not tried are roles to
pass and changes of CLB, whose API has no dry run; nor groups while none has an instance of ours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import operator_ports
from worker.adapters import error_map
from worker.adapters.ecs.call import (
    ApiRefusal,
    ConnectionLost,
    EcsCall,
    SdkMissing,
    product_of,
)
from worker.adapters.mns_queue import BATCH_MAX, MnsQueue, NothingThere
from worker.core.diagnosis import Trouble
from worker.core.errors import Permanent, RecreationError

Params = Mapping[str, Any]

# The cloud gives out ids that hold more than zeros.
_NOTHING: Final = "0" * 20
_INSTANCE: Final = f"i-{_NOTHING}"
_DISK: Final = f"d-{_NOTHING}"
_INTERFACE: Final = f"eni-{_NOTHING}"
_ADDRESS: Final = {"AllocationId": f"eip-{_NOTHING}", "InstanceId": _INSTANCE}
_ON_INTERFACE: Final = {"NetworkInterfaceId": _INTERFACE, "InstanceId": _INSTANCE}
_ONE: Final = {"MaxResults": 1}
_PAGE: Final = {"PageNumber": 1, "PageSize": 10}
_TAGGED: Final = (
    ("disk", _DISK),
    ("instance", _INSTANCE),
    ("image", f"m-{_NOTHING}"),
    ("snapshot", f"s-{_NOTHING}"),
    ("eni", _INTERFACE),
)
_MARK: Final = {"Key": "spot-recreation:doctor", "Value": ""}
_CALLS: Final[Mapping[str, tuple[Params, ...]]] = {
    "ecs:DescribeInstances": (_ONE,),
    "ecs:DescribeDisks": (_ONE,),
    "ecs:DescribeImages": (_PAGE,),
    "ecs:DescribeSnapshots": (_ONE,),
    "ecs:DescribeInstanceTypes": (_ONE,),
    "ecs:DescribeInstanceRamRole": ({"InstanceIds": f'["{_INSTANCE}"]'},),
    "ecs:DescribeInstanceAttribute": ({"InstanceId": _INSTANCE},),
    "ecs:DescribeNetworkInterfaces": (_ONE,),
    "ecs:DescribeSpotPriceHistory": ({"InstanceType": "ecs.g7.large", "NetworkType": "vpc"},),
    "ecs:DescribeInvocationResults": ({"InvokeId": f"t-{_NOTHING}"},),
    "ecs:DescribeUserData": ({"InstanceId": _INSTANCE},),
    "ecs:RunCommand": (
        {"Type": "RunShellScript", "CommandContent": "true", "InstanceId": [_INSTANCE]},
    ),
    "ecs:ModifyDiskAttribute": ({"DiskId": _DISK, "DeleteWithInstance": False},),
    "ecs:TagResources": tuple(
        {
            "ResourceType": kind,
            "ResourceId": [resource_id],
            "Tag": [_MARK],
        }
        for kind, resource_id in _TAGGED
    ),
    "ecs:CreateSnapshot": ({"DiskId": _DISK},),
    "ecs:DetachDisk": ({"DiskId": _DISK, "InstanceId": _INSTANCE},),
    "ecs:AttachDisk": ({"DiskId": _DISK, "InstanceId": _INSTANCE},),
    "ecs:CreateImage": ({"InstanceId": _INSTANCE, "DryRun": True},),
    "ecs:RunInstances": (
        {
            "ImageId": f"m-{_NOTHING}",
            "InstanceType": "ecs.g7.large",
            "SecurityGroupId": f"sg-{_NOTHING}",
            "VSwitchId": f"vsw-{_NOTHING}",
            "DryRun": True,
        },
    ),
    "ecs:StopInstance": ({"InstanceId": _INSTANCE, "DryRun": True},),
    "ecs:StartInstance": ({"InstanceId": _INSTANCE, "DryRun": True},),
    "ecs:ConvertNatPublicIpToEip": ({"InstanceId": _INSTANCE},),
    "ecs:ModifyNetworkInterfaceAttribute": (
        {"NetworkInterfaceId": _INTERFACE, "DeleteOnRelease": False},
    ),
    "ecs:DetachNetworkInterface": (_ON_INTERFACE,),
    "ecs:AttachNetworkInterface": (_ON_INTERFACE,),
    "vpc:DescribeVSwitches": (_PAGE,),
    "vpc:DescribeEipAddresses": (_PAGE,),
    "vpc:AssociateEipAddress": (_ADDRESS,),
    "vpc:UnassociateEipAddress": (_ADDRESS,),
    "vpc:TagResources": (
        {
            "ResourceType": "EIP",
            "ResourceId": [f"eip-{_NOTHING}"],
            "Tag": [_MARK],
        },
    ),
    "slb:DescribeLoadBalancers": (_PAGE,),
    "slb:DescribeLoadBalancerAttribute": ({"LoadBalancerId": f"lb-{_NOTHING}"},),
    "slb:DescribeVServerGroups": ({"LoadBalancerId": f"lb-{_NOTHING}"},),
    "slb:DescribeVServerGroupAttribute": ({"VServerGroupId": f"rsp-{_NOTHING}"},),
    "slb:DescribeMasterSlaveServerGroups": ({"LoadBalancerId": f"lb-{_NOTHING}"},),
    "slb:DescribeMasterSlaveServerGroupAttribute": (
        {"MasterSlaveServerGroupId": f"rsp-{_NOTHING}"},
    ),
    "alb:ListServerGroups": (_ONE,),
    "alb:ListServerGroupServers": ({"ServerIds": [_INSTANCE], "MaxResults": 1},),
    "nlb:ListServerGroups": (_ONE,),
    "nlb:ListServerGroupServers": ({"ServerIds": [_INSTANCE], "MaxResults": 1},),
}
_GROUP_CHANGES: Final = frozenset(
    f"{product}:{verb}ServerGroup"
    for product in ("alb", "nlb")
    for verb in ("AddServersTo", "RemoveServersFrom")
)
_NO_SERVER: Final = {"ServerId": _INSTANCE, "ServerType": "Ecs", "Port": 1}
# Longer than any message is kept: were it taken, it would expire unseen.
_NEVER_SECONDS: Final = 1_000_000_000
_NO_HANDLE: Final = "1-0"


class QueueTrials(MnsQueue):
    """A queue at which permissions are tried; see `MnsQueue` for the arguments."""

    def permitted(self, operation: str) -> bool | None:
        """Tell whether an operation is permitted here; None when it cannot be tried."""
        work = _AT_QUEUE.get(operation)
        if work is None:
            return None
        try:
            self._run(operation, work)
        except NothingThere:
            return True
        except Permanent as error:
            return error_map.trouble_of(error.code) is not Trouble.PERMISSION
        except RecreationError:
            return None
        return True


def _send(queue: Any) -> object:
    # The queue's class comes from the SDK's module, which is loaded already where a queue exists.
    from mns.queue import Message  # noqa: PLC0415 - heavy, and only needed here

    return queue.send_message(Message("doctor", delay_seconds=_NEVER_SECONDS))


_AT_QUEUE: Final[Mapping[str, Callable[[Any], object]]] = {
    "BatchPeekMessage": lambda queue: queue.batch_peek_message(1),
    "BatchReceiveMessage": lambda queue: queue.batch_receive_message(BATCH_MAX + 1),
    "ChangeMessageVisibility": lambda queue: queue.change_message_visibility(_NO_HANDLE, 1),
    "DeleteMessage": lambda queue: queue.delete_message(_NO_HANDLE),
    "SendMessage": _send,
}


@dataclass(frozen=True, slots=True)
class CloudTrials(operator_ports.Trials):
    """Port `Trials` over the seam to ECS and its like, and over queues.

    Attributes:
        call: The seam.
        region: Region id.
        queues: Each queue with the operations that are needed there.
        groups: Finds the server groups of a product, `alb` or `nlb`, that have an instance of ours.
    """

    call: EcsCall
    region: str
    queues: tuple[tuple[QueueTrials, frozenset[str]], ...]
    groups: Callable[[str], Sequence[str]]

    def close(self) -> None:
        """Close the queues' connections."""
        for queue, _ in self.queues:
            queue.close()

    @override
    def permitted(self, action: str) -> bool | None:
        product, _, name = action.partition(":")
        if product == "mns":
            found = [queue.permitted(name) for queue, needed in self.queues if name in needed]
        elif action in _GROUP_CHANGES:
            found = [self._called(action, params) for params in self._group_changes(product)]
        else:
            found = [self._called(action, params) for params in _CALLS.get(action, ())]
        if False in found:
            return False
        return True if True in found else None

    def _group_changes(self, product: str) -> list[Params]:
        try:
            groups = self.groups(product)
        except RecreationError:
            return []
        return [{"ServerGroupId": one, "Servers": [_NO_SERVER], "DryRun": True} for one in groups]

    def _called(self, action: str, params: Params) -> bool | None:
        product, _, name = action.partition(":")
        # Without its product an action is one of ECS, or one of VPC that ECS does not have.
        seam_name = name if product_of(name) == product else action
        try:
            self.call(seam_name, {"RegionId": self.region, **params})
        except ApiRefusal as refused:
            return error_map.trouble_of(refused.code) is not Trouble.PERMISSION
        except (ConnectionLost, SdkMissing):
            return None
        return True
