"""The ECS ports over every cloud there is: what a recreation needs of them, call by call."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest

from tests.contract.conftest import REGION, SdkWorld, World
from tests.ports import ports_over
from worker.adapters import credentials
from worker.adapters.ecs.call import VPC_ACTIONS
from worker.adapters.ecs.commands import EcsCommands
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tagging import EcsTagging
from worker.core.errors import Permanent, Throttled, Transient, UnknownOutcome
from worker.core.identity import TAG_ID, TAG_LINEAGE
from worker.core.model import (
    Accepted,
    Candidate,
    CommandResult,
    DiskSpec,
    Exists,
    Gone,
    Image,
    Instance,
    LaunchAnswer,
    LaunchSpec,
    NoStock,
    NotReady,
    Refused,
    Script,
    Unsupported,
)

Seed = Callable[..., str]

NAME = "recreation-0123456789abcdef"
TAGS = {TAG_ID: "0123456789abcdef", "owner": "数据组"}
LAG = 5.0
TOKEN = "token-1"
UNKNOWN = "i-bp1unknown00000000000"


# Reads without an effect, in the real cloud too


def test_unknown_instance_is_absent(readable: Endpoint) -> None:
    """Absence is an answer."""
    assert ports_over(readable).sources.find(UNKNOWN) is None
    assert ports_over(readable).sources.look(UNKNOWN).instance is None
    assert ports_over(readable).sources.ram_role(UNKNOWN) == ""


def test_unknown_image_is_absent(readable: Endpoint) -> None:
    """Absence is an answer."""
    assert ports_over(readable).images.find("recreation-never-made") is None


def test_nothing_carries_a_tag_that_nobody_gave(readable: Endpoint) -> None:
    """The tag filter is understood."""
    assert ports_over(readable).instances.find_tagged("never-made") == ()


def test_types_of_the_same_memory(readable: Endpoint) -> None:
    """All have it, and what decides about replacing is known of each."""
    found = ports_over(readable).stock.instance_types(memory=8.0, architecture_of="ecs.g7.large")

    assert "ecs.g7.large" in {one.name for one in found}
    assert {one.memory for one in found} == {8.0}
    assert all(one.cpu and one.family and one.architecture for one in found)
    assert len({one.name for one in found}) == len(found) > 3


def test_unknown_vpc_has_no_subnets(readable: Endpoint) -> None:
    """Absence is an answer."""
    assert ports_over(readable).stock.vswitches("vpc-bp1unknown000000000000") == ()


# The source


@pytest.fixture
def source(seed: Seed) -> str:
    return seed(
        name="订单数据库-主",
        tags={"team": "订单", "empty": ""},
        data_disks=[{"category": "cloud_essd", "size": 100, "tags": {"role": "data"}}],
        spot_strategy="SpotWithPriceLimit",
        spot_price_limit=0.9,
        ram_role_name="db-role",
        eip=True,
    )


def test_look_captures_the_source(world: World, source: str) -> None:
    """Instance and disks with everything that a clone depends on."""
    sources = ports_over(world.endpoint()).sources

    look = sources.look(source)

    instance = look.instance
    assert instance is not None
    assert (instance.status, instance.name) == ("Running", "订单数据库-主")
    assert (instance.memory, instance.cpu) == (8.0, 2)
    assert instance.tags == {"team": "订单", "empty": ""}
    assert (instance.spot_strategy, instance.spot_price_limit) == ("SpotWithPriceLimit", 0.9)
    assert all((instance.key_pair, instance.security_groups, instance.vswitch, instance.vpc))
    assert all((instance.eip_allocation, instance.eip_address))
    assert instance.public_ip is None
    assert instance.http_tokens
    assert instance.started_at
    assert not instance.is_recycling
    assert [(disk.kind, disk.size) for disk in look.disks] == [("system", 40), ("data", 100)]
    assert all(disk.delete_with_instance and disk.is_cloud for disk in look.disks)
    assert look.disks[1].tags == {"role": "data"}
    assert sources.ram_role(source) == "db-role"


def test_lock_shows_in_a_look(world: World, source: str) -> None:
    """It is the evidence that an interruption is real."""
    world.on_cloud(lambda cloud, now: cloud.ecs[REGION].interrupt(source, now))
    world.advance(LAG)

    found = ports_over(world.endpoint()).sources.find(source)

    assert found is not None
    assert found.is_recycling


def test_released_source_is_absent(world: World, source: str) -> None:
    """Five minutes later."""
    world.on_cloud(lambda cloud, now: cloud.ecs[REGION].interrupt(source, now))
    world.advance(400.0)

    look = ports_over(world.endpoint(), world.crew()).sources.look(source)

    assert look.instance is None
    assert look.disks == ()


def test_disks_are_kept_and_released_again(world: World, source: str) -> None:
    """All in one call, and undone in one."""
    endpoint = world.endpoint()
    sources, disks = ports_over(endpoint).sources, ports_over(endpoint).disks
    ids = [disk.disk_id for disk in sources.look(source).disks]

    assert disks.keep(ids) == Accepted()
    world.advance(LAG)
    assert not any(disk.delete_with_instance for disk in sources.look(source).disks)
    assert disks.release(ids) == Accepted()
    world.advance(LAG)
    assert all(disk.delete_with_instance for disk in sources.look(source).disks)


def test_unknown_disk_is_gone(world: World) -> None:
    """It went with its instance."""
    assert isinstance(ports_over(world.endpoint()).disks.keep(["d-bp1unknown"]), Gone | Refused)


def test_source_is_stopped_in_good_order(world: World, source: str) -> None:
    """It keeps its place, and asking again is harmless."""
    endpoint = world.endpoint()
    instances = ports_over(endpoint).instances

    assert instances.stop(source) == Accepted(source)
    world.advance(60.0)

    found = instances.find(source)
    assert found is not None
    assert found.status == "Stopped"
    assert isinstance(instances.stop(source), Accepted | Refused)
    assert isinstance(instances.stop(UNKNOWN), Gone)


def test_source_in_economical_mode_is_started_again(world: World, seed: Seed) -> None:
    """It comes back Running under its id; what runs cannot be started, what is unknown is gone."""
    source = seed(spot_interruption_behavior="Stop")
    endpoint = world.endpoint()
    instances = ports_over(endpoint).instances
    assert isinstance(instances.start(source), NotReady)
    instances.stop(source)
    world.advance(60.0)

    assert instances.start(source) == Accepted(source)
    world.advance(60.0)

    found = instances.find(source)
    assert found is not None
    assert found.status == "Running"
    assert isinstance(instances.start(UNKNOWN), Gone)


def test_tags_are_added(world: World, source: str) -> None:
    """To an instance and to disks; the old ones stay."""
    endpoint = world.endpoint()
    tagging, sources = EcsTagging(endpoint), ports_over(endpoint).sources
    disks = [disk.disk_id for disk in sources.look(source).disks]

    assert tagging.tag("instance", [source], TAGS) == Accepted()
    assert tagging.tag("disk", disks, {"kept": "是"}) == Accepted()
    world.advance(LAG)

    look = sources.look(source)
    assert look.instance is not None
    assert look.instance.tags == {"team": "订单", "empty": "", **TAGS}
    assert all(disk.tags["kept"] == "是" for disk in look.disks)
    (tagged,) = ports_over(endpoint).instances.find_tagged(TAGS[TAG_ID])
    assert tagged.instance_id == source


def test_tags_of_something_unknown(world: World) -> None:
    """It is told and lived with."""
    answer = EcsTagging(world.endpoint()).tag("disk", ["d-bp1unknown"], {"a": "1"})

    assert isinstance(answer, Gone | Refused)


# The image


def make_image(endpoint: Endpoint, source: str, token: str = TOKEN) -> Any:
    return ports_over(endpoint).images.create(source, name=NAME, token=token, tags=TAGS)


def found_image(endpoint: Endpoint) -> Image:
    found = ports_over(endpoint).images.find(NAME)
    assert found is not None
    return found


def test_image_is_made_once(world: World, source: str) -> None:
    """The token gives the first answer again, and the name refuses every other token."""
    endpoint = world.endpoint()

    accepted = make_image(endpoint, source)

    assert isinstance(accepted, Accepted)
    assert make_image(endpoint, source) == accepted
    assert make_image(endpoint, source, "token-2") == Exists()
    assert (
        ports_over(endpoint).images.create(source, name=NAME + "-b", token="token-1", tags=TAGS)
        == Exists()
    )


def test_image_shows_while_it_is_made(world: World, source: str) -> None:
    """With its tags, long before it can be used; later with its snapshots."""
    endpoint = world.endpoint()
    accepted = make_image(endpoint, source)
    world.advance(LAG)

    young = found_image(endpoint)
    world.advance(120.0)
    done = found_image(endpoint)

    assert Accepted(young.image_id) == accepted
    assert (young.status, young.usable, young.is_safe) == ("Creating", False, False)
    assert young.tags == TAGS
    assert (done.status, done.usable, done.is_safe) == ("Available", True, True)
    assert len(done.snapshots) == 2


def test_images_of_one_generation(world: World, source: str) -> None:
    """One generation of a line is found by its tag, and no other is."""
    images = ports_over(world.endpoint()).images
    tags = {**TAGS, TAG_LINEAGE: f"{source}/11"}
    accepted = images.create(source, name=NAME, token="token-1", tags=tags)
    assert isinstance(accepted, Accepted)
    world.advance(LAG)

    found = images.of_generation(f"{source}/11")

    assert [one.image_id for one in found] == [accepted.resource_id]
    assert images.of_generation(f"{source}/1") == ()


def test_failed_image_shows(world: World, source: str) -> None:
    """It is not absent, and never to be launched from."""
    endpoint = world.endpoint()
    accepted = make_image(endpoint, source)
    world.on_cloud(
        lambda cloud, now: cloud.ecs[REGION].end_image(accepted.resource_id, now, available=False)
    )
    world.advance(LAG)

    assert found_image(endpoint).has_failed


def test_snapshot_of_one_disk_is_begun_once(world: World, source: str) -> None:
    """The token gives the first answer again; the disk lists it with its tags and progress."""
    endpoint = world.endpoint()
    images, disk = ports_over(endpoint).images, system_disk(world, source)

    accepted = images.snapshot(disk, token="token-s", tags=TAGS)
    world.advance(LAG)
    again = images.snapshot(disk, token="token-s", tags=TAGS)
    (young,) = images.snapshots_of(disk)
    world.advance(180.0)
    (done,) = images.snapshots_of(disk)

    assert accepted == again == Accepted(young.snapshot_id)
    assert (young.status, young.automatic, young.tags) == ("progressing", False, TAGS)
    assert young.percent < 100
    assert (done.is_finished, done.percent) == (True, 100)
    assert images.snapshots((done.snapshot_id, "s-bp1unknown0000000000")) == (done,)
    assert images.snapshots_of("d-bp1unknown0000000000") == ()


def test_snapshot_of_an_unknown_disk(world: World) -> None:
    """The source went before it was begun."""
    answer = ports_over(world.endpoint()).images.snapshot(
        "d-bp1unknown0000000000", token="t", tags=TAGS
    )

    assert isinstance(answer, Gone)


def test_image_of_finished_snapshots_holds_these_and_no_other_disk(
    world: World, source: str
) -> None:
    """It tells its parts by device, which says what it lacks."""
    images, disk = ports_over(world.endpoint()).images, system_disk(world, source)
    begun = images.snapshot(disk, token="token-s", tags=TAGS)
    assert isinstance(begun, Accepted)
    world.advance(180.0)

    parts = (("/dev/xvda", begun.resource_id),)
    made = images.assemble(parts, name=NAME, token="token-a", tags=TAGS, imds_v2=False)
    world.advance(120.0)

    assert isinstance(made, Accepted)
    found = found_image(world.endpoint())
    assert (found.usable, found.snapshots) == (True, parts)


def test_image_is_known_by_its_id_whoever_owns_it(world: World, source: str) -> None:
    """The provider's own images are found, ready to be launched from, and have no parts of ours."""
    endpoint = world.endpoint()
    images = ports_over(endpoint).images
    base = ports_over(endpoint).sources.find(source)
    assert base is not None

    found = images.known(base.image_id)

    assert found is not None
    assert (found.image_id, found.usable, found.snapshots) == (base.image_id, True, ())
    assert images.known("m-bp1unknown0000000000") is None


