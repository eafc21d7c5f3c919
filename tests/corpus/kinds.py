"""The distinguishable states of a recreation, each with the scenario that leads to it."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from tests.corpus.stage import BODY, SOURCE_ID, STEADY, At, Kind, Refuse
from tests.simulation.faults import Fault
from tests.simulation.harness import ACCOUNT, REGION, START, Simulation
from tests.simulation.scenarios import Source
from tests.simulation.schedules import SOURCE_TYPE, sell_out
from worker.core import identity
from worker.core.outcomes import Park
from worker.core.policy import Policy
from worker.core.progress import Mootness, Progress

RECREATION = identity.recreation_id(ACCOUNT, REGION, SOURCE_ID, identity.NOT_ECONOMICAL)
SAME_TYPE = Policy(same_type_only=True)


def later(seconds: float, act: Callable[[Simulation, Source], None]) -> Callable[..., None]:
    """Let something happen a while after the worker's start."""

    def during(simulation: Simulation, source: Source) -> None:
        simulation.kernel.spawn(lambda: act(simulation, source), at=simulation.kernel.now + seconds)

    return during


def withdraw(simulation: Simulation, source: Source) -> None:
    simulation.cloud.ecs[REGION].cancel_interruption(source.instance_id, simulation.kernel.now)


def withdraw_and_notice_again(simulation: Simulation, source: Source) -> None:
    withdraw(simulation, source)
    simulation.kernel.sleep(900.0)
    simulation.cloud.ecs[REGION].interrupt(source.instance_id, simulation.kernel.now)


