"""Reconcile: finds sources that the cloud takes back and whose event never came, and makes one.

What is enqueued is what EventBridge would have sent: a bare event, which makes the worker look at
the cloud and nothing else. The recreation's id follows from the source, so that the real event, when
it comes late, asks for the same recreation and does nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

from worker import ports
from worker.core import boots, identity, launching
from worker.core.auditing import Equipped
from worker.core.eligibility import why_not_ours
from worker.core.errors import RecreationError
from worker.core.events import parse_time
from worker.core.messages import Home, bare_event, write_attributes
from worker.core.model import Disk, Image, Instance
from worker.core.outcomes import StepName
from worker.core.policy import Policy
from worker.core.progress import Progress
from worker.core.replaying import incarnation_of
from worker.operator_ports import Fleet
from worker.ops.patience import Patience
from worker.steps.excess import why_one_too_many

# For people who look into the queue; without a signature nothing is made of it.
FOUND_BY = {"found-by": "reconcile"}
STOP_CHARGING = "StopCharging"


class Standing(str, Enum):
    """How it stands with a source; the value is the key of its text."""

    UNDER_WAY = "under_way"
    REPLACED = "replaced"
    ONE_TOO_MANY = "one_too_many"
    LOST = "lost"
    UNTOLD = "untold"
    UNDECIDED = "undecided"


class Sent(str, Enum):
    """What became of a lost one; the value is the key of its text."""

    NOT_SENT = "not_sent"
    ENQUEUED = "enqueued"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Found:
    """A source that is locked, or stopped as the platform would.

    Attributes:
        is_locked: Whether it is locked; else it is stopped without a lock.
        why: Why it could not be enqueued or is not to be, or how it stands with it cannot be told;
            what came of its recreation, where that is over.
    """

    instance: Instance
    is_locked: bool
    standing: Standing
    sent: Sent = Sent.NOT_SENT
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reconcile:
    """One look over the region.

    Attributes:
        stopped: Take a source in economical mode that stands stopped, and was never seen locked,
            for stopped by the platform: a person's word, which is signed with `key`.
    """

    fleet: Fleet
    images: ports.Images
    instances: ports.Instances
    queue: ports.Queue
    clock: ports.Clock
    patience: Patience
    policy: Policy
    home: Home
    stopped: bool = False
    key: bytes = b""

    def run(self, *, dry_run: bool) -> Iterator[Found]:
        """Enqueue an event for each source without a recreation; yields each as it is done.

        Raises:
            RecreationError: The cloud does not tell which instances there are.
        """
        for one in self.patience.insist(self.fleet.equipped):
            source = one.instance
            if not _may_be_taken_back(source) or why_not_ours(source, self.policy) is not None:
                continue
            found = self._found(one)
            # A second event does nothing, and a lock leaves no time to find out.
            is_lost = found.standing in {Standing.LOST, Standing.UNTOLD}
            yield self._enqueue(found) if is_lost and not dry_run else found

    def _found(self, one: Equipped) -> Found:
        """Tell how it stands with one source; what hides it hides nothing of the others."""
        source = one.instance
        try:
            # The worker would leave it alone each time that it is enqueued.
            extra = self.patience.insist(lambda: why_one_too_many(source, self.instances))
            if extra is not None:
                return Found(source, source.is_recycling, Standing.ONE_TOO_MANY, why=extra)
            return self._judged(one)
        except RecreationError as error:
            standing = Standing.UNTOLD if source.is_recycling else Standing.UNDECIDED
            return Found(source, source.is_recycling, standing, why=error.sentence)

    def _judged(self, one: Equipped) -> Found:
        source = one.instance
        found = partial(Found, source, source.is_recycling)
        recreation = self._recreation(source)
        if any(_is_claimed(disk, source, recreation) for disk in one.disks):
            return found(Standing.UNDER_WAY)
        image = self.patience.insist(lambda: self.images.find(identity.image_name(recreation)))
        if replaced := self._replaced(source, recreation, image):
            return found(Standing.REPLACED, why=replaced)
        if image is not None and not self._is_of_the_past(image):
            return found(Standing.UNDER_WAY)
        is_lost = source.is_recycling or self.stopped
        return found(Standing.LOST if is_lost else Standing.UNDECIDED)

    def _replaced(self, source: Instance, recreation: str, image: Image | None) -> str:
        """Name what came of the recreation of a source that stands stopped beside its clone.

        It does so for good, in economical mode, and looks like one that nobody has recreated: started
        again, it would serve a second time. The clone tells where the image has been swept.
        """
        is_left = source.is_economical and source.status == "Stopped"
        if not is_left or (image is not None and not launching.has_ended(image)):
            return ""
        tagged = self.patience.insist(lambda: self.instances.find_tagged(recreation))
        clones = launching.not_quarantined(tagged, ())
        if clones:
            return launching.winner(clones).instance_id
        return image.image_id if image is not None else ""

    def _is_of_the_past(self, image: Image) -> bool:
        """Whether its notice was taken back, or was over long before: the source has outlived it."""
        if identity.TAG_FALSE_ALARM in image.tags:
            return True
        made_at = parse_time(image.created_at) or 0.0
        is_old = made_at < self.clock.now() - boots.BARE_EVENT_SECONDS
        return is_old and identity.TAG_DELETE_AFTER in image.tags

    def _recreation(self, source: Instance) -> str:
        return identity.recreation_id(
            self.home.account, self.home.region, source.instance_id, incarnation_of(source)
        )

    def _enqueue(self, found: Found) -> Found:
        source = found.instance
        body = bare_event(source.instance_id, account=self.home.account, region=self.home.region)
        attributes = FOUND_BY if found.is_locked else self._vouched(source, body)
        try:
            self.patience.insist(lambda: self.queue.send(body, attributes))
        except RecreationError as error:
            return replace(found, sent=Sent.FAILED, why=error.sentence)
        return replace(found, sent=Sent.ENQUEUED)

    def _vouched(self, source: Instance, body: str) -> dict[str, str]:
        now = self.clock.now()
        progress = Progress(
            account=self.home.account,
            region=self.home.region,
            instance_id=source.instance_id,
            t0=now,
            received_at=now,
            owner=self.home.owner,
            vouched=source.started_at,
        ).marked("found by reconcile", now)
        return write_attributes(progress, body, step=StepName.RETAIN.value, key=self.key)


def _is_claimed(disk: Disk, source: Instance, recreation: str) -> bool:
    """Whether a recreation has the disk in hand: one that is over has dated it, or let it go."""
    if identity.TAG_DELETE_AFTER in disk.tags:
        return False
    is_named = disk.tags.get(identity.TAG_ID) == recreation
    return is_named or boots.is_changed(disk, source.instance_id)


def _may_be_taken_back(source: Instance) -> bool:
    """Whether it is locked, or stands as the platform leaves one in economical mode.

    Source: "Retain data after reclamation": Stopped, StopCharging. An owner can stop one so, too.
    """
    is_left = source.status == "Stopped" and source.stopped_mode == STOP_CHARGING
    return source.is_recycling or (source.is_economical and is_left)
