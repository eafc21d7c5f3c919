"""How like its source a replacement is, read off the emulator's own state, and what excuses a difference.

The product is not asked. A field that differs must stand in `EXCUSES` with a cause that is shown to
hold in this very case; any other difference is a failure.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from emulator.state.ecs.catalogue import Catalogue, InstanceType
from emulator.state.ecs.records import Disk, Instance, Interface, Options
from emulator.state.ecs.region import EcsRegion
from tests.simulation.harness import REGION, Simulation
from worker.core.identity import TAG_PREFIX
from worker.core.policy import Policy

# Attributes of a disk that say where or when it was made, and not what it is.
_NOT_OF_A_DISK = {
    "disk_id", "zone_id", "status", "log", "created_at", "visible_at", "instance_id", "image_id",
    "source_snapshot_id", "os", "attached_at", "detached_at", "was_system", "origin_instance_id",
    "snapshot_ids", "device",
}  # fmt: skip
_OF_AN_INTERFACE = ("queue_number", "name", "description", "source_dest_check")
BANDWIDTH_MAX = 100
INBOUND_LEAST_MOST = 10
TAGS_MAX = 20
OUR_TAGS = 5

Portrait = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """A source and its replacement, and under which conditions it was made.

    Attributes:
        refused: What the receipt says was not kept.
        boot: What the receipt says it was booted from; empty when it is the source itself.
    """

    source: Portrait
    replacement: Portrait
    policy: Policy
    refused: frozenset[str] = field(default=frozenset())
    boot: str = "image"

    @property
    def same_type(self) -> bool:
        return bool(self.source["type"] == self.replacement["type"])

    @property
    def same_zone(self) -> bool:
        return bool(self.source["zone"] == self.replacement["zone"])

    @property
    def bought(self) -> bool:
        """Whether it is pay-as-you-go, and may be."""
        is_bought = self.replacement["spot_strategy"] == "NoSpot"
        return is_bought and self.policy.pay_as_you_go_max > 0


def region_of(simulation: Simulation) -> EcsRegion:
    return simulation.cloud.ecs[REGION].region


def portrait(simulation: Simulation, instance_id: str) -> Portrait:
    """Return everything that an instance, its disks and its interfaces are, field by field."""
    region = region_of(simulation)
    instance = region.instances[instance_id]
    return {
        **_of_instance(region, instance),
        **{each.name: getattr(instance.options, each.name) for each in fields(Options)},
        # Left out it is the type's own, which describes show all the same.
        "threads_per_core": instance.options.threads_per_core
        or _type(instance.type_id).threads_per_core,
        **_of_disks(region, instance),
        **_of_interfaces(region, instance),
        "memberships": _memberships(simulation, instance),
    }


def _of_instance(region: EcsRegion, instance: Instance) -> Portrait:
    return {
        "type": instance.type_id,
        "zone": instance.zone_id,
        "vpc": instance.vpc_id,
        "vswitch": instance.vswitch_id,
        "private_ip": instance.private_ip,
        "has_public_ip": bool(instance.public_ip),
        "eip": instance.eip_allocation_id,
        "tags": region.tags.all_of(instance.instance_id),
    }


def _of_disks(region: EcsRegion, instance: Instance) -> Portrait:
    disks = sorted((region.disks[each] for each in instance.disk_ids), key=lambda one: one.device)
    told: Portrait = {"disks": [disk.device for disk in disks]}
    for disk in disks:
        for each in fields(Disk):
            if each.name not in _NOT_OF_A_DISK:
                told[f"{disk.device} {each.name}"] = getattr(disk, each.name)
        told[f"{disk.device} tags"] = region.tags.all_of(disk.disk_id)
    return told


def _of_interfaces(region: EcsRegion, instance: Instance) -> Portrait:
    primary, *others = (region.interfaces[each] for each in instance.interface_ids)
    return {
        **{f"primary {name}": getattr(primary, name) for name in _OF_AN_INTERFACE},
        "primary ipv6": len(primary.ipv6),
        "secondary ips": primary.secondary_ips,
        "primary tags": region.tags.all_of(primary.interface_id),
        "secondary interfaces": [_secondary(each) for each in others],
    }


def _memberships(simulation: Simulation, instance: Instance) -> list[tuple[str, ...]]:
    """Every place behind a load balancer; in a pair only one that something leads to."""
    book = simulation.cloud.balancers[REGION].book
    groups = [group for product in book.groups.values() for group in product.values()]
    for each in book.classic.values():
        led = {one.group_id for one in each.listeners}
        groups += [each.default, *each.groups.values()]
        groups += [pair for pair in each.pairs.values() if pair.group_id in led]
    own = {instance.instance_id, *instance.interface_ids[:1]}
    return sorted(
        (group.name, one.kind, one.role, str(one.port), str(one.weight), one.description)
        for group in groups
        for one in group.backends
        if one.server_id in own
    )


def _secondary(each: Interface) -> tuple[str, ...]:
    return (each.ip, *each.secondary_ips)


# The closed table


def _type(name: str) -> InstanceType:
    return Catalogue.load().types[name]


def _fits(pair: Pair) -> bool:
    own, other = _type(pair.source["type"]), _type(pair.replacement["type"])
    return other.memory_gib == own.memory_gib and other.cpu >= own.cpu


def _clipped(pair: Pair, name: str) -> bool:
    """A pattern that RunInstances would fill in is made harmless, the rest is kept."""
    had, has = str(pair.source[name]), str(pair.replacement[name])
    return len(had) == len(has) and all(
        a == b or (a in "[]{}$," and b == "_") for a, b in zip(had, has, strict=True)
    )


def _hyphened(pair: Pair, name: str) -> bool:
    """A host keeps its words; what no host may be called by became a hyphen between them."""
    words = re.findall(r"[A-Za-z0-9.]+", str(pair.source[name]))
    return str(pair.replacement[name]) == "-".join(words)


def _without_ours(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if not key.startswith(TAG_PREFIX)}


def _tags_kept(pair: Pair, _name: str) -> bool:
    """Ours were added; a reserved key cannot be sent, and what found no room is as much as there is."""
    had = {
        key: value
        for key, value in _without_ours(pair.source["tags"]).items()
        if not key.startswith(("acs:", "aliyun"))
    }
    has = _without_ours(pair.replacement["tags"])
    return has.items() <= had.items() and len(has) == min(len(had), TAGS_MAX - OUR_TAGS)


def _price(pair: Pair, _name: str) -> bool:
    if pair.bought:
        return True
    limits = [pair.source["spot_price_limit"]] if _has_limit(pair.source) else []
    return (
        pair.policy.max_price_percent > 0
        and _has_limit(pair.replacement)
        and all(pair.replacement["spot_price_limit"] <= limit for limit in limits)
    )


def _has_limit(one: Portrait) -> bool:
    return bool(one["spot_strategy"] == "SpotWithPriceLimit")


def _no_static_address(pair: Pair, _name: str) -> bool:
    return not pair.source["has_public_ip"] or "InternetMaxBandwidthOut" in pair.refused


@dataclass(frozen=True)
class Excuse:
    """One row: a field may differ for a cause, when the cause holds."""

    name: str
    cause: str
    holds: Callable[[Pair, str], bool]


def _always(_pair: Pair, _name: str) -> bool:
    return True


def _other_zone(pair: Pair, _name: str) -> bool:
    return not pair.same_zone and pair.policy.other_zones


def _other_type_as_told(parameter: str) -> Callable[[Pair, str], bool]:
    return lambda pair, _name: not pair.same_type and _fits(pair) and parameter in pair.refused


def _other_zone_as_told(parameter: str) -> Callable[[Pair, str], bool]:
    return lambda pair, name: _other_zone(pair, name) and parameter in pair.refused


def _told(what: str) -> Callable[[Pair, str], bool]:
    """It is named in the receipt, with the device of a disk where `{}` stands."""
    return lambda pair, name: what.format(name.split(" ")[0]) in pair.refused


def _eip_told(pair: Pair, name: str) -> bool:
    named = any(one.startswith("elastic address ") for one in pair.refused)
    return named or bool(pair.replacement[name])


def _addresses_told(pair: Pair, _name: str) -> bool:
    """Each of them is named: whoever uses it must be told another."""
    return f"secondary addresses {', '.join(pair.source['secondary ips'])}" in pair.refused


def _interfaces_told(pair: Pair, name: str) -> bool:
    """As many are named as were there, but for those that are on the replacement."""
    named = sum(one.startswith("network interface ") for one in pair.refused)
    return named + len(pair.replacement[name]) >= len(pair.source[name])


def _memberships_told(pair: Pair, name: str) -> bool:
    """Each is there or named; without being configured none is looked up."""
    missing = [one for one in pair.source[name] if one not in pair.replacement[name]]
    named = sum(one.startswith("member of ") for one in pair.refused)
    is_more = any(one not in pair.source[name] for one in pair.replacement[name])
    is_asked = "load_balancers" in pair.policy.hand_over
    return not is_more and (not is_asked or len(missing) <= named)


def _became_elastic(pair: Pair, _name: str) -> bool:
    """A static address was made an elastic one, which needs no bandwidth of the instance's own."""
    was_static = pair.source["has_public_ip"] and not pair.source["eip"]
    return was_static and pair.policy.convert_public_ip and bool(pair.replacement["eip"])


