"""A name that is taken already: an image is adopted when it is ours, and only then."""

from dataclasses import dataclass
from typing import Any

import pytest

from worker.core import identity
from worker.core.model import Exists, Image
from worker.core.outcomes import Done, Note, Park, Wait
from worker.core.policy import Policy
from worker.core.progress import Progress
from worker.steps.base import Parking
from worker.steps.image import MakeImage

NOW = 1_800_000_000.0
PROGRESS = Progress(
    account="1234567890123456",
    region="cn-hangzhou",
    instance_id="i-bp1source",
    received_at=NOW,
    t0=NOW,
)
NAME = identity.image_name(PROGRESS.recreation_id)


@dataclass
class Images:
    """Its name is taken, by what it is told to show."""

    shown: Image | None

    def create(self, *_given: Any, **_named: Any) -> Exists:
        return Exists()

    def find(self, name: str) -> Image | None:
        assert name == NAME
        return self.shown


def made(shown: Image | None) -> Any:
    images: Any = Images(shown)
    return MakeImage(images, Policy()).run(PROGRESS, NOW)


def tagged(**tags: str) -> Image:
    return Image("m-1", NAME, "Creating", usable=False, tags=tags)


def test_an_image_of_ours_is_adopted() -> None:
    """A twin or an earlier run has begun it."""
    outcome = made(tagged(**{identity.TAG_ID: PROGRESS.recreation_id}))

    assert isinstance(outcome, Done)
    assert outcome.progress.imaged is not None
    assert outcome.progress.imaged.image_id == "m-1"


def test_an_image_of_a_false_alarm_is_left_to_its_notice() -> None:
    """It is older than what was written since, also where nobody can read its date."""
    ours = {identity.TAG_ID: PROGRESS.recreation_id}
    outcome = made(tagged(**ours, **{identity.TAG_FALSE_ALARM: "nothing was launched from it"}))

    assert isinstance(outcome, Note)
    assert outcome.progress.imaged is None
    assert outcome.progress.incarnation == "m-1"


def test_an_image_of_another_recreation_is_a_persons_business() -> None:
    """Whatever it holds, it is not this source."""
    with pytest.raises(Parking) as parking:
        made(tagged(**{identity.TAG_ID: "0" * 32}))

    assert parking.value.park is Park.NAME_TAKEN
    assert "is not ours" in parking.value.sentence


@pytest.mark.parametrize("shown", [None, tagged(), tagged(team="x")])
def test_an_image_without_our_tag_is_waited_for(shown: Image | None) -> None:
    """It, or its tags, may not show yet."""
    outcome = made(shown)

    assert isinstance(outcome, Wait)
    assert outcome.progress.imaged is None
