"""Static public addresses, which belong to their instance until they are made elastic."""

from typing import Any

from emulator.state.ecs.params import Params
from emulator.state.ecs.region import EcsRegion
from emulator.state.errors import ApiError


def convert_nat_public_ip_to_eip(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Turn an instance's static public address into an EIP that is bound to it.

    The answer names no allocation: the EIP is found by its instance or address. Source: ECS
    ConvertNatPublicIpToEip and its error table.
    """
    instance = region.instance(params.required("InstanceId"))
    is_locked = instance.is_recycling and not region.assumptions.convert_while_recycling
    if instance.status.now not in {"Running", "Stopped"} or is_locked:
        raise ApiError(
            403,
            "IncorrectInstanceStatus",
            "The current status of the resource does not support this operation.",
        )
    if not instance.public_ip or instance.eip_allocation_id:
        raise ApiError(403, "OperationDenied", "The instance has no static public IP address.")
    addresses = region.vpc.addresses
    eip = addresses.allocate(
        now,
        bandwidth=instance.options.bandwidth_out,
        charge=instance.options.internet_charge_type,
        address=instance.public_ip,
    )
    instance.public_ip = ""
    addresses.associate(eip, instance.instance_id, "EcsInstance", now)
    region.record(
        now, "ConvertNatPublicIpToEip", instance.instance_id, allocation_id=eip.allocation_id
    )
    return {}
