"""Descriptions of the cloud, read into `worker.core.model`; one function per kind of thing.

Each returns None for a description without an id: there is nothing to act on.
"""

import re
from typing import Final

from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.core.model import Details, Disk, Image, Instance, InstanceType, Snapshot, VSwitch

MIB_PER_GIB: Final = 1024
# Source: DescribeInstanceTypes, InstanceFamilyLevel: t5 and t6 are of the entry level with credits.
_BURSTABLE_LEVEL: Final = "CreditEntryLevel"
# Source: DescribeDisks, Category: everything else is a cloud disk.
_LOCAL_CATEGORIES: Final = ("local", "ephemeral", "elastic_ephemeral")
# Source: RunInstances, PrivateDnsNameOptions.
_DNS_FLAGS: Final = (
    "EnableInstanceIdDnsAAAARecord",
    "EnableInstanceIdDnsARecord",
    "EnableIpDnsARecord",
    "EnableIpDnsPtrRecord",
)
_NUMBER: Final = re.compile(r"\d{1,6}")


def instance_of(body: Body) -> Instance | None:
    """Read one member of DescribeInstances."""
    instance_id = fields.text(body, "InstanceId")
    if not instance_id:
        return None
    vpc = fields.structure(body, "VpcAttributes")
    eip = fields.structure(body, "EipAddress")
    metadata = fields.structure(body, "MetadataOptions")
    return Instance(
        instance_id=instance_id,
        status=fields.text(body, "Status"),
        instance_type=fields.text(body, "InstanceType"),
        zone=fields.text(body, "ZoneId"),
        vpc=fields.text(vpc, "VpcId"),
        vswitch=fields.text(vpc, "VSwitchId"),
        private_ip=_first(fields.texts(vpc, "PrivateIpAddress", "IpAddress")),
        public_ip=_first(fields.texts(body, "PublicIpAddress", "IpAddress")) or None,
        eip_allocation=fields.text(eip, "AllocationId") or None,
        eip_address=fields.text(eip, "IpAddress") or None,
        created_at=fields.text(body, "CreationTime"),
        started_at=fields.text(body, "StartTime"),
        stopped_mode=fields.text(body, "StoppedMode"),
        cpu=fields.integer(body, "Cpu"),
        memory=fields.number(body, "Memory") / MIB_PER_GIB,
        image_id=fields.text(body, "ImageId"),
        spot_strategy=fields.text(body, "SpotStrategy"),
        spot_price_limit=fields.number(body, "SpotPriceLimit"),
        spot_duration=fields.integer(body, "SpotDuration"),
        interruption_behavior=fields.text(body, "SpotInterruptionBehavior"),
        locks=_locks(body),
        tags=fields.tags(body),
        name=fields.text(body, "InstanceName"),
        description=fields.text(body, "Description"),
        host_name=fields.text(body, "HostName"),
        security_groups=fields.texts(body, "SecurityGroupIds", "SecurityGroupId"),
        key_pair=fields.text(body, "KeyPairName"),
        resource_group=fields.text(body, "ResourceGroupId"),
        internet_charge_type=fields.text(body, "InternetChargeType"),
        bandwidth_out=fields.integer(body, "InternetMaxBandwidthOut"),
        bandwidth_in=fields.integer(body, "InternetMaxBandwidthIn"),
        credit_specification=fields.text(body, "CreditSpecification"),
        deployment_set=fields.text(body, "DeploymentSetId"),
        http_endpoint=fields.text(metadata, "HttpEndpoint"),
        http_tokens=fields.text(metadata, "HttpTokens"),
        threads_per_core=fields.optional_integer(
            fields.structure(body, "CpuOptions"), "ThreadsPerCore"
        ),
        login_as_non_root=fields.flag(fields.structure(body, "ImageOptions"), "LoginAsNonRoot"),
        nested_virtualization=fields.text(
            fields.structure(body, "CpuOptions"), "NestedVirtualization"
        )
        == "enabled",
        cpu_topology=fields.text(fields.structure(body, "CpuOptions"), "TopologyType"),
        deployment_set_group=fields.optional_integer(body, "DeploymentSetGroupNo"),
        hpc_cluster=fields.text(body, "HpcClusterId"),
        private_dns=_private_dns(fields.structure(body, "PrivateDnsNameOptions")),
        ptp_status=fields.text(fields.structure(body, "ClockOptions"), "PtpStatus"),
        secure_boot=fields.flag(fields.structure(body, "SecurityOptions"), "EnableSecureBoot")
        is True,
        hop_limit=fields.integer(metadata, "HttpPutResponseHopLimit"),
        auto_release_time=fields.text(body, "AutoReleaseTime"),
    )


