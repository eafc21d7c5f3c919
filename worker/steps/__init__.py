"""The recovery as a recipe: keep the disks, start in place or quiesce and image, specify, launch, hand over, clean up."""

from dataclasses import dataclass, fields
from typing import Any

from worker.core.policy import Policy
from worker.ports import (
    Addresses,
    Balancers,
    Captures,
    Commands,
    DiskMoves,
    Disks,
    Images,
    Instances,
    Interfaces,
    Probes,
    Sources,
    Stock,
    Tagging,
)
from worker.steps.base import Step
from worker.steps.cleanup import CleanUp
from worker.steps.handover import HandOver
from worker.steps.image import MakeImage
from worker.steps.launch import Launch
from worker.steps.quiesce import Quiesce
from worker.steps.retain import Retain
from worker.steps.spec import Specify
from worker.steps.start import StartInPlace

STEPS: tuple[type[Step], ...] = (
    Retain,
    StartInPlace,
    Quiesce,
    MakeImage,
    Specify,
    Launch,
    HandOver,
    CleanUp,
)


@dataclass(frozen=True, slots=True)
class CloudPorts:
    """Every port that some step needs."""

    sources: Sources
    disks: Disks
    images: Images
    instances: Instances
    stock: Stock
    tagging: Tagging
    addresses: Addresses
    balancers: Balancers
    interfaces: Interfaces
    disk_moves: DiskMoves
    commands: Commands
    probes: Probes
    captures: Captures


def recipe(cloud: CloudPorts, policy: Policy) -> tuple[Step, ...]:
    """Give each step of `STEPS` the ports that its fields name."""
    available: dict[str, Any] = {port.name: getattr(cloud, port.name) for port in fields(cloud)}
    available["policy"] = policy
    steps: tuple[type[Any], ...] = STEPS
    return tuple(
        step(**{port.name: available[port.name] for port in fields(step)}) for step in steps
    )
