"""Port `Limiter`: learns what the cloud lets us spend, spends it, and probes gently.

ECS counts calls per account, region, API and calendar minute, and refuses until the minute is over;
the numbers are not published, and consoles and other tools spend of the same. Source: "API
throttling" of ECS. Some APIs behave like a bucket that refills. Which of the two it is, and how
much, is learned from the answers:

    free    --refused-->              blocked: one probe after 1, 2, 4, 8 ... seconds
    blocked --a probe is taken-->     paced: it drips; a little more than what was taken, up and down
    blocked --the minute is over-->   window: what was taken last minute, at the start of this one;
                                      then a little more, and after a refusal one probe
    paced   --nothing but refusals--> blocked
    window, paced --ten quiet minutes--> free

Nobody blocks. Who must wait is told when to come again: the earliest deadline first, and only about
as many for each minute as will be let through. A thousand that wait must not all wake for sixty. A
call that is made for many recreations comes as soon as any may go.
"""

import bisect
import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from typing_extensions import override

from worker import ports
from worker.core import urgency

MINUTE: Final = 60.0
# The first call of a minute is a probe, for clocks differ a little: at the very start of ours it may
# still be the cloud's last. The others come when its answer is there.
_OPENER_PAUSE_SECONDS: Final = 0.2
_OPENINGS_MAX: Final = 6
# After so many minutes in a row whose first call was taken, the clocks agree: nobody waits for its
# answer any more, for some sources have less time than that. A refusal so soon after the turn is
# then the last minute's.
_AGREED_OPENINGS: Final = 2
_TURN_SECONDS: Final = 1.0
# A call is under way for so long at most, as a rule.
_CALL_SECONDS: Final = 0.3
# They come in the order of their urgency, over so long.
_SPREAD_SECONDS: Final = 1.0
# A probe whose answer was lost is not waited for any longer.
_PROBE_SECONDS: Final = 5.0
_FIRST_PROBE_SECONDS: Final = 1.0
_CHECK_SECONDS: Final = 3.0
_CHECKS_MAX: Final = 4
_QUIET_SECONDS: Final = 600.0
# More are told to come than will be let through: some never come, and there may be more to spend.
_COMERS_SHARE: Final = 1.5
_COMERS_MORE: Final = 8
_TURNS_MAX: Final = 30
# Paces change: nobody is sent further away than this by one.
_PACED_HORIZON_SECONDS: Final = 20.0
# The time of a notice is told in whole seconds, so that it may not be too late yet: where a
# minute has enough for all who have the time, it is worth a try.
_DOUBTFUL_SECONDS: Final = 1.0
# Where sources go faster than drops come, the turn of each comes shortly before it goes itself.
_LAST_CHANCE_SECONDS: Final = 1.5
# For so long those that come too late go in the order in which their time ended: what they ask for may
# still be of use, and the minute that begins is for those that come in time.
_LONG_OVER_SECONDS: Final = 60.0
_PACED_SHARE: Final = 0.7
_PACED_PAUSE_SECONDS: Final = 0.2
# Down by a share with each refusal; up by the square of the time since then, in calls a second for
# each second squared. Who gets more is refused more often, so that workers come to equal shares; who
# is not refused any more takes over what the others leave. A bucket of one drop a second costs about
# a refusal in four seconds, and nothing stays in it.
_PACE_DOWN: Final = 0.9
_PACE_UP: Final = 0.0125
_PACE_UP_SECONDS_MAX: Final = 20.0
_PACE_MIN: Final = 0.1
_PACE_FIRST: Final = 1.0
# A refusal so soon after the last is of calls that were under way together.
_TOGETHER_SECONDS: Final = 0.5
_BURST_SECONDS: Final = 0.5
_DRY_REFUSALS: Final = 4
# A cap below the highest seen grows by this factor with each minute that is spent and not refused.
_CAP_UP: Final = 1.25


