"""An endpoint whose reads are made again: for tools that begin anew when they fail.

A worker has no use for it: its engine owns what is asked again, and its messages come back. Each
call is repeated by itself, so that a list of many pages goes on where it was.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import Self, override

from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint, Refusal

Read = Callable[[], Body | Refusal | None]


@dataclass(frozen=True, slots=True)
class RereadingEndpoint(Endpoint):
    """An endpoint that repeats what has no effect; a change is made once.

    Attributes:
        again: Makes a read until it is answered, or given up.
    """

    again: Callable[[Read], Body | Refusal | None]

    @classmethod
    def over(cls, one: Endpoint, again: Callable[[Read], Body | Refusal | None]) -> Self:
        """Return the same endpoint with its reads repeated; both go through one client."""
        return cls(one.call, one.region, one.limiter, one.clock, one.telemetry, again)

    @override
    def probe(self, action: str, params: Mapping[str, Any]) -> Body | Refusal | None:
        # Every read passes here. Not super(): a class with slots is not the one that is written here.
        return self.again(lambda: Endpoint.probe(self, action, params))
