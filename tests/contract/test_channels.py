"""Channels over HTTP: what counts as sent, what as a failure, and what is never seen of an address."""

import importlib
import io
import json
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from worker.adapters.channels import MESSAGE_BYTES_MAX, clipped, open_channels, secrets_of
from worker.adapters.clock import RealClock
from worker.adapters.telemetry import StructlogTelemetry
from worker.core.notices import Kind, Message

TOKEN = "abcdef0123456789abcdef0123456789"
MESSAGE = Message(Kind.PARKED, "需要人工处理：web-01", "To do: look.\nThen: aliyun-ops dlq list")
# Where each of the kinds that answer 200 on failure has its address.
MODULES = {
    "dingtalk": ("apprise.plugins.dingtalk", "NotifyDingTalk"),
    "feishu": ("apprise.plugins.feishu", "NotifyFeishu"),
    "lark": ("apprise.plugins.lark", "NotifyLark"),
    "wecombot": ("apprise.plugins.wecombot", "NotifyWeComBot"),
}
# As the plugins fill them in.
PATHS = {
    "dingtalk": "robot/send?access_token={token}",
    "feishu": "hook/{token}/",
    "lark": "hook/",
    "wecombot": "send?key={key}",
}


@dataclass
class Robot:
    """A robot's server on this machine, which answers what it is told to."""

    status: int = 200
    answer: str = "{}"
    heard: list[Any] = field(default_factory=list)
    port: int = 0

    def handler(self) -> type[BaseHTTPRequestHandler]:
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                robot.heard.append(json.loads(self.rfile.read(length)))
                body = robot.answer.encode()
                self.send_response(robot.status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler


@pytest.fixture
def robot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Robot]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    made = Robot()
    server = ThreadingHTTPServer(("127.0.0.1", 0), made.handler())
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send_by(kind: str, robot: Robot, monkeypatch: pytest.MonkeyPatch) -> str:
    """Send through the real plugin of a kind, its address turned to the local server."""
    module, name = MODULES[kind]
    plugin = getattr(importlib.import_module(module), name)
    address = f"http://127.0.0.1:{robot.port}/{PATHS[kind]}"
    monkeypatch.setattr(plugin, "notify_url", address)
    (channel,), unusable = open_channels([f"{kind}://{TOKEN}/"])
    assert unusable == ()
    assert channel.label == f"1 ({kind})"
    return channel.send(MESSAGE)


def code_of(kind: str) -> str:
    return "code" if kind in {"feishu", "lark"} else "errcode"


@pytest.mark.parametrize("kind", list(MODULES))
def test_taken(kind: str, robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code 0 is a success, and the text has arrived, Chinese and all."""
    robot.answer = json.dumps({code_of(kind): 0, "msg": "ok"})

    assert send_by(kind, robot, monkeypatch) == ""

    assert MESSAGE.title in json.dumps(robot.heard, ensure_ascii=False)
    assert "aliyun-ops dlq list" in json.dumps(robot.heard)


@pytest.mark.parametrize("kind", list(MODULES))
def test_refused_with_status_200(kind: str, robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code in the body of a 200 is a failure, and the code is told."""
    robot.answer = json.dumps({code_of(kind): 130101, "errmsg": f"send too fast {TOKEN}"})

    assert send_by(kind, robot, monkeypatch) == f"{code_of(kind)} 130101"


@pytest.mark.parametrize("answer", ["<html>Log in</html>", "[]", '{"hello": 1}'])
def test_an_answer_that_is_not_the_robots(
    answer: str, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of something between here and there is no success."""
    robot.answer = answer

    assert send_by("dingtalk", robot, monkeypatch) == "HTTP 200 without errcode"


def test_a_server_error(robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
    robot.status = 500

    assert send_by("wecombot", robot, monkeypatch) == "HTTP 500"


def test_a_webhook_is_judged_by_its_status(robot: Robot) -> None:
    """What a receiver of one's own answers in its body is its own business."""
    robot.answer = '{"code": 200}'
    (channel,), _ = open_channels([f"json://127.0.0.1:{robot.port}/{TOKEN}"])

    assert channel.send(MESSAGE) == ""

    robot.status = 503
    assert channel.send(MESSAGE) == "HTTP 503"


def test_a_black_hole_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and never answers costs a time-out."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as hole:
        port = hole.getsockname()[1]
        (channel,), _ = open_channels([f"json://127.0.0.1:{port}/{TOKEN}?rto=0.1&cto=0.1"])

        assert channel.send(MESSAGE) == "ReadTimeout"

    assert channel.send(MESSAGE) == "ConnectionError"


def test_addresses_as_copied_from_the_robots_page() -> None:
    urls = [
        f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}",
        f"https://open.feishu.cn/open-apis/bot/v2/hook/{TOKEN}",
        f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={TOKEN}",
    ]

    channels, unusable = open_channels(urls)

    assert len(channels) == 3
    assert unusable == ()
    assert [one.label for one in channels][:2] == ["1 (dingtalk)", "2 (feishu)"]


def test_what_is_no_address_is_named_by_its_number() -> None:
    channels, unusable = open_channels([f"dingtalk://{TOKEN}-bad_{TOKEN}!/", TOKEN, "nosuch://x"])

    assert channels == ()
    assert unusable == ("1 (dingtalk)", "2 (unknown)", "3 (nosuch)")


def test_no_token_in_any_log(
    robot: Robot, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither our lines nor those of the libraries, at whatever level, show an address."""
    seen = io.StringIO()
    handler = logging.StreamHandler(seen)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        for answer in ('{"errcode": 0, "code": 0}', '{"errcode": 1, "code": 1}', "no"):
            robot.answer = answer
            for kind in MODULES:
                send_by(kind, robot, monkeypatch)
        open_channels([f"dingtalk://{TOKEN}!bad/"])
        robot.port = 1  # where nobody listens
        for kind in MODULES:
            assert send_by(kind, robot, monkeypatch) == "ConnectionError"
    finally:
        root.removeHandler(handler)
        root.setLevel(level)

    said = seen.getvalue() + "".join(capfd.readouterr())
    assert TOKEN not in said


def test_telemetry_hides_parts_of_an_address() -> None:
    """Should one get into a line after all, it is not to be read there."""
    stream = io.StringIO()
    hidden = secrets_of([f"dingtalk://SECabcdefghijkl@{TOKEN}/"])
    telemetry = StructlogTelemetry(RealClock(), stream=stream, as_json=True, secrets=lambda: hidden)

    telemetry.event("notify_failed", reason=f"POST /robot/send?access_token={TOKEN}")

    assert TOKEN not in stream.getvalue()
    assert "notify_failed" in stream.getvalue()


def test_texts_are_cut_by_bytes() -> None:
    """2,048 bytes are what WeCom takes, and a Chinese character has three."""
    title, body = clipped("题" * 1_000, "文" * 3_000)

    assert len(f"{title}\r\n{body}".encode()) <= MESSAGE_BYTES_MAX
    assert title.endswith("题...")
    assert body.endswith("文...")
    assert clipped("a", "b") == ("a", "b")
