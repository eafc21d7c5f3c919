"""Forged, foreign and malformed messages of every class: none of them changes anything in the cloud.

Each row is run twice over the whole machine: alone, and beside a true interruption, which must come
out as if the row were not there. Judged from the calls that reached the ports and from the cloud's
ledger. No message goes without a word: it ends in a logged line with a reason, or in the dead-letter
queue with the body as it came.
"""

import base64
import json
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from emulator.assumptions import Assumptions
from emulator.state.queues import OutMessage, Property
from tests.simulation.faults import CHANGING
from tests.simulation.harness import ACCOUNT, DEAD, KEY, QUEUE, REGION, Simulation, simulate
from tests.simulation.invariants import MOVING, violations
from tests.simulation.scenarios import (
    add_source,
    interrupt,
    is_quiet,
    recover,
    replacements,
    waiting,
)
from tests.simulation.schedules import (
    BY_SIZE,
    EVERYTHING,
    HANDED_OVER,
    LARGE,
    QUICK,
)
from worker.core import identity, signing
from worker.core.events import BODY_BYTES_MAX, DEPTH_MAX, ITEMS_MAX, KEYS_MAX, WRAPPINGS_MAX
from worker.core.messages import Home
from worker.core.notices import Kind
from worker.core.policy import Policy

SOURCE_ID = "i-bp1source00000000001"
VICTIM_ID = "i-bp1victim00000000001"
UNKNOWN_ID = "i-bp1nobody00000000001"
OTHER_KEY = b"a key of somebody else"
OTHER_ACCOUNT = "9999999999999999"
# Where what a person must see went.
FALSE_ALARM, NOT_OURS = "finished false_alarm", "finished not_ours"
GONE, FOREIGN = "parked source_gone", "parked foreign_account"

Attributes = Mapping[str, str]
Message = tuple[str, Attributes]


def told(instance: str = VICTIM_ID, **fields: Any) -> str:
    """A notice in the flat form, as anybody can write it who may send to the queue."""
    content = {"instanceId": instance, "action": "delete"}
    whole = {"name": "Instance:PreemptibleInstanceInterruption", "content": content, **fields}
    return json.dumps({key: value for key, value in whole.items() if value is not None})


VICTIM, SOURCE = told(VICTIM_ID), told(SOURCE_ID)


@dataclass(frozen=True)
class Row:
    """One class of messages.

    Attributes:
        ends: What becomes of the messages, in any order.
        messages: Makes bodies and attributes.
        seed: The instance `VICTIM_ID`, where it is to be something special; it is reclaimed then.
        policy: Of the worker.
        mistrusted: Whether the log warns of a signature that is not ours.
        reason: What the log says of it, in part.
    """

    name: str
    ends: tuple[str, ...]
    messages: Callable[[], tuple[Message, ...]]
    seed: Mapping[str, Any] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    mistrusted: bool = False
    reason: str = ""


def bodies(*texts: str) -> Callable[[], tuple[Message, ...]]:
    return lambda: tuple((text, {}) for text in texts)


@cache
def real() -> Attributes:
    """What a successor of a true recreation of `SOURCE_ID` carries beside the body `SOURCE`."""
    simulation = simulate(ecs=QUICK)
    source = add_source(simulation, instance_id=SOURCE_ID)
    simulation.start_worker("one")
    interrupt(simulation, source, publish_event=False)
    deliver(simulation, (SOURCE, {}))
    recover(simulation)
    attributes = dict(simulation.sent[0])
    assert attributes["step"] == "launch"
    assert signing.is_signed(attributes, SOURCE, (KEY,))
    return attributes


def unsigned() -> dict[str, str]:
    return {name: value for name, value in real().items() if name != signing.SIGNATURE}


def packed(values: object) -> dict[str, str]:
    """Progress of any values, in the form of today."""
    plain = values if isinstance(values, bytes) else json.dumps(values).encode()
    text = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode()
    chunks = [text[at : at + 4_000] for at in range(0, len(text), 4_000)]
    return {"format": "1", **{f"data-{number}": chunk for number, chunk in enumerate(chunks)}}


