"""Carries a request out, waiting in virtual time when it is a long poll."""

import contextlib

from emulator.http.exchange import Exchange, Reply
from emulator.http.longpoll import Woken
from emulator.http.service import Service
from emulator.http.work import Waiting, Work
from emulator.state.errors import ApiError


async def carry_out(service: Service, exchange: Exchange, work: Work) -> Reply | None:
    """Perform a request and return its answer.

    Returns:
        The answer; None when the client went away while it waited.
    """
    found = work.perform(service.now())
    if isinstance(found, Reply):
        return found
    if not service.polls.has_room():
        return found.give_up()
    try:
        return await _wait(service, exchange, found)
    finally:
        # A send wakes one receive only. What this one left, and the instant at which something
        # becomes visible, are the next one's business now.
        service.polls.wake((found.region, found.queue))


async def _wait(service: Service, exchange: Exchange, waiting: Waiting) -> Reply | None:
    """Look whenever something may have come; of several receives the oldest looks first."""
    key = (waiting.region, waiting.queue)
    while True:
        seconds = _seconds_to_next_look(service, waiting)
        woken = await service.polls.wait(key, seconds, exchange.gone())
        if woken is Woken.GONE or exchange.gone().done():
            return None
        now = service.now()
        reply = waiting.attempt(now)
        if reply is not None:
            return reply
        if now >= waiting.until or service.polls.closed:
            return waiting.give_up()


def _seconds_to_next_look(service: Service, waiting: Waiting) -> float | None:
    now = service.clock.now()
    look_at = waiting.until
    with contextlib.suppress(ApiError):  # The queue is gone; `attempt` will say so.
        visible_at = service.cloud.queues(waiting.region).next_visible_at(waiting.queue, now)
        if visible_at is not None:
            look_at = min(look_at, visible_at)
    return service.clock.real_seconds(look_at - now)
