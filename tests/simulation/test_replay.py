"""What was parked comes back: at a set rate, through interruptions, to one replacement each."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from typing_extensions import override

from emulator.assumptions import Assumptions
from tests.simulation.harness import ACCOUNT, DEAD, KEY, QUEUE, REGION, START, Simulation, simulate
from tests.simulation.replaying import (
    KINDS,
    OF_GONE,
    REPLAYED,
    UNDELIVERED,
    Person,
    SendTimes,
    add_undelivered,
    do,
    endpoint_of,
    put,
    several,
    shelve_events,
    shelve_parked,
    take_all,
)
from tests.simulation.scenarios import (
    NOTICE_AT,
    SOURCE_NAME,
    Source,
    add_source,
    interrupt,
    is_quiet,
    recover,
    replacements,
    waiting,
)
from tests.simulation.schedules import QUICK, SOURCE_TYPE
from tests.simulation.test_candidates import sell_everything
from worker import operator_ports
from worker.adapters.ecs.fleet import EcsFleet
from worker.cli.dlq import STEPS
from worker.core import identity
from worker.core.capture import write_capture
from worker.core.dead_letters import DeadLetter, Filter, Origin
from worker.core.errors import Permanent
from worker.core.model import Script
from worker.core.outcomes import Park
from worker.core.policy import Policy
from worker.core.progress import Captured, Wishes, decode
from worker.core.replaying import Edits
from worker.ops.replay import OVER, Fate, Plan, Replay
from worker.ops.shelves import Visit

# One list of one candidate, tried once: without stock a recreation is parked at once.
STRICT = Policy(epochs_max=1, other_zones=False, same_type_only=True)
MESSAGES = 1_000
PER_MINUTE = 600.0
LONG_NOTICE = 1e6


def seed(simulation: Simulation, count: int, name: str) -> list[str]:
    ecs = simulation.cloud.ecs[REGION]
    small = {"system_disk": {"size": 20}}
    return [ecs.seed_instance({"name": f"{name}-{at}", **small}, START) for at in range(count)]


def park_all(simulation: Simulation, sources: list[str]) -> None:
    """Let all of them be reclaimed while nothing is in stock, until they are parked and gone."""
    sell_everything(simulation)
    simulation.start_worker("before")
    for source in sources:
        simulation.cloud.ecs[REGION].interrupt(source, simulation.kernel.now)
    simulation.run(400.0)
    assert is_quiet(simulation)
    worker = simulation.workers.pop("before")
    simulation.kernel.kill([*worker.tasks.actors, worker.main])
    simulation.run(1.0)
    sell_everything(simulation, None)


def lock_all(simulation: Simulation, sources: list[str], notice: float = LONG_NOTICE) -> list[str]:
    """Let all of them be reclaimed while no worker runs; returns the events as they came."""
    for source in sources:
        ecs = simulation.cloud.ecs[REGION]
        ecs.interrupt(source, simulation.kernel.now, notice_seconds=notice)
    simulation.run(30.0)
    return [body for body, _ in take_all(simulation, QUEUE)]


def launched(simulation: Simulation) -> Counter[str]:
    """How many replacements of each source were ever launched."""
    return Counter(
        entry.detail["tags"][identity.TAG_SOURCE]
        for entry in simulation.cloud.ledger
        if entry.action == "RunInstances"
    )


def running(simulation: Simulation) -> Counter[str]:
    return Counter(
        one["Tags"][identity.TAG_SOURCE]
        for one in replacements(simulation)
        if one["Status"] == "Running"
    )


def test_a_thousand_of_every_kind_interrupted_twice_end_in_one_replacement_each() -> None:
    """Killed once, stopped by hand once; every source has one replacement and nothing is left.

    Kinds differ by why they were parked, at which step, who brought them there and in which spelling,
    and whether the source is still there.
    """
    simulation = simulate(ecs=QUICK, policy=STRICT)
    add_undelivered(simulation)
    of_each = MESSAGES // (len(KINDS) + 1)
    gone = seed(simulation, of_each * len(OF_GONE), "gone")
    locked = seed(simulation, MESSAGES - of_each * (len(OF_GONE) + 1), "locked")
    simulation.kernel.now = NOTICE_AT
    park_all(simulation, gone)
    shelve_parked(simulation, take_all(simulation, DEAD))
    bodies = lock_all(simulation, locked)
    put(simulation, DEAD, several(bodies[:3]), {})
    shelve_events(simulation, bodies[3:])
    on_shelves = waiting(simulation, DEAD) + waiting(simulation, UNDELIVERED)
    person = Person(simulation)
    begun = simulation.kernel.now

    for name in ("one", "two"):
        simulation.start_worker(name)
    first = simulation.kernel.spawn(lambda: person.run(per_minute=PER_MINUTE))
    simulation.run(31.7)
    simulation.kernel.kill([first])
    after_kill = waiting(simulation, DEAD) + waiting(simulation, UNDELIVERED)
    simulation.run(70.0)
    person.interrupt_at = simulation.kernel.now + 20.0
    do(simulation, lambda: person.run(per_minute=PER_MINUTE))
    after_stop = waiting(simulation, DEAD) + waiting(simulation, UNDELIVERED)
    simulation.run(2.0)
    do(simulation, lambda: person.run(per_minute=PER_MINUTE))
    recover(simulation)
    simulation.kernel.close()

    assert on_shelves in range(MESSAGES - 3, MESSAGES + 1)
    assert len(KINDS) == 22
    assert {plan.letter.park for plan in person.plans} == {"", *(one.value for one in REPLAYED)}
    assert {plan.letter.step for plan in person.plans} == {"", "retain", "image", "spec", "launch"}
    assert {plan.letter.origin for plan in person.plans} == set(Origin)
    assert on_shelves > after_kill > after_stop > 0
    assert waiting(simulation, DEAD) == waiting(simulation, UNDELIVERED) == 0
    assert launched(simulation) == running(simulation) == Counter([*gone, *locked])
    times = [at for at in person.sent_at if at >= begun]
    for at, later in zip(times, times[int(PER_MINUTE / 6) :], strict=False):
        assert later - at > 9.0
    assert Counter(plan.fate for plan in person.plans).keys() <= {Fate.SENT, Fate.FINISHED}
    assert simulation.cloud.complaints == []


def parked_without_stock(lag: float = 3.0) -> tuple[Simulation, Source]:
    """A source that is parked for want of stock, and gone; describe calls lag by so much."""
    assumptions = Assumptions(describe_lag_seconds=lag)
    simulation = simulate(ecs=QUICK, policy=STRICT, assumptions=assumptions)
    add_undelivered(simulation)
    source = add_source(simulation)
    sell_everything(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source)
    recover(simulation, at_least=400.0)
    assert waiting(simulation, DEAD) == 1
    return simulation, source


def test_a_day_later_it_still_has_all_the_time_that_a_recreation_has() -> None:
    """A replay is not parked at its first wait because its notice is long ago."""
    simulation, source = parked_without_stock()
    simulation.run(2 * 86_400.0)

    person = Person(simulation)
    do(simulation, person.run)
    simulation.run(30.0)
    sell_everything(simulation, None)
    assert waiting(simulation, DEAD) == 1
    do(simulation, person.run)
    recover(simulation)

    assert running(simulation) == Counter([source.instance_id])
    assert [plan.step for plan in person.plans] == ["launch", "launch"]


@pytest.mark.parametrize(
    ("wishes", "type_", "zone", "charge"),
    [
        (Wishes(instance_type="ecs.c7.xlarge"), "ecs.c7.xlarge", None, "SpotAsPriceGo"),
        (Wishes(zone="cn-hangzhou-j"), SOURCE_TYPE, "cn-hangzhou-j", "SpotAsPriceGo"),
        (Wishes(pay_as_you_go=True), SOURCE_TYPE, None, "NoSpot"),
    ],
)
def test_edits_are_respected(wishes: Wishes, type_: str, zone: str | None, charge: str) -> None:
    """Type, zone and charge as asked for, whatever list was frozen and whatever the cap is."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)

    do(simulation, Person(simulation, Edits(wishes)).run)
    recover(simulation)

    (replacement,) = replacements(simulation)
    assert replacement["InstanceType"] == type_
    assert zone in {None, replacement["ZoneId"]}
    assert replacement["SpotStrategy"] == charge
    assert launched(simulation) == Counter([source.instance_id])


