"""The data API of EventBridge as its SDKs and its pages have it, signed by hand.

The shape is that of Go's eventbridge-sdk 1.2: CloudEvents in JSON to /openapi/putEvents, parameters
in JSON to the other actions. `documented` signs as "Request signatures" of EventBridge says.
"""

import base64
import calendar
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

import pytest

KIND = "application/cloudevents-batch+json; charset=utf-8"
Put = Callable[..., Any]


@pytest.fixture
def put(url: str, fetch: Callable[..., Any]) -> Put:
    """Send events; `headers` replace the usual ones, None leaves one out."""

    def put(
        events: Any,
        *,
        path: str = "/openapi/putEvents",
        key: str = "emulator",
        secret: str = "emulator-secret",  # noqa: S107
        late_by: float = 0.0,
        documented: bool = False,
        **headers: str | None,
    ) -> Any:
        usual: dict[str, str | None] = {
            "date": formatdate(calendar.timegm(time.gmtime()) - late_by, usegmt=True),
            "accept": "application/json",
            "x-acs-signature-nonce": f"{time.monotonic_ns()}",
            "x-acs-signature-method": "HMAC-SHA1",
            "x-acs-signature-version": "1.0",
            "x-eventbridge-version": "2015-06-06",
            "content-type": KIND,
        }
        sent = {name: value for name, value in {**usual, **headers}.items() if value is not None}
        prefixes = ("x-acs", "x-eventbridge") if documented else ("x-acs",)
        own = "".join(f"{n}:{sent[n]}\n" for n in sorted(sent) if n.startswith(prefixes))
        verb = f"POST\n{sent.get('accept', '')}" if documented else "POST"
        text = f"{verb}\n\n{sent['content-type']}\n{sent.get('date', '')}\n{own}{path}"
        digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
        signature = base64.b64encode(digest).decode()
        sent["authorization"] = f"acs{' ' if documented else ':'}{key}:{signature}"
        body = events if isinstance(events, bytes) else json.dumps(events).encode()
        return fetch(f"{url}{path}", body, sent, "POST")

    return put


@pytest.fixture
def rule(control: Callable[..., Any]) -> None:
    """A bus of one's own, of which everything from `mine` goes to the queue `events`."""
    calls = [
        {
            "product": "eventbridge",
            "action": "CreateServiceLinkedRoleForProduct",
            "params": {"ProductName": "AliyunServiceRoleForEventBridgeSendToMNS"},
        },
        {
            "product": "eventbridge",
            "action": "CreateEventBus",
            "params": {"EventBusName": "demo-bus"},
        },
        {
            "product": "eventbridge",
            "action": "CreateRule",
            "params": {
                "EventBusName": "demo-bus",
                "RuleName": "all",
                "FilterPattern": '{"source": ["mine"]}',
                "EventTargets": [
                    {
                        "Id": "1",
                        "Type": "acs.mns.queue",
                        "Endpoint": "acs:mns:cn-hangzhou:1234567890123456:queues/events",
                        "ParamList": [
                            {"ResourceKey": "queue", "Form": "CONSTANT", "Value": "events"},
                            {"ResourceKey": "Body", "Form": "ORIGINAL"},
                            {
                                "ResourceKey": "IsBase64Encode",
                                "Form": "CONSTANT",
                                "Value": "false",
                            },
                        ],
                    }
                ],
            },
        },
    ]
    control(
        "scenario", {"regions": {"cn-hangzhou": {"queues": [{"name": "events"}], "calls": calls}}}
    )


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "source": "mine",
        "specversion": "1.0",
        "type": "订单",
        "datacontenttype": "application/json; charset=utf-8",
        "data": {"a": "值"},
        "aliyuneventbusname": "demo-bus",
        "traceparent": "00-1",
        **changes,
    }


