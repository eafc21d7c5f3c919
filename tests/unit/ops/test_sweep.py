"""The sweep over a small cloud of its own: what it lists, what it deletes, and what happens in between."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len
from typing_extensions import override

from worker import operator_ports, operators
from worker.adapters.ecs.leftovers import EcsLeftovers
from worker.core import identity
from worker.core.errors import Permanent, RecreationError, Throttled, Transient, UnknownOutcome
from worker.core.leftovers import Kind, Leftover, Reason
from worker.core.model import Accepted, DeleteAnswer, Refused
from worker.operator_ports import Price
from worker.ops.patience import TRIES_MAX, WAIT_SECONDS_MAX, Patience
from worker.ops.printing import plain_text
from worker.ops.sweep import Fate, Listing, Result, Sweep
from worker.ops.sweep_data import listing_data, result_data
from worker.ops.sweep_view import ending, how, result_line, sweep_view
from worker.ops.wording import Language, Wording

ID = "3f2a9c0d" * 4
SOURCE = "i-bp1source00000000001"
NOW = 1_796_032_800.0
TAGS = {
    identity.TAG_ID: ID,
    identity.TAG_OWNER: "default",
    identity.TAG_SOURCE: SOURCE,
    identity.TAG_DELETE_AFTER: "2026-11-30T10:00:00Z",
}
IMAGE = Leftover(
    Kind.IMAGE, "m-bp1image0000000000000", TAGS, "Available", identity.image_name(ID), 40,
    created_at=NOW - 700_000, snapshots=("s-bp1snap00000000000000",),
)  # fmt: skip
SNAPSHOT = Leftover(
    Kind.SNAPSHOT, "s-bp1snap00000000000000", TAGS, "accomplished", size=40, created_at=NOW - 3600
)
DISK = Leftover(
    Kind.DISK, "d-bp1disk00000000000000",
    {**TAGS, identity.TAG_RETAINED: "was-deleted-with-instance"},
    "Available", size=40, category="cloud_essd", detached_at=NOW - 600_000,
)  # fmt: skip
REPLACEMENT = Leftover(
    Kind.INSTANCE, "i-bp1new0000000000000", TAGS, "Running", "订单服务-01", zone="z"
)
INTERFACE = Leftover(
    Kind.INTERFACE, "eni-bp1left0000000000000",
    {**TAGS, identity.TAG_RETAINED: "was-deleted-with-instance"},
    "Available", created_at=NOW - 700_000,
)  # fmt: skip
PAIR = Leftover(
    Kind.PAIR, "rsp-bp1spare",
    {key: value for key, value in TAGS.items() if key != identity.TAG_DELETE_AFTER},
    name="db", created_at=NOW - 86_401,
)  # fmt: skip
ADDRESS = Leftover(
    Kind.ADDRESS, "eip-bp1left", TAGS, status="Available", name="203.0.113.7", created_at=NOW - 60
)
EVERYTHING = (REPLACEMENT, DISK, SNAPSHOT, IMAGE)


@dataclass
class StandingClock:
    def now(self) -> float:
        return NOW

    def real_seconds(self, seconds: float) -> float:
        return seconds / 2


@dataclass
class SmallCloud(operator_ports.Leftovers, operator_ports.Deletion, operator_ports.Prices):
    """Holds things by id; what happens before the n-th look at one of them is a test's business."""

    things: dict[str, Leftover]
    others_use: dict[str, tuple[str, ...]] = field(default_factory=dict)
    snapshots: tuple[Leftover, ...] = ()
    answers: dict[str, list[DeleteAnswer | RecreationError]] = field(default_factory=dict)
    before_deletion: Callable[["SmallCloud"], None] = lambda _: None
    priceless: RecreationError | None = None
    deleted: list[str] = field(default_factory=list)

    @override
    def tagged(self) -> tuple[Leftover, ...]:
        return tuple(one for one in self.things.values() if one.recreation)

    @override
    def find(self, kind: Kind, resource_id: str) -> Leftover | None:
        found = self.things.get(resource_id)
        return found if found is not None and found.kind is kind else None

    @override
    def users(self, thing: Leftover) -> tuple[str, ...]:
        images = [
            one.resource_id for one in self.things.values() if thing.resource_id in one.snapshots
        ]
        return (*images, *self.others_use.get(thing.resource_id, ()))

    @override
    def snapshots_of(self, disk_id: str) -> tuple[Leftover, ...]:
        return tuple(one for one in self.snapshots if one.disk_id == disk_id)

    @override
    def monthly(self, thing: Leftover) -> Price | None:
        if self.priceless is not None:
            raise self.priceless
        return None if thing.kind is Kind.SNAPSHOT else Price(float(thing.size), "CNY")

    @override
    def delete(self, kind: Kind, resource_id: str) -> DeleteAnswer:
        self.deleted.append(resource_id)
        answers = self.answers.get(resource_id, [])
        answer = answers.pop(0) if answers else Accepted(resource_id)
        if isinstance(answer, RecreationError):
            raise answer
        if isinstance(answer, Accepted):
            self.things.pop(resource_id, None)
        return answer


