"""Port `Commands`: scripts inside instances, over Cloud Assistant."""

import math
from base64 import b64encode
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters import deadline
from worker.adapters.ecs import fields
from worker.adapters.ecs.call import Body
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.core.errors import UnknownOutcome
from worker.core.model import Accepted, CommandAnswer, CommandResult, Script, ScriptKind

# Source: RunCommand, Type.
_TYPES: Final[Mapping[ScriptKind, str]] = {
    "shell": "RunShellScript",
    "bat": "RunBatScript",
    "powershell": "RunPowerShellScript",
}
# Source: DescribeInvocationResults, InvocationStatus; every other word is an end.
_GOING_ON: Final = frozenset({"Pending", "Running", "Scheduled", "Stopping", ""})
_SUCCESS: Final = "Success"
_CALL_SECONDS_MIN: Final = 0.2


@dataclass(frozen=True, slots=True)
class EcsCommands(ports.Commands):
    """Port `Commands` over one region."""

    endpoint: Endpoint

    @override
    def run(self, instance_id: str, script: Script, *, token: str, within: float) -> CommandAnswer:
        with self._bounded(within):
            answer = self.endpoint.change(
                "RunCommand",
                {
                    "Type": _TYPES[script.kind],
                    "CommandContent": b64encode(script.text.encode()).decode(),
                    "ContentEncoding": "Base64",
                    "InstanceId": [instance_id],
                    # Beyond it the agent kills the script; nobody waits for it then.
                    "Timeout": max(1, math.ceil(script.seconds)),
                    "ClientToken": token,
                },
            )
        if isinstance(answer, Refusal):
            return tolerant_answer(answer)
        run = fields.text(answer, "InvokeId")
        if not run:
            raise UnknownOutcome("RunCommand answered without an invocation")
        return Accepted(run)

    @override
    def result(self, run: str, instance_id: str, *, within: float) -> CommandResult | None:
        with self._bounded(within):
            body = self.endpoint.read(
                "DescribeInvocationResults", {"InvokeId": run, "InstanceId": instance_id}
            )
        invocation = (body or {}).get("Invocation")
        if not isinstance(invocation, Mapping):
            return None
        found = fields.members(invocation, "InvocationResults", "InvocationResult")
        return next((_result(one) for one in found if _is_of(one, run, instance_id)), None)

    def _bounded(self, within: float) -> AbstractContextManager[None]:
        """Bound a call in the time of the operating system."""
        seconds = self.endpoint.clock.real_seconds(max(within, _CALL_SECONDS_MIN))
        return deadline.within(seconds)


def _is_of(one: Body, run: str, instance_id: str) -> bool:
    return (fields.text(one, "InvokeId"), fields.text(one, "InstanceId")) == (run, instance_id)


def _result(one: Body) -> CommandResult:
    """Tell the state; what the script printed may hold secrets and is never read."""
    status = fields.text(one, "InvocationStatus")
    if status in _GOING_ON:
        return CommandResult(is_over=False)
    if status == _SUCCESS:
        return CommandResult(is_over=True)
    return CommandResult(is_over=True, why=fields.text(one, "ErrorCode") or status)
