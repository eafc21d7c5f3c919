"""Several worker processes that are killed with -9 at random moments, and what they leave behind.

    python -m tests.stack.kills --count 200 --seed 1

Every source must end in exactly one Running replacement with its data. A moment is drawn from the
seed; what a process is doing then depends on the machine, so that a seed repeats the moments and
not the run.
"""

import argparse
import contextlib
import json
import math
import os
import queue
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.conftest import END_SECONDS, Installation, Running
from tests.simulation import searched, trials
from tests.simulation.trials import Record

OURS = "spot-recreation:id"
SOURCE = "spot-recreation:source"
QUEUE, DEAD = "spot-interruptions", "spot-interruptions-dead"
WORKERS = 4
# At this speed the usual notice would be over before a busy machine has started a worker twice;
# with this one it is a minute and a half of real time instead of five.
SPEED = 10.0
NOTICE_SECONDS = 900.0
IN_FLIGHT = 12
# How much a worker works on average after it has received its first message, CPU seconds: on a
# busy machine it lives longer, else it would be killed again and again before it had done anything.
LIFE_SECONDS = 1.2
# A killed worker's messages come back after a short while, and one takes only some of them.
TERMS = {
    "queue": {"lease": "30s", "long_poll": "10s", "receive_batch": 4},
    "worker": {"connect_timeout": "1s", "read_timeout": "5s"},
    "notice": {"length": "15m", "false_alarm_after": "20m"},
}
LOOK_SECONDS = 0.25
FILE = "/data/orders.txt"
# What the slowest machine may take, from one finished recreation to the next.
STUCK_SECONDS = 300.0


@dataclass
class Mortal:
    """A worker and how much it works before it is killed, once it has something to do.

    Attributes:
        life: CPU seconds from its first message on.
        ends_at: The CPU seconds of the process at which it is killed.
    """

    running: Running
    life: float
    ends_at: float = math.inf

    def listen(self) -> None:
        """Read what it says; from its first message on its days are counted."""
        with contextlib.suppress(queue.Empty):
            while (line := self.running.lines.get_nowait()) is not None:
                self.running.seen.append(line)
                if self.ends_at == math.inf and '"dequeued"' in line:
                    self.ends_at = self.worked + self.life

    @property
    def worked(self) -> float:
        """CPU seconds of the process so far."""
        stat = Path(f"/proc/{self.running.popen.pid}/stat").read_text(encoding="utf-8")
        # The name stands in brackets and may hold blanks; user and system time are 14th and 15th.
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @property
    def is_due(self) -> bool:
        return self.ends_at < math.inf and self.worked >= self.ends_at


@dataclass
class Fleet:
    """Workers of one installation, each of which is started again when it was killed."""

    installation: Installation
    rng: random.Random
    workers: list[Mortal] = field(default_factory=list)
    kills: int = 0

    def start(self, count: int) -> None:
        self.workers = [self._worker() for _ in range(count)]

    def kill_who_is_due(self) -> None:
        """Kill with -9; nobody waits until the next one has begun."""
        for number, one in enumerate(self.workers):
            one.listen()
            if one.is_due:
                one.running.popen.kill()
                one.running.popen.wait(END_SECONDS)
                self.installation.started.remove(one.running)
                self.workers[number] = self._worker()
                self.kills += 1

    def _worker(self) -> Mortal:
        running = self.installation.start(
            "worker", "--config", str(self.installation.config), "run"
        )
        return Mortal(running, self.rng.expovariate(1 / LIFE_SECONDS))


@dataclass
class Trial:
    """Recreations under kills, and which of them are over."""

    installation: Installation
    count: int
    sources: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    moved_at: float = field(default_factory=time.monotonic)

    def top_up(self) -> None:
        """Reclaim further instances while fewer than `IN_FLIGHT` are being recreated."""
        while len(self.sources) < self.count and len(self.sources) - len(self.done) < IN_FLIGHT:
            text = f"第{len(self.sources)}单"
            source = self.installation.seed(
                name=f"db-{len(self.sources)}", system_disk={"category": "cloud_essd", "size": 20}
            )
            written = {"disk": "system", "path": FILE, "text": text, "flush": True}
            self.installation.order("write", instance_id=source, **written)
            self.installation.order("interrupt", instance_id=source, notice_seconds=NOTICE_SECONDS)
            self.sources[source] = text

    def look(self) -> None:
        """Note which replacements run."""
        running = {
            one["tags"].get(SOURCE)
            for one in self.installation.look("instances")
            if OURS in one["tags"] and one["status"] == "Running"
        }
        if running - {None} != self.done:
            self.moved_at = time.monotonic()
        self.done = running - {None}

    @property
    def is_over(self) -> bool:
        all_done = len(self.done) == self.count
        return (all_done and not _waiting(self.installation, QUEUE)) or self.is_stuck

    @property
    def is_stuck(self) -> bool:
        return time.monotonic() > self.moved_at + STUCK_SECONDS


