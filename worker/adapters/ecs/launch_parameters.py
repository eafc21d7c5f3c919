"""RunInstances from a `LaunchSpec`: every field of the clone, and none that must not be sent.

Pure and deterministic: the same arguments give the same parameters to the byte, because a client
token that is repeated with other parameters is refused. Source: "How to ensure idempotence", ECS.

Never sent
    DeletionProtection, PrivatePoolOptions     refused for spot instances
    DedicatedHostId, Tenancy                   SpotStrategy is then silently ignored
    AutoReleaseTime, HibernationOptions        would end or freeze the replacement
    LaunchTemplate*, SecurityEnhancementStrategy, MinAmount, Password
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from worker.adapters.ecs.tagging import tag_parameters
from worker.core.model import Candidate, DiskSpec, LaunchSpec

# What `Unsupported` may name and `drop` may leave out.
OPTIONAL_PARAMETERS: Final = frozenset(
    {
        "AutoSnapshotPolicyId",
        "ClockOptions",
        "CpuOptions",
        "CreditSpecification",
        "DeletionProtection",
        "DeploymentSetId",
        "Description",
        "HostName",
        "HpcClusterId",
        "HttpTokens",
        "InstanceName",
        "ImageOptions",
        "InternetMaxBandwidthOut",
        "Ipv6AddressCount",
        "KeyPairName",
        "NetworkInterfaceQueueNumber",
        "NetworkOptions",
        "PrivateDnsNameOptions",
        "PrivateIpAddress",
        "ResourceGroupId",
        "SecurityOptions",
        "SpotDuration",
        "SpotInterruptionBehavior",
        "StorageClusterId",
        "StorageSetId",
        "UserData",
    }
)

# Source: RunInstances, InternetMaxBandwidthOut: at most 100 Mbit/s for pay-as-you-go.
_BANDWIDTH_MAX: Final = 100
# Source: RunInstances, InternetMaxBandwidthIn: at most as much as goes out, or 10 where that is less.
_INBOUND_LEAST_MOST: Final = 10
# Source: RunInstances, SpotDuration: 0 or 1; older instances report up to 6.
_SPOT_DURATION_MAX: Final = 1
# Source: RunInstances, CpuOptions.ThreadsPerCore: 2 unless hyper-threading is off.
_ONE_THREAD: Final = 1
_DISK_OPTIONAL: Final = ("AutoSnapshotPolicyId", "StorageClusterId")
_WITH_LIMIT: Final = "SpotWithPriceLimit"
_ESSD: Final = "cloud_essd"
_AUTO: Final = "cloud_auto"
_BURSTABLE: Final = re.compile(r"ecs\.t\d")
# `name[1,4]suffix` numbers instances and `${instance_id}` is filled in; elsewhere none of these
# characters may stand in a name. Source: RunInstances, InstanceName.
_PATTERN: Final = re.compile(r"[\[\]{}$,]")
# What a host may be called by, with single hyphens between. Source: RunInstances, HostName.
_HOST_WORD: Final = re.compile(r"[A-Za-z0-9.]+")


def launch_parameters(
    spec: LaunchSpec,
    candidate: Candidate,
    *,
    image_id: str,
    token: str,
    drop: Sequence[str] = (),
    user_data: str = "",
) -> dict[str, Any]:
    """Build the parameters of RunInstances for one candidate.

    Args:
        spec: What is asked for whatever the candidate; `bandwidth_out` is 0 unless the source had
            a static public address.
        candidate: Type, zone, subnet and charge.
        image_id: What to boot from.
        token: Client token of this slot.
        drop: Names from `OPTIONAL_PARAMETERS` to leave out.
        user_data: Unsealed, as the cloud told it; empty for none.

    Raises:
        ValueError: `drop` names a parameter that cannot be left out.
    """
    unknown = set(drop) - OPTIONAL_PARAMETERS
    if unknown:
        raise ValueError(f"cannot be left out: {', '.join(sorted(unknown))}")
    params: dict[str, Any] = {
        "Amount": 1,
        "ClientToken": token,
        "ImageId": image_id,
        "InstanceType": candidate.instance_type,
        "ZoneId": candidate.zone,
        "VSwitchId": candidate.vswitch,
        "InstanceChargeType": "PostPaid",
        "SecurityGroupIds": list(spec.security_groups),
        "Tag": tag_parameters(dict(spec.tags)),
        **_spot(spec, candidate, drop),
        **_optional(spec, candidate, drop),
        **_login(spec, drop),
        **_bandwidth(spec, drop),
        **_disks(spec, drop),
    }
    if user_data and "UserData" not in drop:
        params["UserData"] = user_data
    return params


def _spot(spec: LaunchSpec, candidate: Candidate, drop: Sequence[str]) -> dict[str, Any]:
    if not candidate.spot:
        return {}
    params: dict[str, Any] = {"SpotStrategy": spec.spot_strategy}
    own = spec.spot_price_limit if spec.spot_strategy == _WITH_LIMIT else 0.0
    limits = [limit for limit in (own, candidate.price_limit) if limit > 0]
    if limits:
        params = {"SpotStrategy": _WITH_LIMIT, "SpotPriceLimit": min(limits)}
    # Left out it would be one hour, so to drop it is to send 0. Source: RunInstances, SpotDuration.
    wanted = 0 if "SpotDuration" in drop else spec.spot_duration
    params["SpotDuration"] = min(wanted, _SPOT_DURATION_MAX)
    if spec.interruption_behavior and "SpotInterruptionBehavior" not in drop:
        params["SpotInterruptionBehavior"] = spec.interruption_behavior
    return params


def _optional(spec: LaunchSpec, candidate: Candidate, drop: Sequence[str]) -> dict[str, Any]:
    burstable = _BURSTABLE.match(candidate.instance_type)
    same_type = candidate.instance_type == spec.source_type
    same_zone = candidate.zone == spec.source_zone
    in_set = "DeploymentSetId" not in drop and bool(spec.deployment_set)
    wanted: dict[str, Any] = {
        "PrivateIpAddress": candidate.private_ip,
        "InstanceName": _PATTERN.sub("_", spec.name),
        "Description": spec.description,
        "HostName": "-".join(_HOST_WORD.findall(spec.host_name)),
        "RamRoleName": spec.ram_role,
        "ResourceGroupId": spec.resource_group,
        "CreditSpecification": spec.credit_specification if burstable else "",
        "DeploymentSetId": spec.deployment_set,
        "HttpEndpoint": spec.http_endpoint,
        "HttpTokens": spec.http_tokens,
        "DeploymentSetGroupNo": spec.deployment_set_group if in_set else None,
        "CpuOptions": _cpu_options(spec) if same_type else {},
        "NetworkOptions": _network_options(spec) if same_type else {},
        "NetworkInterfaceQueueNumber": spec.queue_number if same_type else 0,
        "Ipv6AddressCount": spec.ipv6_count,
        "PrivateDnsNameOptions": dict(spec.private_dns),
        "ClockOptions": {"PtpStatus": spec.ptp_status} if spec.ptp_status else {},
        "SecurityOptions": {"EnableSecureBoot": True} if spec.secure_boot else {},
        "HpcClusterId": spec.hpc_cluster if same_zone else "",
        **_storage_set(spec, drop, same_zone=same_zone),
        "ImageOptions": {"LoginAsNonRoot": True} if spec.login_as_non_root else {},
    }
    return {name: value for name, value in wanted.items() if value and name not in drop}


def _cpu_options(spec: LaunchSpec) -> dict[str, Any]:
    """Options of the processors; they are valid for the type they were read from."""
    options: dict[str, Any] = {}
    if spec.threads_per_core == _ONE_THREAD:
        options["ThreadsPerCore"] = _ONE_THREAD
    if spec.cpu_topology:
        options["TopologyType"] = spec.cpu_topology
    if spec.nested_virtualization:
        options["NestedVirtualization"] = "enabled"
    return options


def _network_options(spec: LaunchSpec) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if spec.jumbo_frame is not None:
        options["EnableJumboFrame"] = spec.jumbo_frame
    if spec.network_encryption:
        options["EnableNetworkEncryption"] = True
    if spec.bandwidth_weighting:
        options["BandwidthWeighting"] = spec.bandwidth_weighting
    return options


def _storage_set(spec: LaunchSpec, drop: Sequence[str], *, same_zone: bool) -> dict[str, Any]:
    # A set belongs to a zone. Source: CreateStorageSet, ZoneId.
    if not spec.storage_set or not same_zone or "StorageSetId" in drop:
        return {}
    partition = spec.storage_set_partition
    return {"StorageSetId": spec.storage_set, "StorageSetPartitionNumber": partition}


def _login(spec: LaunchSpec, drop: Sequence[str]) -> dict[str, Any]:
    # A key pair switches password login off; without one the image's own password is kept.
    if spec.key_pair and "KeyPairName" not in drop:
        return {"KeyPairName": spec.key_pair}
    # Source: RunInstances, PasswordInherit: only for an image that has a password.
    return {"PasswordInherit": True} if spec.password_inherit else {}


def _bandwidth(spec: LaunchSpec, drop: Sequence[str]) -> dict[str, Any]:
    # More than 0 makes a static public address, which an elastic one could not be bound beside.
    if spec.bandwidth_out <= 0 or "InternetMaxBandwidthOut" in drop:
        return {}
    out = min(spec.bandwidth_out, _BANDWIDTH_MAX)
    params: dict[str, Any] = {"InternetMaxBandwidthOut": out}
    if spec.bandwidth_in > 0:
        # Instances of before that range report 100 or 200 whatever goes out.
        params["InternetMaxBandwidthIn"] = min(spec.bandwidth_in, max(out, _INBOUND_LEAST_MOST))
    if spec.internet_charge_type:
        params["InternetChargeType"] = spec.internet_charge_type
    return params


def _disks(spec: LaunchSpec, drop: Sequence[str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for disk in spec.disks:
        if disk.kind == "system":
            params["SystemDisk"] = {"Size": str(disk.size), **_disk(disk, drop)}
    data = sorted((disk for disk in spec.disks if disk.kind == "data"), key=lambda one: one.device)
    if data:
        # An entry with a device of the image replaces what the image says about that disk.
        params["DataDisk"] = [
            {
                "Device": disk.device,
                "Size": disk.size,
                "DeleteWithInstance": disk.delete_with_instance,
                **_disk(disk, drop),
            }
            for disk in data
        ]
    return params


def _disk(disk: DiskSpec, drop: Sequence[str]) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "Category": disk.category,
        # Source: RunInstances: only for cloud_essd, and only for cloud_auto.
        "PerformanceLevel": disk.performance_level if disk.category == _ESSD else "",
        "ProvisionedIops": disk.provisioned_iops if disk.category == _AUTO else None,
        "BurstingEnabled": disk.bursting if disk.category == _AUTO else None,
        "Encrypted": "true" if disk.encrypted else "",
        "KMSKeyId": disk.kms_key if disk.encrypted else "",
        "DiskName": disk.name,
        "Description": disk.description,
        "AutoSnapshotPolicyId": disk.snapshot_policy,
        "StorageClusterId": disk.storage_cluster,
    }
    return {
        name: value
        for name, value in wanted.items()
        if value not in ("", None) and not (name in _DISK_OPTIONAL and name in drop)
    }
