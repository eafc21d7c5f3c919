"""The desired state as a Terraform file for the provider aliyun/alicloud, formatted as `terraform fmt` has it.

The file stands alone: account and region are those of the provider. Names come from the settings; what has to exist first
is referred to, so that Terraform makes things in the right order.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from eventbridge.desired import (
    OWNER_TAG,
    Desired,
    Place,
    QueueSpec,
    RuleSpec,
    TargetSpec,
    desired_state,
)
from eventbridge.gaps import cannot_say
from worker.settings import Settings

PLACE: Final = Place(region="${local.region}", account_id="${local.account_id}")
_QUEUE: Final = "alicloud_message_service_queue"
_SERVICE_ROLE: Final = "alicloud_event_bridge_service_linked_role"
_HEAD: Final = """\
# Made by `aliyun-ops rule export --format terraform` from the configuration: change that, and make this again.
# Needs aliyun/alicloud 1.244.0 or later, for dead-letter policies.

data "alicloud_account" "current" {}

data "alicloud_regions" "current" {
  current = true
}

locals {
  account_id = data.alicloud_account.current.id
  region     = data.alicloud_regions.current.regions[0].id
}
"""


def terraform_text(settings: Settings) -> str:
    """Write queues, service-linked role, rule and target."""
    desired = desired_state(settings, PLACE)
    resources = [
        *(_queue(queue, desired) for queue in desired.queues),
        _block(
            f'resource "{_SERVICE_ROLE}" "to_queues"',
            _attributes({"product_name": _text(desired.service_role)}),
        ),
        _rule(desired.rule, desired.target, desired),
    ]
    return "\n".join([_HEAD, *resources])


def _queue(queue: QueueSpec, desired: Desired) -> str:
    attributes = queue.attributes
    parts = [
        _attributes(
            {
                "queue_name": _text(queue.name),
                "visibility_timeout": str(attributes.visibility_seconds),
                "polling_wait_seconds": str(attributes.polling_seconds),
                "message_retention_period": str(attributes.retention_seconds),
                "maximum_message_size": str(attributes.message_bytes_max),
                "delay_seconds": str(attributes.delay_seconds),
            }
        ),
        _map("tags", {OWNER_TAG: queue.owner}),
        _block("dlq_policy", _attributes(_policy(queue, desired))),
    ]
    return _block(f'resource "{_QUEUE}" "{queue.role}"', *parts)


def _policy(queue: QueueSpec, desired: Desired) -> dict[str, str]:
    if queue.dead_letters is None:
        return {"enabled": "false"}
    target = next(each.role for each in desired.queues if each.name == queue.dead_letters.queue)
    return {
        "enabled": "true",
        "max_receive_count": str(queue.dead_letters.max_receive_count),
        "dead_letter_target_queue": f"{_QUEUE}.{target}.queue_name",
    }


def _rule(rule: RuleSpec, target: TargetSpec, desired: Desired) -> str:
    names = [f"{_QUEUE}.{queue.role}" for queue in desired.queues]
    first = [*names, f"{_SERVICE_ROLE}.to_queues"]
    return _block(
        'resource "alicloud_event_bridge_rule" "interruptions"',
        _attributes(
            {
                "event_bus_name": _text(rule.bus),
                "rule_name": _text(rule.name),
                "description": _text(rule.description),
                "filter_pattern": _text(rule.pattern),
                "status": _text("ENABLE"),
            }
        ),
        _target(target),
        "depends_on = [\n" + "".join(f"  {name},\n" for name in first) + "]\n",
    )


def _target(target: TargetSpec) -> str:
    params = [
        _block(
            "param_list",
            _attributes(
                {
                    "resource_key": _text(param.key),
                    "form": _text(param.form),
                    "value": _text(param.value),
                }
            ),
        )
        for param in target.params
        if not cannot_say("terraform", f"rule.targets.param_list.{param.key}", param.value)
    ]
    arguments = {
        "target_id": target.id,
        "type": target.type,
        "endpoint": target.endpoint,
        "push_retry_strategy": target.retry,
        "errors_tolerance": target.errors_tolerance,
    }
    said = {
        name: _text(value)
        for name, value in arguments.items()
        if value is not None and not cannot_say("terraform", f"rule.targets.{name}", value)
    }
    letters = _block("dead_letter_queue", _attributes({"arn": _text(target.dead_letter_arn or "")}))
    return _block("targets", _attributes(said), *params, letters)


def _block(header: str, *parts: str) -> str:
    lines = "\n".join(parts).splitlines()
    return "\n".join([f"{header} {{", *_indented(lines), "}\n"])


def _indented(lines: list[str]) -> Iterator[str]:
    return (f"  {line}" if line else "" for line in lines)


def _attributes(attributes: Mapping[str, str]) -> str:
    width = max(map(len, attributes))
    return "".join(f"{name.ljust(width)} = {value}\n" for name, value in attributes.items())


def _map(name: str, entries: Mapping[str, str]) -> str:
    return _block(
        f"{name} =", _attributes({_text(key): _text(value) for key, value in entries.items()})
    )


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
