"""Whose instances are recreated: every spot instance that nobody else manages or protects."""

from dataclasses import replace

import pytest

from worker.core.eligibility import why_not_ours
from worker.core.model import RECYCLING, Instance
from worker.core.policy import Policy

SPOT = Instance(
    instance_id="i-bp1source00000000001",
    status="Running",
    instance_type="ecs.g7.xlarge",
    zone="cn-hangzhou-h",
    spot_strategy="SpotAsPriceGo",
    interruption_behavior="Terminate",
    locks=(RECYCLING,),
    tags={"team": "blue"},
)
POLICY = Policy()


@pytest.mark.parametrize("strategy", ["SpotAsPriceGo", "SpotWithPriceLimit"])
def test_spot_instance_is_ours(strategy: str) -> None:
    """Both ways to pay for a spot instance count, without any tag."""
    assert why_not_ours(replace(SPOT, spot_strategy=strategy, tags={}), POLICY) is None


@pytest.mark.parametrize("strategy", ["NoSpot", "nospot", ""])
def test_other_instances_are_not(strategy: str) -> None:
    """An event can name any instance; only a spot instance is ever reclaimed."""
    reason = why_not_ours(replace(SPOT, spot_strategy=strategy), POLICY)

    assert reason == "it is not a spot instance"


@pytest.mark.parametrize(
    ("key", "manager"),
    [
        ("acs:autoscaling:scalingGroupId", "a scaling group"),
        ("ack.aliyun.com", "a Container Service cluster"),
        ("ack.alibabacloud.com/nodepool-id", "a Container Service cluster"),
        ("k8s.io/cluster-autoscaler", "a Kubernetes cluster"),
        ("kubernetes.io/cluster/c1", "a Kubernetes cluster"),
    ],
)
def test_managed_instances_are_left_to_their_manager(key: str, manager: str) -> None:
    """What a group or a cluster replaces by itself must not be replaced twice."""
    reason = why_not_ours(replace(SPOT, tags={"team": "blue", key: ""}), POLICY)

    assert reason == f"{manager} manages it"


@pytest.mark.parametrize("key", ["my.ack.aliyun.com", "team/kubernetes.io/cluster/", "acs:other"])
def test_tags_that_only_look_like_a_manager_s_do_not_count(key: str) -> None:
    """The key must begin like a manager's."""
    assert why_not_ours(replace(SPOT, tags={key: ""}), POLICY) is None


def test_own_host_is_never_recreated() -> None:
    """A worker that recreates its own host would stop itself half-way."""
    reason = why_not_ours(SPOT, Policy(own_instance_id=SPOT.instance_id))

    assert reason == "it is the worker's own host"


@pytest.mark.parametrize("value", ["", "true", "false"])
def test_skip_tag_leaves_an_instance_alone(value: str) -> None:
    """The tag counts whatever its value is."""
    reason = why_not_ours(replace(SPOT, tags={"spot-recreation:skip": value}), POLICY)

    assert reason == "its tag spot-recreation:skip asks to leave it alone"


def test_skip_tag_with_a_value_needs_that_value() -> None:
    """A configured value is compared exactly."""
    policy = Policy(skip_tags=(("stage", "test"),))

    assert why_not_ours(replace(SPOT, tags={"stage": "test"}), policy) is not None
    assert why_not_ours(replace(SPOT, tags={"stage": "testing"}), policy) is None


@pytest.mark.parametrize(
    ("tags", "is_ours"),
    [
        ({"team": "blue", "stage": "production"}, True),
        ({"team": "blue", "stage": ""}, True),
        ({"team": "red", "stage": "production"}, False),
        ({"team": "blue"}, False),
        ({}, False),
    ],
)
def test_selection_asks_for_all_of_its_tags(tags: dict[str, str], *, is_ours: bool) -> None:
    """A selected instance has every tag, with its value where one is asked for."""
    policy = Policy(select_tags=(("stage", None), ("team", "blue")))

    assert (why_not_ours(replace(SPOT, tags=tags), policy) is None) == is_ours


def test_skipping_wins_over_selection() -> None:
    """An instance that is to be left alone is left alone even where it is selected."""
    policy = Policy(select_tags=(("team", "blue"),), skip_tags=(("team", "blue"),))

    assert why_not_ours(SPOT, policy) is not None


# The evidence


def test_lock_is_the_evidence() -> None:
    """The cloud's own lock confirms an interruption; another lock confirms nothing."""
    assert SPOT.is_recycling
    assert not replace(SPOT, locks=()).is_recycling
    assert not replace(SPOT, locks=("financial", "security")).is_recycling