def _in_place(pair: Pair, _name: str) -> bool:
    return not pair.boot


def _disks_told(pair: Pair, name: str) -> bool:
    """Each one that is not there is in no image and stays where it is."""
    missing = set(pair.source[name]) - set(pair.replacement[name])
    return all(_moves_up(pair, device) for device in missing)


def _moves_up(pair: Pair, device: str) -> bool:
    """Tell whether a disk was left, or one before it, so that others have its device.

    Source: AttachDisk, Device: each disk takes the next that is free.
    """
    return any(_is_left(pair, one) for one in pair.source["disks"] if one <= device)


def _is_left(pair: Pair, device: str) -> bool:
    return any(one.startswith("disk ") and one.endswith(f" of {device}") for one in pair.refused)


def _queues_of_the_type(pair: Pair, name: str) -> bool:
    was, is_now = _type(pair.source["type"]), _type(pair.replacement["type"])
    return (pair.source[name], pair.replacement[name]) == (was.queues, is_now.queues)


def _set_told(pair: Pair, name: str) -> bool:
    return _other_zone_as_told("StorageSetId")(pair, name) or _told("storage set of {}")(pair, name)


def _tags_told(pair: Pair, name: str) -> bool:
    """Its own tags are there beside those of the instance, or the receipt names it."""
    had = {
        key: value
        for key, value in _without_ours(pair.source[name]).items()
        if not key.startswith(("acs:", "aliyun"))
    }
    where = (
        "primary network interface"
        if name.startswith("primary")
        else name.split(" ", maxsplit=1)[0]
    )
    has = pair.replacement[name].items() | pair.source["tags"].items()
    return had.items() <= has or f"tags of {where}" in pair.refused


