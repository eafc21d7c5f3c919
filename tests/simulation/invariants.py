"""What must hold of every simulated run, whatever went wrong in it.

Judged from the cloud's ledger, which also knows what happened in between, never from the product's
own account of itself.
"""

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from emulator.state.world import LedgerEntry
from tests.simulation.faults import PAUSE_SECONDS, STALE_SECONDS, Change
from tests.simulation.harness import DEAD, KEY, REGION, START, Simulation
from tests.simulation.holders import address_lost, held_twice
from tests.simulation.scenarios import (
    SECRET,
    USER_DATA,
    Source,
    is_quiet,
    lost,
    parked,
    replacements,
)
from worker.core import identity, launching
from worker.core.model import Candidate
from worker.core.progress import decode
from worker.core.signing import is_signed
from worker.steps.handover.lookup import EIP, INTERFACES, MEMBERS

CREATING = {"CreateImage", "CreateSnapshot", "RunInstances"}
# Everything that the product may ever do to the cloud.
ALLOWED = CREATING | {"ModifyDiskAttribute", "TagResources", "StopInstance", "StartInstance"}
PRODUCT = "ecs"
# A new primary/secondary group names the partner as well.
PAIRING = frozenset(
    {
        "CreateMasterSlaveServerGroup",
        "SetLoadBalancerTCPListenerAttribute",
        "SetLoadBalancerUDPListenerAttribute",
    }
)
# What hangs on a source may be moved, and nothing else of these products be changed.
MOVING = {
    "ecs": {
        "ModifyNetworkInterfaceAttribute",
        "DetachNetworkInterface",
        "AttachNetworkInterface",
        "ConvertNatPublicIpToEip",
        "DetachDisk",
        "AttachDisk",
    },
    "vpc": {"AssociateEipAddress", "UnassociateEipAddress", "TagResources"},
    "slb": {
        "AddBackendServers",
        "RemoveBackendServers",
        "AddVServerGroupBackendServers",
        "RemoveVServerGroupBackendServers",
        *PAIRING,
    },
    "alb": {"AddServersToServerGroup", "RemoveServersFromServerGroup"},
    "nlb": {"AddServersToServerGroup", "RemoveServersFromServerGroup"},
}
# What has to be done while the source lives.
BEFORE_THE_STOP = {
    "ModifyNetworkInterfaceAttribute",
    "ConvertNatPublicIpToEip",
    # Of an address that was made elastic.
    "TagResources",
}
# By what the ledger tells that a change was made, whoever asked for it.
EFFECTS: Mapping[tuple[str, str], frozenset[str]] = {
    ("disks", "keep"): frozenset({"ModifyDiskAttribute"}),
    ("disks", "release"): frozenset({"ModifyDiskAttribute"}),
    ("images", "create"): frozenset({"CreateImage"}),
    ("images", "assemble"): frozenset({"CreateImage"}),
    ("images", "snapshot"): frozenset({"CreateSnapshot"}),
    ("instances", "launch"): frozenset({"RunInstances"}),
    ("instances", "stop"): frozenset({"StopInstance", "Stopped", "Release", "PlatformStop"}),
    ("instances", "start"): frozenset({"StartInstance"}),
    ("tagging", "tag"): frozenset({"TagResources"}),
    ("addresses", "unassociate"): frozenset({"UnassociateEipAddress", "EipFreed"}),
    ("addresses", "associate"): frozenset({"AssociateEipAddress"}),
    ("addresses", "convert"): frozenset({"ConvertNatPublicIpToEip"}),
    ("addresses", "tag"): frozenset({"TagResources"}),
    ("balancers", "add"): frozenset(MOVING["slb"] | MOVING["alb"]),
    ("balancers", "remove"): frozenset(MOVING["slb"] | MOVING["alb"]),
    ("balancers", "make_pair"): PAIRING,
    ("balancers", "lead"): PAIRING,
    ("interfaces", "keep"): frozenset({"ModifyNetworkInterfaceAttribute"}),
    ("interfaces", "release"): frozenset({"ModifyNetworkInterfaceAttribute"}),
    ("interfaces", "detach"): frozenset({"DetachNetworkInterface", "Release"}),
    ("interfaces", "attach"): frozenset({"AttachNetworkInterface"}),
    ("disk_moves", "detach"): frozenset({"DetachDisk", "Release"}),
    ("disk_moves", "attach"): frozenset({"AttachDisk"}),
}
ID_LENGTH_MIN = 10
# What the replacement of a replacement gets, and both recreations move.
HANDED_ON = frozenset({"addresses", "balancers", "interfaces"})
# A command inside of a guest is asked for within its time and no longer.
BEST_EFFORT = frozenset({"commands"})
# What the cloud itself writes down about an address, and what was put there for a test.
ITS_OWN = {"EipFreed", "AllocateEipAddress", "Seed"}
SECRETS = (KEY.decode(), SECRET, base64.b64encode(USER_DATA.encode()).decode())
HOPS_MAX = 60
# A message holds 64 KiB with its attributes.
FULL_BYTES = 60_000
_CANDIDATES = TypeAdapter(list[Candidate])


