"""The desired state as a ROS template: the way of an interruption alone, or with roles, policies, function and alarms."""

import json
from collections.abc import Mapping
from typing import Any, Final

from eventbridge.deployment import (
    ALARM,
    EVENT_TRIGGER,
    FUNCTION,
    NAME,
    ROLES,
    SHOULD_BE_EMPTY,
    TASKS,
    TIMED,
    TIMERS,
    Function,
    failure_destination,
)
from eventbridge.desired import OWNER_TAG, Desired, Place, QueueSpec, TargetSpec, desired_state
from worker.settings import Settings

Data = dict[str, Any]

PLACE: Final = Place(region="${ALIYUN::Region}", account_id="${ALIYUN::TenantId}")
# Source: EventBridge, service-linked roles: the services behind the roles that may write to queues and invoke functions.
TO_QUEUES: Final = "sendevent-mns.eventbridge.aliyuncs.com"
TO_FUNCTION: Final = "sendevent-fc.eventbridge.aliyuncs.com"
_QUEUES: Final = {
    "dead_letters": "DeadLetters",
    "undelivered": "Undelivered",
    "interruptions": "Interruptions",
}


def interruptions_template(settings: Settings) -> Data:
    """Describe queues, service-linked role, rule and target."""
    return {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Description": {
            "en": "The way of a spot instance's interruption to the queue of aliyun-ops",
            "zh-cn": "抢占式实例中断事件到 aliyun-ops 队列的通路",
        },
        "Parameters": _way_parameters(),
        "Conditions": {"MakesServiceRole": {"Fn::Equals": ["true", _ref("MakeServiceRole")]}},
        "Resources": _way(desired_state(settings, PLACE)),
    }


def full_template(settings: Settings, policies: Mapping[str, Mapping[str, Any]]) -> Data:
    """Describe all that a deployment needs; `policies` are the documents of deploy/ram by name."""
    desired = desired_state(settings, PLACE)
    template = interruptions_template(settings)
    template["Description"] = {
        "en": "aliyun-ops: queues, rule, roles, policies, and as asked for a function and alarms",
        "zh-cn": "aliyun-ops：队列、规则、角色、权限策略，以及按需创建的函数与报警",
    }
    template["Parameters"] |= _parameters()
    template["Conditions"] |= {
        "HasFunction": {"Fn::Not": {"Fn::Equals": ["", _ref("CodeObject")]}},
        "MakesFunctionServiceRole": {"Fn::And": ["MakesServiceRole", "HasFunction"]},
        "HasAlarms": {"Fn::Not": {"Fn::Equals": ["", _ref("ContactGroup")]}},
    }
    template["Resources"] |= {
        **_policies(policies),
        **_roles(),
        **_function(desired),
        **_alarms(desired),
    }
    template["Outputs"] = {
        "WorkerRole": {
            "Description": "The role for the instance that the worker runs on",
            "Value": _attribute("WorkerRole", "RoleName"),
        }
    }
    return template


def _way_parameters() -> Data:
    return {
        "MakeServiceRole": {
            "Type": "String",
            "AllowedValues": ["true", "false"],
            "Default": "true",
            "Description": "Make the roles with which EventBridge reaches queues and functions; false where the account has them",
        }
    }


def _way(desired: Desired) -> Data:
    return {
        **{_QUEUES[queue.role]: _queue(queue, desired) for queue in desired.queues},
        "ToQueues": {
            "Type": "ALIYUN::ResourceManager::ServiceLinkedRole",
            "Condition": "MakesServiceRole",
            "Properties": {"ServiceName": TO_QUEUES},
        },
        "Rule": {
            "Type": "ALIYUN::EventBridge::Rule",
            # Not on the role, which is not always made: a rule may come before it.
            "DependsOn": list(_QUEUES.values()),
            "Properties": {
                "EventBusName": desired.rule.bus,
                "RuleName": desired.rule.name,
                "Description": desired.rule.description,
                "FilterPattern": json.loads(desired.rule.pattern),
                "Status": "ENABLE",
                "Targets": [_target(desired.target)],
            },
        },
    }


