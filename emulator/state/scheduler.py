"""Things that the cloud does by itself later, run in the order of their time."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

Action = Callable[[float], None]


@dataclass(slots=True)
class Timer:
    """A planned action; `cancel` makes it a no-op."""

    due: float
    action: Action | None

    def cancel(self) -> None:
        self.action = None


@dataclass(slots=True)
class Scheduler:
    """A heap of timers; equal times run in the order in which they were planned."""

    _heap: list[tuple[float, int, Timer]] = field(default_factory=list)
    _planned: int = 0

    def at(self, due: float, action: Action) -> Timer:
        """Plan `action(due)` for the instant `due` (epoch seconds)."""
        timer = Timer(due, action)
        self._planned += 1
        heapq.heappush(self._heap, (due, self._planned, timer))
        return timer

    def next_due(self) -> float | None:
        """Tell when the next live timer is due, or None when nothing is planned."""
        while self._heap and self._heap[0][2].action is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def run(self, now: float) -> None:
        """Run everything due up to and including `now`, each with its own due time."""
        while (due := self.next_due()) is not None and due <= now:
            timer = heapq.heappop(self._heap)[2]
            action, timer.action = timer.action, None
            if action is not None:
                action(due)
