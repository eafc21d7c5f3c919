"""What a recreation has achieved, and its form in message attributes.

Progress is the output of the steps and nothing else: the next step follows from it, so there is no
"current step" that could disagree. It travels compressed and split over attributes, beside a few
plain ones for a person who peeks at the queue. A field that is added later has a default, so that
every older form still decodes; a form with another number is refused and parked, never guessed at.
A signature says who wrote it and not that it is sound: ids, instants and counts are checked as
strictly as those of a stranger, since they go into calls, names and tags.
"""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from worker.core import strict_json
from worker.core.errors import Malformed
from worker.core.identity import NOT_ECONOMICAL, image_name, owned_tags, recreation_id
from worker.core.model import (
    Address,
    Candidate,
    Details,
    Disk,
    Instance,
    Interface,
    LaunchSpec,
    Member,
    Sealed,
    shared,
)

FORMAT = "1"
# Source: SMQ "Message properties": 50 per message, values up to 4,096 characters.
CHUNK_CHARACTERS = 4_000
# As many as a message of 64 KB has room for, so that what was sent can be read.
CHUNKS_MAX = 16
# Our own bound against a decompression bomb; real progress is a few kilobytes.
PLAIN_BYTES_MAX = 262_144
# A capture with the tags of its disks is six values deep; the lists are the cloud's own limits.
BOUNDS = strict_json.Bounds(depth=10, keys=256, items=1_024)
# The last instant of the year 9999; a later one cannot be written down again.
INSTANT_MAX = 253_402_300_799.0

RECLAIMED = "replacement ran and was reclaimed"

Instant = Annotated[float, Field(ge=0.0, le=INSTANT_MAX)]
Count = Annotated[int, Field(ge=0)]
# The grammars are those of `worker.core.events`, in the spelling of the validator's own engine.
AccountId = Annotated[str, Field(pattern=r"^[0-9]{5,20}$")]
RegionId = Annotated[str, Field(pattern=r"^[a-z]{2,8}(-[a-z0-9]{1,24}){1,3}$")]
InstanceId = Annotated[str, Field(pattern=r"^i-[0-9a-z]{8,32}$")]
Lineage = Annotated[str, Field(pattern=r"^(i-[0-9a-z]{8,32}/[0-9]{1,7})?$")]
# What the cloud made up: its grammar is not published, but it is one word of plain letters.
ResourceId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
NoResourceId = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,63})?$")]
# The provider's own images are called like files.
ImageId = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")]
# Also a start time as ECS writes it.
Incarnation = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:.+_-]{0,63}$")]
NoIncarnation = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9:.+_-]{0,63})?$")]
# A wish may name any type or zone; the cloud knows which there are.
InstanceTypeName = Annotated[
    str, Field(pattern=r"^(ecs\.[a-z0-9-]{1,24}(\.[a-z0-9-]{1,24}){1,2})?$")
]
ZoneId = Annotated[str, Field(pattern=r"^([a-z]{2,8}(-[a-z0-9]{1,24}){1,4})?$")]
Owner = Annotated[str, Field(pattern=r"^[a-z0-9-]{0,32}$")]
ImageName = Annotated[str, Field(pattern=r"^recreation-[0-9a-f]{32}(-snapshots|-stale)?$")]
DeviceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9/_-]{0,64}$")]
# What the replacement boots from, in the order in which it is tried.
BootKind = Literal["image", "snapshots", "rescue", "stale-snapshot"]


