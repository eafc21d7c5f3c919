"""Primary/secondary server groups of a CLB: two servers, fixed for good when the group is made.

A change of the pair is another group, to which the listeners are then led. Sources: the API reference
of CLB, CreateMasterSlaveServerGroup and its neighbours; that nothing of a group can be edited is what
the ROS resource and the Terraform resource say. UNVERIFIED: that a listener keeps what a call to Set
does not name; how long a change occupies the group.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from emulator.state.balancers.book import BalancerBook, shown
from emulator.state.balancers.classic_members import MEMBER_FIELDS, backend_of, invalid, members_of
from emulator.state.balancers.records import Backend, ClassicBalancer, Group, Listener
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.params import Params
from emulator.state.ecs.tags import tags_of
from emulator.state.errors import ApiError

ROLES = ("Master", "Slave")
SERVERS = "MasterSlaveBackendServers"
# What a call to Set may name here; the rest of a listener is not modelled.
LEADING = {"LoadBalancerId", "ListenerPort", "MasterSlaveServerGroup", "MasterSlaveServerGroupId"}

Call = Callable[[BalancerBook, Params, float], dict[str, Any]]


def balancer_of(book: BalancerBook, balancer_id: str) -> ClassicBalancer:
    """Return a CLB.

    Raises:
        ApiError: There is none with this id.
    """
    found = book.classic.get(balancer_id)
    if found is None:
        raise ApiError(
            404, "InvalidLoadBalancerId.NotFound", "The specified LoadBalancerId does not exist."
        )
    return found


def _pair(book: BalancerBook, group_id: str) -> tuple[ClassicBalancer, Group]:
    for balancer in book.classic.values():
        if group_id in balancer.pairs:
            return balancer, balancer.pairs[group_id]
    raise ApiError(
        404, "InvalidParameter", "The specified MasterSlaveServerGroupId does not exist."
    )


def describe_groups(book: BalancerBook, params: Params, now: float) -> dict[str, Any]:
    """List the groups of a CLB. Source: DescribeMasterSlaveServerGroups."""
    del now
    balancer = balancer_of(book, params.required("LoadBalancerId"))
    rows = [
        {
            "MasterSlaveServerGroupId": each.group_id,
            "MasterSlaveServerGroupName": each.name,
            "CreateTime": to_second(each.created_at),
            "Tags": _tags(each),
            **(_listeners(balancer, each) if params.flag("IncludeListener") else {}),
        }
        for each in balancer.pairs.values()
    ]
    return {"MasterSlaveServerGroups": {"MasterSlaveServerGroup": rows}}


def _listeners(balancer: ClassicBalancer, group: Group) -> dict[str, Any]:
    led = [
        {"Port": each.port, "Protocol": each.protocol}
        for each in balancer.listeners
        if each.group_id == group.group_id
    ]
    return {"AssociatedObjects": {"Listeners": {"Listener": led}}}


def describe_group(book: BalancerBook, params: Params, now: float) -> dict[str, Any]:
    """Show a group and its two servers. Source: DescribeMasterSlaveServerGroupAttribute."""
    del now
    balancer, group = _pair(book, params.required("MasterSlaveServerGroupId"))
    return {
        "MasterSlaveServerGroupId": group.group_id,
        "MasterSlaveServerGroupName": group.name,
        "LoadBalancerId": balancer.balancer_id,
        "CreateTime": to_second(group.created_at),
        "Tags": _tags(group),
        SERVERS: {"MasterSlaveBackendServer": [_server(each) for each in group.backends]},
    }


def _server(backend: Backend) -> dict[str, Any]:
    """Show a server; an address is not among what is shown. Source: the SDK model."""
    return {
        "ServerId": backend.server_id,
        "Type": backend.kind,
        "Port": backend.port,
        "Weight": backend.weight,
        "ServerType": backend.role,
        "Description": backend.description,
    }


def create_group(book: BalancerBook, params: Params, now: float) -> dict[str, Any]:
    """Make a group; there is no client token. Source: CreateMasterSlaveServerGroup."""
    balancer = balancer_of(book, params.required("LoadBalancerId"))
    items = members_of(book, params, SERVERS, MEMBER_FIELDS | {"ServerType"})
    if tuple(sorted(each["ServerType"] for each in items)) != ROLES:
        raise invalid("The specified MasterSlaveBackendServers is invalid.")
    backends = []
    for item in items:
        backend = backend_of(book, balancer, item, with_port=True)
        backend.role = item["ServerType"]
        backends.append(backend)
    name = params.text("MasterSlaveServerGroupName", "group")
    tags = tags_of(params)
    group = Group(book.new_id("rsp"), name, balancer.vpc_id, now, backends=backends, tags=tags)
    balancer.pairs[group.group_id] = group
    book.occupy(group, now)
    book.record(
        now,
        "slb",
        "CreateMasterSlaveServerGroup",
        group.group_id,
        servers=shown(backends),
        tags=tags,
        balancer_id=balancer.balancer_id,
    )
    shown_servers = {"MasterSlaveBackendServer": [_server(each) for each in backends]}
    return {"MasterSlaveServerGroupId": group.group_id, SERVERS: shown_servers}


def _tags(group: Group) -> dict[str, Any]:
    rows = [{"TagKey": key, "TagValue": value} for key, value in group.tags.items()]
    return {"Tag": rows}


def delete_group(book: BalancerBook, params: Params, now: float) -> dict[str, Any]:
    """Delete a group that no listener leads to. Source: DeleteMasterSlaveServerGroup."""
    balancer, group = _pair(book, params.required("MasterSlaveServerGroupId"))
    if any(each.group_id == group.group_id for each in balancer.listeners):
        raise ApiError(400, "RspoolVipExist", "The specified RsPool is in use by listeners.")
    del balancer.pairs[group.group_id]
    book.record(now, "slb", "DeleteMasterSlaveServerGroup", group.group_id)
    return {}


def set_tcp_listener(book: BalancerBook, params: Params, now: float) -> dict[str, Any]:
    """Lead a TCP listener to a group. Source: SetLoadBalancerTCPListenerAttribute."""
    return _lead(book, params, now, "tcp")


def set_udp_listener(book: BalancerBook, params: Params, now: float) -> dict[str, Any]:
    """Lead a UDP listener to a group. Source: SetLoadBalancerUDPListenerAttribute."""
    return _lead(book, params, now, "udp")


def _lead(book: BalancerBook, params: Params, now: float, protocol: str) -> dict[str, Any]:
    balancer = balancer_of(book, params.required("LoadBalancerId"))
    unknown = sorted(set(params.values()) - LEADING)
    if unknown or params.text("MasterSlaveServerGroup") != "on":
        book.world.complain(f"a listener is led to a pair and else not changed ({unknown})")
        raise invalid("The specified parameters are not modelled.")
    listener = _listener(balancer, params.integer("ListenerPort"), protocol)
    group = balancer.pairs.get(params.required("MasterSlaveServerGroupId"))
    if group is None:
        raise invalid("The specified MasterSlaveServerGroupId does not exist.")
    if group.is_busy:
        raise ApiError(400, "ServiceIsConfiguring", "The load balancer is being configured.")
    led = replace(listener, group_id=group.group_id)
    balancer.listeners = tuple(led if one is listener else one for one in balancer.listeners)
    book.occupy(group, now)
    book.record(
        now,
        "slb",
        f"SetLoadBalancer{protocol.upper()}ListenerAttribute",
        balancer.balancer_id,
        servers=shown(group.backends),
        led_to=group.group_id,
        was=listener.group_id,
        port=listener.port,
    )
    return {}


def _listener(balancer: ClassicBalancer, port: int, protocol: str) -> Listener:
    for each in balancer.listeners:
        if (each.port, each.protocol) == (port, protocol):
            return each
    raise ApiError(404, "ListenerNotFound", "The specified listener does not exist.")


ACTIONS: Mapping[str, Call] = {
    "CreateMasterSlaveServerGroup": create_group,
    "DeleteMasterSlaveServerGroup": delete_group,
    "DescribeMasterSlaveServerGroupAttribute": describe_group,
    "DescribeMasterSlaveServerGroups": describe_groups,
    "SetLoadBalancerTCPListenerAttribute": set_tcp_listener,
    "SetLoadBalancerUDPListenerAttribute": set_udp_listener,
}
