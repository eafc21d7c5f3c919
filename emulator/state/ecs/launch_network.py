"""Where a launch goes: vSwitch, zone, addresses, security groups and interfaces."""

from dataclasses import replace

from emulator.state.ecs.blueprint import IPV6_MAX, SECONDARY_MAX, InterfacePlan
from emulator.state.ecs.catalogue import InstanceType
from emulator.state.ecs.params import Params, missing
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError
from emulator.state.networks import VSwitch, following

MAX_GROUPS = 10
# Instances of one launch. Source: RunInstances, Amount.
MAX_AMOUNT = 100
# What must be given in the Primary entry once there is one. Source: RunInstances.
MOVED = (
    "VSwitchId", "SecurityGroupId", "SecurityGroupIds", "PrivateIpAddress", "Ipv6AddressCount",
)  # fmt: skip


def plan_interfaces(
    region: EcsRegion, params: Params, each: InstanceType, now: float
) -> tuple[InterfacePlan, ...]:
    """Plan the interfaces of a launch, the primary one first.

    Raises:
        ApiError: Zone, vSwitch, address, groups or number of interfaces do not fit.
    """
    given = params.groups("NetworkInterface")
    primaries = [group for group in given if group.text("InstanceType") == "Primary"]
    rest = [group for group in given if group.text("InstanceType") != "Primary"]
    if len(primaries) > 1 or (primaries and any(name in params for name in MOVED)):
        raise ApiError(
            400,
            "InvalidParam.NetworkInterface",
            "With a primary NetworkInterface the top-level network parameters must be empty.",
        )
    primary = _primary(region, primaries[0] if primaries else params, params, each, now)
    if params.integer("Amount", 1) > 1:
        _check_several(primary, rest)
    if 1 + len(rest) > each.eni_quantity:
        raise ApiError(
            403, "MaxEniCountExceeded", "The instance type does not support so many ENIs."
        )
    plans = (primary, *(_secondary(region, group, primary, now) for group in rest))
    for plan in plans:
        _check_count(plan, each)
    return plans


def nth_of(interfaces: tuple[InterfacePlan, ...], index: int) -> tuple[InterfacePlan, ...]:
    """Plan the interfaces of the instance `index` of a launch: addresses follow each other."""
    primary, *rest = interfaces
    if not primary.ip:
        return interfaces
    return (replace(primary, ip=following(primary.ip, index)), *rest)


def _check_several(primary: InterfacePlan, rest: list[Params]) -> None:
    """Refuse what only one instance can have.

    Source: RunInstances, PrivateIpAddress, NetworkInterface.N.PrimaryIpAddress and
    NetworkInterface.N.NetworkInterfaceId, with the codes of its error table that name each.
    """
    if rest and primary.ip:
        raise ApiError(
            400,
            "InvalidParam.SecondaryNetworkInterface",
            "Instances whose addresses are given have no secondary interface.",
        )
    if any(group.text("PrimaryIpAddress") for group in rest):
        raise ApiError(
            400,
            "InvalidPrimaryIpAddress.SizeInvalid",
            "PrimaryIpAddress of a NetworkInterface is for one instance only.",
        )
    if any(group.text("NetworkInterfaceId") for group in rest):
        raise ApiError(403, "InvalidParam.Amount", "With NetworkInterfaceId Amount must be 1.")


def _check_count(plan: InterfacePlan, each: InstanceType) -> None:
    """Refuse more addresses than an interface of the type can have.

    Source: RunInstances, NetworkInterface.N.SecondaryPrivateIpAddressCount, and its error table.
    """
    for count, word in ((1 + plan.secondary_count, "Ipv4"), (plan.ipv6_count, "Ipv6")):
        if count > each.eni_addresses:
            raise ApiError(
                403,
                f"InvalidOperation.{word}CountExceeded",
                f"An interface of {each.type_id} has {each.eni_addresses} addresses at most.",
            )


