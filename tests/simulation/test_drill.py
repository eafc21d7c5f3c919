"""Drills on virtual time, with one fault at each of their calls: nothing is left, nothing is touched."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from typing_extensions import override

from emulator.assumptions import Assumptions
from tests.simulation.bindings import CloudCall
from tests.simulation.harness import ACCOUNT, KEY, REGION, Notebook, Simulation, simulate
from tests.simulation.kernel import Kernel, SimulatedClock
from tests.simulation.scenarios import Source, add_source, interrupt, recover, replacements
from tests.simulation.schedules import QUICK
from worker.adapters.captures import SignedCaptures
from worker.adapters.crew import Alone
from worker.adapters.ecs.call import ApiRefusal, ConnectionLost
from worker.adapters.ecs.deletion import EcsDeletion
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.leftovers import EcsLeftovers
from worker.adapters.ecs.prices import EcsPrices
from worker.adapters.ecs.rehearsal import EcsRehearsal, EcsTermination
from worker.adapters.ecs.tagging import EcsTagging
from worker.adapters.limiter import QuotaLimiter
from worker.adapters.sealing import Sealing
from worker.bootstrap import build_cloud
from worker.core import identity
from worker.core.errors import Permanent
from worker.core.policy import Policy
from worker.ops.drill import Drill, Mode, Report
from worker.ops.drill_cleaning import Cleaning
from worker.ops.drill_ports import DrillInstances, DrillTagging, LeavesTheDrill
from worker.ops.drill_return import Return
from worker.ops.patience import LONG_TRIES_MAX, Patience

FAULTS = ("not sent", "answer lost", "busy", "killed before", "killed after")
# More than any drill makes; the search ends where one runs to its end without meeting its fault.
CALLS_MAX = 200
SETTLED_SECONDS = 600.0


class Killed(BaseException):
    """The process of the drill ends here."""


_ENDS: Mapping[str, type[BaseException]] = {
    "killed before": Killed,
    "stopped before": KeyboardInterrupt,
}
_ENDS_AFTER: Mapping[str, type[BaseException]] = {
    "killed after": Killed,
    "stopped after": KeyboardInterrupt,
}


class Walk(Kernel):
    """A kernel for one actor: to sleep is to move the clock on."""

    @override
    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FaultyCall:
    """The seam to the cloud, with one fault at the call of a number, or one action refused."""

    real: CloudCall
    at: int = 0
    fault: str = ""
    refused: str = ""
    actions: list[str] = field(default_factory=list)

    def __call__(self, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.actions.append(action)
        if self.refused and action.endswith(self.refused):
            raise ApiRefusal(403, "Forbidden.RAM", "")
        if len(self.actions) != self.at:
            return self.real(action, params)
        if self.fault == "busy":
            raise ApiRefusal(503, "ServiceUnavailable", "")
        if self.fault in _ENDS:
            raise _ENDS[self.fault]
        if self.fault in {"answer lost", *_ENDS_AFTER}:
            with contextlib.suppress(ApiRefusal):
                self.real(action, params)
            if self.fault in _ENDS_AFTER:
                raise _ENDS_AFTER[self.fault]
        raise ConnectionLost("no answer")


@dataclass
class Stage:
    """A cloud with one instance, and what a person has to drill on it."""

    simulation: Simulation
    source: Source
    call: FaultyCall
    drill: Drill
    cleaning: Cleaning
    walk: Walk

    def run(self, mode: Mode) -> Report:
        group = self.groups()[-1] if mode is Mode.LAUNCH else ""
        plan = self.drill.plan(self.source.instance_id, mode, security_group=group)
        return self.drill.run(plan, lambda _: None)

    def clean(self) -> list[str]:
        results = self.cleaning.run(self.source.instance_id)
        return [f"{one.thing.kind.value} {one.fate.value}" for one in results]

    def groups(self) -> tuple[str, ...]:
        found = self.simulation.cloud.ecs[REGION].region.instances[self.source.instance_id]
        return tuple(found.options.security_group_ids)

    def rows(self, what: str) -> list[dict[str, Any]]:
        self.simulation.cloud.advance(self.walk.now)
        return list(self.simulation.cloud.ecs[REGION].dump(what, self.walk.now))

    def untouched(self) -> list[dict[str, Any]]:
        """The instance and its disks but for what its own software writes on them."""
        mine = [one for one in self._everything() if one["InstanceId"] == self.source.instance_id]
        return [
            {key: value for key, value in one.items() if not key.endswith("Content")}
            for one in mine
        ]

    def left(self) -> list[str]:
        """Everything there is but the instance and its disks."""
        theirs = [one for one in self._everything() if one["InstanceId"] != self.source.instance_id]
        return [str(one) for one in (*theirs, *self.rows("images"), *self.rows("snapshots"))]

    def _everything(self) -> list[dict[str, Any]]:
        return [*self.rows("instances"), *self.rows("disks")]

    def settle(self) -> None:
        self.walk.now += SETTLED_SECONDS
        self.simulation.cloud.advance(self.walk.now)


def stage(
    at: int = 0,
    fault: str = "",
    *,
    policy: Policy | None = None,
    assumptions: Assumptions | None = None,
    **seed: Any,
) -> Stage:
    simulation = simulate(ecs=QUICK, assumptions=assumptions)
    disk = {"size": 20, "delete_with_instance": False}
    source = add_source(simulation, security_groups=2, data_disks=[disk], **seed)
    walk = Walk(simulation.kernel.now)
    call = FaultyCall(CloudCall(simulation.cloud, REGION, walk), at, fault)
    clock = SimulatedClock(walk)
    notebook = Notebook(walk)
    endpoint = Endpoint(call, REGION, QuotaLimiter(Random(7)), clock, notebook)
    patience = Patience(clock, walk.sleep, LONG_TRIES_MAX)
    leftovers = EcsLeftovers(endpoint)
    drill = Drill(
        cloud=build_cloud(
            endpoint,
            Alone(),
            sealing=Sealing((KEY,)),
            captures=SignedCaptures(lambda _: None, ACCOUNT, REGION, (KEY,), notebook),
        ),
        leftovers=leftovers,
        prices=EcsPrices(endpoint),
        rehearsal=EcsRehearsal(endpoint),
        policy=policy or Policy(),
        patience=patience,
        account=ACCOUNT,
        region=REGION,
    )
    cleaning = Cleaning(
        leftovers,
        EcsTermination(endpoint),
        EcsDeletion(endpoint),
        EcsTagging(endpoint),
        Return(drill.cloud, policy or Policy(), patience, ACCOUNT, REGION),
        patience,
        "default",
    )
    return Stage(simulation, source, call, drill, cleaning, walk)


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.LAUNCH])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_at_any_call(fault: str, mode: Mode) -> None:
    """The drill or its repetition passes, with one replacement at most, and a cleaning ends it all."""
    for at in range(1, CALLS_MAX):
        it = stage(at, fault)
        before = it.untouched()
        try:
            report = it.run(mode)
            cleaned = it.clean()
        except Killed:
            # A person looks at it a moment later and says the same again.
            it.settle()
            report = it.run(mode)
            cleaned = it.clean()
        launched = [one for one in it.call.actions if one == "RunInstances"]
        it.settle()
        assert report.is_good, (at, fault, it.call.actions[at - 1])
        assert it.left() == [], (at, fault, it.call.actions[at - 1], cleaned)
        assert it.untouched() == before, (at, fault)
        assert launched
        if len(it.call.actions) < at:
            return
    raise AssertionError("the drill never ends")


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.LAUNCH])
def test_a_killed_drill_is_cleaned_up_without_being_resumed(mode: Mode) -> None:
    """Wherever it was killed: what its tags tell is all that the cleaning needs."""
    for at in range(1, CALLS_MAX):
        it = stage(at, "killed after")
        try:
            it.run(mode)
        except Killed:
            it.settle()
        else:
            return
        it.clean()
        it.settle()
        assert it.left() == [], (at, it.call.actions[at - 1])
    raise AssertionError("the drill never ends")


def test_a_drill_shows_what_the_worker_does() -> None:
    """The first candidate that would be launched is the one that then is."""
    it = stage()
    report = it.run(Mode.CHECK)
    it.clean()
    assert it.call.actions.count("RunInstances") == min(len(report.trials), 5)
    simulation = it.simulation
    simulation.kernel.now = it.walk.now
    simulation.start_worker("one")
    interrupt(simulation, it.source)
    recover(simulation)

    (replacement,) = replacements(simulation)
    first = next(one.candidate for one in report.trials if one.is_good)
    assert (replacement["InstanceType"], replacement["ZoneId"]) == (
        first.instance_type,
        first.zone,
    )


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.LAUNCH])
def test_nobody_is_told_to_move_an_address_that_serves(mode: Mode) -> None:
    """The worker moves it in a real interruption; here it stays with the source, which runs."""
    report = stage(eip=True, policy=Policy(hand_over=("eip",))).run(mode)

    assert report.progress.remarks == ()


def test_an_address_that_the_worker_would_leave_is_told() -> None:
    """The drill shows what a person has to do by hand, because the configuration moves nothing."""
    report = stage(eip=True).run(Mode.CHECK)

    (remark,) = report.progress.remarks
    assert remark.what.startswith("elastic address")


@pytest.mark.parametrize("image_seconds", [QUICK.image_seconds, 900.0])
def test_an_interruption_during_a_drill_is_recovered_as_ever(image_seconds: float) -> None:
    """What the drill has made is taken for nobody's image and nobody's replacement, also late."""
    # So that an image may take longer than the notice.
    it = stage(assumptions=Assumptions(image_survives_platform_stop=True))
    it.run(Mode.LAUNCH)
    simulation = it.simulation
    late = replace(QUICK, image_seconds=image_seconds)
    simulation.cloud.ecs[REGION].region.settings = late
    simulation.kernel.now = it.walk.now
    simulation.start_worker("one")
    interrupt(simulation, it.source)
    recover(simulation)

    drilled = [one for one in replacements(simulation) if identity.TAG_DRILL in one["Tags"]]
    recreated = [one for one in replacements(simulation) if identity.TAG_DRILL not in one["Tags"]]
    assert (len(drilled), len(recreated)) == (1, 1)
    assert recreated[0]["ImageId"] != drilled[0]["ImageId"]
    # In no line of replacements, so that it counts as no generation and holds nobody's data.
    assert identity.TAG_LINEAGE not in drilled[0]["Tags"]
    it.walk.now = simulation.kernel.now
    cleaned = it.clean()
    assert {one.partition(" ")[2] for one in cleaned} == {"deleted"}
    assert recreated[0]["InstanceId"] in [one["InstanceId"] for one in it.rows("instances")]


@pytest.mark.parametrize("mode", [Mode.CHECK, Mode.LAUNCH])
def test_an_image_that_fails_ends_the_drill(mode: Mode) -> None:
    """The lower rungs are for a source that is lost; what was begun is cleaned up."""
    it = stage()
    failing = replace(QUICK, image_failure_share=1.0)
    it.simulation.cloud.ecs[REGION].region.settings = failing

    with pytest.raises(Permanent, match="image"):
        it.run(mode)

    it.clean()
    assert it.rows("images") == it.rows("snapshots") == []


def test_the_replacement_of_a_drill_is_not_recreated() -> None:
    it = stage()
    report = it.run(Mode.LAUNCH)

    with pytest.raises(Permanent, match="a drill launched it"):
        it.drill.plan(report.progress.launched.instance_id)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (Policy(skip_tags=(("team", None),)), "asks to leave it alone"),
        (Policy(select_tags=(("backup", None),)), "lacks the tag backup"),
    ],
)
def test_what_the_worker_would_leave_alone_is_said(policy: Policy, said: str) -> None:
    """A drill of an instance that no interruption would recreate must not pass."""
    it = stage(policy=policy)

    with pytest.raises(Permanent, match=said):
        it.run(Mode.CHECK)
    assert it.left() == []


def test_one_that_is_being_reclaimed_is_left_to_the_worker() -> None:
    """A disk may take one snapshot at a time: the drill's image would keep the worker's waiting."""
    it = stage()
    it.simulation.kernel.now = it.walk.now
    interrupt(it.simulation, it.source)
    it.walk.now += 30.0
    it.simulation.cloud.advance(it.walk.now)

    with pytest.raises(Permanent, match="is being reclaimed now"):
        it.run(Mode.CHECK)
    assert it.left() == []


def test_things_that_only_look_like_a_drills_stay() -> None:
    """Another owner's, another instance's, and one whose tag was taken off meanwhile."""
    it = stage()
    it.run(Mode.CHECK)
    ecs = it.simulation.cloud.ecs[REGION]
    (image,) = it.rows("images")
    tag = {"Key": identity.TAG_OWNER, "Value": "somebody"}
    params = {"ResourceType": "image", "ResourceId": [image["ImageId"]], "Tag": [tag]}
    ecs.call("TagResources", params, it.walk.now)
    it.settle()

    assert it.clean() == []
    assert [one["ImageId"] for one in it.rows("images")] == [image["ImageId"]]


def test_what_loses_its_tag_during_a_cleaning_stays() -> None:
    """Each thing is looked at right before it goes; an image that stays keeps its snapshots."""
    it = stage()
    it.run(Mode.LAUNCH)
    (image,) = it.rows("images")
    cleaning = it.cleaning.run(it.source.instance_id)
    first = next(cleaning)
    params = {
        "ResourceType": "image",
        "ResourceId": [image["ImageId"]],
        "TagKey": [identity.TAG_DRILL],
    }
    it.simulation.cloud.ecs[REGION].call("UntagResources", params, it.walk.now)
    it.settle()
    rest = list(cleaning)

    assert (first.thing.kind.value, first.fate.value) == ("instance", "deleted")
    assert [(one.thing.kind.value, one.fate.value) for one in rest] == [("image", "kept")]
    assert len(it.rows("images")) == 1
    assert len(it.rows("snapshots")) == 2


def test_a_drill_whose_cleaning_has_begun_is_not_resumed() -> None:
    """Its tokens would hand out what is deleted by then as if it had just been made."""
    it = stage()
    it.run(Mode.LAUNCH)
    it.settle()
    before = it.drill.plan(it.source.instance_id)
    next(it.cleaning.run(it.source.instance_id))
    it.settle()

    after = it.drill.plan(it.source.instance_id)

    assert before.resumed
    assert it.left()
    assert after.resumed == ()
    assert after.drill != before.drill


def test_a_step_cannot_leave_the_drill() -> None:
    """What a later change of a step might want of the source is refused at its port."""
    it = stage()
    instances = DrillInstances(it.drill.cloud.instances, "drill-1")
    tagging = DrillTagging(it.drill.cloud.tagging, it.source.instance_id)
    report = it.run(Mode.CHECK)
    frozen = report.progress.specified
    assert frozen is not None
    untagged = [("a", "b")]

    with pytest.raises(LeavesTheDrill):
        instances.stop(it.source.instance_id)
    with pytest.raises(LeavesTheDrill):
        instances.start(it.source.instance_id)
    with pytest.raises(LeavesTheDrill):
        tagging.tag("instance", [it.source.instance_id], dict(untagged))
    with pytest.raises(LeavesTheDrill):
        tagging.tag("disk", ["d-1"], dict(untagged))
    with pytest.raises(LeavesTheDrill):
        instances.launch(frozen.launch, frozen.candidates[0], image_id="m-1", token="t", drop=())
