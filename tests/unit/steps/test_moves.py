"""One look of each move, over ports that show one thing and note what is asked of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from typing_extensions import override

from worker.core import handing, identity, launching
from worker.core.errors import Permanent, Throttled, UnknownOutcome
from worker.core.model import (
    Accepted,
    Address,
    CommandAnswer,
    CommandResult,
    Details,
    Disk,
    Exists,
    Gone,
    Instance,
    Interface,
    LaunchSpec,
    Look,
    Member,
    MemberAnswer,
    MoveAnswer,
    NotInstalled,
    NotReady,
    Pair,
    Refused,
    Script,
    SealedAnswer,
    TagAnswer,
    Tags,
)
from worker.core.outcomes import Done, Note, Wait
from worker.core.policy import Policy
from worker.core.progress import (
    Belongings,
    KeptDisk,
    Launched,
    Move,
    Progress,
    SourceFacts,
    Specified,
    TagsOf,
)
from worker.steps.handover import HandOver
from worker.steps.handover.addresses import AddressMove
from worker.steps.handover.disks import DiskMove
from worker.steps.handover.interfaces import InterfaceMove
from worker.steps.handover.members import MemberMove
from worker.steps.handover.moves import (
    TAKEN_OUT,
    Later,
    Left,
    Moved,
    RefusedForNow,
    answered,
)
from worker.steps.handover.pairs import UNUSED, PairMove
from worker.steps.handover.tags import TagMove

SOURCE, REPLACEMENT, OTHER = "i-bp1source0001", "i-bp1replace0001", "i-bp1other00001"
HEIR, SECOND_HEIR = "i-bp1heir000001", "i-bp1heir000002"
T0, NOW = 1_000.0, 1_050.0
ADDRESS = Address("eip-1", "47.0.0.1", "InUse", SOURCE, "EcsInstance")
ENI = Interface("eni-2", is_primary=False, status="InUse", instance_id=SOURCE, zone="z-a")
MEMBER = Member("alb", "", "sgp-1", SOURCE, "ecs", port=80, weight=30, status="Available")
FOUND = Belongings(addresses=(ADDRESS,), interfaces=(ENI,), members=(MEMBER,))
LAUNCHED = Launched(
    instance_id=REPLACEMENT, zone="z-a", running_at=NOW, source_stopped_at=NOW - 10.0
)


def progress_with(found: Belongings | None = FOUND, **fields: Any) -> Progress:
    plain: dict[str, Any] = {"launched": LAUNCHED, "belongings": found, **fields}
    return Progress("1234567890123456", "cn-hangzhou", SOURCE, T0, T0, **plain)


@dataclass
class Cloud:
    """Every port of the step: shows what it holds, takes what it is asked, remembers it."""

    address: Address | None = None
    interfaces: tuple[Interface, ...] = ()
    members_: tuple[Member, ...] | NotInstalled = ()
    pairs_: tuple[Pair, ...] | NotInstalled = ()
    source: Instance | None = None
    disks: tuple[Disk, ...] = ()
    answer: Any = field(default_factory=Accepted)
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def _ask(self, *what: str) -> Any:
        self.asked.append(what)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@dataclass
class Addresses:
    cloud: Cloud

    def of_instance(self, instance_id: str) -> tuple[Address, ...]:
        raise AssertionError(instance_id)

    def find(self, allocation: str) -> Address | None:  # noqa: ARG002
        return self.cloud.address

    def unassociate(self, allocation: str, instance_id: str, *, token: str) -> Any:
        return self.cloud._ask("unassociate", allocation, instance_id, token)

    def associate(self, allocation: str, instance_id: str, *, token: str) -> Any:
        return self.cloud._ask("associate", allocation, instance_id, token)

    def convert(self, instance_id: str) -> Any:
        raise AssertionError(instance_id)

    def tag(self, allocation: str, tags: Tags) -> Any:
        raise AssertionError(allocation, tags)


@dataclass
class Interfaces:
    cloud: Cloud

    def of_instance(self, instance_id: str) -> tuple[Interface, ...]:
        return tuple(one for one in self.cloud.interfaces if one.instance_id == instance_id)

    def find(self, interface_ids: Sequence[str]) -> tuple[Interface, ...]:
        return tuple(one for one in self.cloud.interfaces if one.interface_id in interface_ids)

    def keep(self, interface_id: str) -> Any:
        raise AssertionError(interface_id)

    def release(self, interface_id: str) -> Any:
        raise AssertionError(interface_id)

    def detach(self, interface_id: str, instance_id: str) -> Any:
        return self.cloud._ask("detach", interface_id, instance_id)

    def attach(self, interface_id: str, instance_id: str) -> Any:
        return self.cloud._ask("attach", interface_id, instance_id)


@dataclass
class Balancers:
    cloud: Cloud

    def members(self, server_ids: Sequence[str]) -> tuple[Member, ...] | NotInstalled:
        shown = self.cloud.members_
        if isinstance(shown, NotInstalled):
            return shown
        return tuple(one for one in shown if one.server in server_ids)

    def add(self, member: Member, *, token: str) -> Any:
        what = (member.server, member.group, f"{member.port}/{member.weight}", token)
        return self.cloud._ask("add", *what)

    def remove(self, member: Member, *, token: str) -> Any:
        return self.cloud._ask("remove", member.server, member.group, token)

    def pairs(self, balancer: str) -> tuple[Pair, ...] | NotInstalled:  # noqa: ARG002
        return self.cloud.pairs_

    def make_pair(self, pair: Pair, *, tags: Tags) -> Any:  # noqa: ARG002
        return self.cloud._ask("make", *(f"{one.role} {one.server}" for one in pair.members))

    def lead(self, listener: str, pair: Pair) -> Any:
        return self.cloud._ask("lead", listener, pair.group)


@dataclass
class Sources:
    cloud: Cloud

    def look(self, instance_id: str) -> Look:  # noqa: ARG002
        return Look(None, self.cloud.disks)

    def find(self, instance_id: str) -> Instance | None:
        if instance_id == REPLACEMENT:
            return Instance(REPLACEMENT, "Running", "ecs.g7.large", "z-a")
        return self.cloud.source

    def ram_role(self, instance_id: str) -> str:
        raise AssertionError(instance_id)

    def details(self, instance_id: str) -> Details:
        raise AssertionError(instance_id)

    def disks(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        raise AssertionError(disk_ids)

    def user_data(self, instance_id: str, *, recreation: str) -> SealedAnswer:
        raise AssertionError(instance_id, recreation)


@dataclass
class Reclaimed(Sources):
    """The same, with a replacement that goes."""

    replacement: Instance

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.replacement if instance_id == REPLACEMENT else self.cloud.source


@dataclass
class Disks:
    cloud: Cloud

    def find(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        return tuple(one for one in self.cloud.disks if one.disk_id in disk_ids)

    def detach(self, disk_id: str, instance_id: str) -> MoveAnswer:
        told: MoveAnswer = self.cloud._ask("detach", disk_id, instance_id)
        return told

    def attach(self, disk_id: str, instance_id: str, *, goes_with_instance: bool) -> MoveAnswer:
        goes = "goes with it" if goes_with_instance else "outlives it"
        told: MoveAnswer = self.cloud._ask("attach", disk_id, instance_id, goes)
        return told


@dataclass
class Tagging:
    cloud: Cloud

    def tag(self, kind: str, ids: Sequence[str], tags: Any) -> TagAnswer:
        told: TagAnswer = self.cloud._ask("tag", kind, *ids, str(dict(tags)))
        return told


class NoInstances:
    """No replacement is reclaimed here."""

    def __getattr__(self, method: str) -> Any:
        raise AssertionError(method)


class NoProbes:
    """Nothing is checked here."""

    def tcp(self, address: str, port: int, *, within: float) -> str:
        raise AssertionError(address, port, within)

    def http(self, address: str, port: int, path: str, *, within: float) -> str:
        raise AssertionError(address, port, path, within)


class NoHeirs(NoInstances):
    """Nobody else was reclaimed."""

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:  # noqa: ARG002
        return ()


@dataclass
class Heirs(NoInstances):
    """What was launched for the replacement."""

    found: tuple[Instance, ...]

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:  # noqa: ARG002
        return self.found


class NoCommands:
    """Nothing runs here."""

    def run(self, instance_id: str, script: Script, *, token: str, within: float) -> CommandAnswer:
        raise AssertionError(instance_id, script, token, within)

    def result(self, run: str, instance_id: str, *, within: float) -> CommandResult | None:
        raise AssertionError(run, instance_id, within)


def step(cloud: Cloud) -> HandOver:
    return HandOver(
        sources=Sources(cloud),
        instances=NoInstances(),
        addresses=Addresses(cloud),
        balancers=Balancers(cloud),
        interfaces=Interfaces(cloud),
        disk_moves=Disks(cloud),
        tagging=Tagging(cloud),
        probes=NoProbes(),
        commands=NoCommands(),
        policy=Policy(),
    )


def specified_in(zone: str) -> Specified:
    """The launch of a source in a zone."""
    return Specified(SourceFacts("ecs.g7.large", zone), LaunchSpec("", (), (), (), "", ""), ())


def verbs(cloud: Cloud) -> list[tuple[str, ...]]:
    """What was asked, without tokens."""
    return [tuple(word for word in what if not word.startswith("sr1-")) for what in cloud.asked]


# Answers


@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (Accepted("x"), Later()),
        (Exists(), Later()),
        (NotReady("Busy"), RefusedForNow("Busy")),
        (Gone("NotFound"), RefusedForNow("NotFound")),
        (Refused("No"), Left("No")),
        (NotInstalled(), Left(NotInstalled().sentence)),
    ],
)
def test_every_answer_has_a_meaning(answer: MemberAnswer, report: object) -> None:
    """Only a look tells that something has moved."""
    assert answered(answer) == report


# Addresses


@pytest.mark.parametrize(
    ("found", "report", "asked"),
    [
        (None, Left("it is not there any more"), []),
        (ADDRESS, Later(), [("unassociate", "eip-1", SOURCE)]),
        (replace(ADDRESS, status="Unassociating"), Later(), []),
        (
            replace(ADDRESS, status="Available", target=""),
            Later(),
            [("associate", "eip-1", REPLACEMENT)],
        ),
        (replace(ADDRESS, status="Associating", target=REPLACEMENT), Later(), []),
        (replace(ADDRESS, target=REPLACEMENT), Moved(), []),
        (replace(ADDRESS, target=OTHER), Left(f"{OTHER} has it by now"), []),
        (replace(ADDRESS, status="Associating", target=OTHER), Left(f"{OTHER} has it by now"), []),
    ],
)
def test_address(found: Address | None, report: object, asked: list[object]) -> None:
    """Off the source, onto the replacement, and nobody else's is touched."""
    cloud, progress = Cloud(address=found), handing.begun(progress_with(), NOW)
    thing = handing.things(progress)[0]

    assert AddressMove(Addresses(cloud)).run(thing, ADDRESS, progress) == report
    assert verbs(cloud) == asked


