"""One try to reach a server: every way in which it does not answer is a word, and it has an end."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from tests.unit.adapters.conftest import StandingClock
from worker.adapters.probes import NetworkProbes

HOST = "127.0.0.1"
WITHIN = 5.0
PROBES = NetworkProbes(StandingClock())

Serve = Callable[[bytes], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer every connection with the same bytes, and return the port."""
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(answer: bytes) -> int:
        listener = socket.create_server((HOST, 0))
        sockets.append(listener)

        def work() -> None:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with closing(peer):
                if answer:
                    peer.recv(4_096)
                    peer.sendall(answer)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield start
    for one in sockets:
        # Closing alone does not wake a thread that waits in accept.
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
    for thread in threads:
        thread.join(WITHIN)


def free_port() -> int:
    with closing(socket.create_server((HOST, 0))) as listener:
        return int(listener.getsockname()[1])


def test_port_that_takes_a_connection_answers(serve: Serve) -> None:
    """Nothing is said over it."""
    assert PROBES.tcp(HOST, serve(b""), within=WITHIN) == ""


@pytest.mark.parametrize("kind", ["tcp", "http"])
def test_port_that_nobody_listens_at(kind: str) -> None:
    """The system's own word."""
    port = free_port()

    why = (
        PROBES.tcp(HOST, port, within=WITHIN)
        if kind == "tcp"
        else PROBES.http(HOST, port, "/", within=WITHIN)
    )

    assert why == "Connection refused"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", ""),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP 503"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "HTTP 404"),
        (b"SSH-2.0-OpenSSH\r\n", "BadStatusLine"),
    ],
)
def test_only_the_status_counts(serve: Serve, answer: bytes, why: str) -> None:
    """The page is not read, and nothing is followed."""
    assert PROBES.http(HOST, serve(answer), "/health", within=WITHIN) == why


def test_server_that_says_nothing_costs_its_time_only() -> None:
    """The time of the worker's clock, which may be virtual, is made the system's."""
    quick = NetworkProbes(StandingClock(speed=100.0))
    with closing(socket.create_server((HOST, 0))) as listener:
        port = listener.getsockname()[1]

        assert quick.http(HOST, port, "/", within=WITHIN) == "no answer"