def violations(simulation: Simulation, *sources: Source, withdrawn: bool = False) -> list[str]:
    """Return every broken promise, in words.

    Args:
        simulation: A run at its end.
        sources: What was reclaimed in it.
        withdrawn: The notice was taken back, so that nothing is to be launched.
    """
    found = [
        *_ledger(simulation, sources),
        *[f"complaint: {complaint}" for complaint in simulation.cloud.complaints],
        *_leaks(simulation),
        *_hops(simulation),
        *_unsettled_tokens(simulation),
        *_unanswered(simulation),
        *_out_of_order(simulation),
        *_unhelpful(simulation),
        *held_twice(simulation),
        *_told_and_gone(simulation),
        *_addresses_left(simulation),
    ]
    if not is_quiet(simulation):
        found.append("a message is still in the queue")
    for source in sources:
        found += _withdrawn(simulation, source) if withdrawn else _ends(simulation, source)
        found += address_lost(simulation, source)
    return found


def _told_and_gone(simulation: Simulation) -> list[str]:
    """What a receipt tells as retained is there."""
    now = simulation.kernel.now
    there = {one["DiskId"] for one in simulation.cloud.ecs[REGION].dump("disks", now)}
    return [
        f"the receipt says that {disk['disk']} is retained, and it is gone"
        for record in simulation.shelf.kept.values()
        for disk in record["disks"]
        if disk["retained"] and disk["disk"] not in there
    ]


def _addresses_left(simulation: Simulation) -> list[str]:
    """An address that was made elastic, and that nothing has, says whose it was, or a person is told."""
    book = simulation.cloud.ecs[REGION].region.vpc.addresses
    free = {one for one, eip in book.eips.items() if not eip.target_id}
    free &= {allocation for allocation, _ in _converted(simulation)}
    told = {one.what for notice in simulation.bulletin.told for one in notice.not_kept}
    told |= {one["what"] for kept in simulation.shelf.kept.values() for one in kept["not_kept"]}
    return [
        f"{book.eips[one].address} was made elastic, nothing has it, and it carries no tag of ours"
        for one in sorted(free)
        if identity.TAG_SOURCE not in book.tags.all_of(one)
        and EIP not in told
        and f"tags on elastic address {book.eips[one].address}" not in told
    ]


def entries(simulation: Simulation, action: str, product: str = PRODUCT) -> list[LedgerEntry]:
    return [
        entry
        for entry in simulation.cloud.ledger
        if entry.action == action and entry.product == product
    ]


def launches(simulation: Simulation, source_id: str) -> dict[str, float]:
    """Every replacement that the cloud ever promised for a source, with the instant."""
    return {
        entry.resource_id: entry.at
        for entry in entries(simulation, "RunInstances")
        if entry.detail["tags"].get(identity.TAG_SOURCE) == source_id
    }


