"""Random sources, random stock, random configuration: one replacement like its source, or parked.

    python -m tests.simulation.clones --seed 1 --count 1000

Everything follows from the seed, so that each violation is one number that repeats it. Ends with one
line of figures; exit code 1 says that a promise was broken.
"""

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.simulation import drawn, pools, searched
from tests.simulation.harness import REGION, Simulation, simulate
from tests.simulation.invariants import entries, launches, violations
from tests.simulation.likeness import Pair, Portrait, portrait, region_of, unexcused
from tests.simulation.listing import listed_leftovers
from tests.simulation.scenarios import (
    NOTICE_AT,
    Source,
    add_source,
    belongings_of,
    interrupt,
    parked,
    recover,
    replacements,
)
from tests.simulation.searched import Search
from worker.core.identity import TAG_PREFIX
from worker.core.leftovers import Leftover
from worker.core.policy import Policy

# Refused for spot, ends or freezes the replacement, or changes what is bought.
NEVER_SENT = frozenset(
    {
        "DeletionProtection", "PrivatePoolOptions", "DedicatedHostId", "Tenancy", "AutoReleaseTime",
        "HibernationOptions", "LaunchTemplateId", "LaunchTemplateName",
        "SecurityEnhancementStrategy", "MinAmount", "UserData", "Password", "HttpPutResponseHopLimit",
    }
)  # fmt: skip
COLLECT_AT = 10
PARK_REASONS = {"no_stock", "refused_by_the_cloud", "image_failed", "image_too_slow"}


@dataclass
class Verdict:
    """How one run ended and what was wrong with it."""

    seed: int
    ending: str
    wrong: list[str] = field(default_factory=list)
    boot: str = ""
    other_type: bool = False
    other_zone: bool = False

    @property
    def told(self) -> list[str]:
        """What is counted of it."""
        counted = {
            "in another type": self.other_type,
            "in another zone": self.other_zone,
            f"from {self.boot}": self.boot not in {"", "image"},
        }
        return [self.ending, *(each for each, is_so in counted.items() if is_so)]


def recording(simulation: Simulation) -> list[Mapping[str, Any]]:
    """Remember the parameters of every launch that is asked for, refused or not."""
    asked: list[Mapping[str, Any]] = []
    call = simulation.cloud.call

    def listening(
        product: str, region: str, action: str, params: Mapping[str, Any], now: float
    ) -> Any:
        if action == "RunInstances":
            asked.append(params)
        return call(product, region, action, params, now)

    vars(simulation.cloud)["call"] = listening
    return asked


def judged(seed: int) -> Verdict:
    """Run one random recreation to its end and hold it against the promises."""
    rng = random.Random(seed)
    policy = drawn.policy(rng)
    simulation = simulate(ecs=drawn.settings(rng), policy=policy, seed=seed)
    asked = recording(simulation)
    source = add_source(simulation, **drawn.seed_of(rng))
    drawn.equip(simulation, source, rng)
    source = replace(source, belongings=belongings_of(simulation, source.instance_id))
    before, there = portrait(simulation, source.instance_id), _there(simulation)
    drawn.limit_stock(simulation, before["type"], rng)
    drawn.add_subnets(simulation, source, rng)
    simulation.start_worker("one")
    interrupt(simulation, source)
    drawn.disturbance(rng)(simulation, source)
    withdrawal, lasts = drawn.withdrawal(rng)
    withdrawal(simulation, source)
    recover(simulation, at_least=30.0 + lasts)
    listed = listed_leftovers(simulation)
    simulation.kernel.close()
    verdict = Verdict(seed, "recovered" if replacements(simulation) else "parked")
    stays = _stays(simulation, source)
    verdict.wrong += violations(simulation, source, withdrawn=stays)
    verdict.wrong += [
        f"{sorted(NEVER_SENT & set(params))} were sent"
        for params in asked
        if NEVER_SENT & set(params)
    ]
    verdict.wrong += _unlisted(simulation, there, listed)
    if stays:
        verdict.wrong += _as_it_was(simulation, source, before, policy, verdict)
    else:
        verdict.wrong += _end(simulation, source, before, policy, verdict)
    return verdict


