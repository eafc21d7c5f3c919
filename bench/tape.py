"""Two servers before the emulator: one remembers every answer, the other gives them again.

The recorder hands everything on, byte for byte. A client that makes the same calls at the player is
given the same answers, as late as they came: what differs in CPU time is the client's. An emulator of
the player's own works on each of its calls as well, and what it says is thrown away: calls that cost
the machine nothing would leave a client the caches, and both halves of a core, to itself.
"""

import contextlib
import http.client
import re
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from typing_extensions import override

HOST = "127.0.0.1"
# A receive that waits for messages is kept for long; whoever plays it waits no longer than for others.
LATEST_SECONDS = 0.02
_WAIT = re.compile(r"waitseconds=\d+")
_NOT_PASSED_ON = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass(frozen=True)
class Answer:
    """What was answered, and how late."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    seconds: float


@dataclass
class Tape:
    """Answers by the kind of call, in their order.

    Attributes:
        misses: How often more was asked for than there was; the newest of its kind was given again.
    """

    misses: int = 0
    _answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    _is_recording: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self) -> None:
        """Forget everything and remember from now on."""
        with self._lock:
            self._answers.clear()
            self._is_recording, self.misses = True, 0

    def stop(self) -> None:
        """Remember no more."""
        with self._lock:
            self._is_recording = False

    def add(self, kind: str, answer: Answer) -> None:
        """Remember an answer."""
        with self._lock:
            if self._is_recording:
                self._answers[kind].append(answer)

    def take(self, kind: str) -> Answer:
        """Return the next answer of a kind."""
        with self._lock:
            answers = self._answers[kind]
            if len(answers) > 1:
                return answers.popleft()
            # The last call of a window may have been answered after it.
            if not answers:
                self.misses += 1
                return Answer(500, "Not On The Tape", (), b"", 0.0)
            return answers[0]


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client, and one to an emulator.

    Attributes:
        upstream: Host and port of the emulator.
    """

    upstream: ClassVar[str]
    protocol_version = "HTTP/1.1"
    # Head and body in one piece: a second small packet would wait for an acknowledgement.
    wbufsize = 65_536

    @override
    def setup(self) -> None:
        super().setup()
        self._onward = http.client.HTTPConnection(self.upstream)

    @override
    def finish(self) -> None:
        super().finish()
        self._onward.close()

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else b""
        self._write(self._answer(self._kind(), body))

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the base class

    def _kind(self) -> str:
        action: str | None = self.headers.get("x-acs-action")
        return action or f"{self.command} {urlsplit(self.path).path}"

    def _answer(self, kind: str, body: bytes) -> Answer:
        raise NotImplementedError

    def _passed_on(self, path: str, body: bytes) -> Answer:
        """Return what the emulator says."""
        begun = time.monotonic()
        ask = self._onward
        ask.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            ask.putheader(name, value)
        ask.endheaders(body or None)
        found = ask.getresponse()
        text = found.read()
        kept = ((n, v) for n, v in found.getheaders() if n.lower() not in _NOT_PASSED_ON)
        seconds = time.monotonic() - begun
        return Answer(found.status, found.reason, tuple(kept), text, seconds)

    def _write(self, answer: Answer) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _recorder(tape: Tape, address: str) -> type[_Handler]:
    class Recorder(_Handler):
        """Remembers what the emulator says."""

        upstream = address

        @override
        def _answer(self, kind: str, body: bytes) -> Answer:
            answer = self._passed_on(self.path, body)
            tape.add(kind, answer)
            return answer

    return Recorder


def _player(tape: Tape, address: str) -> type[_Handler]:
    class Player(_Handler):
        """Answers from the tape."""

        upstream = address

        @override
        def _answer(self, kind: str, body: bytes) -> Answer:
            answer = tape.take(kind)
            # Nobody comes to end a wait for messages there.
            passed = self._passed_on(_WAIT.sub("waitseconds=0", self.path), body)
            time.sleep(max(min(answer.seconds, LATEST_SECONDS) - passed.seconds, 0.0))
            return answer

    return Player


@contextlib.contextmanager
def taping(recorded: str, idle: str) -> Iterator[tuple[Tape, str, str]]:
    """Run both servers.

    Args:
        recorded: Address of the emulator whose answers are remembered.
        idle: Address of the one that works for the player.

    Yields:
        The tape, and the addresses of recorder and player.
    """
    tape = Tape()
    with contextlib.ExitStack() as stack:
        recorder = stack.enter_context(_serving(_recorder(tape, urlsplit(recorded).netloc)))
        player = stack.enter_context(_serving(_player(tape, urlsplit(idle).netloc)))
        yield tape, recorder, player


class _Server(ThreadingHTTPServer):
    """A server whose clients may go without a word."""

    daemon_threads = True

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def _serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = _Server((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
