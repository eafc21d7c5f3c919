"""Who stays when one recreation has two replacements: a rule that every worker and release shares."""

from itertools import permutations

from worker.core.identity import TAG_QUARANTINED
from worker.core.launching import not_quarantined, replacement_name, winner
from worker.core.model import Instance


def instance(instance_id: str, created_at: str, **more: str) -> Instance:
    return Instance(instance_id, "Running", "ecs.g7.large", "z-a", created_at=created_at, tags=more)


FIRST = instance("i-9", "2026-07-14T10:00:00Z")
SAME_SECOND = instance("i-5", "2026-07-14T10:00:00Z")
LATER = instance("i-1", "2026-07-14T10:00:01Z")


def test_the_earliest_stays_and_of_one_second_the_first_by_id() -> None:
    """An older release that chooses otherwise would end up with another one: the rule never changes."""
    for found in permutations((FIRST, SAME_SECOND, LATER)):
        assert winner(found) is SAME_SECOND
    assert winner((LATER, FIRST)) is FIRST


def test_one_too_many_is_no_candidate_whether_its_mark_shows_or_not() -> None:
    """The tag may not show yet to the worker that has just set it."""
    marked = instance("i-2", "2026-07-14T09:00:00Z", **{TAG_QUARANTINED: "second replacement"})

    assert not_quarantined((marked, FIRST, LATER), ("i-9",)) == (LATER,)


def test_the_replacement_is_named_and_not_what_is_one_too_many() -> None:
    """The other one may come first in the list, or be all that is left."""
    marked = instance("i-2", "2026-07-14T09:00:00Z", **{TAG_QUARANTINED: "i-bp1stays"})

    assert replacement_name((marked, LATER)) == "i-1"
    assert replacement_name((marked,)) == "i-bp1stays"


def test_a_mark_that_somebody_has_written_over_names_nothing() -> None:
    """What people write into tags does not get into sentences."""
    marked = instance("i-2", "2026-07-14T09:00:00Z", **{TAG_QUARANTINED: "look\nhere"})

    assert replacement_name((marked,)) == "i-2"
