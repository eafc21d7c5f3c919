"""Faults that a test or a demonstration asks for: what goes wrong with which call.

This module only decides; it neither sleeps nor touches a connection. A rule says which calls it
meets, how many of them it spares and strikes, what becomes of the call's *effect* and what becomes
of its *answer*. The two are separate because that is what makes a cloud hard to use: an effect whose
answer is lost looks to the client like no effect at all.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from emulator.state.errors import ApiError


class Answer(str, Enum):
    """What the client gets."""

    THROTTLE = "throttle"  # refused until the next calendar minute; SMQ: 429 for this one call
    QUOTA = "quota"  # throttled once `limit` calls were made within a calendar minute
    REFUSE = "refuse"  # a definite refusal with `code`, `status` and `message`
    ERROR = "error"  # 500 with a body in the protocol's form
    BAD_GATEWAY = "bad-gateway"  # 502 with an HTML page, as a proxy makes it
    TRUNCATE = "truncate"  # half the answer, then the connection closes
    EMPTY = "empty"  # 200 without a body
    DROP = "drop"  # the connection closes without an answer
    HANG = "hang"  # no answer ever; the connection stays open
    DELAY = "delay"  # the right answer, `delay_seconds` late
    EMPTY_POLL = "empty-poll"  # SMQ receive: no message, at once
    DUPLICATE = "duplicate"  # SMQ receive: the same message comes again while the handle lives


class Effect(str, Enum):
    """What becomes of the call itself."""

    NONE = "none"
    DONE = "done"
    LATER = "later"


DEFAULT_EFFECT: Mapping[Answer, Effect] = {
    Answer.THROTTLE: Effect.NONE,
    Answer.QUOTA: Effect.NONE,
    Answer.REFUSE: Effect.NONE,
    Answer.ERROR: Effect.NONE,
    Answer.BAD_GATEWAY: Effect.NONE,
    Answer.TRUNCATE: Effect.DONE,
    Answer.EMPTY: Effect.DONE,
    Answer.DROP: Effect.NONE,
    Answer.HANG: Effect.NONE,
    Answer.DELAY: Effect.DONE,
    Answer.EMPTY_POLL: Effect.NONE,
    Answer.DUPLICATE: Effect.DONE,
}

_MINUTE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as rules look at it.

    Attributes:
        product: `smq`, `ecs`, `vpc`, `slb`, `alb`, `nlb`, `eventbridge`, `mns-open` or `sts`.
        region: Region id.
        action: `RunInstances`, `ReceiveMessage`, ...
        queue: Queue name for SMQ, else empty.
    """

    product: str
    region: str
    action: str
    queue: str = ""


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One fault. Product, region, action and queue are shell patterns (`*`, `Run*`).

    Attributes:
        answer: What the client gets.
        effect: What becomes of the call; None for the answer's usual one.
        skip: How many matching calls pass unharmed first.
        count: How many calls it strikes (for `throttle`: in how many minutes); None for all.
            `quota` strikes as often as the limit is passed.
        probability: Chance of striking a matching call.
        delay_seconds: Real seconds by which a `delay` answer is late, because that is how clients
            measure their time-outs.
        later_seconds: Virtual seconds before a `later` effect.
        limit: Calls per calendar minute for `quota`.
        status: HTTP status for `refuse`.
        code: Provider code for `refuse`; overrides the documented one for `throttle` and `error`.
        message: Text for `refuse`.
    """

    # The control API reads rules with pydantic; a misspelt key must not go unnoticed.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    answer: Answer
    product: str = "*"
    region: str = "*"
    action: str = "*"
    queue: str = "*"
    effect: Effect | None = None
    skip: int = 0
    count: int | None = 1
    probability: float = 1.0
    delay_seconds: float = 1.0
    later_seconds: float = 60.0
    limit: int = 0
    status: int = 403
    code: str = ""
    message: str = "Refused by a fault rule of the emulator."

    def __post_init__(self) -> None:
        if self.answer is Answer.REFUSE and not self.code:
            raise ValueError("a fault rule with answer 'refuse' needs a code")
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"probability must be from 0 to 1 (found {self.probability})")
        if not 400 <= self.status <= 599:  # noqa: PLR2004 - HTTP's error statuses
            raise ValueError(f"status must be from 400 to 599 (found {self.status})")
        amounts = (self.delay_seconds, self.later_seconds, self.skip, self.limit, self.count or 0)
        if min(amounts) < 0:
            raise ValueError("seconds, skip, limit and count must not be negative")

    @property
    def outcome(self) -> Effect:
        """What becomes of a call that this rule strikes."""
        return self.effect or DEFAULT_EFFECT[self.answer]

    def meets(self, call: Call) -> bool:
        """Tell whether the rule is about such a call."""
        return (
            fnmatchcase(call.product, self.product)
            and fnmatchcase(call.region, self.region)
            and fnmatchcase(call.action, self.action)
            and fnmatchcase(call.queue, self.queue)
        )


@dataclass(slots=True)
class _Entry:
    number: int
    rule: FaultRule
    met: int = 0
    struck: int = 0


class FaultBook:
    """The rules in force, in the order in which they were added; the first that strikes wins.

    Args:
        rng: Decides about probabilities.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._entries: list[_Entry] = []
        self._added = 0
        # Refusal lasts to the end of the minute, per API and region. Source: ECS API throttling.
        self._blocked_until: dict[tuple[int, Call], float] = {}
        self._spent: dict[tuple[int, Call], tuple[float, int]] = {}

    def add(self, rule: FaultRule) -> int:
        """Put a rule into force and return its number."""
        self._added += 1
        self._entries.append(_Entry(self._added, rule))
        return self._added

    def remove(self, number: int | None = None) -> int:
        """Take one rule, or all, out of force and return how many there were."""
        kept = [e for e in self._entries if number is not None and e.number != number]
        removed = len(self._entries) - len(kept)
        self._entries = kept
        if not kept:
            self._blocked_until.clear()
            self._spent.clear()
        return removed

    def listing(self) -> list[dict[str, Any]]:
        """Describe the rules in force with how often each was met and struck."""
        return [
            {"id": e.number, **rule_as_json(e.rule), "met": e.met, "struck": e.struck}
            for e in self._entries
        ]

    def decide(self, call: Call, now: float) -> FaultRule | None:
        """Choose the fault for one call, or None.

        Args:
            call: The call.
            now: Virtual epoch seconds.
        """
        for entry in self._entries:
            if entry.rule.meets(call) and self._strikes(entry, call, now):
                return entry.rule
        return None

    def _strikes(self, entry: _Entry, call: Call, now: float) -> bool:
        entry.met += 1
        rule = entry.rule
        if rule.answer is Answer.QUOTA:
            return self._over_quota(entry, call, now)
        if now < self._blocked_until.get((entry.number, call), 0.0):
            return True
        if entry.met <= rule.skip or (rule.count is not None and entry.struck >= rule.count):
            return False
        if rule.probability < 1.0 and self._rng.random() >= rule.probability:
            return False
        entry.struck += 1
        if rule.answer is Answer.THROTTLE and call.product != "smq":
            self._blocked_until[entry.number, call] = next_minute(now)
        return True

    def _over_quota(self, entry: _Entry, call: Call, now: float) -> bool:
        minute = next_minute(now)
        known_minute, spent = self._spent.get((entry.number, call), (minute, 0))
        if known_minute != minute:
            spent = 0
        self._spent[entry.number, call] = (minute, spent + 1)
        if spent < entry.rule.limit:
            return False
        entry.struck += 1
        return True


