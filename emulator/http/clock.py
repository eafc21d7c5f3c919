"""The emulator's time: virtual = start + speed x elapsed real time."""

from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ClockReading:
    """A line through virtual time; valid until somebody jumps, pauses or changes the speed.

    Attributes:
        start: Virtual epoch seconds at the line's beginning.
        speed: Virtual seconds per real second; 0 while paused.
        elapsed_real: Real seconds since the line's beginning.
        now: Virtual epoch seconds, `start + speed * elapsed_real`.
    """

    start: float
    speed: float
    elapsed_real: float
    now: float


class VirtualClock:
    """Runs at a multiple of real time, can be paused and can jump ahead; never goes back.

    Every change begins a new line at the present instant, so that the formula above always holds
    for the values last read.

    Args:
        start: Virtual epoch seconds of the beginning.
        speed: Virtual seconds per real second, positive.
        monotonic: Source of real seconds.

    Attributes:
        on_change: Called after every jump, pause, resumption and change of speed.
    """

    def __init__(self, *, start: float, speed: float, monotonic: Callable[[], float]) -> None:
        if speed <= 0:
            raise ValueError(f"the speed must be positive (found {speed})")
        self._monotonic = monotonic
        self._start = start
        self._origin = monotonic()
        self._speed = speed
        self._paused = False
        self.on_change: Callable[[], None] | None = None

    @property
    def paused(self) -> bool:
        return self._paused

    def read(self) -> ClockReading:
        """Return the present reading."""
        elapsed = self._monotonic() - self._origin
        speed = 0.0 if self._paused else self._speed
        return ClockReading(self._start, speed, elapsed, self._start + speed * elapsed)

    def now(self) -> float:
        """Return the virtual epoch seconds."""
        return self.read().now

    def advance(self, seconds: float) -> None:
        """Jump ahead.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"the clock never goes back (found {seconds} seconds)")
        self._begin_line(self.now() + seconds)

    def pause(self) -> None:
        """Stand still; jumps are still possible."""
        self._begin_line(self.now(), paused=True)

    def resume(self) -> None:
        """Run on from the present instant."""
        self._begin_line(self.now(), paused=False)

    def set_speed(self, speed: float) -> None:
        """Run at another speed from now on.

        Raises:
            ValueError: `speed` is not positive.
        """
        if speed <= 0:
            raise ValueError(f"the speed must be positive (found {speed})")
        self._begin_line(self.now(), speed=speed)

    def real_seconds(self, virtual_seconds: float) -> float | None:
        """Convert a virtual duration to a real one; None when the clock stands still."""
        return None if self._paused else max(0.0, virtual_seconds) / self._speed

    def as_json(self) -> dict[str, float | bool]:
        """Return the reading as plain data."""
        return {**asdict(self.read()), "paused": self._paused}

    def _begin_line(
        self, start: float, *, speed: float | None = None, paused: bool | None = None
    ) -> None:
        self._start = start
        self._origin = self._monotonic()
        self._speed = self._speed if speed is None else speed
        self._paused = self._paused if paused is None else paused
        if self.on_change is not None:
            self.on_change()
