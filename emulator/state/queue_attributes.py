"""What can be set on a queue: names on the wire, ranges, defaults and policies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulator.state.queue_errors import MESSAGE_BYTES_LIMIT, invalid_argument, out_of_range

QUEUE_TYPES = ("normal", "fifo")

# Wire name -> (field, lowest, highest). Source: SMQ "CreateQueue".
_NUMBERS: Mapping[str, tuple[str, int, int]] = {
    "DelaySeconds": ("delay_seconds", 0, 604_800),
    "MaximumMessageSize": ("maximum_message_size", 1_024, MESSAGE_BYTES_LIMIT),
    "MessageRetentionPeriod": ("message_retention_period", 60, 604_800),
    "VisibilityTimeout": ("visibility_timeout", 1, 43_200),
    "PollingWaitSeconds": ("polling_wait_seconds", 0, 30),
}
# What the data plane itself can set; the rest is set through mns-open only.
DATA_PLANE_ATTRIBUTES = frozenset({*_NUMBERS, "LoggingEnabled"})


@dataclass(frozen=True, slots=True)
class DlqPolicy:
    """Where a message goes that was delivered too often. Source: SMQ "Dead-letter queue"."""

    enabled: bool = False
    max_receive_count: int = 0
    target: str = ""

    def updated(self, changes: object) -> "DlqPolicy":
        """Return the policy with the given members replaced.

        Raises:
            ApiError: InvalidArgument, for an unknown member or a count below one.
        """
        given = _members(changes, {"Enabled", "MaxReceiveCount", "DeadLetterTargetQueue"})
        policy = DlqPolicy(
            to_bool("DlqPolicy.Enabled", given.get("Enabled", self.enabled)),
            to_int("MaxReceiveCount", given.get("MaxReceiveCount", self.max_receive_count)),
            str(given.get("DeadLetterTargetQueue", self.target)),
        )
        if policy.enabled and policy.max_receive_count < 1:
            raise invalid_argument("DlqPolicy needs a MaxReceiveCount of at least 1.")
        return policy


@dataclass(frozen=True, slots=True)
class RateLimitPolicy:
    """A cap on receives that is stored and reported; what it does is not documented."""

    enabled: bool = False
    max_receives_per_second: int = 0

    def updated(self, changes: object) -> "RateLimitPolicy":
        """Return the policy with the given members replaced."""
        given = _members(changes, {"Enabled", "MaxReceivesPerSecond"})
        return RateLimitPolicy(
            to_bool("TenantRateLimitPolicy.Enabled", given.get("Enabled", self.enabled)),
            to_int(
                "MaxReceivesPerSecond",
                given.get("MaxReceivesPerSecond", self.max_receives_per_second),
            ),
        )


@dataclass(frozen=True, slots=True)
class QueueAttributes:
    """The settings of one queue; sizes in bytes, times in seconds."""

    delay_seconds: int = 0
    maximum_message_size: int = MESSAGE_BYTES_LIMIT
    message_retention_period: int = 345_600
    visibility_timeout: int = 30
    polling_wait_seconds: int = 0
    logging_enabled: bool = False
    queue_type: str = "normal"
    dlq_policy: DlqPolicy = DlqPolicy()
    rate_limit: RateLimitPolicy = RateLimitPolicy()
    enable_sse: bool = False
    sse_type: str = ""
    sse_algorithm: str = ""
    kms_key_id: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def is_fifo(self) -> bool:
        return self.queue_type == "fifo"

    def updated(self, changes: Mapping[str, object]) -> "QueueAttributes":
        """Return the settings with those replaced that `changes` gives by their wire names.

        Raises:
            ApiError: InvalidArgument, for an unknown name or a value out of range.
        """
        new: dict[str, Any] = {}
        for name, value in changes.items():
            if name in _NUMBERS:
                field, low, high = _NUMBERS[name]
                new[field] = bounded(name, value, low, high)
            elif name in _FLAGS:
                new[_FLAGS[name]] = to_bool(name, value)
            elif name in _WORDS:
                new[_WORDS[name]] = str(value)
            else:
                new.update(self._structured(name, value))
        return replace(self, **new)

    def _structured(self, name: str, value: object) -> dict[str, object]:
        match name:
            case "DlqPolicy":
                return {"dlq_policy": self.dlq_policy.updated(value)}
            case "TenantRateLimitPolicy":
                return {"rate_limit": self.rate_limit.updated(value)}
            case "Tag":
                return {"tags": tags_from(value)}
            case "QueueType" if value in QUEUE_TYPES:
                return {"queue_type": value}
            case _:
                raise invalid_argument(f"The attribute {name} with value {value!r} is not valid.")

    @property
    def basics(self) -> tuple[int, ...]:
        """The settings that the data plane knows, to compare two queues by."""
        numbers = (getattr(self, field) for field, _, _ in _NUMBERS.values())
        return (*numbers, self.logging_enabled)


_FLAGS = {"LoggingEnabled": "logging_enabled", "EnableSSE": "enable_sse"}
_WORDS = {
    "SseType": "sse_type",
    "SseAlgorithm": "sse_algorithm",
    "KmsKeyId": "kms_key_id",
}


def bounded(name: str, value: object, low: int, high: int) -> int:
    """Return the number that a caller gave if it lies in its range.

    Raises:
        ApiError: InvalidArgument.
    """
    number = to_int(name, value)
    if not low <= number <= high:
        raise out_of_range(name, low, high)
    return number


def to_int(name: str, value: object) -> int:
    """Read a number that arrives as a number or as its text; InvalidArgument for others."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip()
    # At most 18 digits: longer ones are no number of this protocol and slow to convert.
    if len(text) > 18 or not text.removeprefix("-").isdecimal() or not text.isascii():  # noqa: PLR2004
        raise invalid_argument(f"The value of {name} is not a number.")
    return int(text)


def to_bool(name: str, value: object) -> bool:
    """Read `True`, `true`, `False` or `false`; InvalidArgument for others."""
    text = str(value).strip().lower()
    if text not in {"true", "false"}:
        raise invalid_argument(f"The value of {name} should be true or false.")
    return text == "true"


def tags_from(value: object) -> tuple[tuple[str, str], ...]:
    """Read the tag list of an RPC call: `[{"Key": k, "Value": v}, ...]`."""
    if not isinstance(value, (list, tuple)):
        raise invalid_argument("Tag should be a list.")
    pairs = [_members(tag, {"Key", "Value"}) for tag in value]
    return tuple((str(pair.get("Key", "")), str(pair.get("Value", ""))) for pair in pairs)


def _members(value: object, known: set[str]) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise invalid_argument(f"An object with {', '.join(sorted(known))} was expected.")
    unknown = set(value) - known
    if unknown:
        raise invalid_argument(f"The member {', '.join(sorted(map(str, unknown)))} is not known.")
    return value
