"""Port `SetUp` of the doctor over what `rule` knows of EventBridge and the queues' control plane."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from typing_extensions import override

from eventbridge.cloud import Cloud, CloudError, FoundQueue, FoundRule
from eventbridge.desired import (
    SERVICE_ROLE,
    TARGET_TYPE,
    TargetSpec,
    dead_letter_arn,
    queue_endpoint,
)
from eventbridge.samples import takes_interruption
from worker import operator_ports
from worker.adapters.error_map import trouble_of
from worker.core.diagnosis import Failed, QueueFacts, RuleFacts, Seen, TargetFacts, Trouble
from worker.settings import Settings

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class RuleSetUp(operator_ports.SetUp):
    """Port `SetUp` over `eventbridge.cloud`."""

    cloud: Cloud
    settings: Settings

    @override
    def queue(self, name: str) -> Seen[QueueFacts | None] | Failed:
        return _seen(lambda: _queue(self.cloud.find_queue(name)))

    @override
    def rule(self) -> Seen[RuleFacts | None] | Failed:
        rule = self.settings.rule
        return _seen(lambda: self._rule(self.cloud.find_rule(rule.bus, rule.name)))

    @override
    def service_role(self) -> Seen[bool] | Failed:
        return _seen(lambda: self.cloud.has_service_role(SERVICE_ROLE))

    def _rule(self, found: FoundRule | None) -> RuleFacts | None:
        if found is None:
            return None
        return RuleFacts(
            is_enabled=found.is_enabled,
            takes_interruptions=takes_interruption(found.pattern),
            targets=tuple(map(self._target, found.targets)),
        )

    def _target(self, found: TargetSpec) -> TargetFacts:
        params = {param.key: param.value for param in found.params}
        queue = params.get("queue", "")
        endpoint = queue_endpoint(self.settings.region, self.settings.account_id, queue)
        # Endpoint and parameter both name the queue, and no page says which wins: they must agree.
        undelivered = dead_letter_arn(
            self.settings.region,
            self.settings.account_id,
            self.settings.queue.delivery_dead_letter_name,
        )
        letters = found.dead_letter_arn or ""
        is_whole = found.type == TARGET_TYPE and found.endpoint == endpoint
        return TargetFacts(
            target_id=found.id,
            queue=queue if is_whole else "",
            is_base64=params.get("IsBase64Encode", "false").lower() == "true",
            keeps_undelivered=bool(letters),
            undelivered_elsewhere="" if letters == undelivered else letters,
        )


def _queue(found: FoundQueue | None) -> QueueFacts | None:
    if found is None:
        return None
    policy = found.dead_letters
    return QueueFacts(
        name=found.name,
        retention=found.attributes.retention_seconds,
        message_bytes_max=found.attributes.message_bytes_max,
        dead_letters=policy.queue if policy is not None else None,
        max_receive_count=policy.max_receive_count if policy is not None else 0,
        is_fifo=found.is_fifo,
    )


def _seen(look: Callable[[], Value]) -> Seen[Value] | Failed:
    try:
        return Seen(look())
    except CloudError as error:
        if error.code is None:
            return Failed(Trouble.UNREADABLE, error.reason or error.kind)
        return Failed(trouble_of(error.code), error.code)