@pytest.mark.usefixtures("rule")
def test_an_event_reaches_the_queue(put: Put, control: Callable[..., Any]) -> None:
    """It keeps its own attributes, and gets those that EventBridge adds."""
    answer = put([event(aliyunaccountid="of somebody else")])
    control("clock", {"advance": 5})
    (message,) = control("queues")[0]["messages"]
    body = json.loads(message["body"])

    assert answer.status == 200
    assert answer.json()["FailedEntryCount"] == 0
    assert answer.json()["EntryList"] == [{"EventId": "e-1", "TraceId": "e-1"}]
    assert answer.json()["RequestId"]
    assert (body["data"], body["type"], body["traceparent"]) == ({"a": "值"}, "订单", "00-1")
    assert (body["aliyuneventbusname"], body["aliyunaccountid"]) == ("demo-bus", "1234567890123456")


@pytest.mark.usefixtures("rule")
@pytest.mark.parametrize("binary", [False, True])
def test_one_event_in_the_form_of_cloudevents(put: Put, control: Any, *, binary: bool) -> None:
    """CloudEvents SDKs send one event, whole in the body or with its attributes in headers."""
    attributes = {name: value for name, value in event().items() if name.islower()}
    data = attributes.pop("data")
    kind = str(attributes.pop("datacontenttype"))
    if binary:
        headers = {f"ce-{name}": quote(str(value)) for name, value in attributes.items()}
        answer = put(data, **{**headers, "content-type": kind})
    else:
        answer = put(event(), **{"content-type": "application/cloudevents+json"})
    control("clock", {"advance": 5})
    (message,) = control("queues")[0]["messages"]
    body = json.loads(message["body"])

    assert (answer.status, answer.json()["FailedEntryCount"]) == (200, 0)
    assert (body["data"], body["type"], body["datacontenttype"]) == ({"a": "值"}, "订单", kind)
    assert body["traceparent"] == "00-1"


@pytest.mark.usefixtures("rule")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aliyuneventbusname": "none"}, "EventBusNotExist"),
        ({"aliyuneventbusname": None}, "AccessDenied"),
        ({"aliyuneventbusname": "default"}, "AccessDenied"),
        ({"id": ""}, "EventIdEmpty"),
        ({"source": ""}, "EventSourceInvalid"),
        ({"type": "x" * 65}, "EventTypeInvalid"),
    ],
)
def test_an_event_that_is_refused_fails_alone(put: Put, changes: Any, code: str) -> None:
    """The others of the same request are taken."""
    answer = put([event(**changes), event(id="good")]).json()

    assert answer["FailedEntryCount"] == 1
    assert [entry.get("ErrorCode") for entry in answer["EntryList"]] == [code, None]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"secret": "x"}, 403, "SignatureDoesNotMatch"),
        ({"key": "nobody"}, 403, "InvalidAccessKeyId"),
        ({"late_by": 1000.0}, 400, "InvalidTimeStamp.Expired"),
        ({"date": None}, 400, "InvalidTimeStamp.Format"),
        ({"x-acs-security-token": "t"}, 403, "SecurityTokenInvalid"),
    ],
)
def test_refusals_under_the_names_that_the_sdks_read(
    put: Put, changes: Any, status: int, code: str
) -> None:
    """The SDKs read code, message and requestId; the codes are those of "Error codes"."""
    answer = put([event()], **changes)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert answer.json()["requestId"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "JsonAttributeInvalid"),
        (b"[1]", "JsonAttributeInvalid"),
        (b"", "InvalidParameter"),
        (b"no json", "InvalidParameter"),
        (b"\xff", "InvalidParameter"),
        (b'[{"id": "\\ud800"}]', "InvalidParameter"),
    ],
)
def test_a_body_that_holds_no_events(put: Put, body: bytes, code: str) -> None:
    """It is refused whole."""
    answer = put(body)

    assert (answer.status, answer.json()["code"]) == (400, code)


def test_a_nonce_is_used_once(put: Put) -> None:
    """The second request with the same one is a replay."""
    first, again = (put([], **{"x-acs-signature-nonce": "n-1"}) for _ in range(2))

    assert first.status == 200
    assert (again.status, again.json()["code"]) == (400, "SignatureNonceUsed")


