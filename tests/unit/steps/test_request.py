"""What stands between a usable image and a launch from it, over ports that show one thing each."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from worker.core import identity
from worker.core.model import (
    Accepted,
    Candidate,
    Exists,
    Image,
    Instance,
    LaunchAnswer,
    LaunchSpec,
    Unsupported,
)
from worker.core.outcomes import Moot, Note, Outcome, Park, Wait
from worker.core.policy import Policy
from worker.core.progress import Imaged, Launched, Mootness, Progress, SourceFacts, Specified
from worker.steps.base import Parking
from worker.steps.launch import Launch

SOURCE, REPLACEMENT = "i-bp1source0001", "i-bp1replace0001"
T0 = 1_800_000_000.0
NOW = T0 + 400.0
HERE = Candidate("ecs.g7.large", "z-a", "vsw-1")
PROGRESS = Progress("1234567890123456", "cn-hangzhou", SOURCE, T0, T0)
NAME = identity.image_name(PROGRESS.recreation_id)
READY = replace(
    PROGRESS,
    imaged=Imaged(NAME, T0 + 5.0, "m-1"),
    specified=Specified(
        SourceFacts("ecs.g7.large", "z-a"),
        LaunchSpec("", (), (), (), "", ""),
        (HERE, replace(HERE, zone="z-b", vswitch="vsw-2")),
    ),
    launched=Launched(image_usable_at=T0 + 60.0, image_safe=True, source_stopped_at=T0 + 90.0),
    absent_at=NOW - 10.0,
)
OURS = {identity.TAG_ID: PROGRESS.recreation_id}
IMAGE = Image("m-1", NAME, "Available", usable=True, created_at="2027-01-15T08:00:05Z", tags=OURS)


@dataclass
class Cloud:
    """Shows an image of a source that is gone, and notes what is launched."""

    image: Image | None = IMAGE
    answer: LaunchAnswer = field(default_factory=lambda: Accepted(REPLACEMENT))
    launched: list[str] = field(default_factory=list)

    def find(self, name: str) -> Image | None:
        return self.image if name == NAME else None

    def known(self, image_id: str) -> Image | None:  # noqa: ARG002
        return None

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:  # noqa: ARG002
        return ()

    def find_replacements(self, source: str) -> tuple[Instance, ...]:  # noqa: ARG002
        return ()

    def launch(
        self, spec: LaunchSpec, candidate: Candidate, *, image_id: str, token: str, drop: Any
    ) -> LaunchAnswer:
        assert (image_id, drop, bool(spec), bool(token)) == ("m-1", (), True, True)
        self.launched.append(candidate.zone)
        return self.answer


def run(cloud: Any, progress: Progress = READY, now: float = NOW, **policy: Any) -> Outcome:
    return Launch(cloud, cloud, cloud, cloud, Policy(**policy)).run(progress, now)


def test_it_is_launched_from_an_image_that_is_there() -> None:
    """Nothing else was made of the source."""
    cloud = Cloud()

    outcome = run(cloud)

    assert outcome.progress.launched.instance_id == REPLACEMENT
    assert cloud.launched == ["z-a"]


def test_nothing_is_launched_from_the_image_of_a_recreation_that_is_over() -> None:
    """Its replacement may be reclaimed and replaced by now, so that no tag leads to it any more."""
    dated = replace(IMAGE, tags={**OURS, identity.TAG_DELETE_AFTER: "2027-01-22T08:00:00Z"})
    cloud = Cloud(dated)

    outcome = run(cloud)

    assert isinstance(outcome, Moot)
    assert outcome.mootness is Mootness.ALREADY_DONE
    assert cloud.launched == []


@pytest.mark.parametrize("image", [None, replace(IMAGE, status="CreateFailed", usable=False)])
def test_nothing_is_launched_from_an_image_that_is_not_there_any_more(image: Image | None) -> None:
    """It is looked at again, and may be the next rung's turn."""
    cloud = Cloud(image)

    outcome = run(cloud)

    assert isinstance(outcome, Wait)
    assert outcome.progress.launched.image_usable_at == 0.0
    assert cloud.launched == []


def test_a_token_of_another_request_is_no_refusal() -> None:
    """Somebody's launch may be on its way under it: the next candidate is asked long after that."""
    cloud = Cloud(answer=Exists())
    first = run(cloud)
    again = run(cloud, first.progress, NOW + Policy().vanish_after - 1.0)
    late = run(cloud, again.progress, NOW + Policy().vanish_after + 1.0)

    assert isinstance(first, Wait)
    assert isinstance(again, Wait)
    assert isinstance(late, Note)
    assert [one.progress.launched.slot for one in (first, again)] == [READY.launched.slot] * 2
    assert late.progress.launched.index == 1


def test_an_address_that_must_be_had_is_not_left_out() -> None:
    """A person decides; with any other policy the replacement takes what comes."""
    wanted = (replace(HERE, private_ip="10.0.0.9"),)
    assert READY.specified is not None
    asking = replace(READY, specified=replace(READY.specified, candidates=wanted))
    cloud = Cloud(answer=Unsupported("PrivateIpAddress", "InvalidPrivateIpAddress.Duplicated"))

    without = run(cloud, asking, private_ip="same_or_fast")
    with pytest.raises(Parking) as parked:
        run(cloud, asking, private_ip="same_or_park")

    assert without.progress.launched.drop == ("PrivateIpAddress",)
    assert parked.value.park is Park.NO_ADDRESS