def _ends(simulation: Simulation, source: Source) -> list[str]:
    """Exactly one replacement with the data, ever, or a parked message."""
    found = [*_emptied_early(simulation, source), *_not_given_back(simulation, source)]
    if _started_again(simulation, source):
        return found + _in_place(simulation, source)
    current = source.instance_id
    while True:
        found += _together(simulation, current)
        ran = _ran(simulation, current)
        if len(ran) > 1:
            return [*found, f"{len(ran)} replacements of {current} ran"]
        if not ran:
            break
        (current,) = ran
        if not _was(simulation, "Interrupt", current):
            return found + _alone(simulation, source, current)
    return found + ([] if parked(simulation) else [f"{current} is neither replaced nor parked"])


def _started_again(simulation: Simulation, source: Source) -> list[float]:
    """When a source in economical mode ran again after the platform's stop."""
    stopped = [
        entry.at
        for entry in entries(simulation, "PlatformStop", "platform")
        if entry.resource_id == source.instance_id and entry.detail.get("economical")
    ]
    return [
        entry.at
        for entry in entries(simulation, "Running", "platform")
        if entry.resource_id == source.instance_id and entry.at > min(stopped, default=1e12)
    ]


def _in_place(simulation: Simulation, source: Source) -> list[str]:
    """The source runs again with its data, and nothing else was made of it."""
    found = lost(simulation, source, source.instance_id)
    ran = _ran(simulation, source.instance_id)
    return [*found, *([f"{ran} ran beside the source that was started again"] if ran else [])]


def _not_given_back(simulation: Simulation, source: Source) -> list[str]:
    """A source that is stopped instead of released has its disks as they were."""
    stopped = entries(simulation, "PlatformStop", "platform")
    economical = {entry.resource_id for entry in stopped if entry.detail.get("economical")}
    if source.instance_id not in economical or parked(simulation) or simulation.notebook.remarked():
        return []
    return _still_kept(simulation, source)


def _alone(simulation: Simulation, source: Source, replacement_id: str) -> list[str]:
    tagged = [
        one["InstanceId"]
        for one in replacements(simulation)
        if one["Tags"].get(identity.TAG_SOURCE) == source.instance_id
    ]
    if len(tagged) > 1:
        return [f"{len(tagged)} replacements of {source.instance_id}"]
    return [*lost(simulation, source, replacement_id), *_undated(simulation)]


def _undated(simulation: Simulation) -> list[str]:
    """What is left over says until when, unless a person has been called."""
    if parked(simulation) or simulation.notebook.remarked():
        return []
    left = [
        image["ImageId"]
        for image in simulation.cloud.ecs[REGION].dump("images", simulation.kernel.now)
        if identity.TAG_ID in image["Tags"] and identity.TAG_DELETE_AFTER not in image["Tags"]
    ]
    return [f"{left} stay for ever"] if left else []


def _ran(simulation: Simulation, source_id: str) -> list[str]:
    promised = launches(simulation, source_id)
    running = {entry.resource_id for entry in entries(simulation, "Running", "platform")}
    return [one for one in promised if one in running]


def _was(simulation: Simulation, action: str, resource_id: str) -> bool:
    return any(
        entry.resource_id == resource_id for entry in entries(simulation, action, "platform")
    )


def _together(simulation: Simulation, source_id: str) -> list[str]:
    """With takeover: stop-source the source is down before the launch, or its end is near."""
    if simulation.policy.takeover != "stop-source":
        return []
    noticed = [
        entry.at
        for entry in entries(simulation, "Interrupt", "platform")
        if entry.resource_id == source_id
    ]
    down = [
        entry.at
        for entry in simulation.cloud.ledger
        if entry.resource_id == source_id and entry.action in {"Stopped", "Release"}
    ]
    early = [
        at
        for at in launches(simulation, source_id).values()
        if not any(one <= at for one in down)
        and at < max(noticed, default=0.0) + simulation.policy.takeover_latest - 5.0
    ]
    return [f"a replacement of {source_id} was launched beside it"] if early else []


