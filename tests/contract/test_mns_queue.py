"""The queue's port over the emulator's state and over the SDK: handles, leases, counts and times."""

import threading
from typing import Any

import pytest

from tests.contract.conftest import REGION, SdkWorld, World
from worker.adapters.mns_queue import MnsQueue
from worker.core import identity
from worker.core.errors import Permanent, Throttled, Transient, UnknownOutcome
from worker.ports import Delivery, LeaseLost, Queue

BODY = '{"data": {"instanceId": "i-1", "name": "订单 <数据库> & \\"主\\""}}\n'
ATTRIBUTES = {"sr-format": "1", "sr-step": "image", "sr-p-0": "QUJD+/=="}


@pytest.fixture
def queue(world: World) -> Queue:
    return world.queue("events")


def one(queue: Queue) -> Delivery:
    (found,) = queue.receive(count=1, wait=0.0)
    return found


def test_message_comes_as_it_was_sent(world: World, queue: Queue) -> None:
    """Body and attributes to the character; times in epoch seconds of the clock."""
    now = world.clock.now()

    message_id = queue.send(BODY, ATTRIBUTES)
    found = one(queue)

    assert found.message_id == message_id
    assert found.body == BODY
    assert found.attributes == ATTRIBUTES
    assert found.dequeue_count == 1
    assert abs(found.enqueued_at - now) < 2.0
    assert abs(found.lease_until - (now + 30.0)) < 2.0


def test_message_without_attributes(queue: Queue) -> None:
    """As EventBridge sends it."""
    queue.send("e30=", {})

    found = one(queue)

    assert (found.body, found.attributes) == ("e30=", {})


def test_empty_queue_is_an_empty_answer(queue: Queue) -> None:
    """Not an error."""
    assert queue.receive(count=16, wait=0.0) == ()


def test_batch_of_messages(queue: Queue) -> None:
    """As many as were asked for, at most."""
    sent = {queue.send(str(number), {}) for number in range(5)}

    found = queue.receive(count=16, wait=0.0)

    assert {each.message_id for each in found} == sent
    assert queue.receive(count=16, wait=0.0) == ()


def test_deleted_message_is_gone(world: World, queue: Queue) -> None:
    """And its handle with it."""
    queue.send(BODY, {})
    found = one(queue)

    queue.delete(found.handle)
    world.advance(60.0)

    assert queue.receive(count=1, wait=0.0) == ()
    with pytest.raises(LeaseLost):
        queue.delete(found.handle)


def test_lease_that_ends_gives_the_message_back(world: World, queue: Queue) -> None:
    """To anybody, with a handle that the first one does not have."""
    queue.send(BODY, {})
    first = one(queue)
    world.advance(31.0)

    with pytest.raises(LeaseLost):
        queue.renew(first.handle, 30.0)
    second = one(queue)

    assert second.dequeue_count == 2
    assert second.message_id == first.message_id
    with pytest.raises(LeaseLost):
        queue.delete(first.handle)
    queue.delete(second.handle)


def test_renewed_lease_holds_from_now(world: World, queue: Queue) -> None:
    """Under a new handle; the old one is dead and the count stays."""
    queue.send(BODY, {})
    found = one(queue)
    world.advance(20.0)

    lease = queue.renew(found.handle, 45.0)
    world.advance(40.0)

    assert abs(lease.until - (world.clock.now() + 5.0)) < 2.0
    assert queue.receive(count=1, wait=0.0) == ()
    with pytest.raises(LeaseLost):
        queue.delete(found.handle)
    world.advance(10.0)
    again = one(queue)
    assert again.dequeue_count == 2


def test_shortest_lease_is_a_second(world: World, queue: Queue) -> None:
    """There is no other way to give a message back early."""
    queue.send(BODY, {})
    queue.renew(one(queue).handle, 0.0)
    world.advance(1.5)

    assert one(queue).dequeue_count == 2


def test_delayed_message_shows_later(world: World, queue: Queue) -> None:
    """Not before its time."""
    queue.send(BODY, {}, delay=19.5)
    world.advance(19.0)
    assert queue.receive(count=1, wait=0.0) == ()

    world.advance(2.0)

    assert one(queue).body == BODY


def test_oversized_message_needs_a_person(queue: Queue) -> None:
    """64 KB is the end."""
    with pytest.raises(Permanent):
        queue.send("x" * 70_000, {})


# What only the SDK over HTTP can show


@pytest.fixture
def smq(sdk_world: SdkWorld) -> Queue:
    return sdk_world.queue("events")


def test_long_poll_ends_when_a_message_comes(sdk_world: SdkWorld, smq: Queue) -> None:
    """Not when its time is over."""
    sdk_world.emulator.run(lambda service: service.clock.resume())
    sender = threading.Timer(0.2, lambda: smq.send(BODY, {}))
    sender.start()

    begun = sdk_world.clock.now()
    found = smq.receive(count=16, wait=20.0)

    sender.join()
    assert [each.body for each in found] == [BODY]
    assert sdk_world.clock.now() - begun < 15.0


