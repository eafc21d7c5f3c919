"""The units in the eyes of systemd."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ECS = Path(__file__).parents[2] / "deploy/ecs"
UNITS = sorted(path.name for path in (*ECS.glob("*.service"), *ECS.glob("*.timer")))
EXPOSURE_MAX = 2.0


@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_every_line(
    name: str, tool: Callable[[str], str], tmp_path: Path
) -> None:
    """No unknown setting, no unit that is missing; the program itself is not installed here."""
    for path in (*ECS.glob("*.service"), *ECS.glob("*.timer")):
        text = path.read_text("utf-8").replace(
            "/opt/aliyun-ops/current/.venv/bin/aliyun-ops", "/bin/true"
        )
        (tmp_path / path.name).write_text(text, "utf-8")
    instance = name.replace("@.", "@sweep.")
    if instance != name:
        (tmp_path / instance).write_text((tmp_path / name).read_text("utf-8"), "utf-8")

    done = subprocess.run(  # noqa: S603
        [tool("systemd-analyze"), "verify", "--man=no", str(tmp_path / instance)],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert name not in done.stderr, done.stderr
    assert instance not in done.stderr, done.stderr


@pytest.mark.parametrize("name", [one for one in UNITS if one.endswith(".service")])
def test_a_unit_is_exposed_to_little(name: str, tool: Callable[[str], str]) -> None:
    """systemd's own measure, from 0 to 10."""
    done = subprocess.run(  # noqa: S603
        [tool("systemd-analyze"), "security", "--offline=true", "--no-pager", str(ECS / name)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    level = re.search(r"Overall exposure level for .*: ([\d.]+)", done.stdout)
    assert level is not None, done.stdout + done.stderr
    assert float(level[1]) <= EXPOSURE_MAX
