"""Members of classic load balancers (CLB), found the long way and remembered for a moment.

No documented filter finds the vServer groups that name a server: ServerId of DescribeLoadBalancers
speaks of the load balancer, and it is open whether that includes them. So every CLB of the region
is read, at two calls and one for each vServer group that has members; where a listener can lead to a
primary/secondary group, which only TCP and UDP do, these cost one more and one for each. When a zone is reclaimed,
many recreations ask for the same at once; what was read a moment ago serves them all, and a
lookup that was throttled half-way does not begin anew.
"""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.network.pairs import PROTOCOLS, PairGroups, member_of
from worker.core.errors import Permanent
from worker.core.model import Member

# Source: DescribeLoadBalancers, PageSize: 1 to 100.
_BALANCERS_PER_PAGE: Final = 100
REMEMBERED_SECONDS: Final = 20.0


@dataclass(slots=True)
class Memory:
    """What each CLB held when it was read, and when that was; shared by threads."""

    seconds: float = REMEMBERED_SECONDS
    _known: dict[str, tuple[float, tuple[Member, ...]]] = field(default_factory=dict)
    _changes: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, balancer: str, now: float) -> tuple[Member, ...] | None:
        """Return the members of a CLB unless they were read too long ago."""
        with self._lock:
            at, members = self._known.get(balancer, (float("-inf"), ()))
        return members if now - at < self.seconds else None

    def changes(self, balancer: str) -> int:
        """Tell how often a CLB was changed; taken before it is read, and given to `put`."""
        with self._lock:
            return self._changes.get(balancer, 0)

    def put(self, balancer: str, members: tuple[Member, ...], now: float, *, changes: int) -> None:
        """Remember the members of a CLB, unless it was changed while it was read."""
        with self._lock:
            if self._changes.get(balancer, 0) == changes:
                self._known[balancer] = (now, members)

    def forget(self, balancer: str) -> None:
        """Let the next lookup read a CLB again, for it is changed."""
        with self._lock:
            self._changes[balancer] = self._changes.get(balancer, 0) + 1
            self._known.pop(balancer, None)


@dataclass(frozen=True, slots=True)
class ClassicMembers:
    """The members of one region's CLBs."""

    endpoint: Endpoint
    memory: Memory = field(default_factory=Memory)

    def find(self, server_ids: Sequence[str]) -> list[Member]:
        """Find every membership of these servers."""
        bodies = self.endpoint.list_by_number(
            "slb:DescribeLoadBalancers",
            {},
            "LoadBalancers",
            "LoadBalancer",
            size=_BALANCERS_PER_PAGE,
        )
        balancers = (fields.text(body, "LoadBalancerId") for body in bodies)
        return [
            member
            for balancer in balancers
            if balancer
            for member in self._members(balancer)
            if member.server in server_ids
        ]

    def add(self, member: Member) -> Body | Refusal:
        """Add a member; there is no token."""
        verb = "AddVServerGroupBackendServers" if member.group else "AddBackendServers"
        server = {**_server(member), "Weight": member.weight}
        if member.description:
            server["Description"] = member.description
        return self._change(f"slb:{verb}", member, server)

    def remove(self, member: Member) -> Body | Refusal:
        """Take a member out; the cloud ignores one that is not there."""
        verb = "RemoveVServerGroupBackendServers" if member.group else "RemoveBackendServers"
        return self._change(f"slb:{verb}", member, _server(member))

    def _change(self, action: str, member: Member, server: dict[str, Any]) -> Body | Refusal:
        place = (
            {"VServerGroupId": member.group}
            if member.group
            else {"LoadBalancerId": member.balancer}
        )
        servers = json.dumps([server], sort_keys=True)
        try:
            return self.endpoint.change(action, {**place, "BackendServers": servers})
        finally:
            # Also after a lost answer: the change may have taken effect.
            self.memory.forget(member.balancer)

    def _members(self, balancer: str) -> tuple[Member, ...]:
        known = self.memory.get(balancer, self.endpoint.clock.now())
        if known is not None:
            return known
        changes = self.memory.changes(balancer)
        found = (*self._default(balancer), *self._grouped(balancer))
        self.memory.put(balancer, found, self.endpoint.clock.now(), changes=changes)
        return found

    def _default(self, balancer: str) -> tuple[Member, ...]:
        """Read the default group, and the pairs if a listener can lead to one."""
        given = {"LoadBalancerId": balancer}
        body = self.endpoint.read_listing(
            "slb:DescribeLoadBalancerAttribute", given, "BackendServers"
        )
        servers = fields.members(body, "BackendServers", "BackendServer")
        paired = self._paired(balancer) if body and _can_be_paired(body) else ()
        return (*(member_of(one, balancer, "") for one in servers), *paired)

    def _paired(self, balancer: str) -> tuple[Member, ...]:
        try:
            found = PairGroups(self.endpoint).find(balancer)
        except Permanent as error:
            # A policy of an earlier release: the other memberships move all the same.
            self.endpoint.telemetry.event("pairs_not_read", balancer=balancer, code=error.code)
            return ()
        return tuple(
            replace(one, listeners=pair.listeners) for pair in found for one in pair.members
        )

    def _grouped(self, balancer: str) -> list[Member]:
        groups = self.endpoint.list_once(
            "slb:DescribeVServerGroups",
            {"LoadBalancerId": balancer},
            "VServerGroups",
            "VServerGroup",
        )
        found: list[Member] = []
        for body in groups:
            group = fields.text(body, "VServerGroupId")
            # A region whose answer has no count is asked for the members of each group.
            if group and fields.text(body, "ServerCount") != "0":
                given = {"VServerGroupId": group}
                found += self._read("slb:DescribeVServerGroupAttribute", given, balancer, group)
        return found

    def _read(
        self, action: str, given: dict[str, str], balancer: str, group: str
    ) -> tuple[Member, ...]:
        bodies = self.endpoint.list_once(action, given, "BackendServers", "BackendServer")
        return tuple(member_of(body, balancer, group) for body in bodies)


def _can_be_paired(body: Body) -> bool:
    """Tell whether a CLB has a listener over TCP or UDP, or does not tell of its listeners."""
    if "ListenerPortsAndProtocol" not in body:
        return True
    told = fields.members(body, "ListenerPortsAndProtocol", "ListenerPortAndProtocol")
    return any(fields.text(one, "ListenerProtocol").lower() in PROTOCOLS for one in told)


def _server(member: Member) -> dict[str, Any]:
    server: dict[str, Any] = {"ServerId": member.server, "Type": member.kind}
    if member.group:
        server["Port"] = member.port
    # An instance has one address here; an interface is told apart by it.
    if member.kind != "ecs" and member.ip:
        server["ServerIp"] = member.ip
    return server
