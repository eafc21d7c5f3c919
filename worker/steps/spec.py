"""Capture the source while it exists and freeze what the replacement is to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import boots, identity, launching, losses
from worker.core.eligibility import why_not_ours
from worker.core.errors import Permanent, Transient
from worker.core.ladder import Needs, addressed, candidates, wished, within_price
from worker.core.model import (
    Candidate,
    Details,
    Disk,
    DiskSpec,
    Instance,
    InstanceType,
    LaunchSpec,
    Look,
    Sealed,
)
from worker.core.outcomes import Done, Moot, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Captured, KeptDisk, Mootness, Progress, SourceFacts, Specified
from worker.ports import (
    Addresses,
    Balancers,
    Captures,
    Instances,
    Interfaces,
    Sources,
    Stock,
    Tagging,
)
from worker.steps.base import Parking
from worker.steps.handover.lookup import LookUp

# What a legacy protection period reads back as. Source: ECS RunInstances, SpotDuration (0 or 1).
SPOT_DURATION_MAX = 1
SECOND_LOOK_SECONDS = 45.0
INCOMPLETE_LOOK_SECONDS = 3.0
# Source: RunInstances, InternetMaxBandwidthOut.
BANDWIDTH_MAX = 100
HOUR_SECONDS = 3_600.0
USER_DATA = "user data"
CONFIGURATION = "the configuration of the source"
UNMOVED_ADDRESS = "it stays allocated in the account; bind it to the replacement by hand"
PRICE_WINDOW_SECONDS = 3 * HOUR_SECONDS


@dataclass(frozen=True, slots=True)
class Specify:
    """Freeze the launch specification and the candidates.

    Reads only, but for what would go with the source and is to be handed over: its interfaces are
    kept, and its static public address becomes elastic, where the configuration asks for it.
    """

    name: ClassVar[StepName] = StepName.SPEC

    sources: Sources
    stock: Stock
    instances: Instances
    addresses: Addresses
    interfaces: Interfaces
    balancers: Balancers
    tagging: Tagging
    captures: Captures
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        return progress.specified is not None or progress.is_in_place

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """What is changed here is named by the source alone, but for an address that is made elastic."""
        return self._lookup.reads(progress)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Capture the source first; what the catalogue says can be asked without it."""
        if progress.captured is None:
            return self._capture(progress, now)
        if self._wants_user_data(progress.captured):
            return self._read_user_data(progress, progress.captured)
        looked = self._lookup.run(progress, progress.captured, now)
        return self._freeze(progress, progress.captured) if looked is None else looked

    def forgive(
        self,
        progress: Progress,
        error: Transient | Permanent,
        now: float,  # noqa: ARG002
    ) -> Outcome | None:
        """Do without what hangs on the source, if the worker may not look at it."""
        captured = progress.captured
        if captured is None:
            return None
        if isinstance(error, Permanent) and self._wants_user_data(captured):
            return _without_user_data(progress, captured, error.code or "refused")
        return self._lookup.forgive(progress, error)

    @property
    def _lookup(self) -> LookUp:
        return LookUp(self.addresses, self.interfaces, self.balancers, self.tagging, self.policy)

    def _capture(self, progress: Progress, now: float) -> Outcome:
        look = _looked(progress) or self.sources.look(progress.instance_id)
        if look.instance is None or not _is_whole(look):
            return self._absent(progress, look, now)
        role = self.sources.ram_role(progress.instance_id)
        details = self.sources.details(progress.instance_id)
        captured = Captured(look.instance, look.disks, role, details)
        whole = replace(progress, captured=captured, looked=None, absent_at=0.0)
        return Note(whole.marked("source captured", now))

    def _read_user_data(self, progress: Progress, captured: Captured) -> Outcome:
        """It is in the image already; what is carried is what the first start is to run again."""
        answer = self.sources.user_data(progress.instance_id, recreation=progress.recreation_id)
        if isinstance(answer, Sealed):
            return Note(replace(progress, captured=replace(captured, user_data=answer)))
        return _without_user_data(progress, captured, answer.code)

    def _wants_user_data(self, captured: Captured) -> bool:
        return self.policy.user_data == "rerun" and captured.user_data is None

    def _freeze(self, progress: Progress, captured: Captured) -> Outcome:
        source = captured.instance
        types = self.stock.instance_types(
            memory=source.memory, architecture_of=source.instance_type
        )
        wishes = progress.wishes
        vswitches = self.stock.vswitches(source.vpc)
        disks = tuple(disk for disk in captured.disks if disk.is_cloud)
        needs = Needs(
            data_disks=sum(1 for disk in disks if disk.kind == "data"),
            interfaces=captured.details.interfaces,
            secure_boot=source.secure_boot,
            same_zone=boots.awaits_snapshot(progress),
        )
        order = candidates(source, types, vswitches, self.policy, needs)
        order = within_price(order, self._prices(progress, order), self.policy)
        order = addressed(order, source, self.policy)
        order = wished(order, wishes, vswitches)
        if not order:
            raise Parking(Park.NO_STOCK, "the configuration forbids every candidate")
        captured = replace(captured, details=_asked_details(captured, types))
        spec, dropped = launch_spec(
            progress, replace(captured, disks=disks), owner=self.policy.owner
        )
        names = [one.instance_type for one in order]
        alike = losses.jumbo_alike(types, names, jumbo_frame=spec.jumbo_frame)
        specified = Specified(
            source_facts(source, captured.ram_role),
            spec,
            order,
            alike,
            drops_user_data=self.policy.user_data == "drop",
        )
        frozen = replace(progress, specified=specified, captured=None)
        told = _remarks(frozen, captured, dropped)
        for one in losses.of_source(captured, self.policy):
            told = told.remarked(one.what, one.why)
        return Done(told)

    def _prices(
        self, progress: Progress, order: tuple[Candidate, ...]
    ) -> Mapping[tuple[str, str], float]:
        """Read list prices of hours that were over before the notice: later ones could differ."""
        if not self.policy.max_price_percent:
            return {}
        end = progress.t0 // HOUR_SECONDS * HOUR_SECONDS
        names = tuple(dict.fromkeys(one.instance_type for one in order if one.spot))
        return self.stock.list_prices(names, begin=end - PRICE_WINDOW_SECONDS, end=end)

    def _absent(self, progress: Progress, look: Look, now: float) -> Outcome:
        """Go on from what was recorded before the notice, or wait for another message.

        A source whose disks do not show is no better than one that is gone.
        """
        replacements = self.instances.find_tagged(progress.recreation_id)
        if replacements:
            found = launching.replacement_name(replacements)
            return Moot(progress, Mootness.ALREADY_DONE, f"already recreated as {found}")
        missed = replace(progress, absent_at=progress.absent_at or now)
        if now < missed.absent_at + SECOND_LOOK_SECONDS:
            pause = SECOND_LOOK_SECONDS if look.instance is None else INCOMPLETE_LOOK_SECONDS
            return Wait(
                missed, now + pause, "the source went before its capture; look for a sibling"
            )
        recorded = self.captures.find(progress.instance_id)
        if recorded is not None and why_not_ours(recorded.captured.instance, self.policy) is None:
            told = missed.remarked(CONFIGURATION, recorded_sentence(recorded.at))
            known = replace(told, captured=recorded.captured)
            return Note(known.marked("source captured", now, recorded.at))
        if now < missed.absent_at + self.policy.sibling_wait:
            until = now + SECOND_LOOK_SECONDS
            return Wait(missed, until, "the source went before its capture; look for a sibling")
        raise Parking(
            Park.SOURCE_GONE, "the source went before it could be captured; its image exists"
        )


