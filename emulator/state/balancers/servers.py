"""What load balancers need to know of the servers that they lead to."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Server:
    """An instance or a network interface.

    Attributes:
        addresses: Private addresses, the primary one first.
        is_running: Whether the instance runs; a free interface does not.
    """

    server_id: str
    vpc_id: str
    zone_id: str
    addresses: tuple[str, ...]
    is_running: bool


class Servers(Protocol):
    """The servers of one region."""

    def find(self, server_id: str, kind: str) -> Server | None:
        """Return an instance (`Ecs`) or a network interface (`Eni`); None when it is not there."""
        ...

    def locate(self, name: str, kind: str) -> str:
        """Turn the name of an instance into its id, or that of its primary interface."""
        ...

    def settling_seconds(self) -> float:
        """Tell how long the next change of a server group takes."""
        ...
