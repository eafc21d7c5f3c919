"""Elastic IPs: asynchronous, busy while in transition, free again when their instance goes.

Source: VPC AssociateEipAddress and UnassociateEipAddress: an EIP in transition accepts only
queries, has one target at a time, and the target must not have a static public IP.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import agrees, created_in_time
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.tags import TagStore, filters_of
from emulator.state.eip_tags import EIP, TYPES, check_room, ids_of, no_type, tags_of
from emulator.state.errors import ApiError
from emulator.state.scheduler import Timer
from emulator.state.world import World

PAGES = PageRule(default=10, maximum=100)
# What is so of every EIP here, as its row says.
_ALIKE: Mapping[str, str | bool] = {
    "ChargeType": "PostPaid",
    "LockReason": "",
    "PublicIpAddressPoolId": "",
    "ResourceGroupId": "",
    "SegmentInstanceId": "",
    "ServiceManaged": False,
}


class EipTargets(Protocol):
    """What ECS tells about a target, and is told about its EIP."""

    eip_seconds: float

    def check_target(self, target_id: str, target_type: str) -> str:
        """Refuse what cannot take an EIP; return the target's private address."""
        ...

    def can_unbind(self, target_id: str) -> bool:
        """Tell whether a target may give its EIP away."""
        ...

    def bind(self, target_id: str, target_type: str, eip: "Eip | None") -> bool:
        """Note the EIP of a target, or that it has none any more; False when it is gone."""
        ...


@dataclass(slots=True)
class Eip:
    """An elastic IP."""

    allocation_id: str
    address: str
    bandwidth: int
    internet_charge_type: str
    created_at: float
    name: str = ""
    isp: str = "BGP"
    description: str = ""
    status: str = "Available"
    target_id: str = ""
    target_type: str = ""
    private_ip: str = ""
    timer: Timer | None = None


class AddressBook:
    """The elastic IPs of one region."""

    def __init__(self, world: World, region: str, code: str) -> None:
        self.world = world
        self.region_id = region
        self._code = code
        self.eips: dict[str, Eip] = {}
        self.tags = TagStore()
        self.targets: EipTargets | None = None

    def find(self, allocation_id: str) -> Eip:
        """Return an EIP.

        Raises:
            ApiError: There is none with this id.
        """
        eip = self.eips.get(allocation_id)
        if eip is None:
            raise ApiError(
                404, "InvalidAllocationId.NotFound", "The specified AllocationId does not exist."
            )
        return eip

    def public_address(self) -> str:
        """Make up a public address that no other resource has."""
        rng = self.world.rng
        return f"47.{rng.randrange(88, 128)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"

    def allocate(
        self, now: float, *, bandwidth: int, charge: str, name: str = "", address: str = ""
    ) -> Eip:
        """Create an EIP, of an address of its own unless one is given."""
        allocation_id = f"eip-{self._code}{self.world.rng.getrandbits(68):017x}"
        eip = Eip(allocation_id, address or self.public_address(), bandwidth, charge, now, name)
        self.eips[allocation_id] = eip
        self._record(now, "AllocateEipAddress", eip)
        return eip

    def tag(self, eip: Eip, tags: Mapping[str, str], now: float) -> None:
        """Set tags, which describe calls show a little later.

        Raises:
            ApiError: It would have too many.
        """
        check_room(self.tags.all_of(eip.allocation_id), tags)
        visible_at = now + self.world.assumptions.describe_lag_seconds
        self.tags.put(eip.allocation_id, tags, visible_at)

    def bind_now(self, eip: Eip, target_id: str, target_type: str, private_ip: str) -> None:
        """Bind an EIP without a transition, as a seed or the end of one does."""
        eip.status, eip.target_id, eip.target_type = "InUse", target_id, target_type
        eip.private_ip, eip.timer = private_ip, None
        if self.targets is not None and not self.targets.bind(target_id, target_type, eip):
            eip.status, eip.target_id, eip.target_type = "Available", "", ""

    def free_now(self, eip: Eip, at: float) -> None:
        """Unbind an EIP without a transition, as the release of its target does."""
        target_id, target_type = eip.target_id, eip.target_type
        if eip.timer is not None:
            eip.timer.cancel()
        eip.status, eip.target_id, eip.target_type, eip.private_ip = "Available", "", "", ""
        eip.timer = None
        if self.targets is not None and target_id:
            self.targets.bind(target_id, target_type, None)
        self._record(at, "EipFreed", eip)

    def associate(self, eip: Eip, target_id: str, target_type: str, now: float) -> None:
        """Begin to bind an EIP. Source: VPC AssociateEipAddress."""
        if eip.status == "InUse" and eip.target_id == target_id:
            return
        _require(eip, "Available")
        targets = self._targets()
        private_ip = targets.check_target(target_id, target_type)
        eip.status, eip.target_id, eip.target_type = "Associating", target_id, target_type
        self._record(now, "AssociateEipAddress", eip)
        eip.timer = self.world.scheduler.at(
            now + targets.eip_seconds,
            lambda _: self.bind_now(eip, target_id, target_type, private_ip),
        )

    def unassociate(self, eip: Eip, now: float) -> None:
        """Begin to unbind an EIP. Source: VPC UnassociateEipAddress."""
        _require(eip, "InUse")
        if not self._targets().can_unbind(eip.target_id):
            raise ApiError(
                400,
                "IncorrectInstanceStatus",
                "The current status of the resource does not support this operation.",
            )
        eip.status = "Unassociating"
        self._record(now, "UnassociateEipAddress", eip)
        eip.timer = self.world.scheduler.at(
            now + self._targets().eip_seconds, lambda at: self.free_now(eip, at)
        )

    def _targets(self) -> EipTargets:
        if self.targets is None:
            raise ApiError(400, "InvalidInstanceId.NotFound", "This region has no instances.")
        return self.targets

    def _record(self, at: float, action: str, eip: Eip) -> None:
        detail = {"target_id": eip.target_id, "address": eip.address}
        self.world.record(at, "vpc", self.region_id, action, eip.allocation_id, **detail)


