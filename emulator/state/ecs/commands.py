"""Cloud Assistant, as far as it can be honest without a guest.

There is no shell inside an emulated instance. A command on a running instance ends after
`EcsSettings.command_seconds` with `EcsSettings.command_outcome` and no output; one whose text
mentions `sync` or `fsfreeze` makes everything written so far durable, which is what a caller
wants such a command for.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any

from emulator.state.ecs.clock_text import to_second
from emulator.state.ecs.filters import agrees
from emulator.state.ecs.paging import PageRule, page
from emulator.state.ecs.params import Params, malformed, missing
from emulator.state.ecs.records import Invocation
from emulator.state.ecs.region import EcsRegion
from emulator.state.ecs.tags import filters_of, tags_of
from emulator.state.errors import ApiError

PAGES = PageRule(default=10, maximum=50, token_maximum=50, has_token=True)
MAX_INSTANCES = 100
DEFAULT_TIMEOUT = 60
KINDS = frozenset({"RunShellScript", "RunBatScript", "RunPowerShellScript"})
FLUSHING = ("sync", "fsfreeze")
# Bytes of a command in Base64. Source: ECS RunCommand, CommandContent.
MAX_CONTENT = 24 * 1024
# Characters of what a caller makes up, with the refusal of more. Source: RunCommand, these
# parameters and its table of error codes.
_LENGTHS: Mapping[str, tuple[int, str]] = {
    "Name": (128, "CmdName.ExceedLimit"),
    "Description": (512, "CmdDesc.ExceedLimit"),
    "Username": (255, "Username.ExceedLimit"),
}
# What is so of every invocation here: commands on a schedule are not modelled.
_ALIKE: Mapping[str, str | bool] = {"RepeatMode": "Once", "Timed": False}


def run_command(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """Run a command on instances. Source: ECS RunCommand."""
    kind = params.required("Type")
    if kind not in KINDS:
        raise ApiError(403, "InvalidCmdType.NotFound", "The specified command type does not exist.")
    ids = params.texts("InstanceId")
    if not ids:
        raise missing("InstanceId")
    if len(ids) > MAX_INSTANCES:
        raise ApiError(
            403,
            "InstanceIds.ExceedLimit",
            "The number of instance IDs exceeds the upper limit.",
        )
    if not agrees(params, _ALIKE):
        raise malformed("RepeatMode", "is not modelled here except Once")
    for name, (longest, code) in _LENGTHS.items():
        if len(params.text(name)) > longest:
            raise ApiError(403, code, f"The {name} is longer than {longest} characters.")
    content = _text(params.required("CommandContent"), params.text("ContentEncoding"))
    tags = tags_of(params)
    invocation = Invocation(
        invoke_id=region.new_id("t"),
        command_id=region.new_id("c"),
        name=params.text("Name"),
        content=content,
        kind=kind,
        timeout=params.integer("Timeout", DEFAULT_TIMEOUT),
        started_at=now,
        finish_at=now + region.settings.command_seconds,
        outcomes={each: _dispatch(region, each) for each in ids},
    )
    region.invocations[invocation.invoke_id] = invocation
    region.tags.put(invocation.invoke_id, tags, region.visible_from(now))
    if any(word in content for word in FLUSHING):
        _flush(region, invocation, now)
    region.record(now, "RunCommand", invocation.invoke_id, instance_ids=ids)
    return {"InvokeId": invocation.invoke_id, "CommandId": invocation.command_id}


def _text(content: str, encoding: str) -> str:
    """Decode a command: plain text unless the call says Base64, in whatever case.

    Source: ECS RunCommand, ContentEncoding, for what is neither, too; its table of error codes.
    """
    text = content
    if encoding.lower() == "base64":
        try:
            text = b64decode(content, validate=True).decode("utf-8", "replace")
        except (NotBase64, ValueError):
            raise ApiError(
                400, "CmdContent.DecodeError", "The CommandContent can not be base64 decoded."
            ) from None
    if len(b64encode(text.encode())) > MAX_CONTENT:
        raise ApiError(
            403,
            "CmdContent.ExceedLimit",
            "The length of the command content exceeds the upper limit.",
        )
    return text


def _dispatch(region: EcsRegion, instance_id: str) -> str:
    instance = region.instances.get(instance_id)
    if instance is None or instance.gone_at is not None:
        raise ApiError(404, "InvalidInstance.NotFound", "The specified instance does not exist.")
    if instance.is_recycling and not region.assumptions.run_command_while_recycling:
        raise ApiError(
            403, "IncorrectInstanceStatus", "The current status of the resource does not allow it."
        )
    return region.settings.command_outcome if instance.status.now == "Running" else "Invalid"


def _flush(region: EcsRegion, invocation: Invocation, now: float) -> None:
    for instance_id, outcome in invocation.outcomes.items():
        if outcome == "Success":
            for disk in region.disks_of(region.instances[instance_id]):
                disk.log.flush(now)


def describe_invocations(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List invocations with the state on each instance. Source: ECS DescribeInvocations."""
    invoke_id, instance_id = params.text("InvokeId"), params.text("InstanceId")
    status, command_id = params.text("InvokeStatus"), params.text("CommandId")
    tags = filters_of(params)
    found = [
        each
        for each in region.invocations.values()
        if invoke_id in {"", each.invoke_id}
        and command_id in {"", each.command_id}
        and (not instance_id or instance_id in each.outcomes)
        and status in {"", _overall(each, now)}
        and _is_wanted(each, params)
        and region.tags.matches(each.invoke_id, tags, now)
    ]
    items, fields = page(found, params, PAGES)
    plain = params.text("ContentEncoding").lower() == "plaintext"
    rows = [_invocation_row(region, each, now, plain=plain) for each in items]
    return {"Invocations": {"Invocation": rows}, **fields}


