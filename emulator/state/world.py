"""What the services of one cloud share: settings, assumptions, timers, ledger and complaints."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from emulator.assumptions import Assumptions
from emulator.state.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One effect on the cloud, by a caller or by the platform itself.

    Attributes:
        at: Virtual epoch seconds of the effect.
        product: `ecs`, `vpc`, `slb`, `alb`, `nlb`, `smq`, `eventbridge` or `platform`.
        region: Region id.
        action: What happened, for example `CreateImage` or `Release`.
        resource_id: The resource that changed.
        detail: Plain data about it.
    """

    at: float
    product: str
    region: str
    action: str
    resource_id: str
    detail: Mapping[str, Any]


@dataclass(slots=True)
class World:
    """The shared part of one cloud; each service gets it and keeps its own resources."""

    account_id: str
    assumptions: Assumptions
    rng: random.Random
    scheduler: Scheduler = field(default_factory=Scheduler)
    ledger: list[LedgerEntry] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    # What exists though no action makes it: region or "" for the account, parameter, name.
    names: set[tuple[str, str, str]] = field(default_factory=set)

    def record(
        self, at: float, product: str, region: str, action: str, resource_id: str, **detail: object
    ) -> None:
        """Write one effect to the ledger, the oracle of the tests."""
        self.ledger.append(LedgerEntry(at, product, region, action, resource_id, detail))

    def complain(self, sentence: str) -> None:
        """Note a request that the real cloud would not understand."""
        self.complaints.append(sentence)


class Service(Protocol):
    """One RPC product of one region."""

    def call(self, action: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Carry out one action and return its documented body without RequestId."""
        ...
