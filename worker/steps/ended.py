"""The end of a message whose source is recreated already, and whether that was from older data."""

from worker.core import boots, identity
from worker.core.events import parse_time
from worker.core.model import Image
from worker.core.outcomes import Moot, Outcome, Park
from worker.core.progress import Mootness, Progress
from worker.ports import Images
from worker.steps.base import Parking


def ended(
    progress: Progress,
    image: Image | None,
    images: Images,
    reason: str,
    *,
    how: Mootness = Mootness.ALREADY_DONE,
) -> Outcome:
    """Let go of a message that is over, unless it alone tells of a notice that the data is older than.

    Args:
        progress: Of the message.
        image: What the source was recreated from, as far as that is known.
        images: To look whether another image was made since.
        reason: Why it is over.
        how: In which way.

    Raises:
        Parking: Whoever has recreated the source knew nothing of this notice.
    """
    if (
        image is not None
        and _is_news(progress, image)
        and not _is_made_anew(progress, image, images)
    ):
        kept = boots.retained_sentence(progress)
        raise Parking(
            Park.REPLACED_BEFORE,
            f"{reason}, from image {image.image_id}, which is older than this notice; {kept}",
        )
    return Moot(progress, how, reason)


def _is_news(progress: Progress, image: Image) -> bool:
    created = parse_time(image.created_at)
    if created is None or progress.economical is not None or identity.TAG_FALSE_ALARM in image.tags:
        return False
    counts = progress.last_noticed_at
    known = parse_time(image.tags.get(identity.TAG_TOLD, "")) or created
    return max(created, known) + boots.APART_SECONDS < counts


def _is_made_anew(progress: Progress, image: Image, images: Images) -> bool:
    if progress.incarnation == image.image_id:
        # That one is our own, and was not launched from.
        return False
    later = identity.recreation_id(
        progress.account, progress.region, progress.instance_id, image.image_id
    )
    return images.find(identity.image_name(later)) is not None
