"""Server groups of ALB 2020-06-16 and NLB 2022-04-30: two products with one manner.

A change is a job: members are Adding, Configuring or Removing and their group is Configuring until
it ends; until then the next change is refused. Sources: AddServersToServerGroup and its
neighbours in the API references of both products, with their error tables.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from emulator.state.balancers.book import BalancerBook, address_of, shown
from emulator.state.balancers.records import Backend, Group, Job
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.paging import token_page
from emulator.state.ecs.params import Params, read, shapes
from emulator.state.ecs.tokens import TokenBook
from emulator.state.errors import ApiError, dry_run_passed, no_action

DEFAULT_PAGE = 20
MAX_PAGE = 100
# Source: AddServersToServerGroup, Servers.
SERVERS_PER_CALL = 200
DEFAULT_WEIGHT = 100
MAX_WEIGHT = 100
MAX_PORT = 65535
MILLISECONDS = 1000

# Of a group whose maker named none of it. Source: CreateServerGroup of both products.
ALB_DEFAULTS: Mapping[str, Any] = {
    "HealthCheckConfig": {
        "HealthCheckEnabled": True,
        "HealthCheckConnectPort": 0,
        "HealthCheckHttpVersion": "HTTP1.1",
        "HealthCheckInterval": 2,
        "HealthCheckMethod": "HEAD",
        "HealthCheckTimeout": 5,
        "HealthyThreshold": 3,
        "UnhealthyThreshold": 3,
    },
    "StickySessionConfig": {"StickySessionEnabled": False},
}
NLB_DEFAULTS: Mapping[str, Any] = {
    "HealthCheck": {
        "HealthCheckEnabled": True,
        "HealthCheckConnectPort": 0,
        "HealthCheckConnectTimeout": 5,
        "HealthCheckInterval": 5,
        "HealthyThreshold": 2,
        "UnhealthyThreshold": 2,
    },
}

Call = Callable[["GroupService", Params, float], dict[str, Any]]


class GroupService:
    """The server groups of one product in one region.

    Args:
        book: The region's load balancers.
        product: `alb` or `nlb`.
    """

    def __init__(self, book: BalancerBook, product: str) -> None:
        self.book = book
        self.product = product
        self.groups = book.groups[product]
        self.jobs = book.jobs[product]
        assumptions = book.world.assumptions
        self._tokens = TokenBook(
            assumptions.client_token_seconds, assumptions.refusals_stick_to_token
        )

    @property
    def spelling(self) -> str:
        """How the product spells a server group in its error codes. Source: the error tables."""
        return "ServerGroup" if self.product == "alb" else "serverGroup"

    def call(self, action: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Carry out one action.

        Raises:
            ApiError: The provider's refusal.
        """
        world = self.book.world
        world.scheduler.run(now)
        handler = ACTIONS[self.product].get(action)
        if handler is None:
            world.complain(f"{self.product} has no action {action}")
            raise no_action()
        where = f"{self.product} {action}"
        given = read(where, shapes(self.product)[action], params, world.complain)
        return self._tokens.once(action, given.values(), now, lambda: handler(self, given, now))

    def group(self, group_id: str) -> Group:
        """Return a server group.

        Raises:
            ApiError: There is none with this id.
        """
        found = self.groups.get(group_id)
        if found is None:
            raise ApiError(
                404,
                f"ResourceNotFound.{self.spelling}",
                "The specified resource of ServerGroup is not found.",
            )
        return found


