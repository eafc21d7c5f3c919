"""Refusal for rate: by the calendar minute, or by a bucket that refills.

Source: "API throttling": what is throttled in a minute is refused until the next one begins. The
bucket is the other reading; see `Assumptions.ecs_throttle`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.state.errors import ApiError

MINUTE = 60.0


@dataclass(slots=True)
class Throttle:
    """Counts the calls of each API of one region.

    Attributes:
        limits: Calls in a minute by API; a bucket holds as many and refills in a minute.
        default: The same for all others; None means unlimited.
        is_bucket: Which of the two it is.
    """

    limits: Mapping[str, int]
    default: int | None
    is_bucket: bool = False
    _minute: int = -1
    _calls: dict[str, int] = field(default_factory=dict)
    _level: dict[str, tuple[float, float]] = field(default_factory=dict)

    def admit(self, action: str, now: float) -> None:
        """Count one call.

        Raises:
            ApiError: The API has used up its minute, or its bucket is empty.
        """
        limit = self.limits.get(action, self.default)
        if limit is None:
            return
        fits = (
            self._drips(action, limit, now) if self.is_bucket else self._counts(action, limit, now)
        )
        if not fits:
            raise ApiError(400, "Throttling.User", "Request was denied due to user flow control.")

    def _counts(self, action: str, limit: int, now: float) -> bool:
        minute = int(now // MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._calls.clear()
        self._calls[action] = calls = self._calls.get(action, 0) + 1
        return calls <= limit

    def _drips(self, action: str, limit: int, now: float) -> bool:
        level, since = self._level.get(action, (float(limit), now))
        level = min(level + (now - since) * limit / MINUTE, float(limit))
        fits = level >= 1.0
        self._level[action] = (level - 1.0 if fits else level, now)
        return fits
