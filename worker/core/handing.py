"""The things that are handed over, in their order, and how their moves progress; all pure.

Disks that the replacement gets themselves come first, before anything that brings traffic; most
disks are not among them, for their content is in the image.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from worker.core import boots, identity
from worker.core.model import Address, Interface, Member
from worker.core.outcomes import StepName
from worker.core.progress import Belongings, KeptDisk, Move, Progress, TagsOf

# A refusal that passes is asked again after pauses that double.
REFUSED_PAUSE_SECONDS = 2.0
REFUSED_PAUSE_SECONDS_MAX = 20.0
# What cannot be done so long after the source is gone, and after it was begun, is left.
BUSY_SECONDS_MAX = 120.0
# And for so long the disks behind it wait for it, which have to be attached in that time as well.
ORDER_SECONDS_MAX = 60.0

What = KeptDisk | Address | Member | Interface | TagsOf
PRIMARY = "primary network interface"
# Written down before it is asked for: whoever goes on knows whose the address is that is there then.
CONVERTING = "public address to be made elastic"
CONVERTED = "public address made elastic"
# Before the id of an interface that was asked to outlive the source.
KEPT = "kept "
# The same, once it says so itself.
TAGGED = "tagged "


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing to hand over.

    Attributes:
        key: What it is called in the progress and in tokens.
        name: What a person calls it.
    """

    key: str
    name: str
    what: What

    @property
    def resource(self) -> str:
        """The id of what is moved, or of the place that the replacement takes."""
        match self.what:
            case Address(allocation):
                return allocation
            case Member() as member:
                return member.group or member.balancer
            case Interface(interface_id):
                return interface_id
            case TagsOf(device):
                return device
            case KeptDisk(disk_id):
                return disk_id


def things(progress: Progress) -> tuple[Thing, ...]:
    """List what is handed over, in order: the same for everyone who has this progress.

    A source that was started again in its place has it all.
    """
    if progress.is_in_place:
        return ()
    found = progress.belongings or Belongings()
    disks = boots.reattached(progress)
    # They bring their tags along.
    own_tags = {disk.device for disk in disks}
    return (
        *map(_disk, disks),
        *(_address(one) for one in found.addresses),
        *(_member(one) for one in found.members if _is_moved(one, progress, found)),
        *(_interface(one) for one in found.interfaces if not one.is_primary),
        *(_tags(one) for one in found.tags if one.device not in own_tags),
    )


def _disk(one: KeptDisk) -> Thing:
    return Thing(f"disk/{one.disk_id}", f"disk {one.disk_id} of {one.device}", one)


def _address(one: Address) -> Thing:
    return Thing(f"address/{one.allocation}", f"elastic address {one.ip}", one)


def member_name(one: Member) -> str:
    """Return what a person calls a membership."""
    place = one.group or one.balancer
    return f"member of {place} port {one.port}" if one.port else f"member of {place}"


def _member(one: Member) -> Thing:
    name = member_name(one)
    key = f"member/{one.product}/{one.balancer}/{one.group}/{one.server}/{one.port}"
    return Thing(key, name, one)


def _is_moved(one: Member, progress: Progress, found: Belongings) -> bool:
    """Tell whether a membership moves by itself; one of a secondary interface goes with that."""
    return one.server in (progress.instance_id, primary_interface(found))


def _interface(one: Interface) -> Thing:
    return Thing(f"interface/{one.interface_id}", f"network interface {one.interface_id}", one)


def _tags(one: TagsOf) -> Thing:
    return Thing(f"tags/{one.device}", f"tags of {one.device}", one)


def is_kept(one: Interface, source: str) -> bool:
    """Tell whether an interface was made to outlive its source, for this notice or an earlier one."""
    ours = one.tags.get(identity.TAG_SOURCE) == source and identity.TAG_RETAINED in one.tags
    return ours and not one.delete_with_instance