def _stays(simulation: Simulation, source: Source) -> bool:
    """Whether the notice was taken back for good, before anything was done that outlasts it."""
    told = [
        entry.action
        for entry in simulation.cloud.ledger
        if entry.resource_id == source.instance_id
        and entry.action in {"Interrupt", "InterruptionCancelled"}
    ]
    is_back = told[-1] == "InterruptionCancelled"
    # Once it was stopped for the takeover, or has a replacement, it is recreated all the same.
    is_late = bool(entries(simulation, "StopInstance")) or launches(simulation, source.instance_id)
    return is_back and not is_late


def _as_it_was(
    simulation: Simulation, source: Source, before: Portrait, policy: Policy, verdict: Verdict
) -> list[str]:
    """Name what a notice that was taken back has changed for good and nobody is told of."""
    verdict.ending = "taken back"
    if parked(simulation):
        # It was parked before the notice was taken back, or has a reason of its own.
        return _parked(simulation, policy, verdict)
    outcomes = {str(line["outcome"]) for line in simulation.notebook.named("recreation_finished")}
    found = [] if outcomes == {"false_alarm"} else [f"it ended as {sorted(outcomes)}"]
    after = portrait(simulation, source.instance_id)
    told = frozenset(one.what for notice in simulation.bulletin.told for one in notice.not_kept)
    return found + [
        f"{name}: {before[name]!r} became {after[name]!r} although the notice was taken back"
        for name in sorted(before)
        if _ungiven(before[name]) != _ungiven(after[name]) and not _told_as_elastic(name, told)
    ]


def _ungiven(value: object) -> object:
    """Leave out our tags, which say to whom a thing belonged for a while."""
    if not isinstance(value, Mapping):
        return value
    return {key: each for key, each in value.items() if not key.startswith(TAG_PREFIX)}


def _told_as_elastic(name: str, told: Collection[str]) -> bool:
    """A static address cannot be made out of an elastic one."""
    is_of_it = name in {
        "has_public_ip",
        "eip",
        "bandwidth_out",
        "bandwidth_in",
        "internet_charge_type",
    }
    return is_of_it and any(one.startswith("public address ") for one in told)


def _end(
    simulation: Simulation, source: Source, before: Portrait, policy: Policy, verdict: Verdict
) -> list[str]:
    if parked(simulation):
        return _parked(simulation, policy, verdict)
    found = [one["InstanceId"] for one in replacements(simulation)]
    if not simulation.shelf.kept:
        return [f"{found} and no receipt"]
    (receipt,) = simulation.shelf.kept.values()
    if not found and receipt["outcome"] == "recovered":
        verdict.ending = "started in place"
        found = [source.instance_id]
    if not found:
        return [f"no replacement, and the receipt says {receipt['outcome']}"]
    after = portrait(simulation, found[0])
    verdict.boot = receipt["boot"]
    verdict.other_type = after["type"] != before["type"]
    verdict.other_zone = after["zone"] != before["zone"]
    refused = frozenset(one["what"] for one in (*receipt["not_kept"], *receipt["dropped"]))
    return unexcused(Pair(before, after, policy, refused, receipt["boot"]))


def _parked(simulation: Simulation, policy: Policy, verdict: Verdict) -> list[str]:
    """A person was called for a reason of the cloud, or for one that the configuration wants."""
    notices = len(entries(simulation, "Interrupt", "platform"))
    wanted = {"private_address_taken"} if policy.private_ip == "same_or_park" else set()
    # Whoever was stopped for a notice that was taken back has a replacement when the next one comes.
    wanted |= {"replaced_before"} if notices > 1 else set()
    reasons = {str(line["park"]) for line in simulation.notebook.named("parked")}
    verdict.ending = f"parked ({', '.join(sorted(reasons))})"
    is_right = parked(simulation) <= notices and reasons and reasons <= PARK_REASONS | wanted
    return [] if is_right else [f"{parked(simulation)} parked for {sorted(reasons)}"]