def _is_wanted(invocation: Invocation, params: Params) -> bool:
    """Compare what an instance's id makes ineffective, and the kind of the command.

    Timed leaves the commands on a schedule, of which there are none; its default is false.
    Source: DescribeInvocations, CommandName, RepeatMode and Timed.
    """
    if params.text("InstanceId"):
        return agrees(params, {"CommandType": invocation.kind, "Timed": False})
    facts = {"CommandType": invocation.kind, **_ALIKE}
    return agrees(params, facts) and params.text("CommandName") in {"", invocation.name}


def _overall(invocation: Invocation, now: float) -> str:
    states = {invocation.status(each, now) for each in invocation.outcomes}
    if "Running" in states:
        return "Running"
    if states == {"Success"}:
        return "Success"
    return "PartialFailed" if "Success" in states else "Failed"


def _invocation_row(
    region: EcsRegion, invocation: Invocation, now: float, *, plain: bool
) -> dict[str, Any]:
    overall = _overall(invocation, now)
    parts = [_part(invocation, each, now) for each in invocation.outcomes]
    for part in parts:
        part["InstanceInvokeStatus"] = "Running" if overall == "Running" else "Finished"
        part["CreationTime"] = to_second(invocation.started_at)
    return {
        "InvokeId": invocation.invoke_id,
        "CommandId": invocation.command_id,
        "CommandName": invocation.name,
        "CommandType": invocation.kind,
        "CommandContent": invocation.content if plain else _encoded(invocation.content),
        "CreationTime": to_second(invocation.started_at),
        "InvocationStatus": overall,
        "InvokeStatus": "Running" if overall == "Running" else "Finished",
        "RepeatMode": "Once",
        "Timed": False,
        "Timeout": invocation.timeout,
        "InvokeInstances": {"InvokeInstance": parts},
        "Tags": region.tags.rows(invocation.invoke_id, now),
    }


def _encoded(text: str) -> str:
    """Write a command as describe calls do unless they are told not to."""
    return b64encode(text.encode()).decode()


def _part(invocation: Invocation, instance_id: str, now: float) -> dict[str, Any]:
    status = invocation.status(instance_id, now)
    ended = status not in {"Running", "Invalid"}
    invalid = status == "Invalid"
    part: dict[str, Any] = {
        "InstanceId": instance_id,
        "InvocationStatus": status,
        "ErrorCode": "InstanceNotRunning" if invalid else "",
        "ErrorInfo": "the specified instance is not running" if invalid else "",
        "Output": "",
        "Dropped": 0,
        "Repeats": 1,
        "StartTime": "" if invalid else to_second(invocation.started_at),
    }
    if ended:
        part["FinishTime"] = to_second(invocation.finish_at)
        part["ExitCode"] = 0 if status == "Success" else 1
    return part


def describe_invocation_results(region: EcsRegion, params: Params, now: float) -> dict[str, Any]:
    """List results per instance. Source: ECS DescribeInvocationResults."""
    invoke_id, instance_id = params.text("InvokeId"), params.text("InstanceId")
    command_id, status = params.text("CommandId"), params.text("InvokeRecordStatus")
    tags = filters_of(params)
    found = [
        (each, name)
        for each in region.invocations.values()
        for name in each.outcomes
        if invoke_id in {"", each.invoke_id}
        and instance_id in {"", name}
        and command_id in {"", each.command_id}
        and status in {"", _record_status(each, name, now)}
        and region.tags.matches(each.invoke_id, tags, now)
    ]
    items, fields = page(found, params, PAGES)
    rows = [_result_row(each, name, now) for each, name in items]
    return {"Invocation": {"InvocationResults": {"InvocationResult": rows}, **fields}}


def _result_row(invocation: Invocation, instance_id: str, now: float) -> dict[str, Any]:
    row = _part(invocation, instance_id, now)
    row["FinishedTime"] = row.pop("FinishTime", "")
    return {
        **row,
        "InvokeId": invocation.invoke_id,
        "CommandId": invocation.command_id,
        "InvokeRecordStatus": _record_status(invocation, instance_id, now),
    }


def _record_status(invocation: Invocation, instance_id: str, now: float) -> str:
    return "Running" if invocation.status(instance_id, now) == "Running" else "Finished"
