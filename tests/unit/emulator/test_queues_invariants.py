"""Random histories of one queue against what must hold whatever is called when."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.queues import OutMessage, QueueService
from emulator.state.world import World

RETENTION = 3_600
LEASE = 30


class QueueHistory(RuleBasedStateMachine):
    """A queue with a dead-letter queue, driven at random, beside a naive model of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.sent_at: dict[str, float] = {}
        self.leases: dict[str, tuple[str, float]] = {}
        self.old_handles: list[str] = []

    @initialize(move=st.sampled_from(["receive", "lease_end"]), share=st.sampled_from([0, 0.5]))
    def create(self, move: str, share: float) -> None:
        world = World("1", Assumptions(smq_dlq_move=move), random.Random(1))
        self.service = QueueService(world, "r")
        self.service.create_queue("dead", {"MessageRetentionPeriod": RETENTION}, self.now)
        policy = {"Enabled": True, "MaxReceiveCount": 3, "DeadLetterTargetQueue": "dead"}
        settings_of_jobs = {"DlqPolicy": policy, "MessageRetentionPeriod": RETENTION}
        self.service.create_queue("jobs", settings_of_jobs, self.now)
        self.service.duplicate_probability = share

    @rule(delay=st.integers(0, 60), priority=st.integers(1, 16))
    def send(self, delay: int, priority: int) -> None:
        message = OutMessage("x", delay_seconds=delay, priority=priority)
        sent = self.service.send_one("jobs", message, self.now)
        self.sent_at[sent.message_id] = self.now

    @rule(count=st.integers(1, 16))
    def receive(self, count: int) -> None:
        for message in self.service.receive("jobs", count, self.now):
            assert message.receipt_handle is not None
            assert message.dequeue_count <= 3
            self._supersede(message.message_id)
            self.leases[message.message_id] = (message.receipt_handle, self.now + LEASE)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        message_id = data.draw(st.sampled_from(sorted(self.leases)))
        handle, until = self.leases.pop(message_id)
        alive = self.now < min(until, self.sent_at[message_id] + RETENTION)
        if alive:
            self.service.delete("jobs", handle, self.now)
            del self.sent_at[message_id]
        else:
            self._refused(handle)

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), seconds=st.integers(1, 100))
    def change(self, data: st.DataObject, seconds: int) -> None:
        message_id = data.draw(st.sampled_from(sorted(self.leases)))
        handle, until = self.leases[message_id]
        if self.now < min(until, self.sent_at[message_id] + RETENTION):
            new, _ = self.service.change_visibility("jobs", handle, seconds, self.now)
            self._supersede(message_id)
            self.leases[message_id] = (new, self.now + seconds)

    @precondition(lambda self: self.old_handles)
    @rule(data=st.data())
    def use_old_handle(self, data: st.DataObject) -> None:
        self._refused(data.draw(st.sampled_from(self.old_handles)))

    @rule(seconds=st.one_of(st.floats(0, 100), st.just(LEASE), st.just(RETENTION / 4)))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def sleep_until_something_is_receivable(self) -> None:
        self.now = self.service.next_visible_at("jobs", self.now) or self.now

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        """What is neither deleted nor too old is in one of the two queues."""
        alive = [at for at in self.sent_at.values() if self.now < at + RETENTION]
        stored = sum(
            len(self.service.get_queue(name, self.now).messages) for name in ("jobs", "dead")
        )
        assert stored == len(alive)

    def _supersede(self, message_id: str) -> None:
        if message_id in self.leases:
            self.old_handles.append(self.leases[message_id][0])

    def _refused(self, handle: str) -> None:
        with pytest.raises(ApiError) as refusal:
            self.service.delete("jobs", handle, self.now)
        assert refusal.value.code in {"MessageNotExist", "ReceiptHandleError"}


QueueHistory.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
TestQueueHistory: Any = QueueHistory.TestCase