def disk_of(body: Body) -> Disk | None:
    """Read one member of DescribeDisks."""
    disk_id = fields.text(body, "DiskId")
    if not disk_id:
        return None
    category = fields.text(body, "Category")
    return Disk(
        disk_id=disk_id,
        kind=fields.text(body, "Type"),
        category=category,
        size=fields.integer(body, "Size"),
        device=fields.text(body, "Device"),
        is_cloud=not category.startswith(_LOCAL_CATEGORIES),
        portable=fields.flag(body, "Portable") is not False,
        # Unreadable counts as "goes with the instance": the disk is then kept once too often.
        delete_with_instance=fields.flag(body, "DeleteWithInstance") is not False,
        performance_level=fields.text(body, "PerformanceLevel"),
        encrypted=fields.flag(body, "Encrypted") is True,
        kms_key=fields.text(body, "KMSKeyId"),
        name=fields.text(body, "DiskName"),
        description=fields.text(body, "Description"),
        provisioned_iops=fields.optional_integer(body, "ProvisionedIops"),
        bursting=fields.flag(body, "BurstingEnabled"),
        snapshot_policy=fields.text(body, "AutoSnapshotPolicyId"),
        status=fields.text(body, "Status"),
        zone=fields.text(body, "ZoneId"),
        instance_id=fields.text(body, "InstanceId"),
        tags=fields.tags(body),
        storage_cluster=fields.text(body, "StorageClusterId"),
        storage_set=fields.text(body, "StorageSetId"),
        storage_set_partition=fields.optional_integer(body, "StorageSetPartitionNumber"),
        auto_snapshots=fields.flag(body, "EnableAutoSnapshot") is not False,
        drops_auto_snapshots=fields.flag(body, "DeleteAutoSnapshot") is not False,
    )


def details_of(attributes: Body, interfaces: list[Body]) -> Details:
    """Read DescribeInstanceAttribute and DescribeNetworkInterfaces of one instance."""
    network = fields.structure(attributes, "NetworkOptions")
    jumbo = fields.flag(network, "EnableJumboFrame")
    primary = next((one for one in interfaces if fields.text(one, "Type") == "Primary"), {})
    addresses = fields.members(primary, "PrivateIpSets", "PrivateIpSet")
    return Details(
        interfaces=len(interfaces),
        queue_number=fields.integer(primary, "QueueNumber"),
        ipv6_count=len(fields.members(primary, "Ipv6Sets", "Ipv6Set")),
        jumbo_frame=fields.flag(attributes, "EnableJumboFrame") if jumbo is None else jumbo,
        network_encryption=fields.flag(network, "EnableNetworkEncryption") is True,
        bandwidth_weighting=fields.text(network, "BandwidthWeighting"),
        secondary_ips=tuple(
            fields.text(one, "PrivateIpAddress")
            for one in addresses
            if fields.flag(one, "Primary") is False
        ),
        interface_name=fields.text(primary, "NetworkInterfaceName"),
        interface_description=fields.text(primary, "Description"),
        interface_tags=tuple(sorted(fields.tags(primary).items())),
        source_dest_check=fields.flag(primary, "SourceDestCheck") is True,
        others=tuple(
            fields.text(one, "NetworkInterfaceId") for one in interfaces if one is not primary
        ),
    )


