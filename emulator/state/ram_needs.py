"""Which permissions a call needs: its action, over which resources, with which condition keys.

Sources: "RAM authorization" of ECS 2014-05-26 (also part of each action's page), of EventBridge
2020-04-01 and of VPC 2016-04-28; SMQ "RAM policies". A required resource that a call does not name
stands for all of its kind. An action without a row, or that the page gives no resources, needs all
resources: no narrower grant will do.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from emulator.state.errors import ApiError
from emulator.state.event_roles import ROLE_PREFIX
from emulator.state.queue_errors import access_denied
from emulator.state.ram import Need, Verdict

TagsOf = Callable[[str], Mapping[str, str]]


class _Kind(NamedTuple):
    """Resources of one kind.

    Attributes:
        type: The word in the ARN.
        parameters: Where a call names them.
        is_required: Whether a call that names none needs all of the kind.
        product: Whose ARN it is.
    """

    type: str
    parameters: tuple[str, ...] = ()
    is_required: bool = True
    product: str = "ecs"


def _maybe(type_: str, *parameters: str) -> _Kind:
    return _Kind(type_, parameters, is_required=False)


def _of(type_: str, *parameters: str, product: str = "ecs") -> _Kind:
    return _Kind(type_, parameters, product=product)


_INSTANCE = _of("instance", "InstanceId", "InstanceIds")
_DISK = _of("disk", "DiskId", "DiskIds")
_INTERFACE = _of("eni", "NetworkInterfaceId")
_SNAPSHOT = _of("snapshot", "SnapshotId", "SnapshotIds")
_IMAGE = _of("image", "ImageId")
_EIP = _of("eip", "AllocationId", product="vpc")

_ECS: Mapping[str, tuple[_Kind, ...]] = {
    "ApplyAutoSnapshotPolicy": (
        _of("disk", "diskIds"),
        _of("snapshotpolicy", "autoSnapshotPolicyId"),
    ),
    "AttachDisk": (_DISK, _INSTANCE),
    "AttachNetworkInterface": (_INTERFACE, _INSTANCE),
    "ConvertNatPublicIpToEip": (_INSTANCE,),
    "CreateAutoSnapshotPolicy": (_of("snapshotpolicy"),),
    "CreateDisk": (_maybe("disk"), _maybe("snapshot", "SnapshotId")),
    "CreateImage": (
        _of("image"),
        _maybe("instance", "InstanceId"),
        _maybe("snapshot", "SnapshotId"),
    ),
    "CreateNetworkInterface": (
        _of("eni"),
        _of("securitygroup", "SecurityGroupId", "SecurityGroupIds"),
        _of("vswitch", "VSwitchId", product="vpc"),
    ),
    "CreateSnapshot": (_DISK, _of("snapshot")),
    "DeleteDisk": (_DISK,),
    "DeleteImage": (_IMAGE,),
    "DeleteInstance": (_INSTANCE,),
    "DeleteInstances": (_INSTANCE,),
    "DeleteNetworkInterface": (_INTERFACE,),
    "DeleteSnapshot": (_SNAPSHOT,),
    "DescribeDisks": (_DISK,),
    "DescribeImages": (_IMAGE,),
    "DescribeInstanceAttribute": (_INSTANCE,),
    "DescribeInstanceRamRole": (_INSTANCE,),
    "DescribeInstances": (_INSTANCE,),
    "DescribeInvocationResults": (_INSTANCE,),
    "DescribeInvocations": (_INSTANCE,),
    "DescribeNetworkInterfaces": (_INTERFACE,),
    "DescribeSnapshots": (_SNAPSHOT,),
    "DescribeUserData": (_INSTANCE,),
    "DetachDisk": (_DISK, _INSTANCE),
    "DetachNetworkInterface": (_INTERFACE, _INSTANCE),
    "ModifyDiskAttribute": (_DISK,),
    "ModifyInstanceAttribute": (_INSTANCE,),
    "ModifyNetworkInterfaceAttribute": (
        _INTERFACE,
        _of("securitygroup", "SecurityGroupId", "SecurityGroupIds"),
    ),
    "RebootInstance": (_INSTANCE,),
    "RunCommand": (_INSTANCE,),
    "StartInstance": (_INSTANCE,),
    "StartInstances": (_INSTANCE,),
    "StopInstance": (_INSTANCE,),
    "StopInstances": (_INSTANCE,),
}
_VPC: Mapping[str, tuple[_Kind, ...]] = {
    "AssociateEipAddress": (_EIP,),
    # Source: SLB DeleteMasterSlaveServerGroup, RAM authorization; the call does not name its CLB.
    "DeleteMasterSlaveServerGroup": (_of("loadbalancer", product="slb"),),
    "DescribeEipAddresses": (_of("eip", product="vpc"),),
    "DescribeVSwitches": (_of("vswitch", product="vpc"),),
    "UnassociateEipAddress": (_EIP,),
}
_PASSED_TO = "ecs.aliyuncs.com"
# Source: EventBridge "Service-linked roles": the service behind each role; only this one is needed here.
_SERVICES: Mapping[str, str] = {"SendToMNS": "sendevent-mns.eventbridge.aliyuncs.com"}
_EVENT_RULE_ACTIONS = frozenset(
    {"CreateRule", "GetRule", "EnableRule", "DisableRule", "DeleteRule"}
    | {"PutTargets", "DeleteTargets", "ListTargets"}
)
# Source: "RAM authorization" of EventBridge names the bus as the resource of UpdateRule.
_EVENT_BUS_ACTIONS = frozenset(
    {"UpdateRule", "ListRules", "GetEventBus", "UpdateEventBus", "DeleteEventBus"}
)
_QUEUE_ACTIONS = frozenset(
    {"CreateQueue", "DeleteQueue", "GetQueueAttributes", "SetQueueAttributes"}
)
_SMQ_BATCH = "Batch"


class Account(NamedTuple):
    """Where a call arrives, as ARNs say it."""

    region: str
    account_id: str

    def arn(self, product: str, resource: str) -> str:
        """Write the name of a resource."""
        return f"acs:{product}:{self.region}:{self.account_id}:{resource}"


def rpc_needs(
    account: Account, product: str, action: str, params: Mapping[str, Any], tags_of: TagsOf
) -> tuple[Need, ...]:
    """Say what an RPC call needs.

    Args:
        account: Where it arrives.
        product: As in `RpcCall`.
        action: The action's name.
        params: Its parameters.
        tags_of: Reads the tags of a resource of ECS.
    """
    match product:
        case "sts":
            # Source: STS GetCallerIdentity: any identity may ask who it is.
            return ()
        case "slb" if action in _VPC:
            return tuple(_server_needs(account, product, action, params, tags_of))
        case "ecs" | "vpc":
            return tuple(_server_needs(account, product, action, params, tags_of))
        case "eventbridge":
            return tuple(_event_needs(account, action, params))
        case "mns-open":
            queue = str(params.get("QueueName", ""))
            return (smq_need(account, action, queue, batch_is_own=True),)
    return (Need(f"{product}:{action}"),)


def smq_need(account: Account, action: str, queue: str, *, batch_is_own: bool) -> Need:
    """Say what a request to a queue needs.

    Args:
        account: Where it arrives.
        action: The operation's name.
        queue: The queue's name; empty for a list.
        batch_is_own: Whether the batch form of an action is an action of its own.
    """
    if action == "ListQueue":
        return Need("mns:ListQueue", account.arn("mns", "/queues"))
    if action in _QUEUE_ACTIONS:
        return Need(f"mns:{action}", account.arn("mns", f"/queues/{queue}"))
    name = action if batch_is_own else action.removeprefix(_SMQ_BATCH)
    return Need(f"mns:{name}", account.arn("mns", f"/queues/{queue}/messages"))


def denial(product: str, need: Need, verdict: Verdict) -> ApiError:
    """Word the refusal of a call for lack of a permission.

    Sources: "Announcement of changes to the authentication mechanism for ECS query API operations"
    for `Forbidden.RAM` and AccessDeniedDetail; RunInstances for `InvalidUser.PassRoleForbidden`;
    EventBridge and SMQ "Error codes" for `AccessDenied`. The code of mns-open and of ALB and NLB is
    `NoPermission`, as RAM's own pages spell it.
    """
    if product == "smq":
        return access_denied()
    detail = {
        "AuthAction": need.action,
        "NoPermissionType": verdict.value,
        "PolicyType": "AccountLevelIdentityBasedPolicy",
    }
    return ApiError(403, _code(product, need), _MESSAGE, {"AccessDeniedDetail": detail})


_MESSAGE = (
    "User not authorized to operate on the specified resource, or this API doesn't support RAM."
)


def _code(product: str, need: Need) -> str:
    if need.action == "ram:PassRole":
        return "InvalidUser.PassRoleForbidden"
    if product == "eventbridge":
        return "AccessDenied"
    return "NoPermission" if product in ("mns-open", "alb", "nlb") else "Forbidden.RAM"


def _server_needs(
    account: Account, product: str, action: str, params: Mapping[str, Any], tags_of: TagsOf
) -> Iterator[Need]:
    name = f"{product}:{action}"
    asked = _request_tags(params)
    for arn, resource_id in _resources(account, product, action, params):
        owned = {f"acs:ResourceTag/{key}": value for key, value in tags_of(resource_id).items()}
        yield Need(name, arn, {**asked, **owned})
    if action == "RunInstances" and params.get("RamRoleName"):
        # Source: RunInstances, RamRoleName; "Authorize a RAM user to manage an instance RAM role".
        role = f"acs:ram::{account.account_id}:role/{params['RamRoleName']}"
        yield Need("ram:PassRole", role, {"acs:Service": _PASSED_TO})


def _resources(
    account: Account, product: str, action: str, params: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if action in ("TagResources", "UntagResources"):
        # Source: VPC TagResources, RAM authorization: the types as ARNs spell them.
        kind = str(params.get("ResourceType", "*")).lower()
        for resource_id in _listed(params.get("ResourceId")):
            yield account.arn(product, f"{kind}/{resource_id}"), resource_id
        return
    kinds = (_ECS if product == "ecs" else _VPC).get(action)
    if kinds is None:
        yield "*", ""
        return
    for each in kinds:
        named = [one for name in each.parameters for one in _listed(params.get(name))]
        for resource_id in named:
            yield account.arn(each.product, f"{each.type}/{resource_id}"), resource_id
        if not named and (each.is_required or not each.parameters):
            yield account.arn(each.product, f"{each.type}/*"), ""


def _listed(value: object) -> list[str]:
    """Read ids: one, several in a list, several in a JSON text, several with commas between."""
    if isinstance(value, list):
        return [str(one) for one in value]
    text = value if isinstance(value, str) else ""
    if not text.startswith("["):
        return [one for one in text.split(",") if one]
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [str(one) for one in found]


def _request_tags(params: Mapping[str, Any]) -> dict[str, str]:
    tags = params.get("Tag")
    listed: Iterable[Any] = tags if isinstance(tags, list) else ()
    return {
        f"acs:RequestTag/{tag['Key']}": str(tag.get("Value", ""))
        for tag in listed
        if isinstance(tag, Mapping) and "Key" in tag
    }


def _event_needs(account: Account, action: str, params: Mapping[str, Any]) -> Iterator[Need]:
    bus = f"eventbus/{params.get('EventBusName', '')}"
    if action in _EVENT_RULE_ACTIONS:
        rule = f"{bus}/rule/{params.get('RuleName', '')}"
        yield Need(f"eventbridge:{action}", account.arn("eventbridge", rule))
    elif action in _EVENT_BUS_ACTIONS:
        yield Need(f"eventbridge:{action}", account.arn("eventbridge", bus))
    elif action == "CreateEventBus":  # Source: its page, RAM authorization.
        yield Need(f"eventbridge:{action}", account.arn("eventbridge", "eventbus/*"))
    else:
        yield Need(f"eventbridge:{action}")
    if action == "CreateServiceLinkedRoleForProduct":
        # Source: RAM "Service-linked roles", ram:CreateServiceLinkedRole with ram:ServiceName.
        role = str(params.get("ProductName", "")).removeprefix(ROLE_PREFIX)
        yield Need(
            "ram:CreateServiceLinkedRole", "*", {"ram:ServiceName": _SERVICES.get(role, role)}
        )
