"""A request that was understood: what it calls, how to carry it out, how to refuse it."""

from collections.abc import Callable
from dataclasses import dataclass

from emulator.faults import Call
from emulator.http.exchange import Reply
from emulator.state.errors import ApiError


@dataclass(frozen=True, slots=True)
class Waiting:
    """A receive that found nothing yet.

    Attributes:
        region: Region of the queue.
        queue: Queue name.
        until: Virtual epoch seconds at which it ends.
        attempt: Looks again at a virtual instant; None when there is still nothing.
        give_up: Makes the answer of a receive that found nothing.
    """

    region: str
    queue: str
    until: float
    attempt: Callable[[float], Reply | None]
    give_up: Callable[[], Reply]


@dataclass(frozen=True, slots=True)
class Work:
    """A request that was understood and whose signature is good.

    Attributes:
        call: What is asked, as fault rules see it.
        perform: Carries it out at a virtual instant; refusals are replies, too.
        refuse: Words a refusal in the request's protocol.
    """

    call: Call
    perform: Callable[[float], Reply | Waiting]
    refuse: Callable[[ApiError], Reply]
