"""Members of the server groups of ALB and NLB: two products with one manner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.core.model import BalancerProduct, Member

# Source: ListServerGroups and ListServerGroupServers, MaxResults: 1 to 100.
_PER_PAGE: Final = 100
_DEFAULT_WEIGHT: Final = 100


@dataclass(frozen=True, slots=True)
class GroupMembers:
    """The members of one product's server groups in one region."""

    endpoint: Endpoint
    product: BalancerProduct

    def find(self, server_ids: Sequence[str]) -> list[Member]:
        """Find every membership of these servers."""
        # The group is documented as optional; where the cloud wants it, each group is asked.
        found = self._servers(server_ids, {})
        if isinstance(found, Refusal):
            found = self._group_by_group(server_ids)
        members = (_member_of(body, self.product) for body in found)
        # Looked at again: a filter that the cloud did not understand would move strangers.
        return [one for one in members if one.server in server_ids and one.group]

    def add(self, member: Member, token: str) -> Body | Refusal:
        """Begin to add a member."""
        server = {**_server(member), "Weight": member.weight}
        if member.description:
            server["Description"] = member.description
        return self._change("AddServersToServerGroup", member, server, token)

    def remove(self, member: Member, token: str) -> Body | Refusal:
        """Begin to take a member out."""
        return self._change("RemoveServersFromServerGroup", member, _server(member), token)

    def _change(
        self, verb: str, member: Member, server: dict[str, Any], token: str
    ) -> Body | Refusal:
        params = {"ServerGroupId": member.group, "Servers": [server], "ClientToken": token}
        return self.endpoint.change(f"{self.product}:{verb}", params)

    def _group_by_group(self, server_ids: Sequence[str]) -> list[Body]:
        groups = self.endpoint.list_by_token(
            f"{self.product}:ListServerGroups", {"MaxResults": _PER_PAGE}, "ServerGroups", ""
        )
        found: list[Body] = []
        for body in groups:
            group = fields.text(body, "ServerGroupId")
            if not group or fields.text(body, "ServerCount") == "0":
                continue
            servers = self._servers(server_ids, {"ServerGroupId": group})
            if isinstance(servers, Refusal):
                raise servers.error
            found += servers
        return found

    def _servers(self, server_ids: Sequence[str], place: dict[str, str]) -> list[Body] | Refusal:
        return self.endpoint.probe_by_token(
            f"{self.product}:ListServerGroupServers",
            {**place, "ServerIds": list(server_ids), "MaxResults": _PER_PAGE},
            "Servers",
            "",
        )


def _member_of(body: Body, product: BalancerProduct) -> Member:
    weight = fields.text(body, "Weight")
    return Member(
        product=product,
        balancer="",
        group=fields.text(body, "ServerGroupId"),
        server=fields.text(body, "ServerId"),
        kind=fields.text(body, "ServerType").lower(),
        ip=fields.text(body, "ServerIp"),
        port=fields.integer(body, "Port"),
        weight=fields.integer(body, "Weight") if weight else _DEFAULT_WEIGHT,
        description=fields.text(body, "Description"),
        status=fields.text(body, "Status"),
    )


def _server(member: Member) -> dict[str, Any]:
    server: dict[str, Any] = {
        "ServerId": member.server,
        "ServerType": member.kind.capitalize(),
        "Port": member.port,
    }
    if member.kind != "ecs" and member.ip:
        server["ServerIp"] = member.ip
    return server