def _require(eip: Eip, status: str) -> None:
    if eip.status != status:
        raise ApiError(
            400,
            "IncorrectEipStatus",
            f"Current elastic IP status {eip.status} does not support this operation.",
        )


def describe_eip_addresses(book: AddressBook, params: Params, now: float) -> dict[str, Any]:
    """List EIPs. Source: VPC DescribeEipAddresses."""
    wanted = {
        "address": params.text("EipAddress"),
        "status": params.text("Status"),
        "target_id": params.text("AssociatedInstanceId"),
        "target_type": params.text("AssociatedInstanceType"),
        "name": params.text("EipName"),
    }
    ids = set(filter(None, params.text("AllocationId").split(",")))
    in_time, tagged = created_in_time(params), filters_of(params)
    found = [
        each
        for each in book.eips.values()
        if (not ids or each.allocation_id in ids)
        and all(not value or getattr(each, name) == value for name, value in wanted.items())
        and agrees(params, {"ISP": each.isp})
        and in_time(each.created_at)
        and book.tags.matches(each.allocation_id, tagged, now)
    ]
    items, fields = page(found if agrees(params, _ALIKE) else [], params, PAGES)
    rows = [_row(book, each, now) for each in items]
    return {"EipAddresses": {"EipAddress": rows}, **fields}


def _row(book: AddressBook, eip: Eip, now: float) -> dict[str, Any]:
    region_id = book.region_id
    # Unlike the rows of ECS, whose tags have a TagKey and a TagValue.
    tags = book.tags.seen(eip.allocation_id, now).items()
    return {
        "AllocationId": eip.allocation_id,
        "IpAddress": eip.address,
        "Name": eip.name,
        "Status": eip.status,
        "InstanceId": eip.target_id,
        "InstanceType": eip.target_type,
        "InstanceRegionId": region_id if eip.target_id else "",
        "PrivateIpAddress": eip.private_ip,
        "RegionId": region_id,
        "Bandwidth": str(eip.bandwidth),
        "InternetChargeType": eip.internet_charge_type,
        "ChargeType": "PostPaid",
        "BusinessStatus": "Normal",
        "AllocationTime": to_second(eip.created_at),
        "ISP": eip.isp,
        "Netmode": "public",
        "Description": eip.description,
        "ResourceGroupId": "",
        "BandwidthPackageId": "",
        "HDMonitorStatus": "OFF",
        "DeletionProtection": False,
        "SecondLimited": False,
        "SecurityProtectionTypes": {"SecurityProtectionType": []},
        "VpcId": "",
        "OperationLocks": {"LockReason": []},
        "Tags": {"Tag": [{"Key": key, "Value": value} for key, value in tags]},
    }