def test_image_of_an_unknown_source(world: World) -> None:
    """The source went before its image began."""
    assert isinstance(make_image(world.endpoint(), UNKNOWN), Gone)


def system_disk(world: World, source: str) -> str:
    """The id of a source's system disk."""
    look = ports_over(world.endpoint()).sources.look(source)
    return next(disk.disk_id for disk in look.disks if disk.kind == "system")


# The replacement


def spec_for(source: Instance) -> LaunchSpec:
    return LaunchSpec(
        name=source.name,
        security_groups=source.security_groups,
        tags=tuple(sorted({**source.tags, **TAGS}.items())),
        disks=(
            DiskSpec("system", "/dev/xvda", "cloud_essd", 40, performance_level="PL1"),
            DiskSpec("data", "/dev/xvdb", "cloud_essd", 100, performance_level="PL1"),
        ),
        source_type=source.instance_type,
        spot_strategy=source.spot_strategy,
        spot_price_limit=source.spot_price_limit,
        spot_duration=source.spot_duration,
        interruption_behavior=source.interruption_behavior,
        key_pair=source.key_pair,
        ram_role="db-role",
        http_endpoint=source.http_endpoint,
        http_tokens=source.http_tokens,
        host_name=source.host_name if source.host_name.isascii() else "",
    )


