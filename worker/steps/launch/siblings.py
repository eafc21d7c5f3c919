"""What else was launched for the same source, found by tag: a launch is looked for before it is asked."""

from dataclasses import dataclass, replace

from worker.core import boots, identity, launching
from worker.core.model import Instance
from worker.core.policy import Policy
from worker.core.progress import Progress
from worker.ports import Images, Instances

# After an image may be usable, another one of its source is not launched from sooner than this.
ANOTHER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Siblings:
    """The replacements of this recreation, and those of other notices of its source."""

    images: Images
    instances: Instances
    policy: Policy

    def rivals(self, progress: Progress) -> tuple[Instance, ...]:
        """Find the instances of this recreation, but for those that are marked as one too many."""
        found = self.instances.find_tagged(progress.recreation_id)
        return launching.not_quarantined(found, progress.launched.quarantined)

    def ours(self, found: tuple[Instance, ...], progress: Progress) -> tuple[Instance, ...]:
        ours = (one for one in found if one.tags.get(identity.TAG_ID) == progress.recreation_id)
        return launching.not_quarantined(tuple(ours), progress.launched.quarantined)

    def replacements(self, progress: Progress, now: float) -> tuple[Instance, ...]:
        """Find what a later notice has launched: a parked message may be replayed after that.

        A source in economical mode is the same instance through many notices.
        """
        is_late = now > progress.t0 + self.policy.false_alarm_after or _may_have_another(
            progress, now
        )
        is_later_notice = progress.incarnation != identity.NOT_ECONOMICAL
        if not (is_late or is_later_notice) or progress.economical is not None:
            return ()
        return self.of_this_source(progress)

    def of_this_source(self, progress: Progress) -> tuple[Instance, ...]:
        """Find what was launched for any notice of the source; a drill's launch replaces nothing."""
        found = self.instances.find_replacements(progress.instance_id)
        return tuple(one for one in found if identity.TAG_DRILL not in one.tags)

    def of_a_later_notice(self, progress: Progress, now: float) -> str:
        """Find the image that a later notice has begun: it derives its name from ours."""
        is_late = now > progress.t0 + self.policy.notice or _may_have_another(progress, now)
        if not is_late or progress.economical is not None or progress.rung != "image":
            return ""
        later = replace(progress, incarnation=launching.imaged(progress).image_id)
        found = self.images.find(identity.image_name(later.recreation_id))
        return found.image_id if found is not None else ""


def _may_have_another(progress: Progress, now: float) -> bool:
    """Tell whether a later notice may have begun an image, or launched from it, that we know nothing of.

    Nobody does so sooner after this image, and one that is behind it is told of such a notice. Whoever
    looks at it after a long time does not see since when it has been usable.
    """
    launched = progress.launched
    usable_since = max(launched.image_unready_at, launched.image_begun_at)
    return now > usable_since + ANOTHER_SECONDS or boots.is_behind(progress)
