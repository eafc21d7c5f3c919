"""One invocation of the function: a worker that runs until idle, within the time it has.

The rule delivers the event to the queue and, by the function's trigger, to the function. The
function sends what it is given to the queue as one more twin and then works on the queue, so that
nothing rests on an invocation: it may be lost, doubled or killed at any moment. A timer comes by
for what waits. Between invocations an instance keeps clients and settings, never progress.
"""

import json
from collections import ChainMap, Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field

from typing_extensions import override

from worker import bootstrap, ports
from worker.adapters import credentials
from worker.core.errors import RecreationError
from worker.core.events import UNKNOWN_FORM
from worker.core.messages import Nothing, as_body
from worker.settings import Settings, SettingsError, load

# The end of an invocation must not come before the hand-back is done and its answer is out.
MARGIN_SECONDS = 5.0
# What is left of an invocation for notifications that still wait.
NOTIFY_SECONDS = 3.0
# With less, nothing would be worked on; the timeout of the function is far too short.
WORKS_SECONDS_MIN = 10.0
DELIVERED = "delivered"


class InvocationFailed(Exception):
    """An invocation failed as invocations may: one sentence, no traceback of ours."""


@dataclass(frozen=True, slots=True)
class Call:
    """What comes with an invocation beside its payload.

    Attributes:
        request: Id of the invocation, for the log.
        timeout: Seconds after which the platform ends it; None when it does not tell.
        keys: Credentials for this invocation, by the names of their environment variables; empty
            when they are in the environment.
    """

    request: str = ""
    timeout: float | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(slots=True)
class Tally(ports.Telemetry):
    """Counts on the way to the log what becomes of messages."""

    onward: ports.Telemetry
    counts: Counter[str] = field(default_factory=Counter)

    @override
    def event(self, name: str, **fields: object) -> None:
        if name == "delivery_ended":
            self.counts[str(fields["verdict"])] += 1
        elif name == DELIVERED:
            self.counts[name] += 1
        self.onward.event(name, **fields)

    @override
    def failure(self, name: str, error: BaseException, **fields: object) -> None:
        self.onward.failure(name, error, **fields)


@dataclass(slots=True)
class Function:
    """One instance of the function.

    Attributes:
        environ: Of the process; read at every use, since the platform may renew it.
    """

    environ: MutableMapping[str, str]
    config: str | None = None
    _keys: dict[str, str] = field(default_factory=dict, repr=False)
    _parts: bootstrap.Parts | None = None

    def invoke(self, payload: bytes, call: Call) -> str:
        """Work on the queue, after sending it what came, and say in JSON what was done.

        Raises:
            InvocationFailed: The configuration is wrong, or the event could not be sent.
        """
        is_cold = self._parts is None
        self._take_keys(call)
        try:
            parts = self._ready()
        except (RecreationError, SettingsError) as error:
            raise InvocationFailed(str(error)) from None
        tally = Tally(parts.around.telemetry)
        tally.event("invoked", request=call.request, cold=is_cold)
        queues = bootstrap.build_queues(parts)
        refusal = ""
        try:
            refusal = deliver(payload, queues.main, tally)
            self._work(parts, queues, tally, call)
        except RecreationError as error:
            refusal = refusal or error.sentence
        finally:
            queues.close()
        tally.event("invocation_ended", request=call.request, failed=refusal)
        if refusal:
            raise InvocationFailed(refusal)
        return _answer(tally.counts)

    def _work(
        self, parts: bootstrap.Parts, queues: bootstrap.Queues, tally: Tally, call: Call
    ) -> None:
        works_for = time_to_work(parts.settings, call.timeout)
        terms = bootstrap.build_function_terms(parts.settings, works_for=works_for)
        tasks = bootstrap.build_tasks(parts)
        notifier = bootstrap.build_notifier(parts.settings, tally)
        consumer = bootstrap.build_consumer(
            parts, queues, tasks, terms, notifier=notifier, telemetry=tally
        )
        try:
            consumer.run()
        finally:
            # What still runs would be frozen with the instance and go on at any later time.
            notifier.close(NOTIFY_SECONDS)
            tasks.join()

    def _take_keys(self, call: Call) -> None:
        self._keys.clear()
        self._keys.update(keys_of(call))

    def _ready(self) -> bootstrap.Parts:
        if self._parts is None:
            now = ChainMap(self._keys, self.environ)
            # Function Compute has no metadata service, and a function is no instance.
            self._parts = bootstrap.build_parts(load(self.config, now), now)
        else:
            bootstrap.refresh_clock(self._parts.around.clock)
        return self._parts


def keys_of(call: Call) -> dict[str, str]:
    """Return the credentials of an invocation as variables that stand before those of the environment."""
    if not call.keys.get(credentials.KEY_ID):
        return {}
    names = (credentials.KEY_ID, credentials.KEY_SECRET, credentials.SECURITY_TOKEN)
    # All of them: a token of the environment does not belong to these keys.
    return {name: call.keys.get(name, "") for name in names}


def time_to_work(settings: Settings, timeout: float | None) -> float:
    """Return for how many seconds an invocation may work before it hands everything back.

    Args:
        settings: Of the process.
        timeout: Seconds that the platform allows; None when it does not tell.
    """
    worker = settings.worker
    if timeout is None:
        return worker.hand_back_every
    slowest_call = worker.connect_timeout + worker.read_timeout
    reserve = max(worker.stop_within, slowest_call) + NOTIFY_SECONDS + MARGIN_SECONDS
    return max(min(worker.hand_back_every, timeout - reserve), WORKS_SECONDS_MIN)


def deliver(payload: bytes, queue: ports.Queue, tally: Tally) -> str:
    """Send an event to the queue; returns why it could not be sent, else an empty string."""
    body = as_body(payload)
    if isinstance(body, Nothing):
        # It may be an event in a form that nobody knows yet, and nothing else tells of it.
        is_strange = UNKNOWN_FORM in body.reason
        tally.event("unknown_payload" if is_strange else "nothing_delivered", reason=body.reason)
        return ""
    try:
        message = queue.send(body, {})
    except RecreationError as error:
        # The rule's own copy may be in the queue all the same: go on, and fail in the end.
        tally.event("delivery_failed", code=error.code, reason=error.sentence)
        return f"the event could not be sent to the queue: {error.sentence}"
    tally.event(DELIVERED, message=message)
    return ""


def _answer(counts: Mapping[str, int]) -> str:
    told = (DELIVERED, "finished", "parked", "handed_back", "passed_on", "bug")
    return json.dumps({name: counts.get(name, 0) for name in told})