def _emptied_early(simulation: Simulation, source: Source) -> list[str]:
    """At every instant a message stands for the event, until its replacement has run."""
    running = [
        entry.at
        for entry in entries(simulation, "Running", "platform")
        if entry.resource_id in launches(simulation, source.instance_id)
    ] + _started_again(simulation, source)
    noticed = [
        entry.at
        for entry in entries(simulation, "Interrupt", "platform")
        if entry.resource_id == source.instance_id
    ]
    last = max(noticed, default=0.0)
    sent = (one.at for one in entries(simulation, "Send", "smq") if one.at >= last)
    delivered = next(sent, last)
    alive: set[str] = set()
    for entry in simulation.cloud.ledger:
        if entry.product != "smq" or "message_id" not in entry.detail:
            continue
        if entry.action == "Send":
            alive.add(entry.detail["message_id"])
        elif entry.action in {"Delete", "Expire"}:
            alive.discard(entry.detail["message_id"])
            # Before the last notice was delivered a false alarm may have been settled.
            counts = entry.at > delivered
            if counts and not alive and not any(at <= entry.at for at in running):
                return ["the last message went before a replacement ran"]
    return []


def _withdrawn(simulation: Simulation, source: Source) -> list[str]:
    """Nothing was launched, and the disks go with their instance again."""
    found: list[str] = []
    if launches(simulation, source.instance_id):
        found.append("a replacement although the notice was taken back")
    found += _undated(simulation)
    if not parked(simulation) and not simulation.notebook.remarked():
        found += _still_kept(simulation, source)
        found += _interfaces_still_kept(simulation, source)
    return found


def _interfaces_still_kept(simulation: Simulation, source: Source) -> list[str]:
    """What would have gone with the source goes with it again."""
    asked = {
        entry.resource_id
        for entry in entries(simulation, "ModifyNetworkInterfaceAttribute")
        if entry.resource_id in source.belongings
    }
    interfaces = simulation.cloud.ecs[REGION].region.interfaces
    kept = sorted(one for one in asked if not interfaces[one].delete_on_release)
    return [f"{kept} were kept and not given back"] if kept else []


def _still_kept(simulation: Simulation, source: Source) -> list[str]:
    kept = [
        disk["DiskId"]
        for disk in simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
        if disk["DiskId"] in source.disks.values()
        and disk["DiskId"] not in source.outliving
        and not disk["DeleteWithInstance"]
    ]
    return [f"{kept} were kept and not given back"] if kept else []


def _ledger(simulation: Simulation, sources: tuple[Source, ...]) -> list[str]:
    found: list[str] = []
    ours = {source.instance_id for source in sources}
    ours |= {disk for source in sources for disk in source.disks.values()}
    ours |= {thing for source in sources for thing in source.belongings}
    converted = _converted(simulation)
    ours |= {allocation for allocation, _ in converted}
    for entry in simulation.cloud.ledger:
        if entry.product not in MOVING:
            continue
        if entry.at < sources[0].noticed_at:
            ours |= _made_before(entry)
            continue
        if entry.action in ITS_OWN or (entry.resource_id, entry.at) in converted:
            continue
        if entry.action in MOVING[entry.product]:
            found += _moved(simulation, entry, ours)
        elif entry.product == PRODUCT and entry.action == "RunCommand":
            found += _commanded(entry, ours)
        elif entry.product != PRODUCT or entry.action not in ALLOWED:
            found.append(f"{entry.action} of {entry.resource_id}")
        elif entry.action in CREATING:
            found += _created(entry.resource_id, entry.detail)
            ours |= {entry.resource_id, *entry.detail.get("snapshot_ids", ())}
            ours |= _disks_of(simulation, entry.resource_id)
            ours |= _interfaces_of(simulation, entry.resource_id)
        elif entry.resource_id not in ours:
            found.append(f"{entry.action} changed {entry.resource_id}, which is not ours")
    return found


def _made_before(entry: LedgerEntry) -> set[str]:
    """What an earlier notice has made is ours as well."""
    if entry.action not in CREATING or identity.TAG_ID not in entry.detail.get("tags", {}):
        return set()
    return {entry.resource_id, *entry.detail.get("snapshot_ids", ())}


