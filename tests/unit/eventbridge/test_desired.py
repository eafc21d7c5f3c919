"""What the desired state says, what is exported, and what the pattern takes."""

import base64
import json

import pytest
import yaml

from eventbridge.cloud import Actual
from eventbridge.desired import EVENT_PATTERN, desired_state, owner_in
from eventbridge.export import actual_as_data, desired_as_data
from eventbridge.pattern import takes
from eventbridge.samples import NO_INSTANCE, SAMPLES, check_samples, harmless_message
from worker.settings import Queue, Rule, Settings

SETTINGS = Settings(account_id="1234567890123456", region="cn-hangzhou")


def test_target_names_its_queue_without_and_its_dead_letters_with_a_slash() -> None:
    """EventBridge spells the two ARNs differently."""
    target = desired_state(SETTINGS).target

    assert target.endpoint == "acs:mns:cn-hangzhou:1234567890123456:queues/spot-interruptions"
    assert (
        target.dead_letter_arn
        == "acs:mns:cn-hangzhou:1234567890123456:/queues/spot-interruptions-undelivered"
    )


def test_endpoint_and_parameter_name_the_same_queue() -> None:
    """It is not documented which of the two wins, so they are equal."""
    settings = Settings(
        account_id="1234567890", region="cn-beijing", queue=Queue(name="q"), rule=Rule(base64=False)
    )

    target = desired_state(settings).target

    assert target.endpoint.endswith("/q")
    assert {param.key: param.value for param in target.params} == {
        "queue": "q",
        "Body": "",
        "IsBase64Encode": "false",
    }
    assert target.errors_tolerance == "ALL"


def test_only_the_polled_queue_gives_up_on_messages() -> None:
    """Parked messages are moved by nobody but a person."""
    policies = {queue.name: queue.dead_letters for queue in desired_state(SETTINGS).queues}

    assert [name for name, policy in policies.items() if policy is not None] == [
        "spot-interruptions"
    ]


@pytest.mark.parametrize(
    ("description", "owner"),
    [
        (desired_state(SETTINGS).rule.description, "default"),
        ("aliyun-ops owner=a-b", "a-b"),
        ("my-aliyun-ops owner=x", "x"),
        ("aliyun-ops", None),
        ("", None),
        (None, None),
    ],
)
def test_owner_is_read_from_the_description(description: str | None, owner: str | None) -> None:
    """The mark in a rule's description says whose it is."""
    assert owner_in(description) == owner


def test_export_is_plain_data_in_both_formats() -> None:
    """What is exported survives JSON and YAML, and carries everything that must be set up."""
    data = desired_as_data(SETTINGS)

    assert json.loads(json.dumps(data)) == data == yaml.safe_load(yaml.safe_dump(data))
    assert [queue["queue_name"] for queue in data["queues"]][-1] == "spot-interruptions"
    assert data["queues"][-1]["dlq_policy"]["max_receive_count"] == 200
    assert data["rule"]["filter_pattern"] == dict(EVENT_PATTERN)
    assert data["service_linked_role"] == "AliyunServiceRoleForEventBridgeSendToMNS"


def test_nothing_is_shown_as_nothing() -> None:
    """An empty account can be shown as data too."""
    data = actual_as_data(Actual(queues={}, has_service_role=False, rule=None))

    assert json.loads(json.dumps(data)) == {"queues": {}, "has_service_role": False, "rule": None}


def test_pattern_takes_interruptions_only() -> None:
    """Every sample is judged as it should be."""
    assert [check.name for check in check_samples(None) if not check.is_good] == []
    assert [name for name, (_, expected) in SAMPLES.items() if expected] == [
        "interruption",
        "interruption-that-stops",
    ]


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": "x", "b": 1}, True),
        ({"a": ["x", "y"]}, {"a": "y"}, True),
        ({"a": ["x"], "b": ["y"]}, {"a": "x"}, False),
        ({"a": ["x"]}, {"a": "X"}, False),
        ({"a": ["x"]}, {"a": ["w", "x"]}, True),
        ({"a": {"b": [1]}}, {"a": {"b": 1}}, True),
        ({"a": {"b": [1]}}, {"a": "b"}, False),
        ({"a": [1]}, {"a": True}, False),
        ({"a": [None]}, {"a": ""}, False),
        ({}, {}, True),
        ({}, [], False),
    ],
)
def test_pattern_of_exact_values(
    pattern: dict[str, object], event: object, *, expected: bool
) -> None:
    """Keys are all needed, values are alternatives, and nothing is converted."""
    assert takes(pattern, event) is expected


def test_operator_is_not_guessed_at() -> None:
    """A pattern with an operator is the cloud's to judge."""
    with pytest.raises(ValueError, match="exact values"):
        takes({"a": [{"prefix": "x"}]}, {"a": "xy"})


@pytest.mark.parametrize("is_encoded", [True, False])
def test_test_message_is_a_delivered_event_for_nobody(*, is_encoded: bool) -> None:
    """The message of `rule test --send` looks like a delivery and names an instance that cannot exist."""
    settings = Settings(account_id="1234567890", region="cn-beijing", rule=Rule(base64=is_encoded))

    body = harmless_message(settings, 1_700_000_000.0)

    event = json.loads(base64.b64decode(body, validate=True) if is_encoded else body)
    assert takes(EVENT_PATTERN, event)
    assert event["data"]["instanceId"] == NO_INSTANCE
    assert (event["aliyunregionid"], event["time"]) == ("cn-beijing", "2023-11-14T22:13:20+00:00")
