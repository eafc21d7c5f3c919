"""Look up what hangs on the source while it lives; make ready what would go with it."""

from dataclasses import dataclass, replace

from worker.core import handing, identity
from worker.core.errors import Permanent, Transient
from worker.core.model import Accepted, Address, Instance, Interface, NotInstalled
from worker.core.outcomes import Note, Outcome, Wait
from worker.core.policy import Policy
from worker.core.progress import Belongings, Captured, Progress, TagsOf
from worker.ports import Addresses, Balancers, Interfaces, Tagging

# For how long lookups may hold up the launch; a refusal for rate ends with the minute.
PATIENCE_SECONDS = 75.0
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
        if now > known.since + PATIENCE_SECONDS:
            for kind in missing:
                progress = progress.remarked(kind, "they could not be looked up in time")
            return Note(_known(progress, known, *missing))
        if missing[0] == EIP:
            return self._addresses(progress, known, captured.instance, now)
        if missing[0] == INTERFACES:
            return self._interfaces(progress, known)
        return self._members(progress, known)

    def forgive(self, progress: Progress, error: Transient | Permanent) -> Outcome | None:
        """Go on without the kind that may not be looked up; None when it was something else."""
        if isinstance(error, Transient):
            return None
        known = progress.belongings
        missing = [kind for kind in _kinds(self.policy) if known and kind not in known.looked_up]
        if known is None or not missing:
            return None
        return Note(
            _known(progress.remarked(missing[0], error.code or "refused"), known, missing[0])
        )

    def _addresses(
        self, progress: Progress, known: Belongings, source: Instance, now: float
    ) -> Outcome:
        found = self.addresses.of_instance(progress.instance_id)
        if not found and source.eip_allocation:
            # A source that is gone has none; what was recorded of it names one that may be free.
            recorded = self.addresses.find(source.eip_allocation)
            found = (recorded,) if recorded is not None and recorded.is_free else ()
        if found or not source.public_ip or not self.policy.convert_public_ip:
            return Note(_with_addresses(progress, known, found))
        if handing.CONVERTED in known.looked_up:
            return Wait(progress, now + AGAIN_SECONDS, "the public address becomes elastic")
        answer = self.addresses.convert(progress.instance_id)
        if isinstance(answer, Accepted):
            return Note(_known(progress, known, handing.CONVERTED))
        why = getattr(answer, "code", "") or "it exists"
        told = progress.remarked(f"public address {source.public_ip}", why)
        return Note(_known(told, known, EIP))

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
            identity.TAG_ID: progress.recreation_id,
            identity.TAG_OWNER: self.policy.owner,
            identity.TAG_SOURCE: progress.instance_id,
            identity.TAG_RETAINED: "was-deleted-with-instance",
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
