"""The order of candidates is a pure function: whoever computes it walks the same ladder."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.ladder import (
    CANDIDATES_MAX,
    PAY_AS_YOU_GO_CANDIDATES_MAX,
    PAY_AS_YOU_GO_WHY,
    RECLAIMED_WHY,
    SPARE_CANDIDATES_MAX,
    VSWITCHES_PER_ZONE,
    Needs,
    addressed,
    can_replace,
    candidates,
    within_price,
)
from worker.core.model import Candidate, Instance, InstanceType, VSwitch
from worker.core.policy import Policy

OWN = InstanceType(
    name="ecs.g7.xlarge",
    family="ecs.g7",
    cpu=4,
    memory=16.0,
    architecture="X86",
    nvme="unsupported",
    boot_modes=("BIOS", "UEFI"),
    generation="ecs-6",
    disks=17,
)
SOURCE = Instance(
    instance_id="i-bp1source00000000001",
    status="Running",
    instance_type=OWN.name,
    zone="cn-hangzhou-h",
    vswitch="vsw-own",
    memory=16.0,
)
OWN_POOL = (OWN.name, SOURCE.zone, SOURCE.vswitch)
BIGGER = replace(OWN, name="ecs.g7.2xlarge", cpu=8)
NEWER = replace(OWN, name="ecs.g8i.xlarge", generation="ecs-8")
TYPES = (OWN, BIGGER, NEWER)
PLACES = (VSwitch("vsw-own", "cn-hangzhou-h", 9), VSwitch("vsw-g", "cn-hangzhou-g", 9))

repeatable = settings(derandomize=True, deadline=None, max_examples=100)
types = st.builds(
    InstanceType,
    name=st.from_regex(r"ecs\.[cgr][67]\.(large|xlarge|2xlarge)", fullmatch=True),
    family=st.just("f"),
    cpu=st.sampled_from([2, 4, 8]),
    memory=st.sampled_from([8.0, 16.0]),
    architecture=st.sampled_from(["X86", "ARM"]),
    nvme=st.sampled_from(["required", "optional", "unsupported", ""]),
    boot_modes=st.sampled_from([(), ("BIOS",), ("UEFI",), ("BIOS", "UEFI")]),
    generation=st.sampled_from(["ecs-6", "ecs-7"]),
    gpus=st.integers(0, 1),
    local_disks=st.integers(0, 1),
    disks=st.sampled_from([0, 5, 17]),
    burstable=st.booleans(),
)
fitting = st.builds(
    lambda letter, cpu: replace(OWN, name=f"ecs.{letter}.{cpu}", cpu=cpu),
    st.sampled_from("abcdefgh"),
    st.sampled_from([4, 8]),
)
catalogues = st.lists(types | fitting, max_size=12, unique_by=lambda one: one.name).map(
    lambda found: [OWN, *(one for one in found if one.name != OWN.name)]
)
subnets = st.lists(
    st.builds(
        VSwitch,
        vswitch_id=st.from_regex(r"vsw-[a-f]{2}", fullmatch=True),
        zone=st.sampled_from([f"cn-hangzhou-{letter}" for letter in "ghij"]),
        free_addresses=st.integers(0, 200),
        available=st.booleans(),
    ),
    max_size=10,
    unique_by=lambda one: one.vswitch_id,
)
policies = st.builds(
    Policy,
    same_type_only=st.booleans(),
    other_zones=st.booleans(),
    reclaimed_pool=st.just("last"),
    families=st.sampled_from([(), ("ecs.*", "f")]),
    forbid_types=st.lists(st.sampled_from(["ecs.c*", "ecs.r6.*"]), max_size=2).map(tuple),
    prefer_types=st.lists(st.sampled_from(["ecs.g*", "ecs.*.2xlarge"]), max_size=2).map(tuple),
)


def places_of(found: tuple[Candidate, ...]) -> list[tuple[str, str, str]]:
    """Type, zone and subnet in their order."""
    return [(one.instance_type, one.zone, one.vswitch) for one in found]


def spares(found: Sequence[Candidate]) -> list[Candidate]:
    """Those of the spot candidates whose subnet is asked when the others were."""
    seen: dict[tuple[str, str], list[str]] = {}
    spare = []
    for one in (one for one in found if one.spot):
        before = seen.setdefault((one.instance_type, one.zone), [])
        if len(before) >= (1 if one.zone == SOURCE.zone else VSWITCHES_PER_ZONE):
            spare.append(one)
        before.append(one.vswitch)
    return spare


def names(found: Sequence[Candidate]) -> list[str]:
    """The types in the order in which they first appear."""
    return list(dict.fromkeys(one.instance_type for one in found))


# Properties


@repeatable
@given(catalogues, subnets, policies, st.data())
def test_order_does_not_depend_on_the_order_of_answers(
    catalogue: list[InstanceType], places: list[VSwitch], policy: Policy, data: st.DataObject
) -> None:
    """Types and subnets in any other order give the very same candidates."""
    shuffled = data.draw(st.permutations(catalogue)), data.draw(st.permutations(places))

    assert candidates(SOURCE, *shuffled, policy) == candidates(SOURCE, catalogue, places, policy)


@repeatable
@given(catalogues, subnets, policies, st.integers(0, 1_000))
def test_live_figures_do_not_change_the_order(
    catalogue: list[InstanceType], places: list[VSwitch], policy: Policy, free: int
) -> None:
    """How many addresses are free is no reason to walk another ladder than a twin."""
    later = [replace(one, free_addresses=free) for one in places]

    assert candidates(SOURCE, catalogue, later, policy) == candidates(
        SOURCE, catalogue, places, policy
    )


@repeatable
@given(catalogues, subnets, policies)
def test_source_type_comes_first_and_its_pool_last(
    catalogue: list[InstanceType], places: list[VSwitch], policy: Policy
) -> None:
    """Its type elsewhere is first, then others, and last the pool that has just reclaimed it."""
    order = candidates(SOURCE, catalogue, places, policy)
    last = [one for one in order if one.why == RECLAIMED_WHY]
    found = order[: -len(last)]

    assert order[-len(last) :] == tuple(last)
    assert places_of(tuple(last))[0] == OWN_POOL
    assert {(one.instance_type, one.zone, one.spot) for one in last} == {(*OWN_POOL[:2], True)}
    first_round = [one for one in found if one not in spares(found)]
    own = [one.instance_type == OWN.name for one in first_round]
    assert own == sorted(own, reverse=True)
    for name in names(found):
        if name == OWN.name:
            continue
        first = next(one for one in found if one.instance_type == name)
        assert (first.zone, first.vswitch) == (SOURCE.zone, SOURCE.vswitch)


@repeatable
@given(catalogues, subnets, policies)
def test_candidates_are_bounded_and_different(
    catalogue: list[InstanceType], places: list[VSwitch], policy: Policy
) -> None:
    """None twice, and each pool in no more than two subnets before all others were asked."""
    found = candidates(SOURCE, catalogue, places, policy)

    assert len(found) == len(set(found)) <= CANDIDATES_MAX + SPARE_CANDIDATES_MAX
    begun = [one for one in found if one not in spares(found)]
    assert len(begun) <= CANDIDATES_MAX
    last = [one for one in found if one.why != RECLAIMED_WHY and one in spares(found)]
    rest = [one for one in found if one.why != RECLAIMED_WHY and one not in last]
    assert [*rest, *last] == [one for one in found if one.why != RECLAIMED_WHY]


@repeatable
@given(catalogues, subnets, policies)
def test_every_subnet_is_a_candidate_at_last(
    catalogue: list[InstanceType], places: list[VSwitch], policy: Policy
) -> None:
    """A zone whose first subnets are full has others; the source's type asks them all."""
    found = candidates(SOURCE, catalogue, places, policy)

    may_be = {one for one in places if policy.other_zones or one.zone == SOURCE.zone}
    asked = {one.vswitch for one in found if one.instance_type == OWN.name}
    if any(one.instance_type == OWN.name for one in found):
        assert {one.vswitch_id for one in may_be} <= asked


