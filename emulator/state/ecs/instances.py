"""Reading instances: lists, single attributes, roles, user data, status."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.state.ecs.clock_text import from_text, to_minute
from emulator.state.ecs.filters import (
    LOCK_REASON,
    agrees,
    check_choices,
    check_filter_keys,
    choice,
    created_in_time,
    expires_in_time,
)
from emulator.state.ecs.instance_view import (
    EXPIRED_TIME,
    MIB_PER_GIB,
    eip_row,
    instance_row,
    lock_rows,
    vpc_row,
)
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import Instance
from emulator.state.ecs.region import EcsRegion, visible
from emulator.state.ecs.tags import check_filters, filters_of
from emulator.state.errors import ApiError, dry_run_passed

PAGES = PageRule(default=10, maximum=100, token_maximum=100)
INSTANCE_PAGES = PageRule(
    default=10, maximum=100, token_maximum=100, token_minimum=10, has_token=True
)
STATUS_PAGES = PageRule(default=10, maximum=50)
STATES = ("Pending", "Running", "Starting", "Stopping", "Stopped")
Test = Callable[[Instance], bool]

_EXACT: Mapping[str, Callable[[Instance], str]] = {
    "VpcId": lambda each: each.vpc_id,
    "VSwitchId": lambda each: each.vswitch_id,
    "ZoneId": lambda each: each.zone_id,
    "ImageId": lambda each: each.image_id,
    "InstanceType": lambda each: each.type_id,
    "InstanceChargeType": lambda each: each.options.charge_type,
    "InternetChargeType": lambda each: each.options.internet_charge_type,
    "KeyPairName": lambda each: each.options.key_pair_name,
    "ResourceGroupId": lambda each: each.options.resource_group_id,
    "HpcClusterId": lambda each: each.options.hpc_cluster_id,
    "HttpEndpoint": lambda each: each.options.http_endpoint,
    "HttpTokens": lambda each: each.options.http_tokens,
    "InstanceNetworkType": lambda _: "vpc",
}
# Source: DescribeInstances, error table.
_CHOICES = (
    LOCK_REASON,
    choice("InstanceChargeType", "PrePaid PostPaid", "InvalidInstanceChargeType.NotFound"),
    choice(
        "InternetChargeType",
        "PayByBandwidth PayByTraffic",
        "InvalidInternetChargeType.ValueNotSupported",
    ),
    choice("InstanceNetworkType", "classic vpc", "InvalidNetworkType.NotFound"),
)
# What is so of every instance here, as its row says.
_ALIKE: Mapping[str, str | bool] = {
    "DeviceAvailable": True,
    "InnerIpAddresses": "",
    "IoOptimized": True,
    "RdmaIpAddresses": "",
}


def describe_instances(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List instances. Source: ECS DescribeInstances (page size 10 unless told otherwise)."""
    dry_run(region, params)
    check_choices(params, _CHOICES)
    check_filters(params)
    check_filter_keys(params, "ExpiredStartTime", "ExpiredEndTime")
    tests = _tests(region, params, now)
    found = [each for each in _candidates(region, params, now) if all(t(each) for t in tests)]
    items, fields = page(found if agrees(params, _ALIKE) else [], params, INSTANCE_PAGES)
    metadata = "META_OPTIONS" in params.texts("AdditionalAttributes")
    rows = [instance_row(region, each, now, metadata=metadata) for each in items]
    return {"Instances": {"Instance": rows}, **fields}


def dry_run(region: EcsRegion, params: Params) -> None:
    """End a dry run, whose success is an error. Source: DescribeInstances, DryRun."""
    if params.flag("DryRun"):
        raise dry_run_passed(region.assumptions.dry_run_status)


def _candidates(region: EcsRegion, params: Params, now: float) -> list[Instance]:
    ids = params.json_list("InstanceIds")
    tags = filters_of(params)
    source: Iterable[Instance] = region.instances.values()
    if ids is not None:
        source = (region.instances[each] for each in ids if each in region.instances)
    elif tags:
        matching = region.tags.having(tags, now)
        source = (region.instances[each] for each in matching if each in region.instances)
    found = visible(source, now)
    if ids is not None and tags:
        return [each for each in found if region.tags.matches(each.instance_id, tags, now)]
    return found


def _tests(region: EcsRegion, params: Params, now: float) -> list[Test]:
    tests: list[Test] = []
    given = params.values()
    exact = [(_EXACT[name], params.text(name)) for name in given if name in _EXACT and given[name]]
    if exact:
        tests.append(lambda each: all(get(each) == wanted for get, wanted in exact))
    if status := params.text("Status"):
        if status not in STATES:
            raise ApiError(404, "InvalidStatus.NotFound", "The specified Status is not found")
        tests.append(lambda each: region.status_seen(each.status, now) == status)
    if reason := params.text("LockReason").lower():
        tests.append(
            lambda each: any(row["LockReason"].lower() == reason for row in lock_rows(each, now))
        )
    if name := params.text("InstanceName"):
        tests.append(lambda each: _name_matches(each.options.instance_name, name))
    if group := params.text("SecurityGroupId"):
        tests.append(lambda each: group in each.options.security_group_ids)
    if family := params.text("InstanceTypeFamily"):
        tests.append(lambda each: region.instance_type(each.type_id).family == family)
    if params.groups("Filter"):
        in_time = created_in_time(params)
        tests.append(lambda each: in_time(each.created_at))
        expires = expires_in_time(params)(from_text(EXPIRED_TIME))
        tests.append(lambda _: expires)
    return tests + _address_tests(region, params)


