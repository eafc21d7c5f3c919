"""A peer that accepts and never answers, or answers a byte now and then, costs a bounded time."""

import contextlib
import ipaddress
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.stack.cells import MATRIX
from tests.stack.rig import ENVIRON, SPEED, stage
from tests.stack.verdict import broken
from tests.unit.adapters.conftest import RecordedTelemetry, StandingClock
from worker.adapters import credentials
from worker.adapters.ecs.call import ConnectionLost, SdkCall
from worker.adapters.mns_queue import MnsQueue
from worker.core.errors import Transient
from worker.settings import Settings

ALLOWED_SECONDS = 45.0
CONNECT_SECONDS = 0.1
READ_SECONDS = 0.3
# Of a machine that has other things to do; far below what the dribbling peer would take.
MARGIN_SECONDS = 1.5
ACTIONS = ("RunInstances", "DescribeVSwitches")
DRIBBLES = 200
PAUSE_SECONDS = 0.05
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n"
# What comes at once, before the dribbling; None for a peer that says nothing at all.
KINDS: dict[str, bytes | None] = {
    "silent": None,
    "head": HEAD + b"x-filler: ",
    "body": HEAD + b"\r\n",
}


@dataclass
class BlackHole:
    """Accepts, reads what comes, and dribbles; ends when it is closed."""

    listener: socket.socket
    start: bytes | None
    context: ssl.SSLContext | None
    heard: bool = False
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        scheme = "https" if self.context else "http"
        return f"{scheme}://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._dribble, args=(accepted,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _dribble(self, accepted: socket.socket) -> None:
        # A silent peer does not even greet; any other breaks off when its caller has gone.
        with accepted, contextlib.suppress(OSError):
            if self.start is None:
                self.over.wait(DRIBBLES * PAUSE_SECONDS)
            elif self.context is None:
                self._speak(accepted, self.start)
            else:
                with self.context.wrap_socket(accepted, server_side=True) as peer:
                    self._speak(peer, self.start)

    def _speak(self, peer: socket.socket, start: bytes) -> None:
        self.heard = bool(peer.recv(65_536))
        peer.sendall(start)
        for _ in range(DRIBBLES):
            if self.over.wait(PAUSE_SECONDS):
                return
            peer.sendall(b"a")

    def close(self) -> None:
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "black hole")])
    begin = datetime(2020, 1, 1, tzinfo=timezone.utc)
    here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("certificate") / "both.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture(params=["http", "https"])
def context(
    request: pytest.FixtureRequest, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext | None:
    """TLS of the peer, whose certificate the worker is made to trust; None for plain http."""
    if request.param == "http":
        return None
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


@pytest.fixture(params=KINDS)
def hole(request: pytest.FixtureRequest, context: ssl.SSLContext | None) -> Iterator[BlackHole]:
    made = BlackHole(socket.create_server(("127.0.0.1", 0)), KINDS[request.param], context)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    yield made
    made.close()
    thread.join(5.0)


def seconds_of(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def ecs(url: str) -> SdkCall:
    provider = credentials.provider(ENVIRON)
    return SdkCall(
        "cn-hangzhou",
        credential=lambda: credentials.sdk_credential(provider),
        endpoints={"ecs": url, "vpc": url},
        connect_seconds=CONNECT_SECONDS,
        read_seconds=READ_SECONDS,
    )


@pytest.fixture(scope="module", autouse=True)
def _sdks_are_loaded() -> None:
    """Loading them is not what is measured; nobody listens at this address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for action in ACTIONS:
        with pytest.raises(ConnectionLost):
            ecs(nowhere)(action, {"RegionId": "cn-hangzhou"})


@pytest.mark.parametrize("action", ACTIONS)
def test_call_of_ecs_comes_to_an_end(hole: BlackHole, action: str) -> None:
    """Within the times to connect and to answer together, whatever trickles in."""
    call = ecs(hole.url)

    def once() -> None:
        with pytest.raises(ConnectionLost):
            call(action, {"RegionId": "cn-hangzhou"})

    assert seconds_of(once) < CONNECT_SECONDS + READ_SECONDS + MARGIN_SECONDS
    assert hole.heard == (hole.start is not None)


SMQ: dict[str, Callable[[MnsQueue], object]] = {
    "receive": lambda queue: queue.receive(count=1, wait=0),
    "long poll": lambda queue: queue.receive(count=16, wait=5),
    "send": lambda queue: queue.send("{}", {"a": "b"}),
    "delete": lambda queue: queue.delete("h"),
    "renew": lambda queue: queue.renew("h", 30.0),
}


@pytest.mark.parametrize("operation", SMQ)
def test_call_of_the_queue_comes_to_an_end(hole: BlackHole, operation: str) -> None:
    """Also over https, where the SDK has no timeout, and though it repeats some requests."""
    queue = MnsQueue(
        hole.url,
        "events",
        credentials=credentials.provider(ENVIRON),
        clock=StandingClock(speed=SPEED),
        telemetry=RecordedTelemetry(),
        connect_seconds=CONNECT_SECONDS,
        socket_seconds=READ_SECONDS,
    )

    def once() -> None:
        with pytest.raises(Transient):
            SMQ[operation](queue)

    longest = 5.0 / SPEED + CONNECT_SECONDS + READ_SECONDS
    assert seconds_of(once) < longest + MARGIN_SECONDS
    assert hole.heard == (hole.start is not None)
    queue.close()


def test_slowest_call_of_the_default_settings_is_bounded() -> None:
    """Connecting, a long poll and its answer are the longest that a call can take."""
    made = Settings(account_id="1234567890123456", region="cn-hangzhou")
    slowest = made.worker.connect_timeout + made.queue.long_poll + made.worker.read_timeout

    assert slowest <= ALLOWED_SECONDS


def test_every_socket_of_a_worker_has_a_timeout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen at each connection and each read of a whole recreation; the emulator uses neither."""
    seen: dict[str, list[float]] = {"connect": [], "recv_into": []}

    def watch(method: str) -> None:
        original = getattr(socket.socket, method)

        def watched(self: socket.socket, *arguments: object) -> object:
            patience = self.gettimeout()
            seen[method].append(math.inf if patience is None else patience)
            return original(self, *arguments)

        monkeypatch.setattr(socket.socket, method, watched)

    with stage(tmp_path) as one:
        watch("connect")
        watch("recv_into")
        run = one.run(MATRIX["plain"])

    assert broken(run, None) == []
    assert seen["connect"]
    assert len(seen["recv_into"]) >= len(run.requests)
    assert 0 < max(seen["connect"] + seen["recv_into"]) <= ALLOWED_SECONDS
