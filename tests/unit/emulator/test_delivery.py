"""The way of an event to its targets: forms, delays, retries, dead letters, and silence."""

import base64
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.assumptions import Assumptions
from emulator.state.delivery import retry_pauses
from emulator.state.event_bodies import body_for, look_up, original, path_steps
from emulator.state.event_model import Param, Target
from emulator.state.interruption import spot_interruption_event
from emulator.state.queues import QueueService
from emulator.state.rules import EventBridgeService
from emulator.state.world import World

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
RULE = {"EventBusName": "default", "RuleName": "spot"}
ROLE = {"ProductName": "AliyunServiceRoleForEventBridgeSendToMNS"}
LOST = f"acs:mns:{REGION}:{ACCOUNT}:/queues/lost"
EVENT = spot_interruption_event(
    account_id=ACCOUNT,
    region=REGION,
    instance_id="i-bp1source00000000001",
    event_id="e-1",
    at=1000.0,
    instance_name="生产-数据库",
)


class Bench:
    """A region with a rule for interruptions, a queue and a dead-letter queue."""

    def __init__(self, *, role: bool = True, **assumed: object) -> None:
        assumptions = Assumptions(**assumed)  # type: ignore[arg-type]
        self.world = World(ACCOUNT, assumptions, random.Random(7))
        self.queues = QueueService(self.world, REGION)
        self.service = EventBridgeService(self.world, REGION, self.queues)
        self.queues.create_queue("events", None, 0.0)
        self.queues.create_queue("lost", None, 0.0)
        if role:
            self.service.call("CreateServiceLinkedRoleForProduct", ROLE, 0.0)

    def rule(self, *targets: dict[str, Any], pattern: str = '{"source":["acs.ecs"]}') -> None:
        params = {**RULE, "FilterPattern": pattern, "EventTargets": list(targets)}
        body = self.service.call("CreateRule", params, 0.0)
        assert body["Success"], body

    def publish(self, until: float, event: dict[str, Any] = EVENT) -> None:
        self.service.publish(event, 1000.0)
        self.world.scheduler.run(until)

    def bodies(self, queue: str, now: float) -> list[str]:
        return [message.body for message in self.queues.peek(queue, 16, now)]

    def ends(self) -> list[tuple[float, str, Any]]:
        """List what became of each push: when, how, and with which status."""
        ends = {"DeliverEvent", "SkipEvent", "DiscardEvent", "DeadLetterEvent"}
        return [
            (entry.at, entry.action, entry.detail["status"])
            for entry in self.world.ledger
            if entry.action in ends
        ]

    def trace(self, now: float) -> list[dict[str, Any]]:
        query = {"EventBusName": "default", "EventId": "e-1"}
        steps: list[dict[str, Any]] = self.service.call("QueryEventTraces", query, now)["Data"]
        return steps


def param(key: str, form: str = "CONSTANT", value: str = "", template: str = "") -> dict[str, str]:
    return {"ResourceKey": key, "Form": form, "Value": value, "Template": template}


def target(queue: str = "events", *extra: dict[str, str], **changes: object) -> dict[str, Any]:
    body = (
        () if any(one["ResourceKey"] == "Body" for one in extra) else (param("Body", "ORIGINAL"),)
    )
    return {
        "Id": "queue",
        "Type": "acs.mns.queue",
        "Endpoint": f"acs:mns:{REGION}:{ACCOUNT}:queues/{queue}",
        "ParamList": [param("queue", value=queue), *body, *extra],
        **changes,
    }


