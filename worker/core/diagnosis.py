"""What can be wrong with an installation, and how that is seen: values and judgements, no calls.

Every `Code` is stable: scripts and the runbook go by it. What each means, why, and what mends it stands
once, in `worker.ops.doctor_texts`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")

# Beyond this every request is refused. Source: "Common error codes", InvalidTimeStamp.Expired; SMQ
# "Error codes", TimeExpired.
SKEW_REFUSED_SECONDS: Final = 900.0
# Well above what an answer's way and a Date header in whole seconds can feign.
SKEW_TOLD_SECONDS: Final = 30.0
# From this share on a quota is told: one zone's reclaim launches many at once.
QUOTA_SHARE_TOLD: Final = 0.9
# Leaves room for an ending. Source: SMQ limits, queue name: at most 120 characters.
_NAME_STEM_CHARS: Final = 110


class Severity(str, Enum):
    """How bad a finding is; a note alone is no failure."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(str, Enum):
    """What can be found."""

    SIGNING_KEY_MISSING = "signing_key_missing"
    CREDENTIALS_MISSING = "credentials_missing"
    CREDENTIALS_REFUSED = "credentials_refused"
    CLOCK_WRONG = "clock_wrong"
    CLOCK_DRIFTS = "clock_drifts"
    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    ENDPOINT_WRONG = "endpoint_wrong"
    QUEUE_MISSING = "queue_missing"
    QUEUE_UNFIT = "queue_unfit"
    DEAD_LETTER_POLICY_MISSING = "dead_letter_policy_missing"
    DEAD_LETTERS_ELSEWHERE = "dead_letters_elsewhere"
    RECEIVE_LIMIT_SMALL = "receive_limit_small"
    RETENTION_SHORT = "retention_short"
    MESSAGES_TOO_SMALL = "messages_too_small"
    RULE_MISSING = "rule_missing"
    RULE_DISABLED = "rule_disabled"
    RULE_PATTERN_WRONG = "rule_pattern_wrong"
    RULE_PATTERN_UNJUDGED = "rule_pattern_unjudged"
    RULE_TARGET_WRONG = "rule_target_wrong"
    RULE_BASE64_DIFFERS = "rule_base64_differs"
    RULE_DROPS_UNDELIVERED = "rule_drops_undelivered"
    RULE_UNDELIVERED_ELSEWHERE = "rule_undelivered_elsewhere"
    SERVICE_ROLE_MISSING = "service_role_missing"
    PERMISSION_MISSING = "permission_missing"
    LOOK_DENIED = "look_denied"
    SPOT_QUOTA_SHORT = "spot_quota_short"
    IMAGE_QUOTA_SHORT = "image_quota_short"
    SNAPSHOT_QUOTA_SHORT = "snapshot_quota_short"
    OWN_HOST_SPOT = "own_host_spot"
    CHECK_FAILED = "check_failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth telling.

    Attributes:
        code: What it is.
        values: What the texts of the code name.
    """

    code: Code
    values: Mapping[str, str] = field(default_factory=dict)


class Gap(str, Enum):
    """What a look leaves open though nothing is known to be wrong with it."""

    PERMISSIONS = "permissions"
    IMAGE_QUOTA = "image_quota"
    SPOT_QUOTA = "spot_quota"


@dataclass(frozen=True, slots=True)
class Untried:
    """One thing that was not tried; no finding, for nothing says that it is wrong.

    Attributes:
        gap: What it is.
        values: What its text names.
    """

    gap: Gap
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that one look over an installation tells, the worst first."""

    findings: tuple[Finding, ...] = ()
    untried: tuple[Untried, ...] = ()


class Trouble(str, Enum):
    """Why a look brought nothing."""

    NO_CREDENTIALS = "no credentials"
    CREDENTIALS = "credentials refused"
    CLOCK = "clock refused"
    PERMISSION = "not permitted"
    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Failed:
    """A look that brought nothing.

    Attributes:
        why: Of which kind.
        about: The provider's code, or a word for what happened; never its text.
    """

    why: Trouble
    about: str = ""