def test_edits_of_a_bare_event_are_respected() -> None:
    """Nothing is frozen yet: what the step spec freezes is what was asked for."""
    simulation = simulate(ecs=QUICK)
    add_undelivered(simulation)
    source = add_source(simulation)
    (body,) = lock_all(simulation, [source.instance_id])
    put(simulation, UNDELIVERED, body, {})
    simulation.start_worker("one")

    do(simulation, Person(simulation, Edits(Wishes(zone="cn-hangzhou-j"))).run)
    recover(simulation)

    (replacement,) = replacements(simulation)
    assert replacement["ZoneId"] == "cn-hangzhou-j"


def test_an_edited_and_an_unedited_copy_make_one_replacement() -> None:
    """Both ask under the same token, also when neither sees the other's instance yet."""
    simulation, source = parked_without_stock(lag=60.0)
    sell_everything(simulation, None)
    ((body, attributes),) = take_all(simulation, DEAD)
    simulation.start_worker("two")

    put(simulation, DEAD, body, attributes)
    do(simulation, Person(simulation, Edits(Wishes(instance_type="ecs.c7.xlarge"))).run)
    put(simulation, DEAD, body, attributes)
    do(simulation, Person(simulation).run)
    recover(simulation)

    assert launched(simulation) == Counter([source.instance_id])


