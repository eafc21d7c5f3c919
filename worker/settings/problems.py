"""What is wrong with a configuration, in sentences: `path: problem (found X); write Y`."""

from dataclasses import dataclass

from typing_extensions import override

from worker.printable import printable

_FOUND_MAX_CHARS = 60


class _Nothing:
    """Stands for a value that is absent, or that must not be shown."""


NOTHING = _Nothing()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change.

    Attributes:
        path: Where, as dotted keys; or a file with line and column; or an environment variable.
        problem: What is wrong there.
        advice: What to write instead.
        found: The value found; left out when nothing was there or when it may be a secret.
    """

    path: str
    problem: str
    advice: str
    found: object = NOTHING

    @override
    def __str__(self) -> str:
        """Say it in one line."""
        found = "" if self.found is NOTHING else f" (found {show(self.found)})"
        return printable(f"{self.path}: {self.problem}{found}; {self.advice}")


class SettingsError(Exception):
    """The configuration cannot be used; `problems` holds everything that is wrong with it, at once."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


def show(value: object) -> str:
    """Write a value as it would stand in YAML, shortened."""
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    if isinstance(value, dict | list | tuple):
        return "a list" if not isinstance(value, dict) else "a mapping"
    text = repr(value)
    return text if len(text) <= _FOUND_MAX_CHARS else text[: _FOUND_MAX_CHARS - 3] + "..."
