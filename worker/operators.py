"""The composition root of the operator's tools that change or delete: what a worker must not reach.

`worker.bootstrap` does not import it, and an import contract keeps it so.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Final

from worker import operator_ports, ports
from worker.adapters.captures import DirectoryCaptures
from worker.adapters.crew import Alone
from worker.adapters.ecs.capacity import EcsCapacity
from worker.adapters.ecs.deletion import EcsDeletion
from worker.adapters.ecs.disk_settings import EcsDiskSettings
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.fleet import EcsFleet
from worker.adapters.ecs.leftovers import EcsLeftovers
from worker.adapters.ecs.prices import EcsPrices
from worker.adapters.ecs.rehearsal import EcsRehearsal, EcsTermination
from worker.adapters.ecs.rereading import RereadingEndpoint
from worker.adapters.ecs.tagging import EcsTagging
from worker.adapters.network.server_groups import GroupMembers
from worker.adapters.reach import HttpReach
from worker.adapters.sealing import Sealing
from worker.adapters.trials import CloudTrials, QueueTrials
from worker.bootstrap import (
    Surroundings,
    build_cloud,
    build_endpoint,
    build_policy,
    build_queue,
    build_terms,
    own_instance_id,
    recorded_captures,
)
from worker.core.diagnosis import Expected
from worker.core.eligibility import why_not_ours
from worker.core.grants import DEAD_LETTERS, QUEUE, Names, operations_at
from worker.core.model import BalancerProduct
from worker.core.replaying import Edits
from worker.ops.audit import Audit
from worker.ops.discard import Discard
from worker.ops.doctor import Doctor
from worker.ops.drill import Drill
from worker.ops.drill_cleaning import Cleaning
from worker.ops.drill_return import Return
from worker.ops.keep import Keep
from worker.ops.patience import TRIES_MAX, Patience
from worker.ops.reconcile import Reconcile
from worker.ops.replay import Replay
from worker.ops.settled import Settled
from worker.ops.shelves import Shelf, Visit
from worker.ops.sweep import Sweep
from worker.settings import Endpoints, Settings
from worker.settings.endpoints import derive_urls
from worker.settings.receives import receives_needed
from worker.steps import CloudPorts, recipe

# Source: ListServerGroupServers of ALB and NLB, ServerIds: at most 40.
_SERVERS_PER_CALL: Final = 40


def build_sweep(around: Surroundings, patience: Patience, named: frozenset[str]) -> Sweep:
    """Return the sweep of this deployment; it can look and not delete."""
    endpoint = _rereading(around, patience)
    handover = around.settings.handover
    return Sweep(
        leftovers=EcsLeftovers(endpoint, with_pairs=handover.load_balancers, with_addresses=True),
        prices=EcsPrices(endpoint),
        clock=around.clock,
        patience=patience,
        owner=around.settings.owner,
        named=named,
    )


def build_deletion(around: Surroundings) -> operator_ports.Deletion:
    """Return what deletes."""
    return EcsDeletion(build_endpoint(around))


def build_patience(
    around: Surroundings, pause: Callable[[float], None], *, tries: int = TRIES_MAX
) -> Patience:
    """Return what calls again what was not answered; `pause` sleeps for real seconds."""
    return Patience(around.clock, pause, tries, chance=random.random)


def build_audit(around: Surroundings, patience: Patience) -> Audit:
    """Return the audit of this deployment; it can look and not change."""
    endpoint = _rereading(around, patience)
    return Audit(EcsFleet(endpoint), _cloud(around, endpoint).instances, patience)


def build_disk_settings(around: Surroundings) -> operator_ports.DiskSettings:
    """Return what changes disks."""
    return EcsDiskSettings(build_endpoint(around))


def build_captures(directory: Path) -> DirectoryCaptures:
    """Return the files that captures are kept in."""
    return DirectoryCaptures(directory)


def names_of(settings: Settings) -> Names:
    """Return the names that policies speak of."""
    queue = settings.queue
    return Names(
        queue.name, queue.dead_letter_name, queue.delivery_dead_letter_name, settings.rule.bus
    )


def expected_of(settings: Settings) -> Expected:
    """Turn settings into what the doctor looks for."""
    handover, queue = settings.handover, settings.queue
    in_force = {
        "launch.takeover: stop-source": settings.launch.takeover == "stop-source",
        "handover.eip": handover.eip,
        "handover.convert_public_ip": handover.convert_public_ip,
        "handover.interfaces": handover.interfaces,
        "handover.load_balancers": handover.load_balancers,
    }
    urls = settings.urls
    apis = {
        "ecs": urls.ecs,
        "vpc": urls.vpc,
        "mns": urls.mns,
        "mns_open": urls.mns_open,
        "eventbridge": urls.eventbridge,
    }
    if handover.load_balancers:
        apis |= {"slb": urls.slb, "alb": urls.alb, "nlb": urls.nlb}
    derived = derive_urls(
        Endpoints(network=settings.endpoints.network),
        account_id=settings.account_id,
        region=settings.region,
    )
    return Expected(
        has_signing_key=bool(settings.signing_keys),
        apis=apis,
        in_force=frozenset(name for name, is_set in in_force.items() if is_set),
        queue=queue.name,
        dead_letters=queue.dead_letter_name,
        undelivered=queue.delivery_dead_letter_name,
        retention=queue.retention,
        message_bytes_max=queue.max_message_size,
        receives_needed=receives_needed(settings.notice, settings.worker).total,
        bus=settings.rule.bus,
        rule=settings.rule.name,
        is_base64=settings.rule.base64,
        derived={api: getattr(derived, api) for api in apis},
    )


def build_trials(around: Surroundings) -> CloudTrials:
    """Return what tries permissions out; close it."""
    queue = around.settings.queue
    queues = (
        (_queue_trials(around, queue.name), operations_at("worker", QUEUE)),
        (_queue_trials(around, queue.dead_letter_name), operations_at("worker", DEAD_LETTERS)),
    )
    groups = cache(partial(_groups_of_ours, around))
    return CloudTrials(build_endpoint(around).call, around.settings.region, queues, groups)


def _groups_of_ours(around: Surroundings, product: BalancerProduct) -> tuple[str, ...]:
    """Find the server groups of a product that have a spot instance of ours as a member.

    Raises:
        RecreationError: The cloud does not tell.
    """
    endpoint, policy = build_endpoint(around), build_policy(around.settings)
    spots = [one.instance for one in EcsFleet(endpoint).equipped()]
    ours = [one.instance_id for one in spots if why_not_ours(one, policy) is None]
    members = GroupMembers(endpoint, product)
    found = {
        member.group
        for at in range(0, len(ours), _SERVERS_PER_CALL)
        for member in members.find(ours[at : at + _SERVERS_PER_CALL])
    }
    return tuple(sorted(found))


def build_doctor(
    around: Surroundings,
    set_up: operator_ports.SetUp,
    trials: operator_ports.Trials,
    wall: Callable[[], float],
    *,
    image_quota: int | None = None,
) -> Doctor:
    """Return the doctor of this deployment.

    Args:
        around: What the adapters share.
        set_up: Looks at rule and queues.
        trials: Tries permissions out.
        wall: Real epoch seconds of this machine.
        image_quota: The quota of custom images, when it is known.
    """
    settings, endpoint = around.settings, build_endpoint(around)
    seconds = settings.worker.connect_timeout
    return Doctor(
        expected=expected_of(settings),
        reach=HttpReach(endpoint.call, around.provider, settings.region, wall, seconds),
        set_up=set_up,
        trials=trials,
        capacity=EcsCapacity(endpoint, image_quota),
        own_instance_id=partial(own_instance_id, settings),
    )


def _queue_trials(around: Surroundings, name: str) -> QueueTrials:
    return QueueTrials(
        around.settings.urls.mns,
        name,
        credentials=around.provider,
        clock=around.clock,
        telemetry=around.telemetry,
        connect_seconds=around.settings.worker.connect_timeout,
        socket_seconds=around.settings.worker.read_timeout,
    )


def build_visit(
    around: Surroundings,
    patience: Patience,
    *,
    open_queue: Callable[[str], ports.Queue] | None = None,
) -> Visit:
    """Return a going through both dead-letter queues of this deployment.

    Args:
        around: What the adapters share.
        patience: Calls again what was not answered.
        open_queue: Opens a queue by its name, for whoever closes it before the process ends.
    """
    names = around.settings.queue
    terms = build_terms(around.settings, until_idle=True)
    opened = open_queue or partial(build_queue, around)
    shelves = [
        Shelf(names.dead_letter_name, opened(names.dead_letter_name)),
        Shelf(
            names.delivery_dead_letter_name,
            opened(names.delivery_dead_letter_name),
            is_delivery=True,
        ),
    ]
    return Visit(shelves, terms.home, terms.keys, around.clock, patience)


def build_replay(
    around: Surroundings, patience: Patience, edits: Edits, captures: Path | None
) -> Replay:
    """Return the replay of this deployment; the settings have a signing key."""
    endpoint = _rereading(around, patience)
    cloud = _cloud(around)
    return Replay(
        queue=build_queue(around, around.settings.queue.name),
        settled=Settled(cloud.images, cloud.instances, patience),
        images=cloud.images,
        instances=cloud.instances,
        stock=cloud.stock,
        prices=EcsPrices(endpoint),
        steps=recipe(cloud, build_policy(around.settings)),
        clock=around.clock,
        patience=patience,
        keys=around.settings.signing_keys,
        edits=edits,
        captures=build_captures(captures) if captures is not None else None,
    )


def build_discard(around: Surroundings, patience: Patience) -> Discard:
    """Return what takes out dead letters that nobody needs any more."""
    cloud = _cloud(around)
    return Discard(Settled(cloud.images, cloud.instances, patience), around.clock)


def build_keep(around: Surroundings, patience: Patience) -> Keep:
    """Return what keeps dead letters from expiring."""
    return Keep(around.clock, patience, around.settings.queue.retention)


def build_reconcile(
    around: Surroundings,
    patience: Patience,
    *,
    own_instance_id: str,
    stopped: bool,
    open_queue: Callable[[str], ports.Queue] | None = None,
) -> Reconcile:
    """Return the look for lost events; `stopped` needs a signing key, `open_queue` is as above."""
    settings = around.settings
    endpoint = _rereading(around, patience)
    cloud = _cloud(around)
    terms = build_terms(settings, until_idle=True)
    return Reconcile(
        fleet=EcsFleet(endpoint),
        images=cloud.images,
        instances=cloud.instances,
        queue=(open_queue or partial(build_queue, around))(settings.queue.name),
        clock=around.clock,
        patience=patience,
        policy=build_policy(settings, own_instance_id=own_instance_id),
        home=terms.home,
        stopped=stopped,
        key=terms.keys[0] if terms.keys else b"",
    )


def build_drill(around: Surroundings, patience: Patience) -> Drill:
    """Return the drill of this deployment; it makes an image, and does more when it is asked to."""
    endpoint, settings = build_endpoint(around), around.settings
    reading = RereadingEndpoint.over(endpoint, patience.read)
    return Drill(
        cloud=_cloud(around),
        leftovers=EcsLeftovers(reading),
        prices=EcsPrices(reading),
        rehearsal=EcsRehearsal(endpoint),
        policy=build_policy(settings, own_instance_id=settings.worker.own_instance_id or ""),
        patience=patience,
        account=settings.account_id,
        region=settings.region,
    )


def build_cleaning(around: Surroundings, patience: Patience) -> Cleaning:
    """Return what takes away what drills have made, and nothing else; what they took goes back."""
    endpoint, settings = build_endpoint(around), around.settings
    policy = replace(build_policy(settings), health=None)
    return Cleaning(
        leftovers=EcsLeftovers(RereadingEndpoint.over(endpoint, patience.read)),
        termination=EcsTermination(endpoint),
        deletion=EcsDeletion(endpoint),
        tagging=EcsTagging(endpoint),
        returning=Return(_cloud(around), policy, patience, settings.account_id, settings.region),
        patience=patience,
        owner=settings.owner,
    )


def _rereading(around: Surroundings, patience: Patience) -> Endpoint:
    """Return the endpoint of what only looks: a read that is not answered is made again."""
    return RereadingEndpoint.over(build_endpoint(around), patience.read)


def _cloud(around: Surroundings, endpoint: Endpoint | None = None) -> CloudPorts:
    return build_cloud(
        endpoint or build_endpoint(around),
        Alone(),
        sealing=Sealing(around.settings.signing_keys),
        captures=recorded_captures(around),
    )
