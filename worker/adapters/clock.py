"""Port `Clock`: the machine's time, or the emulator's, which may run faster."""

import contextlib
import ipaddress
import json
import math
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from typing_extensions import override

from worker import ports

_TIMEOUT_SECONDS: Final = 5.0
_ANSWER_BYTES_MAX: Final = 4096
# An answer's way home takes a while; less than this is not worth a jump.
_TOLERATED_SECONDS: Final = 2.0


class RealClock(ports.CorrectedClock):
    """The time of the operating system, corrected when the cloud tells another one."""

    def __init__(self, *, system: Callable[[], float] = time.time) -> None:
        self._system = system
        self._offset = 0.0

    @override
    def now(self) -> float:
        return self._system() + self._offset

    @override
    def learn(self, told: float, *, asked_at: float) -> float:
        now = self.now()
        off = told - min(max(told, asked_at), now)
        if abs(off) <= _TOLERATED_SECONDS:
            return 0.0
        self._offset += off
        return off

    @override
    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass(frozen=True, slots=True)
class _Line:
    """Virtual time as a line through one reading."""

    read_at: float
    virtual: float
    speed: float


class EmulatorClock(ports.CorrectedClock):
    """The time of a running emulator, read once and continued from the machine's own clock.

    Args:
        url: Address of the emulator, on this machine, over http.
        monotonic: Source of real seconds.

    Raises:
        ValueError: The address is not one of this machine, or the answer is not a clock's.
        OSError: The emulator does not answer.
    """

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        if not is_loopback(url):
            raise ValueError(f"the emulator's clock is asked on this machine only, not at {url}")
        self._url = f"{url.rstrip('/')}/_emulator/clock"
        self._monotonic = monotonic
        self._line = self._read()

    def reanchor(self) -> None:
        """Read again, after somebody paused the emulator, moved it on or changed its speed."""
        self._line = self._read()

    def refresh(self) -> None:
        """Do the same where an emulator that does not answer is no failure."""
        with contextlib.suppress(OSError, ValueError):
            self.reanchor()

    @override
    def now(self) -> float:
        line = self._line
        return line.virtual + line.speed * (self._monotonic() - line.read_at)

    @override
    def learn(self, told: float, *, asked_at: float) -> float:
        """Read the emulator's clock again: somebody may have paused it or moved it on."""
        self.refresh()
        return 0.0

    @override
    def real_seconds(self, seconds: float) -> float:
        """Convert a duration; while the emulator is paused, virtual seconds count as real ones."""
        return seconds / self._line.speed if self._line.speed > 0 else seconds

    def _read(self) -> _Line:
        # No proxy: the environment's is for the outside.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        asked_at = self._monotonic()
        with opener.open(self._url, timeout=_TIMEOUT_SECONDS) as answer:
            text = answer.read(_ANSWER_BYTES_MAX)
        # The reading was taken at some time between the question and the answer.
        read_at = (asked_at + self._monotonic()) / 2
        return _line(text, read_at)


def is_loopback(url: str) -> bool:
    """Tell whether an http URL names this machine."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname is None:
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


def _line(text: bytes, read_at: float) -> _Line:
    body = json.loads(text)
    answer: dict[str, object] = body if isinstance(body, dict) else {}
    virtual, speed = _finite(answer.get("now")), _finite(answer.get("speed"))
    if virtual is None or speed is None or speed < 0:
        raise ValueError("the emulator's clock did not answer with `now` and `speed`")
    return _Line(read_at, virtual, speed)


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
