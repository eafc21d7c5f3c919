"""Who stops a command: SIGTERM and a closed terminal do what Ctrl-C does, and leave its clean-up alone."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Any, Final

# What a service manager sends, and what a terminal that is closed does.
_STOPS: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let the first of SIGTERM, SIGHUP and Ctrl-C raise `KeyboardInterrupt` inside the block.

    Of those that follow only Ctrl-C counts: kernel, shell and service manager each tell of one closed terminal, and the
    clean-up is under way. What was ignored from the beginning, as by nohup, stays so.
    """
    if current_thread() is not main_thread():
        yield
        return
    defaults: dict[signal.Signals, Any] = dict.fromkeys(_STOPS, signal.SIG_DFL)
    taken = _handled({**defaults, signal.SIGINT: signal.default_int_handler}, _interrupt)
    try:
        yield
    finally:
        _restore(taken)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let a clean-up go to its end whatever SIGTERM and SIGHUP say; Ctrl-C ends it."""
    if current_thread() is not main_thread():
        yield
        return
    taken = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPS}
    try:
        yield
    finally:
        _restore(taken)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _handled(expected: dict[signal.Signals, Any], handler: Any) -> dict[signal.Signals, Any]:
    """Take over the signals that are handled as expected; returns how they were."""
    taken = {number: how for number, how in expected.items() if signal.getsignal(number) is how}
    for number in taken:
        signal.signal(number, handler)
    return taken


def _restore(before: dict[signal.Signals, Any]) -> None:
    for number, how in before.items():
        signal.signal(number, how)
