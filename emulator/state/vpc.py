"""Virtual Private Cloud 2016-04-28: VPCs, vSwitches with their address pools, elastic IPs."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import agrees
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, missing, read, shapes
from emulator.state.ecs.tokens import TokenBook
from emulator.state.eip import ADDRESS_ACTIONS, AddressBook
from emulator.state.errors import dry_run_passed, no_action
from emulator.state.networks import Networks, VSwitch
from emulator.state.world import World

PAGES = PageRule(default=10, maximum=50)
# What is so of every VPC and vSwitch here, as its row says.
_ALIKE: Mapping[str, str | bool] = {
    "DhcpOptionsSetId": "",
    "EnableIpv6": False,
    "ResourceGroupId": "",
}
Call = Callable[["VpcService", Params, float], dict[str, Any]]


class VpcService:
    """The networks and elastic IPs of one region."""

    def __init__(self, world: World, region: str, catalogue: Catalogue) -> None:
        self.world = world
        self.region_id = region
        self.networks = Networks(catalogue.region(region), world.rng)
        self.addresses = AddressBook(world, region, catalogue.region(region).code)
        assumptions = world.assumptions
        self._tokens = TokenBook(
            assumptions.client_token_seconds, assumptions.refusals_stick_to_token
        )

    def call(self, action: str, params: Mapping[str, Any], now: float) -> dict[str, Any]:
        """Carry out one action of the VPC API.

        Raises:
            ApiError: The provider's refusal.
        """
        self.world.scheduler.run(now)
        if action not in _CALLS and action not in ADDRESS_ACTIONS:
            self.world.complain(f"vpc has no action {action}")
            raise no_action()
        given = read(f"vpc {action}", shapes("vpc")[action], params, self.world.complain)
        return self._tokens.once(
            action, given.values(), now, lambda: self._carry_out(action, given, now)
        )

    def _carry_out(self, action: str, given: Params, now: float) -> dict[str, Any]:
        if action.startswith("Describe") and given.flag("DryRun"):
            # Source: DescribeVpcs and DescribeVSwitches, DryRun.
            raise dry_run_passed(self.world.assumptions.dry_run_status)
        if action in ADDRESS_ACTIONS:
            return ADDRESS_ACTIONS[action](self.addresses, given, now)
        return _CALLS[action](self, given, now)


def describe_vpcs(vpc: VpcService, params: Params, now: float) -> dict[str, Any]:
    """List VPCs. Source: VPC DescribeVpcs."""
    del now
    wanted = set(filter(None, params.text("VpcId").split(",")))
    found = [
        each
        for each in vpc.networks.vpcs.values()
        if (not wanted or each.vpc_id in wanted)
        and params.text("VpcName") in {"", each.name}
        and agrees(params, {"IsDefault": each.is_default})
    ]
    items, fields = page(found if _alike(params) else [], params, PAGES)
    rows = [
        {
            "VpcId": each.vpc_id,
            "VpcName": each.name,
            "RegionId": vpc.region_id,
            "CidrBlock": each.cidr,
            "Status": "Available",
            "IsDefault": each.is_default,
            "CreationTime": to_second(each.created_at),
            "Description": "",
            "ResourceGroupId": "",
            "OwnerId": int(vpc.world.account_id),
            "VRouterId": f"vrt-{each.vpc_id.removeprefix('vpc-')}",
            "RouterTableIds": {"RouterTableIds": [_route_table(each.vpc_id)]},
            "Tags": {"Tag": []},
            "VSwitchIds": {"VSwitchId": vpc.networks.ids_of(each.vpc_id)},
        }
        for each in items
    ]
    return {"Vpcs": {"Vpc": rows}, **fields}


def describe_vswitches(vpc: VpcService, params: Params, now: float) -> dict[str, Any]:
    """List vSwitches by id, VPC, zone or name. Source: VPC DescribeVSwitches."""
    wanted = {
        "vswitch_id": params.text("VSwitchId"),
        "vpc_id": params.text("VpcId"),
        "zone_id": params.text("ZoneId"),
        "name": params.text("VSwitchName"),
    }
    found = [
        each
        for each in vpc.networks.vswitches.values()
        if all(not value or getattr(each, name) == value for name, value in wanted.items())
        and agrees(params, {"IsDefault": each.is_default})
    ]
    items, fields = page(found if _alike(params) else [], params, PAGES)
    return {"VSwitches": {"VSwitch": [_full_row(vpc, each, now) for each in items]}, **fields}


def describe_vswitch_attributes(vpc: VpcService, params: Params, now: float) -> dict[str, Any]:
    """Show one vSwitch. Source: VPC DescribeVSwitchAttributes."""
    if not (vswitch_id := params.text("VSwitchId")):
        raise missing("VSwitchId")
    return _full_row(vpc, vpc.networks.vswitch(vswitch_id), now)


def _alike(params: Params) -> bool:
    """Tell whether what is asked for is so of every network here; none of them has tags."""
    return agrees(params, _ALIKE) and not params.groups("Tag")


def _route_table(vpc_id: str) -> str:
    return f"vtb-{vpc_id.removeprefix('vpc-')}"


def _full_row(vpc: VpcService, each: VSwitch, now: float) -> dict[str, Any]:
    """Show a vSwitch as VPC does, with more than the old ECS action."""
    return {
        **vswitch_row(each, now),
        "OwnerId": int(vpc.world.account_id),
        "RouteTable": {"RouteTableId": _route_table(each.vpc_id), "RouteTableType": "System"},
        "Tags": {"Tag": []},
    }


def vswitch_row(each: VSwitch, now: float) -> dict[str, Any]:
    """Show a vSwitch as both VPC and the old ECS action do."""
    return {
        "VSwitchId": each.vswitch_id,
        "VSwitchName": each.name,
        "VpcId": each.vpc_id,
        "ZoneId": each.zone_id,
        "CidrBlock": each.cidr,
        "Status": each.status,
        "AvailableIpAddressCount": each.available(now),
        "IsDefault": each.is_default,
        "CreationTime": to_second(each.created_at),
        "Description": "",
        "ResourceGroupId": "",
    }


_CALLS: Mapping[str, Call] = {
    "DescribeVpcs": describe_vpcs,
    "DescribeVSwitches": describe_vswitches,
    "DescribeVSwitchAttributes": describe_vswitch_attributes,
}
