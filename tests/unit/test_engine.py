"""The engine turns what steps answer and raise into one verdict, and writes ahead."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.errors import (
    Malformed,
    Permanent,
    Throttled,
    Transient,
    Unauthenticated,
    UnknownOutcome,
)
from worker.core.outcomes import (
    Checkpoint,
    Done,
    Finish,
    HandBack,
    Hold,
    Moot,
    Note,
    Outcome,
    Park,
    Parked,
    StepName,
    Verdict,
    Wait,
)
from worker.core.policy import Policy
from worker.core.progress import Imaged, Mootness, Progress
from worker.engine import (
    BACKOFF_FIRST_SECONDS,
    BACKOFF_MAX_SECONDS,
    RUNS_MAX,
    Engine,
    backoff_seconds,
)
from worker.steps.base import Parking, Step

T0 = 1_795_392_000.0
NOW = T0 + 10.0
POLICY = Policy(give_up_after=3_600.0, hops_max=100)
BEGUN = Progress("1234567890123456", "cn-hangzhou", "i-bp1source00000000001", T0, T0)

repeatable = settings(derandomize=True, deadline=None, max_examples=100)
Answer = Callable[[Progress], Outcome] | Exception


@dataclass
class StandingClock:
    instant: float = NOW

    def now(self) -> float:
        return self.instant

    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass
class RecordedTelemetry:
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    failures: list[tuple[str, BaseException, dict[str, object]]] = field(default_factory=list)

    def event(self, name: str, **fields: object) -> None:
        self.events.append((name, fields))

    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self.failures.append((name, error, fields))


@dataclass
class Scripted:
    """A step that gives its answers in order, the last one for ever; `cleaned` says who is done."""

    answers: list[Answer]
    needs: Callable[[Progress], tuple[object, ...]] = lambda _: ()
    ran_with: list[Progress] = field(default_factory=list)

    def is_done(self, progress: Progress) -> bool:
        return name_of(self) in progress.cleaned

    def reads(self, progress: Progress) -> tuple[object, ...]:
        return self.needs(progress)

    def run(self, progress: Progress, now: float) -> Outcome:
        assert now == NOW
        self.ran_with.append(progress)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(progress)


class First(Scripted):
    name: ClassVar[StepName] = StepName.RETAIN


class Second(Scripted):
    name: ClassVar[StepName] = StepName.LAUNCH


class Last(Scripted):
    name: ClassVar[StepName] = StepName.CLEANUP


def name_of(step: Any) -> str:
    return str(step.name.value)


def done(name: StepName) -> Answer:
    return lambda progress: Done(replace(progress, cleaned=(*progress.cleaned, name.value)))


def note(**changes: Any) -> Answer:
    return lambda progress: Note(replace(progress, **changes))


def wait(until: float, reason: str = "not yet", **changes: Any) -> Answer:
    return lambda progress: Wait(replace(progress, **changes), until, reason)


def moot(mootness: Mootness, reason: str) -> Answer:
    return lambda progress: Moot(progress, mootness, reason)


def engine(*steps: Step, now: float = NOW) -> Engine:
    return Engine(steps, POLICY, StandingClock(now), RecordedTelemetry())


def advance(
    *steps: Step, progress: Progress = BEGUN, sent: Progress | None = None, attempt: int = 0
) -> Verdict:
    return engine(*steps).advance(progress, sent, attempt)


def finishing() -> tuple[First, Second, Last]:
    """Three steps, each done at its first run."""
    return (
        First([done(StepName.RETAIN)]),
        Second([done(StepName.LAUNCH)]),
        Last([done(StepName.CLEANUP)]),
    )


# Order


def test_steps_run_in_order_to_the_end() -> None:
    """Steps that are done at once are run one after the other, and the message is finished."""
    verdict = advance(*finishing())

    assert verdict == Finish(replace(BEGUN, cleaned=("retain", "launch", "cleanup")))


def test_done_steps_are_not_run_again() -> None:
    """What the progress says is done is not done again."""
    first, second, last = finishing()

    advance(first, second, last, progress=replace(BEGUN, cleaned=("retain",)))

    assert (first.ran_with, len(second.ran_with), len(last.ran_with)) == ([], 1, 1)


def test_finished_recreation_runs_nothing() -> None:
    """A twin that comes after the end changes nothing."""
    steps = finishing()
    finished = replace(BEGUN, cleaned=("retain", "launch", "cleanup"))

    assert advance(*steps, progress=finished) == Finish(finished)
    assert [step.ran_with for step in steps] == [[], [], []]


def test_note_runs_the_same_step_again_with_its_progress() -> None:
    """Between two runs of a step its progress is the one it reported."""
    first = First([note(absent_at=5.0), done(StepName.RETAIN)])

    advance(first, Last([wait(NOW + 1)]))

    assert [progress.absent_at for progress in first.ran_with] == [0.0, 5.0]


def test_wait_holds_with_the_progress_of_the_wait() -> None:
    """A step that waits ends the run; what it has seen is not lost, and later steps wait too."""
    first, second, last = finishing()
    first.answers = [wait(NOW + 3.0, "the lock does not show", absent_at=5.0)]

    verdict = advance(first, second, last)

    assert verdict == Hold(replace(BEGUN, absent_at=5.0), NOW + 3.0, "the lock does not show")
    assert (second.ran_with, last.ran_with) == ([], [])


def test_moot_recreation_goes_to_cleanup_only() -> None:
    """When there is nothing to recreate the steps between are skipped, and the reason stays."""
    first, second, last = finishing()
    first.answers = [moot(Mootness.NOT_OURS, "it is not a spot instance")]

    verdict = advance(first, second, last)

    assert isinstance(verdict, Finish)
    assert verdict.progress.moot is Mootness.NOT_OURS
    assert verdict.progress.moot_reason == "it is not a spot instance"
    assert (second.ran_with, len(last.ran_with)) == ([], 1)


def test_moot_recreation_that_is_resumed_stays_moot() -> None:
    """Another worker that takes over a moot recreation does not launch."""
    first, second, last = finishing()

    advance(first, second, last, progress=replace(BEGUN, moot=Mootness.FALSE_ALARM))

    assert (first.ran_with, second.ran_with, len(last.ran_with)) == ([], [], 1)


# Writing ahead


def test_step_does_not_run_on_progress_that_is_not_sent() -> None:
    """What a changing call depends on is in a sent message before the step runs."""
    second = Second([done(StepName.LAUNCH)], needs=lambda progress: (progress.lineage,))
    progress = replace(BEGUN, lineage="i-root/1")

    for sent in (None, BEGUN, replace(progress, lineage="i-root/2")):
        verdict = advance(second, progress=progress, sent=sent)

        assert verdict == Checkpoint(progress, NOW)
    assert second.ran_with == []


def test_step_runs_when_what_it_reads_is_sent() -> None:
    """Only what the step reads counts: other progress may be ahead of the message."""
    second = Second([done(StepName.LAUNCH)], needs=lambda progress: (progress.lineage,))
    sent = replace(BEGUN, lineage="i-root/1")

    verdict = advance(second, progress=replace(sent, absent_at=5.0), sent=sent)

    assert isinstance(verdict, Finish)


def test_step_that_reads_nothing_needs_no_message() -> None:
    """Before the image no time is spent on writing: its call depends on the source alone."""
    assert isinstance(advance(First([done(StepName.RETAIN)]), sent=None), Finish)


def test_new_slot_is_written_before_it_is_used() -> None:
    """After a refusal the next candidate stands in a sent message before it is asked for."""
    moved = replace(BEGUN.launched, index=1)
    second = Second([note(launched=moved)], needs=lambda progress: progress.launched.slot)

    verdict = advance(second, progress=BEGUN, sent=BEGUN)

    assert verdict == Checkpoint(replace(BEGUN, launched=moved), NOW)
    assert len(second.ran_with) == 1


@repeatable
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=30))
def test_no_run_is_ahead_of_its_message(moves: list[tuple[int, bool]]) -> None:
    """Whatever a step notes, each of its runs finds what it reads in the message of that time."""
    answers: list[Answer] = [
        wait(NOW + 1) if waits else note(lineage=str(lineage)) for lineage, waits in moves
    ]
    second = Second([*answers, done(StepName.LAUNCH)], needs=lambda found: (found.lineage,))
    tested, progress, sent = engine(second), BEGUN, BEGUN

    for _ in range(100):
        before = len(second.ran_with)
        verdict = tested.advance(progress, sent, 0)
        assert all(one.lineage == sent.lineage for one in second.ran_with[before:])
        if isinstance(verdict, Finish):
            break
        assert isinstance(verdict, Hold | Checkpoint)
        progress = verdict.progress
        sent = progress if isinstance(verdict, Checkpoint) else sent

    assert progress.lineage == next((str(one) for one, waits in reversed(moves) if not waits), "")


# Errors


@pytest.mark.parametrize("error", [Transient("lost", code="X"), UnknownOutcome("lost", code="X")])
@pytest.mark.parametrize("attempt", [0, 1, 7, 10_000])
def test_transient_error_holds_and_backs_off(error: Transient, attempt: int) -> None:
    """A call that may succeed unchanged is repeated after a pause that is counted as a failure."""
    verdict = advance(First([error]), attempt=attempt)

    pause = backoff_seconds(BEGUN.recreation_id, attempt)
    assert verdict == Hold(BEGUN, NOW + pause, "lost", failed=True)
    assert 0.5 <= pause <= BACKOFF_MAX_SECONDS


def test_progress_before_the_error_is_kept() -> None:
    """What earlier runs achieved is not lost with the one that failed."""
    verdict = advance(First([note(absent_at=5.0), Transient("lost")]))

    assert isinstance(verdict, Hold)
    assert verdict.progress == replace(BEGUN, absent_at=5.0)


def test_throttled_call_waits_as_long_as_the_cloud_says() -> None:
    """The time of the next minute replaces the back-off, whatever the attempt."""
    verdict = advance(First([Throttled("too many", retry_at=NOW + 42.5)]), attempt=9)

    assert verdict == Hold(BEGUN, NOW + 42.5, "too many", failed=True)


@pytest.mark.parametrize("retry_at", [0.0, NOW - 60.0, NOW])
def test_throttling_that_is_over_is_not_a_busy_loop(retry_at: float) -> None:
    """A time that has passed leads to a short pause, never to none."""
    verdict = advance(First([Throttled("too many", retry_at=retry_at)]))

    assert isinstance(verdict, Hold)
    assert NOW < verdict.until <= NOW + 1.0


def test_permanent_error_parks_with_its_code() -> None:
    """What repeating cannot help goes to a person, with the sentence and the code."""
    verdict = advance(First([Permanent("no permission", code="Forbidden.RAM")]))

    assert verdict == Parked(BEGUN, Park.REFUSED, "no permission", "Forbidden.RAM", "Permanent")


def test_unknown_caller_is_asked_after_again_while_there_is_time() -> None:
    """Keys are changed in minutes; what is parked for them has missed its notice when they are there."""
    unknown = Unauthenticated("the cloud refuses the key", code="InvalidAccessKeyId.NotFound")

    soon = advance(First([unknown]), progress=replace(BEGUN, t0=NOW - 290.0))
    late = advance(First([unknown]), progress=replace(BEGUN, t0=NOW - 310.0))

    assert isinstance(soon, Hold)
    assert soon.failed
    assert isinstance(late, Parked)
    assert late.code == "InvalidAccessKeyId.NotFound"


@pytest.mark.parametrize("park", list(Park))
def test_parking_step_decides_the_reason(park: Park) -> None:
    """A step that gives up names the reason that the person will see."""
    verdict = advance(First([Parking(park, "cannot go on", code="X")]))

    assert verdict == Parked(BEGUN, park, "cannot go on", "X", "Permanent")


@pytest.mark.parametrize(
    "error", [KeyError("x"), AssertionError(), RecursionError(), Malformed("odd"), OSError(5, "x")]
)
def test_bug_hands_the_message_back(error: Exception) -> None:
    """An unknown error costs neither the message nor the worker, and it is not tried at once."""
    telemetry = RecordedTelemetry()
    tested = Engine([First([error])], POLICY, StandingClock(), telemetry)

    verdict = tested.advance(BEGUN, None, 0)

    assert isinstance(verdict, HandBack)
    assert verdict.progress == BEGUN
    assert verdict.until >= NOW + 5.0
    assert [(name, found) for name, found, _ in telemetry.failures] == [("bug", error)]


def test_text_of_a_foreign_exception_is_told_to_nobody() -> None:
    """An SDK's text carries passwords: only the telemetry sees the exception, no field has it."""
    telemetry = RecordedTelemetry()
    tested = Engine([First([RuntimeError("Password=hunter2")])], POLICY, StandingClock(), telemetry)

    verdict = tested.advance(BEGUN, None, 0)

    fields = [fields for _, _, fields in telemetry.failures]
    assert "hunter2" not in repr((verdict, fields, telemetry.events))


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_end_of_the_process_is_not_an_error_of_a_step(stop: type[BaseException]) -> None:
    """What ends the process is not swallowed as a bug."""

    def stopping(_: Progress) -> Outcome:
        raise stop

    with pytest.raises(stop):
        advance(First([stopping]))


