"""The dead-letter policy of a queue, with each open fact read both ways."""

import random
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.queues import InMessage, OutMessage, Property, QueueService
from emulator.state.world import World

NOW = 1_700_000_000.0
PROPERTY = Property("step", "image")


def make_service(**assumptions: Any) -> QueueService:
    """Return a service with `jobs` (lease 30 s, two deliveries) and its dead-letter queue."""
    world = World("1234567890123456", Assumptions(**assumptions), random.Random(7))
    service = QueueService(world, "cn-hangzhou")
    service.create_queue("dead", {"MessageRetentionPeriod": 604_800}, NOW)
    policy = {"Enabled": True, "MaxReceiveCount": 2, "DeadLetterTargetQueue": "dead"}
    service.create_queue("jobs", {"DlqPolicy": policy}, NOW)
    return service


def send(service: QueueService) -> str:
    message = OutMessage("正文", user_properties=(PROPERTY,))
    return service.send_one("jobs", message, NOW).message_id


def receive_times(service: QueueService, times: int) -> list[InMessage]:
    return [
        message for turn in range(times) for message in service.receive("jobs", 1, NOW + 30 * turn)
    ]


def moves(service: QueueService) -> list[float]:
    return [entry.at for entry in service.world.ledger if entry.action == "MoveToDeadLetter"]


def test_message_moves_instead_of_its_third_delivery() -> None:
    """With a maximum of two, the third receive delivers nothing and the message has moved."""
    service = make_service()
    message_id = send(service)

    received = receive_times(service, 3)

    assert [message.dequeue_count for message in received] == [1, 2]
    assert moves(service) == [NOW + 60]
    (dead,) = service.receive("dead", 16, NOW + 60)
    assert dead.message_id != message_id
    assert dead.body == "正文"
    assert dead.dequeue_count == 1
    assert dead.enqueue_ms == NOW * 1000
    assert dead.user_properties == (PROPERTY,)


def test_receive_goes_on_to_the_next_message_after_a_move() -> None:
    """A receive that moves one message aside still delivers another one."""
    service = make_service()
    send(service)
    receive_times(service, 2)
    fresh = service.send_one("jobs", OutMessage("fresh"), NOW + 70)

    received = service.receive("jobs", 1, NOW + 70)

    assert [message.message_id for message in received] == [fresh.message_id]
    assert moves(service) == [NOW + 70]


def test_nothing_moves_while_nobody_receives() -> None:
    """By default an exhausted message waits in its queue for the next receive."""
    service = make_service()
    send(service)
    receive_times(service, 2)

    assert service.receive("dead", 16, NOW + 1_000) == []
    assert len(service.peek("jobs", 16, NOW + 1_000)) == 1


def test_move_at_lease_end_needs_no_receive() -> None:
    """With the flip the platform moves the message by itself when its last lease ends."""
    service = make_service(smq_dlq_move="lease_end")
    send(service)
    receive_times(service, 2)
    woken: list[str] = []
    service.on_available = woken.append

    assert service.world.scheduler.next_due() == NOW + 60
    service.world.scheduler.run(NOW + 500)

    assert woken == ["dead"]
    assert moves(service) == [NOW + 60]


def test_move_at_lease_end_follows_a_renewed_lease() -> None:
    """Renewing the last lease puts the move off, and looking at the target is enough to see it."""
    service = make_service(smq_dlq_move="lease_end")
    send(service)
    last = receive_times(service, 2)[-1]
    assert last.receipt_handle is not None
    service.change_visibility("jobs", last.receipt_handle, 100, NOW + 40)

    assert service.receive("dead", 16, NOW + 139) == []
    assert len(service.receive("dead", 16, NOW + 141)) == 1
    assert moves(service) == [NOW + 140]


def test_early_end_of_the_last_lease_does_not_move() -> None:
    """A duplicate of a leased message is not dead-lettered under its receiver's hands."""
    service = make_service(smq_dlq_move="lease_end")
    send(service)
    service.duplicate_probability = 1.0
    receive_times(service, 2)

    service.peek("jobs", 1, NOW + 59)

    assert moves(service) == []
    assert len(service.receive("dead", 16, NOW + 60)) == 1