def cloud(*things: Leftover, **more: Any) -> SmallCloud:
    return SmallCloud({one.resource_id: one for one in things or EVERYTHING}, **more)


def sweep(over: SmallCloud, *named: str, pauses: list[float] | None = None) -> Sweep:
    pause = (pauses if pauses is not None else []).append
    clock = StandingClock()
    return Sweep(over, over, clock, Patience(clock, pause), "default", frozenset(named))


def run(over: SmallCloud, *named: str) -> dict[str, Fate]:
    """List, then delete all that may go; what became of each."""
    sweeping = sweep(over, *named)
    going = sweeping.look().going
    over.before_deletion(over)
    return {one.thing.resource_id: one.fate for one in sweeping.apply(going, over)}


def reasons(listing: Listing) -> dict[Kind, Reason]:
    return {one.thing.kind: one.verdict.reason for one in listing.items}


def test_images_go_before_their_snapshots_and_disks_stay() -> None:
    """In the order in which the cloud allows it."""
    small = cloud()

    assert run(small) == {IMAGE.resource_id: Fate.DELETED, SNAPSHOT.resource_id: Fate.DELETED}
    assert small.deleted == [IMAGE.resource_id, SNAPSHOT.resource_id]
    assert set(small.things) == {DISK.resource_id, REPLACEMENT.resource_id}


def test_an_interface_goes_when_it_is_named() -> None:
    """It keeps an address that somebody may still count on, and costs nothing."""
    small = cloud(*EVERYTHING, INTERFACE)

    assert reasons(sweep(small).look())[Kind.INTERFACE] is Reason.ADDRESSES
    assert INTERFACE.resource_id not in run(small)
    assert run(small, INTERFACE.resource_id) == {INTERFACE.resource_id: Fate.DELETED}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"attached_to": "i-bp1other"}, Reason.ATTACHED),
        ({"status": "Detaching"}, Reason.UNFINISHED),
        ({"tags": TAGS}, Reason.NOT_RETAINED),
        ({"tags": {k: v for k, v in INTERFACE.tags.items() if "after" not in k}}, Reason.UNDATED),
    ],
)
def test_a_named_interface_stays_where_it_is_not_safe(
    changes: dict[str, Any], reason: Reason
) -> None:
    small = cloud(REPLACEMENT, replace(INTERFACE, **changes))

    listing = sweep(small, INTERFACE.resource_id).look()

    assert reasons(listing) == {Kind.INTERFACE: reason}
    assert run(small, INTERFACE.resource_id) == {}


def test_a_server_group_that_nothing_leads_to_goes_a_day_after_it_was_made() -> None:
    """It holds no data, so that no replacement has to be there any more."""
    small = cloud(PAIR)

    assert reasons(sweep(small).look()) == {Kind.PAIR: Reason.UNUSED}
    assert run(small) == {PAIR.resource_id: Fate.DELETED}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"created_at": NOW - 86_399}, Reason.NOT_DUE),
        ({"created_at": None}, Reason.UNDATED),
        ({"attached_to": "tcp/3306"}, Reason.USED),
        ({"tags": {**PAIR.tags, identity.TAG_SOURCE: "mine"}}, Reason.EDITED),
    ],
)
def test_a_server_group_stays_where_it_is_not_safe(changes: dict[str, Any], reason: Reason) -> None:
    small = cloud(replace(PAIR, **changes))

    assert reasons(sweep(small).look()) == {Kind.PAIR: reason}
    assert run(small, PAIR.resource_id) == {}


