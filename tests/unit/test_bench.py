"""What the programs of `bench/` compute and write, apart from the measuring."""

import http.client
import http.server
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from typing_extensions import override

from bench.bars import BARS, CROWD_BARS, OPEN, Bar, storm_bars
from bench.crowd import _owned, done
from bench.document import IMAGES, PAGE, blocks_of, filled, pictures_of
from bench.plots import Chart, Line, svg, ticks
from bench.progress import bound_by_minute, cumulative
from bench.recovery import p95
from bench.report import (
    FULL_STORMS,
    PROGRAMS,
    STORMS,
    Program,
    Run,
    all_storms,
    bars_of,
    keep,
    kept,
    rows_of,
)
from bench.storm import Storm
from bench.storms import storms
from bench.tape import taping
from emulator.state.world import LedgerEntry

ROOT = Path(__file__).parents[2]
RESULTS = kept(ROOT / "bench" / "results")


# The page


def test_the_page_shows_what_was_measured() -> None:
    page = (ROOT / PAGE).read_text("utf-8")

    assert filled(page, blocks_of(RESULTS)) == page, "make bench-full, or python -m bench.document"


def test_the_pictures_show_what_was_measured() -> None:
    drawn = pictures_of({name: one["results"] for name, one in RESULTS.items()})
    kept_ones = {path.name: path.read_text("utf-8") for path in (ROOT / IMAGES).glob("bench-*.svg")}

    assert kept_ones == drawn


def test_every_block_of_the_page_can_be_made() -> None:
    page = (ROOT / PAGE).read_text("utf-8")
    blocks = set(re.findall(r"<!-- bench:(\w+) -->", page))

    assert blocks <= {"bars", "machine", STORMS, *(one.name for one in PROGRAMS)}
    assert len(blocks) == page.count("<!-- /bench:")


def test_a_block_without_results_stays() -> None:
    page = "a\n<!-- bench:one -->\nold\n<!-- /bench:one -->\nb\n"

    assert filled(page, {}) == page
    assert filled(page, {"one": "new"}) == page.replace("old", "new")


def test_every_limit_holds_but_for_those_that_are_named() -> None:
    """A figure that gets out of its limit is seen, and so is one that is back in it."""
    results = {name: one["results"] for name, one in RESULTS.items()}

    assert {bar.what for bar in bars_of(results) if not bar.holds(results)} == OPEN


def test_every_limit_is_about_a_program_that_runs() -> None:
    assert {bar.program for bar in (*BARS, *CROWD_BARS)} <= {one.name for one in PROGRAMS}


@pytest.mark.parametrize(
    ("value", "is_least", "holds"),
    [(1.0, False, True), (1.1, False, False), (1.0, True, True), (0.9, True, False)],
)
def test_a_limit_holds_or_not(*, value: float, is_least: bool, holds: bool) -> None:
    bar = Bar("a figure", "one", float, 1.0, is_least=is_least)

    assert bar.holds({"one": value}) is holds
    assert ("**no**" in bar.row({"one": value})) is not holds


def test_what_was_not_measured_holds_no_limit() -> None:
    """Results of an older program, or of one that had nothing to count."""
    bar = Bar("a figure", "one", lambda r: r["seconds"], 1.0, spread=lambda r: r["range"])

    assert not bar.holds({"one": {}})
    assert "| nan |  | at most 1 | **no** |" in bar.row({"one": {}})


def test_every_limit_tells_on_which_commit_it_was_measured() -> None:
    how = {"machine": {"at": "2026-11-28T08:00+00:00"}, "results": {"broken": []}}

    (_, row) = rows_of({"function": how | {"commit": "abc1234"}})
    (_, before) = rows_of({"function": how})

    assert row.endswith("| `function` | 2026-11-28, abc1234 |")
    assert before.endswith("| `function` | 2026-11-28, unknown commit |")


def test_the_matrix_that_is_kept_is_whole() -> None:
    """Every quota, kind of limit, phase and number of workers."""
    found = [one["storm"] for one in RESULTS[STORMS]["results"]]
    wanted = list(storms(**FULL_STORMS))

    assert len(found) == len(wanted) == 4 * 2 * 7 * 3
    assert {tuple(one.items()) for one in found} == {tuple(asdict(one).items()) for one in wanted}