def list_server_groups(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """List server groups by id, name, VPC or type. Source: ListServerGroups of both products."""
    del now
    ids, names = set(params.texts("ServerGroupIds")), set(params.texts("ServerGroupNames"))
    vpc_id, kind = params.text("VpcId"), params.text("ServerGroupType")
    found = [
        each
        for each in service.groups.values()
        if (not ids or each.group_id in ids)
        and (not names or each.name in names)
        and vpc_id in ("", each.vpc_id)
        and kind in ("", each.kind)
    ]
    if params.groups("Tag") or params.text("ResourceGroupId"):
        found = []  # No group here has either.
    items, fields = _page(found, params)
    return {"ServerGroups": [_group_row(service, each) for each in items], **fields}


def _group_row(service: GroupService, group: Group) -> dict[str, Any]:
    row = {
        "ServerGroupId": group.group_id,
        "ServerGroupName": group.name,
        "ServerGroupStatus": group.status,
        "ServerGroupType": group.kind,
        "ServerCount": len(group.backends),
        "VpcId": group.vpc_id,
        "Scheduler": "Wrr",
        "Protocol": "HTTP" if service.product == "alb" else "TCP",
        "ResourceGroupId": "",
        "RelatedLoadBalancerIds": [],
        "Tags": [],
    }
    if service.product == "alb":
        return {**row, "CreateTime": to_second(group.created_at), **ALB_DEFAULTS}
    return {**row, "RegionId": service.book.region_id, **NLB_DEFAULTS}


def list_server_group_servers(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """List members, of one group or of all. Source: ListServerGroupServers of both products."""
    del now
    group_id = params.text("ServerGroupId")
    if not group_id and service.book.world.assumptions.server_list_needs_group:
        raise ApiError(
            400, "MissingParam.ServerGroupId", "The parameter of ServerGroupId is missing."
        )
    groups = [service.group(group_id)] if group_id else list(service.groups.values())
    ids, ips = set(params.texts("ServerIds")), set(params.texts("ServerIps"))
    found = [
        (group, each)
        for group in groups
        for each in group.backends
        if (not ids or each.server_id in ids) and (not ips or each.ip in ips)
    ]
    items, fields = _page(found, params)
    return {"Servers": [_server_row(service, *each) for each in items], **fields}


def _server_row(service: GroupService, group: Group, backend: Backend) -> dict[str, Any]:
    row = {
        "ServerGroupId": group.group_id,
        "ServerId": backend.server_id,
        "ServerType": backend.kind,
        "ServerIp": backend.ip,
        "Port": backend.port,
        "Weight": backend.weight,
        "Description": backend.description,
        "Status": backend.status,
    }
    return row if service.product == "alb" else {**row, "ZoneId": backend.zone_id}


def _page(found: list[Any], params: Params) -> tuple[Iterable[Any], dict[str, Any]]:
    items, fields = token_page(found, params, MAX_PAGE, DEFAULT_PAGE)
    return items, {**fields, "MaxResults": params.integer("MaxResults", DEFAULT_PAGE)}


def add_servers(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """Begin to add members. Source: AddServersToServerGroup."""
    group, items = _change(service, params)
    fresh = [_backend(service, group, item) for item in items]
    keys = {each.key for each in fresh}
    if len(keys) < len(fresh) or keys & {each.key for each in group.backends}:
        raise ApiError(400, "DuplicatedParam.Server", "The param of Server is duplicated.")
    _refuse_dry_run(params)
    for each in fresh:
        each.status = "Adding"
    group.backends += fresh
    return _begin(service, group, "AddServersToServerGroup", "Create", fresh, now)


def remove_servers(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """Begin to take members out. Source: RemoveServersFromServerGroup."""
    group, items = _change(service, params)
    leaving = [_member(group, item) for item in items]
    _refuse_dry_run(params)
    for each in leaving:
        each.status = "Removing"
    return _begin(service, group, "RemoveServersFromServerGroup", "Delete", leaving, now)


def update_servers(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """Begin to change weights and descriptions. Source: UpdateServerGroupServersAttribute."""
    group, items = _change(service, params)
    changing = [(_member(group, item), _weight(item), item) for item in items]
    _refuse_dry_run(params)
    for each, weight, item in changing:
        each.status, each.weight = "Configuring", weight
        each.description = item.text("Description", each.description)
    touched = [each for each, _, _ in changing]
    return _begin(service, group, "UpdateServerGroupServersAttribute", "Update", touched, now)


def _change(service: GroupService, params: Params) -> tuple[Group, list[Params]]:
    """Check what every change has in common."""
    group_id = params.text("ServerGroupId")
    if not group_id:
        raise ApiError(
            400, "MissingParam.ServerGroupId", "The parameter of ServerGroupId is missing."
        )
    group = service.group(group_id)
    items = params.groups("Servers")
    if not items:
        raise ApiError(400, "MissingParam.Servers", "The parameter of Servers is missing.")
    if len(items) > SERVERS_PER_CALL:
        raise _illegal("Servers")
    if group.is_busy:
        raise ApiError(
            400,
            f"IncorrectStatus.{service.spelling}",
            f"The status of servergroup [{group.group_id}] is incorrect.",
        )
    return group, items


def _refuse_dry_run(params: Params) -> None:
    if params.flag("DryRun"):
        raise dry_run_passed(400)


def _backend(service: GroupService, group: Group, item: Params) -> Backend:
    kind, server_id, port = item.text("ServerType"), item.text("ServerId"), item.integer("Port")
    if not 0 <= port <= MAX_PORT or (service.product == "alb" and not port):
        raise _illegal("Port")
    if (kind == "Ip") != (group.kind == "Ip"):
        raise ApiError(
            400, "Mismatch.ServerType", f"The ServerType is mismatched for {kind} and {group.kind}."
        )
    if kind == "Ip":
        return Backend(
            server_id, kind, server_id, port, _weight(item), "", item.text("Description")
        )
    if kind not in ("Ecs", "Eni"):
        service.book.world.complain(f"{service.product}: no server type {kind!r} is modelled")
        raise _illegal("ServerType")
    server = service.book.servers.find(server_id, kind)
    if server is None:
        raise ApiError(
            404, f"ResourceNotFound.{kind}", f"The specified resource of {kind} is not found."
        )
    if server.vpc_id != group.vpc_id:
        raise ApiError(
            400,
            "Mismatch.VpcId",
            f"The VpcId is mismatched for {server.vpc_id} and {group.vpc_id}.",
        )
    return Backend(
        server_id=server_id,
        kind=kind,
        ip=address_of(server, item.text("ServerIp"), _illegal("IP")),
        port=port,
        weight=_weight(item),
        zone_id=server.zone_id,
        description=item.text("Description"),
    )


def _weight(item: Params) -> int:
    weight = item.integer("Weight", DEFAULT_WEIGHT)
    if not 0 <= weight <= MAX_WEIGHT:
        raise _illegal("Weight")
    return weight


def _member(group: Group, item: Params) -> Backend:
    found = group.find(item.text("ServerId"), item.integer("Port"), item.text("ServerIp"))
    if found is None:
        raise ApiError(
            404,
            "ResourceNotFound.BackendServer",
            "The specified resource of BackendServer is not found.",
        )
    return found


def _illegal(name: str) -> ApiError:
    return ApiError(400, f"IllegalParam.{name}", f"The param of {name} is illegal.")


def _begin(
    service: GroupService,
    group: Group,
    action: str,
    operation: str,
    touched: list[Backend],
    now: float,
) -> dict[str, Any]:
    book = service.book
    until = book.occupy(group, now)
    bits = f"{book.world.rng.getrandbits(128):032x}"
    job_id = "-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:]))
    job = Job(job_id, action, operation, group.group_id, now)
    service.jobs[job_id] = job
    book.world.scheduler.at(until, lambda at: _settle(group, touched, job, at))
    book.record(now, service.product, action, group.group_id, servers=shown(touched))
    answer = {"JobId": job_id}
    return answer if service.product == "alb" else {**answer, "ServerGroupId": group.group_id}


def _settle(group: Group, touched: list[Backend], job: Job, at: float) -> None:
    job.ended_at = at
    for each in touched:
        if each.status == "Removing" and each in group.backends:
            group.backends.remove(each)
        each.status = "Available"


def list_asyn_jobs(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """List jobs. Source: ALB ListAsynJobs."""
    del now
    ids, resources = set(params.texts("JobIds")), set(params.texts("ResourceIds"))
    api = params.text("ApiName")
    found = [
        each
        for each in service.jobs.values()
        if (not ids or each.job_id in ids)
        and (not resources or each.group_id in resources)
        and api in ("", each.api)
    ]
    items, fields = _page(found, params)
    return {"Jobs": [_job_row(each) for each in items], **fields}


def _job_row(job: Job) -> dict[str, Any]:
    ended = job.started_at if job.ended_at is None else job.ended_at
    return {
        "Id": job.job_id,
        "ApiName": job.api,
        "OperateType": job.operation,
        "ResourceId": job.group_id,
        "ResourceType": "servergroup",
        "Status": "Processing" if job.ended_at is None else "Succeeded",
        "CreateTime": int(job.started_at * MILLISECONDS),
        "ModifyTime": int(ended * MILLISECONDS),
    }


def get_job_status(service: GroupService, params: Params, now: float) -> dict[str, Any]:
    """Show a job's state. Source: NLB GetJobStatus."""
    del now
    job = service.jobs.get(params.required("JobId"))
    if job is None:
        raise ApiError(404, "ResourceNotFound.job", "The specified resource of job is not found.")
    return {"Status": "processing" if job.ended_at is None else "Succeeded"}


_BOTH: Mapping[str, Call] = {
    "AddServersToServerGroup": add_servers,
    "ListServerGroupServers": list_server_group_servers,
    "ListServerGroups": list_server_groups,
    "RemoveServersFromServerGroup": remove_servers,
    "UpdateServerGroupServersAttribute": update_servers,
}
ACTIONS: Mapping[str, Mapping[str, Call]] = {
    "alb": {**_BOTH, "ListAsynJobs": list_asyn_jobs},
    "nlb": {**_BOTH, "GetJobStatus": get_job_status},
}
