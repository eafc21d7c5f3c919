"""What is deployed to Function Compute: its description agrees with the code, its package is the same bytes twice."""

import importlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from eventbridge.desired import EVENT_PATTERN
from tests.simulation.functions import Setting
from worker.invocation import time_to_work
from worker.settings import from_data
from worker.timed import TASKS

ROOT = Path(__file__).parents[2]
BUILDER = ROOT / "deploy/fc/package.py"
PLACE = {"ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456", "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou"}


@pytest.fixture(scope="module")
def props() -> dict[str, Any]:
    described = yaml.safe_load((ROOT / "deploy/fc/s.yaml").read_text("utf-8"))
    assert described["edition"] == "3.0.0"
    assert {one["component"] for one in described["resources"].values()} == {"fc3"}
    found: dict[str, Any] = described["resources"]["aliyun-ops"]["props"]
    return found


@pytest.fixture(scope="module")
def timed() -> dict[str, Any]:
    described = yaml.safe_load((ROOT / "deploy/fc/s.yaml").read_text("utf-8"))
    found: dict[str, Any] = described["resources"]["aliyun-ops-timed"]["props"]
    return found


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("package", BUILDER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_handlers_exist(props: dict[str, Any], timed: dict[str, Any]) -> None:
    """The description names functions of this code."""
    for module, _, name in (one["handler"].rpartition(".") for one in (props, timed)):
        assert callable(getattr(importlib.import_module(module), name))


def test_each_task_has_a_timer_that_names_it(timed: dict[str, Any]) -> None:
    """What a timer says is a task, and no task waits for a timer that nobody set up."""
    payloads = [one["triggerConfig"]["payload"] for one in timed["triggers"]]

    assert sorted(payloads) == sorted(TASKS)


def test_the_look_for_lost_events_comes_in_time(
    props: dict[str, Any], timed: dict[str, Any]
) -> None:
    """Every minute, and not in the second of a timer of the function that takes up what it sends."""
    (cron,) = (
        one["triggerConfig"]["cronExpression"]
        for one in timed["triggers"]
        if one["triggerName"] == "reconcile"
    )
    taken = [one["triggerConfig"].get("cronExpression") for one in props["triggers"]]

    assert cron.split()[1:] == ["*"] * 5
    assert cron not in taken


def test_what_timers_run_beside_it_sees_no_signing_key(timed: dict[str, Any]) -> None:
    """It trusts no progress; only who recreates has to."""
    assert timed["environmentVariables"] == {"ALIYUN_OPS_CONFIG": "/code/config.yaml"}


def test_the_time_is_enough_for_a_whole_invocation(props: dict[str, Any]) -> None:
    """The timeout leaves `worker.hand_back_every` and the hand-back; its default of 3 s would leave nothing."""
    settings = from_data({}, PLACE)

    assert time_to_work(settings, float(props["timeout"])) == settings.worker.hand_back_every


def test_memory_and_processor_are_sold_together(props: dict[str, Any]) -> None:
    """Source: Function Compute, instance specifications: 1 to 4 GB for a vCPU, steps of 64 MB and 0.05 vCPU."""
    memory, processor = props["memorySize"], props["cpu"]

    assert memory % 64 == 0
    assert round(processor / 0.05, 6).is_integer()
    assert 1.0 <= memory / 1024 / processor <= 4.0


def test_what_is_deployed_is_what_the_figures_are_for(props: dict[str, Any]) -> None:
    """The simulation and the bench run the function as it is described here."""
    timers = [one for one in props["triggers"] if one["triggerType"] == "timer"]
    seconds = tuple(float(one["triggerConfig"]["cronExpression"].split()[0]) for one in timers)
    setting = Setting()

    assert seconds == setting.timers
    assert all(one["triggerConfig"]["cronExpression"].endswith(" * * * * *") for one in timers)
    assert props["memorySize"] == setting.memory_mib
    assert props["timeout"] == setting.timeout
    assert props["concurrencyConfig"] == {"reservedConcurrency": setting.instances}
    settings = from_data({}, PLACE)
    assert settings.worker.hand_back_after == setting.hand_back_after
    assert settings.worker.hand_back_every == setting.works_for


def test_the_platform_repeats_nothing_and_drops_nothing(props: dict[str, Any]) -> None:
    """Asynchronous settings are explicit: the queue repeats; what fails is kept where `status` looks."""
    asynchronous = props["asyncInvokeConfig"]
    queue = from_data({}, PLACE).queue

    assert asynchronous["maxAsyncRetryAttempts"] == 0
    assert 0 < asynchronous["maxAsyncEventAgeInSeconds"] <= 604_800
    destination = asynchronous["destinationConfig"]["onFailure"]["destination"]
    assert f":/queues/{queue.delivery_dead_letter_name}/" in destination


def test_trigger_and_rule_want_the_same_events(props: dict[str, Any]) -> None:
    """The function's own trigger brings what the rule brings to the queue, once more."""
    (trigger,) = (one for one in props["triggers"] if one["triggerType"] == "eventbridge")
    config = trigger["triggerConfig"]

    assert json.loads(config["eventRuleFilterPattern"]) == dict(EVENT_PATTERN)
    assert config["runOptions"]["errorsTolerance"] == "ALL"


def test_no_secret_stands_in_the_description() -> None:
    """The signing key comes from the environment of whoever deploys."""
    text = (ROOT / "deploy/fc/s.yaml").read_text("utf-8")

    assert "ALIYUN_OPS_SIGNING_KEY: ${env('ALIYUN_OPS_SIGNING_KEY')}" in text
    assert "ACCESS_KEY" not in text


def build(target: Path, seed: str) -> bytes:
    subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, str(BUILDER), "--any-python", "--only", "structlog", str(target)],
        env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"},
        cwd=target.parent,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return target.read_bytes()


