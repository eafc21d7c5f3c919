"""Whoever brought a message to a dead-letter queue: what it says, and whether it is meant."""

import base64
import json
from collections.abc import Mapping

import pytest

from worker.core.dead_letters import DeadLetter, Filter, Origin, read_dead_letter
from worker.core.messages import Home, Split, Unreadable, Work, write_attributes, write_parked
from worker.core.outcomes import Park, Parked
from worker.core.progress import Progress
from worker.core.replaying import Stop

KEY = b"0123456789abcdef"
HOME = Home("1234567890123456", "cn-hangzhou", "default")
NOW = 1_796_040_000.0
SOURCE = "i-bp1source00000000001"
BODY = json.dumps({"instanceId": SOURCE, "action": "delete"})
PROGRESS = Progress("1234567890123456", "cn-hangzhou", SOURCE, NOW - 7_200, NOW - 7_190, seen=True)
PARKED = Parked(
    PROGRESS, Park.NO_STOCK, "none of 3 candidates could be had", "NoStock", "Permanent"
)
HOUR = 3_600.0


def letter(
    body: str = BODY,
    attributes: Mapping[str, str] | None = None,
    *,
    is_delivery: bool = False,
    keys: tuple[bytes, ...] = (KEY,),
) -> DeadLetter:
    return read_dead_letter(
        "0123456789ABCDEF0123456789ABCDEF",
        body,
        attributes or {},
        queue="dead",
        is_delivery=is_delivery,
        enqueued_at=NOW - HOUR,
        received=1,
        now=NOW,
        home=HOME,
        keys=keys,
    )


def parked(verdict: Parked = PARKED, body: str = BODY) -> DeadLetter:
    attributes = write_parked(verdict, body, step="launch", at=NOW - 1_800.0, key=KEY)
    return letter(body, attributes)


def test_a_parked_message_tells_all_that_a_person_needs() -> None:
    """Reason, class and code of the error, times, step, source, advice, progress."""
    one = parked()

    assert (one.origin, one.trusted, one.park, one.step) == (
        Origin.PARKED,
        True,
        "no_stock",
        "launch",
    )
    assert one.facts["parked-error"] == "Permanent"
    assert one.facts["parked-code"] == "NoStock"
    assert one.facts["received-at"] == "2026-11-30T10:00:10Z"
    assert one.facts["parked-at"] == "2026-11-30T11:30:00Z"
    assert one.advice == Park.NO_STOCK.advice
    assert one.sources == (SOURCE,)
    assert one.progress == PROGRESS
    assert one.stop == Stop("no_stock", "Permanent", "launch")
    assert not [name for name in one.facts if name.startswith("data-")]


def test_age_counts_from_the_parking_and_not_from_the_last_sending() -> None:
    """A dead letter that was sent again to be kept is not young; nothing is from the future."""
    assert parked().since == NOW - 1_800.0
    assert letter().since == NOW - HOUR
    late = write_parked(PARKED, BODY, step="launch", at=NOW + HOUR, key=KEY)
    assert letter(attributes=late).since == NOW


def test_a_message_that_the_queue_moved_goes_on_from_its_progress_if_it_kept_it() -> None:
    """With attributes it is a recreation, without them it is the event that it was."""
    kept = letter(attributes=write_attributes(PROGRESS, BODY, step="launch", key=KEY))
    bare = letter()

    assert (kept.origin, kept.progress, kept.step) == (Origin.MOVED, PROGRESS, "launch")
    assert (bare.origin, bare.progress, bare.sources) == (Origin.MOVED, None, (SOURCE,))
    assert bare.trusted is None


@pytest.mark.parametrize(
    "spelling", [lambda text: text, lambda text: base64.b64encode(text.encode()).decode()]
)
def test_an_undelivered_event_is_read_raw_and_in_base64(spelling: object) -> None:
    """How EventBridge writes it is not documented."""
    one = letter(spelling(BODY), is_delivery=True)  # type: ignore[operator]

    assert one.origin is Origin.UNDELIVERED
    assert isinstance(one.reading, Work)
    assert one.sources == (SOURCE,)


def test_forged_attributes_count_for_nothing() -> None:
    """What they say is shown as not trusted, and only the body is read."""
    genuine = write_parked(PARKED, BODY, step="launch", at=NOW, key=KEY)
    forged = letter(attributes={**genuine, "parked-error": "Transient"})

    assert forged.trusted is False
    assert forged.progress is None
    assert forged.stop == Stop()
    assert forged.step == ""


def test_without_a_key_nothing_is_trusted_or_called_forged() -> None:
    """A person without the key can still read what is there."""
    attributes = write_parked(PARKED, BODY, step="launch", at=NOW, key=KEY)
    one = letter(attributes=attributes, keys=())

    assert one.trusted is None
    assert one.progress is None
    assert one.facts["parked"] == "no_stock"


def test_several_events_and_garbage_are_told_apart() -> None:
    """The one is sent as it is, the other stays."""
    other = "i-bp1other00000000001"
    many = letter(json.dumps([json.loads(BODY), {"instanceId": other, "action": "delete"}]))
    garbage = parked(Parked(None, Park.UNREADABLE, "not JSON", "not_json", "Malformed"), "garbage")

    assert isinstance(many.reading, Split)
    assert many.sources == (SOURCE, other)
    assert isinstance(garbage.reading, Unreadable)
    assert garbage.sources == ()


@pytest.mark.parametrize(
    ("wanted", "takes"),
    [
        (Filter(), True),
        (Filter(ids=("0123456789abc",)), True),
        (Filter(ids=("i-bp1source",)), True),
        (Filter(ids=(PROGRESS.recreation_id[:8],)), True),
        (Filter(ids=("nothing", "i-bp1source")), True),
        (Filter(ids=("9",)), False),
        (Filter(ids=("",)), False),
        (Filter(instance=SOURCE), True),
        (Filter(instance=SOURCE[:-1]), False),
        (Filter(step="launch"), True),
        (Filter(step="image"), False),
        (Filter(error="no_stock"), True),
        (Filter(error="NoStock"), True),
        (Filter(error="permanent"), True),
        (Filter(error="moved"), False),
        (Filter(older_than=1_700.0), True),
        (Filter(older_than=1_900.0), False),
        (Filter(younger_than=1_900.0), True),
        (Filter(younger_than=1_700.0), False),
        (Filter(instance=SOURCE, step="image"), False),
    ],
)
def test_filters(wanted: Filter, takes: bool) -> None:  # noqa: FBT001
    """Each alone, and all of them together."""
    assert wanted.takes(parked(), NOW) is takes


def test_bare_ones_are_found_by_who_brought_them() -> None:
    """They have no reason of ours."""
    assert Filter(error="moved").takes(letter(), NOW)
    assert Filter(error="undelivered").takes(letter(is_delivery=True), NOW)
    assert not Filter(error="moved").takes(letter(is_delivery=True), NOW)
