"""Infrastructure as code before the programs that will read it; none of them calls the cloud."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hcl2

from tests.tools.check import ROOT, Check, Failed, program, run

TERRAFORM = ROOT / "deploy" / "terraform"
TEMPLATE = ROOT / "deploy" / "ros" / "template.yml"
SERVERLESS = ROOT / "deploy" / "fc" / "s.yaml"
ALERTS = ROOT / "deploy" / "prometheus"


def checks() -> Iterator[Check]:
    """Yield what can be checked of what is in deploy/."""
    yield Check("hcl", "deploy/terraform is HCL", _hcl)
    yield Check("terraform", "deploy/terraform is formatted as Terraform has it", _terraform)
    yield Check("rostran", "deploy/ros is a ROS template", _rostran)
    if SERVERLESS.exists():
        yield Check("s", "deploy/fc/s.yaml is read by Serverless Devs", _serverless)
    if ALERTS.exists():
        yield Check("promtool", "the alert rules are read by Prometheus", _promtool)


def _hcl() -> str:
    for path in sorted(TERRAFORM.glob("*.tf")):
        _parse(path)
    return ""


def _parse(path: Path) -> None:
    try:
        hcl2.loads(path.read_text("utf-8"))
    except Exception as error:  # noqa: BLE001 - whatever the parser raises
        raise Failed(f"{path.name}: {error}") from None


def _terraform() -> str:
    where = "it is in no package of Debian, PyPI or npm: install it as its maker says"
    terraform = program("terraform", where)
    # Without this a configuration file of the user's is looked for, and missed.
    run(
        terraform,
        "fmt",
        "-check",
        "-recursive",
        str(TERRAFORM),
        environ={"TF_CLI_CONFIG_FILE": "/dev/null"},
    )
    return run(
        terraform, "version", environ={"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": "/dev/null"}
    ).split("\n")[0]


def _rostran() -> str:
    rostran = program("rostran", "`make tools` installs it (PyPI: alibabacloud-ros-tran)")
    return run(rostran, "--version").strip() if run(rostran, "format", str(TEMPLATE)) else ""


def _serverless() -> str:
    s = program("s", "`make tools` installs it with npm (@serverless-devs/s)")
    with tempfile.TemporaryDirectory() as home:
        shown = run(
            s,
            "preview",
            "-t",
            str(SERVERLESS),
            environ={
                "HOME": home,
                "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
                "ALIBABA_CLOUD_ACCOUNT_ID": "1234567890123456",
                "ALIYUN_OPS_SIGNING_KEY": "preview",
            },
        )
    # It colours what it prints, whoever reads it.
    shown = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    if not re.search(r"functionName:\s+aliyun-ops\b", shown):
        raise Failed(f"the preview has no function:\n{shown}")
    return ""


def _promtool() -> str:
    promtool = program("promtool", "Debian and Ubuntu: apt-get install prometheus")
    rules = sorted(map(str, ALERTS.glob("*.yml")))
    if not rules:
        raise Failed(f"{ALERTS.name} has no alert rules")
    return run(promtool, "check", "rules", *rules).splitlines()[-1].strip()
