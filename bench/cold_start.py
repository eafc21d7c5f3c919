"""What a cold start of the function costs under the CPU share that its memory size buys.

Run with `python -m bench.cold_start [PACKAGE]`; without a package it builds one with the Python at hand. A CPU share is
enforced as the kernel's quota does it: in each period of 100 ms the process runs for its share and stands still for the
rest. Prints size, time to the handler, time until the SDKs of the first event are loaded, and peak memory.
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROUNDS = 3
PERIOD_SECONDS = 0.1
# vCPU; Function Compute sells 1 to 4 GB for each. Source: "Billing", instance specifications.
SHARES = (1.0, 0.5, 0.25, 0.15, 0.1)
PROGRAM = """
import resource, sys, time
sys.path.insert(0, sys.argv[1])
begun = time.perf_counter()
import worker.function
handler = time.perf_counter() - begun
import mns.account, alibabacloud_ecs20140526.client, alibabacloud_credentials.client
if sys.argv[2] == "balancers":
    import alibabacloud_slb20140515.client, alibabacloud_alb20200616.client
    import alibabacloud_nlb20220430.client, alibabacloud_vpc20160428.client
whole = time.perf_counter() - begun
used = resource.getrusage(resource.RUSAGE_SELF)
print(handler, whole, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def measure(directory: Path, share: float, *, what: str = "ecs") -> tuple[float, ...]:
    """Return seconds to the handler, seconds to the SDKs, CPU seconds and MiB of one cold start."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, str(directory), what],
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    if share < 1.0:
        throttle(process.pid, share, lambda: process.poll() is not None)
    out, _ = process.communicate()
    return tuple(map(float, out.split()))


def throttle(pid: int, share: float, is_over: Callable[[], bool]) -> None:
    """Let a process run for its share of each period."""
    while not is_over():
        time.sleep(PERIOD_SECONDS * share)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(PERIOD_SECONDS * (1.0 - share))
        os.kill(pid, signal.SIGCONT)


def main() -> None:
    """Print one row per share."""
    with tempfile.TemporaryDirectory() as name:
        package = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(name, "code.zip")
        if len(sys.argv) < 2:  # noqa: PLR2004
            builder = [sys.executable, "deploy/fc/package.py", "--any-python", str(package)]
            # What it says names a place of this machine, which is no figure.
            subprocess.run(builder, check=True, stdout=sys.stderr)  # noqa: S603
        directory = Path(name, "code")
        with zipfile.ZipFile(package) as archive:
            archive.extractall(directory)
            unpacked = sum(entry.file_size for entry in archive.infolist())
        print(f"{package.stat().st_size / 2**20:.0f} MiB, unpacked {unpacked / 2**20:.0f} MiB\n")
        print(
            "| bytecode | vCPU | handler, s | SDKs of the first event, s | CPU, s | by quota, s | MiB |"
        )
        print("|---|---|---|---|---|---|---|")
        for share in SHARES:
            print(row("yes", share, directory))
        print(row("yes, with load balancers", 1.0, directory, what="balancers"))
        for compiled in directory.rglob("*.pyc"):
            compiled.unlink()

        print(row("no", 0.25, directory, flags="no"))


def row(bytecode: str, share: float, directory: Path, *, what: str = "ecs", flags: str = "") -> str:
    """Measure some cold starts and write the middle one."""
    rounds = 1 if flags else ROUNDS
    found = [measure(directory, share, what=what) for _ in range(rounds)]
    handler, whole, cpu, memory = (statistics.median(each) for each in zip(*found, strict=True))
    # What the quota alone makes of it: the other columns suffer from the neighbours, too.
    by_quota = f"{cpu:.2f} | {cpu / share:.1f}"
    return f"| {bytecode} | {share:g} | {handler:.1f} | {whole:.1f} | {by_quota} | {memory:.0f} |"


if __name__ == "__main__":
    main()
