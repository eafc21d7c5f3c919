"""`aliyun-ops doctor` as a process: sound, wrong, and mended by the command that it names."""

import json
import shlex
from typing import Any

from tests.e2e.conftest import REGION, Installation


def findings(installation: Installation) -> list[dict[str, Any]]:
    told = json.loads(installation.command("doctor", "--json").stdout)
    return list(told["findings"])


def test_sound_then_wrong_then_mended(installation: Installation) -> None:
    """Exit code 0 and what was not tried; then 1 with the command that mends it, which does."""
    sound = installation.command("doctor", "--image-quota", "100")
    first, *rest = sound.stdout.splitlines()
    assert (sound.returncode, first) == (0, "Nothing is wrong."), sound.stderr
    assert rest[0].startswith("not tried: Permissions that cannot be tried")
    assert "ram:PassRole" in sound.stdout
    assert "quota" not in sound.stdout

    named = {"EventBusName": "default", "RuleName": "spot-interruptions"}
    call = {"product": "eventbridge", "action": "DeleteRule", "params": named}
    installation.order("scenario", regions={REGION: {"calls": [call]}})
    wrong = installation.command("doctor", "--language", "zh")
    (finding,) = findings(installation)

    assert wrong.returncode == 1
    assert "规则 spot-interruptions" in wrong.stdout
    assert wrong.stderr == "aliyun-ops: 存在问题；上文的命令可以修复\n"
    assert finding["code"] == "rule_missing"
    assert installation.command(*shlex.split(finding["fix"])[1:], "--yes").returncode == 0
    assert findings(installation) == []


def test_key_clock_and_signing_key(installation: Installation) -> None:
    """What comes before everything else, each told once."""
    installation.environ = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}
    assert [one["code"] for one in findings(installation)] == ["credentials_refused"]

    installation.environ = {"ALIYUN_OPS_SIGNING_KEY": ""}
    assert [one["code"] for one in findings(installation)] == ["signing_key_missing"]

    installation.environ = {}
    installation.order("settings", clock_skew=-1000)
    (finding,) = findings(installation)
    assert finding["code"] == "clock_wrong"
    assert float(finding["values"]["seconds"]) > 990


def test_credentials_alone_are_looked_for_without_a_call(installation: Installation) -> None:
    """A key that the cloud refuses is one; none at all is named as the whole look names it."""
    # A process each: the SDK reads some of its variables when it is loaded.
    installation.environ = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}
    assert installation.program("doctor", "--credentials").returncode == 0

    installation.environ = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        "HOME": "/nonexistent",
    }
    none = installation.program("doctor", "--credentials")
    assert none.returncode == 1
    assert "No credentials were found." in none.stdout


def test_a_permission_that_is_missing_is_granted_by_the_policy_that_is_named(
    installation: Installation,
) -> None:
    """The worker's own policy alone lacks the doctor's reads; what it prints mends that."""
    installation.expects_denials = True
    key = {"access_key_id": "doctor", "secret": "doctor-secret"}
    mine = json.loads(installation.command("doctor", "--policy", "doctor").stdout)
    installation.order("access-keys", **key, policies=[mine])

    denied = findings(installation)
    workers = json.loads(installation.command("doctor", "--policy", "worker").stdout)
    installation.order("access-keys", **key, policies=[mine, workers])

    assert {one["code"] for one in denied} == {"permission_missing"}
    assert all("doctor --policy worker" in one["fix"] for one in denied)
    assert findings(installation) == []
