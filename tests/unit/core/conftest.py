"""Progress of two sizes: what is usual, and the most that a source can make it carry."""

import random
from dataclasses import replace

import pytest

from worker.core.ladder import CANDIDATES_MAX, SPARE_CANDIDATES_MAX
from worker.core.model import Candidate, DiskSpec, LaunchSpec
from worker.core.progress import (
    Imaged,
    KeptDisk,
    Launched,
    Progress,
    Refusal,
    Retained,
    SourceFacts,
    Specified,
)

T0 = 1_795_392_000.0
SOURCE = "i-bp1source00000000001"
# Limits of the cloud. Sources: ECS RunInstances (Tag.N, DataDisk.N), "Limits" of disks.
TAGS = 20
TAG_CHARACTERS = 128
DISKS = 16
NAME_CHARACTERS = 128
CANDIDATES = CANDIDATES_MAX + SPARE_CANDIDATES_MAX


def chinese(rng: random.Random, characters: int) -> str:
    """Text that hardly compresses: every character is another one."""
    return "".join(chr(rng.randrange(0x4E00, 0x9FFF)) for _ in range(characters))


def specified(rng: random.Random) -> Specified:
    tags = tuple(
        (chinese(rng, TAG_CHARACTERS // 8), chinese(rng, TAG_CHARACTERS)) for _ in range(TAGS)
    )
    disks = tuple(
        DiskSpec(
            kind="system" if number == 0 else "data",
            device=f"/dev/xvd{chr(97 + number)}",
            category="cloud_essd",
            size=2_048 + number,
            performance_level="PL1",
            name=chinese(rng, NAME_CHARACTERS // 4),
        )
        for number in range(DISKS)
    )
    facts = SourceFacts(instance_type="ecs.g7.xlarge", zone="cn-hangzhou-h", tags=tags)
    launch = LaunchSpec(
        name=chinese(rng, NAME_CHARACTERS),
        security_groups=tuple(f"sg-bp{rng.getrandbits(64):016x}" for _ in range(5)),
        tags=tags,
        disks=disks,
        source_type="ecs.g7.xlarge",
        spot_strategy="SpotAsPriceGo",
    )
    candidates = tuple(
        Candidate(f"ecs.g{number}.xlarge", f"cn-hangzhou-{number % 9}", f"vsw-{number:020d}")
        for number in range(CANDIDATES)
    )
    return Specified(facts, launch, candidates)


@pytest.fixture
def progress() -> Progress:
    """A recreation that has only begun."""
    return Progress("1234567890123456", "cn-hangzhou", SOURCE, t0=T0, received_at=T0 + 1.5)


@pytest.fixture
def large_progress(progress: Progress) -> Progress:
    """A recreation of a source with everything at the cloud's limits, late in its launch."""
    rng = random.Random(1)
    kept = tuple(
        KeptDisk(f"d-bp{rng.getrandbits(80):020x}", "data", "cloud_essd", 2_048, "/dev/xvdb", True)
        for _ in range(DISKS)
    )
    refusals = tuple(
        Refusal(f"ecs.g{number}.xlarge in cn-hangzhou-h (spot)", "OperationDenied.NoStock", T0)
        for number in range(24)
    )
    large = replace(
        progress,
        seen=True,
        lineage=f"{SOURCE}/3",
        retained=Retained(kept, tagged=True, sent=True),
        imaged=Imaged("recreation-" + "0" * 32, T0 + 3.25, "m-bp1image00000000001"),
        specified=specified(rng),
        launched=Launched(epoch=2, index=CANDIDATES - 1, drop=("Description",), refusals=refusals),
    )
    for number in range(24):
        large = large.marked(f"event {number}", T0 + number / 3, f"d-bp{rng.getrandbits(80):020x}")
        large = large.remarked(f"tag {chinese(rng, 40)}", "a resource holds 20 tags")
    return large