def next_minute(now: float) -> float:
    """Return the beginning of the next calendar minute."""
    return (now // _MINUTE_SECONDS + 1) * _MINUTE_SECONDS


def rule_as_json(rule: FaultRule) -> dict[str, Any]:
    """Write a rule in the form that the control API takes."""
    plain = {item.name: getattr(rule, item.name) for item in fields(rule)}
    return {**plain, "answer": rule.answer.value, "effect": rule.outcome.value}


def refusal(rule: FaultRule, call: Call) -> ApiError:
    """Word a refusal as the struck product does.

    Sources: ECS API throttling; EventBridge "Error codes" and SMQ "Error codes", TooManyRequests.

    Args:
        rule: A rule with answer `throttle`, `quota`, `refuse` or `error`.
        call: The struck call.
    """
    if rule.answer is Answer.REFUSE:
        return ApiError(rule.status, rule.code, rule.message)
    if rule.answer is Answer.ERROR:
        return ApiError(
            500,
            rule.code or "InternalError",
            "The request processing has failed due to some unknown error.",
        )
    if call.product in ("smq", "eventbridge"):
        return ApiError(429, rule.code or "TooManyRequests", "The request was throttled.")
    # ECS and its like have several codes for it (Throttling, Throttling.Api, ...).
    return ApiError(
        400, rule.code or "Throttling.User", "Request was denied due to user flow control."
    )
