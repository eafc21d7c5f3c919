"""The worker's time is the machine's, or goes on from one reading of the emulator's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typing_extensions import override

from worker.adapters.clock import EmulatorClock, RealClock, is_loopback
from worker.bootstrap import refresh_clock


class Answers(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body if self.path == "/_emulator/clock" else b"[]")

    @override
    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def url() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def answer(**body: object) -> None:
    Answers.body = json.dumps(body).encode()


class Monotonic:
    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


def test_virtual_time_goes_on_from_the_reading(url: str) -> None:
    """One request, then the line start + speed x elapsed."""
    answer(start=0.0, speed=10.0, elapsed_real=5.0, now=1050.0)
    monotonic = Monotonic()
    clock = EmulatorClock(url, monotonic=monotonic)

    monotonic.seconds += 3.0

    assert clock.now() == 1080.0
    assert clock.real_seconds(20.0) == 2.0


def test_clock_is_read_again_on_request(url: str) -> None:
    """Somebody has moved the emulator on."""
    answer(speed=1.0, now=100.0)
    clock = EmulatorClock(url, monotonic=Monotonic())

    answer(speed=2.0, now=500.0)
    clock.reanchor()

    assert clock.now() == 500.0
    assert clock.real_seconds(4.0) == 2.0


def test_an_invocation_goes_by_the_emulators_time_of_now(url: str) -> None:
    """It was moved on while the function was frozen; one that does not answer is no failure."""
    answer(speed=1.0, now=100.0)
    clock = EmulatorClock(url, monotonic=Monotonic())

    answer(speed=1.0, now=175.0)
    refresh_clock(clock)
    answer(speed="broken")
    refresh_clock(clock)
    refresh_clock(RealClock())

    assert clock.now() == 175.0


def test_paused_emulator_stands_still(url: str) -> None:
    """Sockets still need a timeout, so virtual seconds then count as real ones."""
    answer(speed=0.0, now=100.0)
    clock = EmulatorClock(url, monotonic=Monotonic())

    assert clock.now() == 100.0
    assert clock.real_seconds(30.0) == 30.0


@pytest.mark.parametrize(
    "body", [{}, {"now": 1}, {"now": "1", "speed": 1}, {"now": 1, "speed": -1}]
)
def test_answer_that_is_no_clocks(url: str, body: dict[str, object]) -> None:
    """Better no start than a wrong time."""
    answer(**body)

    with pytest.raises(ValueError, match="clock"):
        EmulatorClock(url)


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:1",
        "http://example.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "127.0.0.1",
    ],
)
def test_only_this_machine_is_asked(address: str) -> None:
    """A stranger must not set the worker's time."""
    with pytest.raises(ValueError, match="this machine"):
        EmulatorClock(address)


@pytest.mark.parametrize(
    "address", ["http://localhost:8080", "http://127.0.0.9", "http://[::1]:80"]
)
def test_loopback(address: str) -> None:
    """All spellings of this machine."""
    assert is_loopback(address)


def test_real_clock_counts_real_seconds() -> None:
    """Nothing to convert."""
    assert RealClock().real_seconds(7.5) == 7.5
    assert RealClock().now() > 1.7e9


def test_real_clock_follows_the_cloud() -> None:
    """A host that is minutes off counts in the cloud's time as soon as the cloud has told it."""
    clock = RealClock(system=lambda: 1_000.0)

    off = clock.learn(1_600.0, asked_at=999.0)

    assert off == 600.0
    assert clock.now() == 1_600.0


def test_real_clock_bears_an_answer_that_was_long_on_its_way() -> None:
    """What the cloud said while it was being asked is no sign of a wrong clock."""
    clock = RealClock(system=lambda: 1_000.0)

    assert clock.learn(930.0, asked_at=910.0) == 0.0
    assert clock.learn(850.0, asked_at=910.0) == -60.0


def test_real_clock_does_not_jump_for_a_trifle() -> None:
    """An answer's way home is not an error of the clock."""
    clock = RealClock(system=lambda: 1_000.0)

    assert clock.learn(999.0, asked_at=1_000.0) == 0.0
    assert clock.now() == 1_000.0