class Mootness(str, Enum):
    """Why a recreation has no replacement to make."""

    NOT_OURS = "not_ours"
    FALSE_ALARM = "false_alarm"
    ALREADY_DONE = "already_done"
    # A later notice of the same source had its own recreation.
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the timeline: what happened, when, to which resource."""

    what: str
    at: Instant
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that could not be kept or done, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class KeptDisk:
    """A disk of the source: what it was and what became of it.

    Attributes:
        was_deleted_with_instance: Whether the release would have taken it before retain.
        given_up: It was taken from the source, is gone, or goes with it by somebody's wish: nothing
            is asked or expected of it any more.
    """

    disk_id: ResourceId
    kind: str
    category: str
    size: int
    device: str
    was_deleted_with_instance: bool
    is_cloud: bool = True
    given_up: bool = False


@dataclass(frozen=True, slots=True)
class Retained:
    """Output of retain.

    Attributes:
        tagged: The disks say that they are about to be changed.
        sent: The change is made, or refused for good.
        refused: Why it was not made.
        postponed: It takes too long; the image and the capture come first.
        told: What the disks were stands in a sent message, for tags could not be had in time.
        sent_at: When the change was made or given up, epoch seconds.
        wanted_at: Since when it is wanted where that is later than the first look, epoch seconds.
        checked: Nothing has undone it since.
    """

    disks: tuple[KeptDisk, ...]
    tagged: bool = False
    sent: bool = False
    refused: str = ""
    postponed: bool = False
    told: bool = False
    sent_at: float = 0.0
    wanted_at: float = 0.0
    checked: bool = False

    @property
    def to_keep(self) -> tuple[str, ...]:
        """Ids of the disks whose fate retain changes."""
        return tuple(
            disk.disk_id
            for disk in self.disks
            if disk.was_deleted_with_instance and disk.is_cloud and not disk.given_up
        )

    def outlives(self, disk: KeptDisk) -> bool:
        """Tell whether the disk is still there when the source is released."""
        is_kept = self.sent and not self.refused
        is_there = disk.is_cloud and not disk.given_up
        return is_there and (is_kept or not disk.was_deleted_with_instance)


@dataclass(frozen=True, slots=True)
class Quiesced:
    """The command that runs inside the source before its image is begun.

    Attributes:
        since: When it was begun, which bounds it.
        run: Its run; empty before the cloud took it.
        ended: Whether it is over, or nobody waits for it any more.
    """

    since: Instant
    run: NoResourceId = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Imaged:
    """Output of image: the request was accepted; the image may still be in the making.

    Attributes:
        taken_at: When the data in it was taken, if that was not when it was begun.
    """

    name: ImageName
    accepted_at: Instant
    image_id: ImageId = ""
    taken_at: Instant = 0.0


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Finished snapshots that an image is made of, by device, the system's first.

    Attributes:
        of_image: The image that was lost, if they are its own.
        taken_at: When the oldest of them was begun.
    """

    of_image: NoResourceId
    parts: tuple[tuple[str, ResourceId], ...]
    taken_at: Instant = 0.0


