"""The defaults of the policy hang together, and its fingerprint tells orders apart."""

from dataclasses import FrozenInstanceError, replace

import pytest

from worker.core.policy import Policy

POLICY = Policy()


@pytest.mark.parametrize(
    "other",
    [
        {"same_type_only": True},
        {"other_zones": False},
        {"forbid_types": ("ecs.t*",)},
        {"prefer_types": ("ecs.t*",)},
        {"prefer_types": ("ecs.g*", "ecs.c*")},
        {"prefer_types": ("ecs.c*", "ecs.g*")},
        {"families": ("ecs.c*",)},
        {"max_price_percent": 50},
        {"reclaimed_pool": "first"},
        {"pay_as_you_go_max": 1},
    ],
)
def test_fingerprint_changes_with_what_orders_candidates(other: dict[str, object]) -> None:
    """Two workers with other candidates see it in the tags of the image."""
    changed = replace(POLICY, **other)  # type: ignore[arg-type]

    assert changed.configuration != POLICY.configuration
    assert changed.configuration == replace(POLICY, **other).configuration  # type: ignore[arg-type]


def test_fingerprints_of_different_orders_are_different() -> None:
    """Forbidding is not preferring, and the order of preferences counts."""
    policies = [
        Policy(forbid_types=("a",)),
        Policy(prefer_types=("a",)),
        Policy(forbid_types=("a", "b")),
        Policy(prefer_types=("a", "b")),
        Policy(prefer_types=("b", "a")),
        Policy(forbid_types=("a",), prefer_types=("b",)),
    ]

    assert len({policy.configuration for policy in policies}) == len(policies)


@pytest.mark.parametrize(
    "other", [{"owner": "b"}, {"notice": 200.0}, {"epoch_pause": 5.0}, {"takeover": "wait"}]
)
def test_fingerprint_is_silent_about_the_rest(other: dict[str, object]) -> None:
    """A change that moves no candidate needs no agreement."""
    changed = replace(POLICY, **other)  # type: ignore[arg-type]

    assert changed.configuration == POLICY.configuration


def test_fingerprint_is_a_valid_tag_value() -> None:
    """It stands in a tag of the image: at most 128 characters, nothing reserved."""
    assert len(POLICY.configuration) == 16
    assert POLICY.configuration.isalnum()


def test_default_times_are_in_order() -> None:
    """Launch before the release, doubt after it, and give up last of all."""
    assert POLICY.takeover_latest < POLICY.notice < POLICY.false_alarm_after
    assert POLICY.false_alarm_after < POLICY.image_wait_max < POLICY.give_up_after
    assert 0 < POLICY.image_poll_min < POLICY.image_poll_max
    assert POLICY.vanish_after > 2 * 60.0
    assert POLICY.give_up_after < POLICY.leftovers_kept


def test_policy_cannot_change_under_way() -> None:
    """Steps share one policy between threads."""
    with pytest.raises(FrozenInstanceError):
        POLICY.owner = "another"  # type: ignore[misc]
