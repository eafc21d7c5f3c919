"""One region's load balancers: the three products, and what a scenario puts into them."""

from collections.abc import Mapping
from typing import Any

from emulator.state.balancers.book import BalancerBook
from emulator.state.balancers.seed import BalancerSeed, seed_balancer
from emulator.state.balancers.server_groups import GroupService
from emulator.state.balancers.servers import Servers
from emulator.state.balancers.slb import SlbService
from emulator.state.networks import Networks
from emulator.state.world import World


class BalancerRegion:
    """CLB, ALB and NLB of one region."""

    def __init__(
        self, world: World, region_id: str, code: str, networks: Networks, servers: Servers
    ) -> None:
        self.book = BalancerBook(world, region_id, code, networks, servers)
        self.slb = SlbService(self.book)
        self.alb = GroupService(self.book, "alb")
        self.nlb = GroupService(self.book, "nlb")

    def seed(self, seed: BalancerSeed | Mapping[str, Any], now: float) -> str:
        """Make a CLB, or a server group of an ALB or NLB, and return its id.

        Raises:
            ValueError: Plain data with a name that a seed does not have, or no such server.
        """
        checked = seed if isinstance(seed, BalancerSeed) else BalancerSeed.from_plain(seed)
        self.book.world.scheduler.run(now)
        return seed_balancer(self.book, checked, now)
