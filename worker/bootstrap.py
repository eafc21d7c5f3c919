"""The composition root: the one place where settings become a worker with all its parts."""

import random
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from worker import ports
from worker.adapters import credentials, lost, metadata
from worker.adapters.captures import DirectoryCaptures, SignedCaptures, no_documents
from worker.adapters.channels import open_channels, secrets_of
from worker.adapters.clock import EmulatorClock, RealClock
from worker.adapters.crew import Crew, ThreadCrew
from worker.adapters.ecs.batch import build_batches
from worker.adapters.ecs.call import SdkCall
from worker.adapters.ecs.commands import EcsCommands
from worker.adapters.ecs.disks import EcsDisks
from worker.adapters.ecs.endpoint import Endpoint
from worker.adapters.ecs.images import EcsImages
from worker.adapters.ecs.instances import EcsInstances
from worker.adapters.ecs.inventory import EcsInventory
from worker.adapters.ecs.sources import EcsSources
from worker.adapters.ecs.stock import EcsStock
from worker.adapters.ecs.tagging import EcsTagging
from worker.adapters.error_map import why_of
from worker.adapters.limiter import QuotaLimiter
from worker.adapters.mns_peek import MnsPeek
from worker.adapters.mns_queue import MnsQueue
from worker.adapters.network.addresses import VpcAddresses
from worker.adapters.network.balancers import CloudBalancers
from worker.adapters.network.disks import EcsDiskMoves
from worker.adapters.network.interfaces import EcsInterfaces
from worker.adapters.notifier import ChannelNotifier, NoNotifier
from worker.adapters.probes import NetworkProbes
from worker.adapters.receipts import DirectoryReceipts, NoReceipts
from worker.adapters.sealing import Sealing
from worker.adapters.tasks import ThreadTasks
from worker.adapters.telemetry import StructlogTelemetry
from worker.consumer import Consumer
from worker.core.errors import NotConfigured, Permanent
from worker.core.messages import Home
from worker.core.model import Script, ScriptKind
from worker.core.notices import Kind
from worker.core.policy import HandoverKind, HealthCheck, Policy
from worker.engine import Engine
from worker.holding import Terms
from worker.ops.notice_view import message_of
from worker.ops.receipt_page import page_of
from worker.ops.wording import Language, Wording, language_of
from worker.settings import Settings
from worker.settings.sections import Health
from worker.steps import CloudPorts, recipe

# A receive and the queue's own calls run beside the steps.
THREADS_FOR_THE_QUEUE = 6
# Recreations at work for each call under way: the others wait for a call that is made for many.
RECREATIONS_PER_CALL = 16
# As many kinds of calls are merged, two of each at a time.
THREADS_FOR_MERGED_CALLS = 12
EPOCHS_UNBOUNDED = 1_000_000
# A timer that comes by a moment before something is due would leave it to the next one, 15 seconds later.
EARLY_SECONDS = 2.0
HANDOVER_KINDS: tuple[HandoverKind, ...] = ("eip", "load_balancers", "interfaces", "tags")


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker that is ready to run."""

    consumer: Consumer
    telemetry: ports.Telemetry
    notifier: ChannelNotifier | NoNotifier


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives a consumer: a function's instance keeps them from one invocation to the next.

    Attributes:
        settings: Of the whole process.
        around: What every adapter shares.
        engine: The steps over the cloud's clients.
        receipts: Where receipts are kept.
    """

    settings: Settings
    around: "Surroundings"
    engine: Engine
    receipts: ports.Receipts


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues of a consumer."""

    main: MnsQueue
    dead_letters: MnsQueue

    def close(self) -> None:
        """Close all connections; no call may be under way any more."""
        self.main.close()
        self.dead_letters.close()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every adapter of one process shares; credentials come from one provider."""

    settings: Settings
    clock: ports.CorrectedClock
    telemetry: ports.Telemetry
    provider: credentials.Provider
    limiter: QuotaLimiter


def build_surroundings(settings: Settings, environ: Mapping[str, str]) -> Surroundings:
    """Put together what the adapters share; no call is made to the cloud.

    Raises:
        Permanent: The emulator that the settings name does not answer.
    """
    clock = build_clock(settings)
    telemetry = build_telemetry(settings, clock, environ)
    limiter = QuotaLimiter(
        random.Random(),  # noqa: S311 - spreads calls, guards nothing
        quota_share=settings.worker.quota_share,
    )
    return Surroundings(settings, clock, telemetry, credentials.provider(environ), limiter)


