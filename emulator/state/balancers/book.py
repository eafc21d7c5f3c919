"""The load balancers of one region, and what becomes of memberships when a server goes."""

from emulator.state.balancers.records import Backend, ClassicBalancer, Group, Job
from emulator.state.balancers.servers import Server, Servers
from emulator.state.errors import ApiError
from emulator.state.networks import Networks
from emulator.state.world import World


class BalancerBook:
    """All load balancers of a region.

    Attributes:
        classic: CLBs by id.
        groups: Server groups by id, for `alb` and `nlb`.
        jobs: Asynchronous changes by id, for `alb` and `nlb`.
    """

    def __init__(
        self, world: World, region_id: str, code: str, networks: Networks, servers: Servers
    ) -> None:
        self.world = world
        self.region_id = region_id
        self.networks = networks
        self.servers = servers
        self._code = code
        self.classic: dict[str, ClassicBalancer] = {}
        self.groups: dict[str, dict[str, Group]] = {"alb": {}, "nlb": {}}
        self.jobs: dict[str, dict[str, Job]] = {"alb": {}, "nlb": {}}

    def new_id(self, kind: str) -> str:
        """Make up an id like `lb-bp1...`."""
        return f"{kind}-{self._code}{self.world.rng.getrandbits(68):017x}"

    def record(self, at: float, product: str, action: str, group_id: str, **detail: object) -> None:
        """Write an effect of a call to the ledger."""
        self.world.record(at, product, self.region_id, action, group_id, **detail)

    def occupy(self, group: Group, now: float) -> float:
        """Make a group busy for as long as a change takes, and tell until when."""
        until = now + self.servers.settling_seconds()
        group.is_busy = True
        self.world.scheduler.at(until, lambda _: _set_idle(group))
        return until

    def forget(self, server_id: str, at: float) -> None:
        """Let a server that is gone leave its groups, as `Assumptions` says."""
        delay = self.world.assumptions.balancer_forgets_seconds
        if delay is None:
            return
        due = at + delay
        if delay:
            self.world.scheduler.at(due, lambda when: self._drop(server_id, when))
        else:
            self._drop(server_id, due)

    def _drop(self, server_id: str, at: float) -> None:
        for group in self._everything():
            if group.drop(server_id):
                self.world.record(
                    at,
                    "platform",
                    self.region_id,
                    "MemberForgotten",
                    group.group_id,
                    server_id=server_id,
                )

    def _everything(self) -> list[Group]:
        classic = [group for each in self.classic.values() for group in each.serving()]
        return [*classic, *self.groups["alb"].values(), *self.groups["nlb"].values()]


def _set_idle(group: Group) -> None:
    group.is_busy = False


def address_of(server: Server, wanted: str, refusal: ApiError) -> str:
    """Return the address that a member is reached at: the primary one, or the wanted one.

    Raises:
        ApiError: The server does not have the wanted address.
    """
    if wanted and wanted not in server.addresses:
        raise refusal
    return wanted or server.addresses[0]


def shown(backends: list[Backend]) -> list[dict[str, object]]:
    """Write members to the ledger."""
    return [
        {"server_id": each.server_id, "port": each.port, "weight": each.weight} for each in backends
    ]
