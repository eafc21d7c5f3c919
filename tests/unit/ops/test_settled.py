"""What shows that a recreation is over, so that its dead letter may go."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from worker.core import identity
from worker.core.model import Image, Instance
from worker.core.progress import Progress
from worker.ops.settled import Settled

NOW = 1_800_000_000.0
PROGRESS = Progress("1234567890123456", "cn-hangzhou", "i-bp1source0001", NOW, NOW, noticed_at=NOW)
DATED = {identity.TAG_DELETE_AFTER: "2027-01-22T08:00:00Z"}
ALARM = {**DATED, identity.TAG_FALSE_ALARM: "nothing was launched from it"}
# A minute after the notice, and two hours before it: the source has outlived that recreation.
THIS, BEFORE = "2027-01-15T08:01:00Z", "2027-01-15T06:00:00Z"


def image(created_at: str = THIS, tags: dict[str, str] = DATED) -> Image:
    return Image("m-1", "ours", "Available", usable=True, created_at=created_at, tags=tags)


def instance(created_at: str = THIS, status: str = "Running", **tags: str) -> Instance:
    return Instance("i-new", status, "ecs.g7.large", "z", created_at=created_at, tags=tags)


@dataclass
class Cloud:
    """Shows what carries the recreation's name or tag."""

    image: Image | None
    instances: tuple[Instance, ...]

    def find(self, name: str) -> Image | None:
        assert name == identity.image_name(PROGRESS.recreation_id)
        return self.image

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:
        assert recreation == PROGRESS.recreation_id
        return self.instances


class Once:
    """Asks once."""

    def insist(self, ask: Any) -> Any:
        return ask()


@pytest.mark.parametrize(
    ("shown", "instances", "why"),
    [
        (image(), (instance(),), "already recreated as i-new"),
        (image(), (), "already recreated"),
        # A sweep has taken it since.
        (None, (instance(),), "already recreated as i-new"),
        (None, (), None),
        (None, (instance(status="Stopped"),), None),
        # Its handover or clean-up is not over.
        (image(tags={}), (instance(),), None),
        (image(tags=ALARM), (), None),
        # Of a notice long before: this one is over for nobody.
        (image(BEFORE), (), None),
        (image(BEFORE), (instance(BEFORE),), None),
        (None, (instance(BEFORE),), None),
    ],
)
def test_only_the_end_of_this_recreation_is_its_end(
    shown: Image | None, instances: tuple[Instance, ...], why: str | None
) -> None:
    """What is taken for over is taken out of its queue, and nothing else knows of it."""
    cloud: Any = Cloud(shown, instances)
    patience: Any = Once()

    assert Settled(cloud, cloud, patience)(PROGRESS) == why


def test_one_too_many_does_not_count() -> None:
    """It is not the one that serves."""
    extra = replace(instance(), tags={identity.TAG_QUARANTINED: "i-bp1other00001"})
    cloud: Any = Cloud(None, (extra,))
    patience: Any = Once()

    assert Settled(cloud, cloud, patience)(PROGRESS) is None
