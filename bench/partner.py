"""A process of a bench with which one talks by lines of JSON."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.e2e.surroundings import environment


class Partner:
    """A process that answers each line with a line; what it says to stderr goes to a file."""

    def __init__(self, arguments: Sequence[str], errors: Path) -> None:
        self._errors = errors.open("w", encoding="utf-8")
        self._popen: Any = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment(),
            encoding="utf-8",
        )

    def ask(self, question: object) -> Any:
        """Send one line of JSON and read one."""
        self.tell(question)
        return self.hear()

    def tell(self, question: object) -> None:
        """Send one line of JSON."""
        self._popen.stdin.write(f"{json.dumps(question)}\n")
        self._popen.stdin.flush()

    def hear(self) -> Any:
        """Read one line of JSON.

        Raises:
            RuntimeError: It has ended; says what it told to stderr.
        """
        line = self._popen.stdout.readline()
        if not line:
            raise RuntimeError(Path(self._errors.name).read_text(encoding="utf-8")[-2_000:])
        return json.loads(line)

    def end(self) -> None:
        """End it by the end of its input."""
        self._popen.communicate()
        self._errors.close()
