"""The ports of sweep and audit over the emulated cloud, by its state and by the official SDK."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.conftest import REGION, World
from worker.adapters.ecs.call import ApiRefusal
from worker.adapters.ecs.deletion import EcsDeletion
from worker.adapters.ecs.disk_settings import EcsDiskSettings
from worker.adapters.ecs.fleet import EcsFleet
from worker.adapters.ecs.leftovers import EcsLeftovers
from worker.adapters.ecs.prices import EcsPrices
from worker.core.identity import TAG_ID, TAG_OUTLIVES, TAG_OWNER, TAG_RETAINED
from worker.core.leftovers import Kind, Leftover
from worker.core.model import Accepted, Gone, Refused
from worker.operator_ports import Price

Seed = Callable[..., str]

ID = "3f2a9c0d" * 4
OURS = {TAG_ID: ID, TAG_OWNER: "default"}
TAGS = [{"Key": key, "Value": value} for key, value in OURS.items()]
LAG = 5.0
IMAGE_SECONDS = 600.0


def call(world: World, action: str, **params: Any) -> Any:
    """Do something as the account's owner."""
    return world.on_cloud(lambda cloud, now: cloud.ecs[REGION].call(action, params, now))


def tag(world: World, kind: str, *ids: str, **more: str) -> None:
    tags = [*TAGS, *({"Key": key, "Value": value} for key, value in more.items())]
    call(world, "TagResources", ResourceType=kind, ResourceId=list(ids), Tag=tags)


def disks_of(world: World, instance_id: str) -> list[str]:
    return world.on_cloud(
        lambda cloud, _: list(cloud.ecs[REGION].region.instances[instance_id].disk_ids)
    )


@pytest.fixture
def image(world: World, seed: Seed) -> str:
    """A finished image with one snapshot, both ours, of an instance that is not."""
    made = call(
        world,
        "CreateImage",
        InstanceId=seed(),
        ImageName=f"recreation-{ID}",
        ClientToken="t",
        Tag=TAGS,
    )
    world.advance(IMAGE_SECONDS)
    image_id: str = made["ImageId"]
    found = EcsLeftovers(world.endpoint()).find(Kind.IMAGE, image_id)
    assert found is not None
    tag(world, "snapshot", *found.snapshots)
    world.advance(LAG)
    return image_id


def find(world: World, kind: Kind, resource_id: str) -> Leftover:
    found = EcsLeftovers(world.endpoint()).find(kind, resource_id)
    assert found is not None
    return found


def launch(world: World, image_id: str, **params: Any) -> str:
    """Launch an instance from an image."""
    answer = world.on_cloud(lambda cloud, now: _launch(cloud, now, image_id, params))
    world.advance(60.0)
    launched: str = answer["InstanceIdSets"]["InstanceIdSet"][0]
    return launched


def _launch(cloud: Any, now: float, image_id: str, params: dict[str, Any]) -> Any:
    ecs = cloud.ecs[REGION]
    source = next(iter(ecs.region.instances.values()))
    given = {
        "ImageId": image_id,
        "InstanceType": source.type_id,
        "VSwitchId": source.vswitch_id,
        "SecurityGroupIds": list(source.options.security_group_ids),
        "SpotStrategy": "SpotAsPriceGo",
        "SystemDisk": {"Category": "cloud_essd"},
        **params,
    }
    return ecs.call("RunInstances", given, now)


def test_everything_that_carries_our_tag_is_listed(world: World, seed: Seed, image: str) -> None:
    """Of each kind, once; a replacement's disks in use are none."""
    replacement = launch(world, image, Tag=TAGS)
    source = seed(name="订单服务-01")
    (retained,) = disks_of(world, source)
    tag(world, "disk", retained, **{TAG_RETAINED: "yes", TAG_OUTLIVES: "x"})
    world.advance(LAG)

    found = EcsLeftovers(world.endpoint()).tagged()

    kinds = [(one.kind, one.resource_id) for one in found]
    (snapshot,) = find(world, Kind.IMAGE, image).snapshots
    assert sorted(kinds) == sorted(
        [
            (Kind.IMAGE, image),
            (Kind.SNAPSHOT, snapshot),
            (Kind.DISK, retained),
            (Kind.INSTANCE, replacement),
        ]
    )
    assert all(one.owner == "default" and one.created_at for one in found)


def test_an_unfinished_image_is_listed_too(world: World, seed: Seed) -> None:
    """With its status, so that it is left alone and not overlooked."""
    call(
        world,
        "CreateImage",
        InstanceId=seed(),
        ImageName=f"recreation-{ID}",
        ClientToken="t",
        Tag=TAGS,
    )
    world.advance(LAG)

    (image,) = EcsLeftovers(world.endpoint()).tagged()

    assert (image.kind, image.status) == (Kind.IMAGE, "Creating")


