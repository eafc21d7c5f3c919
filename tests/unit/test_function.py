"""The function's entry points: every wrapper, every runtime's context, and what an invocation leaves to the queue."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.unit.adapters.conftest import StandingClock
from worker import function, ports
from worker.adapters.telemetry import StructlogTelemetry
from worker.core.events import read_body
from worker.core.messages import Nothing, as_body
from worker.core.model import Interruption, Unread
from worker.invocation import Call, Function, InvocationFailed, Tally, deliver, time_to_work
from worker.settings import from_data

SAMPLES = Path(__file__).parents[1] / "events"
INDEX = json.loads((SAMPLES / "index.json").read_text("utf-8"))
PLACE = {"ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}


def kinds(body: str | bytes) -> list[str]:
    return [type(event).__name__ for event in read_body(body)]


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("fc_*.json")))
def test_every_wrapper_reads_the_same_in_the_queue(name: str) -> None:
    """What the function puts into the queue says what it was called with, whatever wraps it."""
    payload = (SAMPLES / name).read_bytes()

    body = as_body(payload)

    if INDEX[name]["expect"] == "ignored":
        assert isinstance(body, Nothing)
        return
    assert isinstance(body, str)
    if name == "fc_smq_source_foreign.json":
        assert body == payload.decode()
        return
    assert kinds(body) == kinds(payload)
    assert Interruption.__name__ in kinds(body)


@pytest.mark.parametrize("payload", [b"", b" \n", b"{}"])
def test_a_call_without_an_event_asks_for_nothing(payload: bytes) -> None:
    """A person's call from the console works on the queue and leaves nothing in it."""
    assert isinstance(as_body(payload), Nothing)


@pytest.mark.parametrize("payload", [b"\xff\xfe", b"a\x00b", "我们".encode("utf-16")])
def test_what_the_queue_cannot_carry_goes_there_in_base64(payload: bytes) -> None:
    """It is parked with its bytes and not dropped."""
    body = as_body(payload)

    assert isinstance(body, str)
    assert body.isascii()


def test_an_unreadable_payload_is_delivered_as_it_is() -> None:
    """What cannot be read becomes a message, so that the worker parks it."""
    assert as_body("不是事件".encode()) == "不是事件"


def test_one_unreadable_element_does_not_hide_the_others() -> None:
    """A batch with one event that is not ours is delivered whole."""
    payload = (SAMPLES / "fc_streaming_batch.json").read_bytes()

    assert not any(isinstance(event, Unread) for event in read_body(payload))
    assert as_body(payload) == payload.decode()


@dataclass
class Keys:
    access_key_id: str = "STS.one"
    access_key_secret: str = "secret-of-this-call"
    security_token: str = "token-of-this-call"


def test_context_of_python_310_brings_its_credentials() -> None:
    """Its keys are taken for this invocation only."""
    context = SimpleNamespace(
        request_id="r-1", credentials=Keys(), function=SimpleNamespace(timeout=600)
    )

    call = function.call_of(context)

    assert (call.request, call.timeout) == ("r-1", 600.0)
    assert call.keys["ALIBABA_CLOUD_SECURITY_TOKEN"] == "token-of-this-call"
    assert "secret-of-this-call" not in repr(call)


def test_context_of_python_312_has_none() -> None:
    """They are in the environment there."""
    context = SimpleNamespace(request_id="r-2", function=SimpleNamespace(timeout=660))

    assert function.call_of(context) == Call("r-2", 660.0)


def test_an_unknown_context_is_no_hindrance() -> None:
    """A local test may pass anything."""
    assert function.call_of(None) == Call()
    assert function.call_of(SimpleNamespace(function=SimpleNamespace(timeout="?"))) == Call()


@pytest.mark.parametrize("event", [b'{"a":"b"}', bytearray(b'{"a":"b"}'), '{"a":"b"}', {"a": "b"}])
def test_events_come_in_several_types(event: object) -> None:
    """Bytes in the cloud, text or an object in a local test."""
    assert json.loads(function.payload_of(event)) == {"a": "b"}


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(None, 600.0), (660.0, 600.0), (120.0, 97.0), (30.0, 10.0), (3.0, 10.0)],
)
def test_an_invocation_ends_before_the_platform_ends_it(
    timeout: float | None, seconds: float
) -> None:
    """The function's timeout less what a stop may take, and never more than the setting."""
    assert time_to_work(from_data({}, PLACE), timeout) == seconds


def test_a_wrong_configuration_fails_in_one_sentence(tmp_path: Path) -> None:
    """The platform's log gets what to do, and not a traceback through pydantic."""
    config = tmp_path / "config.yaml"
    config.write_text("queue: {lease: 1s}\n", "utf-8")

    with pytest.raises(InvocationFailed, match=r"queue\.lease") as raised:
        Function(dict(PLACE), str(config)).invoke(b"", Call())

    assert raised.value.__suppress_context__


def test_a_missing_signing_key_fails_in_one_sentence(tmp_path: Path) -> None:
    """It is named, as for the worker."""
    config = tmp_path / "config.yaml"
    config.write_text("{}\n", "utf-8")

    with pytest.raises(InvocationFailed, match="ALIYUN_OPS_SIGNING_KEY"):
        Function(dict(PLACE), str(config)).invoke(b"", Call())


@pytest.mark.parametrize(
    ("payload", "level"),
    [(b'{"a": 1}', "warning"), ((SAMPLES / "fc_timer.json").read_bytes(), "info"), (b"", "info")],
)
def test_what_nobody_knows_is_let_go_with_a_warning(payload: bytes, level: str) -> None:
    """It may be an event in a new form; a timer comes by every few seconds."""
    out = io.StringIO()
    log = StructlogTelemetry(StandingClock(), stream=out, as_json=True)

    refusal = deliver(payload, cast("ports.Queue", None), Tally(log))

    assert refusal == ""
    assert json.loads(out.getvalue())["level"] == level