def image_as_release_0_1_0(simulation: Simulation, source: Source) -> None:
    """Begin an image while a source in economical mode still runs; nothing does that today."""
    recreation = identity.recreation_id(ACCOUNT, REGION, source.instance_id, "2026-11-22T00:00Z")
    tags = identity.owned_tags(
        recreation,
        owner="default",
        source=source.instance_id,
        lineage=identity.next_lineage(None, source.instance_id),
    )
    request = {
        "InstanceId": source.instance_id,
        "ImageName": identity.image_name(recreation),
        "ClientToken": identity.client_token(recreation, "image"),
        "Tag": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    simulation.cloud.ecs[REGION].call("CreateImage", request, simulation.kernel.now)


def sell_out_but_one(simulation: Simulation) -> None:
    """Leave the source's type in the last of its zones only."""
    catalogue = Catalogue.load()
    zones = [
        zone.zone_id
        for zone in catalogue.region(REGION).zones
        if zone.sells(catalogue.types[SOURCE_TYPE])
    ]
    sell_out(simulation, *zones[:-1])


def restock(simulation: Simulation) -> None:
    for zone in Catalogue.load().region(REGION).zones:
        if zone.sells(Catalogue.load().types[SOURCE_TYPE]):
            simulation.cloud.ecs[REGION].set_stock(zone.zone_id, SOURCE_TYPE, count=5)


def vanish(simulation: Simulation) -> None:
    simulation.cloud.ecs[REGION].vanish_next(1)


def double_the_launch(simulation: Simulation) -> None:
    """Let the first launch be made twice, as two twins with a forgotten token would."""
    usual = simulation.cloud.call
    seen: list[str] = []

    def call(product: str, region: str, action: str, params: Any, now: float) -> Any:
        answer = usual(product, region, action, params, now)
        if action == "RunInstances" and not seen:
            seen.append(action)
            usual(product, region, action, {**params, "ClientToken": "a-twin"}, now)
        return answer

    simulation.cloud.call = call  # type: ignore[method-assign]


def take_the_name(simulation: Simulation) -> None:
    """Somebody's image has the name that this recreation's image would have."""
    simulation.cloud.ecs[REGION].seed_instance({"instance_id": "i-bp1another0000000001"}, START)
    simulation.cloud.call(
        "ecs",
        REGION,
        "CreateImage",
        {
            "RegionId": REGION,
            "InstanceId": "i-bp1another0000000001",
            "ImageName": identity.image_name(RECREATION),
        },
        simulation.kernel.now,
    )


def large_source() -> dict[str, Any]:
    """A source with everything at the cloud's limits, in characters that hardly compress."""
    rng = random.Random(7)

    def text(length: int) -> str:
        return "".join(chr(rng.randrange(0x20000, 0x2A6DF)) for _ in range(length))

    disk = {"size": 40}
    return {
        "name": text(128),
        "tags": {text(120): text(128) for _ in range(20)},
        "data_disks": [{**disk, "name": text(128), "description": text(256)} for _ in range(16)],
    }


def before_the_capture(progress: Progress) -> bool:
    """Tell whether the image is begun and nothing of the source is written down yet."""
    return progress.imaged is not None and progress.captured is None and progress.specified is None


KINDS = (
    Kind("bare", "An event that nobody has looked at.", bare=True),
    # retain
    Kind(
        "waiting-for-the-lock",
        "Seen, and not locked yet.",
        how={"lock_delay": 45.0},
        reached=lambda one: one.seen and one.retained is None and one.unlocked_at > 0,
    ),
    Kind(
        "confirmed",
        "Seen locked; its disks are known and not tagged yet.",
        faults=(At("tagging", "tag"),),
        reached=lambda one: one.retained is not None and not one.retained.tagged,
    ),
    Kind(
        "disks-tagged",
        "The disks say that they are about to be kept.",
        faults=(At("disks", "keep"),),
        reached=lambda one: (
            one.retained is not None and one.retained.tagged and not one.retained.sent
        ),
    ),
    Kind(
        "disks-kept",
        "The disks outlive the source; no image yet.",
        faults=(At("images", "create"),),
        reached=lambda one: one.retained is not None and one.retained.sent and one.imaged is None,
    ),
    Kind(
        "disks-not-kept",
        "The cloud refuses to keep the disks.",
        refusals=(Refuse("ModifyDiskAttribute", "DiskNotPortable"),),
        faults=(At("images", "create"),),
        reached=lambda one: one.retained is not None and bool(one.retained.refused),
    ),
    Kind(
        "disks-postponed",
        "Keeping the disks takes too long and comes after the capture.",
        refusals=(Refuse("ModifyDiskAttribute", "ServiceUnavailable", times=12, status=503),),
        reached=lambda one: (
            one.retained is not None and one.retained.postponed and not one.retained.sent
        ),
    ),
    Kind(
        "two-data-disks",
        "A source with data disks of its own, in the middle of its launch.",
        seed={"data_disks": [{"size": 100}, {"size": 200, "delete_with_instance": False}]},
        reached=lambda one: one.specified is not None,
    ),
    # image and spec
    Kind(
        "image-accepted",
        "The image is begun; the source is not captured yet.",
        faults=(At("sources", "ram_role"),),
        reached=before_the_capture,
    ),
    Kind(
        "image-not-shown",
        "An earlier run has begun the image, and describes do not show it yet.",
        flips={"client_token_seconds": 0.0, "describe_lag_seconds": 20.0},
        faults=(At("images", "create", fault=Fault.ANSWER_LOST),),
        reached=lambda one: any(mark.what == "image name taken" for mark in one.marks),
    ),
    Kind(
        "image-adopted",
        "The image that an earlier run has begun is taken over.",
        flips={"client_token_seconds": 0.0},
        faults=(
            At("images", "create", fault=Fault.ANSWER_LOST),
            At("sources", "ram_role"),
        ),
        reached=before_the_capture,
    ),
    Kind(
        "captured",
        "The source is captured; the request is not frozen yet.",
        faults=(At("stock", "instance_types"),),
        reached=lambda one: one.captured is not None,
    ),
    Kind(
        "gone-before-the-capture",
        "The image is begun, and the source went before it was captured.",
        ends=f"parked {Park.SOURCE_GONE.value}",
        how={"notice_seconds": 36.0},
        faults=(At("sources", "ram_role"),),
        reached=lambda one: before_the_capture(one) and one.absent_at > 0,
        today=before_the_capture,
        later=60.0,
    ),
    Kind(
        "specified",
        "The request and its candidates are frozen.",
        reached=lambda one: one.specified is not None,
    ),
    Kind(
        "large",
        "A source at the cloud's limits beside a large event: tags and timeline are left out.",
        seed=large_source(),
        body=BODY[:-1] + ', "padding": "' + "x" * 20_940 + '"}',
        reached=lambda one: one.specified is not None,
        sent_as=lambda one: not one.marks and len(one.remarks) > 2,
    ),
    # launch
    Kind(
        "image-usable",
        "The image can be launched from and can still be harmed.",
        ecs=EcsSettings(jitter=0.0),
        flips={"image_usable": "early"},
        reached=lambda one: one.launched.image_usable_at > 0 and not one.launched.image_safe,
    ),
    Kind(
        "image-safe",
        "The image cannot be harmed any more; the source still serves.",
        faults=(At("instances", "stop"),),
        reached=lambda one: one.launched.image_safe and not one.launched.stop_sent,
    ),
    Kind(
        "stop-asked",
        "The source is asked to stop.",
        reached=lambda one: one.launched.stop_sent,
    ),
    Kind(
        "stop-refused",
        "The cloud refuses to stop the source.",
        refusals=(Refuse("StopInstance", "OperationDenied.Something"),),
        reached=lambda one: bool(one.launched.stop_refused),
    ),
    Kind(
        "source-stopped",
        "The source has stopped, and the first candidate was refused.",
        prepare=sell_out_but_one,
        reached=lambda one: one.launched.source_stopped_at > 0 and one.launched.index == 1,
    ),
    Kind(
        "last-zone",
        "The fourth candidate is in hand.",
        prepare=sell_out_but_one,
        reached=lambda one: one.launched.index == 3,
    ),
    Kind(
        "second-epoch",
        "No candidate could be had; the list starts again after a pause.",
        policy=SAME_TYPE,
        prepare=sell_out,
        during=later(200.0, lambda simulation, _source: restock(simulation)),
        reached=lambda one: one.launched.epoch == 1 and one.launched.not_before > 0,
    ),
    Kind(
        "second-round",
        "The candidate was refused for a reason that passes.",
        refusals=(Refuse("RunInstances", "IncorrectInstanceStatus.Something", times=1),),
        reached=lambda one: one.launched.round == 1,
    ),
    Kind(
        "parameter-dropped",
        "The cloud refuses an optional parameter, which is left out.",
        refusals=(Refuse("RunInstances", "InvalidKeyPairName.NotFound", times=1, status=404),),
        reached=lambda one: one.launched.drop == ("KeyPairName",),
    ),
    Kind(
        "two-parameters-dropped",
        "The cloud refuses two optional parameters, one after the other.",
        refusals=(
            Refuse("RunInstances", "InvalidKeyPairName.NotFound", times=1, status=404),
            Refuse("RunInstances", "InvalidHostName.Malformed", times=1, status=400),
        ),
        reached=lambda one: len(one.launched.drop) == 2,
    ),
    Kind(
        "token-clashed",
        "The token stands for another request.",
        refusals=(Refuse("RunInstances", "IdempotentParameterMismatch", times=3, status=400),),
        reached=lambda one: one.launched.clashed_at > 0,
    ),
    Kind(
        "unknown-refusal",
        "A launch was refused with a code that no table lists.",
        refusals=(Refuse("RunInstances", "Weird.Code", times=1),),
        reached=lambda one: one.launched.unknown_refusals == 1,
    ),
    Kind(
        "accepted",
        "The replacement is promised and not running yet.",
        reached=lambda one: bool(one.launched.instance_id),
    ),
    Kind(
        "replacement-adopted",
        "The replacement that an earlier run has asked for is found by its tag.",
        flips={"client_token_seconds": 0.0},
        faults=(At("instances", "launch", fault=Fault.ANSWER_LOST),),
        reached=lambda one: bool(one.launched.instance_id),
    ),
    Kind(
        "vanished",
        "The accepted replacement vanished; the next candidate is in hand.",
        prepare=vanish,
        reached=lambda one: any("vanished" in refusal.code for refusal in one.launched.refusals),
    ),
    Kind(
        "quarantined",
        "A second replacement was found and marked.",
        prepare=double_the_launch,
        reached=lambda one: bool(one.launched.quarantined),
        allowed=("2 replacements of",),
    ),
    # cleanup
    Kind(
        "running",
        "The replacement runs; nothing is cleaned up yet.",
        faults=(At("tagging", "tag", 1),),
        reached=lambda one: one.launched.running_at > 0 and not one.cleaned,
    ),
    Kind(
        "disks-dated",
        "The kept disks have their date.",
        faults=(At("tagging", "tag", 3),),
        # What is kept was sent by a release that dated the disks first; today the snapshots come first.
        reached=lambda one: "date disks" in one.cleaned,
    ),
    Kind(
        "snapshots-dated",
        "The snapshots have their date; the image comes last.",
        faults=(At("tagging", "tag", 3),),
        reached=lambda one: set(one.cleaned) == {"date disks", "date snapshots"},
    ),
    # moot, and what comes after it
    Kind(
        "false-alarm",
        "The notice was taken back; what was changed is to be restored.",
        ends="withdrawn",
        policy=Policy(takeover="wait"),
        during=later(30.0, withdraw),
        faults=(At("disks", "release"),),
        reached=lambda one: one.moot is Mootness.FALSE_ALARM and not one.cleaned,
    ),
    Kind(
        "false-alarm-restored",
        "The notice was taken back; the disks are as they were.",
        ends="withdrawn",
        policy=Policy(takeover="wait"),
        during=later(30.0, withdraw),
        faults=(At("tagging", "tag", 1),),
        reached=lambda one: one.cleaned == ("restore disks",),
    ),
    Kind(
        "unlocked-once",
        "One look has found the source unlocked again.",
        ends="withdrawn",
        policy=Policy(takeover="wait"),
        during=later(30.0, withdraw),
        reached=lambda one: one.launched.unlocked_looks == 1,
    ),
    # parked
    Kind(
        "parked-source-gone",
        "Parked: nothing of the source was saved.",
        ends=f"parked {Park.SOURCE_GONE.value}",
        how={"lock": False},
        parked=True,
    ),
    Kind(
        "parked-image-failed",
        "Parked: the image was broken by the release.",
        ends=f"parked {Park.IMAGE_FAILED.value}",
        ecs=replace(STEADY, image_seconds=900.0),
        parked=True,
    ),
    Kind(
        "parked-image-too-slow",
        "Parked: the image sticks at 99 %.",
        ends=f"parked {Park.IMAGE_TOO_SLOW.value}",
        ecs=replace(STEADY, image_stuck_share=1.0),
        policy=Policy(image_wait_max=100.0),
        parked=True,
    ),
    Kind(
        "parked-no-stock",
        "Parked: no candidate could be had.",
        ends=f"parked {Park.NO_STOCK.value}",
        policy=replace(SAME_TYPE, epochs_max=2),
        prepare=sell_out,
        parked=True,
    ),
    Kind(
        "parked-not-running",
        "Parked: the replacement does not get to Running in time.",
        ecs=replace(STEADY, starting_seconds=200.0),
        policy=Policy(running_wait_max=60.0),
        ends=f"parked {Park.NOT_RUNNING.value}",
        parked=True,
    ),
    Kind(
        "parked-refused",
        "Parked: the role lacked a permission, which it has when the message is replayed.",
        refusals=(Refuse("CreateImage", "Forbidden.RAM", times=1),),
        parked=True,
    ),
    Kind(
        "parked-name-taken",
        "Parked: somebody's image has our name.",
        ends=f"parked {Park.NAME_TAKEN.value}",
        prepare=take_the_name,
        allowed=("was created without",),
        parked=True,
    ),
    Kind(
        "parked-gave-up",
        "Parked: the time for this recreation was over.",
        policy=replace(SAME_TYPE, give_up_after=900.0),
        ends=f"parked {Park.GAVE_UP.value}",
        prepare=sell_out,
        parked=True,
    ),
    Kind(
        "parked-too-many-hops",
        "Parked: the message was passed on too often.",
        policy=replace(SAME_TYPE, hops_max=-1_000),
        ends=f"parked {Park.TOO_MANY_HOPS.value}",
        prepare=sell_out,
        parked=True,
    ),
    Kind(
        "parked-unreadable",
        "Parked without progress: the body is no event.",
        ends=f"parked {Park.UNREADABLE.value}",
        body='{"name": "Instance:PreemptibleInstanceInterruption", "content": {"instanceId": "订单"}}',
        parked=True,
    ),
    Kind(
        "parked-foreign",
        "Parked without progress: the event is for another account.",
        ends=f"parked {Park.FOREIGN.value}",
        body=BODY.replace(ACCOUNT, "9999999999999999"),
        parked=True,
    ),
    # incarnations
    Kind(
        "second-notice",
        "After a false alarm the next notice has an image of its own.",
        policy=Policy(takeover="wait"),
        during=later(30.0, withdraw_and_notice_again),
        reached=lambda one: one.incarnation.startswith("m-") and one.specified is not None,
    ),
    Kind(
        "economical",
        "A source in economical mode: its start time is part of the recreation.",
        seed={"spot_interruption_behavior": "Stop"},
        during=image_as_release_0_1_0,
        reached=lambda one: (
            one.incarnation.startswith("20")
            and (one.specified is not None or one.economical is not None)
        ),
        # That release took such a source for one that is released.
        allowed=("were kept and not given back",),
    ),
)


def by_name() -> dict[str, Kind]:
    """Return the kinds by name, which must differ."""
    found = {kind.name: kind for kind in KINDS}
    assert len(found) == len(KINDS)
    return found