class Ready:
    """A source with an image that can be launched from."""

    def __init__(self, world: World, source_id: str) -> None:
        self.world = world
        self.endpoint = world.endpoint()
        make_image(self.endpoint, source_id)
        world.advance(120.0)
        source = ports_over(self.endpoint).sources.find(source_id)
        assert source is not None
        self.source = source
        self.image_id = found_image(self.endpoint).image_id
        self.spec = spec_for(source)
        self.candidate = Candidate(source.instance_type, source.zone, source.vswitch)

    def launch(self, token: str = TOKEN, drop: tuple[str, ...] = ()) -> LaunchAnswer:
        return ports_over(self.endpoint).instances.launch(
            self.spec, self.candidate, image_id=self.image_id, token=token, drop=drop
        )


@pytest.fixture
def ready(world: World, source: str) -> Ready:
    return Ready(world, source)


def test_replacement_is_like_its_source(world: World, ready: Ready) -> None:
    """Everything but ids, addresses and times."""
    accepted = ready.launch()
    world.advance(60.0)

    assert isinstance(accepted, Accepted)
    (found,) = ports_over(ready.endpoint).instances.find_tagged(TAGS[TAG_ID])
    assert found.instance_id == accepted.resource_id
    assert found.status == "Running"
    full = ports_over(ready.endpoint).instances.find(found.instance_id)
    assert full is not None
    ours: dict[str, Any] = {
        "instance_id": ready.source.instance_id,
        "image_id": ready.source.image_id,
        "private_ip": ready.source.private_ip,
        "created_at": ready.source.created_at,
        "started_at": ready.source.started_at,
        "eip_allocation": ready.source.eip_allocation,
        "eip_address": ready.source.eip_address,
        "host_name": ready.source.host_name,
        "bandwidth_in": ready.source.bandwidth_in,
        "tags": ready.source.tags,
    }
    assert replace(full, **ours) == ready.source
    assert full.tags == {**ready.source.tags, **TAGS}
    disks = ports_over(ready.endpoint).sources.look(full.instance_id).disks
    assert [(disk.kind, disk.size, disk.category) for disk in disks] == [
        ("system", 40, "cloud_essd"),
        ("data", 100, "cloud_essd"),
    ]


