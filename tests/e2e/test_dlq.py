"""`aliyun-ops dlq` and `reconcile` with real processes: parked, looked at, interrupted, replayed."""

import json
import signal
from typing import Any

import pytest
from mns.account import Account
from mns.queue import Message

from tests.e2e.conftest import Installation, Running

OURS = "spot-recreation:id"
DEAD = "spot-interruptions-dead"
UNDELIVERED = "spot-interruptions-undelivered"
SMALL = {"system_disk": {"category": "cloud_essd", "size": 20}}


def send(installation: Installation, queue: str, *bodies: str) -> None:
    account = Account(installation.url, "emulator", "emulator-secret", "")
    try:
        found = account.get_queue(queue)
        for body in bodies:
            found.send_message(Message(body))
    finally:
        account.get_client().close_connection()


def replacements(installation: Installation) -> list[dict[str, Any]]:
    return [one for one in installation.look("instances") if OURS in one["tags"]]


def worker(installation: Installation, *more: str) -> Running:
    running = installation.start("worker", "--config", str(installation.config), "run", *more)
    running.until_fact("worker_started")
    return running


def lose_event(installation: Installation, source: str) -> None:
    """Reclaim a source, with much time, while no event comes."""
    late = {"publish_event": False, "notice_seconds": 100_000}
    installation.order("interrupt", instance_id=source, **late)


def event(source: str) -> str:
    return json.dumps({"instanceId": source, "action": "delete"})


@pytest.fixture
def parked(installation: Installation) -> tuple[Installation, str]:
    """A recreation that was parked because the cloud refuses to launch, its source gone."""
    source = installation.seed(name="订单服务-01", **SMALL)
    fault = {"action": "RunInstances", "answer": "refuse", "code": "Forbidden.RAM", "status": 403}
    installation.order("faults", **fault, count=50)
    running = worker(installation)
    installation.order("interrupt", instance_id=source)
    running.until_fact("parked")
    running.end()
    installation.order("faults/clear")
    installation.order("clock", advance=900)
    return installation, source


def test_from_the_list_to_the_replacement(parked: tuple[Installation, str]) -> None:
    """Listed, shown, tried dry, replayed; the source is gone, and the signed capture is enough."""
    installation, source = parked

    (listed,) = installation.json("dlq", "list")["dead_letters"]
    assert (listed["parked"], listed["code"]) == ("refused_by_the_cloud", "Forbidden.RAM")
    assert (listed["error"], listed["step"]) == ("Permanent", "launch")
    assert listed["sources"] == [source]
    assert listed["signed"] is True
    people = installation.command("dlq", "list", "--error", "forbidden.ram")
    assert "what to do: The cloud refuses the call for good" in people.stdout
    assert "1 received and given back" in people.stderr
    none = installation.json("dlq", "list", "--older-than", "2d")
    assert none["dead_letters"] == []
    story = installation.command("dlq", "show", source, "--language", "zh")
    assert story.returncode == 0, story.stderr
    assert "云端拒绝该调用" in story.stdout
    assert "镜像可用" in story.stdout

    dry = installation.json("dlq", "replay", source, "--dry-run")
    (plan,) = dry["replayed"]
    assert (plan["fate"], plan["step"], plan["currency"]) == ("sent", "launch", "CNY")
    assert plan["monthly_price"] > 0
    done = installation.command("dlq", "replay", source)
    assert done.returncode == 0, done.stderr
    assert "1 sent, 0 finished meanwhile, 0 left, 0 not replayed." in done.stdout
    running = worker(installation)
    running.until_fact("recreation_finished", outcome="recovered")

    (replacement,) = replacements(installation)
    assert replacement["status"] == "Running"
    assert installation.json("dlq", "list")["dead_letters"] == []
    again = installation.command("dlq", "replay", source)
    assert again.returncode == 1
    assert "no dead letter that nobody holds matches" in again.stderr
    assert installation.look("complaints") == []


def test_edits_reach_the_launch(parked: tuple[Installation, str]) -> None:
    """Type, zone and charge are what was asked for."""
    installation, source = parked

    edits = ("--type", "ecs.c7.xlarge", "--zone", "cn-hangzhou-j", "--pay-as-you-go")
    done = installation.command("dlq", "replay", source, *edits)
    assert done.returncode == 0, done.stderr
    worker(installation).until_fact("recreation_finished", outcome="recovered")

    (replacement,) = replacements(installation)
    assert (replacement["type"], replacement["zone"]) == ("ecs.c7.xlarge", "cn-hangzhou-j")
    wrong = installation.command("dlq", "replay", "--zone", "Hangzhou!")
    assert wrong.returncode == 2
    assert "--zone Hangzhou!" in wrong.stderr


