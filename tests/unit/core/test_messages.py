"""What a delivery means, and what a successor and a parked message carry."""

import json
import random
import string
from collections.abc import Mapping
from dataclasses import replace

import pytest

from worker.core import signing
from worker.core.identity import TAG_ID
from worker.core.messages import (
    MESSAGE_BYTES_MAX,
    Home,
    Nothing,
    Reading,
    Split,
    Unreadable,
    Work,
    read_message,
    write_attributes,
    write_parked,
)
from worker.core.model import Disk, Instance, Interface
from worker.core.outcomes import Park, Parked
from worker.core.progress import Belongings, Captured, Looked, Progress, Retained, TagsOf

NOW = 1_795_392_010.0
ARRIVED = NOW - 2.0
HOME = Home("1234567890123456", "cn-hangzhou")
KEY, OLD_KEY = b"the-newest-signing-key", b"the-previous-signing-key"
SOURCE, OTHER = "i-bp1source00000000001", "i-bp1source00000000002"
PARKED = Parked(None, Park.UNREADABLE, "the body is not valid JSON", "not_json")


def event(instance: str = SOURCE, **fields: object) -> dict[str, object]:
    content = {"instanceId": instance, "action": "delete"}
    return {"name": "Instance:PreemptibleInstanceInterruption", "content": content, **fields}


def body_of(*events: object) -> str:
    return json.dumps(events[0] if len(events) == 1 else events)


BODY = body_of(event(id="火"))


def read(
    body: str,
    attributes: Mapping[str, str] | None = None,
    *,
    keys: tuple[bytes, ...] = (KEY, OLD_KEY),
) -> Reading:
    return read_message(body, attributes or {}, arrived_at=ARRIVED, now=NOW, home=HOME, keys=keys)


def read_work(body: str, attributes: Mapping[str, str] | None = None) -> Work:
    reading = read(body, attributes)
    assert isinstance(reading, Work)
    return reading


def size(body: str, attributes: Mapping[str, str]) -> int:
    """Bytes that count against the limit of a message: body, names, types and values."""
    parts = [part for pair in attributes.items() for part in (*pair, "STRING")]
    return len(body.encode()) + sum(len(part.encode()) for part in parts)


# Bare events


def test_bare_event_begins_a_recreation() -> None:
    """A message without attributes is an event, of which nothing is sent yet."""
    work = read_work(BODY)

    assert work.sent is None
    assert (work.progress.instance_id, work.progress.t0) == (SOURCE, ARRIVED)
    assert (work.progress.account, work.progress.region) == (HOME.account, HOME.region)
    assert (work.progress.seen, work.progress.retained, work.progress.hops) == (False, None, 0)


@pytest.mark.parametrize(
    ("told", "t0"),
    [
        ("20261123T080000.000+0800", NOW - 10.0),
        ("20261122T090000.000+0800", NOW - 82_810.0),
        ("20261122T070000.000+0800", ARRIVED),
        ("20261123T080030.000+0800", ARRIVED),
        ("20261123T090000.000+0800", ARRIVED),
        ("soon", ARRIVED),
    ],
)
def test_time_of_an_event_is_believed_near_its_arrival_only(told: str, t0: float) -> None:
    """An event's time may lie a day before its arrival; it never moves T0 behind it."""
    work = read_work(body_of(event(eventTime=told)))

    assert work.progress.t0 == t0


@pytest.mark.parametrize("elsewhere", [{"userId": "9999999999999999"}, {"regionId": "cn-beijing"}])
def test_event_for_another_place_is_parked(elsewhere: dict[str, str]) -> None:
    """An event that names another account or region is not acted on."""
    reading = read(body_of(event(**elsewhere)))

    assert isinstance(reading, Unreadable)
    assert reading.park is Park.FOREIGN


def test_unreadable_body_is_parked_with_its_reason() -> None:
    """What cannot be read is kept for a person, with the code of what is wrong."""
    reading = read("hello")

    assert isinstance(reading, Unreadable)
    assert (reading.park, reading.code) == (Park.UNREADABLE, "not_json")


def test_other_event_asks_for_nothing() -> None:
    """An event that is not for us says why it is let go."""
    reading = read(json.dumps({"type": "ecs:Instance:StateChange", "data": {}}))

    assert reading == Nothing("an event of type ecs:Instance:StateChange")


# Lists


