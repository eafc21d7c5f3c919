"""One HTTP request with the connection it came on, so that answers can be given or withheld."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Far above what a queue message (64 KB, batches included) or an RPC form may hold.
MAX_BODY_BYTES = 2 * 1024 * 1024

_NO_BODY_STATUS = 204


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived.

    Attributes:
        method: HTTP method.
        path: Path as sent, still percent-encoded.
        query: Query string as sent.
        headers: Header values by lower-case name.
        body: The whole body; empty when it is too large.
        too_large: Whether the body passes `MAX_BODY_BYTES`: larger than anything that the cloud
            accepts, and not read to its end.
    """

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    body: bytes
    too_large: bool = False

    @property
    def target(self) -> str:
        """The request target as sent: what SMQ signatures cover."""
        return f"{self.path}?{self.query.decode('latin-1')}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before it is sent.

    Attributes:
        status: HTTP status.
        body: The body; empty for 204.
        headers: Further headers, names in lower case.
        code: Provider code of a refusal, else empty.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    code: str = ""


class Exchange:
    """The connection's side of one request."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, real_now: Callable[[], float]
    ) -> None:
        self._real_now = real_now
        self._scope = scope
        self._receive = receive
        self._send = send
        self._gone: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The local port that the request came to."""
        return int(self._scope["server"][1])

    async def read(self) -> Request:
        """Read the whole request.

        Raises:
            ConnectionError: The client went away in the middle.
        """
        headers: dict[str, str] = {}
        for raw_name, raw_value in self._scope["headers"]:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        body = await self._read_body()
        return Request(
            method=self._scope["method"],
            path=_origin_form(self._scope["raw_path"].decode("latin-1")),
            query=self._scope["query_string"],
            headers=headers,
            body=body or b"",
            too_large=body is None,
        )

    async def _read_body(self) -> bytes | None:
        """Return the body, or None as soon as it is too large."""
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client went away before its request was complete")
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > MAX_BODY_BYTES:
                return None
            if not message.get("more_body", False):
                return b"".join(chunks)

    def gone(self) -> asyncio.Task[None]:
        """Return a task that ends when the client closes the connection."""
        if self._gone is None:
            self._gone = asyncio.create_task(self._await_disconnect())
        return self._gone

    async def _await_disconnect(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def answer(self, reply: Reply) -> None:
        """Send the answer."""
        await self._start(reply, len(reply.body))
        await self._send({"type": "http.response.body", "body": reply.body})

    async def truncate(self, reply: Reply) -> None:
        """Send half of the answer and close the connection."""
        await self._start(reply, len(reply.body) + 2)
        half = reply.body[: len(reply.body) // 2]
        await self._send({"type": "http.response.body", "body": half, "more_body": True})
        self._transport.close()
        await self.gone()

    async def drop(self) -> None:
        """Close the connection without an answer."""
        self._transport.abort()
        await self.gone()

    def release(self) -> None:
        """Stop watching the connection."""
        if self._gone is not None:
            self._gone.cancel()

    async def _start(self, reply: Reply, length: int) -> None:
        headers = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in reply.headers]
        headers.append((b"date", formatdate(self._real_now(), usegmt=True).encode("ascii")))
        if reply.status != _NO_BODY_STATUS:
            headers.append((b"content-length", str(length).encode()))
        await self._send(
            {"type": "http.response.start", "status": reply.status, "headers": headers}
        )

    @property
    def _transport(self) -> asyncio.Transport:
        transport: asyncio.Transport = self._scope["state"]["transport"]
        return transport


def _origin_form(path: str) -> str:
    """Strip scheme and host, which clients send that take the emulator for their proxy."""
    if path.startswith("/"):
        return path
    return "/" + path.partition("://")[2].partition("/")[2]
