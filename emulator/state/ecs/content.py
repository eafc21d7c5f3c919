"""What is on a disk: files and journals, and which part of them would survive a power cut.

A running instance appends one numbered record to each of its disks every `interval` seconds and
its page cache reaches the disk at every multiple of `flush` seconds. Both are computed when
somebody looks, so an idle hour costs nothing. The invariant that tests lean on: what `at(now,
durable=True)` shows can only grow, and no snapshot, image or retained disk shows less than that
at the moment of its start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor


@dataclass(frozen=True, slots=True)
class DiskContent:
    """What can be read from a disk.

    Attributes:
        files: Text by path.
        journals: By writer (an instance id) the number of its newest record.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    journals: Mapping[str, int] = field(default_factory=dict)


EMPTY = DiskContent()


@dataclass(frozen=True, slots=True)
class WriteRhythm:
    """How often an instance writes and how often its cache is flushed, in seconds."""

    interval: float
    flush: float


@dataclass(slots=True)
class DiskLog:
    """The content of one disk through time.

    Attributes:
        base: Everything settled before the present writer began.
        writer: The running instance that writes now.
        since: When it began.
        flushed_at: Its newest explicit flush.
        pending: Files written since `since`, each with its time.
    """

    rhythm: WriteRhythm
    base: DiskContent = EMPTY
    writer: str | None = None
    since: float = 0.0
    flushed_at: float = 0.0
    pending: list[tuple[float, str, str]] = field(default_factory=list)

    def start(self, writer: str, now: float) -> None:
        """Let an instance begin to write."""
        self.writer, self.since, self.flushed_at = writer, now, now

    def stop(self, now: float, *, orderly: bool) -> None:
        """End writing; only an orderly end saves what is not flushed yet."""
        self.base = self.at(now, durable=not orderly)
        self.writer = None
        self.pending.clear()

    def write(self, path: str, text: str, now: float, *, flush: bool) -> None:
        """Write a file as the running instance does."""
        self.pending.append((now, path, text))
        if flush:
            self.flushed_at = now

    def flush(self, now: float) -> None:
        """Make everything durable, as `sync` does."""
        self.flushed_at = max(now, self.flushed_at)

    def at(self, now: float, *, durable: bool) -> DiskContent:
        """Show the content at `now`, all of it or what a power cut would leave."""
        if self.writer is None:
            return self.base
        until = self._durable_until(now) if durable else now
        records = max(0, floor((until - self.since) / self.rhythm.interval))
        before = self.base.journals.get(self.writer, 0)
        journals = {**self.base.journals, self.writer: before + records}
        written = {path: text for at, path, text in self.pending if at <= until}
        return DiskContent({**self.base.files, **written}, journals)

    def _durable_until(self, now: float) -> float:
        periodic = floor(now / self.rhythm.flush) * self.rhythm.flush
        return max(self.flushed_at, periodic)