# Ends


@pytest.mark.parametrize("answer", [wait(NOW + 1.0, "no stock"), Transient("no stock")])
@pytest.mark.parametrize("age", [3_590.0, 3_601.0])
def test_recreation_is_given_up_after_its_time(answer: Answer, age: float) -> None:
    """What still waits or fails after the time for it is parked with the last reason."""
    old = replace(BEGUN, t0=NOW - age)

    verdict = advance(First([answer]), progress=old)

    if age < POLICY.give_up_after:
        assert isinstance(verdict, Hold)
        return
    assert isinstance(verdict, Parked)
    assert verdict.park is Park.GAVE_UP
    assert "no stock" in verdict.sentence


def test_the_time_of_a_replay_begins_anew() -> None:
    """A person has decided that it goes on, however long ago its notice was."""
    old = replace(BEGUN, t0=NOW - 90_000.0, resumed_at=NOW - 3_599.0)

    assert isinstance(advance(First([wait(NOW + 1.0, "no stock")]), progress=old), Hold)
    older = replace(old, resumed_at=NOW - 3_601.0)
    assert isinstance(advance(First([wait(NOW + 1.0, "no stock")]), progress=older), Parked)


def test_late_recreation_that_can_end_ends() -> None:
    """Age alone parks nothing: what can be finished is finished."""
    assert isinstance(advance(*finishing(), progress=replace(BEGUN, t0=0.0)), Finish)


