"""Buses, rules and targets of EventBridge, and how the API shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.state.patterns import Pattern

DEFAULT_BUS = "default"
QUEUE_TARGET = "acs.mns.queue"
ENABLE = "ENABLE"
DISABLE = "DISABLE"

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a target: how to make its value from an event."""

    key: str
    form: str
    value: str = ""
    template: str = ""

    def shown(self) -> Shown:
        """Show it as GetRule does."""
        return {
            "ResourceKey": self.key,
            "Form": self.form,
            "Value": self.value,
            "Template": self.template,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """Where a rule sends its events.

    Attributes:
        retry: `BACKOFF_RETRY` or `EXPONENTIAL_DECAY_RETRY`.
        tolerance: `ALL` goes on after a lost event, `NONE` stops the target.
        dead_letter: The DeadLetterQueue object as it was given; empty means none.
    """

    id: str
    type: str
    endpoint: str
    params: tuple[Param, ...]
    retry: str
    tolerance: str
    dead_letter: Mapping[str, Any]
    concurrency: int | None

    def param(self, key: str) -> Param | None:
        """Find a parameter by its resource key."""
        return next((param for param in self.params if param.key == key), None)

    def slim(self) -> Shown:
        """Show it as ListRules does."""
        return {
            "Id": self.id,
            "Type": self.type,
            "Endpoint": self.endpoint,
            "ErrorsTolerance": self.tolerance,
            "PushSelector": "",
        }

    def full(self) -> Shown:
        """Show it as GetRule does; the order of parameters is not the caller's."""
        shown = {
            **self.slim(),
            "PushRetryStrategy": self.retry,
            "ParamList": [param.shown() for param in sorted(self.params, key=lambda p: p.key)],
        }
        if self.dead_letter:
            shown["DeadLetterQueue"] = dict(self.dead_letter)
        if self.concurrency is not None:
            shown["ConcurrentConfig"] = {"Concurrency": self.concurrency}
        return shown


@dataclass(slots=True)
class Rule:
    """A pattern with targets on a bus.

    Attributes:
        created_at: Epoch seconds.
        pending: A status that was asked for, and the instant at which it comes to hold.
    """

    name: str
    bus: str
    arn: str
    description: str
    pattern: Pattern
    created_at: float
    status: str = ENABLE
    pending: tuple[str, float] | None = None
    targets: dict[str, Target] = field(default_factory=dict)

    def status_at(self, now: float) -> str:
        """Tell the status that is seen and acted on at an instant."""
        if self.pending is not None and self.pending[1] <= now:
            return self.pending[0]
        return self.status

    def set_status(self, status: str, now: float, lag: float) -> None:
        """Ask for a status; it comes to hold `lag` seconds later."""
        self.status = self.status_at(now)
        self.pending = (status, now + lag)

    def shown(self, now: float) -> Shown:
        """Show what GetRule and ListRules have in common."""
        return {
            "RuleName": self.name,
            "EventBusName": self.bus,
            "RuleARN": self.arn,
            "Description": self.description,
            "FilterPattern": self.pattern.text,
            "Status": self.status_at(now),
            "CreatedTimestamp": round(self.created_at * 1000),
        }


@dataclass(slots=True)
class Bus:
    """An event bus and its rules."""

    name: str
    arn: str
    description: str
    created_at: float
    rules: dict[str, Rule] = field(default_factory=dict)

    def shown(self) -> Shown:
        """Show it as GetEventBus does."""
        return {
            "EventBusName": self.name,
            "EventBusARN": self.arn,
            "Description": self.description,
            "CreateTimestamp": round(self.created_at * 1000),
        }
