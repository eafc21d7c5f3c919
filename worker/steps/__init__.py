"""The recovery as a recipe: keep the disks, image, specify, launch, clean up."""

from dataclasses import dataclass

from worker.core.policy import Policy
from worker.ports import Disks, Images, Instances, Sources, Stock, Tagging
from worker.steps.base import Step
from worker.steps.cleanup import CleanUp
from worker.steps.image import MakeImage
from worker.steps.launch import Launch
from worker.steps.retain import Retain
from worker.steps.spec import Specify

STEPS: tuple[type[Step], ...] = (Retain, MakeImage, Specify, Launch, CleanUp)


@dataclass(frozen=True, slots=True)
class CloudPorts:
    """Every port that some step needs."""

    sources: Sources
    disks: Disks
    images: Images
    instances: Instances
    stock: Stock
    tagging: Tagging


def recipe(cloud: CloudPorts, policy: Policy) -> tuple[Step, ...]:
    """Give each step of `STEPS` the ports that its fields name."""
    available = {name: getattr(cloud, name) for name in CloudPorts.__dataclass_fields__}
    available["policy"] = policy
    return tuple(
        step(**{name: available[name] for name in step.__dataclass_fields__})  # type: ignore[attr-defined]
        for step in STEPS
    )
