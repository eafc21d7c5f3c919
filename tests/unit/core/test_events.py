"""A body is untrusted: it is read as documented, or it is Malformed, and nothing else happens."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from worker.core.errors import Malformed
from worker.core.events import (
    BODY_BYTES_MAX,
    DEPTH_MAX,
    EVENT_NAME,
    EVENT_TYPE,
    ITEMS_MAX,
    KEYS_MAX,
    parse_text,
    parse_time,
    read_body,
)
from worker.core.model import Ignored, Interruption, Unread

INSTANCE = "i-bp1source00000000001"
OTHER = "i-bp1source00000000002"
ARN = f"acs:ecs:cn-hangzhou:1234567890123456:instance/{INSTANCE}"
T0 = 1_795_392_000.0

repeatable = settings(derandomize=True, deadline=None, max_examples=150)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "data", "name", "content", "instanceId", "action", "messageBody", "time"]
            )
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def event(**changes: object) -> dict[str, Any]:
    """An interruption from EventBridge; a change to None removes the field."""
    fields = {
        "id": "event-1",
        "source": "acs.ecs",
        "type": EVENT_TYPE,
        "subject": ARN,
        "time": "2026-11-23T08:00:00+08:00",
        "aliyunaccountid": "1234567890123456",
        "aliyunregionid": "cn-hangzhou",
        "data": {"instanceId": INSTANCE, "action": "delete"},
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def read_one(value: object) -> Interruption | Ignored | Unread:
    (found,) = read_body(json.dumps(value))
    return found


def read_interruption(value: object) -> Interruption:
    found = read_one(value)
    assert isinstance(found, Interruption)
    return found


def code_of(body: str | bytes) -> str:
    """The code with which a body is refused."""
    with pytest.raises(Malformed) as refused:
        read_body(body)
    return refused.value.code


# Nothing but Malformed


@repeatable
@given(st.text() | st.text(alphabet='[]{}":,\\ue0\x00\ud800', max_size=40))
@example("﻿")
@example('"\\ud800"')
def test_any_text_is_read_or_malformed(text: str) -> None:
    """Whatever stands in a body, the reader raises nothing but Malformed."""
    try:
        found = read_body(text)
    except Malformed:
        return

    assert found


@repeatable
@given(st.binary())
@example(b"\xff\xfe{}")
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    """Bytes that a function is called with are treated as a text is."""
    try:
        found = read_body(body)
    except Malformed:
        return

    assert found


@repeatable
@given(json_values)
def test_any_json_is_read_or_malformed(value: object) -> None:
    """Any JSON value, known keys in wrong places included, is read or Malformed."""
    try:
        found = read_body(json.dumps(value))
    except Malformed:
        return

    assert found


@repeatable
@given(st.dictionaries(st.sampled_from(sorted(event())), json_values))
def test_any_values_in_an_event_are_read_or_malformed(changes: dict[str, Any]) -> None:
    """An event of our type with any value in any field is read or Malformed."""
    body = json.dumps({**event(), **changes, "type": EVENT_TYPE})

    try:
        (found,) = read_body(body)
    except Malformed:
        return

    assert isinstance(found, Interruption)
    assert found.instance_id in body


@repeatable
@given(st.text() | st.integers() | st.none() | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*"))
@example("2026-11-23T08:00:00+23:99")
@example("0001-01-01T00:00:00+08:00")
@example("9999-12-31T23:59:59-12:00")
@example("2026-11-23T08:00:00.١٢٣Z")
def test_any_time_is_an_instant_that_can_be_written_or_none(text: object) -> None:
    """A time never fails an event, and what it gives lies between the years 1970 and 9999."""
    at = parse_time(text)

    assert at is None or 0.0 <= at < 253_402_300_800.0


# Bounds


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "not_json"),
        ("{", "not_json"),
        ("42", "not_an_event"),
        ("null", "not_an_event"),
        ("true", "not_an_event"),
        ('""', "not_json"),
        ("[]", "no_event"),
        ("[[]]", "no_event"),
        (b"\xff", "not_utf8"),
        ('{"a": NaN}', "not_a_number"),
        ('{"a": -Infinity}', "not_a_number"),
        ('{"a": 1e999}', "not_a_number"),
        ('{"a": 1, "a": 2}', "doubled_key"),
        ("1" * 9_000, "not_a_number"),
        (f'{{"a": -{"1" * 20}}}', "not_a_number"),
        ("[" * (DEPTH_MAX + 1) + "]" * (DEPTH_MAX + 1), "too_deep"),
        ("[" * 20_000, "not_json"),
        (json.dumps({str(n): n for n in range(KEYS_MAX + 1)}), "too_many_keys"),
        (json.dumps(["x"] * (ITEMS_MAX + 1)), "too_many_items"),
        ("x" * (BODY_BYTES_MAX + 1), "too_large"),
        ("火" * (BODY_BYTES_MAX // 3 + 1), "too_large"),
    ],
)
def test_what_breaks_a_bound_is_malformed(body: str | bytes, code: str) -> None:
    """Size, depth, keys, items and numbers are bounded, and the refusal says which bound it was."""
    assert code_of(body) == code


def test_texts_in_texts_end() -> None:
    """A body that is wrapped again and again is refused, not followed for ever."""
    body = json.dumps(event())
    for _ in range(6):
        body = json.dumps(body)

    assert code_of(body) == "too_deep"


def test_words_of_an_event_are_safe_to_log() -> None:
    """Line ends and control characters of a body do not reach a log line."""
    found = read_interruption(
        event(id="a\nb\x1b[31m", data={"instanceId": INSTANCE, "action": "d\re"})
    )

    assert (found.event_id, found.action) == ("a?b??31m", "d?e")


# What is read


def test_data_wins_over_the_subject() -> None:
    """The instance in the data is the one that is meant."""
    found = read_interruption(event(data={"instanceId": OTHER, "action": "delete"}))

    assert found.instance_id == OTHER


def test_subject_fills_what_is_missing() -> None:
    """Region, account and instance are taken from the subject where the event lacks them."""
    found = read_interruption(
        event(aliyunaccountid=None, aliyunregionid="Hangzhou", data={"action": "delete"})
    )

    assert (found.region, found.account) == ("cn-hangzhou", "1234567890123456")
    assert found.instance_id == INSTANCE


@pytest.mark.parametrize(
    "subject", ["", "x/y", f"acs:oss:cn-hangzhou:1:bucket/{OTHER}", f"acs:ecs:a:b:disk/{OTHER}", 7]
)
def test_foreign_subject_names_no_instance(subject: object) -> None:
    """Only the name of an instance stands in for a missing instance id."""
    body = json.dumps(event(subject=subject, data={"action": "delete"}))

    assert code_of(body) == "no_instance_id"


@pytest.mark.parametrize(
    "subject",
    [
        f"acs:ecs:cn-hangzhou:9999999999999999:instance/{INSTANCE}",
        f"acs:ecs:cn-beijing:1234567890123456:instance/{INSTANCE}",
    ],
)
def test_event_that_names_two_places_is_malformed(subject: str) -> None:
    """Account and region stand twice in an event; one that contradicts itself is for a person."""
    assert code_of(json.dumps(event(subject=subject))) == "contradiction"


def test_flat_event_that_names_two_accounts_is_malformed() -> None:
    """The flat form names the account twice, too."""
    body = {
        "name": "Instance:PreemptibleInstanceInterruption",
        "userId": "1234567890123456",
        "resourceId": f"acs:ecs:cn-hangzhou:9999999999999999:instance/{INSTANCE}",
        "content": {"instanceId": INSTANCE},
    }

    assert code_of(json.dumps(body)) == "contradiction"


def test_data_may_be_text() -> None:
    """A payload that is JSON text is read as the object that it holds."""
    data = json.dumps({"instanceId": OTHER, "action": "delete"})

    found = read_interruption(event(data=data))

    assert (found.instance_id, found.action) == (OTHER, "delete")


@pytest.mark.parametrize("data", ["", "hello", "[1]", [1], 0, False])
def test_event_without_readable_data_is_malformed(data: object) -> None:
    """An interruption whose payload is no object is for a person."""
    assert code_of(json.dumps(event(data=data))) in {"no_data", "not_json"}


@pytest.mark.parametrize(
    "instance",
    [42, None, "", "i-SHOUTED0000", "i-short", "i-" + "a" * 33, f"{INSTANCE}\n", f" {INSTANCE}"],
)
def test_wrong_instance_id_is_not_replaced_by_the_subject(instance: object) -> None:
    """An instance id that is there but wrong makes the event unreadable, whatever else it says."""
    body = json.dumps(event(data={"instanceId": instance, "action": "delete"}))

    assert code_of(body) == "no_instance_id"


@pytest.mark.parametrize("account", ["me", "1", "1" * 21, True, 1.5, [], "12345\n"])
def test_wrong_account_is_not_taken_for_a_missing_one(account: object) -> None:
    """An account id that is there but invalid is refused: absent would mean ours."""
    assert code_of(json.dumps(event(aliyunaccountid=account))) == "bad_account_id"


def test_account_may_be_a_number() -> None:
    """An account id is the same written as a JSON number."""
    assert read_interruption(event(aliyunaccountid=1234567890123456)).account == "1234567890123456"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T08:00:00+08:00", T0),
        ("2026-11-23T00:00:00Z", T0),
        ("2026-11-23T00:00Z", T0),
        ("2026-11-23T08:00:00.179Asia/Shanghai", T0 + 0.179),
        ("2026-11-23T08:00:00.179PRC", T0 + 0.179),
        ("20261123T080000.179+0800", T0 + 0.179),
        ("2026-11-23 08:00:00", T0),
        ("2026-11-22T19:30:00-04:30", T0),
        ("2026-11-23T00:00:00 UTC", T0),
        ("2026-11-23T08:00:00Mars/Olympus", None),
        ("2026-13-23T08:00:00Z", None),
        ("2026-11-23T24:00:00Z", None),
        ("2026-11-23", None),
        ("1795392000", None),
        (1_795_392_000, None),
        ("", None),
        (" " * 100, None),
    ],
)
def test_documented_spellings_of_time(text: object, at: float | None) -> None:
    """Every documented spelling of an instant is read, and what is none of them is None."""
    assert parse_time(text) == (None if at is None else pytest.approx(at, abs=1e-6))


def test_flat_form_with_a_status_is_an_interruption() -> None:
    """CloudMonitor may put a status behind the name of an event."""
    body = {
        "name": f"{EVENT_NAME}:Executing",
        "resourceId": ARN,
        "content": {"action": "delete"},
        "eventTime": "20261123T080000.000+0800",
    }

    found = read_interruption(body)

    assert found == Interruption(
        INSTANCE, "cn-hangzhou", "1234567890123456", None, T0, action="delete"
    )


@pytest.mark.parametrize(
    "spelt",
    [
        {"type": EVENT_NAME},
        {"type": f"{EVENT_TYPE}:Normal"},
        {"type": None, "data": None, "name": EVENT_TYPE},
        {"type": "StatusNotification", "data": None, "name": EVENT_NAME},
        {"type": EVENT_TYPE.lower()},
        {"type": f"acs.{EVENT_TYPE}"},
        {"type": "ecs:PreemptibleInstanceInterruption "},
        {"type": None, "data": None, "name": "抢占式实例中断通知"},
    ],
)
def test_interruption_in_the_spelling_of_another_product_is_not_let_go_of(
    spelt: dict[str, object],
) -> None:
    """Each product writes the name in its own way; what is let go of is deleted, and nobody hears of it."""
    body = event(content={"instanceId": INSTANCE, "action": "delete"}, **spelt)

    (found,) = read_body(json.dumps(body))

    assert isinstance(found, Interruption)
    assert found.instance_id == INSTANCE


def test_data_in_the_form_of_cloudevents_for_bytes_is_read() -> None:
    """Source: CloudEvents, JSON event format, data_base64."""
    data = base64.b64encode(json.dumps({"instanceId": OTHER, "action": "delete"}).encode())

    (found,) = read_body(json.dumps(event(data=None, data_base64=data.decode())))

    assert isinstance(found, Interruption)
    assert found.instance_id == OTHER


@pytest.mark.parametrize(
    "body",
    [
        {"type": "mns:Topic:PublishMessage", "data": {"messageBody": json.dumps(event())}},
        {"type": "bus:Forwarded", "data": [event()]},
        {"name": "Forwarded", "content": {"event": json.dumps(event())}},
        {"vm": INSTANCE, "do": "delete"},
        {"id": ARN},
    ],
)
def test_what_may_be_an_interruption_in_an_unknown_form_is_not_let_go_of(
    body: dict[str, object],
) -> None:
    """A wrapper that nobody has documented, or a template of a rule's own: a person reads it."""
    assert code_of(json.dumps(body)) == "not_an_event"