def image_of(body: Body) -> Image | None:
    """Read one member of DescribeImages."""
    image_id = fields.text(body, "ImageId")
    if not image_id:
        return None
    status = fields.text(body, "Status")
    usable = fields.flag(body, "Usable")
    percent = _NUMBER.match(fields.text(body, "Progress"))
    mappings = fields.members(body, "DiskDeviceMappings", "DiskDeviceMapping")
    return Image(
        image_id=image_id,
        name=fields.text(body, "ImageName"),
        status=status,
        # Regions without the field tell it by the status. Source: change log of the SDK, 7.9.2.
        usable=status == "Available" if usable is None else usable,
        percent=min(int(percent.group()), 100) if percent else 0,
        created_at=fields.text(body, "CreationTime"),
        snapshots=tuple(
            (fields.text(entry, "Device"), fields.text(entry, "SnapshotId"))
            for entry in mappings
            if fields.text(entry, "SnapshotId")
        ),
        tags=fields.tags(body),
    )


def snapshot_of(body: Body) -> Snapshot | None:
    """Read one member of DescribeSnapshots."""
    snapshot_id = fields.text(body, "SnapshotId")
    if not snapshot_id:
        return None
    percent = _NUMBER.match(fields.text(body, "Progress"))
    return Snapshot(
        snapshot_id=snapshot_id,
        status=fields.text(body, "Status"),
        created_at=fields.text(body, "CreationTime"),
        percent=min(int(percent.group()), 100) if percent else 0,
        # Source: DescribeSnapshots, SnapshotType: `timer` and `auto` are made by a policy.
        automatic=fields.text(body, "SnapshotType") in {"timer", "auto"},
        tags=fields.tags(body),
    )


def instance_type_of(body: Body) -> InstanceType | None:
    """Read one member of DescribeInstanceTypes."""
    name = fields.text(body, "InstanceTypeId")
    if not name:
        return None
    family = fields.text(body, "InstanceTypeFamily")
    # Families are named by use and generation, as in ecs.g7 and ecs.c8i.
    generation = _NUMBER.search(family)
    return InstanceType(
        name=name,
        family=family,
        cpu=fields.integer(body, "CpuCoreCount"),
        memory=fields.number(body, "MemorySize"),
        architecture=fields.text(body, "CpuArchitecture"),
        nvme=fields.text(body, "NvmeSupport"),
        boot_modes=fields.texts(body, "SupportedBootModes", "SupportedBootMode"),
        generation=generation.group() if generation else "",
        gpus=fields.integer(body, "GPUAmount"),
        local_disks=fields.integer(body, "LocalStorageAmount"),
        enis=fields.integer(body, "EniQuantity"),
        disks=fields.integer(body, "DiskQuantity"),
        burstable=fields.text(body, "InstanceFamilyLevel") == _BURSTABLE_LEVEL,
        gpu_model=fields.text(body, "GPUSpec"),
        secure_boot=fields.flag(fields.structure(body, "SecurityOptions"), "SecureBootSupport")
        is True,
        jumbo_frame=fields.flag(body, "JumboFrameSupport") is True,
        queue_number=fields.integer(body, "PrimaryEniQueueNumber"),
    )


def vswitch_of(body: Body) -> VSwitch | None:
    """Read one member of DescribeVSwitches."""
    vswitch_id = fields.text(body, "VSwitchId")
    if not vswitch_id:
        return None
    return VSwitch(
        vswitch_id=vswitch_id,
        zone=fields.text(body, "ZoneId"),
        free_addresses=fields.integer(body, "AvailableIpAddressCount"),
        available=fields.text(body, "Status") == "Available",
    )


def _private_dns(body: Body) -> tuple[tuple[str, bool | str], ...]:
    """Read the naming of the host: one word, and flags for records. Source: DescribeInstances."""
    told: dict[str, bool | str] = {
        name: fields.flag(body, name) is True for name in _DNS_FLAGS if name in body
    }
    if kind := fields.text(body, "HostnameType"):
        told["HostnameType"] = kind
    return tuple(sorted(told.items()))


def _first(values: tuple[str, ...]) -> str:
    return values[0] if values else ""


def _locks(body: Body) -> tuple[str, ...]:
    # Spelled Recycling in one document and recycling in another.
    reasons = fields.members(body, "OperationLocks", "LockReason")
    return tuple(fields.text(reason, "LockReason").lower() for reason in reasons)
