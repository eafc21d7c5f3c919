"""Port `Sources`: reads about the instance that is being reclaimed."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, wait
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeVar

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.sealing import WITHOUT_KEYS, Sealing
from worker.core.model import Details, Disk, Instance, Look, Refused, Sealed, SealedAnswer

First = TypeVar("First")
Second = TypeVar("Second")

# Without META_OPTIONS the metadata options come back empty. Source: DescribeInstances,
# AdditionalAttributes.
ADDITIONAL_ATTRIBUTES: Final = ("META_OPTIONS", "LOGIN_AS_NON_ROOT", "CPU_OPTIONS_TOPOLOGY_TYPE")
# Of the 64 KB of a message the rest of the progress needs more than the half.
SEALED_CHARACTERS_MAX: Final = 24_000
# Source: DescribeDisks, DiskIds: up to 100; MaxResults: 10 to 500.
DISKS_PER_CALL: Final = 100
_DISKS_PER_PAGE: Final = 500
# Source: DescribeNetworkInterfaces, MaxResults: 10 to 500.
_INTERFACES_PER_PAGE: Final = 500


class InParallel(Protocol):
    """Runs two reads, at once where there are threads, and returns both results."""

    def __call__(
        self, first: Callable[[], First], second: Callable[[], Second], /
    ) -> tuple[First, Second]:
        """Run both to their end and return their results, or raise the first one's error."""
        ...


def one_after_the_other(
    first: Callable[[], First], second: Callable[[], Second], /
) -> tuple[First, Second]:
    """Run two reads without a thread."""
    return first(), second()


@dataclass(frozen=True, slots=True)
class Beside:
    """Runs the second read on an executor while the caller runs the first.

    The executor must not be the one that the caller's own thread belongs to: when every thread
    of a pool waits for a place in it, none ever comes free.
    """

    executor: Executor

    def __call__(
        self, first: Callable[[], First], second: Callable[[], Second], /
    ) -> tuple[First, Second]:
        """Run both to their end and return their results, or raise the first one's error."""
        beside = self.executor.submit(second)
        try:
            found = first()
        finally:
            wait((beside,))
        return found, beside.result()


@dataclass(frozen=True, slots=True)
class EcsSources(ports.Sources):
    """Port `Sources` over one region."""

    endpoint: Endpoint
    in_parallel: InParallel = one_after_the_other
    sealing: Sealing = WITHOUT_KEYS

    @override
    def look(self, instance_id: str) -> Look:
        instance, disks = self.in_parallel(
            lambda: self.find(instance_id), lambda: self._disks(instance_id)
        )
        return Look(instance=instance, disks=disks)

    @override
    def find(self, instance_id: str) -> Instance | None:
        return find_instance(self.endpoint, instance_id)

    @override
    def disks(self, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
        return find_disks(self.endpoint, disk_ids)

    @override
    def ram_role(self, instance_id: str) -> str:
        body = self.endpoint.read("DescribeInstanceRamRole", _ids(instance_id))
        for entry in fields.members(body or {}, "InstanceRamRoleSets", "InstanceRamRoleSet"):
            if fields.text(entry, "InstanceId") == instance_id:
                return fields.text(entry, "RamRoleName")
        return ""

    @override
    def details(self, instance_id: str) -> Details:
        attributes, interfaces = self.in_parallel(
            lambda: self.endpoint.probe("DescribeInstanceAttribute", {"InstanceId": instance_id}),
            lambda: self.endpoint.probe_by_token(
                "DescribeNetworkInterfaces",
                {"InstanceId": instance_id, "MaxResults": _INTERFACES_PER_PAGE},
                "NetworkInterfaceSets",
                "NetworkInterfaceSet",
            ),
        )
        # A role that may not read them must not cost the recreation: the clone is then poorer.
        refused = [
            name
            for name, answer in (("attributes", attributes), ("interfaces", interfaces))
            if isinstance(answer, Refusal)
        ]
        found = shapes.details_of(
            {} if isinstance(attributes, Refusal) else attributes or {},
            [] if isinstance(interfaces, Refusal) else interfaces,
        )
        return replace(found, unread=tuple(refused))

    @override
    def user_data(self, instance_id: str, *, recreation: str) -> SealedAnswer:
        answer = self.endpoint.probe("DescribeUserData", {"InstanceId": instance_id})
        if isinstance(answer, Refusal):
            return Refused(answer.code)
        if answer is None:
            return Refused("the source is gone")
        # Source: DescribeUserData; Base64, as RunInstances takes it.
        text = fields.text(answer, "UserData")
        if not text:
            return Sealed()
        sealed = self.sealing.seal(text, about=recreation)
        if len(sealed) > SEALED_CHARACTERS_MAX:
            return Refused("it is too large for a message")
        return Sealed(sealed)

    def _disks(self, instance_id: str) -> tuple[Disk, ...]:
        bodies = self.endpoint.list_by_token(
            "DescribeDisks",
            {"InstanceId": instance_id, "MaxResults": _DISKS_PER_PAGE},
            "Disks",
            "Disk",
        )
        found = (shapes.disk_of(body) for body in bodies)
        return tuple(disk for disk in found if disk is not None)


def find_instance(endpoint: Endpoint, instance_id: str) -> Instance | None:
    """Describe one instance with everything that a clone needs; None when it is not there."""
    params = {**_ids(instance_id), "AdditionalAttributes": list(ADDITIONAL_ATTRIBUTES)}
    bodies = endpoint.list_by_token("DescribeInstances", params, "Instances", "Instance")
    found = (shapes.instance_of(body) for body in bodies)
    return next((one for one in found if one is not None and one.instance_id == instance_id), None)


def find_disks(endpoint: Endpoint, disk_ids: Sequence[str]) -> tuple[Disk, ...]:
    """Describe disks by id; those that are gone are left out."""
    if len(disk_ids) > DISKS_PER_CALL:
        raise ValueError(f"{len(disk_ids)} disks in one call, at most {DISKS_PER_CALL}")
    if not disk_ids:
        return ()
    params = {"DiskIds": json.dumps(list(disk_ids)), "MaxResults": _DISKS_PER_PAGE}
    bodies = endpoint.list_by_token("DescribeDisks", params, "Disks", "Disk")
    found = (shapes.disk_of(body) for body in bodies)
    return tuple(one for one in found if one is not None and one.disk_id in disk_ids)


def _ids(instance_id: str) -> dict[str, Any]:
    return {"InstanceIds": json.dumps([instance_id])}
