"""Creating, setting, listing and deleting queues."""

import random
from typing import Any

import pytest

from emulator.assumptions import FLIPS, Assumptions
from emulator.state.errors import ApiError
from emulator.state.queue_dump import dump_queue, message_counts
from emulator.state.queues import OutMessage, QueueService
from emulator.state.world import World

NOW = 1_700_000_000.0


def make_service(**assumptions: Any) -> QueueService:
    world = World("1234567890123456", Assumptions(**assumptions), random.Random(7))
    return QueueService(world, "cn-hangzhou")


def refuse(status: int, code: str, call: Any, *arguments: Any) -> None:
    with pytest.raises(ApiError) as refusal:
        call(*arguments)
    assert (refusal.value.status, refusal.value.code) == (status, code)


def test_new_queue_has_the_documented_defaults() -> None:
    """A queue created with nothing has the defaults of the CreateQueue page."""
    service = make_service()

    assert service.create_queue("jobs", None, NOW)

    attributes = service.get_attributes("jobs", NOW)
    assert attributes.visibility_timeout == 30
    assert attributes.maximum_message_size == 65_536
    assert attributes.message_retention_period == 345_600
    assert attributes.delay_seconds == attributes.polling_wait_seconds == 0
    assert not attributes.logging_enabled


def test_creating_the_same_queue_again_is_no_error() -> None:
    """Equal settings find the queue; other ones are QueueAlreadyExist."""
    service = make_service()
    service.create_queue("jobs", {"DelaySeconds": 5}, NOW)

    assert not service.create_queue("jobs", {"DelaySeconds": "5"}, NOW)
    refuse(409, "QueueAlreadyExist", service.create_queue, "jobs", {"DelaySeconds": 6}, NOW)
    refuse(409, "QueueAlreadyExist", service.create_queue, "jobs", {}, NOW)


def test_left_out_settings_are_compared_by_assumption() -> None:
    """With the comparison of defaults flipped, only what is given must agree."""
    service = make_service(smq_create_compares_defaults=False)
    service.create_queue("jobs", {"DelaySeconds": 5}, NOW)

    assert not service.create_queue("jobs", {}, NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DelaySeconds", 604_801),
        ("DelaySeconds", -1),
        ("MaximumMessageSize", 1_023),
        ("MaximumMessageSize", 65_537),
        ("MessageRetentionPeriod", 59),
        ("MessageRetentionPeriod", 604_801),
        ("VisibilityTimeout", 0),
        ("VisibilityTimeout", 43_201),
        ("PollingWaitSeconds", 31),
        ("PollingWaitSeconds", "3.5"),
        ("PollingWaitSeconds", "9" * 5_000),
        ("PollingWaitSeconds", "²"),
        ("LoggingEnabled", "yes"),
        ("QueueType", "lifo"),
        ("Colour", "red"),
        ("DlqPolicy", "{}"),
        ("DlqPolicy", {"Enabled": True, "DeadLetterTargetQueue": "other"}),
        ("DlqPolicy", {"Target": "other"}),
        ("Tag", "a"),
    ],
)
def test_setting_outside_its_range_is_refused(name: str, value: object) -> None:
    """Every setting is checked and a refusal creates nothing."""
    service = make_service()
    service.create_queue("other", None, NOW)

    refuse(400, "InvalidArgument", service.create_queue, "jobs", {name: value}, NOW)

    assert not service.has_queue("jobs")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "QueueNameLengthError"),
        ("a" * 121, "QueueNameLengthError"),
        ("-a", "InvalidQueueName"),
        ("a_b", "InvalidQueueName"),
        ("队列", "InvalidQueueName"),
        ("a\n", "InvalidQueueName"),
    ],
)
def test_queue_name_has_a_grammar(name: str, code: str) -> None:
    """Names begin with a letter or digit and hold letters, digits and hyphens, 120 at most."""
    service = make_service()

    refuse(400, code, service.create_queue, name, None, NOW)
    assert service.create_queue("9" + "-" * 119, None, NOW)


def test_set_attributes_keeps_what_is_not_given() -> None:
    """Setting one attribute leaves the others and moves the time of modification."""
    service = make_service()
    service.create_queue("jobs", {"DelaySeconds": 5}, NOW)

    service.set_attributes("jobs", {"VisibilityTimeout": "60", "LoggingEnabled": "True"}, NOW + 9)

    queue = service.get_queue("jobs", NOW + 9)
    assert queue.attributes.delay_seconds == 5
    assert queue.attributes.visibility_timeout == 60
    assert queue.attributes.logging_enabled
    assert (queue.created_at, queue.modified_at) == (NOW, NOW + 9)