def trial(installation: Installation, count: int, seed: int) -> tuple[Trial, Fleet]:
    """Recreate `count` instances while workers are killed."""
    fleet = Fleet(installation, random.Random(seed))
    made = Trial(installation, count)
    fleet.start(WORKERS)
    pause = threading.Event()
    while not made.is_over:
        made.top_up()
        fleet.kill_who_is_due()
        made.look()
        pause.wait(LOOK_SECONDS)
    return made, fleet


def begin(installation: Installation) -> None:
    """Start the emulator, and write the configuration of the workers."""
    installation.begin(SPEED)
    data = json.loads(installation.config.read_text(encoding="utf-8"))
    installation.config.write_text(json.dumps({**data, **TERMS}), encoding="utf-8")


def broken(made: Trial) -> Iterator[str]:
    """What is not as it must be at the end."""
    look = made.installation.look
    launched = Counter(
        entry["detail"]["tags"].get(SOURCE)
        for entry in look("ledger")
        if entry["product"] == "ecs" and entry["action"] == "RunInstances"
    )
    imaged = Counter(image["tags"].get(SOURCE) for image in look("images"))
    content = _content(look)
    for source, text in made.sources.items():
        if launched[source] != 1:
            yield f"{source}: {launched[source]} replacements were launched"
        if imaged[source] != 1:
            yield f"{source}: {imaged[source]} images"
        if content.get(source) != text:
            yield f"{source}: its file is {content.get(source)!r}"
    if len(made.done) != made.count:
        yield f"{len(made.done)} of {made.count} replacements run"
    for name in (QUEUE, DEAD):
        left = _waiting(made.installation, name)
        yield from [f"{len(left)} messages in {name}: {left[:3]}"] if left else []
    yield from (f"complaint: {one}" for one in look("complaints"))


def _content(look: Callable[[str], Any]) -> dict[str, str]:
    """The file of each source, as its replacement has it."""
    files = {
        disk["id"]: {file["path"]: file["text"] for file in disk["content"] if "path" in file}
        for disk in look("disks")
    }
    return {
        one["tags"][SOURCE]: files[one["disks"][0]].get(FILE, "")
        for one in look("instances")
        if SOURCE in one["tags"]
    }


def _waiting(installation: Installation, name: str) -> list[dict[str, str]]:
    """The readable attributes of the messages in a queue."""
    (found,) = (one for one in installation.look("queues") if one["name"] == name)
    return [
        {
            each["name"]: each["value"]
            for each in message["user_properties"]
            if not each["name"].startswith("data-")
        }
        for message in found["messages"]
    ]


def main(arguments: Sequence[str]) -> int:
    """Run a trial, print what broke and one line of figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.stack.kills")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--note", action="store_true", help="keep it for docs/promises.md")
    options = parser.parse_args(arguments)
    commit = searched.commit() if options.note else ""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        installation = Installation(Path(directory))
        try:
            begin(installation)
            made, fleet = trial(installation, options.count, options.seed)
            found = list(broken(made))
        finally:
            for running in reversed(installation.started):
                running.end()
    again = f"python -m tests.stack.kills --count {options.count} --seed {options.seed}"
    for sentence in found:
        sys.stdout.write(f"BROKEN {sentence} | {again}\n")
    seconds = time.monotonic() - begun
    figures = {
        "recreations": len(made.done),
        "kills": fleet.kills,
        "workers": WORKERS,
        "violations": len(found),
        "seconds": round(seconds),
    }
    if options.note:
        seen = f"{fleet.kills:,} kills of {WORKERS} workers, seed {options.seed}"
        kind = "recreations under `kill -9`"
        trials.note(Record(kind, commit, len(made.done), len(found), seen, seconds))
    sys.stdout.write(f"kills: {json.dumps(figures)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