def _address_tests(region: EcsRegion, params: Params) -> list[Test]:
    tests: list[Test] = []
    private = params.json_list("PrivateIpAddresses")
    public = params.json_list("PublicIpAddresses")
    elastic = params.json_list("EipAddresses")
    if private is not None:
        tests.append(lambda each: each.private_ip in private)
    if public is not None:
        tests.append(lambda each: each.public_ip in public)
    if elastic is not None:
        tests.append(lambda each: eip_row(region, each)["IpAddress"] in elastic)
    if wanted := set(params.texts("Ipv6Address")):
        tests.append(lambda each: not wanted.isdisjoint(_ipv6_of(region, each)))
    return tests


def _ipv6_of(region: EcsRegion, instance: Instance) -> set[str]:
    interfaces = (region.interfaces.get(each) for each in instance.interface_ids)
    return {address for each in interfaces if each is not None for address in each.ipv6}


def _name_matches(name: str, pattern: str) -> bool:
    """Match a name; only `*` at the ends is a wildcard. Source: DescribeInstances."""
    core = pattern.strip("*")
    if pattern.startswith("*") and pattern.endswith("*"):
        return core in name
    if pattern.endswith("*"):
        return name.startswith(core)
    return name.endswith(core) if pattern.startswith("*") else name == pattern


def describe_instance_attribute(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Show one instance. Source: ECS DescribeInstanceAttribute."""
    instance = region.instance(params.required("InstanceId"))
    each, options = region.instance_type(instance.type_id), instance.options
    network = {
        "EnableJumboFrame": options.jumbo_frame,
        "EnableNetworkEncryption": options.network_encryption,
    }
    return {
        "InstanceId": instance.instance_id,
        "InstanceName": options.instance_name,
        "Description": options.description,
        "HostName": options.host_name,
        "RegionId": region.region_id,
        "ZoneId": instance.zone_id,
        "ClusterId": "",
        "ImageId": instance.image_id,
        "InstanceType": instance.type_id,
        "Cpu": each.cpu,
        "Memory": int(each.memory_gib * MIB_PER_GIB),
        "Status": region.status_seen(instance.status, now),
        "StoppedMode": instance.stopped_mode,
        "InstanceChargeType": options.charge_type,
        "InstanceNetworkType": "vpc",
        "InternetChargeType": options.internet_charge_type,
        "InternetMaxBandwidthIn": options.bandwidth_in,
        "InternetMaxBandwidthOut": options.bandwidth_out,
        "IoOptimized": "optimized",
        "CreditSpecification": options.credit_specification,
        "SerialNumber": instance.serial,
        "CreationTime": to_minute(instance.created_at),
        "ExpiredTime": EXPIRED_TIME,
        "VlanId": "",
        **network,
        "NetworkOptions": {**network, "BandwidthWeighting": options.bandwidth_weighting},
        "SecurityOptions": {"EnableSecureBoot": options.secure_boot},
        "OperationLocks": {
            "LockReason": [{"LockReason": row["LockReason"]} for row in lock_rows(instance, now)]
        },
        "PublicIpAddress": {"IpAddress": [instance.public_ip] if instance.public_ip else []},
        "InnerIpAddress": {"IpAddress": []},
        "EipAddress": {
            name: value
            for name, value in eip_row(region, instance).items()
            if name != "IsSupportUnassociate"
        },
        "SecurityGroupIds": {"SecurityGroupId": list(options.security_group_ids)},
        "VpcAttributes": vpc_row(instance),
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
    }


def describe_instance_status(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List ids and states. Source: ECS DescribeInstanceStatus."""
    wanted, zone_id = set(params.texts("InstanceId")), params.text("ZoneId")
    found = [
        each
        for each in visible(region.instances.values(), now)
        if (not wanted or each.instance_id in wanted) and zone_id in {"", each.zone_id}
    ]
    items, fields = page(found, params, STATUS_PAGES)
    rows = [
        {"InstanceId": each.instance_id, "Status": region.status_seen(each.status, now)}
        for each in items
    ]
    return {"InstanceStatuses": {"InstanceStatus": rows}, **fields}


def describe_user_data(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Return the user data, Base64 as it was given. Source: ECS DescribeUserData."""
    del now
    instance = region.instance(params.required("InstanceId"))
    return {
        "InstanceId": instance.instance_id,
        "RegionId": region.region_id,
        "UserData": instance.options.user_data,
    }


def describe_instance_ram_role(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List instance roles, by instances or by role. Source: ECS DescribeInstanceRamRole."""
    ids, role = params.json_list("InstanceIds"), params.text("RamRoleName")
    known = visible(region.instances.values(), now) if ids is None else _by_ids(region, ids)
    found = [
        {"InstanceId": each.instance_id, "RamRoleName": each.options.ram_role_name}
        for each in known
        if (ids is not None and not role) or (each.options.ram_role_name == role != "")
    ]
    items, fields = page(found, params, PAGES)
    return {
        "RegionId": region.region_id,
        "TotalCount": fields["TotalCount"],
        "InstanceRamRoleSets": {"InstanceRamRoleSet": list(items)},
    }


def describe_instance_attachment_attributes(
    region: EcsRegion, params: Params, now: float
) -> dict[str, Any]:
    """List private pools of instances. Source: ECS DescribeInstanceAttachmentAttributes."""
    del now
    params.required("InstanceIds")
    found = _by_ids(region, params.json_list("InstanceIds") or [])
    items, fields = page(found, params, PAGES)
    rows = [
        {
            "InstanceId": each.instance_id,
            "PrivatePoolOptionsMatchCriteria": each.options.private_pool,
            "PrivatePoolOptionsId": each.options.private_pool_id,
        }
        for each in items
    ]
    return {"Instances": {"Instance": rows}, **fields}


def _by_ids(region: EcsRegion, ids: Iterable[str]) -> list[Instance]:
    return [region.instances[each] for each in ids if each in region.instances]
