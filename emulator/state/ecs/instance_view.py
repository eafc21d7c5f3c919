"""How an instance looks in describe answers."""

from typing import Any

from emulator.state.ecs.clock_text import to_minute
from emulator.state.ecs.records import Instance, Interface
from emulator.state.ecs.region import EcsRegion

MIB_PER_GIB = 1024
# Of what is paid for by use. Source: DescribeInstances, ExpiredTime.
EXPIRED_TIME = "2099-12-31T15:59Z"
LOCK_MESSAGE = "The instance is locked for recycling."


def instance_row(
    region: EcsRegion, instance: Instance, now: float, *, metadata: bool = False
) -> dict[str, Any]:
    """Show an instance as DescribeInstances does.

    Args:
        region: Where it is.
        instance: What to show.
        now: The reader's time.
        metadata: Fill MetadataOptions. Source: DescribeInstances, AdditionalAttributes.
    """
    if instance.gone_at is not None and instance.last_row is not None:
        return instance.last_row
    each = region.instance_type(instance.type_id)
    row = {
        **_identity(region, instance, now),
        **_sale(instance),
        **_network(region, instance),
        **_options(instance, metadata=metadata),
        "Cpu": each.cpu,
        "Memory": int(each.memory_gib * MIB_PER_GIB),
        "InstanceTypeFamily": each.family,
        "GPUAmount": each.gpu_amount,
        "GPUSpec": each.gpu_spec,
        "Tags": region.tags.rows(instance.instance_id, now),
        "OperationLocks": {"LockReason": lock_rows(instance, now)},
    }
    if each.local_disks:
        row["LocalStorageAmount"] = each.local_disks
        row["LocalStorageCapacity"] = each.local_disk_gib * each.local_disks
    threads = instance.options.threads_per_core or each.threads_per_core
    row["CpuOptions"] = {
        "CoreCount": max(1, each.cpu // threads),
        "ThreadsPerCore": threads,
        "Numa": "ON",
        "TopologyType": instance.options.cpu_topology,
        "NestedVirtualization": instance.options.nested_virtualization or "disabled",
    }
    return row


def lock_rows(instance: Instance, now: float) -> list[dict[str, str]]:
    """Show the locks that describes know at `now`."""
    return [
        {"LockReason": reason, "LockMsg": LOCK_MESSAGE}
        for reason, since in instance.locks.items()
        if since <= now
    ]


def _identity(region: EcsRegion, instance: Instance, now: float) -> dict[str, Any]:
    system, options = instance.os, instance.options
    return {
        "InstanceId": instance.instance_id,
        "InstanceName": options.instance_name,
        "Description": options.description,
        "HostName": options.host_name,
        "RegionId": region.region_id,
        "ZoneId": instance.zone_id,
        "ClusterId": "",
        "InstanceType": instance.type_id,
        "ImageId": instance.image_id,
        "OSName": system.os_name,
        "OSNameEn": system.os_name_en,
        "OSType": system.os_type,
        "Status": region.status_seen(instance.status, now),
        "StoppedMode": instance.stopped_mode,
        "CreationTime": to_minute(instance.created_at),
        "StartTime": to_minute(instance.started_at),
        "ExpiredTime": EXPIRED_TIME,
        "AutoReleaseTime": options.auto_release_time,
        "SerialNumber": instance.serial,
        "ResourceGroupId": options.resource_group_id,
        "DeviceAvailable": True,
        "Recyclable": False,
    }


def _sale(instance: Instance) -> dict[str, Any]:
    options = instance.options
    row: dict[str, Any] = {
        "InstanceChargeType": options.charge_type,
        "SpotStrategy": options.spot_strategy,
        "SpotPriceLimit": options.spot_price_limit,
        "DeletionProtection": options.deletion_protection,
        "CreditSpecification": options.credit_specification,
    }
    if instance.is_spot:
        row["SpotDuration"] = options.spot_duration
        row["SpotInterruptionBehavior"] = options.spot_interruption_behavior
    return row


def _network(region: EcsRegion, instance: Instance) -> dict[str, Any]:
    options = instance.options
    interfaces = [region.interfaces[each] for each in instance.interface_ids]
    return {
        "InstanceNetworkType": "vpc",
        "InternetChargeType": options.internet_charge_type,
        "InternetMaxBandwidthIn": options.bandwidth_in,
        "InternetMaxBandwidthOut": options.bandwidth_out,
        "IoOptimized": True,
        "PublicIpAddress": {"IpAddress": [instance.public_ip] if instance.public_ip else []},
        "InnerIpAddress": {"IpAddress": []},
        "RdmaIpAddress": {"IpAddress": []},
        "EipAddress": eip_row(region, instance),
        "SecurityGroupIds": {"SecurityGroupId": list(options.security_group_ids)},
        "VpcAttributes": vpc_row(instance),
        "VlanId": "",
        "NetworkInterfaces": {"NetworkInterface": [_interface_row(each) for each in interfaces]},
    }


def vpc_row(instance: Instance) -> dict[str, Any]:
    """Show where in the VPC an instance is."""
    return {
        "VpcId": instance.vpc_id,
        "VSwitchId": instance.vswitch_id,
        "NatIpAddress": "",
        "PrivateIpAddress": {"IpAddress": [instance.private_ip]},
    }


def eip_row(region: EcsRegion, instance: Instance) -> dict[str, Any]:
    """Show the EIP of an instance, with empty fields when it has none."""
    eip = region.vpc.addresses.eips.get(instance.eip_allocation_id)
    if eip is None:
        return {"AllocationId": "", "IpAddress": "", "InternetChargeType": ""}
    return {
        "AllocationId": eip.allocation_id,
        "IpAddress": eip.address,
        "Bandwidth": eip.bandwidth,
        "InternetChargeType": eip.internet_charge_type,
        "IsSupportUnassociate": True,
    }


def _interface_row(interface: Interface) -> dict[str, Any]:
    private = [(interface.ip, True), *((address, False) for address in interface.secondary_ips)]
    return {
        "NetworkInterfaceId": interface.interface_id,
        "Type": interface.kind,
        "MacAddress": interface.mac,
        "PrimaryIpAddress": interface.ip,
        "PrivateIpSets": {
            "PrivateIpSet": [
                {"PrivateIpAddress": address, "Primary": first} for address, first in private
            ]
        },
        "Ipv6Sets": {"Ipv6Set": [{"Ipv6Address": address} for address in interface.ipv6]},
    }


def _options(instance: Instance, *, metadata: bool) -> dict[str, Any]:
    options = instance.options
    shown = metadata_row(instance) if metadata else {"HttpEndpoint": "", "HttpTokens": ""}
    row: dict[str, Any] = {
        "KeyPairName": options.key_pair_name,
        "DeploymentSetId": options.deployment_set_id,
        "HpcClusterId": options.hpc_cluster_id,
        "MetadataOptions": shown,
        "ImageOptions": {"LoginAsNonRoot": options.login_as_non_root},
        "SecurityOptions": {"EnableSecureBoot": options.secure_boot},
        "HibernationOptions": {"Configured": False},
        "DedicatedHostAttribute": {"DedicatedHostId": "", "DedicatedHostName": ""},
        "DedicatedInstanceAttribute": {"Affinity": "", "Tenancy": ""},
        "EcsCapacityReservationAttr": {
            "CapacityReservationId": "",
            "CapacityReservationPreference": "",
        },
    }
    if options.deployment_set_group is not None:
        row["DeploymentSetGroupNo"] = options.deployment_set_group
    if options.private_dns:
        row["PrivateDnsNameOptions"] = dict(options.private_dns)
    if options.ptp_status:
        row["ClockOptions"] = {"PtpStatus": options.ptp_status}
    if options.isp:
        row["ISP"] = options.isp
    return row


def metadata_row(instance: Instance) -> dict[str, Any]:
    """Show how the guest may read its metadata."""
    options = instance.options
    return {
        "HttpEndpoint": options.http_endpoint,
        "HttpTokens": options.http_tokens,
        "HttpPutResponseHopLimit": options.hop_limit,
    }
