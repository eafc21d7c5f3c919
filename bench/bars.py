"""What must hold, and where each figure of it is found."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Any]
Numbers = Sequence[float]
Storms = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Bar:
    """One limit.

    Attributes:
        what: The figure, for people.
        program: Whose results hold it.
        value: Reads it off them.
        limit: What it is held against.
        is_least: The limit is the least that is wanted, and not the most.
        spread: Reads the range of the rounds, where there are rounds.
    """

    what: str
    program: str
    value: Callable[[Any], float]
    limit: float
    is_least: bool = False
    spread: Callable[[Any], Numbers] | None = None

    def figure(self, results: Results) -> float:
        """Read the figure; what older results do not have is no number, which no limit holds."""
        try:
            return self.value(results[self.program])
        except (KeyError, TypeError):
            return math.nan

    def holds(self, results: Results) -> bool:
        """Compare the figure with its limit."""
        value = self.figure(results)
        return value >= self.limit if self.is_least else value <= self.limit

    def row(self, results: Results, measured: str = "") -> str:
        """Write it as a row of the table; `measured` says when, and on which commit."""
        figure = self.figure(results)
        spread = ""
        if self.spread is not None and not math.isnan(figure):
            least, most = self.spread(results[self.program])
            spread = f"{least:g} to {most:g}"
        sign = "at least" if self.is_least else "at most"
        verdict = "yes" if self.holds(results) else "**no**"
        return (
            f"| {self.what} | {figure:g} | {spread} | {sign} {self.limit:g} | {verdict} |"
            f" `{self.program}` | {measured} |"
        )


HEAD = "| figure | value | spread | limit | holds | program | measured |\n|---|---|---|---|---|---|---|"

# Known to be out of their limits in the results that are kept; what holds again leaves this list.
OPEN = frozenset(
    {
        "CPU of a recovery by that of its calls made bare",
        "5,000 at once: images by the bound",
    }
)
BARS = (
    Bar(
        "overhead, mean (s)", "recovery", lambda r: r["overhead_mean"], 2.5,
        spread=lambda r: r["overhead_range"],
    ),
    Bar(
        "overhead, 95th percentile (s)", "recovery", lambda r: r["overhead_p95"], 5.0,
        spread=lambda r: r["overhead_range"],
    ),
    Bar(
        "overhead as a share of the original's", "recovery",
        lambda r: r["overhead_share_of_original"], 0.25,
        spread=lambda r: r["overhead_share_of_original_range"],
    ),
    Bar(
        "ECS requests without image polls, mean", "recovery", lambda r: r["ecs_calls_mean"], 24,
        spread=lambda r: r["ecs_calls_range"],
    ),
    Bar(
        "image polls, mean", "recovery", lambda r: r["image_polls_mean"], 14,
        spread=lambda r: r["image_polls_range"],
    ),
    Bar(
        "ECS requests and image polls, 95th percentile", "recovery",
        lambda r: r["ecs_calls_with_polls_p95"], 24 + 14,
        spread=lambda r: r["ecs_calls_with_polls_range"],
    ),
    Bar(
        "SMQ requests, mean", "recovery", lambda r: r["smq_requests_mean"], 22,
        spread=lambda r: r["smq_requests_range"],
    ),
    Bar(
        "SMQ requests, 95th percentile", "recovery", lambda r: r["smq_requests_p95"], 22,
        spread=lambda r: r["smq_requests_range"],
    ),
    Bar("a lone recovery: duplicates", "recovery", lambda r: r["duplicates"], 0),
    Bar(
        "requests of an idle day, with the monitor", "idle",
        lambda r: (
            r["smq_requests_a_day"]
            + r["smq_requests_a_day_of_the_monitor"]
            + r["ecs_requests_a_day"]
        ),
        3_200,
    ),
    Bar(
        "CPU of a recovery by that of its calls made bare", "replay",
        lambda r: r["ratio_median"], 1.3, spread=lambda r: r["ratio_range"],
    ),
    Bar("bare calls that had no answer", "replay", lambda r: r["calls_without_answer"], 0),
    Bar(
        "memory before the first event (MiB)", "start", lambda r: r["idle_mib_median"], 70,
        spread=lambda r: r["idle_mib_range"],
    ),
    Bar(
        "memory with 64 in hand (MiB)", "start", lambda r: r["mib_with_64_median"], 130,
        spread=lambda r: r["mib_with_64_range"],
    ),
    Bar(
        "start to the first receive (s)", "start", lambda r: r["start_seconds_median"], 0.8,
        spread=lambda r: r["start_seconds_range"],
    ),
    Bar(
        "receive, validate, delete: share of the SDK's loop, by CPU", "queue_loop",
        lambda r: r["share_of_raw_cpu_median"], 0.85, is_least=True,
        spread=lambda r: r["share_of_raw_cpu_range"],
    ),
    Bar(
        "CPU of a message: two processes by one", "processes",
        lambda r: r["two_by_one_median"], 1.2, spread=lambda r: r["two_by_one_range"],
    ),
    Bar(
        "memory of a recreation in hand, worst crowd (KiB)", "crowd",
        lambda r: max(float(one["kib_in_flight"]) for one in r["sizes"]), 16,
        spread=lambda r: r["kib_range"],
    ),
    Bar(
        "CPU of a recreation: largest crowd by smallest", "crowd",
        lambda r: r["cpu_by_smallest"], 1.2,
    ),
    Bar(
        "memory of a recreation: largest crowd by smallest", "crowd",
        lambda r: r["kib_by_smallest"], 1.2,
    ),
    Bar("the function: limits that are broken", "function", lambda r: len(r["broken"]), 0),
    Bar(
        "the function: GB-seconds by the original's, worst crowd", "function_crowd",
        lambda r: r["share_of_original_range"][1], 1.0,
        spread=lambda r: r["share_of_original_range"],
    ),
    Bar(
        "5,000 at once: images by the bound", "storm_5000", lambda r: r["share_of_bound"], 0.99,
        is_least=True,
    ),
    Bar("5,000 at once: duplicates", "storm_5000", lambda r: r["duplicates"], 0),
    Bar(
        "real processes: images by the bound", "real_storm", lambda r: r["share_of_bound"], 0.99,
        is_least=True,
    ),
    Bar("real processes: duplicates", "real_storm", lambda r: r["duplicates"], 0),
    Bar(
        "real processes: sources whose disks are not kept", "real_storm",
        lambda r: r["count"] - r["disks_kept"], 0,
    ),
    Bar(
        "real processes: seconds to the disks kept, median", "real_storm",
        lambda r: r["disks_kept_median_seconds"], 15,
    ),
    Bar(
        "real processes: seconds to the disks kept, last", "real_storm",
        lambda r: r["disks_kept_last_seconds"], 45,
    ),
)  # fmt: skip
# Where a crowd was replayed, too.
CROWD_BARS = (
    Bar(
        "CPU of a recovery of a crowd by that of its calls made bare", "replay",
        lambda r: r["crowd_ratio_median"], 1.3, spread=lambda r: r["crowd_ratio_range"],
    ),
    Bar(
        "bare calls of a crowd that had no answer", "replay",
        lambda r: r["crowd_calls_without_answer"], 0,
    ),
)  # fmt: skip

# Images by the bound: (workers, least share); refused per accepted and worker, by kind of limit.
STORM_SHARES = ((1, 0.99), (2, 0.95), (4, 0.95))
STORM_REFUSED = (("window", 0.3), ("bucket", 0.8))
KEPT_MEDIAN_SECONDS, KEPT_LAST_SECONDS = 15, 45


def storm_bars(storms: Storms) -> Sequence[Bar]:
    """List what must hold of these storms; the worst one is the figure."""
    crews = {one["storm"]["workers"] for one in storms}
    kinds = {one["storm"]["kind"] for one in storms}
    shares = [
        Bar(
            f"storm: images by the bound, {workers} worker{'s' if workers > 1 else ''}, worst",
            "storms", _worst_share(workers), least, is_least=True, spread=_shares(workers),
        )
        for workers, least in STORM_SHARES if workers in crews
    ]  # fmt: skip
    refused = [
        Bar(
            f"storm: refused per accepted and worker, {kind}, worst", "storms",
            _worst_refused(kind), most,
        )
        for kind, most in STORM_REFUSED if kind in kinds
    ]  # fmt: skip
    return [
        *shares,
        *refused,
        Bar(
            "storm: sources whose disks are not kept, worst", "storms",
            lambda r: max(int(one["storm"]["count"]) - int(one["retained"]) for one in r), 0,
        ),
        Bar(
            "storm: seconds to the disks kept, median, worst", "storms",
            lambda r: _most(r, "retained_median"), KEPT_MEDIAN_SECONDS,
        ),
        Bar(
            "storm: seconds to the disks kept, last, worst", "storms",
            lambda r: _most(r, "retained_max"), KEPT_LAST_SECONDS,
        ),
        Bar("storm: duplicates, all together", "storms", lambda r: _sum(r, "duplicates"), 0),
    ]  # fmt: skip


def _shares(workers: int) -> Callable[[Storms], Numbers]:
    def spread(storms: Storms) -> Numbers:
        found = [float(o["share_of_bound"]) for o in storms if o["storm"]["workers"] == workers]
        return min(found), max(found)

    return spread


def _most(storms: Storms, name: str) -> float:
    return max(float(one[name]) for one in storms)


def _sum(storms: Storms, name: str) -> float:
    return sum(float(one[name]) for one in storms)


def _worst_share(workers: int) -> Callable[[Storms], float]:
    def worst(storms: Storms) -> float:
        found = [one for one in storms if one["storm"]["workers"] == workers]
        return min(float(one["share_of_bound"]) for one in found)

    return worst


def _worst_refused(kind: str) -> Callable[[Storms], float]:
    def worst(storms: Storms) -> float:
        found = [one for one in storms if one["storm"]["kind"] == kind]
        return round(
            max(float(one["refused_per_accepted"]) / int(one["storm"]["workers"]) for one in found),
            3,
        )

    return worst
