"""Runs a module of this installation and ends with the process that started it.

    python -m worker.ops.tether MODULE [ARGUMENT...]

The starter holds the other end of this process's standard input. However the starter ends, by
Ctrl-C, an error or kill -9, the pipe closes, and nothing is left running.
"""

import os
import runpy
import sys
import threading

ENDED_WITH_STARTER = 3
_USAGE = 2


def main() -> None:
    """Run the module that the first argument names, as `python -m` does."""
    if not sys.argv[1:]:
        sys.exit(_USAGE)
    starter, sys.stdin = sys.stdin, open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123
    threading.Thread(target=_end_with, args=(starter.fileno(),), daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with(pipe: int) -> None:
    while os.read(pipe, 4096):
        pass
    # Not sys.exit: the main thread may be inside a call that takes half a minute.
    os._exit(ENDED_WITH_STARTER)


if __name__ == "__main__":
    main()
