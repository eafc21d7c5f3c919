"""The servers that a call to a classic load balancer names, read and looked up."""

from collections.abc import Mapping
from typing import Any

from emulator.state.balancers.book import BalancerBook, address_of
from emulator.state.balancers.records import Backend, ClassicBalancer
from emulator.state.ecs.params import Params, loose_json
from emulator.state.errors import ApiError

# Source: AddBackendServers, BackendServers.
SERVERS_PER_CALL = 20
DEFAULT_WEIGHT = 100
MAX_WEIGHT = 100
MAX_PORT = 65535
KINDS = ("ecs", "eni")
MEMBER_FIELDS = frozenset({"ServerId", "Weight", "Type", "ServerIp", "Port", "Description"})


def backend_of(
    book: BalancerBook, balancer: ClassicBalancer, item: Mapping[str, Any], *, with_port: bool
) -> Backend:
    """Make a member of what a call asks for.

    Raises:
        ApiError: The server is not there, does not run, or is of another VPC.
    """
    server = book.servers.find(item["ServerId"], item["Type"].capitalize())
    if server is None or not server.is_running:
        raise ApiError(
            400,
            "ObtainIpFail",
            "The specified BackendServers is invalid; some of the specified backend servers do "
            "not exist or are not running.",
        )
    if server.vpc_id != balancer.vpc_id:
        raise ApiError(
            400,
            "InvalidBackendServers.Inconsistent",
            "All BackendServers on one Specified LoadBalancer have to be in the same vpc or all "
            "classic",
        )
    if with_port and not 1 <= item["Port"] <= MAX_PORT:
        raise invalid(
            "The specified BackendServers is invalid, as the Port value should be in [1, 65535]."
        )
    ip = address_of(server, item["ServerIp"], invalid("The Rs IP is empty."))
    return Backend(
        server_id=server.server_id,
        kind=item["Type"],
        ip=ip,
        port=item["Port"] if with_port else 0,
        weight=item["Weight"],
        zone_id=server.zone_id,
        description=item["Description"],
    )


def members_of(
    book: BalancerBook,
    params: Params,
    name: str = "BackendServers",
    known: frozenset[str] = MEMBER_FIELDS,
    *,
    ids_too: bool = False,
) -> list[dict[str, Any]]:
    """Read a parameter like BackendServers: a JSON list of structures in a string.

    Args:
        book: The region's balancers.
        params: The call's parameters.
        name: Name of the parameter.
        known: The fields that a structure may have.
        ids_too: Whether an id alone may stand for a structure.

    Raises:
        ApiError: It cannot be read, or has a value out of its range.
    """
    items = loose_json(params.required(name))
    if ids_too and isinstance(items, list):
        items = [{"ServerId": each} if isinstance(each, str) else each for each in items]
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise invalid("The specified BackendServers is invalid.")
    if len(items) > SERVERS_PER_CALL:
        raise ApiError(
            400,
            "TooManyBackendServers",
            "The total number of input real servers exceeds max supported number: 20",
        )
    return [_member(book, each, known) for each in items]


def _member(book: BalancerBook, item: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    unknown = sorted(set(item) - known)
    if unknown:
        book.world.complain(f"slb BackendServers has no {', '.join(unknown)}")
        raise invalid("The specified BackendServers is invalid.")
    kind = str(item.get("Type", "ecs"))
    if not item.get("ServerId") or kind not in KINDS:
        raise invalid("The specified BackendServers is invalid.")
    weight = _whole(item.get("Weight", DEFAULT_WEIGHT))
    if not 0 <= weight <= MAX_WEIGHT:
        raise ApiError(400, "InvalidWeight.Malformed", "A specified weight is not valid.")
    return {
        "ServerId": str(item["ServerId"]),
        "Type": kind,
        "ServerIp": str(item.get("ServerIp", "")),
        "Port": _whole(item.get("Port", 0)),
        "Weight": weight,
        "Description": str(item.get("Description", "")),
        "ServerType": str(item.get("ServerType", "Master")),
    }


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise invalid("The specified BackendServers is invalid.") from None


def invalid(message: str) -> ApiError:
    """Refuse a value, as the CLB API does for some forty reasons."""
    return ApiError(400, "InvalidParameter", message)