@pytest.mark.parametrize("language", list(Language))
def test_an_address_is_told_and_stays_even_when_it_is_named(language: Language) -> None:
    """With what it is, that it costs, and the command with which a person gives it back."""
    small = cloud(ADDRESS, REPLACEMENT)

    listing = sweep(small, ADDRESS.resource_id).look()

    assert reasons(listing) == {Kind.ADDRESS: Reason.OWN_ADDRESS}
    assert run(small, ADDRESS.resource_id) == {}
    assert small.deleted == []
    shown = " ".join(plain_text(sweep_view(listing, Wording(language)), 80).split())
    assert ADDRESS.name in shown
    assert f"aliyun vpc ReleaseEipAddress --AllocationId {ADDRESS.resource_id}" in shown
    assert "billed by the hour" in shown or "按小时计费" in shown


def test_a_server_group_that_a_listener_is_led_to_meanwhile_stays() -> None:
    """It is looked at again right before it is deleted."""
    used = replace(PAIR, attached_to="tcp/3306")
    small = cloud(PAIR, before_deletion=lambda over: over.things.update({PAIR.resource_id: used}))

    assert run(small) == {PAIR.resource_id: Fate.KEPT}
    assert small.deleted == []


def test_everything_that_is_listed_tells_its_owner() -> None:
    """Two deployments in one account: who asks which one this is."""
    listing = sweep(cloud()).look()

    assert {one["owner"] for one in listing_data(listing)["things"]} == {"default"}
    for wording in (Wording(), Wording(Language.CHINESE)):
        assert "default" in plain_text(sweep_view(listing, wording))


def test_a_second_sweep_finds_nothing_more() -> None:
    """Repeating it changes nothing."""
    small = cloud()
    run(small)

    assert run(small) == {}


def test_an_interrupted_sweep_is_finished_by_the_next() -> None:
    """The snapshots of an image that is gone go on their own."""
    small = cloud()
    sweeping = sweep(small)
    next(iter(sweeping.apply(sweeping.look().going, small)))

    assert run(small) == {SNAPSHOT.resource_id: Fate.DELETED}


def test_names_narrow_the_sweep() -> None:
    """Only the named disk is listed and deleted, although more is due."""
    small = cloud()

    assert run(small, DISK.resource_id) == {DISK.resource_id: Fate.DELETED}
    assert small.deleted == [DISK.resource_id]


def test_a_named_snapshot_waits_for_its_image() -> None:
    """The image is not named, so it stays, and uses it."""
    listing = sweep(cloud(), SNAPSHOT.resource_id).look()

    assert reasons(listing) == {Kind.SNAPSHOT: Reason.USED}


@pytest.mark.parametrize("owner", ["team-b", None])
def test_a_name_that_is_not_ours_is_refused(owner: str | None) -> None:
    """Whether it is unknown or another owner's."""
    foreign = {identity.TAG_ID: ID} | ({identity.TAG_OWNER: owner} if owner else {})
    small = cloud(*EVERYTHING, replace(DISK, resource_id="d-theirs", tags=foreign))

    with pytest.raises(Permanent, match=r"d-nobody, d-theirs: no leftover of owner default"):
        sweep(small, "d-theirs", "d-nobody").look()


def test_other_owners_are_counted_and_not_touched() -> None:
    """Two deployments in one account."""
    theirs = {**TAGS, identity.TAG_OWNER: "team-b", identity.TAG_ID: "b" * 32}
    small = cloud(*EVERYTHING, replace(DISK, resource_id="d-theirs", tags=theirs))

    assert sweep(small).look().others == 1
    assert "d-theirs" not in run(small)


def test_an_image_that_stays_keeps_its_snapshots() -> None:
    """Somebody launched another instance from it."""
    small = cloud(others_use={IMAGE.resource_id: ("i-other", REPLACEMENT.resource_id)})
    listing = sweep(small).look()

    assert reasons(listing)[Kind.IMAGE] is reasons(listing)[Kind.SNAPSHOT] is Reason.USED
    assert [one.verdict.about for one in listing.items if one.thing.kind is Kind.IMAGE] == [
        "i-other"
    ]