def _there(simulation: Simulation) -> frozenset[str]:
    """Ids of what is there and stays when no recreation touches it, by somebody's own choice."""
    region = region_of(simulation)
    staying = (
        *(one.disk_id for one in region.disks.values() if not one.delete_with_instance),
        *(one.interface_id for one in region.interfaces.values() if not one.delete_on_release),
    )
    eips = region.vpc.addresses.eips
    return frozenset((*staying, *region.images, *region.snapshots, *region.instances, *eips))


def _left(simulation: Simulation) -> Iterator[str]:
    """Ids of all that is not part of a server of a person's own."""
    region = region_of(simulation)
    yield from (one.image_id for one in region.images.values() if one.owner == "self")
    yield from region.snapshots
    yield from region.instances
    yield from (one.disk_id for one in region.disks.values() if not one.instance_id)
    yield from (one.interface_id for one in region.interfaces.values() if not one.instance_id)
    yield from (key for key, one in region.vpc.addresses.eips.items() if not one.target_id)
    yield from _unled(simulation)


def _unled(simulation: Simulation) -> Iterator[str]:
    """Ids of the server groups that were made for a replacement, and that nothing leads to."""
    for balancer in simulation.cloud.balancers[REGION].book.classic.values():
        led = {one.group_id for one in balancer.listeners}
        for pair in balancer.pairs.values():
            if pair.group_id not in led and pair.created_at >= NOTICE_AT:
                yield pair.group_id


def _unlisted(
    simulation: Simulation, there: Collection[str], listed: Sequence[Leftover]
) -> list[str]:
    """What is left was there before, or is tagged and listed: by itself, or as part of an image."""
    region = region_of(simulation)
    stores = (region.tags, region.vpc.addresses.tags)
    pairs = set(_unled(simulation))
    parts = {part for one in listed for part in one.snapshots}
    named = {one.resource_id for one in listed} | (parts if parked(simulation) else set())
    left = [one for one in _left(simulation) if one not in there]
    untagged = [
        f"{one} is left without a tag of ours"
        for one in left
        if one not in pairs
        if one not in parts or not parked(simulation)
        if not any(key.startswith(TAG_PREFIX) for store in stores for key in store.all_of(one))
    ]
    return [*untagged, *(f"{one} is left and not listed" for one in left if one not in named)]


# As a program


def main(arguments: list[str] | None = None) -> int:
    """Run `--count` recreations and print what was wrong and one line of figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--note", action="store_true", help="keep it for docs/promises.md")
    asked = parser.parse_args(arguments)
    commit = searched.commit() if asked.note else ""
    begun = time.monotonic()
    seeds = range(asked.seed, asked.seed + asked.count)
    endings: Counter[str] = Counter()
    broken = 0
    with pools.fresh() as pool:
        for verdict in pool.imap_unordered(judged, seeds, chunksize=COLLECT_AT):
            endings.update(verdict.told)
            broken += bool(verdict.wrong)
            for line in verdict.wrong:
                print(f"seed {verdict.seed}: {line}", flush=True)
    told = ", ".join(f"{number} {ending}" for ending, number in sorted(endings.items()))
    seconds = time.monotonic() - begun
    if asked.note:
        searched.note(_noted(asked, commit, broken, seconds))
    print(f"{asked.count} sources: {told}; {broken} broken promises; {seconds:.0f} s")
    return 1 if broken or not asked.count else 0


def _noted(asked: argparse.Namespace, commit: str, broken: int, seconds: float) -> Search:
    """Tell of the search what its table has room for: it strikes no calls and counts none."""
    return Search(
        kind="clones",
        commit=commit,
        seeds=(asked.seed, asked.seed + asked.count - 1),
        schedules=asked.count,
        cells=0,
        cells_of=0,
        broken=broken,
        calls_p99=0.0,
        seconds=max(round(seconds), 1),
    )


if __name__ == "__main__":
    sys.exit(main())