def _primary(
    region: EcsRegion, group: Params, params: Params, each: InstanceType, now: float
) -> InterfacePlan:
    if not (vswitch_id := group.text("VSwitchId")):
        raise missing("VSwitchId")
    vswitch = region.vpc.networks.vswitch(vswitch_id)
    _check_vswitch(region, vswitch, params.text("ZoneId"))
    ip = group.text("PrimaryIpAddress") or group.text("PrivateIpAddress")
    if ip:
        # Several instances get addresses that follow each other. Source: RunInstances,
        # PrivateIpAddress.
        for step in range(min(params.integer("Amount", 1), MAX_AMOUNT)):
            vswitch.check(following(ip, step), now)
    return InterfacePlan(
        kind="Primary",
        vswitch=vswitch,
        security_group_ids=_groups(region, group, vswitch.vpc_id),
        ip=ip,
        name=group.text("NetworkInterfaceName"),
        queue_number=params.integer("NetworkInterfaceQueueNumber", each.queues),
        ipv6_count=group.count("Ipv6AddressCount", IPV6_MAX),
        secondary_count=group.count("SecondaryPrivateIpAddressCount", SECONDARY_MAX),
    )


def _check_vswitch(region: EcsRegion, vswitch: VSwitch, zone_id: str) -> None:
    if zone_id:
        region.zone(zone_id)
    if zone_id and zone_id != vswitch.zone_id:
        raise ApiError(
            400,
            "InvalidParameter.Mismatch",
            "Specified virtual switch is not in the specified zone.",
        )
    if vswitch.status != "Available":
        raise ApiError(
            400,
            "IncorrectVSwitchStatus",
            "The current status of virtual switch does not support this operation.",
        )


def _groups(region: EcsRegion, group: Params, vpc_id: str) -> tuple[str, ...]:
    one, many = group.text("SecurityGroupId"), group.texts("SecurityGroupIds")
    if one and many:
        raise ApiError(
            400,
            "InvalidSecurityGroupId.SingleIdAndMultiIdConflict",
            "SecurityGroupId and SecurityGroupIds exclude each other.",
        )
    ids = tuple(many) or ((one,) if one else ())
    if not ids:
        raise missing("SecurityGroupId")
    if len(set(ids)) < len(ids):
        raise ApiError(
            400, "InvalidParameter.SecurityGroupIdRepeated", "A security group is named twice."
        )
    if len(ids) > MAX_GROUPS:
        raise ApiError(
            400, "JoinedGroupLimitExceed", "The instance joins too many security groups."
        )
    for each in ids:
        check_group(region, each, vpc_id)
    return ids


def check_group(region: EcsRegion, group_id: str, vpc_id: str) -> None:
    """Refuse a security group that does not exist or belongs to another VPC."""
    known = region.security_groups.get(group_id)
    if known is None:
        raise ApiError(
            404,
            "InvalidSecurityGroupId.NotFound",
            "The SecurityGroupId provided does not exist in our records.",
        )
    if known.vpc_id != vpc_id:
        raise ApiError(
            400,
            "InvalidParameter.Mismatch",
            "Specified security group and virtual switch are not in the same VPC.",
        )


def _secondary(
    region: EcsRegion, group: Params, primary: InterfacePlan, now: float
) -> InterfacePlan:
    vswitch_id = group.text("VSwitchId") or primary.vswitch.vswitch_id
    if interface_id := group.text("NetworkInterfaceId"):
        vswitch_id = _free_interface(region, interface_id)
    vswitch = region.vpc.networks.vswitch(vswitch_id)
    if vswitch.zone_id != primary.vswitch.zone_id:
        raise ApiError(
            403,
            "InvalidOperation.AvailabilityZoneMismatch",
            "The ENI and the instance are not in the same zone.",
        )
    if ip := group.text("PrimaryIpAddress"):
        vswitch.check(ip, now)
    own = group.text("SecurityGroupId") or group.texts("SecurityGroupIds")
    groups = _groups(region, group, vswitch.vpc_id) if own else primary.security_group_ids
    return InterfacePlan(
        kind="Secondary",
        vswitch=vswitch,
        security_group_ids=groups,
        ip=ip,
        delete_on_release=group.flag("DeleteOnRelease", default=True),
        name=group.text("NetworkInterfaceName"),
        description=group.text("Description"),
        queue_number=group.integer("QueueNumber", 2),
        secondary_count=group.count("SecondaryPrivateIpAddressCount", SECONDARY_MAX),
        ipv6_count=group.count("Ipv6AddressCount", IPV6_MAX),
        interface_id=interface_id,
    )


def _free_interface(region: EcsRegion, interface_id: str) -> str:
    interface = region.interface(interface_id)
    if interface.status != "Available" or interface.kind == "Primary":
        raise ApiError(
            400,
            "InvalidOperation.InvalidEniState",
            f"The ENI {interface_id} is {interface.status}.",
        )
    return interface.vswitch_id
