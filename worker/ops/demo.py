"""The whole way of an interruption, watched: emulator, rule, worker and cloud as real processes.

Nothing here is simulated inside this process. The cloud is the emulator behind its HTTP port, the
rule is set up and the worker run by the same command line that a user has, and the verdict comes
from the emulator's own view of its disks and queues. Everything listens on 127.0.0.1, lives in a
temporary directory, and ends with the demo.
"""

import json
import math
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from worker import ports
from worker.core.errors import Permanent, RecreationError
from worker.ops.demo_board import Board, Fact
from worker.ops.demo_control import Control
from worker.ops.demo_follow import QUEUE, Watch, follow
from worker.ops.demo_function import Bill, Functions
from worker.ops.demo_original import REGION as ORIGINAL_REGION
from worker.ops.demo_original import Original
from worker.ops.demo_processes import Crew, Process, crew, exit_sentence, own_environment
from worker.ops.demo_scenarios import (
    REGION,
    Scenario,
    configured,
    late_writings,
    source,
    stock_orders,
    writings,
)
from worker.ops.demo_screen import Screen
from worker.ops.demo_staff import Staff, Workers
from worker.ops.demo_verdict import Evidence, Judgement, judge, only_kept
from worker.ops.demo_verify import content
from worker.ops.receipt_files import read_file
from worker.ops.wording import Wording
from worker.settings.endpoints import API_NAMES

START_SECONDS = 60.0
# The platform is a little late with the release, so that nobody relies on the second.
RELEASE_MARGIN_SECONDS = 5.0
# How long the source has been writing its journal before anything happens.
SERVING_SECONDS = 900.0