@pytest.mark.parametrize(
    ("found", "report", "asked"),
    [
        (ADDRESS, Later(), [("unassociate", "eip-1", SOURCE)]),
        (replace(ADDRESS, target=REPLACEMENT), Later(), [("unassociate", "eip-1", REPLACEMENT)]),
        (replace(ADDRESS, target=HEIR), Later(), [("unassociate", "eip-1", HEIR)]),
        (
            replace(ADDRESS, status="Available", target=""),
            Later(),
            [("associate", "eip-1", SECOND_HEIR)],
        ),
        (replace(ADDRESS, target=SECOND_HEIR), Moved(), []),
        (replace(ADDRESS, target=OTHER), Left(f"{OTHER} has it by now"), []),
    ],
)
def test_address_of_a_line_that_was_reclaimed(
    found: Address, report: object, asked: list[object]
) -> None:
    """Off whoever was to get it and is gone, onto the last one."""
    progress = handing.begun(progress_with(), NOW)
    for heir in (HEIR, SECOND_HEIR):
        running = Instance(heir, "Running", "ecs.g7.large", "z-a")
        progress = launching.with_heir(progress, running)
    cloud, thing = Cloud(address=found), handing.things(progress)[0]

    assert AddressMove(Addresses(cloud)).run(thing, ADDRESS, progress) == report
    assert verbs(cloud) == asked