def recorded_sentence(at: str) -> str:
    """Say how old a configuration is that was not read from the source itself."""
    return f"it is that of {at}, which was recorded before the notice"


def _looked(progress: Progress) -> Look | None:
    """Return what was described when the notice was confirmed, if it can be cloned from."""
    seen = progress.looked
    look = None if seen is None else Look(seen.instance, seen.disks)
    return look if look is not None and _is_whole(look) else None


def _is_whole(look: Look) -> bool:
    """Tell whether what was described can be cloned: every instance has a system disk."""
    source = look.instance
    known = source is not None and bool(source.instance_type and source.zone)
    return known and any(disk.kind == "system" for disk in look.disks)


def _without_user_data(progress: Progress, captured: Captured, why: str) -> Note:
    without = replace(progress, captured=replace(captured, user_data=Sealed()))
    return Note(without.remarked(USER_DATA, why))


def _asked_details(captured: Captured, types: Sequence[InstanceType]) -> Details:
    """Leave out what the type does by itself, and what it may refuse to be told at all."""
    details = captured.details
    own = next((one for one in types if one.name == captured.instance.instance_type), None)
    if own is None or not own.jumbo_frame:
        details = replace(details, jumbo_frame=None)
    if own is not None and own.queue_number == details.queue_number:
        details = replace(details, queue_number=0)
    return details