def test_spare_subnets_are_shared_out_among_the_zones() -> None:
    """A zone with many subnets leaves the others theirs; the source's own zone is asked first."""
    many = [VSwitch(f"vsw-g{n:02d}", "cn-hangzhou-g", 9) for n in range(40)]
    some = [VSwitch(f"vsw-{zone}{n}", f"cn-hangzhou-{zone}", 9) for zone in "hi" for n in range(4)]

    found = candidates(SOURCE, TYPES, [*many, *some], Policy(reclaimed_pool="first"))

    spare = [one.vswitch for one in found if one in spares(found)]
    assert spare[:5] == ["vsw-h0", "vsw-g02", "vsw-i2", "vsw-h1", "vsw-g03"]
    assert len(spare) == SPARE_CANDIDATES_MAX
    # Siblings of the source's subnet, and two of each other zone that the first round has left.
    assert {one for one in spare if not one.startswith("vsw-g")} == {
        *(f"vsw-h{n}" for n in range(4)),
        "vsw-i2",
        "vsw-i3",
    }


def test_private_address_that_must_be_had_leaves_no_other_subnet() -> None:
    """Elsewhere it could not be had."""
    order = candidates(SOURCE, TYPES, PLACES, Policy())
    source = replace(SOURCE, private_ip="172.16.0.9")

    must = addressed(order, source, Policy(private_ip="same_or_park"))
    may = addressed(order, source, Policy(private_ip="same_or_fast"))

    assert {(one.vswitch, one.private_ip) for one in must} == {("vsw-own", "172.16.0.9")}
    assert [one for one in may if one.private_ip] == list(must)
    assert len(may) == len(order)


