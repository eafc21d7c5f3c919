"""The control plane of EventBridge: rules, targets, buses, roles, and how it refuses."""

import inspect
import json
import random
from collections.abc import Mapping
from typing import Any

import pytest
from alibabacloud_eventbridge20200401 import models

from emulator.assumptions import Assumptions
from emulator.state.errors import ApiError
from emulator.state.queues import QueueService
from emulator.state.rules import EventBridgeService
from emulator.state.world import World

ACCOUNT = "1234567890123456"
REGION = "cn-hangzhou"
BUS = {"EventBusName": "default"}
RULE = {**BUS, "RuleName": "spot"}
PATTERN = '{"source": ["acs.ecs"], "type": ["ecs:Instance:PreemptibleInstanceInterruption"]}'
EVENT = {"Id": "e-1", "Source": "shop", "Type": "shop:Order", "Data": {"name": "订单"}}

ACTIONS = (
    "CreateRule",
    "UpdateRule",
    "GetRule",
    "ListRules",
    "EnableRule",
    "DisableRule",
    "DeleteRule",
    "PutTargets",
    "DeleteTargets",
    "ListTargets",
    "TestEventPattern",
    "ListAliyunOfficialEventSources",
    "ListEventBuses",
    "GetEventBus",
    "CreateEventBus",
    "UpdateEventBus",
    "DeleteEventBus",
    "PutEvents",
    "QueryEventTraces",
    "QueryTracedEvents",
    "QueryTracedEventByEventId",
    "CheckServiceLinkedRoleForProduct",
    "CreateServiceLinkedRoleForProduct",
)


class Desk:
    """EventBridge of one region with a clock that the test holds."""

    def __init__(self, **assumed: object) -> None:
        assumptions = Assumptions(**assumed)  # type: ignore[arg-type]
        self.world = World(ACCOUNT, assumptions, random.Random(7))
        self.queues = QueueService(self.world, REGION)
        self.service = EventBridgeService(self.world, REGION, self.queues)
        self.now = 1000.0

    def call(self, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.world.scheduler.run(self.now)
        return self.service.call(action, params, self.now)

    def done(self, action: str, params: Mapping[str, Any]) -> Any:
        body = self.call(action, params)
        assert body["Success"] is True, body
        return body.get("Data")

    def failed(self, action: str, params: Mapping[str, Any]) -> str:
        body = self.call(action, params)
        assert body["Success"] is False, body
        assert "Data" not in body
        return str(body["Code"])

    def refused(self, action: str, params: Mapping[str, Any]) -> tuple[int, str]:
        with pytest.raises(ApiError) as error:
            self.call(action, params)
        return error.value.status, error.value.code


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def ruled(desk: Desk) -> Desk:
    desk.done("CreateRule", {**RULE, "FilterPattern": PATTERN, "EventTargets": [target()]})
    return desk


def param(key: str, form: str = "CONSTANT", value: str = "", template: str = "") -> dict[str, str]:
    return {"ResourceKey": key, "Form": form, "Value": value, "Template": template}


def target(target_id: str = "queue", **changes: object) -> dict[str, Any]:
    return {
        "Id": target_id,
        "Type": "acs.mns.queue",
        "Endpoint": f"acs:mns:{REGION}:{ACCOUNT}:queues/events",
        "ParamList": [param("queue", value="events"), param("Body", "ORIGINAL")],
        **changes,
    }


def wire_names(model: Any) -> set[str]:
    """Ask a request model which names it puts on the wire."""
    request = model()
    for name in inspect.signature(model.__init__).parameters:
        if name != "self":
            setattr(request, name, "1")
    return set(request.to_map())


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_take_what_the_sdk_sends(desk: Desk, action: str) -> None:
    """Every name of the SDK's request is known, and nothing else is."""
    shrunk = getattr(models, f"{action}ShrinkRequest", None)
    request = shrunk or getattr(models, f"{action}Request", None)
    operation = desk.service._operations[action]

    known = {*operation.required, *operation.optional}

    assert known == (wire_names(request) if request else set())


def answers(desk: Desk) -> dict[str, dict[str, Any]]:
    """Call every action once with something to show, and keep the answers."""
    bus = {"EventBusName": "orders"}
    rule = {**bus, "RuleName": "all"}
    full = target(
        DeadLetterQueue={"Arn": f"acs:mns:{REGION}:{ACCOUNT}:/queues/lost"},
        ConcurrentConfig={"Concurrency": 2},
    )
    role = {"ProductName": "AliyunServiceRoleForEventBridgeSendToMNS"}
    window = {"StartTime": "0", "EndTime": "9000000"}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("CreateServiceLinkedRoleForProduct", role),
        ("CheckServiceLinkedRoleForProduct", role),
        ("ListAliyunOfficialEventSources", {}),
        ("CreateEventBus", bus),
        ("UpdateEventBus", {**bus, "Description": "x"}),
        ("GetEventBus", bus),
        ("ListEventBuses", {"Limit": 1}),
        ("CreateRule", {**rule, "FilterPattern": "{}", "EventTargets": [full]}),
        ("UpdateRule", {**rule, "FilterPattern": "{}"}),
        ("PutTargets", {**rule, "Targets": [target("two"), target("bad", Type="acs.no")]}),
        ("GetRule", rule),
        ("ListRules", bus),
        ("ListTargets", rule),
        ("PutEvents", {**bus, "EventList": [EVENT, {"Id": ""}]}),
        ("QueryEventTraces", {**bus, "EventId": "e-1"}),
        ("QueryTracedEvents", {**bus, **window}),
        ("QueryTracedEventByEventId", {**bus, "EventId": "e-1"}),
        ("TestEventPattern", {"Event": "{}", "EventPattern": "{}"}),
        ("DisableRule", rule),
        ("EnableRule", rule),
        ("DeleteTargets", {**rule, "TargetIds": ["two", "absent"]}),
        ("DeleteRule", rule),
        ("DeleteEventBus", bus),
    ]
    return {action: desk.call(action, params) for action, params in calls}