def _was_refused(parameter: str) -> Callable[[Pair, str], bool]:
    return _told(parameter)


# A name that begins with `*` is that of an attribute of any disk.
EXCUSES: tuple[Excuse, ...] = (
    Excuse("type", "sold out, reclaimed or too dear", lambda pair, _: _fits(pair)),
    Excuse("zone", "another zone may have stock", _other_zone),
    Excuse("vswitch", "a subnet belongs to a zone", _other_zone),
    Excuse(
        "vswitch",
        "its own had no address left",
        lambda pair, name: f"subnet {pair.source[name]}" in pair.refused,
    ),
    Excuse(
        "private_ip",
        "taken by the source until it is gone",
        lambda pair, _: pair.policy.private_ip != "same_or_park",
    ),
    Excuse("memberships", "not configured, or named", _memberships_told),
    Excuse("disks", "in no image and in another zone, and named", _disks_told),
    Excuse("has_public_ip", "economical mode gives a static address away", _in_place),
    *(
        Excuse(name, "its static address became elastic", _became_elastic)
        for name in ("has_public_ip", "bandwidth_out", "bandwidth_in", "internet_charge_type")
    ),
    Excuse("eip", "bound to the source; handover", _eip_told),
    Excuse("secondary interfaces", "attached to the source; handover", _interfaces_told),
    Excuse("tags", "ours are added, 20 at most, some keys are reserved", _tags_kept),
    Excuse("primary tags", "tags of the launch reach it", _tags_told),
    Excuse("*tags", "tags of the launch reach disks; their own are handover's", _tags_told),
    Excuse("instance_name", "RunInstances fills patterns in", _clipped),
    Excuse("host_name", "RunInstances fills patterns in", _hyphened),
    Excuse("user_data", "it is in the image; running it again is not wanted", _told("user data")),
    Excuse(
        "spot_duration",
        "only 0 and 1 are sold now",
        lambda pair, _: pair.bought or pair.source["spot_duration"] > 1,
    ),
    Excuse("spot_strategy", "pay-as-you-go, or a maximum price", _price),
    Excuse("spot_price_limit", "pay-as-you-go, or a maximum price", _price),
    Excuse("spot_interruption_behavior", "pay-as-you-go has none", lambda pair, _: pair.bought),
    Excuse(
        "bandwidth_out",
        "at most 100 for pay-as-you-go, and none without a static address",
        lambda pair, name: (
            pair.source[name] > BANDWIDTH_MAX and pair.replacement[name] == BANDWIDTH_MAX
        ),
    ),
    Excuse("bandwidth_in", "counts with a static address only", _no_static_address),
    Excuse(
        "bandwidth_in",
        "at most what goes out, or 10",
        lambda pair, name: (
            pair.source[name]
            > pair.replacement[name]
            == max(INBOUND_LEAST_MOST, pair.replacement["bandwidth_out"])
        ),
    ),
    Excuse("internet_charge_type", "counts with a static address only", _no_static_address),
    *(
        Excuse(name, "valid for one type", _other_type_as_told(parameter))
        for name, parameter in (
            ("threads_per_core", "ThreadsPerCore"),
            ("cpu_topology", "TopologyType"),
            ("nested_virtualization", "NestedVirtualization"),
            ("jumbo_frame", "EnableJumboFrame"),
            ("network_encryption", "EnableNetworkEncryption"),
            ("bandwidth_weighting", "BandwidthWeighting"),
            ("primary queue_number", "NetworkInterfaceQueueNumber"),
        )
    ),
    Excuse("primary queue_number", "as many as the type has by itself", _queues_of_the_type),
    Excuse("hpc_cluster_id", "belongs to a zone", _other_zone_as_told("HpcClusterId")),
    # The instance's own field is what a launch has asked for; what a disk is in stands on the disk.
    Excuse("storage_set_id", "what was asked for; see the disks", _always),
    Excuse("storage_set_partition", "what was asked for; see the disks", _always),
    Excuse("*storage_set_id", "belongs to a zone, and is one for all disks", _set_told),
    Excuse("*storage_set_partition", "belongs to a zone, and is one for all disks", _set_told),
    Excuse(
        "hop_limit",
        "RunInstances cannot set it",
        lambda pair, name: f"hop limit of {pair.source[name]} of the metadata" in pair.refused,
    ),
    Excuse(
        "auto_release_time",
        "would end the replacement",
        lambda pair, name: f"release at {pair.source[name]}" in pair.refused,
    ),
    Excuse(
        "primary name",
        "RunInstances names the interface itself",
        _told("name of the primary interface"),
    ),
    Excuse(
        "primary description",
        "RunInstances cannot set it",
        _told("description of the primary interface"),
    ),
    Excuse("secondary ips", "taken by the source until it is gone", _addresses_told),
    Excuse(
        "primary source_dest_check",
        "ModifyNetworkInterfaceAttribute only",
        _told("source and destination check of the primary interface"),
    ),
    Excuse(
        "/dev/xvda delete_with_instance",
        "RunInstances cannot say it of a system disk",
        _told("the system disk outliving the replacement"),
    ),
    Excuse(
        "*delete_auto_snapshot",
        "ModifyDiskAttribute only, and nothing without a policy",
        lambda pair, name: (
            not pair.source.get(f"{name.split(' ')[0]} auto_snapshot_policy_id")
            or _told("automatic snapshots outliving {}")(pair, name)
        ),
    ),
    Excuse(
        "*enable_auto_snapshot",
        "ModifyDiskAttribute only",
        _told("automatic snapshots of {} being off"),
    ),
    Excuse("*multi_attach", "a shared disk is not in an image", _always),
    Excuse("*portable", "every disk that is made now is", _always),
    *(
        Excuse(name, f"{parameter} was refused, and the receipt says so", _was_refused(parameter))
        for name, parameter in (
            ("key_pair_name", "KeyPairName"),
            ("http_tokens", "HttpTokens"),
            ("deployment_set_id", "DeploymentSetId"),
            ("deployment_set_group", "DeploymentSetId"),
            ("resource_group_id", "ResourceGroupId"),
            ("*resource_group_id", "ResourceGroupId"),
            ("*auto_snapshot_policy_id", "AutoSnapshotPolicyId"),
            ("host_name", "HostName"),
            ("spot_duration", "SpotDuration"),
            ("spot_interruption_behavior", "SpotInterruptionBehavior"),
            ("bandwidth_out", "InternetMaxBandwidthOut"),
            ("has_public_ip", "InternetMaxBandwidthOut"),
            ("primary ipv6", "Ipv6AddressCount"),
            ("secure_boot", "SecurityOptions"),
        )
    ),
)


def excuse(name: str, pair: Pair) -> str:
    """Return why a field may differ, or an empty word."""
    data_disks = pair.source["disks"][1:]
    is_of_disks = name.startswith(("/dev/", "disks"))
    if pair.boot == "rescue" and is_of_disks and name.split(" ", 1)[0] not in data_disks:
        return "a rescue boots a new system disk, and has the source's behind its data disks"
    if name.startswith("/dev/") and _moves_up(pair, name.split(" ", 1)[0]):
        return "in no image and not to be attached, and named; what stood behind it moves up"
    for row in EXCUSES:
        of_a_disk = row.name.startswith("*") and name.startswith("/dev/")
        fits = name == row.name or (of_a_disk and name.split(" ", 1)[1] == row.name[1:])
        if fits and row.holds(pair, name):
            return row.cause
    return ""


def unexcused(pair: Pair) -> list[str]:
    """Return the fields that differ without a cause of the closed table."""
    names = sorted(pair.source.keys() | pair.replacement.keys())
    return [
        f"{name}: {pair.source.get(name)!r} became {pair.replacement.get(name)!r}"
        for name in names
        if pair.source.get(name) != pair.replacement.get(name) and not excuse(name, pair)
    ]
