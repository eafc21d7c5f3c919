"""Desired and actual state as plain data, under the names that the APIs and the Terraform provider use, and as text."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import yaml
from typing_extensions import override

from eventbridge.cloud import Actual
from eventbridge.desired import OWNER_TAG, Desired, QueueSpec, desired_state
from eventbridge.gaps import GAPS
from eventbridge.ros import interruptions_template
from eventbridge.terraform import terraform_text
from worker.settings import Settings


def exported(settings: Settings, as_format: str) -> str:
    """Write what there should be as `yaml`, `json`, `terraform` or `ros`."""
    if as_format == "terraform":
        return terraform_text(settings)
    if as_format == "ros":
        return yaml_text(interruptions_template(settings))
    data = desired_as_data(settings)
    if as_format == "json":
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    return yaml_text(data)


def gaps_of(settings: Settings, as_format: str) -> Iterator[str]:
    """Say in a sentence each what a format leaves out of these settings."""
    params = desired_state(settings).target.params
    values = {f"rule.targets.param_list.{param.key}": param.value for param in params}
    for gap in GAPS:
        if gap.tool == as_format and gap.value in {None, values.get(gap.path)}:
            yield f"{gap.path} is left out: {gap.why}; {gap.instead}"


def yaml_text(data: object) -> str:
    """Write data as YAML for people: in our order, without anchors."""
    return yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """Writes what occurs twice, twice."""

    @override
    def ignore_aliases(self, data: object) -> bool:
        return True


def desired_as_data(settings: Settings) -> dict[str, Any]:
    """Return what there should be, for a tool that sets it up in our place."""
    desired = desired_state(settings)
    return {
        "account_id": settings.account_id,
        "region": settings.region,
        "queues": [_queue(queue) for queue in desired.queues],
        "service_linked_role": desired.service_role,
        "rule": _rule(desired),
    }


def actual_as_data(actual: Actual) -> dict[str, Any]:
    """Return what there is, in our own words."""
    return {
        "queues": {name: asdict(queue) for name, queue in actual.queues.items()},
        "has_service_role": actual.has_service_role,
        "rule": asdict(actual.rule) if actual.rule is not None else None,
    }


def _queue(queue: QueueSpec) -> dict[str, Any]:
    policy: dict[str, Any] = {"enabled": False}
    if queue.dead_letters is not None:
        policy = {
            "enabled": True,
            "max_receive_count": queue.dead_letters.max_receive_count,
            "dead_letter_target_queue": queue.dead_letters.queue,
        }
    return {
        "queue_name": queue.name,
        "purpose": queue.purpose,
        "visibility_timeout": queue.attributes.visibility_seconds,
        "polling_wait_seconds": queue.attributes.polling_seconds,
        "message_retention_period": queue.attributes.retention_seconds,
        "maximum_message_size": queue.attributes.message_bytes_max,
        "delay_seconds": queue.attributes.delay_seconds,
        "dlq_policy": policy,
        "tags": {OWNER_TAG: queue.owner},
    }


def _rule(desired: Desired) -> dict[str, Any]:
    rule, target = desired.rule, desired.target
    return {
        "event_bus_name": rule.bus,
        "rule_name": rule.name,
        "description": rule.description,
        "filter_pattern": json.loads(rule.pattern),
        "status": "ENABLE",
        "targets": [
            {
                "target_id": target.id,
                "type": target.type,
                "endpoint": target.endpoint,
                "param_list": [
                    {"resource_key": param.key, "form": param.form, "value": param.value}
                    for param in target.params
                ],
                "push_retry_strategy": target.retry,
                "errors_tolerance": target.errors_tolerance,
                "dead_letter_queue": {"arn": target.dead_letter_arn},
            }
        ],
    }