@pytest.mark.parametrize("step", STEPS)
def test_from_any_step_it_ends_in_one_replacement(step: str) -> None:
    """Done again or not, every step finds what is there; the source lives in this one."""
    simulation = simulate(ecs=QUICK, policy=replace(STRICT, quiesce=Script("sync")))
    add_undelivered(simulation)
    source = add_source(simulation)
    sell_everything(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source, notice_seconds=LONG_NOTICE)
    recover(simulation, at_least=300.0)
    sell_everything(simulation, None)

    do(simulation, Person(simulation, Edits(begin_at=step)).run)
    recover(simulation)

    assert launched(simulation) == running(simulation) == Counter([source.instance_id])
    assert waiting(simulation, DEAD) == 0


def test_what_was_finished_meanwhile_does_nothing() -> None:
    """Said, taken out, and nothing is sent."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)
    ((body, attributes),) = take_all(simulation, DEAD)
    for _ in range(2):
        put(simulation, DEAD, body, attributes)
    person = Person(simulation)
    do(simulation, lambda: person.run(limit=1))
    recover(simulation)
    simulation.run(60.0)
    (replacement,) = replacements(simulation)

    do(simulation, person.run)

    assert [plan.fate for plan in person.plans] == [Fate.SENT, Fate.FINISHED]
    assert person.plans[1].why == f"already recreated as {replacement['InstanceId']}"
    assert waiting(simulation, DEAD) == waiting(simulation, QUEUE) == 0
    assert launched(simulation) == Counter([source.instance_id])


def test_a_dry_run_tells_step_candidate_and_price_and_changes_nothing() -> None:
    """Everything is given back, and nothing has been sent."""
    simulation, _ = parked_without_stock()
    before = len(simulation.cloud.ledger)
    person = Person(simulation)

    do(simulation, lambda: person.run(dry_run=True))

    (plan,) = person.plans
    assert (plan.fate, plan.step) == (Fate.SENT, "launch")
    assert plan.first is not None
    assert plan.first.instance_type == SOURCE_TYPE
    assert plan.price is not None
    assert plan.price.amount > 0
    actions = {entry.action for entry in simulation.cloud.ledger[before:]}
    assert actions <= {"Receive", "ChangeVisibility", "ChangeMessageVisibility"}
    simulation.run(2.0)
    assert len(take_all(simulation, DEAD)) == 1


def test_filters_leave_the_others_where_they_are() -> None:
    """By instance; what is not meant is seen again at once."""
    simulation = simulate(ecs=QUICK, policy=STRICT)
    add_undelivered(simulation)
    sources = seed(simulation, 3, "one")
    simulation.kernel.now = NOTICE_AT
    park_all(simulation, sources)
    simulation.start_worker("one")

    do(simulation, lambda: Person(simulation).run(Filter(instance=sources[1])))
    recover(simulation)
    simulation.run(2.0)

    assert running(simulation) == Counter([sources[1]])
    left = [decode(attributes).instance_id for _, attributes in take_all(simulation, DEAD)]
    assert sorted(left) == sorted([sources[0], sources[2]])


def test_a_refusal_that_sticks_to_its_token_is_not_asked_for_again() -> None:
    """The cloud remembers a refusal; a replay of it asks in the next round."""
    kind = OF_GONE["launch refused"]
    simulation, source = parked_without_stock()
    ((body, attributes),) = take_all(simulation, DEAD)
    put(simulation, DEAD, body, kind.letter(body, decode(attributes), simulation.kernel.now))
    sell_everything(simulation, None)

    do(simulation, Person(simulation).run)
    recover(simulation)

    assert kind.park is Park.REFUSED
    assert running(simulation) == Counter([source.instance_id])


@pytest.mark.parametrize("moment", [at * 0.03 for at in range(18)])
def test_killed_at_any_moment_it_loses_nothing(moment: float) -> None:
    """Between any two calls: the message is in one queue at least, and a second run ends it."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)
    person = Person(simulation)
    actor = simulation.kernel.spawn(person.run)

    simulation.run(moment)
    simulation.kernel.kill([actor])
    simulation.run(61.0)
    do(simulation, person.run)
    recover(simulation)

    assert launched(simulation) == running(simulation) == Counter([source.instance_id])
    assert waiting(simulation, DEAD) == 0


