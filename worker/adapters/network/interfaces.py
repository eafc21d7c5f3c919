"""Port `Interfaces`: network interfaces that can change their instance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.network.answers import move_answer
from worker.core.model import Interface, MoveAnswer

# Source: DescribeNetworkInterfaces, MaxResults: 10 to 500; NetworkInterfaceId.N: up to 100.
_INTERFACES_PER_PAGE: Final = 500
INTERFACES_PER_CALL: Final = 100


@dataclass(frozen=True, slots=True)
class EcsInterfaces(ports.Interfaces):
    """Port `Interfaces` over one region."""

    endpoint: Endpoint

    @override
    def of_instance(self, instance_id: str) -> tuple[Interface, ...]:
        found = self._list({"InstanceId": instance_id})
        return tuple(one for one in found if one.instance_id == instance_id)

    @override
    def find(self, interface_ids: Sequence[str]) -> tuple[Interface, ...]:
        if len(interface_ids) > INTERFACES_PER_CALL:
            raise ValueError(f"{len(interface_ids)} interfaces, at most {INTERFACES_PER_CALL}")
        if not interface_ids:
            return ()
        found = self._list({"NetworkInterfaceId": list(interface_ids)})
        return tuple(one for one in found if one.interface_id in interface_ids)

    @override
    def keep(self, interface_id: str) -> MoveAnswer:
        return self._modify(interface_id, goes_with_instance=False)

    @override
    def release(self, interface_id: str) -> MoveAnswer:
        return self._modify(interface_id, goes_with_instance=True)

    @override
    def detach(self, interface_id: str, instance_id: str) -> MoveAnswer:
        return self._change("DetachNetworkInterface", interface_id, instance_id)

    @override
    def attach(self, interface_id: str, instance_id: str) -> MoveAnswer:
        return self._change("AttachNetworkInterface", interface_id, instance_id)

    def _modify(self, interface_id: str, *, goes_with_instance: bool) -> MoveAnswer:
        params = {"NetworkInterfaceId": interface_id, "DeleteOnRelease": goes_with_instance}
        answer = self.endpoint.change("ModifyNetworkInterfaceAttribute", params)
        return move_answer(answer, interface_id)

    def _change(self, action: str, interface_id: str, instance_id: str) -> MoveAnswer:
        params = {"NetworkInterfaceId": interface_id, "InstanceId": instance_id}
        return move_answer(self.endpoint.change(action, params), interface_id)

    def _list(self, wanted: dict[str, Any]) -> list[Interface]:
        bodies = self.endpoint.list_by_token(
            "DescribeNetworkInterfaces",
            {**wanted, "MaxResults": _INTERFACES_PER_PAGE},
            "NetworkInterfaceSets",
            "NetworkInterfaceSet",
        )
        return [_interface_of(body) for body in bodies]


def _interface_of(body: Body) -> Interface:
    return Interface(
        interface_id=fields.text(body, "NetworkInterfaceId"),
        is_primary=fields.text(body, "Type") == "Primary",
        status=fields.text(body, "Status"),
        instance_id=fields.text(body, "InstanceId"),
        zone=fields.text(body, "ZoneId"),
        vpc=fields.text(body, "VpcId"),
        ips=_ips(body),
        # Unreadable counts as "goes with the instance": it is then kept once too often.
        delete_with_instance=fields.flag(body, "DeleteOnRelease") is not False,
        tags=fields.tags(body),
    )


def _ips(body: Body) -> tuple[str, ...]:
    listed = fields.members(body, "PrivateIpSets", "PrivateIpSet")
    secondary = (fields.text(one, "PrivateIpAddress") for one in listed)
    primary = fields.text(body, "PrivateIpAddress")
    return tuple(dict.fromkeys(ip for ip in (primary, *secondary) if ip))
