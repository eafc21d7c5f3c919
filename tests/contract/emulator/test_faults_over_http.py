"""How the faults reach a client: official SDKs, and sockets where the SDK would hide the difference."""

import http.client
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.exceptions import ClientException, ServerException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import UnretryableException
from mns.mns_exception import MNSClientNetworkException, MNSServerException
from mns.queue import Message, Queue

# The SDK takes the time in a way that Python 3.12 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:.*utcnow:DeprecationWarning")

REGION = "cn-hangzhou"


@pytest.fixture
def client(make_config: Callable[..., Config]) -> EcsClient:
    return EcsClient(make_config(read_timeout=300))


@pytest.fixture
def source(control: Callable[..., Any]) -> str:
    made = control("scenario", {"regions": {REGION: {"instances": [{"name": "web-1"}]}}})
    return str(made["instances"][REGION][0])


@pytest.fixture
def create_image(client: EcsClient, source: str) -> Callable[[], str]:
    request = ecs.CreateImageRequest(
        region_id=REGION, instance_id=source, image_name="recreation-1", client_token="image-1"
    )
    return lambda: str(client.create_image(request).body.image_id)


@pytest.fixture
def images(control: Callable[..., Any]) -> Callable[[], int]:
    return lambda: len(control("images"))


@pytest.fixture
def messages(control: Callable[..., Any]) -> Callable[[], int]:
    return lambda: len(control("queues")[0]["messages"])


@pytest.mark.parametrize(
    ("rule", "effect", "repeated"),
    [
        ({"answer": "drop"}, 0, UnretryableException),
        ({"answer": "drop", "effect": "done"}, 1, UnretryableException),
        ({"answer": "hang"}, 0, UnretryableException),
        ({"answer": "hang", "effect": "done"}, 1, UnretryableException),
        ({"answer": "bad-gateway"}, 0, UnretryableException),
        ({"answer": "bad-gateway", "effect": "done"}, 1, UnretryableException),
        ({"answer": "truncate"}, 1, UnretryableException),
        ({"answer": "empty"}, 1, UnretryableException),
        ({"answer": "error"}, 0, ServerException),
        ({"answer": "error", "effect": "done"}, 1, ServerException),
        ({"answer": "refuse", "code": "OperationDenied.NoStock"}, 0, ClientException),
        ({"answer": "throttle"}, 0, ClientException),
    ],
)
def test_what_ecs_clients_see(
    create_image: Callable[[], str],
    images: Callable[[], int],
    control: Callable[..., Any],
    rule: dict[str, Any],
    effect: int,
    repeated: type[Exception],
) -> None:
    """The client cannot tell an effect from none; the same token afterwards makes it one."""
    control("faults", {**rule, "action": "CreateImage"})

    with pytest.raises(repeated):
        create_image()

    assert images() == effect
    control("clock", {"advance": 60})
    assert create_image().startswith("m-")
    assert images() == 1


def test_a_late_effect(
    create_image: Callable[[], str], images: Callable[[], int], control: Callable[..., Any]
) -> None:
    """An answer that is lost now may still mean an effect a minute later."""
    control("clock", {"pause": True})
    control("faults", {"answer": "drop", "effect": "later", "later_seconds": 60})

    with pytest.raises(UnretryableException):
        create_image()

    assert images() == 0
    control("clock", {"advance": 59})
    assert images() == 0
    control("clock", {"advance": 1})
    assert images() == 1


def test_a_late_answer(create_image: Callable[[], str], control: Callable[..., Any]) -> None:
    """A delay is in real seconds, as the client's time-outs are."""
    control("faults", {"answer": "delay", "delay_seconds": 0.1})
    before = time.monotonic()

    assert create_image().startswith("m-")
    assert time.monotonic() - before > 0.1


def test_throttling_lasts_until_the_next_minute(
    create_image: Callable[[], str], control: Callable[..., Any]
) -> None:
    """All calls of the API are refused until the calendar minute is over."""
    control("clock", {"pause": True})
    control("faults", {"answer": "throttle", "action": "CreateImage"})

    for _ in range(3):
        with pytest.raises(ClientException) as caught:
            create_image()
        assert (caught.value.status_code, caught.value.code) == (400, "Throttling.User")

    control("clock", {"advance": 60})
    assert create_image().startswith("m-")


def test_rules_are_listed_and_removed(control: Callable[..., Any]) -> None:
    """Each rule has a number, and counts what it met."""
    first = control("faults", {"answer": "drop", "action": "RunInstances", "count": None})
    control("faults", {"answer": "hang"})
    assert [rule["answer"] for rule in control("faults")] == ["drop", "hang"]

    assert control("faults/clear", {"id": first["id"]}) == {"removed": 1}
    assert control("faults/clear", {}) == {"removed": 1}
    assert control("faults") == []


