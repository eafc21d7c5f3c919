"""A source that is noticed again: what an earlier notice left behind is never taken for this one's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest
from typing_extensions import override

from emulator.state.ecs import instance_view
from tests.simulation.bindings import CloudCall
from tests.simulation.faults import Fault
from tests.simulation.harness import REGION, Release, Simulation, simulate
from tests.simulation.invariants import entries, violations
from tests.simulation.scenarios import (
    Source,
    add_source,
    interrupt,
    recover,
    replacements,
)
from tests.simulation.schedules import (
    QUICK,
    NextInstances,
    fail_the_image,
    judged,
    run,
    withdraw,
)
from tests.simulation.situations import ALL
from tests.simulation.test_recovery import interrupt_again, replay
from worker.adapters.ecs.call import ApiRefusal
from worker.core import identity
from worker.core.errors import UnknownOutcome
from worker.core.model import Candidate, Instance, LaunchAnswer, LaunchSpec
from worker.core.policy import Policy

NEWER = "/data/later.txt"
STUCK = replace(QUICK, image_seconds=30.0, image_stuck_share=1.0)


def parked_once(workers: int = 1) -> tuple[Simulation, Source]:
    """Notice a source, take the notice back, and let its image be parked for being late."""
    policy = Policy(image_wait_max=300.0, takeover="wait")
    simulation = simulate(policy=policy, ecs=STUCK)
    source = add_source(simulation)
    for number in range(workers):
        simulation.start_worker(f"worker-{number}")
    interrupt(simulation, source)
    simulation.run(60.0)
    withdraw(simulation, source)
    recover(simulation, at_least=900.0)
    assert [line["park"] for line in simulation.notebook.named("parked")] == ["image_too_slow"]
    simulation.cloud.ecs[REGION].region.settings = QUICK
    return simulation, source


def written_since(simulation: Simulation, source: Source) -> Source:
    """Let the source write more, and make it durable."""
    ecs, disk = simulation.cloud.ecs[REGION], source.disks["/dev/xvda"]
    now = simulation.kernel.now
    ecs.write(source.instance_id, "/dev/xvda", NEWER, "what came later", now, flush=True)
    simulation.run(30.0)
    durable = {"/dev/xvda": ecs.disk_content(disk, simulation.kernel.now, durable=True)}
    return replace(source, durable=durable, noticed_at=simulation.kernel.now)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("pause", [0.0, 7_200.0])
def test_the_image_of_a_parked_notice_is_not_launched_from(workers: int, pause: float) -> None:
    """Whether the token is still known or only the name is taken: an image of its own is made."""
    simulation, source = parked_once(workers)
    simulation.run(pause)
    later = written_since(simulation, source)

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, later) == []
    (replacement,) = replacements(simulation)
    assert replacement["Status"] == "Running"
    images = [entry.detail["name"] for entry in entries(simulation, "CreateImage")]
    assert len(images) == len(set(images)) == 3
    assert replacement["Tags"][identity.TAG_ID] in images[-1]


def test_a_replay_of_the_first_notice_launches_no_second_replacement() -> None:
    """What was parked then is over, for the source has been recreated since."""
    simulation, source = parked_once()
    later = written_since(simulation, source)
    interrupt(simulation, source)
    recover(simulation)
    (replacement,) = replacements(simulation)

    service = simulation.cloud.ecs[REGION]
    for image in tuple(service.region.images.values()):
        if image.status.now == "Creating":
            service.end_image(image.image_id, simulation.kernel.now, available=True)
    replay(simulation)
    recover(simulation)

    # Everything since the first notice counts, and both recreations leave nothing undated.
    assert violations(simulation, replace(later, noticed_at=source.noticed_at)) == []
    assert [one["InstanceId"] for one in replacements(simulation)] == [replacement["InstanceId"]]
    reasons = [line["reason"] for line in simulation.notebook.named("moot")]
    assert reasons == [f"already recreated as {replacement['InstanceId']}"]


def test_twins_of_the_second_notice_agree_on_one_image() -> None:
    """Both find the same earlier image, and derive the same id from it."""
    simulation, source = parked_once(2)
    later = written_since(simulation, source)
    simulation.interposer.plan = {len(simulation.interposer.calls) + 40: Fault.CRASH_AFTER}

    interrupt(simulation, source)
    recover(simulation)

    assert violations(simulation, later) == []
    assert len(replacements(simulation)) == 1


def test_an_event_without_a_time_takes_over_the_image_of_its_own_notice() -> None:
    """A copy that tells no time comes long after the image was begun, and changes nothing."""
    simulation = simulate(ecs=replace(QUICK, image_seconds=200.0))
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(150.0)
    simulation.kill("one")
    interrupt_again(simulation, source)
    recover(simulation)

    assert violations(simulation, source) == []
    assert len(entries(simulation, "CreateImage")) == 1
    assert len(replacements(simulation)) == 1


def _undated_snapshots(simulation: Simulation) -> list[str]:
    """Name what images were made of and nobody says until when it stays."""
    parts = {
        part
        for entry in simulation.cloud.ledger
        if entry.action == "CreateImage"
        for part in entry.detail.get("snapshot_ids", ())
    }
    return [
        one["SnapshotId"]
        for one in simulation.cloud.ecs[REGION].dump("snapshots", simulation.kernel.now)
        if one["SnapshotId"] in parts and identity.TAG_DELETE_AFTER not in one["Tags"]
    ]


def test_an_old_snapshot_of_the_system_disk_is_not_taken_for_one_of_this_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It carries the same id, and the disk takes no other one at first."""
    simulation = simulate(policy=Policy(data_disks="reattach", takeover="wait"), ecs=QUICK)
    source = add_source(simulation, data_disks=[{"size": 20}])
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(60.0)
    withdraw(simulation, source)
    recover(simulation, at_least=5_000.0)
    send, refusals = CloudCall.__call__, [ApiRefusal(403, "QuotaExceed.ConcurrentSnapshotQuota")]

    def once_refused(self: CloudCall, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if action == "CreateSnapshot" and refusals:
            raise refusals.pop()
        return send(self, action, params)

    monkeypatch.setattr(CloudCall, "__call__", once_refused)
    interrupt(simulation, source)
    recover(simulation)

    assert refusals == []
    (record,) = simulation.shelf.kept.values()
    assert record["outcome"] == "recovered"
    assert min(disk["data_point_after_t0"] for disk in record["disks"]) > 0.0


@pytest.mark.parametrize(
    "windows", [((120.0, 122.0), (250.0, 253.0)), ((250.0, 1_000.0),)], ids=["twice", "to the end"]
)
def test_a_lock_that_flickers_does_not_cost_the_image(
    monkeypatch: pytest.MonkeyPatch, windows: tuple[tuple[float, float], ...]
) -> None:
    """Single looks tell no second notice, and neither does a lock that is gone until the release."""
    slow = replace(QUICK, image_seconds=60.0)
    simulation = simulate(policy=Policy(takeover="wait"), ecs=slow)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    shown = instance_view.lock_rows

    def flickering(instance: Any, now: float) -> Any:
        hidden = any(begin <= now - source.noticed_at < end for begin, end in windows)
        return [] if hidden and instance.instance_id == source.instance_id else shown(instance, now)

    monkeypatch.setattr(instance_view, "lock_rows", flickering)
    recover(simulation, at_least=400.0)

    assert violations(simulation, source) == []
    assert simulation.notebook.named("parked") == []
    assert len(entries(simulation, "CreateImage")) == 1
    assert len(entries(simulation, "RunInstances")) == 1


@pytest.mark.parametrize("policy", [Policy(), Policy(takeover="wait"), Policy(takeover="overlap")])
@pytest.mark.parametrize("pause", [30.0, 240.0])
def test_what_was_written_between_two_notices_is_on_the_replacement(
    policy: Policy, pause: float
) -> None:
    """The image of the first one is older than that, and nothing was decided yet."""
    simulation = simulate(policy=policy, ecs=QUICK)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(20.0)
    withdraw(simulation, source)
    simulation.run(pause)
    later = written_since(simulation, source)

    interrupt(simulation, later)
    recover(simulation)

    assert violations(simulation, later) == []
    assert _undated_snapshots(simulation) == []
    (record,) = simulation.shelf.kept.values()
    assert record["outcome"] == "recovered"
    assert record["not_kept"] == ()
    assert len(entries(simulation, "RunInstances")) == 1


@pytest.mark.parametrize("policy", [Policy(takeover="wait"), Policy()])
def test_disks_that_an_earlier_notice_gives_back_late_are_kept_again(policy: Policy) -> None:
    """A change whose answer was lost may take effect after the next notice has kept them."""
    scenario = replace(ALL["noticed at the verdict"], policy=policy)
    undisturbed, _ = run(scenario, {})
    given_back = [call for call in undisturbed.interposer.calls if call.method == "release"]

    simulation, source = run(scenario, {given_back[0].number: Fault.LATE})

    assert judged(scenario, simulation, source) == []
    assert "DiskDeleted" not in {entry.action for entry in simulation.cloud.ledger}


@pytest.mark.parametrize("skew", [0.0, 3_600.0])
def test_two_notices_that_are_taken_back_leave_nothing(skew: float) -> None:
    """The image of the first one gets the verdict too: else its date would say that it was recreated."""
    scenario = ALL["withdrawn twice"]

    simulation, source = run(scenario, {})

    assert judged(scenario, simulation, source) == []
    images = simulation.cloud.ecs[REGION].dump("images", simulation.kernel.now)
    ours = [one["Tags"] for one in images if identity.TAG_ID in one["Tags"]]
    assert len(ours) == 2
    assert all(identity.TAG_FALSE_ALARM in tags for tags in ours)

    simulation.run(skew)
    later = written_since(simulation, source)
    simulation.start_worker("again")
    interrupt(simulation, later)
    recover(simulation)

    assert violations(simulation, later) == []
    assert len(replacements(simulation)) == 1


@dataclass(frozen=True)
class LateToShow(NextInstances):
    """The first launch has no answer, and the next look by its own tag is too early for it."""

    missed: list[str] = field(default_factory=list)

    @override
    def launch(self, spec: LaunchSpec, candidate: Candidate, **how: Any) -> LaunchAnswer:
        answer = self.today.launch(spec, candidate, **how)
        if not self.missed:
            self.missed.append("the answer")
            raise UnknownOutcome("no answer came")
        return answer

    @override
    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        if self.missed == ["the answer"]:
            self.missed.append("the look")
            return ()
        return self.today.find_tagged(recreation)


def test_a_launch_of_ours_that_only_the_second_look_shows_is_ours() -> None:
    """The look by the source's name finds what the one by our own tag was too early for."""
    missed: list[str] = []
    release = Release(instances=lambda today: LateToShow(today, missed))
    at_once = {"describe_lag_seconds": 0.0}
    usual = ALL["noticed after a false alarm"]
    scenario = replace(usual, releases=(release,), flips=at_once)

    simulation, source = run(scenario, {})

    assert missed == ["the answer", "the look"]
    assert judged(scenario, simulation, source) == []
    (record,) = simulation.shelf.kept.values()
    assert record["outcome"] == "recovered"
    assert len(entries(simulation, "RunInstances")) == 1


def _date_images(simulation: Simulation, _source: Source) -> None:
    """What a clean-up does last: date the image of a notice that was a false alarm."""
    now = simulation.kernel.now
    tags = {identity.TAG_DELETE_AFTER: identity.instant(now), identity.TAG_FALSE_ALARM: "yes"}
    images = simulation.cloud.ecs[REGION].dump("images", now)
    asked = {
        "RegionId": REGION,
        "ResourceType": "image",
        "ResourceId": [one["ImageId"] for one in images if identity.TAG_ID in one["Tags"]],
        "Tag": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    simulation.cloud.call("ecs", REGION, "TagResources", asked, now)


def _give_disks_back(simulation: Simulation, source: Source) -> None:
    """What a clean-up does first: let the disks go with their instance again."""
    asked = {"DiskIds": list(source.disks.values()), "DeleteWithInstance": True}
    simulation.cloud.call("ecs", REGION, "ModifyDiskAttribute", asked, simulation.kernel.now)


@pytest.mark.parametrize("clean_up", [_date_images, _give_disks_back])
def test_what_a_late_clean_up_undoes_is_made_again_before_the_stop(clean_up: Any) -> None:
    """No look has seen the lock gone, and no event tells of the notice that is in force."""
    simulation = simulate(policy=Policy(takeover="wait"), ecs=QUICK)
    source = add_source(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    simulation.run(250.0)
    withdraw(simulation, source)
    interrupt(simulation, source, publish_event=False)
    later = written_since(simulation, source)
    simulation.run(150.0)
    clean_up(simulation, source)
    recover(simulation)

    assert violations(simulation, replace(later, noticed_at=source.noticed_at)) == []
    assert "DiskDeleted" not in {entry.action for entry in simulation.cloud.ledger}
    (record,) = simulation.shelf.kept.values()
    assert record["outcome"] == "recovered"
    _, again = entries(simulation, "CreateImage")
    (stopped, *_) = entries(simulation, "PlatformStop", "platform")
    assert again.at < stopped.at
    assert len(entries(simulation, "RunInstances")) == 1


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("takeover", "pause"), [("wait", 300.0), ("stop-source", 60.0)])
def test_what_is_written_before_a_second_notice_is_kept_though_the_first_image_failed(
    takeover: Literal["wait", "stop-source"], pause: float, workers: int
) -> None:
    """An image that was made of the first notice's snapshots is older than the second notice."""
    simulation = simulate(policy=Policy(takeover=takeover), ecs=QUICK)
    source = add_source(simulation)
    for number in range(workers):
        simulation.start_worker(f"worker-{number}")
    interrupt(simulation, source)
    fail_the_image(simulation, source)
    simulation.run(50.0)
    withdraw(simulation, source)
    simulation.run(pause)
    source = replace(written_since(simulation, source), noticed_at=source.noticed_at)
    interrupt(simulation, source)
    recover(simulation, at_least=400.0)

    assert violations(simulation, source) == []
    assert len(entries(simulation, "CreateImage")) == 3
    assert len(entries(simulation, "RunInstances")) == 1
