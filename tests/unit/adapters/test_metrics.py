"""Metrics are made of the facts that are logged, carry no id, and cost nothing when they are off."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from worker.adapters.limiter import Standing
from worker.adapters.metrics import MetricsTelemetry, StateCollector
from worker.adapters.monitor_http import Monitor, Probes
from worker.core.errors import Transient
from worker.core.inventory import Glimpse

FILES = Path(__file__).parents[3] / "deploy/observability"
SOURCE = "i-bp1source00000000001"
RECREATION = "0123456789abcdef0123456789abcdef"


@dataclass
class Clock:
    at: float = 1_795_392_000.0

    def now(self) -> float:
        return self.at

    def real_seconds(self, seconds: float) -> float:
        return seconds


@dataclass
class Log:
    names: list[str] = field(default_factory=list)

    def event(self, name: str, **_fields: object) -> None:
        self.names.append(name)

    def failure(self, name: str, error: BaseException, **_fields: object) -> None:
        self.names.append(f"{name}:{type(error).__name__}")


@dataclass
class Letters:
    letters: tuple[Glimpse, ...] | None = ()
    fails: bool = False
    looks: int = 0

    def peek(self, count: int) -> tuple[Glimpse, ...] | None:
        self.looks += 1
        if self.fails:
            raise Transient("no answer")
        return self.letters[:count] if self.letters is not None else None


@dataclass
class Bench:
    clock: Clock = field(default_factory=Clock)
    log: Log = field(default_factory=Log)
    letters: Letters = field(default_factory=Letters)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.telemetry = MetricsTelemetry(self.log, self.clock, self.registry)
        self.registry.register(
            StateCollector(
                self.clock,
                held=lambda: 3,
                limiter=lambda: {"RunInstances": Standing("window", self.clock.at + 20.0)},
                dead_letters=self.letters,
            )
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"spot_recreation_{name}", labels)


def whole_life(bench: Bench) -> None:
    """Tell every fact that is counted, with all that may stand beside it."""
    who = {"source": SOURCE, "recreation": RECREATION}
    tell = bench.telemetry.event
    tell("interruption_received", **who, message="M", seconds_after_t0=1.5, age=1.4)
    bench.clock.at += 4.0
    tell("step_done", step="retain", **who)
    tell("step_failed", step="launch", error="Throttled", reason="text of ours", **who)
    tell("throttled", action="RunInstances", by="cloud", code="Throttling")
    tell("answer_lost", action="CreateImage", reason="timeout")
    tell("lease_lost", message="M", source=SOURCE)
    tell("recreation_finished", outcome="recovered", replacement="i-bp1new", **who)
    tell("delivery_ended", verdict="finished", notice_used=0.4, trace="0" * 32, **who)
    tell("parked", park="no_stock", reason="nothing anywhere", source=SOURCE)
    bench.telemetry.failure("bug", ValueError("canary-secret"))


def test_every_fact_is_counted_once_and_goes_on_to_the_log() -> None:
    """One telling makes one line and one count."""
    bench = Bench()
    whole_life(bench)

    assert bench.value("event_lag_seconds_sum") == 1.5
    assert bench.value("step_seconds_sum", step="retain") == 4.0
    assert bench.value("step_failures_total", step="launch", error="Throttled") == 1.0
    assert bench.value("throttled_total", action="RunInstances", by="cloud") == 1.0
    assert bench.value("answers_lost_total", action="CreateImage") == 1.0
    assert bench.value("leases_lost_total") == 1.0
    assert bench.value("finished_total", outcome="recovered") == 1.0
    assert bench.value("deliveries_total", verdict="finished") == 1.0
    assert bench.value("notice_used_ratio_sum") == 0.4
    assert bench.value("parked_total", reason="no_stock") == 1.0
    assert bench.value("bugs_total") == 1.0
    assert len(bench.log.names) == 10


def test_no_id_and_no_text_of_anybody_is_in_a_metric() -> None:
    """What is scraped can be shown to everybody: no instance, no message, no error text."""
    bench = Bench()
    whole_life(bench)

    page = generate_latest(bench.registry).decode()

    for word in (SOURCE, RECREATION, "i-bp1new", "canary", "text of ours", "nothing anywhere"):
        assert word not in page
    labels = {
        name
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        for name in sample.labels
    }
    assert labels <= {"verdict", "outcome", "reason", "action", "by", "step", "error", "le", "mode"}


def test_state_is_read_at_the_scrape() -> None:
    """What is in hand, which APIs are held back, and how old the oldest parked message is."""
    bench = Bench()
    bench.letters.letters = tuple(
        Glimpse(f"m{age}", "{}", {}, bench.clock.at - age, 1) for age in (30.0, 90.0)
    )

    assert bench.value("held") == 3.0
    assert bench.value("limiter_blocked_seconds", action="RunInstances") == 20.0
    assert bench.value("limiter_mode", action="RunInstances", mode="window") == 1.0
    assert bench.value("dead_letters") == 2.0
    assert bench.value("dead_letter_oldest_seconds") == 90.0


def test_the_dead_letter_queue_is_looked_at_every_five_minutes() -> None:
    """A scrape every second costs no request every second."""
    bench = Bench()
    for _ in range(600):
        generate_latest(bench.registry)
        bench.clock.at += 1.0

    assert bench.letters.looks == 2


@pytest.mark.parametrize("letters", [Letters(fails=True), Letters(letters=None)])
def test_an_unreadable_dead_letter_queue_is_told_and_not_taken_for_empty(letters: Letters) -> None:
    """No figure is better than a wrong one."""
    bench = Bench(letters=letters)

    assert bench.value("dead_letters_readable") == 0.0
    assert bench.value("dead_letters") is None


def metric_names(text: str) -> set[str]:
    return set(re.findall(r"\bspot_recreation_\w+", text))


def test_rules_and_dashboard_ask_for_metrics_that_exist() -> None:
    """A renamed metric would leave an alert that never fires."""
    bench = Bench()
    whole_life(bench)
    known = metric_names(generate_latest(bench.registry).decode())

    asked = {
        name: metric_names((FILES / name).read_text("utf-8"))
        for name in ("alerts.yaml", "alerts.test.yaml", "dashboard.json")
    }

    for name, names in asked.items():
        assert names, name
        assert names <= known, name


def test_every_alert_says_what_to_do() -> None:
    """Whoever is woken up reads one sentence that helps."""
    (group,) = yaml.safe_load((FILES / "alerts.yaml").read_text("utf-8"))["groups"]

    for rule in group["rules"]:
        assert rule["annotations"].keys() == {"summary", "action", "runbook_url"}
        assert rule["labels"]["severity"] in {"page", "warn"}


def test_the_dashboard_is_one_that_grafana_reads() -> None:
    """Every panel has a title, a place and a question, and no panel lies on another one."""
    board: dict[str, Any] = json.loads((FILES / "dashboard.json").read_text("utf-8"))
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in board["panels"]]

    assert len(set(places)) == len(places)
    for one in board["panels"]:
        assert one["title"]
        assert all(target["expr"] for target in one["targets"])


@dataclass
class Health:
    alive: str = ""
    ready: str = ""


@pytest.fixture
def served() -> Iterator[tuple[Health, str]]:
    health, bench = Health(), Bench()
    probes = Probes(lambda: health.alive, lambda: health.ready)
    monitor = Monitor(bench.registry, probes, host="127.0.0.1", port=0)
    yield health, f"http://127.0.0.1:{monitor.port}"
    monitor.close()


def get(url: str) -> tuple[int, str]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=20) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_three_pages_and_no_other(served: tuple[Health, str]) -> None:
    """Metrics in Prometheus' text form; health and readiness with what is wrong."""
    health, url = served

    status, page = get(f"{url}/metrics")
    assert status == 200
    assert "spot_recreation_held 3.0" in page
    assert get(f"{url}/healthz") == (200, "ok\n")
    health.alive, health.ready = "the loop stands", "nothing received"
    assert get(f"{url}/healthz") == (503, "the loop stands\n")
    assert get(f"{url}/readyz") == (503, "nothing received\n")
    assert get(f"{url}/")[0] == 404