def _queue(queue: QueueSpec, desired: Desired) -> Data:
    attributes = queue.attributes
    return {
        "Type": "ALIYUN::MNS::Queue",
        "Properties": {
            "QueueName": queue.name,
            "VisibilityTimeout": attributes.visibility_seconds,
            "PollingWaitSeconds": attributes.polling_seconds,
            "MessageRetentionPeriod": attributes.retention_seconds,
            "MaximumMessageSize": attributes.message_bytes_max,
            "DelaySeconds": attributes.delay_seconds,
            "DlqPolicy": _dead_letters(queue, desired),
            "Tags": [{"Key": OWNER_TAG, "Value": queue.owner}],
        },
    }


def _dead_letters(queue: QueueSpec, desired: Desired) -> Data:
    if queue.dead_letters is None:
        return {"Enabled": False}
    target = next(each.role for each in desired.queues if each.name == queue.dead_letters.queue)
    return {
        "Enabled": True,
        "MaxReceiveCount": queue.dead_letters.max_receive_count,
        "DeadLetterTargetQueue": _attribute(_QUEUES[target], "QueueName"),
    }


def _target(target: TargetSpec) -> Data:
    return {
        "Id": target.id,
        "Type": target.type,
        "Endpoint": _filled(target.endpoint),
        "PushRetryStrategy": target.retry,
        "ErrorsTolerance": target.errors_tolerance,
        "ParamList": [
            {"ResourceKey": param.key, "Form": param.form, "Value": param.value}
            for param in target.params
        ],
        "DeadLetterQueue": {"Arn": _filled(target.dead_letter_arn or "")},
    }


def _parameters() -> Data:
    return {
        "CodeBucket": _parameter("OSS bucket with the function's package"),
        "CodeObject": _parameter("The package in the bucket; empty makes no function"),
        "SigningKey": _parameter("ALIYUN_OPS_SIGNING_KEY of the function", NoEcho=True),
        "Runtime": _parameter("Python that the package is for", FUNCTION.runtime),
        "TriggerAsync": {
            "Type": "Boolean",
            "Default": EVENT_TRIGGER["asyncInvocationType"],
            "Description": "asyncInvocationType of the function's trigger, of which the documents say the opposite of each other",
        },
        "ContactGroup": _parameter("CloudMonitor contact group; empty makes no alarms"),
        "AlarmNamespace": _parameter("CloudMonitor namespace of the metric", ALARM.namespace),
        "AlarmMetric": _parameter(
            "Metric of the messages that can be seen in a queue", ALARM.metric
        ),
    }


def _parameter(description: str, default: str = "", **more: object) -> Data:
    return {"Type": "String", "Default": default, "Description": description, **more}


def _policies(policies: Mapping[str, Mapping[str, Any]]) -> Data:
    return {
        f"{name.capitalize()}Policy": {
            "Type": "ALIYUN::RAM::ManagedPolicy",
            "Properties": {
                "PolicyName": f"{NAME}-{name}",
                "Description": f"deploy/ram/{name}.json",
                # Not PolicyDocument, whose schema is stricter than RAM's own.
                "PolicyDocumentUnchecked": dict(document),
            },
        }
        for name, document in policies.items()
    }


def _roles() -> Data:
    made: Data = {}
    for role, (service, policies) in ROLES.items():
        made[f"{role.capitalize()}Role"] = _given(
            role,
            {
                "Type": "ALIYUN::RAM::Role",
                "DependsOn": [f"{each.capitalize()}Policy" for each in policies],
                "Properties": {
                    "RoleName": f"{NAME}-{role}",
                    "AssumeRolePolicyDocument": {
                        "Version": "1",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"Service": [service]},
                            }
                        ],
                    },
                    "PolicyAttachments": {"Custom": [f"{NAME}-{each}" for each in policies]},
                },
            },
        )
    return made


