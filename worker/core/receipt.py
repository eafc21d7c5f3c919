"""The record of a finished recreation: what was kept, what changed, what could not be kept.

Written as plain data and read back as values; a field that is added later has a default, so that
older receipts still read. Instants are UTC text with the seconds after T0 beside them.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from worker.core import boots, handing
from worker.core.errors import Malformed
from worker.core.messages import iso
from worker.core.model import Address, Candidate
from worker.core.progress import Economical, Health, KeptDisk, Progress

FORMAT = 1
# "About five minutes". Source: ECS "Instance interruption events".
NOTICE_SECONDS = 300.0

Outcome = str
RECOVERED: Outcome = "recovered"
UNFINISHED: Outcome = "unfinished"

USER_DATA = "user data"
DROPPED = "the configuration drops it, if there was any: what it did is in the image"

# A parameter of RunInstances that was left out, and the field of the receipt it would have set.
_FIELD_OF_PARAMETER = {
    "InstanceName": "name",
    "HostName": "host_name",
    "KeyPairName": "key_pair",
    "Description": "description",
    "ResourceGroupId": "resource_group",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline."""

    what: str
    at: str
    seconds_after_t0: float
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """The source as it was, or the replacement as it was asked for.

    Attributes:
        cpu: vCPUs, 0 when they were not captured.
        memory: GiB, 0 when it was not captured.
        charge: `spot`, `pay-as-you-go`, or empty when unknown.
    """

    instance: str = ""
    name: str = ""
    host_name: str = ""
    description: str = ""
    type: str = ""
    cpu: int = 0
    memory: float = 0.0
    charge: str = ""
    zone: str = ""
    vpc: str = ""
    private_ip: str = ""
    public_ip: str = ""
    elastic_ip: str = ""
    security_groups: tuple[str, ...] = ()
    key_pair: str = ""
    ram_role: str = ""
    resource_group: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskRecord:
    """A disk of the source and where its data is.

    Attributes:
        data_point: Everything that was on disk before this instant is in the replacement; empty
            for a disk that no image holds.
        retained: Whether the disk itself outlives the source.
        attached: Whether the disk itself is on the replacement.
    """

    disk: str
    kind: str
    device: str
    category: str
    size: int
    data_point: str = ""
    data_point_after_t0: float = 0.0
    retained: bool = False
    attached: bool = False


@dataclass(frozen=True, slots=True)
class NotKept:
    """Something that could not be kept or done, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """Something of the source's that the replacement has now.

    Attributes:
        what: What it is, in the words of `NotKept.what`.
        resource: Its id.
    """

    what: str
    resource: str


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """How the health check of the replacement ended.

    Attributes:
        tries: How often it was tried.
        why: Why the last try failed; empty when it passed.
    """

    passed: bool
    tries: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class RefusedCandidate:
    """A candidate that the cloud refused, and its code."""

    candidate: str
    code: str
    at: str


@dataclass(frozen=True, slots=True)
class Considered:
    """A candidate in its place of the canonical order, and why it stands there."""

    candidate: str
    why: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The whole record.

    Attributes:
        outcome: `recovered`, `unfinished` or a `Mootness` value.
        boot: What the replacement was booted from: an image, snapshots, and so on.
        degraded: What is wrong with that; empty when it is of this notice.
        dropped: What was left behind by the configuration's choice, whether or not there was any.
        beside: The source, where it still ran beside its replacement when all else was done.
    """

    recreation: str
    account: str
    region: str
    outcome: Outcome
    t0: str
    written_at: str
    source: Server
    replacement: Server = field(default_factory=Server)
    format: int = FORMAT
    reason: str = ""
    notice_seconds: float = NOTICE_SECONDS
    lineage: str = ""
    image: str = ""
    boot: str = ""
    degraded: str = ""
    timeline: tuple[Moment, ...] = ()
    disks: tuple[DiskRecord, ...] = ()
    handed_over: tuple[HandedOver, ...] = ()
    health: HealthRecord | None = None
    not_kept: tuple[NotKept, ...] = ()
    candidates: tuple[Considered, ...] = ()
    refused: tuple[RefusedCandidate, ...] = ()
    quarantined: tuple[str, ...] = ()
    beside: str = ""
    dropped: tuple[NotKept, ...] = ()

    @property
    def chosen(self) -> str:
        """Why the replacement's candidate stands where it stands; empty when it is not known."""
        taken = self.replacement
        label = f"{taken.type} in {taken.zone} ({taken.charge})"
        return next((one.why for one in self.candidates if one.candidate == label), "")

    @property
    def is_in_place(self) -> bool:
        """Whether the source itself was started again, so that nothing replaces it."""
        return bool(self.source.instance) and self.source.instance == self.replacement.instance

    @property
    def running(self) -> Moment | None:
        """When a server ran again, the replacement or the source itself."""
        return self.moment("replacement running") or self.moment("source started in place")

    def moment(self, what: str) -> Moment | None:
        """Return a line of the timeline by its name."""
        return next((moment for moment in self.timeline if moment.what == what), None)


