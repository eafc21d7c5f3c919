"""The port bound to the official SDKs: EventBridge and the queue's control plane over RPC, peek and send on the data plane."""

from collections.abc import Callable, Sequence
from typing import Any

from eventbridge.calls import Calls
from eventbridge.cloud import CloudError, FoundQueue, FoundRule
from eventbridge.desired import (
    OWNER_TAG,
    DeadLetters,
    Param,
    QueueAttributes,
    QueueSpec,
    RuleSpec,
    TargetSpec,
)
from eventbridge.sdks import Sdks

# Sources: EventBridge and SMQ error codes; the spellings of the control plane are those that
# terraform-provider-alicloud accepts.
RULE_GONE = frozenset({"EventRuleNotExisted", "EventRuleNotExist"})
QUEUE_GONE = frozenset({"QueueNotExist", "ResourceNotFound:QueueName", "RESOURCE_NOT_FOUND"})
QUEUE_EMPTY = "MessageNotExist"


class SdkCloud:
    """`Cloud` over the SDKs.

    Args:
        sdks: The clients.
        sleep: Lets the time between two attempts pass.
    """

    def __init__(self, sdks: Sdks, *, sleep: Callable[[float], None]) -> None:
        self._sdks = sdks
        self._calls = Calls(sleep)

    def find_queue(self, name: str) -> FoundQueue | None:
        """Send GetQueueAttributes."""
        models = self._sdks.queue_models
        request = models.GetQueueAttributesRequest(queue_name=name)
        try:
            body = self._ask_queues("GetQueueAttributes", request)
        except CloudError as error:
            if error.code in QUEUE_GONE:
                return None
            raise
        return _found_queue(name, body.data)

    def create_queue(self, queue: QueueSpec) -> None:
        """Send CreateQueue; an error counts only when the queue is not there afterwards."""
        models = self._sdks.queue_models
        request = models.CreateQueueRequest(
            queue_name=queue.name,
            tag=[models.CreateQueueRequestTag(key=OWNER_TAG, value=queue.owner)],
            dlq_policy=_policy(models.CreateQueueRequestDlqPolicy, queue.dead_letters),
            **_attributes(queue.attributes),
        )
        self._create("CreateQueue", request, self._ask_queues, lambda: self.find_queue(queue.name))

    def set_queue(self, queue: QueueSpec) -> None:
        """Send SetQueueAttributes with all attributes that are ours to set."""
        models = self._sdks.queue_models
        request = models.SetQueueAttributesRequest(
            queue_name=queue.name,
            dlq_policy=_policy(models.SetQueueAttributesRequestDlqPolicy, queue.dead_letters),
            **_attributes(queue.attributes),
        )
        self._ask_queues("SetQueueAttributes", request)

    def delete_queue(self, name: str) -> None:
        """Send DeleteQueue; a queue that is gone is as good as deleted."""
        self._delete(
            "DeleteQueue",
            self._sdks.queue_models.DeleteQueueRequest(queue_name=name),
            self._ask_queues,
            QUEUE_GONE,
        )

    def has_service_role(self, name: str) -> bool:
        """Send CheckServiceLinkedRoleForProduct."""
        request = self._sdks.rule_models.CheckServiceLinkedRoleForProductRequest(product_name=name)
        return bool(self._ask_rules("CheckServiceLinkedRoleForProduct", request).data.check_pass)

    def create_service_role(self, name: str) -> None:
        """Send CreateServiceLinkedRoleForProduct; an error counts only when the role is not there afterwards."""
        request = self._sdks.rule_models.CreateServiceLinkedRoleForProductRequest(product_name=name)
        self._create(
            "CreateServiceLinkedRoleForProduct",
            request,
            self._ask_rules,
            lambda: self.has_service_role(name) or None,
        )

    def find_rule(self, bus: str, name: str) -> FoundRule | None:
        """Send GetRule, whose answer holds all targets with their parameters."""
        request = self._sdks.rule_models.GetRuleRequest(event_bus_name=bus, rule_name=name)
        try:
            data = self._ask_rules("GetRule", request).data
        except CloudError as error:
            if error.code in RULE_GONE:
                return None
            raise
        return FoundRule(
            description=data.description,
            pattern=data.filter_pattern or "",
            is_enabled=data.status != "DISABLE",
            targets=tuple(_found_target(target) for target in data.targets or ()),
        )

    def create_rule(self, rule: RuleSpec, target: TargetSpec) -> None:
        """Send CreateRule with the target in it; an error counts only when the rule is not there afterwards."""
        models = self._sdks.rule_models
        request = models.CreateRuleRequest(
            event_bus_name=rule.bus,
            rule_name=rule.name,
            description=rule.description,
            filter_pattern=rule.pattern,
            status="ENABLE",
            event_targets=[_target(models, "CreateRuleRequestEventTargets", target)],
        )
        self._create(
            "CreateRule", request, self._ask_rules, lambda: self.find_rule(rule.bus, rule.name)
        )

    def update_rule(self, rule: RuleSpec) -> None:
        """Send UpdateRule, which leaves the targets alone and needs the pattern in any case."""
        request = self._sdks.rule_models.UpdateRuleRequest(
            event_bus_name=rule.bus,
            rule_name=rule.name,
            description=rule.description,
            filter_pattern=rule.pattern,
        )
        self._ask_rules("UpdateRule", request)

    def enable_rule(self, bus: str, name: str) -> None:
        """Send EnableRule."""
        self._ask_rules(
            "EnableRule",
            self._sdks.rule_models.EnableRuleRequest(event_bus_name=bus, rule_name=name),
        )

    def put_target(self, bus: str, rule: str, target: TargetSpec) -> None:
        """Send PutTargets, and look into its list of errors: it may fail for one target and call itself a success."""
        models = self._sdks.rule_models
        request = models.PutTargetsRequest(
            event_bus_name=bus,
            rule_name=rule,
            targets=[_target(models, "PutTargetsRequestTargets", target)],
        )
        _refuse_entries("PutTargets", self._ask_rules("PutTargets", request))

    def delete_targets(self, bus: str, rule: str, target_ids: Sequence[str]) -> None:
        """Send DeleteTargets, and look into its list of errors."""
        request = self._sdks.rule_models.DeleteTargetsRequest(
            event_bus_name=bus, rule_name=rule, target_ids=list(target_ids)
        )
        _refuse_entries("DeleteTargets", self._ask_rules("DeleteTargets", request))

    def delete_rule(self, bus: str, name: str) -> None:
        """Send DeleteRule; a rule that is gone is as good as deleted."""
        request = self._sdks.rule_models.DeleteRuleRequest(event_bus_name=bus, rule_name=name)
        self._delete("DeleteRule", request, self._ask_rules, RULE_GONE)

    def matches(self, event: str, pattern: str) -> bool:
        """Send TestEventPattern."""
        request = self._sdks.rule_models.TestEventPatternRequest(event=event, event_pattern=pattern)
        return bool(self._ask_rules("TestEventPattern", request).data.result)

    def holds_message(self, queue: str) -> bool:
        """Send PeekMessage, which changes nothing and sees visible messages only."""
        try:
            self._calls.data_plane(
                "PeekMessage", self._sdks.urls.mns, self._sdks.queue(queue).peek_message
            )
        except CloudError as error:
            if error.code == QUEUE_EMPTY or error.code in QUEUE_GONE:
                return False
            raise
        return True

    def send(self, queue: str, body: str) -> str:
        """Send SendMessage with the body as it is."""
        sent = self._calls.data_plane(
            "SendMessage",
            self._sdks.urls.mns,
            lambda: self._sdks.queue(queue).send_message(self._sdks.message(body)),
        )
        return str(sent.message_id)

    def _create(
        self,
        operation: str,
        request: Any,
        ask: Callable[[str, Any], Any],
        find: Callable[[], object | None],
    ) -> None:
        # A repeated create answers that the thing exists; so may a create whose first answer was lost.
        try:
            ask(operation, request)
        except CloudError:
            if find() is None:
                raise

    def _delete(
        self, operation: str, request: Any, ask: Callable[[str, Any], Any], gone: frozenset[str]
    ) -> None:
        try:
            ask(operation, request)
        except CloudError as error:
            if error.code not in gone:
                raise

    def _ask_rules(self, operation: str, request: Any) -> Any:
        return self._calls.rpc(
            operation,
            self._sdks.urls.eventbridge,
            lambda: _method(self._sdks.rules, operation)(request, self._sdks.runtime),
        )

    def _ask_queues(self, operation: str, request: Any) -> Any:
        return self._calls.rpc(
            operation,
            self._sdks.urls.mns_open,
            lambda: _method(self._sdks.queues, operation)(request, self._sdks.runtime),
        )


