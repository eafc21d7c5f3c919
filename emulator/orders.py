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
    """Interruption of a spot instance.

    Attributes:
        instance_id: The instance.
        notice_seconds: Virtual seconds from notice to release; None for the usual five minutes.
        false_alarm: Publish the event and lock and release nothing.
    """

    instance_id: str
    notice_seconds: Seconds | None = None
    false_alarm: bool = False


class WriteOrder(_Order):
    """A file that a running instance writes.

    Attributes:
        disk: Device name (`/dev/xvda`) or disk id.
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
        region: Region id; None for the one of the address.
        count: Instances left; None leaves it as it is.
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
    """A further access key that is accepted, temporary when it has a token."""

    access_key_id: Annotated[str, Field(min_length=1)]
    secret: Annotated[str, Field(min_length=1)]
    security_token: str | None = None
    valid_seconds: Seconds | None = None


class SettingsOrder(_Order):
    """How the emulator answers.

    Attributes:
        latency: Least and most real milliseconds by which answers are late.
        long_poll_cap: How many receives may wait at once.
    """

    latency: tuple[Seconds, Seconds] | None = None
    long_poll_cap: Amount | None = None


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
    """What to put into one region, in this order."""

    queues: list[QueueSeed] = []
    instances: list[dict[str, Any]] = []
    stock: list[StockOrder] = []
    calls: list[CallSeed] = []


class Scenario(_Order):
    """What to put into the cloud."""

    regions: dict[str, RegionScenario] = {}
    faults: list[FaultRule] = []


FAULT: TypeAdapter[FaultRule] = TypeAdapter(FaultRule)