@pytest.mark.parametrize(
    ("order", "problem"),
    [
        ({"answer": "explode"}, "answer"),
        ({}, "answer"),
        ({"answer": "drop", "actoin": "x"}, "actoin"),
        ({"answer": "refuse"}, "needs a code"),
        ({"answer": "drop", "probability": 2}, "probability"),
    ],
)
def test_senseless_rules_are_refused(
    url: str, fetch: Callable[..., Any], order: dict[str, Any], problem: str
) -> None:
    """A rule that could not work is refused with its reason."""
    answer = fetch(
        f"{url}/_emulator/faults", json.dumps(order).encode(), {"content-type": "application/json"}
    )

    assert answer.status == 400
    assert problem in answer.json()["message"]


def test_a_dropped_queue_answer_is_repeated_by_the_sdk(
    queue: Queue, messages: Callable[[], int], control: Callable[..., Any]
) -> None:
    """The queue SDK silently sends once more: two messages for one call that succeeded."""
    control("faults", {"answer": "drop", "effect": "done", "action": "SendMessage"})

    queue.send_message(Message("x"))

    assert messages() == 2


def test_a_truncated_queue_answer(
    queue: Queue, messages: Callable[[], int], control: Callable[..., Any]
) -> None:
    """Half an answer is a network error, and the message was sent."""
    control("faults", {"answer": "truncate", "action": "SendMessage"})

    with pytest.raises(MNSClientNetworkException):
        queue.send_message(Message("x"))

    assert messages() == 1


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"answer": "throttle"}, "TooManyRequests"),
        ({"answer": "error"}, "InternalError"),
        ({"answer": "refuse", "status": 403, "code": "AccessDenied"}, "AccessDenied"),
        ({"answer": "empty-poll"}, "MessageNotExist"),
    ],
)
def test_queue_refusals(
    queue: Queue, control: Callable[..., Any], rule: dict[str, Any], code: str
) -> None:
    """Refusals are XML in the queue's own words; the message stays."""
    queue.send_message(Message("x"))
    control("faults", {**rule, "action": "ReceiveMessage", "queue": "events"})

    with pytest.raises(MNSServerException) as caught:
        queue.receive_message(30)

    assert caught.value.type == code
    assert queue.receive_message(1).dequeue_count == 1


@pytest.mark.parametrize("answer", ["bad-gateway", "empty"])
def test_unreadable_queue_answers(queue: Queue, control: Callable[..., Any], answer: str) -> None:
    """A proxy's page or nothing at all is damaged data to the SDK."""
    control("faults", {"answer": answer, "action": "SendMessage"})

    with pytest.raises(MNSClientNetworkException, match="RespDataDamaged"):
        queue.send_message(Message("x"))


def test_a_duplicate(queue: Queue, control: Callable[..., Any]) -> None:
    """The same message comes again while the first holder still has its lease."""
    control("faults", {"answer": "duplicate", "action": "ReceiveMessage"})
    queue.send_message(Message("x"))

    first = queue.receive_message(1)
    second = queue.receive_message(30)

    assert first.message_id == second.message_id
    assert second.dequeue_count == 2


def test_a_hanging_connection_stays_open(
    control: Callable[..., Any], call_smq: Callable[..., Any]
) -> None:
    """Nothing comes and nothing closes, until the client gives up."""
    control("faults", {"answer": "hang", "product": "smq"})

    with pytest.raises(TimeoutError):
        call_smq("GET", "/queues", timeout=0.2)

    assert call_smq("GET", "/queues").status == 200


def test_a_drop_is_a_closed_connection(
    control: Callable[..., Any], call_smq: Callable[..., Any]
) -> None:
    """Not a byte comes back."""
    control("faults", {"answer": "drop", "product": "smq"})

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        call_smq("GET", "/queues")


def test_every_request_is_logged(
    create_image: Callable[[], str], control: Callable[..., Any]
) -> None:
    """The log tells what was asked, what was answered and which fault struck."""
    control("faults", {"answer": "refuse", "code": "QuotaExceed.Image", "action": "CreateImage"})
    with pytest.raises(ClientException):
        create_image()

    newest = control("requests")[-1]

    assert (newest["product"], newest["action"]) == ("ecs", "CreateImage")
    assert (newest["status"], newest["code"], newest["fault"]) == (
        403,
        "QuotaExceed.Image",
        "refuse",
    )


def test_latency(queue: Queue, control: Callable[..., Any]) -> None:
    """Every answer can be made late by real milliseconds."""
    control("settings", {"latency": [60, 80]})
    before = time.monotonic()

    queue.send_message(Message("x"))

    assert time.monotonic() - before > 0.06