@cache
def _adapter() -> TypeAdapter[Receipt]:
    # Built for the first one: a worker that starts would wait for it and need it minutes later.
    return TypeAdapter(Receipt)


def receipt(progress: Progress, at: float, *, notice: float = NOTICE_SECONDS) -> dict[str, Any]:
    """Return the receipt as plain data.

    Args:
        progress: The recreation.
        at: When the receipt is written, epoch seconds.
        notice: From T0 to the release, seconds.
    """
    plain: dict[str, Any] = _adapter().dump_python(record(progress, at, notice=notice))
    return plain


def read_receipt(data: object) -> Receipt:
    """Read what `receipt` wrote.

    Raises:
        Malformed: It is something else, or of a format that is not known here.
    """
    if isinstance(data, dict) and data.get("format") != FORMAT:
        raise Malformed(f"the receipt has format {data.get('format')!r}, not {FORMAT!r}")
    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise Malformed(f"this is not a receipt: {where}: {first['msg']}") from None


def record(progress: Progress, at: float, *, notice: float = NOTICE_SECONDS) -> Receipt:
    """Return the receipt as a value; arguments as for `receipt`."""
    return Receipt(
        recreation=progress.recreation_id,
        account=progress.account,
        region=progress.region,
        outcome=_outcome(progress),
        reason=progress.moot_reason,
        t0=iso(progress.t0),
        notice_seconds=notice,
        written_at=iso(at),
        lineage=progress.lineage,
        timeline=tuple(
            Moment(mark.what, iso(mark.at), round(mark.at - progress.t0, 1), mark.resource)
            for mark in progress.marks
        ),
        source=_source(progress),
        replacement=_replacement(progress),
        image=progress.imaged.image_id if progress.imaged else "",
        boot=progress.rung if progress.imaged else "",
        degraded=_degraded(progress),
        disks=tuple(_disk(progress, disk) for disk in _disks(progress)),
        handed_over=tuple(
            HandedOver(one.name, one.resource) for one in handing.handed_over(progress)
        ),
        health=_health(progress.health),
        not_kept=tuple(NotKept(one.what, one.why) for one in progress.remarks),
        candidates=tuple(Considered(one.label, one.why) for one in _candidates(progress)),
        refused=tuple(
            RefusedCandidate(one.candidate, one.code, iso(one.at))
            for one in progress.launched.refusals
        ),
        quarantined=progress.launched.quarantined,
        beside=progress.instance_id if progress.launched.beside_at else "",
        dropped=_dropped(progress),
    )


def _dropped(progress: Progress) -> tuple[NotKept, ...]:
    """Name the user data, which nobody reads where it is not carried: it may hold passwords."""
    specified = progress.specified
    is_cloned = bool(progress.launched.instance_id) and not progress.is_in_place
    is_dropped = specified is not None and specified.drops_user_data and is_cloned
    return (NotKept(USER_DATA, DROPPED),) if is_dropped else ()


def _health(health: Health | None) -> HealthRecord | None:
    if health is None or not health.ended:
        return None
    passed = health.ended == "passed"
    return HealthRecord(passed=passed, tries=health.tries + passed, why=health.why)


def _candidates(progress: Progress) -> tuple[Candidate, ...]:
    return progress.specified.candidates if progress.specified else ()


def _outcome(progress: Progress) -> Outcome:
    if progress.moot is not None:
        return progress.moot.value
    return RECOVERED if progress.launched.running_at else UNFINISHED


def _source(progress: Progress) -> Server:
    specified = progress.specified
    if specified is None:
        return _server(progress.instance_id, progress.economical)
    source, asked = specified.source, specified.launch
    return Server(
        instance=progress.instance_id,
        name=source.name,
        # The request was frozen from the source, so that these are the source's own.
        host_name=asked.host_name,
        description=asked.description,
        resource_group=asked.resource_group,
        type=source.instance_type,
        cpu=source.cpu,
        memory=source.memory,
        charge="spot",
        zone=source.zone,
        vpc=source.vpc,
        private_ip=source.private_ip,
        public_ip=source.public_ip,
        elastic_ip=source.eip,
        security_groups=source.security_groups,
        key_pair=source.key_pair,
        ram_role=source.ram_role,
        tags=dict(source.tags),
    )


