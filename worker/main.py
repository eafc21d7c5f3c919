"""The long-running worker: settings, bootstrap, consume until told to stop.

`python -m worker.main` and `aliyun-ops run` are the same. Importing this module loads no SDK: they
load when the first message or the first call needs them.
"""

import os
import signal
import sys
from collections.abc import Mapping
from types import FrameType

SUCCESS = 0
# What is left of a stop for notifications that still wait.
NOTIFY_SECONDS = 3.0


def serve(
    config: str | None, environ: Mapping[str, str], *, until_idle: bool = False, number: int = 1
) -> int:
    """Run one worker until SIGTERM or SIGINT, or until idle.

    Args:
        config: Path of the configuration; None for the usual places.
        environ: The environment.
        until_idle: Whether it ends when there is nothing to do.
        number: Which worker of its host it is, from 1.

    Raises:
        SettingsError: The configuration is wrong.
        RecreationError: The worker cannot start.
    """
    # Imported here: `--help` and a wrong option must not pay for them.
    from worker.settings import load  # noqa: PLC0415

    settings = load(config, environ)
    if settings.monitor.listen is None:
        from worker.bootstrap import build_worker  # noqa: PLC0415

        worker = build_worker(settings, environ, until_idle=until_idle)
    else:
        # What nobody asks for is not loaded.
        from worker.monitoring import build_watched_worker, own_address  # noqa: PLC0415

        listen = own_address(settings.monitor.listen, number)
        worker = build_watched_worker(settings, environ, listen=listen, until_idle=until_idle)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.consumer.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        worker.consumer.run()
    finally:
        worker.notifier.close(NOTIFY_SECONDS)
    return SUCCESS


def leave(code: int) -> None:
    """End the process at once.

    A thread may still be in a long poll of half a minute. Everything in hand has been handed back
    or left to its lease, and the interpreter would wait for that thread.
    """
    for stream in (sys.stdout, sys.stderr):
        # Where a stream is closed from the beginning, there is none.
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    from worker.cli import main

    main(["run", *sys.argv[1:]])
