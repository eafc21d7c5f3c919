"""Port `Sources`: reads about the instance that is being reclaimed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.batch import Batches
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.sealing import WITHOUT_KEYS, Sealing
from worker.core.model import Details, Disk, Instance, Look, Refused, Sealed, SealedAnswer

# Of the 64 KB of a message the rest of the progress needs more than the half.
SEALED_CHARACTERS_MAX: Final = 24_000
# Source: DescribeNetworkInterfaces, MaxResults: 10 to 500.
_INTERFACES_PER_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class EcsSources(ports.Sources):
    """Port `Sources` over one region."""

    endpoint: Endpoint
    batches: Batches
    sealing: Sealing = WITHOUT_KEYS

    @override
    def look(self, instance_id: str) -> Look:
        return self.batches.look(instance_id)

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.batches.instance(instance_id)

    @override
    def disks(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        if not disk_ids:
            return ()
        return self.batches.disks_by_id.find(tuple(disk_ids)) or ()

    @override
    def ram_role(self, instance_id: str) -> str:
        return self.batches.roles.find(instance_id) or ""

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

    @override
    def user_data(self, instance_id: str, *, recreation: str) -> SealedAnswer:
        answer = self.endpoint.probe("DescribeUserData", {"InstanceId": instance_id})
        if isinstance(answer, Refusal):
            return Refused(answer.code)
        if answer is None:
            return Refused("the source is gone")
        # Source: DescribeUserData; Base64, as RunInstances takes it.
        text = fields.text(answer, "UserData")
        if not text:
            return Sealed()
        sealed = self.sealing.seal(text, about=recreation)
        if len(sealed) > SEALED_CHARACTERS_MAX:
            return Refused("it is too large for a message")
        return Sealed(sealed)
