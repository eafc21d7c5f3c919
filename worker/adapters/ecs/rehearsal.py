"""Ports `Rehearsal` and `Termination`: what only a drill asks of ECS."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from worker import operator_ports
from worker.adapters.ecs import fields
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.ecs.instances import refused_launch
from worker.adapters.ecs.launch_parameters import launch_parameters
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.adapters.error_map import RUN_INSTANCES, Kind
from worker.core.errors import Permanent
from worker.core.model import Accepted, Candidate, DeleteAnswer, LaunchAnswer, LaunchSpec


@dataclass(frozen=True, slots=True)
class EcsRehearsal(operator_ports.Rehearsal):
    """Port `Rehearsal` over one region."""

    endpoint: Endpoint

    @override
    def dry_run(
        self, spec: LaunchSpec, candidate: Candidate, *, image_id: str, drop: Sequence[str]
    ) -> LaunchAnswer:
        params = launch_parameters(spec, candidate, image_id=image_id, token="", drop=drop)
        # A launch that is only checked must not use up the token of one that is meant.
        del params["ClientToken"]
        answer = self.endpoint.change(RUN_INSTANCES, {**params, "DryRun": True})
        if isinstance(answer, Refusal):
            # What passes is refused, too, with a code that says so.
            return Accepted() if answer.kind is Kind.DONE else refused_launch(answer, drop)
        launched = fields.texts(answer, "InstanceIdSets", "InstanceIdSet")
        if launched:
            listed = ", ".join(launched)
            raise Permanent(f"the cloud launched {listed} although it was asked for a dry run")
        return Accepted()


@dataclass(frozen=True, slots=True)
class EcsTermination(operator_ports.Termination):
    """Port `Termination` over one region."""

    endpoint: Endpoint

    @override
    def terminate(self, instance_id: str) -> DeleteAnswer:
        if not instance_id:
            raise ValueError("no instance is named")
        # Force releases a running one. Source: DeleteInstance, Force.
        params = {"InstanceId": instance_id, "Force": True}
        return tolerant_answer(self.endpoint.change("DeleteInstance", params), instance_id)
