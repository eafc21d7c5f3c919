"""The HTTP face of a custom runtime: `POST /invoke` with the payload as it is.

One invocation at a time, as the platform calls an instance. Credentials come with each request.
Source: Function Compute, "Event handlers of custom runtimes" and "Common request headers".
"""

import contextlib
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from typing_extensions import override

# Source: Function Compute, limits of asynchronous invocations: 128 KB.
PAYLOAD_BYTES_MAX: Final = 131_072
_SOCKET_SECONDS: Final = 10.0
_KEYS: Final = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "x-fc-access-key-id",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "x-fc-access-key-secret",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "x-fc-security-token",
}

# Payload, request id, timeout in seconds and credentials in; the answer out.
Invoke = Callable[[bytes, str, float | None, dict[str, str]], str]


class Refused(Exception):
    """A request that is not an invocation."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def serve(
    invoke: Invoke,
    *,
    host: str,
    port: int,
    expected: type[Exception],
    ready: Callable[[str], None],
) -> None:
    """Serve until the process is told to end.

    Args:
        invoke: Carries an invocation out.
        host: Address to listen on.
        port: Port; 0 takes a free one.
        expected: What `invoke` raises when it fails as it may; its text goes to the caller.
        ready: Told the address once it listens.

    Raises:
        OSError: The address cannot be listened on.
    """

    class Handler(_Handler):
        carry_out = staticmethod(invoke)
        failures = expected

    with HTTPServer((host, port), Handler) as server:
        bound = server.server_address
        ready(f"http://{bound[0]!s}:{bound[1]}")
        server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    carry_out: Invoke
    failures: type[Exception]
    timeout = _SOCKET_SECONDS
    server_version = "aliyun-ops"
    sys_version = ""

    def do_POST(self) -> None:
        """Carry out an invocation; `/initialize` has nothing to do."""
        path = self.path.partition("?")[0]
        if path == "/initialize":
            self._say(200, "{}")
        elif path == "/invoke":
            self._invoke()
        else:
            self._fail(404, f"there is no {path[:80]}; invocations go to POST /invoke")

    def do_GET(self) -> None:
        """Tell the way."""
        self._fail(404, "invocations go to POST /invoke")

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: an invocation has lines of its own."""

    def _invoke(self) -> None:
        try:
            payload = self._payload()
        except Refused as refused:
            self._fail(refused.status, str(refused))
            return
        keys = {name: self.headers.get(header, "") for name, header in _KEYS.items()}
        request = self.headers.get("x-fc-request-id", "")
        timeout = _seconds(self.headers.get("x-fc-function-timeout", ""))
        try:
            answer = self.carry_out(payload, request, timeout, keys)
        except self.failures as failure:
            self._fail(500, str(failure))
        else:
            self._say(200, answer)

    def _payload(self) -> bytes:
        length = self.headers.get("content-length", "")
        if not length.isascii() or not length.isdigit():
            raise Refused(411, "the request tells no content-length")
        if int(length) > PAYLOAD_BYTES_MAX:
            raise Refused(413, f"the payload is larger than {PAYLOAD_BYTES_MAX} bytes")
        payload = self.rfile.read(int(length))
        if len(payload) < int(length):
            raise Refused(400, "the payload is shorter than its content-length")
        return payload

    def _fail(self, status: int, sentence: str) -> None:
        self._say(status, json.dumps({"error": sentence}, ensure_ascii=False))

    def _say(self, status: int, text: str) -> None:
        body = (text + "\n").encode()
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("content-type", "application/json; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            # Without it the platform may take a failure for a success.
            self.send_header("x-fc-status", "200" if status == 200 else "404")  # noqa: PLR2004
            self.end_headers()
            self.wfile.write(body)


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and int(text) > 0 else None
