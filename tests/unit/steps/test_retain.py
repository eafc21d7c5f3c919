"""What the first looks at a source decide, over ports that show one thing and change nothing."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from worker.core.model import Disk, Image, Instance, Look
from worker.core.outcomes import Moot, Note, Wait
from worker.core.policy import Policy
from worker.core.progress import Mootness, Progress
from worker.steps.retain import SECOND_LOOK_SECONDS, Retain

SOURCE = "i-bp1source0001"
NOW = 1_800_000_000.0
# Its event tells of a time long ago: its clock is wrong, or it was long on its way.
LATE = Progress("1234567890123456", "cn-hangzhou", SOURCE, NOW - 700.0, NOW)
UNLOCKED = Instance(SOURCE, "Running", "ecs.g7.large", "z", spot_strategy="SpotAsPriceGo")
LOCKED = replace(UNLOCKED, locks=("recycling",))
SYSTEM = Disk("d-1", "system", "cloud_essd", 40, delete_with_instance=True)


@dataclass
class Cloud:
    """Shows the source, and nothing that was made of it."""

    shown: Instance
    disks: tuple[Disk, ...] = (SYSTEM,)

    def look(self, instance_id: str) -> Look:
        assert instance_id == SOURCE
        return Look(self.shown, self.disks)

    def find(self, name: str) -> Image | None:  # noqa: ARG002
        return None

    def find_tagged(self, recreation: str) -> tuple[Instance, ...]:  # noqa: ARG002
        return ()


def step(cloud: Any) -> Retain:
    return Retain(cloud, cloud, cloud, cloud, cloud, cloud, Policy())


@pytest.mark.parametrize(("later", "kind"), [(UNLOCKED, Moot), (LOCKED, Note)])
def test_however_late_it_is_one_look_decides_no_false_alarm(later: Instance, kind: type) -> None:
    """The lock may show a while after the event, and a look may be behind."""
    first = step(Cloud(UNLOCKED)).run(LATE, NOW)
    between = step(Cloud(UNLOCKED)).run(first.progress, NOW + SECOND_LOOK_SECONDS - 1.0)
    last = step(Cloud(later)).run(between.progress, NOW + SECOND_LOOK_SECONDS)

    assert isinstance(first, Wait)
    assert isinstance(between, Wait)
    assert isinstance(last, kind)
    if isinstance(last, Moot):
        assert last.mootness is Mootness.FALSE_ALARM


def test_only_a_disk_that_goes_with_the_source_is_kept() -> None:
    """What outlives it anyway is its owner's: given back after a false alarm, it would go with it."""
    data = replace(SYSTEM, disk_id="d-2", kind="data", delete_with_instance=False)
    local = replace(SYSTEM, disk_id="d-3", kind="data", category="local_ssd_pro", is_cloud=False)

    noted = step(Cloud(LOCKED, (SYSTEM, data, local))).run(LATE, NOW).progress

    assert noted.retained is not None
    assert noted.retained.to_keep == ("d-1",)