def test_answers_are_what_the_sdk_reads(desk: Desk) -> None:
    """The SDK's response models lose no field of any answer."""
    bodies = answers(desk)

    assert set(bodies) == set(ACTIONS)
    for action, body in bodies.items():
        assert body["Success"] is True, (action, body)
        model = getattr(models, f"{action}ResponseBody")()
        assert model.from_map(body).to_map() == body, action
    assert desk.world.complaints == []


def test_unknown_action_is_loud(desk: Desk) -> None:
    """An action of another product or version is an error and a complaint."""
    assert desk.refused("UpdateTargets", {}) == (404, "InvalidAction.NotFound")
    assert len(desk.world.complaints) == 1


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("GetRule", {**RULE, "RuleID": "x"}),
        ("CreateRule", {**RULE, "FilterPattern": "{}", "ClientToken": "x"}),
        ("CreateRule", {**RULE, "FilterPattern": "{}", "EventTargets": [target(id="x")]}),
        (
            "CreateRule",
            {
                **RULE,
                "FilterPattern": "{}",
                "EventTargets": [target(ParamList=[{**param("Body"), "Key": "x"}])],
            },
        ),
    ],
)
def test_unknown_parameter_is_loud(desk: Desk, action: str, params: dict[str, Any]) -> None:
    """A name that the SDK does not have is an error and a complaint, however deep."""
    assert desk.refused(action, params) == (400, "InvalidParameter.Unknown")
    assert len(desk.world.complaints) == 1


def test_missing_parameter_is_the_gateways_refusal(desk: Desk) -> None:
    """UpdateRule needs the pattern even to change a description."""
    refusal = desk.refused("UpdateRule", {**RULE, "Description": "x"})

    assert refusal == (400, "MissingFilterPattern")


def test_common_parameters_are_accepted(desk: Desk) -> None:
    """The region may be given with every call."""
    assert desk.done("ListEventBuses", {"RegionId": REGION})["Total"] == 1


def test_create_and_get(ruled: Desk) -> None:
    """A rule comes back with its targets, defaults filled in and one parameter added."""
    rule = ruled.done("GetRule", RULE)

    assert rule["RuleARN"] == f"acs:eventbridge:{REGION}:{ACCOUNT}:eventbus/default/rule/spot"
    assert rule["Status"] == "ENABLE"
    assert json.loads(rule["FilterPattern"]) == json.loads(PATTERN)
    (found,) = rule["Targets"]
    assert (found["PushRetryStrategy"], found["ErrorsTolerance"]) == ("BACKOFF_RETRY", "ALL")
    assert param("IsBase64Encode", value="false") in found["ParamList"]
    assert len(found["ParamList"]) == 3
    assert "DeadLetterQueue" not in found