def _commanded(entry: LedgerEntry, ours: set[str]) -> list[str]:
    """A command runs inside of a source or of its replacement and nowhere else."""
    strangers = sorted(set(entry.detail["instance_ids"]) - ours)
    return [f"a command ran in {strangers}, which are not ours"] if strangers else []


def _moved(simulation: Simulation, entry: LedgerEntry, ours: set[str]) -> list[str]:
    """What is moved was on the source, goes to its replacement, and goes when the source is down."""
    servers = [each["server_id"] for each in entry.detail.get("servers", ())]
    target = entry.detail.get("target_id") or entry.detail.get("instance_id")
    touched = servers or [entry.resource_id, *([target] if target else ())]
    known = ours | _partners(simulation) if entry.action in PAIRING else ours
    strangers = [one for one in touched if one not in known]
    found = [f"{entry.action} changed {one}, which is not ours" for one in strangers]
    if entry.action == "CreateMasterSlaveServerGroup":
        found += _created(entry.resource_id, entry.detail)
    if entry.action not in BEFORE_THE_STOP and not _was_down(simulation, entry.at):
        found.append(f"{entry.action} of {entry.resource_id} although the source serves")
    return found


def _partners(simulation: Simulation) -> set[str]:
    """Servers that were in a primary/secondary group before: a new group has to name both."""
    return {
        one.server_id
        for balancer in simulation.cloud.balancers[REGION].book.classic.values()
        for pair in balancer.pairs.values()
        if pair.created_at < START
        for one in pair.backends
    }


def _converted(simulation: Simulation) -> set[tuple[str, float]]:
    """Addresses that were made elastic, and when: the cloud itself binds them at that instant."""
    return {
        (entry.detail["allocation_id"], entry.at)
        for entry in entries(simulation, "ConvertNatPublicIpToEip")
    }


def _was_down(simulation: Simulation, at: float) -> bool:
    return any(
        entry.action in {"Stopped", "Release"} and entry.at <= at
        for entry in simulation.cloud.ledger
    )


def _disks_of(simulation: Simulation, instance_id: str) -> set[str]:
    """The disks of a replacement, which may be reclaimed in its turn."""
    instance = simulation.cloud.ecs[REGION].region.instances.get(instance_id)
    gone = {
        entry.resource_id
        for action in ("DiskRetained", "DiskDeleted")
        for entry in entries(simulation, action, "platform")
        if entry.detail.get("instance_id") == instance_id
    }
    return gone | set(instance.disk_ids if instance is not None else ())


def _interfaces_of(simulation: Simulation, instance_id: str) -> set[str]:
    instance = simulation.cloud.ecs[REGION].region.instances.get(instance_id)
    return set(instance.interface_ids if instance is not None else ())


def _created(resource_id: str, detail: Any) -> list[str]:
    tags = detail.get("tags", {})
    missing = {identity.TAG_ID, identity.TAG_OWNER, identity.TAG_SOURCE} - set(tags)
    return [f"{resource_id} was created without {sorted(missing)}"] if missing else []


def _hops(simulation: Simulation) -> list[str]:
    hops = max((int(sent.get("hops", "0")) for sent in simulation.sent), default=0)
    refused = sum(1 for _, name, _ in simulation.notebook.lines if name == "refused")
    return [f"passed on {hops} times"] if hops > HOPS_MAX + refused else []


def _unsettled_tokens(simulation: Simulation) -> list[str]:
    """Only a definite answer moves on: a new token is used when every older one has had one.

    An instance that was made under a token and is found by its tag is an answer, too.
    """
    made = {
        entry.detail["parameters"].get("ClientToken")
        for entry in entries(simulation, "RunInstances")
    }
    open_tokens: dict[tuple[str, ...], set[str]] = {}
    answered = {""}
    found: list[str] = []
    for asked in simulation.interposer.changes:
        known = open_tokens.setdefault(asked.request, set())
        if asked.token not in known and not known <= answered | made:
            found.append(
                f"a new token for {asked.port}.{asked.method} although an older request has had"
                " no answer"
            )
        known.add(asked.token)
        if asked.answer:
            answered.add(asked.token)
    return found


