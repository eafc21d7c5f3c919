"""A log line is one line, bounded, and without what nobody may read."""

import errno
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.unit.adapters.conftest import StandingClock
from worker.adapters.telemetry import StructlogTelemetry
from worker.core.errors import Permanent

SECRET = "emulator-secret"


def told(**fields: object) -> dict[str, Any]:
    stream = io.StringIO()
    StructlogTelemetry(StandingClock(), stream=stream, secrets=lambda: [SECRET]).event(
        "fact", **fields
    )
    (line,) = stream.getvalue().splitlines()
    parsed = json.loads(line)
    assert isinstance(parsed, dict)
    return parsed


def failed(error: BaseException) -> dict[str, Any]:
    stream = io.StringIO()
    StructlogTelemetry(StandingClock(), stream=stream, secrets=lambda: [SECRET]).failure(
        "bug", error
    )
    parsed = json.loads(stream.getvalue())
    assert isinstance(parsed, dict)
    return parsed


class HungUp(io.StringIO):
    """A terminal that was closed."""

    @override
    def write(self, text: str, /) -> int:
        raise OSError(errno.EIO, "Input/output error")


def test_a_line_that_nobody_can_read_ends_nothing() -> None:
    """Whoever gives back what a canary has lent tells of each call that it makes."""
    telemetry = StructlogTelemetry(StandingClock(), stream=HungUp())

    telemetry.event("answer_lost")
    telemetry.failure("bug", ValueError())


def test_line_has_time_level_and_fact() -> None:
    """In the time of the clock, in UTC."""
    assert told(step="image", attempts=2) == {
        "timestamp": "2027-01-15T08:00:00.000Z",
        "level": "info",
        "event": "fact",
        "step": "image",
        "attempts": 2,
    }


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "access_key_secret",
        "SecurityToken",
        "security_token",
        "user_data",
        "Authorization",
        "receipt_handle",
        "credential",
    ],
)
def test_secret_names_hide_their_values(name: str) -> None:
    """Also inside a structure."""
    line = told(**{name: "abc"}, params={name: "abc"})

    assert line[name] == "***"
    assert line["params"] == {name: "***"}


def test_known_secrets_never_appear() -> None:
    """Wherever they stand."""
    line = told(note=f"key={SECRET}!", items=[SECRET], nested={"a": {"b": SECRET}})

    assert SECRET not in json.dumps(line)


def test_client_tokens_may_be_read() -> None:
    """They open nothing and help to find a call."""
    assert told(client_token="sr1-abc")["client_token"] == "sr1-abc"


@given(text=st.text(max_size=50))
def test_every_value_is_one_line(text: str) -> None:
    """No line break, control character or direction mark of a stranger."""
    line = told(text=text)

    assert line["text"].isprintable()


def test_escaped_and_shortened() -> None:
    """What was cut is told."""
    line = told(escape="\x1b[31m\n\u202e", long="x" * 9999, many=list(range(99)))

    assert line["escape"] == "\\x1b[31m\\n\\u202e"
    assert line["long"].endswith("... (9999 characters)")
    assert len(line["many"]) == 20


def test_deep_structures_end() -> None:
    """A loop in the data must not be one in the log."""
    loop: list[object] = []
    loop.append(loop)

    assert "list" in json.dumps(told(loop=loop))


def test_fields_cannot_stand_in_for_our_own() -> None:
    """The word of the fact stays the word of the fact."""
    line = told(level="none", timestamp="never")

    assert line["level"] == "info"
    assert line["level_"] == "none"


def test_failure_of_somebody_else_keeps_its_text() -> None:
    """An SDK's exception quotes passwords and signatures; its class and place are enough."""
    with pytest.raises(RuntimeError) as caught:
        misbehave("Password=hunter2")

    line = failed(caught.value)

    assert line["error"] == "RuntimeError"
    assert __name__.rpartition(".")[2] in line["where"]
    assert "hunter2" not in json.dumps(line)


def misbehave(text: str) -> None:
    raise RuntimeError(text)


def test_failure_of_ours_says_what_it_says() -> None:
    """Its text holds only what may be logged."""
    assert failed(Permanent("no quota"))["error"] == "Permanent: no quota"


def test_cause_is_named() -> None:
    """Where it came from, without its text either."""
    error = KeyError("key")
    error.__cause__ = ValueError("secret text")

    line = failed(error)

    assert line["after"].startswith("ValueError ")
    assert "secret text" not in json.dumps(line)


def test_columns_for_people() -> None:
    """The same line, readable."""
    stream = io.StringIO()

    StructlogTelemetry(StandingClock(), stream=stream, as_json=False).event("fact", step="image")

    assert "fact" in stream.getvalue()
    assert "step=image" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_what_a_person_must_see_is_above_info() -> None:
    """With log.level: warning the quiet facts go and the parked messages stay."""
    out = io.StringIO()
    telemetry = StructlogTelemetry(StandingClock(), stream=out, as_json=True, level="warning")

    telemetry.event("step_waiting", reason="the image is at 3 %")
    telemetry.event("lease_lost", message="m")
    telemetry.event("parked", park="no_stock")

    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("lease_lost", "warning"),
        ("parked", "error"),
    ]