def test_a_disk_that_audit_set_is_listed_once_it_is_left(world: World, seed: Seed) -> None:
    """Not while it is in use; then with the time it was left at."""
    source = seed()
    ids = disks_of(world, source)
    leftovers = EcsLeftovers(world.endpoint())
    assert EcsDiskSettings(world.endpoint()).outlive(ids, owner="default") == Accepted()
    world.advance(LAG)

    assert leftovers.tagged() == ()

    call(world, "DeleteInstance", InstanceId=source, Force=True)
    world.advance(LAG)
    (left,) = leftovers.tagged()
    assert (left.resource_id, left.owner, left.recreation) == (ids[0], "default", "")
    assert (left.status, left.attached_to, left.size) == ("Available", "", 40)
    assert left.detached_at is not None


def test_absence_is_an_answer(world: World) -> None:
    """For every kind."""
    leftovers = EcsLeftovers(world.endpoint())

    for kind, resource_id in zip(
        Kind, ("m-no", "s-no", "d-no", "eni-no", "i-no", "rsp-no", "eip-no"), strict=True
    ):
        assert leftovers.find(kind, resource_id) is None
        assert leftovers.users(Leftover(kind, resource_id)) == ()
    assert leftovers.snapshots_of("d-no") == ()


def test_who_uses_an_image_and_its_snapshot(world: World, image: str) -> None:
    """The instances launched from it; the images made of it and the instances its disks are on."""
    leftovers = EcsLeftovers(world.endpoint())
    thing = find(world, Kind.IMAGE, image)
    (snapshot_id,) = thing.snapshots
    snapshot = find(world, Kind.SNAPSHOT, snapshot_id)
    assert leftovers.users(thing) == ()
    assert leftovers.users(snapshot) == (image,)

    instance = launch(world, image)

    assert leftovers.users(thing) == (instance,)
    assert leftovers.users(snapshot) == (image, instance)


def test_deletion_in_the_only_order_that_the_cloud_takes(world: World, image: str) -> None:
    """Image, then snapshot, although an instance was made from both; twice is as good as once."""
    launch(world, image)
    deletion = EcsDeletion(world.endpoint())
    (snapshot,) = find(world, Kind.IMAGE, image).snapshots

    assert deletion.delete(Kind.SNAPSHOT, snapshot) == Refused("SnapshotCreatedImage")
    for kind, resource_id in ((Kind.IMAGE, image), (Kind.SNAPSHOT, snapshot)):
        assert deletion.delete(kind, resource_id) == Accepted(resource_id)
        assert EcsLeftovers(world.endpoint()).find(kind, resource_id) is None
        assert deletion.delete(kind, resource_id) == Accepted(resource_id)


def test_an_interface_that_is_free_and_was_kept_is_listed(world: World, seed: Seed) -> None:
    """One in use, and one that carries a launch's tags alone, is no leftover."""
    kept, used, _ = interfaces_of(world, seed(secondary_interfaces=2))[::-1]
    tag(world, "eni", kept, used, **{TAG_RETAINED: "was-deleted-with-instance"})
    leave(world, kept)
    world.advance(LAG)

    (found,) = EcsLeftovers(world.endpoint()).tagged()

    assert (found.kind, found.resource_id) == (Kind.INTERFACE, kept)
    assert (found.status, found.attached_to, found.owner) == ("Available", "", "default")
    assert found.created_at
    again = find(world, Kind.INTERFACE, kept)
    assert again == found
    assert EcsPrices(world.endpoint()).monthly(found) == Price(0.0, "")


def test_an_interface_in_use_is_refused(world: World, seed: Seed) -> None:
    """A free one goes, and one that is gone is an answer."""
    deletion = EcsDeletion(world.endpoint())
    free, used, _ = interfaces_of(world, seed(secondary_interfaces=2))[::-1]
    leave(world, free)

    assert isinstance(deletion.delete(Kind.INTERFACE, used), Refused)
    assert deletion.delete(Kind.INTERFACE, free) == Accepted(free)
    assert deletion.delete(Kind.INTERFACE, free) == Gone("InvalidEniId.NotFound")


def interfaces_of(world: World, instance_id: str) -> list[str]:
    return world.on_cloud(
        lambda cloud, _: list(cloud.ecs[REGION].region.instances[instance_id].interface_ids)
    )


def leave(world: World, interface_id: str) -> None:
    """Take an interface off its instance."""
    instance_id = world.on_cloud(
        lambda cloud, _: cloud.ecs[REGION].region.interfaces[interface_id].instance_id
    )
    call(
        world,
        "DetachNetworkInterface",
        NetworkInterfaceId=interface_id,
        InstanceId=instance_id,
    )
    world.advance(60.0)


