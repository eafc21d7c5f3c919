"""`aliyun-ops run`: work until told to stop."""

import os

import click

from worker.cli.options import config_option, config_path, examples
from worker.main import leave, serve


@click.command(
    epilog=examples(
        "aliyun-ops run", "aliyun-ops run --until-idle", "aliyun-ops --config a.yaml run"
    )
)
@config_option
@click.option(
    "--until-idle",
    is_flag=True,
    help="End when nothing is in hand and a poll found the queue empty.",
)
@click.pass_context
def run(ctx: click.Context, *, until_idle: bool) -> None:
    """Poll the queue and recreate what is reclaimed, until SIGTERM or SIGINT.

    A stop hands back what is in hand within worker.stop_within and loses nothing. Credentials come
    from the environment or the instance's RAM role, the signing key from ALIYUN_OPS_SIGNING_KEY.
    Facts about the work go to stderr, one line each: JSON unless stderr is a terminal.
    """
    leave(serve(config_path(ctx), os.environ, until_idle=until_idle))
