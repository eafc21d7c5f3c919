"""Doubles of the narrow ports that every adapter takes: a clock, a log, a limiter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from worker.adapters.ecs.call import EcsCall
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.limiter import QuotaLimiter

NOW = 1_800_000_000.0


@dataclass
class StandingClock:
    instant: float = NOW
    speed: float = 1.0

    def now(self) -> float:
        return self.instant

    def real_seconds(self, seconds: float) -> float:
        return seconds / self.speed


@dataclass
class RecordedTelemetry:
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    def event(self, name: str, **fields: object) -> None:
        self.events.append((name, fields))

    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self.events.append((name, {**fields, "error": error}))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]


@dataclass
class ScriptedCloud:
    """An `EcsCall` that answers from a list, an exception being raised."""

    answers: list[Any]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, action: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self.calls.append((action, dict(params)))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        assert isinstance(answer, Mapping)
        return answer


class LowestSpread:
    """Stands in for a random source where a test needs to know the number."""

    def uniform(self, low: float, _high: float) -> float:
        return low


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def telemetry() -> RecordedTelemetry:
    return RecordedTelemetry()


@pytest.fixture
def limiter() -> QuotaLimiter:
    return QuotaLimiter(LowestSpread())  # type: ignore[arg-type]


@pytest.fixture
def scripted() -> Callable[..., ScriptedCloud]:
    return lambda *answers: ScriptedCloud(list(answers))


@pytest.fixture
def endpoint_over(
    clock: StandingClock, telemetry: RecordedTelemetry, limiter: QuotaLimiter
) -> Callable[[EcsCall], Endpoint]:
    return lambda call: Endpoint(call, "cn-hangzhou", limiter, clock, telemetry)
