"""Port `Limiter`: after a refusal for rate, everybody waits for the next minute.

ECS counts calls per account, region, API and calendar minute, and refuses until the minute is
over; the sum is shared with consoles and other tools. Source: "API throttling" of ECS.

    open --throttled--> blocked until the next minute --one probe--> open | blocked again
"""

import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import ports

MINUTE: Final = 60.0
# Clocks differ a little; a call at the very start of our minute may still be in the cloud's last.
_MARGIN_SECONDS: Final = 0.5
_SPREAD_SECONDS: Final = 2.0
# A probe whose answer was lost is not waited for any longer.
_PROBE_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Gate:
    """One API that was refused.

    Attributes:
        opens_at: Start of the minute from which a probe may be tried.
        probe_until: Until when the probe's answer is waited for; None when none is out.
    """

    opens_at: float
    probe_until: float | None = None


class CalendarMinuteLimiter(ports.Limiter):
    """Remembers the refused APIs of one region; safe to share between threads.

    Args:
        rng: Spreads the waiting calls over the first seconds of the minute.
    """

    def __init__(self, rng: random.Random) -> None:
        self._spread: Callable[[float, float], float] = rng.uniform
        self._lock = threading.Lock()
        self._gates: dict[str, _Gate] = {}

    @override
    def admit(self, api: str, now: float) -> float | None:
        with self._lock:
            gate = self._gates.get(api)
            if gate is None:
                return None
            if now < gate.opens_at:
                return self._after(gate.opens_at)
            if gate.probe_until is not None and now < gate.probe_until:
                return self._after(now)
            gate.probe_until = now + _PROBE_SECONDS
            return None

    @override
    def succeeded(self, api: str, now: float) -> None:
        with self._lock:
            gate = self._gates.get(api)
            # An answer to a call from before the refusal says nothing about the new minute.
            if gate is not None and gate.probe_until is not None and now >= gate.opens_at:
                del self._gates[api]

    @override
    def throttled(self, api: str, now: float) -> float:
        with self._lock:
            next_minute = (math.floor(now / MINUTE) + 1) * MINUTE + _MARGIN_SECONDS
            self._gates[api] = _Gate(next_minute)
            return self._after(next_minute)

    def blocked(self) -> dict[str, float]:
        """Return the time from which each refused API may be tried, epoch seconds."""
        with self._lock:
            return {api: gate.opens_at for api, gate in self._gates.items()}

    def _after(self, instant: float) -> float:
        return instant + self._spread(0.0, _SPREAD_SECONDS)
