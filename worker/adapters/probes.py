"""Port `Probes`: whether a server answers from where the worker runs; one try, bounded, no proxy."""

import http.client
import os
import socket
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters import deadline

_OK: Final = range(200, 400)


@dataclass(frozen=True, slots=True)
class NetworkProbes(ports.Probes):
    """Port `Probes` over the network of this machine."""

    clock: ports.Clock

    @override
    def tcp(self, address: str, port: int, *, within: float) -> str:
        seconds = self.clock.real_seconds(within)
        try:
            with socket.create_connection((address, port), timeout=seconds):
                return ""
        except OSError as error:
            return _word(error)

    @override
    def http(self, address: str, port: int, path: str, *, within: float) -> str:
        seconds = self.clock.real_seconds(within)
        connection = _Connection(address, port, timeout=seconds)
        try:
            with deadline.within(seconds):
                connection.request("GET", path, headers={"Connection": "close"})
                status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return _word(error)
        finally:
            connection.close()
        # What the page says is nobody's business here: only its status is read.
        return "" if status in _OK else f"HTTP {status}"


class _Connection(http.client.HTTPConnection):
    """A connection that reads no longer than the try may last, however slowly it is answered."""

    response_class = deadline.Response


def _word(error: OSError | http.client.HTTPException) -> str:
    """Say why in the system's own words, which tell nothing of what was sent."""
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    return type(error).__name__
