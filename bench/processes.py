"""CPU of a message when one process empties the queue, and when two do.

    python -m bench.processes --rounds 9

Receive, validate and delete through the worker's port, on the emulator in a process of its own. One
process and two take turns; the ratio is that of each pair of rounds. Answers come at once here.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mns.account import Account
from mns.queue import Message

from bench.partner import Partner
from bench.queue_loop import BATCH, ENVIRON, QUEUE, event, open_queue, worker_batch
from tests.e2e.conftest import Installation
from tests.simulation.harness import ACCOUNT, REGION
from worker.adapters import credentials
from worker.adapters.mns_queue import MnsQueue
from worker.core.messages import Home

MESSAGES = 240
PROCESSES = 2


def empty(queue: MnsQueue) -> dict[str, float]:
    """Take messages until there are none; returns how many, and the CPU seconds of it."""
    home, count, begun = Home(ACCOUNT, REGION), 0, time.process_time()
    while found := worker_batch(queue, home):
        count += found
    return {"messages": count, "cpu": time.process_time() - begun}


def figures(rounds: int) -> dict[str, Any]:
    """Return the ratio of each pair of rounds."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        installation = Installation(directory)
        emulator = installation.start(
            "worker", "emulator", "--port", "0", "--region", REGION, "--account-id", ACCOUNT
        )
        takers: list[Partner] = []
        try:
            line = emulator.until(lambda line: "http://127.0.0.1" in line)
            installation.url = "http://127.0.0.1" + line.split("http://127.0.0.1", 1)[1].split()[0]
            installation.order("reset", regions={REGION: {"queues": [{"name": QUEUE}]}})
            for number in range(PROCESSES):
                program = ("bench.processes", "--empty", installation.url)
                takers.append(Partner(program, directory / f"{number}.log"))
            return _measured(installation.url, takers, rounds)
        finally:
            for taker in takers:
                taker.end()
            emulator.end()


def _measured(url: str, takers: list[Partner], rounds: int) -> dict[str, Any]:
    one, two = [], []
    _round(url, takers)
    for _ in range(rounds):
        one.append(_round(url, takers[:1]))
        two.append(_round(url, takers))
    ratios = [both / alone for alone, both in zip(one, two, strict=True)]
    return {
        "rounds": rounds,
        "messages": MESSAGES,
        "two_by_one_median": round(statistics.median(ratios), 3),
        "two_by_one_range": [round(min(ratios), 3), round(max(ratios), 3)],
        "cpu_ms_per_message_one": round(statistics.median(one), 3),
        "cpu_ms_per_message_two": round(statistics.median(two), 3),
    }


def fill(url: str, count: int) -> None:
    """Put messages into the queue, many at a time."""
    account = Account(url, credentials_provider=credentials.provider(ENVIRON), logger=None)
    queue = account.get_queue(QUEUE)
    queue.set_encoding(False)
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        queue.batch_send_message([Message(event(number)) for number in numbers])


def _round(url: str, takers: list[Partner]) -> float:
    """Fill the queue, have it emptied, and return the CPU milliseconds of a message."""
    fill(url, MESSAGES * len(takers))
    for taker in takers:
        taker.tell("empty")
    found = [taker.hear() for taker in takers]
    done = int(sum(each["messages"] for each in found))
    if done != MESSAGES * len(takers):
        raise RuntimeError(f"{done} messages of {MESSAGES * len(takers)} were taken")
    cpu: float = sum(each["cpu"] for each in found)
    return cpu / done * 1000


def main() -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.processes")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--empty", metavar="URL", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.empty:
        queue = open_queue(given.empty)
        for _ in sys.stdin:
            print(json.dumps(empty(queue)), flush=True)
        return 0
    print(json.dumps(figures(given.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
