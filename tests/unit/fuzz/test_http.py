"""The emulator's HTTP face over anything: a documented answer, never a traceback, never a hang."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from itertools import count
from time import gmtime, strftime
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.assumptions import Assumptions
from emulator.http.app import EmulatorApp
from emulator.http.command import access_keys, build_service
from emulator.http.exchange import MAX_BODY_BYTES
from emulator.http.local import LocalEmulator, running
from emulator.http.platform import Platform
from emulator.http.service import Service
from emulator.state.ecs.params import shapes
from emulator.state.ecs.settings import EcsSettings
from emulator.state.queues import OutMessage
from emulator.wire import mns_signature, mns_xml
from emulator.wire.rpc import PRODUCT_BY_VERSION
from emulator.wire.rpc_signature import string_to_sign_v1
from tests.unit.fuzz.hostile import HOSTILE_TEXTS, HOSTILE_VALUES, fuzz, scrambled
from tests.unit.fuzz.test_wire import BOMBS, DOCUMENTS

PORT, REGION, START = 8_790, "cn-hangzhou", 1_795_392_000.0
SECRET = "emulator-secret"
# Real seconds; signing and checking see the same instant.
WALL = START
SECONDS_MAX = 5.0
VERSIONS = {product: version for version, product in PRODUCT_BY_VERSION.items()}
TEXTS = [text.encode("utf-8", "replace").decode() for text in HOSTILE_TEXTS]
NONCES = count()
bytes_of_header = st.sampled_from([text.encode() for text in TEXTS]) | st.binary(max_size=20)


def new_service() -> Service:
    service = build_service(
        regions=(REGION,),
        account_id="1234567890123456",
        speed=60.0,
        start=START,
        seed=1,
        assumptions=Assumptions(),
        ecs=EcsSettings(),
        keys=access_keys({}),
    )
    service.wall = lambda: WALL
    queues = service.cloud.queues(REGION)
    queues.create_queue("q", {"PollingWaitSeconds": 0}, START)
    queues.send("q", [OutMessage("x")], START)
    service.cloud.ecs[REGION].seed_instance({"instance_id": "i-bp1source00000000001"}, START)
    return service


@dataclass
class Client:
    """Speaks ASGI with the application, without a socket.

    Attributes:
        service: The emulator.
    """

    service: Service = field(default_factory=new_service)

    def __post_init__(self) -> None:
        self._app = EmulatorApp(self.service, Platform(self.service), {REGION: PORT})

    def ask(
        self,
        method: str,
        path: str,
        query: bytes = b"",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        body: bytes = b"",
    ) -> tuple[int, bytes]:
        """Send a request and return status and body; whatever the application raises is raised."""
        return asyncio.run(
            asyncio.wait_for(self._ask(method, path, query, headers, body), SECONDS_MAX)
        )

    async def _ask(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: tuple[tuple[bytes, bytes], ...],
        body: bytes,
    ) -> tuple[int, bytes]:
        inbox = [{"type": "http.request", "body": body}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if inbox:
                return inbox.pop()
            await asyncio.sleep(SECONDS_MAX)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query,
            "headers": [(b"host", b"127.0.0.1:8790"), *headers],
            "server": ("127.0.0.1", PORT),
            "client": ("127.0.0.1", 1),
            "scheme": "http",
            "http_version": "1.1",
            "root_path": "",
            "state": {},
        }
        await self._app(scope, receive, send)
        return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


@pytest.fixture
def client() -> Iterator[Client]:
    """A fresh emulator; at the end it must not have met an error that it does not know."""
    found = Client()
    yield found
    complaints = found.service.cloud.complaints
    assert [one for one in complaints if "internal error" in one] == []


CLIENT = Client()


def check(client: Client, status: int, body: bytes) -> None:
    """An answer is a success or a refusal, without a trace of our own code."""
    assert status < 500, body
    assert b"Traceback" not in body
    internal = [one for one in client.service.cloud.complaints if "internal error" in one]
    assert internal == []


@fuzz(250)
@given(
    method=st.sampled_from(("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW")),
    path=st.sampled_from(
        (
            "/",
            "/queues",
            "/queues/q/messages",
            "/_emulator",
            "/_emulator/web/x",
            "//",
            "/%00",
            "/%ff",
        )
    )
    | st.text(st.characters(max_codepoint=255), max_size=20),
    query=st.binary(max_size=30),
    headers=st.lists(
        st.tuples(
            st.sampled_from(
                (
                    *(b"host", b"authorization", b"content-type", b"x-acs-action", b"origin"),
                    *(b"x-acs-version", b"x-mns-version", b"date", b"content-md5"),
                )
            ),
            bytes_of_header,
        ),
        max_size=6,
    ),
    body=st.binary(max_size=60),
)
def test_any_request(
    method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Unsigned requests of any form are refused."""
    check(CLIENT, *CLIENT.ask(method, path, query, tuple(headers), body))