def test_an_image_with_an_untagged_snapshot_stays() -> None:
    """Deleting it would leave the snapshot where no list shows it."""
    small = cloud(replace(IMAGE, snapshots=(SNAPSHOT.resource_id, "s-2")), SNAPSHOT, REPLACEMENT)

    assert reasons(sweep(small).look())[Kind.IMAGE] is Reason.STRAYS


@pytest.mark.parametrize(
    ("changed", "goes"),
    [
        ({}, True),
        ({"created_at": NOW - 600_001}, False),
        ({"created_at": None}, False),
        ({"status": "progressing"}, False),
        ({"tags": TAGS}, False),
        ({"disk_id": "d-other"}, False),
    ],
)
def test_a_disk_goes_unnamed_once_somebody_has_saved_it(
    changed: dict[str, Any], *, goes: bool
) -> None:
    """By a finished snapshot, not ours, of this disk, begun after it was last detached."""
    saved = Leftover(
        Kind.SNAPSHOT,
        "s-9",
        status="accomplished",
        created_at=NOW - 600_000,
        disk_id=DISK.resource_id,
    )
    small = cloud(snapshots=(replace(saved, **changed),))

    assert (run(small).get(DISK.resource_id) is Fate.DELETED) is goes


def swapped(**changed: Any) -> Callable[[SmallCloud], None]:
    def change(small: SmallCloud) -> None:
        small.things[IMAGE.resource_id] = replace(IMAGE, **changed)

    return change


def stopped(small: SmallCloud) -> None:
    small.things[REPLACEMENT.resource_id] = replace(REPLACEMENT, status="Stopped")


def released(small: SmallCloud) -> None:
    del small.things[REPLACEMENT.resource_id]


def launched_from(small: SmallCloud) -> None:
    small.others_use[IMAGE.resource_id] = ("i-other",)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (swapped(tags={**TAGS, "keep": "please"}), Reason.CHANGED),
        (swapped(tags={}), Reason.CHANGED),
        (swapped(name="golden"), Reason.CHANGED),
        (swapped(status="UnAvailable"), Reason.UNFINISHED),
        (stopped, Reason.ONLY_COPY),
        (released, Reason.ONLY_COPY),
        (launched_from, Reason.USED),
    ],
)
def test_what_happens_between_the_list_and_the_deletion_counts(
    meanwhile: Callable[[SmallCloud], None], reason: Reason
) -> None:
    """Everything is looked at again right before, the replacement too."""
    small = cloud()
    sweeping = sweep(small)
    going = sweeping.look().going
    meanwhile(small)

    image, *_ = sweeping.apply(going, small)

    assert (image.fate, image.verdict and image.verdict.reason) == (Fate.KEPT, reason)
    assert IMAGE.resource_id not in small.deleted


def test_a_refused_image_keeps_its_snapshot_and_the_rest_goes_on() -> None:
    """The refusal is told by its code."""
    small = cloud(answers={IMAGE.resource_id: [Refused("ImageUseShared")]})
    sweeping = sweep(small, IMAGE.resource_id, SNAPSHOT.resource_id, DISK.resource_id)

    results = list(sweeping.apply(sweeping.look().going, small))

    assert [(one.fate, one.why) for one in results] == [
        (Fate.REFUSED, "ImageUseShared"),
        (Fate.KEPT, ""),
        (Fate.DELETED, ""),
    ]
    assert [one.is_failure for one in results] == [True, False, False]


def test_what_is_gone_already_is_no_failure() -> None:
    """Another sweep, or a person, was quicker."""
    small = cloud(before_deletion=lambda small: small.things.pop(IMAGE.resource_id) and None)

    assert run(small) == {IMAGE.resource_id: Fate.GONE, SNAPSHOT.resource_id: Fate.DELETED}


