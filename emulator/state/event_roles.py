"""Service-linked roles of EventBridge, and the list of official event sources.

Sources: CheckServiceLinkedRoleForProduct, CreateServiceLinkedRoleForProduct and "Service-linked
roles for EventBridge"; "ECS events" for the types.
"""

from collections.abc import Mapping
from typing import Any

from emulator.state.event_calls import Body, Operation, Refused
from emulator.state.world import World

SEND_TO_MNS = "AliyunServiceRoleForEventBridgeSendToMNS"
ROLE_PREFIX = "AliyunServiceRoleForEventBridge"

_PRODUCTS = frozenset(
    ROLE_PREFIX + name
    for name in (
        "ConnectVPC",
        "SendToDirectMail",
        "SendToFC",
        "SendToKafka",
        "SendToMNS",
        "SendToRDS",
        "SendToRabbitMQ",
        "SendToRocketMQ",
        "SendToSAE",
        "SendToSMS",
        "SourceActionTrail",
        "SourceCMS",
        "SourceKafka",
        "SourceMNS",
        "SourceMqtt",
        "SourceRabbitMQ",
        "SourceRocketMQ",
        "SourceSLS",
    )
)

_ECS_TYPES = (
    "ecs:ActionTrail:AliyunServiceEvent",
    "ecs:Disk:ConvertToPostpaidCompleted",
    "ecs:Disk:DiskOperationCompleted",
    "ecs:Instance:InstanceFailure.Reboot",
    "ecs:Instance:PreemptibleInstanceInterruption",
    "ecs:Instance:StateChange",
    "ecs:Instance:SystemFailure.Delete",
    "ecs:Instance:SystemFailure.Reboot",
    "ecs:Instance:SystemFailure.Redeploy",
    "ecs:Instance:SystemFailure.Stop",
    "ecs:Instance:SystemMaintenance.Reboot",
    "ecs:Instance:SystemMaintenance.Redeploy",
    "ecs:Instance:SystemMaintenance.Stop",
    "ecs:Snapshot:CreateSnapshotCompleted",
    "ecs:Snapshot:CreateSnapshotInitiated",
    "ecs:Snapshot:SnapshotDeleted",
)


class ServiceRoles:
    """Which service-linked roles the account has; a new account has none.

    Args:
        world: The cloud.
        region: Region in which the calls arrive.
        names: Roles of the account; RAM is not regional, so regions may share the set.
    """

    def __init__(self, world: World, region: str, names: set[str] | None = None) -> None:
        self._world = world
        self._region = region
        self._names = set() if names is None else names

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def lose(self) -> None:
        """Lose all roles, as when somebody deletes them in RAM."""
        self._names.clear()

    def operations(self) -> dict[str, Operation]:
        """Name the actions that answer from here."""
        product = ("ProductName",)
        return {
            "CheckServiceLinkedRoleForProduct": Operation(self._check, product),
            "CreateServiceLinkedRoleForProduct": Operation(self._create, product),
            "ListAliyunOfficialEventSources": Operation(self._sources),
        }

    def _check(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        name = _product(params)
        return {"Data": {"CheckPass": name in self._names, "StsRoleName": name}}

    def _create(self, params: Mapping[str, Any], now: float) -> Body:
        name = _product(params)
        if name not in self._names:
            self._names.add(name)
            action = "CreateServiceLinkedRole"
            self._world.record(now, "eventbridge", self._region, action, name)
        return {"HttpCode": 200}

    def _sources(self, params: Mapping[str, Any], now: float) -> Body:
        del params, now
        account = self._world.account_id
        bus = f"acs:eventbridge:{self._region}:{account}:eventbus/default"
        source: Body = {
            "Name": "acs.ecs",
            "FullName": "acs.ecs",
            "Type": "AliyunOfficial",
            "Status": "Activated",
            "Description": "Elastic Compute Service",
            "Arn": f"{bus}/eventsource/acs.ecs",
            "Ctime": 0,
            "EventBusName": "default",
            "EventTypes": [_event_type(name) for name in _ECS_TYPES],
        }
        return {"Data": {"EventSourceList": [source]}}


def _product(params: Mapping[str, Any]) -> str:
    name = str(params["ProductName"])
    if name not in _PRODUCTS:
        raise Refused("RequestParameterInvalid", f"There is no service-linked role {name}.")
    return name


def _event_type(name: str) -> Body:
    _, group, short = name.split(":")
    return {
        "Name": name,
        "ShortName": short,
        "GroupName": group,
        "EventSourceName": "acs.ecs",
    }
