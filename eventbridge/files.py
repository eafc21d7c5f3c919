"""Writes what is exported into deploy/: `python -m eventbridge.files`, which `make deploy-files` runs."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from eventbridge.export import yaml_text
from eventbridge.ros import full_template
from eventbridge.terraform import terraform_text
from worker.settings import Settings

DEPLOY = Path(__file__).parents[1] / "deploy"
_ROS_HEAD = "# Made by `make deploy-files` from the defaults of config.yaml and from deploy/ram: change those, and make this again.\n"


def files(deploy: Path = DEPLOY) -> Iterator[tuple[Path, str]]:
    """Yield every made file with what it should hold; the policies are read from `deploy`/ram."""
    # Account and region stand in no file: each tool fills in its own.
    settings = Settings(account_id="1234567890123456", region="cn-hangzhou")
    policies = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted((deploy / "ram").glob("*.json"))
    }
    yield deploy / "terraform" / "interruptions.tf", terraform_text(settings)
    yield deploy / "ros" / "template.yml", _ROS_HEAD + yaml_text(full_template(settings, policies))


if __name__ == "__main__":
    for path, text in files():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(DEPLOY.parent)}\n")