# Memberships

NEW = MEMBER.moved_to(REPLACEMENT)


@pytest.mark.parametrize(
    ("found", "source", "report", "asked"),
    [
        ((MEMBER,), None, Later(), [("add", REPLACEMENT, "sgp-1", "80/30")]),
        ((MEMBER, replace(NEW, status="Adding")), None, Later(), []),
        ((MEMBER, NEW), None, Later(), [("remove", SOURCE, "sgp-1")]),
        ((replace(MEMBER, status="Removing"), NEW), None, Later(), []),
        ((NEW,), None, Moved(), []),
        ((), None, Later(), [("add", REPLACEMENT, "sgp-1", "80/30")]),
        (
            (),
            Instance(SOURCE, "Stopped", "ecs.g7.large", "z-a"),
            Left("somebody has taken the source out of it"),
            [],
        ),
        # The same server in another place says nothing about this one.
        ((MEMBER, replace(NEW, port=81)), None, Later(), [("add", REPLACEMENT, "sgp-1", "80/30")]),
        (NotInstalled(), None, Left(NotInstalled().sentence), []),
    ],
)
def test_membership(
    found: tuple[Member, ...] | NotInstalled,
    source: Instance | None,
    report: object,
    asked: list[object],
) -> None:
    """The replacement comes in, settles, and only then the source goes out."""
    cloud = Cloud(members_=found, source=source)
    progress = handing.begun(progress_with(), NOW)
    mover = MemberMove(
        Balancers(cloud), Interfaces(cloud), Sources(cloud), NoInstances(), "aliyun-ops"
    )

    assert mover.run(handing.things(progress)[1], MEMBER, progress) == report
    assert verbs(cloud) == asked


