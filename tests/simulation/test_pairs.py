"""Which schedules a search over pairs of cells consists of."""

from tests.simulation.faults import Cell, applicable
from tests.simulation.sim import Follower, Schedule, pairs_of_cells

KEEP, CREATE = ("disks", "keep"), ("images", "create")


def followers(first: tuple[str, str], second: tuple[str, str], *, at: int) -> list[Follower]:
    """The second method is called behind each fault of the first one."""
    return [
        Follower((*first, fault), *second, "plain", (at, fault), at + 3)
        for fault in applicable(*first)
    ]


def struck(schedule: Schedule) -> tuple[Cell, Cell]:
    """The cells of a schedule over these two methods: `keep` is called at odd numbers."""
    (first, one), (second, other) = schedule.plan
    methods = [KEEP if number % 2 else CREATE for number in (first, second)]
    return (*methods[0], one), (*methods[1], other)


def all_pairs() -> set[frozenset[Cell]]:
    keeping = [(*KEEP, fault) for fault in applicable(*KEEP)]
    creating = [(*CREATE, fault) for fault in applicable(*CREATE)]
    return {frozenset({one, other}) for one in keeping for other in creating}


def test_each_pair_strikes_once_in_one_of_its_orders() -> None:
    """The seed says in which, and both come about."""
    found = [*followers(KEEP, CREATE, at=11), *followers(CREATE, KEEP, at=20)]

    listed = [struck(one) for one in pairs_of_cells(found, seed=1)]

    assert {frozenset(pair) for pair in listed} == all_pairs()
    assert len(listed) == len(all_pairs())
    assert {pair[0][:2] for pair in listed} == {KEEP, CREATE}
    assert listed != [struck(one) for one in pairs_of_cells(found, seed=2)]


def test_each_pair_strikes_in_both_orders_where_that_is_wanted() -> None:
    """Twice as many, and none of them twice."""
    found = [*followers(KEEP, CREATE, at=11), *followers(CREATE, KEEP, at=20)]

    listed = [struck(one) for one in pairs_of_cells(found, seed=1, both_orders=True)]

    assert len(listed) == len(set(listed)) == 2 * len(all_pairs())


def test_a_pair_that_can_come_in_one_order_only_strikes_in_it() -> None:
    """Nothing is left out because its name comes later."""
    listed = [struck(one) for one in pairs_of_cells(followers(CREATE, KEEP, at=20), seed=1)]

    assert {frozenset(pair) for pair in listed} == all_pairs()
    assert {pair[0][:2] for pair in listed} == {CREATE}