def test_event_arrives_whole_after_the_delay() -> None:
    """ORIGINAL is the CloudEvents JSON, its Chinese text as UTF-8 and not escaped."""
    bench = Bench()
    bench.rule(target())

    bench.publish(until=1000.9)
    early = bench.bodies("events", 1000.9)
    bench.world.scheduler.run(1001.0)
    (body,) = bench.bodies("events", 1001.0)

    assert early == []
    assert json.loads(body) == EVENT
    assert "生产-数据库" in body


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ((param("Body", "JSONPATH", "$.data.instanceId"),), "i-bp1source00000000001"),
        ((param("Body", "JSONPATH", "$['data']"),), original(EVENT["data"])),
        ((param("Body", "JSONPATH", '$.data["instanceId"]'),), "i-bp1source00000000001"),
        ((param("Body", value="常量"),), "常量"),
        (
            (
                param(
                    "Body",
                    "TEMPLATE",
                    '{"id":"$.data.instanceId","name":"$.data.instanceName","no":"$.data.no"}',
                    "${id} ${name} ${no} ${other}",
                ),
            ),
            "i-bp1source00000000001 生产-数据库  ${other}",
        ),
        ((param("IsBase64Encode", value="true"),), base64.b64encode(original(EVENT).encode())),
        ((param("IsBase64Encode", value="false"),), original(EVENT)),
    ],
)
def test_forms_of_the_body(extra: tuple[dict[str, str], ...], expected: str | bytes) -> None:
    """Each form makes the documented body."""
    bench = Bench()
    bench.rule(target("events", *extra))

    bench.publish(until=1010.0)

    text = expected.decode() if isinstance(expected, bytes) else expected
    assert bench.bodies("events", 1010.0) == [text]


def filled(value: object, template: str, event: dict[str, Any] = EVENT, **assumed: Any) -> str:
    """Deliver an event through a template and return the message."""
    bench = Bench(**assumed)
    body = param("Body", "TEMPLATE", json.dumps(value), template)
    bench.rule(target("events", body))
    bench.publish(until=1010.0, event=event)
    (text,) = bench.bodies("events", 1010.0)
    return text


def test_a_template_takes_constants_beside_paths() -> None:
    """The sample of "Event transformation", and what JSON knows besides text."""
    event = {**EVENT, "data": {"name": "test"}}
    value = {"name": "$.data.name", "constant": "Please deal with it timely."}
    template = "The instance is broken, which name is ${name}, ${constant}"

    assert filled(value, template, event) == (
        "The instance is broken, which name is test, Please deal with it timely."
    )
    assert filled({"n": 1, "t": True, "path": "$.data[*]"}, "${n} ${t} ${path}") == (
        "1 true $.data[*]"
    )


def test_escapes_of_a_template() -> None:
    """The two samples of "Escape functions", and an object in a text."""
    quoted = filled({"var": '"abc"'}, '{"text": "var is ${jsonEscape(var)}"}')
    script = "<script>alert('unsafe');</script>"
    page = filled({"var": script}, "<p>User Input: ${htmlEscape(var)}</p>")

    assert json.loads(quoted) == {"text": 'var is "abc"'}
    assert page == "<p>User Input: &lt;script&gt;alert('unsafe');&lt;/script&gt;</p>"
    assert filled({"d": "$.data"}, '"${jsonEscape(d)}" ${other(d)} ${jsonEscape(no)}') == (
        json.dumps(original(EVENT["data"]), ensure_ascii=False) + " ${other(d)} ${jsonEscape(no)}"
    )


def test_a_variable_without_a_match_is_empty_as_assumed() -> None:
    """The documents say empty, the open-source edition leaves it as written."""
    value = {"no": "$.data.no"}
    template = "a${no}b${jsonEscape(no)}"

    assert filled(value, template) == "ab"
    assert filled(value, template, template_miss_is_empty=False) == template


def test_places_counted_from_the_end() -> None:
    """A negative index counts from the end, and may miss."""
    event = {**EVENT, "data": {"l": ["x", "y"]}}

    assert filled({"a": "$.data.l[-1]", "b": "$.data.l[-3]"}, "${a}|${b}", event) == "y|"


