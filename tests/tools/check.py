"""What a check is, and how it finds and runs programs."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# What `make tools` installs from PyPI and npm; what is on the machine comes after it.
TOOLS = ROOT / ".tools"
TIMEOUT_SECONDS = 120


class Failed(Exception):
    """A check failed: what the program said."""


class Missing(Failed):
    """A check could not run: what is missing, and where it is to be had."""


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        name: For the list and for SKIP.
        what: What it shows, in a few words.
        run: Raises Failed with the reason; returns what to add to the report.
    """

    name: str
    what: str
    run: Callable[[], str]


def program(name: str, where: str) -> str:
    """Return the path of a program.

    Raises:
        Missing: With `where` it is to be had.
    """
    places = [TOOLS / "venv" / "bin", TOOLS / "node_modules" / ".bin"]
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath)])
    found = shutil.which(name, path=path)
    if found is None:
        raise Missing(f"{name} is missing; {where}")
    return found


def run(*command: str, environ: Mapping[str, str] | None = None) -> str:
    """Run a command in the repository and return what it printed.

    Raises:
        Failed: It ended with another code than 0, or not at all.
    """
    try:
        done = subprocess.run(  # noqa: S603 - programs that this file names
            command,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(command[0]).name} did not end within {TIMEOUT_SECONDS} s") from None
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{done.stdout.strip()}")
    return done.stdout
