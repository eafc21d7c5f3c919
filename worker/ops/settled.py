"""Tells whether a recreation has been brought to its end, whoever did it."""

from dataclasses import dataclass

from worker import ports
from worker.core import boots, identity, launching
from worker.core.leftovers import RUNNING
from worker.core.progress import Progress
from worker.ops.patience import Patience


@dataclass(frozen=True, slots=True)
class Settled:
    """Asks the cloud, which knows better than any message."""

    images: ports.Images
    instances: ports.Instances
    patience: Patience

    def __call__(self, progress: Progress) -> str | None:
        """Say how a recreation ended; None while it is not shown to be finished.

        Its image has its date then, unless it is of an earlier notice that the source has outlived. A sweep may have taken the image since; a replacement that runs
        tells it then. One that runs beside an image without a date still lacks its handover or
        clean-up.

        Raises:
            RecreationError: The cloud does not tell.
        """
        recreation = progress.recreation_id
        image = self.patience.insist(lambda: self.images.find(identity.image_name(recreation)))
        if image is not None and identity.TAG_FALSE_ALARM in image.tags:
            return None
        if image is not None and boots.is_outlived(progress, image.created_at):
            return None
        found = self.patience.insist(lambda: self.instances.find_tagged(recreation))
        running = [
            one.instance_id
            for one in launching.not_quarantined(found, ())
            if one.status == RUNNING and not boots.is_outlived(progress, one.created_at)
        ]
        is_dated = image is not None and identity.TAG_DELETE_AFTER in image.tags
        if is_dated or (image is None and running):
            return f"already recreated as {running[0]}" if running else "already recreated"
        return None