def _method(client: Any, operation: str) -> Callable[[Any, Any], Any]:
    snake = "".join(
        f"_{letter.lower()}" if letter.isupper() else letter for letter in operation
    ).lstrip("_")
    method: Callable[[Any, Any], Any] = getattr(client, f"{snake}_with_options")
    return method


def _attributes(attributes: QueueAttributes) -> dict[str, int | None]:
    return {
        "visibility_timeout": attributes.visibility_seconds,
        "polling_wait_seconds": attributes.polling_seconds,
        "message_retention_period": attributes.retention_seconds,
        "maximum_message_size": attributes.message_bytes_max,
        "delay_seconds": attributes.delay_seconds,
    }


def _policy(model: Any, policy: DeadLetters | None) -> Any:
    if policy is None:
        return model(enabled=False)
    return model(
        enabled=True,
        max_receive_count=policy.max_receive_count,
        dead_letter_target_queue=policy.queue,
    )


def _found_queue(name: str, data: Any) -> FoundQueue:
    policy = data.dlq_policy
    is_on = policy is not None and policy.enabled and policy.dead_letter_target_queue
    counts = (data.active_messages, data.inactive_messages, data.delay_messages)
    return FoundQueue(
        name=name,
        attributes=QueueAttributes(
            visibility_seconds=data.visibility_timeout,
            polling_seconds=data.polling_wait_seconds,
            retention_seconds=data.message_retention_period,
            message_bytes_max=data.maximum_message_size,
            delay_seconds=data.delay_seconds,
        ),
        dead_letters=_found_policy(policy) if is_on else None,
        owner=next((tag.tag_value for tag in data.tags or () if tag.tag_key == OWNER_TAG), None),
        is_fifo=data.queue_type == "fifo",
        messages=sum(count or 0 for count in counts),
    )