def test_longer_name_is_another_event() -> None:
    """A name that only begins like ours is another event."""
    found = read_one({"name": EVENT_NAME + "Cancelled", "content": {"instanceId": INSTANCE}})

    assert isinstance(found, Ignored)


@pytest.mark.parametrize("data", [None, {}, {"messageId": "1"}, "hello", []])
def test_wrapper_without_a_message_is_malformed(data: object) -> None:
    """A message wrapper that holds no message is not taken for another event and dropped."""
    body = json.dumps({"type": "mns:Queue:SendMessage", "data": data})

    assert code_of(body) in {"no_data", "not_json"}


@pytest.mark.parametrize(
    "value", [{"instance_id": INSTANCE}, {"detail": {"InstanceId": INSTANCE}}, {"x": ARN}]
)
def test_unknown_object_that_speaks_of_an_instance_is_malformed(value: object) -> None:
    """A form that we do not know is parked when it may be an interruption, not dropped."""
    assert code_of(json.dumps(value)) == "not_an_event"


# Lists


def test_unreadable_element_does_not_take_the_others_with_it() -> None:
    """One element that cannot be read leaves the interruption beside it readable."""
    broken = event(data={"instanceId": "x"})

    found = read_body(json.dumps([broken, event(), "{"]))

    assert [type(one) for one in found] == [Unread, Interruption, Unread]
    assert [json.loads(one.text) for one in found if isinstance(one, Unread)] == [broken, "{"]


