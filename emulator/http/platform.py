"""The platform's own doings: lets the cloud act when something is due, without any request."""

import asyncio

from emulator.http.service import Service

# A due time that is reached by rounding only must not make the loop spin.
_SHORTEST_SLEEP_SECONDS = 0.001


class Platform:
    """Sleeps until the cloud's next due time, in real seconds, and lets it act."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._changed = asyncio.Event()
        self._sleeping_until: float | None = None
        service.on_change = self._changed.set

    def look_again(self) -> None:
        """Wake up early if a request planned something before the present waking time."""
        due = self._service.cloud.next_due()
        if due is not None and (self._sleeping_until is None or due < self._sleeping_until):
            self._changed.set()

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            self._changed.clear()
            timeout = self._act()
            try:
                await asyncio.wait_for(self._changed.wait(), timeout)
            except asyncio.TimeoutError:
                continue

    def _act(self) -> float | None:
        """Do what is due and return the real seconds until the next thing is."""
        now = self._service.now()
        due = self._service.cloud.next_due()
        self._sleeping_until = due
        if due is None:
            return None
        real = self._service.clock.real_seconds(due - now)
        return None if real is None else max(real, _SHORTEST_SLEEP_SECONDS)