def refresh_clock(clock: ports.CorrectedClock) -> None:
    """Read the emulator's time anew: it may have been moved on while nothing ran here."""
    if isinstance(clock, EmulatorClock):
        clock.refresh()


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
        why = lost.reason_of(error)
        raise Permanent(f"clock.emulator {url} does not answer as an emulator: {why}") from None


def build_worker(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    until_idle: bool = False,
    around: Surroundings | None = None,
) -> Worker:
    """Put a worker together; no call is made to the cloud.

    Args:
        settings: Of the process.
        environ: Of the process.
        until_idle: Whether it ends when there is nothing to do.
        around: What its adapters share; made when it is not given.

    Raises:
        NotConfigured: The signing key is missing.
    """
    own = own_instance_id(settings)
    parts = build_parts(settings, environ, own_instance_id=own, around=around)
    terms = build_terms(settings, until_idle=until_idle)
    telemetry = parts.around.telemetry
    notifier = build_notifier(settings, telemetry)
    consumer = build_consumer(
        parts, build_queues(parts), build_tasks(parts), terms, notifier=notifier
    )
    return Worker(consumer, telemetry, notifier)


def require_key(settings: Settings) -> None:
    """Refuse to work without a signing key.

    Raises:
        NotConfigured: It is missing.
    """
    if not settings.signing_keys:
        raise NotConfigured(
            "ALIYUN_OPS_SIGNING_KEY is not set, and without it no progress can be trusted; set it to"
            " the same random text of at least 16 characters for every worker (for example from"
            " `openssl rand -hex 32`)"
        )


def build_parts(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    own_instance_id: str = "",
    around: Surroundings | None = None,
) -> Parts:
    """Put together what consumers need; no call is made to the cloud.

    Raises:
        NotConfigured: The signing key is missing.
    """
    require_key(settings)
    around = around or build_surroundings(settings, environ)
    cloud = build_cloud(
        build_endpoint(around),
        ThreadCrew(ThreadPoolExecutor(THREADS_FOR_MERGED_CALLS, "merge")),
        sealing=Sealing(settings.signing_keys),
        captures=recorded_captures(around),
    )
    policy = build_policy(settings, own_instance_id=own_instance_id)
    engine = Engine(recipe(cloud, policy), policy, around.clock, around.telemetry)
    return Parts(settings, around, engine, _receipts(settings, environ, around.telemetry))


def build_tasks(parts: Parts) -> ThreadTasks:
    """Return the threads of one consumer."""
    telemetry = parts.around.telemetry
    return ThreadTasks(
        parts.settings.worker.concurrency * RECREATIONS_PER_CALL + THREADS_FOR_THE_QUEUE,
        clock=parts.around.clock,
        on_crash=lambda error: telemetry.failure("bug", error),
    )


def build_queues(parts: Parts) -> Queues:
    """Return the queues of one consumer, without a connection yet."""
    around, names = parts.around, parts.settings.queue
    return Queues(build_queue(around, names.name), build_queue(around, names.dead_letter_name))


def build_consumer(
    parts: Parts,
    queues: Queues,
    tasks: ThreadTasks,
    terms: Terms,
    *,
    notifier: ports.Notifier,
    telemetry: ports.Telemetry | None = None,
) -> Consumer:
    """Put a consumer together; it tells of messages where the parts tell, or elsewhere."""
    around = parts.around
    return Consumer(
        queue=queues.main,
        dead_letters=queues.dead_letters,
        engine=parts.engine,
        clock=around.clock,
        tasks=tasks,
        telemetry=telemetry or around.telemetry,
        receipts=parts.receipts,
        notifier=notifier,
        terms=terms,
    )


def build_telemetry(
    settings: Settings, clock: ports.Clock, environ: Mapping[str, str]
) -> StructlogTelemetry:
    """Return telemetry that knows which values must never be written."""
    names = (credentials.KEY_SECRET, credentials.SECURITY_TOKEN)
    keys = (key.decode() for key in settings.signing_keys)
    fixed = (*keys, *secrets_of(settings.notify_urls()))

    def secrets() -> Iterable[str]:
        # A function is given new credentials while it lives.
        return (*fixed, *(environ.get(name, "") for name in names))

    as_json = {"auto": None, "json": True, "text": False}[settings.log.format]
    return StructlogTelemetry(
        clock, stream=sys.stderr, as_json=as_json, secrets=secrets, level=settings.log.level
    )


