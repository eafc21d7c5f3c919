"""Port `Notifier`: notices gathered into few messages, sent by a thread of each channel's own.

Nothing here may touch a recreation: `tell` puts a notice into a bounded list and returns, and what
finds no room is dropped, counted and told in the log. What waits for a person (parked, quarantined) is
tried for a day, gives way to nothing else, and is an error in the log when it reaches nobody. A channel that is slow or silent holds up its
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
from worker.core.notices import FOR_A_PERSON, Kind, Message, Notice

Word = Callable[[Sequence[Notice]], Message]

# One line in the log for so many drops: a full list must not fill the log as well.
DROPS_PER_LINE: Final = 100
# At the end of a process, of what waits for a person.
LAST_TRIES_MAX: Final = 3
# So many sources a line names at most.
NAMED_MAX: Final = 20


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
        again: Before each further try of a message that failed; after the last it is dropped, but for
            what waits for a person, before which the wait doubles.
        again_max: What the wait grows to.
        keep: From a notice that waits for a person to its last try: a night, and some of the day.
        held_max: Notices that wait for one channel at most.
        last_again: Between two tries at the end of the process.
    """

    gather: float = 5.0
    apart: float = 20.0
    again: tuple[float, ...] = (20.0, 60.0)
    again_max: float = 1_800.0
    keep: float = 86_400.0
    held_max: int = 1_000
    last_again: float = 0.5

    def wait(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row."""
        if failures <= len(self.again):
            return self.again[failures - 1]
        # Beyond this many doublings any wait is longer than the longest.
        doublings = min(failures - len(self.again), 32)
        return min(self.again[-1] * 2.0**doublings, self.again_max)


@dataclass(slots=True)
class Waiting:
    """A notice that waits for one channel."""

    notice: Notice
    since: float
    tries: int = 0

    @property
    def is_for_a_person(self) -> bool:
        """Whether nothing goes on before somebody has read it."""
        return self.notice.kind in FOR_A_PERSON


@dataclass
class Outbox:
    """The notices that wait for one channel, and when they go; knows no thread and no clock."""

    pace: Pace
    pending: deque[Waiting] = field(default_factory=deque)
    dropped: int = 0
    _due: float = 0.0
    _failures: int = 0
    _failed_at: float = 0.0

    def put(self, notice: Notice, now: float) -> bool:
        """Take a notice; false when there is no room and something was dropped for it."""
        # A twin of the recreation tells the same thing again.
        if any(_is_same(notice, one.notice) for one in self.pending):
            return True
        fresh = Waiting(notice, now)
        has_room = len(self.pending) < self.pace.held_max
        if not has_room:
            self.dropped += 1
            if not self._gives_way(fresh):
                return False
        if not self.pending:
            self._due = max(self._due, now + self.pace.gather)
        elif self._failures > len(self.pace.again):
            # What is new does not wait for half an hour because what is old has been refused.
            soonest = max(now + self.pace.gather, self._failed_at + self.pace.again[-1])
            self._due = min(self._due, soonest)
        self.pending.append(fresh)
        return has_room

    def _gives_way(self, fresh: Waiting) -> bool:
        """Make room for what waits for a person by dropping the oldest that does not."""
        others = (one for one in self.pending if not one.is_for_a_person)
        oldest = next(others, None) if fresh.is_for_a_person else None
        if oldest is not None:
            self.pending.remove(oldest)
        return oldest is not None

    def due_at(self) -> float | None:
        """When the next message goes; None while there is none."""
        return self._due if self.pending else None

    def take(self, now: float) -> list[Waiting]:
        """Take everything that waits, for one message."""
        batch = list(self.pending)
        self.pending.clear()
        self._due = now + self.pace.apart
        return batch

    def succeeded(self) -> None:
        """Note that the last message was taken."""
        self._failures = 0

    def failed(self, batch: Sequence[Waiting], now: float) -> list[Waiting]:
        """Keep what was not sent for the next try; returns what was dropped instead."""
        self._failures += 1
        self._failed_at = now
        for one in batch:
            one.tries += 1
        wanted = [one for one in batch if self._is_kept(one, now)]
        # What waits for a person finds room first; the order stays.
        first = sorted(wanted, key=lambda one: not one.is_for_a_person)
        chosen = {id(one) for one in first[: max(self.pace.held_max - len(self.pending), 0)]}
        self.pending.extendleft(one for one in reversed(batch) if id(one) in chosen)
        if self.pending:
            self._due = now + self.pace.wait(self._failures)
        else:
            self._failures = 0
        lost = [one for one in batch if id(one) not in chosen]
        self.dropped += len(lost)
        return lost

    def _is_kept(self, one: Waiting, now: float) -> bool:
        if one.is_for_a_person:
            return now - one.since < self.pace.keep
        return one.tries <= len(self.pace.again)


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
        end = self._now() + within
        for post in self._posts:
            post.hurry(end)
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
        self._end = 0.0
        self._last_tries = 0
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

    def hurry(self, end: float) -> None:
        with self._changed:
            self._closing = True
            self._end = end
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

    def _next(self) -> list[Waiting]:
        """Wait for the next batch; an empty one says that this is the end."""
        with self._changed:
            while not self._closing:
                due, now = self._outbox.due_at(), self._now()
                if due is not None and due <= now:
                    break
                self._changed.wait(None if due is None else due - now)
            if self._last_tries and self._outbox.pending:
                self._changed.wait(self._outbox.pace.last_again)
            return self._outbox.take(self._now())

    def _deliver(self, batch: list[Waiting]) -> None:
        begun = self._now()
        try:
            reason = self._channel.send(self._word([one.notice for one in batch]))
        except Exception as error:  # noqa: BLE001 - a defect here must not end the notifications
            self._telemetry.failure("bug", error, task="notify", channel=self._channel.label)
            reason = type(error).__name__
        with self._changed:
            if not reason:
                self._outbox.succeeded()
                return
            lost = self._outbox.failed(batch, self._now())
            if self._closing:
                lost += self._given_up(self._now() - begun)
        self._telemetry.event(
            "notify_failed",
            channel=self._channel.label,
            reason=reason,
            notices=len(batch),
            dropped=len(lost),
        )
        self._tell_lost([one.notice for one in lost if one.is_for_a_person])

    def _given_up(self, took: float) -> list[Waiting]:
        """Keep for another try at the end what waits for a person, if one as slow has the time; returns the rest."""
        now = self._now()
        left = self._outbox.take(now)
        self._last_tries += 1
        is_over = now + self._outbox.pace.last_again + took > self._end
        if is_over or self._last_tries >= LAST_TRIES_MAX:
            return left
        self._outbox.pending.extend(one for one in left if one.is_for_a_person)
        return [one for one in left if not one.is_for_a_person]

    def _tell_lost(self, lost: Sequence[Notice]) -> None:
        """Say who waits for a person that was never told."""
        if lost:
            self._telemetry.event(
                "notify_lost",
                channel=self._channel.label,
                notices=len(lost),
                sources=[one.source for one in lost[:NAMED_MAX]],
                next="look with `aliyun-ops status` and `aliyun-ops dlq list`",
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