@pytest.mark.parametrize(("extra", "deliveries"), [(-1, 1), (0, 2), (1, 3)])
def test_off_by_one_can_be_flipped(extra: int, deliveries: int) -> None:
    """The number of deliveries before the move follows the assumption."""
    service = make_service(smq_dlq_extra_deliveries=extra)
    send(service)

    assert len(receive_times(service, 5)) == deliveries


def test_origin_is_stamped() -> None:
    """The three system properties name the source queue and the message's id there."""
    service = make_service()
    message_id = send(service)
    receive_times(service, 3)

    (dead,) = service.receive("dead", 1, NOW + 60)

    stamps = {item.name: item.value for item in dead.system_properties}
    assert stamps["DLQOriginMessageId"] == message_id
    assert stamps["DLQSourceArn"] == "acs:mns:cn-hangzhou:1234567890123456:/queues/jobs"
    assert set(stamps) == {"DLQMessageType", "DLQSourceArn", "DLQOriginMessageId"}


def test_what_survives_the_move_can_be_flipped() -> None:
    """Properties, stamps, count and enqueue time each follow their assumption."""
    service = make_service(
        smq_dlq_keeps_user_properties=False,
        smq_dlq_stamps_origin=False,
        smq_dlq_resets_dequeue_count=False,
        smq_dlq_keeps_enqueue_time=False,
    )
    send(service)
    receive_times(service, 3)

    (dead,) = service.receive("dead", 1, NOW + 61)

    assert dead.user_properties == dead.system_properties == ()
    assert dead.dequeue_count == 3
    assert dead.first_dequeue_ms == NOW * 1000
    assert dead.enqueue_ms == (NOW + 60) * 1000


def test_retention_runs_on_across_the_move() -> None:
    """A dead letter is deleted when its first queue would have done it."""
    service = make_service()
    send(service)
    receive_times(service, 3)

    assert len(service.peek("dead", 1, NOW + 345_599)) == 1
    assert service.peek("dead", 1, NOW + 345_600) == []


def test_message_stays_when_the_target_is_gone() -> None:
    """Without its target queue a message is delivered on and never lost."""
    service = make_service()
    send(service)
    service.delete_queue("dead", NOW)

    assert len(receive_times(service, 5)) == 5


def test_policy_names_an_existing_other_queue() -> None:
    """A policy that names its own queue or none at all is refused and changes nothing."""
    service = make_service()

    for target, code in (("jobs", "InvalidArgument"), ("nowhere", "QueueNotExist")):
        policy = {"DlqPolicy": {"DeadLetterTargetQueue": target}}
        with pytest.raises(ApiError) as refusal:
            service.set_attributes("jobs", policy, NOW)
        assert refusal.value.code == code
    assert service.get_attributes("jobs", NOW).dlq_policy.target == "dead"


def test_policy_can_be_switched_off() -> None:
    """A disabled policy keeps its target and moves nothing."""
    service = make_service()
    service.set_attributes("jobs", {"DlqPolicy": {"Enabled": "false"}}, NOW)
    send(service)

    assert len(receive_times(service, 5)) == 5
    assert service.get_attributes("jobs", NOW).dlq_policy.target == "dead"


def test_replay_gets_fresh_retention_and_count() -> None:
    """A dead letter sent back by hand starts anew, stamps included."""
    service = make_service()
    send(service)
    receive_times(service, 3)
    (dead,) = service.receive("dead", 1, NOW + 60)

    replayed = OutMessage(dead.body, None, None, None, dead.user_properties, dead.system_properties)
    service.send_one("jobs", replayed, NOW + 60)

    (again,) = service.receive("jobs", 1, NOW + 60)
    assert again.dequeue_count == 1
    assert again.enqueue_ms == (NOW + 60) * 1000