def test_step_without_rest_yields_its_thread() -> None:
    """A step that notes for ever is bounded in one go, and the next go is not at once."""
    first = First([lambda progress: Note(replace(progress, absent_at=progress.absent_at + 1))])

    verdict = advance(first)

    assert isinstance(verdict, Hold)
    assert len(first.ran_with) == RUNS_MAX
    assert verdict.progress.absent_at == RUNS_MAX
    assert verdict.until > NOW


def test_step_without_rest_is_given_up_in_time() -> None:
    """A step that never waits and never fails is parked like one that does."""
    first = First([note(absent_at=5.0)])

    verdict = advance(first, progress=replace(BEGUN, t0=NOW - 3_601.0))

    assert isinstance(verdict, Parked)
    assert verdict.park is Park.GAVE_UP


def test_chain_of_messages_without_end_is_cut() -> None:
    """A message that is passed on faster than any recreation can be is parked unrun."""
    first = First([done(StepName.RETAIN)])

    verdict = advance(first, progress=replace(BEGUN, hops=100 + 21))

    assert isinstance(verdict, Parked)
    assert verdict.park is Park.TOO_MANY_HOPS
    assert first.ran_with == []


@pytest.mark.parametrize("hours", [1, 6, 24])
def test_long_search_for_stock_is_no_defect(hours: int) -> None:
    """A refused candidate is a hop: forty-eight a minute for a day are not too many."""
    searching = replace(BEGUN, t0=NOW - hours * 3_600.0, hops=hours * 60 * 48)

    verdict = advance(First([done(StepName.RETAIN)]), progress=searching)

    assert isinstance(verdict, Finish)


