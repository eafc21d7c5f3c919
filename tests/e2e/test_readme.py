"""Whoever follows the README, command by command, ends with a protected instance; on the emulator as in the cloud."""

import re
from pathlib import Path

from tests.e2e.conftest import Installation

ROOT = Path(__file__).parents[2]
# What a person adds where nobody can answer a question.
ANSWERED = {"rule apply": "--yes"}


def steps_of(page: str, heading: str) -> list[str]:
    """Return the commands of the numbered steps, without the program's name, each the first time it stands there."""
    text = (ROOT / page).read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    steps = "\n".join(line for line in text.splitlines() if re.match(r"\d\. ", line))
    return list(dict.fromkeys(re.findall(r"`aliyun-ops ([^`]+)`", steps)))


def test_steps_of_the_readme_protect_an_instance(installation: Installation) -> None:
    """From nothing set up to a replacement that runs, with the commands as they stand there."""
    assert installation.command("rule", "destroy", "--yes").returncode == 0
    source = installation.seed(system_disk={"category": "cloud_essd", "size": 20})
    done = []
    for step in steps_of("README.md", "Use it"):
        if step == "run":
            worker = installation.start("worker", "--config", str(installation.config), "run")
            worker.until_fact("worker_started")
            installation.order("interrupt", instance_id=source)
            worker.until_fact("recreation_finished")
        else:
            words = [*step.split(), *ANSWERED.get(step, "").split()]
            ended = installation.command(*words)
            assert ended.returncode == 0, f"{step}: {ended.stdout}{ended.stderr}"
        done.append(step)

    set_up = [step for step in done if step in {"config check", "rule plan", "rule apply", "run"}]
    assert set_up == ["config check", "rule plan", "rule apply", "run"]
    assert {"status", "receipt", "audit", "sweep"} <= set(done)
    running = [one for one in installation.look("instances") if one["status"] == "Running"]
    assert [one["id"] == source for one in running] == [False]
    assert source in installation.command("receipt").stdout
    assert installation.look("complaints") == []


def test_both_readmes_have_the_same_steps() -> None:
    """The Chinese page leads the same way."""
    assert steps_of("README.md", "Use it") == steps_of("README.zh-CN.md", "正式使用")
