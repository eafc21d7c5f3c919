"""`aliyun-ops demo`: watch a spot instance be reclaimed and come back, on this machine."""

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.text import Text

from worker.adapters.clock import EmulatorClock
from worker.cli.failures import Failure, WrongUsage, drop_output
from worker.cli.options import examples, json_option, language_option
from worker.cli.output import print_json, write_file
from worker.cli.wordings import wording_of
from worker.ops.demo import Result, Stage, perform
from worker.ops.demo_epilogue import epilogue
from worker.ops.demo_scenarios import BY_NAME, DEFAULT, SCENARIOS, Scenario
from worker.ops.demo_screen import Lines, Moving, Screen, Silent
from worker.ops.printing import console_for
from worker.ops.receipt_page import page_of
from worker.ops.wording import Wording

ALL = "all"
SPEED = 10.0
# What a function computes takes this often as long in the cloud's time: as with the quarter of a vCPU that 256 MiB buy.
FUNCTION_SPEED = 4.0


@click.command(
    epilog=examples(
        "aliyun-ops demo",
        "aliyun-ops demo --scenario killed",
        "aliyun-ops demo --function",
        "aliyun-ops demo --scenario all --speed 15 --language zh",
    )
)
@click.option(
    "--scenario",
    "name",
    type=click.Choice([*BY_NAME, ALL]),
    default=DEFAULT.name,
    show_default=True,
    help="What happens.",
)
@click.option("--function", "by_function", is_flag=True, help="Let a function work, and no worker.")
@click.option(
    "--steady", is_flag=True, help="Take chance out of the cloud's durations; --function does."
)
@click.option("--list", "as_list", is_flag=True, help="Say what the scenarios are.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=60),
    help=f"Seconds of the cloud per real second [default: {SPEED:g}; {FUNCTION_SPEED:g} with --function].",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the cloud's random choices.")
@click.option("--html", "page", metavar="PAGE", help="Keep the receipt as a page for browsers.")
@language_option
@json_option
def demo(
    *,
    name: str,
    by_function: bool,
    steady: bool,
    as_list: bool,
    speed: float | None,
    seed: int,
    page: str | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Reclaim a spot instance of a small cloud on this machine, and watch it come back.

    Starts the emulator, sets up the rule, runs a worker, reclaims the instance, shows the receipt, and asks the cloud itself
    whether anything was lost. Needs no account and no network. Exit code 0 only if the instance was recovered and all data is
    there. With --function the local function server is called as in Function Compute, and what it would be billed is told.
    """
    wording = wording_of(language)
    if as_list:
        _list(wording, as_json=as_json)
        return
    if page is not None and name == ALL:
        raise WrongUsage("--html keeps one receipt: name one scenario")
    stage = Stage(
        speed=speed or (FUNCTION_SPEED if by_function else SPEED),
        seed=seed,
        signing_key=secrets.token_hex(32),
        clock_at=EmulatorClock,
        environ=os.environ,
        screen=_screen(wording, as_json=as_json),
        wording=wording,
        by_function=by_function,
        steady=steady or by_function,
    )
    chosen = SCENARIOS if name == ALL else (BY_NAME[name],)
    try:
        results = _play(chosen, stage)
    except BrokenPipeError:
        if not _is_reader_gone():
            raise
        # Who reads a part of it has seen enough.
        drop_output()
        return
    if as_json:
        documents = [result.as_data(wording) for result in results]
        print_json(documents if name == ALL else documents[0])
    if page is not None and results[-1].receipt is not None:
        write_file(Path(page), page_of(results[-1].receipt, wording.language, wording.why_of))
    _fail_unless_good(results, wording)


def _play(chosen: Sequence[Scenario], stage: Stage) -> list[Result]:
    results: list[Result] = []
    for scenario in chosen:
        if results:
            stage.screen.show(Text())
        results.append(_perform(scenario, stage))
    return results


def _is_reader_gone() -> bool:
    """Whether it was stdout that broke, which then does so again, and not a pipe to a process of the demo."""
    try:
        click.echo()
    except BrokenPipeError:
        return True
    return False


def _perform(scenario: Scenario, stage: Stage) -> Result:
    wording, screen = stage.wording, stage.screen
    what = wording("demo.title", scenario=scenario.name, what=wording(f"scenario.{scenario.name}"))
    screen.title(f"{what} · {wording('demo.real_time', speed=f'{stage.speed:g}')}")
    result = perform(scenario, stage)
    screen.show(epilogue(result, wording))
    return result


def _screen(wording: Wording, *, as_json: bool) -> Screen:
    if as_json:
        return Silent()
    console = console_for(sys.stdout, os.environ)
    return Moving(console, wording) if console.is_terminal else Lines(console, wording)


def _list(wording: Wording, *, as_json: bool) -> None:
    rows = [(one.name, wording(f"scenario.{one.name}")) for one in SCENARIOS]
    if as_json:
        print_json([{"scenario": name, "what": what} for name, what in rows])
        return
    width = max(len(name) for name, _ in rows)
    # At once, as all other lists: who reads only its beginning must not make it fail.
    click.echo("\n".join(f"{name:<{width}}  {what}" for name, what in rows))


def _fail_unless_good(results: list[Result], wording: Wording) -> None:
    told = [_failure(result, wording) for result in results if not result.is_good]
    if told:
        raise Failure("\n".join(told))


def _failure(result: Result, wording: Wording) -> str:
    claims = wording("failure.claims")
    why = wording.sentence(result.failure) if result.failure else claims
    directory = result.directory
    return wording("failure.logs", scenario=result.scenario, why=why, directory=directory)