def test_half_a_surrogate_pair_does_not_stop_delivery() -> None:
    """Text that JSON can escape and UTF-8 cannot carry is replaced, as the queue needs UTF-8."""
    bench = Bench()
    bench.rule(target())

    bench.publish(until=1010.0, event={**EVENT, "data": {"name": "\ud83d"}})

    (body,) = bench.bodies("events", 1010.0)
    assert json.loads(body)["data"] == {"name": "?"}


def test_only_matching_enabled_rules_deliver() -> None:
    """An event that no rule wants, or only a disabled one, goes nowhere and is still traced."""
    bench = Bench()
    bench.rule(target(), pattern='{"source":["acs.oss"]}')
    bench.publish(until=1010.0)
    params = {**RULE, "FilterPattern": "{}", "Status": "DISABLE"}
    bench.service.call("UpdateRule", params, 1010.0)

    bench.service.publish(EVENT, 1020.0)
    bench.world.scheduler.run(1100.0)

    assert bench.bodies("events", 1100.0) == []
    assert [step["Action"] for step in bench.trace(1100.0)] == ["PutEvent", "PutEvent"]


def test_a_disabled_rule_delivers_until_that_is_seen() -> None:
    """What GetRule shows is what the bus acts on."""
    bench = Bench()
    bench.rule(target())
    bench.service.call("DisableRule", RULE, 999.0)

    bench.publish(until=1010.0)
    bench.service.publish(EVENT, 1010.0)
    bench.world.scheduler.run(1100.0)

    assert len(bench.bodies("events", 1100.0)) == 1


def test_every_target_gets_the_event() -> None:
    """One rule with two targets makes two messages."""
    bench = Bench()
    bench.rule(target(), target("lost", Id="second"))

    bench.publish(until=1010.0)

    assert bench.bodies("events", 1010.0) == bench.bodies("lost", 1010.0) == [original(EVENT)]


@pytest.mark.parametrize(("param_wins", "queue"), [(True, "lost"), (False, "events")])
def test_parameter_against_endpoint(*, param_wins: bool, queue: str) -> None:
    """Where the two name different queues, an assumption says which counts."""
    bench = Bench(queue_param_wins=param_wins)
    bench.rule(target(ParamList=[param("queue", value="lost"), param("Body", "ORIGINAL")]))

    bench.publish(until=1010.0)

    assert len(bench.bodies(queue, 1010.0)) == 1


def test_copies_have_the_same_id() -> None:
    """A repeated delivery is a second message with the very same event."""
    bench = Bench(event_copies=2)
    bench.rule(target())

    bench.publish(until=1010.0)

    assert bench.bodies("events", 1010.0) == [original(EVENT)] * 2
    assert [at for at, _, _ in bench.ends()] == [1001.0, 1006.0]


def test_missing_role_is_silent() -> None:
    """Without the service-linked role nothing is tried, retried or kept; the trace tells."""
    bench = Bench(role=False)
    bench.rule(target(DeadLetterQueue={"Arn": LOST}))

    bench.publish(until=9000.0)

    assert bench.bodies("events", 9000.0) == bench.bodies("lost", 9000.0) == []
    ((at, action, status),) = bench.ends()
    assert (at, action) == (1001.0, "SkipEvent")
    assert "AliyunServiceRoleForEventBridgeSendToMNS" in status
    assert bench.trace(9000.0)[-1]["NotifyStatus"] == status
    assert bench.world.complaints == []


def test_roles_may_be_shared_between_regions() -> None:
    """RAM is not regional: one set serves every region."""
    bench = Bench(role=False)
    names = {ROLE["ProductName"]}

    other = EventBridgeService(bench.world, "cn-beijing", bench.queues, names)

    body = other.call("CheckServiceLinkedRoleForProduct", ROLE, 0.0)
    assert body["Data"]["CheckPass"] is True


