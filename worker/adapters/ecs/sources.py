"""Port `Sources`: reads about the instance that is being reclaimed."""

from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import shapes
from worker.adapters.ecs.batch import Batches
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.core.model import Details, Instance, Look

# Source: DescribeNetworkInterfaces, MaxResults: 10 to 500.
_INTERFACES_PER_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class EcsSources(ports.Sources):
    """Port `Sources` over one region."""

    endpoint: Endpoint
    batches: Batches

    @override
    def look(self, instance_id: str) -> Look:
        return self.batches.look(instance_id)

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.batches.instance(instance_id)

    @override
    def ram_role(self, instance_id: str) -> str:
        return self.batches.roles.ask(instance_id).result() or ""

    @override
    def details(self, instance_id: str) -> Details:
        attributes = self.endpoint.probe("DescribeInstanceAttribute", {"InstanceId": instance_id})
        interfaces = self.endpoint.probe_by_token(
            "DescribeNetworkInterfaces",
            {"InstanceId": instance_id, "MaxResults": _INTERFACES_PER_PAGE},
            "NetworkInterfaceSets",
            "NetworkInterfaceSet",
        )
        # A role that may not read them must not cost the recreation: the clone is then poorer.
        refused = [
            name
            for name, answer in (("attributes", attributes), ("interfaces", interfaces))
            if isinstance(answer, Refusal)
        ]
        found = shapes.details_of(
            {} if isinstance(attributes, Refusal) else attributes or {},
            [] if isinstance(interfaces, Refusal) else interfaces,
        )
        return replace(found, unread=tuple(refused))
