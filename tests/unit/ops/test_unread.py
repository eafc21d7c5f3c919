"""Operators' tools over a cloud whose answers get lost: a read is made again, a change never."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from worker import operators
from worker.adapters.ecs.call import ApiRefusal, Body, ConnectionLost
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.rereading import RereadingEndpoint
from worker.adapters.limiter import QuotaLimiter
from worker.core.errors import Throttled, Transient, UnknownOutcome
from worker.core.policy import Policy
from worker.ops.patience import AGAIN_SECONDS, LONG_TRIES_MAX, TRIES_MAX, Patience, Unread
from worker.ops.wording import Language, Wording

INSTANCE = {
    "InstanceId": "i-bp1a0000000000000000",
    "Status": "Running",
    "InstanceType": "ecs.g7.large",
    "ZoneId": "cn-hangzhou-j",
    "SpotStrategy": "SpotAsPriceGo",
}
ANSWERS: Mapping[str, Body] = {
    "DescribeInstances": {"Instances": {"Instance": [INSTANCE]}},
    "DescribeDisks": {"Disks": {"Disk": []}},
    "DescribeSnapshots": {"Snapshots": {"Snapshot": []}},
    "DescribeImages": {"Images": {"Image": []}},
    "DescribeNetworkInterfaces": {"NetworkInterfaceSets": {"NetworkInterfaceSet": []}},
    "DescribeEipAddresses": {"EipAddresses": {"EipAddress": []}},
}
LOST = ConnectionLost("no answer in time")
BUSY = ApiRefusal(503, "ServiceUnavailable")
THROTTLED = ApiRefusal(400, "Throttling.User")
FAILURES = (LOST, BUSY, THROTTLED)


@dataclass
class Time:
    """A clock that goes on by the pauses alone."""

    at: float = 1_796_032_805.0
    pauses: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def real_seconds(self, seconds: float) -> float:
        return seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds


@dataclass
class Flaky:
    """Fails so many times at each action before it answers."""

    failure: Exception
    times: int
    asked: list[str] = field(default_factory=list)

    def __call__(self, action: str, params: Mapping[str, Any]) -> Body:
        del params
        self.asked.append(action)
        if self.asked.count(action) <= self.times:
            raise self.failure
        return ANSWERS[action]


class Silent:
    def event(self, name: str, **fields: object) -> None:
        """Nobody listens."""


def over(call: Flaky, time: Time) -> Endpoint:
    telemetry: Any = Silent()
    return Endpoint(call, "cn-hangzhou", QuotaLimiter(Random(7)), time, telemetry)


def around(monkeypatch: pytest.MonkeyPatch, call: Flaky, time: Time) -> Any:
    """What a command has around it, over a cloud that fails."""
    monkeypatch.setattr(operators, "build_endpoint", lambda _: over(call, time))
    monkeypatch.setattr(operators, "recorded_captures", lambda _: None)
    handover = SimpleNamespace(load_balancers=False)
    settings = SimpleNamespace(handover=handover, owner="default", signing_keys=())
    return SimpleNamespace(settings=settings, clock=time)


def audited(made: Any, patience: Patience) -> int:
    auditing = operators.build_audit(made, patience)
    return len(auditing.look(Policy(), region="cn-hangzhou", snapshot_policy="").findings)


def swept(made: Any, patience: Patience) -> int:
    return len(operators.build_sweep(made, patience, frozenset()).look().items)


COMMANDS: tuple[tuple[Callable[[Any, Patience], int], int], ...] = ((audited, 1), (swept, 0))


@pytest.mark.parametrize(("command", "found"), COMMANDS)
@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_a_read_that_got_no_answer_is_made_again(
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    command: Callable[[Any, Patience], int],
    found: int,
) -> None:
    """Each by itself: of forty calls one is lost nearly always, and the list would never be whole."""
    time, call = Time(), Flaky(failure, TRIES_MAX - 1)

    assert command(around(monkeypatch, call, time), Patience(time, time.pause)) == found

    assert {call.asked.count(one) % TRIES_MAX for one in set(call.asked)} <= {0, 1}
    assert min(time.pauses) > 0


@pytest.mark.parametrize(("command", "_found"), COMMANDS)
def test_what_stays_without_an_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, command: Callable[[Any, Patience], int], _found: int
) -> None:
    """A bounded number of times, and it is said what could not be read."""
    time, call = Time(), Flaky(LOST, 1_000)

    with pytest.raises(Unread) as failed:
        command(around(monkeypatch, call, time), Patience(time, time.pause))

    (action,) = set(call.asked)
    assert len(call.asked) == TRIES_MAX
    assert failed.value.sentence == f"{action} got no answer (no answer in time), asked 3 times"
    chinese = Wording(Language.CHINESE).sentence(failed.value.sentence)
    assert chinese == f"{action} 没有得到应答（应答超时），已尝试 3 次"


def rereading(call: Flaky, time: Time) -> RereadingEndpoint:
    return RereadingEndpoint.over(over(call, time), Patience(time, time.pause).read)


def test_a_change_is_never_made_again() -> None:
    """Nobody knows whether it took effect; who asked looks before it asks once more."""
    time, call = Time(), Flaky(LOST, 1)

    with pytest.raises(UnknownOutcome):
        rereading(call, time).change("DeleteImage", {"ImageId": "m-bp1"})

    assert call.asked == ["DeleteImage"]
    assert time.pauses == []


def test_a_minute_in_which_everything_is_refused_is_waited_out() -> None:
    """ECS refuses until the minute is over, and no call is made before it may be."""
    time = Time()
    begun = time.at

    def refuse(_action: str, _params: Mapping[str, Any]) -> Body:
        if int(time.at // 60) == int(begun // 60):
            raise THROTTLED
        return ANSWERS["DescribeDisks"]

    call: Any = refuse
    assert rereading(call, time).read("DescribeDisks", {}) is not None

    assert time.at - begun < 65
    assert len(time.pauses) < LONG_TRIES_MAX


def test_what_was_asked_again_and_again_is_not_asked_again_by_who_wanted_it() -> None:
    """Three times three would be nine, each with a time limit of its own."""
    time, asked = Time(), []
    patience = Patience(time, time.pause)

    def lost() -> None:
        asked.append(time.at)
        raise Transient("DescribeDisks got no answer")

    with pytest.raises(Unread):
        patience.insist(lambda: patience.read(lost))

    assert len(asked) == TRIES_MAX


def test_those_that_were_refused_together_do_not_come_back_together() -> None:
    """Never before the time that a refusal names, and never much later."""
    time = Time()
    later = Throttled("held back", retry_at=time.at + 10.0)
    dice = random.Random(1)
    patience = Patience(time, time.pause, chance=dice.random)

    def refused() -> None:
        raise later if not time.pauses else Transient("lost")

    with pytest.raises(Unread):
        patience.read(refused)

    first, *rest = time.pauses
    assert 10.0 < first < 10.0 + AGAIN_SECONDS
    assert all(one % AGAIN_SECONDS > 0 for one in rest)
    assert sum(rest) < 6 * AGAIN_SECONDS