def test_a_disk_in_use_is_refused(world: World, seed: Seed) -> None:
    """A free one goes, and one that is gone is an answer."""
    deletion = EcsDeletion(world.endpoint())
    free = call(world, "CreateDisk", ZoneId=f"{REGION}-h", Size=20, DiskCategory="cloud_essd")[
        "DiskId"
    ]
    (used,) = disks_of(world, seed())

    assert deletion.delete(Kind.DISK, used) == Refused("IncorrectDiskStatus")
    assert deletion.delete(Kind.DISK, free) == Accepted(free)
    assert deletion.delete(Kind.DISK, free) == Gone("InvalidDiskId.NotFound")


def test_prices(world: World, seed: Seed) -> None:
    """A disk by its size, an instance without its disks."""
    source = seed(system_disk={"size": 40}, data_disks=[{"size": 400}])
    system, data = (find(world, Kind.DISK, one) for one in disks_of(world, source))
    prices = EcsPrices(world.endpoint())

    small, large, instance = map(prices.monthly, (system, data, find(world, Kind.INSTANCE, source)))

    assert small is not None
    assert large is not None
    assert large.amount == pytest.approx(10 * small.amount)
    assert (small.currency, instance and instance.currency) == ("CNY", "CNY")


def test_the_fleet_is_every_spot_instance_with_its_disks(world: World, seed: Seed) -> None:
    """System disk first, with the age of each disk's newest finished snapshot."""
    spot = seed(
        name="订单服务-01",
        data_disks=[
            {"size": 20, "snapshot_age_seconds": 3600.0, "auto_snapshot_policy_id": "sp-1"}
        ],
        ram_role_name="db-role",
    )
    seed(instance_type="ecs.i4.large", spot_strategy="NoSpot")
    fleet = EcsFleet(world.endpoint())

    (found,) = fleet.equipped()

    assert (found.instance.instance_id, found.instance.name) == (spot, "订单服务-01")
    assert found.instance.http_tokens
    assert [(one.kind, one.snapshot_policy) for one in found.disks] == [
        ("system", ""),
        ("data", "sp-1"),
    ]
    newest = fleet.newest_snapshots(spot)
    assert list(newest) == [found.disks[1].disk_id]
    assert world.clock.now() - newest[found.disks[1].disk_id] == pytest.approx(3600, abs=60)
    assert fleet.ram_role(spot) == "db-role"


def test_the_fleet_tells_what_else_is_in_the_network(world: World, seed: Seed) -> None:
    """Without a call of its own: the description of an instance has it."""
    spot = seed(secondary_interfaces=2)
    primary, *others = interfaces_of(world, spot)
    world.on_cloud(
        lambda cloud, _: setattr(
            cloud.ecs[REGION].region.interfaces[primary], "secondary_ips", ("172.16.16.201",)
        )
    )

    (found,) = EcsFleet(world.endpoint()).equipped()

    assert found.interfaces == tuple(others)
    assert found.secondary_ips == ("172.16.16.201",)


def test_an_empty_region_has_no_fleet(world: World) -> None:
    """Absence is an answer."""
    assert EcsFleet(world.endpoint()).equipped() == ()


def test_settings_of_disks(world: World, seed: Seed) -> None:
    """Set to outlive their instance, marked, with a policy; making it twice changes nothing."""
    source = seed(data_disks=[{"size": 20}])
    ids = disks_of(world, source)
    policy = call(
        world,
        "CreateAutoSnapshotPolicy",
        regionId=REGION,
        repeatWeekdays='["1"]',
        timePoints='["2"]',
        retentionDays=7,
    )["AutoSnapshotPolicyId"]
    settings = EcsDiskSettings(world.endpoint())

    for _ in range(2):
        assert settings.outlive(ids, owner="default") == Accepted()
        assert settings.give_policy(ids, policy) == Accepted()

    world.advance(LAG)
    (found,) = EcsFleet(world.endpoint()).equipped()
    assert [one.delete_with_instance for one in found.disks] == [False, False]
    assert [one.snapshot_policy for one in found.disks] == [policy, policy]
    assert all(one.tags[TAG_OUTLIVES] and one.tags[TAG_OWNER] == "default" for one in found.disks)
    assert settings.give_policy(ids, "sp-no") == Refused("InvalidAutoSnapshotPolicyId.NotFound")


