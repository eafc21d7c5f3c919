"""What EIPs and load balancers lead to: instances and network interfaces."""

from emulator.state.balancers.servers import Server
from emulator.state.ecs.records import Instance
from emulator.state.ecs.region import EcsRegion
from emulator.state.eip import Eip
from emulator.state.errors import ApiError

KINDS = ("EcsInstance", "NetworkInterface")


class InstanceTargets:
    """ECS as the EIP product sees it. Source: VPC AssociateEipAddress."""

    def __init__(self, region: EcsRegion) -> None:
        self._region = region
        self.eip_seconds = region.settings.eip_seconds

    def check_target(self, target_id: str, target_type: str) -> str:
        """Refuse what cannot take an EIP; return the target's private address.

        Raises:
            ApiError: It is not there, in the wrong state, or has a public address already.
        """
        if target_type == "NetworkInterface":
            return self._check_interface(target_id)
        if target_type != "EcsInstance":
            raise ApiError(
                400, "InvalidInstanceType.ValueNotSupported", f"No {target_type} is modelled here."
            )
        return self._check_instance(self._region.instance(target_id))

    def _check_instance(self, instance: Instance) -> str:
        if instance.status.now not in {"Running", "Stopped"}:
            raise ApiError(
                400,
                "IncorrectInstanceStatus",
                "The current status of the resource does not support this operation.",
            )
        if instance.public_ip:
            raise ApiError(
                400,
                "InvalidStatus.InstanceHasBandWidth",
                "The instance has a static public IP address.",
            )
        if instance.eip_allocation_id:
            raise ApiError(
                400, "InvalidInstance.AlreadyBound", "The instance has an elastic IP already."
            )
        return instance.private_ip

    def _check_interface(self, interface_id: str) -> str:
        interface = self._region.interface(interface_id)
        if interface.eip_allocation_id:
            raise ApiError(
                400, "InvalidInstance.AlreadyBound", "The ENI has an elastic IP already."
            )
        return interface.ip

    def bind(self, target_id: str, target_type: str, eip: Eip | None) -> bool:
        """Note the EIP of a target, or that it has none any more; False when it is gone."""
        allocation_id = "" if eip is None else eip.allocation_id
        if target_type == "NetworkInterface":
            interface = self._region.interfaces.get(target_id)
            if interface is None:
                return False
            interface.eip_allocation_id = allocation_id
            interface.public_ip = "" if eip is None else eip.address
            return True
        instance = self._region.instances.get(target_id)
        if instance is None or instance.gone_at is not None:
            return False
        instance.eip_allocation_id = allocation_id
        return True

    def can_unbind(self, target_id: str) -> bool:
        """Tell whether a target may give its EIP away; a lock may forbid it."""
        instance = self._region.instances.get(target_id)
        if instance is None:
            return True
        if instance.is_recycling and not self._region.assumptions.detach_while_recycling:
            return False
        # Source: VPC UnassociateEipAddress, state of the instance.
        return instance.status.now in {"Running", "Stopped"}


class InstanceServers:
    """ECS as load balancers see it."""

    def __init__(self, region: EcsRegion) -> None:
        self._region = region

    def find(self, server_id: str, kind: str) -> Server | None:
        """Return an instance (`Ecs`) or a network interface (`Eni`); None when it is not there."""
        if kind == "Eni":
            return self._interface(server_id)
        instance = self._living(server_id)
        if instance is None:
            return None
        primary = self._region.primary(instance)
        return Server(
            server_id=server_id,
            vpc_id=instance.vpc_id,
            zone_id=instance.zone_id,
            addresses=(primary.ip, *primary.secondary_ips),
            is_running=instance.status.now == "Running",
        )

    def _interface(self, interface_id: str) -> Server | None:
        found = self._region.interfaces.get(interface_id)
        if found is None:
            return None
        owner = self._living(found.instance_id)
        return Server(
            server_id=interface_id,
            vpc_id=found.vpc_id,
            zone_id=found.zone_id,
            addresses=(found.ip, *found.secondary_ips),
            is_running=owner is not None and owner.status.now == "Running",
        )

    def locate(self, name: str, kind: str) -> str:
        """Turn the name of an instance into its id, or that of its primary interface."""
        for instance in self._region.instances.values():
            if name in {instance.instance_id, instance.options.instance_name}:
                return instance.interface_ids[0] if kind == "Eni" else instance.instance_id
        return name

    def settling_seconds(self) -> float:
        """Tell how long the next change of a server group takes."""
        return self._region.jittered(self._region.settings.balancer_seconds)

    def _living(self, instance_id: str) -> Instance | None:
        found = self._region.instances.get(instance_id)
        return None if found is None or found.gone_at is not None else found