def test_each_thread_has_its_own_connection(smq: Queue) -> None:
    """The SDK's connection takes one request at a time."""
    failures: list[BaseException] = []
    seen: list[str] = []

    def work(number: int) -> None:
        try:
            for _ in range(5):
                smq.send(f"{number}", {"sr-n": str(number)})
                for found in smq.receive(count=16, wait=0.0):
                    smq.delete(found.handle)
                    seen.append(found.message_id)
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    rest = smq.receive(count=16, wait=0.0)

    assert failures == []
    assert len(set(seen)) == len(seen)
    assert len(seen) + len(rest) == 20


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"answer": "drop"}, UnknownOutcome),
        ({"answer": "error"}, UnknownOutcome),
        ({"answer": "bad-gateway"}, UnknownOutcome),
        ({"answer": "empty"}, UnknownOutcome),
        ({"answer": "truncate"}, UnknownOutcome),
        ({"answer": "throttle"}, Throttled),
        ({"answer": "refuse", "code": "AccessDenied"}, Permanent),
    ],
)
def test_send_that_goes_wrong(
    sdk_world: SdkWorld, smq: Queue, rule: dict[str, Any], error: type[Exception]
) -> None:
    """What is not known to have failed may have been sent; the next send works again."""
    sdk_world.fault(**rule, product="smq", action="SendMessage", count=2)

    with pytest.raises(error):
        smq.send(BODY, {})
    sdk_world.emulator.run(lambda service: service.faults.remove(None))

    smq.send(BODY, {})


@pytest.mark.parametrize("answer", ["drop", "error", "bad-gateway", "empty", "truncate"])
def test_receive_that_goes_wrong(sdk_world: SdkWorld, smq: Queue, answer: str) -> None:
    """The message becomes visible again by itself."""
    smq.send(BODY, ATTRIBUTES)
    sdk_world.fault(answer=answer, product="smq", action="*ReceiveMessage", count=2)

    with pytest.raises(Transient):
        smq.receive(count=16, wait=0.0)
    sdk_world.emulator.run(lambda service: service.faults.remove(None))
    sdk_world.advance(31.0)

    assert one(smq).attributes == ATTRIBUTES


def test_lost_answer_to_a_delete(sdk_world: SdkWorld, smq: Queue) -> None:
    """It worked; asked again, the handle is dead."""
    smq.send(BODY, {})
    found = one(smq)
    sdk_world.fault(answer="error", effect="done", product="smq", action="DeleteMessage")

    with pytest.raises(UnknownOutcome):
        smq.delete(found.handle)
    with pytest.raises(LeaseLost):
        smq.delete(found.handle)


def test_interrupted_call_leaves_no_dirty_connection(sdk_world: SdkWorld, smq: Queue) -> None:
    """The next answer on it would be that of the call before."""
    assert isinstance(smq, MnsQueue)
    smq.send("first", {})

    def interrupted(queue: Any) -> None:
        queue.mns_client.http.conn.request("GET", "/queues/events/messages")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        smq._run("ReceiveMessage", interrupted)
    sdk_world.advance(31.0)

    assert one(smq).body == "first"


def test_missing_queue_needs_a_person(sdk_world: SdkWorld, smq: Queue) -> None:
    """Its name is told in the configuration."""
    sdk_world.on_cloud(lambda cloud, now: cloud.queues(REGION).delete_queue("events", now))

    with pytest.raises(Permanent, match="queue"):
        smq.receive(count=1, wait=0.0)


def test_capped_poll_is_told(sdk_world: SdkWorld, smq: Queue) -> None:
    """The server answers at once and bills it."""
    sdk_world.fault(answer="empty-poll", product="smq", count=None)

    assert smq.receive(count=16, wait=20.0) == ()
    sdk_world.emulator.run(lambda service: service.faults.remove(None))

    assert "long_poll_capped" in sdk_world.notebook.names


def test_a_message_of_a_recreation_carries_its_trace(sdk_world: SdkWorld) -> None:
    """As the system property that the cloud has for it; nothing is read back from it."""
    queue = sdk_world.queue("events")
    attributes = {**ATTRIBUTES, "recreation": "0" * 32, "hops": "3"}

    queue.send(BODY, attributes)
    queue.send(BODY, ATTRIBUTES)

    messages = sdk_world.on_cloud(
        lambda cloud, now: tuple(cloud.queues(REGION).get_queue("events", now).messages.values())
    )
    found = [{one.name: one.value for one in each.system_properties} for each in messages]
    assert found == [{"traceparent": identity.traceparent("0" * 32, "3")}, {}]
    assert [each.attributes for each in queue.receive(count=2, wait=0.0)] == [
        attributes,
        ATTRIBUTES,
    ]
