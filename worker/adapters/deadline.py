"""A bound on a whole call to the cloud, and not only on each silence in it.

The timeout of a socket begins anew with every byte, so that a peer which sends one byte now and
then keeps its caller for ever. Here reading has an end: inside `within` no answer is read beyond it.
It is tied to the calling thread, because that is what both SDKs make their calls on, and enters
through `http.client`, which both of them use.
"""

import http.client
import io
import math
import socket
import threading
import time
from typing import Any, Final

from typing_extensions import override


class _End(threading.local):
    """When the call of this thread must be over, on the monotonic clock."""

    at: float = math.inf


_END: Final = _End()


class _Within:
    """What `within` opens: a class, for it is entered around every call and a generator is dearer."""

    __slots__ = ("_before", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._before = _END.at
        _END.at = min(self._before, time.monotonic() + self._seconds)

    def __exit__(self, *_: object) -> None:
        _END.at = self._before


def within(seconds: float) -> _Within:
    """Let the calls of this thread inside the block read no answer beyond `seconds` real seconds."""
    return _Within(seconds)


def left() -> float:
    """Return the real seconds that this thread's call still has; infinite outside of `within`.

    Raises:
        TimeoutError: They are over.
    """
    seconds = _END.at - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time for the whole call is over")
    return seconds


class Response(http.client.HTTPResponse):
    """An answer that is not read for longer than the call may last."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Source(sock), *args, **kwargs)  # type: ignore[arg-type]


class _Source:
    """Makes the file that an answer is read from."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        raw = self._sock.makefile(mode, buffering=0)  # type: ignore[call-overload]
        return io.BufferedReader(_Bounded(raw, self._sock))


class _Bounded(io.RawIOBase):
    """Reads from a socket's file, each time with a timeout of at most what is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any, /) -> int | None:
        silence = self._sock.gettimeout()
        seconds = min(left(), math.inf if silence is None else silence)
        if seconds != silence and seconds < math.inf:
            self._sock.settimeout(seconds)
        return self._sock.recv_into(buffer)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class Connection(http.client.HTTPConnection):
    """What the SMQ SDK talks through over http.

    The SDK's own has one timeout for everything, and over https none at all.

    Args:
        host: Host, with a port where it is not the usual one.
        connect_seconds: Real seconds to wait for a connection.

    Attributes:
        patience: Real seconds of silence after which an answer is given up.
    """

    response_class = Response
    # The SDK reads off its connection how much it has sent; nobody asks for it here.
    request_length = 0

    def __init__(self, host: str, *, connect_seconds: float) -> None:
        super().__init__(host, timeout=connect_seconds)
        self.patience = connect_seconds
        self._connect_seconds = connect_seconds

    def be_patient(self, seconds: float) -> None:
        """Set for how long an answer may be silent, on an open connection, too."""
        self.patience = seconds
        # It is a call to the operating system.
        if self.sock is not None and self.sock.gettimeout() != seconds:
            self.sock.settimeout(seconds)

    @override
    def connect(self) -> None:
        self.timeout = min(self._connect_seconds, left())
        super().connect()
        self.sock.settimeout(min(self.patience, left()))


class SecureConnection(Connection, http.client.HTTPSConnection):
    """The same over https; the handshake has the time of a connection once more."""
