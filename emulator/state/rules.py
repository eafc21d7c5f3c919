"""EventBridge of one region: rules with their targets, and the way of an event through them.

A failure of the business is an answer, not an error: HTTP 200 with `Success: false`. What the
gateway refuses (an unknown action, a missing parameter, a lack of rights) is an `ApiError`.

Sources: the API reference of EventBridge 2020-04-01 and its SDK; "Limits"; the Terraform plug-in.
Codes of failures: the SDK's samples (EventBusNotExist, EventRuleNotExisted, EventTargetNotExist)
and Apache RocketMQ EventBridge, the provider's open-source edition, for those that no page names.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.state.delivery import Delivery, Queues
from emulator.state.errors import ApiError, no_action
from emulator.state.event_bodies import original
from emulator.state.event_buses import RESERVED_PREFIX, EventBuses
from emulator.state.event_calls import Body, Operation, Refused, objects, page, structure
from emulator.state.event_model import DEFAULT_BUS, DISABLE, ENABLE, Bus, Rule, Shown, Target
from emulator.state.event_roles import ServiceRoles
from emulator.state.event_targets import read_target
from emulator.state.event_traces import TracedEvent, Traces
from emulator.state.patterns import Pattern, PatternError, compile_pattern
from emulator.state.world import World

# Source: "Limits".
RULES_PER_BUS = 50
TARGETS_PER_RULE = 5

_STRICT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,126}")
_LOOSE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,126}")
_RULE_ARN = re.compile(r"acs:eventbridge:[^:]*:[^:]*:eventbus/([^/]+)/rule/([^/]+)")


class EventBridgeService:
    """EventBridge in one region.

    Args:
        world: The cloud.
        region: Region id.
        queues: SMQ of the same region, where queue targets deliver.
        role_names: Service-linked roles of the account; pass one set to all regions to share it.
    """

    def __init__(
        self, world: World, region: str, queues: Queues, role_names: set[str] | None = None
    ) -> None:
        self._world = world
        self._region = region
        self._traces = Traces()
        self._buses = EventBuses(world, region, self._publish)
        roles = self.roles = ServiceRoles(world, region, role_names)
        self._delivery = Delivery(world, region, queues, roles)
        self._operations: Mapping[str, Operation] = {
            **self._rule_operations(),
            **self._buses.operations(),
            **self._traces.operations(),
            **roles.operations(),
        }

    def _rule_operations(self) -> dict[str, Operation]:
        rule = ("EventBusName", "RuleName")
        pattern = (*rule, "FilterPattern")
        listing = ("RuleNamePrefix", "Limit", "NextToken")
        by_name = ("Arn", *rule, "Limit", "NextToken")
        return {
            "CreateRule": Operation(
                self._create_rule, pattern, ("Description", "Status", "EventTargets")
            ),
            "UpdateRule": Operation(self._update_rule, pattern, ("Description", "Status")),
            "GetRule": Operation(self._get_rule, rule),
            "ListRules": Operation(self._list_rules, ("EventBusName",), listing),
            "EnableRule": Operation(self._enable_rule, rule),
            "DisableRule": Operation(self._disable_rule, rule),
            "DeleteRule": Operation(self._delete_rule, rule),
            "PutTargets": Operation(self._put_targets, (*rule, "Targets")),
            "DeleteTargets": Operation(self._delete_targets, rule, ("TargetIds",), success="200"),
            "ListTargets": Operation(self._list_targets, (), by_name),
            "TestEventPattern": Operation(self._test_pattern, ("Event", "EventPattern")),
        }

    def call(self, action: str, params: Mapping[str, Any], now: float) -> Body:
        """Carry out one action of version 2020-04-01.

        Returns:
            The documented body without RequestId, also when the business failed.

        Raises:
            ApiError: What the gateway refuses; and failures of the business too, under the
                assumption that those are no HTTP 200.
        """
        operation = self._operations.get(action)
        if operation is None:
            self._world.complain(f"eventbridge: unknown action {action}")
            raise no_action()
        operation.check(action, params, self._world)
        try:
            fields = operation.run(params, now)
        except Refused as refusal:
            return self._failure(refusal)
        return {"Code": operation.success, "Message": "success", "Success": True, **fields}

    def publish(self, event: Mapping[str, Any], now: float) -> None:
        """Take in an event that an Alibaba Cloud service puts on bus `default`.

        Args:
            event: The CloudEvents JSON.
            now: Epoch seconds of the arrival.
        """
        self._publish(DEFAULT_BUS, event, now)

    def put_cloud_events(self, events: Sequence[Mapping[str, Any]], now: float) -> Body:
        """Take in events of the data API; arguments and answer as for `EventBuses.put_cloud_events`."""
        return self._buses.put_cloud_events(events, now)

    def _failure(self, refusal: Refused) -> Body:
        if not self._world.assumptions.eventbridge_failures_are_http_200:
            raise ApiError(409, refusal.code, refusal.message)
        return {"Code": refusal.code, "Message": refusal.message, "Success": False}

    def _publish(self, bus_name: str, event: Mapping[str, Any], now: float) -> None:
        rules = self._buses.named(bus_name).rules.values()
        matched = [
            rule for rule in rules if rule.status_at(now) == ENABLE and rule.pattern.matches(event)
        ]
        trace = TracedEvent(
            bus=bus_name,
            id=str(event.get("id", "")),
            source=str(event.get("source", "")),
            type=str(event.get("type", "")),
            subject=str(event.get("subject", "")),
            at=now,
            rules=tuple(rule.name for rule in matched),
        )
        self._traces.add(trace)
        self._record(now, "PublishEvent", trace.id, bus=bus_name, rules=trace.rules)
        raw = original(event) if matched else ""
        for rule in matched:
            for target in rule.targets.values():
                self._delivery.start(event, raw, trace, rule.name, target, now)

    def _create_rule(self, params: Mapping[str, Any], now: float) -> Body:
        bus = self._buses.find(params)
        pattern = self._pattern(params["FilterPattern"])
        name = self._new_name(str(params["RuleName"]), bus)
        targets = self._new_targets(params.get("EventTargets") or [])
        rule = Rule(
            name=name,
            bus=bus.name,
            arn=f"{bus.arn}/rule/{name}",
            description=str(params.get("Description") or ""),
            pattern=pattern,
            created_at=now,
            status=_status(params.get("Status")),
            targets=targets,
        )
        bus.rules[name] = rule
        self._record(now, "CreateRule", name, bus=bus.name, targets=tuple(targets))
        return {"Data": {"RuleARN": rule.arn}}

    def _update_rule(self, params: Mapping[str, Any], now: float) -> Body:
        """Change everything but the targets; a description left out stays."""
        rule = self._rule(params)
        rule.pattern = self._pattern(params["FilterPattern"])
        if params.get("Description") is not None:
            rule.description = str(params["Description"])
        if params.get("Status"):
            self._set_status(rule, _status(params["Status"]), now)
        self._record(now, "UpdateRule", rule.name, bus=rule.bus)
        return {"Data": True}

    def _get_rule(self, params: Mapping[str, Any], now: float) -> Body:
        rule = self._rule(params)
        targets = [target.full() for target in rule.targets.values()]
        return {"Data": {**rule.shown(now), "Targets": targets}}

    def _list_rules(self, params: Mapping[str, Any], now: float) -> Body:
        rules = self._buses.find(params).rules
        prefix = str(params.get("RuleNamePrefix") or "")
        part, fields = page([rules[n] for n in sorted(rules) if n.startswith(prefix)], params)
        shown = [
            {**rule.shown(now), "Targets": [target.slim() for target in rule.targets.values()]}
            for rule in part
        ]
        return {"Data": {"Rules": shown, **fields}}

    def _enable_rule(self, params: Mapping[str, Any], now: float) -> Body:
        self._switch(params, ENABLE, "EnableRule", now)
        return {}

    def _disable_rule(self, params: Mapping[str, Any], now: float) -> Body:
        self._switch(params, DISABLE, "DisableRule", now)
        return {}

    def _switch(self, params: Mapping[str, Any], status: str, action: str, now: float) -> None:
        rule = self._rule(params)
        self._set_status(rule, status, now)
        self._record(now, action, rule.name, bus=rule.bus)

    def _delete_rule(self, params: Mapping[str, Any], now: float) -> Body:
        rule = self._rule(params)
        del self._buses.named(rule.bus).rules[rule.name]
        for target_id in rule.targets:
            self._delivery.unblock(rule.bus, rule.name, target_id)
        self._record(now, "DeleteRule", rule.name, bus=rule.bus)
        return {}

    def _put_targets(self, params: Mapping[str, Any], now: float) -> Body:
        """Create or replace targets by id; what is wrong with one does not stop the others."""
        rule = self._rule(params)
        errors: list[Body] = []
        for raw in objects(params["Targets"], "Targets"):
            try:
                target = read_target(raw, self._world, self._region)
                _add(rule.targets, target)
            except Refused as refusal:
                errors.append(_error_entry(str(raw.get("Id") or ""), refusal))
                continue
            self._delivery.unblock(rule.bus, rule.name, target.id)
            self._record(now, "PutTarget", target.id, bus=rule.bus, rule=rule.name)
        return {"Data": {"ErrorEntries": errors, "ErrorEntriesCount": len(errors)}}

    def _delete_targets(self, params: Mapping[str, Any], now: float) -> Body:
        rule = self._rule(params)
        errors: list[Body] = []
        for target_id in _ids(params.get("TargetIds")):
            if rule.targets.pop(target_id, None) is None:
                missing = Refused("EventTargetNotExist", "The event target delete has not exist!")
                errors.append(_error_entry(target_id, missing))
                continue
            self._delivery.unblock(rule.bus, rule.name, target_id)
            self._record(now, "DeleteTarget", target_id, bus=rule.bus, rule=rule.name)
        return {"Data": {"ErrorEntries": errors, "ErrorEntriesCount": len(errors)}}

    def _list_targets(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        rule = self._rule(_named(params))
        part, fields = page(list(rule.targets.values()), params)
        return {"Data": {"Targets": [_listed(rule, target) for target in part], **fields}}

    def _test_pattern(self, params: Mapping[str, Any], now: float) -> Body:
        del now
        pattern = self._pattern(params["EventPattern"])
        event = structure(params["Event"], "Event")
        if not isinstance(event, Mapping):
            raise Refused("EventInvalid", "The event is invalid in request!")
        return {"Data": {"Result": pattern.matches(event)}}

    def _rule(self, params: Mapping[str, Any]) -> Rule:
        bus = self._buses.find(params)
        name = str(params["RuleName"])
        rule = bus.rules.get(name)
        if rule is None:
            message = f"The event rule [{name}] of event bus [{bus.name}] not existed!"
            raise Refused("EventRuleNotExisted", message)
        return rule

    def _pattern(self, value: Any) -> Pattern:
        text = value if isinstance(value, str) else original(value)
        try:
            return self._compiled(text)
        except PatternError as error:
            raise Refused(error.code, f"Event pattern is not valid, reason: {error}") from error

    def _compiled(self, text: str) -> Pattern:
        assumptions = self._world.assumptions
        pattern = compile_pattern(
            text,
            exact_values_count=assumptions.pattern_values_count,
            compares_text=assumptions.pattern_compares_text,
        )
        if not assumptions.filter_pattern_reformatted:
            return pattern
        return Pattern(original(json.loads(text)), pattern.fields)

    def _new_name(self, name: str, bus: Bus) -> str:
        assumptions = self._world.assumptions
        grammar = _LOOSE_NAME if assumptions.rule_names_take_underscore else _STRICT_NAME
        if not grammar.fullmatch(name) or name.startswith(RESERVED_PREFIX):
            raise Refused("EventRuleNameInvalid", f"The event rule name [{name}] is invalid!")
        if name in bus.rules:
            message = f"The event rule [{name}] of event bus [{bus.name}] already existed!"
            raise Refused(assumptions.eventbridge_duplicate_rule_code, message)
        if len(bus.rules) >= RULES_PER_BUS:
            raise Refused("EventRuleCountExceedLimit", f"There are {RULES_PER_BUS} rules already.")
        return name

    def _new_targets(self, value: Any) -> dict[str, Target]:
        targets: dict[str, Target] = {}
        for raw in objects(value, "EventTargets"):
            target = read_target(raw, self._world, self._region)
            if target.id in targets:
                raise Refused("EventTargetAlreadyExist", f"The target {target.id} is there twice.")
            _add(targets, target)
        return targets

    def _set_status(self, rule: Rule, status: str, now: float) -> None:
        rule.set_status(status, now, self._world.assumptions.rule_status_lag_seconds)

    def _record(self, now: float, action: str, resource_id: str, **detail: object) -> None:
        self._world.record(now, "eventbridge", self._region, action, resource_id, **detail)


def _add(targets: dict[str, Target], target: Target) -> None:
    if target.id not in targets and len(targets) >= TARGETS_PER_RULE:
        message = f"There are {TARGETS_PER_RULE} targets already."
        raise Refused("EventTargetCountExceedLimit", message)
    targets[target.id] = target


def _status(value: Any) -> str:
    status = str(value or ENABLE)
    if status not in {ENABLE, DISABLE}:
        raise Refused("RequestParameterInvalid", f"Status is {ENABLE} or {DISABLE}, not {status}.")
    return status


def _ids(value: Any) -> list[str]:
    found = structure(value or [], "TargetIds")
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Refused("JsonAttributeInvalid", "The parameter TargetIds is not a list of ids.")
    return found


def _named(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read bus and rule from Arn where a call gives that instead of the two names."""
    match = _RULE_ARN.fullmatch(str(params.get("Arn") or ""))
    if match is not None:
        return {"EventBusName": match[1], "RuleName": match[2]}
    if not params.get("EventBusName") or not params.get("RuleName"):
        raise Refused("RequestParameterInvalid", "Give Arn, or EventBusName and RuleName.")
    return params


def _listed(rule: Rule, target: Target) -> Shown:
    """Show a target as ListTargets does: with parameters, without strategy and dead letters."""
    kept = {"Id", "Type", "Endpoint", "ErrorsTolerance", "ParamList", "ConcurrentConfig"}
    shown = {name: value for name, value in target.full().items() if name in kept}
    return {**shown, "EventBusName": rule.bus, "RuleName": rule.name}


def _error_entry(entry_id: str, refusal: Refused) -> Body:
    return {"EntryId": entry_id, "ErrorCode": refusal.code, "ErrorMessage": refusal.message}
