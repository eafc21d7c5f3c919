"""Load balancers that were there before, with members that were added long ago."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from emulator.state.balancers.book import BalancerBook
from emulator.state.balancers.records import Backend, ClassicBalancer, Group, Listener

DAY = 86400.0
KINDS = ("clb", "alb", "nlb")
SERVER_KINDS = ("Ecs", "Eni", "Ip")


@dataclass(frozen=True, slots=True)
class BackendSeed:
    """One member.

    Attributes:
        server: Instance id or name, or the id of a network interface; an address for `Ip`.
        type: `Ecs`, `Eni` (of an instance: its primary interface) or `Ip`.
        ip: Empty takes the server's primary address.
        port: Not used in the default group of a CLB.
    """

    server: str
    type: str = "Ecs"
    ip: str = ""
    port: int = 80
    weight: int = 100
    description: str = ""


@dataclass(frozen=True, slots=True)
class GroupSeed:
    """One vServer group of a CLB, or one primary/secondary group: the first server is the primary.

    Attributes:
        listeners: Ports of the CLB that lead to it: a number over TCP, or `udp/53`.
    """

    name: str = "group"
    servers: tuple[BackendSeed, ...] = ()
    listeners: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class BalancerSeed:
    """A CLB, or one server group of an ALB or NLB.

    Attributes:
        kind: `clb`, `alb` or `nlb`.
        vpc_id: Empty takes the default VPC.
        type: Of the server group: `Instance` or `Ip`.
        servers: Members of the server group; of a CLB, of its default group.
        vserver_groups: Of a CLB.
        pairs: Its primary/secondary groups, of two servers each.
        listeners: Ports of a CLB; each leads to the same port of the default group.
    """

    kind: str = "clb"
    name: str = "web"
    vpc_id: str = ""
    type: str = "Instance"
    servers: tuple[BackendSeed, ...] = ()
    vserver_groups: tuple[GroupSeed, ...] = ()
    pairs: tuple[GroupSeed, ...] = ()
    listeners: tuple[int, ...] = ()

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> "BalancerSeed":
        """Read a seed from plain data, as a scenario has it.

        Raises:
            ValueError: A name or value that a seed does not have.
        """
        given = _known(plain, BalancerSeed)
        if given.get("kind", "clb") not in KINDS:
            raise ValueError(f"a balancer is one of {', '.join(KINDS)} (found {given['kind']!r})")
        given["servers"] = _backends(given.get("servers", ()))
        given["vserver_groups"] = tuple(_group(each) for each in given.get("vserver_groups", ()))
        given["pairs"] = tuple(_group(each) for each in given.get("pairs", ()))
        given["listeners"] = tuple(given.get("listeners", ()))
        return BalancerSeed(**given)


def _group(plain: object) -> GroupSeed:
    given = _known(plain, GroupSeed)
    listeners = tuple(given.get("listeners", ()))
    servers = _backends(given.get("servers", ()))
    return GroupSeed(**{**given, "servers": servers, "listeners": listeners})


def _backends(plain: Iterable[object]) -> tuple[BackendSeed, ...]:
    return tuple(BackendSeed(**_known(each, BackendSeed)) for each in plain)


def _known(plain: object, form: type) -> dict[str, Any]:
    if not isinstance(plain, Mapping):
        raise ValueError(f"{form.__name__} is a JSON object (found {plain!r})")  # noqa: TRY004
    names = {each.name for each in fields(form)}
    unknown = sorted(set(plain) - names)
    if unknown:
        known = ", ".join(sorted(names))
        raise ValueError(f"{form.__name__} has no {', '.join(unknown)}; it has: {known}")
    return dict(plain)


def seed_balancer(book: BalancerBook, seed: BalancerSeed, now: float) -> str:
    """Make what a seed describes and return its id.

    Raises:
        ValueError: It names a server that is not there.
    """
    born = now - DAY
    is_classic = seed.kind == "clb"
    made = _classic(book, seed, born) if is_classic else _server_group(book, seed, born)
    book.record(now, "slb" if is_classic else seed.kind, "Seed", made, name=seed.name)
    return made


def _server_group(book: BalancerBook, seed: BalancerSeed, born: float) -> str:
    vpc_id = seed.vpc_id or book.networks.default_vpc_id
    group = Group(book.new_id("sgp"), seed.name, vpc_id, born, kind=seed.type)
    group.backends = _members(book, seed.servers)
    book.groups[seed.kind][group.group_id] = group
    return group.group_id


def _classic(book: BalancerBook, seed: BalancerSeed, born: float) -> str:
    vpc_id = seed.vpc_id or book.networks.default_vpc_id
    vswitch = book.networks.vswitches[book.networks.ids_of(vpc_id)[0]]
    balancer_id = book.new_id("lb")
    default = Group(balancer_id, "default", vpc_id, born)
    default.backends = _members(book, seed.servers, is_classic=True, with_port=False)
    balancer = ClassicBalancer(
        balancer_id=balancer_id,
        name=seed.name,
        address=vswitch.take("", born),
        vpc_id=vpc_id,
        vswitch_id=vswitch.vswitch_id,
        zone_id=vswitch.zone_id,
        created_at=born,
        default=default,
        listeners=tuple(Listener(port, "tcp", port) for port in seed.listeners),
    )
    for each in seed.vserver_groups:
        _add_group(book, balancer, each, balancer.groups)
    for each in seed.pairs:
        made = _add_group(book, balancer, each, balancer.pairs)
        for backend, role in zip(made.backends, ("Master", "Slave"), strict=True):
            backend.role = role
    book.classic[balancer_id] = balancer
    return balancer_id


def _add_group(
    book: BalancerBook, balancer: ClassicBalancer, seed: GroupSeed, among: dict[str, Group]
) -> Group:
    group = Group(book.new_id("rsp"), seed.name, balancer.vpc_id, balancer.created_at)
    group.backends = _members(book, seed.servers, is_classic=True)
    among[group.group_id] = group
    for each in seed.listeners:
        protocol, _, port = str(each).rpartition("/")
        led = Listener(int(port), protocol or "tcp", int(port), group.group_id)
        balancer.listeners = (*balancer.listeners, led)
    return group


def _members(
    book: BalancerBook,
    seeds: Iterable[BackendSeed],
    *,
    is_classic: bool = False,
    with_port: bool = True,
) -> list[Backend]:
    made = [_member(book, each) for each in seeds]
    for each in made:
        each.kind = each.kind.lower() if is_classic else each.kind
        each.port = each.port if with_port else 0
    return made


def _member(book: BalancerBook, seed: BackendSeed) -> Backend:
    if seed.type not in SERVER_KINDS:
        raise ValueError(f"a server is one of {', '.join(SERVER_KINDS)} (found {seed.type!r})")
    if seed.type == "Ip":
        return Backend(seed.server, "Ip", seed.server, seed.port, seed.weight, "", seed.description)
    server = book.servers.find(book.servers.locate(seed.server, seed.type), seed.type)
    if server is None:
        raise ValueError(f"there is no server {seed.server} of type {seed.type}")
    return Backend(
        server_id=server.server_id,
        kind=seed.type,
        ip=seed.ip or server.addresses[0],
        port=seed.port,
        weight=seed.weight,
        zone_id=server.zone_id,
        description=seed.description,
    )
