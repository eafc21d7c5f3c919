"""What the control API and scenario files can order, as validated values."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from emulator.faults import FaultRule

Order = TypeVar("Order")

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Amount = Annotated[int, Field(ge=0)]
Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClockOrder(_Order):
    """Change of time: jump ahead, stand still, run on, run at another speed."""

    advance: Seconds = 0.0
    pause: bool = False
    resume: bool = False
    speed: Annotated[float, Field(gt=0, le=1e6)] | None = None


class InterruptOrder(_Order):
    """Interruption of a spot instance; what is left out goes as the platform usually does it.

    Attributes:
        instance_id: The instance, or its name where no other has it.
        notice_seconds: Virtual seconds from the decision to the release.
        stop_before: Virtual seconds between the platform's stop and the release; None: no stop.
        publish_event: Whether an event is published at all.
        event_delay: Virtual seconds from the decision to the event.
        lock: Whether the instance is locked at all.
        lock_delay: Virtual seconds until describe calls show the lock.
    """

    instance_id: str
    notice_seconds: Seconds = 300.0
    stop_before: Seconds | None = None
    publish_event: bool = True
    event_delay: Seconds = 0.0
    lock: bool = True
    lock_delay: Seconds | None = None


class InstanceOrder(_Order):
    """An instance that something happens to."""

    instance_id: str


class ImageOrder(_Order):
    """The end of a running image, good or bad, at once."""

    image_id: str
    available: bool


class VanishOrder(_Order):
    """Accepted launches that are deleted again for lack of stock.

    Attributes:
        region: Region id; None for the first one.
        count: How many of the next ones.
    """

    region: str | None = None
    count: Amount = 1


class RedeliverOrder(_Order):
    """A second delivery of a message that somebody holds."""

    region: str | None = None
    queue: str
    message_id: str


class WriteOrder(_Order):
    """A file that a running instance writes.

    Attributes:
        disk: Device name (`/dev/xvda`), disk id or `system`.
        flush: Whether it reaches the disk at once instead of with the next flush of the cache.
    """

    instance_id: str
    disk: str
    path: str
    text: str = ""
    flush: bool = False


class StockOrder(_Order):
    """Stock or price of an instance type in a zone.

    Attributes:
        region: Region id; None for the scenario's, else the first one.
        count: Instances left, None for any number; left out, it stays as it is.
        price: Spot price in CNY per hour; None leaves it as it is.
    """

    region: str | None = None
    zone: str
    type: str
    count: Amount | None = None
    price: Price | None = None


class FaultRemoval(_Order):
    """Which fault to remove; None for all."""

    id: int | None = None


class AccessKeyOrder(_Order):
    """A further access key that is accepted, temporary when it has a token.

    Attributes:
        access_key_id: Public half.
        secret: Secret half.
        security_token: Token that must come with the key.
        valid_seconds: Real seconds until the token expires; None for never.
        policies: RAM policy documents that say what the key may; None for all, as the account's own.
    """

    access_key_id: Annotated[str, Field(min_length=1)]
    secret: Annotated[str, Field(min_length=1)]
    security_token: str | None = None
    valid_seconds: Seconds | None = None
    policies: tuple[dict[str, Any], ...] | None = None


class SettingsOrder(_Order):
    """How the emulator answers.

    Attributes:
        latency: Least and most real milliseconds by which answers are late.
        long_poll_cap: How many receives may wait at once; None for any number.
        clock_skew: Real seconds by which the cloud's clock is ahead of this machine's: what signatures
            are checked against and what the Date of an answer says.
    """

    latency: tuple[Seconds, Seconds] | None = None
    long_poll_cap: Amount | None = None
    clock_skew: Annotated[float, Field(allow_inf_nan=False)] | None = None
    jitter: Annotated[float, Field(ge=0, lt=1)] | None = None


class QueueSeed(_Order):
    """A queue; attributes by their wire names, of mns-open too (`DlqPolicy`)."""

    name: str
    attributes: dict[str, Any] = {}


class CallSeed(_Order):
    """Any RPC call, made as if by the account's owner."""

    product: str
    action: str
    params: dict[str, Any] = {}


class RegionScenario(_Order):
    """What to put into one region, in this order.

    Attributes:
        names: What exists there though no action makes it, by the parameter that names it.
    """

    queues: list[QueueSeed] = []
    names: dict[str, list[str]] = {}
    instances: list[dict[str, Any]] = []
    balancers: list[dict[str, Any]] = []
    stock: list[StockOrder] = []
    calls: list[CallSeed] = []


class Scenario(_Order):
    """What to put into the cloud."""

    regions: dict[str, RegionScenario] = {}
    faults: list[FaultRule] = []


FAULT: TypeAdapter[FaultRule] = TypeAdapter(FaultRule)
