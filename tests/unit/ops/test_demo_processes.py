"""What the demo starts ends with the demo, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from worker.ops.demo_processes import crew, exit_sentence, own_environment
from worker.ops.tether import ENDED_WITH_STARTER

SECONDS = 20.0
SERVE = ("--bind", "127.0.0.1", "0")


def test_crew_hears_its_members_and_ends_them(tmp_path: Path) -> None:
    """Lines come in over one queue; what still runs at the end of the block is ended."""
    with crew(tmp_path, own_environment(os.environ, {})) as members:
        server = members.start("server", "http.server", SERVE)
        said = members.next(SECONDS)

    assert said is not None
    assert (said.process, said.stream) == ("server", "stdout")
    assert server.code is not None
    assert "Serving" in server.log.read_text(encoding="utf-8")


def test_tethered_process_ends_with_its_starter() -> None:
    """The pipe to the starter closes, and the process is gone."""
    tethered = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-m", "worker.ops.tether", "http.server", *SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert tethered.stdin is not None

    tethered.stdin.close()

    assert tethered.wait(SECONDS) == ENDED_WITH_STARTER


def test_killed_member_is_told_of(tmp_path: Path) -> None:
    """How a process ended is one sentence."""
    with crew(tmp_path, own_environment(os.environ, {})) as members:
        server = members.start("server", "http.server", SERVE)
        server.kill()
        server.wait(SECONDS)

        assert exit_sentence(server).startswith(f"server ended with code -{signal.SIGKILL}")


def test_environment_holds_no_real_account_and_no_proxy() -> None:
    """A demo can neither reach a real account nor be sent through somebody's proxy."""
    environ = {
        "PATH": "/bin",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "real",
        "ALIYUN_OPS_CONFIG": "/etc/real.yaml",
        "FC_ACCOUNT_ID": "1",
        "HTTPS_PROXY": "http://proxy",
        "http_proxy": "http://proxy",
    }

    made = own_environment(environ, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator"})

    assert made["PATH"] == "/bin"
    assert made["ALIBABA_CLOUD_ACCESS_KEY_ID"] == "emulator"
    assert not {"ALIYUN_OPS_CONFIG", "FC_ACCOUNT_ID", "HTTPS_PROXY", "http_proxy"} & set(made)