# Tables


@pytest.mark.parametrize("park", list(Park))
def test_every_reason_to_park_has_an_advice(park: Park) -> None:
    """A person who finds a parked message reads in one plain sentence what to do."""
    assert park.advice.endswith(".")
    assert 20 < len(park.advice) <= 200
    assert park.advice.isascii()
    assert park.advice.isprintable()


def test_advices_are_different() -> None:
    """No two reasons send a person the same way."""
    assert len({park.advice for park in Park}) == len(Park)


@repeatable
@given(st.text(max_size=32), st.integers(0, 100))
def test_back_off_is_bounded_and_repeatable(recreation: str, attempt: int) -> None:
    """A pause lies between half and all of a ceiling that doubles up to a minute."""
    ceiling = min(BACKOFF_FIRST_SECONDS * 2.0**attempt, BACKOFF_MAX_SECONDS)

    pause = backoff_seconds(recreation, attempt)

    assert ceiling / 2 <= pause <= ceiling
    assert pause == backoff_seconds(recreation, attempt)


def test_back_off_keeps_recreations_apart() -> None:
    """Many recreations that fail together do not come back together."""
    pauses: Sequence[float] = [backoff_seconds(f"recreation {n}", 6) for n in range(100)]

    assert len(set(pauses)) > 60
    assert max(pauses) - min(pauses) > 20