@pytest.mark.parametrize(("took_effect", "fate"), [(True, Fate.DELETED), (False, Fate.UNANSWERED)])
def test_a_lost_answer_is_looked_up(fate: Fate, *, took_effect: bool) -> None:
    """Deleted when the thing is gone; else a failure that the next sweep repairs."""
    lost = UnknownOutcome("DeleteImage got no answer")
    small = cloud(answers={IMAGE.resource_id: [lost]})
    deleting = small.delete

    def delete(kind: Kind, resource_id: str) -> DeleteAnswer:
        if took_effect and resource_id == IMAGE.resource_id:
            small.things.pop(resource_id)
        return deleting(kind, resource_id)

    small.delete = delete  # type: ignore[method-assign]

    assert run(small)[IMAGE.resource_id] is fate


def test_an_outage_is_told_and_the_rest_goes_on() -> None:
    """A busy cloud is no reason to stop."""
    small = cloud(answers={IMAGE.resource_id: [Transient("DeleteImage was refused: busy")]})

    assert run(small, IMAGE.resource_id, DISK.resource_id) == {
        IMAGE.resource_id: Fate.UNANSWERED,
        DISK.resource_id: Fate.DELETED,
    }


@pytest.mark.parametrize(("refusals", "fate"), [(1, Fate.DELETED), (2, Fate.DELETED), (3, Fate.UNANSWERED)])  # fmt: skip
def test_a_refusal_for_rate_is_waited_out_within_bounds(refusals: int, fate: Fate) -> None:
    """In real seconds of the clock, never longer than a minute and a bit, never more than thrice."""
    throttled = [Throttled("later", retry_at=NOW + 1e9) for _ in range(refusals)]
    small = cloud(answers={IMAGE.resource_id: list(throttled)})
    pauses: list[float] = []
    sweeping = sweep(small, IMAGE.resource_id, pauses=pauses)

    (result,) = sweeping.apply(sweeping.look().going, small)

    assert result.fate is fate
    assert pauses == [WAIT_SECONDS_MAX / 2] * min(refusals, TRIES_MAX - 1)


def test_without_prices_the_list_is_as_good() -> None:
    """And says why there are none."""
    listing = sweep(cloud(priceless=Permanent("DescribePrice was refused"))).look()

    assert listing.priceless == "DescribePrice was refused"
    assert [one.price for one in listing.items] == [None] * 4
    assert len(listing.going) == 2


@pytest.mark.parametrize("language", list(Language))
def test_the_list_fits_eighty_cells(language: Language) -> None:
    """With Chinese names and every reason's text."""
    shown = plain_text(sweep_view(sweep(cloud()).look(), Wording(language)), 80)

    assert max(map(cell_len, shown.splitlines())) <= 80
    assert "订单服务-01" in shown
    assert "40.00 CNY" in shown


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("columns", [30, 40, 72])
def test_a_narrow_list_has_its_heads_on_every_line(language: Language, columns: int) -> None:
    """A row that is broken leaves figures that say nothing."""
    wording = Wording(language)
    shown = plain_text(sweep_view(sweep(cloud()).look(), wording), columns)
    told = " ".join(shown.split())

    assert max(map(cell_len, shown.splitlines())) <= columns
    assert wording("column.kind") not in shown.splitlines()[0]
    for one in EVERYTHING:
        assert one.resource_id in told
    for name, value in {"size": "40 GiB", "not_before": "2026-11-30", "month": "40.00 CNY"}.items():
        assert wording("because", what=wording(f"column.{name}"), why=value) in told


@pytest.mark.parametrize("language", list(Language))
def test_columns_are_aligned_by_cells(language: Language) -> None:
    """Ids begin in the same cell, whatever the width of the words before them."""
    lines = plain_text(sweep_view(sweep(cloud()).look(), Wording(language)), 80).splitlines()
    ids = [one.resource_id for one in EVERYTHING]
    starts = {
        cell_len(line[: line.index(one)])
        for line in lines
        for one in ids
        if one in line and line[2:3] != " "
    }

    assert starts == {11}


def test_money_is_added_up() -> None:
    """What goes and what stays; what has no price is not invented."""
    shown = plain_text(sweep_view(sweep(cloud()).look(), Wording()), 80)

    assert "2 of 4 may go: images: 1, snapshots: 1." in shown
    assert "That saves 40.00 CNY a month" in shown
    assert "unknown" in shown


