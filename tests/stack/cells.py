"""The cells of the matrix: which call, which time it is made, and what goes wrong with it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from typing_extensions import override

from emulator.faults import Answer, Effect, FaultRule
from emulator.http.service import LoggedRequest
from tests.simulation.harness import QUEUE, REGION, Simulation
from tests.simulation.scenarios import SOURCE_NAME
from tests.simulation.schedules import SCENARIOS, Scenario, add_members


def _add_to_all_balancers(simulation: Simulation) -> None:
    """Put the source behind an NLB as well."""
    add_members(simulation)
    group = {"kind": "nlb", "servers": [{"server": SOURCE_NAME, "port": 8080}]}
    simulation.cloud.balancers[REGION].seed(group, simulation.kernel.now)


# They differ in the calls that they bring about.
_KNOWN = {one.name: one for one in SCENARIOS}
MATRIX: Mapping[str, Scenario] = {
    "plain": _KNOWN["plain"],
    "other-type": _KNOWN["type sold out"],
    "parked": _KNOWN["image broken by the release"],
    "handed-over": replace(_KNOWN["with an address and members"], prepare=_add_to_all_balancers),
    "economical": _KNOWN["economical"],
    "disks-attached": _KNOWN["data disks re-attached"],
    "quiesced": _KNOWN["quiesced"],
}
# Struck only at what no scenario before them calls: the rest goes in them as it does there.
FOR_THEIR_OWN_CALLS = frozenset({"handed-over", "economical", "disks-attached", "quiesced"})

# A read has no effect, so that only its answer can go wrong.
ON_READS: Mapping[str, Mapping[str, Any]] = {
    "drop": {"answer": Answer.DROP},
    "hang": {"answer": Answer.HANG},
    "bad-gateway": {"answer": Answer.BAD_GATEWAY},
    "truncated": {"answer": Answer.TRUNCATE},
    "empty-200": {"answer": Answer.EMPTY},
    "error-500": {"answer": Answer.ERROR},
    "throttled": {"answer": Answer.THROTTLE},
    # Half of the time for which the worker waits.
    "slow": {"answer": Answer.DELAY, "delay_seconds": 0.5},
    "refused": {"answer": Answer.REFUSE, "status": 403, "code": "Forbidden.RAM"},
}
ON_CHANGES: Mapping[str, Mapping[str, Any]] = {
    **ON_READS,
    "drop-done": {"answer": Answer.DROP, "effect": Effect.DONE},
    "drop-later": {"answer": Answer.DROP, "effect": Effect.LATER},
    "hang-done": {"answer": Answer.HANG, "effect": Effect.DONE},
    "hang-later": {"answer": Answer.HANG, "effect": Effect.LATER},
    "bad-gateway-done": {"answer": Answer.BAD_GATEWAY, "effect": Effect.DONE},
    "error-500-done": {"answer": Answer.ERROR, "effect": Effect.DONE},
    "error-500-later": {"answer": Answer.ERROR, "effect": Effect.LATER},
}
ON_RECEIVES: Mapping[str, Mapping[str, Any]] = {
    **ON_CHANGES,
    "empty-poll": {"answer": Answer.EMPTY_POLL},
    "empty-polls": {"answer": Answer.EMPTY_POLL, "count": 3},
    "delivered-twice": {"answer": Answer.DUPLICATE},
}
# A definite refusal that asks for another candidate and not for a person.
ON_LAUNCHES: Mapping[str, Mapping[str, Any]] = {
    **ON_CHANGES,
    "no-stock": {"answer": Answer.REFUSE, "status": 403, "code": "OperationDenied.NoStock"},
}
_SPECIAL: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "BatchReceiveMessage": ON_RECEIVES,
    "ReceiveMessage": ON_RECEIVES,
    "RunInstances": ON_LAUNCHES,
}
# After these alone a recreation may end in the dead-letter queue.
MAY_PARK = frozenset({"refused"})
FEWEST = 400


@dataclass(frozen=True, order=True)
class Spot:
    """An API action as one scenario makes it; the queue is empty for ECS and VPC."""

    scenario: str
    product: str
    action: str
    queue: str

    @property
    def api(self) -> tuple[str, str, str]:
        """The action, whatever the scenario."""
        return (self.product, self.action, self.queue)

    @property
    def faults(self) -> Mapping[str, Mapping[str, Any]]:
        """What can go wrong with it, by name."""
        if self.action in _SPECIAL:
            return _SPECIAL[self.action]
        return ON_READS if self.action.startswith("Describe") else ON_CHANGES


@dataclass(frozen=True, order=True)
class Cell:
    """One fault at one call.

    Attributes:
        number: The how manieth call of this action it is, from 1.
    """

    spot: Spot
    number: int
    fault: str

    @override
    def __str__(self) -> str:
        spot = self.spot
        where = f"{spot.action}@{spot.queue}" if spot.queue else spot.action
        return f"{spot.scenario}/{spot.product}.{where}/{self.number}/{self.fault}"

    @classmethod
    def parse(cls, line: str) -> "Cell":
        """Read what `str` wrote."""
        scenario, what, number, fault = line.split("/")
        product, _, rest = what.partition(".")
        action, _, queue = rest.partition("@")
        return cls(Spot(scenario, product, action, queue), int(number), fault)

    @property
    def rule(self) -> FaultRule:
        """The cell as an order to the emulator."""
        spot = self.spot
        return FaultRule(
            product=spot.product,
            action=spot.action,
            queue=spot.queue or "*",
            skip=self.number - 1,
            **spot.faults[self.fault],
        )

    def nearest(self, requests: Sequence[LoggedRequest], share: float) -> "Cell":
        """Return the same fault at that share of the calls that a run made."""
        made = _counted(self.spot.scenario, requests)[self.spot]
        return replace(self, number=max(int(min(self.number, made) * share), 1))


def cells(scenario: str, requests: Sequence[LoggedRequest]) -> Iterator[Cell]:
    """List every cell of an undisturbed run: the first two, a middle and the last of each call."""
    for spot, count in sorted(_counted(scenario, requests).items()):
        for number in sorted({1, min(2, count), (count + 1) // 2, count}):
            for fault in spot.faults:
                yield Cell(spot, number, fault)


def _counted(scenario: str, requests: Sequence[LoggedRequest]) -> Counter[Spot]:
    return Counter(
        Spot(scenario, one.call.product, one.call.action, one.call.queue)
        for one in requests[: _end_of_work(requests)]
    )


def _end_of_work(requests: Sequence[LoggedRequest]) -> int:
    """Tell how many requests there are to the deletion of the last message; then all is idle."""
    deletions = (
        position
        for position, one in enumerate(requests)
        if one.call.action == "DeleteMessage" and one.call.queue == QUEUE
    )
    return 1 + max(deletions, default=len(requests))
