"""Every command in a shell block of the documents is run as it stands there, or is in a list with the reason why not."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.surroundings import environment
from tests.e2e.test_dlq import parked as parked_recreation
from tests.e2e.test_dlq import worker
from tests.unit.test_documented_commands import CHINESE, PAGES

ROOT = Path(__file__).parents[2]
LINE_SECONDS = 120.0
parked = parked_recreation

ACCOUNT = "needs an account"
# What no test runs, line by line, and why.
NOT_RUN = {
    "make test": "it is what runs the tests",
    "make fc-package PYTHON=python3.12": "installs all packages anew; tests/unit/test_deploy_fc.py builds the package",
    "export ALIBABA_CLOUD_ACCOUNT_ID=... ALIBABA_CLOUD_REGION_ID=... ALIYUN_OPS_SIGNING_KEY=...": "the values are the reader's",
    "s deploy -t deploy/fc/s.yaml": f"{ACCOUNT}; `s preview` of the file is in tests/tools",
    "for part in worker doctor audit replay; do": f"{ACCOUNT}; what it prints is compared with deploy/ram",
    'aliyun ram CreatePolicy --PolicyName aliyun-ops-$part --PolicyDocument "$(aliyun-ops doctor --policy $part)"': ACCOUNT,
    "aliyun ram AttachPolicyToRole --PolicyType Custom --PolicyName aliyun-ops-$part --RoleName NAME-OF-THE-ROLE": ACCOUNT,
    "done": "ends a loop",
    "cd deploy/terraform": "nothing by itself",
    "export ALIBABA_CLOUD_REGION=cn-hangzhou": "nothing by itself",
    "terraform init": "needs the provider's registry; `terraform fmt` of the files is in tests/tools",
    "terraform plan": ACCOUNT,
    "terraform apply": ACCOUNT,
    'aliyun ros CreateStack --RegionId cn-hangzhou --StackName aliyun-ops --TemplateBody "$(cat deploy/ros/template.yml)"': f"{ACCOUNT}; `rostran format` of the file is in tests/tools",
}
# Blocks that a test below plays, by their page and first line.
PLAYED = {
    ("README*.md", "make demo"),
    ("README*.md", "make setup"),
    ("README*.md", ". emulator/try.sh"),
    ("README*.md", "aliyun-ops status"),
    ("README*.md", "for timer in $(seq 40); do curl -sd '' http://127.0.0.1:9000/invoke; sleep 1; done"),
    ("README*.md", "aliyun-ops dlq list"),
    ("docs/dead-letters*.md", "aliyun-ops dlq replay --error no_stock --dry-run"),
    ("docs/planning*.md", "aliyun-ops --config cn-hangzhou.yaml rule apply --yes"),
    ("deploy/README*.md", "aliyun-ops function"),
    ("emulator/README.md", "python -m emulator"),
}  # fmt: skip


def blocks(page: Path) -> list[list[str]]:
    """Return the lines of each shell block, without what is said of them."""
    found = re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [
        [line.partition(" #")[0].strip() for line in block.splitlines() if line.strip()]
        for block in found
    ]


def block(page: str, first: str, number: int = 0) -> list[str]:
    """Return the block of a page that begins with a line."""
    return [one for one in blocks(ROOT / page) if one[0] == first][number]


def every_block() -> list[tuple[Path, list[str]]]:
    return [(page, lines) for page in PAGES for lines in blocks(page)]


@pytest.mark.parametrize(("page", "lines"), every_block(), ids=lambda one: str(one)[-40:])
def test_each_block_is_played_or_says_why_not(page: Path, lines: list[str]) -> None:
    """A new block needs a test or a reason."""
    relative = page.relative_to(ROOT)
    played = any(relative.match(where) and first == lines[0] for where, first in PLAYED)

    assert played or [line for line in lines if line not in NOT_RUN] == []


def test_no_reason_is_left_without_its_line() -> None:
    """Nor is a played block that no page shows any more."""
    lines = {line for _, found in every_block() for line in found}
    firsts = [(page.relative_to(ROOT), found[0]) for page, found in every_block()]

    assert NOT_RUN.keys() - lines == set()
    for where, first in PLAYED:
        assert any(page.match(where) and line == first for page, line in firsts), (where, first)


@dataclass
class Terminal:
    """A shell in the repository that is given one line after the other, as a person types them."""

    port: int
    invoke_port: int
    directory: Path
    popen: "subprocess.Popen[str]" = field(init=False)
    reader: threading.Thread = field(init=False)
    seen: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        plain = {name: value for name, value in environment().items() if "ALI" not in name}
        self.popen = subprocess.Popen(
            ["bash", "--norc"],  # noqa: S607
            cwd=ROOT,
            env=plain,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as lines:
            for line in lines:
                with self.changed:
                    self.seen.append(line)
                    self.changed.notify_all()

    def type(self, line: str) -> None:
        """Type a line; what a person has on fixed ports is on free ones here, and the clock runs faster."""
        told = (
            line.replace("--speed 10", "--speed 20")
            .replace("8790", str(self.port))
            .replace("9000", str(self.invoke_port))
        )
        told = re.sub(r"aliyun-ops emulator\b", f"aliyun-ops emulator --port {self.port}", told)
        told = re.sub(
            r"aliyun-ops function\b", f"aliyun-ops function --port {self.invoke_port}", told
        )
        assert self.popen.stdin is not None
        self.popen.stdin.write(f"{told}\n")
        self.popen.stdin.flush()

    def run(self, line: str) -> str:
        """Type a line, wait for its end, and return what it said; it has to succeed."""
        start = len(self.seen)
        self.type(line)
        self.type('echo "ended with $?"')
        self.until("ended with ", start)
        said = "".join(self.seen[start:])
        assert "ended with 0\n" in said, f"{line}: {said}"
        return said

    def until(self, wanted: str, start: int = 0) -> None:
        with self.changed:
            found = self.changed.wait_for(
                lambda: any(wanted in line for line in self.seen[start:]), LINE_SECONDS
            )
        assert found, f"no {wanted!r} in {''.join(self.seen[-30:])}"

    def close(self) -> None:
        os.killpg(self.popen.pid, signal.SIGTERM)
        # A shell that waits for a command is not impressed.
        os.killpg(self.popen.pid, signal.SIGHUP)
        self.popen.wait(LINE_SECONDS)
        self.reader.join(LINE_SECONDS)
        if self.popen.stdin is not None:
            self.popen.stdin.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def desk(tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    """Open terminals that share an emulator's port; the configuration is emulator/try.yaml on free ports."""
    port, invoke_port, monitor = free_port(), free_port(), free_port()
    config = tmp_path / "try.yaml"
    text = (ROOT / "emulator/try.yaml").read_text("utf-8").replace("8790", str(port))
    text = text.replace("9464", str(monitor)).replace("build/try", str(tmp_path / "receipts"))
    config.write_text(text, "utf-8")
    opened: list[Terminal] = []

    def open_one() -> Terminal:
        opened.append(Terminal(port, invoke_port, tmp_path))
        # The page's own line stands first; only the ports are others.
        opened[-1].run(". emulator/try.sh")
        opened[-1].run(f"export ALIYUN_OPS_CONFIG={config}")
        return opened[-1]

    try:
        yield open_one
    finally:
        for one in reversed(opened):
            one.close()


