"""Schedules that once broke a promise, and the rule that each of them taught."""

import pytest

from tests.simulation.faults import Fault, faults_for
from tests.simulation.scenarios import replacements
from tests.simulation.schedules import judged, run
from tests.simulation.sim import Schedule, pairs
from tests.simulation.situations import ALL

# What --replay takes. The numbers of calls move when the product changes; that costs nothing but
# the sharpness of the line.
ONCE_BROKEN = (
    # A notice was taken back and another one came: its time counts, not that of the first event.
    "noticed again - 83 1",
    "noticed again 119:paused 887 1",
    "noticed again 173:crash-after,222:refused 271 3",
    # A twin has stopped the source; that the second stop is refused is no reason to hurry.
    "noticed again 157:answer-lost,162:throttled,164:throttled 200150 2",
    # A message that comes a second time does not tell the cloud's time of this receive.
    "clock ten minutes fast 14:crash-after 176 1",
    "clock ten minutes slow 0:answer-lost 367 1",
    "clock ten minutes slow 5:crash-after 451 2",
    # A notice that comes after a false alarm is no copy of the one that was taken back.
    "noticed after a false alarm - 1 1",
    "noticed after a false alarm - 3 3",
    "noticed at the verdict - 1 1",
    "noticed at the verdict 173:paused 402632 2",
    # What was changed before the notice was taken back is undone, whoever changed it.
    "notice withdrawn 7:crash-before 201921 1",
    "notice withdrawn 5:paused 203890 1",
    "notice withdrawn 8:slow,22:crash-after 204792 3",
    # One look that is behind neither decides a false alarm nor hides the image from the clean-up.
    "noticed at the verdict 158:stale 574 3",
    "two data disks 39:stale 1 1",
    # The replacement is reclaimed and stopped by its own recreation before it was seen Running.
    "replacement reclaimed 45:slow 102286 1",
    # A first notice that was taken back made the end of the second one look near.
    "noticed again 73:crash-after,153:late-effect 29 1 stop_while_recycling=0",
    "noticed again 12:crash-before,14:crash-before,66:crash-before 710017 1 stop_while_recycling=0",
    # A source that stays in its lock can neither be started nor imaged, and nothing releases it.
    "economical, lock stays 130:crash-after 1 3 create_image_while_recycling=0",
    # An earlier notice's message wakes up under the later one, and launches nothing of its own.
    "noticed at the verdict 125:error-after 702835 3",
    "noticed at the verdict 130:crash-before 710055 3",
    # A change that was given up without an answer may take effect after the clean-up.
    "economical, sold out 38:not-sent,45:late-effect 1 1",
    # Tags on an interface whose lookup has taken too long are told of with that lookup.
    "with an address and members 10:crash-before,21:paused 1 1",
    "with a public address 14:crash-before,19:paused 1 1",
    # Whoever looks at its image late does not see since when it has been usable, for another to be made.
    "noticed again, image in the making 10:paused,31:throttled 1 1",
    "noticed again, image in the making 10:paused,76:refused 1 1",
    # What a later notice would have kept again is kept by the earlier one that it was merged with.
    "noticed again, image ready 23:crash-before,63:crash-before 1 1",
    # What was released before our stop was asked for needs no other answer.
    "short notice 22:slow,29:error-after 1 1",
    # Of two looks for a launch whose answer was lost, the second shows it: it is ours, and no other's.
    "noticed after a false alarm 245:error-after,248:paused 1 1",
    # A clean-up that goes on late dates the image that the next notice has just taken up.
    "noticed at the verdict 91:paused,187:throttled 1 1",
    # What a pause and a crash use up is the time of the last notice, not that of the first.
    "noticed at the verdict 91:paused,189:crash-before 1 1",
    # The image of an earlier notice has nobody left who would date it.
    "noticed at the verdict 4:paused 701047 1",
    # Whoever begins the image of a later notice is known to a message that has been sent.
    "noticed again, image ready 7:slow,55:crash-after 1 1",
    # One look that is behind does not tell that the lock was gone; each earlier image gets a date.
    "noticed at the verdict 16:paused,104:stale 1 1",
    "noticed at the verdict 91:paused,100:refused 1 1",
    # Whoever gets the place in the end, the source is taken out of it under one token.
    "reclaimed in its handover 63:late-effect 10007585 3",
    # Interfaces are given back when nothing can keep them late any more.
    "withdrawn twice 54:slow,180:late-effect 1 1",
    "withdrawn twice 44:answer-lost,180:late-effect 1 1",
    # An interface that may not be looked at is named, and does not hold the receipt.
    "with an address and members 72:refused,87:refused 1 1",
    "with an address and members 50:refused,81:refused 1 1",
    # Not done, and told: the time for the lookup was over, or the image of the whole came instead.
    "with a public address 10:slow,18:not-sent 1 1",
    "with an address and members 12:crash-before,23:paused 1 1",
    "data disks re-attached 5:crash-before,7:slow 1 1",
    "reclaimed in its handover 121:slow,171:error-after 1 1",
    "reclaimed in its handover 52:paused,65:not-sent 10010828 3",
    # Of two that hold a message, one is refused what the other has just done: the address is there.
    "with a public address 10:paused,20:paused 1 1",
    # What a recreation asks for after a look that is behind, another one has done before.
    "reclaimed in its handover 46:crash-before,88:crash-after,167:stale,168:late-effect 20022906 1",
    # A notice of which only a message tells that comes late is not let go of for a replacement that knew less.
    "noticed again, image in the making 20:crash-after 1 1",
    "noticed again, image in the making 15:paused 1 1",
    "noticed again, image in the making 16:error-after 1 2",
    "noticed again, image in the making 22:slow,31:server-error 1 2",
    "noticed again, no time for an image 21:late-effect,25:answer-lost 1 1",
    "noticed again, no time for an image 6:paused,22:crash-after 1 1",
    "noticed again, image in the making 35:late-effect,117:answer-lost 1 3",
    # A replacement that was not watched may have run and gone; it is not launched a second time.
    "replacement reclaimed 35:refused,36:refused,40:refused 701649 1",
    "replacement reclaimed 33:refused,35:refused,37:refused 701649 1",
)


