"""How long things take in this ECS, and how much of them an account may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EcsSettings:
    """Durations in virtual seconds, shares from 0 to 1, and quotas.

    No duration of ECS is published; these follow field reports (a 40 GiB image takes some
    minutes, a start a quarter of a minute) and vary by `jitter` around their value.

    Attributes:
        jitter: Share by which each duration varies in both directions.
        pending_seconds: Pending until Starting of a new instance.
        starting_seconds: Starting until Running.
        stopping_seconds: An orderly stop; a forced one takes a fifth of it.
        image_seconds: Duration of every image; None computes it from its disks.
        image_finish_seconds: From the last snapshot to the Available image.
        image_from_snapshot_seconds: An image of a finished snapshot.
        image_failure_share: Images that end in CreateFailed by themselves.
        image_stuck_share: Images that stay at 99 % for ever.
        snapshot_base_seconds: Fixed part of a snapshot.
        snapshot_seconds_per_gib: Further part of a full snapshot, per GiB of disk.
        snapshot_incremental_share: What an incremental snapshot costs of a full one.
        slow_category_factor: How much longer a snapshot of an older category takes.
        instant_access_seconds: Until a snapshot of the ESSD family is Available.
        attach_seconds: Attaching or detaching a disk or a network interface.
        eip_seconds: Associating or unassociating an EIP.
        balancer_seconds: A change of a load balancer's server group.
        command_seconds: A Cloud Assistant command.
        command_outcome: `Success`, `Failed` or `Timeout` for every command.
        serving_seconds: From Starting until the services inside an instance answer; None: never.
        lock_delay_seconds: From the interruption to the Recycling lock in describes.
        stale_read_seconds: Age of the status that describes may show.
        write_interval_seconds: A running instance writes one journal record this often.
        flush_interval_seconds: Its page cache reaches the disk at multiples of this.
        vanish_share: Accepted launches that are deleted again for lack of stock.
        vanish_seconds: When they are.
        image_quota: Custom images per region.
        snapshot_quota: Manual snapshots per disk.
        spot_vcpu_quota: vCPUs of all spot instances of a region.
        thin_stock: Instances that a thin or closing pool holds at the beginning.
        publish_progress: Publish state changes and finished snapshots as events, too.
        calls_per_minute: Calls of one API in a calendar minute before it is refused.
        default_calls_per_minute: The same for APIs not named; None means unlimited.
    """

    jitter: float = 0.2
    pending_seconds: float = 3.0
    starting_seconds: float = 12.0
    stopping_seconds: float = 15.0
    image_seconds: float | None = None
    image_finish_seconds: float = 10.0
    image_from_snapshot_seconds: float = 30.0
    image_failure_share: float = 0.0
    image_stuck_share: float = 0.0
    snapshot_base_seconds: float = 20.0
    snapshot_seconds_per_gib: float = 2.0
    snapshot_incremental_share: float = 0.15
    slow_category_factor: float = 2.0
    instant_access_seconds: float = 5.0
    attach_seconds: float = 2.0
    eip_seconds: float = 3.0
    balancer_seconds: float = 2.0
    command_seconds: float = 2.0
    command_outcome: str = "Success"
    serving_seconds: float | None = 20.0
    lock_delay_seconds: float = 1.0
    stale_read_seconds: float = 0.0
    write_interval_seconds: float = 1.0
    flush_interval_seconds: float = 30.0
    vanish_share: float = 0.0
    vanish_seconds: float = 8.0
    image_quota: int = 1000
    snapshot_quota: int = 2000
    spot_vcpu_quota: int = 5000
    thin_stock: int = 20
    publish_progress: bool = True
    calls_per_minute: Mapping[str, int] = field(default_factory=dict)
    default_calls_per_minute: int | None = None