def look(port: int, what: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/_emulator/{what}", timeout=LINE_SECONDS) as answer:
        return json.load(answer)


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_chinese_page_has_the_blocks_of_the_english_one(page: Path) -> None:
    """So that what is played of the one holds for the other."""
    english = page.with_name(page.name.replace(".zh-CN", ""))

    assert blocks(page) == blocks(english)


@pytest.mark.parametrize("way", ["run", "function"])
def test_a_stranger_ends_with_a_protected_instance(way: str, tmp_path: Path) -> None:
    """Three terminals, line by line as the page has them: set up, reclaimed, recovered, both ways."""
    page = "README.md"
    _, *first = block(page, "make setup")
    second, third = block(page, ". emulator/try.sh"), block(page, ". emulator/try.sh", 1)
    with desk(tmp_path) as open_one:
        cloud = open_one()
        for line in first[1:]:
            cloud.type(line)
        cloud.until("127.0.0.1")
        works = open_one()
        for line in second[1:-1]:
            works.run(line)
        works.type(f"aliyun-ops {way}")
        works.until("worker_started" if way == "run" else "Waiting for POST")
        hand = open_one()
        (interruption,) = third[1:]
        hand.run(interruption)
        if way == "run":
            works.until("recreation_finished")
        else:
            (timers,) = block(
                page,
                "for timer in $(seq 40); do curl -sd '' http://127.0.0.1:9000/invoke; sleep 1; done",
            )
            hand.type(timers)
            works.until("recreation_finished")
            hand.until('"finished": 1')
            hand = open_one()
        said = [hand.run(line) for line in block(page, "aliyun-ops status")]
        running = [one for one in look(cloud.port, "instances") if one["status"] == "Running"]
        complaints = look(cloud.port, "complaints")

    assert [one["name"] for one in running] == ["web-01"]
    assert all(running[0]["id"] in text for text in said)
    assert complaints == []


def test_the_demo_is_the_command_of_the_page() -> None:
    """`make demo`, and with the scenario that the page names."""
    for line in (*block("README.md", "make demo"), "make demo SCENARIO=killed"):
        done = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", line],
            cwd=ROOT,
            env={**environment(), "SPEED": "20"},
            capture_output=True,
            encoding="utf-8",
            timeout=LINE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Recovered and verified" in done.stdout


@pytest.mark.parametrize(
    ("page", "first"),
    [
        ("README.md", "aliyun-ops dlq list"),
        ("docs/dead-letters.md", "aliyun-ops dlq replay --error no_stock --dry-run"),
    ],
)
def test_dead_letters_as_the_pages_show_it(
    page: str, first: str, parked: tuple[Installation, str]
) -> None:
    """On a recreation that is parked; the id in the page is the reader's."""
    installation, source = parked
    for line in block(page, first):
        words = (
            line.replace("i-bp1abcdefgh12345678", source).replace("no_stock", "Permanent").split()
        )
        done = installation.command(*words[1:])
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    running = worker(installation)
    running.until_fact("recreation_finished")


def test_the_emulator_as_its_page_starts_it(tmp_path: Path) -> None:
    """Both lines, on free ports, with the scenario that the page shows."""
    readme = (ROOT / "emulator/README.md").read_text("utf-8")
    scenario = readme.split("## Scenario")[1].split("```yaml\n")[1].split("```")[0]
    (tmp_path / "start.yaml").write_text(scenario, "utf-8")
    for line in block("emulator/README.md", "python -m emulator"):
        terminal = Terminal(free_port(), free_port(), tmp_path)
        try:
            terminal.run(f'export PATH="{ROOT}/.venv/bin:$PATH" PYTHONPATH={ROOT} && cd {tmp_path}')
            free = line if "--port" in line else f"{line} --port 0"
            terminal.type(free)
            terminal.until("127.0.0.1")
        finally:
            terminal.close()


def test_the_function_as_the_page_on_deploying_calls_it(tmp_path: Path) -> None:
    """A call without an event is answered with what the page says."""
    serve, call = block("deploy/README.md", "aliyun-ops function")
    with desk(tmp_path) as open_one:
        cloud = open_one()
        cloud.type("aliyun-ops emulator --speed 10")
        cloud.until("127.0.0.1")
        works = open_one()
        works.run("aliyun-ops rule apply --yes")
        works.type(serve)
        works.until("Waiting for POST")
        answer = '{"delivered": 0, "finished": 0, "parked": 0, "handed_back": 0, "passed_on": 0, "bug": 0}'
        assert answer in open_one().run(call)
        assert answer in (ROOT / "deploy/README.md").read_text("utf-8")


def test_a_region_of_its_own_as_the_page_on_planning_has_it(tmp_path: Path) -> None:
    """The page's file is emulator/try.yaml here."""
    apply, run = block("docs/planning.md", "aliyun-ops --config cn-hangzhou.yaml rule apply --yes")
    with desk(tmp_path) as open_one:
        cloud = open_one()
        cloud.type("aliyun-ops emulator --speed 10")
        cloud.until("127.0.0.1")
        works = open_one()
        works.run(f"cd {tmp_path} && cp try.yaml cn-hangzhou.yaml && unset ALIYUN_OPS_CONFIG")
        works.run(apply)
        works.type(run)
        works.until("worker_started")
