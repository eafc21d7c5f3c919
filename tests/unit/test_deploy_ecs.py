"""Install, upgrade and rollback on a directory in place of a host, and what the units must say."""

import configparser
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from worker.ops.doctor_texts import EXPLANATIONS
from worker.settings import from_data
from worker.settings.units import format_duration

ROOT = Path(__file__).parents[2]
ECS = ROOT / "deploy/ecs"
VERBS = frozenset({"start", "stop", "restart", "status", "enable", "disable", "-u"})
UNITS = sorted(ECS.glob("*.service"))
PLACE = {"ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}
ENVIRONMENT = "\n".join(
    (
        *(f"{name}={value}" for name, value in PLACE.items()),
        "ALIYUN_OPS_SIGNING_KEY=only-for-this-test-0123456789",
        "",
    )
)


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path, "utf-8")
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
@pytest.mark.parametrize(
    "setting",
    [
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "SystemCallFilter=@system-service",
        "EnvironmentFile=/etc/aliyun-ops/environment",
    ],
)
def test_every_unit_is_hardened(path: Path, setting: str) -> None:
    """A worker writes nowhere, is nobody, and may nothing."""
    assert setting in path.read_text("utf-8").splitlines()


def test_a_stop_has_the_time_to_hand_back() -> None:
    """systemd kills well after `worker.stop_within`."""
    allowed = float(unit(ECS / "aliyun-ops@.service")["Service"]["TimeoutStopSec"])
    within = from_data({}, PLACE).worker.stop_within

    assert allowed >= 2 * within, format_duration(within)


def test_every_timer_starts_a_task() -> None:
    """A timer is named after the command that it runs; one of two words has a unit of its own."""
    for path in ECS.glob("*.timer"):
        command = path.stem.removeprefix("aliyun-ops-")
        own = ECS / f"{path.stem}.service"
        service = own.name if own.exists() else f"aliyun-ops-task@{command}.service"
        assert unit(path)["Timer"]["Unit"] == service


def test_the_task_of_two_words_differs_in_its_words_alone() -> None:
    """What is added to one of the two units belongs into the other."""
    template, own = (
        [
            line.replace("%i", "dlq keep")
            for line in (ECS / name).read_text("utf-8").splitlines()
            if not line.startswith("#")
        ]
        for name in ("aliyun-ops-task@.service", "aliyun-ops-dlq-keep.service")
    )

    assert own == template


def test_what_people_are_told_to_run_names_units_that_are_installed() -> None:
    """A pattern or a number stands for the template; `disable` knows no patterns."""
    told = [one.fix for one in EXPLANATIONS.values()]
    told += [
        (ROOT / "docs" / page).read_text("utf-8") for page in ("runbook.md", "runbook.zh-CN.md")
    ]
    found = re.findall(
        r"(disable|enable|[a-z]+|-u)(?: --now)? '?(aliyun-ops[\w@*.-]*)'?", "\n".join(told)
    )
    of_systemd = [(verb, unit) for verb, unit in found if verb in VERBS]

    assert {verb for verb, _ in of_systemd} >= {"stop", "disable", "status", "restart", "-u"}
    for verb, unit in of_systemd:
        file = re.sub(r"@[^.]*", "@", unit)
        file = file if "." in file else f"{file}.service"
        assert (ECS / file).exists(), unit
        assert verb != "disable" or "*" not in unit


def test_every_timer_is_enabled() -> None:
    """By the installation, and by an upgrade from a release that did not have it."""
    names = sorted(path.stem.removeprefix("aliyun-ops-") for path in ECS.glob("*.timer"))

    (listed,) = re.findall(
        r"^TIMERS='(.+)'$", (ECS / "release.sh").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(listed.split()) == names


def script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("#!/bin/sh", *lines, "")), "utf-8")
    path.chmod(0o755)
    return path