def test_launch_under_one_token_has_one_effect(world: World, ready: Ready) -> None:
    """The same request gives the same instance; another under the token is refused."""
    first = ready.launch()

    again = ready.launch()
    other = ready.launch(drop=("KeyPairName",))

    assert first == again
    assert other == Exists()
    world.advance(LAG)
    assert len(ports_over(ready.endpoint).instances.find_tagged(TAGS[TAG_ID])) == 1


def test_sold_out_type(world: World, ready: Ready) -> None:
    """The next candidate may be had."""
    zone, name = ready.candidate.zone, ready.candidate.instance_type
    world.on_cloud(lambda cloud, _: cloud.ecs[REGION].set_stock(zone, name, count=0))

    assert isinstance(ready.launch(), NoStock)


def test_price_limit_below_the_market(ready: Ready) -> None:
    """Another type may be cheaper."""
    ready.spec = replace(ready.spec, spot_price_limit=0.001)

    assert isinstance(ready.launch(), NoStock)


def test_unknown_key_pair_can_be_left_out(ready: Ready) -> None:
    """It was deleted since; the image has its keys."""
    ready.spec = replace(ready.spec, key_pair="deleted-since")

    answer = ready.launch()

    assert isinstance(answer, Unsupported)
    assert answer.parameter == "KeyPairName"
    assert isinstance(ready.launch("launch-2", drop=(answer.parameter,)), Accepted)


