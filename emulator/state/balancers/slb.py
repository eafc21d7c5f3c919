"""Server Load Balancer 2014-05-15: the members of classic load balancers (CLB).

A change is done at once; until it has settled, the next change of the same group is refused.
Sources: the API reference of CLB and its table of error codes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.state.balancers import pairs
from emulator.state.balancers.book import BalancerBook, shown
from emulator.state.balancers.classic_members import backend_of, invalid, members_of
from emulator.state.balancers.records import Backend, ClassicBalancer, Group, Listener
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import agrees
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, read, shapes
from emulator.state.errors import ApiError, no_action

PAGES = PageRule(default=10, maximum=100)
# What is so of every CLB here; none has tags.
_ALIKE: Mapping[str, str | bool] = {
    "AddressIPVersion": "ipv4",
    "AddressType": "intranet",
    "LoadBalancerStatus": "active",
    "NetworkType": "vpc",
    "PayType": "PayOnDemand",
    "ResourceGroupId": "",
    "SlaveZoneId": "",
}

Call = Callable[["SlbService", Params, float], dict[str, Any]]


class SlbService:
    """The CLBs of one region. The API has no client tokens."""

    def __init__(self, book: BalancerBook) -> None:
        self.book = book

    def call(self, action: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Carry out one action of the SLB API.

        Raises:
            ApiError: The provider's refusal.
        """
        world = self.book.world
        world.scheduler.run(now)
        if action not in {*ACTIONS, *pairs.ACTIONS}:
            world.complain(f"slb has no action {action}")
            raise no_action()
        given = read(f"slb {action}", shapes("slb")[action], params, world.complain)
        if action in pairs.ACTIONS:
            return pairs.ACTIONS[action](self.book, given, now)
        return ACTIONS[action](self, given, now)

    def balancer(self, balancer_id: str) -> ClassicBalancer:
        """Return a CLB.

        Raises:
            ApiError: There is none with this id.
        """
        return pairs.balancer_of(self.book, balancer_id)

    def group(self, group_id: str) -> tuple[ClassicBalancer, Group]:
        """Return a vServer group and the CLB that it belongs to.

        Raises:
            ApiError: There is none with this id.
        """
        for balancer in self.book.classic.values():
            if group_id in balancer.groups:
                return balancer, balancer.groups[group_id]
        raise ApiError(404, "InvalidParameter", "The specified VServerGroupId does not exist.")


