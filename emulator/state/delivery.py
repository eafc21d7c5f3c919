"""Delivery of an event to a target: tries, retries, and the end of a message that cannot land.

One `Push` is one event on its way to one target. It is tried, tried again after the pauses of the
target's strategy, and at last goes to the target's dead-letter queue or is dropped. A missing
service-linked role ends it at once and in silence: only the trace knows. Every end is in the
ledger, so that a test can account for each event.

Sources: CreateRule (PushRetryStrategy, ErrorsTolerance, DeadLetterQueue), "Service-linked roles
for EventBridge".
"""

import base64
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from emulator.state.errors import ApiError
from emulator.state.event_bodies import body_for
from emulator.state.event_model import QUEUE_TARGET, Target
from emulator.state.event_roles import SEND_TO_MNS, ServiceRoles
from emulator.state.event_targets import DECAY, dead_letter_queue, endpoint_queue
from emulator.state.event_traces import TracedEvent
from emulator.state.queue_messages import OutMessage, SendError, SentMessage
from emulator.state.world import World

# Source: CreateRule, PushRetryStrategy.
BACKOFF_TRIES = 3
BACKOFF_PAUSE = (10.0, 20.0)
DECAY_TRIES = 176
DECAY_CEILING = 512.0

# A second copy comes later than the first, as a repeat after a lost answer would.
COPY_GAP_SECONDS = 5.0

DELIVERED = "[200]Ok"


class Queues(Protocol):
    """What delivery needs of SMQ."""

    def send(
        self, name: str, messages: Sequence[OutMessage], now: float, /
    ) -> Sequence[SentMessage | SendError]:
        """Send messages to a queue, or raise ApiError."""
        ...


@dataclass(slots=True)
class Push:
    """One event on its way to one target of one rule."""

    event: Mapping[str, Any]
    raw: str
    trace: TracedEvent
    rule: str
    target: Target
    pauses: Iterator[float]
    tries: int = field(default=0)

    @property
    def lane(self) -> tuple[str, str, str]:
        """Name what `ErrorsTolerance: NONE` blocks: this target of this rule on this bus."""
        return (self.trace.bus, self.rule, self.target.id)


def retry_pauses(strategy: str, rng: random.Random) -> Iterator[float]:
    """Yield the seconds between one try and the next; the end means no further try."""
    if strategy == DECAY:
        return (min(2.0**number, DECAY_CEILING) for number in range(DECAY_TRIES))
    return (rng.uniform(*BACKOFF_PAUSE) for _ in range(BACKOFF_TRIES))


class Delivery:
    """Carries events to targets in the cloud's own time.

    Args:
        world: The cloud, for its timers and its ledger.
        region: Region of the rules and of the queues.
        queues: SMQ of that region.
        roles: Service-linked roles; without the one for SMQ nothing reaches a queue.
    """

    def __init__(self, world: World, region: str, queues: Queues, roles: ServiceRoles) -> None:
        self._world = world
        self._region = region
        self._queues = queues
        self._roles = roles
        self._blocked: set[tuple[str, str, str]] = set()

    def start(
        self,
        event: Mapping[str, Any],
        raw: str,
        trace: TracedEvent,
        rule: str,
        target: Target,
        now: float,
    ) -> None:
        """Plan the delivery of an event to a target, in as many copies as are assumed."""
        assumptions = self._world.assumptions
        for copy in range(assumptions.event_copies):
            pauses = retry_pauses(target.retry, self._world.rng)
            push = Push(event, raw, trace, rule, target, pauses)
            due = now + assumptions.event_delivery_seconds + copy * COPY_GAP_SECONDS
            self._world.scheduler.at(due, partial(self._try, push))

    def unblock(self, bus: str, rule: str, target_id: str) -> None:
        """Let a target that was blocked by a lost event go on, as it was set anew."""
        self._blocked.discard((bus, rule, target_id))

    def _try(self, push: Push, now: float) -> None:
        reason = self._hindrance(push)
        if reason is not None:
            self._end(push, "SkipEvent", reason, now)
            return
        push.tries += 1
        miss_is_empty = self._world.assumptions.template_miss_is_empty
        message = body_for(push.target, push.event, push.raw, miss_is_empty=miss_is_empty)
        refusal = self._send(self._queue_of(push.target), message, now)
        if refusal is None:
            self._end(push, "DeliverEvent", DELIVERED, now)
        else:
            self._again(push, refusal, now)

    def _hindrance(self, push: Push) -> str | None:
        """Tell why a push cannot even be tried."""
        if push.target.type != QUEUE_TARGET:
            self._world.complain(
                f"eventbridge: the emulator does not deliver to {push.target.type} "
                f"(rule {push.rule}, target {push.target.id})"
            )
            return f"[501]{push.target.type} is not emulated"
        if SEND_TO_MNS not in self._roles:
            return f"[403]{SEND_TO_MNS} does not exist"
        if push.lane in self._blocked:
            return "[503]blocked by an event that could not be delivered"
        return None

    def _queue_of(self, target: Target) -> str:
        param = target.param("queue")
        if param is not None and self._world.assumptions.queue_param_wins:
            return param.value
        return endpoint_queue(target.endpoint)

    def _send(self, queue: str, body: str, now: float) -> str | None:
        """Send to a queue; return the refusal as a trace shows it, or None."""
        try:
            (answer,) = self._queues.send(queue, [OutMessage(body)], now)
        except ApiError as error:
            return f"[{error.status}]{error.code}"
        return f"[{answer.status}]{answer.code}" if isinstance(answer, SendError) else None

    def _again(self, push: Push, refusal: str, now: float) -> None:
        push.trace.pushed(push.rule, push.target.endpoint, refusal, now)
        pause = next(push.pauses, None)
        if pause is not None:
            self._world.scheduler.at(now + pause, partial(self._try, push))
            return
        if push.target.tolerance == "NONE":
            self._blocked.add(push.lane)
        self._give_up(push, refusal, now)

    def _give_up(self, push: Push, refusal: str, now: float) -> None:
        queue = dead_letter_queue(push.target)
        if queue is None:
            self._end(push, "DiscardEvent", refusal, now)
            return
        raw = push.raw
        if self._world.assumptions.dead_event_is_base64:
            raw = base64.b64encode(raw.encode()).decode()
        lost = self._send(queue, raw, now)
        action = "DeadLetterEvent" if lost is None else "DiscardEvent"
        self._end(push, action, lost or refusal, now)

    def _end(self, push: Push, action: str, status: str, now: float) -> None:
        if action in {"DeliverEvent", "SkipEvent"}:
            push.trace.pushed(push.rule, push.target.endpoint, status, now)
        self._world.record(
            now,
            "eventbridge",
            self._region,
            action,
            push.trace.id,
            rule=push.rule,
            target=push.target.id,
            endpoint=push.target.endpoint,
            status=status,
            tries=push.tries,
        )
