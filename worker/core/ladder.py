"""The rungs of the ladder, and the candidates of a launch in their canonical order.

What is booted from is lost one rung after the other: an image of the source, an image of finished
snapshots, then what the configuration allows. Which it is does not change what is launched where,
but for disks that are carried over themselves, which are in one zone.

The order is a pure function of the captured source, the configuration, the type catalogue, the
subnets and list prices of a window closed before T0. Live stock never reorders it and never skips
a candidate: two workers that walk different orders launch two replacements. What is sold out, or
which subnet has no address left, is learned by asking, one candidate at a time.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from worker.core.model import Candidate, Instance, InstanceType, VSwitch
from worker.core.policy import Policy
from worker.core.progress import BootKind, Wishes

CANDIDATES_MAX = 48
VSWITCHES_PER_ZONE = 2
# Subnets beyond those; a zone whose first ones have no address left is no zone without stock.
SPARE_CANDIDATES_MAX = 24
# The last resort needs no long list: it is there to end the search, not to widen it.
PAY_AS_YOU_GO_CANDIDATES_MAX = 8
PAY_AS_YOU_GO_SPARES_MAX = 4
# A person has named what is wanted, so a long list would not be it.
WISHED_CANDIDATES_MAX = 8
# Source: RunInstances, SpotPriceLimit: at most three decimals.
_PRICE_STEPS = 1_000
_PERCENT = 100
# Families that are whole machines boot other images. Source: "Instance family", ebm and scc.
_BARE_METAL = ("ecs.ebm", "ecs.scc")

OWN_POOL_WHY = "the source's own type and zone"
RECLAIMED_WHY = "the source's own type and zone, which have just reclaimed it"
OWN_TYPE_WHY = "the source's type in another zone"
WISHED_WHY = "asked for in a replay"
PAY_AS_YOU_GO_WHY = "not to be reclaimed; after all of spot"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a type must have room for.

    Attributes:
        data_disks: Cloud disks beside the system disk.
        interfaces: Network interfaces, the primary one included; 0 when they are not known.
        secure_boot: Whether the source boots securely.
        same_zone: Whether its disks are carried over themselves, so that it cannot leave the zone.
    """

    data_disks: int = 0
    interfaces: int = 0
    secure_boot: bool = False
    same_zone: bool = False


def rung_after(rung: BootKind, policy: Policy) -> BootKind | None:
    """Name what is booted from when this cannot be; None when nothing is left."""
    rungs: tuple[BootKind, ...] = ("image", "snapshots", *policy.fallbacks)
    at = rungs.index(rung) if rung in rungs else len(rungs)
    return next(iter(rungs[at + 1 :]), None)


def near(order: Sequence[Candidate], zone: str) -> tuple[Candidate, ...]:
    """Leave only the candidates in one zone, in their order."""
    return tuple(one for one in order if one.zone == zone)


def nearest_first(order: Sequence[Candidate], zone: str) -> tuple[Candidate, ...]:
    """Put the candidates in one zone before the others; pay-as-you-go stays last."""
    return tuple(sorted(order, key=lambda one: (not one.spot, one.zone != zone)))


def candidates(
    source: Instance,
    types: Sequence[InstanceType],
    vswitches: Sequence[VSwitch],
    policy: Policy,
    needs: Needs = Needs(),
) -> tuple[Candidate, ...]:
    """List where and as what the replacement may be launched, first choice first.

    The source's type comes first, in the zones that have not just reclaimed it; then every
    compatible type of the same memory, each from the source's zone outwards; then the same in
    the subnets that are left; then the pool (type and zone) that has reclaimed the source; then,
    where it is allowed, pay-as-you-go.
    """
    first, others = _places(source, vswitches, policy, stays=needs.same_zone)
    types_in_order = _types(source, types, policy, needs)
    spot = _spot(source, types_in_order, first)
    spare = _spot(source, types_in_order, others)[:SPARE_CANDIDATES_MAX]
    bought = _pay_as_you_go(spot, spare, policy)
    if policy.reclaimed_pool == "first":
        return (*spot[: CANDIDATES_MAX - len(bought)], *spare, *bought)
    last = [one for one in (*spot, *spare) if _has_reclaimed(source, one)]
    head = [one for one in spot if one not in last]
    left = [one for one in spare if one not in last]
    pool = (replace(one, why=RECLAIMED_WHY) for one in last)
    own = len(spot) - len(head)
    return (*head[: CANDIDATES_MAX - own - len(bought)], *left, *pool, *bought)