def outcome(**differing: object) -> dict[str, object]:
    """A storm that is within every limit, but for what differs."""
    return {
        "storm": {"workers": 1, "kind": "window", "count": 10},
        "share_of_bound": 1.0,
        "refused_per_accepted": 0.0,
        "retained": 10,
        "retained_median": 5.0,
        "retained_max": 9.0,
        "duplicates": 0,
        **differing,
    }


@pytest.mark.parametrize(
    "differing",
    [
        {"share_of_bound": 0.98},
        {"refused_per_accepted": 0.31},
        # Of what was never kept there is no time either.
        {"retained": 9},
        {"retained": 0, "retained_median": -1.0, "retained_max": -1.0},
        {"retained_median": 15.1},
        {"retained_max": 45.1},
        {"duplicates": 1},
    ],
)
def test_one_bad_storm_is_out_of_a_limit(differing: dict[str, object]) -> None:
    good, bad = [outcome()], [outcome(), outcome(**differing)]

    assert all(bar.holds({STORMS: good}) for bar in storm_bars(good))
    assert not all(bar.holds({STORMS: bad}) for bar in storm_bars(bad))


def test_most_of_a_hundred_do_not_exceed_their_percentile() -> None:
    assert p95([float(one) for one in range(1, 101)]) == 95.0
    assert p95([1.0, 2.0]) == 2.0


def test_what_this_commit_has_is_left_out_when_a_run_goes_on(tmp_path: Path) -> None:
    def asked(commit: str, *, resumes: bool = True) -> Run:
        return Run(tmp_path, True, frozenset(), resumes, commit)

    keep(tmp_path, "one.json", {"a": 1}, commit="abc1234", arguments=["--rounds", "9"])

    assert asked("abc1234").has("one.json", ("--rounds", "9")) == {"a": 1}
    assert asked("abc1234").has("one.json", ("--rounds", "3")) is None
    assert asked("def5678").has("one.json", ("--rounds", "9")) is None
    assert asked("abc1234+").has("one.json", ("--rounds", "9")) is None
    assert asked("abc1234", resumes=False).has("one.json", ("--rounds", "9")) is None
    assert asked("abc1234").has("two.json", ()) is None


def test_storms_that_are_known_do_not_happen_again() -> None:
    wanted = [Storm(count=7, quota=60, seed=seed) for seed in (1, 2)]
    rows = [{"storm": asdict(one), "images": one.seed} for one in reversed(wanted)]

    assert list(all_storms(wanted, rows)) == [rows[1], rows[0]]


def test_a_program_that_ends_badly_has_failed(tmp_path: Path) -> None:
    """Also one that has printed its table."""
    asked = Run(tmp_path, True, frozenset(), False, "")

    assert not asked.program(Program("one", "bench.none_such", (), (), is_table=True))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["planning", "performance"])
def test_pages_lead_to_files_that_exist(name: str) -> None:
    pages = list((ROOT / "docs").glob(f"{name}*.md"))
    links = [
        path.parent / target.partition("#")[0]
        for path in pages
        for target in re.findall(r"\]\((?!http)([^)#][^)]*)\)", path.read_text("utf-8"))
    ]

    assert links
    assert [link for link in links if not link.exists()] == []


def test_both_languages_of_planning_say_the_same() -> None:
    english, chinese = (
        (ROOT / "docs" / f"planning{suffix}.md").read_text("utf-8") for suffix in ("", ".zh-CN")
    )

    for pattern in (r"^#+ ", r"^\| ", r"^- ", r"^\d\. ", r"```", r"\d,\d{3}"):
        found = [len(re.findall(pattern, text, re.MULTILINE)) for text in (english, chinese)]
        assert found[0] == found[1] > 0, pattern


# Pictures


def test_a_picture_is_well_formed_and_follows_dark_pages() -> None:
    chart = Chart("a < b & c", "x", "y", [Line("one", [(0, 0), (9, 4)]), Line("two", [(0, 4)])])

    drawn = svg(chart)

    assert ET.fromstring(drawn).find("{*}title").text == "a < b & c"  # type: ignore[union-attr] # noqa: S314 - our own
    assert "prefers-color-scheme:dark" in drawn


