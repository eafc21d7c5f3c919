"""How an answer is judged, what is repeated, and what an error may say."""

from dataclasses import dataclass
from typing import Any

import pytest

from eventbridge.calls import ATTEMPTS, Calls
from eventbridge.cloud import CloudError

ADDRESS = "http://127.0.0.1:1"
SECRET = "Signature=s3cret"


@dataclass
class Body:
    code: object = "Success"
    success: bool | None = True
    request_id: str | None = "R-1"


@dataclass
class Answer:
    body: Body
    status_code: int = 200


class SdkError(Exception):
    """Looks like an SDK's exception: useful attributes beside a text that must not be shown."""

    def __init__(self, code: str | None = None, status_code: int | None = None) -> None:
        super().__init__(SECRET)
        self.code, self.status_code, self.request_id = code, status_code, "R-2"


class UnretryableException(SdkError):
    """Named like the class that the SDK raises when no answer came."""


class Script:
    """Answers one after another, and counts."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self) -> Answer:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer


def calls() -> tuple[Calls, list[float]]:
    """Return the unit under test and the list of its pauses."""
    pauses: list[float] = []
    return Calls(pauses.append), pauses


@pytest.mark.parametrize(
    ("code", "success"),
    [("Success", True), ("200", True), (200, None), ("Success", None), (None, True)],
)
def test_good_answers(code: object, *, success: bool | None) -> None:
    """An answer is good by its own code and success."""
    body = Body(code, success)

    assert calls()[0].rpc("GetRule", ADDRESS, Script(Answer(body))) is body


@pytest.mark.parametrize(
    ("code", "success"),
    [
        ("EventRuleNotExisted", False),
        ("EventRuleNotExisted", None),
        ("Success", False),
        (None, None),
        ("Oops", True),
    ],
)
def test_http_200_may_say_no(code: object, *, success: bool | None) -> None:
    """A bad code in a good HTTP answer is an error, and is not repeated."""
    script = Script(Answer(Body(code, success)))

    with pytest.raises(CloudError) as raised:
        calls()[0].rpc("GetRule", ADDRESS, script)

    assert raised.value.code == code
    assert script.asked == 1


@pytest.mark.parametrize(
    "error",
    [
        UnretryableException(),
        SdkError("Throttling.User", 400),
        SdkError("TooManyRequests", 429),
        SdkError("InternalError", 500),
    ],
)
def test_transient_failures_are_repeated(error: Exception) -> None:
    """No answer, throttling and server errors are tried again after a pause."""
    unit, pauses = calls()
    script = Script(error, Answer(Body()))

    unit.rpc("GetRule", ADDRESS, script)

    assert script.asked == 2
    assert pauses == [0.5]


def test_repeats_end() -> None:
    """After the last attempt the failure is told."""
    unit, pauses = calls()
    script = Script(UnretryableException())

    with pytest.raises(
        CloudError,
        match=r"^GetRule got no answer from http://127\.0\.0\.1:1: the connection broke, or .+ no answer of the cloud$",
    ):
        unit.rpc("GetRule", ADDRESS, script)

    assert script.asked == ATTEMPTS
    assert len(pauses) == ATTEMPTS - 1


def test_lost_answer_is_told_in_words_and_not_by_its_class() -> None:
    """A person who is woken does not know what an UnretryableException is."""
    lost = UnretryableException()
    lost.__cause__ = ConnectionRefusedError(SECRET)

    with pytest.raises(CloudError) as raised:
        calls()[0].rpc("GetRule", ADDRESS, Script(lost))

    assert str(raised.value) == (
        f"GetRule got no answer from {ADDRESS}: the endpoint refuses connections"
    )


def test_refusals_are_not_repeated() -> None:
    """A definite no is final."""
    script = Script(SdkError("AccessDenied", 403))

    with pytest.raises(CloudError, match="code AccessDenied, HTTP status 403"):
        calls()[0].rpc("GetRule", ADDRESS, script)

    assert script.asked == 1


def test_nothing_of_the_sdks_exception_is_kept() -> None:
    """Neither the text nor the chain of our error leads to the SDK's, which holds the signed request."""
    with pytest.raises(CloudError) as raised:
        calls()[0].data_plane("PeekMessage", ADDRESS, Script(SdkError("AccessDenied", 403)))

    error: Any = raised.value
    assert SECRET not in str(error) + repr(error)
    assert error.__cause__ is None
    assert error.__context__ is None