# Places in a pair

LISTENERS = ("tcp/80", "udp/53")
FIRST = Member("slb", "lb-1", "rsp-1", SOURCE, "ecs", port=80, weight=30, role="Master")
PARTNER = replace(FIRST, server="i-bp1partner", role="Slave")
PLACE = replace(FIRST, listeners=LISTENERS)
OURS = FIRST.moved_to(REPLACEMENT)


def pair(group: str, *members: Member, listeners: tuple[str, ...] = ()) -> Pair:
    return Pair("lb-1", group, "db", members, listeners)


OLD = pair("rsp-1", FIRST, PARTNER, listeners=LISTENERS)
UNLED = replace(OLD, listeners=())
MADE = pair("rsp-2", OURS, PARTNER)
MAKE = [("make", f"Master {REPLACEMENT}", "Slave i-bp1partner")]


@pytest.mark.parametrize(
    ("found", "source", "report", "asked"),
    [
        ((OLD,), None, Later(), MAKE),
        ((OLD, MADE), None, Later(), [("lead", "tcp/80", "rsp-2")]),
        # Two of one kind: everybody takes the one that serves already, else the first.
        ((OLD, replace(MADE, group="rsp-3"), MADE), None, Later(), [("lead", "tcp/80", "rsp-2")]),
        (
            (
                replace(OLD, listeners=LISTENERS[1:]),
                MADE,
                replace(MADE, group="rsp-3", listeners=LISTENERS[:1]),
            ),
            None,
            Later(),
            [("lead", "udp/53", "rsp-3")],
        ),
        ((UNLED, replace(MADE, listeners=LISTENERS)), None, Moved("rsp-2"), []),
        # What was made twice in the same instant is named: nothing leads to it.
        (
            (UNLED, replace(MADE, listeners=LISTENERS), replace(MADE, group="rsp-3")),
            None,
            Moved("rsp-2", ("rsp-3",)),
            [],
        ),
        # A listener that leads elsewhere is left there; the other one counts.
        ((UNLED, replace(MADE, listeners=LISTENERS[:1])), None, Moved("rsp-2"), []),
        ((UNLED,), None, Left(TAKEN_OUT), []),
        # The cloud has taken out the source, which is gone; or somebody has taken it out alive.
        ((replace(OLD, members=(PARTNER,)),), None, Later(), MAKE),
        (
            (replace(OLD, members=(PARTNER,)),),
            Instance(SOURCE, "Stopped", "ecs.g7.large", "z-a"),
            Left(TAKEN_OUT),
            [],
        ),
        # Somebody has given the place to another server.
        ((replace(OLD, members=(FIRST.moved_to(OTHER), PARTNER)),), None, Left(TAKEN_OUT), []),
        # A different weight is a different pair.
        ((OLD, replace(MADE, members=(replace(OURS, weight=1), PARTNER))), None, Later(), MAKE),
        (NotInstalled(), None, Left(NotInstalled().sentence), []),
    ],
)
def test_place_in_a_pair(
    found: tuple[Pair, ...] | NotInstalled,
    source: Instance | None,
    report: object,
    asked: list[object],
) -> None:
    """A group like the old one is made once, then each listener is led to it."""
    cloud = Cloud(pairs_=found, source=source)
    progress = handing.begun(progress_with(), NOW)
    mover = PairMove(Balancers(cloud), Sources(cloud), NoHeirs(), "aliyun-ops")

    assert mover.run(PLACE, PLACE.moved_to(REPLACEMENT), progress) == report
    assert verbs(cloud) == asked