_TERMS = frozenset({"PostPaid", "PrePaid"})
_MOST_BANDWIDTH: Mapping[tuple[str, str], int] = {
    ("PostPaid", "PayByBandwidth"): 500,
    ("PostPaid", "PayByTraffic"): 200,
    ("PrePaid", "PayByBandwidth"): 1000,
}


def allocate_eip_address(book: AddressBook, params: Params, now: float) -> dict[str, Any]:
    """Create an EIP. Source: VPC AllocateEipAddress, by default of 5 Mbit/s and PayByBandwidth."""
    name, description = params.text("Name"), params.text("Description")
    _check_text("Name", name, 128)
    _check_text("Description", description, 256)
    charge, bandwidth = _charged(params)
    tags = tags_of(params)
    eip = book.allocate(now, bandwidth=bandwidth, charge=charge, name=name)
    eip.isp, eip.description = params.text("ISP", "BGP"), description
    book.tag(eip, tags, now)
    return {"AllocationId": eip.allocation_id, "EipAddress": eip.address}


def _charged(params: Params) -> tuple[str, int]:
    """Return how the traffic is paid for, and the Mbit/s, which have a range for each way.

    Source: VPC AllocateEipAddress, Bandwidth, InternetChargeType and InstanceChargeType.
    """
    terms = params.text("InstanceChargeType", "PostPaid")
    charge = params.text("InternetChargeType", "PayByBandwidth")
    most = _MOST_BANDWIDTH.get((terms, charge))
    if most is None:
        raise malformed("InternetChargeType" if terms in _TERMS else "InstanceChargeType")
    return charge, params.count("Bandwidth", most) or 5


def _check_text(name: str, text: str, longest: int) -> None:
    if len(text) > longest or text.startswith(("http://", "https://")):
        raise malformed(name)


def associate_eip_address(book: AddressBook, params: Params, now: float) -> dict[str, Any]:
    """Bind an EIP to an instance or a network interface."""
    eip = book.find(params.required("AllocationId"))
    target_type = params.text("InstanceType", "EcsInstance")
    book.associate(eip, params.required("InstanceId"), target_type, now)
    return {}


def unassociate_eip_address(book: AddressBook, params: Params, now: float) -> dict[str, Any]:
    """Unbind an EIP."""
    eip = book.find(params.required("AllocationId"))
    target_id = params.text("InstanceId")
    if target_id and eip.target_id and eip.target_id != target_id:
        raise ApiError(400, "InvalidInstanceId.NotFound", f"The EIP is not bound to {target_id}.")
    book.unassociate(eip, now)
    return {}


def release_eip_address(book: AddressBook, params: Params, now: float) -> dict[str, Any]:
    """Give an EIP back. Source: VPC ReleaseEipAddress: only an unbound one."""
    eip = book.find(params.required("AllocationId"))
    _require(eip, "Available")
    del book.eips[eip.allocation_id]
    book.tags.drop(eip.allocation_id)
    book.world.record(now, "vpc", book.region_id, "ReleaseEipAddress", eip.allocation_id)
    return {}


def tag_resources(book: AddressBook, params: Params, now: float) -> dict[str, Any]:
    """Set tags on up to 50 EIPs; nothing else of a VPC has tags here. Source: VPC TagResources."""
    kind = params.required("ResourceType").lower()
    if kind != EIP:
        if kind in TYPES:
            book.world.complain(f"vpc TagResources of {kind} is not modelled")
        raise no_type()
    ids, tags = ids_of(params, book.eips), tags_of(params)
    if not tags:
        raise missing("Tag")
    for each in ids:
        check_room(book.tags.all_of(each), tags)
    for each in ids:
        book.tag(book.eips[each], tags, now)
        book.world.record(now, "vpc", book.region_id, "TagResources", each, tags=tags)
    return {}


AddressCall = Callable[[AddressBook, Params, float], dict[str, Any]]
ADDRESS_ACTIONS: Mapping[str, AddressCall] = {
    "DescribeEipAddresses": describe_eip_addresses,
    "AllocateEipAddress": allocate_eip_address,
    "AssociateEipAddress": associate_eip_address,
    "UnassociateEipAddress": unassociate_eip_address,
    "ReleaseEipAddress": release_eip_address,
    "TagResources": tag_resources,
}