def _spot(
    source: Instance, types: Sequence[tuple[str, str]], places: Sequence[tuple[str, str]]
) -> list[Candidate]:
    return [
        Candidate(name, zone, vswitch, why=_why(source, why, zone))
        for name, why in types
        for zone, vswitch in places
    ]


def within_price(
    order: Sequence[Candidate], prices: Mapping[tuple[str, str], float], policy: Policy
) -> tuple[Candidate, ...]:
    """Give every spot candidate its price limit; one whose list price is not known is left out.

    Args:
        order: The candidates.
        prices: Pay-as-you-go price per hour by type and zone, of a window closed before T0.
        policy: Says which share of it may be paid.
    """
    if not policy.max_price_percent:
        return tuple(order)
    limited = (
        replace(one, price_limit=_limit(prices, one, policy.max_price_percent)) for one in order
    )
    return tuple(one for one in limited if one.price_limit or not one.spot)


def _limit(prices: Mapping[tuple[str, str], float], candidate: Candidate, percent: int) -> float:
    if not candidate.spot:
        return 0.0
    price = prices.get((candidate.instance_type, candidate.zone), 0.0)
    return math.floor(price * percent / _PERCENT * _PRICE_STEPS) / _PRICE_STEPS


def _has_reclaimed(source: Instance, candidate: Candidate) -> bool:
    pool = (candidate.instance_type, candidate.zone)
    return pool == (source.instance_type, source.zone)


def _why(source: Instance, why_type: str, zone: str) -> str:
    if why_type:
        return why_type if zone == source.zone else f"{why_type}, in another zone"
    return OWN_POOL_WHY if zone == source.zone else OWN_TYPE_WHY


def _pay_as_you_go(
    spot: Sequence[Candidate], spare: Sequence[Candidate], policy: Policy
) -> list[Candidate]:
    if not policy.pay_as_you_go_max:
        return []
    chosen = (*spot[:PAY_AS_YOU_GO_CANDIDATES_MAX], *spare[:PAY_AS_YOU_GO_SPARES_MAX])
    return [replace(one, spot=False, why=PAY_AS_YOU_GO_WHY) for one in chosen]


def addressed(
    order: Sequence[Candidate], source: Instance, policy: Policy
) -> tuple[Candidate, ...]:
    """Let those in the source's own subnet ask for its private address, if it is to be kept.

    They come first. With `same_or_park` there are no others; with `same_or_fast` the others take
    what comes.
    """
    if policy.private_ip == "fast":
        return tuple(order)
    asking = [
        replace(one, private_ip=source.private_ip) if one.vswitch == source.vswitch else one
        for one in order
    ]
    must = policy.private_ip == "same_or_park"
    wanted = [one for one in asking if one.private_ip or not must]
    return tuple(sorted(wanted, key=lambda one: not one.private_ip))


def wished(
    order: Sequence[Candidate], wishes: Wishes, vswitches: Sequence[VSwitch]
) -> tuple[Candidate, ...]:
    """Keep what a person asked for, and make it of the subnets where the order has none of it.

    Args:
        order: The candidates as they would be without.
        wishes: What was asked for; without any wish the order stays.
        vswitches: Subnets that may be used beside those of the order.
    """
    if not wishes.any:
        return tuple(order)
    kept = [one for one in order if _is_wished(one, wishes)]
    found = kept or _made_of(order, wishes, vswitches)
    if wishes.pay_as_you_go:
        found = [replace(one, spot=False, price_limit=0.0) for one in found]
    asked = (replace(one, why=WISHED_WHY) for one in found)
    return tuple(dict.fromkeys(asked))[:WISHED_CANDIDATES_MAX]


def _is_wished(candidate: Candidate, wishes: Wishes) -> bool:
    return wishes.instance_type in {"", candidate.instance_type} and wishes.zone in {
        "",
        candidate.zone,
    }


