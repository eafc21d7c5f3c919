"""What importing the parts of the worker costs: time and memory in fresh interpreters.

Run with `python -m bench.imports`; prints the median and range of nine interpreters each.
"""

import argparse
import statistics
import subprocess
import sys

ROUNDS = 9
MODULES = (
    "sys",
    "worker.main",
    "worker.cli",
    "worker.bootstrap",
    "worker.bootstrap, mns.account",
    "worker.bootstrap, mns.account, alibabacloud_ecs20140526.client",
)
PROGRAM = """
import resource, time
begun = time.perf_counter()
import {}
spent = time.perf_counter() - begun
print(spent * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def measure(modules: str) -> tuple[float, float]:
    """Return milliseconds and MiB of one fresh interpreter."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM.format(modules)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    milliseconds, mebibytes = map(float, done.stdout.split())
    return milliseconds, mebibytes


def main() -> None:
    """Print one row per import."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    count = parser.parse_args().rounds
    print(f"Python {sys.version.split()[0]}, {count} interpreters each\n")
    print("| import | ms | MiB |\n|---|---|---|")
    for modules in MODULES:
        rounds = [measure(modules) for _ in range(count)]
        spent = [milliseconds for milliseconds, _ in rounds]
        memory = statistics.median(mebibytes for _, mebibytes in rounds)
        middle = statistics.median(spent)
        print(f"| {modules} | {middle:.0f} [{min(spent):.0f}..{max(spent):.0f}] | {memory:.0f} |")


if __name__ == "__main__":
    main()
