"""What a replay begins with: the same slot, the time begun again, and what a person asked for."""

from dataclasses import replace

import pytest

from worker.core.ladder import WISHED_CANDIDATES_MAX, wished
from worker.core.model import Candidate, LaunchSpec, VSwitch
from worker.core.outcomes import Park
from worker.core.progress import (
    Imaged,
    Launched,
    Progress,
    Quiesced,
    Retained,
    SourceFacts,
    Specified,
    Wishes,
    decode,
    encode,
)
from worker.core.replaying import Edits, NoSubnet, Stop, resumed

NOW = 1_796_040_000.0
CANDIDATES = tuple(
    Candidate(name, zone, f"vsw-{zone[-1]}")
    for name in ("ecs.g7.large", "ecs.c7.xlarge")
    for zone in ("cn-hangzhou-h", "cn-hangzhou-i")
)
PROGRESS = Progress(
    account="1234567890123456",
    region="cn-hangzhou",
    instance_id="i-bp1source00000000001",
    t0=NOW - 200_000.0,
    received_at=NOW - 200_000.0,
    hops=4_000,
    absent_at=NOW - 100.0,
    retained=Retained(()),
    imaged=Imaged(f"recreation-{'0' * 32}", NOW - 199_000.0, "m-1"),
    specified=Specified(
        SourceFacts("ecs.g7.large", "cn-hangzhou-h", vpc="vpc-1"),
        LaunchSpec("name", (), (), (), "ecs.g7.large", "SpotAsPriceGo"),
        CANDIDATES,
    ),
    launched=Launched(epoch=2, index=3, round=1, drop=("Ipv6",), image_usable_at=1.0),
)
REFUSED = Stop(Park.REFUSED.value, "Permanent", "launch")


def go_on(edits: Edits = Edits(), stop: Stop = Stop(), **more: object) -> Progress:  # noqa: B008
    return resumed(replace(PROGRESS, **more), stop, edits, now=NOW)  # type: ignore[arg-type]


def test_its_time_begins_again_and_its_identity_stays() -> None:
    """Nothing that is bounded by time ends it at once; T0 and the recreation are the same."""
    after = go_on()

    assert (after.resumed_at, after.hops, after.absent_at) == (NOW, 0, 0.0)
    assert after.patient_since == NOW
    assert (after.t0, after.recreation_id) == (PROGRESS.t0, PROGRESS.recreation_id)


@pytest.mark.parametrize(
    "edits",
    [
        Edits(),
        Edits(Wishes(instance_type="ecs.r7.large")),
        Edits(Wishes(zone="cn-hangzhou-i")),
        Edits(Wishes(pay_as_you_go=True)),
        Edits(begin_at="retain"),
        Edits(begin_at="image"),
    ],
)
def test_the_slot_stays_whatever_is_edited(edits: Edits) -> None:
    """Copies ask under one token, so that the cloud lets one of them have an instance."""
    after = go_on(edits)

    assert after.launched.slot == PROGRESS.launched.slot
    assert after.specified is not None
    assert after.launched.index < len(after.specified.candidates)


@pytest.mark.parametrize(
    ("stop", "moves"),
    [
        (REFUSED, True),
        (Stop(Park.NO_ADDRESS.value, "Permanent", "launch"), True),
        (Stop(Park.REFUSED.value, "RefusedByTheQueue", "launch"), False),
        (Stop(Park.REFUSED.value, "Permanent", "image"), False),
        (Stop(Park.GAVE_UP.value, "UnknownOutcome", "launch"), False),
        (Stop(), False),
    ],
)
def test_only_a_definite_refusal_of_the_launch_moves_the_slot_on(
    stop: Stop, *, moves: bool
) -> None:
    """A lost answer is asked again under the same token; a refusal is remembered with its token."""
    assert go_on(stop=stop).launched.round == PROGRESS.launched.round + moves


def test_an_accepted_instance_is_not_asked_for_again() -> None:
    """Its confirmation goes on, also after a refusal of something else."""
    accepted = replace(PROGRESS.launched, instance_id="i-bp1new")

    assert go_on(stop=REFUSED, launched=accepted).launched.slot == PROGRESS.launched.slot


def test_a_wish_stands_where_the_slot_is_and_before_it() -> None:
    """When the list starts again, nothing is tried that was not asked for."""
    after = go_on(Edits(Wishes(instance_type="ecs.r7.large", zone="cn-hangzhou-i")))

    assert after.specified is not None
    asked = {(one.instance_type, one.zone, one.vswitch) for one in after.specified.candidates}
    assert asked == {("ecs.r7.large", "cn-hangzhou-i", "vsw-i")}


def test_a_zone_without_a_subnet_is_refused_and_one_of_the_vpc_is_taken() -> None:
    """The list that was frozen knows some subnets; others are looked up."""
    edits = Edits(Wishes(zone="cn-hangzhou-k"))
    with pytest.raises(NoSubnet, match="cn-hangzhou-k"):
        go_on(edits)

    subnet = VSwitch("vsw-k", "cn-hangzhou-k", 10)
    after = resumed(PROGRESS, Stop(), edits, now=NOW, vswitches=(subnet,))

    assert after.specified is not None
    assert {one.vswitch for one in after.specified.candidates} == {"vsw-k"}
    assert {one.instance_type for one in after.specified.candidates} == {
        "ecs.g7.large",
        "ecs.c7.xlarge",
    }


def test_wishes_travel_and_later_replays_keep_them() -> None:
    """They are part of the signed progress; one without wishes leaves those that there were."""
    wishes = Wishes("ecs.r7.large", "cn-hangzhou-i", pay_as_you_go=True)
    first = go_on(Edits(wishes))

    assert decode(encode(first)).wishes == wishes
    assert resumed(first, Stop(), Edits(), now=NOW).wishes == wishes


@pytest.mark.parametrize(
    ("step", "forgotten"),
    [
        ("retain", {"retained"}),
        ("quiesce", {"quiesced"}),
        ("image", {"imaged"}),
        ("spec", {"specified"}),
        ("launch", set()),
        ("handover", set()),
        ("cleanup", set()),
    ],
)
def test_a_step_that_is_done_again_forgets_its_own_output(step: str, forgotten: set[str]) -> None:
    """What the others have achieved is kept: the source may be gone."""
    after = go_on(Edits(begin_at=step), quiesced=Quiesced(1.0, ended=True))

    outputs = ("retained", "quiesced", "imaged", "specified")
    gone = {name for name in outputs if getattr(after, name) is None}
    assert gone == forgotten


def test_launch_done_again_asks_in_the_next_round() -> None:
    """What was accepted under a token is all that this token will ever give."""
    accepted = replace(PROGRESS.launched, instance_id="i-bp1new", running_at=5.0)
    after = go_on(Edits(begin_at="launch"), launched=accepted)

    assert (after.launched.instance_id, after.launched.running_at) == ("", 0.0)
    assert after.launched.round == PROGRESS.launched.round + 1


def test_without_wishes_the_order_stays_and_with_them_it_is_short() -> None:
    """A wish for pay-as-you-go drops the price limit, and repeats nothing."""
    many = tuple(
        Candidate("ecs.g7.large", f"cn-hangzhou-{at}", "v", price_limit=1.0) for at in "abcdefghijk"
    )

    assert wished(many, Wishes(), ()) == many
    bought = wished(many, Wishes(pay_as_you_go=True), ())
    assert len(bought) == WISHED_CANDIDATES_MAX
    assert {(one.spot, one.price_limit) for one in bought} == {(False, 0.0)}
