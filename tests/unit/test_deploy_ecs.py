"""Install, upgrade and rollback on a directory in place of a host, and what the units must say."""

import configparser
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

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
        "ALIBABA_CLOUD_ACCESS_KEY_ID=emulator",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator-secret",
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
        # One name for all: without it a task would be another user, and take the directory from the workers.
        "User=aliyun-ops",
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


def test_everything_that_runs_may_write_into_one_directory() -> None:
    """And the settings say where that is: nothing else can be written to."""
    directories = {f"/var/lib/{unit(path)['Service']['StateDirectory']}" for path in UNITS}
    said = (ROOT / "config.yaml").read_text("utf-8").replace("\n  #", "")

    assert len(directories) == 1
    assert f"a worker may write nowhere but in {directories.pop()}" in said


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
    # systemd matches patterns against what runs: one that is stopped would be passed over.
    assert [
        one for one in of_systemd if one[0] in {"start", "restart", "status"} and "*" in one[1]
    ] == []
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
    scripts: Path = ECS
    umask: int = 0o022
    calls: Path = field(init=False)

    def __post_init__(self) -> None:
        tools = self.root / "tools"
        tools.mkdir(parents=True)
        self.calls = self.root / "systemctl.log"
        self.calls.touch()
        # `make --silent -C DIRECTORY setup` gives the release this installation's program.
        self.make = script(
            tools / "make",
            f'echo "$4 $5" >> {self.root}/made',
            'mkdir -p "$3/.venv/bin"',
            f'ln -s {sys.executable} "$3/.venv/bin/python"',
            f'printf \'#!/bin/sh\\nPYTHONPATH={ROOT} exec {sys.executable} -m worker "$@"\\n\' > "$3/.venv/bin/aliyun-ops"',
            'chmod +x "$3/.venv/bin/aliyun-ops"',
        )
        self.systemctl = script(
            tools / "systemctl",
            f'echo "$@" >> {self.calls}',
            f'case "$1 $2" in "enable --now") mkdir -p {self.wants}; touch {self.root}/unit; ln -sf {self.root}/unit {self.wants}/$3;; esac',
            'case $1 in list-units) echo "aliyun-ops@1.service loaded active running";;',
            f"is-active) test ! -e {self.root}/broken;;",
            f"show) cat {self.root}/restarts 2>/dev/null || echo 0;;",
            "esac",
        )

    @property
    def wants(self) -> Path:
        """Where `systemctl enable` makes its links."""
        return self.root / "etc/systemd/system/multi-user.target.wants"

    def run(self, name: str, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(  # noqa: S603
            ["/bin/sh", str(self.scripts / name), *arguments],
            umask=self.umask,
            env={
                "PATH": os.environ["PATH"],
                "ROOT": str(self.root),
                "MAKE": str(self.make),
                "SYSTEMCTL": str(self.systemctl),
                "SETTLE": "0",
                "HOMES": "/nowhere",
                **environ,
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

    @property
    def program(self) -> Path:
        return self.root / "usr/local/bin/aliyun-ops"

    def command(self, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run what a person at a prompt runs."""
        return subprocess.run(  # noqa: S603
            [str(self.program), *arguments],
            env={"PATH": os.environ["PATH"], **environ},
            cwd="/",
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    def set(self, *lines: str) -> None:
        """Write more lines into the environment of the service."""
        path = self.root / "etc/aliyun-ops/environment"
        path.write_text("\n".join((path.read_text("utf-8"), *lines, "")), "utf-8")

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


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_who_asks_how_to_install_is_told(tmp_path: Path, option: str) -> None:
    """Before anything is looked at or made."""
    answer = Host(tmp_path).run("install.sh", option)

    assert answer.returncode == 0
    assert answer.stdout.startswith("Usage: sudo deploy/ecs/install.sh [WORKERS]")
    assert not (tmp_path / "etc/aliyun-ops").exists()


def test_install_upgrade_and_rollback(tmp_path: Path) -> None:
    """Each release has its own directory; switching is one link; workers are restarted, not stopped."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh", "2"))
    first = host.current

    assert (tmp_path / "made").read_text("utf-8") == "setup bytecode\n"
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

    before = host.calls.read_text("utf-8")
    done(host.run("rollback.sh"))
    assert host.current == str(renamed)
    # What the older release does not have is started no more, and everything else goes on.
    after = host.calls.read_text("utf-8").removeprefix(before)
    assert re.findall(r"disable .+", after) == ["disable --now aliyun-ops-dlq-keep.timer"]
    units = tmp_path / "etc/systemd/system"
    assert not (units / "aliyun-ops-dlq-keep.timer").exists()
    assert (units / "aliyun-ops-dlq-keep.service").exists()


def test_a_unit_that_a_release_has_no_more_is_taken_away_when_it_runs(tmp_path: Path) -> None:
    """A timer would go on with what nobody has looked at since; one that does not start changes nothing."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh"))
    name, units = "aliyun-ops-older.timer", tmp_path / "etc/systemd/system"
    for directory in (Path(host.current) / "deploy/ecs", units):
        (directory / name).write_text("[Timer]\n", "utf-8")
    (tmp_path / "broken").touch()
    assert host.run("upgrade.sh").returncode == 1
    assert (units / name).exists()
    assert f"disable --now {name}" not in host.calls.read_text("utf-8")

    (tmp_path / "broken").unlink()
    answer = host.run("upgrade.sh")

    done(answer)
    assert not (units / name).exists()
    assert f"disable --now {name}" in host.calls.read_text("utf-8")
    assert f"{name} is not of this release" in answer.stderr


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


def test_workers_read_what_a_root_installs_whose_files_are_for_himself(tmp_path: Path) -> None:
    """Under `umask 077` the checkout is his alone, and what is made of it is not; but for the signing key."""
    checkout = tmp_path / "checkout"
    shutil.copytree(ECS, checkout / "deploy/ecs")
    for name in ("config.yaml", "pyproject.toml"):
        shutil.copy(ROOT / name, checkout)
    for path in (checkout, *checkout.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    (tmp_path / "host").mkdir()
    host = Host(tmp_path / "host", checkout / "deploy/ecs", umask=0o077)
    assert host.run("install.sh").returncode == 1
    etc = host.root / "etc/aliyun-ops"
    (etc / "environment").write_text(ENVIRONMENT, "utf-8")

    done(host.run("install.sh"))

    assert stat.S_IMODE((etc / "environment").stat().st_mode) == 0o600
    made = [path for place in ("etc", "opt", "usr") for path in (host.root / place).rglob("*")]
    hidden = {path for path in made if not is_for_all(path)} - {etc / "environment"}
    assert hidden == set()
    assert {path.name for path in made} >= {"release.sh", "aliyun-ops@.service", "config.yaml"}


def is_for_all(path: Path) -> bool:
    """Tell whether whoever may see a file may read it, and whoever sees a directory may enter it."""
    needed = 0o555 if path.is_dir() else 0o444
    return path.is_symlink() or path.stat().st_mode & needed == needed


@pytest.mark.parametrize("name", ["install.sh", "upgrade.sh"])
def test_an_interpreter_that_the_units_cannot_see_changes_nothing(
    tmp_path: Path, name: str
) -> None:
    """One in a home directory, as conda and pyenv put it, runs for root and for no worker."""
    host = Host(tmp_path)
    host.configure()
    if name == "upgrade.sh":
        done(host.run("install.sh"))
    releases = host.releases if name == "upgrade.sh" else 0
    python = Path(sys.executable).resolve()

    answer = host.run(name, HOMES=f"/home {python.parent}")

    assert answer.returncode == 1
    assert f"the units cannot see {python}" in answer.stderr
    assert "nothing has been changed" in answer.stderr
    assert host.releases == releases


# -- the environment of the service ----------------------------------------------------------------


@pytest.fixture(scope="module")
def reader() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", ECS / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What systemd 252 makes of each text, seen by its own reader.
READ_AS = {
    "A=json://b/ dingtalk://a/": {"A": "json://b/ dingtalk://a/"},
    "A=x;y&z#$(id)`id`$HOME": {"A": "x;y&z#$(id)`id`$HOME"},
    "# A=1\n; A=2\n\n  A = 3 \nB=": {"A": "3", "B": ""},
    "A='x \"y'\nB=\"x 'y\"": {"A": 'x "y', "B": "x 'y"},
    "A='x'  \"y\"z": {"A": "xyz"},
    "A=x'y'\nB=it\\'s": {"A": "x'y'", "B": "it's"},
    'A="a\\"b\\$c\\d"\nB=a\\d': {"A": 'a"b$c\\d', "B": "ad"},
    "A=one\\\ntwo\nB='one\ntwo'": {"A": "onetwo", "B": "one\ntwo"},
    "A=1\nA=2": {"A": "2"},
    "export A=1\n1A=2\nA": {},
    "A='open\nB=1": {"A": "open\nB=1"},
    "A=x\\ \nB=x\\": {"A": "x ", "B": "x"},
}


@pytest.mark.parametrize(("text", "found"), READ_AS.items())
def test_the_environment_is_read_as_systemd_reads_it(
    reader: ModuleType, text: str, found: dict[str, str]
) -> None:
    """Nothing is expanded, and what sets nothing is passed over."""
    assert reader.variables(text) == found


def test_what_stands_in_the_environment_is_never_run(tmp_path: Path) -> None:
    """Two channels with a blank between them are a value, and so is what a shell would carry out."""
    host = Host(tmp_path)
    host.configure()
    host.set(
        f"ALIYUN_OPS_NOTIFY_URLS=json://a/ json://b/?x=1&y=$(touch {tmp_path}/ran);touch {tmp_path}/ran"
    )

    done(host.run("install.sh"))
    answer = host.command("config", "check")

    assert (answer.returncode, answer.stderr) == (0, "")
    assert not (tmp_path / "ran").exists()


def test_the_configuration_is_checked_with_nothing_of_the_shells_own(tmp_path: Path) -> None:
    """What only the person at the prompt has exported no worker would have."""
    host = Host(tmp_path)
    host.configure()
    environment = tmp_path / "etc/aliyun-ops/environment"
    environment.write_text(environment.read_text("utf-8").replace("ALIBABA_CLOUD_REGION_ID", "#"))

    answer = host.run("install.sh", ALIBABA_CLOUD_REGION_ID="cn-hangzhou")

    assert answer.returncode == 1
    assert "region: is not set" in answer.stderr


# -- the program at the prompt ---------------------------------------------------------------------


def test_the_program_is_at_the_prompt_with_what_the_service_has(tmp_path: Path) -> None:
    """Configuration, account and key are the workers'; another configuration may be named."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh"))
    other = tmp_path / "other.yaml"
    other.write_text("owner: somebody\n", "utf-8")

    answer = host.command("config", "check")
    named = host.command("config", "check", ALIYUN_OPS_CONFIG=str(other))

    assert (
        f"{tmp_path}/etc/aliyun-ops/config.yaml is good: account 1234567890123456" in answer.stdout
    )
    assert "1 key(s) set" in answer.stdout
    assert f"{other} is good" in named.stdout


def test_whoever_may_not_read_the_environment_is_told_so(
    reader: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and no program runs without what it needs."""

    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)

    with pytest.raises(SystemExit, match=r"environment.*may not read it: run this as root"):
        reader.main(str(tmp_path / "environment"), "/bin/false")
    monkeypatch.undo()
    with pytest.raises(SystemExit, match="No such file"):
        reader.main(str(tmp_path / "environment"), "/bin/false")


def test_a_program_of_somebody_else_is_left_where_it_is(tmp_path: Path) -> None:
    """It is named, and the installation goes on; ours is renewed by an upgrade."""
    host = Host(tmp_path)
    host.configure()
    host.program.parent.mkdir(parents=True)
    script(host.program, "echo another")

    answer = host.run("install.sh")

    done(answer)
    assert "is another program and stays" in answer.stderr
    assert host.command().stdout == "another\n"

    host.program.unlink()
    done(host.run("upgrade.sh"))
    done(host.command("config", "check"))
    host.program.write_text(host.program.read_text("utf-8") + "# old\n", "utf-8")
    again = host.run("upgrade.sh")
    done(again)
    assert "another program" not in again.stderr
    assert "# old" not in host.program.read_text("utf-8")


def test_the_program_goes_back_with_the_release(tmp_path: Path) -> None:
    """An older release has nothing for it, and need not."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh"))
    (Path(host.current) / "deploy/ecs/environment.py").unlink()
    done(host.run("upgrade.sh"))

    done(host.run("rollback.sh"))

    done(host.command("config", "check"))


# -- credentials, and workers that are stopped -----------------------------------------------------

NO_ROLE = "ALIBABA_CLOUD_ECS_METADATA_DISABLED=true"


def test_an_instance_without_credentials_is_told_before_anything_is_changed(tmp_path: Path) -> None:
    """Keys of the person at the prompt are not the workers'; with a role it goes on."""
    host = Host(tmp_path)
    host.configure()
    environment = tmp_path / "etc/aliyun-ops/environment"
    environment.write_text(
        environment.read_text("utf-8").replace("ALIBABA_CLOUD_ACCESS_KEY", "# KEY")
    )
    host.set(NO_ROLE)

    answer = host.run(
        "install.sh",
        ALIBABA_CLOUD_ACCESS_KEY_ID="emulator",
        ALIBABA_CLOUD_ACCESS_KEY_SECRET="emulator-secret",
    )

    assert answer.returncode == 1
    assert "No credentials were found." in answer.stderr
    assert "attach a RAM role to this instance" in answer.stderr
    assert host.calls.read_text("utf-8") == ""
    assert host.releases == 0


def test_a_host_that_answers_late_is_asked_again(tmp_path: Path) -> None:
    """What cannot be reached for a moment must not end an upgrade."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh"))
    asked = tmp_path / "asked"
    program = f'case "$*" in *--credentials*) echo >> {asked}; [ "$(wc -l < {asked})" -ge 3 ] || exit 1;; esac'
    script(
        host.make,
        'mkdir -p "$3/.venv/bin"',
        f'ln -s {sys.executable} "$3/.venv/bin/python"',
        f"printf '%s\\n' '#!/bin/sh' '{program}' > \"$3/.venv/bin/aliyun-ops\"",
        'chmod +x "$3/.venv/bin/aliyun-ops"',
    )

    done(host.run("upgrade.sh"))

    assert asked.read_text("utf-8") == "\n" * 3


@pytest.mark.parametrize("name", ["upgrade.sh", "rollback.sh"])
def test_a_worker_that_was_stopped_stays_so_and_is_named(tmp_path: Path, name: str) -> None:
    """systemd does not list it: it would be passed over without a word."""
    host = Host(tmp_path)
    host.configure()
    done(host.run("install.sh", "2"))
    done(host.run("upgrade.sh"))
    before = host.calls.read_text("utf-8")

    answer = host.run(name)

    done(answer)
    assert "aliyun-ops@2.service was stopped and stays so" in answer.stderr
    assert "aliyun-ops@1.service was" not in answer.stderr
    after = host.calls.read_text("utf-8").removeprefix(before)
    assert re.findall(r"start (aliyun-ops@.*)", after) == ["aliyun-ops@1.service"]


@pytest.mark.parametrize("number", ["0", "two", "-1"])
def test_a_number_of_workers_that_is_none_is_refused(tmp_path: Path, number: str) -> None:
    """One sentence, before anything is done."""
    answer = Host(tmp_path).run("install.sh", number)

    assert answer.returncode == 1
    assert "give 1 or more" in answer.stderr
