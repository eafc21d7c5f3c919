"""A source in economical mode that was started since its notice, whoever started it."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from worker.core import identity
from worker.core.model import Accepted, Image, Instance, StartAnswer
from worker.core.outcomes import Done, Note
from worker.core.policy import Policy
from worker.core.progress import Economical, Imaged, Launched, Progress, SourceFacts
from worker.steps.handover import HandOver
from worker.steps.image import MakeImage
from worker.steps.launch.source_back import SourceBack
from worker.steps.spec import Specify
from worker.steps.start import StartInPlace

SOURCE, CLONE = "i-bp1source0001", "i-bp1clone00001"
NOW = 1_400.0
FACTS = SourceFacts("ecs.g7.large", "z-a")
NOTICED = Progress(
    "1234567890123456",
    "cn-hangzhou",
    SOURCE,
    1_000.0,
    1_000.0,
    incarnation="2026-11-01T00:00Z",
    economical=Economical(FACTS, started_at="2026-11-01T00:00Z"),
)
STARTED = Instance(
    SOURCE,
    "Running",
    "ecs.g7.large",
    "z-a",
    started_at="2026-11-02T00:00Z",
    interruption_behavior="Stop",
)


@dataclass
class Cloud:
    """Shows the source and its clones, and can start it."""

    source: Instance
    clones: tuple[Instance, ...] = ()
    image: Image | None = None
    started: list[str] = field(default_factory=list)

    def find(self, name: str) -> Instance | Image | None:
        if name == identity.image_name(NOTICED.recreation_id):
            return self.image
        return self.source if name == SOURCE else None

    def start(self, instance_id: str) -> StartAnswer:
        self.started.append(instance_id)
        return Accepted(instance_id)

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        assert recreation == NOTICED.recreation_id
        return self.clones


def starting(cloud: Any) -> StartInPlace:
    return StartInPlace(cloud, cloud, cloud, Policy())


def steps_to_a_clone(cloud: Any) -> list[Any]:
    """The steps that make one, and hand over to it."""
    policy = Policy()
    return [
        MakeImage(cloud, policy),
        Specify(cloud, cloud, cloud, cloud, cloud, cloud, cloud, cloud, policy),
        HandOver(cloud, cloud, cloud, cloud, cloud, cloud, cloud, cloud, cloud, policy),
    ]


@pytest.mark.parametrize("alarm", [False, True])
def test_when_its_image_is_begun_nobody_starts_it_any_more(*, alarm: bool) -> None:
    """Another worker was refused the start and clones it; an image of a false alarm says nothing."""
    tags = {identity.TAG_ID: NOTICED.recreation_id}
    told = {identity.TAG_FALSE_ALARM: "nothing was launched from it"} if alarm else {}
    image = Image("m-1", "its own", "Creating", usable=False, tags={**tags, **told})
    stopped = replace(STARTED, status="Stopped", started_at="2026-11-01T00:00Z")
    cloud = Cloud(stopped, image=image)

    outcome = starting(cloud).run(NOTICED, NOW)

    assert outcome.progress.economical is not None
    assert bool(outcome.progress.economical.not_started) is not alarm
    assert cloud.started == ([SOURCE] if alarm else [])


def test_beside_a_clone_of_another_worker_the_start_is_over() -> None:
    """The clone is taken over and two are told of; looking again and again would find the same."""
    tags = {identity.TAG_ID: NOTICED.recreation_id}
    clone = Instance(CLONE, "Running", "ecs.g7.large", "z-b", tags=tags)
    step = starting(Cloud(STARTED, (clone,)))

    outcome = step.run(NOTICED, NOW)

    assert isinstance(outcome, Note)
    assert outcome.progress.launched.instance_id == CLONE
    assert [one.why for one in outcome.progress.remarks] == [
        "started beside its replacement; stop it by hand"
    ]
    assert step.is_done(outcome.progress)


@pytest.mark.parametrize("status", ["Stopping", "Stopped"])
@pytest.mark.parametrize("is_imaged", [False, True])
def test_one_that_is_stopped_once_more_is_neither_imaged_nor_robbed(
    status: str, *, is_imaged: bool
) -> None:
    """It has run since, so that the next event is about it; nothing of it goes to nobody."""
    cloud = Cloud(replace(STARTED, status=status))
    if is_imaged:
        name = identity.image_name(NOTICED.recreation_id)
        imaged = replace(
            NOTICED,
            imaged=Imaged(name, NOW - 60.0, "m-1"),
            launched=Launched(image_usable_at=NOW, source_stopped_at=NOW - 90.0),
        )
        siblings: Any = Clones(())
        outcome = SourceBack(siblings, Policy()).started_again(imaged, cloud.source, NOW)
    else:
        outcome = starting(cloud).run(NOTICED, NOW)

    assert isinstance(outcome, Done)
    assert outcome.progress.is_in_place
    assert [
        step.name for step in steps_to_a_clone(cloud) if not step.is_done(outcome.progress)
    ] == []


@dataclass
class Clones:
    """What else was launched for the source."""

    found: tuple[Instance, ...]

    def rivals(self, progress: Progress) -> tuple[Instance, ...]:  # noqa: ARG002
        return self.found
