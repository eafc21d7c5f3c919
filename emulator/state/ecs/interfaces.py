"""Elastic network interfaces."""

from collections.abc import Iterable
from typing import Any

from emulator.state.ecs.blueprint import IPV6_MAX, SECONDARY_MAX, InterfacePlan, make_interface
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import agrees
from emulator.state.ecs.launch_network import MAX_GROUPS, check_group
from emulator.state.ecs.lifecycle import delete_interface
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.records import Instance, Interface
from emulator.state.ecs.references import check_names
from emulator.state.ecs.region import EcsRegion, visible
from emulator.state.ecs.tags import filters_of, tags_of
from emulator.state.ecs.wording import check_description, check_interface_name
from emulator.state.errors import ApiError

PAGES = PageRule(default=10, maximum=500, token_maximum=500, token_minimum=10, has_token=True)
QUEUES = range(1, 2_049)
_EXACT = {
    "InstanceId": "instance_id",
    "Type": "kind",
    "Status": "status",
    "VSwitchId": "vswitch_id",
    "VpcId": "vpc_id",
    "NetworkInterfaceName": "name",
    "PrimaryIpAddress": "ip",
    "ResourceGroupId": "resource_group_id",
}


def describe_network_interfaces(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List network interfaces. Source: ECS DescribeNetworkInterfaces."""
    found = [each for each in _candidates(region, params, now) if _matches(each, params)]
    alike = agrees(params, {"ServiceManaged": False})
    items, fields = page(found if alike else [], params, PAGES)
    rows = [_row(region, each, now) for each in items]
    return {"NetworkInterfaceSets": {"NetworkInterfaceSet": rows}, **fields}


def _candidates(region: EcsRegion, params: Params, now: float) -> list[Interface]:
    ids, tags = params.texts("NetworkInterfaceId"), filters_of(params)
    instance = region.instances.get(params.text("InstanceId"))
    source: Iterable[Interface] = region.interfaces.values()
    known: list[str] | None = ids or None
    if known is None and instance is not None:
        known = instance.interface_ids
    elif known is None and tags:
        known = region.tags.having(tags, now)
    if known is not None:
        source = (region.interfaces[each] for each in known if each in region.interfaces)
    found = visible(source, now)
    if tags:
        return [each for each in found if region.tags.matches(each.interface_id, tags, now)]
    return found


def _matches(interface: Interface, params: Params) -> bool:
    for name, attribute in _EXACT.items():
        wanted = params.text(name)
        if wanted and getattr(interface, attribute) != wanted:
            return False
    addresses = params.texts("PrivateIpAddress")
    if addresses and not {interface.ip, *interface.secondary_ips} & set(addresses):
        return False
    ipv6 = params.texts("Ipv6Address")
    if ipv6 and not set(interface.ipv6) & set(ipv6):
        return False
    group_id = params.text("SecurityGroupId")
    return not group_id or group_id in interface.security_group_ids


def _row(region: EcsRegion, interface: Interface, now: float) -> dict[str, Any]:
    eip = {"AllocationId": interface.eip_allocation_id, "PublicIpAddress": interface.public_ip}
    secondary = [{"PrivateIpAddress": ip, "Primary": False} for ip in interface.secondary_ips]
    primary = {"PrivateIpAddress": interface.ip, "Primary": True, "AssociatedPublicIp": eip}
    groups = list(interface.security_group_ids)
    return {
        "NetworkInterfaceId": interface.interface_id,
        "NetworkInterfaceName": interface.name,
        "Description": interface.description,
        "Type": interface.kind,
        "Status": interface.status,
        "InstanceId": interface.instance_id,
        "Attachment": {"InstanceId": interface.instance_id},
        "AssociatedPublicIp": eip,
        "PrivateIpAddress": interface.ip,
        "PrivateIpSets": {"PrivateIpSet": [primary, *secondary]},
        "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": each} for each in interface.ipv6]},
        "MacAddress": interface.mac,
        "SecurityGroupIds": {"SecurityGroupId": groups},
        "DeleteOnRelease": interface.delete_on_release,
        "QueueNumber": interface.queue_number,
        "SourceDestCheck": interface.source_dest_check,
        "NetworkInterfaceTrafficMode": "Standard",
        "ServiceManaged": False,
        "OwnerId": region.world.account_id,
        "ResourceGroupId": interface.resource_group_id,
        "VSwitchId": interface.vswitch_id,
        "VpcId": interface.vpc_id,
        "ZoneId": interface.zone_id,
        "CreationTime": to_second(interface.created_at),
        "Tags": region.tags.rows(interface.interface_id, now),
    }


def create_network_interface(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Create a secondary network interface. Source: ECS CreateNetworkInterface."""
    vswitch = region.vpc.networks.vswitch(params.required("VSwitchId"))
    one, tags = params.text("SecurityGroupId"), tags_of(params)
    groups = tuple(params.texts("SecurityGroupIds")) or ((one,) if one else ())
    if not groups:
        raise missing("SecurityGroupId")
    if len(groups) > MAX_GROUPS:
        raise ApiError(400, "JoinedGroupLimitExceed", "The ENI joins too many security groups.")
    for group_id in groups:
        check_group(region, group_id, vswitch.vpc_id)
    _check_words(params)
    check_names(region, params, ("ResourceGroupId",))
    plan = InterfacePlan(
        kind="Secondary",
        vswitch=vswitch,
        security_group_ids=groups,
        ip=params.text("PrimaryIpAddress"),
        delete_on_release=params.flag("DeleteOnRelease"),
        name=params.text("NetworkInterfaceName"),
        description=params.text("Description"),
        queue_number=params.integer("QueueNumber", 2),
        secondary_count=params.count("SecondaryPrivateIpAddressCount", SECONDARY_MAX),
        ipv6_count=params.count("Ipv6AddressCount", IPV6_MAX),
    )
    interface = make_interface(region, plan, now, region.visible_from(now))
    interface.resource_group_id = params.text("ResourceGroupId")
    region.tags.put(interface.interface_id, tags, region.visible_from(now))
    region.record(now, "CreateNetworkInterface", interface.interface_id, tags=tags)
    row = _row(region, interface, now)
    shown = {key: row[key] for key in CREATED_FIELDS}
    shown["PrivateIpSets"] = {
        "PrivateIpSet": [
            {key: each[key] for key in ("PrivateIpAddress", "Primary")}
            for each in row["PrivateIpSets"]["PrivateIpSet"]
        ]
    }
    return shown


def _check_words(params: Params) -> None:
    """Refuse what an interface cannot have.

    Source: CreateNetworkInterface and ModifyNetworkInterfaceAttribute, parameters and codes.
    """
    check_interface_name(params.text("NetworkInterfaceName"))
    check_description(params.text("Description"), "InvalidParameter")
    if params.integer("QueueNumber", 1) not in QUEUES:
        raise ApiError(
            403, "InvalidParameter.InvalidEniQueueNumber", "QueueNumber lies between 1 and 2048."
        )


CREATED_FIELDS = (
    "NetworkInterfaceId", "NetworkInterfaceName", "Description", "Type", "Status", "MacAddress",
    "PrivateIpAddress", "Ipv6Sets", "SecurityGroupIds", "OwnerId", "ResourceGroupId",
    "VSwitchId", "VpcId", "ZoneId", "SourceDestCheck", "Tags",
)  # fmt: skip


def modify_network_interface_attribute(
    region: EcsRegion, params: Params, now: float
) -> dict[str, Any]:
    """Change a network interface. Source: ECS ModifyNetworkInterfaceAttribute."""
    interface = region.interface(params.required("NetworkInterfaceId"))
    groups = tuple(params.texts("SecurityGroupId")) or interface.security_group_ids
    for group_id in groups:
        check_group(region, group_id, interface.vpc_id)
    _check_words(params)
    interface.security_group_ids = groups
    interface.name = params.text("NetworkInterfaceName", interface.name)
    interface.description = params.text("Description", interface.description)
    interface.queue_number = params.integer("QueueNumber", interface.queue_number)
    if "DeleteOnRelease" in params:
        interface.delete_on_release = params.flag("DeleteOnRelease")
    region.record(now, "ModifyNetworkInterfaceAttribute", interface.interface_id, **params.values())
    return {}


def attach_network_interface(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Attach a free secondary interface. Source: ECS AttachNetworkInterface; asynchronous."""
    interface = region.interface(params.required("NetworkInterfaceId"))
    instance = _instance(region, params)
    _require(interface, "Available")
    if interface.vpc_id != instance.vpc_id:
        raise ApiError(
            403, "InvalidOperation.VpcMismatch", "The ENI and the instance differ in VPC."
        )
    if interface.zone_id != instance.zone_id:
        raise ApiError(
            403,
            "InvalidOperation.AvailabilityZoneMismatch",
            "The ENI and the instance are not in the same zone.",
        )
    quantity = region.instance_type(instance.type_id).eni_quantity
    if len(instance.interface_ids) >= quantity:
        raise ApiError(
            403, "EniPerInstanceLimitExceeded", "The instance has as many ENIs as it can."
        )
    interface.status, interface.instance_id = "Attaching", instance.instance_id
    instance.interface_ids.append(interface.interface_id)
    _plan(region, interface, "InUse", now)
    region.record(
        now,
        "AttachNetworkInterface",
        interface.interface_id,
        instance_id=instance.instance_id,
    )
    return {}


def detach_network_interface(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Detach a secondary interface. Source: ECS DetachNetworkInterface; asynchronous."""
    interface = region.interface(params.required("NetworkInterfaceId"))
    if interface.kind == "Primary":
        raise ApiError(
            400,
            "InvalidOperation.DetachPrimaryEniNotAllowed",
            "The primary ENI cannot be detached.",
        )
    if interface.status == "Available":
        return {}
    instance = _instance(region, params)
    if instance.is_recycling and not region.assumptions.detach_while_recycling:
        raise ApiError(
            400, "InvalidOperation.InvalidEcsState", "The instance is locked for recycling."
        )
    if interface.instance_id != instance.instance_id:
        raise malformed("InstanceId", "is not the instance of the network interface")
    _require(interface, "InUse")
    interface.status = "Detaching"
    _plan(region, interface, "Available", now)
    region.record(
        now,
        "DetachNetworkInterface",
        interface.interface_id,
        instance_id=instance.instance_id,
    )
    return {}


def _instance(region: EcsRegion, params: Params) -> Instance:
    instance_id = params.required("InstanceId")
    instance = region.instances.get(instance_id)
    if instance is None or instance.gone_at is not None:
        raise ApiError(404, "InvalidEcsId.NotFound", f"The instance {instance_id} is not there.")
    if instance.status.now not in {"Running", "Stopped"}:
        raise ApiError(
            400,
            "InvalidOperation.InvalidEcsState",
            f"The instance is {instance.status.now}.",
        )
    return instance


def _require(interface: Interface, status: str) -> None:
    if interface.status != status:
        raise ApiError(
            400,
            "InvalidOperation.InvalidEniState",
            f"The ENI is {interface.status}, not {status}.",
        )


def _plan(region: EcsRegion, interface: Interface, status: str, now: float) -> None:
    interface.timer = region.world.scheduler.at(
        now + region.jittered(region.settings.attach_seconds),
        lambda at: _settle(region, interface, status, at),
    )


def _settle(region: EcsRegion, interface: Interface, status: str, at: float) -> None:
    interface.timer = None
    if interface.interface_id not in region.interfaces or not interface.instance_id:
        return
    if status == "Available":
        owner = region.instances.get(interface.instance_id)
        if owner is not None:
            owner.interface_ids.remove(interface.interface_id)
        interface.instance_id = ""
    interface.status = status
    region.platform(at, f"Interface{status}", interface.interface_id)


def delete_network_interface(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Delete a free interface. Source: ECS DeleteNetworkInterface."""
    interface = region.interface(params.required("NetworkInterfaceId"))
    _require(interface, "Available")
    region.record(now, "DeleteNetworkInterface", interface.interface_id)
    delete_interface(region, interface, now)
    return {}
