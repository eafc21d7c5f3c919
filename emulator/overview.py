"""What is in the cloud, as plain data for the control API, tests and the page.

It shows what the APIs hide or delay: the true state, contents of disks, messages under a lease.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from emulator import overview_balancers, overview_ecs
from emulator.faults import Answer
from emulator.http.service import Service
from emulator.state.cloud import Cloud
from emulator.state.queue_dump import dump_queue
from emulator.state.world import LedgerEntry

Rows = list[dict[str, Any]]

# The page polls; it shows the newest ones only.
_SHOWN_ENTRIES = 200
_PAGE = 100


def _per_region(one: Callable[[Cloud, str, float], Iterable[dict[str, Any]]]) -> "Dump":
    def dump(service: Service, now: float) -> Rows:
        cloud = service.cloud
        return [{"region": name, **row} for name in cloud.regions for row in one(cloud, name, now)]

    return dump


def _queues(cloud: Cloud, region: str, now: float) -> Iterator[dict[str, Any]]:
    service = cloud.queues(region)
    marker: str | None = ""
    while marker is not None:
        page = service.list_queues(marker=marker)
        for queue in page.queues:
            # Opening it lets time do its work on it: leases end, retention expires.
            yield dump_queue(service.get_queue(queue.name, now), now)
        marker = page.next_marker


def _rules(cloud: Cloud, region: str, now: float) -> Iterator[dict[str, Any]]:
    call = cloud.rules[region].call
    for bus in _pages(call, "ListEventBuses", {}, "EventBuses", now):
        named = {"EventBusName": bus["EventBusName"]}
        for rule in _pages(call, "ListRules", named, "Rules", now):
            data = call("GetRule", {**named, "RuleName": rule["RuleName"]}, now)["Data"]
            yield {"bus": bus["EventBusName"], **data}


def _pages(
    call: Callable[[str, Mapping[str, Any], float], Mapping[str, Any]],
    action: str,
    params: Mapping[str, Any],
    items: str,
    now: float,
) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        paging = {"Limit": _PAGE, **({"NextToken": token} if token else {})}
        data = call(action, {**params, **paging}, now)["Data"]
        yield from data[items]
        token = data.get("NextToken") or ""
        if not token:
            return


def _ledger(service: Service, _: float) -> Rows:
    return [_entry(entry) for entry in service.cloud.ledger]


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "product": entry.product,
        "region": entry.region,
        "action": entry.action,
        "resource_id": entry.resource_id,
        "detail": _plain(entry.detail),
    }


def _plain(value: object) -> Any:
    """Make JSON of what services put into the ledger; sets and tuples become lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(child) for child in value]
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return str(value)


def _requests(service: Service, _: float) -> Rows:
    return [request.as_json() for request in service.requests]


def _permissions(service: Service, _: float) -> Rows:
    return service.permissions.listing()


def _faults(service: Service, _: float) -> Rows:
    return service.faults.listing()


def _complaints(service: Service, _: float) -> list[str]:
    return list(service.cloud.complaints)


def _assumptions(service: Service, _: float) -> dict[str, Any]:
    return asdict(service.cloud.world.assumptions)


Dump = Callable[[Service, float], Any]

DUMPS: Mapping[str, Dump] = {
    "instances": _per_region(overview_ecs.instances),
    "disks": _per_region(overview_ecs.disks),
    "images": _per_region(overview_ecs.images),
    "snapshots": _per_region(overview_ecs.snapshots),
    "addresses": _per_region(overview_ecs.addresses),
    "interfaces": _per_region(overview_ecs.interfaces),
    "balancers": _per_region(overview_balancers.balancers),
    "queues": _per_region(_queues),
    "rules": _per_region(_rules),
    "ledger": _ledger,
    "requests": _requests,
    "permissions": _permissions,
    "faults": _faults,
    "complaints": _complaints,
    "assumptions": _assumptions,
}


def summary(service: Service, ports: Mapping[str, int], now: float) -> dict[str, Any]:
    """Return what the page shows: everything at once, the newest entries of the logs first."""
    cloud = service.cloud
    wanted = ("instances", "disks", "images", "snapshots", "balancers", "faults", "complaints")
    newest = cloud.ledger[-_SHOWN_ENTRIES:]
    return {
        "clock": service.clock.as_json(),
        "account_id": cloud.world.account_id,
        "regions": [_region(cloud, name, port) for name, port in ports.items()],
        **{name: DUMPS[name](service, now) for name in wanted},
        "queues": [_queue_row(queue) for queue in DUMPS["queues"](service, now)],
        "rules": [_rule_row(rule) for rule in DUMPS["rules"](service, now)],
        "ledger": [_entry(entry) for entry in reversed(newest)],
        "requests": [r.as_json() for r in reversed(list(service.requests)[-_SHOWN_ENTRIES:])],
        "long_polls": service.polls.count,
        "fault_answers": [answer.value for answer in Answer],
    }


def _region(cloud: Cloud, name: str, port: int) -> dict[str, Any]:
    return {
        "id": name,
        "url": f"http://127.0.0.1:{port}",
        "zones": overview_ecs.zones(cloud, name),
    }


def _queue_row(queue: dict[str, Any]) -> dict[str, Any]:
    policy = queue["attributes"]["dlq_policy"]
    return {
        "region": queue["region"],
        "name": queue["name"],
        "dead_letter_queue": policy["target"] if policy["enabled"] else "",
        "max_receive_count": policy["max_receive_count"],
        "messages": [_message_row(message) for message in queue["messages"]],
    }


def _message_row(message: dict[str, Any]) -> dict[str, Any]:
    properties = (*message["user_properties"], *message["system_properties"])
    return {
        "id": message["message_id"],
        "state": message["state"],
        "body": message["body"],
        "deliveries": message["deliveries"],
        "visible_at": message["visible_at"],
        "properties": [{"name": each["name"], "value": each["value"]} for each in properties],
    }


def _rule_row(rule: dict[str, Any]) -> dict[str, Any]:
    return {
        "region": rule["region"],
        "bus": rule["bus"],
        "name": rule["RuleName"],
        "status": rule["Status"],
        "pattern": rule["FilterPattern"],
        "targets": [f"{each['Type']}  {each['Endpoint']}" for each in rule.get("Targets", [])],
    }
