"""How often one message may have to be received: what MaxReceiveCount must allow.

A worker holds a message by renewing its invisibility, which is no receive. A message is received again only when it was handed
back (a stop, the end of a function) or when a crash let its lease lapse. New progress is a new message with a count of zero,
but a recreation may wait all its life without any. The worst case is Function Compute: every invocation ends by handing back
what it holds, and a message may live for `notice.give_up_after`.
"""

import math
from dataclasses import dataclass

from worker.settings.sections import Notice, Worker

# Crashes and restarts that one message must survive before the queue may call it poison.
CRASHES_ALLOWED = 20


@dataclass(frozen=True, slots=True)
class ReceivesNeeded:
    """The receives of one message in the worst case, by cause."""

    delivery: int
    hand_backs: int
    crashes: int

    @property
    def total(self) -> int:
        """The least MaxReceiveCount that parks no healthy recreation."""
        return self.delivery + self.hand_backs + self.crashes


def receives_needed(notice: Notice, worker: Worker) -> ReceivesNeeded:
    """Count the receives that the longest recreation may need."""
    hand_backs = math.ceil(notice.give_up_after / worker.hand_back_every)
    return ReceivesNeeded(delivery=1, hand_backs=hand_backs, crashes=CRASHES_ALLOWED)
