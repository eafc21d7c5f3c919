"""Get exactly one replacement running: count the lineage, wait for the image, take over, ask, confirm."""

from dataclasses import dataclass
from typing import ClassVar

from worker.core.outcomes import Outcome, StepName, Wait
from worker.core.policy import Policy
from worker.core.progress import Progress
from worker.ports import Images, Instances, Sources, Tagging
from worker.steps.launch.confirm import Confirm
from worker.steps.launch.imaging import Imaging
from worker.steps.launch.lineage import Lineage
from worker.steps.launch.request import Request
from worker.steps.launch.siblings import Siblings
from worker.steps.launch.source_back import SourceBack
from worker.steps.launch.takeover import TakeOver


@dataclass(frozen=True, slots=True)
class Launch:
    """Have one replacement, seen Running, and no other."""

    name: ClassVar[StepName] = StepName.LAUNCH

    images: Images
    sources: Sources
    instances: Instances
    tagging: Tagging
    policy: Policy

    def is_done(self, progress: Progress) -> bool:
        return progress.launched.running_at > 0

    def reads(self, progress: Progress) -> tuple[object, ...]:
        """The frozen request, the image, and the slot that the token stands for."""
        launched = progress.launched
        booted = (progress.boot, progress.imaged, launched.missing)
        return (*booted, progress.specified, launched.slot, launched.instance_id)

    def run(self, progress: Progress, now: float) -> Outcome:
        """Go through the phases in order; each answers for itself whether it is passed."""
        launched = progress.launched
        if launched.instance_id:
            return self._confirm.run(progress, now)
        if not progress.counted and not launched.image_usable_at:
            return self._lineage.count(progress)
        if not launched.image_usable_at:
            return self._imaging.run(progress, now)
        if now < launched.not_before:
            return Wait(progress, launched.not_before, "pausing before the candidates are tried")
        return self._takeover.run(progress, now)

    @property
    def _siblings(self) -> Siblings:
        return Siblings(self.images, self.instances, self.policy)

    @property
    def _lineage(self) -> Lineage:
        return Lineage(self.images, self._siblings, self.policy)

    @property
    def _source_back(self) -> SourceBack:
        return SourceBack(self._siblings, self.policy)

    @property
    def _imaging(self) -> Imaging:
        return Imaging(
            self.images, self.sources, self._siblings, self._source_back, self.tagging, self.policy
        )

    @property
    def _request(self) -> Request:
        return Request(self.sources, self.instances, self._siblings, self._imaging, self.policy)

    @property
    def _takeover(self) -> TakeOver:
        source_back, imaging, request = self._source_back, self._imaging, self._request
        return TakeOver(self.sources, self.instances, source_back, imaging, request, self.policy)

    @property
    def _confirm(self) -> Confirm:
        return Confirm(
            self.images,
            self.sources,
            self.instances,
            self.tagging,
            self._siblings,
            self._request,
            self.policy,
        )
