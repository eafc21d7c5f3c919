"""One emulator for the whole suite, emptied before each test; real clients talk to it over HTTP."""

import base64
import calendar
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from alibabacloud_tea_openapi.utils_models import Config
from mns.account import Account
from mns.queue import Queue, QueueMeta

from emulator.assumptions import Assumptions
from emulator.http.command import access_keys, build_service
from emulator.http.local import LocalEmulator, running
from emulator.http.service import Latency, Service
from emulator.state.ecs.settings import EcsSettings

REGIONS = ("cn-hangzhou", "cn-shanghai")
SPEED = 60.0
START = 1_795_392_000.0
_NONCES = count()


class Answer(NamedTuple):
    """What came back from a bare HTTP request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[LocalEmulator]:
    service = build_service(
        regions=REGIONS,
        account_id="1234567890123456",
        speed=SPEED,
        start=START,
        seed=1,
        assumptions=Assumptions(describe_lag_seconds=0.0),
        ecs=EcsSettings(),
        keys=access_keys({}),
    )
    with running(service) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: LocalEmulator) -> Iterator[LocalEmulator]:
    """An emptied emulator; a request that the real cloud would not understand fails the test."""
    shared_emulator.run(_begin_anew)
    yield shared_emulator
    complaints = shared_emulator.run(lambda service: list(service.cloud.complaints))
    assert complaints == []


def _begin_anew(service: Service) -> None:
    service.clock.resume()
    service.clock.set_speed(SPEED)
    service.polls.cap = None
    service.latency = Latency()
    service.reset()


@pytest.fixture
def complaints(emulator: LocalEmulator) -> Iterator[Callable[[], list[str]]]:
    """For a test that complains on purpose: read the complaints; they are forgotten after it."""
    yield lambda: emulator.run(lambda service: list(service.cloud.complaints))
    emulator.run(lambda service: service.cloud.complaints.clear())


@pytest.fixture
def url(emulator: LocalEmulator) -> str:
    return emulator.urls[REGIONS[0]]


@pytest.fixture
def fetch() -> Callable[..., Answer]:
    """Make a bare HTTP request; refusals are answers, too."""

    def fetch(
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
        timeout: float = 10.0,
    ) -> Answer:
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
                return Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read())

    return fetch


@pytest.fixture
def control(url: str, fetch: Callable[..., Answer]) -> Callable[..., Any]:
    """Use the control API: a GET, or a POST when there is an order."""

    def control(path: str, order: Mapping[str, Any] | None = None) -> Any:
        body = None if order is None else json.dumps(order).encode()
        answer = fetch(f"{url}/_emulator/{path}", body, {"content-type": "application/json"})
        assert answer.status == 200, answer.body
        return answer.json()

    return control


@pytest.fixture
def call_v1(url: str, fetch: Callable[..., Answer]) -> Callable[..., Answer]:
    """Make an RPC call as old clients do: HMAC-SHA1 over all parameters, with urllib alone."""

    def call(
        method: str,
        action: str,
        params: Mapping[str, str] | None = None,
        *,
        signed_with: str = "emulator-secret",
        late_by: float = 0.0,
        base: str = url,
        body: bytes = b"",
        kind: str = "",
    ) -> Answer:
        flat = {
            "Format": "JSON",
            "Version": "2014-05-26",
            "AccessKeyId": "emulator",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": f"nonce-{next(_NONCES)}",
            "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_now() - late_by)),
            "Action": action,
            **(params or {}),
        }
        inside = _plain(body, kind)
        signed = {**inside, **flat}
        sorted_query = "&".join(f"{_encode(k)}={_encode(signed[k])}" for k in sorted(signed))
        text = f"{method}&%2F&{_encode(sorted_query)}"
        digest = hmac.new(f"{signed_with}&".encode(), text.encode(), hashlib.sha1).digest()
        flat["Signature"] = base64.b64encode(digest).decode()
        if body:
            head = {"Content-Type": kind}
            return fetch(f"{base}/?{urlencode(flat)}", body, headers=head)
        if method == "GET":
            return fetch(f"{base}/?{urlencode(flat)}")
        return fetch(f"{base}/", urlencode(flat).encode())

    return call


def _plain(body: bytes, kind: str) -> dict[str, str]:
    if kind.startswith("application/json"):
        return dict(json.loads(body))
    return dict(parse_qsl(body.decode()))


def _now() -> float:
    """Return the real time in whole seconds; signatures never use the virtual one."""
    return float(calendar.timegm(time.gmtime()))


def _encode(text: str) -> str:
    return quote(text, safe="~")


@pytest.fixture
def call_smq(url: str, fetch: Callable[..., Answer]) -> Callable[..., Answer]:
    """Make a queue request signed by hand; `headers` replace the usual ones, None leaves one out."""

    def call(
        method: str,
        target: str,
        body: bytes = b"",
        *,
        key: str = "emulator",
        signed_with: str = "emulator-secret",
        late_by: float = 0.0,
        timeout: float = 10.0,
        **changes: str | None,
    ) -> Answer:
        usual: dict[str, str | None] = {
            "Date": formatdate(_now() - late_by, usegmt=True),
            "Content-Type": "text/xml",
            "x-mns-version": "2015-06-06",
        }
        headers = {k: v for k, v in {**usual, **changes}.items() if v is not None}
        mns = "".join(f"{k}:{headers[k]}\n" for k in sorted(headers) if k.startswith("x-mns-"))
        date, kind = headers.get("Date", ""), headers.get("Content-Type", "")
        text = f"{method}\n\n{kind}\n{date}\n{mns}{target}"
        digest = hmac.new(signed_with.encode(), text.encode(), hashlib.sha1).digest()
        headers.setdefault("Authorization", f"MNS {key}:{base64.b64encode(digest).decode()}")
        return fetch(f"{url}{target}", body or None, headers, method, timeout)

    return call


@pytest.fixture
def account(url: str) -> Iterator[Account]:
    account = Account(url, "emulator", "emulator-secret")
    yield account
    account.get_client().http.conn.close()


@pytest.fixture
def queue(account: Account) -> Queue:
    """A queue whose bodies are text as sent."""
    queue = account.get_queue("events")
    queue.create(QueueMeta(vis_timeout=30))
    queue.set_encoding(False)
    return queue


@pytest.fixture
def make_config(emulator: LocalEmulator) -> Callable[..., Config]:
    """Make the settings of a new SDK's client that lead to the emulator."""

    def make(region: str = REGIONS[0], **changes: object) -> Config:
        settings: dict[str, object] = {
            "access_key_id": "emulator",
            "access_key_secret": "emulator-secret",
            "endpoint": emulator.urls[region].removeprefix("http://"),
            "protocol": "HTTP",
            "region_id": region,
            "read_timeout": 5000,
            "connect_timeout": 5000,
        }
        return Config(**{**settings, **changes})

    return make