def build_notifier(settings: Settings, telemetry: ports.Telemetry) -> ChannelNotifier | NoNotifier:
    """Return what tells people; a channel that cannot be used is told in the log and left out."""
    urls = settings.notify_urls()
    if settings.notify.urls_file is not None and not urls:
        reason = "notify.urls_file cannot be read, or has no address in it"
        telemetry.event("notify_channel_unusable", reason=reason)
    if not urls:
        return NoNotifier()
    channels, unusable = open_channels(urls)
    for label in unusable:
        telemetry.event("notify_channel_unusable", channel=label, reason="not an address of one")
    wording = Wording(Language(settings.notify.language), why_of)
    return ChannelNotifier(
        channels,
        kinds=[Kind(one) for one in settings.notify.kinds],
        word=lambda notices: message_of(notices, wording),
        telemetry=telemetry,
        now=time.monotonic,
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
    return Endpoint(call, settings.region, around.limiter, around.clock, around.telemetry)


def build_cloud(
    endpoint: Endpoint, crew: Crew, *, sealing: Sealing, captures: ports.Captures
) -> CloudPorts:
    """Give every port of the steps its adapter over one endpoint."""
    batches = build_batches(endpoint, crew)
    return CloudPorts(
        sources=EcsSources(endpoint, batches, sealing),
        disks=EcsDisks(batches),
        images=EcsImages(endpoint, batches),
        instances=EcsInstances(endpoint, batches, sealing),
        stock=EcsStock(endpoint, crew),
        tagging=EcsTagging(endpoint),
        addresses=VpcAddresses(endpoint),
        balancers=CloudBalancers(endpoint),
        interfaces=EcsInterfaces(endpoint),
        disk_moves=EcsDiskMoves(endpoint),
        commands=EcsCommands(endpoint),
        probes=NetworkProbes(endpoint.clock),
        captures=captures,
    )


def recorded_captures(around: Surroundings) -> ports.Captures:
    """Return the captures that `audit --record` has written, where the worker may read them."""
    settings = around.settings
    directory = settings.audit.captures
    return SignedCaptures(
        no_documents if directory is None else DirectoryCaptures(Path(directory)).read,
        account=settings.account_id,
        region=settings.region,
        keys=settings.signing_keys,
        telemetry=around.telemetry,
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
        quiesce=_script(settings.quiesce.command, settings.quiesce.shell, settings.quiesce.timeout),
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
        user_data=settings.clone.user_data,
        hand_over=tuple(kind for kind in HANDOVER_KINDS if getattr(settings.handover, kind)),
        convert_public_ip=settings.handover.convert_public_ip,
        private_ip=settings.handover.private_ip,
        data_disks=settings.clone.data_disks,
        fallbacks=settings.clone.fallbacks,
        health=_health(settings.health),
    )


def _script(text: str | None, kind: ScriptKind, seconds: float) -> Script | None:
    return None if text is None else Script(text, kind, seconds)


def _health(settings: Health) -> HealthCheck | None:
    if settings.check == "none":
        return None
    return HealthCheck(
        kind=settings.check,
        port=settings.port or 0,
        path=settings.path,
        script=_script(settings.command, settings.shell, settings.timeout),
        address=settings.address,
        every=settings.every,
        timeout=settings.timeout,
        within=settings.within,
        otherwise=settings.otherwise,
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


def build_function_terms(settings: Settings, *, works_for: float) -> Terms:
    """Turn settings into how an invocation treats messages: it stays for nothing that takes long.

    Args:
        settings: Of the process.
        works_for: Seconds of the clock until everything is handed back.
    """
    terms = build_terms(settings, until_idle=True)
    return replace(
        terms,
        long_poll=0.0,
        hand_back_after=settings.worker.hand_back_after,
        early=EARLY_SECONDS,
        works_for=works_for,
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
        Path(directory), telemetry, page=lambda receipt: page_of(receipt, language, why_of)
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