def ask_smq(client: Client, method: str, target: str, body: bytes) -> None:
    """Send a request with a good V2 signature, as aliyun-mns-sdk makes it."""
    date = formatdate(WALL, usegmt=True)
    headers = {"x-mns-version": mns_signature.VERSION, "content-type": "text/xml", "date": date}
    signature = mns_signature.sign_v2(method, target, headers, SECRET, date)
    headers["authorization"] = f"MNS emulator:{signature}"
    path, _, query = target.partition("?")
    raw = tuple((name.encode(), value.encode()) for name, value in headers.items())

    status, answer = client.ask(method, path, query.encode("latin-1"), raw, body)
    check(client, status, answer)
    if answer:
        mns_xml.parse(answer)


@fuzz(250)
@given(
    method=st.sampled_from(("GET", "POST", "PUT", "DELETE")),
    path=st.sampled_from(("/queues", "/queues/q", "/queues/q/messages", "/queues/none/messages"))
    | st.sampled_from(TEXTS).map(lambda text: f"/queues/{quote(text)}"),
    query=st.lists(
        st.tuples(
            st.sampled_from(
                ("numOfMessages", "peekonly", "ReceiptHandle", "VisibilityTimeout", "metaoverride")
            ),
            st.sampled_from(TEXTS),
        ),
        max_size=3,
    ),
    document=st.sampled_from((*DOCUMENTS, *BOMBS[:5])),
    seed=st.integers(0, 2**32),
)
def test_any_signed_request_to_a_queue(
    method: str, path: str, query: list[tuple[str, str]], document: str, seed: int
) -> None:
    """With a good signature as well, every operation takes or refuses what it gets."""
    rng = random.Random(seed)
    body = scrambled(document, rng, rng.randrange(4)).encode("utf-8", "surrogatepass")
    pairs = "&".join(f"{name}={quote(value)}" for name, value in (*query, ("waitseconds", "0")))

    ask_smq(CLIENT, method, f"{path}?{pairs}", body)


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda text: ascii(text[:30]))
def test_bombs_to_a_queue(client: Client, bomb: str) -> None:
    """Entities and endless nesting are a refusal of the protocol."""
    ask_smq(client, "POST", "/queues/q/messages", bomb.encode())


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/?Format=XML", (413, b"<Code>RequestBodyTooLarge</Code>")),
        ("/?Format=JSON", (413, b'"Code":"RequestBodyTooLarge"')),
        ("/queues/q/messages", (400, b"<Code>InvalidArgument</Code>")),
    ],
)
def test_body_beyond_all_bounds(client: Client, path: str, refusal: tuple[int, bytes]) -> None:
    """A body larger than anything that the cloud takes is refused in the form of its protocol."""
    path, _, query = path.partition("?")

    status, body = client.ask("POST", path, query.encode(), body=b"x" * (MAX_BODY_BYTES + 1))

    assert status == refusal[0]
    assert refusal[1] in body.replace(b" ", b"")


def ask_rpc(client: Client, product: str, action: str, params: dict[str, Any], **how: Any) -> None:
    """Send a call with a good V1 signature; `as_json` puts the parameters into a JSON body."""
    flat = {
        "Action": action,
        "Version": VERSIONS[product],
        "Format": how.get("format", "JSON"),
        "AccessKeyId": "emulator",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": f"n{next(NONCES)}",
        "Timestamp": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(WALL)),
    }
    body = b""
    kind = b"application/json"
    if how.get("as_json"):
        body = json.dumps(params).encode()
    else:
        flat |= {
            name: str(value).encode("utf-8", "replace").decode() for name, value in params.items()
        }
        kind = b"application/x-www-form-urlencoded"
    text = string_to_sign_v1("POST", flat)
    digest = hmac.new(f"{SECRET}&".encode(), text.encode(), hashlib.sha1).digest()
    signed = {**flat, "Signature": base64.b64encode(digest).decode()}

    status, answer = client.ask(
        "POST", "/", urlencode(signed).encode(), ((b"content-type", kind),), body
    )
    check(client, status, answer)