@pytest.mark.parametrize(("reformatted", "same"), [(True, False), (False, True)])
def test_pattern_may_come_back_reformatted(*, reformatted: bool, same: bool) -> None:
    """Whether the text of the pattern survives is an assumption; its meaning does."""
    desk = Desk(filter_pattern_reformatted=reformatted)
    desk.done("CreateRule", {**RULE, "FilterPattern": PATTERN})

    assert (desk.done("GetRule", RULE)["FilterPattern"] == PATTERN) is same


def test_base64_that_was_given_is_not_added(desk: Desk) -> None:
    """The server's own parameter appears only where the caller left it out."""
    params = [*target()["ParamList"], param("IsBase64Encode", value="true")]
    desk.done(
        "CreateRule", {**RULE, "FilterPattern": "{}", "EventTargets": [target(ParamList=params)]}
    )

    (found,) = desk.done("GetRule", RULE)["Targets"]

    encodings = [one["Value"] for one in found["ParamList"] if one["ResourceKey"] != "Body"]
    assert sorted(encodings) == ["events", "true"]


@pytest.mark.parametrize("send", [json.dumps, lambda value: value])
def test_structures_arrive_as_text_or_as_they_are(desk: Desk, send: Any) -> None:
    """SDKs send lists as JSON text in the query; the simulator passes lists."""
    desk.done("CreateRule", {**RULE, "FilterPattern": PATTERN, "EventTargets": send([target()])})
    desk.done("PutTargets", {**RULE, "Targets": send([target("two")])})
    desk.done("DeleteTargets", {**RULE, "TargetIds": send(["queue"])})

    assert [one["Id"] for one in desk.done("GetRule", RULE)["Targets"]] == ["two"]


@pytest.mark.parametrize("text", ["[", "{}", '["x"]', "5", "null"])
def test_structures_that_are_none(ruled: Desk, text: str) -> None:
    """Text that is no list of objects is a failure of the business."""
    assert ruled.failed("PutTargets", {**RULE, "Targets": text}) == "JsonAttributeInvalid"


@pytest.mark.parametrize(
    "name", ["-a", "a_b", "a.b", "", "名", "eventbridge-reserved-x", "a" * 128]
)
def test_rule_names(desk: Desk, name: str) -> None:
    """Letters, digits and hyphens, 127 at most, no reserved prefix."""
    params = {**BUS, "RuleName": name, "FilterPattern": "{}"}
    if name:
        assert desk.failed("CreateRule", params) == "EventRuleNameInvalid"
    else:
        assert desk.refused("CreateRule", params) == (400, "MissingRuleName")


def test_underscores_under_the_other_reading() -> None:
    """Rule names may take underscores where the assumption says so."""
    desk = Desk(rule_names_take_underscore=True)

    desk.done("CreateRule", {**BUS, "RuleName": "a_b", "FilterPattern": "{}"})


def test_create_twice_fails(ruled: Desk) -> None:
    """There is no idempotence; the code of the failure is an assumption."""
    params = {**RULE, "FilterPattern": "{}"}

    assert ruled.failed("CreateRule", params) == "EventRuleAlreadyExist"


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ('{"source": "acs.ecs"}', "EventRuleFilterPatternSchemaError"),
        ('{"source": ["1","2","3","4","5","6"]}', "EventRuleFilterPatternExceedLimit"),
        (" ", "EventRuleFilterPatternEmpty"),
    ],
)
def test_bad_pattern_creates_nothing(desk: Desk, pattern: str, code: str) -> None:
    """A malformed pattern is refused with its code."""
    assert desk.failed("CreateRule", {**RULE, "FilterPattern": pattern}) == code
    assert desk.failed("GetRule", RULE) == "EventRuleNotExisted"