def _function(desired: Desired) -> Data:
    queue = next(each.name for each in desired.queues if each.role == "undelivered")
    undelivered = failure_destination(PLACE, queue)
    key = {"ALIYUN_OPS_SIGNING_KEY": _ref("SigningKey")}
    resources = {
        "Function": _code("function", NAME, FUNCTION, key),
        "FunctionConcurrency": _concurrency("Function", FUNCTION),
        "FunctionAsync": _asynchronous(
            "Function",
            FUNCTION,
            {"DestinationConfig": {"OnFailure": {"Destination": _filled(undelivered)}}},
        ),
        "EventTrigger": _trigger(
            "Function",
            "interruption",
            "eventbridge",
            {**EVENT_TRIGGER, "asyncInvocationType": _ref("TriggerAsync")},
        ),
        **{
            f"Timer{name.rpartition('-')[2]}": _trigger("Function", name, "timer", timer)
            for name, timer in TIMERS.items()
        },
        # Without the signing key: it trusts no progress, and passes dead letters on as they are.
        "Timed": _code("timed", f"{NAME}-timed", TIMED, {}),
        "TimedConcurrency": _concurrency("Timed", TIMED),
        "TimedAsync": _asynchronous("Timed", TIMED, {}),
        **{
            f"Timer{name.title().replace('-', '')}": _trigger("Timed", name, "timer", timer)
            for name, timer in TASKS.items()
        },
    }
    return {
        **{name: _given("function", resource) for name, resource in resources.items()},
        "ToFunction": {
            "Type": "ALIYUN::ResourceManager::ServiceLinkedRole",
            "Condition": "MakesFunctionServiceRole",
            "Properties": {"ServiceName": TO_FUNCTION},
        },
    }


def _code(role: str, name: str, function: Function, environment: Data) -> Data:
    return {
        "Type": "ALIYUN::FC3::Function",
        "Properties": {
            "FunctionName": name,
            "Handler": function.handler,
            "Runtime": _ref("Runtime"),
            "Cpu": function.cpu,
            "MemorySize": function.memory,
            "DiskSize": function.disk,
            "Timeout": function.timeout,
            "InternetAccess": True,
            "Role": _attribute(f"{role.capitalize()}Role", "Arn"),
            "Code": {
                "OssBucketName": _ref("CodeBucket"),
                "OssObjectName": _ref("CodeObject"),
            },
            "EnvironmentVariables": {"ALIYUN_OPS_CONFIG": function.config, **environment},
        },
    }


def _concurrency(resource: str, function: Function) -> Data:
    return {
        "Type": "ALIYUN::FC3::ConcurrencyConfig",
        "Properties": {
            "FunctionName": _attribute(resource, "FunctionName"),
            "ReservedConcurrency": function.concurrency,
        },
    }


def _asynchronous(resource: str, function: Function, destination: Data) -> Data:
    return {
        "Type": "ALIYUN::FC3::AsyncInvokeConfig",
        "Properties": {
            "FunctionName": _attribute(resource, "FunctionName"),
            "MaxAsyncRetryAttempts": function.retries,
            "MaxAsyncEventAgeInSeconds": function.event_age,
            **destination,
        },
    }


def _trigger(resource: str, name: str, kind: str, config: Data) -> Data:
    return {
        "Type": "ALIYUN::FC3::Trigger",
        "Properties": {
            "FunctionName": _attribute(resource, "FunctionName"),
            "TriggerName": name,
            "TriggerType": kind,
            "Qualifier": "LATEST",
            "TriggerConfig": config,
        },
    }


def _given(role: str, resource: Data) -> Data:
    """Make what only the functions need depend on there being one."""
    return resource if role == "worker" else {**resource, "Condition": "HasFunction"}


def _alarms(desired: Desired) -> Data:
    return {
        f"{_QUEUES[queue.role]}Alarm": {
            "Type": "ALIYUN::CMS::ResourceMetricRule",
            "Condition": "HasAlarms",
            "Properties": {
                "RuleName": f"{NAME}-{queue.name}",
                "Namespace": _ref("AlarmNamespace"),
                "MetricName": _ref("AlarmMetric"),
                "Resources": [
                    {
                        "userId": _filled(PLACE.account_id),
                        "region": _filled(PLACE.region),
                        "queue": queue.name,
                    }
                ],
                "ContactGroups": [_ref("ContactGroup")],
                "Period": ALARM.period,
                "SilenceTime": ALARM.silence,
                "Escalations": {
                    "Critical": {
                        "Statistics": ALARM.statistics,
                        "ComparisonOperator": "GreaterThanThreshold",
                        "Threshold": ALARM.threshold,
                        "Times": ALARM.times,
                    }
                },
            },
        }
        for queue in desired.queues
        if queue.role in SHOULD_BE_EMPTY
    }


def _ref(name: str) -> Data:
    return {"Ref": name}


def _attribute(resource: str, name: str) -> Data:
    return {"Fn::GetAtt": [resource, name]}


def _filled(text: str) -> Data:
    return {"Fn::Sub": text}
