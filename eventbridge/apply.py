"""Looks, plans, carries out, and looks again until the cloud shows what was done."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from eventbridge.changes import Change, DeleteQueue
from eventbridge.cloud import Actual, Cloud, Refused
from eventbridge.desired import Desired
from eventbridge.plan import Plan, plan, plan_removal

# EventBridge shows a change of status after seconds to minutes. Source: terraform-provider-alicloud, event_bridge_rule.
SETTLE_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 2.0


class Clock(Protocol):
    """The time, and a way to let some of it pass."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class NotSettled(Exception):
    """Everything was sent, but the cloud does not show it."""


def observe(cloud: Cloud, desired: Desired) -> Actual:
    """Look at everything that the desired state names."""
    found = [cloud.find_queue(queue.name) for queue in desired.queues]
    return Actual(
        queues={queue.name: queue for queue in found if queue is not None},
        has_service_role=cloud.has_service_role(desired.service_role),
        rule=cloud.find_rule(desired.rule.bus, desired.rule.name),
    )


def observe_plan(cloud: Cloud, desired: Desired) -> Plan:
    """Look, and say what there is to change."""
    return plan(desired, observe(cloud, desired))


def apply(
    cloud: Cloud,
    desired: Desired,
    the_plan: Plan,
    *,
    clock: Clock,
    report: Callable[[Change], None],
) -> None:
    """Carry out a plan and wait until the cloud shows all of it, the dead-letter policy included.

    Args:
        cloud: The port.
        desired: What the plan leads to.
        the_plan: Made from a look just now.
        clock: For the wait.
        report: Called after each change.

    Raises:
        Refused: The plan says that nothing may be changed.
        NotSettled: A change did not show within two minutes.
        CloudError: A request failed; what was done before it stays, and the next apply goes on from there.
    """
    _carry_out(cloud, the_plan, report)
    if the_plan.changes:
        _settle(lambda: observe_plan(cloud, desired), clock)


def observe_removal(cloud: Cloud, desired: Desired, *, purge: bool) -> Plan:
    """Look, peek into the queues, and say what there is to delete.

    The counts of a queue are approximate and may always read zero, so a visible message is looked for as well. A message
    that a worker holds can be seen by neither: stop the workers first.
    """
    actual = observe(cloud, desired)
    occupied = {
        name for name, queue in actual.queues.items() if queue.messages or cloud.holds_message(name)
    }
    return plan_removal(desired, actual, occupied=frozenset(occupied), purge=purge)


def destroy(
    cloud: Cloud,
    desired: Desired,
    the_plan: Plan,
    *,
    clock: Clock,
    report: Callable[[Change], None],
) -> None:
    """Carry out a removal and wait until the cloud no longer shows what was deleted.

    Raises:
        Refused: A message came into a queue since the plan was made; what was planned after it is left.
        NotSettled: Something deleted is still there after two minutes.
        CloudError: A request failed; the next destroy goes on from there.
    """
    _carry_out(cloud, the_plan, report)
    if the_plan.changes:
        _settle(lambda: _still_there(cloud, desired, the_plan), clock)


def _still_there(cloud: Cloud, desired: Desired, done: Plan) -> Plan:
    occupied = frozenset(
        change.name
        for change in done.changes
        if isinstance(change, DeleteQueue) and change.holds_messages
    )
    left = plan_removal(desired, observe(cloud, desired), occupied=occupied, purge=True)
    return replace(left, changes=tuple(change for change in left.changes if change in done.changes))


def _carry_out(cloud: Cloud, the_plan: Plan, report: Callable[[Change], None]) -> None:
    if the_plan.refusals:
        raise Refused("; ".join(the_plan.refusals))
    for change in the_plan.changes:
        change.carry_out(cloud)
        report(change)


def _settle(look: Callable[[], Plan], clock: Clock) -> None:
    end = clock.now() + SETTLE_SECONDS
    while True:
        left = look()
        if left.is_empty:
            return
        if clock.now() >= end:
            waiting = "; ".join([change.sentence for change in left.changes] + list(left.refusals))
            raise NotSettled(
                f"after {SETTLE_SECONDS:.0f} s the cloud does not show: {waiting}; run it again in a minute"
            )
        clock.sleep(LOOK_AGAIN_SECONDS)
