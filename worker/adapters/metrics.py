"""Metrics for Prometheus, made of the same facts that go to the log.

Loaded only when `monitor.listen` is set. A label is a word of ours or of the cloud's API, from a bounded set: no id, no
name, no text of anybody, and so no secret.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from worker import ports
from worker.adapters.limiter import Standing
from worker.core.errors import RecreationError
from worker.core.inventory import Glimpse

PREFIX: Final = "spot_recreation"
_LAG_SECONDS: Final = (0.5, 1, 2, 5, 10, 20, 40, 80, 160, 300)
_STEP_SECONDS: Final = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 7200)
_SHARES: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 2.0, 10.0)
_FOLLOWED_MAX: Final = 1_024
_DEAD_LETTERS_SEEN_MAX: Final = 16
# Every look is billed, and an idle day is to cost next to nothing.
_LOOK_EVERY_SECONDS: Final = 300.0


class MetricsTelemetry(ports.Telemetry):
    """Counts the facts on their way to the log.

    Args:
        onward: Where they go.
        clock: Time of the steps.
        registry: Where the metrics are.
    """

    def __init__(
        self, onward: ports.Telemetry, clock: ports.Clock, registry: CollectorRegistry
    ) -> None:
        self._onward = onward
        self._clock = clock
        self._lock = threading.Lock()
        self._begun: OrderedDict[str, float] = OrderedDict()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"{PREFIX}_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"{PREFIX}_{name}", text, labels, buckets=buckets, registry=registry)

        self._deliveries = counter("deliveries", "Messages by what became of them.", "verdict")
        self._finished = counter("finished", "Recreations that came to an end.", "outcome")
        self._parked = counter("parked", "Messages put into the dead-letter queue.", "reason")
        self._throttled = counter("throttled", "Calls that were put off for rate.", "action", "by")
        self._lost = counter("answers_lost", "Calls without a readable answer.", "action")
        self._failed = counter("step_failures", "Failed runs of a step.", "step", "error")
        self._bugs = counter("bugs", "Defects that cost no message.")
        self._leases = counter("leases_lost", "Messages whose lease ended while they were held.")
        self._lag = histogram("event_lag_seconds", "From the notice to its receipt.", _LAG_SECONDS)
        self._share = histogram(
            "notice_used_ratio", "Share of the notice used when a recreation ended.", _SHARES
        )
        self._steps = histogram(
            "step_seconds",
            "From the end of the step before, as this process saw it.",
            _STEP_SECONDS,
            "step",
        )

    @override
    def event(self, name: str, **fields: object) -> None:
        take = _TAKES.get(name)
        if take is not None:
            take(self, fields)
        self._onward.event(name, **fields)

    @override
    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self._bugs.inc()
        self._onward.failure(name, error, **fields)

    def _received(self, fields: Mapping[str, object]) -> None:
        self._lag.observe(max(_number(fields, "seconds_after_t0"), 0.0))
        self._resumed(fields)

    def _resumed(self, fields: Mapping[str, object]) -> None:
        with self._lock:
            self._begun.setdefault(_word(fields, "recreation"), self._clock.now())
            while len(self._begun) > _FOLLOWED_MAX:
                self._begun.popitem(last=False)

    def _step_done(self, fields: Mapping[str, object]) -> None:
        recreation, now = _word(fields, "recreation"), self._clock.now()
        with self._lock:
            begun = self._begun.get(recreation, now)
            self._begun[recreation] = now
        self._steps.labels(_word(fields, "step")).observe(max(now - begun, 0.0))

    def _ended(self, fields: Mapping[str, object]) -> None:
        verdict = _word(fields, "verdict")
        self._deliveries.labels(verdict).inc()
        if verdict == "finished":
            self._share.observe(max(_number(fields, "notice_used"), 0.0))

    def _is_finished(self, fields: Mapping[str, object]) -> None:
        self._finished.labels(_word(fields, "outcome")).inc()
        with self._lock:
            self._begun.pop(_word(fields, "recreation"), None)

    def _is_parked(self, fields: Mapping[str, object]) -> None:
        self._parked.labels(_word(fields, "park")).inc()

    def _is_throttled(self, fields: Mapping[str, object]) -> None:
        self._throttled.labels(_word(fields, "action"), _word(fields, "by")).inc()

    def _is_lost(self, fields: Mapping[str, object]) -> None:
        self._lost.labels(_word(fields, "action")).inc()

    def _step_failed(self, fields: Mapping[str, object]) -> None:
        self._failed.labels(_word(fields, "step"), _word(fields, "error")).inc()

    def _lease_lost(self, _fields: Mapping[str, object]) -> None:
        self._leases.inc()


_TAKES: Final[Mapping[str, Callable[[MetricsTelemetry, Mapping[str, object]], None]]] = {
    "interruption_received": MetricsTelemetry._received,  # noqa: SLF001 - a table of the class
    "recreation_resumed": MetricsTelemetry._resumed,  # noqa: SLF001
    "step_done": MetricsTelemetry._step_done,  # noqa: SLF001
    "delivery_ended": MetricsTelemetry._ended,  # noqa: SLF001
    "recreation_finished": MetricsTelemetry._is_finished,  # noqa: SLF001
    "parked": MetricsTelemetry._is_parked,  # noqa: SLF001
    "throttled": MetricsTelemetry._is_throttled,  # noqa: SLF001
    "answer_lost": MetricsTelemetry._is_lost,  # noqa: SLF001
    "message_incomplete": MetricsTelemetry._is_lost,  # noqa: SLF001
    "step_failed": MetricsTelemetry._step_failed,  # noqa: SLF001
    "lease_lost": MetricsTelemetry._lease_lost,  # noqa: SLF001
}


class StateCollector(Collector):
    """Reads at each scrape what is a state and not a fact: messages in hand, limiter, dead letters.

    Args:
        clock: Tells ages.
        held: How many messages are in hand.
        limiter: How each API stands.
        dead_letters: The dead-letter queue, which is looked at every five minutes at most.
    """

    def __init__(
        self,
        clock: ports.Clock,
        *,
        held: Callable[[], int],
        limiter: Callable[[], Mapping[str, Standing]],
        dead_letters: ports.Peek,
    ) -> None:
        self._clock = clock
        self._held = held
        self._limiter = limiter
        self._dead_letters = dead_letters
        self._looked_at = float("-inf")
        self._seen: tuple[Glimpse, ...] | None = None
        self._lock = threading.Lock()

    @override
    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Give the gauges of this moment."""
        now = self._clock.now()
        yield _gauge("held", "Messages in hand.", float(self._held()))
        blocked = GaugeMetricFamily(
            f"{PREFIX}_limiter_blocked_seconds",
            "For how long calls of an API are still held back.",
            labels=["action"],
        )
        modes = GaugeMetricFamily(
            f"{PREFIX}_limiter_mode",
            "What is known of the quota of an API: 1 for free, blocked, window or paced.",
            labels=["action", "mode"],
        )
        for action, standing in self._limiter().items():
            blocked.add_metric([action], max(standing.opens_at - now, 0.0))
            modes.add_metric([action, standing.mode], 1.0)
        yield blocked
        yield modes
        yield from self._letters(now)

    def _letters(self, now: float) -> Iterable[GaugeMetricFamily]:
        with self._lock:
            if now >= self._looked_at + _LOOK_EVERY_SECONDS:
                self._looked_at, self._seen = now, self._look()
            seen = self._seen
        yield _gauge(
            "dead_letters_readable",
            "Whether the dead-letter queue could be looked at.",
            float(seen is not None),
        )
        if seen is None:
            return
        oldest = min((letter.enqueued_at for letter in seen), default=now)
        yield _gauge(
            "dead_letters",
            f"Parked messages, of which {_DEAD_LETTERS_SEEN_MAX} can be seen.",
            float(len(seen)),
        )
        yield _gauge(
            "dead_letter_oldest_seconds",
            "Age of the oldest parked message that can be seen.",
            max(now - oldest, 0.0),
        )

    def _look(self) -> tuple[Glimpse, ...] | None:
        try:
            return self._dead_letters.peek(_DEAD_LETTERS_SEEN_MAX)
        except RecreationError:
            return None


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)


def _word(fields: Mapping[str, object], name: str) -> str:
    return str(fields.get(name, ""))


def _number(fields: Mapping[str, object], name: str) -> float:
    value = fields.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
