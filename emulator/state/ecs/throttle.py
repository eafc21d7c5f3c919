"""Refusal by the calendar minute.

Source: "API throttling": what is throttled in a minute is refused until the next one begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.state.errors import ApiError

MINUTE = 60.0


@dataclass(slots=True)
class Throttle:
    """Counts the calls of each API of one region."""

    limits: Mapping[str, int]
    default: int | None
    _minute: int = -1
    _calls: dict[str, int] = field(default_factory=dict)

    def admit(self, action: str, now: float) -> None:
        """Count one call.

        Raises:
            ApiError: The API has used up its minute.
        """
        limit = self.limits.get(action, self.default)
        if limit is None:
            return
        minute = int(now // MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._calls.clear()
        self._calls[action] = calls = self._calls.get(action, 0) + 1
        if calls > limit:
            raise ApiError(400, "Throttling.User", "Request was denied due to user flow control.")
