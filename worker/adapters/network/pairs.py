"""Primary/secondary server groups of classic load balancers (CLB): read, made anew, and led to.

No action changes the servers of such a group, so that a server is replaced by another group, to which
the listeners are then led. Source: SLB API reference, CreateMasterSlaveServerGroup and the editable
properties of ALIYUN::SLB::MasterSlaveServerGroup.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.ecs.tagging import tag_parameters
from worker.core.model import Member, Pair, Tags

# Source: the console and SDK references; other listeners cannot lead to such a group.
PROTOCOLS: Final = ("tcp", "udp")
GROUPS: Final = "slb:DescribeMasterSlaveServerGroups"
_DEFAULT_WEIGHT: Final = 100


@dataclass(frozen=True, slots=True)
class PairGroups:
    """The primary/secondary groups of one region's CLBs."""

    endpoint: Endpoint

    def find(self, balancer: str) -> tuple[Pair, ...]:
        """List the groups of a CLB with their servers, and what leads to them."""
        groups = self.endpoint.list_once(
            GROUPS,
            {"LoadBalancerId": balancer, "IncludeListener": True},
            "MasterSlaveServerGroups",
            "MasterSlaveServerGroup",
        )
        return tuple(
            self._pair(balancer, body)
            for body in groups
            if fields.text(body, "MasterSlaveServerGroupId")
        )

    def make(self, pair: Pair, tags: Tags) -> Body | Refusal:
        """Make a group of these servers, tagged from the beginning."""
        servers = json.dumps([_server(one) for one in pair.members], sort_keys=True)
        params = {
            "LoadBalancerId": pair.balancer,
            "MasterSlaveServerGroupName": pair.name,
            "MasterSlaveBackendServers": servers,
            "Tag": tag_parameters(tags),
        }
        return self.endpoint.change("slb:CreateMasterSlaveServerGroup", params)

    def lead(self, listener: str, pair: Pair) -> Body | Refusal:
        """Lead a listener to a group, and leave the rest of the listener as it is."""
        protocol, _, port = listener.partition("/")
        params = {
            "LoadBalancerId": pair.balancer,
            "ListenerPort": int(port),
            "MasterSlaveServerGroup": "on",
            "MasterSlaveServerGroupId": pair.group,
        }
        action = f"slb:SetLoadBalancer{protocol.upper()}ListenerAttribute"
        return self.endpoint.change(action, params)

    def _pair(self, balancer: str, body: Body) -> Pair:
        group = fields.text(body, "MasterSlaveServerGroupId")
        servers = self.endpoint.list_once(
            "slb:DescribeMasterSlaveServerGroupAttribute",
            {"MasterSlaveServerGroupId": group},
            "MasterSlaveBackendServers",
            "MasterSlaveBackendServer",
        )
        return Pair(
            balancer=balancer,
            group=group,
            name=fields.text(body, "MasterSlaveServerGroupName"),
            members=tuple(
                replace(
                    member_of(one, balancer, group),
                    role=fields.text(one, "ServerType") or "Master",
                )
                for one in servers
            ),
            listeners=_listeners(body),
        )


def _listeners(body: Body) -> tuple[str, ...]:
    led = fields.structure(body, "AssociatedObjects")
    found = fields.members(led, "Listeners", "Listener")
    pairs = ((fields.text(one, "Protocol").lower(), fields.integer(one, "Port")) for one in found)
    return tuple(f"{protocol}/{port}" for protocol, port in pairs if protocol in PROTOCOLS)


def member_of(body: Body, balancer: str, group: str) -> Member:
    """Read a server of a CLB; what its kind of group does not show stays empty."""
    weight = fields.text(body, "Weight")
    return Member(
        product="slb",
        balancer=balancer,
        group=group,
        server=fields.text(body, "ServerId"),
        kind=fields.text(body, "Type").lower() or "ecs",
        ip=fields.text(body, "ServerIp"),
        port=fields.integer(body, "Port"),
        weight=fields.integer(body, "Weight") if weight else _DEFAULT_WEIGHT,
        description=fields.text(body, "Description"),
    )


def _server(member: Member) -> dict[str, Any]:
    server: dict[str, Any] = {
        "ServerId": member.server,
        "Type": member.kind,
        "Port": member.port,
        "Weight": member.weight,
        "ServerType": member.role,
    }
    if member.description:
        server["Description"] = member.description
    if member.kind != "ecs" and member.ip:
        server["ServerIp"] = member.ip
    return server
