"""What only the operator's tools may do to the cloud. No step can reach it: the worker deletes nothing.

An import contract keeps steps, engine, consumer and the worker's own composition away from here.
Answers and errors as in `worker.ports`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from worker.core.auditing import Equipped
from worker.core.diagnosis import Failed, QueueFacts, Quota, RuleFacts, Seen
from worker.core.leftovers import Kind, Leftover
from worker.core.model import (
    Candidate,
    DeleteAnswer,
    Details,
    KeepAnswer,
    LaunchAnswer,
    LaunchSpec,
)

# DescribePrice prices an hour; a year of 365 days has twelve months of as many.
HOURS_PER_MONTH = 730


@dataclass(frozen=True, slots=True)
class Price:
    """What a thing costs per month of 730 hours, at today's list price."""

    amount: float
    currency: str


class Leftovers(Protocol):
    """Reads about what recreations have left."""

    def tagged(self) -> tuple[Leftover, ...]:
        """List everything of the region that carries a tag of ours."""
        ...

    def find(self, kind: Kind, resource_id: str) -> Leftover | None:
        """Describe one thing, tagged or not, as it is now."""
        ...

    def users(self, thing: Leftover) -> tuple[str, ...]:
        """Name what was made from an image or a snapshot: instances, images, disks' instances."""
        ...

    def snapshots_of(self, disk_id: str) -> tuple[Leftover, ...]:
        """List the snapshots of one disk, whoever made them."""
        ...


class Prices(Protocol):
    """Asks the cloud what a thing costs."""

    def monthly(self, thing: Leftover) -> Price | None:
        """Return the price per month; None where the cloud tells none."""
        ...


class Deletion(Protocol):
    """Deletes what a person has confirmed, one thing a call; an unknown id counts as deleted."""

    def delete(self, kind: Kind, resource_id: str) -> DeleteAnswer:
        """Delete an image, a snapshot, a disk, an interface or a server group.

        Raises:
            ValueError: The kind is one that is never deleted.
        """
        ...


class Fleet(Protocol):
    """Reads about every instance of the region, to tell what an interruption would do to it."""

    def equipped(self) -> tuple[Equipped, ...]:
        """List all spot instances with their disks, snapshots not counted yet."""
        ...

    def newest_snapshots(self, instance_id: str) -> dict[str, float]:
        """Return when the newest finished snapshot of each disk was made, by disk id."""
        ...

    def ram_role(self, instance_id: str) -> str:
        """Return the name of the attached RAM role, or an empty string."""
        ...

    def details(self, instance_id: str) -> Details:
        """Read what its description does not tell; a refused read is named in the answer."""
        ...


class DiskSettings(Protocol):
    """Changes of disks that prepare their instance for an interruption."""

    def outlive(self, disk_ids: Sequence[str], *, owner: str) -> KeepAnswer:
        """Mark disks, then set them to outlive their instance."""
        ...

    def give_policy(self, disk_ids: Sequence[str], policy: str) -> KeepAnswer:
        """Give disks an automatic snapshot policy."""
        ...


class Reach(Protocol):
    """Finds out whether the cloud's APIs answer, and what time it is there."""

    def touch(self, api: str, url: str) -> Seen[float | None] | Failed:
        """Ask without a signature; returns by how many seconds this machine's clock is ahead.

        Args:
            api: The name of the address's setting under `endpoints`.
            url: The address.
        """
        ...

    def greet(self) -> Seen[None] | Failed:
        """Make one signed read, so that the cloud judges credentials and clock."""
        ...


class SetUp(Protocol):
    """Looks at what `rule` sets up."""

    def queue(self, name: str) -> Seen[QueueFacts | None] | Failed:
        """Look at a queue; None when there is none."""
        ...

    def rule(self) -> Seen[RuleFacts | None] | Failed:
        """Look at the rule; None when there is none."""
        ...

    def service_role(self) -> Seen[bool] | Failed:
        """Tell whether the role exists with which EventBridge writes to a queue."""
        ...


class Trials(Protocol):
    """Tries permissions out by calls without an effect."""

    def permitted(self, action: str) -> bool | None:
        """Tell whether a RAM action is permitted; None when it cannot be tried or nobody knows."""
        ...


class Capacity(Protocol):
    """Reads about quotas, and about this host."""

    def spot_vcpus(self) -> Seen[Quota] | Failed:
        """Read the vCPUs of all spot instances."""
        ...

    def images(self) -> Seen[Quota] | Failed:
        """Count the custom images of the region."""
        ...

    def snapshots(self) -> Seen[tuple[str, Quota]] | Failed:
        """Find the disk with the most manual snapshots."""
        ...

    def is_spot(self, instance_id: str) -> Seen[bool] | Failed:
        """Tell whether an instance is a spot instance; one that is not there is none."""


class Rehearsal(Protocol):
    """Asks the cloud whether it would launch, at the cost of one call and nothing else."""

    def dry_run(
        self, spec: LaunchSpec, candidate: Candidate, *, image_id: str, drop: Sequence[str]
    ) -> LaunchAnswer:
        """Have a launch checked: parameters, permissions, limits and stock; `Accepted` passes.

        Nothing is reserved. Source: RunInstances, DryRun.
        """
        ...


class Termination(Protocol):
    """Releases instances that a drill has launched; who calls it has looked at the tag."""

    def terminate(self, instance_id: str) -> DeleteAnswer:
        """Release an instance, running or not; an unknown one counts as released."""
        ...


class Captures(Protocol):
    """Sources as they were, kept as files by `audit --record`."""

    def find(self, instance_id: str) -> Mapping[str, Any] | None:
        """Read the document of an instance, unverified; None when there is none."""
        ...
