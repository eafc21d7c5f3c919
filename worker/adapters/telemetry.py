"""Port `Telemetry`: one line per fact on stderr, JSON for machines, columns for people.

What a line may hold is decided here and not by the caller: every value is one line, of bounded
length, without the secrets that the process knows and without fields whose name tells of one.
An exception of somebody else is its class and the places it came through; its text stays out.
"""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger
from typing_extensions import override

from worker import ports
from worker.adapters import sdk_logging
from worker.core.errors import RecreationError

TEXT_MAX: Final = 500
ITEMS_MAX: Final = 20
DEPTH_MAX: Final = 4
FRAMES_MAX: Final = 12
HIDDEN: Final = "***"

# Receipt handles are keys too: who has one can delete the message.
_SECRET_NAME: Final = re.compile(
    r"secret|passw|authorization|signature|security_?token|user_?data|access_?key|credential"
    r"|private_?key|cookie|handle$",
    re.IGNORECASE,
)
# Names of fields that are remembered as harmless or not.
_NAMES_MAX: Final = 512
# A shorter one would be found inside ordinary words.
_SECRET_LENGTH_MIN: Final = 6

_NUMBERS: Final = (bool, int, float)
_LEVELS: Final = ("debug", "info", "warning", "error")
# What a person should see even when all is quiet; every other fact is info, and a defect an error.
_LEVEL_OF: Final[Mapping[str, str]] = {
    "parked": "error",
    # A worker goes on trying, and works on nothing until a person has given some.
    "no_credentials": "error",
    # Nobody has been told of what waits for a person.
    "notify_lost": "error",
    # Every call that waits for its minute; `step_failed` tells of it, too.
    "throttled": "debug",
    **dict.fromkeys(
        (
            "answer_lost",
            "clock_corrected",
            "event_missing",
            "launched_late",
            "lease_lost",
            "message_incomplete",
            "notify_channel_unusable",
            "notify_dropped",
            "notify_failed",
            "notify_unsent",
            "queue_failed",
            "queue_missing",
            "receipt_not_kept",
            "receive_failed",
            "signature_invalid",
            "step_failed",
            "unknown_payload",
            "unknown_provider_code",
            "unreadable",
        ),
        "warning",
    ),
}


class StructlogTelemetry(ports.Telemetry):
    """Telemetry over structlog.

    Args:
        clock: Time of the lines.
        stream: Where they go.
        as_json: JSON lines or columns; None leaves it to whether the stream is a terminal.
        secrets: Gives the values that must not appear; asked for every line, since keys change.
        level: The least level that is written: debug, info, warning or error.
    """

    def __init__(
        self,
        clock: ports.Clock,
        *,
        stream: TextIO | None = None,
        as_json: bool | None = None,
        secrets: Callable[[], Iterable[str]] = tuple,
        level: str = "info",
    ) -> None:
        self._least = _LEVELS.index(level)
        sdk_logging.silence()
        out = stream or sys.stderr
        is_terminal = out.isatty()
        self._clock = clock
        self._secrets = secrets
        # The renderers of structlog without its loggers, which would take as long as the rest of a line.
        self._log = structlog.WriteLogger(out)
        self._render: Callable[[WrappedLogger, str, EventDict], Any] = (
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if (not is_terminal if as_json is None else as_json)
            else structlog.dev.ConsoleRenderer(colors=is_terminal, sort_keys=False)
        )

    @override
    def event(self, name: str, **fields: object) -> None:
        level = _LEVEL_OF.get(name, "info")
        if _LEVELS.index(level) >= self._least:
            self._write(level, name, _unreserved(fields))

    @override
    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self._write("error", name, {**_unreserved(fields), **_description(error)})

    def _write(self, level: str, name: str, fields: Mapping[str, object]) -> None:
        line = self._finish({**fields, "event": name, "level": level})
        # Nobody reads a closed terminal or a broken pipe; what is under way must not end for it.
        with contextlib.suppress(OSError):
            self._log.msg(self._render(self._log, level, line))

    def _finish(self, line: Mapping[str, object]) -> EventDict:
        at = datetime.fromtimestamp(self._clock.now(), tz=timezone.utc)
        finished: dict[str, Any] = {
            "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        }
        # Asked once for all of a line: the environment is dear to read, and a line has many fields.
        cleaner = _Cleaner(tuple(s for s in self._secrets() if len(s) >= _SECRET_LENGTH_MIN))
        for name, value in line.items():
            finished[name] = HIDDEN if _tells_secret(name) else cleaner.plain(value)
        return finished


@dataclass(frozen=True, slots=True)
class _Cleaner:
    """Turns the values of one line into what may be written.

    Attributes:
        secrets: What must not appear.
    """

    secrets: tuple[str, ...]

    def plain(self, value: object, depth: int = 0) -> object:
        # Most values are of these very types; a union in `isinstance` is made anew each time.
        if type(value) is str:
            return self._line(value)
        if value is None or isinstance(value, _NUMBERS):
            return value
        if isinstance(value, str):
            return self._line(value)
        if isinstance(value, Enum):
            return self.plain(value.value, depth)
        if isinstance(value, BaseException):
            return self._line(_told(value))
        if depth >= DEPTH_MAX:
            return self._line(type(value).__name__)
        if isinstance(value, Mapping):
            return {
                self._line(str(key)): HIDDEN
                if _tells_secret(str(key))
                else self.plain(item, depth + 1)
                for key, item in list(value.items())[:ITEMS_MAX]
            }
        if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
            return [self.plain(item, depth + 1) for item in list(value)[:ITEMS_MAX]]
        return self._line(str(value))

    def _line(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, HIDDEN)
        if len(text) > TEXT_MAX:
            text = f"{text[:TEXT_MAX]}... ({len(text)} characters)"
        return text if text.isprintable() else "".join(map(_visible, text))


@lru_cache(maxsize=_NAMES_MAX)
def _tells_secret(name: str) -> bool:
    """Tell whether a field's name says that its value is one; the names of fields are few."""
    return _SECRET_NAME.search(name) is not None


def _unreserved(fields: Mapping[str, object]) -> dict[str, object]:
    """Rename fields that would stand in for structlog's own."""
    reserved = ("event", "level", "timestamp", "error", "where")
    return {f"{key}_" if key in reserved else key: value for key, value in fields.items()}


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")


def _description(error: BaseException) -> dict[str, object]:
    described: dict[str, object] = {"error": _told(error), "where": _places(error.__traceback__)}
    context = None if error.__suppress_context__ else error.__context__
    cause = error.__cause__ or context
    if cause is not None:
        described["after"] = f"{type(cause).__name__} {_places(cause.__traceback__)}"
    return described


def _told(error: BaseException) -> str:
    name = type(error).__name__
    return f"{name}: {error.sentence}" if isinstance(error, RecreationError) else name


def _places(trace: TracebackType | None) -> str:
    """Render the chain of places, outermost first, the last ones when there are too many."""
    places: list[str] = []
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-FRAMES_MAX:])