@dataclass(frozen=True, slots=True)
class SystemSnapshot:
    """The snapshot of the system disk alone, where data disks are re-attached.

    Attributes:
        refused: Why there is none; then the whole source is imaged.
    """

    device: DeviceName
    snapshot_id: NoResourceId = ""
    accepted_at: Instant = 0.0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Boot:
    """What is booted from instead of an image of the source.

    Attributes:
        since: When the one before it was given up.
        why: What became of that.
        lost: The image that was lost, if there was one.
        late: Whether it was given up for being late, and not for having failed.
    """

    kind: BootKind
    since: Instant
    why: str
    lost: ImageId = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the receipt tells about the source, captured while it existed."""

    instance_type: str
    zone: str
    name: str = ""
    private_ip: str = ""
    public_ip: str = ""
    eip: str = ""
    cpu: int = 0
    memory: float = 0.0
    image_id: str = ""
    vpc: str = ""
    security_groups: tuple[str, ...] = ()
    key_pair: str = ""
    ram_role: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    vswitch: str = ""


@dataclass(frozen=True, slots=True)
class Economical:
    """A source that an interruption stops instead of releasing it, and where its start stands.

    Attributes:
        facts: The source as it was when the notice came.
        started_at: Its start time then, as ECS writes it; another one says that it was started
            since.
        asked_at: When it was first asked to start.
        unlocked_looks: Looks that found it running and not locked.
        not_started: Why it is cloned instead; from then on nobody starts it.
    """

    facts: SourceFacts
    started_at: str = ""
    asked_at: Instant = 0.0
    unlocked_looks: Count = 0
    not_started: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """The source as it was described when its notice was confirmed, until it is captured."""

    instance: Instance
    disks: tuple[Disk, ...]


@dataclass(frozen=True, slots=True)
class Captured:
    """The source as it was, until the launch specification is frozen from it.

    Attributes:
        user_data: None before it was looked at, and where it is not wanted.
    """

    instance: Instance
    disks: tuple[Disk, ...]
    ram_role: str
    details: Details = field(default_factory=Details)
    user_data: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Specified:
    """Output of spec: the frozen request and the candidates in their canonical order.

    Attributes:
        jumbo_alike: Types of the candidates that set large frames by themselves as the source did.
        drops_user_data: Whether the configuration leaves the source's user data behind.
    """

    source: SourceFacts
    launch: LaunchSpec
    candidates: tuple[Candidate, ...]
    jumbo_alike: tuple[str, ...] = ()
    drops_user_data: bool = False


@dataclass(frozen=True, slots=True)
class TagsOf:
    """The tags of a disk of the source, which its copy is to have."""

    device: str
    tags: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Belongings:
    """What hangs on the source beside its disks, looked up while it lived.

    Attributes:
        since: When the lookup began.
        looked_up: What needs no look any more.
        addresses: Elastic addresses bound to the source itself.
        interfaces: All of its network interfaces, the primary one included.
        members: Its memberships in load balancers.
    """

    since: Instant = 0.0
    looked_up: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    members: tuple[Member, ...] = ()
    tags: tuple[TagsOf, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """Where the handover of one thing stands.

    Attributes:
        thing: Its key; see `worker.core.handing`.
        since: When its handover began.
        not_before: When it is looked at again, epoch seconds.
        round: How often it was refused for a reason that passes: the next try has a new token.
        failed: How often a call had no good answer: the next try is the same request.
        code: The last such reason.
        ended: How it ended; empty while it goes on.
    """

    thing: str
    since: Instant
    not_before: Instant = 0.0
    round: Count = 0
    failed: Count = 0
    code: str = ""
    ended: Literal["", "moved", "left"] = ""


@dataclass(frozen=True, slots=True)
class Health:
    """Where the health check of the replacement stands.

    Attributes:
        since: When it was begun, which bounds it.
        not_before: When it is tried again, epoch seconds.
        tries: How often it has failed.
        run: The command of this try, where it is one.
        run_since: When that was begun.
        why: Why the last try failed.
        ended: How it ended; empty while it goes on.
    """

    since: Instant
    not_before: Instant = 0.0
    tries: Count = 0
    run: NoResourceId = ""
    run_since: Instant = 0.0
    why: str = ""
    ended: Literal["", "passed", "failed"] = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A candidate that was definitely refused."""

    candidate: str
    code: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Launched:
    """Where launch stands.

    Attributes:
        epoch: How often the list of candidates has been started.
        index: The candidate in hand.
        drop: Optional parameters that the cloud refused for this candidate.
        not_before: Pause between epochs, epoch seconds.
        image_usable_at: When the image was first seen usable.
        missing: Disks of the source that the image does not hold; what outlives the source of them
            is attached to the replacement.
        image_unready_at: When it was last seen unfinished: it was usable no sooner. It makes no other
            progress: what is handed back with nothing else new is not written again.
        image_begun_at: When the image was begun by the cloud's own account, epoch seconds; what
            was on disk then is in it.
        stop_sent: Whether the source was asked to stop.
        stop_sent_at: When it was.
        source_stopped_at: When the source was first seen stopped or gone.
        beside_at: When it was given up to wait for that: the source runs beside its replacement.
        instance_id: The accepted replacement.
        charge: `spot` or `pay-as-you-go`, as the running replacement says.
        cpu: vCPUs of the running replacement.
        running_at: When it was first seen Running; it ends the step.
        round: How often this candidate was refused for a reason that passes.
        clashed_at: When the cloud first said that the token stands for another request.
        unknown_refusals: Launches that were refused with a code that no table lists.
        unlocked_looks: Looks in a row that found the source alive and unlocked.
        unlocked_at: When the second one in a row did.
        orphaned_at: When the replacement was found to be reclaimed before a thing had arrived.
        heir: Its own replacement, which gets what it cannot have any more.
        forebears: Who was to get it before, and may have it: the replacement, and earlier heirs.
    """

    epoch: Count = 0
    index: Count = 0
    round: Count = 0
    drop: tuple[str, ...] = ()
    clashed_at: Instant = 0.0
    unknown_refusals: Count = 0
    not_before: Instant = 0.0
    image_usable_at: Instant = 0.0
    image_unready_at: Instant = field(default=0.0, compare=False)
    image_begun_at: Instant = 0.0
    image_safe: bool = False
    missing: tuple[ResourceId, ...] = ()
    stop_sent: bool = False
    stop_sent_at: Instant = 0.0
    stop_refused: str = ""
    source_stopped_at: Instant = 0.0
    beside_at: Instant = 0.0
    instance_id: NoResourceId = ""
    instance_type: str = ""
    zone: str = ""
    private_ip: str = ""
    charge: str = ""
    cpu: int = 0
    accepted_at: Instant = 0.0
    running_at: Instant = 0.0
    unlocked_looks: Count = 0
    unlocked_at: Instant = 0.0
    orphaned_at: Instant = 0.0
    heir: NoResourceId = ""
    forebears: tuple[ResourceId, ...] = ()
    quarantined: tuple[ResourceId, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def slot(self) -> tuple[int, int, int, tuple[str, ...]]:
        """What a client token stands for: only a definite refusal moves it on."""
        return (self.epoch, self.index, self.round, self.drop)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asked of a replay; empty fields leave it as it was frozen.

    Attributes:
        instance_type: The only type to launch.
        zone: The only zone to launch in.
        pay_as_you_go: Launch pay-as-you-go and not spot, whatever the configuration's cap.
    """

    instance_type: InstanceTypeName = ""
    zone: ZoneId = ""
    pay_as_you_go: bool = False

    @property
    def any(self) -> bool:
        """Whether there is a wish at all."""
        return self != Wishes()


@dataclass(frozen=True, slots=True)
class Progress:
    """One recreation so far.

    Attributes:
        t0: When the notice began, epoch seconds: the event's time, else its arrival.
        received_at: When the first worker took the event.
        incarnation: See `worker.core.identity.recreation_id`.
        earlier: Images of the notices before this one, in order; empty in older forms.
        owner: Whose deployment began it; empty in older forms.
        absent_at: When a look first missed the source.
        image_absent_at: When the clean-up first missed the image.
        noticed_at: When the notice began by the event's own account; 0 when that tells nothing.
        renoticed_at: When a later notice began, by the account of its own event or because the lock was
            seen to go and come back; 0 while there was none.
        unlocked_at: When a look last found it not yet locked: the notice began later.
        hops: Successor messages so far, since the last replay.
        resumed_at: When a person last replayed it; what is bounded by time begins again then.
        wishes: What was asked for then.
        vouched: Start time of a stopped source in economical mode of which a person says that the
            platform stopped it; empty when nobody says so.
        beside: Beside whom the source was marked as one too many, where that one is gone; empty for
            one that is not marked.
        moot: Set when there is nothing left to do but clean up.
        boot: What is booted from instead of an image of the source; None while nothing is lost.
        told_on_image: Id of the image on which stands that a later notice counts; empty while none does.
        begun: Names of the images that were begun; empty in older forms.
        counted: Whether the generations of the lineage were counted; a replay counts no more.
        looked: The source as retain saw it; None once it is captured, and in older forms.
        belongings: None when nothing is handed over, as in older forms.
        moves: Where the handover of each thing stands.
        cleaned: Names of the finished clean-up actions.
    """

    account: AccountId
    region: RegionId
    instance_id: InstanceId
    t0: Instant
    received_at: Instant
    incarnation: Incarnation = NOT_ECONOMICAL
    lineage: Lineage = ""
    owner: Owner = ""
    seen: bool = False
    absent_at: Instant = 0.0
    image_absent_at: Instant = 0.0
    noticed_at: Instant = 0.0
    renoticed_at: Instant = 0.0
    unlocked_at: Instant = 0.0
    hops: Count = 0
    resumed_at: Instant = 0.0
    wishes: Wishes = field(default_factory=Wishes)
    vouched: NoIncarnation = ""
    beside: NoResourceId = ""
    moot: Mootness | None = None
    moot_reason: str = ""
    retained: Retained | None = None
    economical: Economical | None = None
    looked: Looked | None = None
    quiesced: Quiesced | None = None
    imaged: Imaged | None = None
    system_snapshot: SystemSnapshot | None = None
    boot: Boot | None = None
    snapshots: Snapshots | None = None
    told_on_image: NoResourceId = ""
    begun: tuple[ImageName, ...] = ()
    earlier: tuple[ResourceId, ...] = ()
    captured: Captured | None = None
    specified: Specified | None = None
    counted: bool = False
    launched: Launched = field(default_factory=Launched)
    belongings: Belongings | None = None
    moves: tuple[Move, ...] = ()
    health: Health | None = None
    cleaned: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def recreation_id(self) -> str:
        """The derived id; see `worker.core.identity`."""
        return recreation_id(self.account, self.region, self.instance_id, self.incarnation)

    def owned_tags(self, owner: str) -> dict[str, str]:
        """Tags that everything this recreation creates carries from its creation."""
        return owned_tags(
            self.recreation_id, owner=owner, source=self.instance_id, lineage=self.lineage
        )

    @property
    def unlocked_looks(self) -> int:
        """How many looks in a row have found the source without its lock."""
        economical = self.economical.unlocked_looks if self.economical is not None else 0
        return self.launched.unlocked_looks + economical

    @property
    def has_looked(self) -> bool:
        """Whether a look has shown the source, or missed it: who takes it next must know when."""
        return self.seen or self.absent_at > 0

    @property
    def patient_since(self) -> float:
        """From when the time for the whole recreation counts."""
        return max(self.t0, self.resumed_at)

    @property
    def is_in_place(self) -> bool:
        """Whether the source itself was started again, so that there is nothing to replace."""
        return self.launched.running_at > 0 and self.launched.instance_id == self.instance_id

    @property
    def rung(self) -> BootKind:
        """What the replacement boots from, as far as is known now."""
        if self.boot is not None:
            return self.boot.kind
        # Written before the rungs had names.
        is_second = self.snapshots is not None and bool(self.snapshots.of_image)
        return "snapshots" if is_second else "image"

    @property
    def is_degraded(self) -> bool:
        """Whether the replacement boots from something that is not of this notice."""
        return self.rung in {"rescue", "stale-snapshot"}

    @property
    def last_noticed_at(self) -> float:
        """When the notice that counts began; 0 when no event and no look has told."""
        return max(self.noticed_at, self.renoticed_at)

    @property
    def images_begun(self) -> tuple[str, ...]:
        """Names of the images of this recreation, oldest first."""
        if self.begun or self.imaged is None:
            return self.begun
        first = image_name(self.recreation_id)
        return tuple(dict.fromkeys((first, self.imaged.name)))

    @property
    def receiver(self) -> str:
        """Who gets what others know: the replacement, or its own one if it is reclaimed."""
        return self.launched.heir or self.launched.instance_id

    @property
    def givers(self) -> tuple[str, ...]:
        """Who may still have it: the source, and whoever was to get it and was reclaimed."""
        first = (self.launched.instance_id,) if self.launched.heir else ()
        return tuple(dict.fromkeys((self.instance_id, *first, *self.launched.forebears)))

    @property
    def was_reclaimed(self) -> bool:
        """Whether the replacement was reclaimed before it was seen Running."""
        return any(mark.what == RECLAIMED for mark in self.marks)

    def marked(self, what: str, at: float, resource: str = "") -> "Progress":
        """Add a line to the timeline; the first of its name stays."""
        if any(mark.what == what for mark in self.marks):
            return self
        return replace(self, marks=(*self.marks, Mark(what, at, resource)))

    def remarked(self, what: str, why: str) -> "Progress":
        """Note something that could not be kept, once."""
        remark = Remark(what, why)
        return self if remark in self.remarks else replace(self, remarks=(*self.remarks, remark))


_ADAPTER: TypeAdapter[Progress] = TypeAdapter(Progress)


def encode(progress: Progress) -> dict[str, str]:
    """Write progress as attributes: compressed JSON, split into numbered chunks."""
    return packed(written(progress))


def packed(plain: bytes) -> dict[str, str]:
    """Compress what `written` returns, and split it into numbered chunks."""
    text = base64.urlsafe_b64encode(zlib.compress(plain, 6)).decode()
    chunks = [text[at : at + CHUNK_CHARACTERS] for at in range(0, len(text), CHUNK_CHARACTERS)]
    return {
        "format": FORMAT,
        **{f"data-{number}": chunk for number, chunk in enumerate(chunks)},
    }


def written(progress: Progress) -> bytes:
    """Write progress as JSON; what is longer than `PLAIN_BYTES_MAX` would not be read again."""
    try:
        return _ADAPTER.dump_json(progress, exclude_defaults=True)
    except PydanticSerializationError:
        # A name that was cut inside a character must not stop a recreation, hence "replace".
        values = _ADAPTER.dump_python(progress, mode="json", exclude_defaults=True)
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def decode(attributes: Mapping[str, str]) -> Progress:
    """Read progress from verified attributes.

    Raises:
        Malformed: Another format, or data that is not ours.
    """
    form = attributes.get("format")
    if form != FORMAT:
        raise Malformed(f"progress has format {form!r}, not {FORMAT!r}", code="progress_format")
    try:
        plain = _inflate(_joined(attributes)).decode("utf-8")
        # The validation would take the last of two equal keys, NaN and any depth: hence this look.
        strict_json.parse(plain, BOUNDS, what="the progress")
        progress = _ADAPTER.validate_json(plain, strict=True)
    # Errors of base64, of UTF-8 and of the validation are all ValueErrors.
    except (Malformed, zlib.error, ValueError):
        raise _undecodable() from None
    if not _is_consistent(progress):
        raise _undecodable()
    return _with_shared_order(progress)


def _with_shared_order(progress: Progress) -> Progress:
    """Let a worker that takes over many recreations hold equal lists once."""
    if progress.specified is None:
        return progress
    order = shared(progress.specified.candidates)
    return replace(progress, specified=replace(progress.specified, candidates=order))


def _undecodable() -> Malformed:
    return Malformed("the progress cannot be decoded", code="progress_data")


def _is_consistent(progress: Progress) -> bool:
    """Tell whether the parts fit each other where a step relies on it."""
    specified, captured, looked = progress.specified, progress.captured, progress.looked
    if looked is not None and looked.instance.instance_id != progress.instance_id:
        return False
    if captured is not None and captured.instance.instance_id != progress.instance_id:
        return False
    return specified is None or progress.launched.index < len(specified.candidates)


def _joined(attributes: Mapping[str, str]) -> str:
    count = sum(1 for name in attributes if name.startswith("data-"))
    if not 0 < count <= CHUNKS_MAX:
        raise ValueError(count)
    try:
        return "".join(attributes[f"data-{number}"] for number in range(count))
    except KeyError:
        raise ValueError(count) from None


def _inflate(text: str) -> bytes:
    """Undo the compression; what is not of our alphabet or stands behind the end is refused."""
    packed = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
    stream = zlib.decompressobj()
    plain = stream.decompress(packed, PLAIN_BYTES_MAX)
    if stream.unconsumed_tail or stream.unused_data or not stream.eof:
        raise ValueError(len(plain))
    return plain
