"""Port `Peek` over aliyun-mns-sdk: looks at messages without receiving them.

A peek shows only what nobody holds and what is not delayed. Source: SMQ "BatchPeekMessage".
"""

from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.mns_queue import BATCH_MAX, MnsQueue, NothingThere
from worker.core.errors import Permanent
from worker.core.inventory import Glimpse

_PEEK: Final = "BatchPeekMessage"
_NO_QUEUE: Final = "QueueNotExist"
_MILLISECONDS: Final = 1000.0


class MnsPeek(MnsQueue, ports.Peek):
    """A queue that is looked into; see `MnsQueue` for the arguments."""

    @override
    def peek(self, count: int) -> tuple[Glimpse, ...] | None:
        wanted = min(max(count, 1), BATCH_MAX)
        try:
            messages = self._run(_PEEK, lambda queue: queue.batch_peek_message(wanted))
        except NothingThere:
            return ()
        except Permanent as error:
            if error.code == _NO_QUEUE:
                return None
            raise
        return tuple(map(_glimpse, messages))


def _glimpse(message: Any) -> Glimpse:
    return Glimpse(
        message_id=str(message.message_id),
        body=str(message.message_body),
        attributes={
            str(name): str(value.get_string_value_by_type())
            for name, value in message.get_user_properties().items()
        },
        enqueued_at=float(message.enqueue_time) / _MILLISECONDS,
        dequeue_count=int(message.dequeue_count),
    )