def claimed(**changes: Any) -> dict[str, Any]:
    """Progress that says that the disks are kept and the image is made."""
    at = 1_795_392_100.0
    return {
        "account": ACCOUNT,
        "region": REGION,
        "instance_id": VICTIM_ID,
        "t0": at,
        "received_at": at,
        "seen": True,
        "retained": {"disks": [], "tagged": True, "sent": True},
        "imaged": {"name": f"recreation-{'0' * 32}", "accepted_at": at, "image_id": "m-bp1"},
        **changes,
    }


def signature(change: Callable[[str], str], *, body: str = SOURCE) -> Callable[[], Any]:
    """Real attributes whose signature is another one."""
    return lambda: ((body, {**unsigned(), signing.SIGNATURE: change(real()[signing.SIGNATURE])}),)


def attributes(change: Callable[[dict[str, str]], Attributes]) -> Callable[[], Any]:
    """Real attributes of which some are others, under the real signature."""
    return lambda: ((SOURCE, change(dict(real()))),)


def signed(values: Attributes, body: str = VICTIM) -> Callable[[], tuple[Message, ...]]:
    """What somebody could send who has the key, or another release of ours."""
    return lambda: ((body, signing.sign(values, body, KEY)),)


def wrapped(text: str, times: int) -> str:
    for _ in range(times):
        text = json.dumps({"type": "mns:Queue:SendMessage", "data": {"messageBody": text}})
    return text


def unreadable(code: str) -> tuple[str, ...]:
    return (f"parked unreadable {code}",)


