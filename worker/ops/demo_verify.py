"""Compares what was on the source's disks before the notice with what the replacement has; pure.

A disk's content is what the emulator shows: files, and one journal per writer whose records are
numbered without gaps, so that the newest number tells how many there are.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_JOURNAL = "journal of "
_RECORDS = re.compile(r"(\d+) \((\d+) on disk\)")


@dataclass(frozen=True, slots=True)
class Content:
    """What a disk holds.

    Attributes:
        files: Text by path.
        records: Newest record by writer.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    records: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DiskCheck:
    """One disk of the source against its counterpart.

    Attributes:
        disk: The source's disk.
        counterpart: The replacement's disk at the same device, or the disk itself; or empty.
        files: How many files were on disk before the notice.
        records: How many journal records were on disk before the notice.
        missing: What of it the counterpart lacks.
    """

    device: str
    disk: str
    counterpart: str
    files: int
    records: int
    missing: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Whether everything is there."""
        return bool(self.counterpart) and not self.missing


def content(row: Mapping[str, Any], *, durable: bool) -> Content:
    """Read the content of one disk from the emulator's dump.

    Args:
        row: The disk.
        durable: Only what a power cut would leave.
    """
    files: dict[str, str] = {}
    records: dict[str, int] = {}
    for entry in row["content"]:
        path, text = str(entry["path"]), str(entry["text"])
        numbers = _RECORDS.fullmatch(text)
        if path.startswith(_JOURNAL) and numbers is not None:
            records[path.removeprefix(_JOURNAL)] = int(numbers[2 if durable else 1])
        elif entry["flushed"] or not durable:
            files[path] = text
    return Content(files, records)


def missing(wanted: Content, has: Content) -> tuple[str, ...]:
    """Name what is not there: files that are lost or differ, and journals that end too early."""
    files = [path for path, text in wanted.files.items() if has.files.get(path) != text]
    journals = [
        f"{_JOURNAL}{writer} after record {has.records.get(writer, 0)} of {number}"
        for writer, number in wanted.records.items()
        if has.records.get(writer, 0) < number
    ]
    return (*files, *journals)


def check_disks(
    before: Sequence[Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
    itself: Iterable[Mapping[str, Any]] = (),
) -> tuple[DiskCheck, ...]:
    """Compare disks by their device, or with themselves.

    Args:
        before: The source's disks just before the notice.
        after: The replacement's disks.
        itself: Disks of the source that are to hold the data themselves.
    """
    by_device = {str(row["device"]): row for row in after}
    by_id = {str(row["id"]): row for row in itself}
    return tuple(
        _check(row, by_id.get(str(row["id"])) or by_device.get(str(row["device"])))
        for row in before
    )


def _check(row: Mapping[str, Any], counterpart: Mapping[str, Any] | None) -> DiskCheck:
    wanted = content(row, durable=True)
    has = content(counterpart, durable=False) if counterpart else Content()
    return DiskCheck(
        device=str(row["device"]),
        disk=str(row["id"]),
        counterpart=str(counterpart["id"]) if counterpart else "",
        files=len(wanted.files),
        records=sum(wanted.records.values()),
        missing=missing(wanted, has),
    )
