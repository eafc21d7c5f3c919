"""What importing costs: an SDK is loaded when it is called, not before."""

import subprocess
import sys

import pytest

SDKS = (
    "mns",
    "alibabacloud_",
    "Tea",
    "darabonba",
    "aiohttp",
    "requests",
    "apprise",
    "prometheus_client",
)


def loaded_by(statement: str) -> set[str]:
    """Import in a fresh interpreter and return the names of all loaded modules."""
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", f"{statement}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["worker.main", "worker.cli", "worker.bootstrap", "worker.function"]
)
def test_importing_the_worker_loads_no_sdk(module: str) -> None:
    """Neither the entry points nor the composition root load an SDK or one of its models."""
    found = loaded_by(f"import {module}")

    assert module in found
    assert sorted(name for name in found if name.startswith(SDKS)) == []


def test_importing_the_entry_point_loads_next_to_nothing() -> None:
    """A wrong option is told without paying for configuration, logging or tables."""
    found = loaded_by("import worker.main")

    assert found.isdisjoint({"pydantic", "structlog", "rich", "yaml", "click"})


def test_a_worker_without_channels_does_not_load_apprise() -> None:
    """Only who is to tell somebody pays for it; who is to, does."""
    silent = """
from worker.bootstrap import build_worker
from worker.settings import from_data
environ = {"ALIYUN_OPS_SIGNING_KEY": "0123456789abcdef"%s}
data = {"account_id": "1234567890123456", "region": "cn-hangzhou", "worker": {"own_instance_id": "i-bp1worker0000000001"}}
build_worker(from_data(data, environ), environ)
"""
    channel = ', "ALIYUN_OPS_NOTIFY_URLS": "json://127.0.0.1:1/"'

    assert "apprise" not in loaded_by(silent % "")
    assert "apprise" in loaded_by(silent % channel)


def test_a_look_at_the_network_does_not_load_its_sdk() -> None:
    """Four actions of it are called, and the SDK of all of them holds 18 MiB."""
    asked = """
from worker.adapters.ecs.call import ConnectionLost, SdkCall
from alibabacloud_tea_openapi.client import Client
from worker.adapters.credentials import sdk_credential, provider
known = provider({"ALIBABA_CLOUD_ACCESS_KEY_ID": "a", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "b"})
call = SdkCall("cn-hangzhou", credential=lambda: sdk_credential(known), endpoints={"vpc": "http://127.0.0.1:1"})
try:
    call("DescribeVSwitches", {"RegionId": "cn-hangzhou", "VpcId": "vpc-1"})
except ConnectionLost:
    pass
"""
    found = loaded_by(asked)

    assert "alibabacloud_tea_openapi.client" in found
    assert [name for name in found if name.startswith("alibabacloud_vpc")] == []
