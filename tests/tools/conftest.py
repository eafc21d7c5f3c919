"""Programs that a machine may not have: what is missing is named, and the test fails."""

import shutil
from collections.abc import Callable

import pytest

PACKAGES = {
    "promtool": "apt-get install prometheus",
    "prometheus": "apt-get install prometheus",
    "systemd-analyze": "apt-get install systemd",
}


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.fail(f"{name} is missing; install it: {PACKAGES[name]}", pytrace=False)
        return path

    return find
