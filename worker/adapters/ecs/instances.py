"""Port `Instances`: replacements, and the stop or start of a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.batch import Batches
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.ecs.launch_parameters import launch_parameters
from worker.adapters.ecs.tolerant import tolerant_answer
from worker.adapters.error_map import RUN_INSTANCES, Kind
from worker.adapters.sealing import WITHOUT_KEYS, Sealing
from worker.core import urgency
from worker.core.errors import Transient, UnknownOutcome
from worker.core.identity import TAG_ID, TAG_OWNER, TAG_SOURCE
from worker.core.model import (
    Accepted,
    Candidate,
    Exists,
    Instance,
    LaunchAnswer,
    LaunchSpec,
    NoStock,
    NotReady,
    OverQuota,
    StartAnswer,
    StopAnswer,
    Unsupported,
)

# Source: DescribeInstances, MaxResults: 10 to 100.
_INSTANCES_PER_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class EcsInstances(ports.Instances):
    """Port `Instances` over one region."""

    endpoint: Endpoint
    batches: Batches
    sealing: Sealing = WITHOUT_KEYS

    @override
    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        return self._tagged(TAG_ID, recreation)

    @override
    def find_replacements(self, source: str) -> tuple[Instance, ...]:
        return self._tagged(TAG_SOURCE, source)

    def _tagged(self, key: str, value: str) -> tuple[Instance, ...]:
        bodies = self.endpoint.list_by_token(
            "DescribeInstances",
            {"Tag": [{"Key": key, "Value": value}], "MaxResults": _INSTANCES_PER_PAGE},
            "Instances",
            "Instance",
        )
        found = (shapes.instance_of(body) for body in bodies)
        # Looked at again here: a filter that the cloud did not understand would adopt strangers.
        return tuple(one for one in found if one is not None and one.tags.get(key) == value)

    @override
    def pay_as_you_go(self, owner: str, *, besides: str) -> int:
        bodies = self.endpoint.list_by_token(
            "DescribeInstances",
            {"Tag": [{"Key": TAG_OWNER, "Value": owner}], "MaxResults": _INSTANCES_PER_PAGE},
            "Instances",
            "Instance",
        )
        found = (shapes.instance_of(body) for body in bodies)
        return sum(1 for one in found if one is not None and _is_bought(one, owner, besides))

    @override
    def find(self, instance_id: str) -> Instance | None:
        return self.batches.instance(instance_id)

    @override
    def launch(
        self,
        spec: LaunchSpec,
        candidate: Candidate,
        *,
        image_id: str,
        token: str,
        drop: Sequence[str],
    ) -> LaunchAnswer:
        user_data = self._user_data(spec, drop)
        if user_data is None:
            return Unsupported("UserData", "sealed with another key")
        params = launch_parameters(
            spec, candidate, image_id=image_id, token=token, drop=drop, user_data=user_data
        )
        # A token is forgotten after a while, and whoever has the message by now may have another.
        if urgency.is_let_go(self.endpoint.clock.now()):
            raise Transient("the message is somebody else's by now")
        answer = self.endpoint.change(RUN_INSTANCES, params)
        if isinstance(answer, Refusal):
            return refused_launch(answer, drop)
        ids = fields.texts(answer, "InstanceIdSets", "InstanceIdSet")
        if not ids:
            raise UnknownOutcome("RunInstances answered without an instance id")
        return Accepted(ids[0])

    def _user_data(self, spec: LaunchSpec, drop: Sequence[str]) -> str | None:
        """Unseal the user data for this one request; None when no key of ours opens it."""
        if not spec.user_data or "UserData" in drop:
            return ""
        return self.sealing.open(spec.user_data, about=dict(spec.tags).get(TAG_ID, ""))

    @override
    def stop(self, instance_id: str) -> StopAnswer:
        answer = self.endpoint.change(
            "StopInstance",
            # KeepCharging keeps address and place; a forced stop would lose unflushed data.
            # Source: StopInstance, StoppedMode and ForceStop.
            {"InstanceId": instance_id, "StoppedMode": "KeepCharging", "ForceStop": False},
        )
        return tolerant_answer(answer, instance_id)

    @override
    def start(self, instance_id: str) -> StartAnswer:
        # Source: StartInstance; it has no ClientToken.
        answer = self.endpoint.change("StartInstance", {"InstanceId": instance_id})
        if isinstance(answer, Refusal) and answer.kind is Kind.NO_STOCK:
            return NoStock(answer.code)
        if isinstance(answer, Refusal) and answer.kind is Kind.NOT_READY:
            return NotReady(answer.code)
        return tolerant_answer(answer, instance_id)


def _is_bought(one: Instance, owner: str, besides: str) -> bool:
    recreation = one.tags.get(TAG_ID, besides)
    return (
        recreation != besides
        and one.tags.get(TAG_OWNER) == owner
        and one.spot_strategy in {"", "NoSpot"}
    )


def refused_launch(refusal: Refusal, dropped: Sequence[str]) -> LaunchAnswer:
    """Turn the refusal of a launch into an answer.

    Raises:
        Permanent: The refusal has nothing to do with what was asked for.
    """
    match refusal.kind:
        case Kind.EXISTS:
            return Exists()
        case Kind.NOT_READY:
            return NotReady(refusal.code)
        case Kind.NO_STOCK:
            return NoStock(refusal.code, is_known=refusal.is_known)
        case Kind.OVER_QUOTA:
            return OverQuota(refusal.code)
        case Kind.UNSUPPORTED if refusal.parameter in dropped:
            # Left out and refused all the same: it is the candidate that does not fit.
            return NoStock(refusal.code)
        case Kind.UNSUPPORTED:
            return Unsupported(refusal.parameter, refusal.code)
        case _:
            raise refusal.error
