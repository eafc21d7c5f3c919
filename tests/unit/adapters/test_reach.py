"""What the doctor makes of answers that are late, strange or not there."""

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from typing_extensions import override

from worker.adapters.credentials import EnvironmentProvider
from worker.adapters.ecs.call import ApiRefusal, ConnectionLost
from worker.adapters.reach import HttpReach
from worker.core.diagnosis import Failed, Seen, Trouble

# Fri, 27 Nov 2026 12:00:00 GMT
NOON = 1_795_780_800.0
KEY = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "secret"}


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Listen on a free port and answer every connection with these bytes."""

    class Handler(socketserver.BaseRequestHandler):
        @override
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def reach(
    call: Callable[[str, Mapping[str, Any]], Any] = lambda _, __: {},
    environ: Mapping[str, str] = KEY,
    now: float = NOON,
) -> HttpReach:
    return HttpReach(call, EnvironmentProvider(environ), "cn-hangzhou", lambda: now, 2.0)


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
@pytest.mark.parametrize("ahead", [0.0, 1200.0, -1200.0])
def test_the_date_of_any_answer_tells_the_time(status: str, ahead: float) -> None:
    """To half a second, whatever was answered."""
    date = "Fri, 27 Nov 2026 12:00:00 GMT"
    text = f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n"
    with answering(text.encode()) as url:
        found = reach(now=NOON + ahead).touch("ecs", url)

    assert isinstance(found, Seen)
    assert found.value == pytest.approx(ahead, abs=0.5)


@pytest.mark.parametrize("head", ["", "Date: yesterday\r\n"])
def test_without_a_date_the_time_is_not_known(head: str) -> None:
    """Which is no fault."""
    with answering(f"HTTP/1.1 200 OK\r\n{head}Content-Length: 0\r\n\r\n".encode()) as url:
        assert reach().touch("mns", url) == Seen(None)


def test_what_speaks_another_protocol_is_no_api() -> None:
    """Something answers, but not as it should."""
    with answering(b"SSH-2.0-OpenSSH_9.7\r\n") as url:
        found = reach().touch("ecs", url)

    assert isinstance(found, Failed)
    assert found.why is Trouble.UNREADABLE


def test_nobody_there() -> None:
    """Told with the class of the failure."""
    found = reach().touch("ecs", "http://127.0.0.1:9")

    assert isinstance(found, Failed)
    assert found.why is Trouble.UNREACHABLE


def raising(error: Exception) -> Callable[[str, Mapping[str, Any]], Any]:
    def call(action: str, params: Mapping[str, Any]) -> Any:
        assert (action, params["RegionId"]) == ("DescribeInstances", "cn-hangzhou")
        raise error

    return call


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ApiRefusal(404, "InvalidAccessKeyId.NotFound"), Trouble.CREDENTIALS),
        (ApiRefusal(400, "InvalidSecurityToken.Expired"), Trouble.CREDENTIALS),
        (ApiRefusal(400, "InvalidTimeStamp.Expired"), Trouble.CLOCK),
        (ApiRefusal(403, "Forbidden.RAM"), Trouble.PERMISSION),
        (ApiRefusal(400, "Something.New"), Trouble.OTHER),
        (ConnectionLost("JSONDecodeError"), Trouble.UNREADABLE),
    ],
)
def test_what_the_first_signed_call_tells(error: Exception, why: Trouble) -> None:
    """By the table of codes."""
    found = reach(raising(error)).greet()

    assert isinstance(found, Failed)
    assert found.why is why


def test_credentials_there_or_not() -> None:
    """Without any, nothing is sent."""
    assert reach().greet() == Seen(None)
    assert reach(raising(AssertionError()), environ={}).greet() == Failed(Trouble.NO_CREDENTIALS)