def test_a_request_signed_as_documented(put: Put) -> None:
    """Accept and the headers of EventBridge are signed, a space follows acs, a nonce is no duty."""
    whole = put([], documented=True)
    without_nonce = put([], documented=True, **{"x-acs-signature-nonce": None})
    forged = put([], documented=True, secret="x")

    assert [answer.status for answer in (whole, without_nonce, forged)] == [200, 200, 403]


@pytest.mark.parametrize(("seconds", "code"), [(3600.0, None), (1.0, "StsAccessIdExpired")])
def test_a_temporary_key(
    put: Put, control: Callable[..., Any], seconds: float, code: str | None
) -> None:
    """It needs its token, and it ends."""
    order = {"access_key_id": "t", "secret": "s", "security_token": "tok", "valid_seconds": seconds}
    control("access-keys", order)
    control("settings", {"clock_skew": 0.0 if code is None else 60.0})
    sent = {"key": "t", "secret": "s", "x-acs-accesskey-id": "t"}
    bare = put([], **sent)
    whole = put([], **sent, **{"x-acs-security-token": "tok"})
    control("settings", {"clock_skew": 0.0})

    assert (bare.status, bare.json()["code"]) == (403, "SecurityTokenInvalid")
    assert (whole.status, whole.json().get("code")) == (403 if code else 200, code)


def test_the_data_api_has_no_streams(put: Put, complaints: Callable[[], list[str]]) -> None:
    """What the emulator has not it refuses loudly."""
    answer = put({"EventStreamingName": "x"}, path="/openapi/v2/createEventStreaming")

    assert (answer.status, answer.json()["code"]) == (404, "InvalidAction.NotFound")
    assert complaints() == ["eventbridge: no POST /openapi/v2/createEventStreaming"]


JSON_KIND = "application/json; charset=utf-8"


@pytest.fixture
def ask(put: Put) -> Callable[..., Any]:
    """Call an action of the data API with parameters in JSON."""

    def ask(action: str, **params: Any) -> Any:
        return put(params, path=f"/openapi/{action}", **{"content-type": JSON_KIND})

    return ask


TARGET = {
    "Id": "1",
    "Type": "acs.mns.queue",
    "Endpoint": "acs:mns:cn-hangzhou:1234567890123456:queues/events",
    "ParamList": [
        {"ResourceKey": "queue", "Form": "CONSTANT", "Value": "events"},
        {"ResourceKey": "Body", "Form": "ORIGINAL"},
    ],
}


def test_buses_by_the_data_api(ask: Callable[..., Any]) -> None:
    """Answers are flat: the SDKs read their members beside RequestId."""
    made = ask("createEventBus", EventBusName="b", Description="mine").json()
    shown = ask("getEventBus", EventBusName="b").json()
    page = ask("listEventBuses", Limit=1).json()
    gone = ask("deleteEventBus", EventBusName="b")
    missing = ask("getEventBus", EventBusName="b")

    assert made["EventBusARN"] == "acs:eventbridge:cn-hangzhou:1234567890123456:eventbus/b"
    assert made["RequestId"]
    assert made["ResourceOwnerAccountId"] == "1234567890123456"
    assert (shown["EventBusName"], shown["Description"]) == ("b", "mine")
    assert isinstance(shown["CreateTimestamp"], int)
    assert ([bus["EventBusName"] for bus in page["EventBuses"]], page["Total"]) == (["b"], 2)
    assert page["NextToken"]
    assert (gone.status, sorted(gone.json())) == (200, ["RequestId", "ResourceOwnerAccountId"])
    assert (missing.status, missing.json()["code"]) == (409, "EventBusNotExist")