@pytest.mark.parametrize("highest", [0.0, 0.3, 1.0, 7.0, 16.0, 999.0, 1_000.0, 4_321.0])
def test_steps_are_few_and_reach_the_top(highest: float) -> None:
    steps = ticks(highest)

    assert steps[0] == 0.0
    assert steps[-1] >= highest
    assert 2 <= len(steps) <= 7


# Series


def test_what_happened_is_counted_by_steps_of_time() -> None:
    assert cumulative([0.0, 4.9, 5.0, 12.0], 15.0) == [1, 3, 3, 4]


def test_the_bound_rises_with_each_minute_and_ends_with_all() -> None:
    points = bound_by_minute(Storm(100, 30, phase=20.0), 400.0)

    assert points[0] == [0.0, 30]
    assert points[1] == [40.0, 60]
    assert points[-1][1] == 100


def test_a_ledger_tells_when_each_source_was_saved() -> None:
    def entry(at: float, action: str, resource: str, **detail: object) -> LedgerEntry:
        return LedgerEntry(at, "ecs", "cn-hangzhou", action, resource, detail)

    found = done(
        [
            entry(1.0, "ModifyDiskAttribute", "d-1"),
            entry(2.0, "CreateImage", "m-1", instance_id="i-1", tags={}),
            entry(3.0, "CreateImage", "m-2", instance_id="i-1", tags={}),
            entry(4.0, "RunInstances", "i-2", image_id="m-1"),
            entry(5.0, "RunInstances", "i-3", image_id="m-2"),
        ],
        {"d-1": "i-1"},
    )

    assert (found.kept, found.imaged, found.launched) == ({"i-1": 1.0}, {"i-1": 2.0}, {"i-1": 4.0})
    assert found.doubles == 2


def test_memory_is_counted_once_and_not_beyond_what_is_foreign() -> None:
    foreign, shared = ["the emulator's"], ["shared"]
    root = {"a": shared, "b": [shared, foreign, len, int]}

    found = list(_owned([root], [foreign]))

    assert found.count(shared) == 1
    assert foreign not in found
    assert foreign[0] not in found
    assert not any(isinstance(one, type) for one in found)


# The tape


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers each call with its number."""

    protocol_version = "HTTP/1.1"
    count = 0
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        type(self).count += 1
        self.asked.append(self.path)
        text = f"answer {self.count}".encode()
        self.send_response(418)
        self.send_header("x-told", self.headers["x-asked"])
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[str]:
    Upstream.count = 0
    Upstream.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def ask(url: str, path: str) -> tuple[int, str | None, str]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    connection.request("GET", path, headers={"x-asked": path})
    answer = connection.getresponse()
    found = answer.status, answer.getheader("x-told"), answer.read().decode()
    connection.close()
    return found


def test_the_tape_gives_the_same_answers_in_their_order(upstream: str) -> None:
    with taping(upstream, upstream) as (tape, recorder, player):
        tape.record()
        told = [ask(recorder, "/a"), ask(recorder, "/b?x=1"), ask(recorder, "/a")]
        tape.stop()
        ask(recorder, "/a")
        played = [ask(player, "/a"), ask(player, "/b?x=2"), ask(player, "/a")]

    assert told == [(418, "/a", "answer 1"), (418, "/b?x=1", "answer 2"), (418, "/a", "answer 3")]
    assert played == told
    assert tape.misses == 0


def test_an_emulator_works_for_what_is_played_as_well(upstream: str) -> None:
    """Each call costs the machine as much as it did; nothing waits for messages that never come."""
    with taping(upstream, upstream) as (_, _, player):
        ask(player, "/queues/a/messages?waitseconds=30&x=1")

    assert Upstream.asked == ["/queues/a/messages?waitseconds=0&x=1"]


def test_what_was_never_asked_is_a_miss(upstream: str) -> None:
    with taping(upstream, upstream) as (tape, _, player):
        tape.record()
        status, _, _ = ask(player, "/a")

    assert (status, tape.misses) == (500, 1)