INSTANCES = (
    Row("an instance that is not being reclaimed", (FALSE_ALARM,), bodies(VICTIM)),
    Row("an instance that is not known", (GONE,), bodies(told(UNKNOWN_ID))),
    Row(
        "a pay-as-you-go instance",
        (NOT_OURS,),
        bodies(VICTIM),
        seed={"spot_strategy": "NoSpot"},
        reason="not a spot instance",
    ),
    *(
        Row(
            f"an instance that is managed by {manager}",
            (NOT_OURS,),
            bodies(VICTIM),
            seed={"tags": {key: "x"}},
            reason=f"{manager} manages it",
        )
        for key, manager in {
            "acs:autoscaling:scalingGroupId": "a scaling group",
            "ack.aliyun.com": "a Container Service cluster",
            "kubernetes.io/cluster/c1": "a Kubernetes cluster",
        }.items()
    ),
    Row(
        "an instance that is to be left alone",
        (NOT_OURS,),
        bodies(VICTIM),
        seed={"tags": {"spot-recreation:skip": "yes"}},
        reason="asks to leave it alone",
    ),
    Row(
        "an instance that is not selected",
        (NOT_OURS,),
        bodies(VICTIM),
        seed={"tags": {"team": "other"}},
        policy=Policy(select_tags=(("team", "订单"),)),
        reason="lacks the tag team",
    ),
    Row(
        "the worker's own host",
        (NOT_OURS,),
        bodies(VICTIM),
        seed={"tags": {}},
        policy=Policy(own_instance_id=VICTIM_ID),
        reason="the worker's own host",
    ),
)
PLACES = (
    Row("a foreign account", (FOREIGN,), bodies(told(userId=OTHER_ACCOUNT))),
    Row("a foreign account as a number", (FOREIGN,), bodies(told(userId=int(OTHER_ACCOUNT)))),
    Row("a foreign region", (FOREIGN,), bodies(told(regionId="cn-beijing"))),
    Row(
        "a foreign account in the resource's name",
        (FOREIGN,),
        bodies(told(resourceId=f"acs:ecs:{REGION}:{OTHER_ACCOUNT}:instance/{VICTIM_ID}")),
    ),
    Row(
        "two accounts in one event",
        unreadable("contradiction"),
        bodies(
            told(
                userId=ACCOUNT,
                resourceId=f"acs:ecs:{REGION}:{OTHER_ACCOUNT}:instance/{VICTIM_ID}",
            )
        ),
    ),
    Row("no account id", unreadable("bad_account_id"), bodies(told(userId="１２３４５６７８"))),
    Row(
        "signed progress of another account",
        (FOREIGN,),
        signed(packed(claimed(account=OTHER_ACCOUNT))),
    ),
    Row(
        "signed progress of another region", (FOREIGN,), signed(packed(claimed(region="us-west-1")))
    ),
    Row("signed progress of another owner", (FOREIGN,), signed(packed(claimed(owner="green")))),
)
SIGNATURES = (
    Row("no signature", (FALSE_ALARM,), lambda: ((SOURCE, unsigned()),)),
    Row(
        "another key",
        (FALSE_ALARM,),
        lambda: ((SOURCE, signing.sign(unsigned(), SOURCE, OTHER_KEY)),),
        mistrusted=True,
    ),
    Row(
        "a real successor's attributes on another instance",
        (FALSE_ALARM,),
        lambda: ((VICTIM, real()),),
        mistrusted=True,
    ),
    Row(
        "a real successor's attributes on another body for the same instance",
        (FALSE_ALARM,),
        lambda: ((told(SOURCE_ID, id="again"), real()),),
        mistrusted=True,
    ),
    Row(
        "an attribute changed",
        (FALSE_ALARM,),
        attributes(lambda real: {**real, "hops": "0"}),
        mistrusted=True,
    ),
    Row(
        "an attribute added",
        (FALSE_ALARM,),
        attributes(lambda real: {**real, "drill": "1"}),
        mistrusted=True,
    ),
    Row(
        "an attribute removed",
        (FALSE_ALARM,),
        attributes(lambda real: {name: value for name, value in real.items() if name != "t0"}),
        mistrusted=True,
    ),
    Row(
        "two attributes swapped",
        (FALSE_ALARM,),
        attributes(lambda real: {**real, "step": real["hops"], "hops": real["step"]}),
        mistrusted=True,
    ),
    Row(
        "a character moved from a value to the next name",
        (FALSE_ALARM,),
        attributes(
            lambda real: {
                **{name: value for name, value in real.items() if name not in {"hops", "image"}},
                "hop": "s" + real["hops"],
                "imag": "e" + real["image"],
            }
        ),
        mistrusted=True,
    ),
    *(
        Row(f"a signature that is {how}", (FALSE_ALARM,), signature(change), mistrusted=True)
        for how, change in {
            "truncated": lambda real: real[:-1],
            "longer": lambda real: real + "0",
            "in capitals": str.upper,
            "not ASCII": lambda real: real[:-1] + "\u0430",
            "in fullwidth digits": lambda _: "１" * 64,
            "empty": lambda _: "",
            "blank": lambda _: " ",
            "the empty digest": lambda _: "0" * 64,
        }.items()
    ),
)
PROGRESS = (
    Row(
        "unsigned progress that claims an image",
        (FALSE_ALARM,),
        lambda: ((VICTIM, packed(claimed())),),
    ),
    Row(
        "unsigned progress that claims all but the launch",
        (FALSE_ALARM,),
        lambda: ((SOURCE, {**unsigned(), "step": "launch", "parked": "no_stock"}),),
    ),
    Row(
        "unsigned progress that claims to be finished",
        (FALSE_ALARM,),
        lambda: ((VICTIM, packed(claimed(moot="already_done"))),),
    ),
    Row(
        "a format of the future",
        unreadable("progress_format"),
        signed({"format": "2", "data-0": "x"}),
    ),
    Row(
        "signed data that are none",
        unreadable("progress_data"),
        signed({"format": "1", "data-0": "x"}),
    ),
    Row("signed progress without data", unreadable("progress_data"), signed({"format": "1"})),
    Row(
        "signed progress with a chunk missing",
        unreadable("progress_data"),
        signed({"format": "1", "data-0": "x", "data-2": "x"}),
    ),
    Row("a bomb", unreadable("progress_data"), signed(packed(b" " * 40_000_000))),
    Row(
        "too many attributes",
        unreadable("progress_data"),
        signed({"format": "1", **{f"data-{number}": "AAAA" for number in range(48)}}),
    ),
    *(
        Row(f"signed progress with {what}", unreadable("progress_data"), signed(packed(values)))
        for what, values in {
            "a doubled key": json.dumps(claimed()).replace("{", '{"t0": 1, ', 1).encode(),
            "NaN": json.dumps(claimed(t0=float("nan"))).encode(),
            "a path for an instance": claimed(instance_id="../../etc/passwd"),
            "a line end in an instance": claimed(instance_id=f"{VICTIM_ID}\n"),
            "a command for a disk": claimed(
                retained={
                    "disks": [
                        {
                            "disk_id": "d-1;reboot",
                            "kind": "data",
                            "category": "",
                            "size": 1,
                            "device": "",
                            "was_deleted_with_instance": True,
                        }
                    ]
                }
            ),
            "a colour for a replacement": claimed(launched={"instance_id": "\x1b[31mi-1"}),
        }.items()
    ),
)
BODIES = (
    Row("too large", unreadable("too_large"), bodies("x" * (BODY_BYTES_MAX + 1))),
    Row("as large as a message can be", unreadable("too_large"), bodies("x" * 65_536)),
    Row("too deep", unreadable("too_deep"), bodies("[" * DEPTH_MAX + "[]" + "]" * DEPTH_MAX)),
    Row("bottomless", unreadable("not_json"), bodies("[" * 20_000)),
    Row(
        "too many keys",
        unreadable("too_many_keys"),
        bodies(told(VICTIM_ID, **{f"k{number}": 1 for number in range(KEYS_MAX)})),
    ),
    Row("too many items", unreadable("too_many_items"), bodies(json.dumps([1] * (ITEMS_MAX + 1)))),
    Row("a doubled key", unreadable("doubled_key"), bodies(VICTIM[:-1] + ', "name": "x"}')),
    Row("NaN", unreadable("not_a_number"), bodies(VICTIM[:-1] + ', "x": NaN}')),
    Row("Infinity", unreadable("not_a_number"), bodies(VICTIM[:-1] + ', "x": 1e999}')),
    Row(
        "not UTF-8 in base64",
        unreadable("not_json"),
        bodies(base64.b64encode(b"\xff\xfe").decode()),
    ),
    Row("garbage in base64", unreadable("not_json"), bodies(base64.b64encode(b"hello").decode())),
    Row("a sentence", unreadable("not_json"), bodies("你好, world")),
    Row("blank", unreadable("not_json"), bodies(" ")),
    Row("an empty text", unreadable("not_json"), bodies('""')),
    Row("nothing in a list", unreadable("no_event"), bodies("[]")),
    Row("markup", unreadable("not_json"), bodies("<a>&lt;script&gt;\u202e</a>")),
    Row(
        "an event of another kind",
        ("ignored",),
        bodies('{"type": "oss:ObjectCreated", "data": {}}'),
    ),
    Row(
        "an event of a kind that steers",
        ("ignored",),
        bodies(json.dumps({"type": "x\x1b[31m\n\u202e", "data": {}})),
        reason="an event of type x??31m??",
    ),
    Row("a wrapper in a wrapper", (FALSE_ALARM,), bodies(wrapped(VICTIM, 2))),
    Row("wrappers without end", unreadable("too_deep"), bodies(wrapped(VICTIM, WRAPPINGS_MAX))),
    Row(
        "a list with one good and one bad element",
        (FALSE_ALARM, *unreadable("no_instance_id")),
        bodies(json.dumps([json.loads(VICTIM), json.loads(told("nobody"))])),
    ),
    *(
        Row(f"an instance id with {what}", unreadable("no_instance_id"), bodies(told(instance)))
        for what, instance in {
            "a path": "../../../etc/passwd",
            "a path behind it": f"{VICTIM_ID}/../x",
            "a line end": f"{VICTIM_ID}\n",
            "digits of another alphabet": "i-bp1source0000000000１",
            "a colour": f"\x1b[31m{VICTIM_ID}",
            "a command": f"{VICTIM_ID};reboot",
            "half of a character": f"{VICTIM_ID[:-1]}\ud800",
            "a direction": f"\u202e{VICTIM_ID}",
            "capitals": VICTIM_ID.upper(),
            "a list of them": f"{VICTIM_ID},{SOURCE_ID}",
        }.items()
    ),
    Row(
        "a lower case of an alphabet that has none",
        unreadable("no_instance_id"),
        bodies(told("i-" + "ı" * 12)),
    ),
    Row("the same forgery often", (FALSE_ALARM, "duplicate", "duplicate"), bodies(*[VICTIM] * 3)),
)
ROWS = {row.name: row for row in (*INSTANCES, *PLACES, *SIGNATURES, *PROGRESS, *BODIES)}