def test_limits_of_rules_and_targets(desk: Desk) -> None:
    """50 rules on a bus, 5 targets on a rule."""
    for number in range(50):
        desk.done("CreateRule", {**BUS, "RuleName": f"r{number}", "FilterPattern": "{}"})

    assert desk.failed("CreateRule", {**RULE, "FilterPattern": "{}"}) == "EventRuleCountExceedLimit"
    six = [target(f"t{number}") for number in range(6)]
    data = desk.done("PutTargets", {**BUS, "RuleName": "r0", "Targets": six})
    assert [entry["EntryId"] for entry in data["ErrorEntries"]] == ["t5"]
    data = desk.done("PutTargets", {**BUS, "RuleName": "r0", "Targets": [target("t4")]})
    assert data["ErrorEntriesCount"] == 0


@pytest.mark.parametrize("absent", [RULE, {"EventBusName": "none", "RuleName": "spot"}])
@pytest.mark.parametrize(
    "action", ["GetRule", "EnableRule", "DisableRule", "DeleteRule", "ListTargets", "DeleteTargets"]
)
def test_absent_rule_and_bus(desk: Desk, action: str, absent: dict[str, str]) -> None:
    """The two codes that the SDK's samples show, in a body with HTTP 200."""
    expected = "EventRuleNotExisted" if absent is RULE else "EventBusNotExist"

    assert desk.failed(action, absent) == expected


def test_failures_may_be_http_errors() -> None:
    """Under the other reading the same failure is raised with HTTP 409."""
    desk = Desk(eventbridge_failures_are_http_200=False)

    assert desk.refused("GetRule", RULE) == (409, "EventRuleNotExisted")


def test_update_leaves_targets_alone(ruled: Desk) -> None:
    """UpdateRule changes pattern, description and status; the targets stay."""
    ruled.done("UpdateRule", {**RULE, "FilterPattern": '{"id":["x"]}', "Description": "说明"})

    rule = ruled.done("GetRule", RULE)

    assert (rule["FilterPattern"], rule["Description"]) == ('{"id":["x"]}', "说明")
    assert [one["Id"] for one in rule["Targets"]] == ["queue"]


@pytest.mark.parametrize(
    ("action", "extra"),
    [("DisableRule", {}), ("UpdateRule", {"FilterPattern": PATTERN, "Status": "DISABLE"})],
)
def test_status_converges_later(ruled: Desk, action: str, extra: dict[str, str]) -> None:
    """For a while GetRule shows the old status."""
    ruled.done(action, {**RULE, **extra})
    seen = [ruled.done("GetRule", RULE)["Status"]]

    ruled.now += 5.0
    seen.append(ruled.done("GetRule", RULE)["Status"])

    assert seen == ["ENABLE", "DISABLE"]


def test_last_of_two_switches_counts(ruled: Desk) -> None:
    """Enabling again before the disabling took hold ends enabled."""
    ruled.done("DisableRule", RULE)
    ruled.now += 1.0
    ruled.done("EnableRule", RULE)
    ruled.now += 10.0

    assert ruled.done("GetRule", RULE)["Status"] == "ENABLE"


def test_a_settled_status_stays_until_the_next_one_holds(ruled: Desk) -> None:
    """Enabling a rule that is long disabled shows it disabled for the lag."""
    ruled.done("DisableRule", RULE)
    ruled.now += 10.0
    ruled.done("EnableRule", RULE)
    ruled.now += 4.9

    assert ruled.done("GetRule", RULE)["Status"] == "DISABLE"


def test_put_targets_is_upsert_with_partial_success(ruled: Desk) -> None:
    """A good target is stored, a bad one is named; the call itself succeeds."""
    changed = target(PushRetryStrategy="EXPONENTIAL_DECAY_RETRY")
    bad = target("bad", Endpoint="acs:mns:cn-hangzhou:1:/queues/events")

    body = ruled.call("PutTargets", {**RULE, "Targets": [bad, changed]})

    assert (body["Code"], body["Data"]["ErrorEntriesCount"]) == ("Success", 1)
    (entry,) = body["Data"]["ErrorEntries"]
    assert (entry["EntryId"], entry["ErrorCode"]) == ("bad", "EventTargetIneffectiveAttribute")
    (found,) = ruled.done("GetRule", RULE)["Targets"]
    assert found["PushRetryStrategy"] == "EXPONENTIAL_DECAY_RETRY"