ClockAt = Callable[[str], ports.CorrectedClock]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a demo is performed with.

    Attributes:
        speed: Virtual seconds per real second.
        seed: Of every random choice of the emulator.
        signing_key: Freshly made, for this demo only.
        clock_at: Gives the clock of the emulator at an address.
        environ: The environment that this process has.
        by_function: Whether a function works in place of a worker.
        steady: Whether chance is taken out of the cloud's durations, so that two demos can be compared.
    """

    speed: float
    seed: int
    signing_key: str
    clock_at: ClockAt
    environ: Mapping[str, str]
    screen: Screen
    wording: Wording
    by_function: bool = False
    steady: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """How a demo ended.

    Attributes:
        after: Seconds from the notice until the source was served again; None if it never was.
        parked: Why it was parked, where the scenario ends so.
        failure: Why it did not come to a judgement, else empty.
        directory: Where the logs are when something is not as it should be, else empty.
        bill: Of a function.
    """

    scenario: str
    after: float | None = None
    receipt: dict[str, Any] | None = None
    judgements: tuple[Judgement, ...] = ()
    parked: str = ""
    failure: str = ""
    directory: str = ""
    bill: Bill | None = None

    @property
    def is_good(self) -> bool:
        """Whether the source was recovered, or parked as it should, and every claim holds."""
        recovered = self.receipt is not None and self.receipt.get("outcome") == "recovered"
        return (
            (recovered or bool(self.parked))
            and not self.failure
            and all(one.is_good for one in self.judgements)
        )

    def as_data(self, wording: Wording) -> dict[str, Any]:
        """Return plain data for programs."""
        return {
            "scenario": self.scenario,
            "good": self.is_good,
            "failure": self.failure,
            "parked": self.parked,
            "seconds_after_t0": self.after,
            "function": self.bill.as_data() if self.bill else None,
            "verified": [
                {"good": one.is_good, "what": one.text(wording)} for one in self.judgements
            ],
            "receipt": self.receipt,
            "logs": self.directory,
        }


def perform(scenario: Scenario, stage: Stage) -> Result:
    """Perform one scenario from an empty cloud to the verdict."""
    directory = Path(tempfile.mkdtemp(prefix="aliyun-ops-demo-"))
    try:
        result = _play(scenario, stage, directory)
    except RecreationError as error:
        result = Result(scenario.name, failure=error.sentence, directory=str(directory))
    except (KeyboardInterrupt, SystemExit):
        # Nothing has failed, so there is nothing to look into.
        shutil.rmtree(directory, ignore_errors=True)
        raise
    except Exception:
        stage.screen.note(stage.wording("demo.logs", directory=directory))
        raise
    finally:
        stage.screen.rest()
    if result.is_good:
        shutil.rmtree(directory, ignore_errors=True)
    return result


def _play(scenario: Scenario, stage: Stage, directory: Path) -> Result:
    environ = own_environment(
        stage.environ,
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
            "ALIYUN_OPS_SIGNING_KEY": stage.signing_key,
        },
    )
    with crew(directory, environ) as members:
        theatre = _set_up(scenario, stage, members)
        evidence, board, receipt, bill = _interrupt_and_follow(scenario, stage, theatre)
    running = board.reached.get("replacement running")
    running = running or board.reached.get("source started in place")
    judgements = tuple(judge(evidence))
    result = Result(
        scenario.name,
        after=running.after if running else None,
        receipt=receipt,
        judgements=judgements,
        parked=board.parked,
        bill=bill,
    )
    return result if result.is_good else replace(result, directory=str(directory))


@dataclass(frozen=True, slots=True)
class _Theatre:
    """Everything that is set up before the notice."""

    control: Control
    clock: ports.CorrectedClock
    members: Crew
    config: Path
    receipts: Path
    source_id: str
    original: Original | None = None


def _set_up(scenario: Scenario, stage: Stage, members: Crew) -> _Theatre:
    say, wording = stage.screen.note, stage.wording
    account, url = _start_emulator(scenario, stage, members)
    control = Control(url)
    if stage.steady:
        control.order("settings", jitter=0)
    say(wording("demo.emulator", url=url))
    orders = stock_orders(scenario, control.zones(REGION))
    seed = source(scenario)
    source_id = control.make_source(REGION, seed, orders)
    control.order("clock", advance=SERVING_SECONDS)
    say(
        wording(
            "demo.source",
            source=source_id,
            name=seed["name"],
            type=seed["instance_type"],
            zone=seed["zone_id"],
        )
    )
    if orders:
        zones = wording.listed([str(order["zone"]) for order in orders])
        say(wording("demo.sold_out", type=seed["instance_type"], zones=zones))
    receipts = members.directory / "receipts"
    config = members.directory / "config.yaml"
    config.write_text(
        json.dumps({**_configuration(account, url, receipts), **configured(scenario)}, indent=2),
        encoding="utf-8",
    )
    _apply_rule(members, config)
    say(wording("demo.rule"))
    if scenario.copies > 1:
        say(wording("demo.copies", number=scenario.copies))
    original = Original.beside(control, seed) if stage.by_function else None
    return _Theatre(control, stage.clock_at(url), members, config, receipts, source_id, original)


def _start_emulator(scenario: Scenario, stage: Stage, members: Crew) -> tuple[str, str]:
    """Start the cloud on free ports; return the account and the region's address."""
    arguments = ["--port", "0", "--region", REGION, "--json"]
    arguments += ["--speed", str(stage.speed), "--seed", str(stage.seed)]
    arguments += ["--assume", f"event_copies={scenario.copies}"]
    if stage.by_function:
        arguments += ["--region", ORIGINAL_REGION]
    process = members.start("emulator", "emulator", arguments)
    announced = json.loads(_first_line(members, process, "stdout"))
    return str(announced["account_id"]), str(announced["endpoints"][REGION])


def _first_line(members: Crew, process: Process, stream: str) -> str:
    while True:
        said = members.next(START_SECONDS)
        if said is None or (said.process == process.name and said.text is None):
            process.wait(1.0)
            raise Permanent(f"the emulator did not start: {exit_sentence(process)}")
        if (said.process, said.stream) == (process.name, stream) and said.text:
            return said.text


def _configuration(account: str, url: str, receipts: Path) -> dict[str, Any]:
    """Write the configuration that a user would write for this cloud."""
    return {
        "account_id": account,
        "region": REGION,
        "endpoints": dict.fromkeys(API_NAMES, url),
        "queue": {"name": QUEUE},
        "clock": {"emulator": url},
        "receipts": {"directory": str(receipts)},
        "log": {"format": "json"},
    }