def test_place_in_a_pair_that_nothing_leads_to() -> None:
    """It is not even looked for."""
    cloud = Cloud(pairs_=(OLD,))
    mover = PairMove(Balancers(cloud), Sources(cloud), NoHeirs(), "aliyun-ops")

    report = mover.run(FIRST, OURS, handing.begun(progress_with(), NOW))

    assert report == Left(UNUSED)
    assert cloud.asked == []


# Interfaces


@pytest.mark.parametrize(
    ("found", "report", "asked"),
    [
        ((), Left("it is not there any more"), []),
        ((ENI,), Later(), [("detach", "eni-2", SOURCE)]),
        ((replace(ENI, status="Detaching"),), Later(), []),
        (
            (replace(ENI, status="Available", instance_id=""),),
            Later(),
            [("attach", "eni-2", REPLACEMENT)],
        ),
        ((replace(ENI, status="Attaching", instance_id=REPLACEMENT),), Later(), []),
        ((replace(ENI, instance_id=REPLACEMENT),), Moved(), []),
        ((replace(ENI, instance_id=OTHER),), Left(f"{OTHER} has it by now"), []),
    ],
)
def test_interface(found: tuple[Interface, ...], report: object, asked: list[object]) -> None:
    """Off the source, onto the replacement, and nobody else's is touched."""
    cloud = Cloud(interfaces=found)

    assert InterfaceMove(Interfaces(cloud)).run(ENI, progress_with()) == report
    assert verbs(cloud) == asked


def test_interface_of_another_zone_is_not_even_looked_at() -> None:
    """It cannot be attached there."""
    cloud, far = Cloud(interfaces=(ENI,)), replace(ENI, zone="z-b")

    report = InterfaceMove(Interfaces(cloud)).run(far, progress_with())

    assert report == Left("the replacement is in another zone")
    assert cloud.asked == []


# Disks

KEPT_DISK = KeptDisk("d-2", "data", "cloud_essd", 40, "/dev/xvdb", was_deleted_with_instance=True)
ON_SOURCE = Disk("d-2", "data", "cloud_essd", 40, status="In_use", instance_id=SOURCE)
FREE_DISK = replace(ON_SOURCE, status="Available", instance_id="")


@pytest.mark.parametrize(
    ("found", "kept", "report", "asked"),
    [
        ((), KEPT_DISK, Left("it is not there any more"), []),
        ((ON_SOURCE,), KEPT_DISK, Later(), [("detach", "d-2", SOURCE)]),
        ((replace(ON_SOURCE, status="Detaching"),), KEPT_DISK, Later(), []),
        ((FREE_DISK,), KEPT_DISK, Later(), [("attach", "d-2", REPLACEMENT, "goes with it")]),
        # What was to outlive the source is to outlive its replacement.
        (
            (FREE_DISK,),
            replace(KEPT_DISK, was_deleted_with_instance=False),
            Later(),
            [("attach", "d-2", REPLACEMENT, "outlives it")],
        ),
        (
            (replace(ON_SOURCE, status="Attaching", instance_id=REPLACEMENT),),
            KEPT_DISK,
            Later(),
            [],
        ),
        ((replace(ON_SOURCE, instance_id=REPLACEMENT),), KEPT_DISK, Moved(), []),
        ((replace(ON_SOURCE, instance_id=OTHER),), KEPT_DISK, Left(f"{OTHER} has it by now"), []),
    ],
)
def test_disk(found: tuple[Disk, ...], kept: KeptDisk, report: object, asked: list[object]) -> None:
    """Off the source, onto the replacement as it was on the source, and nobody else's is touched."""
    cloud = Cloud(disks=found)
    mover = DiskMove(Disks(cloud), notice=300.0)

    assert mover.run(kept, progress_with(specified=specified_in("z-a")), NOW) == report
    assert verbs(cloud) == asked


def test_disk_of_another_zone_is_not_even_looked_at() -> None:
    """Taken off the source, it could be attached nowhere."""
    cloud = Cloud(disks=(ON_SOURCE,))
    mover = DiskMove(Disks(cloud), notice=300.0)

    report = mover.run(KEPT_DISK, progress_with(specified=specified_in("z-b")), NOW)

    assert report == Left("the replacement is in another zone")
    assert cloud.asked == []


