"""Clean-up believes no single look that misses an image: what it does not date stays for ever."""

from dataclasses import dataclass, field, replace
from typing import Any

from worker.core import identity
from worker.core.model import Accepted, Image
from worker.core.outcomes import Done, Note, Wait
from worker.core.policy import Policy
from worker.core.progress import Imaged, Progress
from worker.steps.cleanup import DATE_IMAGE, DATE_SNAPSHOTS, CleanUp
from worker.steps.image import SHOW_UP_SECONDS_MAX

NOW = 1_800_000_000.0
SOURCE = "i-bp1source"
PROGRESS = Progress(
    account="1234567890123456",
    region="cn-hangzhou",
    instance_id=SOURCE,
    received_at=NOW - 299.0,
    t0=NOW - 300.0,
)
NAME = identity.image_name(PROGRESS.recreation_id)
# Accepted, and the answer was lost: only the name is known.
BEGUN = replace(PROGRESS, imaged=Imaged(NAME, NOW - 200.0), begun=(NAME,))
OURS = Image("m-1", NAME, "Available", usable=True, tags={identity.TAG_ID: PROGRESS.recreation_id})


@dataclass
class Cloud:
    """Shows what it is told to, and notes what is tagged."""

    shown: Image | None = None
    dated: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def find(self, name: str) -> Image | None:
        assert name == NAME
        return self.shown

    def tag(self, kind: str, ids: tuple[str, ...], tags: dict[str, str]) -> Accepted:
        assert identity.TAG_DELETE_AFTER in tags
        self.dated.append((kind, tuple(ids)))
        return Accepted()


def step(cloud: Any) -> CleanUp:
    return CleanUp(cloud, cloud, cloud, cloud, cloud, Policy(hand_over=()))


def test_an_image_that_does_not_show_is_looked_for_again_and_then_dated() -> None:
    """The first look was behind."""
    cloud = Cloud()
    first = step(cloud).run(BEGUN, NOW)

    assert isinstance(first, Wait)
    assert first.until == NOW + SHOW_UP_SECONDS_MAX
    cloud.shown = OURS
    progress = first.progress
    while not step(cloud).is_done(progress):
        outcome = step(cloud).run(progress, first.until)
        assert isinstance(outcome, Note | Done)
        progress = outcome.progress
    assert ("image", ("m-1",)) in cloud.dated


def test_an_image_that_never_shows_is_named_to_a_person() -> None:
    """Two looks that are far apart have missed it."""
    missed = step(Cloud()).run(BEGUN, NOW).progress

    outcome = step(Cloud()).run(missed, NOW + SHOW_UP_SECONDS_MAX)

    assert isinstance(outcome, Note)
    assert set(outcome.progress.cleaned) & {DATE_IMAGE, DATE_SNAPSHOTS}
    assert [one.why for one in outcome.progress.remarks] == ["the image is not there"]