def test_backoff_ends_in_the_dead_letter_queue() -> None:
    """One try and three more, 10 to 20 s apart, then the target's dead-letter queue."""
    bench = Bench()
    bench.rule(target("none", DeadLetterQueue={"Arn": LOST}))

    bench.publish(until=9000.0)

    ((at, action, status),) = bench.ends()
    assert (action, status) == ("DeadLetterEvent", "[404]QueueNotExist")
    assert 1031.0 <= at <= 1061.0
    assert bench.bodies("lost", 9000.0) == [original(EVENT)]
    pushes = [step for step in bench.trace(9000.0) if step["Action"] == "PushEvent"]
    assert len(pushes) == 4
    assert int(pushes[0]["NotifyLatency"]) == 1000


def test_dead_event_may_be_base64() -> None:
    """How a dead event is encoded is an assumption."""
    bench = Bench(dead_event_is_base64=True)
    bench.rule(target("none", DeadLetterQueue={"Arn": LOST}))

    bench.publish(until=9000.0)

    (body,) = bench.bodies("lost", 9000.0)
    assert json.loads(base64.b64decode(body)) == EVENT


@pytest.mark.parametrize(
    "dead_letter",
    [{}, {"Arn": LOST.replace("lost", "nowhere")}, {"Arn": "acs:eventbridge:::eventbus/x"}],
)
def test_what_cannot_be_kept_is_discarded(dead_letter: dict[str, str]) -> None:
    """Without a dead-letter queue that can take it, the event is lost, and the ledger says so."""
    bench = Bench()
    bench.rule(target("none", DeadLetterQueue=dead_letter))

    bench.publish(until=9000.0)

    assert [action for _, action, _ in bench.ends()] == ["DiscardEvent"]


def test_a_queue_that_comes_back_gets_the_event() -> None:
    """A retry lands once its queue exists."""
    bench = Bench()
    bench.rule(target("late", PushRetryStrategy="EXPONENTIAL_DECAY_RETRY"))
    bench.publish(until=1010.0)
    bench.queues.create_queue("late", None, 1010.0)

    bench.world.scheduler.run(1100.0)

    assert bench.bodies("late", 1100.0) == [original(EVENT)]
    assert bench.ends() == [(1016.0, "DeliverEvent", "[200]Ok")]


def test_a_queue_that_refuses_the_size_counts_as_failure() -> None:
    """A body above the queue's limit is tried again and then lost."""
    bench = Bench()
    bench.queues.set_attributes("events", {"MaximumMessageSize": 1024}, 0.0)
    bench.rule(target())

    bench.publish(until=9000.0, event={**EVENT, "data": {"text": "x" * 2000}})

    ((_, action, status),) = bench.ends()
    assert action == "DiscardEvent"
    assert status.startswith("[400]")


def test_exponential_decay_pauses() -> None:
    """176 retries in a day: 1, 2, 4 to 256 s, then 167 times 512 s."""
    pauses = list(retry_pauses("EXPONENTIAL_DECAY_RETRY", random.Random(1)))

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256] + [512] * 167


@given(st.integers())
def test_backoff_pauses(seed: int) -> None:
    """Three retries, each 10 to 20 s after the last."""
    pauses = list(retry_pauses("BACKOFF_RETRY", random.Random(seed)))

    assert len(pauses) == 3
    assert all(10 <= pause <= 20 for pause in pauses)


def test_no_tolerance_blocks_the_target_until_it_is_set_anew() -> None:
    """After a lost event, ErrorsTolerance NONE keeps later events from the target."""
    bench = Bench()
    strict = target("late", ErrorsTolerance="NONE", DeadLetterQueue={"Arn": LOST})
    bench.rule(strict)
    bench.publish(until=2000.0)
    bench.queues.create_queue("late", None, 2000.0)

    bench.service.publish({**EVENT, "id": "e-2"}, 2000.0)
    bench.world.scheduler.run(2100.0)
    blocked = bench.bodies("late", 2100.0)
    bench.service.call("PutTargets", {**RULE, "Targets": [strict]}, 2100.0)
    bench.service.publish({**EVENT, "id": "e-3"}, 2100.0)
    bench.world.scheduler.run(2200.0)

    assert blocked == []
    assert [json.loads(body)["id"] for body in bench.bodies("late", 2200.0)] == ["e-3"]
    assert [action for _, action, _ in bench.ends()] == [
        "DeadLetterEvent",
        "SkipEvent",
        "DeliverEvent",
    ]