def deliver(simulation: Simulation, *messages: Message) -> None:
    """Put messages into the queue as somebody else would."""
    for body, carried in messages:
        properties = tuple(Property(name, value) for name, value in carried.items())
        (sent,) = simulation.cloud.queues(REGION).send(
            QUEUE, [OutMessage(body, user_properties=properties)], simulation.kernel.now
        )
        assert hasattr(sent, "message_id"), sent


def world(row: Row) -> Simulation:
    """A cloud for a row; an instance that is special is really being reclaimed."""
    simulation = simulate(
        policy=row.policy,
        ecs=QUICK,
        assumptions=Assumptions(smq_accepts_empty_property_values=True),
        terms={"home": Home(ACCOUNT, REGION, row.policy.owner)},
    )
    victim = {"name": "不相干", **row.seed, "instance_id": VICTIM_ID}
    simulation.cloud.ecs[REGION].seed_instance(victim, simulation.kernel.now)
    return simulation


def reclaim_the_special_one(simulation: Simulation, row: Row) -> None:
    if "tags" in row.seed:
        now = simulation.kernel.now
        simulation.cloud.ecs[REGION].interrupt(VICTIM_ID, now, publish_event=False)


def changes(simulation: Simulation) -> list[str]:
    """Every changing call that reached a port of the cloud, and every effect in the ledger."""
    called = [
        f"{call.port}.{call.method}"
        for call in simulation.interposer.calls
        if call.port not in {"queue", "dead_letters"}
        and call.method in CHANGING.get(call.port, frozenset())
    ]
    done = [entry.action for entry in simulation.cloud.ledger if entry.product == "ecs"]
    return called + done


