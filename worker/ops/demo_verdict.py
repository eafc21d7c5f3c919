"""The judgement on a demo: every claim checked against the emulator's own view of the cloud; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from worker.core.identity import TAG_ID, TAG_PREFIX
from worker.ops.demo_scenarios import Writing
from worker.ops.demo_verify import DiskCheck, check_disks, content
from worker.ops.wording import Wording

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One checked claim: the key of its text, and what the text speaks of."""

    is_good: bool
    key: str
    values: Mapping[str, object]

    def text(self, wording: Wording) -> str:
        """Return the judgement in words."""
        return wording(f"verdict.{self.key}", **self.values)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the emulator showed.

    Attributes:
        source: The source before the notice.
        before: The source's disks just before the notice.
        late: Files that the source wrote after the image was begun.
        instances: Every instance at the end.
        disks: Every disk at the end.
        messages: Messages by queue.
        complaints: Requests that the cloud did not understand.
        parked: Why it was parked, where the scenario ends so.
        letters_max: How many copies of the notice may be parked, each by who holds it.
        alone: Disks of the source that the receipt names as the only place of their data.
    """

    recreation: str
    source: Row
    before: Sequence[Row]
    late: Sequence[Writing]
    instances: Sequence[Row]
    disks: Sequence[Row]
    messages: Mapping[str, int]
    complaints: Sequence[str]
    parked: str = ""
    letters_max: int = 1
    alone: frozenset[str] = frozenset()

    @property
    def replacements(self) -> list[Row]:
        """The instances that carry the recreation's tag, else the source if it runs again."""
        made = [one for one in self.instances if one["tags"].get(TAG_ID) == self.recreation]
        return made or [one for one in self.instances if self.is_source(one) and _runs(one)]

    def is_source(self, row: Row) -> bool:
        """Tell whether it is the source itself."""
        return bool(row["id"] == self.source["id"])


def only_kept(receipt: Mapping[str, Any] | None) -> frozenset[str]:
    """List the disks whose data, by the receipt, is on them and not on the replacement."""
    disks = receipt["disks"] if receipt is not None else ()
    return frozenset(
        str(disk["disk"])
        for disk in disks
        if disk["retained"] and (not disk["data_point"] or disk["data_point_after_t0"] < 0)
    )


def check(evidence: Evidence) -> tuple[DiskCheck, ...]:
    """Compare every disk of the source with the replacement's, or with itself where it is there."""
    ids = {one["id"] for one in evidence.replacements}
    after = [disk for disk in evidence.disks if disk["instance_id"] in ids]
    known = {str(disk["id"]): disk for disk in evidence.disks}
    own = {str(row["id"]) for row in evidence.before}
    there = {str(disk["id"]) for disk in after} & own
    kept = [known[one] for one in own & known.keys() if one in there or _is_named(evidence, one)]
    return check_disks(evidence.before, after, kept)


def _is_named(evidence: Evidence, disk: str) -> bool:
    """Tell whether a person is told of a disk whose data is nowhere else."""
    return disk in evidence.alone or disk in evidence.parked


def judge(evidence: Evidence) -> list[Judgement]:
    """Judge every claim."""
    return [
        *map(_disk, check(evidence)),
        _nobody(evidence) if evidence.parked else _one(evidence),
        *(_same(evidence.source, one) for one in evidence.replacements[:1]),
        *([_late(evidence)] if evidence.late else []),
        _parked(evidence) if evidence.parked else _queues(evidence.messages),
        _calls(evidence.complaints),
    ]


def _disk(one: DiskCheck) -> Judgement:
    good = "disk_itself" if one.counterpart == one.disk else "disk"
    key = good if one.is_good else "disk_bad" if one.counterpart else "no_disk"
    values = {
        "device": one.device,
        "files": one.files,
        "records": one.records,
        "missing": ", ".join(one.missing),
        "disk": one.disk,
    }
    return Judgement(one.is_good, key, values)


def _runs(row: Row) -> bool:
    return bool(row["status"] == "Running")


def _nobody(evidence: Evidence) -> Judgement:
    names = ", ".join(one["id"] for one in evidence.replacements)
    return Judgement(not names, "launched" if names else "nobody", {"replacements": names})


def _parked(evidence: Evidence) -> Judgement:
    """Nothing may be left but what is parked."""
    left = {name: count for name, count in evidence.messages.items() if count}
    told = ", ".join(f"{name} {count}" for name, count in left.items())
    is_apart = all(name.endswith("-dead") for name in left)
    is_good = is_apart and 1 <= sum(left.values()) <= evidence.letters_max
    return Judgement(is_good, "parked" if is_good else "messages", {"queues": told})


def _one(evidence: Evidence) -> Judgement:
    replacements = evidence.replacements
    names = ", ".join(one["id"] for one in replacements)
    if len(replacements) == 1:
        key = "in_place" if evidence.is_source(replacements[0]) else "one"
        return Judgement(is_good=True, key=key, values={"replacement": names})
    values = {"number": len(replacements), "replacements": names}
    return Judgement(is_good=False, key="not_one", values=values)


def _same(source: Row, replacement: Row) -> Judgement:
    tags = {
        key: value for key, value in replacement["tags"].items() if not key.startswith(TAG_PREFIX)
    }
    differing = [
        *(["name"] if source["name"] != replacement["name"] else []),
        *(["tags"] if dict(source["tags"]) != tags else []),
    ]
    key = "not_same" if differing else "same"
    return Judgement(not differing, key, {"what": ", ".join(differing)})


def _late(evidence: Evidence) -> Judgement:
    """What was written after the image must be on the source's own disks, which were kept."""
    devices = {str(row["device"]): str(row["id"]) for row in evidence.before}
    kept = {str(row["id"]): row for row in evidence.disks}
    missing = [
        file.path
        for file in evidence.late
        if not _holds(kept.get(devices.get(file.device, "")), file)
    ]
    disks = ", ".join(devices.values())
    key = "late_bad" if missing else "late"
    return Judgement(not missing, key, {"missing": ", ".join(missing), "disks": disks})


def _holds(disk: Row | None, file: Writing) -> bool:
    return disk is not None and content(disk, durable=True).files.get(file.path) == file.text


def _queues(messages: Mapping[str, int]) -> Judgement:
    left = {name: count for name, count in messages.items() if count}
    told = ", ".join(f"{name} {count}" for name, count in left.items())
    return Judgement(not left, "messages" if left else "queues", {"queues": told})


def _calls(complaints: Iterable[str]) -> Judgement:
    told = "; ".join(complaints)
    return Judgement(not told, "complaints" if told else "calls", {"what": told})
