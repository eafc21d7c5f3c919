"""Finds receipts: in a directory by the beginning of their id, or by the name of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.core import strict_json
from worker.core.errors import Malformed, Permanent
from worker.core.receipt import Receipt, read_receipt

# Far above any real receipt; a file that was named by mistake is not read to its end.
BYTES_MAX = 1_048_576
BOUNDS = strict_json.Bounds(depth=8, keys=256, items=4_096)


@dataclass(frozen=True, slots=True)
class Stored:
    """One receipt as it was kept: the document, and what it says."""

    path: Path
    document: dict[str, Any]
    receipt: Receipt


def read_file(path: Path) -> Stored:
    """Read one receipt.

    Raises:
        Malformed: The file cannot be read, or is no receipt.
    """
    try:
        with path.open("rb") as file:
            text = file.read(BYTES_MAX).decode("utf-8")
        document = strict_json.parse(text, BOUNDS, what="it")
    except OSError as error:
        raise Malformed(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Malformed(f"{path} is not JSON") from None
    except Malformed as error:
        why = "" if error.code == "not_json" else f": {error.sentence}"
        raise Malformed(f"{path} is not JSON{why}") from None
    try:
        return Stored(path, document, read_receipt(document))
    except Malformed as error:
        raise Malformed(f"{path}: {error.sentence}") from None


class Broken(Malformed):
    """A file that should be a receipt and is none.

    Args:
        path: Of the file.
        sentence: What is wrong with it, with its path.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(sentence)
        self.path = path


def list_directory(directory: Path) -> tuple[list[Stored], list[Broken]]:
    """Read every receipt of a directory, the newest notice first, and say what is none.

    Raises:
        Permanent: The directory is there and cannot be read.
    """
    read = [_read_or_tell(path) for path in _files(directory)]
    found = [one for one in read if isinstance(one, Stored)]
    found.sort(key=lambda stored: stored.receipt.t0, reverse=True)
    return found, [one for one in read if isinstance(one, Broken)]


def _files(directory: Path) -> list[Path]:
    """List what may be receipts; `glob` finds nothing where it may not look."""
    try:
        return sorted(one for one in directory.iterdir() if one.suffix == ".json")
    except FileNotFoundError:
        # It is made with the first receipt.
        return []
    except OSError as error:
        raise Permanent(f"{directory} cannot be read: {error.strerror}") from None


def _read_or_tell(path: Path) -> Stored | Broken:
    try:
        return read_file(path)
    except Malformed as error:
        return Broken(path, error.sentence)


def find(directory: Path, wanted: str) -> Stored:
    """Find the receipt whose recreation, source or replacement has an id that begins so.

    Raises:
        Permanent: None has, or more than one, or the file that may be it cannot be read.
    """
    found, broken = list_directory(directory)
    matching = [stored for stored in found if _goes_by(stored.receipt, wanted)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        if lost := [one for one in broken if _tells_of(one.path, wanted)] or broken:
            raise Permanent(_unreadable(directory, wanted, lost, is_it=lost is not broken))
        if Path(wanted).is_file():
            raise Permanent(f"{directory} has no receipt of {wanted}; write ./{wanted} for a file")
        raise Permanent(
            f"{directory} has no receipt of {wanted}; name the id, not the name: aliyun-ops receipt lists all with"
            " their ids, and what has not ended yet stands in aliyun-ops status"
        )
    names = ", ".join(stored.receipt.recreation[:12] for stored in matching)
    raise Permanent(f"{wanted} may be any of {names}: give more of the id")


def _tells_of(path: Path, wanted: str) -> bool:
    """Look for an id in the name of a file that cannot be read, and in what is left of it."""
    if path.name.startswith(wanted):
        return True
    try:
        with path.open("rb") as file:
            return f'"{wanted}'.encode() in file.read(BYTES_MAX)
    except OSError:
        return False


def _unreadable(directory: Path, wanted: str, lost: Sequence[Broken], *, is_it: bool) -> str:
    """Say that a receipt is there and broken, or may be; and who knows more."""
    first = lost[0].sentence
    next_ = "what became of it stands in aliyun-ops status and in the worker's log"
    if is_it:
        return f"the receipt of {wanted} is broken ({first}); {next_}"
    return (
        f"no receipt in {directory} that can be read is of {wanted}, and {len(lost)} cannot be read, such as"
        f" this ({first}); {next_}"
    )


def _goes_by(receipt: Receipt, wanted: str) -> bool:
    ids = (receipt.recreation, receipt.source.instance, receipt.replacement.instance)
    return any(one.startswith(wanted) for one in ids if one)
