"""The changes that a plan is made of: what each does, in a sentence, and how to carry it out."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from typing_extensions import override

from eventbridge.cloud import Cloud, Refused
from eventbridge.desired import QueueSpec, RuleSpec, TargetSpec


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute that is not as it should be."""

    what: str
    found: object
    wanted: object

    @override
    def __str__(self) -> str:
        return f"{self.what} {self.found} -> {self.wanted}"


class Change(Protocol):
    """One request to the cloud; doing it twice is as good as doing it once."""

    kind: ClassVar[str]

    @property
    def sentence(self) -> str:
        """Say to a person what will be done."""
        ...

    def carry_out(self, cloud: Cloud) -> None: ...


@dataclass(frozen=True, slots=True)
class CreateQueue:
    """Make a queue that is not there."""

    kind: ClassVar[str] = "create-queue"
    queue: QueueSpec

    @property
    def sentence(self) -> str:
        limit = self.queue.dead_letters
        policy = (
            f", dead letters to {limit.queue} after {limit.max_receive_count} receives"
            if limit
            else ""
        )
        return f"create the {self.queue.purpose} {self.queue.name}{policy}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.create_queue(self.queue)


@dataclass(frozen=True, slots=True)
class ChangeQueue:
    """Bring the attributes of a queue back to what they should be."""

    kind: ClassVar[str] = "change-queue"
    queue: QueueSpec
    differences: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        return f"change the {self.queue.purpose} {self.queue.name}: {_listed(self.differences)}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.set_queue(self.queue)


@dataclass(frozen=True, slots=True)
class DeleteQueue:
    """Delete a queue with everything in it."""

    kind: ClassVar[str] = "delete-queue"
    name: str
    holds_messages: bool

    @property
    def sentence(self) -> str:
        return f"delete the queue {self.name}{' and the messages in it' if self.holds_messages else ''}"

    def carry_out(self, cloud: Cloud) -> None:
        # What a person agreed to is what is done: a message that came since then is not deleted with the queue.
        if not self.holds_messages and cloud.holds_message(self.name):
            raise Refused(
                f"the queue {self.name} is kept: a message has come; --purge deletes it with the queue"
            )
        cloud.delete_queue(self.name)


@dataclass(frozen=True, slots=True)
class CreateServiceRole:
    """Let EventBridge write to queues of the account."""

    kind: ClassVar[str] = "create-service-role"
    name: str

    @property
    def sentence(self) -> str:
        return f"create the service-linked role {self.name}, without which EventBridge delivers nothing"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.create_service_role(self.name)


@dataclass(frozen=True, slots=True)
class CreateRule:
    """Make the rule together with its target."""

    kind: ClassVar[str] = "create-rule"
    rule: RuleSpec
    target: TargetSpec

    @property
    def sentence(self) -> str:
        return f"create the rule {self.rule.name} on bus {self.rule.bus} with the target {self.target.endpoint}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.create_rule(self.rule, self.target)


@dataclass(frozen=True, slots=True)
class ChangeRule:
    """Bring pattern and description of the rule back to what they should be."""

    kind: ClassVar[str] = "change-rule"
    rule: RuleSpec
    differences: tuple[Difference, ...]

    @property
    def sentence(self) -> str:
        return f"change the rule {self.rule.name}: {_listed(self.differences)}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.update_rule(self.rule)


@dataclass(frozen=True, slots=True)
class EnableRule:
    """Switch a rule on that somebody switched off."""

    kind: ClassVar[str] = "enable-rule"
    bus: str
    name: str

    @property
    def sentence(self) -> str:
        return f"enable the rule {self.name}, which is disabled"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.enable_rule(self.bus, self.name)


@dataclass(frozen=True, slots=True)
class PutTarget:
    """Add our target to the rule, or bring it back to what it should be."""

    kind: ClassVar[str] = "put-target"
    rule: RuleSpec
    target: TargetSpec
    differences: tuple[Difference, ...] = ()

    @property
    def sentence(self) -> str:
        if not self.differences:
            return f"add the target {self.target.id} to the rule {self.rule.name}: {self.target.endpoint}"
        return f"change the target {self.target.id} of the rule {self.rule.name}: {_listed(self.differences)}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.put_target(self.rule.bus, self.rule.name, self.target)


@dataclass(frozen=True, slots=True)
class DeleteTarget:
    """Take our target off a rule that keeps others."""

    kind: ClassVar[str] = "delete-target"
    bus: str
    rule: str
    target_id: str

    @property
    def sentence(self) -> str:
        return f"delete the target {self.target_id} of the rule {self.rule}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.delete_targets(self.bus, self.rule, (self.target_id,))


@dataclass(frozen=True, slots=True)
class DeleteRule:
    """Delete a rule whose targets are gone."""

    kind: ClassVar[str] = "delete-rule"
    bus: str
    name: str

    @property
    def sentence(self) -> str:
        return f"delete the rule {self.name} on bus {self.bus}"

    def carry_out(self, cloud: Cloud) -> None:
        cloud.delete_rule(self.bus, self.name)


def _listed(differences: tuple[Difference, ...]) -> str:
    return ", ".join(map(str, differences))
