"""Holds messages, keeps them leased, and carries out what the engine decides about them.

One thread owns all state here. Everything that may block (receiving, running steps, talking to the
queue) is a task that reports back by posting an item, so that pool, clock and queues are arguments and
a simulator can drive this very code.

Waiting is holding: a message that waits stays invisible by a short lease that is renewed, and its
newest handle lives only here. A crash lets the lease lapse, and another worker goes on from the
progress in the message. New progress is sent in a successor before the old message is deleted; a
crash between the two leaves a twin, and twins are harmless.
"""

import heapq
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from worker.core import identity, launching, messages, notices
from worker.core.errors import (
    NoCredentials,
    Permanent,
    RecreationError,
    Throttled,
    Unauthenticated,
)
from worker.core.messages import Nothing, Reading, Split, Unreadable, Work
from worker.core.outcomes import (
    Checkpoint,
    Finish,
    HandBack,
    Hold,
    Park,
    Parked,
    StepName,
    Verdict,
)
from worker.core.progress import Progress
from worker.core.receipt import receipt
from worker.core.signing import SIGNATURE
from worker.core.urgency import rank
from worker.engine import Engine, backoff_seconds
from worker.holding import (
    Acknowledge,
    Advanced,
    Broken,
    Decision,
    Failed,
    Held,
    Lost,
    Received,
    Renewed,
    Settled,
    Stop,
    SuccessorSent,
    Terms,
)
from worker.ports import (
    CorrectedClock,
    Delivery,
    Lease,
    LeaseLost,
    Notifier,
    Queue,
    Receipts,
    Tasks,
    Telemetry,
)

SENT_REMEMBERED_MAX = 4_096
IDLE_SECONDS = 30.0
# Receives at a time, once they come back full; when idle there is one long poll.
RECEIVERS_MAX = 4
# A queue that was empty is not asked again sooner, even when receives do not wait.
EMPTY_PAUSE_SECONDS = 2.0
# A crowd is leased for longer, so that renewals stay below so many a second.
RENEWALS_PER_SECOND = 30.0
LEASE_SECONDS_MAX = 300.0
# What waits for a thread: first what saves data, then the image, then all else.
_FIRST = {StepName.RETAIN: 0, StepName.START: 1, StepName.IMAGE: 1}
_ALL_ELSE = 2
# Share of the threads that may be at work when another one is given to what is not urgent.
ALL_ELSE_SHARE = 0.5
# A message that is handed back unchanged counts as received once more; one that has come so far is
# replaced by a successor, whose count begins anew, long before the queue takes it for poison.
RECEIVES_MAX = 40
# Shares of the lease: when it is renewed, and what must be left of it to rely on it.
RENEW_AT_SHARE = 0.5
RELIABLE_SHARE = 0.25
# Events of one source this close together tell of one interruption. It must be minutes less than
# the time to a false alarm: a notice that is covered must not fall with the one that covers it.
SAME_NOTICE_SECONDS = 300.0
# What gave the reason to park, where it was no error of a step.
REFUSED_BY_THE_QUEUE = "RefusedByTheQueue"
UNREAD = "Malformed"
# In place of the step of a progress that a step cannot read.
UNTOLD = "unknown"