def test_the_package_is_the_same_bytes_twice(tmp_path: Path) -> None:
    """Neither the time, the place nor the order of sets is in it; every module has its bytecode."""
    first = build(tmp_path / "one.zip", "1")
    (tmp_path / "elsewhere").mkdir()
    second = build(tmp_path / "elsewhere" / "two.zip", "2")

    assert first == second
    with zipfile.ZipFile(tmp_path / "one.zip") as package:
        names = set(package.namelist())
    sources = {name for name in names if name.endswith(".py")}
    assert "worker/function.py" in sources
    assert "config.yaml" in names
    assert len(sources) == sum(name.endswith(".pyc") for name in names)
    assert not any(name.startswith(("worker/cli/", "emulator/", "tests/")) for name in names)


def test_the_package_needs_nothing_beside_it(builder: ModuleType, tmp_path: Path) -> None:
    """Handler and SDKs load from what is in the package alone, in an interpreter without packages."""
    for place, data in builder.contents(builder.ROOTS + builder.BALANCERS).items():
        target = tmp_path / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import worker.timed, worker.function, mns.account, alibabacloud_credentials.client\n"
        "import alibabacloud_ecs20140526.client, alibabacloud_vpc20160428.client\n"
        "import alibabacloud_slb20140515.client\n"
        "print(worker.function.__file__)"
    )

    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-S", "-B", "-c", program],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_a_python_that_the_platform_lacks_is_told(
    tmp_path: Path, builder: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence with the way out, and no package that could not be loaded."""
    monkeypatch.setattr(builder, "GLIBC_OF", {})
    with pytest.raises(builder.CannotBuild, match=r"Function Compute has 3\.10 and 3\.12"):
        builder.build(tmp_path / "code.zip", ["structlog"])

    assert not (tmp_path / "code.zip").exists()


def test_a_python_that_the_platform_lacks_is_told_before_anything_is_installed(
    tmp_path: Path,
) -> None:
    """The environment alone takes a minute."""
    other = tmp_path / "python3.99"
    other.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.99\nexit 1\n', "utf-8")
    other.chmod(0o755)

    done = subprocess.run(  # noqa: S603
        ["make", "-s", "fc-package", f"PYTHON={other}"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 2
    assert "Function Compute has Python 3.10 and 3.12, found Python 3.99" in done.stderr
    assert not (ROOT / "build/fc/python3.99").exists()


def test_the_package_has_an_environment_of_its_own() -> None:
    """A worker may run from .venv, and build/ may hold receipts: neither is touched for another Python."""
    told = subprocess.run(
        ["make", "-n", "-B", "fc-package", "PYTHON=python3.12"],  # noqa: S607 - it only says what it would do
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout

    assert "rm -rf build/fc/python3.12\n" in told
    assert "build/fc/python3.12/bin/python deploy/fc/package.py" in told
    assert ".venv" not in told
    assert "make fc-package PYTHON=python3.12" in (ROOT / "deploy/README.md").read_text("utf-8")