def test_several_interruptions_are_split() -> None:
    """Each interruption of a list becomes a body of its own that says the same."""
    told = {"userId": HOME.account, "regionId": HOME.region, "id": "e-1"}
    body = body_of(
        event(eventTime="20261123T080000.000+0800", **told),
        {"type": "ecs:Instance:StateChange"},
        event(OTHER, **told),
    )

    reading = read(body)

    assert isinstance(reading, Split)
    alone = [read_work(one).progress for one in reading.bodies]
    assert [(one.instance_id, one.t0) for one in alone] == [(SOURCE, NOW - 10.0), (OTHER, ARRIVED)]


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-12:00", "2026-11-23T08:00:00+23:99"]
)
def test_impossible_times_do_not_break_a_split(time: str) -> None:
    """A time that no calendar can write does not stop the interruptions that carry it."""
    reading = read(body_of(event(eventTime=time), event(OTHER, eventTime=time)))

    assert isinstance(reading, Split)
    assert [read_work(one).progress.t0 for one in reading.bodies] == [ARRIVED, ARRIVED]


def test_same_interruption_twice_in_a_list_is_one() -> None:
    """A list that names one instance twice is one recreation."""
    assert read_work(body_of(event(id="a"), event(id="b"))).progress.instance_id == SOURCE


def test_unreadable_element_is_split_off_and_parked() -> None:
    """Beside an interruption, all that cannot be read gets one message, which is then parked."""
    reading = read(body_of(event("x"), event(), "{", 42))

    assert isinstance(reading, Split)
    first, second = reading.bodies
    assert isinstance(read(first), Work)
    assert isinstance(read(second), Unreadable)
    assert json.loads(second) == [event("x"), "{", 42]


def test_list_without_an_interruption_is_parked_whole_when_a_part_is_unreadable() -> None:
    """An unreadable element among events that are not for us is not lost with them."""
    reading = read(body_of({"type": "ecs:Instance:StateChange"}, event("x")))

    assert isinstance(reading, Unreadable)
    assert reading.code == "no_instance_id"


# Signed progress


def test_signed_progress_is_gone_on_with(large_progress: Progress) -> None:
    """What a successor says is what the worker that sent it knew."""
    attributes = write_attributes(large_progress, BODY, step="launch", key=KEY)

    work = read_work(BODY, attributes)

    assert work.progress == work.sent == large_progress


def test_progress_under_the_previous_key_counts(progress: Progress) -> None:
    """A change of keys loses no recreation that is under way."""
    attributes = write_attributes(progress, BODY, step="retain", key=OLD_KEY)

    assert read_work(BODY, attributes).sent == progress


@pytest.mark.parametrize("keys", [(), (b"somebody-else's-key",)])
def test_progress_under_a_foreign_key_is_a_bare_event(
    progress: Progress, keys: tuple[bytes, ...]
) -> None:
    """Attributes that nobody of us signed count for nothing."""
    forged = replace(progress, retained=Retained((), sent=True))
    attributes = write_attributes(forged, BODY, step="launch", key=KEY)

    reading = read(BODY, attributes, keys=keys)

    assert isinstance(reading, Work)
    assert (reading.sent, reading.progress.retained) == (None, None)


def test_progress_does_not_move_to_another_body(progress: Progress) -> None:
    """Signed attributes on another event's body are not believed."""
    attributes = write_attributes(progress, BODY, step="retain", key=KEY)

    assert read_work(body_of(event(OTHER)), attributes).sent is None


def test_progress_of_another_format_is_parked() -> None:
    """Signed attributes of another release are never guessed at."""
    attributes = signing.sign({"format": "2", "data-0": "x"}, BODY, KEY)

    reading = read(BODY, attributes)

    assert isinstance(reading, Unreadable)
    assert reading.code == "progress_format"


def test_progress_of_another_account_is_parked(progress: Progress) -> None:
    """A signed message that strayed in from another deployment is not acted on."""
    stray = replace(progress, account="9999999999999999")

    reading = read(BODY, write_attributes(stray, BODY, step="retain", key=KEY))

    assert isinstance(reading, Unreadable)
    assert reading.park is Park.FOREIGN


def test_progress_of_another_owner_is_parked() -> None:
    """Two deployments with one key and one account do not go on with each other's work."""
    ours, theirs = replace(HOME, owner="blue"), replace(HOME, owner="green")
    begun = read_message(BODY, {}, arrived_at=ARRIVED, now=NOW, home=theirs, keys=(KEY,))
    assert isinstance(begun, Work)
    attributes = write_attributes(begun.progress, BODY, step="retain", key=KEY)

    found = read_message(BODY, attributes, arrived_at=ARRIVED, now=NOW, home=ours, keys=(KEY,))

    assert isinstance(found, Unreadable)
    assert (found.park, found.sentence) == (
        Park.FOREIGN,
        "the progress is of owner green, not blue",
    )