def ends(simulation: Simulation) -> Counter[str]:
    """What became of the messages, by the log; each word has its reason beside it."""
    found: Counter[str] = Counter()
    for _, name, fields in simulation.notebook.lines:
        if name not in {"ignored", "duplicate", "parked", "recreation_finished"}:
            continue
        assert fields["reason"] or fields.get("outcome") == "recovered", (name, fields)
        words = {
            "parked": f"parked {fields.get('park')} {fields.get('code')}".rstrip(),
            "recreation_finished": f"finished {fields.get('outcome')}",
        }
        found[words.get(name, name)] += 1
    return found


def bodies_in_dead_letters(simulation: Simulation) -> list[tuple[str, Attributes]]:
    found = simulation.cloud.queues(REGION).receive(DEAD, 16, simulation.kernel.now)
    return [(one.body, {each.name: each.value for each in one.user_properties}) for one in found]


def check_parked(simulation: Simulation, row: Row) -> None:
    """What is parked has the body as it came, and says why."""
    sent = {body for body, _ in row.messages()}
    for body, carried in bodies_in_dead_letters(simulation):
        is_rest = body.startswith("[") and len(row.ends) > 1
        assert is_rest or body in sent
        if len(body) < 60_000:
            assert signing.is_signed(carried, body, (KEY,))
            assert carried["parked-because"]
            assert carried["what-to-do"]


@pytest.mark.parametrize("name", ROWS)
def test_nothing_is_changed_and_nothing_is_dropped(name: str) -> None:
    """Alone: not one changing call, and every message ends with its reason."""
    row = ROWS[name]
    simulation = world(row)
    add_source(simulation, instance_id=SOURCE_ID)
    begun = len(simulation.cloud.ledger)
    simulation.start_worker("one")
    reclaim_the_special_one(simulation, row)
    simulation.cloud.ledger[:begun] = []

    deliver(simulation, *row.messages())
    simulation.run(3_000.0, until=lambda: is_quiet(simulation))
    simulation.run(200.0)

    assert changes(simulation) == []
    assert is_quiet(simulation)
    assert ends(simulation) == Counter(row.ends)
    check_parked(simulation, row)
    lines = simulation.notebook.lines
    assert any(row.reason in str(fields.get("reason", "")) for _, _, fields in lines)
    assert bool(simulation.notebook.named("signature_invalid")) is row.mistrusted