def _unanswered(simulation: Simulation) -> list[str]:
    """A change without an answer is asked for again until it has one, or was seen to be done.

    Unless a person has been called or told of it, an image of the whole took the place of a snapshot, or
    there was nothing left to recreate.
    """
    if parked(simulation) or simulation.notebook.remarked():
        return []
    told = _looked_up_too_late(simulation)
    imaged = {
        (one.recreation, "images", "snapshot")
        for one in simulation.interposer.changes
        if (one.port, one.method) == ("images", "create") and one.answer
    }
    answered = {one.request for one in simulation.interposer.changes if one.answer}
    called_off = {
        line["recreation"]
        for line in simulation.notebook.named("recreation_finished")
        if line["outcome"] != "recovered"
    }
    asked = {one.request: one for one in reversed(simulation.interposer.changes)}
    return [
        f"{one.port}.{one.method} of {one.what} has had no answer, and nobody asked again"
        for one in asked.values()
        if one.port not in BEST_EFFORT
        and one.request not in answered
        and one.recreation not in called_off
        and (one.recreation, one.port, one.method) not in imaged
        and (one.recreation, _looked_up_by(one)) not in told
        and not _took_effect(simulation, one)
        and not _are_kept(simulation, one)
    ]


def _looked_up_too_late(simulation: Simulation) -> set[tuple[str, str]]:
    """The recreations, with the ports, of which a receipt says that the time for the lookup was over."""
    told_as = {
        "addresses": (EIP, "tags on elastic address"),
        "interfaces": INTERFACES,
        "balancers": MEMBERS,
    }
    return {
        (recreation, port)
        for recreation, receipt in simulation.shelf.kept.items()
        for one in receipt["not_kept"]
        for port, names in told_as.items()
        if one["what"].startswith(names)
    }


def _looked_up_by(asked: Change) -> str:
    """The port by which it was looked up what is changed: tags on an interface come of its lookup."""
    is_of_interface = asked.port == "tagging" and asked.what.startswith("eni ")
    return "interfaces" if is_of_interface else asked.port


def _took_effect(simulation: Simulation, asked: Change) -> bool:
    """Whether the cloud has done what was asked for, so that a look could tell.

    Whoever asks after a look that is behind may ask for what another recreation has just done, where
    a thing goes from one to the next; a look is behind by the time that its answer takes, too. What
    was released before is stopped for good.
    """
    actions = EFFECTS[asked.port, asked.method]
    behind = STALE_SECONDS + PAUSE_SECONDS
    since = asked.at - (behind if asked.port in HANDED_ON else 0)
    return any(
        entry.action in actions
        and (entry.at >= since or entry.action == "Release")
        and _is_about(entry, asked.what)
        for entry in simulation.cloud.ledger
    )


def _are_kept(simulation: Simulation, asked: Change) -> bool:
    """Whether all disks that were to be kept are kept in the end, by another notice of their source."""
    if (asked.port, asked.method) != ("disks", "keep"):
        return False
    disks = simulation.cloud.ecs[REGION].dump("disks", simulation.kernel.now)
    named = [disk for disk in disks if repr(disk["DiskId"]) in asked.what]
    is_whole = len(named) == asked.what.count("'d-")
    return is_whole and not any(disk["DeleteWithInstance"] for disk in named)


def _is_about(entry: LedgerEntry, what: str) -> bool:
    """Whether both name the same thing; what is shorter than an id names nothing."""
    named = (entry.resource_id, *map(str, entry.detail.values()))
    return any((len(one) >= ID_LENGTH_MIN and one in what) or what in one for one in named)


