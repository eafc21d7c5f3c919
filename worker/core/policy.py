"""What the configuration decides about a recreation, as plain values."""

from dataclasses import dataclass
from typing import Literal

from worker.core.identity import digest
from worker.core.model import Script

Takeover = Literal["stop-source", "overlap", "wait"]
ReclaimedPool = Literal["last", "first"]
PrivateIp = Literal["fast", "same_or_fast", "same_or_park"]
DataDisks = Literal["image", "reattach"]
Fallback = Literal["rescue", "stale-snapshot"]
HandoverKind = Literal["eip", "load_balancers", "interfaces", "tags"]
TagSelector = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """When a replacement counts as healthy; durations in seconds.

    Attributes:
        kind: `tcp` connects to the port, `http` asks for the path there, `command` runs the script
            inside the replacement.
        address: Which address is asked; the elastic one is checked when it has arrived.
        every: Between two tries.
        timeout: Of one try.
        within: For how long it may fail.
        otherwise: Whether what never passes holds the handover, for a person, or not.
    """

    kind: Literal["tcp", "http", "command"]
    port: int = 0
    path: str = "/"
    script: Script | None = None
    address: Literal["private", "elastic"] = "private"
    every: float = 5.0
    timeout: float = 3.0
    within: float = 300.0
    otherwise: Literal["hold", "proceed"] = "hold"


@dataclass(frozen=True, slots=True)
class Policy:
    """Decisions of the operator; durations in seconds.

    Attributes:
        owner: Keeps two deployments in one account apart.
        notice: From the beginning of the notice to the release.
        false_alarm_after: From T0 to the earliest verdict that nothing is being reclaimed.
        give_up_after: From T0 to parking a recreation that could not go on.
        select_tags: A source must carry all of these; a value of None means any value.
        skip_tags: A source with any of these is left alone.
        takeover_latest: From T0 to launching although the source still runs.
        vanish_after: For how long an accepted instance may be absent before it counts as
            vanished; far longer than describe calls lag.
        families: Families of other types that may be launched, as patterns; empty means any.
        max_price_percent: Most to pay for spot, as a percentage of pay-as-you-go; 0 means no limit.
        reclaimed_pool: Where the type and zone that have just reclaimed the source stand.
        pay_as_you_go_max: How many pay-as-you-go replacements may exist at a time; 0 means none.
        sibling_wait: For how long a message without a capture of a source that is gone waits for
            another message of the same recreation to finish.
        generations_per_day: How often one lineage may be recreated in 24 hours; 0 is no cap.
        leftovers_kept: From the end of a recreation to the date in the delete-after tag.
        user_data: Whether the source's user data is given to the replacement, which runs it again.
        hand_over: What is looked up on the source and carried over to the replacement.
        convert_public_ip: Whether a static public address is made elastic first.
        quiesce: What runs inside a source before its image is begun, and for how long at most.
        health: When the replacement counts as healthy; None asks nothing.
        private_ip: Whether the replacement asks for the source's private address.
        data_disks: Whether data disks are imaged, or re-attached themselves.
        fallbacks: What may be booted from when no data of this notice can be, in this order.
    """

    owner: str = "default"
    notice: float = 300.0
    false_alarm_after: float = 600.0
    give_up_after: float = 86_400.0
    select_tags: TagSelector = ()
    skip_tags: TagSelector = (("spot-recreation:skip", None),)
    own_instance_id: str = ""
    image_poll_min: float = 1.0
    image_poll_max: float = 30.0
    image_wait_max: float = 7_200.0
    quiesce: Script | None = None
    takeover: Takeover = "stop-source"
    takeover_latest: float = 240.0
    same_type_only: bool = False
    other_zones: bool = True
    forbid_types: tuple[str, ...] = ()
    prefer_types: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    max_price_percent: int = 0
    reclaimed_pool: ReclaimedPool = "last"
    pay_as_you_go_max: int = 0
    epochs_max: int = 1_000
    epoch_pause: float = 60.0
    vanish_after: float = 200.0
    running_wait_max: float = 900.0
    leftovers_kept: float = 604_800.0
    user_data: Literal["drop", "rerun"] = "drop"
    hand_over: tuple[HandoverKind, ...] = ()
    convert_public_ip: bool = False
    private_ip: PrivateIp = "fast"
    data_disks: DataDisks = "image"
    fallbacks: tuple[Fallback, ...] = ()
    health: HealthCheck | None = None
    sibling_wait: float = 1_800.0
    generations_per_day: int = 12
    hops_max: int = 1_000

    @property
    def configuration(self) -> str:
        """Fingerprint of what the order of candidates depends on."""
        return digest(
            (
                str(self.same_type_only),
                str(self.other_zones),
                *self.forbid_types,
                "prefer",
                *self.prefer_types,
                "families",
                *self.families,
                str(self.max_price_percent),
                self.reclaimed_pool,
                str(self.pay_as_you_go_max),
                *(() if self.private_ip == "fast" else ("private_ip", self.private_ip)),
                *(() if self.data_disks == "image" else ("data_disks", self.data_disks)),
            )
        )