@pytest.mark.parametrize("name", ROWS)
def test_true_interruption_beside_it_recovers_once(name: str) -> None:
    """Beside a true interruption: one replacement with all the data, and nothing else is changed."""
    row = ROWS[name]
    simulation = world(row)
    source = add_source(simulation, instance_id=SOURCE_ID, tags={"team": "订单"})
    simulation.start_worker("one")
    reclaim_the_special_one(simulation, row)

    interrupt(simulation, source)
    simulation.run(30.0, until=lambda: waiting(simulation, QUEUE) > 0)
    deliver(simulation, *row.messages())
    simulation.run(20.0)
    deliver(simulation, *row.messages())
    recover(simulation, at_least=700.0)

    assert violations(simulation, source) == []
    assert [one["Status"] for one in replacements(simulation)] == ["Running"]
    found = ends(simulation)
    assert found["finished recovered"] == 1
    # Every message of the row, delivered twice, and the true one ended with a word.
    split = sum(int(str(line["into"])) - 1 for line in simulation.notebook.named("split"))
    assert sum(found.values()) == 1 + 2 * len(row.messages()) + split
    check_parked(simulation, row)


AGAIN: Mapping[str, tuple[Mapping[str, Any], Policy]] = {
    "plain": ({}, Policy()),
    "data disks": ({"data_disks": [{"size": 20}]}, Policy()),
    "data disks attached": (LARGE, Policy(data_disks="reattach")),
    "handed over": (HANDED_OVER, EVERYTHING),
}


@pytest.mark.parametrize("name", AGAIN)
def test_genuine_messages_of_a_finished_recreation_change_nothing_a_day_later(name: str) -> None:
    """Whoever has read one can send it again, and its signature is ours: each of them, and all."""
    seed, policy = AGAIN[name]
    simulation = simulate(ecs=BY_SIZE if seed is LARGE else QUICK, policy=policy)
    source = add_source(simulation, instance_id=SOURCE_ID, **seed)
    simulation.start_worker("one")
    interrupt(simulation, source, publish_event=False)
    deliver(simulation, (SOURCE, {}))
    recover(simulation)
    assert [one["outcome"] for one in simulation.shelf.kept.values()] == ["recovered"]
    told, kept = list(simulation.bulletin.told), dict(simulation.shelf.kept)
    messages = [(SOURCE, dict(one)) for one in simulation.sent]
    simulation.run(86_400.0)
    simulation.cloud.ledger.clear()
    simulation.notebook.lines.clear()

    for message in (*messages, *messages):
        deliver(simulation, message)
        recover(simulation)

    assert messages
    assert [one.action for one in simulation.cloud.ledger if one.product in MOVING] == []
    # One that had not come to its image waits first, and what waits for a day goes to a person.
    assert set(ends(simulation)) <= {"finished already_done", "parked gave_up"}
    assert sum(ends(simulation).values()) == 2 * len(messages)
    assert [one for one in simulation.bulletin.told if one.kind is not Kind.PARKED] == told
    assert simulation.shelf.kept == kept


def test_instances_of_the_table_would_be_recreated_but_for_what_is_special_about_them() -> None:
    """The rows of instances prove something: without its tag the same instance is recreated."""
    row = replace(ROWS["an instance that is to be left alone"], seed={"tags": {"team": "x"}})
    simulation = world(row)
    add_source(simulation, instance_id=SOURCE_ID)
    simulation.start_worker("one")
    reclaim_the_special_one(simulation, row)

    deliver(simulation, *row.messages())
    recover(simulation)

    (replacement,) = replacements(simulation)
    assert replacement["Tags"][identity.TAG_SOURCE] == VICTIM_ID
    assert {"images.create", "instances.launch"} <= set(changes(simulation))
