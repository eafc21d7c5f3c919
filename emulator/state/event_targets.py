"""Reading and checking the targets that CreateRule and PutTargets send.

Sources: EventBridge "Event target parameters" (acs.mns.queue), "Limits", PutTargets. The codes of
refusals are those of Apache RocketMQ EventBridge, the open-source edition of the service.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.state.event_bodies import (
    CONSTANT,
    FORMS,
    JSONPATH,
    TEMPLATE,
    TEXT_LIMIT,
    path_steps,
    variables,
)
from emulator.state.event_calls import Refused, objects, refuse_unknown, structure, whole
from emulator.state.event_model import QUEUE_TARGET, Param, Target
from emulator.state.world import World

BACKOFF = "BACKOFF_RETRY"
DECAY = "EXPONENTIAL_DECAY_RETRY"
STRATEGIES = frozenset({BACKOFF, DECAY})
TOLERANCES = frozenset({"ALL", "NONE"})

# Source: the resource documentation of the provider's Terraform plug-in, targets.type.
TYPES = frozenset(
    {
        "acs.alikafka",
        "acs.api.destination",
        "acs.arms.loki",
        "acs.datahub",
        "acs.dingtalk",
        "acs.eventbridge",
        "acs.eventbridge.olap",
        "acs.eventbus.SLSCloudLens",
        "acs.fc.function",
        "acs.fnf",
        "acs.k8s",
        "acs.mail",
        "acs.mns.queue",
        "acs.mns.topic",
        "acs.openapi",
        "acs.rabbitmq",
        "acs.rds.mysql",
        "acs.rocketmq",
        "acs.sae",
        "acs.sls",
        "acs.sms",
        "http",
        "https",
        "mysql",
    }
)

INEFFECTIVE = "EventTargetIneffectiveAttribute"
MISSING = "EventTargetMissingAttribute"

_FIELDS = {
    "Id",
    "Type",
    "Endpoint",
    "ParamList",
    "PushRetryStrategy",
    "ErrorsTolerance",
    "DeadLetterQueue",
    "ConcurrentConfig",
}
_PARAM_FIELDS = {"ResourceKey", "Form", "Value", "Template"}
_DEAD_LETTER_FIELDS = {"Arn", "Network", "VpcId", "VSwitchIds", "SecurityGroupId"}
_QUEUE_KEYS = {"queue", "Body", "IsBase64Encode"}
_QUEUE_ENDPOINT = re.compile(r"acs:mns:([^:/]+):([^:/]+):queues/([A-Za-z0-9][A-Za-z0-9-]{0,119})")
_DEAD_LETTER_QUEUE = re.compile(r"acs:mns:[^:]+:[^:]+:/?queues/([^/]+)")

# The service adds this when it is left out; a client that compares must expect it.
# Source: the Terraform plug-in's resource, which calls it a default of the API.
PLAIN_BODY = Param("IsBase64Encode", CONSTANT, "false")


def endpoint_queue(endpoint: str) -> str:
    """Read the queue's name out of a checked Endpoint."""
    return endpoint.rpartition("/")[2]


def dead_letter_queue(target: Target) -> str | None:
    """Read the queue's name out of the dead-letter ARN; None when it names no queue of SMQ.

    The documents write this ARN with a slash before `queues`, other than the Endpoint; samples
    of the Terraform plug-in have it without.
    """
    match = _DEAD_LETTER_QUEUE.match(str(target.dead_letter.get("Arn", "")))
    return match[1] if match else None


def read_target(raw: Mapping[str, Any], world: World, region: str) -> Target:
    """Check one target and fill in what the service adds.

    Raises:
        Refused: The service would not store it.
        ApiError: It has a field that the service does not know.
    """
    refuse_unknown("eventbridge target", set(raw) - _FIELDS, world)
    target = Target(
        id=_text(raw, "Id"),
        type=_text(raw, "Type"),
        endpoint=str(raw.get("Endpoint") or ""),
        params=_params(raw.get("ParamList"), world),
        retry=_choice(raw.get("PushRetryStrategy"), STRATEGIES, BACKOFF),
        tolerance=_choice(raw.get("ErrorsTolerance"), TOLERANCES, "ALL"),
        dead_letter=_dead_letter(raw.get("DeadLetterQueue"), world),
        concurrency=_concurrency(raw.get("ConcurrentConfig"), world),
    )
    if target.type not in TYPES:
        raise Refused("EventTargetClassNotExist", f"There is no target type {target.type}.")
    return _queue_target(target, world, region) if target.type == QUEUE_TARGET else target


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(MISSING, f"A target needs {name}.")
    return value