def test_who_and_what_is_told() -> None:
    """Every fact names the source and the recreation."""
    telemetry = RecordedTelemetry()
    tested = Engine(
        [First([done(StepName.RETAIN)]), Second([Transient("lost", code="X")])],
        POLICY,
        StandingClock(),
        telemetry,
    )

    tested.advance(BEGUN, None, 2)

    assert [name for name, _ in telemetry.events] == ["step_done", "step_failed"]
    assert {fields["source"] for _, fields in telemetry.events} == {BEGUN.instance_id}
    assert {fields["recreation"] for _, fields in telemetry.events} == {BEGUN.recreation_id}
    failed = telemetry.events[1][1]
    assert (failed["step"], failed["code"], failed["attempt"]) == ("launch", "X", 3)


def test_image_is_told_with_what_it_holds() -> None:
    """Who promises its data takes the cloud's own account of its beginning, as the receipt does."""
    telemetry = RecordedTelemetry()
    begun = replace(BEGUN, imaged=Imaged("spot-x", T0 + 6.2, "m-1"))
    launched = replace(begun.launched, image_begun_at=T0 + 6.0)
    usable = replace(begun, launched=launched).marked("image usable", NOW, "m-1")
    tested = Engine(
        [First([lambda _: Note(usable), done(StepName.RETAIN)])], POLICY, StandingClock(), telemetry
    )

    tested.advance(begun, None, 0)

    (fields,) = [fields for name, fields in telemetry.events if name == "mark"]
    assert (fields["what"], fields["data_seconds_after_t0"]) == ("image usable", 6.0)