def test_what_is_bought_may_take_a_spare_subnet() -> None:
    """A subnet without an address sells nothing at any price."""
    places = (*PLACES, VSwitch("vsw-sibling", "cn-hangzhou-h", 9))

    found = candidates(SOURCE, TYPES, places, Policy(pay_as_you_go_max=1))

    bought = [one for one in found if not one.spot]
    assert len(bought) == len(set(bought))
    assert (OWN.name, "cn-hangzhou-h", "vsw-sibling") in places_of(tuple(bought))


@repeatable
@given(catalogues, subnets, policies)
def test_other_types_fit_and_are_allowed(
    catalogue: list[InstanceType], places: list[VSwitch], policy: Policy
) -> None:
    """Every other type has the same memory, boots the image and is not forbidden."""
    by_name = {one.name: one for one in catalogue}

    others = [
        one for one in names(candidates(SOURCE, catalogue, places, policy)) if one != OWN.name
    ]

    for other in (by_name[name] for name in others):
        assert (other.memory, other.architecture) == (OWN.memory, OWN.architecture)
        assert other.cpu >= OWN.cpu
        assert can_replace(OWN, other)
        assert not any(fnmatchcase(other.name, pattern) for pattern in policy.forbid_types)


# Single decisions


def test_one_more_type_only_adds_candidates() -> None:
    """What stood before a new type of the catalogue keeps its place."""
    before = candidates(SOURCE, (OWN, NEWER), PLACES, Policy())[:-1]

    assert candidates(SOURCE, TYPES, PLACES, Policy())[: len(before)] == before


def test_same_type_only_leaves_the_zones() -> None:
    """Without other types the source's own is still tried in every zone."""
    found = candidates(SOURCE, TYPES, PLACES, Policy(same_type_only=True))

    assert places_of(found) == [
        (OWN.name, "cn-hangzhou-g", "vsw-g"),
        (OWN.name, "cn-hangzhou-h", "vsw-own"),
    ]


