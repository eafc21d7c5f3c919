"""Writes docs/performance.md and its pictures from the results that `bench.report` has kept.

    python -m bench.document --results bench/results

The page's text is written by hand; what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->`
is made here. A block whose programs have no results stays as it is.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.bars import Results
from bench.plots import Chart, Line, svg
from bench.report import kept, rows_of, told

PAGE = Path("docs/performance.md")
IMAGES = Path("docs/images")
PAIRS = (
    "recovery", "replay", "processes", "queue_loop", "start", "storm_5000", "real_storm",
)  # fmt: skip
_BLOCK = re.compile(r"(<!-- bench:(\w+) -->\n)(.*?)(<!-- /bench:\2 -->)", re.DOTALL)
_STORMS_HEAD = (
    "| limit | workers | images by the bound: worst, median | refused per accepted and worker: worst |"
    " disks kept, s: median, last | duplicates | storms |\n|---|---|---|---|---|---|---|"
)


def filled(page: str, blocks: Mapping[str, str]) -> str:
    """Put the blocks into the page."""

    def block(match: re.Match[str]) -> str:
        begin, name, old, end = match.groups()
        return f"{begin}{blocks[name].strip()}\n{end}" if name in blocks else begin + old + end

    return _BLOCK.sub(block, page)


def blocks_of(kept_results: Mapping[str, Any]) -> dict[str, str]:
    """Write every block for which there are results."""
    results = {name: one["results"] for name, one in kept_results.items()}
    makers: dict[str, tuple[str, Callable[[Any], str]]] = {
        "crowd": ("crowd", _crowd),
        "progress": ("progress", _progress),
        "storms": ("storms", _storms),
        **{name: (name, _pairs) for name in PAIRS},
        "function": ("function", _function),
        "function_crowd": ("function_crowd", _function_crowd),
        **{name: (name, str) for name in ("imports", "cold_start", "reattach")},
    }
    found = {
        block: make(results[program]) for block, (program, make) in makers.items()
        if program in results
    }  # fmt: skip
    if results:
        found["bars"] = "\n".join(rows_of(kept_results))
        found["machine"] = _machine(kept_results)
    return found


def pictures_of(results: Results) -> dict[str, str]:
    """Draw every picture for which there are results, by the name of its file."""
    found = {}
    if "crowd" in results:
        found["bench-cost.svg"] = svg(_cost_chart(results["crowd"]))
        found["bench-memory.svg"] = svg(_memory_chart(results["crowd"]))
    if "function_crowd" in results:
        found["bench-function.svg"] = svg(_function_chart(results["function_crowd"]))
    if "progress" in results:
        found["bench-storm.svg"] = svg(_storm_chart(results["progress"]))
    return found


def _machine(kept_results: Mapping[str, Any]) -> str:
    machines = [one["machine"] for one in kept_results.values()]
    kinds = sorted(
        {f"{m['cpus']} CPUs ({m['architecture']}), Python {m['python']}" for m in machines}
    )
    rows = [
        f"| `{name}` | {told(one)} | {one['machine']['load']:g} |"
        for name, one in kept_results.items()
    ]
    head = ["| program | measured on | load at its end, its own included |", "|---|---|---|"]
    return "\n".join([f"Machine: {'; '.join(kinds)}.", "", *head, *rows])


def _pairs(results: Mapping[str, Any]) -> str:
    rows = [f"| {name.replace('_', ' ')} | {_told(one)} |" for name, one in results.items()]
    return "\n".join(["| figure | value |", "|---|---|", *rows])


def _told(value: object) -> str:
    if isinstance(value, list):
        return " to ".join(map(_told, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(one)}" for name, one in value.items())
    return f"{value:,g}" if isinstance(value, int | float) and abs(value) < 1e6 else str(value)  # noqa: PLR2004 - without powers of ten


def _crowd(results: Mapping[str, Any]) -> str:
    rows = [
        f"| {one['count']:,} | {one['cpu_ms']} | {one['cpu_with_collector_ms']} | {one['kib_in_flight']} | {one['ecs_requests']} |"
        f" {one['smq_requests']} | {one['replaced']:,} | {one['duplicates']} |"
        for one in results["sizes"]
    ]
    head = "| instances | CPU each, ms | with the collector, ms | memory each in hand, KiB | ECS requests each | SMQ requests each | replaced | duplicates |"
    return "\n".join(
        [
            "![CPU and requests of a recreation by the size of the crowd](images/bench-cost.svg)",
            "",
            "![Memory of a recreation in hand by the size of the crowd](images/bench-memory.svg)",
            "",
            head,
            "|---|---|---|---|---|---|---|---|",
            *rows,
        ]
    )


def _function(results: Mapping[str, Any]) -> str:
    broken = "\n".join(results["broken"]) or "no bar is broken"
    return "\n".join([results["setting"], "", results["head"], *results["rows"], "", broken])


def _function_crowd(results: Mapping[str, Any]) -> str:
    rows = [
        f"| {one['count']:,} | {one['function_seconds']} | {one['function_gb_seconds']} |"
        f" {one['original_gb_seconds']} | {one['invocations']} | {one['colds']} |"
        f" {one['ecs_requests']} | {one['smq_requests']} |"
        for one in results["sizes"]
    ]
    head = (
        "| instances | function seconds each | GB-s each | original, GB-s each | invocations each |"
        " cold starts, all | ECS requests each | SMQ requests each |"
    )
    picture = "![GB-seconds of a recovery by the size of the crowd](images/bench-function.svg)"
    return "\n".join([picture, "", head, "|---|---|---|---|---|---|---|---|", *rows])


def _progress(results: Mapping[str, Any]) -> str:
    ours, theirs = results["worker"], results["original"]
    told = (
        f"{results['count']:,} instances, {results['quota_per_minute']} calls of each API in a"
        f" calendar minute. In the end {ours['images'][-1]:,} images were accepted and"
        f" {ours['replaced_in_the_end']:,} sources replaced; by the model of the original"
        f" {theirs['images'][-1]:,} and {theirs['replaced_in_the_end']:,}."
    )
    picture = "![A storm: disks kept, images and replacements over time](images/bench-storm.svg)"
    return f"{picture}\n\n{told}"


def _storms(results: Sequence[Mapping[str, Any]]) -> str:
    groups: dict[tuple[str, int, int], list[Mapping[str, Any]]] = {}
    for one in results:
        storm = one["storm"]
        groups.setdefault((storm["kind"], storm["quota"], storm["workers"]), []).append(one)
    rows = [
        f"| {kind} {quota} | {workers} | {_worst_and_median(found)} |"
        f" {max(one['refused_per_accepted'] for one in found) / workers:.2f} |"
        f" {max(one['retained_median'] for one in found)},"
        f" {max(one['retained_max'] for one in found)} |"
        f" {sum(one['duplicates'] for one in found)} | {len(found)} |"
        for (kind, quota, workers), found in groups.items()
    ]
    count = results[0]["storm"]["count"]
    return "\n".join(
        [
            f"Storms of {count:,}, each line over the phases of the minute; times are the worst.",
            "",
            _STORMS_HEAD,
            *rows,
        ]
    )


def _worst_and_median(found: Sequence[Mapping[str, Any]]) -> str:
    shares = sorted(one["share_of_bound"] for one in found)
    return f"{shares[0]:.3f}, {shares[len(shares) // 2]:.3f}"


def _by_size(results: Mapping[str, Any], names: Mapping[str, str]) -> list[Line]:
    """Draw a line for each figure, by the size of the crowd."""
    return [
        Line(name, [(one["count"], one[key]) for one in results["sizes"]])
        for key, name in names.items()
    ]


def _cost_chart(results: Mapping[str, Any]) -> Chart:
    names = {
        "cpu_ms": "CPU, ms",
        "cpu_with_collector_ms": "with the collector",
        "ecs_requests": "ECS requests",
        "smq_requests": "SMQ requests",
    }
    return Chart(
        title="What one recreation costs, by the size of the crowd",
        x_label="instances reclaimed within a minute",
        y_label="for each",
        lines=_by_size(results, names),
        is_log=True,
    )


def _memory_chart(results: Mapping[str, Any]) -> Chart:
    sizes = results["sizes"]
    return Chart(
        title="Memory of one recreation in hand, by the size of the crowd",
        x_label="instances reclaimed within a minute",
        y_label="KiB",
        lines=[
            Line("in hand", [(one["count"], one["kib_in_flight"]) for one in sizes]),
            Line("limit", [(sizes[0]["count"], 16.0), (sizes[-1]["count"], 16.0)], is_bound=True),
        ],
        is_log=True,
    )


def _function_chart(results: Mapping[str, Any]) -> Chart:
    names = {"function_gb_seconds": "the function", "original_gb_seconds": "original"}
    return Chart(
        title="What one recovery by the function is billed, by the size of the crowd",
        x_label="instances reclaimed within a minute",
        y_label="GB-s for each",
        lines=_by_size(results, names),
        is_log=True,
    )


def _storm_chart(results: Mapping[str, Any]) -> Chart:
    step = results["step_seconds"]

    def line(who: str, key: str, name: str) -> Line:
        return Line(name, [(at * step, count) for at, count in enumerate(results[who][key])])

    bound = [(float(at), float(count)) for at, count in results["bound"]]
    return Chart(
        title=f"{results['count']:,} instances, {results['quota_per_minute']} calls of each API in a minute",
        x_label="seconds after the first notice",
        y_label="instances",
        lines=[
            line("worker", "disks_kept", "disks kept"),
            line("worker", "images", "images accepted"),
            line("worker", "replacements", "replacements"),
            line("original", "images", "original: images"),
            Line("bound for images", bound, is_bound=True),
        ],
    )


def main() -> int:
    """Write the page and its pictures."""
    parser = argparse.ArgumentParser(prog="python -m bench.document")
    parser.add_argument("--results", type=Path, default=Path("bench/results"))
    given = parser.parse_args()
    found = kept(given.results)
    results = {name: one["results"] for name, one in found.items()}
    for name, picture in pictures_of(results).items():
        (IMAGES / name).write_text(picture, encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(filled(page, blocks_of(found)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
