"""Desired and actual state as plain data, under the names that the APIs and the Terraform provider use."""

import json
from dataclasses import asdict
from typing import Any

from eventbridge.cloud import Actual
from eventbridge.desired import OWNER_TAG, Desired, QueueSpec, desired_state
from worker.settings import Settings


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
