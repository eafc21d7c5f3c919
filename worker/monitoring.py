"""A worker that can be watched: the same parts, with metrics beside the log and three pages over HTTP."""

from collections.abc import Mapping
from dataclasses import replace

from prometheus_client import CollectorRegistry

from worker import bootstrap
from worker.adapters.metrics import MetricsTelemetry, StateCollector
from worker.adapters.monitor_http import Monitor, Probes
from worker.consumer import Consumer
from worker.core.errors import Permanent
from worker.ports import Clock
from worker.settings import Settings

# The loop sleeps 30 seconds at most, a receive waits as long; four of them is no hiccup.
STALLED_SECONDS = 120.0
PORT_MAX = 65_535


def own_address(listen: str, number: int) -> str:
    """Return where a worker's monitor listens: those of one host have ports one after the other.

    Args:
        listen: `monitor.listen`, the first one's address and port; port 0 is a free one for each.
        number: Which worker of its host it is, from 1.

    Raises:
        Permanent: There is no such port.
    """
    host, _, first = listen.rpartition(":")
    port = int(first) + number - 1 if int(first) else 0
    if port > PORT_MAX:
        raise Permanent(
            f"monitor.listen: {listen} leaves worker {number} no port; write a lower one"
        )
    return f"{host}:{port}"


def build_watched_worker(
    settings: Settings, environ: Mapping[str, str], *, listen: str, until_idle: bool = False
) -> bootstrap.Worker:
    """Put a worker together and begin to tell about it.

    Raises:
        Permanent: The signing key is missing, or the address cannot be listened on.
    """
    registry = CollectorRegistry()
    plain = bootstrap.build_surroundings(settings, environ)
    telemetry = MetricsTelemetry(plain.telemetry, plain.clock, registry)
    around = replace(plain, telemetry=telemetry)
    worker = bootstrap.build_worker(settings, environ, until_idle=until_idle, around=around)
    registry.register(
        StateCollector(
            around.clock,
            held=lambda: len(worker.consumer.held),
            limiter=around.limiter.standings,
            dead_letters=bootstrap.build_peek(around, settings.queue.dead_letter_name),
        )
    )
    host, _, port = listen.rpartition(":")
    try:
        monitor = Monitor(
            registry, probes(worker.consumer, around.clock), host=host.strip("[]"), port=int(port)
        )
    except OSError as error:
        raise Permanent(
            f"monitor.listen: cannot listen on {listen} ({error.strerror}); write another address, or give each worker of this host its --number"
        ) from None
    telemetry.event("monitor_listens", host=host, port=monitor.port)
    return worker


def probes(consumer: Consumer, clock: Clock) -> Probes:
    """Answer a supervisor's questions from what the loop notes down."""

    def alive() -> str:
        still = clock.now() - consumer.turned_at
        stalled = consumer.turned_at and still > STALLED_SECONDS
        return f"the loop has stood still for {still:.0f} s" if stalled else ""

    def ready() -> str:
        if consumer.stopping:
            return "the worker is stopping"
        if not consumer.received_at:
            return "nothing has been received yet"
        silent = clock.now() - consumer.received_at
        return f"no receive for {silent:.0f} s" if silent > STALLED_SECONDS else alive()

    return Probes(alive, ready)