def with_alarm(progress: Progress) -> Progress:
    """Tell of what a notice that is taken back has changed for good."""
    known = progress.belongings
    if known is None or CONVERTED not in known.looked_up:
        return progress
    why = "it was made elastic for a notice that was taken back, and stays so"
    for one in known.addresses:
        progress = progress.remarked(f"public address {one.ip}", why)
    return progress


def left_interfaces(progress: Progress) -> tuple[str, ...]:
    """Name the interfaces that were made to outlive their source and did not move."""
    known = progress.belongings or Belongings()
    left = {move.thing for move in progress.moves if move.ended == "left"}
    return tuple(
        one.interface_id
        for one in known.interfaces
        if _interface(one).key in left
        and (identity.TAG_RETAINED in one.tags or KEPT + one.interface_id in known.looked_up)
    )


def primary_interface(found: Belongings) -> str:
    """Return the id of the source's primary interface, or an empty word."""
    return next((one.interface_id for one in found.interfaces if one.is_primary), "")


def clonable(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Leave out the tags that the cloud or we have put there."""
    return tuple(sorted(pair for pair in tags if identity.is_clonable(pair[0])))


def old_pair(new: str) -> str:
    """Say what becomes of a group whose servers nobody can change."""
    return f"{new} took its place, for its servers cannot be changed; delete the old one by hand"


def spare_pair(used: str) -> str:
    """Say what becomes of a group that was made twice."""
    return f"made twice with {used}, and nothing leads to it; sweep deletes it a day later"


def move_of(progress: Progress, thing: Thing) -> Move | None:
    """Return where a thing stands; None before its move has begun."""
    return next((move for move in progress.moves if move.thing == thing.key), None)


def unfinished(progress: Progress) -> tuple[Thing, ...]:
    """List the things whose move has not ended."""
    ended = {move.thing for move in progress.moves if move.ended}
    return tuple(thing for thing in things(progress) if thing.key not in ended)


def addresses(progress: Progress) -> tuple[Thing, ...]:
    """List the elastic addresses among the things."""
    return tuple(one for one in things(progress) if isinstance(one.what, Address))


def disks(progress: Progress) -> tuple[Thing, ...]:
    """List the disks among the things."""
    return tuple(one for one in things(progress) if isinstance(one.what, KeptDisk))


def disks_before(progress: Progress, disk: KeptDisk, notice: float, now: float) -> tuple[str, ...]:
    """List the disks that get their devices before this one, but for what is busy for too long.

    They are attached in the order of their devices, the source's system disk last: a replacement
    that takes it along has another one as its first.
    """
    return tuple(
        one.what.disk_id
        for one in unfinished(progress)
        if isinstance(one.what, KeptDisk)
        and _device_order(one.what) < _device_order(disk)
        and (move := move_of(progress, one))
        and now <= max(move.since, progress.t0 + notice) + ORDER_SECONDS_MAX
    )


def _device_order(disk: KeptDisk) -> tuple[bool, int, str]:
    return disk.kind == "system", len(disk.device), disk.device


def handed_over(progress: Progress) -> tuple[Thing, ...]:
    """List the things that the replacement has."""
    moved_keys = {move.thing for move in progress.moves if move.ended == "moved"}
    return tuple(thing for thing in things(progress) if thing.key in moved_keys)


def begun(progress: Progress, now: float, among: Sequence[Thing] | None = None) -> Progress:
    """Note for every thing, or for some, when its move began, which bounds it."""
    known = {move.thing for move in progress.moves}
    wanted = things(progress) if among is None else among
    fresh = tuple(Move(one.key, now) for one in wanted if one.key not in known)
    return replace(progress, moves=(*progress.moves, *fresh))


def in_turn(progress: Progress, now: float) -> tuple[Thing, Move] | float:
    """Choose what is looked at now, or tell from when on there is something to look at.

    What has not begun has no turn; at least one thing has begun and not ended.
    """
    open_ = unfinished(progress)
    # What brings traffic waits until the disks are there.
    open_ = tuple(one for one in open_ if isinstance(one.what, KeptDisk)) or open_
    pairs = [(one, move) for one in open_ if (move := move_of(progress, one))]
    due = [(one, move) for one, move in pairs if move.not_before <= now]
    if not due:
        return min(move.not_before for _, move in pairs)
    return due[0]


def begun_again(progress: Progress, now: float) -> Progress:
    """Give every open move its time again: who gets the things now was not there before."""
    moves = tuple(
        move if move.ended else replace(move, since=now, not_before=0.0) for move in progress.moves
    )
    return replace(progress, moves=moves)


def is_overdue(progress: Progress, move: Move, notice: float, now: float) -> bool:
    """Tell whether a move has been busy for too long; the release sets free what was locked."""
    return now > max(move.since, progress.t0 + notice) + BUSY_SECONDS_MAX


def later(progress: Progress, thing: Thing, until: float) -> Progress:
    """Note that a change takes effect, and when to look again."""
    return _changed(progress, thing, not_before=until)


def refused_for_now(progress: Progress, thing: Thing, code: str, now: float) -> Progress:
    """Note a refusal that passes: the next try is another one, under a token of its own."""
    move = move_of(progress, thing)
    rounds = 0 if move is None else move.round
    pause = _pause(rounds)
    return _changed(progress, thing, not_before=now + pause, round=rounds + 1, code=code)


def put_off(progress: Progress, thing: Thing, code: str, now: float, at: float) -> Progress:
    """Note that a call had no good answer: it is repeated unchanged, and not before `at`."""
    move = move_of(progress, thing)
    failed = 0 if move is None else move.failed
    until = max(now + _pause(failed), at)
    return _changed(progress, thing, not_before=until, failed=failed + 1, code=code)


def _pause(tries: int) -> float:
    return min(REFUSED_PAUSE_SECONDS * 2.0 ** min(tries, 8), REFUSED_PAUSE_SECONDS_MAX)


def moved(
    progress: Progress, thing: Thing, now: float, place: str = "", spare: Sequence[str] = ()
) -> Progress:
    """Note that the replacement has a thing, and where, if that is not where the source had it."""
    for group in spare:
        progress = progress.remarked(f"server group {group}", spare_pair(place))
    ended = _ended(progress, thing, "moved")
    match thing.what:
        case Address() as address:
            return ended.marked("elastic address moved", now, address.ip)
        case Member() as member:
            was = member.group or member.balancer
            told = ended.marked("load balancer member moved", now, place or was)
            return told.remarked(f"server group {was}", old_pair(place)) if place else told
        case Interface() as interface:
            return ended.marked("network interface moved", now, interface.interface_id)
        case KeptDisk(disk_id):
            told = ended.marked("disk attached", now, disk_id)
            return told.remarked(thing.name, f"attached as {place}") if place else told
        case _:
            return ended


def left(progress: Progress, thing: Thing, why: str) -> Progress:
    """Note that a thing stays where it is, and why."""
    return _ended(progress, thing, "left").remarked(thing.name, why)


def _ended(progress: Progress, thing: Thing, how: Literal["moved", "left"]) -> Progress:
    return _changed(progress, thing, ended=how)


def _changed(progress: Progress, thing: Thing, **changes: object) -> Progress:
    moves = tuple(
        replace(move, **changes) if move.thing == thing.key else move  # type: ignore[arg-type]
        for move in progress.moves
    )
    return replace(progress, moves=moves)


def token(progress: Progress, thing: Thing, verb: str, server: str) -> str:
    """Derive the client token of one change of one thing.

    Args:
        progress: Of the recreation.
        thing: What is moved.
        verb: What is done with it.
        server: Who gets it or gives it up; that is one request, whoever gets it in the end.
    """
    move = move_of(progress, thing)
    rounds = 0 if move is None else move.round
    variant = (thing.key, verb, server, str(rounds))
    return identity.client_token(progress.recreation_id, StepName.HANDOVER.value, *variant)
