"""Programs that a machine may not have: what is missing is named, and the test fails."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

# What `make tools` installs from PyPI and npm; what is on the machine comes after it.
OURS = Path(__file__).parents[2] / ".tools"
NAMESPACES = Path(__file__).parent / "namespaces.sh"
PACKAGES = {
    "chromium": "install it: apt-get install chromium fonts-noto-cjk",
    "namespaces": "only root may make them, and in a container not even root unless it is allowed to: MISSING=namespaces",
    "prometheus": "install it: apt-get install prometheus",
    "promtool": "install it: apt-get install prometheus",
    "rostran": "`make tools` installs it (PyPI: alibabacloud-ros-tran)",
    "s": "`make tools` installs it (npm: @serverless-devs/s)",
    "systemd": "install it: apt-get install systemd",
    "systemd-analyze": "install it: apt-get install systemd",
    "terraform": "it is in no package of Debian, PyPI or npm: install it as its maker says, or MISSING=terraform",
}


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Find a program by its name."""
    places = [OURS / "venv" / "bin", OURS / "node_modules" / ".bin"]
    # systemd itself is on the path of some machines only.
    path = os.pathsep.join([*map(str, places), os.environ.get("PATH", os.defpath), "/lib/systemd"])

    # Somebody has said that these cannot be had here, and reads so in the summary.
    known_missing = os.environ.get("MISSING_TOOLS", "").split()

    def find(name: str) -> str:
        if name in known_missing:
            pytest.skip(f"{name} cannot be had on this machine")
        found = _namespaces() if name == "namespaces" else shutil.which(name, path=path)
        if found is None:
            pytest.fail(f"{name} is missing; {PACKAGES[name]}", pytrace=False)
        return found

    return find


def _namespaces() -> str | None:
    """Return the script that makes them; where it is refused any, it says which."""
    done = subprocess.run(  # noqa: S603 - our own script
        [NAMESPACES, "--", "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False
    )
    return str(NAMESPACES) if done.returncode == 0 else None
