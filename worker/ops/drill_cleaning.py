"""Takes away what a drill has made: by its tags alone, so that it works after any interruption.

Each thing is described again right before it goes and must still carry the drill's tag. An image is
deleted last but its snapshots, which are tagged while the image still says that they are its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from worker import ports
from worker.core import identity
from worker.core.errors import RecreationError
from worker.core.leftovers import Kind, Leftover
from worker.core.model import Accepted, Refused
from worker.operator_ports import Deletion, Leftovers, Termination
from worker.ops.drill import is_a_drills, is_with_handover, made_by_drills
from worker.ops.drill_driving import Told
from worker.ops.drill_return import Return
from worker.ops.patience import Patience
from worker.ops.sweep import Fate, Result

ORDER = (Kind.INSTANCE, Kind.IMAGE, Kind.SNAPSHOT)
# An image in the making is waited for: what it becomes is what can be taken away whole.
UNFINISHED = ("Creating", "Waiting")
LOOK_AGAIN_SECONDS = 5.0
IMAGE_SECONDS_MAX = 7_200.0
# Longer than describe calls lag behind a change of tags.
LAG_SECONDS_MAX = 120.0


@dataclass(frozen=True, slots=True)
class Cleaning:
    """Removes what drills of one deployment have made."""

    leftovers: Leftovers
    termination: Termination
    deletion: Deletion
    tagging: ports.Tagging
    returning: Return
    patience: Patience
    owner: str

    def left(self, instance_id: str) -> tuple[Leftover, ...]:
        """List what drills of an instance have left."""
        found = self.patience.insist(self.leftovers.tagged)
        return made_by_drills(found, instance_id, self.owner)

    def run(self, instance_id: str, tell: Told = lambda _: None) -> Iterator[Result]:
        """Give back, then remove it all, going on after a refusal.

        Yields:
            What became of each thing. What still has something of the canary stays.
        """
        things = sorted(self.left(instance_id), key=lambda one: ORDER.index(one.kind))
        self._end([one for one in things if one.kind is Kind.IMAGE])
        owing = self._give_back(things, instance_id, tell)
        yield from owing.values()
        yield from self._remove_all(
            [one for one in things if one.resource_id not in owing], instance_id
        )

    def _give_back(
        self, things: Sequence[Leftover], instance_id: str, tell: Told
    ) -> dict[str, Result]:
        """Give the canary back what drills with handover took; returns what must stay, by id."""
        owing: dict[str, Result] = {}
        for image in things:
            if image.kind is not Kind.IMAGE or not is_with_handover(image):
                continue
            name = image.tags[identity.TAG_DRILL]
            made = [one for one in things if one.tags.get(identity.TAG_DRILL) == name]
            try:
                left = "; ".join(self.returning.run(instance_id, image, made, tell))
                fate = Fate.REFUSED
            except RecreationError as error:
                left, fate = f"{error.sentence} {error.code}".rstrip(), Fate.UNANSWERED
            if left:
                owing |= {one.resource_id: Result(one, fate, left) for one in made}
        return owing

    def _remove_all(self, things: Sequence[Leftover], instance_id: str) -> Iterator[Result]:
        images = [one for one in things if one.kind is Kind.IMAGE]
        snapshots = {one.resource_id: one for one in things if one.kind is Kind.SNAPSHOT}
        for thing in things:
            if thing.kind is Kind.INSTANCE:
                yield self._remove(thing, instance_id)
        is_whole = True
        for image in images:
            found, result = self._remove_image(image, instance_id)
            snapshots.update({one.resource_id: one for one in found})
            is_whole = is_whole and result.fate in {Fate.DELETED, Fate.GONE}
            yield result
        # An image that stayed must not lose what it is made of.
        for snapshot in snapshots.values() if is_whole else ():
            yield self._remove(snapshot, instance_id)

    def _end(self, images: Sequence[Leftover]) -> None:
        """Date the images, so that no later command resumes a drill that is half gone."""
        date = identity.instant(self.patience.clock.now())
        for image in images:
            tags = {**_ours(image), identity.TAG_DELETE_AFTER: date}
            self.patience.insist(partial(self.tagging.tag, "image", [image.resource_id], tags))

    def _remove(self, thing: Leftover, instance_id: str) -> Result:
        try:
            return self.patience.insist(lambda: self._look_and_remove(thing, instance_id))
        except RecreationError as error:
            return Result(thing, Fate.UNANSWERED, error.sentence)

    def _look_and_remove(self, thing: Leftover, instance_id: str) -> Result:
        found = self.leftovers.find(thing.kind, thing.resource_id)
        if found is None:
            return Result(thing, Fate.GONE)
        if not is_a_drills(found, instance_id, self.owner):
            return Result(found, Fate.KEPT, identity.TAG_DRILL)
        if found.kind is Kind.INSTANCE:
            answer = self.termination.terminate(found.resource_id)
        else:
            answer = self.deletion.delete(found.kind, found.resource_id)
        if isinstance(answer, Refused):
            return Result(found, Fate.REFUSED, answer.code)
        return Result(found, Fate.DELETED)

    def _remove_image(
        self, image: Leftover, instance_id: str
    ) -> tuple[tuple[Leftover, ...], Result]:
        """Mark the snapshots as the drill's while the image names them, then delete the image."""
        try:
            finished = self._finished(image)
            if finished is None:
                return (), Result(image, Fate.GONE)
            snapshots = self._marked(finished)
        except RecreationError as error:
            return (), Result(image, Fate.UNANSWERED, error.sentence)
        return snapshots, self._remove(finished, instance_id)

    def _finished(self, image: Leftover) -> Leftover | None:
        end = self.patience.clock.now() + IMAGE_SECONDS_MAX
        while True:
            found = self.patience.insist(lambda: self.leftovers.find(Kind.IMAGE, image.resource_id))
            now = self.patience.clock.now()
            if found is None or found.status not in UNFINISHED or now > end:
                return found
            self.patience.until(now + LOOK_AGAIN_SECONDS)

    def _marked(self, image: Leftover) -> tuple[Leftover, ...]:
        """Tag the snapshots of an image and wait until that shows."""
        if not image.snapshots:
            return ()
        tags = _ours(image)
        answer = self.patience.insist(lambda: self.tagging.tag("snapshot", image.snapshots, tags))
        end = self.patience.clock.now() + LAG_SECONDS_MAX
        marked: list[Leftover] = []
        for snapshot_id in image.snapshots if isinstance(answer, Accepted) else ():
            found = self._shown(snapshot_id, tags, end)
            if found is not None:
                marked.append(found)
        return tuple(marked)

    def _shown(self, snapshot_id: str, tags: dict[str, str], end: float) -> Leftover | None:
        while True:
            found = self.patience.insist(lambda: self.leftovers.find(Kind.SNAPSHOT, snapshot_id))
            now = self.patience.clock.now()
            if found is None or tags.items() <= found.tags.items() or now > end:
                return found
            self.patience.until(now + LOOK_AGAIN_SECONDS)


def _ours(image: Leftover) -> dict[str, str]:
    """Return the tags that make a thing the drill's."""
    wanted = (identity.TAG_ID, identity.TAG_OWNER, identity.TAG_SOURCE, identity.TAG_DRILL)
    return {key: image.tags[key] for key in wanted if key in image.tags}