ACTIONS = sorted((product, action) for product in ("ecs", "vpc") for action in shapes(product))


@fuzz(400)
@given(
    where=st.sampled_from(
        (
            *ACTIONS,
            ("ecs", "Nothing"),
            ("eventbridge", "CreateRule"),
            ("eventbridge", "TestEventPattern"),
            ("eventbridge", "PutTargets"),
            ("mns-open", "CreateQueue"),
            ("mns-open", "SetQueueAttributes"),
            ("sts", "GetCallerIdentity"),
        )
    ),
    seed=st.integers(0, 2**32),
    as_json=st.booleans(),
    xml=st.booleans(),
)
def test_any_signed_call(where: tuple[str, str], seed: int, as_json: bool, xml: bool) -> None:  # noqa: FBT001
    """Every action with hostile values for its own parameters and for others."""
    product, action = where
    rng = random.Random(seed)
    known = sorted(shapes(product).get(action, {})) if product in ("ecs", "vpc") else []
    others = ["RegionId", "Tag.1.Key", "QueueName", "EventBusName", "RuleName", "FilterPattern"]
    names = rng.sample(known, min(len(known), rng.randrange(6)))
    if not known or rng.random() < 0.1:
        names += rng.sample(others, rng.randrange(1, 4))
    params = {
        name: rng.choice((*HOSTILE_VALUES, "i-bp1source00000000001", "cn-hangzhou-h", 1))
        for name in names
    }

    ask_rpc(CLIENT, product, action, params, as_json=as_json, format="XML" if xml else "JSON")


@fuzz(120)
@given(
    order=st.sampled_from(
        (
            *("interrupt", "cancel-interruption", "write", "stock", "vanish", "end-image"),
            *("redeliver", "faults", "faults/clear", "settings", "access-keys", "scenario"),
        )
    ),
    name=st.sampled_from(
        ("instance_id", "region", "count", "zone", "match", "answer", "files", "image_id", "x")
    ),
    value=st.sampled_from(HOSTILE_VALUES),
    raw=st.binary(max_size=30) | st.none(),
)
def test_any_order_of_the_control_api(
    order: str, name: str, value: object, raw: bytes | None
) -> None:
    """Orders of any form are refused with a sentence."""
    client = Client() if order in ("settings", "access-keys", "scenario", "faults") else CLIENT
    body = json.dumps({name: value}).encode() if raw is None else raw

    check(
        client,
        *client.ask(
            "POST",
            f"/_emulator/{order}",
            headers=((b"content-type", b"application/json"),),
            body=body,
        ),
    )


# On the wire itself


@pytest.fixture(scope="module")
def emulator() -> Iterator[LocalEmulator]:
    with running(new_service()) as found:
        yield found


RAW = (
    b"",
    b"\x00" * 100,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET *?a=b HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /queues/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    b"GET /_emulator/web/..%2f..%2fcontrol.py HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
)


def exchange(emulator: LocalEmulator, raw: bytes) -> bytes:
    """Send bytes, close our half, and read what comes until the other half is closed."""
    (url,) = emulator.urls.values()
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS_MAX) as connection:
        try:
            connection.sendall(raw)
            # The answer may have come and the connection gone before all of it was sent.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            while chunk := connection.recv(65_536):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            return b""
    return answer


def check_raw(emulator: LocalEmulator, raw: bytes) -> None:
    answer = exchange(emulator, raw)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 4"))
    assert b"Traceback" not in answer
    internal = emulator.run(
        lambda service: [one for one in service.cloud.complaints if "internal error" in one]
    )
    assert internal == []


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: ascii(raw[:40]))
def test_bytes_that_are_hardly_http(emulator: LocalEmulator, raw: bytes) -> None:
    """What is no HTTP gets a refusal or a closed connection, and the next request is answered."""
    check_raw(emulator, raw)
    good = b"GET /_emulator/clock HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"

    assert exchange(emulator, good).startswith(b"HTTP/1.1 200")


@fuzz(60)
@given(raw=st.binary(max_size=80), seed=st.integers(0, 2**32))
def test_any_bytes_on_a_connection(emulator: LocalEmulator, raw: bytes, seed: int) -> None:
    """Anything at all, and requests with pieces cut out."""
    check_raw(emulator, raw)
    rng = random.Random(seed)
    good = "POST /queues/q/messages?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n<a/>"
    check_raw(emulator, scrambled(good, rng, rng.randrange(1, 4)).encode("utf-8", "replace"))