def _found_policy(policy: Any) -> DeadLetters:
    # Text in answers, though a number in requests. Source: GetQueueAttributes, MaxReceiveCount.
    count = str(policy.max_receive_count)
    return DeadLetters(policy.dead_letter_target_queue, int(count) if count.isdecimal() else 0)


def _target(models: Any, name: str, target: TargetSpec) -> Any:
    param, dead_letters = (
        getattr(models, f"{name}ParamList"),
        getattr(models, f"{name}DeadLetterQueue"),
    )
    return getattr(models, name)(
        id=target.id,
        type=target.type,
        endpoint=target.endpoint,
        param_list=[
            param(resource_key=each.key, form=each.form, value=each.value) for each in target.params
        ],
        push_retry_strategy=target.retry,
        errors_tolerance=target.errors_tolerance,
        dead_letter_queue=dead_letters(arn=target.dead_letter_arn),
    )


def _found_target(target: Any) -> TargetSpec:
    return TargetSpec(
        id=target.id,
        type=target.type,
        endpoint=target.endpoint,
        params=tuple(
            Param(each.resource_key, each.form, each.value or "")
            for each in target.param_list or ()
        ),
        retry=target.push_retry_strategy,
        errors_tolerance=target.errors_tolerance,
        dead_letter_arn=target.dead_letter_queue.arn
        if target.dead_letter_queue is not None
        else None,
    )


def _refuse_entries(operation: str, body: Any) -> None:
    data = body.data
    if data is None or not data.error_entries_count:
        return
    first = next(iter(data.error_entries or ()), None)
    code = first.error_code if first is not None else None
    raise CloudError(operation, kind="refused for a target", code=code, request_id=body.request_id)
