"""What to change so that there is what there should be: a pure function of desired and actual state.

Rules of this file:
  * What the cloud adds or reorders by itself is no difference, and neither is what it does not tell.
  * What is not ours is not touched: other targets of the rule stay and are named; a queue or rule that carries another
    owner's mark, or that we cannot use, is refused, and then nothing at all is changed.
  * A plan on top of its own effect is empty.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields

from eventbridge.changes import (
    Change,
    ChangeQueue,
    ChangeRule,
    CreateQueue,
    CreateRule,
    CreateServiceRole,
    DeleteQueue,
    DeleteRule,
    DeleteTarget,
    Difference,
    EnableRule,
    PutTarget,
)
from eventbridge.cloud import Actual, FoundQueue, FoundRule
from eventbridge.desired import (
    Desired,
    Param,
    QueueSpec,
    RuleSpec,
    TargetSpec,
    owner_in,
    owner_mark,
)

# The backend adds this to a target that does not say it. Source: terraform-provider-alicloud, event_bridge_rule.
_ADDED_BY_SERVER = Param("IsBase64Encode", "CONSTANT", "false")


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes in their order, and what a person should know beside them.

    Attributes:
        changes: To be carried out one after another.
        notes: What is left alone, and why.
        refusals: Why nothing may be changed; when there is one, `changes` is empty.
    """

    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do and nothing in the way."""
        return not self.changes and not self.refusals


def plan(desired: Desired, actual: Actual) -> Plan:
    """Say what to change so that the actual state becomes the desired one."""
    refusals = (*_queue_refusals(desired, actual), *_rule_refusals(desired, actual))
    if refusals:
        return Plan(refusals=refusals)
    changes = (
        *_queue_changes(desired, actual),
        *_role_changes(desired, actual),
        *_rule_changes(desired, actual),
    )
    return Plan(
        changes=changes, notes=(*_adopted(desired, actual), *_other_targets(desired, actual.rule))
    )


def plan_removal(
    desired: Desired, actual: Actual, *, occupied: frozenset[str], purge: bool
) -> Plan:
    """Say what to delete so that nothing of ours is left.

    Args:
        desired: What was set up; only what bears the mark of its owner is deleted.
        actual: What there is.
        occupied: The queues in which a message was seen.
        purge: Whether such queues are deleted as well.
    """
    changes: list[Change] = []
    notes: list[str] = []
    _remove_rule(desired, actual.rule, changes, notes)
    # The source queue goes before the dead-letter queue that its policy names, and keeps it alive.
    needed: set[str] = set()
    for spec in reversed(desired.queues):
        queue = actual.queues.get(spec.name)
        if queue is None:
            continue
        if queue.owner != spec.owner:
            notes.append(f"the queue {spec.name} is kept: {_whose(queue.owner)}")
            needed |= _named_by(spec)
        elif spec.name in needed:
            notes.append(f"the {spec.purpose} {spec.name} is kept: a queue that is kept needs it")
        elif spec.name in occupied and not purge:
            notes.append(
                f"the {spec.purpose} {spec.name} is kept: it holds messages; --purge deletes it with them"
            )
            needed |= _named_by(spec)
        else:
            changes.append(DeleteQueue(spec.name, holds_messages=spec.name in occupied))
    if actual.has_service_role:
        notes.append(
            f"the service-linked role {desired.service_role} is kept: other rules may need it"
        )
    return Plan(changes=tuple(changes), notes=tuple(notes))


def _named_by(spec: QueueSpec) -> set[str]:
    return {spec.dead_letters.queue} if spec.dead_letters is not None else set()


def same_pattern(one: str, other: str) -> bool:
    """Tell whether two event patterns are the same JSON."""
    try:
        return bool(json.loads(one) == json.loads(other))
    except ValueError:
        return one == other


def _remove_rule(
    desired: Desired, rule: FoundRule | None, changes: list[Change], notes: list[str]
) -> None:
    if rule is None:
        return
    spec, owner = desired.rule, owner_in(rule.description)
    if owner != spec.owner:
        notes.append(f"the rule {spec.name} is kept: {_whose(owner)}")
        return
    others = [target.id for target in rule.targets if target.id != desired.target.id]
    if len(others) < len(rule.targets):
        changes.append(DeleteTarget(spec.bus, spec.name, desired.target.id))
    if others:
        notes.append(
            f"the rule {spec.name} is kept: it has other targets: {', '.join(sorted(others))}"
        )
    else:
        changes.append(DeleteRule(spec.bus, spec.name))


def _whose(owner: str | None) -> str:
    return "it carries no owner's mark" if owner is None else f"it belongs to owner {owner}"


def _queue_refusals(desired: Desired, actual: Actual) -> Iterator[str]:
    for spec in desired.queues:
        queue = actual.queues.get(spec.name)
        if queue is None:
            continue
        if queue.owner not in {None, spec.owner}:
            yield f"the queue {spec.name} belongs to owner {queue.owner}; set another name under queue"
        if queue.owner is None and tuple(_queue_differences(spec, queue)):
            yield (
                f"the queue {spec.name} is somebody else's: it carries no owner's mark, and it would have to be changed; set "
                "another name under queue"
            )
        if queue.is_fifo:
            yield f"the queue {spec.name} is a FIFO queue, which EventBridge cannot write to; set another name under queue"


def _rule_refusals(desired: Desired, actual: Actual) -> Iterator[str]:
    rule, spec = actual.rule, desired.rule
    if rule is None:
        return
    owner = owner_in(rule.description)
    if owner not in {None, spec.owner}:
        yield f"the rule {spec.name} on bus {spec.bus} belongs to owner {owner}; set another rule.name"
    if owner is None:
        yield (
            f"the rule {spec.name} on bus {spec.bus} is somebody else's: its description carries no owner's mark; set another "
            f"rule.name, or hand the rule over by writing {owner_mark(spec.owner)!r} into its description"
        )


def _queue_changes(desired: Desired, actual: Actual) -> Iterator[Change]:
    for spec in desired.queues:
        queue = actual.queues.get(spec.name)
        if queue is None:
            yield CreateQueue(spec)
        elif differences := tuple(_queue_differences(spec, queue)):
            yield ChangeQueue(spec, differences)


def _queue_differences(spec: QueueSpec, queue: FoundQueue) -> Iterator[Difference]:
    for field in fields(spec.attributes):
        found, wanted = getattr(queue.attributes, field.name), getattr(spec.attributes, field.name)
        if found is not None and found != wanted:
            yield Difference(field.name.replace("_", " "), found, wanted)
    if queue.dead_letters != spec.dead_letters:
        yield Difference("dead letters", _policy(queue), _policy(spec))


def _policy(queue: FoundQueue | QueueSpec) -> str:
    policy = queue.dead_letters
    return "off" if policy is None else f"to {policy.queue} after {policy.max_receive_count}"


def _role_changes(desired: Desired, actual: Actual) -> Iterator[Change]:
    if not actual.has_service_role:
        yield CreateServiceRole(desired.service_role)


def _rule_changes(desired: Desired, actual: Actual) -> Iterator[Change]:
    spec, rule = desired.rule, actual.rule
    if rule is None:
        yield CreateRule(spec, desired.target)
        return
    if differences := tuple(_rule_differences(spec, rule)):
        yield ChangeRule(spec, differences)
    target = next((each for each in rule.targets if each.id == desired.target.id), None)
    if target is None:
        yield PutTarget(spec, desired.target)
    elif differences := tuple(_target_differences(desired.target, target)):
        yield PutTarget(spec, desired.target, differences)
    if not rule.is_enabled:
        yield EnableRule(spec.bus, spec.name)


def _rule_differences(spec: RuleSpec, rule: FoundRule) -> Iterator[Difference]:
    if not same_pattern(rule.pattern, spec.pattern):
        yield Difference("pattern", rule.pattern, spec.pattern)
    if rule.description != spec.description:
        yield Difference("description", repr(rule.description), repr(spec.description))


def _target_differences(spec: TargetSpec, target: TargetSpec) -> Iterator[Difference]:
    if _normal(target.params) != _normal(spec.params):
        yield Difference("parameters", _written(target.params), _written(spec.params))
    for field in fields(spec):
        found, wanted = getattr(target, field.name), getattr(spec, field.name)
        # An absent dead-letter queue is a fact; any other absent field only was not told.
        told = found is not None or field.name == "dead_letter_arn"
        if field.name != "params" and told and found != wanted:
            yield Difference(field.name.replace("_", " "), found, wanted)


def _normal(params: tuple[Param, ...]) -> frozenset[Param]:
    has_encoding = any(param.key == _ADDED_BY_SERVER.key for param in params)
    return frozenset(params if has_encoding else (*params, _ADDED_BY_SERVER))


def _written(params: tuple[Param, ...]) -> str:
    return " ".join(sorted(f"{param.key}={param.value or param.form}" for param in params))


def _adopted(desired: Desired, actual: Actual) -> Iterator[str]:
    for spec in desired.queues:
        queue = actual.queues.get(spec.name)
        if queue is not None and queue.owner is None:
            yield (
                f"the queue {spec.name} is used although it carries no owner's mark, which can only be set when a queue is "
                "made; rule destroy will keep it"
            )


def _other_targets(desired: Desired, rule: FoundRule | None) -> Iterator[str]:
    others = sorted(
        target.id for target in (rule.targets if rule else ()) if target.id != desired.target.id
    )
    if others:
        yield f"other targets of the rule {desired.rule.name} are left alone: {', '.join(others)}"