def _sends(simulation: Simulation, since: float) -> int:
    return sum(
        entry.action == "Send" and entry.product == "smq" and entry.resource_id == QUEUE
        for entry in simulation.cloud.ledger
        if entry.at >= since
    )


@pytest.mark.parametrize("per_minute", [0.5, 2.0, 60.0])
@pytest.mark.parametrize("shift", [0.0, 45.0])
def test_two_replays_at_once_send_each_dead_letter_once(per_minute: float, shift: float) -> None:
    """At less than one a lease, too: what waits for its rate is not in anybody's hands."""
    simulation = simulate(policy=STRICT, ecs=QUICK)
    add_undelivered(simulation)
    sources = seed(simulation, 4, "db")
    park_all(simulation, sources)
    assert waiting(simulation, DEAD) == len(sources)
    began = simulation.kernel.now
    persons = [Person(simulation), Person(simulation)]
    for number, person in enumerate(persons):
        simulation.kernel.spawn(
            partial(person.run, per_minute=per_minute), at=began + number * shift
        )
    simulation.run(1_200.0)

    assert waiting(simulation, DEAD) == 0
    assert _sends(simulation, began) == len(sources)
    sent = [
        plan.letter.message_id for each in persons for plan in each.plans if plan.fate is Fate.SENT
    ]
    assert len(sent) == len(set(sent)) == len(sources)


def test_a_dead_letter_that_is_sent_twice_is_recreated_once() -> None:
    """Whoever sends what somebody else has sent as well does no harm."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)
    dead = simulation.cloud.queues(REGION).get_queue(DEAD, simulation.kernel.now)
    (letter,) = dead.messages.values()
    said = {one.name: one.value for one in letter.user_properties}
    put(simulation, DEAD, letter.body, said)
    for name in ("one", "two"):
        simulation.start_worker(name)

    do(simulation, Person(simulation).run)
    recover(simulation)

    assert launched(simulation) == running(simulation) == Counter([source.instance_id])


def test_what_took_so_long_to_plan_that_its_lease_is_over_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody else may have it; it stays where it is, and the next run sends it."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)
    began, plan = simulation.kernel.now, Replay.plan

    def slow(self: Replay, letter: DeadLetter) -> Plan:
        simulation.kernel.sleep(70.0)
        return plan(self, letter)

    monkeypatch.setattr(Replay, "plan", slow)
    person = Person(simulation)
    do(simulation, person.run)

    assert [(one.fate, one.why) for one in person.plans] == [(Fate.UNANSWERED, OVER)]
    assert _sends(simulation, began) == 0
    assert waiting(simulation, DEAD) == 1

    monkeypatch.setattr(Replay, "plan", plan)
    simulation.run(61.0)
    do(simulation, person.run)
    recover(simulation)
    assert running(simulation) == Counter([source.instance_id])


def test_what_took_some_time_to_plan_is_held_while_it_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The lease is made longer where it may not last, so that nobody else has it meanwhile."""
    simulation, _ = parked_without_stock()
    sell_everything(simulation, None)
    plan, send = Replay.plan, SendTimes.send
    seen: list[int] = []

    def slow(self: Replay, letter: DeadLetter) -> Plan:
        simulation.kernel.sleep(50.0)
        return plan(self, letter)

    def looked(self: SendTimes, *args: Any, **named: Any) -> str:
        simulation.kernel.sleep(20.0)
        found = simulation.cloud.queues(REGION).receive(DEAD, 16, simulation.kernel.now)
        seen.append(len(found))
        return send(self, *args, **named)

    monkeypatch.setattr(Replay, "plan", slow)
    monkeypatch.setattr(SendTimes, "send", looked)
    do(simulation, Person(simulation).run)

    assert seen == [0]
    assert waiting(simulation, DEAD) == 0


