"""An accepted replacement that is not there: it never came, or it has run and was reclaimed."""

from dataclasses import dataclass
from typing import Any

from worker.core import identity, launching
from worker.core.model import Candidate, Image, Instance, LaunchSpec
from worker.core.outcomes import Done, Note, Outcome
from worker.core.policy import Policy
from worker.core.progress import Launched, Progress, SourceFacts, Specified
from worker.steps.launch import Launch

SOURCE, REPLACEMENT = "i-bp1source0001", "i-bp1replace0001"
POLICY = Policy()
ACCEPTED_AT = 1_800_000_000.0
NOW = ACCEPTED_AT + POLICY.vanish_after + 1.0
PROGRESS = Progress(
    "1234567890123456",
    "cn-hangzhou",
    SOURCE,
    ACCEPTED_AT - 60.0,
    ACCEPTED_AT - 60.0,
    specified=Specified(
        SourceFacts("ecs.g7.large", "z-a"),
        LaunchSpec("", (), (), (), "", ""),
        (Candidate("ecs.g7.large", "z-a", "vsw-1"), Candidate("ecs.g7.large", "z-b", "vsw-2")),
    ),
    launched=Launched(instance_id=REPLACEMENT, image_usable_at=1.0, accepted_at=ACCEPTED_AT),
)
OF_ITS_OWN = identity.image_name(launching.recreation_of(PROGRESS, REPLACEMENT).recreation_id)


@dataclass
class Cloud:
    """Shows no instance, and the images that it is told to."""

    images: tuple[str, ...] = ()

    def find(self, name: str) -> Image | Instance | None:
        return Image("m-1", name, "Available", usable=True) if name in self.images else None


def run(cloud: Any) -> Outcome:
    return Launch(cloud, cloud, cloud, cloud, POLICY).run(PROGRESS, NOW)


def test_one_that_has_run_and_was_reclaimed_is_not_launched_again() -> None:
    """Its own recreation has begun an image of it: a second one would stand beside that one's."""
    outcome = run(Cloud((OF_ITS_OWN,)))

    assert isinstance(outcome, Done)
    assert outcome.progress.was_reclaimed
    assert outcome.progress.launched.instance_id == REPLACEMENT


def test_one_that_never_came_is_asked_for_elsewhere() -> None:
    """Nothing tells that it has run."""
    outcome = run(Cloud())

    assert isinstance(outcome, Note)
    assert outcome.progress.launched.instance_id == ""
    assert launching.candidate_in_hand(outcome.progress).zone == "z-b"
