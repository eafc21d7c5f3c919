"""What each part of the product may do in the cloud, why, and where that is documented.

The one source of the RAM policies in `deploy/ram`, of the table beside them, and of what `doctor`
tries out. Resources hold placeholders in braces for the names of queues and bus.

Rules of this file
1. One grant per need; its actions are needed together.
2. A resource is as narrow as the action's page in the documents allows: "all resources" there is `*`
   here, whatever would be nicer.
3. An action that no test of the policies calls says why it is granted all the same, in `unrecorded`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Role = Literal["worker", "rule", "sweep", "audit", "replay", "doctor", "drill"]

_ECS: Final = "ECS 2014-05-26, RAM authorization"
_VPC: Final = "VPC 2016-04-28, RAM authorization"
_SMQ: Final = "SMQ, RAM policies"
_BALANCERS: Final = "SLB 2014-05-15, ALB 2020-06-16 and NLB 2022-04-30, RAM authorization"
_EVENTS: Final = "EventBridge 2020-04-01, RAM authorization"

# Source: the same page: "RAM policies" checks a batch call under the name of the single one, the pages
# of the batch calls name an action of their own. Both are granted.
_BOTH_SPELLINGS: Final = "documents differ on whether RAM knows a batch call under this name"
_ONE_BY_ONE: Final = (
    f"{_BOTH_SPELLINGS}, and after a batch that cannot be read messages are received one by one"
)
_GROUP_BY_GROUP: Final = "asked only where the cloud wants the group named when it lists servers"

QUEUE: Final = "acs:mns:*:*:/queues/{queue}"
DEAD_LETTERS: Final = "acs:mns:*:*:/queues/{dead_letters}"
UNDELIVERED: Final = "acs:mns:*:*:/queues/{undelivered}"
BUS: Final = "acs:eventbridge:*:*:eventbus/{bus}"
RULES: Final = BUS + "/rule/*"


def _ecs(*kinds: str) -> tuple[str, ...]:
    return tuple(f"acs:ecs:*:*:{kind}/*" for kind in kinds)


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a deployment gives its queues and its bus."""

    queue: str = "spot-interruptions"
    dead_letters: str = "spot-interruptions-dead"
    undelivered: str = "spot-interruptions-undelivered"
    bus: str = "default"


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of a policy.

    Attributes:
        need: What it is for, in a few words.
        actions: RAM actions, with their product.
        source: The document that names actions and resources.
        resources: ARNs with wildcards; `*` where the action cannot be narrowed.
        condition: The statement's Condition.
        setting: The setting or extra that needs it; empty when every deployment does.
        unrecorded: For actions that no test of the policies calls, why they are granted.
    """

    need: str
    actions: tuple[str, ...]
    source: str
    resources: tuple[str, ...] = ("*",)
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    setting: str = ""
    unrecorded: Mapping[str, str] = field(default_factory=dict)

    def statement(self, names: Names) -> dict[str, Any]:
        """Write it as RAM reads it."""
        values = {
            "queue": names.queue,
            "dead_letters": names.dead_letters,
            "undelivered": names.undelivered,
            "bus": names.bus,
        }
        written: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": [one.format(**values) for one in self.resources],
        }
        if self.condition:
            written["Condition"] = {key: dict(value) for key, value in self.condition.items()}
        return written


_LOOK_AT_LEFTOVERS: Final = Grant(
    "look at all that recreations have made or kept",
    (
        "ecs:DescribeImages",
        "ecs:DescribeSnapshots",
        "ecs:DescribeDisks",
        "ecs:DescribeInstances",
        "ecs:DescribeNetworkInterfaces",
    ),
    _ECS,
)
_CAPTURE: Final = Grant(
    "capture what a description of an instance does not tell",
    (
        "ecs:DescribeInstanceRamRole",
        "ecs:DescribeInstanceAttribute",
        "ecs:DescribeNetworkInterfaces",
    ),
    _ECS,
)
_PASS_ROLE: Final = Grant(
    "launch a replacement with the RAM role of its source; narrow the resource to those roles",
    ("ram:PassRole",),
    "ECS, Authorize a RAM user to manage an instance RAM role",
    condition={"StringEquals": {"acs:Service": "ecs.aliyuncs.com"}},
)
_PLAN: Final = Grant(
    "choose what the replacement can be",
    ("ecs:DescribeInstanceTypes", "ecs:DescribeSpotPriceHistory", "vpc:DescribeVSwitches"),
    f"{_ECS}; {_VPC}",
)

_ADDRESSES: Final = ("acs:vpc:*:*:eip/*",)
_EIP: Final = Grant(
    "find and move elastic addresses",
    ("vpc:DescribeEipAddresses", "vpc:UnassociateEipAddress", "vpc:AssociateEipAddress"),
    _VPC,
    (*_ADDRESSES, *_ecs("instance")),
    setting="handover.eip",
)
_FIND_MEMBERS: Final = Grant(
    "find the server groups that name the source or its interface; cannot be narrowed to a server",
    (
        "slb:DescribeLoadBalancers",
        "slb:DescribeLoadBalancerAttribute",
        "slb:DescribeVServerGroups",
        "slb:DescribeVServerGroupAttribute",
        "slb:DescribeMasterSlaveServerGroups",
        "slb:DescribeMasterSlaveServerGroupAttribute",
        "alb:ListServerGroups",
        "alb:ListServerGroupServers",
        "nlb:ListServerGroups",
        "nlb:ListServerGroupServers",
    ),
    _BALANCERS,
    setting="handover.load_balancers",
    unrecorded={
        "alb:ListServerGroups": _GROUP_BY_GROUP,
        "nlb:ListServerGroups": _GROUP_BY_GROUP,
    },
)
_MOVE_MEMBERS: Final = Grant(
    "replace the source in server groups; narrow the resource to the load balancers concerned",
    (
        "slb:AddBackendServers",
        "slb:RemoveBackendServers",
        "slb:AddVServerGroupBackendServers",
        "slb:RemoveVServerGroupBackendServers",
        "alb:AddServersToServerGroup",
        "alb:RemoveServersFromServerGroup",
        "nlb:AddServersToServerGroup",
        "nlb:RemoveServersFromServerGroup",
    ),
    _BALANCERS,
    setting="handover.load_balancers",
)
_MOVE_PAIRS: Final = Grant(
    "replace the source in master-slave groups, which cannot be changed: a new group, and the listeners that"
    " use it",
    (
        "slb:CreateMasterSlaveServerGroup",
        "slb:SetLoadBalancerTCPListenerAttribute",
        "slb:SetLoadBalancerUDPListenerAttribute",
    ),
    _BALANCERS,
    setting="handover.load_balancers",
)

_WORKER: Final = (
    Grant(
        "look at the source, its disks, its image and the replacement",
        (
            "ecs:DescribeInstances",
            "ecs:DescribeDisks",
            "ecs:DescribeImages",
            "ecs:DescribeSnapshots",
        ),
        _ECS,
    ),
    _CAPTURE,
    _PLAN,
    Grant(
        "retain: let disks outlive the source",
        ("ecs:ModifyDiskAttribute",),
        _ECS,
        _ecs("disk"),
    ),
    Grant(
        "remember what disks were, date leftovers, mark a second replacement, carry tags over",
        ("ecs:TagResources",),
        _ECS,
        _ecs("disk", "image", "snapshot", "instance", "eni"),
    ),
    Grant(
        "image: save the source",
        ("ecs:CreateImage",),
        _ECS,
        _ecs("image", "instance", "snapshot"),
    ),
    Grant(
        "image: save the system disk alone, where data disks are re-attached",
        ("ecs:CreateSnapshot",),
        _ECS,
        _ecs("disk", "snapshot"),
        setting="clone.data_disks: reattach",
    ),
    Grant(
        "attach the disks that no image holds",
        ("ecs:DetachDisk", "ecs:AttachDisk"),
        _ECS,
        _ecs("disk", "instance"),
    ),
    Grant("launch: start the replacement", ("ecs:RunInstances",), _ECS),
    _PASS_ROLE,
    Grant(
        "takeover: stop the source, so that never two serve",
        ("ecs:StopInstance",),
        _ECS,
        _ecs("instance"),
        setting="launch.takeover: stop-source",
    ),
    Grant(
        "run the configured commands inside sources and replacements; who may do it is administrator"
        " of every instance in the resource, so narrow it",
        ("ecs:RunCommand", "ecs:DescribeInvocationResults"),
        _ECS,
        setting="quiesce.command, health.command",
    ),
    Grant(
        "carry user data",
        ("ecs:DescribeUserData",),
        _ECS,
        setting="clone.user_data: rerun",
    ),
    Grant(
        "start a source in economical mode again in its place",
        ("ecs:StartInstance",),
        _ECS,
        _ecs("instance"),
    ),
    _EIP,
    Grant(
        "turn a static public address into an elastic one",
        ("ecs:ConvertNatPublicIpToEip",),
        _ECS,
        _ecs("instance"),
        setting="handover.convert_public_ip",
    ),
    Grant(
        "write on such an address whose it was, so that it is listed if it is left behind",
        ("vpc:TagResources",),
        "VPC TagResources, RAM authorization",
        _ADDRESSES,
        setting="handover.convert_public_ip",
    ),
    Grant(
        "keep secondary interfaces and move them",
        (
            "ecs:ModifyNetworkInterfaceAttribute",
            "ecs:DetachNetworkInterface",
            "ecs:AttachNetworkInterface",
        ),
        _ECS,
        _ecs("eni", "instance", "securitygroup"),
        setting="handover.interfaces",
        unrecorded={
            "ecs:DetachNetworkInterface": (
                "an interface is free once its source is released; detached only where a source lives on"
            )
        },
    ),
    _FIND_MEMBERS,
    _MOVE_MEMBERS,
    _MOVE_PAIRS,
    Grant(
        "receive interruptions, hold them, send progress on, finish",
        (
            "mns:ReceiveMessage",
            "mns:BatchReceiveMessage",
            "mns:ChangeMessageVisibility",
            "mns:SendMessage",
            "mns:DeleteMessage",
        ),
        _SMQ,
        (QUEUE + "/messages",),
        unrecorded={"mns:ReceiveMessage": _ONE_BY_ONE},
    ),
    Grant(
        "park what cannot go on",
        ("mns:SendMessage",),
        _SMQ,
        (DEAD_LETTERS + "/messages",),
    ),
    Grant(
        "keep what the platform could not invoke the function for; it sends with the function's role",
        ("mns:SendMessage",),
        "Function Compute, Result callback of asynchronous invocations",
        (UNDELIVERED + "/messages",),
        setting="Function Compute: onFailure",
    ),
    Grant(
        "status: look into the queues without receiving",
        ("mns:PeekMessage", "mns:BatchPeekMessage"),
        _SMQ,
        (QUEUE + "/messages", DEAD_LETTERS + "/messages"),
        unrecorded={"mns:PeekMessage": _BOTH_SPELLINGS},
    ),
)

_RULE: Final = (
    Grant(
        "make, look at, change and take down the rule and its target",
        (
            "eventbridge:GetRule",
            "eventbridge:CreateRule",
            "eventbridge:UpdateRule",
            "eventbridge:EnableRule",
            "eventbridge:DeleteRule",
            "eventbridge:PutTargets",
            "eventbridge:DeleteTargets",
        ),
        f"{_EVENTS}: rules are named under their bus, UpdateRule is checked on the bus",
        (BUS, RULES),
    ),
    Grant(
        "try the event pattern; look for the role with which EventBridge writes to a queue, and ask for it",
        (
            "eventbridge:TestEventPattern",
            "eventbridge:CheckServiceLinkedRoleForProduct",
            "eventbridge:CreateServiceLinkedRoleForProduct",
        ),
        f"{_EVENTS}: no resource is told for them (UNVERIFIED)",
    ),
    Grant(
        "make that role",
        ("ram:CreateServiceLinkedRole",),
        "EventBridge, Service-linked roles",
        condition={"StringEquals": {"ram:ServiceName": "sendevent-mns.eventbridge.aliyuncs.com"}},
    ),
    Grant(
        "make, look at, change and take down the three queues",
        (
            "mns:CreateQueue",
            "mns:GetQueueAttributes",
            "mns:SetQueueAttributes",
            "mns:DeleteQueue",
        ),
        _SMQ,
        (QUEUE, DEAD_LETTERS, UNDELIVERED),
    ),
    Grant(
        "see whether a queue still holds messages before it is deleted",
        ("mns:PeekMessage",),
        _SMQ,
        tuple(f"{one}/messages" for one in (QUEUE, DEAD_LETTERS, UNDELIVERED)),
    ),
    Grant(
        "rule test --send: a harmless message",
        ("mns:SendMessage",),
        _SMQ,
        (QUEUE + "/messages",),
    ),
)

_SWEEP: Final = (
    _LOOK_AT_LEFTOVERS,
    Grant(
        "look at elastic addresses that were made for a recreation and that nothing has",
        ("vpc:DescribeEipAddresses",),
        _VPC,
        _ADDRESSES,
    ),
    Grant("tell what leftovers cost", ("ecs:DescribePrice",), _ECS),
    Grant("delete images that are due", ("ecs:DeleteImage",), _ECS, _ecs("image")),
    Grant("delete snapshots that are due", ("ecs:DeleteSnapshot",), _ECS, _ecs("snapshot")),
    Grant("delete disks that a person named", ("ecs:DeleteDisk",), _ECS, _ecs("disk")),
    Grant(
        "delete network interfaces that a person named",
        ("ecs:DeleteNetworkInterface",),
        _ECS,
        _ecs("eni"),
        unrecorded={
            "ecs:DeleteNetworkInterface": (
                "an interface is left over only where the replacement is in another zone"
            )
        },
    ),
    Grant(
        "find the server groups that a handover has made and that nothing leads to",
        ("slb:DescribeLoadBalancers", "slb:DescribeMasterSlaveServerGroups"),
        _BALANCERS,
        setting="handover.load_balancers",
    ),
    Grant(
        "delete such server groups a day after they were made; narrow the resource to the load balancers",
        ("slb:DeleteMasterSlaveServerGroup",),
        "SLB DeleteMasterSlaveServerGroup, RAM authorization",
        ("acs:slb:*:*:loadbalancer/*",),
        setting="handover.load_balancers",
        unrecorded={
            "slb:DeleteMasterSlaveServerGroup": (
                "only two workers that make one in the same instant leave any; tests/unit/ops/test_sweep.py"
            )
        },
    ),
)

_AUDIT: Final = (
    Grant(
        "look at every spot instance and its disks",
        ("ecs:DescribeInstances", "ecs:DescribeDisks", "ecs:DescribeSnapshots"),
        _ECS,
    ),
    _CAPTURE,
    Grant(
        "audit --fix: let disks outlive their instance",
        ("ecs:ModifyDiskAttribute", "ecs:TagResources"),
        _ECS,
        _ecs("disk"),
        setting="--fix",
    ),
    Grant(
        "audit --fix: give disks a snapshot policy; the documents spell its resource in two ways",
        ("ecs:ApplyAutoSnapshotPolicy",),
        _ECS,
        _ecs("disk", "snapshotpolicy", "autosnapshotpolicy"),
        setting="--fix",
    ),
)

_REPLAY: Final = (
    Grant(
        "take parked messages and those that EventBridge could not deliver, return or delete them",
        (
            "mns:ReceiveMessage",
            "mns:BatchReceiveMessage",
            "mns:ChangeMessageVisibility",
            "mns:DeleteMessage",
        ),
        _SMQ,
        (DEAD_LETTERS + "/messages", UNDELIVERED + "/messages"),
        unrecorded={"mns:ReceiveMessage": _ONE_BY_ONE},
    ),
    Grant(
        "send them to the queue again, or to their own before their retention ends",
        ("mns:SendMessage",),
        _SMQ,
        tuple(f"{one}/messages" for one in (QUEUE, DEAD_LETTERS, UNDELIVERED)),
    ),
    Grant(
        "tell whether something is recreated already, and find what was never",
        ("ecs:DescribeInstances", "ecs:DescribeImages", "ecs:DescribeDisks"),
        _ECS,
    ),
    Grant(
        "tell what each would do and cost",
        ("vpc:DescribeVSwitches", "ecs:DescribePrice"),
        f"{_VPC}; {_ECS}",
    ),
)

_DOCTOR: Final = (
    Grant(
        "look at the rule and its target",
        ("eventbridge:GetRule",),
        f"{_EVENTS}: rules are named under their bus",
        (BUS, RULES),
    ),
    Grant(
        "look for the role with which EventBridge writes to a queue",
        ("eventbridge:CheckServiceLinkedRoleForProduct",),
        f"{_EVENTS}: no resource is told for it (UNVERIFIED)",
    ),
    Grant(
        "look at the three queues and their dead-letter policy",
        ("mns:GetQueueAttributes",),
        _SMQ,
        (QUEUE, DEAD_LETTERS, UNDELIVERED),
    ),
    Grant("read the quotas of spot instances", ("ecs:DescribeAccountAttributes",), _ECS),
)

_OF_A_DRILL: Final = {"StringLike": {"acs:ResourceTag/spot-recreation:drill": "*"}}
_DRILL: Final = (
    Grant(
        "look at the source, its disks, its image and the replacement",
        (
            "ecs:DescribeInstances",
            "ecs:DescribeDisks",
            "ecs:DescribeImages",
            "ecs:DescribeSnapshots",
        ),
        _ECS,
    ),
    _CAPTURE,
    _PLAN,
    Grant("tell the cost first", ("ecs:DescribePrice",), _ECS),
    Grant("save the source", ("ecs:CreateImage",), _ECS, _ecs("image", "instance")),
    Grant(
        "try a launch with DryRun; drill --launch: start an isolated replacement",
        ("ecs:RunInstances",),
        _ECS,
    ),
    _PASS_ROLE,
    Grant(
        "mark the snapshots of its image as the drill's and as nothing else. They carry no tag yet, and no"
        " condition tells them from others, so that whoever holds this policy could mark and then delete"
        " any snapshot; narrow the resource",
        ("ecs:TagResources",),
        f"{_ECS}; ECS, Use tags to control access to resources",
        _ecs("snapshot"),
        condition={"StringLike": {"acs:RequestTag/spot-recreation:drill": "drill-*"}},
    ),
    Grant(
        "date its image before the cleaning; drill --launch: mark a second replacement",
        ("ecs:TagResources",),
        f"{_ECS}; ECS, Use tags to control access to resources",
        _ecs("image", "instance"),
        condition=_OF_A_DRILL,
    ),
    Grant(
        "clean up what the drill itself has made, known by its tag",
        ("ecs:DeleteInstance", "ecs:DeleteImage", "ecs:DeleteSnapshot"),
        f"{_ECS}; ECS, Use tags to control access to resources",
        _ecs("instance", "image", "snapshot"),
        condition=_OF_A_DRILL,
    ),
    Grant(
        "drill --handover: stop an instance that is tagged as a canary, and start it again",
        ("ecs:StopInstance", "ecs:StartInstance"),
        f"{_ECS}; ECS, Use tags to control access to resources",
        _ecs("instance"),
        condition={"StringLike": {"acs:ResourceTag/spot-recreation:canary": "*"}},
        setting="--handover",
    ),
    Grant(
        "drill --handover: stop the replacement before everything goes back",
        ("ecs:StopInstance",),
        f"{_ECS}; ECS, Use tags to control access to resources",
        _ecs("instance"),
        condition=_OF_A_DRILL,
        setting="--handover",
    ),
    # What goes over and comes back; the documents know no tags of canaries there.
    _EIP,
    _FIND_MEMBERS,
    _MOVE_MEMBERS,
)

# Who each policy is for, in the order of the documents.
HOLDERS: Final[Mapping[Role, str]] = {
    "worker": "the worker, and `aliyun-ops status`",
    "rule": "whoever runs `aliyun-ops rule`",
    "doctor": "whoever runs `aliyun-ops doctor`, beside `worker.json`, whose permissions it tries out",
    "audit": "whoever runs `aliyun-ops audit`",
    "sweep": "whoever runs `aliyun-ops sweep`: deletes leftovers, and no instance",
    "replay": "whoever runs `aliyun-ops dlq` or `aliyun-ops reconcile`",
    "drill": "whoever runs a drill: deletes what the drill has made, known by its tag",
}
GRANTS: Final[Mapping[Role, tuple[Grant, ...]]] = {
    "worker": _WORKER,
    "rule": _RULE,
    "doctor": _DOCTOR,
    "audit": _AUDIT,
    "sweep": _SWEEP,
    "replay": _REPLAY,
    "drill": _DRILL,
}
# Commands that are designed and whose calls cannot be recorded yet.
PENDING: Final[Mapping[Role, str]] = {}


def policy_of(role: Role, names: Names) -> dict[str, Any]:
    """Write the RAM policy of a role for a deployment's names."""
    return {"Version": "1", "Statement": [one.statement(names) for one in GRANTS[role]]}


def operations_at(role: Role, queue: str) -> frozenset[str]:
    """Name what a role does at a queue, one of the constants of this file."""
    return frozenset(
        action.partition(":")[2]
        for grant in GRANTS[role]
        if f"{queue}/messages" in grant.resources
        for action in grant.actions
    )


def actions_of(role: Role) -> Iterator[str]:
    """List what a role may do, each once."""
    return iter(dict.fromkeys(action for grant in GRANTS[role] for action in grant.actions))
