"""What a request may name though no action here makes it: roles, sets, clusters, groups, keys.

Such a thing exists once a scenario has named it (`names`) or a seeded instance has it. Codes and
statuses: the error tables of RunInstances and, for the same parameters, of
https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-createinstance
(2026-01-15). Those of CreateDisk, CreateImage and CreateNetworkInterface have the resource group,
that of CreateDisk the key as well. For a deployment set RunInstances has two, and 400
InvalidDeploymentSetId.NotFound as the other one.
"""

from collections.abc import Iterable, Mapping

from emulator.state.ecs.blueprint import Blueprint, DiskPlan
from emulator.state.ecs.params import Params
from emulator.state.ecs.records import Disk
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError

# By the parameter that names one: status and code of the refusal of a name that is nobody's.
KINDS: Mapping[str, tuple[int, str]] = {
    "AutoSnapshotPolicyId": (404, "InvalidAutoSnapshotPolicyId.NotFound"),
    "DedicatedHostClusterId": (400, "InvalidDedicatedHostClusterId.NotFound"),
    "DedicatedHostId": (400, "InvalidDedicatedHostId.NotFound"),
    "DeploymentSetId": (404, "DeploymentSet.NotFound"),
    "HpcClusterId": (400, "InvalidHpcClusterId.NotFound"),
    "KMSKeyId": (404, "InvalidParameter.KMSKeyId.NotFound"),
    "PrivatePoolOptions.Id": (400, "Invalid.PrivatePoolOptions.Id"),
    "RamRoleName": (404, "InvalidRamRole.NotFound"),
    "ResourceGroupId": (404, "InvalidResourceGroup.NotFound"),
    "StorageClusterId": (404, "InvalidStorageClusterId.NotExist"),
    "StorageSetId": (403, "InvalidParameter.StorageSetId"),
}
# What belongs to the account and not to one of its regions.
OF_ACCOUNT = frozenset({"RamRoleName", "ResourceGroupId"})
OF_OPTIONS: Mapping[str, str] = {
    "DeploymentSetId": "deployment_set_id",
    "HpcClusterId": "hpc_cluster_id",
    "PrivatePoolOptions.Id": "private_pool_id",
    "RamRoleName": "ram_role_name",
    "ResourceGroupId": "resource_group_id",
    "StorageSetId": "storage_set_id",
}
OF_DISKS: Mapping[str, str] = {
    "AutoSnapshotPolicyId": "auto_snapshot_policy_id",
    "KMSKeyId": "kms_key_id",
    "StorageClusterId": "storage_cluster_id",
    "StorageSetId": "storage_set_id",
}


def declare(region: EcsRegion, parameter: str, names: Iterable[str]) -> None:
    """Let things exist, by the parameter that names them.

    Raises:
        ValueError: No such parameter is known.
    """
    if parameter not in KINDS:
        raise ValueError(f"{parameter} names nothing here; there is {', '.join(KINDS)}")
    place = _place(region, parameter)
    region.world.names.update((place, parameter, name) for name in names if name)


def declare_those_of(region: EcsRegion, plan: Blueprint) -> None:
    """Let exist what a seeded instance and its disks have."""
    for parameter, field in OF_OPTIONS.items():
        declare(region, parameter, [getattr(plan.options, field)])
    declare_those_of_disks(region, plan.disks)


def declare_those_of_disks(region: EcsRegion, disks: Iterable[Disk | DiskPlan]) -> None:
    """Let exist what disks have."""
    for disk in disks:
        for parameter, field in OF_DISKS.items():
            declare(region, parameter, [getattr(disk, field)])


def check_names(region: EcsRegion, params: Params, parameters: Iterable[str]) -> None:
    """Refuse the first of these parameters that names nothing."""
    for parameter in parameters:
        check_name(region, parameter, params.text(parameter))


def check_name(region: EcsRegion, parameter: str, name: str) -> None:
    """Refuse a name that is nobody's; an empty one means that none is given."""
    is_made = parameter == "AutoSnapshotPolicyId" and name in region.snapshot_policies
    known = (_place(region, parameter), parameter, name) in region.world.names
    if name and not known and not is_made:
        status, code = KINDS[parameter]
        raise ApiError(status, code, f"What {parameter} names does not exist.")


def has_any(region: EcsRegion, parameter: str) -> bool:
    """Tell whether there is anything that a parameter could name."""
    kind = (_place(region, parameter), parameter)
    return any(known[:2] == kind for known in region.world.names)


def _place(region: EcsRegion, parameter: str) -> str:
    return "" if parameter in OF_ACCOUNT else region.region_id
