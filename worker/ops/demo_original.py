"""What the original would have been billed for the notice of a demo: its behaviour, beside ours in the same cloud.

The original is a Go function per event: it asks for the image, looks every 20 seconds whether it is there, and launches. A
server like the source stands in another region, gets the same notice at the same time, and is imaged at once as the original
would do it; how long that image takes is the cloud's answer, not ours.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.ops.demo_control import Control

# Source: processor.go and s.yaml of the original, and its published logs: the pause between two looks, its own work beside the
# waiting, its memory size, and the time after which the platform ends it.
LOOK_SECONDS = 20.0
WORK_SECONDS = 11.2
MEMORY_MIB = 128
SECONDS_MAX = 600.0
REGION = "cn-shanghai"
_MIB_PER_GIB = 1024


def gb_seconds(image_seconds: float) -> float:
    """Return what one invocation of the original is billed.

    Args:
        image_seconds: How long its image takes; infinite when it is never usable.
    """
    looks = math.ceil(min(image_seconds, SECONDS_MAX) / LOOK_SECONDS)
    seconds = min(looks * LOOK_SECONDS + WORK_SECONDS, SECONDS_MAX)
    return seconds * MEMORY_MIB / _MIB_PER_GIB


@dataclass(frozen=True, slots=True)
class Original:
    """The server like the source, and the region that it stands in."""

    control: Control
    instance_id: str

    @classmethod
    def beside(cls, control: Control, seed: Mapping[str, Any]) -> "Original":
        """Make the server, before the notice."""
        zone = control.zones(REGION)[0]
        return cls(control, control.make_source(REGION, {**seed, "zone_id": zone}, []))

    def noticed(self) -> None:
        """Give the notice, and ask for the image as the original does."""
        self.control.order("interrupt", instance_id=self.instance_id, publish_event=False)
        asked = {"InstanceId": self.instance_id, "ImageName": "original"}
        call = {"product": "ecs", "action": "CreateImage", "params": asked}
        self.control.order("scenario", regions={REGION: {"calls": [call]}})

    def gb_seconds(self, release_at: float, *, is_released: bool) -> float:
        """Return what the original's one invocation is billed.

        Args:
            release_at: When the cloud releases the source.
            is_released: Whether it does, so that an image which is not ready by then is lost.
        """
        rows = self.control.show("images")
        (image,) = [row for row in rows if row["instance_id"] == self.instance_id]
        finish_at = float(image["finish_at"])
        is_lost = is_released and finish_at > release_at
        return gb_seconds(math.inf if is_lost else finish_at - float(image["created_at"]))