def _out_of_order(simulation: Simulation) -> list[str]:
    """Candidates are asked for in the order that was frozen, and none is left out."""
    if len(simulation.releases) > 1:
        # Two configurations have two orders, and whose is frozen depends on who was first.
        return []
    asked: dict[str, list[Candidate]] = {}
    for call in simulation.interposer.launches:
        known = asked.setdefault(call.recreation, [])
        known += [] if call.candidate in known else [call.candidate]
    frozen: dict[str, list[list[Any]]] = {}
    for sent in simulation.sent:
        recreation = sent.get("recreation", "")
        if recreation in asked and "format" in sent:
            frozen.setdefault(recreation, []).append(_frozen(sent))
    return [
        "the candidates were not asked for in their order"
        for recreation, order in asked.items()
        if not any(_runs_through(one, _as_sent(order)) for one in frozen[recreation])
    ]


def _frozen(sent: Mapping[str, str]) -> list[Any]:
    """The order in a sent message; disks that are carried over themselves have changed it."""
    plain = json.loads(_inflated(sent))
    if plain.get("launched", {}).get("missing"):
        return _as_sent(list(launching.order(decode(sent))))
    order: list[Any] = plain.get("specified", {}).get("candidates", [])
    return order


def _as_sent(candidates: list[Candidate]) -> list[Any]:
    plain: list[Any] = _CANDIDATES.dump_python(candidates, mode="json", exclude_defaults=True)
    return plain


def _runs_through(frozen: list[Any], order: list[Any]) -> bool:
    """Whether the candidates stand side by side; a kept message goes on from where it was."""
    return any(order == frozen[at : at + len(order)] for at in range(len(frozen)))


def _unhelpful(simulation: Simulation) -> list[str]:
    """What is parked is signed, says why and what to do; only a body that fills it leaves no room."""
    found: list[str] = []
    dead = simulation.cloud.queues(REGION).get_queue(DEAD, simulation.kernel.now)
    for message in dead.messages.values():
        said = {one.name: one.value for one in message.user_properties}
        body = message.body
        if len(body.encode()) > FULL_BYTES:
            continue
        missing = {"parked", "parked-because", "what-to-do"} - {k for k, v in said.items() if v}
        if missing:
            found.append(f"a parked message does not tell {sorted(missing)}")
        if not is_signed(said, body, [KEY]):
            found.append("a parked message is not signed")
    return found


def _leaks(simulation: Simulation) -> list[str]:
    """Look for secrets in what is written, also inside of what is compressed."""
    return sorted(
        {
            f"a secret stands in {where}"
            for where, text in _written(simulation)
            for secret in SECRETS
            if secret in text
        }
    )


def _written(simulation: Simulation) -> Iterator[tuple[str, str]]:
    for sent in simulation.sent:
        yield "an attribute", " ".join((*sent, *sent.values(), _inflated(sent)))
    for at, name, fields in simulation.notebook.lines:
        yield "the log", f"{at} {name} {fields}"
    for receipt in simulation.shelf.kept.values():
        yield "a receipt", str(receipt)
    for notice in simulation.bulletin.told:
        yield "a notification", str(notice)
    for sentence in simulation.interposer.raised:
        yield "an exception", sentence
    yield "a metric", _metrics(simulation)
    dead = simulation.cloud.queues(REGION).get_queue(DEAD, simulation.kernel.now)
    for message in dead.messages.values():
        yield "a parked message", message.body
    for entry in simulation.cloud.ledger:
        if entry.product in MOVING and entry.action != "Seed":
            yield "a tag or request", f"{entry.resource_id} {entry.detail}"


def _metrics(simulation: Simulation) -> str:
    return " ".join(
        f"{sample.name} {sample.labels}"
        for metric in simulation.registry.collect()
        for sample in metric.samples
        if "le" not in sample.labels
    )


def _inflated(sent: Mapping[str, str]) -> str:
    count = sum(1 for name in sent if name.startswith("data-"))
    return _unpacked("".join(sent[f"data-{number}"] for number in range(count)))


@lru_cache(maxsize=256)
def _unpacked(packed: str) -> str:
    if not packed:
        return ""
    return zlib.decompress(base64.urlsafe_b64decode(packed)).decode()