def test_own_zone_only_leaves_the_types() -> None:
    """Without other zones every type is tried in the source's own subnet, then in its siblings."""
    sibling = VSwitch("vsw-sibling", "cn-hangzhou-h", 0)
    more = candidates(SOURCE, TYPES, (*PLACES, sibling), Policy(other_zones=False))
    assert [one.vswitch for one in more] == [
        *["vsw-own"] * 2, *["vsw-sibling"] * 2, "vsw-own", "vsw-sibling"
    ]  # fmt: skip

    found = candidates(SOURCE, TYPES, PLACES, Policy(other_zones=False))

    assert {(one.zone, one.vswitch) for one in found} == {("cn-hangzhou-h", "vsw-own")}
    assert names(found) == [NEWER.name, BIGGER.name, OWN.name]


def test_fewer_processors_to_pay_for_come_first() -> None:
    """Of the types that fit, the one nearest to the source in processors is nearest in order."""
    assert names(candidates(SOURCE, TYPES, (), Policy())) == [NEWER.name, BIGGER.name, OWN.name]


def test_equal_types_are_ordered_by_name() -> None:
    """Where nothing tells two types apart their names do, not the order of an answer."""
    twin = replace(NEWER, name="ecs.c8i.xlarge")

    for catalogue in ((OWN, NEWER, twin), (twin, NEWER, OWN)):
        assert names(candidates(SOURCE, catalogue, (), Policy()))[:-1] == [twin.name, NEWER.name]


def test_preferred_types_come_first_in_their_order() -> None:
    """Patterns rank by their place in the list; a type that matches two counts by the first."""
    policy = Policy(prefer_types=("*.2xlarge", "ecs.g*"))

    assert names(candidates(SOURCE, TYPES, (), policy)) == [BIGGER.name, NEWER.name, OWN.name]


def test_preferring_does_not_displace_the_source() -> None:
    """The source's own type stays first, whatever is preferred."""
    policy = Policy(prefer_types=(BIGGER.name,))

    assert candidates(SOURCE, TYPES, PLACES, policy)[0].instance_type == OWN.name


def test_forbidden_types_are_left_out() -> None:
    """A forbidden type is no candidate even where it is preferred."""
    policy = Policy(forbid_types=("ecs.g8*",), prefer_types=("ecs.g8*",))

    assert names(candidates(SOURCE, TYPES, (), policy)) == [BIGGER.name, OWN.name]


def test_unknown_source_type_is_launched_again() -> None:
    """A type that the catalogue does not show any more is still asked for, and no other."""
    found = candidates(SOURCE, (BIGGER, NEWER), PLACES, Policy())

    assert names(found) == [OWN.name]


def test_long_ladders_are_cut_at_the_end() -> None:
    """The last choices fall away, not the first."""
    many = [replace(OWN, name=f"ecs.g7-{number:03d}.xlarge") for number in range(60)]

    found = candidates(SOURCE, [OWN, *many], (), Policy())

    assert len(found) == CANDIDATES_MAX
    assert found[-2].instance_type == "ecs.g7-046.xlarge"
    assert found[-1].why == RECLAIMED_WHY


@pytest.mark.parametrize(
    "unfit",
    [
        {"memory": 32.0},
        {"cpu": 2},
        {"architecture": "ARM"},
        {"nvme": "required"},
        {"boot_modes": ("UEFI-Preferred",)},
        {"gpus": 1},
        {"local_disks": 1},
        {"burstable": True},
        {"disks": 3},
        {"enis": 2},
        {"gpu_model": "NVIDIA A10"},
        {"secure_boot": False},
        {"family": "ecs.ebmg8i"},
    ],
)
def test_type_that_an_image_cannot_boot_on_is_out(unfit: dict[str, object]) -> None:
    """One property in which an image of the source would not run rules a type out."""
    needs = Needs(data_disks=3, interfaces=3, secure_boot=True)
    fit = replace(NEWER, secure_boot=True, enis=3)

    assert can_replace(OWN, fit, needs)
    assert not can_replace(OWN, replace(fit, **unfit), needs)  # type: ignore[arg-type]


