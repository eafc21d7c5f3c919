"""The composition root: the one place where settings become a worker with all its parts."""

import random
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from worker import ports
from worker.adapters import credentials, metadata
from worker.adapters.clock import EmulatorClock, RealClock
from worker.adapters.crew import Crew, ThreadCrew
from worker.adapters.ecs.batch import build_batches
from worker.adapters.ecs.call import SdkCall
from worker.adapters.ecs.disks import EcsDisks
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.images import EcsImages
from worker.adapters.ecs.instances import EcsInstances
from worker.adapters.ecs.inventory import EcsInventory
from worker.adapters.ecs.sources import EcsSources
from worker.adapters.ecs.stock import EcsStock
from worker.adapters.ecs.tagging import EcsTagging
from worker.adapters.limiter import QuotaLimiter
from worker.adapters.mns_peek import MnsPeek
from worker.adapters.mns_queue import MnsQueue
from worker.adapters.network.addresses import VpcAddresses
from worker.adapters.network.balancers import CloudBalancers
from worker.adapters.network.interfaces import EcsInterfaces
from worker.adapters.receipts import DirectoryReceipts, NoReceipts
from worker.adapters.tasks import ThreadTasks
from worker.adapters.telemetry import StructlogTelemetry
from worker.consumer import Consumer
from worker.core.errors import Permanent
from worker.core.messages import Home
from worker.core.policy import HandoverKind, Policy
from worker.engine import Engine
from worker.holding import Terms
from worker.ops.receipt_page import page_of
from worker.ops.wording import language_of
from worker.settings import Settings
from worker.steps import CloudPorts, recipe

# A receive and the queue's own calls run beside the steps.
THREADS_FOR_THE_QUEUE = 6
# Recreations at work for each call under way: the others wait for a call that is made for many.
RECREATIONS_PER_CALL = 4
# As many kinds of calls are merged, two of each at a time.
THREADS_FOR_MERGED_CALLS = 12
EPOCHS_UNBOUNDED = 1_000_000
HANDOVER_KINDS: tuple[HandoverKind, ...] = ("eip", "load_balancers", "interfaces", "tags")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is ready to run."""

    consumer: Consumer
    telemetry: ports.Telemetry


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every adapter of one process shares; credentials come from one provider."""

    settings: Settings
    clock: ports.CorrectedClock
    telemetry: ports.Telemetry
    provider: credentials.Provider


def build_surroundings(settings: Settings, environ: Mapping[str, str]) -> Surroundings:
    """Put together what the adapters share; no call is made to the cloud.

    Raises:
        Permanent: The emulator that the settings name does not answer.
    """
    clock = build_clock(settings)
    telemetry = build_telemetry(settings, clock, environ)
    return Surroundings(settings, clock, telemetry, credentials.provider(environ))


def build_clock(settings: Settings) -> ports.CorrectedClock:
    """Return the machine's time, or the emulator's when the settings name one.

    Raises:
        Permanent: The emulator does not answer.
    """
    url = settings.clock.emulator
    if url is None:
        return RealClock()
    try:
        return EmulatorClock(url)
    except (OSError, ValueError) as error:
        raise Permanent(f"clock.emulator {url} does not answer as an emulator: {error}") from None


def build_worker(
    settings: Settings, environ: Mapping[str, str], *, until_idle: bool = False
) -> Worker:
    """Put a worker together; no call is made to the cloud.

    Raises:
        Permanent: The signing key is missing.
    """
    if not settings.signing_keys:
        raise Permanent(
            "ALIYUN_OPS_SIGNING_KEY is not set, and without it no progress can be trusted; set it to"
            " the same random text of at least 16 characters for every worker (for example from"
            " `openssl rand -hex 32`)"
        )
    around = build_surroundings(settings, environ)
    clock, telemetry = around.clock, around.telemetry
    crew = ThreadCrew(ThreadPoolExecutor(THREADS_FOR_MERGED_CALLS, "merge"))
    cloud = build_cloud(build_endpoint(around), crew)
    policy = build_policy(settings, own_instance_id=own_instance_id(settings))
    tasks = ThreadTasks(
        settings.worker.concurrency * RECREATIONS_PER_CALL + THREADS_FOR_THE_QUEUE,
        clock=clock,
        on_crash=lambda error: telemetry.failure("bug", error),
    )
    consumer = Consumer(
        queue=build_queue(around, settings.queue.name),
        dead_letters=build_queue(around, settings.queue.dead_letter_name),
        engine=Engine(recipe(cloud, policy), policy, clock, telemetry),
        clock=clock,
        tasks=tasks,
        telemetry=telemetry,
        receipts=_receipts(settings, environ, telemetry),
        terms=build_terms(settings, until_idle=until_idle),
    )
    return Worker(consumer, telemetry)


def build_telemetry(
    settings: Settings, clock: ports.Clock, environ: Mapping[str, str]
) -> StructlogTelemetry:
    """Return telemetry that knows which values must never be written."""
    names = ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
    secrets = [environ[name] for name in names if environ.get(name)]
    secrets += [key.decode() for key in settings.signing_keys]
    as_json = {"auto": None, "json": True, "text": False}[settings.log.format]
    return StructlogTelemetry(
        clock, stream=sys.stderr, as_json=as_json, secrets=secrets, level=settings.log.level
    )