def test_nested_lists_do_not_multiply() -> None:
    """Lists in lists hold no more events together than one list may."""
    many = [[{"instanceId": INSTANCE, "action": ""}] * 20] * 4

    assert code_of(json.dumps(many)) == "too_many_items"


def test_list_without_a_readable_element_is_malformed_as_a_whole() -> None:
    """A list in which nothing can be read is parked as it came."""
    assert code_of(json.dumps(["{", event(data=None)])) == "not_json"


@repeatable
@given(st.lists(json_values, max_size=6))
def test_unread_elements_are_malformed_on_their_own(values: list[object]) -> None:
    """What is told to be unreadable comes apart further or is Malformed when it comes back alone."""
    try:
        found = read_body(json.dumps([event(), values]))
    except Malformed:
        return

    for one in found:
        if isinstance(one, Unread):
            with pytest.raises(Malformed):
                read_body(one.text)


def test_base64_is_strict() -> None:
    """Base64 with characters of another alphabet is not guessed at."""
    encoded = base64.b64encode(json.dumps(event()).encode()).decode()

    assert read_body(encoded) == read_body(json.dumps(event()))
    assert code_of(encoded[:40] + "-_!" + encoded[40:]) == "not_json"


def test_parse_text_returns_plain_json() -> None:
    """Within the bounds the value is what JSON says."""
    assert parse_text('{"a": [1, 2.5, "火", null]}') == {"a": [1, 2.5, "火", None]}
