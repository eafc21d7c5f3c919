"""The candidates of a launch in their canonical order.

The order is a pure function of the captured source, the configuration, the type catalogue and the
subnets. Live stock never reorders it and never skips a candidate: two workers that walk different
orders launch two replacements. What is sold out is learned by asking, one candidate at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from worker.core.model import Candidate, Instance, InstanceType, VSwitch
from worker.core.policy import Policy

CANDIDATES_MAX = 48
VSWITCHES_PER_ZONE = 2


def candidates(
    source: Instance,
    types: Sequence[InstanceType],
    vswitches: Sequence[VSwitch],
    policy: Policy,
    *,
    data_disks: int = 0,
) -> tuple[Candidate, ...]:
    """List where and as what the replacement may be launched, first choice first.

    The source's type comes first, in its own zone and then in the others; then every compatible
    type of the same memory, each again from the source's zone outwards.
    """
    places = _places(source, vswitches, policy)
    own = [] if _matches(source.instance_type, policy.forbid_types) else [source.instance_type]
    names = [*own, *_other_types(source, types, policy, data_disks)]
    found = [Candidate(name, zone, vswitch) for name in names for zone, vswitch in places]
    return tuple(found[:CANDIDATES_MAX])


def addressed(
    order: Sequence[Candidate], source: Instance, policy: Policy
) -> tuple[Candidate, ...]:
    """Let those in the source's own subnet ask for its private address, if it is to be kept.

    With `same_or_park` there are no others; with `same_or_fast` they take what comes.
    """
    if policy.private_ip == "fast":
        return tuple(order)
    asking = [
        replace(one, private_ip=source.private_ip) if one.vswitch == source.vswitch else one
        for one in order
    ]
    must = policy.private_ip == "same_or_park"
    return tuple(one for one in asking if one.private_ip or not must)


def _places(
    source: Instance, vswitches: Sequence[VSwitch], policy: Policy
) -> tuple[tuple[str, str], ...]:
    own = (source.zone, source.vswitch)
    if not policy.other_zones:
        return (own,)
    others: list[tuple[str, str]] = []
    for vswitch in sorted(vswitches, key=lambda vswitch: (vswitch.zone, vswitch.vswitch_id)):
        place = (vswitch.zone, vswitch.vswitch_id)
        in_zone = sum(1 for zone, _ in others if zone == vswitch.zone)
        if vswitch.zone != source.zone and in_zone < VSWITCHES_PER_ZONE:
            others.append(place)
    return (own, *others)


def _other_types(
    source: Instance, types: Sequence[InstanceType], policy: Policy, data_disks: int
) -> tuple[str, ...]:
    own = next((found for found in types if found.name == source.instance_type), None)
    if own is None or policy.same_type_only:
        return ()
    fitting = [
        other
        for other in types
        if other.name != own.name
        and can_replace(own, other, data_disks)
        and not _matches(other.name, policy.forbid_types)
    ]
    fitting.sort(key=lambda other: _rank(own, other, policy.prefer_types))
    return tuple(other.name for other in fitting)


def can_replace(own: InstanceType, other: InstanceType, data_disks: int) -> bool:
    """Tell whether an image of a source of one type boots and fits on the other type."""
    return (
        other.memory == own.memory
        and other.cpu >= own.cpu
        and other.architecture == own.architecture
        and _speaks(own.nvme, other.nvme)
        and (not own.boot_modes or bool(set(own.boot_modes) & set(other.boot_modes)))
        and other.gpus == own.gpus
        and other.local_disks == own.local_disks
        and other.burstable == own.burstable
        and (other.disks == 0 or other.disks > data_disks)
    )


def _speaks(own: str, other: str) -> bool:
    """A type that requires NVMe needs an image that is known to have its driver."""
    return other != "required" or own == "required"


def _rank(own: InstanceType, other: InstanceType, preferred: Sequence[str]) -> tuple[object, ...]:
    liked = [at for at, pattern in enumerate(preferred) if fnmatchcase(other.name, pattern)]
    choice = min(liked, default=len(preferred))
    return (choice, other.cpu - own.cpu, other.generation != own.generation, other.name)


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