def build_endpoint(around: Surroundings) -> Endpoint:
    """Return the region's ECS and VPC behind the official SDKs, which load on first use."""
    settings = around.settings
    call = SdkCall(
        settings.region,
        credential=lambda: credentials.sdk_credential(around.provider),
        endpoints={
            "ecs": settings.urls.ecs,
            "vpc": settings.urls.vpc,
            "slb": settings.urls.slb,
            "alb": settings.urls.alb,
            "nlb": settings.urls.nlb,
        },
        connect_seconds=settings.worker.connect_timeout,
        read_seconds=settings.worker.read_timeout,
        calls_max=settings.worker.concurrency,
    )
    limiter = QuotaLimiter(
        random.Random(),  # noqa: S311 - spreads calls, guards nothing
        quota_share=settings.worker.quota_share,
    )
    return Endpoint(call, settings.region, limiter, around.clock, around.telemetry)


def build_cloud(endpoint: Endpoint, crew: Crew) -> CloudPorts:
    """Give every port of the steps its adapter over one endpoint."""
    batches = build_batches(endpoint, crew)
    return CloudPorts(
        sources=EcsSources(endpoint, batches),
        disks=EcsDisks(batches),
        images=EcsImages(endpoint, batches),
        instances=EcsInstances(endpoint, batches),
        stock=EcsStock(endpoint, crew),
        tagging=EcsTagging(endpoint),
        addresses=VpcAddresses(endpoint),
        balancers=CloudBalancers(endpoint),
        interfaces=EcsInterfaces(endpoint),
    )


def build_queue(around: Surroundings, name: str) -> MnsQueue:
    """Return one queue of the account."""
    return MnsQueue(
        around.settings.urls.mns,
        name,
        credentials=around.provider,
        clock=around.clock,
        telemetry=around.telemetry,
        connect_seconds=around.settings.worker.connect_timeout,
        socket_seconds=around.settings.worker.read_timeout,
    )


def build_policy(settings: Settings, *, own_instance_id: str = "") -> Policy:
    """Turn settings into what the steps decide by."""
    launch = settings.launch
    return Policy(
        owner=settings.owner,
        notice=settings.notice.length,
        false_alarm_after=settings.notice.false_alarm_after,
        give_up_after=settings.notice.give_up_after,
        select_tags=tuple(sorted(settings.select.tags.items())),
        skip_tags=tuple(sorted(settings.select.skip_tags.items())),
        own_instance_id=own_instance_id,
        image_poll_min=settings.image.poll_min,
        image_poll_max=settings.image.poll_max,
        image_wait_max=settings.image.wait_max,
        takeover=launch.takeover,
        takeover_latest=launch.takeover_latest,
        same_type_only=launch.same_type_only,
        other_zones=launch.other_zones,
        forbid_types=launch.forbid_types,
        prefer_types=launch.prefer_types,
        families=launch.families,
        max_price_percent=launch.max_price_percent or 0,
        reclaimed_pool=launch.reclaimed_pool,
        pay_as_you_go_max=launch.pay_as_you_go_max,
        epochs_max=EPOCHS_UNBOUNDED if launch.epochs_max is None else launch.epochs_max,
        epoch_pause=launch.epoch_pause,
        vanish_after=launch.vanish_after,
        running_wait_max=launch.running_wait_max,
        generations_per_day=settings.limits.generations_per_day,
        leftovers_kept=settings.cleanup.delete_after,
        hand_over=tuple(kind for kind in HANDOVER_KINDS if getattr(settings.handover, kind)),
        convert_public_ip=settings.handover.convert_public_ip,
        private_ip=settings.handover.private_ip,
    )


def build_terms(settings: Settings, *, until_idle: bool) -> Terms:
    """Turn settings into how messages are treated."""
    return Terms(
        home=Home(settings.account_id, settings.region, settings.owner),
        keys=settings.signing_keys,
        lease=settings.queue.lease,
        long_poll=settings.queue.long_poll,
        batch=settings.queue.receive_batch,
        held_max=settings.worker.held_max,
        concurrency=settings.worker.concurrency * RECREATIONS_PER_CALL,
        stop_within=settings.worker.stop_within,
        notice=settings.notice.length,
        until_idle=until_idle,
    )


def _receipts(
    settings: Settings, environ: Mapping[str, str], telemetry: ports.Telemetry
) -> ports.Receipts:
    directory = settings.receipts.directory
    if directory is None:
        return NoReceipts()
    if not settings.receipts.html:
        return DirectoryReceipts(Path(directory), telemetry)
    language = language_of(environ)
    return DirectoryReceipts(
        Path(directory), telemetry, page=lambda receipt: page_of(receipt, language)
    )


def own_instance_id(settings: Settings) -> str:
    """Know the own host, so that it is never recreated by itself; not asked on an emulator."""
    if settings.worker.own_instance_id is not None:
        return settings.worker.own_instance_id
    return "" if settings.clock.emulator is not None else metadata.own_instance_id()


def build_inventory(around: Surroundings) -> ports.Inventory:
    """Return the look at everything that recreations have made or kept."""
    return EcsInventory(build_endpoint(around))


def build_peek(around: Surroundings, name: str) -> ports.Peek:
    """Return the look into one queue of the account."""
    return MnsPeek(
        around.settings.urls.mns,
        name,
        credentials=around.provider,
        clock=around.clock,
        telemetry=around.telemetry,
        connect_seconds=around.settings.worker.connect_timeout,
        socket_seconds=around.settings.worker.read_timeout,
    )