QUEUE = param("queue", value="events")
BODY = param("Body", "ORIGINAL")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Id": ""}, "EventTargetMissingAttribute"),
        ({"Type": "acs.fc3.function"}, "EventTargetClassNotExist"),
        ({"Endpoint": f"acs:mns:cn-beijing:{ACCOUNT}:queues/events"}, "Ineffective"),
        ({"Endpoint": "acs:mns:cn-hangzhou:9999999999999999:queues/events"}, "Ineffective"),
        ({"Endpoint": f"acs:mns:{REGION}:{ACCOUNT}:/queues/events"}, "Ineffective"),
        ({"Endpoint": None}, "Ineffective"),
        ({"PushRetryStrategy": "BACKOFFRETRY"}, "Ineffective"),
        ({"ErrorsTolerance": "SOME"}, "Ineffective"),
        ({"DeadLetterQueue": {"Arn": "lost"}}, "Ineffective"),
        ({"DeadLetterQueue": "5"}, "Ineffective"),
        ({"ConcurrentConfig": "5"}, "Ineffective"),
        ({"ParamList": [QUEUE]}, "EventTargetMissingAttribute"),
        ({"ParamList": [BODY]}, "EventTargetMissingAttribute"),
        ({"ParamList": [QUEUE, BODY, BODY]}, "Ineffective"),
        ({"ParamList": [QUEUE, BODY, param("DelaySeconds", value="5")]}, "Ineffective"),
        ({"ParamList": [QUEUE, BODY, param("IsBase64Encode", value="yes")]}, "Ineffective"),
        ({"ParamList": [param("queue", "ORIGINAL"), BODY]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "WHOLE")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "JSONPATH", "data.instanceId")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "JSONPATH", "$..instanceId")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", "{}")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", "[]", "x")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", "{}", "x")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", "", "x")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "CONSTANT", "")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "JSONPATH", "$.data.*")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "JSONPATH", "$.data.l[1:]")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", '{"a":{"b":1}}', "x")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", '{"a":["$.id"]}', "x")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", "TEMPLATE", '{"a":null}', "x")]}, "Ineffective"),
        ({"ParamList": [QUEUE, param("Body", value="x" * 10_241)]}, "Ineffective"),
    ],
)
def test_targets_are_checked(ruled: Desk, changes: dict[str, Any], code: str) -> None:
    """Each defect of a queue target is named in its error entry, and alone fails a new rule."""
    wrong = target(**changes)
    data = ruled.done("PutTargets", {**RULE, "Targets": [wrong]})
    new = {**BUS, "RuleName": "new", "FilterPattern": "{}", "EventTargets": [wrong]}

    assert code in data["ErrorEntries"][0]["ErrorCode"]
    assert code in ruled.failed("CreateRule", new)
    assert ruled.failed("GetRule", {**BUS, "RuleName": "new"}) == "EventRuleNotExisted"


def test_empty_dead_letter_queue_is_none(desk: Desk) -> None:
    """The Terraform plug-in always sends the object, empty when there is none."""
    one = target(DeadLetterQueue={})
    desk.done("CreateRule", {**RULE, "FilterPattern": "{}", "EventTargets": [one]})

    assert "DeadLetterQueue" not in desk.done("GetRule", RULE)["Targets"][0]


def test_new_rule_with_one_target_twice(desk: Desk) -> None:
    """Target ids are unique in a rule."""
    params = {**RULE, "FilterPattern": "{}", "EventTargets": [target(), target()]}

    assert desk.failed("CreateRule", params) == "EventTargetAlreadyExist"


def test_delete_targets_names_the_absent(ruled: Desk) -> None:
    """An absent id is an entry of the answer, not a failure of the call."""
    data = ruled.done("DeleteTargets", {**RULE, "TargetIds": ["queue", "none"]})

    assert [entry["ErrorCode"] for entry in data["ErrorEntries"]] == ["EventTargetNotExist"]
    assert ruled.done("ListTargets", RULE) == {"Targets": [], "Total": 0}


def test_list_targets_by_arn(ruled: Desk) -> None:
    """ListTargets takes the rule's ARN in place of the names, and shows less than GetRule."""
    arn = ruled.done("GetRule", RULE)["RuleARN"]

    (found,) = ruled.done("ListTargets", {"Arn": arn})["Targets"]

    assert (found["RuleName"], found["EventBusName"]) == ("spot", "default")
    assert "ParamList" in found
    assert "PushRetryStrategy" not in found
    assert ruled.failed("ListTargets", BUS) == "RequestParameterInvalid"


