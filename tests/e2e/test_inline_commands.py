"""Every command inside a sentence of the documents is run, too, or is in a list with the reason why not."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

from tests.e2e.conftest import Installation
from tests.e2e.surroundings import environment
from tests.e2e.test_dlq import DEAD, UNDELIVERED, event, send
from tests.e2e.test_documents import NOT_RUN as NOT_RUN_IN_BLOCKS
from tests.e2e.test_function import function
from tests.e2e.test_readme import channel as webhook
from tests.unit.test_documented_commands import PAGES
from worker.adapters.mns_queue import MnsQueue
from worker.bootstrap import build_queue, build_surroundings
from worker.ports import Delivery
from worker.settings import load

ROOT = Path(__file__).parents[2]
channel = webhook
MAIN = "spot-interruptions"
DAY = 86_400.0
DISK = {"category": "cloud_essd", "size": 20}

SYSTEM = "needs a host under systemd, which tests/tools/test_systemd.py boots"
INSTALLED = "changes a host; tests/tools/test_systemd.py boots one for it"
MEASURES = "measures for minutes; what it computes is in tests/unit/test_bench.py"
SEARCHES = "searches for hours; tests/simulation runs the same in small"
COMPARED = "writes into the tree; a unit test compares what it would write"
LACKING = "the emulator lacks the action; it is as the API reference has it"
OF_RAM = "the emulator has no RAM service; the policy inside is printed below"
# What no test runs, and why.
NOT_RUN = {
    "aliyun-ops sweep --apply ENI": "a recreation leaves an interface only behind a zone; tests/unit/ops/test_sweep.py",
    "make bench": MEASURES,
    "make bench-full": MEASURES,
    "make bench-full ONLY=replay,start": MEASURES,
    "make bench-full RESUME=1": MEASURES,
    "make check": "what CI runs before the tests",
    "make clean": "removes what the tests run from",
    "make deploy-files": COMPARED,
    "make docs": COMPARED,
    "make fc-package": NOT_RUN_IN_BLOCKS["make fc-package PYTHON=python3.12"],
    "make format": "rewrites the tree; CI compares",
    "make policies": COMPARED,
    "make kills": SEARCHES,
    "make mutants": SEARCHES,
    "make runbook": COMPARED,
    "make setup": "makes what the tests run from",
    "make sim NOTE=1 SEED=n N=count": SEARCHES,
    "make sim-assumptions": SEARCHES,
    "make sim-clones NOTE=1": SEARCHES,
    "make sim-pairs NOTE=1": SEARCHES,
    "make soak": SEARCHES,
    "make stack": SEARCHES,
    "make test": NOT_RUN_IN_BLOCKS["make test"],
    "make test-tools": "what CI runs after the tests",
    "make tools": "what CI runs after the tests",
    "python -m bench.NAME": "stands for the others",
    **dict.fromkeys(
        (
            "python -m bench.cold_start",
            "python -m bench.crowd --count 5000 --quota 600",
            "python -m bench.crowd --sizes 100,1000,5000",
            "python -m bench.function",
            "python -m bench.function_crowd",
            "python -m bench.imports",
            "python -m bench.processes",
            "python -m bench.progress",
            "python -m bench.queue_loop",
            "python -m bench.real_storm",
            "python -m bench.reattach",
            "python -m bench.recovery",
            "python -m bench.replay --crowd 16",
            "python -m bench.start",
            "python -m bench.storm",
            "python -m bench.storms",
        ),
        MEASURES,
    ),
    "aliyun ecs AssignPrivateIpAddresses --RegionId REGION --NetworkInterfaceId ENI --PrivateIpAddress.1 ADDRESS": LACKING,
    "aliyun ecs ModifyImageAttribute --RegionId REGION --ImageId IMAGE --ImageName NEW-NAME": LACKING,
    "aliyun ecs ModifyInstanceAutoReleaseTime --RegionId REGION --InstanceId REPLACEMENT --AutoReleaseTime TIME": LACKING,
    'aliyun ram CreatePolicyVersion --PolicyName aliyun-ops-doctor --SetAsDefault true --PolicyDocument "$(aliyun-ops doctor --policy doctor)"': OF_RAM,
    'aliyun ram CreatePolicyVersion --PolicyName aliyun-ops-worker --SetAsDefault true --PolicyDocument "$(aliyun-ops doctor --policy worker)"': OF_RAM,
    "deploy/ecs/install.sh": INSTALLED,
    "deploy/ecs/rollback.sh": INSTALLED,
    "deploy/ecs/upgrade.sh": INSTALLED,
    "sudo PYTHON=python3.11 deploy/ecs/install.sh 2": INSTALLED,
    "sudo deploy/ecs/install.sh 2": INSTALLED,
    "export ALIBABA_CLOUD_ACCESS_KEY_ID=... ALIBABA_CLOUD_ACCESS_KEY_SECRET=...": "the values are the reader's",
    "journalctl -u 'aliyun-ops@*' -S -1h": SYSTEM,
    "journalctl -u 'aliyun-ops@*' -S -2h": SYSTEM,
    "journalctl -u 'aliyun-ops@*' -f": SYSTEM,
    "journalctl -u 'aliyun-ops@*' -n 50": SYSTEM,
    "systemctl disable --now aliyun-ops": SYSTEM,
    "systemctl restart aliyun-ops@1": SYSTEM,
    "systemctl status aliyun-ops@1": SYSTEM,
    "pip install 'aliyun-ops[load-balancers]'": "installs; the extra is in requirements.lock, from which the tests run",
    "s deploy": NOT_RUN_IN_BLOCKS["s deploy -t deploy/fc/s.yaml"],
    "sudo chronyc makestep": "sets the clock of the host",
    "terraform import alicloud_event_bridge_service_linked_role.to_queues AliyunServiceRoleForEventBridgeSendToMNS": "needs an account",
}  # fmt: skip
# What another test runs, by that test.
ELSEWHERE = {
    ".venv/bin/aliyun-ops demo --function": "test_demo_function:test_the_function_recovers_it_in_time_and_for_less",
    "aliyun-ops demo": "test_demo:test_default_demo_recovers_and_proves_it",
    "aliyun-ops function": "test_documents:test_a_stranger_ends_with_a_protected_instance",
    "aliyun-ops run": "test_documents:test_a_stranger_ends_with_a_protected_instance",
    "aliyun-ops run --number 2": "test_monitor:test_an_address_that_is_taken_is_told_in_one_sentence",
    "make demo": "test_documents:test_the_demo_is_the_command_of_the_page",
    "make demo SCENARIO=killed": "test_documents:test_the_demo_is_the_command_of_the_page",
}
# What the tests below run, in the order of a life. What a person is asked there is answered with --yes.
SET_UP = (
    'export PATH="$PWD/.venv/bin:$PATH"',
    "export ALIYUN_OPS_SIGNING_KEY=$(openssl rand -hex 32)",
    ".venv/bin/aliyun-ops demo --list",
    "python -m emulator.describe",
    "aliyun-ops config check",
    "aliyun-ops config show",
    "aliyun-ops config example",
    "aliyun-ops rule",
    "aliyun-ops rule plan|apply|show|destroy|test|export",
    "aliyun-ops rule plan",
    "aliyun-ops rule apply",
    "aliyun-ops rule export --format ros > interruptions.yml",
    "aliyun-ops rule export --format terraform > deploy/terraform/interruptions.tf",
    "aliyun-ops rule export --format terraform|ros",
    "aliyun-ops doctor",
    "aliyun-ops doctor --credentials",
    "aliyun-ops doctor --policy ROLE",
    "aliyun-ops doctor --policy sweep",
    "aliyun-ops doctor --policy worker",
    "aliyun-ops notify test",
    "aliyun-ops audit",
    "aliyun-ops audit --fix",
    "aliyun-ops drill",
    "aliyun-ops drill --instance ID",
)
PARKED = (
    "aliyun-ops dlq",
    "aliyun-ops dlq list",
    "aliyun-ops dlq list|show|replay",
    "aliyun-ops dlq list --error moved",
    "aliyun-ops dlq list --error refused_by_the_cloud",
    "aliyun-ops dlq list --older-than 4d",
    "aliyun-ops dlq show ID",
    "aliyun-ops dlq replay --error CODE",
    "aliyun-ops dlq replay --error moved",
    "aliyun-ops dlq replay --error moved --limit 1",
    "aliyun-ops dlq replay --error no_stock --rate 30",
    "aliyun-ops dlq replay --error refused_by_the_cloud",
    "aliyun-ops dlq replay --error undelivered",
    "aliyun-ops dlq replay ID",
    "aliyun-ops dlq replay ID --dry-run",
    "aliyun-ops dlq replay ID --from-step launch",
    "aliyun-ops dlq replay ID --pay-as-you-go --dry-run",
    "aliyun-ops dlq replay ID --type TYPE --zone ZONE",
    "aliyun-ops dlq keep",
    "aliyun-ops reconcile",
    "aliyun-ops reconcile --stopped",
)
RECOVERED = (
    "aliyun-ops dlq discard",
    "aliyun-ops status",
    "aliyun-ops receipt",
    "aliyun-ops receipt ID",
    "aliyun-ops receipt ID --html [PAGE]",
    "curl -d @tests/events/fc_event_driven.json",
    "aliyun-ops sweep",
    "aliyun-ops sweep --apply",
    "aliyun-ops sweep --apply DISK",
)
# Of the cloud's own command line, which no test has: action and parameters are compared with the API reference.
OF_THE_CLOUD = (
    "aliyun ecs AttachDisk --InstanceId INSTANCE --DiskId DISK",
    "aliyun ecs AttachNetworkInterface --RegionId REGION --NetworkInterfaceId ENI --InstanceId REPLACEMENT",
    "aliyun ecs CreateImage --RegionId REGION --InstanceId INSTANCE",
    "aliyun ecs CreateImage --RegionId REGION --SnapshotId SNAPSHOT",
    "aliyun ecs CreateSnapshot --DiskId DISK",
    "aliyun ecs DescribeDisks --RegionId REGION --Tag.1.Key spot-recreation:source --Tag.1.Value INSTANCE",
    "aliyun ecs DescribeNetworkInterfaces --RegionId REGION --PrivateIpAddress.1 ADDRESS",
    "aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskId DISK --DeleteWithInstance false",
    "aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskId DISK --DeleteWithInstance true",
    "aliyun ecs ModifyDiskAttribute --RegionId REGION --DiskIds.1 DISK --DeleteWithInstance false",
    "aliyun ecs StartInstance --InstanceId INSTANCE",
    "aliyun ecs StartInstance --InstanceId REPLACEMENT",
    "aliyun ecs StopInstance --InstanceId INSTANCE",
    "aliyun vpc AssociateEipAddress --RegionId REGION --AllocationId EIP --InstanceId INSTANCE --InstanceType EcsInstance",
    "aliyun vpc AssociateEipAddress --RegionId REGION --AllocationId EIP --InstanceId REPLACEMENT",
    "aliyun vpc DescribeVSwitches --RegionId REGION --VSwitchId VSWITCH",
    "aliyun vpc ReleaseEipAddress --RegionId REGION --AllocationId EIP",
)
RUN = {*SET_UP, *PARKED, *RECOVERED, *OF_THE_CLOUD}

_CODE = re.compile(r"`([^`\n]+)`")
_OURS = re.compile(r"(\.venv/bin/)?aliyun-ops |make [a-z]|python -m ")
_OTHERS = re.compile(
    r"(aliyun|cp|curl|docker|export|git|journalctl|npm|openssl|ossutil|pip|s|sudo|systemctl|terraform) [\w'@.-]"
    r"|deploy/ecs/\w+\.sh$"
)


def inline_commands() -> set[str]:
    """Return every command that stands in a sentence or a table of a page."""
    found: set[str] = set()
    for page in PAGES:
        text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        found |= {code for code in _CODE.findall(text) if _OURS.match(code) or _OTHERS.match(code)}
    return found


def test_each_inline_command_is_run_or_says_why_not() -> None:
    """A new one needs a place here."""
    assert inline_commands() - RUN - ELSEWHERE.keys() - NOT_RUN.keys() == set()


def test_no_place_is_left_without_its_command() -> None:
    """Each is in one place, still stands in a page, and is run by a test that there is."""
    places = [*SET_UP, *PARKED, *RECOVERED, *OF_THE_CLOUD, *ELSEWHERE, *NOT_RUN]

    assert len(places) == len(set(places))
    assert set(places) - inline_commands() == set()
    for place in ELSEWHERE.values():
        module, _, test = place.partition(":")
        assert callable(getattr(import_module(f"tests.e2e.{module}"), test))


@dataclass
class Reader:
    """Somebody who types what the documents show, with values for what stands in capitals."""

    installation: Installation
    values: dict[str, str]

    def types(self, command: str) -> list[str]:
        """Type one command, once for each alternative that it shows; each has to succeed."""
        return [self._typed(words) for words in self._spelled_out(command)]

    def _spelled_out(self, command: str) -> Iterator[list[str]]:
        for plain in _alternatives(command.partition(" > ")[0]):
            words = [self.values.get(word, word) for word in plain.split()]
            yield words[1:]

    def _typed(self, words: list[str]) -> str:
        code, said = self.ask(*words, *_ANSWERED.get(" ".join(words[:2]), ()))
        if code == WRONG_USAGE and _MISSING.search(said):
            # A sentence may name a command without what it needs.
            code, said = self.ask(*words, "--help")
        assert code == 0, (words, said)
        return said

    def ask(self, *words: str) -> tuple[int, str]:
        """Run a command with the rights of whoever runs it; return exit code and output."""
        done = self.installation.command(*words)
        return done.returncode, done.stdout + done.stderr


WRONG_USAGE = 2
_MISSING = re.compile(r"Missing (argument|option|command|parameter)|Usage: .*COMMAND")
# What a person adds where nobody can answer a question.
_ANSWERED = {
    "rule apply": ("--yes",),
    "rule destroy": ("--yes",),
    "audit --fix": ("--yes",),
    "drill --instance": ("--yes",),
    "sweep --apply": ("--yes",),
    "dlq discard": ("--yes",),
}


def _alternatives(command: str) -> Iterator[str]:
    """Yield a command for each of its a|b, and with and without what is [optional]."""
    optional = re.search(r" \[(\w+)\]", command)
    if optional:
        yield command.replace(optional.group(), "")
        yield command.replace(optional.group(), f" {optional[1]}")
        return
    either = re.search(r"[a-z]+(\|[a-z]+)+", command)
    if not either:
        yield command
        return
    for choice in either.group().split("|"):
        yield command.replace(either.group(), choice)


@pytest.fixture
def reader(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Somebody in an empty directory."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    values = {"ROLE": "drill", "CODE": "Forbidden.RAM", "TYPE": "ecs.c7.xlarge"}
    return Reader(installation, {**values, "ZONE": "cn-hangzhou-j", "PAGE": "page.html"})


def test_what_is_typed_before_something_happens(reader: Reader, channel: str) -> None:
    """From no account to a rehearsal."""
    installation = reader.installation
    installation.environ["ALIYUN_OPS_NOTIFY_URLS"] = channel
    reader.values["ID"] = installation.seed(name="web-01", system_disk=DISK)
    for command in SET_UP:
        if command == "aliyun-ops rule apply":
            # The name of a deleted queue is not free at once.
            installation.order("clock", advance=120.0)
        if command.startswith(("export", "python")):
            shell(command, ROOT)
        else:
            reader.types(command)

    assert installation.look("complaints") == []


def shell(command: str, directory: Path, **environ: str) -> str:
    """Run a line in a shell; it has to succeed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603
        ["/bin/sh", "-ec", command],
        cwd=directory,
        env={**environment(), **environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60.0,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@contextmanager
def opened(installation: Installation, name: str) -> Iterator[MnsQueue]:
    """Open a queue with every right."""
    environ = environment("emulator")
    around = build_surroundings(load(str(installation.config), environ), environ)
    with closing(build_queue(around, name)) as queue:
        yield queue


def empty(installation: Installation, name: str) -> None:
    """Take everything out of a queue that nobody holds."""
    with opened(installation, name) as queue:
        while found := queue.receive(count=16, wait=1.0):
            for one in found:
                queue.delete(one.handle)


def put_back(installation: Installation, letter: Delivery) -> None:
    """Send a copy of a letter, to the letter the same, so that its signature stays good."""
    with opened(installation, DEAD) as queue:
        queue.send(letter.body, letter.attributes)


def parked_letter(reader: Reader, source: str) -> Delivery:
    """Let a recreation be parked because the cloud refuses the launch, and take its letter."""
    installation = reader.installation
    fault = {"action": "RunInstances", "answer": "refuse", "code": "Forbidden.RAM", "status": 403}
    installation.order("faults", **fault, count=50)
    worker = installation.start("worker", "--config", str(installation.config), "run")
    worker.until_fact("worker_started")
    installation.order("interrupt", instance_id=source)
    worker.until_fact("parked")
    worker.end()
    installation.order("faults/clear")
    with opened(installation, DEAD) as queue:
        (letter,) = queue.receive(count=1, wait=1.0)
        queue.delete(letter.handle)
    return letter


def test_what_is_typed_when_something_happens(reader: Reader) -> None:
    """Parked, replayed in every way that a page names, recovered, settled, swept."""
    installation = reader.installation
    seeded = {"eip": True, "data_disks": [DISK], "secondary_interfaces": 1}
    source = installation.seed(name="web-01", system_disk=DISK, **seeded)
    letter = parked_letter(reader, source)
    reader.values |= {"ID": source, "INSTANCE": source}
    for command in PARKED:
        put_back(installation, letter)
        send(installation, DEAD, event(source))
        send(installation, UNDELIVERED, event(source))
        reader.types(command)
        # What was looked at is given back a second later.
        installation.order("clock", advance=2.0)
    # One of all these replays is enough.
    for name in (MAIN, DEAD, UNDELIVERED):
        empty(installation, name)
    put_back(installation, letter)
    reader.types("aliyun-ops dlq replay ID")
    worker = installation.start("worker", "--config", str(installation.config), "run")
    worker.until_fact("recreation_finished", outcome="recovered")
    worker.end()
    # What was tagged last shows a little later.
    installation.order("clock", advance=5.0)
    for command in RECOVERED:
        if command == "aliyun-ops dlq discard":
            put_back(installation, letter)
        if command == "aliyun-ops sweep --apply":
            installation.order("clock", advance=8 * DAY)
        if command == "aliyun-ops sweep --apply DISK":
            things = json.loads(reader.ask("sweep", "--json")[1])["things"]
            reader.values["DISK"] = next(one["id"] for one in things if one["kind"] == "disk")
        if command.startswith("curl"):
            _, url = function(installation)
            assert '"delivered": 1' in shell(f"{command} --silent --noproxy '*' {url}", ROOT)
        else:
            reader.types(command)

    assert installation.look("complaints") == []


@pytest.mark.parametrize("command", OF_THE_CLOUD)
def test_the_cloud_has_what_its_own_command_line_is_told(command: str) -> None:
    """Product, action and the names of the parameters, as the API reference has them."""
    _, product, action, *words = command.split()
    documented = json.loads((ROOT / "emulator/data/parameters.json").read_text("utf-8"))

    # Every action takes the region, whether its page says so or not.
    known = {"RegionId", *documented[product][action]}
    assert {word[2:].partition(".")[0] for word in words if word.startswith("--")} <= known
