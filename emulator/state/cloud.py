"""The whole cloud: an account with several regions, each with its services."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.assumptions import Assumptions
from emulator.state.balancers.region import BalancerRegion
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.service import EcsService
from emulator.state.ecs.settings import EcsSettings
from emulator.state.ecs.targets import InstanceServers
from emulator.state.errors import ApiError
from emulator.state.mns_open import MnsOpenService
from emulator.state.queues import QueueService
from emulator.state.rules import EventBridgeService
from emulator.state.vpc import VpcService
from emulator.state.world import LedgerEntry, Service, World


class Cloud:
    """One account on a small Alibaba Cloud.

    Args:
        account_id: The 16-digit id of the account.
        regions: Region ids; each gets its own services.
        catalogue: Instance types with price and stock per zone; shared between clouds.
        assumptions: How to behave where the documents are silent.
        ecs: Durations and limits of ECS.
        rng: Source of every random choice.
        start: Virtual epoch seconds of the beginning.
    """

    def __init__(
        self,
        *,
        account_id: str,
        regions: Sequence[str],
        catalogue: Catalogue,
        assumptions: Assumptions | None = None,
        ecs: EcsSettings | None = None,
        rng: random.Random | None = None,
        start: float = 0.0,
    ) -> None:
        self.world = World(
            account_id,
            assumptions or Assumptions(),
            rng or random.Random(0),  # noqa: S311
        )
        self.regions = tuple(regions)
        self.started_at = start
        self.queue_services = {name: QueueService(self.world, name) for name in regions}
        # RAM roles belong to the account, not to a region.
        roles: set[str] = set()
        self.rules = {
            name: EventBridgeService(self.world, name, self.queue_services[name], roles)
            for name in regions
        }
        self.vpc = {name: VpcService(self.world, name, catalogue) for name in regions}
        self.ecs = {
            name: EcsService(
                self.world,
                name,
                catalogue=catalogue,
                settings=ecs or EcsSettings(),
                vpc=self.vpc[name],
                publish=self.rules[name].publish,
            )
            for name in regions
        }
        self.balancers = {name: self._build_balancers(name) for name in regions}
        self._services: dict[tuple[str, str], Service] = {}
        for name in regions:
            self._services["ecs", name] = self.ecs[name]
            self._services["vpc", name] = self.vpc[name]
            self._services["slb", name] = self.balancers[name].slb
            self._services["alb", name] = self.balancers[name].alb
            self._services["nlb", name] = self.balancers[name].nlb
            self._services["eventbridge", name] = self.rules[name]
            self._services["mns-open", name] = MnsOpenService(self.queue_services[name])

    def _build_balancers(self, name: str) -> BalancerRegion:
        ecs = self.ecs[name].region
        servers = InstanceServers(ecs)
        made = BalancerRegion(self.world, name, ecs.place.code, ecs.vpc.networks, servers)
        ecs.farewells.append(made.book.forget)
        return made

    @property
    def ledger(self) -> list[LedgerEntry]:
        """Every effect so far, in order."""
        return self.world.ledger

    @property
    def complaints(self) -> list[str]:
        """Requests that the real cloud would not have understood."""
        return self.world.complaints

    def queues(self, region: str) -> QueueService:
        """Return the SMQ data plane of a region."""
        return self.queue_services[region]

    def advance(self, now: float) -> None:
        """Let the platform do everything that is due up to `now`."""
        self.world.scheduler.run(now)

    def next_due(self) -> float | None:
        """Tell when the platform acts next by itself."""
        return self.world.scheduler.next_due()

    def call(
        self, product: str, region: str, action: str, params: Mapping[str, Any], now: float
    ) -> dict[str, Any]:
        """Carry out one RPC action.

        Raises:
            ApiError: The provider's refusal.
        """
        self.advance(now)
        service = self._services.get((product, region))
        if service is None:
            self.world.complain(f"{product} {action}: region {region!r} does not exist here")
            raise ApiError(404, "InvalidRegionId.NotFound", f"The region {region} does not exist.")
        return service.call(action, params, now)
