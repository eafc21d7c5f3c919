"""`aliyun-ops notify test`, against a receiver on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from tests.unit.test_cli import run

SECRET = "a-token-that-nobody-may-see"


class Receiver(BaseHTTPRequestHandler):
    """Takes everything under /good and refuses the rest."""

    def do_POST(self) -> None:
        self.server.heard.append(  # type: ignore[attr-defined]
            json.loads(self.rfile.read(int(self.headers["content-length"])))
        )
        self.send_response(200 if self.path.startswith("/good") else 403)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def receiver() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def config(tmp_path: Any) -> str:
    file = tmp_path / "config.yaml"
    file.write_text("owner: good\n", encoding="utf-8")
    return str(file)


def test_each_channel_is_tried_and_told(receiver: ThreadingHTTPServer, config: str) -> None:
    at = f"json://127.0.0.1:{receiver.server_address[1]}"
    urls = f"{at}/good/{SECRET} {at}/bad/{SECRET} nosuch://{SECRET}"
    done = run("notify", "test", "--config", config, ALIYUN_OPS_NOTIFY_URLS=urls, NO_PROXY="*")

    assert done.exit_code == 1
    assert "channel 1 (json): sent" in done.output
    assert "channel 2 (json): failed: HTTP 403" in done.output
    assert "channel 3 (nosuch): not an address that can be used" in done.output
    assert "not sent: 3 (nosuch), 2 (json)" in done.output
    assert SECRET not in done.output
    assert "This is a test" in receiver.heard[0]["title"]  # type: ignore[attr-defined]


def test_a_dry_run_shows_the_text_and_sends_nothing(
    receiver: ThreadingHTTPServer, config: str
) -> None:
    urls = f"json://127.0.0.1:{receiver.server_address[1]}/good/{SECRET}"
    done = run(
        *("notify", "test", "--config", config, "--kind", "parked", "--dry-run"),
        *("--language", "zh"),
        ALIYUN_OPS_NOTIFY_URLS=urls,
    )

    assert done.exit_code == 0
    assert "需要人工处理" in done.output
    assert "aliyun-ops dlq replay" in done.output
    assert receiver.heard == []  # type: ignore[attr-defined]


def test_without_a_channel_it_says_how_to_name_one(config: str) -> None:
    done = run("notify", "test", "--config", config)

    assert done.exit_code == 2
    assert "ALIYUN_OPS_NOTIFY_URLS" in done.output
