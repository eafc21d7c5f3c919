"""An accepted replacement that is not there, or not alone: which one stays is not decided too early."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from worker.core import identity, launching
from worker.core.model import Accepted, Candidate, Image, Instance, LaunchSpec
from worker.core.outcomes import Done, Note, Outcome, Wait
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
    """Shows the images and instances that it is told to, and notes what is marked."""

    images: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()
    marked: tuple[str, ...] = ()

    def find(self, name: str) -> Image | Instance | None:
        if name in self.images:
            return Image("m-1", name, "Available", usable=True)
        return next((one for one in self.instances if one.instance_id == name), None)

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        assert recreation == PROGRESS.recreation_id
        return self.instances

    def tag(self, kind: str, ids: tuple[str, ...], tags: dict[str, str]) -> Accepted:
        assert (kind, tuple(tags)) == ("instance", (identity.TAG_QUARANTINED,))
        self.marked = ids
        return Accepted()


def run(cloud: Any, now: float = NOW) -> Outcome:
    return Launch(cloud, cloud, cloud, cloud, POLICY).run(PROGRESS, now)


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


RUNS = Instance(REPLACEMENT, "Running", "ecs.g7.large", "z-a", created_at="2027-01-15T08:00:10Z")
EARLIER = replace(RUNS, instance_id="i-bp1earlier001", created_at="2027-01-15T08:00:05Z")


@pytest.mark.parametrize("status", ["Pending", "Starting"])
def test_beside_one_that_only_starts_none_is_marked(status: str) -> None:
    """It may vanish yet, and the one that runs would be marked as one too many beside nobody."""
    cloud = Cloud(instances=(RUNS, replace(EARLIER, status=status)))
    early = run(cloud, ACCEPTED_AT + 60.0)

    assert isinstance(early, Wait)
    assert cloud.marked == ()


def test_of_two_that_run_the_later_one_is_marked() -> None:
    cloud = Cloud(instances=(RUNS, EARLIER))

    outcome = run(cloud, ACCEPTED_AT + 60.0)

    assert outcome.progress.launched.instance_id == EARLIER.instance_id
    assert outcome.progress.launched.quarantined == cloud.marked == (REPLACEMENT,)
