"""What there should be in the cloud, as a pure function of the settings.

bus `default` --rule--> target --> queue --after max_receive_count--> dead-letter queue
                          |
                          +--after all retries--> delivery dead-letter queue
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from worker.settings import Settings

# Source: EventBridge, ECS events; the rule has no other filter, because the worker selects by tag.
EVENT_PATTERN: Mapping[str, list[str]] = MappingProxyType(
    {"source": ["acs.ecs"], "type": ["ecs:Instance:PreemptibleInstanceInterruption"]}
)
TARGET_TYPE = "acs.mns.queue"
# Without this role EventBridge delivers nothing and says nothing.
# Source: EventBridge, service-linked roles; the product name of the API is the role's name.
SERVICE_ROLE = "AliyunServiceRoleForEventBridgeSendToMNS"
OWNER_TAG = "spot-recreation:owner"

_OWNER_MARK = re.compile(r"\baliyun-ops owner=([a-z0-9-]{1,32})\b")


@dataclass(frozen=True, slots=True)
class QueueAttributes:
    """The attributes of a queue, in the API's units; None where the cloud did not tell."""

    visibility_seconds: int | None
    polling_seconds: int | None
    retention_seconds: int | None
    message_bytes_max: int | None
    delay_seconds: int | None = 0


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A queue's own dead-letter policy."""

    queue: str
    max_receive_count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Account and region as they stand in ARNs: ids, or what another tool fills in there."""

    region: str
    account_id: str


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A queue as it should be; `dead_letters` None means that it gives up on nothing.

    Attributes:
        role: What it is to us, whatever its name.
        purpose: The same for a person.
    """

    role: Literal["interruptions", "dead_letters", "undelivered"]
    name: str
    purpose: str
    attributes: QueueAttributes
    dead_letters: DeadLetters | None
    owner: str


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a target: what EventBridge puts where."""

    key: str
    form: str
    value: str


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A target of a rule; what the cloud may leave out of its answer is None."""

    id: str
    type: str
    endpoint: str
    params: tuple[Param, ...]
    retry: str | None
    errors_tolerance: str | None
    dead_letter_arn: str | None


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule as it should be; its description carries the owner's mark."""

    bus: str
    name: str
    description: str
    pattern: str
    owner: str


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything there should be; queues come in the order in which they can be made."""

    queues: tuple[QueueSpec, ...]
    service_role: str
    rule: RuleSpec
    target: TargetSpec


def desired_state(settings: Settings, place: Place | None = None) -> Desired:
    """Derive what there should be from the settings; `place` stands in for their account and region."""
    return Desired(
        queues=_queues(settings),
        service_role=SERVICE_ROLE,
        rule=_rule(settings),
        target=_target(settings, place or Place(settings.region, settings.account_id)),
    )


def owner_mark(owner: str) -> str:
    """Return the words in a rule's description that make it ours."""
    return f"aliyun-ops owner={owner}"


def owner_in(description: str | None) -> str | None:
    """Read the owner's mark out of a rule's description; None when it has none."""
    mark = _OWNER_MARK.search(description or "")
    return mark.group(1) if mark is not None else None


def queue_endpoint(region: str, account_id: str, queue: str) -> str:
    """Name a queue as the endpoint of a target: no slash after the account."""
    return f"acs:mns:{region}:{account_id}:queues/{queue}"


def dead_letter_arn(region: str, account_id: str, queue: str) -> str:
    """Name a queue as the dead-letter queue of a target: with a slash, unlike an endpoint."""
    return f"acs:mns:{region}:{account_id}:/queues/{queue}"


def pattern_text(pattern: Mapping[str, Any]) -> str:
    """Write an event pattern the one way that we write it."""
    return json.dumps(dict(pattern), sort_keys=True, separators=(",", ":"))


def _queues(settings: Settings) -> tuple[QueueSpec, ...]:
    queue, owner = settings.queue, settings.owner
    attributes = QueueAttributes(
        visibility_seconds=int(queue.lease),
        polling_seconds=int(queue.long_poll),
        retention_seconds=int(queue.retention),
        message_bytes_max=queue.max_message_size,
    )
    policy = DeadLetters(queue=queue.dead_letter_name, max_receive_count=queue.max_receive_count)
    return (
        QueueSpec(
            "dead_letters", queue.dead_letter_name, "dead-letter queue", attributes, None, owner
        ),
        QueueSpec(
            "undelivered",
            queue.delivery_dead_letter_name,
            "queue for undelivered events",
            attributes,
            None,
            owner,
        ),
        QueueSpec("interruptions", queue.name, "queue", attributes, policy, owner),
    )


def _rule(settings: Settings) -> RuleSpec:
    return RuleSpec(
        bus=settings.rule.bus,
        name=settings.rule.name,
        description=f"{owner_mark(settings.owner)}: spot interruptions to queue {settings.queue.name}",
        pattern=pattern_text(EVENT_PATTERN),
        owner=settings.owner,
    )


def _target(settings: Settings, place: Place) -> TargetSpec:
    queue = settings.queue
    return TargetSpec(
        id=settings.rule.target_id,
        type=TARGET_TYPE,
        endpoint=queue_endpoint(place.region, place.account_id, queue.name),
        # Source: EventBridge, target parameters of acs.mns.queue. Endpoint and `queue` name the same queue, because
        # it is not documented which of the two wins.
        params=(
            Param("queue", "CONSTANT", queue.name),
            Param("Body", "ORIGINAL", ""),
            Param("IsBase64Encode", "CONSTANT", "true" if settings.rule.base64 else "false"),
        ),
        retry=settings.rule.retry,
        errors_tolerance="ALL",
        dead_letter_arn=dead_letter_arn(
            place.region, place.account_id, queue.delivery_dead_letter_name
        ),
    )
