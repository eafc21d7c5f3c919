"""Instants as ECS writes them: UTC, to the minute or to the second."""

from datetime import datetime, timezone
from functools import lru_cache

# About a thousand years from 1970 either way, far from where sums of instants fail.
_CALENDAR_END = 31_556_952_000.0


def to_minute(at: float | None) -> str:
    """Write an instant as instances do, for example `2026-11-23T08:00Z`."""
    return "" if at is None else _minute(int(at // 60))


def to_second(at: float | None) -> str:
    """Write an instant as disks, images and snapshots do, for example `2026-11-23T08:00:07Z`."""
    return "" if at is None else _second(int(at))


def from_text(text: str) -> float:
    """Read either form.

    Raises:
        ValueError: It is neither, or an instant of no use at either end of the calendar.
    """
    at = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    if abs(at) >= _CALENDAR_END:
        raise ValueError(text)
    return at


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    at = datetime.fromtimestamp(minutes * 60, timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%MZ")


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
