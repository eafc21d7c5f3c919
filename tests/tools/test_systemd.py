"""The installation under a systemd that runs: units as they are installed, a worker killed, tasks, releases."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import END_SECONDS, RAM, Installation
from tests.e2e.test_worker import assert_one_of_each, reclaim
from tests.tools.machine import Machine, booted
from tests.tools.test_units import EXPOSURE_MAX
from tests.unit.adapters.test_metrics import get

ROOT = Path(__file__).parents[2]
ECS = ROOT / "deploy/ecs"
WORKERS = ("aliyun-ops@1.service", "aliyun-ops@2.service")
TIMERS = sorted(path.name for path in ECS.glob("*.timer"))
SPEED = 20.0
MONITOR_PORT, EPHEMERAL_PORT = 9464, 32768
# What deploy/README.md says that the role of the host needs.
POLICIES = ("worker", "doctor", "audit", "replay")
KEY = "host"
ENVIRONMENT = f"""ALIBABA_CLOUD_ACCOUNT_ID=1234567890123456
ALIBABA_CLOUD_REGION_ID=cn-hangzhou
ALIYUN_OPS_SIGNING_KEY=only-for-this-test-0123456789
ALIBABA_CLOUD_ACCESS_KEY_ID={KEY}
ALIBABA_CLOUD_ACCESS_KEY_SECRET={KEY}-secret
"""
# Where the machine sees this checkout, its interpreter and its packages: a unit sees nothing of a home.
HERE, INTERPRETER, PACKAGES = "/opt/here", "/opt/interpreter", "/opt/packages"
# The checkout of its root, whose files are for himself alone.
CHECKOUT = "/root/aliyun-ops"
CLONE = f"mkdir {CHECKOUT}; cd {HERE}; tar -c --exclude='./.?*' --exclude=./build . | tar -x --no-same-permissions -C {CHECKOUT}"
PYTHON = f"{INTERPRETER}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
# In place of `make --silent -C DIRECTORY setup`: the same, with the packages at hand.
SETUP = f"""#!/bin/sh
set -eu
{PYTHON} -m venv --without-pip "$3/.venv"
printf '%s\\n' "$3" {PACKAGES} >"$(echo "$3"/.venv/lib/python*/site-packages)/at-hand.pth"
program=$3/.venv/bin/aliyun-ops
printf '#!%s\\nimport sys\\nfrom worker.__main__ import main\\nsys.exit(main())\\n' "$3/.venv/bin/python" >"$program"
chmod a+x "$program"
"""


@dataclass
class Host:
    """A machine with two workers, and the cloud that they work in."""

    machine: Machine
    cloud: Installation
    port: int

    def script(self, path: str, *arguments: str) -> str:
        """Run one of deploy/ecs; that a worker keeps running is waited for by the test."""
        return self.machine.said_by(path, *arguments, MAKE="/opt/setup", SETTLE="0")

    @property
    def current(self) -> str:
        return self.machine.said_by("readlink", "/opt/aliyun-ops/current").strip()

    def pids(self) -> list[str]:
        """The process of each worker; both must be active."""
        found = []
        for unit in WORKERS:
            known = self.machine.properties(unit, "ActiveState", "MainPID")
            assert known["ActiveState"] == "active", known
            found.append(known["MainPID"])
        return found

    def until_both_work(self, after: int = 0) -> None:
        for unit in WORKERS:
            self.machine.journal.until("worker_started", after=after, unit=unit)


def two_free_ports() -> int:
    """Return the first of two ports one after the other, none of which a connection takes by chance."""
    for port in range(MONITOR_PORT, EPHEMERAL_PORT, 2):
        with socket.socket() as first, socket.socket() as second, contextlib.suppress(OSError):
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port
    pytest.fail("no two ports are free")


@pytest.fixture(scope="module")
def host(tool: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A machine that has been installed as deploy/README.md says, by a root whose files are for himself."""
    directory = tmp_path_factory.mktemp("host")
    shown = {
        ROOT: HERE,
        Path(sys.base_prefix): INTERPRETER,
        Path(sysconfig.get_path("purelib")): PACKAGES,
    }
    systemd, namespaces = tool("systemd"), tool("namespaces")
    cloud = Installation(directory)
    try:
        with booted(namespaces, systemd, shown, directory / "namespaces.log") as machine:
            cloud.begin(SPEED)
            made = Host(machine, cloud, two_free_ports())
            install(made)
            yield made
            assert cloud.denied() == {}
    finally:
        cloud.end()


def install(host: Host) -> None:
    machine = host.machine
    policies = [json.loads((RAM / f"{part}.json").read_text("utf-8")) for part in POLICIES]
    host.cloud.order("access-keys", access_key_id=KEY, secret=f"{KEY}-secret", policies=policies)
    machine.write("/etc/ld.so.conf.d/interpreter.conf", f"{INTERPRETER}/lib\n")
    machine.said_by("ldconfig")
    machine.write("/opt/setup", SETUP)
    machine.said_by("chmod", "a+x", "/opt/setup")
    machine.said_by("sh", "-c", f"umask 077; {CLONE}")
    command = f"umask 077; exec {CHECKOUT}/deploy/ecs/install.sh 2"

    first = machine.run("sh", "-c", command)
    assert "fill them in" in first.stderr
    settings = json.loads(host.cloud.config.read_text("utf-8"))
    settings["receipts"]["directory"] = "/var/lib/aliyun-ops/receipts"
    settings["monitor"] = {"listen": f"127.0.0.1:{host.port}"}
    machine.write("/etc/aliyun-ops/config.yaml", json.dumps(settings))
    machine.write("/etc/aliyun-ops/environment", ENVIRONMENT)
    host.script("sh", "-c", command)
    host.until_both_work()