def launch_spec(
    progress: Progress, captured: Captured, *, owner: str
) -> tuple[LaunchSpec, tuple[str, ...]]:
    """Write the request for the clone; returns it and the tag keys that found no room."""
    source, disks, details = captured.instance, captured.disks, captured.details
    storage_set, partition = losses.storage_set(disks)
    owned = progress.owned_tags(owner)
    base = identity.read_boot_tag(source.tags.get(identity.TAG_BOOT))[1] or source.image_id
    ours = {**owned, identity.TAG_BOOT: identity.boot_tag("image", base)}
    tags, dropped = identity.cloned_tags(source.tags, ours)
    was_kept = {
        disk.disk_id: disk for disk in (progress.retained.disks if progress.retained else ())
    }
    spec = LaunchSpec(
        name=source.name,
        security_groups=source.security_groups,
        tags=tuple(sorted(tags.items())),
        disks=tuple(
            _disk_spec(disk, goes=_went_along(disk, was_kept.get(disk.disk_id))) for disk in disks
        ),
        source_type=source.instance_type,
        spot_strategy=source.spot_strategy,
        description=source.description,
        host_name=source.host_name,
        spot_price_limit=source.spot_price_limit,
        spot_duration=min(source.spot_duration, SPOT_DURATION_MAX),
        interruption_behavior=source.interruption_behavior,
        key_pair=source.key_pair,
        ram_role=captured.ram_role,
        resource_group=source.resource_group,
        internet_charge_type=source.internet_charge_type,
        # A bandwidth above zero buys a new static address; wanted only in place of one.
        bandwidth_out=source.bandwidth_out if source.public_ip else 0,
        bandwidth_in=source.bandwidth_in,
        credit_specification=source.credit_specification,
        deployment_set=source.deployment_set,
        http_endpoint=source.http_endpoint,
        http_tokens=source.http_tokens,
        threads_per_core=source.threads_per_core,
        login_as_non_root=source.login_as_non_root,
        source_zone=source.zone,
        cpu_topology=source.cpu_topology,
        deployment_set_group=source.deployment_set_group,
        hpc_cluster=source.hpc_cluster,
        storage_set=storage_set,
        storage_set_partition=partition,
        private_dns=source.private_dns,
        ptp_status=source.ptp_status,
        secure_boot=source.secure_boot,
        queue_number=details.queue_number,
        ipv6_count=details.ipv6_count,
        jumbo_frame=details.jumbo_frame,
        nested_virtualization=source.nested_virtualization,
        user_data=captured.user_data.text if captured.user_data else "",
        network_encryption=details.network_encryption,
        bandwidth_weighting=details.bandwidth_weighting,
    )
    return spec, dropped


def _went_along(disk: Disk, kept: KeptDisk | None) -> bool:
    """Tell whether the disk went with its instance before retain changed that."""
    return disk.delete_with_instance if kept is None else kept.was_deleted_with_instance


def _disk_spec(disk: Disk, *, goes: bool) -> DiskSpec:
    return DiskSpec(
        kind=disk.kind,
        device=disk.device,
        category=disk.category,
        size=disk.size,
        performance_level=disk.performance_level,
        encrypted=disk.encrypted,
        kms_key=disk.kms_key,
        name=disk.name,
        description=disk.description,
        provisioned_iops=disk.provisioned_iops,
        bursting=disk.bursting,
        snapshot_policy=disk.snapshot_policy,
        delete_with_instance=goes,
        storage_cluster=disk.storage_cluster,
    )


def source_facts(source: Instance, role: str = "") -> SourceFacts:
    """Return what the receipt tells about a source."""
    return SourceFacts(
        instance_type=source.instance_type,
        zone=source.zone,
        name=source.name,
        private_ip=source.private_ip,
        public_ip=source.public_ip or "",
        eip=source.eip_address or "",
        cpu=source.cpu,
        memory=source.memory,
        image_id=source.image_id,
        vpc=source.vpc,
        security_groups=source.security_groups,
        key_pair=source.key_pair,
        ram_role=role,
        tags=tuple(sorted(source.tags.items())),
        vswitch=source.vswitch,
    )


def _remarks(progress: Progress, captured: Captured, dropped: tuple[str, ...]) -> Progress:
    source, disks = captured.instance, captured.disks
    for key in dropped:
        progress = progress.remarked(f"tag {key}", "a resource holds 20 tags and ours come first")
    if source.public_ip:
        progress = progress.remarked(
            f"public address {source.public_ip}", "a static public address dies with its instance"
        )
    looked_up = progress.belongings.addresses if progress.belongings else ()
    if source.eip_address and not looked_up:
        progress = progress.remarked(f"elastic address {source.eip_address}", UNMOVED_ADDRESS)
    for what in captured.details.unread:
        progress = progress.remarked(f"reading the source's {what}", "the role may not read them")
    if source.public_ip and source.bandwidth_out > BANDWIDTH_MAX:
        progress = progress.remarked(
            f"bandwidth of {source.bandwidth_out} Mbit/s", "a launch may ask for 100 at most"
        )
    return _remarks_on_disks(progress, disks)


def _remarks_on_disks(progress: Progress, disks: tuple[Disk, ...]) -> Progress:
    for kept in progress.retained.disks if progress.retained else ():
        if kept.kind == "system" and not kept.was_deleted_with_instance:
            progress = progress.remarked(
                "the system disk outliving the replacement", "a launch cannot ask for it"
            )
    for disk in disks:
        if not disk.is_cloud:
            progress = progress.remarked(f"disk {disk.disk_id}", "a local disk dies with its host")
    for kept in progress.retained.disks if progress.retained else ():
        if kept.is_cloud and not kept.was_deleted_with_instance:
            progress = progress.remarked(f"disk {kept.disk_id}", boots.UNDATED_DISK)
    return progress