# Tags


@pytest.mark.parametrize(
    ("has", "report", "asked"),
    [
        ({}, Moved(), [("tag", "disk", "d-1", "{'a': '1'}")]),
        ({"a": "1"}, Moved(), []),
        ({"a": "0"}, Moved(), [("tag", "disk", "d-1", "{'a': '1'}")]),
        (
            {f"own-{number}": "" for number in range(20)},
            Left("a resource holds 20 tags and ours come first"),
            [],
        ),
    ],
)
def test_tags(has: dict[str, str], report: object, asked: list[object]) -> None:
    """What is lacking is added while there is room."""
    disk = Disk("d-1", "data", "cloud_essd", 40, device="/dev/xvdb", tags=has)
    cloud = Cloud(disks=(disk,))
    mover = TagMove(Sources(cloud), Interfaces(cloud), Tagging(cloud))

    assert mover.run(TagsOf("/dev/xvdb", (("a", "1"),)), progress_with()) == report
    assert verbs(cloud) == asked


def test_tags_of_the_primary_interface() -> None:
    """They go to that of the replacement; without one they wait."""
    primary = Interface("eni-9", is_primary=True, status="InUse", instance_id=REPLACEMENT)
    cloud = Cloud(interfaces=(primary,))
    wanted = TagsOf(handing.PRIMARY, (("a", "1"),))

    there = TagMove(Sources(cloud), Interfaces(cloud), Tagging(cloud)).run(wanted, progress_with())
    nowhere = TagMove(Sources(Cloud()), Interfaces(Cloud()), Tagging(Cloud())).run(
        wanted, progress_with()
    )

    assert there == Moved()
    assert verbs(cloud) == [("tag", "eni", "eni-9", "{'a': '1'}")]
    assert nowhere == RefusedForNow("it does not show yet")


# The step


def test_progress_of_an_older_release_has_nothing_to_hand_over() -> None:
    """It knows no belongings, so that nothing is looked up or moved."""
    cloud = Cloud()

    assert step(cloud).is_done(progress_with(None))
    assert cloud.asked == []


def test_nothing_moves_while_the_source_serves() -> None:
    """It is waited for; when nothing stops it, all is left and named."""
    cloud = Cloud(address=ADDRESS, source=Instance(SOURCE, "Running", "ecs.g7.large", "z-a"))
    beside = progress_with(launched=replace(LAUNCHED, source_stopped_at=0.0))

    waiting = step(cloud).run(beside, NOW)
    late = step(cloud).run(beside, T0 + 601.0)

    assert isinstance(waiting, Wait)
    assert isinstance(late, Done)
    assert step(cloud).is_done(late.progress)
    assert {one.why for one in late.progress.remarks} == {
        "the source still runs",
        launching.BOTH_RUN,
    }
    assert cloud.asked == [("tag", "instance", REPLACEMENT, str({identity.TAG_BESIDE: SOURCE}))]


def test_a_source_is_believed_gone_after_two_looks() -> None:
    """One look may be behind."""
    beside = progress_with(launched=replace(LAUNCHED, source_stopped_at=0.0))

    once = step(Cloud()).run(beside, NOW)
    twice = step(Cloud()).run(once.progress, NOW + 3.0)

    assert isinstance(once, Wait)
    assert isinstance(twice, Note)
    assert twice.progress.launched.source_stopped_at == NOW + 3.0


def test_at_most_one_change_per_run() -> None:
    """The next thing has the next run, while the first takes effect."""
    cloud = Cloud(address=ADDRESS, members_=(MEMBER,))
    begun = step(cloud).run(progress_with(), NOW).progress

    first = step(cloud).run(begun, NOW)
    second = step(cloud).run(first.progress, NOW)

    assert isinstance(second, Note)
    assert [what[0] for what in cloud.asked] == ["unassociate", "add"]


def test_a_refusal_that_passes_has_a_new_token_next_time() -> None:
    """The old one would answer with the old refusal."""
    cloud = Cloud(address=ADDRESS, answer=NotReady("Locked"))
    only = replace(FOUND, interfaces=(), members=())
    progress = step(cloud).run(progress_with(only), NOW).progress

    again = step(cloud).run(progress, NOW).progress
    step(cloud).run(again, NOW + 60.0)

    first, second = (what[-1] for what in cloud.asked)
    assert first != second
    assert step(cloud).reads(progress) != step(cloud).reads(again)