def test_list_rules_is_slim_and_paged(ruled: Desk) -> None:
    """Rules come by name, some at a time, their targets without parameters."""
    for name in ("spot-b", "spot-a", "other"):
        ruled.done("CreateRule", {**BUS, "RuleName": name, "FilterPattern": "{}"})
    query: dict[str, Any] = {**BUS, "RuleNamePrefix": "spot", "Limit": "2"}

    first = ruled.done("ListRules", query)
    second = ruled.done("ListRules", {**query, "NextToken": first["NextToken"]})

    assert [rule["RuleName"] for rule in first["Rules"]] == ["spot", "spot-a"]
    assert [rule["RuleName"] for rule in second["Rules"]] == ["spot-b"]
    assert "NextToken" not in second
    assert first["Total"] == 3
    assert "ParamList" not in first["Rules"][0]["Targets"][0]


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"Limit": 101}, "LimitSizeInvalid"),
        ({"Limit": "-1"}, "LimitSizeInvalid"),
        ({"Limit": "many"}, "LimitSizeInvalid"),
        ({"NextToken": "x"}, "NextTokenInvalid"),
        ({"NextToken": "9"}, "NextTokenInvalid"),
    ],
)
def test_pages_have_bounds(ruled: Desk, extra: dict[str, Any], code: str) -> None:
    """Limit lies between 1 and 100, a token is one that was given."""
    assert ruled.failed("ListRules", {**BUS, **extra}) == code


def test_delete_rule(ruled: Desk) -> None:
    """A deleted rule is gone, and deleting it again fails."""
    ruled.done("DeleteRule", RULE)

    assert ruled.failed("DeleteRule", RULE) == "EventRuleNotExisted"


@pytest.mark.parametrize(
    ("event", "expected"), [('{"source":"acs.ecs"}', True), ('{"source":"acs.oss"}', False)]
)
def test_event_pattern_test(desk: Desk, event: str, *, expected: bool) -> None:
    """TestEventPattern tells whether an event would pass."""
    params = {"Event": event, "EventPattern": '{"source":["acs.ecs"]}'}

    assert desk.done("TestEventPattern", params) == {"Result": expected}


def test_event_pattern_test_refuses_bad_input(desk: Desk) -> None:
    """Both texts must be JSON objects."""
    assert desk.failed("TestEventPattern", {"Event": "[]", "EventPattern": "{}"}) == "EventInvalid"
    bad = {"Event": "{}", "EventPattern": "[]"}
    assert desk.failed("TestEventPattern", bad) == "EventRuleFilterPatternSchemaError"


def test_default_bus_is_there_and_stays(desk: Desk) -> None:
    """Bus `default` can be read, not created, deleted or published on."""
    assert desk.done("GetEventBus", BUS)["EventBusName"] == "default"
    assert desk.failed("CreateEventBus", BUS) == "EventBusNameInvalid"
    assert desk.failed("DeleteEventBus", BUS) == "EventBusNameInvalid"
    assert desk.failed("UpdateEventBus", BUS) == "EventBusNameInvalid"
    assert desk.failed("PutEvents", {**BUS, "EventList": [EVENT]}) == "AccessDenied"


def test_custom_bus(desk: Desk) -> None:
    """A bus is deleted only when it has no rules; deleting an absent one succeeds."""
    bus = {"EventBusName": "orders"}
    desk.done("CreateEventBus", {**bus, "Description": "x"})
    desk.done("CreateRule", {**bus, "RuleName": "all", "FilterPattern": "{}"})

    desk.done("UpdateEventBus", bus)
    assert desk.done("GetEventBus", bus)["Description"] == "x"
    desk.done("UpdateEventBus", {**bus, "Description": "y"})
    assert desk.done("GetEventBus", bus)["Description"] == "y"
    assert desk.failed("UpdateEventBus", {"EventBusName": "none"}) == "EventBusNotExist"
    assert desk.failed("CreateEventBus", bus) == "EventBusAlreadyExist"
    assert desk.failed("DeleteEventBus", bus) == "EventBusRuleNotEmptyForDelete"
    desk.done("DeleteRule", {**bus, "RuleName": "all"})
    assert desk.done("DeleteEventBus", bus) is True
    assert desk.done("DeleteEventBus", bus) is False


