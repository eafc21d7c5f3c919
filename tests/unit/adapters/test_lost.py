"""Whoever gets no answer is told what happened, and not how the SDK calls it."""

import json
import socket
import ssl

import pytest

from worker.adapters.lost import reason_of


class Wrapper(Exception):
    """Stands for an SDK's outermost exception, which keeps the cause in an attribute."""

    def __init__(self, inner: object) -> None:
        super().__init__("POST https://host/?Signature=secret")
        self.inner_exception = inner


class ProxyError(OSError):
    """Has the name that `requests` and `urllib3` give it."""


def raised_while(cause: BaseException) -> BaseException:
    """What comes of an exception that is raised in another one's handler."""
    try:
        try:
            raise cause
        except type(cause) as caught:
            raise RuntimeError("retry: https://host/?Signature=secret") from caught
    except RuntimeError as error:
        return error


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (socket.gaierror(-2, "x"), "the host name of the endpoint does not resolve"),
        (ConnectionRefusedError(), "the endpoint refuses connections"),
        (ssl.SSLError(), "no TLS with the endpoint"),
        (TimeoutError(), "no answer in time"),
        (json.JSONDecodeError("x", "", 0), "the answer is not JSON"),
        (
            ProxyError(ConnectionRefusedError()),
            "the proxy that the environment names does not answer",
        ),
    ],
)
def test_cause_is_told_however_deep_it_is_wrapped(cause: BaseException, told: str) -> None:
    """Python, the SDK and its HTTP library each keep a cause in a place of their own."""
    for error in (cause, Wrapper(cause), Wrapper(raised_while(cause)), Exception("x", cause)):
        assert reason_of(error) == told


def test_unknown_cause_is_told_by_its_class_alone() -> None:
    """The text of an SDK's exception holds addresses with signatures."""
    assert reason_of(Wrapper(None)) == "Wrapper"
    assert reason_of(Wrapper(None), "NetWorkException") == "NetWorkException"


def test_causes_in_a_circle_come_to_an_end() -> None:
    """An exception may be its own cause."""
    error = Wrapper(None)
    error.inner_exception = error

    assert reason_of(error) == "Wrapper"
