"""`aliyun-ops run`: work until told to stop."""

import os

import click

from worker.cli.options import config_option, config_path, examples
from worker.main import leave, serve

# Of one host: more than anyone runs there, and few enough to add to a port.
WORKERS_MAX = 99


@click.command(
    epilog=examples(
        "aliyun-ops run", "aliyun-ops run --until-idle", "aliyun-ops --config a.yaml run --number 2"
    )
)
@config_option
@click.option(
    "--until-idle",
    is_flag=True,
    help="End when nothing is in hand and a poll found the queue empty.",
)
@click.option(
    "--number",
    type=click.IntRange(1, WORKERS_MAX),
    default=1,
    show_default=True,
    help="Which worker of its host this is: the second one's monitor listens one port after monitor.listen, and so on.",
)
@click.pass_context
def run(ctx: click.Context, *, until_idle: bool, number: int) -> None:
    """Poll the queue and recreate what is reclaimed, until SIGTERM or SIGINT.

    A stop hands back what is in hand within worker.stop_within and loses nothing. Credentials come
    from the environment or the instance's RAM role, the signing key from ALIYUN_OPS_SIGNING_KEY.
    Facts about the work go to stderr, one line each: JSON unless stderr is a terminal.
    """
    leave(serve(config_path(ctx), os.environ, until_idle=until_idle, number=number))
