"""RunInstances from a `LaunchSpec`: every field of the clone, and none that must not be sent.

Pure and deterministic: the same arguments give the same parameters to the byte, because a client
token that is repeated with other parameters is refused. Source: "How to ensure idempotence", ECS.

Never sent
    DeletionProtection, PrivatePoolOptions     refused for spot instances
    DedicatedHostId, Tenancy                   SpotStrategy is then silently ignored
    AutoReleaseTime, HibernationOptions        would end or freeze the replacement
    LaunchTemplate*, SecurityEnhancementStrategy, MinAmount, UserData, Password
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
        "CpuOptions",
        "CreditSpecification",
        "DeletionProtection",
        "DeploymentSetId",
        "Description",
        "HostName",
        "HttpTokens",
        "InstanceName",
        "InternetMaxBandwidthOut",
        "KeyPairName",
        "PrivateIpAddress",
        "ResourceGroupId",
        "SpotDuration",
        "SpotInterruptionBehavior",
        "UserData",
    }
)

# Source: RunInstances, InternetMaxBandwidthOut: at most 100 Mbit/s for pay-as-you-go.
_BANDWIDTH_MAX: Final = 100
# Source: RunInstances, SpotDuration: 0 or 1; older instances report up to 6.
_SPOT_DURATION_MAX: Final = 1
# Source: RunInstances, CpuOptions.ThreadsPerCore: 2 unless hyper-threading is off.
_ONE_THREAD: Final = 1
_ESSD: Final = "cloud_essd"
_AUTO: Final = "cloud_auto"
_BURSTABLE: Final = re.compile(r"ecs\.t\d")
# `name[1,4]suffix` numbers instances and `${instance_id}` is filled in. Source: RunInstances,
# InstanceName and HostName.
_PATTERN: Final = re.compile(r"[\[\]{}$]")


def launch_parameters(
    spec: LaunchSpec,
    candidate: Candidate,
    *,
    image_id: str,
    token: str,
    drop: Sequence[str] = (),
) -> dict[str, Any]:
    """Build the parameters of RunInstances for one candidate.

    Args:
        spec: What is asked for whatever the candidate; `bandwidth_out` is 0 unless the source had
            a static public address.
        candidate: Type, zone, subnet and charge.
        image_id: What to boot from.
        token: Client token of this slot.
        drop: Names from `OPTIONAL_PARAMETERS` to leave out.

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
    return params


def _spot(spec: LaunchSpec, candidate: Candidate, drop: Sequence[str]) -> dict[str, Any]:
    if not candidate.spot:
        return {}
    params: dict[str, Any] = {"SpotStrategy": spec.spot_strategy}
    if spec.spot_strategy == "SpotWithPriceLimit":
        params["SpotPriceLimit"] = spec.spot_price_limit
    # Left out it would be one hour, so to drop it is to send 0. Source: RunInstances, SpotDuration.
    wanted = 0 if "SpotDuration" in drop else spec.spot_duration
    params["SpotDuration"] = min(wanted, _SPOT_DURATION_MAX)
    if spec.interruption_behavior and "SpotInterruptionBehavior" not in drop:
        params["SpotInterruptionBehavior"] = spec.interruption_behavior
    return params


def _optional(spec: LaunchSpec, candidate: Candidate, drop: Sequence[str]) -> dict[str, Any]:
    burstable = _BURSTABLE.match(candidate.instance_type)
    threads = spec.threads_per_core if candidate.instance_type == spec.source_type else None
    wanted: dict[str, Any] = {
        "PrivateIpAddress": candidate.private_ip,
        "InstanceName": _PATTERN.sub("_", spec.name),
        "Description": spec.description,
        "HostName": _PATTERN.sub("_", spec.host_name),
        "RamRoleName": spec.ram_role,
        "ResourceGroupId": spec.resource_group,
        "CreditSpecification": spec.credit_specification if burstable else "",
        "DeploymentSetId": spec.deployment_set,
        "HttpEndpoint": spec.http_endpoint,
        "HttpTokens": spec.http_tokens,
        "CpuOptions": {"ThreadsPerCore": threads} if threads == _ONE_THREAD else {},
        "ImageOptions": {"LoginAsNonRoot": True} if spec.login_as_non_root else {},
    }
    return {name: value for name, value in wanted.items() if value and name not in drop}


def _login(spec: LaunchSpec, drop: Sequence[str]) -> dict[str, Any]:
    # A key pair switches password login off; without one the image's own password is kept.
    if spec.key_pair and "KeyPairName" not in drop:
        return {"KeyPairName": spec.key_pair}
    return {"PasswordInherit": True}


def _bandwidth(spec: LaunchSpec, drop: Sequence[str]) -> dict[str, Any]:
    # More than 0 makes a static public address, which an elastic one could not be bound beside.
    if spec.bandwidth_out <= 0 or "InternetMaxBandwidthOut" in drop:
        return {}
    params: dict[str, Any] = {
        "InternetMaxBandwidthOut": min(spec.bandwidth_out, _BANDWIDTH_MAX),
    }
    if spec.bandwidth_in > 0:
        params["InternetMaxBandwidthIn"] = spec.bandwidth_in
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
    }
    return {
        name: value
        for name, value in wanted.items()
        if value not in ("", None) and not (name == "AutoSnapshotPolicyId" and name in drop)
    }