def test_only_what_is_settled_is_discarded(parked: tuple[Installation, str]) -> None:
    """It says why each goes or stays, asks, and takes nothing else, whatever is named."""
    installation, source = parked
    copy = event(source)
    send(installation, DEAD, "garbage")
    early = installation.command("dlq", "discard", source, "--yes")
    assert early.returncode == 1
    assert "its recreation is not shown to be finished" in " ".join(early.stdout.split())
    assert installation.command("dlq", "replay", source).returncode == 0
    worker(installation).until_fact("recreation_finished", outcome="recovered")
    send(installation, DEAD, copy)
    # What tells that it is finished are tags, and they show late.
    installation.order("clock", advance=10)

    unasked = installation.command("dlq", "discard")
    dry = installation.json("dlq", "discard", "--dry-run")
    done = installation.command("dlq", "discard", "--yes")
    chinese = installation.command("dlq", "discard", "--language", "zh")

    assert unasked.returncode == 2
    assert "nobody can confirm here" in unasked.stderr
    verdicts = {one["verdict"]: one["why"] for one in dry["discarded"]}
    assert verdicts["settled"].startswith("already recreated as i-")
    assert verdicts["open"] == "the body is not valid JSON"
    assert done.returncode == 0, done.stderr
    assert "1 taken out, 0 left." in done.stdout
    assert "没有符合条件且已了结的死信" in chinese.stdout
    (still,) = installation.json("dlq", "list")["dead_letters"]
    assert still["reads_as"] == "the body is not valid JSON"
    assert installation.look("complaints") == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_replay_is_repeated(installation: Installation, how: int) -> None:
    """Ctrl-C or kill -9 in the middle: the same command again, one replacement for each source."""
    sources = [installation.seed(name=f"订单-{at}", **SMALL) for at in range(6)]
    for source in sources:
        lose_event(installation, source)
    installation.order("clock", advance=10)
    send(installation, UNDELIVERED, *map(event, sources))
    replaying = ("--config", str(installation.config), "dlq", "replay", "--rate", "20")
    first = installation.start("worker", *replaying, role="replay")
    first.until(lambda line: "goes on with" in line)
    first.until(lambda line: "goes on with" in line)

    first.popen.send_signal(how)
    code = first.popen.wait(20.0)
    installation.order("clock", advance=120)
    second = installation.command("dlq", "replay", "--rate", "600")
    idle = worker(installation, "--until-idle")
    assert idle.popen.wait(120.0) == 0

    assert code != 0
    assert second.returncode == 0, second.stderr
    made = [one["tags"]["spot-recreation:source"] for one in replacements(installation)]
    assert sorted(made) == sorted(sources)
    assert installation.json("dlq", "list")["dead_letters"] == []
    assert installation.look("complaints") == []


def test_a_lost_event_is_found_and_recovered(installation: Installation) -> None:
    """Dry first, then enqueued; the next run leaves alone what is under way or done."""
    source = installation.seed(name="订单服务-01", **SMALL)
    assert installation.json("reconcile") == {"found": []}
    lose_event(installation, source)
    installation.order("clock", advance=10)

    (dry,) = installation.json("reconcile", "--dry-run")["found"]
    (found,) = installation.json("reconcile")["found"]
    running = worker(installation)
    running.until_fact("recreation_finished", outcome="recovered")

    assert (dry["standing"], dry["sent"]) == ("lost", "not_sent")
    assert (found["instance"], found["sent"]) == (source, "enqueued")
    assert [one["standing"] for one in installation.json("reconcile")["found"]] == ["under_way"]
    send(installation, "spot-interruptions", event(source))
    running.until_fact("recreation_finished", outcome="already_done")
    assert len(replacements(installation)) == 1
    assert installation.look("complaints") == []


def test_what_cannot_be_read_stays_and_what_expires_is_kept(installation: Installation) -> None:
    """Garbage is not sent round; half way to its end it is sent again to the letter."""
    send(installation, DEAD, "garbage")

    replayed = installation.command("dlq", "replay", "--language", "zh")
    assert replayed.returncode == 1
    assert "保留在原队列" in replayed.stdout
    assert "保留在原处" in replayed.stderr
    young = installation.json("dlq", "keep")
    installation.order("clock", advance=4 * 86_400)
    kept = installation.json("dlq", "keep")
    installation.order("clock", advance=4 * 86_400)
    (still,) = installation.json("dlq", "list")["dead_letters"]

    assert young["kept"] == []
    assert [one["failed"] for one in kept["kept"]] == [""]
    assert still["reads_as"] == "the body is not valid JSON"
