"""Durations and sizes as people write them, and the limits a setting must keep.

A bare number is refused: `60` may mean seconds or minutes, and the reader of a configuration file cannot ask. Inside the
program a duration is a float of seconds and a size an int of bytes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainSerializer, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

# Given as the validation context by `load`: numbers come from a person and need a unit. Code gives plain seconds and bytes.
WRITTEN_BY_A_PERSON = "written by a person"

_PART = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-z]*)\s*")


def refusal(problem: str, advice: str) -> PydanticCustomError:
    """Make the error that `load` turns into `path: problem (found X); advice`."""
    return PydanticCustomError("setting", "{problem}", {"problem": problem, "advice": advice})


@dataclass(frozen=True, slots=True)
class Scale:
    """The units of one quantity, largest first, and what people write when they mean one of them."""

    units: Mapping[str, float]
    synonyms: Mapping[str, str]
    plain: str  # the unit a bare number is most likely meant in
    example: str

    def read(self, text: str) -> float:
        """Read `1h30m` or `64KiB`; the units stand largest first and each once."""
        parts = [(float(number), unit) for number, unit in self._split(text)]
        order = [list(self.units).index(unit) for _, unit in parts]
        if order != sorted(set(order)):
            raise refusal("has its units out of order", "write the largest first and each once")
        return sum(number * self.units[unit] for number, unit in parts)

    def write(self, quantity: float) -> str:
        """Write a quantity the shortest way that `read` reads back: 90 s is `90s`, 3600 s is `1h`."""
        for unit, length in self.units.items():
            count = round(quantity / length, 6)
            if count and count == int(count):
                return f"{int(count)}{unit}"
        return f"{quantity:.6f}".rstrip("0").rstrip(".") + self.plain

    def _split(self, text: str) -> list[tuple[str, str]]:
        text = text.strip()
        parts: list[tuple[str, str]] = _PART.findall(text)
        if not parts or _PART.sub("", text):
            raise refusal("is not a number with a unit", f"write {self.example}")
        if any(not unit for _, unit in parts):
            advice = f"{text}{self.plain}" if len(parts) == 1 else self.example
            raise refusal("needs a unit", f"write {advice}")
        meant = "".join(number + self._meant(unit) for number, unit in parts)
        if meant != text:
            known = all(self._meant(unit) in self.units for _, unit in parts)
            raise refusal("has a wrong unit", f"write {meant if known else self.example}")
        return parts

    def _meant(self, unit: str) -> str:
        return unit if unit in self.units else self.synonyms.get(unit.lower(), "?")


DURATION = Scale(
    units={"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001},
    synonyms={
        **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
        **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
        **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
        **dict.fromkeys(("d", "day", "days"), "d"),
        **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), "ms"),
    },
    plain="s",
    example="15s, 5m, 7d or 1h30m",
)
SIZE = Scale(
    units={"MiB": 1_048_576.0, "KiB": 1_024.0, "B": 1.0},
    synonyms={
        **dict.fromkeys(("b", "byte", "bytes"), "B"),
        **dict.fromkeys(("k", "kb", "kib"), "KiB"),
        **dict.fromkeys(("m", "mb", "mib"), "MiB"),
    },
    plain="B",
    example="512B or 64KiB",
)


def format_duration(seconds: float) -> str:
    """Write seconds as a duration that a configuration file takes."""
    return DURATION.write(seconds)


def format_size(size: float) -> str:
    """Write bytes as a size that a configuration file takes."""
    return SIZE.write(size)


def _reader(scale: Scale) -> Callable[[object, ValidationInfo], object]:
    def read(value: object, info: ValidationInfo) -> object:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and info.context != WRITTEN_BY_A_PERSON:
            return value
        if not is_number and not isinstance(value, str):
            raise refusal("is not a number with a unit", f"write {scale.example}")
        return scale.read(str(value))

    return read


@dataclass(frozen=True, slots=True)
class Within:
    """Refuse a number outside `low`..`high`, which are written as the user would write them."""

    low: str | int
    high: str | int
    whole: bool = False  # whole seconds: the cloud takes no others
    source: str = ""  # where the limit comes from, when it is the cloud's

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def check(self, value: float) -> float:
        """Return the value, or refuse it with the limit it breaks."""
        why = f" ({self.source})" if self.source else ""
        if value < _quantity(self.low):
            raise refusal(f"is less than {self.low}{why}", f"write {self.low} or more")
        if value > _quantity(self.high):
            raise refusal(f"is more than {self.high}{why}", f"write {self.high} or less")
        if self.whole and value != int(value):
            raise refusal("must be whole seconds", f"write {int(value) + 1}s")
        return value


def _quantity(limit: str | int) -> float:
    if isinstance(limit, int):
        return limit
    return (SIZE if limit.endswith("B") else DURATION).read(limit)


SHARE_MIN = 0.05

Duration = Annotated[
    float,
    BeforeValidator(_reader(DURATION)),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
]
Size = Annotated[
    int,
    BeforeValidator(_reader(SIZE)),
    PlainSerializer(format_size, return_type=str, when_used="json"),
]


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refusal("is not a number", "write a share such as 0.8")
    if not SHARE_MIN <= value <= 1:
        raise refusal(f"is not between {SHARE_MIN} and 1", "write a share such as 0.8")
    return float(value)


# A part of something that is shared.
Share = Annotated[float, BeforeValidator(_share)]
