"""The rule tool through the official SDKs against the emulator: set up, repair, take down, and tell what failed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from emulator.assumptions import FLIPS, Assumptions
from eventbridge.apply import NotSettled, destroy, observe, observe_removal
from eventbridge.cloud import CloudError, Refused
from eventbridge.samples import check_samples, harmless_message
from tests.contract.rule_world import CALM, REGION, START, World, world_with
from worker.adapters import credentials
from worker.settings import Rule


@pytest.fixture
def world() -> Iterator[World]:
    with world_with(CALM) as found:
        yield found


def test_first_apply_makes_all_and_the_second_nothing(world: World) -> None:
    """After one apply the cloud is as desired, and a second has nothing to do."""
    first, second = world.set_up(), world.set_up()

    assert first == ["create-queue"] * 3 + ["create-service-role", "create-rule"]
    assert second == []
    found = observe(world.cloud(), world.desired())
    policy = found.queues["spot-interruptions"].dead_letters
    assert policy is not None
    assert (policy.queue, policy.max_receive_count) == ("spot-interruptions-dead", 200)
    assert {queue.owner for queue in found.queues.values()} == {"default"}


def test_an_interruption_reaches_the_queue(world: World) -> None:
    """What is set up works: a real notice of the emulated cloud arrives as a message that can be seen."""
    world.set_up()
    cloud = world.cloud()
    assert not cloud.holds_message("spot-interruptions")

    instance = world.on_cloud(lambda cloud, now: cloud.ecs[REGION].seed_instance({}, now))
    world.on_cloud(lambda cloud, now: cloud.ecs[REGION].interrupt(instance, now))
    world.sleep(5.0)

    assert cloud.holds_message("spot-interruptions")


RELEVANT = [
    (name, value)
    for name, values in FLIPS.items()
    for value in values
    if name.startswith(
        (
            "eventbridge_",
            "rule_",
            "pattern_",
            "filter_",
            "queue_param",
            "mns_open_",
            "smq_create",
            "smq_delete",
            "smq_counts",
        )
    )
]


@pytest.mark.parametrize(("name", "value"), RELEVANT)
def test_set_up_and_take_down_under_every_reading(name: str, value: object) -> None:
    """Whatever the cloud really does where the documents are silent, apply settles and destroy clears."""
    with world_with(replace(CALM, **{name: value})) as world:  # type: ignore[arg-type]
        assert world.take_down() == []
        assert world.set_up()
        assert world.set_up() == []
        assert world.take_down() == ["delete-target", "delete-rule", *["delete-queue"] * 3]
        assert world.take_down() == []


def test_what_was_changed_by_hand_is_put_right(world: World) -> None:
    """Drift of queue, rule, target and status is found and repaired in one apply."""
    world.set_up()
    cloud, desired = world.cloud(), world.desired()
    queue = desired.queues[-1]
    cloud.set_queue(
        replace(
            queue, dead_letters=None, attributes=replace(queue.attributes, visibility_seconds=30)
        )
    )
    cloud.update_rule(replace(desired.rule, pattern='{"source":["acs.ecs"]}'))
    cloud.put_target(
        "default", "spot-interruptions", replace(desired.target, retry="BACKOFF_RETRY")
    )
    world.call("DisableRule", EventBusName="default", RuleName="spot-interruptions")
    world.sleep(60.0)

    assert world.set_up() == ["change-queue", "change-rule", "put-target", "enable-rule"]
    assert world.set_up() == []


def test_lost_answers_end_in_one_of_each(world: World) -> None:
    """A create whose answer is lost is not made twice and does not fail."""
    for product, action in (("mns-open", "CreateQueue"), ("eventbridge", "CreateRule")):
        world.fault(product=product, action=action, answer="drop", effect="done", count=1)

    assert world.set_up() == ["create-queue"] * 3 + ["create-service-role", "create-rule"]
    assert world.set_up() == []


def test_throttling_is_waited_out(world: World) -> None:
    """A short throttling of reads and writes does not reach the user."""
    for action in ("GetRule", "GetQueueAttributes", "CreateServiceLinkedRoleForProduct"):
        world.fault(
            product="*", action=action, answer="refuse", code="TooManyRequests", status=429, count=2
        )

    assert len(world.set_up()) == 5


def test_failed_target_is_not_called_a_success(world: World) -> None:
    """PutTargets answers Success although a target failed; its list of errors decides."""
    world.set_up()
    cloud, desired = world.cloud(), world.desired()
    bad = replace(desired.target, type="acs.no.such.thing")

    with pytest.raises(CloudError, match="PutTargets failed: refused for a target \\(code "):
        cloud.put_target("default", "spot-interruptions", bad)


def test_other_targets_survive_apply_and_destroy(world: World) -> None:
    """A target that somebody added to our rule is never touched."""
    world.set_up()
    cloud, desired = world.cloud(), world.desired()
    other = replace(desired.target, id="other")
    cloud.put_target("default", "spot-interruptions", other)

    assert world.set_up() == []
    assert world.take_down() == ["delete-target", *["delete-queue"] * 3]
    found = cloud.find_rule("default", "spot-interruptions")
    assert found is not None
    assert [target.id for target in found.targets] == ["other"]


def test_what_belongs_to_another_owner_is_refused(world: World) -> None:
    """A second deployment under the same names is stopped before it changes anything."""
    world.set_up(owner="staging")
    before = observe(world.cloud(), world.desired())

    with pytest.raises(Refused, match="belongs to owner staging"):
        world.set_up()

    assert world.take_down() == []
    assert observe(world.cloud(), world.desired()) == before


def test_two_owners_live_side_by_side(world: World) -> None:
    """Under names of their own two deployments do not see each other."""
    names = {
        "name": "b",
        "dead_letter_name": "b-dead",
        "delivery_dead_letter_name": "b-undelivered",
    }
    world.set_up()
    world.set_up(owner="staging", queue=names, rule=Rule(name="b"))

    assert world.take_down() == ["delete-target", "delete-rule", *["delete-queue"] * 3]
    assert world.cloud().find_rule("default", "b") is not None


def test_queue_with_messages_is_kept_until_purge(world: World) -> None:
    """Destroy does not lose interruptions, even though the cloud's counts read zero."""
    world.set_up()
    world.cloud().send("spot-interruptions", harmless_message(world.settings(), START))

    assert world.take_down() == ["delete-target", "delete-rule", "delete-queue"]
    assert world.cloud().find_queue("spot-interruptions") is not None
    assert world.cloud().find_queue("spot-interruptions-dead") is not None
    assert world.take_down(purge=True) == ["delete-queue"] * 2


