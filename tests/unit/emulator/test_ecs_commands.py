"""Cloud Assistant: how commands are written, what is refused, and what finds them."""

from base64 import b64encode
from typing import Any

import pytest

from tests.unit.emulator.ecs_bench import Bench

SHELL = {"Type": "RunShellScript"}


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.seed()
    bench.wait(7)  # Not an instant at which everything is written back anyway.
    return bench


def run(bench: Bench, content: str, **params: Any) -> str:
    (source,) = bench.instances()
    answer = bench.call(
        "RunCommand", InstanceId=[source], CommandContent=content, **{**SHELL, **params}
    )
    invoke_id: str = answer["InvokeId"]
    return invoke_id


def contents(bench: Bench, **params: Any) -> list[str]:
    rows = bench.call("DescribeInvocations", **params)["Invocations"]["Invocation"]
    return [row["CommandContent"] for row in rows]


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize("encoding", [None, "", "PlainText", "plaintext", "rot13"])
def test_a_command_is_plain_text_unless_the_call_says_base64(
    bench: Bench, encoding: str | None
) -> None:
    """Base64 that is not announced is run as it stands, and so flushes nothing."""
    (source,) = bench.instances()
    (disk,) = bench.disk_ids(source)
    bench.ecs.write(source, "system", "/f", "1", bench.now)

    run(bench, encoded("sync"), ContentEncoding=encoding)

    assert "/f" not in bench.ecs.disk_content(disk, bench.now, durable=True).files
    assert contents(bench, ContentEncoding="PlainText") == [encoded("sync")]


@pytest.mark.parametrize(
    ("name", "longest", "code"),
    [
        ("Name", 128, "CmdName.ExceedLimit"),
        ("Description", 512, "CmdDesc.ExceedLimit"),
        ("Username", 255, "Username.ExceedLimit"),
    ],
)
def test_words_of_a_command_have_a_length(bench: Bench, name: str, longest: int, code: str) -> None:
    (source,) = bench.instances()
    given = {**SHELL, "InstanceId": [source], "CommandContent": "true"}

    assert run(bench, "true", **{name: "x" * longest})
    assert bench.refused("RunCommand", **given, **{name: "x" * (longest + 1)}) == (403, code)


@pytest.mark.parametrize("encoding", ["Base64", "base64"])
def test_a_command_in_base64_is_decoded(bench: Bench, encoding: str) -> None:
    """Describe calls write it in Base64 again, unless they ask for plain text."""
    (source,) = bench.instances()
    (disk,) = bench.disk_ids(source)
    bench.ecs.write(source, "system", "/f", "1", bench.now)

    run(bench, encoded("sync # 中"), ContentEncoding=encoding)

    assert "/f" in bench.ecs.disk_content(disk, bench.now, durable=True).files
    assert contents(bench) == contents(bench, ContentEncoding="Base64") == [encoded("sync # 中")]
    assert contents(bench, ContentEncoding="PlainText") == ["sync # 中"]


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"CommandContent": "echo!", "ContentEncoding": "Base64"}, (400, "CmdContent.DecodeError")),
        ({"CommandContent": "x" * 18_433}, (403, "CmdContent.ExceedLimit")),
        ({"CommandContent": "true", "RepeatMode": "Period"}, (400, "InvalidParameter")),
        ({"CommandContent": "true", "Timed": True}, (400, "InvalidParameter")),
    ],
)
def test_refused_commands(bench: Bench, given: dict[str, Any], refusal: tuple[int, str]) -> None:
    """What cannot be decoded, is beyond 24 KB when encoded, or would run at another time."""
    (source,) = bench.instances()

    assert refusal == bench.refused("RunCommand", InstanceId=[source], **{**SHELL, **given})
    assert contents(bench) == []


def test_a_command_of_just_24_kb_is_run(bench: Bench) -> None:
    """18 KB of text are 24 KB in Base64."""
    run(bench, "x" * 18_432)

    assert len(contents(bench)[0]) == 24 * 1024


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"CommandName": "quiesce"}, 1),
        ({"CommandName": "other"}, 0),
        ({"CommandType": "RunShellScript"}, 1),
        ({"CommandType": "RunBatScript"}, 0),
        ({"RepeatMode": "Once"}, 1),
        ({"RepeatMode": "Period"}, 0),
        ({"Timed": True}, 0),
        ({"Tag": [{"Key": "team", "Value": "trade"}]}, 1),
        ({"Tag": [{"Key": "team", "Value": "other"}]}, 0),
    ],
)
def test_what_finds_an_invocation(bench: Bench, given: dict[str, Any], found: int) -> None:
    run(bench, "true", Name="quiesce", Tag=[{"Key": "team", "Value": "trade"}])

    assert found == len(contents(bench, **given))


def test_the_id_of_an_instance_counts_before_the_name_of_a_command(bench: Bench) -> None:
    (source,) = bench.instances()
    run(bench, "true", Name="quiesce")

    assert len(contents(bench, InstanceId=source, CommandName="other", RepeatMode="Period")) == 1


def test_what_finds_a_result(bench: Bench) -> None:
    run(bench, "true")
    (row,) = bench.call("DescribeInvocations")["Invocations"]["Invocation"]

    def found(**params: Any) -> int:
        answer = bench.call("DescribeInvocationResults", **params)
        return len(answer["Invocation"]["InvocationResults"]["InvocationResult"])

    assert (found(CommandId=row["CommandId"]), found(CommandId="c-other")) == (1, 0)
    states = ("Running", "Finished")
    assert [found(InvokeRecordStatus=state) for state in states] == [1, 0]
    bench.wait(5)
    assert [found(InvokeRecordStatus=state) for state in states] == [0, 1]
    assert found(Tag=[{"Key": "team", "Value": "trade"}]) == 0
