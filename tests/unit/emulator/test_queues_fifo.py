"""FIFO queues: order within a group, and one message of a group in hand at a time."""

import random

import pytest

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.queues import OutMessage, QueueService
from emulator.state.world import World

NOW = 1_700_000_000.0


def make_service() -> QueueService:
    service = QueueService(World("1", Assumptions(), random.Random(7)), "cn-hangzhou")
    service.create_queue("jobs", {"QueueType": "fifo"}, NOW)
    for body in ("a1", "b1", "a2", "b2", "a3"):
        service.send_one("jobs", OutMessage(body, group_id=body[0]), NOW)
    return service


def bodies(service: QueueService, now: float) -> list[str]:
    return [message.body for message in service.receive("jobs", 16, now)]


def test_group_is_locked_while_its_message_is_leased() -> None:
    """A receive gets the first of each group, and nothing more until a lease ends."""
    service = make_service()

    assert bodies(service, NOW) == ["a1", "b1"]
    assert bodies(service, NOW + 29) == []
    assert bodies(service, NOW + 30) == ["a1", "b1"]


def test_deleting_the_first_makes_the_next_receivable() -> None:
    """Order within the group holds and those who wait are woken."""
    service = make_service()
    woken: list[str] = []
    first, _ = service.receive("jobs", 16, NOW)
    assert first.receipt_handle is not None
    service.on_available = woken.append

    service.delete("jobs", first.receipt_handle, NOW)

    assert woken == ["jobs"]
    assert bodies(service, NOW) == ["a2"]


def test_redelivery_does_not_jump_the_queue() -> None:
    """A message behind the head of its group cannot be made receivable out of turn."""
    service = make_service()
    bodies(service, NOW)
    waiting = next(m for m in service.get_queue("jobs", NOW).messages.values() if m.body == "a2")

    service.redeliver("jobs", waiting.message_id, NOW)

    assert bodies(service, NOW) == []


def test_delayed_head_holds_its_group() -> None:
    """A delay of the first message delays those behind it, and its cancellation frees them."""
    service = make_service()
    sent = service.send_one("jobs", OutMessage("c1", delay_seconds=50, group_id="c"), NOW)
    service.send_one("jobs", OutMessage("c2", group_id="c"), NOW)
    assert sent.receipt_handle is not None

    assert "c2" not in bodies(service, NOW)
    service.delete("jobs", sent.receipt_handle, NOW + 1)

    assert bodies(service, NOW + 1) == ["c2"]


def test_message_without_group_is_refused() -> None:
    """A FIFO queue needs MessageGroupId."""
    service = make_service()

    with pytest.raises(ApiError) as refusal:
        service.send_one("jobs", OutMessage("x"), NOW)

    assert refusal.value.code == "FifoMissingMessageGroupId"