def _apply_rule(members: Crew, config: Path) -> None:
    process = members.start(
        "rule-apply", "worker", ["rule", "apply", "--yes", "--config", str(config)]
    )
    open_streams = {"stdout", "stderr"}
    while open_streams:
        said = members.next(START_SECONDS)
        if said is None:
            raise Permanent(f"the rule is not set up: {exit_sentence(process)}")
        if said.process == process.name and said.text is None:
            open_streams.discard(said.stream)
    if process.wait(START_SECONDS) != 0:
        raise Permanent(f"the rule is not set up: {exit_sentence(process)}")


def _staff(stage: Stage, theatre: _Theatre) -> Workers | Functions:
    members, config = theatre.members, theatre.config
    if stage.by_function:
        return Functions(members, config, theatre.control, theatre.clock, stage.speed)
    return Workers(members, config)


def _bill(
    scenario: Scenario, theatre: _Theatre, staff: Staff, notice: Mapping[str, Any]
) -> Bill | None:
    if not isinstance(staff, Functions) or theatre.original is None:
        return None
    release_at, is_released = float(notice["release_at"]), not scenario.economical
    one = theatre.original.gb_seconds(release_at, is_released=is_released)
    # It works on every copy of the notice.
    return staff.bill(one * scenario.copies)


def _interrupt_and_follow(
    scenario: Scenario, stage: Stage, theatre: _Theatre
) -> tuple[Evidence, Board, dict[str, Any] | None, Bill | None]:
    control, source_id = theatre.control, theatre.source_id
    staff = _staff(stage, theatre)
    watch = Watch(scenario, control, theatre.clock, theatre.members, staff, stage.screen)
    staff.hire()
    stage.screen.note(stage.wording(staff.key))
    control.write(source_id, writings(scenario))
    before = control.disks_of(source_id)
    row = control.instance(source_id)
    if row is None:
        raise Permanent(f"the emulator has no instance {source_id}")
    stage.screen.note(_written(before, stage.wording))
    notice = control.order("interrupt", instance_id=source_id)
    staff.noticed(notice, source_id, scenario.copies)
    if theatre.original is not None:
        theatre.original.noticed()
    # The event tells whole seconds, and all figures of the worker count from there.
    board = Board(math.floor(float(notice["t0"]))).told(Fact("interrupted", 0.0, what=source_id))
    board = follow(watch, board, source_id)
    bill = _bill(scenario, theatre, staff, notice)
    if not scenario.economical:
        board = _release(theatre, board, stage, float(notice["release_at"]))
    receipt = None
    if not scenario.parks:
        receipt = read_file(theatre.receipts / f"{board.recreation}.json").document
    evidence = Evidence(
        recreation=board.recreation,
        source=row,
        before=before,
        late=late_writings(scenario) if watch.wrote_late else (),
        instances=control.show("instances"),
        disks=control.show("disks"),
        messages=control.messages(),
        complaints=control.show("complaints"),
        parked=board.parked,
        # The trigger hands a function a copy beside the queue's, and two instances may park one each.
        letters_max=scenario.copies + stage.by_function,
        alone=only_kept(receipt),
    )
    return evidence, board, receipt, bill


def _release(theatre: _Theatre, board: Board, stage: Stage, release_at: float) -> Board:
    """Let the rest of the five minutes pass at once: nothing is left to do but to see the end."""
    ahead = release_at + RELEASE_MARGIN_SECONDS - theatre.clock.now()
    if ahead > 0:
        theatre.control.order("clock", advance=ahead)
    if theatre.control.instance(theatre.source_id) is not None:
        raise Permanent("the cloud has not released the source at the announced time")
    after = release_at - board.t0
    board = board.told(Fact("released", after))
    stage.screen.watch(board, after)
    stage.screen.rest()
    return board


def _written(disks: list[dict[str, Any]], wording: Wording) -> str:
    durable = [content(disk, durable=True) for disk in disks]
    return wording(
        "demo.written",
        files=sum(len(one.files) for one in durable),
        records=sum(sum(one.records.values()) for one in durable),
    )