def _replacement(progress: Progress) -> Server:
    specified, launched = progress.specified, progress.launched
    if progress.is_in_place:
        return replace(_server(launched.instance_id, progress.economical), public_ip="")
    if specified is None or not launched.instance_id:
        return Server()
    source, asked = specified.source, specified.launch
    wanted: dict[str, str] = {
        "name": asked.name,
        "host_name": asked.host_name,
        "description": asked.description,
        "key_pair": asked.key_pair,
        "resource_group": asked.resource_group,
    }
    for parameter in launched.drop:
        wanted.pop(_FIELD_OF_PARAMETER.get(parameter, ""), None)
    return Server(
        instance=launched.instance_id,
        type=launched.instance_type,
        cpu=launched.cpu,
        # Every candidate has the source's memory.
        memory=source.memory,
        charge=launched.charge
        or _charge(specified.candidates, launched.instance_type, launched.zone),
        zone=launched.zone,
        vpc=source.vpc,
        private_ip=launched.private_ip,
        elastic_ip=next(
            (one.what.ip for one in handing.handed_over(progress) if isinstance(one.what, Address)),
            "",
        ),
        security_groups=asked.security_groups,
        ram_role=asked.ram_role,
        tags=dict(asked.tags),
        **wanted,
    )


def _server(instance_id: str, economical: Economical | None) -> Server:
    """Tell of a source that was started again in its place, which has all that it had."""
    if economical is None:
        return Server(instance=instance_id)
    facts = economical.facts
    return Server(
        instance=instance_id,
        name=facts.name,
        type=facts.instance_type,
        cpu=facts.cpu,
        memory=facts.memory,
        charge="spot",
        zone=facts.zone,
        vpc=facts.vpc,
        private_ip=facts.private_ip,
        public_ip=facts.public_ip,
        elastic_ip=facts.eip,
        security_groups=facts.security_groups,
        key_pair=facts.key_pair,
        tags=dict(facts.tags),
    )


def _charge(candidates: tuple[Candidate, ...], instance_type: str, zone: str) -> str:
    taken = [one for one in candidates if (one.instance_type, one.zone) == (instance_type, zone)]
    if len({one.spot for one in taken}) != 1:
        return ""
    return "spot" if taken[0].spot else "pay-as-you-go"


def _disks(progress: Progress) -> tuple[KeptDisk, ...]:
    return progress.retained.disks if progress.retained else ()


def _disk(progress: Progress, disk: KeptDisk) -> DiskRecord:
    """Tell a disk's data point, and whether the disk itself stays."""
    point = _data_point(progress, disk) if disk.is_cloud else None
    return DiskRecord(
        disk=disk.disk_id,
        kind=disk.kind,
        device=disk.device,
        category=disk.category,
        size=disk.size,
        data_point="" if point is None else iso(point),
        data_point_after_t0=0.0 if point is None else round(point - progress.t0, 1),
        retained=boots.outlives(progress, disk) or not disk.was_deleted_with_instance,
        attached=_is_attached(progress, disk),
    )


def _is_attached(progress: Progress, disk: KeptDisk) -> bool:
    return any(one.what == disk for one in handing.handed_over(progress))


def _degraded(progress: Progress) -> str:
    """Say what the replacement lacks that boots from something else than this notice's data."""
    if progress.rung == "rescue":
        return (
            "it booted from the image that its line began with: its system disk is new, and the"
            " source's disks are attached as data disks"
        )
    if boots.behind(progress):
        since = iso(progress.launched.image_begun_at)
        return f"its image was begun at {since}, before the last notice: what came later is on the disks"
    if progress.rung == "stale-snapshot":
        since = iso(progress.launched.image_begun_at)
        return f"its system disk is that of an automatic snapshot, as of {since}"
    return ""


def _data_point(progress: Progress, disk: KeptDisk) -> float | None:
    """Tell until when a disk's data is in the replacement.

    A disk that is attached itself holds all that the source wrote.
    """
    if disk.disk_id in progress.launched.missing:
        stopped_at = progress.launched.source_stopped_at
        return stopped_at if stopped_at and _is_attached(progress, disk) else None
    return boots.held_until(progress)
