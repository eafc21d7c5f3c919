"""Load balancers as plain data; see `emulator.overview`."""

from collections.abc import Iterator
from typing import Any

from emulator.state.balancers.records import Group
from emulator.state.cloud import Cloud

Row = dict[str, Any]


def balancers(cloud: Cloud, region: str, _now: float) -> Iterator[Row]:
    """Show every server group with its members; a CLB has a default group besides its others."""
    book = cloud.balancers[region].book
    for each in book.classic.values():
        for group in each.serving():
            yield _group("clb", each.balancer_id, group)
    for kind, groups in book.groups.items():
        for group in groups.values():
            yield _group(kind, "", group)


def _group(kind: str, balancer_id: str, group: Group) -> Row:
    return {
        "kind": kind,
        "balancer_id": balancer_id,
        "id": group.group_id,
        "name": group.name,
        "status": group.status,
        "members": [
            {
                "server_id": each.server_id,
                "type": each.kind,
                "ip": each.ip,
                "port": each.port,
                "weight": each.weight,
                "status": each.status,
            }
            for each in group.backends
        ],
    }