def test_image_with_nvme_driver_runs_where_it_is_required() -> None:
    """A source that needs NVMe has the driver in its image."""
    own = replace(OWN, nvme="required")

    assert can_replace(own, replace(NEWER, nvme="required"))


def test_unknown_number_of_disks_is_no_reason_to_rule_out() -> None:
    """A catalogue that does not tell the number of disks is given the benefit of the doubt."""
    assert can_replace(OWN, replace(NEWER, disks=0), Needs(data_disks=16))


# The pool that has reclaimed, families, prices and pay-as-you-go


def test_reclaimed_pool_can_be_put_first() -> None:
    """Where everything must stay in its zone the operator may ask for the source's own pool first."""
    policy = Policy(reclaimed_pool="first")

    assert places_of(candidates(SOURCE, TYPES, PLACES, policy))[0] == OWN_POOL


def test_families_narrow_the_other_types_only() -> None:
    """The source's own type needs no permission; of the others only the named families remain."""
    other = replace(NEWER, name="ecs.c9i.xlarge", family="ecs.c9i")

    found = candidates(SOURCE, (*TYPES, other), (), Policy(families=("ecs.c*",)))

    assert names(found) == [other.name, OWN.name]


def test_pay_as_you_go_is_off_unless_it_is_asked_for() -> None:
    """By default everything is spot."""
    assert all(one.spot for one in candidates(SOURCE, TYPES, PLACES, Policy()))


def test_pay_as_you_go_comes_after_all_of_spot() -> None:
    """Its first choice is the source's own type in its own zone, which only spot has lost."""
    policy = Policy(pay_as_you_go_max=1)

    found = candidates(SOURCE, TYPES, PLACES, policy)

    spot = [one.spot for one in found]
    assert spot == sorted(spot, reverse=True)
    bought = [one for one in found if not one.spot]
    assert places_of(tuple(bought))[0] == OWN_POOL
    assert {one.why for one in bought} == {PAY_AS_YOU_GO_WHY}


def test_long_ladders_keep_their_end() -> None:
    """What is cut is the last of the other types, never the last resorts."""
    many = [replace(OWN, name=f"ecs.g7-{number:03d}.xlarge") for number in range(60)]

    found = candidates(SOURCE, [OWN, *many], (), Policy(pay_as_you_go_max=2))

    assert len(found) == CANDIDATES_MAX
    assert sum(not one.spot for one in found) == PAY_AS_YOU_GO_CANDIDATES_MAX
    assert found[-PAY_AS_YOU_GO_CANDIDATES_MAX - 1].why == RECLAIMED_WHY


def test_price_limit_is_a_share_of_pay_as_you_go() -> None:
    """To three decimals, never rounded up; without a list price a candidate is left out."""
    policy = Policy(max_price_percent=50, pay_as_you_go_max=1)
    prices = {(OWN.name, "cn-hangzhou-g"): 1.0013}

    found = within_price(candidates(SOURCE, TYPES, PLACES, policy), prices, policy)

    assert [(one.instance_type, one.price_limit) for one in found if one.spot] == [(OWN.name, 0.5)]
    assert {one.price_limit for one in found if not one.spot} == {0.0}


def test_without_a_share_nothing_is_limited() -> None:
    """Prices that nobody asked for change nothing."""
    order = candidates(SOURCE, TYPES, PLACES, Policy())

    assert within_price(order, {(OWN.name, "cn-hangzhou-g"): 1.0}, Policy()) == order


def test_every_candidate_says_why_it_stands_there() -> None:
    """A person reads it in the status and in the receipt."""
    policy = Policy(prefer_types=("*.2xlarge",))

    told = [one.why for one in candidates(SOURCE, TYPES, PLACES, policy)]

    assert told == [
        "the source's type in another zone",
        "another type of the same memory, 8 vCPU, preferred as *.2xlarge",
        "another type of the same memory, 8 vCPU, preferred as *.2xlarge, in another zone",
        "another type of the same memory, 4 vCPU",
        "another type of the same memory, 4 vCPU, in another zone",
        RECLAIMED_WHY,
    ]