def _made_of(
    order: Sequence[Candidate], wishes: Wishes, vswitches: Sequence[VSwitch]
) -> list[Candidate]:
    known = [(one.zone, one.vswitch) for one in order]
    known += [(one.zone, one.vswitch_id) for one in vswitches]
    types = [wishes.instance_type] if wishes.instance_type else [one.instance_type for one in order]
    return [
        Candidate(name, zone, vswitch)
        for name in dict.fromkeys(types)
        for zone, vswitch in dict.fromkeys(known)
        if wishes.zone in {"", zone}
    ]


def _places(
    source: Instance, vswitches: Sequence[VSwitch], policy: Policy, *, stays: bool
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return the zones and subnets that every type is tried in, and those that are left.

    Of the latter each zone has its first before any has its second, for the list is cut.
    """
    own = (source.zone, source.vswitch)
    is_bound = stays or not policy.other_zones
    first, others = [own], list[tuple[int, bool, str, str]]()
    in_zone = Counter({source.zone: VSWITCHES_PER_ZONE})
    for zone, vswitch in sorted((one.zone, one.vswitch_id) for one in vswitches):
        if (zone, vswitch) == own or (is_bound and zone != source.zone):
            continue
        in_zone[zone] += 1
        if in_zone[zone] <= VSWITCHES_PER_ZONE:
            first.append((zone, vswitch))
        else:
            others.append((in_zone[zone], zone != source.zone, zone, vswitch))
    return first, [(zone, vswitch) for _, _, zone, vswitch in sorted(others)]


def _types(
    source: Instance, types: Sequence[InstanceType], policy: Policy, needs: Needs
) -> list[tuple[str, str]]:
    """Return the names of the types in their order, each with why it stands there."""
    own = [] if _matches(source.instance_type, policy.forbid_types) else [source.instance_type]
    others = _other_types(source, types, policy, needs)
    return [*((name, "") for name in own), *others]


def _other_types(
    source: Instance, types: Sequence[InstanceType], policy: Policy, needs: Needs
) -> list[tuple[str, str]]:
    own = next((found for found in types if found.name == source.instance_type), None)
    if own is None or policy.same_type_only:
        return []
    fitting = [
        other
        for other in types
        if other.name != own.name
        and can_replace(own, other, needs)
        and not _matches(other.name, policy.forbid_types)
        and (not policy.families or _matches(other.family, policy.families))
    ]
    fitting.sort(key=lambda other: _rank(own, other, policy.prefer_types))
    return [(other.name, _why_type(other, policy.prefer_types)) for other in fitting]


def can_replace(own: InstanceType, other: InstanceType, needs: Needs = Needs()) -> bool:
    """Tell whether an image of a source of one type boots and fits on the other type."""
    return (
        other.memory == own.memory
        and other.cpu >= own.cpu
        and _boots(own, other, needs)
        and (other.gpus, other.gpu_model) == (own.gpus, own.gpu_model)
        and other.local_disks == own.local_disks
        and other.burstable == own.burstable
        and (other.disks == 0 or other.disks > needs.data_disks)
        and (other.enis == 0 or other.enis >= needs.interfaces)
    )


def _boots(own: InstanceType, other: InstanceType, needs: Needs) -> bool:
    return (
        other.architecture == own.architecture
        and _speaks(own.nvme, other.nvme)
        and (not own.boot_modes or bool(set(own.boot_modes) & set(other.boot_modes)))
        and (other.secure_boot or not needs.secure_boot)
        and other.family.startswith(_BARE_METAL) == own.family.startswith(_BARE_METAL)
    )


def _speaks(own: str, other: str) -> bool:
    """A type that requires NVMe needs an image that is known to have its driver."""
    return other != "required" or own == "required"


def _rank(own: InstanceType, other: InstanceType, preferred: Sequence[str]) -> tuple[object, ...]:
    liked = [at for at, pattern in enumerate(preferred) if fnmatchcase(other.name, pattern)]
    choice = min(liked, default=len(preferred))
    return (choice, other.cpu - own.cpu, other.generation != own.generation, other.name)


def _why_type(other: InstanceType, preferred: Sequence[str]) -> str:
    liked = next((pattern for pattern in preferred if fnmatchcase(other.name, pattern)), "")
    told = f"another type of the same memory, {other.cpu} vCPU"
    return f"{told}, preferred as {liked}" if liked else told


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
