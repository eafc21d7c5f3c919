"""What a region's load balancers are made of."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Backend:
    """One member of a server group.

    Attributes:
        server_id: Id of an instance or a network interface, or an address.
        kind: `Ecs`, `Eni` or `Ip`; CLB spells it in lower case.
        port: 0 in the default group of a CLB, where the listeners have the port.
        status: `Adding`, `Available`, `Configuring` or `Removing`; CLB shows none.
        role: `Master` or `Slave` in a primary/secondary group of a CLB; empty elsewhere.
    """

    server_id: str
    kind: str
    ip: str
    port: int
    weight: int
    zone_id: str = ""
    description: str = ""
    status: str = "Available"
    role: str = ""

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from the other members of its group."""
        return self.server_id, self.ip, self.port


@dataclass(slots=True)
class Group:
    """A server group.

    Attributes:
        kind: `Instance` or `Ip`.
        is_busy: While a change is being carried out, no other is taken.
    """

    group_id: str
    name: str
    vpc_id: str
    created_at: float
    kind: str = "Instance"
    backends: list[Backend] = field(default_factory=list)
    is_busy: bool = False
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """Its state in the words of ALB and NLB."""
        return "Configuring" if self.is_busy else "Available"

    def find(self, server_id: str, port: int, ip: str = "") -> Backend | None:
        """Return a member; without an address the first of that server and port."""
        for each in self.backends:
            if (each.server_id, each.port) == (server_id, port) and ip in ("", each.ip):
                return each
        return None

    def drop(self, server_id: str) -> int:
        """Take every membership of a server out and tell how many there were."""
        before = len(self.backends)
        self.backends = [each for each in self.backends if each.server_id != server_id]
        return before - len(self.backends)


@dataclass(frozen=True, slots=True)
class Listener:
    """A port of a CLB and where it leads: to a group, or to the default group when empty."""

    port: int
    protocol: str
    backend_port: int
    group_id: str = ""


@dataclass(slots=True)
class ClassicBalancer:
    """A CLB: its default group, its vServer groups and its primary/secondary groups."""

    balancer_id: str
    name: str
    address: str
    vpc_id: str
    vswitch_id: str
    zone_id: str
    created_at: float
    default: Group
    groups: dict[str, Group] = field(default_factory=dict)
    pairs: dict[str, Group] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()

    def serving(self) -> list[Group]:
        """Return its default group and all others."""
        return [self.default, *self.groups.values(), *self.pairs.values()]


@dataclass(slots=True)
class Job:
    """An asynchronous change of a server group."""

    job_id: str
    api: str
    operation: str
    group_id: str
    started_at: float
    ended_at: float | None = None
