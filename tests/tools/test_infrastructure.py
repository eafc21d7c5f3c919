"""Infrastructure as code before the programs that will read it; none of them calls the cloud."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import hcl2
import pytest

ROOT = Path(__file__).parents[2]
TERRAFORM = ROOT / "deploy" / "terraform"
TEMPLATE = ROOT / "deploy" / "ros" / "template.yml"
SERVERLESS = ROOT / "deploy" / "fc" / "s.yaml"
TIMEOUT_SECONDS = 120
Tool = Callable[[str], str]


def said_by(*command: str, **environ: str) -> str:
    """Run a command in the repository; it has to succeed."""
    done = subprocess.run(  # noqa: S603 - programs that the tests name
        command,
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    # Some colour what they print, whoever reads it.
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)


@pytest.mark.parametrize("name", sorted(path.name for path in TERRAFORM.glob("*.tf")))
def test_each_file_is_hcl(name: str) -> None:
    """Also where the program is not to be had, whose language it is."""
    assert hcl2.loads((TERRAFORM / name).read_text("utf-8"))


def test_terraform_finds_nothing_to_format(tool: Tool) -> None:
    """`terraform fmt` parses every file, and would change none."""
    # Without the variable it looks for a configuration file of the user, and misses it.
    said = said_by(
        tool("terraform"),
        "fmt",
        "-check",
        "-recursive",
        str(TERRAFORM),
        TF_CLI_CONFIG_FILE=os.devnull,
    )

    assert said == ""


def test_rostran_takes_the_template(tool: Tool) -> None:
    """The structure is one of ROS; names and values are compared by the unit tests."""
    said = said_by(tool("rostran"), "format", str(TEMPLATE))

    assert "ROSTemplateFormatVersion: '2015-09-01'" in said


def test_rostran_would_notice(tool: Tool, tmp_path: Path) -> None:
    """A type that ROS does not have is told, and no template printed; the exit code is 0 all the same."""
    wrong = tmp_path / "template.yml"
    wrong.write_text(TEMPLATE.read_text("utf-8").replace("Type: String", "Type: Sting"), "utf-8")

    said = said_by(tool("rostran"), "format", str(wrong))

    assert "type Sting is not supported" in said
    assert "ROSTemplateFormatVersion:" not in said


def test_serverless_devs_reads_the_function(tool: Tool, tmp_path: Path) -> None:
    """`s preview` fills in every variable of deploy/fc/s.yaml; it does not look at the properties."""
    said = said_by(
        tool("s"),
        "preview",
        "-t",
        str(SERVERLESS),
        HOME=str(tmp_path),
        ALIBABA_CLOUD_REGION_ID="cn-hangzhou",
        ALIBABA_CLOUD_ACCOUNT_ID="1234567890123456",
        ALIYUN_OPS_SIGNING_KEY="preview",
    )

    assert re.search(r"functionName:\s+aliyun-ops\b", said), said
    assert "acs:ram::1234567890123456:role/" in said
