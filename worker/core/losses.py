"""What a launch cannot give a replacement that its source had: known from what was captured; pure.

What the cloud refuses, and what a move could not take along, is remarked where it happens.
"""

from collections.abc import Iterator, Sequence

from worker.core import handing
from worker.core.model import Disk, Instance, InstanceType, LaunchSpec
from worker.core.policy import Policy
from worker.core.progress import Captured, Launched, Remark, Specified

NOT_ASKED = "a launch cannot ask for it"
NOT_CONFIGURED = "the configuration does not hand it over"
WOULD_END = "the replacement would end with it"
STILL_HELD = "the source has them until it is gone"
ONE_SET = "a launch asks for one set for all disks"
OF_TYPE = "it is valid for the source's type alone"
OTHER_SUBNET = "the replacement is in another one of its zone"
OF_ZONE = "it belongs to the source's zone"
# Source: RunInstances, HttpPutResponseHopLimit: not in use, and 1 is what one gets.
_HOPS = 1


def of_source(captured: Captured, policy: Policy) -> Iterator[Remark]:
    """Tell what no launch gives, wherever it takes place."""
    source = captured.instance
    if source.hop_limit > _HOPS:
        yield Remark(f"hop limit of {source.hop_limit} of the metadata", NOT_ASKED)
    if source.auto_release_time:
        yield Remark(f"release at {source.auto_release_time}", WOULD_END)
    yield from _of_interfaces(captured, policy)
    for disk in captured.disks:
        yield from _of_disk(disk, captured.disks)
    if "tags" not in policy.hand_over:
        yield from _of_tags(captured)


def _of_interfaces(captured: Captured, policy: Policy) -> Iterator[Remark]:
    details = captured.details
    if details.secondary_ips:
        yield Remark(f"secondary addresses {', '.join(details.secondary_ips)}", STILL_HELD)
    if details.source_dest_check:
        yield Remark("source and destination check of the primary interface", NOT_ASKED)
    if details.interface_name:
        yield Remark("name of the primary interface", NOT_ASKED)
    if details.interface_description:
        yield Remark("description of the primary interface", NOT_ASKED)
    # Whoever looks interfaces up at all is told of each by its move.
    if not {"interfaces", "load_balancers", "tags"} & set(policy.hand_over):
        for one in details.others:
            yield Remark(f"network interface {one}", NOT_CONFIGURED)


def _of_disk(disk: Disk, disks: Sequence[Disk]) -> Iterator[Remark]:
    if not disk.is_cloud:
        return
    # The replacement has it under the same device, and another id.
    where = disk.device or disk.disk_id
    if (disk.storage_set, disk.storage_set_partition) != storage_set(disks):
        yield Remark(f"storage set of {where}", ONE_SET)
    if not disk.auto_snapshots:
        yield Remark(f"automatic snapshots of {where} being off", NOT_ASKED)
    # Without a policy there are none that could outlive it.
    if disk.snapshot_policy and not disk.drops_auto_snapshots:
        yield Remark(f"automatic snapshots outliving {where}", NOT_ASKED)


def storage_set(disks: Sequence[Disk]) -> tuple[str, int | None]:
    """Return the set and the partition that a launch asks for: those of the first disk in one."""
    found = (one for one in disks if one.is_cloud and one.storage_set)
    return next(((one.storage_set, one.storage_set_partition) for one in found), ("", None))


def _of_tags(captured: Captured) -> Iterator[Remark]:
    given = set(captured.instance.tags.items())
    for disk in captured.disks:
        if disk.is_cloud and handing.clonable(set(disk.tags.items()) - given):
            yield Remark(f"tags of {disk.device}", NOT_CONFIGURED)
    if handing.clonable(set(captured.details.interface_tags) - given):
        yield Remark(f"tags of {handing.PRIMARY}", NOT_CONFIGURED)


def of_candidate(specified: Specified, launched: Launched, replacement: Instance) -> Iterator[str]:
    """Name the parameters that hold for the source's type alone and were not asked for on another.

    Args:
        specified: What was captured of the source.
        launched: Says as which type the replacement runs.
        replacement: The same as described, for what shows there.
    """
    spec, type_ = specified.launch, launched.instance_type
    if type_ == spec.source_type:
        return
    threads = replacement.threads_per_core
    if None not in (spec.threads_per_core, threads) and threads != spec.threads_per_core:
        yield "ThreadsPerCore"
    if spec.cpu_topology and replacement.cpu_topology != spec.cpu_topology:
        yield "TopologyType"
    if spec.nested_virtualization and not replacement.nested_virtualization:
        yield "NestedVirtualization"
    if spec.jumbo_frame is not None and type_ not in specified.jumbo_alike:
        yield "EnableJumboFrame"
    if spec.network_encryption:
        yield "EnableNetworkEncryption"
    if spec.bandwidth_weighting:
        yield "BandwidthWeighting"
    if spec.queue_number:
        yield "NetworkInterfaceQueueNumber"


def of_zone(spec: LaunchSpec, zone: str) -> Iterator[str]:
    """Name the parameters that were left behind with the source's zone."""
    if zone == spec.source_zone:
        return
    if spec.hpc_cluster:
        yield "HpcClusterId"
    if spec.storage_set:
        yield "StorageSetId"


def jumbo_alike(
    types: Sequence[InstanceType], candidates: Sequence[str], *, jumbo_frame: bool | None
) -> tuple[str, ...]:
    """List the types whose own setting for large frames is the source's; few cases need any."""
    if jumbo_frame is None:
        return ()
    # Source: RunInstances, EnableJumboFrame: on by itself where a type takes them.
    alike = {one.name for one in types if one.jumbo_frame is jumbo_frame}
    return tuple(name for name in dict.fromkeys(candidates) if name in alike)