def test_an_empty_list_is_one_sentence() -> None:
    """And a list of others names only their number."""
    nothing = SmallCloud({})

    assert plain_text(sweep_view(sweep(nothing).look(), Wording())) == (
        "Nothing of this owner is left.\n"
    )


@pytest.mark.parametrize("fate", list(Fate))
@pytest.mark.parametrize("language", list(Language))
def test_every_fate_reads(fate: Fate, language: Language) -> None:
    """With its reason."""
    line = result_line(Result(IMAGE, fate, "Some.Code"), Wording(language))

    assert IMAGE.resource_id in line
    assert line.endswith("Some.Code")


def test_the_end_counts() -> None:
    """Deleted and gone together, refused and unanswered together."""
    results = [Result(IMAGE, fate) for fate in Fate]

    assert ending(results, Wording()) == ("2 deleted, 1 kept at the second look, 2 not deleted.")


def test_data_for_programs() -> None:
    """One record per thing, and one per deletion."""
    listing = sweep(cloud()).look()
    data = listing_data(listing)
    (image,) = [one for one in data["things"] if one["kind"] == "image"]

    assert image == {
        "id": IMAGE.resource_id,
        "kind": "image",
        "name": IMAGE.name,
        "status": "Available",
        "recreation": ID,
        "owner": "default",
        "source": SOURCE,
        "size": 40,
        "created_at": "2026-11-22T07:33:20Z",
        "delete_after": "2026-11-30T10:00:00Z",
        "monthly_price": 40.0,
        "currency": "CNY",
        "held_by": REPLACEMENT.resource_id,
        "goes": True,
        "reason": "due",
        "about": "",
    }
    assert result_data(Result(IMAGE, Fate.REFUSED, "Code")) == {
        "id": IMAGE.resource_id,
        "kind": "image",
        "fate": "refused",
        "why": "Code",
    }


@pytest.mark.parametrize("is_handed_over", [True, False])
def test_server_groups_are_looked_for_where_memberships_are_handed_over(
    monkeypatch: pytest.MonkeyPatch, *, is_handed_over: bool
) -> None:
    """Elsewhere the role has no grant for it, and the calls would be for nothing."""
    sweeping = leftovers_of(monkeypatch, is_handed_over=is_handed_over)

    assert sweeping.with_pairs is is_handed_over


def test_addresses_are_looked_for_whatever_is_handed_over_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One may be left of a time when it was."""
    assert leftovers_of(monkeypatch, is_handed_over=False).with_addresses


def leftovers_of(monkeypatch: pytest.MonkeyPatch, *, is_handed_over: bool) -> EcsLeftovers:
    """Where the sweep looks, with and without a handover of memberships."""
    handover = SimpleNamespace(load_balancers=is_handed_over)
    settings = SimpleNamespace(handover=handover, owner="default")
    around: Any = SimpleNamespace(settings=settings, clock=StandingClock())
    endpoint = SimpleNamespace(call=None, region="", limiter=None, clock=None, telemetry=None)
    monkeypatch.setattr(operators, "build_endpoint", lambda _around: endpoint)
    sweeping = operators.build_sweep(around, Patience(StandingClock(), print), frozenset())
    assert isinstance(sweeping.leftovers, EcsLeftovers)
    return sweeping.leftovers


LOST = "DescribePrice got no answer (no answer in time)"


def test_no_english_is_left_in_what_is_told_in_chinese() -> None:
    """Why there are no prices, and why a thing was not deleted."""
    chinese = Wording(Language.CHINESE)
    listing = sweep(cloud(priceless=Transient(LOST))).look()

    shown = plain_text(sweep_view(listing, chinese))
    line = result_line(Result(IMAGE, Fate.UNANSWERED, LOST), chinese)

    for text in (shown, line):
        assert "DescribePrice 没有得到应答（应答超时）" in text.replace("\n", "")


def test_the_command_that_deletes_names_what_was_named() -> None:
    """Without its id a retained disk stays."""
    assert how([], Wording()) == "Delete them with: aliyun-ops sweep --apply"
    named = how([DISK.resource_id], Wording(Language.CHINESE))
    assert named.endswith(f"aliyun-ops sweep --apply {DISK.resource_id}")