@dataclass(slots=True)
class Consumer:
    """The loop over one queue; see the module's text for its rules.

    Attributes:
        held: What is in hand, by message id.
        stopping: It is handing back and takes nothing new.
        turned_at: When the loop last turned, epoch seconds; 0 before it runs.
        received_at: When a receive last came to its end in good order, epoch seconds.
    """

    queue: Queue
    dead_letters: Queue
    engine: Engine
    clock: CorrectedClock
    tasks: Tasks
    telemetry: Telemetry
    receipts: Receipts
    notifier: Notifier
    terms: Terms
    held: dict[str, Held] = field(default_factory=dict)
    stopping: bool = False
    turned_at: float = 0.0
    received_at: float = 0.0
    # By message: an entry that is out of date must not keep what was held.
    _agenda: list[tuple[float, int, str]] = field(default_factory=list)
    _ready: list[tuple[int, float, int, Held]] = field(default_factory=list)
    _leaders: dict[str, Held] = field(default_factory=dict)
    _sent_ids: dict[str, None] = field(default_factory=dict)
    _sequence: int = 0
    _running: int = 0
    _receiving: int = 0
    _receivers: int = 1
    _receive_at: float = 0.0
    _receive_failures: int = 0
    _idle: bool = False
    _stop_by: float = 0.0
    _work_until: float = math.inf
    _failure: Permanent | None = None

    def run(self) -> None:
        """Work until told to stop, or until idle when the terms say so.

        Raises:
            Permanent: It was to end when idle, and the queue can never be received from.
        """
        self.telemetry.event("worker_started", region=self.terms.home.region)
        if self.terms.works_for is not None:
            self._work_until = self.clock.now() + self.terms.works_for
        while not self._is_over():
            self.turned_at = self.clock.now()
            if self.clock.now() >= self._work_until:
                self._begin_stop()
            self._start_receiving()
            for item in self.tasks.take(self._patience()):
                self._safely("handle", getattr(item, "held", None), partial(self._handle, item))
            self._wake_due()
            self._dispatch()
        self.telemetry.event("worker_stopped", left_to_their_leases=len(self.held))
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Ask for the end; safe to call from a signal handler."""
        self.tasks.post(Stop())

    def _is_over(self) -> bool:
        if self.stopping:
            return not self.held or self.clock.now() >= self._stop_by
        is_hopeless = self._failure is not None
        return self.terms.until_idle and (self._idle or is_hopeless) and not self.held

    def _patience(self) -> float:
        """Return how long the loop may sleep before something is due."""
        now = self.clock.now()
        due = [now + IDLE_SECONDS, max(self._work_until, now) if not self.stopping else math.inf]
        if self._agenda:
            due.append(self._agenda[0][0])
        if self.stopping:
            due.append(self._stop_by)
        elif self._room() > 0:
            due.append(self._receive_at)
        return max(min(due) - now, 0.0)

    def _handle(self, item: object) -> None:
        match item:
            case Received():
                self._received(item)
            case Advanced(held, verdict):
                self._advanced(held, verdict)
            case Renewed(held, lease, asked_at):
                self._renewed(held, lease, asked_at)
            case SuccessorSent(held, ids):
                self._successor_sent(held, ids)
            case Settled(held):
                self._settled(held)
            case Lost(held):
                self._lost(held)
            case Failed(held, error):
                self._failed(held, error)
            case Broken(what, held, error):
                self._broken(what, held, error)
            case Stop():
                self._begin_stop()
            case _:
                raise AssertionError(item)

    def _task(self, what: str, held: Held | None, work: Callable[[], object]) -> None:
        """Run `work` on the pool and post what it returns; nothing it raises is lost."""

        def run() -> None:
            try:
                item = work()
            except LeaseLost:
                item = Lost(held)
            except RecreationError as error:
                item = Broken(what, held, error) if what == "advance" else Failed(held, error)
            except Exception as error:  # noqa: BLE001 - a defect in one task must not end the worker
                item = Broken(what, held, error)
            self.tasks.post(item)

        self.tasks.submit(run)

    def _safely(self, what: str, held: Held | None, act: Callable[[], None]) -> None:
        """Do a part of the loop's own work; a defect in it must not end the worker for all others."""
        try:
            act()
        except Exception as error:  # noqa: BLE001
            self._defect(what, held, error)

    def _defect(self, what: str, held: Held | None, error: Exception) -> None:
        """Tell of a defect, and let go of the message that met it.

        It comes back by itself when its lease ends, until the queue takes it for poison.
        """
        self.telemetry.failure("bug", error, task=what, source=held.source if held else "")
        if held is not None and self._is_ours(held):
            self._drop(held)
            self._tell_ended(held, "bug")

    def _is_ours(self, held: Held) -> bool:
        """Tell whether a report is about a message that is still in hand."""
        return self.held.get(held.delivery.message_id) is held

    # Receiving

    def _start_receiving(self) -> None:
        while not self.stopping and self.clock.now() >= self._receive_at:
            count = self._room()
            if count <= 0:
                return
            self._receive(count)

    def _room(self) -> int:
        """Return how many messages another receive may ask for; 0 when there is to be none now."""
        if self._receiving >= self._receivers:
            return 0
        expected = len(self.held) + self._receiving * self.terms.batch
        return min(self.terms.batch, self.terms.held_max - expected)

    def _receive(self, count: int) -> None:
        """Ask for messages; one long poll at a time, for every receive is billed."""
        wait = 0.0 if self._receiving else self.terms.long_poll
        self._receiving += 1
        self._idle = False
        asked = self.clock.now()
        self._task(
            "receive",
            None,
            lambda: Received(self.queue.receive(count=count, wait=wait), asked, count),
        )

    def _received(self, item: Received) -> None:
        deliveries = item.deliveries
        self._receiving -= 1
        self._receive_failures, self.received_at = 0, self.clock.now()
        self._idle = not deliveries and not self._receiving
        is_full = len(deliveries) >= item.count
        self._receivers = min(self._receivers * 2, RECEIVERS_MAX) if is_full else 1
        told = [delivery.told_at for delivery in deliveries if delivery.told_at is not None]
        if told:
            self._learn_the_time(max(told), item.asked_at)
        if not deliveries:
            self._receive_at = item.asked_at + EMPTY_PAUSE_SECONDS
        for delivery in deliveries:
            self._admit(delivery)

    def _learn_the_time(self, told: float, asked_at: float) -> None:
        """Correct the clock, and with it every time that was noted by the wrong one."""
        off = self.clock.learn(told, asked_at=asked_at)
        if not off:
            return
        self.telemetry.event("clock_corrected", seconds=round(off, 1))
        self._receive_at += off
        self._work_until += off
        for held in self.held.values():
            lease_until = held.delivery.lease_until + off
            held.delivery = replace(held.delivery, lease_until=lease_until)
            held.due += off
            self._schedule(held)

    def _look_again(self) -> None:
        """What was found empty is not any more: ask, unless the queue does not want to be asked."""
        self._idle = False
        if not self._receive_failures:
            self._receive_at = min(self._receive_at, self.clock.now())

    def _receive_failed(self, error: RecreationError) -> None:
        self._receiving -= 1
        self._receivers = 1
        now = self.clock.now()
        self._receive_at = now + backoff_seconds("receive", self._receive_failures)
        if isinstance(error, Throttled):
            self._receive_at = max(error.retry_at, now)
        self._receive_failures += 1
        if self.terms.until_idle and isinstance(error, Permanent):
            self._failure = error
        # One word of its own: it is louder, for until a person gives some nothing is worked on.
        self.telemetry.event(
            "no_credentials" if isinstance(error, NoCredentials) else "receive_failed",
            code=error.code,
            reason=error.sentence,
            again_in=round(self._receive_at - now, 1),
        )

    def _admit(self, delivery: Delivery) -> None:
        known = self.held.get(delivery.message_id)
        if known is not None:
            # Delivered again although we hold it: the newer handle is the one that lives.
            self._take_over(known, delivery)
            self._schedule(known)
            return
        now = self.clock.now()
        reading = self._read_safely(delivery, now)
        held = Held(delivery, None, None, due=now, since=now, decision=_decision(reading))
        self._take_over(held, delivery)
        if isinstance(reading, Work):
            held.progress, held.sent = reading.progress, reading.sent
        self.held[delivery.message_id] = held
        # One by one: a defect that one of them meets does not cost the rest of a batch their leases.
        self._safely("admit", held, partial(self._admitted, held, reading))

    def _admitted(self, held: Held, reading: Reading) -> None:
        self._tell_received(held, reading)
        self._join(held)
        if self.stopping:
            self._hand_back(held)
        self._schedule(held)

    def _take_over(self, held: Held, delivery: Delivery) -> None:
        """Note a delivery; when its lease cannot be told by our clock, have it renewed at once."""
        held.delivery, held.unsure = delivery, delivery.told_at is None
        if held.unsure:
            renew_now = self.clock.now() + self.terms.lease * RENEW_AT_SHARE
            held.delivery = replace(delivery, lease_until=renew_now)

    def _read_safely(self, delivery: Delivery, now: float) -> Reading:
        """Read a message; a defect in reading one must not end the worker, nor cost the message."""
        try:
            return self._read(delivery, now)
        except Exception as error:  # noqa: BLE001
            self.telemetry.failure("bug", error, task="read", message=delivery.message_id)
            return Unreadable(Park.BUG, "the worker failed to read the message")

    def _read(self, delivery: Delivery, now: float) -> Reading:
        reading = messages.read_message(
            delivery.body,
            delivery.attributes,
            arrived_at=delivery.enqueued_at,
            now=now,
            home=self.terms.home,
            keys=self.terms.keys,
        )
        is_bare = isinstance(reading, Work) and reading.sent is None
        if is_bare and delivery.message_id in self._sent_ids:
            # A queue that loses attributes would otherwise start the recreation for ever.
            return Unreadable(Park.UNREADABLE, "our own message came back without its signature")
        return reading

    def _join(self, held: Held) -> None:
        """Let one message lead each source; a bare twin of one in hand adds nothing."""
        if held.progress is None:
            return
        leader = self._leaders.get(held.source)
        if leader is None or leader.progress is None or leader.decision is not None:
            self._leaders[held.source] = held
            return
        ahead, behind = leader, held
        if held.progress.hops > leader.progress.hops and not leader.working:
            ahead, behind = held, leader
        self._leaders[held.source] = ahead
        self._cover(behind, ahead)

    def _cover(self, behind: Held, ahead: Held) -> None:
        """Acknowledge a message that says no more than another one in hand.

        Before the cloud has confirmed anything the newest notice counts: it may be the true one,
        and the older one a false alarm that is about to be decided.
        """
        if behind.progress is None or ahead.progress is None:
            return
        if not self._knows(ahead, ahead.progress, behind.progress):
            return
        if not self._is_covered(behind.progress, ahead.progress, behind, ahead):
            return
        if ahead.progress.retained is None:
            newest = max(ahead.progress.t0, behind.progress.t0)
            ahead.progress = replace(ahead.progress, t0=newest)
        behind.decision = Acknowledge("another message of this interruption is in hand")
        behind.due = self.clock.now()
        self._schedule(behind)

    def _knows(self, ahead: Held, progress: Progress, later: Progress) -> bool:
        """Have a message in hand know of a later notice; False until that stands in a message.

        What is begun already may be older than it, be it by another worker or by one that died before
        it said so, and a worker that dies takes with it what only it knows. While it is worked on it
        cannot be told. One that has seen the lock go decides by what it sees, and the later one is not
        covered by it.
        """
        told = launching.with_later_notice(progress, later)
        if progress.unlocked_looks:
            return True
        if told is progress:
            # It may have been told a moment ago, and what it says now be on its way.
            said = replace(progress, renoticed_at=0.0) if ahead.sent is None else ahead.sent
            return launching.with_later_notice(said, later) is said
        if ahead.working or ahead.decision is not None:
            return False
        ahead.progress = told
        now = self.clock.now()
        ahead.decision, ahead.due = Checkpoint(told, now), now
        self._schedule(ahead)
        return False

    def _is_covered(self, later: Progress, first: Progress, behind: Held, ahead: Held) -> bool:
        """Tell whether deleting `behind` loses nothing while `ahead` is held."""
        lease_left = ahead.delivery.lease_until - self.clock.now()
        # One whose end is decided looks no more, whatever has not been confirmed about it.
        is_open = first.retained is None and first.moot is None and not ahead.working
        # One that has seen the lock go may be about to call it a false alarm.
        is_sound = first.retained is not None and not (first.moot or first.unlocked_looks)
        is_same = is_sound and abs(later.t0 - first.t0) < SAME_NOTICE_SECONDS
        return (
            behind.sent is None
            and not behind.working
            and behind.decision is None
            and (is_open or is_same)
            and lease_left > self.terms.lease * RELIABLE_SHARE
        )

    # Waking and working

    def _schedule(self, held: Held) -> None:
        """Enter the next time at which something is to be done about a message."""
        times = [held.delivery.lease_until]
        if not held.queueing:
            times.append(self._renew_at(held))
        if self._waits_for_its_time(held):
            times.append(held.due)
        held.wake_at = min(times)
        self._sequence += 1
        heapq.heappush(self._agenda, (held.wake_at, self._sequence, held.delivery.message_id))

    def _waits_for_its_time(self, held: Held) -> bool:
        if held.decision is not None:
            return not held.queueing
        return not held.working and not held.unsure

    def _renew_at(self, held: Held) -> float:
        return held.delivery.lease_until - self.terms.lease * RENEW_AT_SHARE

    def _wake_due(self) -> None:
        now = self.clock.now()
        while self._agenda and self._agenda[0][0] <= now:
            at, _, message_id = heapq.heappop(self._agenda)
            held = self.held.get(message_id)
            if held is not None and held.wake_at == at:
                self._safely("wake", held, partial(self._wake, held, now))

    def _wake(self, held: Held, now: float) -> None:
        if now >= held.delivery.lease_until:
            self._lost(held)
            return
        if not held.queueing and now >= self._renew_at(held):
            self._renew(held)
        elif held.decision is not None:
            if not held.queueing and held.due <= now:
                self._carry_out(held, held.decision)
        elif held.due <= now and self._waits_for_its_time(held):
            self._line_up(held, now)
        self._schedule(held)

    def _line_up(self, held: Held, now: float) -> None:
        if held.progress is None:
            raise AssertionError("a message without a recreation is decided when it is received")
        leader = self._leaders.setdefault(held.source, held)
        if leader is not held:
            self._follow(held, leader, held.progress, now)
            return
        held.working = True
        self._sequence += 1
        deadline = rank(held.progress.t0 + self.terms.notice, now)
        step = self.engine.next_step(held.progress)
        stage = _FIRST.get(step.name, _ALL_ELSE) if step is not None else _ALL_ELSE
        heapq.heappush(self._ready, (stage, deadline, self._sequence, held))

    def _follow(self, held: Held, leader: Held, progress: Progress, now: float) -> None:
        """Put off a message while another one of its source is being worked on."""
        held.due = now + self.terms.lease * RELIABLE_SHARE
        self._cover(held, leader)
        if held.decision is None and held.due - now > self.terms.hand_back_after:
            later = Hold(progress, held.due, "another message of this source is in hand")
            held.decision, held.due = self._for_later(held, later), now

    def _for_later(self, held: Held, verdict: Hold) -> Checkpoint | HandBack:
        """Choose how the queue is to keep a message until a late time."""
        until = verdict.until - self.terms.early
        is_written = verdict.progress == held.sent or not verdict.progress.has_looked
        if is_written and held.delivery.dequeue_count < RECEIVES_MAX:
            return HandBack(verdict.progress, until)
        return Checkpoint(verdict.progress, until)

    def _dispatch(self) -> None:
        """Hand work to the pool, earliest deadline first.

        What saves data and what makes images never finds all threads taken by all else.
        """
        while self._ready:
            is_urgent = self._ready[0][0] < _ALL_ELSE
            if self._running >= self.terms.concurrency * (1.0 if is_urgent else ALL_ELSE_SHARE):
                return
            held = heapq.heappop(self._ready)[-1]
            if held.progress is not None and self._is_ours(held):
                self._running += 1
                self._advance(held, held.progress, held.sent, held.attempt)

    def _advance(self, held: Held, progress: Progress, sent: Progress | None, attempt: int) -> None:
        crowded = bool(self._ready)

        def work() -> Advanced:
            verdict = self.engine.advance(
                progress,
                sent,
                attempt,
                crowded=crowded,
                leased_until=lambda: self._leased_until(held),
            )
            return Advanced(held, verdict)

        self._task("advance", held, work)

    def _leased_until(self, held: Held) -> float:
        """Tell until when nobody else has the message; a lease is renewed while it is worked on."""
        return held.delivery.lease_until if self._is_ours(held) else 0.0

    def _advanced(self, held: Held, verdict: Verdict) -> None:
        self._running -= 1
        held.working = False
        if not self._is_ours(held):
            self._pass_on_late(held, verdict)
            return
        before, held.progress = held.progress, verdict.progress or held.progress
        now = self.clock.now()
        if before is not None and held.progress is not None:
            for notice in notices.news(before, held.progress, now, notice=self.terms.notice):
                self.notifier.tell(notice)
        if isinstance(verdict, Hold):
            held.attempt = held.attempt + 1 if verdict.failed else 0
            held.due = verdict.until
            if not verdict.in_hand and verdict.until - now > self.terms.hand_back_after:
                held.decision, held.due = self._for_later(held, verdict), now
        else:
            held.decision, held.due = verdict, now
        if isinstance(verdict, Finish):
            self._tell_finished(verdict.progress)
        if self.stopping:
            self._hand_back(held)
        self._schedule(held)

    def _pass_on_late(self, held: Held, verdict: Verdict) -> None:
        """Send what was launched after the lease was over: whoever has the message knows nothing of it.

        The successor's holder sees two, marks the one too many and tells of it.
        """
        before, after = held.progress, verdict.progress
        launched = after.launched.instance_id if after is not None else ""
        if before is None or after is None or launched in {"", before.launched.instance_id}:
            return
        now = self.clock.now()
        self.telemetry.event("launched_late", source=held.source, replacement=launched)
        late = replace(held.delivery, message_id=f"{launched}/late", lease_until=math.inf)
        onward = Checkpoint(launching.with_late_answer(after, now), now)
        sender = Held(late, onward.progress, None, due=now, since=now, decision=onward)
        self.held[late.message_id] = sender
        self._schedule(sender)

    # The queue: renewing, and carrying decisions out

    def _renew(self, held: Held) -> None:
        held.queueing = True
        handle, seconds = held.delivery.handle, self._lease_seconds()
        asked = self.clock.now()
        self._task("renew", held, lambda: Renewed(held, self.queue.renew(handle, seconds), asked))

    def _renewed(self, held: Held, lease: Lease, asked_at: float) -> None:
        held.queueing, held.queue_attempt, held.unsure = False, 0, False
        held.delivery = replace(held.delivery, handle=lease.handle, lease_until=lease.until)
        if lease.told_at is not None:
            self._learn_the_time(lease.told_at, asked_at)
        if self._is_ours(held):
            self._schedule(held)

    def _lease_seconds(self) -> float:
        """Return the length of a lease; a crowd is renewed less often."""
        crowd = len(self.held) / RENEWALS_PER_SECOND / RENEW_AT_SHARE
        return max(self.terms.lease, min(crowd, LEASE_SECONDS_MAX))

    def _carry_out(self, held: Held, decision: Decision) -> None:
        held.queueing = True
        handle = held.delivery.handle
        if isinstance(decision, HandBack):
            seconds = max(decision.until - self.clock.now(), 1.0)
            self._task("give back", held, lambda: self._given_back(held, handle, seconds))
        elif held.successor_sent or isinstance(decision, Finish | Acknowledge):
            self._task("delete", held, lambda: self._deleted(held, handle))
        else:
            body = held.delivery.body
            self._task("send", held, lambda: SuccessorSent(held, self._send(body, decision)))

    def _given_back(self, held: Held, handle: str, seconds: float) -> Settled:
        self.queue.renew(handle, seconds)
        return Settled(held)

    def _deleted(self, held: Held, handle: str) -> Settled:
        self.queue.delete(handle)
        return Settled(held)

    def _send(self, body: str, decision: Checkpoint | Parked | Split) -> tuple[str, ...]:
        """Send what must stand elsewhere before the message is deleted; returns the new ids."""
        key, now = self.terms.keys[0], self.clock.now()
        match decision:
            case Checkpoint(progress, at):
                onward = replace(progress, hops=progress.hops + 1)
                attributes = messages.write_attributes(
                    onward, body, step=self._step_name(onward), key=key
                )
                return (self.queue.send(body, attributes, delay=max(at - now, 0.0)),)
            case Parked(progress):
                step = self._step_name(progress) if progress else ""
                attributes = messages.write_parked(decision, body, step=step, at=now, key=key)
                return (self.dead_letters.send(body, attributes),)
            case Split(bodies):
                return tuple(self.queue.send(one, {}) for one in bodies)

    def _step_name(self, progress: Progress) -> str:
        step = self.engine.next_step(progress)
        return step.name.value if step is not None else "done"

    def _successor_sent(self, held: Held, ids: tuple[str, ...]) -> None:
        held.queueing, held.successor_sent, held.queue_attempt = False, True, 0
        if isinstance(held.decision, Checkpoint):
            self._sent_ids.update(dict.fromkeys(ids))
            while len(self._sent_ids) > SENT_REMEMBERED_MAX:
                del self._sent_ids[next(iter(self._sent_ids))]
        held.due = self.clock.now()
        if not isinstance(held.decision, Parked):
            self._look_again()
        if self._is_ours(held):
            self._schedule(held)

    def _settled(self, held: Held) -> None:
        held.queueing = False
        if self._is_ours(held):
            self._drop(held)
            try:
                self._tell_settled(held)
            finally:
                # It is settled, whatever becomes of the telling.
                self._tell_ended(held, _VERDICTS[type(held.decision)])

    def _failed(self, held: Held | None, error: RecreationError) -> None:
        """Try again inside the lease; when that ends, the message is somebody's again."""
        if held is None:
            self._receive_failed(error)
            return
        held.queueing = False
        now = self.clock.now()
        pause = min(
            backoff_seconds(held.delivery.message_id, held.queue_attempt),
            self.terms.lease * RELIABLE_SHARE * 0.5,
        )
        held.queue_attempt += 1
        again = max(error.retry_at, now) if isinstance(error, Throttled) else now + pause
        if held.decision is not None:
            held.due = again
        # A key that is unknown now refuses everything alike, and says nothing about this message.
        if isinstance(error, Permanent) and not isinstance(error, Unauthenticated):
            self._refused_by_the_queue(held, error)
        self.telemetry.event(
            "queue_failed",
            message=held.delivery.message_id,
            code=error.code,
            reason=error.sentence,
            again_in=round(again - now, 1),
        )
        if self._is_ours(held):
            self._schedule_after(held, again)

    def _refused_by_the_queue(self, held: Held, error: Permanent) -> None:
        """What cannot be sent is parked; what cannot even be parked is left to the queue's count."""
        if isinstance(held.decision, Checkpoint | Split):
            held.decision = Parked(
                held.progress, Park.REFUSED, error.sentence, error.code, REFUSED_BY_THE_QUEUE
            )
        elif isinstance(held.decision, Parked) and held.progress is not None:
            held.decision = HandBack(held.progress, self.clock.now() + self.terms.hand_back_after)

    def _schedule_after(self, held: Held, at: float) -> None:
        """Look at a message again at `at`, even if a renewal is overdue by then."""
        held.wake_at = min(at, held.delivery.lease_until)
        self._sequence += 1
        heapq.heappush(self._agenda, (held.wake_at, self._sequence, held.delivery.message_id))

    def _lost(self, held: Held | None) -> None:
        if held is None or not self._is_ours(held):
            return
        self._drop(held)
        self.telemetry.event(
            "lease_lost",
            message=held.delivery.message_id,
            source=held.source,
            next="whoever receives it goes on from the progress in it",
        )
        self._tell_ended(held, "lost")

    def _drop(self, held: Held) -> None:
        del self.held[held.delivery.message_id]
        if self._leaders.get(held.source) is held:
            del self._leaders[held.source]

    def _broken(self, what: str, held: Held | None, error: Exception) -> None:
        """A defect in a task, which is over."""
        if what == "receive":
            self._receiving -= 1
            self._receivers = 1
            self._receive_at = self.clock.now() + IDLE_SECONDS
        if what == "advance":
            self._running -= 1
        self._defect(what, held, error)

    # Stopping

    def _begin_stop(self) -> None:
        """Finish what runs, hand back what waits; nothing new begins."""
        if self.stopping:
            return
        self.stopping = True
        self._stop_by = self.clock.now() + self.terms.stop_within / self.clock.real_seconds(1.0)
        self.telemetry.event("stopping", in_hand=len(self.held), within=self.terms.stop_within)
        for *_, held in self._ready:
            held.working = False
        self._ready.clear()
        for held in list(self.held.values()):
            if not held.working:
                self._hand_back(held)
                self._schedule(held)

    def _hand_back(self, held: Held) -> None:
        """Write unsent progress to a successor, else let the message be seen when it is due."""
        progress, due = held.progress, held.due
        held.due = self.clock.now()
        if held.decision is not None or progress is None:
            return
        if progress != held.sent and progress.has_looked:
            held.decision = Checkpoint(progress, due)
        else:
            held.decision = HandBack(progress, due)

    # Telling

    def _tell_received(self, held: Held, reading: Reading) -> None:
        delivery = held.delivery
        fields: dict[str, object] = {
            "message": delivery.message_id,
            "dequeued": delivery.dequeue_count,
            "age": round(self.clock.now() - delivery.enqueued_at, 1),
        }
        match reading:
            case Work(progress, sent):
                word = "interruption_received" if sent is None else "recreation_resumed"
                self.telemetry.event(
                    word,
                    source=progress.instance_id,
                    recreation=progress.recreation_id,
                    seconds_after_t0=round(self.clock.now() - progress.t0, 1),
                    **fields,
                )
                if sent is None and SIGNATURE in delivery.attributes:
                    self.telemetry.event(
                        "signature_invalid",
                        reason="its progress is not trusted; do all workers have the same key?",
                        **fields,
                    )
            case Nothing(reason):
                self.telemetry.event("ignored", reason=reason, **fields)
            case Split(bodies):
                self.telemetry.event("split", into=len(bodies), **fields)
            case Unreadable(park, sentence, code):
                self.telemetry.event(
                    "unreadable", park=park.value, reason=sentence, code=code, **fields
                )

    def _tell_settled(self, held: Held) -> None:
        match held.decision:
            case Acknowledge(reason) if held.progress is not None:
                self.telemetry.event("duplicate", source=held.source, reason=reason)
            case Parked(_, park, sentence, code, error) as parked:
                self.telemetry.event(
                    "parked",
                    park=park.value,
                    reason=sentence,
                    code=code,
                    error=error,
                    source=held.source,
                    message=held.delivery.message_id,
                    next=park.advice,
                )
                self._tell_parked(held, parked)

    def _tell_parked(self, held: Held, parked: Parked) -> None:
        region, now = self.terms.home.region, self.clock.now()
        notice = self.terms.notice
        self.notifier.tell(notices.parking(parked, held.source, region, now, notice=notice))

    def _tell_ended(self, held: Held, verdict: str) -> None:
        """Write the one line that every delivery gets, whatever became of it."""
        now, delivery, progress = self.clock.now(), held.delivery, held.progress
        fields: dict[str, object] = {
            "verdict": verdict,
            "message": delivery.message_id,
            "dequeued": delivery.dequeue_count,
            "held_seconds": round(now - held.since, 1),
            "age": round(now - delivery.enqueued_at, 1),
        }
        if progress is not None:
            fields |= {
                "source": progress.instance_id,
                "recreation": progress.recreation_id,
                "trace": identity.trace_id(progress.recreation_id),
                "step": self._step_told(progress),
                "hops": progress.hops,
                "seconds_after_t0": round(now - progress.t0, 1),
                "notice_used": round((now - progress.t0) / self.terms.notice, 3),
            }
        self.telemetry.event("delivery_ended", **fields)

    def _step_told(self, progress: Progress) -> str:
        """Name the step for a line; a defect in telling it must not cost the line, which tells of it."""
        try:
            return self._step_name(progress)
        except Exception:  # noqa: BLE001
            return UNTOLD

    def _tell_finished(self, progress: Progress) -> None:
        """Keep the receipt, before the message is deleted: a crash then repeats it, never loses it."""
        now = self.clock.now()
        record = receipt(progress, now, notice=self.terms.notice)
        if progress.moot is None:
            self.receipts.keep(progress.recreation_id, record)
        self.telemetry.event(
            "recreation_finished",
            source=progress.instance_id,
            recreation=progress.recreation_id,
            outcome=record["outcome"],
            replacement=progress.launched.instance_id,
            reason=progress.moot_reason,
            seconds_after_t0=round(now - progress.t0, 1),
        )
        notice = notices.ending(progress, now, notice=self.terms.notice)
        if notice is not None:
            self.notifier.tell(notice)


_VERDICTS: Mapping[type[object], str] = {
    Acknowledge: "acknowledged",
    Checkpoint: "passed_on",
    Finish: "finished",
    HandBack: "handed_back",
    Parked: "parked",
    Split: "split",
}


def _decision(reading: Reading) -> Decision | None:
    """Decide at once what needs no work."""
    match reading:
        case Nothing(reason):
            return Acknowledge(reason)
        case Split():
            return reading
        case Unreadable(park, sentence, code):
            return Parked(None, park, sentence, code, UNREAD)
        case Work():
            return None
