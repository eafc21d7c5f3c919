"""The second function: what timers run beside the one that recreates, each with the rights that it needs.

`handler: worker.timed.handler`. The payload of a timer names the task in the words of the command
line. It is a function of its own because `dlq keep` takes messages out of the dead-letter queues,
which the role of the other one must not: this one's role has `deploy/ram/replay.json` and can
change no instance. An event that `reconcile` finds missing goes into the queue, where the other
function takes it up. Nothing is kept between invocations, and the next timer makes up for one that
failed or was killed.
"""

import json
import os
import time
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from worker import ports
from worker.bootstrap import Surroundings, build_queue, build_surroundings
from worker.core.errors import RecreationError
from worker.function import call_of, payload_of
from worker.invocation import Call, InvocationFailed, keys_of
from worker.operators import build_keep, build_patience, build_reconcile, build_visit
from worker.ops.dlq_data import kept_data
from worker.ops.reconcile import Found, Sent
from worker.settings import SettingsError, load

OpenQueue = Callable[[str], ports.Queue]


@dataclass(frozen=True, slots=True)
class Deed:
    """What became of one source or dead letter.

    Attributes:
        event: Its word in the log.
        facts: What the log tells of it.
        failed: Whether the next timer has to do it.
    """

    event: str
    facts: Mapping[str, object]
    failed: bool


def reconcile(around: Surroundings, open_queue: OpenQueue) -> Iterator[Deed]:
    """Do what `aliyun-ops reconcile` does.

    Raises:
        RecreationError: The cloud does not tell which instances there are.
    """
    # A function is no instance, and Function Compute has no metadata service to ask.
    own = around.settings.worker.own_instance_id or ""
    patience = build_patience(around, time.sleep)
    looking = build_reconcile(
        around, patience, own_instance_id=own, stopped=False, open_queue=open_queue
    )
    for found in looking.run(dry_run=False):
        word = "reconciled" if found.sent is Sent.NOT_SENT else "event_missing"
        yield Deed(word, _facts(found), found.sent is Sent.FAILED)


def keep(around: Surroundings, open_queue: OpenQueue) -> Iterator[Deed]:
    """Do what `aliyun-ops dlq keep` does.

    Raises:
        RecreationError: A dead-letter queue cannot be received from.
    """
    patience = build_patience(around, time.sleep)
    visit = build_visit(around, patience, open_queue=open_queue)
    try:
        for kept in build_keep(around, patience).run(visit, dry_run=False):
            yield Deed("kept", kept_data(kept), bool(kept.failed))
    finally:
        visit.give_back()
    for name in visit.missing:
        yield Deed("queue_missing", {"queue": name}, failed=True)


# By what the payload of a timer says.
TASKS: Final[Mapping[str, Callable[[Surroundings, OpenQueue], Iterator[Deed]]]] = {
    "reconcile": reconcile,
    "dlq keep": keep,
}


@dataclass(slots=True)
class Timed:
    """One instance of the function.

    Attributes:
        environ: Of the process; read at every invocation, since the platform may renew it.
        config: Path of the configuration; None takes it from the environment.
    """

    environ: MutableMapping[str, str]
    config: str | None = None

    def invoke(self, payload: bytes, call: Call) -> str:
        """Run the task that a timer names, and say in JSON how many things it has done.

        Raises:
            InvocationFailed: There is no such task, the configuration is wrong, or something could
                not be done; the log has each.
        """
        name = task_of(payload)
        environ = ChainMap(keys_of(call), self.environ)
        try:
            around = build_surroundings(load(self.config, environ), environ)
            around.telemetry.event("invoked", request=call.request, task=name)
            failed = list(_done(TASKS[name], around))
        except (RecreationError, SettingsError) as error:
            raise InvocationFailed(f"{name}: {error}") from None
        around.telemetry.event("invocation_ended", request=call.request, failed=sum(failed))
        if any(failed):
            raise InvocationFailed(f"{name}: {sum(failed)} of {len(failed)} not done, see the log")
        return json.dumps({"task": name, "done": len(failed)})


def task_of(payload: bytes) -> str:
    """Read which task a timer asks for.

    Source: Function Compute, timer triggers: the event is {triggerTime, triggerName, payload}.

    Raises:
        InvocationFailed: It names none of them.
    """
    try:
        name = json.loads(payload)["payload"]
    except (ValueError, TypeError, KeyError):
        name = None
    if not isinstance(name, str) or name not in TASKS:
        raise InvocationFailed(f"the payload of a timer has to be one of: {', '.join(TASKS)}")
    return name


def _done(
    task: Callable[[Surroundings, OpenQueue], Iterator[Deed]], around: Surroundings
) -> Iterator[bool]:
    """Run a task to its end, tell the log of each thing, and yield whether it failed."""
    with ExitStack() as opened:

        def open_queue(name: str) -> ports.Queue:
            queue = build_queue(around, name)
            opened.callback(queue.close)
            return queue

        for deed in task(around, open_queue):
            around.telemetry.event(deed.event, **deed.facts)
            yield deed.failed


def _facts(found: Found) -> dict[str, object]:
    return {
        "instance": found.instance.instance_id,
        "locked": found.is_locked,
        "standing": found.standing.value,
        "sent": found.sent.value,
        "why": found.why,
    }


_timed = Timed(os.environ)


def handler(event: object, context: object) -> str:
    """Handle one invocation of a built-in runtime; see `worker.function.handler`.

    Raises:
        InvocationFailed: In one sentence.
    """
    return _timed.invoke(payload_of(event), call_of(context))