def test_number_of_buses(desk: Desk) -> None:
    """50 custom buses in a region."""
    for number in range(50):
        desk.done("CreateEventBus", {"EventBusName": f"bus-{number}"})

    assert desk.failed("CreateEventBus", {"EventBusName": "one"}) == "EventBusCountExceedLimit"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Id": "-x"}, "EventIdEmpty"),
        ({"Source": ""}, "EventSourceInvalid"),
        ({"Type": "t" * 65}, "EventTypeInvalid"),
        ({"Subject": "s" * 513}, "EventSubjectInvalid"),
    ],
)
def test_put_events_checks_each_event(desk: Desk, changes: dict[str, str], code: str) -> None:
    """A bad event is an entry with an error; the good one beside it is taken."""
    bus = {"EventBusName": "orders"}
    desk.done("CreateEventBus", bus)

    data = desk.done("PutEvents", {**bus, "EventList": [EVENT, {**EVENT, **changes}]})

    assert data["FailedEntryCount"] == 1
    assert [entry.get("ErrorCode") for entry in data["EntryList"]] == [None, code]


def test_service_linked_role(desk: Desk) -> None:
    """A new account has no role; creating one is enough for the check to pass."""
    role = {"ProductName": "AliyunServiceRoleForEventBridgeSendToMNS"}

    before = desk.done("CheckServiceLinkedRoleForProduct", role)
    desk.done("CreateServiceLinkedRoleForProduct", role)
    after = desk.done("CheckServiceLinkedRoleForProduct", role)

    assert (before["CheckPass"], after["CheckPass"]) == (False, True)
    assert after["StsRoleName"] == role["ProductName"]
    unknown = {"ProductName": "sendevent-mns"}
    assert desk.failed("CreateServiceLinkedRoleForProduct", unknown) == "RequestParameterInvalid"


def test_official_sources_list_the_interruption(desk: Desk) -> None:
    """The event type that the product waits for is among the official ones."""
    (source,) = desk.done("ListAliyunOfficialEventSources", {})["EventSourceList"]

    names = {event_type["Name"] for event_type in source["EventTypes"]}

    assert source["Name"] == "acs.ecs"
    assert "ecs:Instance:PreemptibleInstanceInterruption" in names


def test_traced_events_are_filtered_and_paged(desk: Desk) -> None:
    """Events are found by time, source, type, subject and rule, a page at a time."""
    bus = {"EventBusName": "orders"}
    desk.done("CreateEventBus", bus)
    rule = {**bus, "RuleName": "paid", "FilterPattern": '{"type":["shop:Paid"]}'}
    desk.done("CreateRule", rule)
    kinds = ("shop:Order", "shop:Paid", "shop:Order")
    for number, kind in enumerate(kinds):
        event = {**EVENT, "Id": f"e-{number}", "Type": kind, "Subject": f"s{number}"}
        desk.done("PutEvents", {**bus, "EventList": [event]})
        desk.now += 10
    window: dict[str, Any] = {**bus, "StartTime": 1_000_000, "EndTime": 1_020_000}

    def found(**extra: object) -> list[str]:
        data = desk.done("QueryTracedEvents", {**window, **extra})
        return [event["EventId"] for event in data["Events"]]

    assert found() == ["e-0", "e-1", "e-2"]
    assert found(EndTime=1_010_000) == ["e-0", "e-1"]
    assert found(EventType="shop:Order", Limit=1, NextToken="1") == ["e-2"]
    assert found(MatchedRule="paid") == ["e-1"]
    assert found(Subject="s2", EventSource="shop") == ["e-2"]
    assert found(EventSource="acs.ecs") == []
    assert desk.failed("QueryTracedEvents", {**window, "EndTime": 0}) == "RequestParameterInvalid"


def test_every_change_is_in_the_ledger(desk: Desk) -> None:
    """The ledger names each effect of the control plane in order."""
    answers(desk)

    actions = [entry.action for entry in desk.world.ledger if entry.product == "eventbridge"]

    assert actions == [
        "CreateServiceLinkedRole",
        "CreateEventBus",
        "UpdateEventBus",
        "CreateRule",
        "UpdateRule",
        "PutTarget",
        "PublishEvent",
        "DisableRule",
        "EnableRule",
        "DeleteTarget",
        "DeleteRule",
        "DeleteEventBus",
    ]
