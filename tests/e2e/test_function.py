"""The function as a process: the original's local test, killed instances, credentials that change."""

import contextlib
import http.client
import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.e2e.conftest import Installation, Running
from tests.e2e.surroundings import environment
from tests.e2e.test_worker import OURS, assert_one_of_each, reclaim, replacements

INVOKE_SECONDS = 90.0


def function(installation: Installation) -> tuple[Running, str]:
    running = installation.start(
        "worker.function", "--config", str(installation.config), "--port", "0"
    )
    said = running.until(lambda line: line.startswith("Waiting for POST "))
    return running, said.removeprefix("Waiting for POST ")


def ask(url: str, body: bytes, *, path: str = "", **headers: str) -> tuple[int, str, Any]:
    """Invoke, and return the status, what the platform goes by, and the answer."""
    host, _, place = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=INVOKE_SECONDS)
    try:
        connection.request("POST", path or f"/{place}", body, headers)
        answer = connection.getresponse()
        return answer.status, str(answer.headers["x-fc-status"]), json.loads(answer.read())
    finally:
        connection.close()


def ask_the_dead(url: str, body: bytes) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        ask(url, body)


def event(source: str) -> bytes:
    return json.dumps({"instanceId": source, "action": "delete"}).encode()


def call_until_over(installation: Installation, url: str) -> None:
    """Come by as a timer does, until the queue is empty."""
    timer = b'{"triggerTime": "", "triggerName": "sweep", "payload": ""}'
    for _ in range(60):
        ask(url, timer)
        if not any(len(queue["messages"]) for queue in installation.look("queues")):
            return
        # To the next time of the timer.
        installation.order("clock", advance=10.0)
    raise AssertionError(installation.look("queues"))


def test_the_local_test_of_the_original(installation: Installation) -> None:
    """`curl -d @event.json http://127.0.0.1:PORT/invoke`: the event alone starts the recovery."""
    curl = shutil.which("curl")
    assert curl is not None, "curl is missing; install it (Debian and Ubuntu: apt-get install curl)"
    _, url = function(installation)
    source = reclaim(installation)

    done = subprocess.run(  # noqa: S603
        [curl, "--silent", "--noproxy", "*", "--fail", "-d", event(source).decode(), url],
        capture_output=True,
        encoding="utf-8",
        timeout=INVOKE_SECONDS,
        check=True,
    )
    call_until_over(installation, url)

    assert json.loads(done.stdout)["delivered"] == 1
    assert_one_of_each(installation)


def test_people_are_told_before_an_invocation_ends(installation: Installation) -> None:
    """An instance is frozen after its answer: what waits for a channel goes out before."""
    heard: list[dict[str, Any]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        urls = installation.directory / "channels"
        urls.write_text(f"json://127.0.0.1:{server.server_address[1]}/\n", "utf-8")
        settings = json.loads(installation.config.read_text("utf-8"))
        settings["notify"] = {"urls_file": str(urls), "kinds": ["started", "parked"]}
        installation.config.write_text(json.dumps(settings), "utf-8")
        _, url = function(installation)

        ask(url, "这不是事件".encode())
        parked = list(heard)
        ask(url, event(reclaim(installation)))
        server.shutdown()

    assert len(parked) == 1
    assert len(heard) == 2


def test_a_killed_instance_costs_time_and_nothing_else(installation: Installation) -> None:
    """kill -9 in the middle of an invocation: the next instance goes on from the queue."""
    first, url = function(installation)
    source = reclaim(installation)
    doomed = threading.Thread(target=ask_the_dead, args=(url, event(source)))
    doomed.start()
    first.until_fact("mark", what="image accepted")
    first.popen.kill()
    doomed.join(INVOKE_SECONDS)

    _, url = function(installation)
    call_until_over(installation, url)

    assert_one_of_each(installation)


def test_credentials_of_each_request_count(installation: Installation) -> None:
    """Wrong ones fail that invocation and no other: nothing of them is kept."""
    _, url = function(installation)
    wrong = {
        "x-fc-access-key-id": "nobody",
        "x-fc-access-key-secret": "not-the-secret",
        "x-fc-request-id": "r-1",
    }

    refused = ask(url, b"", **wrong)
    taken = ask(
        url,
        b"",
        **{**wrong, "x-fc-access-key-id": "emulator"}
        | {"x-fc-access-key-secret": "emulator-secret"},
    )
    plain = ask(url, b"")

    assert refused[:2] == (500, "404")
    assert "not-the-secret" not in json.dumps(refused)
    assert taken[:2] == plain[:2] == (200, "200")


def test_what_is_no_invocation_is_refused_with_the_way(installation: Installation) -> None:
    """A wrong path and a payload too large for any trigger are told in one sentence."""
    _, url = function(installation)

    assert ask(url, b"{}", path="/other")[0] == 404
    assert ask(url, b"", path="/initialize")[:2] == (200, "200")
    assert ask(url, b"x" * 131_073)[0] == 413


def test_unreadable_payloads_are_parked_by_the_function_itself(installation: Installation) -> None:
    """Nothing is dropped: the body is in the dead-letter queue with the reason."""
    _, url = function(installation)

    status, _, answer = ask(url, "这不是事件".encode())

    assert (status, answer["delivered"], answer["parked"]) == (200, 1, 1)
    held = {queue["name"]: queue["messages"] for queue in installation.look("queues")}
    assert len(held["spot-interruptions-dead"]) == 1


def test_the_handler_of_the_built_in_runtimes_does_the_same(
    installation: Installation, tmp_path: Path
) -> None:
    """`handler(event, context)` with bytes, in a fresh interpreter, as the platform calls it."""
    source = reclaim(installation)
    program = tmp_path / "fake_runtime.py"
    program.write_text(
        "import sys, types\n"
        "from worker.function import handler\n"
        "context = types.SimpleNamespace(request_id='r', function=types.SimpleNamespace(timeout=660))\n"
        f"print(handler({event(source)!r}, context))\n"
        "for _ in range(60):\n"
        "    answer = handler(b'', context)\n",
        "utf-8",
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(program)],
        capture_output=True,
        env={**environment(), "ALIYUN_OPS_CONFIG": str(installation.config)},
        encoding="utf-8",
        timeout=INVOKE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["delivered"] == 1
    assert any(OURS in one["tags"] for one in installation.look("images"))
    assert len(replacements(installation)) <= 1
