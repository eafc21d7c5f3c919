"""What the rule tool needs of the cloud, in its own words, and what there is when it looks.

Every method is one request, or one request and the look that makes its answer certain. All of them raise `CloudError`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from eventbridge.desired import DeadLetters, QueueAttributes, QueueSpec, RuleSpec, TargetSpec

# What a person can do about a refusal. Sources: EventBridge and SMQ error codes.
_ADVICE = {
    "AccessDenied": "grant the action to the role or user that runs this",
    "Forbidden": "grant the action to the role or user that runs this",
    "NoPermission": "grant the action to the role or user that runs this",
    "ServiceNotEnabled": "activate EventBridge in the console first",
    "ServiceAccessDenied": "activate EventBridge in the console first",
    "InvalidAccessKeyId": "check the credentials",
    "SignatureDoesNotMatch": "check the credentials",
    "SecurityToken": "renew the credentials",
    "EventBusNotExist": "set rule.bus to a bus that exists; events of ECS are on `default`",
    "QueueDeletedRecently": "the name is free again after a minute or more: run it again then",
}


class CloudError(Exception):
    """A request failed. The text holds codes only: what an SDK says may hold secrets.

    Attributes:
        operation: The API's name of what was asked.
        kind: The class of the SDK's exception, or how the answer was bad.
        reason: Why no answer came, in words for a person.
        address: Where it was sent; given when no answer came, because the address may be what is wrong.
        code: The cloud's code; None when there was no answer.
        status: The HTTP status; None when there was no answer.
        request_id: What the cloud's support asks for.
    """

    def __init__(
        self,
        operation: str,
        *,
        kind: str,
        reason: str = "",
        address: str | None = None,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        self.operation, self.kind, self.code = operation, kind, code
        self.status, self.request_id, self.reason = status, request_id, reason
        facts = {"code": code, "HTTP status": status, "request id": request_id}
        told = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
        if address is not None:
            text = f"{operation} got no answer from {address}"
            text = f"{text}: {reason}" if reason else text
        else:
            text = f"{operation} failed: {kind} ({told or 'no answer came'})"
        advice = next(
            (each for start, each in _ADVICE.items() if (code or "").startswith(start)), None
        )
        super().__init__(f"{text}; {advice}" if advice is not None else text)


class Refused(Exception):
    """Going on would touch what is not ours or lose what nobody agreed to lose."""


@dataclass(frozen=True, slots=True)
class FoundQueue:
    """A queue as it is; `owner` None when no mark of ours is on it."""

    name: str
    attributes: QueueAttributes
    dead_letters: DeadLetters | None
    owner: str | None
    is_fifo: bool = False
    messages: int = 0  # a lower bound: the cloud is about to report zero always


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule as it is, with all of its targets."""

    description: str | None
    pattern: str
    is_enabled: bool
    targets: tuple[TargetSpec, ...]


@dataclass(frozen=True, slots=True)
class Actual:
    """What there is of what there should be; a name that is missing does not exist."""

    queues: Mapping[str, FoundQueue]
    has_service_role: bool
    rule: FoundRule | None


class Cloud(Protocol):
    """The requests that the rule tool makes."""

    def find_queue(self, name: str) -> FoundQueue | None: ...

    def create_queue(self, queue: QueueSpec) -> None: ...

    def set_queue(self, queue: QueueSpec) -> None: ...

    def delete_queue(self, name: str) -> None: ...

    def has_service_role(self, name: str) -> bool: ...

    def create_service_role(self, name: str) -> None: ...

    def find_rule(self, bus: str, name: str) -> FoundRule | None: ...

    def create_rule(self, rule: RuleSpec, target: TargetSpec) -> None: ...

    def update_rule(self, rule: RuleSpec) -> None: ...

    def enable_rule(self, bus: str, name: str) -> None: ...

    def put_target(self, bus: str, rule: str, target: TargetSpec) -> None: ...

    def delete_targets(self, bus: str, rule: str, target_ids: Sequence[str]) -> None: ...

    def delete_rule(self, bus: str, name: str) -> None: ...

    def matches(self, event: str, pattern: str) -> bool:
        """Ask the cloud whether a pattern takes an event."""
        ...

    def holds_message(self, queue: str) -> bool:
        """Peek: tell whether a visible message is in the queue."""
        ...

    def send(self, queue: str, body: str) -> str:
        """Send a message and return its id."""
        ...
