"""A worker that notes each call which it makes through an SDK, for `bench.replay`.

    python -m bench.noting_worker CONFIG

It answers each line of its input with the CPU seconds of the process so far and the calls since the
line before. Noting a call costs less than a microsecond; the call itself, hundreds.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

import mns.queue
from typing_extensions import override

from worker.adapters import mns_messages
from worker.adapters.clock import EmulatorClock
from worker.adapters.ecs.call import SdkCall, route
from worker.bootstrap import build_surroundings, build_worker
from worker.settings import load

RPC, QUEUE = "rpc", "queue"
# What the worker calls of the SMQ SDK.
QUEUE_METHODS = (
    "send_message",
    "delete_message",
    "change_message_visibility",
)
SDKS = (
    "alibabacloud_ecs20140526",
    "alibabacloud_vpc20160428",
    "alibabacloud_slb20140515",
    "alibabacloud_alb20200616",
    "alibabacloud_nlb20220430",
    "alibabacloud_credentials",
)
Calls = list[tuple[Any, ...]]


class SteadyClock(EmulatorClock):
    """The emulator's time as a line: the machine's own clock costs no request, either."""

    @override
    def learn(self, told: float, *, asked_at: float) -> float:
        return 0.0


def note_calls(calls: Calls) -> None:
    """Have every call of the SDKs noted: when, what, and with which arguments."""
    send = SdkCall.__call__

    def noted(self: SdkCall, action: str, params: Mapping[str, Any]) -> Any:
        calls.append((time.monotonic(), RPC, *route(action), params))
        return send(self, action, params)

    SdkCall.__call__ = noted  # type: ignore[method-assign]
    for name in QUEUE_METHODS:
        setattr(mns.queue.Queue, name, _noted(name, getattr(mns.queue.Queue, name), calls))
    # The SDK's name of the call that this makes with the SDK's parts.
    receive = _noted("batch_receive_message", mns_messages.receive, calls)
    mns_messages.receive = receive


def _noted(name: str, method: Callable[..., Any], calls: Calls) -> Callable[..., Any]:
    def noted(self: Any, *args: Any) -> Any:
        calls.append((time.monotonic(), QUEUE, name, self.queue_name, args))
        return method(self, *args)

    return noted


def as_plain(calls: Calls) -> list[list[Any]]:
    """Write calls as JSON can hold them."""
    return [
        [*call[:-1], [_message(one) for one in call[-1]] if call[1] == QUEUE else call[-1]]
        for call in calls
    ]


def _message(argument: Any) -> Any:
    if not isinstance(argument, mns.queue.Message):
        return argument
    return {
        "body": argument.message_body,
        "delay": argument.delay_seconds,
        "user": _texts(argument.user_properties),
        "system": _texts(argument.system_properties),
    }


def _texts(properties: Mapping[str, Any]) -> dict[str, str]:
    return {name: one.get_string_value_by_type() for name, one in properties.items()}


def main() -> int:
    """Work until the input ends."""
    settings = load(sys.argv[1], os.environ)
    url = settings.clock.emulator
    if url is None:
        raise SystemExit("the bench's worker works on the emulator only")
    around = replace(build_surroundings(settings, os.environ), clock=SteadyClock(url))
    # The clock does not wait for the seconds that their import takes.
    for package in SDKS:
        import_module(f"{package}.client")
    calls: Calls = []
    note_calls(calls)
    worker = build_worker(settings, os.environ, around=around)
    threading.Thread(target=worker.consumer.run, daemon=True).start()
    for _ in sys.stdin:
        spent, noted = time.process_time(), len(calls)
        print(json.dumps({"cpu": spent, "calls": as_plain(calls[:noted])}), flush=True)
        del calls[:noted]
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
