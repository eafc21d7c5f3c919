"""The documented event bodies, and the samples that stand for them."""

import base64
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.state.interruption import (
    TimeStyle,
    cloudmonitor_interruption_event,
    instance_state_change_event,
    raw_interruption,
    snapshot_completed_event,
    spot_interruption_event,
    system_failure_delete_event,
    timestamp,
)
from emulator.state.patterns import compile_pattern

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
INSTANCE = "i-bp1source00000000001"
AT = 1795392000.179
WHO: dict[str, Any] = {"account_id": ACCOUNT, "region": REGION, "event_id": "e-1"}
SAMPLES = Path(__file__).parents[2] / "events"
WANTED = '{"source":["acs.ecs"],"type":["ecs:Instance:PreemptibleInstanceInterruption"]}'


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("rfc3339", "2026-11-23T08:00:00+08:00"),
        ("asia_shanghai", "2026-11-23T08:00:00.179Asia/Shanghai"),
        ("prc", "2026-11-23T08:00:00.179PRC"),
        ("z", "2026-11-23T00:00:00Z"),
    ],
)
def test_spellings_of_time(style: TimeStyle, text: str) -> None:
    """Beijing time in three spellings, and UTC."""
    assert timestamp(AT, style) == text


@given(st.integers(0, 4_000_000_000))
def test_spellings_name_the_same_instant(second: int) -> None:
    """Whatever the spelling, the same second can be read back."""
    beijing = timezone(timedelta(hours=8))
    naive = datetime.fromisoformat(timestamp(second, "prc").removesuffix("PRC"))
    utc = datetime.fromisoformat(timestamp(second, "z").replace("Z", "+00:00"))

    assert datetime.fromisoformat(timestamp(second, "rfc3339")).timestamp() == second
    assert naive.replace(tzinfo=beijing).timestamp() == second
    assert utc.timestamp() == second


@pytest.mark.parametrize("style", get_args(TimeStyle))
def test_interruption_in_the_envelope(style: TimeStyle) -> None:
    """Everything a rule or a reader looks at is where the documents put it."""
    event = spot_interruption_event(instance_id=INSTANCE, at=AT, time_style=style, **WHO)

    assert compile_pattern(WANTED).matches(event)
    assert event["data"] == {"instanceId": INSTANCE, "action": "delete"}
    assert event["subject"] == f"acs:ecs:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
    assert event["time"] == timestamp(AT, style)
    assert (event["specversion"], event["aliyuneventbusname"]) == ("1.0", "default")
    assert (event["aliyunaccountid"], event["aliyunregionid"]) == (ACCOUNT, REGION)
    assert event["aliyunpublishtime"].endswith("PRC")


def test_interruption_of_cloudmonitor() -> None:
    """The flat form: another name, another place for the data, a basic time."""
    plain = cloudmonitor_interruption_event(instance_id=INSTANCE, at=AT, **WHO)
    rich = cloudmonitor_interruption_event(
        instance_id=INSTANCE, at=AT, version="1.0", instance_name="生产", **WHO
    )

    assert plain["name"] == "Instance:PreemptibleInstanceInterruption"
    assert plain["content"] == raw_interruption(INSTANCE)
    assert plain["eventTime"] == "20261123T080000.179+0800"
    assert not {"ver", "instanceName"} & set(plain)
    assert (rich["ver"], rich["instanceName"]) == ("1.0", "生产")
    assert not compile_pattern(WANTED).matches(rich)


def test_other_events_are_not_interruptions() -> None:
    """State changes, snapshots and failed creations have types of their own."""
    events = [
        instance_state_change_event(instance_id=INSTANCE, at=AT, state="Deleted", **WHO),
        snapshot_completed_event(
            snapshot_id="s-1", snapshot_name="n", disk_id="d-1", started_at=AT, at=AT + 60, **WHO
        ),
        system_failure_delete_event(
            instance_id=INSTANCE, system_event_id="e-2", at=AT, not_before=AT + 60, **WHO
        ),
    ]

    assert [event["type"] for event in events] == [
        "ecs:Instance:StateChange",
        "ecs:Snapshot:CreateSnapshotCompleted",
        "ecs:Instance:SystemFailure.Delete",
    ]
    assert not any(compile_pattern(WANTED).matches(event) for event in events)
    assert (events[0]["data"]["resourceId"], events[0]["data"]["state"]) == (INSTANCE, "Deleted")
    assert events[1]["data"]["endTime"] == "2026-11-23T00:01:00Z"
    assert events[2]["data"]["notBefore"] == "2026-11-23T00:01:00Z"


def index() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((SAMPLES / "index.json").read_text("utf-8"))
    return found


def test_every_sample_has_an_expectation() -> None:
    """The index, the folder and the table of the README name the same files."""
    files = {path.name for path in SAMPLES.iterdir()} - {"index.json", "README.md"}
    table = (SAMPLES / "README.md").read_text("utf-8")

    assert set(index()) == files
    assert [
        name for name in files if f"| `{name}` | {index()[name]['expect']} |" not in table
    ] == []


def test_expectations_are_complete() -> None:
    """An interruption says what is to be found, the others say why nothing is."""
    fields = {"instance_id", "region", "account", "t0", "action", "event_id"}
    for name, entry in index().items():
        wanted = fields if entry["expect"] == "interruption" else {"reason"}
        assert entry["expect"] in {"interruption", "ignored", "malformed"}, name
        assert wanted <= set(entry), name


def test_rule_lets_through_exactly_the_enveloped_interruptions() -> None:
    """The pattern of the rule agrees with the samples that an EventBridge bus would carry."""
    pattern = compile_pattern(WANTED)
    for name, entry in index().items():
        if name.startswith("eventbridge_") and name.endswith(".json"):
            event = json.loads((SAMPLES / name).read_bytes().decode("utf-8-sig"))
            assert pattern.matches(event) is (entry["expect"] == "interruption"), name


def test_base64_sample_is_a_twin() -> None:
    """The encoded sample decodes to the one it is said to repeat."""
    encoded = base64.b64decode((SAMPLES / "eventbridge_base64.b64").read_bytes(), validate=True)
    plain = (SAMPLES / "eventbridge_chinese_instance_name.json").read_text("utf-8")

    assert json.loads(encoded) == json.loads(plain)
