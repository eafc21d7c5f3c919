"""Look up what hangs on the source while it lives; make ready what would go with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from worker.core import handing, identity
from worker.core.errors import Permanent, Transient
from worker.core.model import Accepted, Address, Instance, Interface, NotInstalled
from worker.core.outcomes import Note, Outcome, Wait
from worker.core.policy import Policy
from worker.core.progress import Belongings, Captured, Progress, TagsOf
from worker.ports import Addresses, Balancers, Interfaces, Tagging
from worker.steps.base import NOTHING

# For how long lookups may hold up the launch; a refusal for rate ends with the minute.
PATIENCE_SECONDS = 75.0
# An address that was made elastic costs money whether or not it moves: it is waited for longer.
CONVERSION_PATIENCE_SECONDS = 150.0
AGAIN_SECONDS = 2.0
EIP = "elastic addresses"
INTERFACES = "network interfaces"
MEMBERS = "load balancers"
# What a remark is about when one of them could not be looked up.
LOOKED_UP = (EIP, INTERFACES, MEMBERS)


@dataclass(frozen=True, slots=True)
class LookUp:
    """One kind per run, bounded in time: what is not known then is named and not handed over."""

    addresses: Addresses
    interfaces: Interfaces
    balancers: Balancers
    tagging: Tagging
    policy: Policy

    def run(self, progress: Progress, captured: Captured, now: float) -> Outcome | None:
        """Take the lookup one kind further; None when there is no more to look up."""
        wanted = _kinds(self.policy)
        if not wanted:
            return None
        known = progress.belongings
        if known is None:
            tags = _disk_tags(captured) if "tags" in self.policy.hand_over else ()
            return Note(replace(progress, belongings=Belongings(since=now, tags=tags)))
        missing = [kind for kind in wanted if kind not in known.looked_up]
        if not missing:
            return None
        if now > known.since + _patience(known):
            return _too_late(progress, known, missing)
        if missing[0] == EIP:
            return self._addresses(progress, known, captured.instance, now)
        if missing[0] == INTERFACES:
            return self._interfaces(progress, known)
        return self._members(progress, known)

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """That a static address is to be made elastic: else nobody knew after a crash whose it is."""
        known = progress.belongings
        if known is None or EIP in known.looked_up or handing.CONVERTING not in known.looked_up:
            return NOTHING
        return (handing.CONVERTING,)

    def forgive(self, progress: Progress, error: Transient | Permanent) -> Outcome | None:
        """Go on without the kind that may not be looked up; None when it was something else."""
        if isinstance(error, Transient):
            return None
        known = progress.belongings
        missing = [kind for kind in _kinds(self.policy) if known and kind not in known.looked_up]
        if known is None or not missing:
            return None
        if _awaits_tag(known):
            return _untagged(progress, known, error.code or "refused")
        return Note(
            _known(progress.remarked(missing[0], error.code or "refused"), known, missing[0])
        )

    def _addresses(
        self, progress: Progress, known: Belongings, source: Instance, now: float
    ) -> Outcome:
        if _awaits_tag(known):
            return self._tag_address(progress, known)
        is_to_convert = bool(source.public_ip) and self.policy.convert_public_ip
        if is_to_convert and handing.CONVERTING not in known.looked_up:
            return Note(_known(progress, known, handing.CONVERTING))
        found = self.addresses.of_instance(progress.instance_id)
        if not found and source.eip_allocation:
            # A source that is gone has none; what was recorded of it names one that may be free.
            recorded = self.addresses.find(source.eip_allocation)
            found = (recorded,) if recorded is not None and recorded.is_free else ()
        if is_to_convert and _has(found, source.public_ip):
            return Note(_known(progress, replace(known, addresses=found), handing.CONVERTED))
        if found or not is_to_convert:
            return Note(_with_addresses(progress, known, found))
        if handing.CONVERTED in known.looked_up:
            return Wait(progress, now + AGAIN_SECONDS, "the public address becomes elastic")
        answer = self.addresses.convert(progress.instance_id)
        # Refused, it may be that somebody else who holds this message has just done it.
        if isinstance(answer, Accepted) or self._is_elastic(progress, source):
            return Note(_known(progress, known, handing.CONVERTED))
        why = getattr(answer, "code", "") or "it exists"
        told = progress.remarked(f"public address {source.public_ip}", why)
        return Note(_known(told, known, EIP))

    def _is_elastic(self, progress: Progress, source: Instance) -> bool:
        return _has(self.addresses.of_instance(progress.instance_id), source.public_ip)

    def _tag_address(self, progress: Progress, known: Belongings) -> Outcome:
        """Write on the address that was made elastic whose it was: it may be left with nobody."""
        answer = self.addresses.tag(known.addresses[0].allocation, self._tags(progress))
        if isinstance(answer, Accepted):
            return Note(_with_addresses(progress, known, known.addresses))
        return _untagged(progress, known, answer.code)

    def _tags(self, progress: Progress) -> dict[str, str]:
        return {
            identity.TAG_ID: progress.recreation_id,
            identity.TAG_OWNER: self.policy.owner,
            identity.TAG_SOURCE: progress.instance_id,
        }

    def _interfaces(self, progress: Progress, known: Belongings) -> Outcome:
        """Note the interfaces, and let the secondary ones outlive the source, one per run."""
        found = self.interfaces.of_instance(progress.instance_id)
        goes = next((one for one in found if self._needs_keeping(one, known)), None)
        if goes is not None and handing.TAGGED + goes.interface_id not in known.looked_up:
            return self._tag(progress, known, goes)
        if goes is not None:
            answer = self.interfaces.keep(goes.interface_id)
            told = progress
            if not isinstance(answer, Accepted):
                why = getattr(answer, "code", "") or "it exists"
                told = progress.remarked(f"network interface {goes.interface_id}", why)
            return Note(_known(told, known, handing.KEPT + goes.interface_id))
        tags = known.tags
        if "tags" in self.policy.hand_over:
            tags = (*tags, *_interface_tags(found))
        return Note(_known(progress, replace(known, interfaces=found, tags=tags), INTERFACES))

    def _tag(self, progress: Progress, known: Belongings, one: Interface) -> Outcome:
        """Write on the interface what it was, before it is changed: a false alarm undoes it."""
        tags = {
            **self._tags(progress),
            identity.TAG_RETAINED: identity.WAS_DELETED_WITH_INSTANCE,
        }
        answer = self.tagging.tag("eni", (one.interface_id,), tags)
        if not isinstance(answer, Accepted):
            what = f"tags on network interface {one.interface_id}"
            progress = progress.remarked(what, answer.code)
        return Note(_known(progress, known, handing.TAGGED + one.interface_id))

    def _needs_keeping(self, one: Interface, known: Belongings) -> bool:
        is_done = handing.KEPT + one.interface_id in known.looked_up
        is_wanted = "interfaces" in self.policy.hand_over and not one.is_primary
        return is_wanted and one.delete_with_instance and not is_done

    def _members(self, progress: Progress, known: Belongings) -> Outcome:
        ids = (progress.instance_id, *(one.interface_id for one in known.interfaces))
        addresses = tuple(ip for one in known.interfaces for ip in one.ips)
        found = self.balancers.members((*ids, *addresses))
        if isinstance(found, NotInstalled):
            told = progress.remarked(MEMBERS, found.sentence)
            return Note(_known(told, known, MEMBERS))
        for one in found:
            if one.server in addresses:
                progress = progress.remarked(
                    handing.member_name(one), "it names an address, not a server"
                )
        moving = tuple(one for one in found if one.server not in addresses)
        return Note(_known(progress, replace(known, members=moving), MEMBERS))


def _kinds(policy: Policy) -> tuple[str, ...]:
    """List what is looked up; the memberships of an interface need its id."""
    kinds: list[str] = [EIP] if "eip" in policy.hand_over else []
    if {"load_balancers", "interfaces", "tags"} & set(policy.hand_over):
        kinds.append(INTERFACES)
    if "load_balancers" in policy.hand_over:
        kinds.append(MEMBERS)
    return tuple(kinds)


def _has(found: tuple[Address, ...], ip: str | None) -> bool:
    return any(one.ip == ip for one in found)


def _patience(known: Belongings) -> float:
    is_converting = handing.CONVERTING in known.looked_up
    return CONVERSION_PATIENCE_SECONDS if is_converting else PATIENCE_SECONDS


def _too_late(progress: Progress, known: Belongings, missing: Sequence[str]) -> Outcome:
    if _awaits_tag(known):
        return _untagged(progress, known, "they could not be set in time")
    for kind in missing:
        progress = progress.remarked(kind, "they could not be looked up in time")
    return Note(_known(progress, known, *missing))


def _awaits_tag(known: Belongings) -> bool:
    """Tell whether an address was made elastic and found, and has not been tagged yet."""
    return bool(known.addresses) and EIP not in known.looked_up


def _untagged(progress: Progress, known: Belongings, why: str) -> Outcome:
    """Go on with an address that carries no tag of ours; it moves all the same."""
    told = progress.remarked(f"tags on elastic address {known.addresses[0].ip}", why)
    return Note(_with_addresses(told, known, known.addresses))


def _known(progress: Progress, known: Belongings, *kinds: str) -> Progress:
    return replace(
        progress,
        belongings=replace(
            known, looked_up=tuple({**dict.fromkeys(known.looked_up), **dict.fromkeys(kinds)})
        ),
    )


def _with_addresses(progress: Progress, known: Belongings, found: tuple[Address, ...]) -> Progress:
    """Note the addresses; a source with an elastic one has no static one any more."""
    captured = progress.captured
    if found and captured is not None and captured.instance.public_ip:
        first = found[0]
        source = replace(
            captured.instance,
            public_ip=None,
            eip_allocation=first.allocation,
            eip_address=first.ip,
        )
        progress = replace(progress, captured=replace(captured, instance=source))
    return _known(progress, replace(known, addresses=found), EIP)


def _disk_tags(captured: Captured) -> tuple[TagsOf, ...]:
    """List the tags of disks that their copies do not get with the instance's own."""
    given = set(captured.instance.tags.items())
    wanted = (
        TagsOf(disk.device, handing.clonable(set(disk.tags.items()) - given))
        for disk in captured.disks
        if disk.is_cloud and disk.device
    )
    return tuple(one for one in wanted if one.tags)


def _interface_tags(found: tuple[Interface, ...]) -> tuple[TagsOf, ...]:
    return tuple(
        TagsOf(handing.PRIMARY, tags)
        for one in found
        if one.is_primary and (tags := handing.clonable(one.tags.items()))
    )