def describe_load_balancers(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """List CLBs by id, name, VPC or backend server. Source: DescribeLoadBalancers."""
    del now
    if "PageSize" in params and "PageNumber" not in params:
        raise invalid("PageSize needs PageNumber.")
    ids = set(filter(None, params.text("LoadBalancerId").split(",")))
    names = set(filter(None, params.text("LoadBalancerName").split(",")))
    wanted = {
        "vpc_id": params.text("VpcId"),
        "vswitch_id": params.text("VSwitchId"),
        "address": params.text("Address"),
        "zone_id": params.text("MasterZoneId"),
    }
    server_id, address = params.text("ServerId"), params.text("ServerIntranetAddress")
    found = [
        each
        for each in slb.book.classic.values()
        if (not ids or each.balancer_id in ids)
        and (not names or each.name in names)
        and all(not value or getattr(each, name) == value for name, value in wanted.items())
        and (not server_id or _leads_to(slb, each, server_id))
        and (not address or any(one.ip == address for one in each.default.backends))
    ]
    alike = agrees(params, _ALIKE) and not params.groups("Tag")
    found = found if alike and params.text("Tags") in ("", "[]") else []
    items, fields = page(found, params, PAGES)
    rows = [_balancer_row(slb, each) for each in items]
    return {"LoadBalancers": {"LoadBalancer": rows}, **fields}


def _leads_to(slb: SlbService, balancer: ClassicBalancer, server_id: str) -> bool:
    covers = slb.book.world.assumptions.clb_filter_covers_groups
    groups = balancer.serving() if covers else [balancer.default]
    return any(each.server_id == server_id for group in groups for each in group.backends)


def _balancer_row(slb: SlbService, balancer: ClassicBalancer) -> dict[str, Any]:
    return {
        "LoadBalancerId": balancer.balancer_id,
        "LoadBalancerName": balancer.name,
        "LoadBalancerSpec": "slb.lcu.elastic",
        "Address": balancer.address,
        "VpcId": balancer.vpc_id,
        "VSwitchId": balancer.vswitch_id,
        "MasterZoneId": balancer.zone_id,
        "RegionId": slb.book.region_id,
        "CreateTime": to_second(balancer.created_at),
        "Tags": {"Tag": []},
        **_ALIKE,
    }


def describe_load_balancer_attribute(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """Show a CLB and its default group. Source: DescribeLoadBalancerAttribute."""
    del now
    balancer = slb.balancer(params.required("LoadBalancerId"))
    ports = [
        {"ListenerPort": each.port, "ListenerProtocol": each.protocol}
        for each in balancer.listeners
    ]
    servers = [_shown_server(each) for each in balancer.default.backends]
    return {
        **_balancer_row(slb, balancer),
        "ListenerPorts": {"ListenerPort": [each.port for each in balancer.listeners]},
        "ListenerPortsAndProtocol": {"ListenerPortAndProtocol": ports},
        "BackendServers": {"BackendServer": servers},
    }


def _shown_server(backend: Backend) -> dict[str, Any]:
    return {
        "ServerId": backend.server_id,
        "ServerIp": backend.ip,
        "Type": backend.kind,
        "Weight": backend.weight,
        "Description": backend.description,
    }


def describe_vserver_groups(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """List the vServer groups of a CLB. Source: DescribeVServerGroups."""
    del now
    balancer = slb.balancer(params.required("LoadBalancerId"))
    rows = [
        {
            "VServerGroupId": each.group_id,
            "VServerGroupName": each.name,
            "ServerCount": len(each.backends),
            "CreateTime": to_second(each.created_at),
        }
        for each in balancer.groups.values()
    ]
    return {"VServerGroups": {"VServerGroup": rows}}


def describe_vserver_group_attribute(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """Show a vServer group and its members. Source: DescribeVServerGroupAttribute."""
    del now
    balancer, group = slb.group(params.required("VServerGroupId"))
    rows = [{**_shown_server(each), "Port": each.port} for each in group.backends]
    return {
        "VServerGroupId": group.group_id,
        "VServerGroupName": group.name,
        "LoadBalancerId": balancer.balancer_id,
        "CreateTime": to_second(group.created_at),
        "BackendServers": {"BackendServer": rows},
    }


def describe_health_status(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """Show the health of members by listener. Source: DescribeHealthStatus."""
    del now
    balancer = slb.balancer(params.required("LoadBalancerId"))
    port = params.integer("ListenerPort")
    rows = [
        _health_row(slb, listener, backend)
        for listener in balancer.listeners
        if port in (0, listener.port)
        for backend in _group_of(balancer, listener).backends
    ]
    return {"BackendServers": {"BackendServer": rows}}


def _group_of(balancer: ClassicBalancer, listener: Listener) -> Group:
    named = {**balancer.groups, **balancer.pairs}
    return named.get(listener.group_id, balancer.default)


def _health_row(slb: SlbService, listener: Listener, backend: Backend) -> dict[str, Any]:
    server = slb.book.servers.find(backend.server_id, backend.kind.capitalize())
    is_well = server is not None and server.is_running
    return {
        "ListenerPort": listener.port,
        "Protocol": listener.protocol,
        "Port": backend.port or listener.backend_port,
        "ServerId": backend.server_id,
        "ServerIp": backend.ip,
        "ServerHealthStatus": "normal" if is_well else "abnormal",
    }


def add_backend_servers(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """Add members to the default group of a CLB. Source: AddBackendServers."""
    balancer = slb.balancer(params.required("LoadBalancerId"))
    _require_idle(balancer.default, 409, "BackendServer.configuring")
    added = _new_members(slb, balancer, balancer.default, params, with_port=False)
    return _changed_default(slb, balancer, "AddBackendServers", added, now)


def set_backend_servers(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """Change weights in the default group. Source: SetBackendServers."""
    balancer = slb.balancer(params.required("LoadBalancerId"))
    _require_idle(balancer.default, 409, "BackendServer.configuring")
    changed = []
    for item in members_of(slb.book, params):
        found = balancer.default.find(item["ServerId"], 0, item["ServerIp"])
        if found is not None:
            found.weight = item["Weight"]
            changed.append(found)
    return _changed_default(slb, balancer, "SetBackendServers", changed, now)


def remove_backend_servers(slb: SlbService, params: Params, now: float) -> dict[str, Any]:
    """Take members out of the default group; strangers are ignored.

    Source: RemoveBackendServers, whose sample lists ids alone,
    https://www.alibabacloud.com/help/en/slb/api-removebackendservers
    """
    balancer = slb.balancer(params.required("LoadBalancerId"))
    _require_idle(balancer.default, 409, "BackendServer.configuring")
    members = members_of(slb.book, params, ids_too=True)
    removed = _take_out(balancer.default, members, with_port=False)
    return _changed_default(slb, balancer, "RemoveBackendServers", removed, now)


def add_vserver_group_backend_servers(
    slb: SlbService, params: Params, now: float
) -> dict[str, Any]:
    """Add members to a vServer group. Source: AddVServerGroupBackendServers."""
    balancer, group = slb.group(params.required("VServerGroupId"))
    _require_idle(group, 400, "VServerGroupProcessing")
    added = _new_members(slb, balancer, group, params, with_port=True)
    return _changed_group(slb, group, "AddVServerGroupBackendServers", added, now)


def remove_vserver_group_backend_servers(
    slb: SlbService, params: Params, now: float
) -> dict[str, Any]:
    """Take members out of a vServer group; strangers are ignored. Source: the same action."""
    _, group = slb.group(params.required("VServerGroupId"))
    _require_idle(group, 400, "VServerGroupProcessing")
    removed = _take_out(group, members_of(slb.book, params), with_port=True)
    return _changed_group(slb, group, "RemoveVServerGroupBackendServers", removed, now)


def _changed_default(
    slb: SlbService, balancer: ClassicBalancer, action: str, touched: list[Backend], now: float
) -> dict[str, Any]:
    group = balancer.default
    if touched:
        slb.book.occupy(group, now)
        slb.book.record(now, "slb", action, balancer.balancer_id, servers=shown(touched))
    # Two of the three actions answer with the weight as text. Source: their SDK models.
    weight: Callable[[int], object] = int if action == "RemoveBackendServers" else str
    rows = [
        {
            "ServerId": each.server_id,
            "Type": each.kind,
            "Weight": weight(each.weight),
            "Description": each.description,
        }
        for each in group.backends
    ]
    return {
        "LoadBalancerId": balancer.balancer_id,
        "BackendServers": {"BackendServer": rows},
    }


def _changed_group(
    slb: SlbService, group: Group, action: str, touched: list[Backend], now: float
) -> dict[str, Any]:
    if touched:
        slb.book.occupy(group, now)
        slb.book.record(now, "slb", action, group.group_id, servers=shown(touched))
    rows = [
        {
            "ServerId": each.server_id,
            "Type": each.kind,
            "Port": each.port,
            "Weight": each.weight,
        }
        for each in group.backends
    ]
    return {"VServerGroupId": group.group_id, "BackendServers": {"BackendServer": rows}}


def _require_idle(group: Group, status: int, code: str) -> None:
    if group.is_busy:
        raise ApiError(
            status,
            code,
            "A previous configuration of the load balancer is pending; please try again later.",
        )


def _new_members(
    slb: SlbService,
    balancer: ClassicBalancer,
    group: Group,
    params: Params,
    *,
    with_port: bool,
) -> list[Backend]:
    """Add what a call asks for, or nothing at all."""
    twice_fails = slb.book.world.assumptions.clb_adding_twice_fails
    fresh: dict[tuple[str, str, int], Backend] = {}
    for item in members_of(slb.book, params):
        backend = backend_of(slb.book, balancer, item, with_port=with_port)
        if group.find(*_place(backend)) is None:
            # Of equal ones in a request the first counts. Source: AddBackendServers.
            fresh.setdefault(backend.key, backend)
        elif twice_fails:
            raise invalid("The resource already exists.")
    group.backends += fresh.values()
    return list(fresh.values())


def _place(backend: Backend) -> tuple[str, int, str]:
    return backend.server_id, backend.port, backend.ip


def _take_out(group: Group, items: list[dict[str, Any]], *, with_port: bool) -> list[Backend]:
    removed = []
    for item in items:
        port = item["Port"] if with_port else 0
        found = group.find(item["ServerId"], port, item["ServerIp"])
        if found is not None:
            group.backends.remove(found)
            removed.append(found)
    return removed


ACTIONS: Mapping[str, Call] = {
    "AddBackendServers": add_backend_servers,
    "AddVServerGroupBackendServers": add_vserver_group_backend_servers,
    "DescribeHealthStatus": describe_health_status,
    "DescribeLoadBalancerAttribute": describe_load_balancer_attribute,
    "DescribeLoadBalancers": describe_load_balancers,
    "DescribeVServerGroupAttribute": describe_vserver_group_attribute,
    "DescribeVServerGroups": describe_vserver_groups,
    "RemoveBackendServers": remove_backend_servers,
    "RemoveVServerGroupBackendServers": remove_vserver_group_backend_servers,
    "SetBackendServers": set_backend_servers,
}
