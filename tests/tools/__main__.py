"""`python -m tests.tools`: run every check, name what is missing, fail unless all passed."""

import argparse
import sys
from collections.abc import Iterable
from typing import TextIO

from tests.tools import infrastructure, screenshots
from tests.tools.check import Check, Failed, Missing


def perform(checks: Iterable[Check], without: Iterable[str], out: TextIO) -> int:
    """Run the checks and tell of each; return the exit code."""
    checks, without = list(checks), set(without)
    unknown = without - {check.name for check in checks}
    if unknown:
        out.write(f"no check is named {', '.join(sorted(unknown))}\n")
        return 2
    failed = 0
    for check in checks:
        if check.name in without:
            out.write(f"left out  {check.name}: {check.what}\n")
            continue
        try:
            told = check.run()
        except Failed as failure:
            failed += 1
            word = "missing " if isinstance(failure, Missing) else "failed  "
            out.write(f"{word}  {check.name}: {check.what}: {failure}\n")
        else:
            out.write(f"passed    {check.name}: {check.what}{f' ({told})' if told else ''}\n")
        out.flush()
    ran = [check for check in checks if check.name not in without]
    out.write(f"{len(ran) - failed} passed, {failed} failed\n")
    return 1 if failed or not ran else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="make test-tools", description=__doc__)
    parser.add_argument(
        "--skip", nargs="*", default=[], metavar="NAME", help="checks to leave out, by name"
    )
    arguments = parser.parse_args()
    every = [*infrastructure.checks(), *screenshots.checks()]
    return perform(every, arguments.skip, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
