"""Port `Tagging`: tags on things that exist already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.core.model import Accepted, TagAnswer, Tags

# Source: TagResources, ResourceId.N.
RESOURCES_PER_CALL: Final = 50


@dataclass(frozen=True, slots=True)
class EcsTagging(ports.Tagging):
    """Port `Tagging` over one region."""

    endpoint: Endpoint

    @override
    def tag(self, kind: ports.TaggedKind, ids: Sequence[str], tags: Tags) -> TagAnswer:
        if len(ids) > RESOURCES_PER_CALL:
            raise ValueError(f"{len(ids)} resources in one call, at most {RESOURCES_PER_CALL}")
        if not ids or not tags:
            return Accepted()
        params = {"ResourceType": kind, "ResourceId": list(ids), "Tag": tag_parameters(tags)}
        return tolerant_answer(self.endpoint.change("TagResources", params))


def tag_parameters(tags: Tags) -> list[dict[str, Any]]:
    """Render tags for a request, sorted: a repeated token needs the same bytes."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