def _choice(value: Any, allowed: frozenset[str], default: str) -> str:
    chosen = str(value or default)
    if chosen not in allowed:
        raise Refused(INEFFECTIVE, f"{chosen} is none of {', '.join(sorted(allowed))}.")
    return chosen


def _params(value: Any, world: World) -> tuple[Param, ...]:
    return tuple(_param(raw, world) for raw in objects(value or [], "ParamList"))


def _param(raw: Mapping[str, Any], world: World) -> Param:
    refuse_unknown("eventbridge target ParamList", set(raw) - _PARAM_FIELDS, world)
    param = Param(
        key=_text(raw, "ResourceKey"),
        form=_choice(raw.get("Form"), FORMS, ""),
        value=str(raw.get("Value") or ""),
        template=str(raw.get("Template") or ""),
    )
    if max(len(param.value), len(param.template)) > TEXT_LIMIT:
        raise Refused(INEFFECTIVE, f"{param.key} is longer than {TEXT_LIMIT} characters.")
    try:
        _check_form(param)
    except ValueError as error:
        raise Refused(INEFFECTIVE, f"{param.key}: {error}") from error
    return param


def _check_form(param: Param) -> None:
    """Refuse what the form cannot be made of.

    Source: TransformValidator of https://github.com/apache/rocketmq-eventbridge, the open-source
    edition: a constant is not empty, a template has at least one variable.
    """
    if param.form == CONSTANT and not param.value:
        raise ValueError("a constant is missing")
    if param.form == JSONPATH:
        path_steps(param.value)
    if param.form == TEMPLATE:
        if not param.template:
            raise ValueError("a template is missing")
        if not variables(param.value):
            raise ValueError("a template has no variable")


def _dead_letter(value: Any, world: World) -> Mapping[str, Any]:
    found = structure(value or {}, "DeadLetterQueue")
    if not isinstance(found, Mapping):
        raise Refused(INEFFECTIVE, "DeadLetterQueue is not an object.")
    refuse_unknown("eventbridge target DeadLetterQueue", set(found) - _DEAD_LETTER_FIELDS, world)
    arn = found.get("Arn")
    if arn and not str(arn).startswith("acs:"):
        raise Refused(INEFFECTIVE, f"The dead-letter ARN {arn} is none.")
    return {name: part for name, part in found.items() if part}


def _concurrency(value: Any, world: World) -> int | None:
    found = structure(value or {}, "ConcurrentConfig")
    if not isinstance(found, Mapping):
        raise Refused(INEFFECTIVE, "ConcurrentConfig is not an object.")
    refuse_unknown("eventbridge target ConcurrentConfig", set(found) - {"Concurrency"}, world)
    return whole(found["Concurrency"], INEFFECTIVE) if "Concurrency" in found else None


def _queue_target(target: Target, world: World, region: str) -> Target:
    match = _QUEUE_ENDPOINT.fullmatch(target.endpoint)
    if match is None:
        raise Refused(INEFFECTIVE, f"The endpoint {target.endpoint} names no queue.")
    # Source: "Limits": a rule and its queue are of the same region and account.
    if (match[1], match[2]) != (region, world.account_id):
        raise Refused(INEFFECTIVE, f"{target.endpoint} is not of this region and account.")
    _check_queue_params(target)
    if target.param(PLAIN_BODY.key) is None:
        return replace(target, params=(*target.params, PLAIN_BODY))
    return target


def _check_queue_params(target: Target) -> None:
    keys = [param.key for param in target.params]
    if strange := set(keys) - _QUEUE_KEYS:
        listed = ", ".join(sorted(strange))
        raise Refused(INEFFECTIVE, f"A queue target has no parameter {listed}.")
    if len(keys) != len(set(keys)):
        raise Refused(INEFFECTIVE, "A parameter is given twice.")
    for name in ("queue", "Body"):
        if target.param(name) is None:
            raise Refused(MISSING, f"A queue target needs the parameter {name}.")
    for name in ("queue", "IsBase64Encode"):
        param = target.param(name)
        if param is not None and (param.form != CONSTANT or not param.value):
            raise Refused(INEFFECTIVE, f"{name} takes a constant.")
    encode = target.param("IsBase64Encode")
    if encode is not None and encode.value not in {"true", "false"}:
        raise Refused(INEFFECTIVE, "IsBase64Encode takes the text true or false.")