def test_what_was_sent_and_could_not_be_taken_out_is_told_as_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker takes it up; who is told that it was not replayed would do something else about it."""
    simulation, source = parked_without_stock()
    sell_everything(simulation, None)

    def refused(*_: object) -> bool:
        raise Permanent("DeleteMessage was refused", code="AccessDenied")

    monkeypatch.setattr(Visit, "take_out", refused)
    person = Person(simulation)
    do(simulation, person.run)

    (plan,) = person.plans
    assert (plan.fate, plan.is_still_there) == (Fate.SENT, True)
    assert plan.why == "DeleteMessage was refused"
    assert waiting(simulation, DEAD) == 1
    recover(simulation)
    assert running(simulation) == Counter([source.instance_id])


def test_half_way_to_its_end_a_dead_letter_is_sent_again_to_the_letter() -> None:
    """After twice the retention it is still there, its signature is good, and it replays."""
    simulation, source = parked_without_stock()
    add_source_of_a_forgery(simulation)

    for _ in range(14):
        simulation.run(86_400.0)
        do(simulation, lambda: keep(simulation))

    assert waiting(simulation, DEAD) == 2
    sell_everything(simulation, None)
    do(simulation, lambda: Person(simulation).run(Filter(instance=source.instance_id)))
    recover(simulation)
    assert running(simulation) == Counter([source.instance_id])


def test_what_is_young_is_not_sent_again() -> None:
    """A timer that runs often does not wear the queue out."""
    simulation, _ = parked_without_stock()
    before = take_all(simulation, DEAD)
    for body, attributes in before:
        put(simulation, DEAD, body, attributes)

    assert do(simulation, lambda: keep(simulation)) == 0
    simulation.run(2.0)
    assert take_all(simulation, DEAD) == before


def test_without_being_kept_it_would_be_lost() -> None:
    """The cloud that this is tested on does drop what is too old."""
    simulation, _ = parked_without_stock()

    simulation.run(8 * 86_400.0)

    assert waiting(simulation, DEAD) == 0


def add_source_of_a_forgery(simulation: Simulation) -> None:
    put(simulation, DEAD, "not an event", {"parked": "no_stock", "signature": "00"})


def keep(simulation: Simulation) -> int:
    """Let a timer keep them; returns how many were sent again."""
    kept = Person(simulation).keep()
    assert not any(one.failed for one in kept)
    return len(kept)


@dataclass
class Album(operator_ports.Captures):
    """What `audit --record` has kept."""

    documents: dict[str, Mapping[str, Any]]

    @override
    def find(self, instance_id: str) -> Mapping[str, Any] | None:
        return self.documents.get(instance_id)


def gone_before_its_capture(
    region: str = REGION, notice: float = 300.0
) -> tuple[Simulation, Source, Mapping[str, Any]]:
    """A source that is gone with its image made and nothing written down; and its early capture."""
    simulation = simulate(ecs=QUICK)
    add_undelivered(simulation)
    source = add_source(simulation)
    (equipped,) = do(simulation, EcsFleet(endpoint_of(simulation)).equipped)
    document = write_capture(
        Captured(equipped.instance, equipped.disks, "app"),
        account=ACCOUNT,
        region=region,
        at=simulation.kernel.now,
        key=KEY,
    )
    (body,) = lock_all(simulation, [source.instance_id], notice=notice)
    put(simulation, QUEUE, body, {})
    simulation.start_worker("one")
    simulation.run(3.0)
    assert simulation.cloud.ecs[REGION].region.images
    worker = simulation.workers.pop("one")
    simulation.kernel.kill([*worker.tasks.actors, worker.main])
    take_all(simulation, QUEUE)
    simulation.run(400.0)
    take_all(simulation, QUEUE)
    put(simulation, DEAD, body, {})
    return simulation, source, document


def test_a_capture_from_before_the_notice_brings_back_a_source_that_was_never_captured() -> None:
    """Its image is there; what it was is read from the signed file."""
    simulation, source, document = gone_before_its_capture()

    person = Person(simulation, captures=Album({source.instance_id: document}))
    do(simulation, person.run)
    simulation.start_worker("two")
    recover(simulation)

    (replacement,) = replacements(simulation)
    assert (replacement["InstanceName"], replacement["Status"]) == (SOURCE_NAME, "Running")
    assert [plan.step for plan in person.plans] == ["spec"]


def test_without_a_capture_it_is_parked_again_and_a_forged_one_is_refused() -> None:
    """A file that is not signed by us is worth nothing, and the message stays."""
    simulation, source, document = gone_before_its_capture()
    captured = {**document["captured"], "ram_role": "admin"}
    forged = Album({source.instance_id: {**document, "captured": captured}})

    person = Person(simulation, captures=forged)
    do(simulation, person.run)
    assert [(plan.fate, plan.why) for plan in person.plans] == [
        (Fate.UNANSWERED, "its signature is not ours")
    ]
    again = Person(simulation)
    do(simulation, again.run)
    simulation.start_worker("two")
    recover(simulation, at_least=2_000.0)
    third = Person(simulation)
    do(simulation, lambda: third.run(dry_run=True))

    assert replacements(simulation) == []
    assert waiting(simulation, DEAD) == 1
    assert [one.lacks_source for one in (*again.plans, *third.plans)] == [False, True]


def test_a_capture_of_another_place_is_refused() -> None:
    """It is signed by us, and tells of a source that this one is not."""
    simulation, source, document = gone_before_its_capture("cn-beijing")

    person = Person(simulation, captures=Album({source.instance_id: document}))
    do(simulation, person.run)

    assert [(plan.fate, plan.why) for plan in person.plans] == [
        (Fate.UNANSWERED, "its capture is of another instance, account or region")
    ]
    assert waiting(simulation, DEAD) == 1


def test_a_source_that_is_there_is_not_taken_from_its_capture() -> None:
    """It is looked at itself: it may have other disks by now."""
    simulation, source, document = gone_before_its_capture(notice=LONG_NOTICE)

    person = Person(simulation, captures=Album({source.instance_id: document}))
    do(simulation, person.run)

    assert [(plan.fate, plan.step) for plan in person.plans] == [(Fate.SENT, "retain")]


def test_an_image_of_a_stranger_is_not_launched_from() -> None:
    """It has the name that ours would have, and not our mark."""
    simulation, source, document = gone_before_its_capture()
    ecs = simulation.cloud.ecs[REGION]
    (image,) = ecs.region.images
    named = {"ResourceType": "image", "ResourceId": [image]}
    tag = {"Key": identity.TAG_ID, "Value": "0" * 32}
    ecs.call("TagResources", {**named, "Tag": [tag]}, simulation.kernel.now)
    simulation.run(60.0)

    person = Person(simulation, captures=Album({source.instance_id: document}))
    do(simulation, person.run)

    assert [(plan.fate, plan.step) for plan in person.plans] == [(Fate.SENT, "retain")]


@pytest.mark.parametrize("survives", [True, False])
def test_what_the_queue_itself_has_moved_replays(survives: bool) -> None:  # noqa: FBT001
    """Received too often, with or without its attributes: whether they survive is not documented."""
    assumptions = Assumptions(smq_dlq_keeps_user_properties=survives)
    simulation = simulate(ecs=QUICK, policy=STRICT, assumptions=assumptions)
    add_undelivered(simulation)
    source = add_source(simulation)
    sell_everything(simulation)
    simulation.start_worker("one")
    interrupt(simulation, source, notice_seconds=LONG_NOTICE)
    recover(simulation, at_least=300.0)
    ((body, attributes),) = take_all(simulation, DEAD)
    sell_everything(simulation, None)
    moving = {"DeadLetterTargetQueue": DEAD, "Enabled": True, "MaxReceiveCount": 1}
    queues = simulation.cloud.queues(REGION)
    dead_letters = {"QueueName": "poison", "DlqPolicy": json.dumps(moving)}
    simulation.cloud.call("mns-open", REGION, "CreateQueue", dead_letters, simulation.kernel.now)
    put(
        simulation,
        "poison",
        body,
        OF_GONE["moved by the queue"].letter(body, decode(attributes), 0.0),
    )
    for _ in range(3):
        queues.receive("poison", 1, simulation.kernel.now)
        simulation.run(60.0)

    person = Person(simulation)
    do(simulation, person.run)
    recover(simulation)
    if not survives:
        # Begun anew it asks first under a token whose refusal the cloud remembers, and this
        # configuration asks once only.
        do(simulation, person.run)
        recover(simulation)

    assert person.plans[0].step == ("launch" if survives else "retain")
    assert launched(simulation) == running(simulation) == Counter([source.instance_id])