@dataclass(slots=True)
class _Line:
    """Who waits for one API, by urgency."""

    keys: list[tuple[float, str]] = field(default_factory=list)
    of: dict[str, float] = field(default_factory=dict)

    def join(self, now: float) -> int:
        """Return how many are more urgent than the caller, who waits from now on."""
        asking = urgency.current()
        self._let_go(now)
        if asking is None:
            return 0
        key = (asking.key(now), asking.recreation)
        if self.of.get(asking.recreation) != key[0]:
            self.leave()
            bisect.insort(self.keys, key)
            self.of[asking.recreation] = key[0]
        return bisect.bisect_left(self.keys, key)

    def is_behind(self, now: float) -> bool:
        """Tell whether the caller comes too late for its source while others do not.

        Of those whose time was over long ago none is waited for: they come in any order.
        """
        asking = urgency.current()
        self._let_go(now)
        if asking is None or asking.deadline == asking.key(now) or not self.keys:
            return False
        if urgency.lateness(now) >= _LONG_OVER_SECONDS:
            return self.in_time(now) > 0
        return self.keys[0][0] < asking.key(now) and self.keys[0][1] != asking.recreation

    def in_time(self, now: float) -> int:
        """Return how many wait that do not come too late."""
        return bisect.bisect_left(self.keys, (now + urgency.LONG / 2, ""))

    def _let_go(self, now: float) -> None:
        """Drop those that come too late by now: they stand in line anew."""
        while self.keys and self.keys[0][0] <= now + urgency.TOO_LATE_SECONDS:
            self.of.pop(self.keys.pop(0)[1], None)

    def turn(self, place: int, minute: int, each: float) -> tuple[int, float]:
        """Return in which minute, and after how many, one comes who has `place` before him.

        Those before him are let through, `each` in a minute, or their deadlines pass.
        """
        for at in range(minute, minute + _TURNS_MAX):
            late = at * MINUTE + urgency.TOO_LATE_SECONDS
            over = bisect.bisect_left(self.keys, (late, ""))
            before = place - max(over, (at - minute) * each)
            if before < each:
                return at, max(before, 0.0)
        return minute + _TURNS_MAX, 0.0

    def leave(self) -> None:
        """Let the caller wait no more."""
        asking = urgency.current()
        if asking is None or asking.recreation not in self.of:
            return
        key = (self.of.pop(asking.recreation), asking.recreation)
        del self.keys[bisect.bisect_left(self.keys, key)]


class _Mode(Enum):
    FREE = "free"
    BLOCKED = "blocked"
    WINDOW = "window"
    PACED = "paced"