@dataclass(frozen=True, slots=True)
class Seen(Generic[Value]):
    """A look that brought something."""

    value: Value


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """A queue as it is; None where the cloud does not tell."""

    name: str
    retention: float | None
    message_bytes_max: int | None
    dead_letters: str | None
    max_receive_count: int
    is_fifo: bool = False


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """One target of the rule.

    Attributes:
        target_id: Its id.
        queue: The queue it writes to; empty when it writes elsewhere or to two at once.
        is_base64: Whether it encodes the body.
        keeps_undelivered: Whether it has a dead-letter queue.
        undelivered_elsewhere: Name of that queue as the target has it, where it is not ours.
    """

    target_id: str
    queue: str
    is_base64: bool
    keeps_undelivered: bool
    undelivered_elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The rule as it is; `takes_interruptions` None when its pattern cannot be judged here."""

    is_enabled: bool
    takes_interruptions: bool | None
    targets: tuple[TargetFacts, ...]


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of something is used, and how much may be; `limit` None when it is not told."""

    used: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the configuration wants to be so.

    Attributes:
        apis: Address by the name of its setting under `endpoints`, for what this deployment calls.
        derived: The same as account, region and network give them, whatever is set.
        in_force: The settings for which grants of the worker are needed.
        receives_needed: The least MaxReceiveCount that parks no healthy recreation.
    """

    has_signing_key: bool
    apis: Mapping[str, str]
    in_force: frozenset[str]
    queue: str
    dead_letters: str
    undelivered: str
    retention: float
    message_bytes_max: int
    receives_needed: int
    bus: str
    rule: str
    is_base64: bool
    derived: Mapping[str, str] = field(default_factory=dict)

    def setting_of(self, queue: str) -> str:
        """Return the key under `queue` that gives a queue its name."""
        keys = {
            self.undelivered: "delivery_dead_letter_name",
            self.dead_letters: "dead_letter_name",
            self.queue: "name",
        }
        return keys[queue]


def judge_skew(seconds: float) -> Iterator[Finding]:
    """Judge by how many seconds this machine's clock is ahead of the cloud's."""
    values = {"seconds": f"{seconds:+.0f}"}
    if abs(seconds) > SKEW_REFUSED_SECONDS:
        yield Finding(Code.CLOCK_WRONG, values)
    elif abs(seconds) > SKEW_TOLD_SECONDS:
        yield Finding(Code.CLOCK_DRIFTS, values)


def judge_queue(found: QueueFacts | None, name: str, expected: Expected) -> Iterator[Finding]:
    """Judge one of the three queues."""
    if found is None:
        yield Finding(Code.QUEUE_MISSING, {"queue": name})
        return
    if found.is_fifo:
        free = f"{name[:_NAME_STEM_CHARS]}-standard"
        named = {"queue": name, "setting": expected.setting_of(name), "free": free}
        yield Finding(Code.QUEUE_UNFIT, named)
    if found.retention is not None and found.retention < expected.retention:
        days = {"found": _days(found.retention), "wanted": _days(expected.retention)}
        yield Finding(Code.RETENTION_SHORT, {"queue": name, **days})
    bytes_max = found.message_bytes_max
    if bytes_max is not None and bytes_max < expected.message_bytes_max:
        sizes = {"found": str(bytes_max), "wanted": str(expected.message_bytes_max)}
        yield Finding(Code.MESSAGES_TOO_SMALL, {"queue": name, **sizes})
    if name == expected.queue:
        yield from _judge_dead_letters(found, expected)


def _judge_dead_letters(found: QueueFacts, expected: Expected) -> Iterator[Finding]:
    named = {"queue": found.name, "wanted": expected.dead_letters}
    if found.dead_letters is None:
        yield Finding(Code.DEAD_LETTER_POLICY_MISSING, named)
        return
    if found.dead_letters != expected.dead_letters:
        yield Finding(Code.DEAD_LETTERS_ELSEWHERE, {**named, "found": found.dead_letters})
    if found.max_receive_count < expected.receives_needed:
        counts = {"found": str(found.max_receive_count), "needed": str(expected.receives_needed)}
        yield Finding(Code.RECEIVE_LIMIT_SMALL, {"queue": found.name, **counts})


def judge_rule(found: RuleFacts | None, expected: Expected) -> Iterator[Finding]:
    """Judge the rule and what it writes to."""
    named = {"rule": expected.rule, "bus": expected.bus}
    if found is None:
        yield Finding(Code.RULE_MISSING, named)
        return
    if not found.is_enabled:
        yield Finding(Code.RULE_DISABLED, named)
    if found.takes_interruptions is None:
        yield Finding(Code.RULE_PATTERN_UNJUDGED, named)
    elif not found.takes_interruptions:
        yield Finding(Code.RULE_PATTERN_WRONG, named)
    yield from _judge_targets(found.targets, expected)


def _judge_targets(targets: Iterable[TargetFacts], expected: Expected) -> Iterator[Finding]:
    ours = [target for target in targets if target.queue == expected.queue]
    if not ours:
        yield Finding(Code.RULE_TARGET_WRONG, {"rule": expected.rule, "queue": expected.queue})
    for target in ours:
        named = {"rule": expected.rule, "target": target.target_id}
        if target.is_base64 != expected.is_base64:
            encodes = {
                "found": str(target.is_base64).lower(),
                "wanted": str(expected.is_base64).lower(),
            }
            yield Finding(Code.RULE_BASE64_DIFFERS, {**named, **encodes})
        if not target.keeps_undelivered:
            yield Finding(
                Code.RULE_DROPS_UNDELIVERED, {**named, "undelivered": expected.undelivered}
            )
        elif target.undelivered_elsewhere:
            queues = {"found": target.undelivered_elsewhere, "wanted": expected.undelivered}
            yield Finding(Code.RULE_UNDELIVERED_ELSEWHERE, {**named, **queues})


def judge_quota(code: Code, found: Quota) -> Iterator[Finding]:
    """Tell a quota of which little is left."""
    if found.limit is not None and found.used >= found.limit * QUOTA_SHARE_TOLD:
        yield Finding(code, {"used": str(found.used), "limit": str(found.limit)})


def _days(seconds: float) -> str:
    return f"{seconds / 86_400:g}"