def test_rules_by_the_data_api(ask: Callable[..., Any], control: Callable[..., Any]) -> None:
    """A rule comes with its targets; what it lets through arrives."""
    control("scenario", {"regions": {"cn-hangzhou": {"queues": [{"name": "events"}]}}})
    ask("createEventBus", EventBusName="b")
    rule = {"EventBusName": "b", "RuleName": "r"}
    pattern = '{"source":["mine"]}'
    made = ask("createRule", **rule, FilterPattern=pattern, Targets=[TARGET]).json()
    shown = ask("getRule", **rule).json()
    listed = ask("listRules", EventBusName="b").json()
    added = ask("createTargets", **rule, Targets=[{**TARGET, "Id": "2"}, {"Id": "3"}]).json()
    targets = ask("listTargets", **rule).json()["Targets"]
    removed = ask("deleteTargets", **rule, TargetIds=["2"]).json()
    switched = [ask(name, **rule).status for name in ("disableRule", "enableRule")]
    changed = ask("updateRule", **rule, FilterPattern=pattern, Description="new").json()
    matched = ask("testEventPattern", Event='{"source":"mine"}', EventPattern=pattern).json()
    twice = ask("createRule", **rule, FilterPattern=pattern, Targets=[TARGET])
    gone = ask("deleteRule", **rule)

    assert made["RuleARN"].endswith(":eventbus/b/rule/r")
    assert (shown["RuleName"], shown["Status"], shown["FilterPattern"]) == ("r", "ENABLE", pattern)
    assert shown["Targets"][0]["ParamList"]
    assert isinstance(shown["Ctime"], int)
    assert [(one["RuleName"], one["Ctime"]) for one in listed["Rules"]] == [("r", shown["Ctime"])]
    assert (added["ErrorEntriesCount"], added["ErrorEntries"][0]["EntryId"]) == (1, "3")
    assert [target["Id"] for target in targets] == ["1", "2"]
    assert removed["ErrorEntriesCount"] == 0
    assert switched == [200, 200]
    assert sorted(changed) == ["RequestId", "ResourceOwnerAccountId"]
    assert matched["Result"] is True
    assert (twice.status, twice.json()["code"]) == (409, "EventRuleAlreadyExist")
    assert gone.status == 200


@pytest.mark.parametrize("body", [b"[]", b"{", b""])
def test_parameters_are_an_object(put: Put, body: bytes) -> None:
    """An action takes them in JSON."""
    answer = put(body, path="/openapi/getEventBus", **{"content-type": JSON_KIND})

    assert answer.status == 400


def give_key(control: Callable[..., Any], *allowed: tuple[str, str]) -> None:
    """Make a key of its own that is allowed these actions, each on a resource."""
    statements = [
        {"Effect": "Allow", "Action": f"eventbridge:{action}", "Resource": resource}
        for action, resource in allowed
    ]
    policies = [{"Version": "1", "Statement": statements}] if statements else []
    control("access-keys", {"access_key_id": "k", "secret": "s", "policies": policies})


def test_an_action_needs_its_permission(ask: Callable[..., Any], put: Put, control: Any) -> None:
    """RAM asks for the same action as of the RPC API, on the same resource."""
    give_key(control, ("GetEventBus", "acs:eventbridge:*:*:eventbus/default"))
    put_as = {"key": "k", "secret": "s", "content-type": JSON_KIND}
    seen = put({"EventBusName": "default"}, path="/openapi/getEventBus", **put_as)
    refused = put({"EventBusName": "x"}, path="/openapi/createEventBus", **put_as)

    assert seen.json()["EventBusName"] == "default"
    assert (refused.status, refused.json()["code"]) == (403, "AccessDenied")
    assert ask("getEventBus", EventBusName="x").json()["code"] == "EventBusNotExist"


@pytest.mark.usefixtures("rule")
def test_a_key_needs_the_permission_to_publish(put: Put, control: Callable[..., Any]) -> None:
    """RAM asks for eventbridge:PutEvents, as of the management API."""
    give_key(control)
    refused = put([event()], key="k", secret="s")
    give_key(control, ("PutEvents", "*"))
    taken = put([event()], key="k", secret="s")

    assert (refused.status, refused.json()["code"]) == (403, "AccessDenied")
    assert (taken.status, taken.json()["FailedEntryCount"]) == (200, 0)
