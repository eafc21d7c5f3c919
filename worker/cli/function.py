"""`aliyun-ops function`: the function over HTTP, for local tests and custom runtimes."""

import os
import signal
from types import FrameType

import click

from worker.adapters import invoke_http
from worker.bootstrap import require_key
from worker.cli.failures import Failure
from worker.cli.options import config_option, config_path, examples, load_settings
from worker.invocation import Call, Function, InvocationFailed

# Source: Function Compute, custom runtimes: the instance listens on 0.0.0.0:9000 or as configured.
PORT = 9000
PORT_VARIABLE = "FC_CUSTOM_LISTEN_PORT"


@click.command(
    epilog=examples(
        "aliyun-ops function",
        "curl -d @event.json http://127.0.0.1:9000/invoke",
        "curl -d '' http://127.0.0.1:9000/invoke",
    )
)
@config_option
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Address to listen on [default: 127.0.0.1; all addresses inside Function Compute].",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    help=f"Port to listen on; 0 takes a free one [default: ${PORT_VARIABLE}, else {PORT}].",
)
@click.pass_context
def function(ctx: click.Context, *, host: str | None, port: int | None) -> None:
    """Serve the function over HTTP: POST /invoke with an event, or with nothing as a timer does.

    Each invocation sends its event to the queue, works until nothing is left that does not have to wait, and answers with
    what it did. The same code runs in Function Compute with `worker.function.handler`; see deploy/fc.
    """
    inside = PORT_VARIABLE in os.environ
    if not inside:
        # Who starts it by hand is there to be told. The platform is not: it wants its port first, and each invocation
        # tells in the log what is missing. Credentials may come with a request.
        require_key(load_settings(ctx))
    instance = Function(os.environ, config_path(ctx))

    def invoke(payload: bytes, request: str, timeout: float | None, keys: dict[str, str]) -> str:
        return instance.invoke(payload, Call(request, timeout, keys))

    signal.signal(signal.SIGTERM, _leave)
    try:
        invoke_http.serve(
            invoke,
            host=host or ("0.0.0.0" if inside else "127.0.0.1"),  # noqa: S104 - the platform's rule
            port=port if port is not None else _port(os.environ.get(PORT_VARIABLE, "")),
            expected=InvocationFailed,
            ready=lambda url: click.echo(f"Waiting for POST {url}/invoke", err=True),
        )
    except OSError as error:
        raise Failure(f"cannot listen: {error.strerror}; choose another --port") from None
    except (KeyboardInterrupt, _Told):
        return


class _Told(BaseException):
    """SIGTERM: whatever is under way is left to its leases."""


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise _Told


def _port(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else PORT