@dataclass(slots=True)
class _Api:
    """What is known about one API.

    Attributes:
        minute: The minute that the counts below are of.
        spent: Calls let through in it.
        taken: Calls that the cloud took in it.
        taken_before: Calls that it took in the minute before.
        is_full: Whether the cloud has refused in it.
        cap: Calls that it took in the last minute that was full.
        most: The highest cap of the last minutes.
        more: Calls beyond the cap that are tried in this minute.
        is_open: Whether the cloud has taken a call in this minute, or is sure to.
        agreed: Minutes in a row whose first call, at the turn, the cloud took.
        is_trusted: Whether nobody waited for the first answer of this minute.
        is_at_turn: Whether the first call of this minute went out when it had just begun.
        is_guessed: Whether the cap is of a minute that was not ours from its start.
        is_opening: Whether the first call of this minute has no answer yet.
        let_at: When the last call within the limit went out.
        checks: How often it was tried in this minute if it is a bucket after all.
        is_measured: Whether the last full minute was ours from its start.
        probe_at: When the next probe may go.
        probe_step: Seconds to the probe after it.
        probe_until: Until when a probe's answer is waited for; None when none is out.
        probes_refused: In a row.
        rate: Calls a second, when paced.
        drops: Calls that may go at once, when paced.
        dripped_at: Up to when drops are counted.
        is_rising: Whether the rate has never been refused, so that it may double.
        taken_since: Calls taken since the last refusal.
        refused_at: When the cloud last refused.
        slowed_at: When the rate was last brought down.
        told_at: The probe that somebody was told to come for.
        line: Who waits.
    """

    mode: _Mode = _Mode.FREE
    minute: int = -1
    spent: int = 0
    taken: int = 0
    taken_before: int = 0
    is_full: bool = False
    cap: int = 1
    most: int = 0
    more: int = 1
    probe_at: float = 0.0
    probe_step: float = _FIRST_PROBE_SECONDS
    probe_until: float | None = None
    probes_refused: int = 0
    is_open: bool = False
    agreed: int = 0
    is_trusted: bool = False
    is_at_turn: bool = False
    is_guessed: bool = False
    is_opening: bool = False
    let_at: float = 0.0
    checks: int = 0
    is_measured: bool = False
    rate: float = _PACE_FIRST
    drops: float = 0.0
    dripped_at: float = 0.0
    is_rising: bool = True
    taken_since: int = 0
    refused_at: float = 0.0
    slowed_at: float = 0.0
    dry: int = 0
    told_at: float = 0.0
    line: _Line = field(default_factory=_Line)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one API stands, for those who watch.

    Attributes:
        mode: What is known of its quota: free, blocked, window or paced.
        opens_at: From when its next call may go, epoch seconds; the past when it may go now.
    """

    mode: str
    opens_at: float


class QuotaLimiter(ports.Limiter):
    """Spends the quotas of one region, API by API; safe to share between threads.

    Args:
        rng: Spreads those who wait.
        quota_share: How much of what the cloud allows may be spent, 0 to 1.
    """

    def __init__(self, rng: random.Random, *, quota_share: float = 1.0) -> None:
        self._spread: Callable[[float, float], float] = rng.uniform
        self._share = quota_share
        self._lock = threading.Lock()
        self._apis: dict[str, _Api] = {}

    @override
    def admit(self, api: str, now: float) -> float | None:
        with self._lock:
            known = self._known(api, now)
            wait_until = self._judge(known, now)
            if wait_until is None:
                known.line.leave()
            return wait_until

    def _judge(self, known: _Api, now: float) -> float | None:
        is_behind = known.mode is not _Mode.FREE and known.line.is_behind(now)
        if is_behind and not self._is_worth_a_try(known, now):
            return self._promise(known, now)
        match known.mode:
            case _Mode.FREE:
                known.spent += 1
                return None
            case _Mode.BLOCKED:
                return self._probe(known, now)
            case _Mode.WINDOW:
                return self._within_minute(known, now)
            case _Mode.PACED:
                return self._paced(known, now)

    def _is_worth_a_try(self, known: _Api, now: float) -> bool:
        """Tell whether one who may not be too late takes nothing from those who are not."""
        if known.mode is not _Mode.WINDOW or urgency.lateness(now) >= _DOUBTFUL_SECONDS:
            return False
        return known.line.in_time(now) < self._limit(known) - known.spent

    @override
    def succeeded(self, api: str, now: float) -> None:
        with self._lock:
            known = self._known(api, now)
            known.taken += 1
            known.taken_since += 1
            known.dry = 0
            known.is_open = True
            if known.probe_until is None:
                return
            # A refusal ends the minute for good where minutes are counted.
            known.probe_until, known.probes_refused = None, 0
            known.mode, known.is_rising = _Mode.PACED, True
            seconds = max(now - known.refused_at, _FIRST_PROBE_SECONDS)
            known.rate = max(_PACE_FIRST, 1.0 / seconds) * self._share
            known.drops, known.dripped_at = 1.0, now

    @override
    def throttled(self, api: str, now: float) -> float:
        with self._lock:
            known = self._known(api, now)
            if known.mode is _Mode.PACED:
                self._slow_down(known, now)
            else:
                self._fill(known, now)
            known.refused_at, known.taken_since = now, 0
            return self._promise(known, now)

    def standings(self) -> dict[str, Standing]:
        """Return how each API stands that has been called."""
        with self._lock:
            return {
                api: Standing(known.mode.value, self._opens_at(known))
                for api, known in self._apis.items()
            }

    def _opens_at(self, known: _Api) -> float:
        next_minute = (known.minute + 1) * MINUTE
        match known.mode:
            case _Mode.FREE:
                return 0.0
            case _Mode.BLOCKED:
                return min(known.probe_until or known.probe_at, next_minute)
            case _Mode.WINDOW if not known.is_open:
                return min(known.probe_at, next_minute)
            case _Mode.WINDOW:
                # To ask for more than what was taken last minute is no more than a try.
                if known.is_full and known.checks < _CHECKS_MAX:
                    return min(known.probe_until or known.probe_at, next_minute)
                is_spent = known.is_full or known.spent >= self._limit(known)
                return next_minute if is_spent else 0.0
            case _Mode.PACED:
                return known.dripped_at + max(1.0 - known.drops, 0.0) / known.rate

    def _known(self, api: str, now: float) -> _Api:
        """Return what is known, with the minute turned if it is over."""
        known = self._apis.get(api)
        if known is None:
            known = self._apis[api] = _Api()
        minute = math.floor(now / MINUTE)
        if minute > known.minute:
            self._turn(known, minute, now)
        return known

    def _turn(self, known: _Api, minute: int, now: float) -> None:
        self._learn(known)
        known.taken_before = known.taken if minute == known.minute + 1 else 0
        known.minute, known.spent, known.taken = minute, 0, 0
        known.is_full, known.is_open, known.checks, known.more = False, False, 0, 1
        known.is_trusted = known.is_at_turn = known.is_opening = False
        if known.mode is not _Mode.FREE and now > known.refused_at + _QUIET_SECONDS:
            known.mode, known.agreed, known.most = _Mode.FREE, 0, 0
        if known.mode in (_Mode.BLOCKED, _Mode.WINDOW):
            known.mode = _Mode.WINDOW
            known.probe_until, known.probes_refused, known.probe_at = None, 0, 0.0

    def _learn(self, known: _Api) -> None:
        """Take from the minute that is over what it tells of the next one."""
        is_window = known.mode is _Mode.WINDOW
        if known.is_full:
            known.is_measured = known.is_open and is_window
            known.cap, known.is_guessed = max(known.taken, 1), not known.is_measured
            known.most = max(known.most, known.cap)
        elif is_window:
            known.cap = max(known.cap, known.taken)
            if known.cap < known.most and known.taken >= self._limit(known):
                # Others had spent of it: what they leave now is taken up step by step.
                known.cap = min(math.ceil(known.cap * _CAP_UP), known.most)
        if is_window and known.taken and known.is_at_turn:
            known.agreed = 0 if known.probes_refused else known.agreed + 1

    # Refused, and nobody knows for how long

    def _fill(self, known: _Api, now: float) -> None:
        """Note a refusal where minutes are counted, or where nothing is known yet."""
        was_probe, known.probe_until = known.probe_until is not None, None
        if known.mode is _Mode.FREE and known.taken_before and self._is_of_the_last(known, now):
            known.mode, known.cap, known.is_guessed = _Mode.WINDOW, known.taken_before, True
        if known.mode is _Mode.WINDOW and self._is_of_the_last(known, now):
            # The cloud's minute begins a little later than ours, or others were faster.
            known.is_open, known.agreed = False, 0
            if known.is_opening:
                known.is_opening = False
                known.probes_refused = min(known.probes_refused + 1, _OPENINGS_MAX)
                known.probe_at = now + _OPENER_PAUSE_SECONDS * 2.0 ** (known.probes_refused - 1)
            known.spent = max(known.spent - 1, 0)
            return
        if known.mode is _Mode.FREE:
            known.mode, known.probe_step = _Mode.BLOCKED, _FIRST_PROBE_SECONDS
        elif was_probe and known.mode is _Mode.BLOCKED:
            known.probes_refused += 1
            known.probe_step *= 2.0
        known.is_full = True
        wait = known.probe_step
        if known.mode is _Mode.WINDOW:
            wait = _CHECK_SECONDS * 2.0**known.checks
        known.probe_at = now + wait

    def _is_of_the_last(self, known: _Api, now: float) -> bool:
        """Tell whether a refusal may still be of the minute before."""
        is_early = now < known.minute * MINUTE + _TURN_SECONDS
        if known.mode is _Mode.FREE:
            return is_early and not known.taken
        if not known.is_open:
            return True
        if not known.is_trusted and self._share == 1.0:
            # The first call was taken before any other went out.
            return False
        # Nobody waited for the first answer; or what we leave of each minute took our first call of
        # the next one while the cloud's clock was behind ours.
        return not known.taken or (is_early and known.taken < known.cap * self._share)

    def _probe(self, known: _Api, now: float) -> float | None:
        out = known.probe_until is not None and now < known.probe_until
        if out or now < known.probe_at:
            return self._promise(known, now)
        known.probe_until = now + _PROBE_SECONDS
        known.spent += 1
        return None

    # By the calendar minute

    def _within_minute(self, known: _Api, now: float) -> float | None:
        if not known.is_open:
            return self._open(known, now)
        if known.is_full:
            return self._check(known, now)
        limit = self._limit(known)
        if known.spent < limit:
            known.spent, known.let_at = known.spent + 1, now
            return None
        if self._share < 1.0 and not known.is_guessed:
            return self._promise(known, now)
        if known.taken >= limit or now >= known.let_at + _PROBE_SECONDS:
            known.more *= 2
            known.spent, known.let_at = known.spent + 1, now
            return None
        # Those under way may all be taken: then there is more.
        return now + self._spread(_OPENER_PAUSE_SECONDS, 2 * _OPENER_PAUSE_SECONDS)

    def _limit(self, known: _Api) -> int:
        if self._share < 1.0 and not known.is_guessed:
            return max(int(known.cap * self._share), 1)
        return known.cap + known.more - 1

    def _open(self, known: _Api, now: float) -> float | None:
        """Let one go first, and the others when the cloud has taken it."""
        if now < known.probe_at:
            return self._found_open(known, now)
        if known.is_opening:
            if now < known.probe_at + _PROBE_SECONDS and known.probe_at:
                return now + self._spread(_OPENER_PAUSE_SECONDS / 2, _OPENER_PAUSE_SECONDS)
            known.is_open = True
            return None
        known.spent, known.probe_at, known.is_opening = known.spent + 1, now, True
        known.is_at_turn = now < known.minute * MINUTE + _TURN_SECONDS
        known.is_open = known.is_trusted = known.is_at_turn and known.agreed >= _AGREED_OPENINGS
        return None

    def _found_open(self, known: _Api, now: float) -> float:
        soon = min(max(known.probe_at, now), (known.minute + 1) * MINUTE)
        return soon + self._spread(0.0, _OPENER_PAUSE_SECONDS)

    def _check(self, known: _Api, now: float) -> float | None:
        """Try now and then whether it is a bucket after all."""
        is_out = known.probe_until is not None and now < known.probe_until
        if known.checks >= _CHECKS_MAX or now < known.probe_at or is_out:
            return self._promise(known, now)
        known.checks, known.probe_until = known.checks + 1, now + _PROBE_SECONDS
        return None

    # By drops

    def _paced(self, known: _Api, now: float) -> float | None:
        passed = max(now - known.dripped_at, 0.0)
        known.drops = min(known.drops + passed * known.rate, max(known.rate * _BURST_SECONDS, 1.0))
        known.dripped_at = now
        # What nobody asked for in a while has not been tried.
        tried = min(passed, 1.0)
        if known.is_rising:
            known.rate *= 2.0**tried
        else:
            known.rate += tried * _PACE_UP * min(now - known.slowed_at, _PACE_UP_SECONDS_MAX)
        if known.drops < 1.0:
            return self._promise(known, now)
        known.drops -= 1.0
        known.spent += 1
        return None

    def _slow_down(self, known: _Api, now: float) -> None:
        """Try less often; the first time by what was taken since the last refusal."""
        known.dry += 1
        if known.dry >= _DRY_REFUSALS and now > known.refused_at + _FIRST_PROBE_SECONDS:
            known.mode, known.is_full, known.dry = _Mode.BLOCKED, True, 0
            known.probe_step, known.probe_until = 2 * _FIRST_PROBE_SECONDS, None
            known.probe_at = now + known.probe_step
            return
        if now < known.slowed_at + _TOGETHER_SECONDS:
            return
        known.slowed_at = now
        if known.is_rising:
            measured = known.taken_since / max(now - known.refused_at, _TOGETHER_SECONDS)
            known.rate = min(known.rate, measured)
        known.rate = max(known.rate * _PACE_DOWN, _PACE_MIN)
        known.is_rising, known.drops = False, 0.0

    # When to come again

    def _promise(self, known: _Api, now: float) -> float:
        if urgency.current() is None:
            # A call that is made for many: as soon as any may go, for it is one alone.
            return max(self._opens_at(known), now + _PACED_PAUSE_SECONDS)
        if known.mode is _Mode.PACED:
            return self._next_drop(known, now)
        if known.mode is _Mode.WINDOW and not known.is_open and not urgency.lateness(now):
            # The minute has begun, and will be found open soon.
            return self._found_open(known, now)
        minute = known.minute + 1
        is_probed = known.mode is _Mode.BLOCKED or known.checks < _CHECKS_MAX
        is_out = known.probe_until is not None or known.told_at == known.probe_at
        if is_probed and not is_out and now < known.probe_at < minute * MINUTE:
            # Somebody has to be there for the probe.
            known.told_at = known.probe_at
            return known.probe_at
        place = known.line.join(now)
        each = float(len(known.line.keys) + 1)
        if known.is_measured:
            each = known.cap * self._share * _COMERS_SHARE + _COMERS_MORE
        turn, before = known.line.turn(place, minute, each)
        # The first comes with the minute, and the others when the cloud has taken his call.
        later = _OPENER_PAUSE_SECONDS + before / each * _SPREAD_SECONDS if before else 0.0
        left = urgency.too_late_at(now) - turn * MINUTE - _CALL_SECONDS
        return turn * MINUTE + max(min(later, left), 0.0)

    def _next_drop(self, known: _Api, now: float) -> float:
        """Come a little earlier than the turn: the pace may have risen by then."""
        turn = (known.line.join(now) + 1) / known.rate * _PACED_SHARE
        chance = urgency.too_late_at(now) - now - _LAST_CHANCE_SECONDS
        if _PACED_PAUSE_SECONDS < chance < turn:
            turn = chance
        if turn > _PACED_HORIZON_SECONDS:
            return now + self._spread(_PACED_HORIZON_SECONDS / 2, _PACED_HORIZON_SECONDS)
        return now + max(turn, _PACED_PAUSE_SECONDS) * self._spread(0.9, 1.1)
