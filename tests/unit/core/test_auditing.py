"""What an interruption would do, case by case, and what is advised against it."""

from dataclasses import replace

import pytest

from worker.core.auditing import (
    Advice,
    Basis,
    Equipped,
    Estimate,
    Finding,
    Loss,
    Lost,
    Survival,
    Why,
    estimated,
    examine,
)
from worker.core.model import Disk, Instance
from worker.core.policy import Policy

NOTICE = 300.0
INSTANCE = Instance("i-1", "Running", "ecs.g7.large", "z", interruption_behavior="Terminate")
SYSTEM = Disk("d-1", "system", "cloud_essd", 40)
STAYS = replace(SYSTEM, delete_with_instance=False)
OLD = Disk("d-2", "data", "cloud_efficiency", 40)
LOCAL = Disk("d-3", "data", "local_ssd_pro", 800, is_cloud=False)


def finding(
    *disks: Disk, instance: Instance = INSTANCE, policy: str = "", **chain: float
) -> Finding:
    snapshots = {name.replace("_", "-"): at for name, at in chain.items()}
    equipped = Equipped(instance, disks, snapshots)
    return examine(equipped, notice=NOTICE, region="cn-hangzhou", policy=policy)


@pytest.mark.parametrize(
    ("instance", "disks", "survival", "why"),
    [
        (replace(INSTANCE, interruption_behavior="Stop"), (SYSTEM,), Survival.YES, Why.STAYS),
        (replace(INSTANCE, interruption_behavior="Stop"), (SYSTEM, LOCAL), Survival.NO, Why.LOCAL_DISK),
        (INSTANCE, (replace(SYSTEM, size=5),), Survival.YES, Why.IN_TIME),
        (INSTANCE, (replace(SYSTEM, size=6),), Survival.AT_RISK, Why.RETAIN_NEEDED),
        (INSTANCE, (STAYS,), Survival.LIKELY, Why.DISKS_OUTLIVE),
        (INSTANCE, (STAYS, OLD), Survival.NO, Why.LATE_AND_LOST),
        (INSTANCE, (STAYS, replace(OLD, delete_with_instance=False)), Survival.AT_RISK, Why.IMAGE_LATE),
        (INSTANCE, (SYSTEM, LOCAL), Survival.NO, Why.LOCAL_DISK),
        (INSTANCE, (replace(LOCAL, kind="system"),), Survival.NO, Why.NO_IMAGE),
        (replace(INSTANCE, status="Starting"), (SYSTEM,), Survival.NO, Why.NO_IMAGE),
        (replace(INSTANCE, locks=("security",)), (SYSTEM,), Survival.NO, Why.NO_IMAGE),
        (replace(INSTANCE, status="Stopped"), (STAYS,), Survival.LIKELY, Why.DISKS_OUTLIVE),
    ],
)  # fmt: skip
def test_survival(
    instance: Instance, disks: tuple[Disk, ...], survival: Survival, why: Why
) -> None:
    """Each cause by itself; the time decides only where an image can be made at all."""
    found = finding(*disks, instance=instance)

    assert (found.survival, found.why) == (survival, why)


def test_a_chain_of_snapshots_makes_an_older_disk_possible() -> None:
    """Nobody says how long the rest takes, so that it is no longer certain to be late."""
    assert finding(OLD).survival is Survival.NO
    assert finding(OLD, d_2=1.0).survival is Survival.AT_RISK


@pytest.mark.parametrize(
    ("disks", "chain", "expected"),
    [
        ((SYSTEM,), {}, Estimate(5.0, 2400.0, (Basis.FULL, Basis.INSTANT))),
        ((SYSTEM,), {"d-1": 1.0}, Estimate(5.0, 2400.0, (Basis.INCREMENTAL, Basis.INSTANT))),
        ((OLD,), {}, Estimate(1200.0, 2400.0, (Basis.FULL,))),
        ((OLD,), {"d-2": 1.0}, Estimate(0.0, 2400.0, (Basis.INCREMENTAL,))),
        ((SYSTEM, replace(OLD, size=100)), {}, Estimate(3000.0, 6000.0, (Basis.FULL, Basis.INSTANT))),
        ((), {}, Estimate()),
    ],
)  # fmt: skip
def test_times_are_those_of_the_documents(
    disks: tuple[Disk, ...], chain: dict[str, float], expected: Estimate
) -> None:
    """20 to 40 minutes for 40 GiB, seconds for the ESSD family, and the slowest disk counts."""
    assert estimated(disks, chain) == expected


