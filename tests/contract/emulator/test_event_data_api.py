"""PutEvents as the data API SDKs of EventBridge send it, signed by hand.

The shape is that of Go's eventbridge-sdk 1.2: CloudEvents in JSON to /openapi/putEvents.
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
        own = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent) if name[:5] == "x-acs")
        text = f"POST\n\n{KIND}\n{sent.get('date', '')}\n{own}{path}"
        digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
        sent["authorization"] = f"acs:{key}:{base64.b64encode(digest).decode()}"
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
        ({"secret": "x"}, 400, "SignatureDoesNotMatch"),
        ({"key": "nobody"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"late_by": 1000.0}, 400, "InvalidTimeStamp.Expired"),
        ({"date": None}, 400, "InvalidTimeStamp.Format"),
        ({"x-acs-signature-nonce": None}, 400, "MissingSignatureNonce"),
        ({"x-acs-security-token": "t"}, 400, "InvalidSecurityToken.MismatchWithAccessKey"),
    ],
)
def test_refusals_under_the_names_that_the_sdks_read(
    put: Put, changes: Any, status: int, code: str
) -> None:
    """The SDKs read code, message and requestId, all in lower case."""
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


def test_the_data_api_has_nothing_else(put: Put, complaints: Callable[[], list[str]]) -> None:
    """Buses and rules are made by the management API."""
    answer = put({"EventBusName": "x"}, path="/openapi/createEventBus")

    assert (answer.status, answer.json()["code"]) == (404, "InvalidAction.NotFound")
    assert complaints() == ["eventbridge: no POST /openapi/createEventBus"]


@pytest.mark.usefixtures("rule")
def test_a_key_needs_the_permission_to_publish(put: Put, control: Callable[..., Any]) -> None:
    """RAM asks for eventbridge:PutEvents, as of the management API."""
    control("access-keys", {"access_key_id": "k", "secret": "s", "policies": []})
    refused = put([event()], key="k", secret="s")
    allowed = {
        "Effect": "Allow",
        "Action": "eventbridge:PutEvents",
        "Resource": "*",
    }
    policy = {"Version": "1", "Statement": [allowed]}
    control("access-keys", {"access_key_id": "k", "secret": "s", "policies": [policy]})
    taken = put([event()], key="k", secret="s")

    assert (refused.status, refused.json()["code"]) == (403, "AccessDenied")
    assert (taken.status, taken.json()["FailedEntryCount"]) == (200, 0)
