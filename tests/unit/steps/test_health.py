"""Whose address the health check asks."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from worker.core import handing
from worker.core.model import Address
from worker.core.policy import HealthCheck, Policy
from worker.core.progress import Belongings, Health, Launched, Progress
from worker.steps.handover.health import Check

SOURCE, REPLACEMENT = "i-bp1source0001", "i-bp1replace0001"
ELASTIC, PRIVATE = "47.0.0.1", "10.0.0.9"
NOW = 1_050.0
PROGRESS = Progress(
    "1234567890123456",
    "cn-hangzhou",
    SOURCE,
    1_000.0,
    1_000.0,
    health=Health(since=NOW),
    belongings=Belongings(addresses=(Address("eip-1", ELASTIC, "InUse", SOURCE),)),
    launched=Launched(instance_id=REPLACEMENT, private_ip=PRIVATE, running_at=NOW),
)


@dataclass
class Probes:
    """Notes who is asked, and answers for everybody."""

    asked: list[str] = field(default_factory=list)

    def tcp(self, address: str, port: int, *, within: float) -> str:  # noqa: ARG002
        self.asked.append(address)
        return ""


@pytest.mark.parametrize(("ended", "asked"), [("moved", ELASTIC), ("left", PRIVATE)])
def test_an_address_that_stayed_behind_is_not_asked(ended: Any, asked: str) -> None:
    """Whoever has it now answers for itself, and not for the replacement."""
    probes: Any = Probes()
    nobody: Any = None
    begun = handing.begun(PROGRESS, NOW)
    moves = tuple(replace(move, ended=ended) for move in begun.moves)
    policy = Policy(health=HealthCheck("tcp", port=80, address="elastic"))

    Check(probes, nobody, nobody, policy).run(replace(begun, moves=moves), NOW)

    assert probes.asked == [asked]
