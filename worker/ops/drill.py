"""The drill: the worker's own steps on an instance that nobody reclaims, and a report of them.

What it makes carries the drill's name in a tag and an id of its own, so that no recreation can take
it for its own and a drill that was interrupted is found again by its tags alone. The source is read
and imaged; it is never changed, stopped or tagged, unless its owner has marked it as a canary and
asks for the handover, too.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from worker.core import borrowing, handing, identity
from worker.core.eligibility import why_not_ours
from worker.core.errors import Permanent, Transient
from worker.core.launching import specified
from worker.core.leftovers import ATTACHABLE, Kind, Leftover
from worker.core.model import (
    Accepted,
    Candidate,
    Disk,
    Exists,
    Image,
    Instance,
    LaunchSpec,
    NoStock,
    NotReady,
    OverQuota,
    Unsupported,
)
from worker.core.policy import HandoverKind, Policy
from worker.core.polling import next_image_poll
from worker.core.progress import Belongings, Progress, Specified
from worker.operator_ports import Leftovers, Price, Prices, Rehearsal
from worker.ops.drill_driving import Told, drive
from worker.ops.drill_ports import (
    DrillImages,
    DrillInstances,
    DrillTagging,
    LockedSource,
    StoppedSource,
    isolated,
)
from worker.ops.patience import Patience
from worker.steps import CloudPorts
from worker.steps.base import Step
from worker.steps.handover import HandOver
from worker.steps.handover.lookup import LOOKED_UP
from worker.steps.image import MakeImage
from worker.steps.launch import Launch
from worker.steps.spec import UNMOVED_ADDRESS, Specify

# The rest of the list is shown untried: each dry run counts against the quota of launches.
DRY_RUNS_MAX = 5
# Optional parameters that one candidate may refuse before it is given up.
DROPS_MAX = 5
PREFIX = "drill-"
# At the end of the name of a drill that stops its canary, so that its cleaning starts it again.
WITH_HANDOVER = "-handover"
# What a drill hands over: what brings traffic, and comes back as it went.
BORROWS: tuple[HandoverKind, ...] = ("eip", "load_balancers")
RECORD_SECONDS_MAX = 120.0
LOOK_AGAIN_SECONDS = 3.0
PAIRED = "a drill leaves master-slave groups alone, since a handover makes new ones"
# Where an id that nobody knows leads.
AUDITED = "aliyun-ops audit lists the spot instances with their ids"


class Mode(str, Enum):
    """How far a drill goes; the value is the word in its report."""

    CHECK = "dry-run"
    LAUNCH = "launch"
    HANDOVER = "handover"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a drill is going to do, and what that costs.

    Attributes:
        drill: Its name, as in the tags.
        security_group: The only one of the replacement that is launched.
        resumed: What an interrupted drill of this instance has left; empty for a new one.
        disks: Cloud disks that the image is made of.
        instance_month: Price of the source's type as spot; None where the cloud tells none.
        disks_month: Prices of its disks, the same.
    """

    source: Instance
    disks: tuple[Disk, ...]
    drill: str
    mode: Mode = Mode.CHECK
    security_group: str = ""
    resumed: tuple[Leftover, ...] = ()
    instance_month: Price | None = None
    disks_month: tuple[Price | None, ...] = ()

    @property
    def size(self) -> int:
        """GiB of all its disks."""
        return sum(disk.size for disk in self.disks)


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate and what the cloud said to a dry run of it.

    Attributes:
        answer: Empty when it was not asked.
        dropped: Optional parameters that had to be left out.
    """

    candidate: Candidate
    is_good: bool = False
    answer: str = ""
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a drill.

    Attributes:
        trials: Candidates in the order in which the worker would ask for them.
        image_seconds: From the request for the image to its being usable.
    """

    plan: Plan
    progress: Progress
    trials: tuple[Trial, ...] = ()
    image_seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether a replacement would have been launched, or was and got everything."""
        if self.plan.mode is Mode.CHECK:
            return any(trial.is_good for trial in self.trials)
        return self.progress.launched.running_at > 0 and not self._is_missing_something

    @property
    def _is_missing_something(self) -> bool:
        """Whether something stayed where it was, or nobody could look whether there is anything."""
        is_left = any(move.ended == "left" for move in self.progress.moves)
        unknown = {one.what for one in self.progress.remarks} & set(LOOKED_UP)
        return self.plan.mode is Mode.HANDOVER and (is_left or bool(unknown))


@dataclass(frozen=True, slots=True)
class Drill:
    """Drills of one deployment.

    Attributes:
        cloud: The steps' own ports; they are reached through `drill_ports` only.
        policy: The deployment's; the drill goes without what it says about handing over.
        patience: Repeats what fails in passing; the steps' changes have derived tokens.
    """

    cloud: CloudPorts
    leftovers: Leftovers
    prices: Prices
    rehearsal: Rehearsal
    policy: Policy
    patience: Patience
    account: str
    region: str

    def plan(self, instance_id: str, mode: Mode = Mode.CHECK, *, security_group: str = "") -> Plan:
        """Look at the instance and at what an earlier drill of it has left; changes nothing.

        Raises:
            RecreationError: The instance is not there, or the worker would not recreate it, or it
                may not be stopped, or an earlier drill has taken something off it.
        """
        look = self.patience.insist(lambda: self.cloud.sources.look(instance_id))
        source = look.instance
        if source is None:
            raise Permanent(f"instance {instance_id} is not known in {self.region}; {AUDITED}")
        disks = tuple(disk for disk in look.disks if disk.is_cloud)
        tagged = self.patience.insist(self.leftovers.tagged)
        left = made_by_drills(tagged, instance_id, self.policy.owner)
        if any(is_with_handover(thing) for thing in left):
            raise Permanent(
                f"an earlier drill of {instance_id} has handed over what has to come back first:"
                f" aliyun-ops drill --clean --instance {instance_id}"
            )
        self._refuse(source, mode)
        names = sorted(thing.tags[identity.TAG_DRILL] for thing in left if _goes_on(thing))
        drill = names[-1] if names else f"{PREFIX}{int(self.patience.clock.now())}"
        if mode is Mode.HANDOVER:
            drill = f"{PREFIX}{int(self.patience.clock.now())}{WITH_HANDOVER}"
        resumed = tuple(one for one in left if one.tags[identity.TAG_DRILL] == drill)
        plan = Plan(source, disks, drill, mode, security_group, resumed)
        return replace(
            plan,
            instance_month=self._price(_instance_of(source)),
            disks_month=tuple(self._price(_disk_of(disk, source)) for disk in disks),
        )

    def _refuse(self, source: Instance, mode: Mode) -> None:
        instance_id = source.instance_id
        if source.is_recycling:
            raise Permanent(f"{instance_id} is being reclaimed now: leave it to the worker")
        reason = why_not_ours(source, self.policy)
        if reason is not None:
            raise Permanent(f"the worker would not recreate {instance_id}: {reason}")
        if mode is not Mode.HANDOVER:
            return
        if identity.TAG_CANARY not in source.tags:
            raise Permanent(
                f"{instance_id} is no canary: a handover stops it and takes its addresses away for a"
                f" while; if it may be, give it the tag {identity.TAG_CANARY}"
            )
        if source.status != "Running":
            raise Permanent(f"{instance_id} is {source.status}: start it first")

    def run(self, plan: Plan, tell: Told) -> Report:
        """Run the steps to the end of the drill; what it made stays until it is cleaned up.

        Raises:
            RecreationError: A step ended where the worker would have parked the message.
        """
        began = began_at(plan.drill)
        progress = Progress(
            account=self.account,
            region=self.region,
            instance_id=plan.source.instance_id,
            t0=began,
            received_at=began,
            incarnation=plan.drill,
            owner=self.policy.owner,
            seen=True,
        )
        image_step, specify, *further = self._steps(plan)
        for step in (image_step, specify):
            progress = drive(step, progress, self.patience, tell)
        progress = self._as_recreated(_isolated(progress, plan), plan)
        if plan.mode is Mode.CHECK:
            progress, image = self._await_image(progress, tell)
            trials = tuple(self._trials(specified(progress), image.image_id))
            return Report(plan, progress, trials, _image_seconds(progress))
        if plan.mode is Mode.HANDOVER:
            progress = _without_pairs(progress)
            self._record(progress)
        for step in further:
            progress = drive(step, progress, self.patience, tell)
        return Report(plan, progress, image_seconds=_image_seconds(progress))

    def _as_recreated(self, progress: Progress, plan: Plan) -> Progress:
        """Leave out what only a drill leaves behind: the worker moves the address, nobody's hand.

        It serves with the source now, and whoever bound it elsewhere would end that.
        """
        if plan.mode is Mode.HANDOVER or "eip" not in self.policy.hand_over:
            return progress
        told = tuple(one for one in progress.remarks if one.why != UNMOVED_ADDRESS)
        return replace(progress, remarks=told)

    def _record(self, progress: Progress) -> None:
        """Write on the image what is going to be taken, and see it there before anything is."""
        tags = borrowing.borrowed_tags(progress.belongings or Belongings())
        if len(tags) > borrowing.THINGS_MAX:
            raise Permanent(
                f"{len(tags)} addresses and memberships hang on {progress.instance_id}; a canary has"
                f" {borrowing.THINGS_MAX} at most"
            )
        image_id = progress.imaged.image_id if progress.imaged else ""
        end = self.patience.clock.now() + RECORD_SECONDS_MAX
        while tags:
            found = self.patience.insist(lambda: self.leftovers.find(Kind.IMAGE, image_id))
            if found is not None and tags.items() <= found.tags.items():
                return
            now = self.patience.clock.now()
            if now > end:
                raise Permanent(f"image {image_id} does not show what is borrowed")
            self.patience.insist(lambda: self.cloud.tagging.tag("image", (image_id,), tags))
            self.patience.until(now + LOOK_AGAIN_SECONDS)

    def _steps(self, plan: Plan) -> tuple[Step, ...]:
        cloud, source = self.cloud, plan.source.instance_id
        is_handover = plan.mode is Mode.HANDOVER
        policy = replace(
            self.policy,
            # Nothing waits for an address that the source needs.
            hand_over=tuple(one for one in self.policy.hand_over if is_handover and one in BORROWS),
            convert_public_ip=False,
            private_ip="fast",
            generations_per_day=0,
            pay_as_you_go_max=0,
            epochs_max=1,
            # It shows the first rung; what stands below begins with a source that is lost.
            data_disks="image",
            fallbacks=(),
            # Nor does anything run inside an instance.
            user_data="drop",
            quiesce=None,
            health=None,
            # There is no platform that stops the source, and no end that is near.
            takeover="stop-source",
            takeover_latest=math.inf,
        )
        images = DrillImages(cloud.images, plan.drill)
        instances = DrillInstances(cloud.instances, plan.drill, source if is_handover else "")
        tagging = DrillTagging(cloud.tagging, source)
        specify = Specify(
            cloud.sources,
            cloud.stock,
            instances,
            cloud.addresses,
            cloud.interfaces,
            cloud.balancers,
            tagging,
            cloud.captures,
            policy,
        )
        steps = (MakeImage(images, policy), specify)
        if not is_handover:
            stopped = StoppedSource(cloud.sources)
            return (*steps, Launch(images, stopped, instances, tagging, policy))
        locked = LockedSource(cloud.sources, source)
        hand_over = HandOver(
            # A look that is behind must not show the canary as started again.
            locked,
            instances,
            cloud.addresses,
            cloud.balancers,
            cloud.interfaces,
            cloud.disk_moves,
            tagging,
            cloud.probes,
            cloud.commands,
            policy,
        )
        return (*steps, Launch(images, locked, instances, tagging, policy), hand_over)

    def _await_image(self, progress: Progress, tell: Told) -> tuple[Progress, Image]:
        name = identity.image_name(progress.recreation_id)
        accepted = progress.imaged.accepted_at if progress.imaged else progress.t0
        while True:
            image = self.patience.insist(lambda: self.cloud.images.find(name))
            now = self.patience.clock.now()
            if image is not None and image.usable and not image.has_failed:
                progress = progress.marked("image usable", now, image.image_id)
                tell(progress.marks[-1])
                return progress, image
            if image is not None and image.has_failed:
                raise Permanent(f"image {image.image_id} is {image.status}")
            if now > accepted + self.policy.image_wait_max:
                raise Permanent(f"image {name} is not usable after image.wait_max")
            self.patience.until(
                next_image_poll(
                    percent=image.percent if image is not None else 0,
                    begun_at=accepted,
                    now=now,
                    shortest=self.policy.image_poll_min,
                    longest=self.policy.image_poll_max,
                )
            )

    def _trials(self, frozen: Specified, image_id: str) -> Iterator[Trial]:
        for number, candidate in enumerate(frozen.candidates):
            if number < DRY_RUNS_MAX:
                yield self._trial(frozen.launch, candidate, image_id)
            else:
                yield Trial(candidate)

    def _trial(self, spec: LaunchSpec, candidate: Candidate, image_id: str) -> Trial:
        """Have one candidate checked, without the optional parameters that are refused for it."""
        drop: tuple[str, ...] = ()
        while True:
            ask = partial(self.rehearsal.dry_run, spec, candidate, image_id=image_id, drop=drop)
            answer = self.patience.insist(ask)
            match answer:
                case Accepted():
                    return Trial(candidate, is_good=True, dropped=drop)
                case Unsupported(parameter) if parameter not in drop and len(drop) < DROPS_MAX:
                    drop = tuple(sorted((*drop, parameter)))
                case Exists():
                    return Trial(candidate, answer="Exists", dropped=drop)
                case NoStock(code) | OverQuota(code) | NotReady(code) | Unsupported(_, code):
                    return Trial(candidate, answer=code, dropped=drop)

    def _price(self, thing: Leftover) -> Price | None:
        """Ask for a price; without it the drill is as good, but for the money."""
        try:
            return self.prices.monthly(thing)
        except (Transient, Permanent):
            return None


def _without_pairs(progress: Progress) -> Progress:
    """Leave master-slave groups alone: a handover makes new ones, which nobody could give back."""
    known = progress.belongings or Belongings()
    for one in known.members:
        if one.is_paired:
            progress = progress.remarked(handing.member_name(one), PAIRED)
    members = tuple(one for one in known.members if not one.is_paired)
    return replace(progress, belongings=replace(known, members=members))


def _isolated(progress: Progress, plan: Plan) -> Progress:
    """Set the replacement apart before it is asked for, so that the receipt says so, too."""
    frozen = specified(progress)
    launch = isolated(frozen.launch, plan.drill, plan.security_group)
    return replace(progress, specified=replace(frozen, launch=launch))


def made_by_drills(
    things: Sequence[Leftover], instance_id: str, owner: str
) -> tuple[Leftover, ...]:
    """Choose what drills of one instance have made, by the tags that they wrote."""
    return tuple(one for one in things if is_a_drills(one, instance_id, owner))


def is_a_drills(thing: Leftover, instance_id: str, owner: str) -> bool:
    """Tell whether a drill of this instance, under this owner, has made a thing."""
    name = thing.tags.get(identity.TAG_DRILL, "")
    return (
        began_at(name) > 0
        and thing.owner == owner
        and thing.source == instance_id
        and thing.resource_id != instance_id
        and thing.kind not in ATTACHABLE
    )


def _goes_on(thing: Leftover) -> bool:
    """Tell by its image whether a drill can be resumed: its cleaning begins by dating the image.

    A repeated token would hand out what has been deleted as if it had just been made.
    """
    return thing.kind is Kind.IMAGE and not thing.delete_after


def is_with_handover(thing: Leftover) -> bool:
    """Tell whether a drill that stops its canary has made a thing."""
    return thing.tags.get(identity.TAG_DRILL, "").endswith(WITH_HANDOVER)


def began_at(name: str) -> float:
    """Read when a drill began, epoch seconds, from its name; 0 for what is none."""
    digits = name.removeprefix(PREFIX).removesuffix(WITH_HANDOVER)
    return float(digits) if name.startswith(PREFIX) and digits.isdecimal() else 0.0


def _image_seconds(progress: Progress) -> float:
    """Return how long the image took, where both ends of that were seen."""
    at = {mark.what: mark.at for mark in progress.marks}
    if "image usable" not in at or "image accepted" not in at:
        return 0.0
    return at["image usable"] - at["image accepted"]


def _instance_of(source: Instance) -> Leftover:
    return Leftover(
        Kind.INSTANCE,
        source.instance_id,
        instance_type=source.instance_type,
        zone=source.zone,
        is_spot=True,
    )


def _disk_of(disk: Disk, source: Instance) -> Leftover:
    return Leftover(
        Kind.DISK,
        disk.disk_id,
        category=disk.category,
        size=disk.size,
        performance_level=disk.performance_level,
        provisioned_iops=disk.provisioned_iops or 0,
        zone=source.zone,
    )