def test_progress_of_an_older_form_has_no_owner(progress: Progress) -> None:
    """What an older release wrote names no owner and is gone on with."""
    attributes = write_attributes(progress, BODY, step="retain", key=KEY)
    home = replace(HOME, owner="blue")

    found = read_message(BODY, attributes, arrived_at=ARRIVED, now=NOW, home=home, keys=(KEY,))

    assert isinstance(found, Work)


@pytest.mark.parametrize("edges", ["", " ", "\r\n", "\n\t"])
@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_progress_survives_folded_line_ends(progress: Progress, line_end: str, edges: str) -> None:
    """XML folds line ends and may trim edges of a body; the progress still counts."""
    body = edges + json.dumps(event(), indent=1).replace("\n", line_end) + edges
    attributes = write_attributes(progress, body, step="retain", key=KEY)

    came = body.replace("\r\n", "\n").replace("\r", "\n").strip()

    assert read_work(came, attributes).sent == progress


# What is written


def test_attributes_stay_inside_the_queue_s_limits(large_progress: Progress) -> None:
    """The largest progress beside the largest body is a message that the queue takes."""
    body = body_of(event(padding="火" * 8_000))

    attributes = write_attributes(large_progress, body, step="launch", key=KEY)

    assert len(attributes) <= 50
    assert max(map(len, attributes)) <= 256
    assert all(0 < len(value) <= 4_096 for value in attributes.values())
    assert size(body, attributes) <= MESSAGE_BYTES_MAX
    assert read_work(body, attributes).sent is not None


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        (30_000, ()),
        (17_850, ("refused candidates",)),
        (17_700, ("refused candidates", "the source's tags in the receipt")),
        (
            0,
            (
                "refused candidates",
                "the source's tags in the receipt",
                "the tags of single disks and interfaces",
                "the timeline",
            ),
        ),
    ],
)
def test_what_does_not_fit_is_left_out_and_named(
    large_progress: Progress, room: int, left_out: tuple[str, ...]
) -> None:
    """Refusals go first, then tags, and the timeline last; what is to be launched is never touched."""
    body = BODY + " " * (MESSAGE_BYTES_MAX - 2_048 - room - len(BODY.encode()))

    attributes = write_attributes(large_progress, body, step="launch", key=KEY)

    sent = read_work(body, attributes).progress
    assert tuple(one.what for one in sent.remarks[len(large_progress.remarks) :]) == left_out
    assert sent.launched.slot == large_progress.launched.slot
    assert sent.specified is not None
    assert large_progress.specified is not None
    assert sent.specified.launch == large_progress.specified.launch
    assert sent.specified.candidates == large_progress.specified.candidates


DISKS, TAGS = 17, 20


def with_tagged_parts(progress: Progress, letters: str, *, alike: bool) -> Progress:
    """A source whose disks and interface have all the tags that the cloud allows them."""
    rng = random.Random(1)

    def text() -> str:
        return "".join(rng.choice(letters) for _ in range(128))

    def tags() -> dict[str, str]:
        return {TAG_ID: progress.recreation_id, **{text(): text() for _ in range(TAGS)}}

    first = tags()
    disks = tuple(
        Disk(
            f"d-bp{number:020d}",
            "data",
            "cloud_essd",
            20,
            f"/dev/xvd{number}",
            tags=first if alike else tags(),
        )
        for number in range(DISKS)
    )
    captured = Captured(Instance(SOURCE, "Running", "ecs.g7.large", "cn-hangzhou-h"), disks, "")
    known = Belongings(
        interfaces=(Interface("eni-bp1", True, "InUse", tags=first),),
        tags=tuple(TagsOf(disk.device, tuple(sorted(disk.tags.items()))) for disk in disks),
    )
    looked = Looked(captured.instance, disks)
    return replace(progress, looked=looked, captured=captured, belongings=known)


