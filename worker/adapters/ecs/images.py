"""Port `Images`: the image of a dying instance."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.ecs import fields, shapes
from worker.adapters.ecs.batch import Batches
from worker.adapters.ecs.endpoint import Endpoint, Refusal
from worker.adapters.ecs.tagging import tag_parameters
from worker.adapters.error_map import CREATE_IMAGE, CREATE_SNAPSHOT, Kind
from worker.core.errors import UnknownOutcome
from worker.core.identity import TAG_LINEAGE
from worker.core.model import (
    Accepted,
    Exists,
    Gone,
    Image,
    ImageAnswer,
    NotReady,
    Refused,
    Snapshot,
    SnapshotAnswer,
    Tags,
)

# Source: DescribeImages, PageSize.
_IMAGES_PER_PAGE: Final = 100
# Source: DescribeSnapshots, PageSize and SnapshotIds: up to 100.
_SNAPSHOTS_PER_PAGE: Final = 100
_REMEMBERED_MAX: Final = 8_192


@dataclass(frozen=True, slots=True)
class EcsImages(ports.Images):
    """Port `Images` over one region."""

    endpoint: Endpoint
    batches: Batches
    # Ids by name: many images are described by id in one call, by name only one.
    _ids: dict[str, str] = field(init=False, default_factory=dict)

    @override
    def create(self, instance_id: str, *, name: str, token: str, tags: Tags) -> ImageAnswer:
        return self._create({"InstanceId": instance_id}, name, token, tags)

    @override
    def assemble(
        self, parts: Sequence[tuple[str, str]], *, name: str, token: str, tags: Tags, imds_v2: bool
    ) -> ImageAnswer:
        mappings = [{"Device": device, "SnapshotId": snapshot} for device, snapshot in parts]
        # An image of snapshots is v1 unless told otherwise. Source: CreateImage, Features.
        features = {"Features": {"ImdsSupport": "v2"}} if imds_v2 else {}
        return self._create({"DiskDeviceMapping": mappings, **features}, name, token, tags)

    def _create(self, made_of: dict[str, Any], name: str, token: str, tags: Tags) -> ImageAnswer:
        answer = self.endpoint.change(
            CREATE_IMAGE,
            {**made_of, "ImageName": name, "ClientToken": token, "Tag": tag_parameters(tags)},
        )
        if isinstance(answer, Refusal):
            return _refused(answer)
        image_id = fields.text(answer, "ImageId")
        if not image_id:
            raise UnknownOutcome("CreateImage answered without an image id")
        self._remember(name, image_id)
        return Accepted(image_id)

    @override
    def snapshots(self, ids: Sequence[str]) -> tuple[Snapshot, ...]:
        if not ids:
            return ()
        bodies = self.endpoint.list_by_number(
            "DescribeSnapshots",
            {"SnapshotIds": json.dumps(list(ids))},
            "Snapshots",
            "Snapshot",
            size=_SNAPSHOTS_PER_PAGE,
        )
        # Looked at again here: a filter that was not understood would show strangers.
        read = (shapes.snapshot_of(body) for body in bodies)
        found = {one.snapshot_id: one for one in read if one is not None}
        return tuple(found[one] for one in ids if one in found)

    @override
    def snapshots_of(self, disk_id: str) -> tuple[Snapshot, ...]:
        bodies = self.endpoint.list_by_number(
            "DescribeSnapshots",
            {"DiskId": disk_id},
            "Snapshots",
            "Snapshot",
            size=_SNAPSHOTS_PER_PAGE,
        )
        # The same: only what says that it is of this disk.
        mine = (one for one in bodies if fields.text(one, "SourceDiskId") == disk_id)
        return tuple(one for one in map(shapes.snapshot_of, mine) if one is not None)

    @override
    def snapshot(self, disk_id: str, *, token: str, tags: Tags) -> SnapshotAnswer:
        answer = self.endpoint.change(
            CREATE_SNAPSHOT,
            {"DiskId": disk_id, "ClientToken": token, "Tag": tag_parameters(tags)},
        )
        if isinstance(answer, Refusal):
            return _refused(answer)
        snapshot_id = fields.text(answer, "SnapshotId")
        if not snapshot_id:
            raise UnknownOutcome("CreateSnapshot answered without a snapshot id")
        return Accepted(snapshot_id)

    @override
    def find(self, name: str) -> Image | None:
        image_id = self._ids.get(name)
        if image_id is None:
            return self._named(name)
        found: Image | None = self.batches.images.find(image_id)
        if found is not None and found.name == name:
            return found
        # It does not show yet, or it is gone: the name finds whatever has taken its place.
        self._ids.pop(name, None)
        return None

    def _named(self, name: str) -> Image | None:
        bodies = self.endpoint.list_by_number(
            "DescribeImages",
            # Without Status only Available images are listed; the name filter is fuzzy. Source:
            # DescribeImages, Status and ImageName.
            {"ImageName": name, "ImageOwnerAlias": "self", "Status": "ALL"},
            "Images",
            "Image",
            size=_IMAGES_PER_PAGE,
        )
        found = (shapes.image_of(body) for body in bodies)
        named = next((one for one in found if one is not None and one.name == name), None)
        if named is not None:
            self._remember(name, named.image_id)
        return named

    def _remember(self, name: str, image_id: str) -> None:
        while len(self._ids) >= _REMEMBERED_MAX:
            self._ids.pop(next(iter(self._ids), ""), None)
        self._ids[name] = image_id

    @override
    def known(self, image_id: str) -> Image | None:
        bodies = self.endpoint.list_by_number(
            "DescribeImages",
            {"ImageId": image_id, "Status": "ALL"},
            "Images",
            "Image",
            size=_IMAGES_PER_PAGE,
        )
        found = (shapes.image_of(body) for body in bodies)
        return next((one for one in found if one is not None and one.image_id == image_id), None)

    @override
    def of_generation(self, lineage: str) -> tuple[Image, ...]:
        bodies = self.endpoint.list_by_number(
            "DescribeImages",
            {
                "Tag": [{"Key": TAG_LINEAGE, "Value": lineage}],
                "ImageOwnerAlias": "self",
                "Status": "ALL",
            },
            "Images",
            "Image",
            size=_IMAGES_PER_PAGE,
        )
        found = (shapes.image_of(body) for body in bodies)
        # Looked at again here: a filter that the cloud did not understand would count strangers.
        return tuple(
            one for one in found if one is not None and one.tags.get(TAG_LINEAGE) == lineage
        )


def _refused(refusal: Refusal) -> Exists | Gone | NotReady | Refused:
    match refusal.kind:
        case Kind.EXISTS:
            return Exists()
        case Kind.GONE:
            return Gone(refusal.code)
        case Kind.NOT_READY:
            return NotReady(refusal.code)
        case Kind.REFUSED:
            return Refused(refusal.code)
        case _:
            raise refusal.error