def test_other_targets_are_stored_and_complain_when_used() -> None:
    """A function target is accepted; that the emulator cannot call it is said aloud."""
    bench = Bench()
    bench.rule(
        {
            "Id": "function",
            "Type": "acs.fc.function",
            "Endpoint": f"acs:fc:{REGION}:{ACCOUNT}:services/s.LATEST/functions/f",
            "ParamList": [param("Body", "ORIGINAL")],
        },
        target(),
    )
    quiet = list(bench.world.complaints)

    bench.publish(until=1010.0)

    assert quiet == []
    assert len(bench.world.complaints) == 1
    assert "acs.fc.function" in bench.world.complaints[0]
    assert [action for _, action, _ in bench.ends()] == ["SkipEvent", "DeliverEvent"]


def test_custom_bus_delivers_what_put_events_took() -> None:
    """PutEvents on a custom bus goes through that bus's rules, stamped with its attributes."""
    bench = Bench()
    bus = {"EventBusName": "orders"}
    bench.service.call("CreateEventBus", bus, 0.0)
    rule = {**bus, "RuleName": "all", "FilterPattern": "{}", "EventTargets": [target()]}
    bench.service.call("CreateRule", rule, 0.0)
    event = {"Id": "e-9", "Source": "shop", "Type": "shop:Order", "Data": {"name": "订单"}}

    bench.service.call("PutEvents", {**bus, "EventList": json.dumps([event])}, 1000.0)
    bench.world.scheduler.run(1010.0)

    (body,) = bench.bodies("events", 1010.0)
    delivered = json.loads(body)
    assert (delivered["id"], delivered["data"]) == ("e-9", {"name": "订单"})
    assert (delivered["specversion"], delivered["aliyuneventbusname"]) == ("1.0", "orders")


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("$", ()),
        ("$.data.instanceId", ("data", "instanceId")),
        ("$.data.disks[0]", ("data", "disks", 0)),
        ("$['data']['实例']", ("data", "实例")),
    ],
)
def test_paths(path: str, steps: tuple[str | int, ...]) -> None:
    """Names after a dot or in brackets, and numbers in brackets."""
    assert path_steps(path) == steps


@pytest.mark.parametrize("path", ["", "data", "$data", "$.", "$..x", "$[*]", "$.a[", "$.a[?(@.b)]"])
def test_indefinite_paths(path: str) -> None:
    """What may name several places, or none, is no JSONPath here."""
    with pytest.raises(ValueError, match=r"begin|JSONPath"):
        path_steps(path)


def test_paths_into_arrays() -> None:
    """An index counts within an array only."""
    event = {"data": {"disks": ["a", "b"]}}

    assert look_up("$.data.disks[1]", event) == "b"
    assert look_up("$.data.disks[2]", event) is look_up("$.data[0]", event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda below: st.lists(below) | st.dictionaries(st.text(), below),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), json_values))
def test_both_encodings_carry_the_same_event(event: dict[str, Any]) -> None:
    """Plain and Base64 bodies decode to the event that was published."""

    def sent(encode: str) -> str:
        params = (Param("Body", "ORIGINAL"), Param("IsBase64Encode", "CONSTANT", encode))
        to = Target("t", "acs.mns.queue", "", params, "BACKOFF_RETRY", "ALL", {}, None)
        return body_for(to, event, original(event))

    assert json.loads(sent("false")) == event
    assert json.loads(base64.b64decode(sent("true"), validate=True)) == event