def test_message_that_comes_after_the_plan_is_not_lost(world: World) -> None:
    """What came between the look and the deletion stops the deletion."""
    world.set_up()
    cloud, desired = world.cloud(), world.desired()
    removal = observe_removal(cloud, desired, purge=False)
    cloud.send("spot-interruptions-dead", "parked")

    with pytest.raises(
        Refused, match="the queue spot-interruptions-dead is kept: a message has come"
    ):
        destroy(cloud, desired, removal, clock=world, report=lambda _: None)

    assert cloud.holds_message("spot-interruptions-dead")


def test_change_that_never_shows_is_told() -> None:
    """When the cloud does not show a change within two minutes, the user learns which."""
    with world_with(replace(CALM, rule_status_lag_seconds=3600.0)) as world:
        world.set_up()
        world.call("DisableRule", EventBusName="default", RuleName="spot-interruptions")
        world.sleep(7200.0)

        with pytest.raises(
            NotSettled, match="the cloud does not show: enable the rule spot-interruptions"
        ):
            world.set_up()


def test_name_of_a_deleted_queue_needs_a_while() -> None:
    """A queue that was just deleted cannot be made again at once, and the user is told what to do."""
    with world_with(Assumptions()) as world:
        world.set_up()
        world.take_down()

        with pytest.raises(CloudError, match=r"QueueDeletedRecently.*run it again then"):
            world.set_up()

        world.sleep(61.0)
        assert len(world.set_up()) == 4


@pytest.mark.parametrize("plane", ["rules", "queues", "data"])
def test_wrong_secret_is_told_without_the_secret(world: World, plane: str) -> None:
    """A refused signature gives class, code, status and request id, and nothing that was signed."""
    world.environ[credentials.KEY_SECRET] = "not-the-secret"
    cloud = world.cloud()
    ask: dict[str, Callable[[], object]] = {
        "rules": lambda: cloud.find_rule("default", "r"),
        "queues": lambda: cloud.find_queue("q"),
        "data": lambda: cloud.holds_message("q"),
    }

    with pytest.raises(CloudError) as raised:
        ask[plane]()

    told = str(raised.value)
    assert "SignatureDoesNotMatch" in told
    assert "check the credentials" in told
    assert "not-the-secret" not in told
    assert "Signature=" not in told
    assert raised.value.request_id


def test_silent_server_is_told_after_three_attempts(world: World) -> None:
    """No answer at all is a sentence as well."""
    world.fault(product="eventbridge", action="GetRule", answer="drop", count=10)

    with pytest.raises(CloudError, match=r"GetRule got no answer from http"):
        world.cloud().find_rule("default", "r")


def test_pattern_is_judged_alike_here_and_there(world: World) -> None:
    """The cloud agrees with the local judgement on every sample."""
    checks = check_samples(world.cloud())

    assert [check for check in checks if not check.is_good] == []
    assert all(check.remote is not None for check in checks)


def test_missing_bus_is_told(world: World) -> None:
    """A rule on a bus that does not exist says which setting to change."""
    with pytest.raises(CloudError, match=r"EventBusNotExist.*set rule.bus"):
        world.set_up(rule=Rule(bus="no-such-bus"))


def test_what_is_sent_is_what_arrives(world: World) -> None:
    """The test message lies in the queue as EventBridge would have put it there."""
    world.set_up()
    body = harmless_message(world.settings(rule=Rule(base64=False)), START)

    message_id = world.cloud().send("spot-interruptions", body)

    assert message_id
    peeked = world.on_cloud(
        lambda cloud, now: cloud.queues(REGION).peek("spot-interruptions", 1, now)
    )
    assert json.loads(peeked[0].body)["data"]["action"] == "delete"
