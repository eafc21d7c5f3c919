"""The function that timers run beside the one that recreates, with the rights that its role has."""

import json

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.surroundings import environment
from tests.e2e.test_dlq import DEAD, UNDELIVERED, event, lose_event, send
from tests.e2e.test_function import ask, call_until_over, function
from tests.e2e.test_worker import assert_one_of_each
from worker.invocation import Call, InvocationFailed
from worker.timed import Timed

# Seconds of the emulated cloud from one look for lost events to the next, and four days.
PERIOD, FOUR_DAYS = 60.0, 4 * 86_400.0
SMALL = {"category": "cloud_essd", "size": 20}


def timer(installation: Installation, task: str, role: str = "replay") -> dict[str, object]:
    """Come by as a timer of this task does; returns the answer."""
    # Its role has the policy `replay`, and it is given no signing key.
    environ = environment(role)
    del environ["ALIYUN_OPS_SIGNING_KEY"]
    payload = {"triggerTime": "2026-11-28T00:00:10Z", "triggerName": "any", "payload": task}
    answer = Timed(environ, str(installation.config)).invoke(json.dumps(payload).encode(), Call())
    found: dict[str, object] = json.loads(answer)
    return found


def waiting(installation: Installation, queue: str) -> int:
    """Count the messages in a queue."""
    return {one["name"]: len(one["messages"]) for one in installation.look("queues")}[queue]


def lost(installation: Installation) -> str:
    """Return a source that is locked, and of which no event came."""
    source = installation.seed(name="web-01", system_disk=SMALL)
    lose_event(installation, source)
    installation.order("clock", advance=PERIOD)
    return source


def test_a_lost_event_is_made_up_for_within_a_period(installation: Installation) -> None:
    """No event comes; the next look finds the lock, and the function recreates within the notice."""
    _, url = function(installation)
    source = installation.seed(name="订单数据库", system_disk=SMALL)
    installation.order("interrupt", instance_id=source, publish_event=False)
    # Just missed: a whole period goes by.
    installation.order("clock", advance=PERIOD)
    _, _, unaware = ask(url, b"")

    answer = timer(installation, "reconcile")
    call_until_over(installation, url)

    assert sum(unaware.values()) == 0
    assert answer == {"task": "reconcile", "done": 1}
    assert_one_of_each(installation)


def test_what_is_under_way_is_not_sent_again(installation: Installation) -> None:
    """A timer every minute makes no twin of a recreation that has begun, and none of a free instance."""
    _, url = function(installation)
    installation.seed(name="free", system_disk=SMALL)
    lost(installation)
    timer(installation, "reconcile")
    ask(url, b"")

    answer = timer(installation, "reconcile")

    assert answer == {"task": "reconcile", "done": 1}
    assert waiting(installation, "spot-interruptions") == 1


def test_dead_letters_outlive_their_retention(installation: Installation) -> None:
    """What came early is left alone; half way to its end each is sent again, in both queues."""
    send(installation, DEAD, "not an event")
    send(installation, UNDELIVERED, event("i-bp1unknown0000000001"))
    young = timer(installation, "dlq keep")
    installation.order("clock", advance=FOUR_DAYS)

    kept = timer(installation, "dlq keep")
    installation.order("clock", advance=FOUR_DAYS)

    assert (young["done"], kept["done"]) == (0, 2)
    assert [waiting(installation, one) for one in (DEAD, UNDELIVERED)] == [1, 1]


def test_what_could_not_be_done_fails_the_invocation(installation: Installation) -> None:
    """The platform counts it, and whoever looks at its figures sees that events stay lost."""
    lost(installation)
    installation.expects_denials = True

    # The policy `audit` sees the instances and may send nothing.
    with pytest.raises(InvocationFailed, match=r"^reconcile: 1 of 1 not done, see the log$"):
        timer(installation, "reconcile", role="audit")

    assert waiting(installation, "spot-interruptions") == 0


def test_a_missing_queue_fails_the_invocation(installation: Installation) -> None:
    """Nobody notices otherwise that no dead letter is kept."""
    assert installation.command("rule", "destroy", "--yes").returncode == 0

    with pytest.raises(InvocationFailed, match=r"^dlq keep: 2 of 2 not done"):
        timer(installation, "dlq keep")