def test_type_of_a_queue_cannot_change() -> None:
    """A standard queue stays one."""
    service = make_service()
    service.create_queue("jobs", None, NOW)

    refuse(400, "InvalidArgument", service.set_attributes, "jobs", {"QueueType": "fifo"}, NOW)


def test_missing_queue_is_refused_by_every_operation() -> None:
    """Each call on a queue that is not there answers QueueNotExist."""
    service = make_service()
    calls: list[tuple[Any, ...]] = [
        (service.set_attributes, {}, NOW),
        (service.get_queue, NOW),
        (service.delete_queue, NOW),
        (service.send, [OutMessage("x")], NOW),
        (service.receive, 1, NOW),
        (service.peek, 1, NOW),
        (service.delete, "h", NOW),
        (service.delete_batch, ["h"], NOW),
        (service.change_visibility, "h", 1, NOW),
        (service.next_visible_at, NOW),
    ]

    for call, *arguments in calls:
        refuse(404, "QueueNotExist", call, "jobs", *arguments)


def test_deleting_a_missing_queue_may_succeed() -> None:
    """With the assumption flipped, deleting what is not there is no error."""
    service = make_service(smq_delete_missing_queue_fails=False)

    service.delete_queue("jobs", NOW)

    assert service.world.ledger == []


def test_deleted_queue_takes_its_messages_and_blocks_its_name() -> None:
    """Deleting purges, and the name comes free after the quiet time only."""
    service = make_service()
    service.create_queue("jobs", None, NOW)
    service.send_one("jobs", OutMessage("x"), NOW)

    service.delete_queue("jobs", NOW)

    refuse(400, "QueueDeletedRecently", service.create_queue, "jobs", None, NOW + 59)
    assert service.create_queue("jobs", None, NOW + 60)
    assert service.receive("jobs", 1, NOW + 60) == []


def test_list_pages_through_a_prefix() -> None:
    """Pages follow each other by marker without gap or repetition, and the last has none."""
    service = make_service()
    for name in ("b-2", "a-1", "b-1", "b-3", "c"):
        service.create_queue(name, None, NOW)

    first = service.list_queues("b", limit=2)
    second = service.list_queues("b", marker=first.next_marker or "", limit=2)

    assert [queue.name for queue in first.queues] == ["b-1", "b-2"]
    assert [queue.name for queue in second.queues] == ["b-3"]
    assert second.next_marker is None
    assert len(service.list_queues().queues) == 5


@pytest.mark.parametrize("limit", [0, 1_001])
def test_list_limit_has_a_range(limit: int) -> None:
    """A page holds 1 to 1000 queues."""
    refuse(400, "InvalidArgument", make_service().list_queues, "", "", limit)


def test_counts_read_zero_unless_flipped() -> None:
    """Counts are withdrawn by default and true by states otherwise."""
    service = make_service()
    service.create_queue("jobs", None, NOW)
    for delay in (0, 0, 0, 9):
        service.send_one("jobs", OutMessage("x", delay_seconds=delay), NOW)
    service.receive("jobs", 1, NOW)
    queue = service.get_queue("jobs", NOW)

    assert message_counts(queue, NOW, Assumptions()) == (0, 0, 0)
    assert message_counts(queue, NOW, Assumptions(smq_counts_read_zero=False)) == (2, 1, 1)


def test_dump_shows_what_the_api_hides() -> None:
    """A dump lists the messages in order of arrival with state and end of retention."""
    service = make_service()
    service.create_queue("jobs", None, NOW)
    service.send_one("jobs", OutMessage("一"), NOW)
    service.send_one("jobs", OutMessage("二", delay_seconds=3), NOW)

    dump = dump_queue(service.get_queue("jobs", NOW), NOW)

    assert [(m["body"], m["state"]) for m in dump["messages"]] == [
        ("一", "active"),
        ("二", "delayed"),
    ]
    assert dump["messages"][0]["expires_at"] == NOW + 345_600


def test_every_flip_is_an_assumption_and_differs_from_its_default() -> None:
    """The table of flips names fields of the assumptions and other values than their defaults."""
    defaults = Assumptions()

    for name, values in FLIPS.items():
        assert getattr(defaults, name) not in values