def test_a_lost_answer_is_repeated_with_the_same_token() -> None:
    """And the others have their turn in between."""
    cloud = Cloud(address=ADDRESS, answer=UnknownOutcome("lost"))
    progress = step(cloud).run(progress_with(), NOW).progress
    put_off = step(cloud).forgive(progress, UnknownOutcome("lost"), NOW)
    assert isinstance(put_off, Note)

    for at, stands in ((NOW, progress), (NOW + 60.0, put_off.progress)):
        with pytest.raises(UnknownOutcome):
            step(cloud).run(stands, at)

    first, second = (what[-1] for what in cloud.asked)
    assert first == second
    turn = handing.in_turn(put_off.progress, NOW)
    assert not isinstance(turn, float)
    assert turn[0].key.startswith("member/")


def test_a_throttled_thing_waits_until_it_may_be_tried() -> None:
    """Nothing is asked before."""
    begun = step(Cloud()).run(progress_with(), NOW).progress

    put_off = step(Cloud()).forgive(begun, Throttled("rate", retry_at=NOW + 40.0), NOW)

    assert isinstance(put_off, Note)
    assert put_off.progress.moves[0].not_before == NOW + 40.0


def test_what_is_refused_for_good_is_left_and_named() -> None:
    """And the rest goes on."""
    begun = step(Cloud()).run(progress_with(), NOW).progress

    left = step(Cloud()).forgive(begun, Permanent("no", code="Forbidden.RAM"), NOW)

    assert isinstance(left, Note)
    assert [(one.what, one.why) for one in left.progress.remarks] == [
        ("elastic address 47.0.0.1", "Forbidden.RAM")
    ]
    assert len(handing.unfinished(left.progress)) == 2


def test_a_move_that_cannot_end_is_left() -> None:
    """So long after the release it is not looked at any more."""
    cloud = Cloud(address=replace(ADDRESS, status="Unassociating"))
    only = replace(FOUND, interfaces=(), members=())
    progress = progress_with(only, moves=(Move("address/eip-1", NOW),))

    late = step(cloud).run(progress, T0 + 300.0 + handing.BUSY_SECONDS_MAX + 1.0)

    assert [one.why for one in late.progress.remarks] == ["it was busy for too long"]
    assert step(cloud).is_done(late.progress)


ONE_TOO_MANY = {identity.TAG_QUARANTINED: HEIR}


@pytest.mark.parametrize(
    ("found", "heir"),
    [
        ((Instance(HEIR, "Running", "ecs.g7.large", "z-a"),), HEIR),
        # What starts may vanish yet, and what stops is reclaimed in its turn.
        ((Instance(HEIR, "Starting", "ecs.g7.large", "z-a"),), ""),
        ((Instance(HEIR, "Stopped", "ecs.g7.large", "z-a"),), ""),
        # The earlier one would win, but for its mark.
        (
            (
                Instance(SECOND_HEIR, "Running", "ecs.g7.large", "z-a", tags=ONE_TOO_MANY),
                Instance(HEIR, "Running", "ecs.g7.large", "z-a", created_at="2026-11-01T00:00Z"),
            ),
            HEIR,
        ),
        ((Instance(HEIR, "Running", "ecs.g7.large", "z-a", tags=ONE_TOO_MANY),), ""),
    ],
)
def test_what_a_reclaimed_replacement_cannot_have_goes_to_one_that_serves(
    found: tuple[Instance, ...], heir: str
) -> None:
    """It waits for its successor, and is given to nobody else."""
    cloud = Cloud(address=ADDRESS)
    begun = handing.begun(progress_with(), NOW)
    stopped = Instance(REPLACEMENT, "Stopped", "ecs.g7.large", "z-a", locks=("recycling",))
    handover = replace(step(cloud), sources=Reclaimed(cloud, stopped), instances=Heirs(found))

    outcome = handover.run(begun, NOW)

    assert isinstance(outcome, Note)
    assert outcome.progress.launched.heir == heir
    assert cloud.asked == []


def test_membership_of_a_secondary_interface_moves_with_it() -> None:
    """It is no thing of its own."""
    by_eni = replace(MEMBER, server="eni-2", kind="eni")

    keys = [thing.key for thing in handing.things(progress_with(replace(FOUND, members=(by_eni,))))]

    assert keys == ["address/eip-1", "interface/eni-2"]