def test_a_server_group_that_nothing_leads_to_is_listed_and_goes(world: World, seed: Seed) -> None:
    """One that a listener leads to is in use: the list has it not, and the cloud keeps it."""
    balancer, groups = _with_pairs(world, seed(), seed())
    led, spare, foreign = groups
    _lead(world, balancer, led)
    leftovers = EcsLeftovers(world.endpoint(), with_pairs=True)
    deletion = EcsDeletion(world.endpoint())

    (found,) = [one for one in leftovers.tagged() if one.kind is Kind.PAIR]

    assert (found.resource_id, found.name, found.attached_to) == (spare, "db", "")
    assert found.owner == "default"
    assert found.created_at
    assert EcsPrices(world.endpoint()).monthly(found) == Price(0.0, "")
    used = leftovers.find(Kind.PAIR, led)
    assert used is not None
    assert used.attached_to == "tcp/3306"
    assert leftovers.find(Kind.PAIR, foreign) is not None
    assert deletion.delete(Kind.PAIR, led) == Refused("RspoolVipExist")
    assert deletion.delete(Kind.PAIR, spare) == Accepted(spare)
    assert deletion.delete(Kind.PAIR, spare) == Gone("InvalidParameter")
    assert leftovers.find(Kind.PAIR, spare) is None


def test_server_groups_are_not_looked_for_where_no_membership_is_handed_over(
    world: World, seed: Seed
) -> None:
    """The role has no grant for it there."""
    _with_pairs(world, seed(), seed())

    assert [one.kind for one in EcsLeftovers(world.endpoint()).tagged()] == []


def test_an_address_that_nothing_has_is_listed_and_never_deleted(world: World, seed: Seed) -> None:
    """One that a server has is in use; one without a tag of ours is its owner's."""
    used = seed(eip=True)

    def make(cloud: Any, now: float) -> tuple[str, str]:
        vpc = cloud.vpc[REGION]
        own = vpc.call("AllocateEipAddress", {"Tag": TAGS}, now)
        vpc.call("AllocateEipAddress", {}, now)
        (bound,) = (one for one in vpc.addresses.eips.values() if one.target_id == used)
        asked = {"ResourceType": "EIP", "ResourceId": [bound.allocation_id], "Tag": TAGS}
        vpc.call("TagResources", asked, now)
        return own["AllocationId"], own["EipAddress"]

    allocation, ip = world.on_cloud(make)
    world.advance(LAG)
    leftovers = EcsLeftovers(world.endpoint(), with_addresses=True)

    (found,) = [one for one in leftovers.tagged() if one.kind is Kind.ADDRESS]

    assert (found.resource_id, found.name, found.status) == (allocation, ip, "Available")
    assert (found.owner, found.attached_to) == ("default", "")
    assert found.created_at
    assert EcsPrices(world.endpoint()).monthly(found) is None
    assert leftovers.find(Kind.ADDRESS, allocation) == found
    assert leftovers.find(Kind.ADDRESS, "eip-none") is None
    with pytest.raises(ValueError, match="nothing deletes the eip"):
        EcsDeletion(world.endpoint()).delete(Kind.ADDRESS, allocation)
    assert [one.kind for one in EcsLeftovers(world.endpoint()).tagged()] == []


def test_without_the_grant_for_addresses_everything_else_is_listed(
    world: World, seed: Seed
) -> None:
    """A policy of an earlier release has none."""
    (disk,) = disks_of(world, seed())
    tag(world, "disk", disk, **{TAG_RETAINED: "yes"})
    world.advance(LAG)
    endpoint = world.endpoint()

    def refusing(action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if action == "DescribeEipAddresses":
            raise ApiRefusal(403, "Forbidden.RAM")
        return endpoint.call(action, params)

    leftovers = EcsLeftovers(replace(endpoint, call=refusing), with_addresses=True)

    assert [one.resource_id for one in leftovers.tagged()] == [disk]


def _with_pairs(world: World, one: str, two: str) -> tuple[str, list[str]]:
    """Make a CLB with two groups of ours and one that is not."""
    roles = (("Master", one), ("Slave", two))
    servers = json.dumps(
        [{"ServerId": server, "Port": 3306, "ServerType": role} for role, server in roles]
    )

    def make(cloud: Any, now: float) -> tuple[str, list[str]]:
        balancers = cloud.balancers[REGION]
        balancers.seed({"kind": "clb", "listeners": [3306]}, now)
        (balancer,) = balancers.book.classic
        params = {
            "LoadBalancerId": balancer,
            "MasterSlaveServerGroupName": "db",
            "MasterSlaveBackendServers": servers,
        }
        asked = ({**params, "Tag": TAGS}, {**params, "Tag": TAGS}, params)
        made = [balancers.slb.call("CreateMasterSlaveServerGroup", each, now) for each in asked]
        return balancer, [each["MasterSlaveServerGroupId"] for each in made]

    found: tuple[str, list[str]] = world.on_cloud(make)
    world.advance(60.0)
    return found


def _lead(world: World, balancer: str, group: str) -> None:
    params = {
        "LoadBalancerId": balancer,
        "ListenerPort": 3306,
        "MasterSlaveServerGroup": "on",
        "MasterSlaveServerGroupId": group,
    }
    action = "SetLoadBalancerTCPListenerAttribute"
    world.on_cloud(lambda cloud, now: cloud.balancers[REGION].slb.call(action, params, now))
