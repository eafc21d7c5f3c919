"""Have one image of the source in the making; its name is taken only once in an account."""

from dataclasses import dataclass, replace
from typing import ClassVar

from worker.core import identity
from worker.core.model import Accepted, Exists, Gone, Image, ImageAnswer, NotReady, Refused
from worker.core.outcomes import Done, Note, Outcome, Park, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Imaged, Progress
from worker.ports import Images
from worker.steps.base import NOTHING, Parking

RETRY_SECONDS = 5.0
# Far longer than describe calls lag.
SHOW_UP_SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class MakeImage:
    """Get CreateImage accepted, under a name, token and tags made from the id alone."""

    name: ClassVar[StepName] = StepName.IMAGE

    images: Images
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        return progress.imaged is not None or progress.is_in_place

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """Nothing, for all follows from the source's identity; or what the image is made of."""
        return NOTHING if progress.snapshots is None else (progress.snapshots,)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Create first and look second: the unique name makes the look needless at first."""
        name = _name(progress)
        match self._create(progress, name):
            case Accepted(image_id):
                return self._accepted(progress, name, image_id, now)
            case Exists():
                return self._adopt(progress, name, now)
            case NotReady(code):
                return Wait(progress, now + RETRY_SECONDS, f"the source cannot be imaged: {code}")
            case Gone(code):
                raise Parking(Park.SOURCE_GONE, "the source went before its image began", code=code)
            case Refused(code):
                raise Parking(Park.REFUSED, "the cloud refuses to make the image", code=code)

    def _create(self, progress: Progress, name: str) -> ImageAnswer:
        tags, step = self._tags(progress), self.name.value
        if progress.snapshots is None:
            token = identity.client_token(progress.recreation_id, step)
            return self.images.create(progress.instance_id, name=name, token=token, tags=tags)
        asked = progress.specified.launch if progress.specified is not None else None
        return self.images.assemble(
            progress.snapshots.parts,
            name=name,
            token=identity.client_token(progress.recreation_id, step, "snapshots"),
            tags=tags,
            imds_v2=asked is not None and asked.http_tokens == "required",
        )

    def _tags(self, progress: Progress) -> dict[str, str]:
        owned = identity.owned_tags(
            progress.recreation_id,
            owner=self.policy.owner,
            source=progress.instance_id,
            lineage=progress.lineage,
        )
        return {**owned, identity.TAG_CONFIGURATION: self.policy.configuration}

    def _accepted(self, progress: Progress, name: str, image_id: str, now: float) -> Outcome:
        snapshots = progress.snapshots
        taken_at = snapshots.taken_at if snapshots is not None else 0.0
        imaged = replace(progress, imaged=Imaged(name, now, image_id, taken_at))
        what = "image accepted" if snapshots is None else "image of its snapshots accepted"
        return Done(imaged.marked(what, now, image_id))

    def _adopt(self, progress: Progress, name: str, now: float) -> Outcome:
        """Take over the image that a twin or an earlier run has begun."""
        found = self.images.find(name)
        if found is None or identity.TAG_ID not in found.tags:
            return self._not_shown_yet(progress, found, now)
        if found.tags[identity.TAG_ID] != progress.recreation_id:
            raise Parking(Park.NAME_TAKEN, f"image {found.image_id} has our name but is not ours")
        if identity.TAG_FALSE_ALARM in found.tags:
            return Note(replace(progress, incarnation=found.image_id))
        return self._accepted(progress, name, found.image_id, now)

    def _not_shown_yet(self, progress: Progress, found: Image | None, now: float) -> Outcome:
        since = next((mark.at for mark in progress.marks if mark.what == "image name taken"), now)
        if found is not None and now > since + SHOW_UP_SECONDS_MAX:
            raise Parking(
                Park.NAME_TAKEN, f"image {found.image_id} has our name but no tag of ours"
            )
        waiting = progress.marked("image name taken", now)
        return Wait(waiting, now + RETRY_SECONDS, "the image exists but does not show yet")


def _name(progress: Progress) -> str:
    if progress.snapshots is None:
        return identity.image_name(progress.recreation_id)
    return identity.snapshots_image_name(progress.recreation_id)