def test_what_is_lost() -> None:
    """Local disks, disks that go along, addresses: by id and each once."""
    instance = replace(INSTANCE, public_ip="203.0.113.7", eip_address="203.0.113.8")
    stuck = replace(OLD, portable=False)

    assert finding(SYSTEM, stuck, LOCAL, instance=instance).lost == (
        Lost(Loss.LOCAL_DISK, ("d-3",)),
        Lost(Loss.GOES_ALONG, ("d-1",)),
        Lost(Loss.NOT_PORTABLE, ("d-2",)),
        Lost(Loss.PUBLIC_IP, ("203.0.113.7",)),
        Lost(Loss.ELASTIC_IP, ("203.0.113.8",)),
    )
    assert finding(STAYS).lost == ()


NETWORKED = Equipped(
    replace(INSTANCE, private_ip="172.16.0.9"),
    (STAYS,),
    {},
    interfaces=("eni-2", "eni-3"),
    secondary_ips=("172.16.0.10",),
)


def lost_of(equipped: Equipped, policy: Policy) -> dict[Loss, tuple[str, ...]]:
    found = examine(
        equipped,
        notice=NOTICE,
        region="cn-hangzhou",
        policy="",
        hand_over=policy.hand_over,
        private_ip=policy.private_ip,
    )
    return {one.what: one.about for one in found.lost}


def test_what_of_the_network_is_lost() -> None:
    """What nobody hands over, and the addresses that the source holds until it is gone."""
    assert lost_of(NETWORKED, Policy()) == {
        Loss.PRIVATE_IP: ("172.16.0.9",),
        Loss.SECONDARY_IPS: ("172.16.0.10",),
        Loss.INTERFACES: ("eni-2", "eni-3"),
    }


def test_what_of_the_network_is_handed_over_is_not_lost() -> None:
    """Interfaces come along, and the private address is asked for."""
    policy = Policy(hand_over=("interfaces",), private_ip="same_or_fast")

    assert lost_of(NETWORKED, policy) == {Loss.SECONDARY_IPS: ("172.16.0.10",)}


def test_source_that_is_only_stopped_keeps_its_network() -> None:
    stays = replace(NETWORKED.instance, interruption_behavior="Stop")

    assert lost_of(replace(NETWORKED, instance=stays), Policy()) == {}


def test_address_that_is_handed_over_is_not_lost() -> None:
    """The worker binds it to the replacement; a static one dies all the same."""
    instance = replace(INSTANCE, public_ip="203.0.113.7", eip_address="203.0.113.8")
    equipped = Equipped(instance, (STAYS,), {})

    found = examine(
        equipped, notice=NOTICE, region="cn-hangzhou", policy="", hand_over=("eip", "tags")
    )

    assert found.lost == (Lost(Loss.PUBLIC_IP, ("203.0.113.7",)),)


def test_in_economical_mode_no_disk_goes() -> None:
    """Only the static address does."""
    instance = replace(INSTANCE, interruption_behavior="Stop", public_ip="203.0.113.7")
    found = finding(SYSTEM, instance=instance)

    assert [one.what for one in found.lost] == [Loss.PUBLIC_IP]
    assert found.advised_about(Advice.OUTLIVE) == ()


def test_what_is_advised_is_one_command_each() -> None:
    """With the ids in it, and a setting where no command does it."""
    instance = replace(INSTANCE, public_ip="203.0.113.7")
    found = finding(SYSTEM, OLD, LOCAL, instance=instance, policy="sp-1")

    assert {one.what: one.command for one in found.advised} == {
        Advice.LOCAL_DISK: "",
        Advice.OUTLIVE: "aliyun ecs ModifyDiskAttribute --RegionId cn-hangzhou --DiskIds.1 d-1"
        " --DiskIds.2 d-2 --DeleteWithInstance false",
        Advice.POLICY: "aliyun ecs ApplyAutoSnapshotPolicy --regionId cn-hangzhou"
        """ --autoSnapshotPolicyId sp-1 --diskIds '["d-1","d-2"]'""",
        Advice.CATEGORY: "aliyun ecs ModifyDiskSpec --RegionId cn-hangzhou --DiskId d-2"
        " --DiskCategory cloud_essd",
        Advice.PUBLIC_IP: "aliyun ecs ConvertNatPublicIpToEip --RegionId cn-hangzhou"
        " --InstanceId i-1",
    }


def test_without_a_policy_the_setting_is_advised() -> None:
    """And where every disk has one, nothing is."""
    assert finding(SYSTEM).advised_about(Advice.CONFIGURE_POLICY) == ("d-1",)
    assert finding(replace(STAYS, snapshot_policy="sp-2")).advised == ()