def test_image_that_cannot_be_used_yet(world: World, source: str) -> None:
    """It passes with time."""
    endpoint = world.endpoint()
    accepted = make_image(endpoint, source)
    found = ports_over(endpoint).sources.find(source)
    assert found is not None

    answer = ports_over(endpoint).instances.launch(
        spec_for(found),
        Candidate(found.instance_type, found.zone, found.vswitch),
        image_id=accepted.resource_id,
        token="launch-1",
        drop=(),
    )

    assert isinstance(answer, NotReady)


def test_unknown_image_needs_a_person(ready: Ready) -> None:
    """No candidate helps."""
    ready.image_id = "m-bp1unknown"

    with pytest.raises(Permanent):
        ready.launch()


def test_subnets_of_the_source(world: World, source: str) -> None:
    """Its own among them, each with its zone and room."""
    endpoint = world.endpoint()
    found = ports_over(endpoint).sources.find(source)
    assert found is not None

    vswitches = ports_over(endpoint).stock.vswitches(found.vpc)

    assert found.vswitch in {one.vswitch_id for one in vswitches}
    assert len({one.zone for one in vswitches}) > 1
    assert all(one.available and one.free_addresses > 0 for one in vswitches)


# What only HTTP can do


@pytest.fixture
def sdk_ready(sdk_world: SdkWorld) -> Ready:
    source = sdk_world.on_cloud(
        lambda cloud, now: cloud.ecs[REGION].seed_instance({"ram_role_name": "db-role"}, now)
    )
    ready = Ready(sdk_world, source)
    system = DiskSpec("system", "/dev/xvda", "cloud_essd", 40)
    ready.spec = replace(ready.spec, disks=(system,))
    return ready


@pytest.mark.parametrize("answer", ["drop", "truncate", "empty", "bad-gateway", "error"])
def test_lost_answer_is_found_under_the_same_token(
    sdk_world: SdkWorld, sdk_ready: Ready, answer: str
) -> None:
    """The effect took place, its answer did not arrive; asked again, the cloud tells it."""
    sdk_world.fault(answer=answer, effect="done", action="RunInstances")

    with pytest.raises(UnknownOutcome):
        sdk_ready.launch()
    accepted = sdk_ready.launch()

    assert isinstance(accepted, Accepted)
    sdk_world.advance(LAG)
    found = ports_over(sdk_ready.endpoint).instances.find_tagged(TAGS[TAG_ID])
    assert [one.instance_id for one in found] == [accepted.resource_id]


