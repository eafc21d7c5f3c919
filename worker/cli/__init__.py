"""The command line `aliyun-ops`: one file per command group, imported only when its command runs.

Importing this package costs click and nothing else: no SDK, no pydantic, no rich. A new command is one line in `COMMANDS`.
"""

from collections.abc import Mapping

import click

from worker import __version__
from worker.cli.failures import ExpectedFailures
from worker.cli.lazy import Command, LazyGroup
from worker.cli.options import config_option, examples

COMMANDS: Mapping[str, Command] = {
    "run": Command("worker.cli.run:run", "Poll the queue and recreate what is reclaimed."),
    "function": Command(
        "worker.cli.function:function",
        "Serve the function over HTTP, as Function Compute calls it.",
    ),
    "config": Command("worker.cli.config:config", "Check and show the configuration."),
    "rule": Command("worker.cli.rule:rule", "Set up the EventBridge rule and the queues."),
    "status": Command("worker.cli.status:status", "Show what is being recreated and what waits."),
    "receipt": Command("worker.cli.receipt:receipt", "Show what became of a recreation."),
    "audit": Command(
        "worker.cli.audit:audit", "Tell what an interruption would do to each instance."
    ),
    "doctor": Command(
        "worker.cli.doctor:doctor", "Find what is wrong with an installation, and what mends it."
    ),
    "dlq": Command("worker.cli.dlq:dlq", "List, show, replay and discard what was parked."),
    "reconcile": Command(
        "worker.cli.reconcile:reconcile", "Find interruptions whose event never came."
    ),
    "sweep": Command("worker.cli.sweep:sweep", "List and delete what recreations have left."),
    "drill": Command("worker.cli.drill:drill", "Rehearse a recreation without an interruption."),
    "notify": Command("worker.cli.notify:notify", "Try the channels of the notifications."),
    "demo": Command("worker.cli.demo:demo", "Watch a spot instance be reclaimed and come back."),
    "emulator": Command("emulator.__main__:main", "Run the cloud's APIs on this machine."),
}


class Program(ExpectedFailures, LazyGroup):
    """The program: lazy groups whose expected failures end in one sentence."""


@click.group(
    cls=Program,
    commands_from=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples(
        "aliyun-ops config check", "aliyun-ops rule plan", "aliyun-ops rule apply --yes"
    ),
)
@click.version_option(__version__, "-V", "--version", prog_name="aliyun-ops")
@config_option
def main() -> None:
    """Turn the notice of a reclaimed spot instance into a running replacement.

    Settings come from config.yaml and the environment; --config may stand before or after the command. Exit codes: 0 done,
    1 the job failed, 2 wrong usage or configuration.
    """
