"""Carries faults out on a real connection; `emulator.faults` decides which."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from emulator.faults import Answer, Effect, FaultRule, refusal
from emulator.http.exchange import Exchange, Reply
from emulator.http.service import Service
from emulator.http.waiter import carry_out
from emulator.http.work import Waiting, Work
from emulator.state.queue_errors import message_not_exist
from emulator.state.queues import QueueService

Result = TypeVar("Result")

_HTML = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
    b"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
BAD_GATEWAY = Reply(502, _HTML, (("content-type", "text/html"),))

_REFUSALS = frozenset({Answer.THROTTLE, Answer.QUOTA, Answer.REFUSE, Answer.ERROR})


async def strike(service: Service, exchange: Exchange, work: Work, rule: FaultRule) -> Reply | None:
    """Let a fault happen to a request.

    Returns:
        The answer to send in the ordinary way; None when there is none to send any more.
    """
    if rule.answer is Answer.DUPLICATE:
        return await carry_out(service, exchange, _duplicating(service, work))
    reply = await _effect(service, exchange, work, rule)
    if rule.answer in _REFUSALS:
        return work.refuse(refusal(rule, work.call))
    if rule.answer is Answer.BAD_GATEWAY:
        return BAD_GATEWAY
    if rule.answer is Answer.EMPTY_POLL:
        return work.refuse(message_not_exist())
    if rule.answer is Answer.HANG:
        await _hang(service, exchange)
        return None
    if reply is None or rule.answer is Answer.DROP:
        await exchange.drop()
        return None
    return await _mangle(exchange, rule, reply)


async def _hang(service: Service, exchange: Exchange) -> None:
    """Keep the connection open and silent until the client leaves or the server stops."""
    stopping = asyncio.ensure_future(service.stopping.wait())
    await asyncio.wait({exchange.gone(), stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not exchange.gone().done():
        await exchange.drop()


async def _effect(
    service: Service, exchange: Exchange, work: Work, rule: FaultRule
) -> Reply | None:
    if rule.outcome is Effect.DONE:
        return await carry_out(service, exchange, work)
    if rule.outcome is Effect.LATER:
        due = service.now() + rule.later_seconds
        service.cloud.world.scheduler.at(due, lambda at: _perform_unseen(work, at))
    return None


def _perform_unseen(work: Work, at: float) -> None:
    work.perform(at)


async def _mangle(exchange: Exchange, rule: FaultRule, reply: Reply) -> Reply | None:
    if rule.answer is Answer.EMPTY:
        return Reply(200, b"", reply.headers)
    if rule.answer is Answer.TRUNCATE:
        await exchange.truncate(reply)
        return None
    await asyncio.sleep(rule.delay_seconds)
    return reply


def _duplicating(service: Service, work: Work) -> Work:
    """Let what this receive gets come a second time before its lease ends."""
    queues = service.cloud.queues(work.call.region)

    def perform(now: float) -> Reply | Waiting:
        found = _doubled(queues, work.perform, now)
        if isinstance(found, Reply):
            return found
        attempt = found.attempt
        return replace(found, attempt=lambda at: _doubled(queues, attempt, at))

    return replace(work, perform=perform)


def _doubled(queues: QueueService, run: Callable[[float], Result], now: float) -> Result:
    with _all_twice(queues):
        return run(now)


@contextlib.contextmanager
def _all_twice(queues: QueueService) -> Iterator[None]:
    usual = queues.duplicate_probability
    queues.duplicate_probability = 1.0
    try:
        yield
    finally:
        queues.duplicate_probability = usual