@dataclass
class Host:
    """A directory that takes a host's place, with stand-ins for make and systemctl."""

    root: Path
    broken: bool = False
    calls: Path = field(init=False)

    def __post_init__(self) -> None:
        tools = self.root / "tools"
        tools.mkdir(parents=True)
        self.calls = self.root / "systemctl.log"
        self.calls.touch()
        # `make --silent -C DIRECTORY setup` gives the release this installation's program.
        self.make = script(
            tools / "make",
            'mkdir -p "$3/.venv/bin"',
            f'printf \'#!/bin/sh\\nexec {sys.executable} -m worker "$@"\\n\' > "$3/.venv/bin/aliyun-ops"',
            'chmod +x "$3/.venv/bin/aliyun-ops"',
        )
        self.systemctl = script(
            tools / "systemctl",
            f'echo "$@" >> {self.calls}',
            'case $1 in list-units) echo "aliyun-ops@1.service loaded active running";;',
            f"is-active) test ! -e {self.root}/broken;;",
            f"show) cat {self.root}/restarts 2>/dev/null || echo 0;;",
            "esac",
        )

    def run(self, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603
            ["/bin/sh", str(ECS / name), *arguments],
            env={
                "PATH": os.environ["PATH"],
                "ROOT": str(self.root),
                "MAKE": str(self.make),
                "SYSTEMCTL": str(self.systemctl),
                "SETTLE": "0",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    @property
    def current(self) -> str:
        return str((self.root / "opt/aliyun-ops/current").readlink())

    @property
    def releases(self) -> int:
        return len(list((self.root / "opt/aliyun-ops/releases").iterdir()))

    def configure(self) -> None:
        etc = self.root / "etc/aliyun-ops"
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "config.yaml").write_text((ROOT / "config.yaml").read_text("utf-8"), "utf-8")
        (etc / "environment").write_text(ENVIRONMENT, "utf-8")


def done(answer: "subprocess.CompletedProcess[str]") -> None:
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_first_run_says_what_to_fill_in(tmp_path: Path) -> None:
    """It leaves the two files, readable by nobody else where the key will stand, and starts nothing."""
    host = Host(tmp_path)

    answer = host.run("install.sh")

    assert answer.returncode == 1
    assert "fill them in" in answer.stderr
    assert (tmp_path / "etc/aliyun-ops/environment").stat().st_mode & 0o077 == 0
    assert host.calls.read_text("utf-8") == ""


def test_install_upgrade_and_rollback(tmp_path: Path) -> None:
    """Each release has its own directory; switching is one link; workers are restarted, not stopped."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh", "2"))
    first = host.current

    enabled = host.calls.read_text("utf-8")
    assert "enable --now aliyun-ops@2.service" in enabled
    assert "enable --now aliyun-ops-sweep.timer" in enabled
    assert "enable --now aliyun-ops-dlq-keep.timer" in enabled
    assert (tmp_path / "etc/systemd/system/aliyun-ops@.service").exists()
    assert host.run("install.sh").returncode == 1

    # Names of releases are by the second.
    renamed = Path(f"{first}-first")
    Path(first).rename(renamed)
    link = tmp_path / "opt/aliyun-ops/current"
    link.unlink()
    link.symlink_to(renamed)
    (renamed / "deploy/ecs/aliyun-ops-dlq-keep.timer").unlink()
    before = host.calls.read_text("utf-8")
    done(host.run("upgrade.sh"))
    # One that is new is enabled; what a person may have disabled is left.
    after = host.calls.read_text("utf-8").removeprefix(before)
    assert re.findall(r"enable --now (.+)", after) == ["aliyun-ops-dlq-keep.timer"]
    assert host.current != str(renamed)
    assert host.releases == 2
    assert "restart aliyun-ops@1.service" in host.calls.read_text("utf-8")

    done(host.run("rollback.sh"))
    assert host.current == str(renamed)


@pytest.mark.parametrize(("sign", "text"), [("broken", ""), ("restarts", "3\n")])
def test_a_release_whose_worker_does_not_start_is_taken_back(
    tmp_path: Path, sign: str, text: str
) -> None:
    """The old release runs again, and whoever upgrades is told; also when systemd tries on and on."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh"))
    first = host.current
    (tmp_path / sign).write_text(text, "utf-8")

    answer = host.run("upgrade.sh")

    assert answer.returncode == 1
    assert "the old one runs again" in answer.stderr
    assert host.current == first
    assert host.releases == 1
    assert not (tmp_path / "opt/aliyun-ops/previous").is_symlink()


def test_an_installation_whose_worker_ends_again_and_again_says_so(tmp_path: Path) -> None:
    """It is no success that systemd has taken the order; the timers run all the same."""
    host = Host(tmp_path)
    host.configure()
    (tmp_path / "restarts").write_text("1\n", "utf-8")

    answer = host.run("install.sh")

    assert answer.returncode == 1
    assert "aliyun-ops@1.service does not keep running" in answer.stderr
    assert "enable --now aliyun-ops-sweep.timer" in host.calls.read_text("utf-8")


def test_a_configuration_that_does_not_fit_changes_nothing(tmp_path: Path) -> None:
    """It is checked with the new release before anything is switched."""
    host = Host(tmp_path)
    host.configure()
    (tmp_path / "etc/aliyun-ops/config.yaml").write_text("queue: {lease: 1s}\n", "utf-8")

    answer = host.run("install.sh")

    assert answer.returncode == 1
    assert "nothing has been changed" in answer.stderr
    assert not (tmp_path / "opt/aliyun-ops/current").exists()
    assert host.releases == 0


@pytest.mark.parametrize("number", ["0", "two", "-1"])
def test_a_number_of_workers_that_is_none_is_refused(tmp_path: Path, number: str) -> None:
    """One sentence, before anything is done."""
    answer = Host(tmp_path).run("install.sh", number)

    assert answer.returncode == 1
    assert "give 1 or more" in answer.stderr