@pytest.mark.parametrize("line", ONCE_BROKEN)
def test_what_once_broke_a_promise_breaks_none(line: str) -> None:
    """Each line is a schedule as the search printed it."""
    _, found = Schedule.parse(line).run()

    assert found == []


def test_no_single_look_that_is_behind_decides_a_false_alarm() -> None:
    """The notice comes again just before the verdict: whichever look misses that, another one follows."""
    scenario = ALL["noticed at the verdict"]
    usual, _ = run(scenario, {})
    looks = [call.number for call in usual.interposer.calls if Fault.STALE in faults_for(call)]

    broken = {at: judged(scenario, *run(scenario, {at: Fault.STALE})) for at in looks}

    assert len(looks) > 20
    assert {at: found for at, found in broken.items() if found} == {}


def test_a_late_answer_to_a_receive_does_not_turn_the_clock_back() -> None:
    """The cloud's time in an answer is that of the receive, not that of the answer's arrival."""
    scenario = ALL["plain"]
    undisturbed, _ = run(scenario, {})
    receives = [call.number for call in undisturbed.interposer.calls if call.method == "receive"]

    for number in receives:
        simulation, source = run(scenario, {number: Fault.SLOW})

        assert judged(scenario, simulation, source) == []
        assert simulation.notebook.named("clock_corrected") == []


def test_a_late_event_still_leaves_time_to_stop_the_source_first() -> None:
    """With a safe image there is no hurry that excuses two servers at once."""
    scenario = ALL["event late"]
    simulation, source = run(scenario, {}, seed=3)

    assert judged(scenario, simulation, source) == []
    order = [
        entry.action
        for entry in simulation.cloud.ledger
        if entry.action == "RunInstances"
        or (entry.action == "Stopped" and entry.resource_id == source.instance_id)
    ]
    assert order == ["Stopped", "RunInstances"]


def test_an_image_that_stands_still_is_not_polled_for_two_hours_without_end() -> None:
    """It is looked at less and less often, and parked in the end."""
    simulation, _ = run(ALL["image sticks"], {})

    looks = [call for call in simulation.interposer.calls if call.port == "images"]
    assert len(looks) < 800
    assert [line["park"] for line in simulation.notebook.named("parked")] == ["image_too_slow"]
    assert replacements(simulation) == []


def test_a_printed_line_repeats_its_run() -> None:
    """The line of a schedule reads back as the same schedule."""
    first = next(pairs("two data disks", (12, Fault.CRASH_AFTER), seed=5))

    assert Schedule.parse(first.line) == first
    assert Schedule.parse(first.line).run()[0].cloud.ledger == first.run()[0].cloud.ledger


def test_disks_that_a_late_clean_up_gave_back_are_kept_again() -> None:
    """It goes on under the next notice, whose release would take them."""
    schedule = Schedule.parse("noticed at the verdict 91:paused 1 1")
    simulation, found = schedule.run()

    assert found == []
    assert "DiskDeleted" not in {entry.action for entry in simulation.cloud.ledger}
