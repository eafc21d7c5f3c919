"""Port `Notifier`: notices gathered into few messages, sent by a thread of each channel's own.

Nothing here may touch a recreation: `tell` puts a notice into a bounded list and returns, and what
finds no room is dropped, counted and told in the log. A channel that is slow or silent holds up its
own thread only. Addresses of channels are secrets: they appear neither in the log nor in an
exception, which is why a channel is called by its number and its kind.
"""

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from typing_extensions import override

from worker import ports
from worker.core.notices import Kind, Message, Notice

Word = Callable[[Sequence[Notice]], Message]

# One line in the log for so many drops: a full list must not fill the log as well.
DROPS_PER_LINE: Final = 100


class Channel(Protocol):
    """One way to people."""

    @property
    def label(self) -> str:
        """Number and kind, such as `1 (dingtalk)`; never the address."""
        ...

    def send(self, message: Message) -> str:
        """Send, and return why it failed; an empty string when it was taken. May take long."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How notices become messages; seconds of the operating system's clock.

    DingTalk and WeCom take 20 messages a minute per robot and DingTalk then mutes it for ten
    minutes; Feishu takes 100, Slack about one a second. Source: the vendors' pages on custom robots
    and incoming webhooks. Robots are shared, so that one message in 20 seconds is all that is used.

    Attributes:
        gather: From the first notice to the message that has it, so that a burst is one message.
        apart: Between two messages of one channel.
        again: Before each further try of a message that failed; after the last it is dropped.
        held_max: Notices that wait for one channel at most.
    """

    gather: float = 5.0
    apart: float = 20.0
    again: tuple[float, ...] = (20.0, 60.0)
    held_max: int = 1_000


@dataclass
class Outbox:
    """The notices that wait for one channel, and when they go; knows no thread and no clock."""

    pace: Pace
    pending: deque[Notice] = field(default_factory=deque)
    dropped: int = 0
    _due: float = 0.0
    _failures: int = 0
    _sent_at: float | None = None

    def put(self, notice: Notice, now: float) -> bool:
        """Take a notice; false when there is no room and it was dropped."""
        if len(self.pending) >= self.pace.held_max:
            self.dropped += 1
            return False
        if not self.pending:
            self._due = max(self._due, now + self.pace.gather)
        # A twin of the recreation tells the same thing again.
        if not any(_is_same(notice, one) for one in self.pending):
            self.pending.append(notice)
        return True

    def due_at(self) -> float | None:
        """When the next message goes; None while there is none."""
        return self._due if self.pending else None

    def take(self, now: float) -> list[Notice]:
        """Take everything that waits, for one message."""
        batch = list(self.pending)
        self.pending.clear()
        self._due = now + self.pace.apart
        return batch

    def succeeded(self) -> None:
        """Note that the last message was taken."""
        self._failures = 0

    def failed(self, batch: Sequence[Notice], now: float) -> int:
        """Keep what was not sent for the next try, or drop it; returns how many were dropped."""
        self._failures += 1
        if self._failures > len(self.pace.again):
            self._failures = 0
            lost = len(batch)
        else:
            self._due = now + self.pace.again[self._failures - 1]
            room = max(self.pace.held_max - len(self.pending), 0)
            kept = batch[:room]
            self.pending.extendleft(reversed(kept))
            lost = len(batch) - len(kept)
        self.dropped += lost
        return lost


def _is_same(one: Notice, other: Notice) -> bool:
    return bool(one.recreation) and (one.kind, one.recreation) == (other.kind, other.recreation)


class ChannelNotifier(ports.Notifier):
    """Tells every channel, each by a thread of its own that starts with the first notice.

    Args:
        channels: Where messages go.
        kinds: What is told; the rest is left out.
        word: Writes a message for one or more notices.
        telemetry: Where failures and drops are told.
        now: The operating system's monotonic clock, seconds.
        pace: How notices become messages.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        *,
        kinds: Collection[Kind],
        word: Word,
        telemetry: ports.Telemetry,
        now: Callable[[], float],
        pace: Pace | None = None,
    ) -> None:
        self._kinds = frozenset(kinds)
        self._posts = tuple(
            _Post(one, Outbox(pace or Pace()), word, telemetry, now) for one in channels
        )
        self._now = now

    @override
    def tell(self, notice: Notice) -> None:
        if notice.kind in self._kinds:
            for post in self._posts:
                post.put(notice)

    def close(self, within: float) -> None:
        """Send what waits, and be back within so many seconds whatever the channels do."""
        for post in self._posts:
            post.hurry()
        end = self._now() + within
        for post in self._posts:
            post.join(max(end - self._now(), 0.0))


class _Post:
    """One channel, its outbox, and the thread between them."""

    def __init__(
        self,
        channel: Channel,
        outbox: Outbox,
        word: Word,
        telemetry: ports.Telemetry,
        now: Callable[[], float],
    ) -> None:
        self._channel = channel
        self._outbox = outbox
        self._word = word
        self._telemetry = telemetry
        self._now = now
        # Held for moments only, never while a message is on its way.
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, notice: Notice) -> None:
        with self._changed:
            is_taken = self._outbox.put(notice, self._now())
            dropped = self._outbox.dropped
            self._changed.notify()
            if self._thread is None:
                # A daemon: a channel that never answers must not keep the process.
                self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
                self._thread.start()
        if not is_taken and dropped % DROPS_PER_LINE == 1:
            self._tell_dropped(dropped)

    def hurry(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self, within: float) -> None:
        if self._thread is None:
            return
        self._thread.join(within)
        with self._changed:
            left = len(self._outbox.pending)
        if self._thread.is_alive():
            self._telemetry.event("notify_unsent", channel=self._channel.label, waiting=left)

    def _run(self) -> None:
        while True:
            batch = self._next()
            if not batch:
                return
            self._deliver(batch)

    def _next(self) -> list[Notice]:
        """Wait for the next batch; an empty one says that this is the end."""
        with self._changed:
            while not self._closing:
                due, now = self._outbox.due_at(), self._now()
                if due is not None and due <= now:
                    break
                self._changed.wait(None if due is None else due - now)
            return self._outbox.take(self._now())

    def _deliver(self, batch: list[Notice]) -> None:
        try:
            reason = self._channel.send(self._word(batch))
        except Exception as error:  # noqa: BLE001 - a defect here must not end the notifications
            self._telemetry.failure("bug", error, task="notify", channel=self._channel.label)
            reason = type(error).__name__
        with self._changed:
            if not reason:
                self._outbox.succeeded()
                return
            lost = self._outbox.failed(batch, self._now())
            if self._closing:
                # There is no later try.
                lost += len(self._outbox.take(self._now()))
        self._telemetry.event(
            "notify_failed",
            channel=self._channel.label,
            reason=reason,
            notices=len(batch),
            dropped=lost,
        )

    def _tell_dropped(self, dropped: int) -> None:
        self._telemetry.event(
            "notify_dropped",
            channel=self._channel.label,
            dropped=dropped,
            reason="the channel is slower than what there is to tell",
        )


class NoNotifier(ports.Notifier):
    """Tells nobody."""

    @override
    def tell(self, notice: Notice) -> None:
        return

    def close(self, within: float) -> None:
        """Nothing waits."""
