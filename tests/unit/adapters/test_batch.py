"""Describes and disk changes of many recreations become one call; one bad id stands for itself."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from tests.unit.adapters.conftest import ScriptedCloud
from worker.adapters.crew import Alone, Reply, ThreadCrew
from worker.adapters.ecs.batch import Merger, Remembered, build_batches
from worker.adapters.ecs.call import ApiRefusal, EcsCall
from worker.adapters.ecs.endpoint import Endpoint
from worker.core import urgency
from worker.core.errors import Permanent, Throttled, Transient, Unauthenticated
from worker.core.model import Accepted, Refused

Over = Callable[[EcsCall], Endpoint]


@dataclass
class Later(Alone):
    """Begins work when it is told to."""

    merges: ClassVar[bool] = True
    works: list[Callable[[], None]] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    @override
    def start(self, work: Callable[[], None]) -> None:
        self.works.append(work)

    @override
    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)

    def go(self) -> None:
        works, self.works = self.works, []
        for work in works:
            work()


@dataclass
class Steps:
    """A clock that a test moves."""

    instant: float = 0.0

    def now(self) -> float:
        return self.instant

    def real_seconds(self, seconds: float) -> float:
        return seconds


def merger(crew: Any, ask: Callable[[Any], Mapping[Any, Any]], most: int = 3) -> Merger[Any, Any]:
    return Merger(crew, Steps(), ask, most=lambda _waiting: most)


def test_what_waits_goes_out_together() -> None:
    """At most so many in one call, each answered for itself."""
    asked: list[tuple[str, ...]] = []
    crew = Later()

    def ask(questions: tuple[str, ...]) -> Mapping[str, str]:
        asked.append(tuple(questions))
        return {one: one.upper() for one in questions if one != "c"}

    merged = merger(crew, ask)
    replies = [merged.ask(one) for one in "abcda"]
    crew.go()

    assert asked == [("a", "b", "c"), ("d",)]
    assert [reply.result() for reply in replies] == ["A", "B", None, "D", "A"]


def test_a_refusal_of_many_is_repeated_for_each() -> None:
    """One bad id must not stand for all."""
    crew = Later()

    def ask(questions: tuple[str, ...]) -> Mapping[str, str]:
        if "bad" in questions:
            raise Permanent("malformed")
        return dict.fromkeys(questions, "there")

    merged = merger(crew, ask)
    good, bad = merged.ask("good"), merged.ask("bad")
    crew.go()

    assert good.result() == "there"
    with pytest.raises(Permanent):
        bad.result()


def test_a_refused_key_is_not_tried_for_each() -> None:
    """It is refused for everybody, and a crowd would ask a hundred times for one answer."""
    crew, asked = Later(), list[tuple[str, ...]]()

    def ask(questions: tuple[str, ...]) -> Mapping[str, str]:
        asked.append(questions)
        raise Unauthenticated("unknown key")

    merged = merger(crew, ask)
    replies = [merged.ask(one) for one in "ab"]
    crew.go()

    assert asked == [("a", "b")]
    for reply in replies:
        with pytest.raises(Unauthenticated):
            reply.result()


def test_everybody_hears_of_a_lost_answer() -> None:
    """Nobody waits for ever."""
    crew = Later()

    def ask(_questions: tuple[str, ...]) -> Mapping[str, str]:
        raise Transient("lost")

    merged = merger(crew, ask)
    replies = [merged.ask(one) for one in "ab"]
    crew.go()

    for reply in replies:
        with pytest.raises(Transient):
            reply.result()
    assert merged.ask("c") is not None
    assert crew.works


@pytest.mark.parametrize(("merges", "for_whom"), [(True, None), (False, "r1")])
def test_who_makes_a_call_for_others_has_no_turn_of_his_own(
    *, merges: bool, for_whom: str | None
) -> None:
    """Held back until his turn, he would hold back all who wait for the same call."""
    seen: list[str | None] = []

    def ask(questions: tuple[str, ...]) -> Mapping[str, str]:
        asking = urgency.current()
        seen.append(asking.recreation if asking else None)
        return dict.fromkeys(questions, "there")

    with urgency.urgent("r1", 300.0):
        assert merger(Later() if merges else Alone(), ask).find("a") == "there"
        still = urgency.current()

    assert seen == [for_whom]
    assert still == urgency.Urgency("r1", 300.0)


def test_a_lone_question_never_waits() -> None:
    """However often it is asked."""
    crew = Later()
    merged = merger(crew, lambda questions: dict.fromkeys(questions, 1))

    for _ in range(50):
        merged.ask("only")
        crew.go()

    assert crew.paused == []


def test_a_crowd_waits_for_company() -> None:
    """The more calls the minute has seen, the longer."""
    crew, clock = Later(), Steps()
    merged: Merger[Any, Any] = Merger(
        crew, clock, lambda questions: dict.fromkeys(questions, 1), most=lambda _waiting: 100
    )

    def pass_time(seconds: float) -> None:
        clock.instant += seconds

    crew.pause = pass_time  # type: ignore[method-assign]

    calls = 0
    while clock.instant < 60.0:
        for number in range(20):
            merged.ask((calls, number))
        crew.go()
        calls += 1
        clock.instant += 0.2

    assert calls <= 24


def test_calls_that_a_minute_has_left_are_made_before_it_ends() -> None:
    """They would be lost, and what comes in these seconds makes its image in this minute or later."""
    crew, clock = Later(), Steps(55.0)
    merged: Merger[Any, Any] = Merger(
        crew, clock, lambda questions: dict.fromkeys(questions, 1), most=lambda _waiting: 100
    )

    def pass_time(seconds: float) -> None:
        clock.instant += seconds

    crew.pause = pass_time  # type: ignore[method-assign]

    calls = 0
    while clock.instant < 59.0:
        for number in range(20):
            merged.ask((calls, number))
        crew.go()
        calls += 1
        clock.instant += 0.1

    assert 14 <= calls <= 20


def test_threads_share_calls() -> None:
    """Under load there are far fewer calls than questions, and every answer is its own."""
    calls: list[int] = []
    gate = threading.Event()

    def ask(questions: tuple[int, ...]) -> Mapping[int, int]:
        gate.wait(5)
        calls.append(len(questions))
        return {one: -one for one in questions}

    with ThreadPoolExecutor(4) as crew, ThreadPoolExecutor(32) as askers:
        merged = merger(ThreadCrew(crew), ask, most=100)
        replies = list(askers.map(merged.ask, range(1, 33)))
        gate.set()
        assert [reply.result() for reply in replies] == [-one for one in range(1, 33)]

    assert len(calls) <= 4


def test_what_changes_rarely_is_read_once() -> None:
    """And read again after a while."""
    reads: list[str] = []
    clock = Steps()

    def read(what: str) -> int:
        reads.append(what)
        return len(reads)

    remembered = Remembered(Alone(), clock, read)

    assert [remembered.find("vpc") for _ in range(3)] == [1, 1, 1]
    clock.instant = 61.0
    assert remembered.find("vpc") == 2


def ask_together(replies: Callable[[], list[Reply]], crew: Later) -> list[Any]:
    asked = replies()
    crew.go()
    return [reply.result() for reply in asked]


def test_instances_are_described_together(
    endpoint_over: Over, scripted: Callable[..., ScriptedCloud]
) -> None:
    """One call, and what is not in the answer is not there."""
    cloud, crew = scripted({"Instances": {"Instance": [{"InstanceId": "i-2"}]}}), Later()
    batches = build_batches(endpoint_over(cloud), crew)

    first, second = ask_together(
        lambda: [batches.instances.ask(one) for one in ("i-1", "i-2")], crew
    )

    assert first is None
    assert second.instance_id == "i-2"
    assert json.loads(cloud.calls[0][1]["InstanceIds"]) == ["i-1", "i-2"]


def test_disks_are_kept_together(
    endpoint_over: Over, scripted: Callable[..., ScriptedCloud]
) -> None:
    """A refusal of many tells nothing about each."""
    refusal = ApiRefusal(403, "IncorrectDiskStatus")
    cloud, crew = scripted(refusal, {}, refusal), Later()
    batches = build_batches(endpoint_over(cloud), crew)

    answers = ask_together(lambda: [batches.keep.ask(("d-1",)), batches.keep.ask(("d-2",))], crew)

    assert isinstance(answers[0], Accepted)
    assert isinstance(answers[1], Refused)
    assert [params["DiskIds"] for _, params in cloud.calls] == [["d-1", "d-2"], ["d-1"], ["d-2"]]


def test_the_disks_of_many_are_listed(
    endpoint_over: Over, scripted: Callable[..., ScriptedCloud]
) -> None:
    """One list instead of a call for each; an instance that it does not show whole is looked at."""
    rows = [
        {"DiskId": f"d-{number}", "InstanceId": f"i-{number}", "Type": "system"}
        for number in range(5)
    ]
    listed = {"Disks": {"Disk": [*rows, {"DiskId": "d-9", "InstanceId": "i-5", "Type": "data"}]}}
    single = {"Disks": {"Disk": [{"DiskId": "d-8"}, {"DiskId": "d-9"}]}}
    cloud, crew = scripted(listed, single), Later()
    batches = build_batches(endpoint_over(cloud), crew)

    found = ask_together(lambda: [batches.disks.ask(f"i-{number}") for number in range(6)], crew)

    assert [[disk.disk_id for disk in disks] for disks in found[:5]] == [
        [f"d-{number}"] for number in range(5)
    ]
    assert [disk.disk_id for disk in found[5]] == ["d-8", "d-9"]
    assert len(cloud.calls) == 2
    assert batches.listed.known("i-1") is not None


@pytest.mark.parametrize(("seconds", "tokens"), [(9.0, ["", "p2", "p2"]), (11.0, ["", "p2", ""])])
def test_a_list_that_was_held_back_goes_on(
    endpoint_over: Over, scripted: Callable[..., ScriptedCloud], seconds: float, tokens: list[str]
) -> None:
    """The second page must not cost the first one again and again; what is old is not gone on with."""
    rows = [{"DiskId": f"d-{n}", "InstanceId": f"i-{n}", "Type": "system"} for n in range(4)]
    first = {"Disks": {"Disk": rows[:1]}, "NextToken": "p2"}
    second, whole = {"Disks": {"Disk": rows[1:]}}, {"Disks": {"Disk": rows}}
    held = ApiRefusal(400, "Throttling.User")
    cloud, crew = scripted(first, held, second if seconds < 10.0 else whole), Later()
    clock = Steps(1_000.0)
    batches = build_batches(replace(endpoint_over(cloud), clock=clock), crew)

    def ask() -> list[Any]:
        return ask_together(lambda: [batches.disks.ask(f"i-{n}") for n in range(4)], crew)

    with pytest.raises(Throttled):
        ask()
    clock.instant += seconds

    assert [[disk.disk_id for disk in disks] for disks in ask()] == [[f"d-{n}"] for n in range(4)]
    assert [params.get("NextToken", "") for _, params in cloud.calls] == tokens


def test_nobody_waits_alone() -> None:
    """Without a crew there is no company to wait for, and no time passes."""
    merged = merger(Alone(), lambda questions: dict.fromkeys(questions, 1))

    assert [merged.ask(number).result() for number in range(100)] == [1] * 100


def test_nobody_waits_for_what_others_have_asked() -> None:
    """Without a crew nobody answers for others: each call is made by who needs it."""

    def ask(questions: Sequence[int]) -> dict[int, int]:
        (depth,) = questions
        return {depth: merged.ask(depth + 1).result() + 1 if depth < 5 else 0}

    merged = merger(Alone(), ask)

    assert merged.ask(0).result() == 5
