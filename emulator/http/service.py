"""The running emulator: one cloud, its clock and everything that all requests share."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from emulator.faults import Call, FaultBook
from emulator.http.clock import VirtualClock
from emulator.http.longpoll import LongPolls
from emulator.http.permissions import Permissions
from emulator.state.cloud import Cloud
from emulator.wire.rpc_signature import AccessKey, NonceBook

LOGGED_REQUESTS = 1000


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One answered request.

    Attributes:
        at: Virtual epoch seconds of the answer.
        call: What was asked.
        status: HTTP status of the answer; 0 when none was given.
        code: Provider code of a refusal, else empty.
        fault: The fault that struck, else empty.
        seconds: Real seconds from request to answer.
    """

    at: float
    call: Call
    status: int
    code: str
    fault: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        plain = asdict(self)
        return {**plain.pop("call"), **plain}


@dataclass(slots=True)
class Latency:
    """Real seconds by which every answer is late, evenly spread between the two."""

    least: float = 0.0
    most: float = 0.0

    def draw(self, rng: random.Random) -> float:
        return rng.uniform(self.least, self.most) if self.most > 0 else 0.0


@dataclass(slots=True)
class Service:
    """What the faces of the emulator work on; owned by one event loop, so without locks.

    Attributes:
        build_cloud: Makes a fresh cloud that begins at the given virtual instant.
        clock: The virtual time.
        wall: Real epoch seconds of this machine.
        keys: Accepted access keys by id.
        rng: Source of request ids, latencies and faults.
        permissions: What each key may, and what was asked of it.
        latency: How late answers are.
        nonces: Signature nonces of the last minutes.
        clock_skew: Real seconds by which the cloud's clock is ahead of this machine's.
        polls: Receives that wait at present.
        requests: The newest answered requests.
        stopping: Set when the server begins to stop.
        on_change: Called when time jumped or the cloud is another one.
        cloud: The present cloud; `reset` makes a new one.
        faults: What goes wrong on order.
    """

    build_cloud: Callable[[float], Cloud]
    clock: VirtualClock
    wall: Callable[[], float]
    keys: dict[str, AccessKey]
    rng: random.Random
    permissions: Permissions = field(default_factory=Permissions)
    latency: Latency = field(default_factory=Latency)
    nonces: NonceBook = field(default_factory=NonceBook)
    clock_skew: float = 0.0
    polls: LongPolls = field(default_factory=LongPolls)
    requests: deque[LoggedRequest] = field(default_factory=lambda: deque(maxlen=LOGGED_REQUESTS))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    on_change: Callable[[], None] = lambda: None
    cloud: Cloud = field(init=False)
    faults: FaultBook = field(init=False)

    def __post_init__(self) -> None:
        self.clock.on_change = self.time_jumped
        self.reset()

    def reset(self) -> None:
        """Begin anew with an empty cloud, no faults and an empty log; clock and keys stay."""
        self.cloud = self.build_cloud(self.clock.now())
        self.faults = FaultBook(self.rng)
        self.requests.clear()
        self.permissions.forget_uses()
        for region in self.cloud.regions:
            self.cloud.queues(region).on_available = partial(self._message_available, region)
        self.time_jumped()

    def now(self) -> float:
        """Let the platform do what is due and return the virtual instant."""
        now = self.clock.now()
        self.cloud.advance(now)
        return now

    def real_now(self) -> float:
        """Return the real time as the cloud tells it: that of signatures and of the Date header."""
        return self.wall() + self.clock_skew

    def secrets(self) -> dict[str, str | tuple[str, str]]:
        """Return the keys of today in the form that SMQ's signature check takes."""
        now = self.real_now()
        return {
            key.access_key_id: (key.secret, key.security_token)
            if key.security_token
            else key.secret
            for key in self.keys.values()
            if key.valid_until is None or key.valid_until >= now
        }

    def stop(self) -> None:
        """End all waiting for good."""
        self.stopping.set()
        self.polls.close()

    def time_jumped(self) -> None:
        """Let everything that waits look at the clock again."""
        self.now()
        self.polls.wake_all()
        self.on_change()

    def _message_available(self, region: str, queue: str) -> None:
        self.polls.wake((region, queue))