def services(host: Host) -> list[str]:
    """What the timers start."""
    return host.machine.said_by("systemctl", "show", "--property=Unit", "--value", *TIMERS).split()


def test_both_workers_run_as_nobody_and_are_watched(host: Host) -> None:
    """Two processes, neither of which is root's, each with a monitor of its own."""
    for number, pid in enumerate(host.pids()):
        assert host.machine.said_by("stat", "--format=%u", f"/proc/{pid}").strip() != "0"
        assert get(f"http://127.0.0.1:{host.port + number}/healthz") == (200, "ok\n")


def test_systemd_has_nothing_to_say_of_what_is_installed(host: Host) -> None:
    """With the program in its place: every unit is verified, each template as it is used."""
    units = [*WORKERS, *TIMERS, *services(host)]
    done = host.machine.run("systemd-analyze", "verify", "--man=no", *units)

    assert (done.returncode, done.stderr) == (0, "")


def test_units_are_exposed_to_little_as_they_are_loaded(host: Host) -> None:
    """To no more than deploy/README.md says."""
    for unit in (WORKERS[0], *services(host)):
        said = host.machine.said_by("systemd-analyze", "security", "--no-pager", unit)
        level = re.search(r"Overall exposure level for .*: ([\d.]+)", said)
        assert level is not None, said
        assert float(level[1]) <= EXPOSURE_MAX, said


def test_a_worker_killed_in_mid_recreation_leaves_one_replacement_and_comes_back(
    host: Host,
) -> None:
    """kill -9 of the one that holds it: one image, one replacement, a receipt, and two workers again."""
    journal, machine = host.machine.journal, host.machine
    begun = len(journal.entries)
    reclaim(host.cloud)
    holder = journal.until("mark", after=begun, what="image accepted")

    machine.said_by("kill", "-9", holder["pid"])

    journal.until("recreation_finished", after=begun, outcome="recovered")
    assert_one_of_each(host.cloud)
    again = journal.until("worker_started", after=begun, unit=holder["unit"])
    host.pids()
    assert again["pid"] == machine.properties(holder["unit"], "MainPID")["MainPID"]
    assert machine.properties(holder["unit"], "NRestarts")["NRestarts"] == "1"
    receipts = machine.said_by("/usr/local/bin/aliyun-ops", "receipt")
    assert "recovered" in receipts, receipts


def test_what_each_timer_starts_ends_with_0(host: Host) -> None:
    """The timers wait for their time; their tasks are run now."""
    machine = host.machine
    for timer in TIMERS:
        assert machine.said_by("systemctl", "is-enabled", timer) == "enabled\n"
        assert machine.properties(timer, "SubState")["SubState"] in {"waiting", "running"}

    machine.said_by("systemctl", "start", *services(host))

    for unit in services(host):
        known = machine.properties(
            unit, "Result", "ExecMainStatus", "ExecMainExitTimestampMonotonic"
        )
        assert int(known.pop("ExecMainExitTimestampMonotonic")) > 0
        assert known == {"Result": "success", "ExecMainStatus": "0"}


def test_an_upgrade_and_a_rollback_change_what_both_workers_run(host: Host) -> None:
    """Each worker is another process of the other release, and keeps running."""
    first, before = host.current, host.pids()

    after = len(host.machine.journal.entries)
    host.script(f"{CHECKOUT}/deploy/ecs/upgrade.sh")
    host.until_both_work(after)
    second, upgraded = host.current, host.pids()
    after = len(host.machine.journal.entries)
    host.script(f"{second}/deploy/ecs/rollback.sh")
    host.until_both_work(after)

    assert second != first
    assert host.current == first
    assert len({*before, *upgraded, *host.pids()}) == 3 * len(WORKERS)


def test_nothing_stays_of_a_machine_whose_starter_is_killed(
    tool: Callable[[str], str], tmp_path: Path
) -> None:
    """With -9, so that nobody could clean up: no process, no mount, no cgroup, no directory."""
    mounts = Path("/proc/self/mountinfo").read_text("utf-8")
    starter = subprocess.Popen(  # noqa: S603 - our own script
        ["/bin/sh", "-c", '"$0" -- sleep infinity; :', tool("namespaces")],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        (group,) = re.findall(
            r"^0::(.+)$", Path(f"/proc/{pid}/cgroup").read_text("utf-8"), re.MULTILINE
        )

        starter.kill()

        # All that had its stdout has ended.
        starter.communicate(timeout=END_SECONDS)
    assert not Path(f"/proc/{pid}").exists()
    assert Path("/proc/self/mountinfo").read_text("utf-8") == mounts
    assert "aliyun-ops-test" in group
    for place in re.findall(r"^(?:\S+ ){4}(\S+) .* - cgroup2 ", mounts, re.MULTILINE):
        assert not Path(f"{place}{group}").exists()
    assert list(tmp_path.iterdir()) == []