@pytest.mark.parametrize("answer", ["drop", "truncate", "empty", "bad-gateway", "error"])
def test_lost_answer_of_a_read(sdk_world: SdkWorld, answer: str) -> None:
    """Reading again is harmless."""
    endpoint = sdk_world.endpoint()
    sdk_world.fault(answer=answer, action="DescribeImages")

    with pytest.raises(Transient) as caught:
        ports_over(endpoint).images.find(NAME)

    assert not isinstance(caught.value, UnknownOutcome)
    assert ports_over(endpoint).images.find(NAME) is None


def test_throttled_api_is_left_alone_until_the_next_minute(sdk_world: SdkWorld) -> None:
    """The second call does not reach the cloud; the first one of the next minute does."""
    endpoint = sdk_world.endpoint()
    sdk_world.fault(answer="throttle", action="DescribeImages")

    with pytest.raises(Throttled):
        ports_over(endpoint).images.find(NAME)
    with pytest.raises(Throttled):
        ports_over(endpoint).images.find(NAME)
    sdk_world.advance(61.0)

    assert ports_over(endpoint).images.find(NAME) is None


def test_wrong_key_stops_everything(sdk_world: SdkWorld) -> None:
    """A person must act."""
    sdk_world.provider = credentials.provider(
        {credentials.KEY_ID: "adapters", credentials.KEY_SECRET: "not-the-secret"}
    )

    with pytest.raises(Permanent, match="credentials"):
        ports_over(sdk_world.endpoint()).disks.keep(["d-1"])


def test_command_runs_once_and_ends(ready: Ready) -> None:
    """The token stands for it, and its row appears and ends."""
    commands, source = EcsCommands(ready.endpoint), ready.source.instance_id

    first = commands.run(source, Script("sync"), token="t-quiesce", within=5.0)
    again = commands.run(source, Script("sync"), token="t-quiesce", within=5.0)

    assert isinstance(first, Accepted)
    assert first == again
    begun = commands.result(first.resource_id, source, within=5.0)
    assert begun == CommandResult(is_over=False)
    ready.world.advance(10.0)
    assert commands.result(first.resource_id, source, within=5.0) == CommandResult(is_over=True)


class Recorder:
    """An `EcsCall` that writes down what is asked and passes it on."""

    def __init__(self, inner: Callable[[str, Mapping[str, Any]], Mapping[str, Any]]) -> None:
        self.inner = inner
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append((action, params))
        return self.inner(action, params)


def test_sdk_sends_every_parameter(sdk_ready: Ready) -> None:
    """Its request models drop a name that they do not know without a word."""
    recorder = Recorder(sdk_ready.endpoint.call)
    endpoint = replace(sdk_ready.endpoint, call=recorder)
    sdk_ready.endpoint = endpoint
    source = sdk_ready.source.instance_id
    look = ports_over(endpoint).sources.look(source)
    ports_over(endpoint).sources.ram_role(source)
    ports_over(endpoint).stock.instance_types(memory=8.0, architecture_of="ecs.c7.large")
    ports_over(endpoint).stock.vswitches(sdk_ready.source.vpc)
    ports_over(endpoint).disks.keep([disk.disk_id for disk in look.disks])
    EcsTagging(endpoint).tag("disk", [look.disks[0].disk_id], TAGS)
    make_image(endpoint, source)
    ports_over(endpoint).images.find(NAME)
    EcsCommands(endpoint).run(source, Script("sync"), token=TOKEN, within=5.0)
    EcsCommands(endpoint).result("t-1", source, within=5.0)
    ports_over(endpoint).instances.find_tagged("x")
    sdk_ready.launch()
    ports_over(endpoint).instances.stop(source)

    assert len({action for action, _ in recorder.calls}) == 13
    for action, params in recorder.calls:
        package = (
            "alibabacloud_vpc20160428" if action in VPC_ACTIONS else "alibabacloud_ecs20140526"
        )
        models = import_module(f"{package}.models")
        sent = getattr(models, f"{action}Request")().from_map(params).to_map()
        # The region is that of the endpoint; not every request has a field for it. Lists that
        # were not given come out empty.
        assert {"RegionId": REGION, **{k: v for k, v in sent.items() if v != []}} == params