@pytest.mark.parametrize(
    ("letters", "alike"),
    [
        ("火水木金土日月山川田", True),
        ("火水木金土日月山川田", False),
        (string.ascii_letters, False),
    ],
)
def test_tags_of_parts_never_keep_a_progress_from_its_message(
    progress: Progress, letters: str, *, alike: bool
) -> None:
    """Those of seventeen disks are more than a message holds, or than its reader unpacks."""
    tagged = with_tagged_parts(progress, letters, alike=alike)

    attributes = write_attributes(tagged, BODY, step="spec", key=KEY)

    assert size(BODY, attributes) <= MESSAGE_BYTES_MAX
    sent = read_work(BODY, attributes).progress
    assert sent.captured is not None
    assert [disk.tags for disk in sent.captured.disks] == [{TAG_ID: progress.recreation_id}] * DISKS
    assert "the tags of single disks and interfaces" in [one.what for one in sent.remarks]


def test_reason_is_parked_where_a_progress_fits_into_no_message(progress: Progress) -> None:
    """What cannot travel at all must not keep the body and the reason from a person."""
    rng = random.Random(1)
    text = "".join(rng.choice(string.ascii_letters) for _ in range(100_000))
    endless = replace(progress, launched=replace(progress.launched, private_ip=text))

    attributes = write_parked(Parked(endless, Park.REFUSED, "no"), BODY, step="", at=NOW, key=KEY)

    assert attributes["parked"] == Park.REFUSED.value
    assert size(BODY, attributes) <= MESSAGE_BYTES_MAX
    assert read_work(BODY, attributes).sent is None


def test_readable_attributes_are_plain_ascii(large_progress: Progress) -> None:
    """What a person reads in the console has no line ends, no edges and no other alphabet."""
    odd = replace(large_progress, moot_reason="  火\n<&> ")

    attributes = write_attributes(odd, BODY, step="launch", key=KEY)

    assert attributes["moot"] == "??<&>"
    assert attributes["source"] == SOURCE
    for name, value in attributes.items():
        assert value.isascii(), name
        assert value.isprintable(), name
        assert value == value.strip(), name


def test_a_person_reads_which_candidate_is_tried_and_why(large_progress: Progress) -> None:
    """The place in the order, the round through it, and the reason that ordered it so."""
    specified = large_progress.specified
    assert specified is not None
    why = "the source's type in another zone"
    last = replace(specified.candidates[-1], why=why)
    order = (*specified.candidates[:-1], last)
    explained = replace(large_progress, specified=replace(specified, candidates=order))

    attributes = write_attributes(explained, BODY, step="launch", key=KEY)

    assert attributes["candidate"] == f"{last.label}, {len(order)} of {len(order)}, epoch 3: {why}"


def test_text_without_a_visible_character_is_left_out(progress: Progress) -> None:
    """A queue loses attributes without a value, and the signature with them."""
    blank = replace(progress, moot_reason="   ")

    assert "moot" not in write_attributes(blank, BODY, step="", key=KEY)


def test_parked_message_says_why_and_what_to_do(large_progress: Progress) -> None:
    """A person finds reason, code, time and advice beside the progress."""
    parked = Parked(large_progress, Park.NO_STOCK, "none could be had", "OperationDenied.NoStock")

    attributes = write_parked(parked, BODY, step="launch", at=NOW, key=KEY)

    assert attributes["parked"] == "no_stock"
    assert attributes["parked-because"] == "none could be had"
    assert attributes["parked-code"] == "OperationDenied.NoStock"
    assert attributes["parked-at"] == "2026-11-23T00:00:10Z"
    assert attributes["what-to-do"] == Park.NO_STOCK.advice
    assert read_work(BODY, attributes).sent == large_progress


def test_parked_event_comes_back_as_a_bare_event() -> None:
    """A replayed message that never had progress is read as it was delivered."""
    parked = Parked(None, Park.FOREIGN, "the event is for another region")

    attributes = write_parked(parked, BODY, step="", at=NOW, key=KEY)

    assert signing.is_signed(attributes, BODY, (KEY,))
    assert read_work(BODY, attributes).sent is None


@pytest.mark.parametrize("spare", [0, 50, 200, 2_200, 2_400, 3_000])
def test_parked_body_of_any_size_fits(spare: int) -> None:
    """A body that fills a message is parked all the same: it is what must not be lost."""
    body = "x" * (MESSAGE_BYTES_MAX - spare)

    attributes = write_parked(PARKED, body, step="", at=NOW, key=KEY)

    assert size(body, attributes) <= MESSAGE_BYTES_MAX
    assert not attributes or signing.is_signed(attributes, body, (KEY,))


def test_reason_is_the_last_thing_that_a_large_body_displaces() -> None:
    """Where not all fits, the word for what happened stays."""
    body = "x" * (MESSAGE_BYTES_MAX - 2_100)

    assert write_parked(PARKED, body, step="", at=NOW, key=KEY)["parked"] == "unreadable"
