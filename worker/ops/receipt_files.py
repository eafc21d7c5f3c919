"""Finds receipts: in a directory by the beginning of their id, or by the name of a file."""

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


def list_directory(directory: Path) -> tuple[list[Stored], list[Malformed]]:
    """Read every receipt of a directory, the newest notice first, and say what is none."""
    read = [_read_or_tell(path) for path in sorted(directory.glob("*.json"))]
    found = [one for one in read if isinstance(one, Stored)]
    found.sort(key=lambda stored: stored.receipt.t0, reverse=True)
    return found, [one for one in read if isinstance(one, Malformed)]


def _read_or_tell(path: Path) -> Stored | Malformed:
    try:
        return read_file(path)
    except Malformed as error:
        return error


def find(directory: Path, wanted: str) -> Stored:
    """Find the receipt whose recreation, source or replacement has an id that begins so.

    Raises:
        Permanent: None has, or more than one.
    """
    found, _ = list_directory(directory)
    matching = [stored for stored in found if _goes_by(stored.receipt, wanted)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        if Path(wanted).is_file():
            raise Permanent(f"{directory} has no receipt of {wanted}; write ./{wanted} for a file")
        raise Permanent(
            f"{directory} has no receipt of {wanted}; name the id, not the name: aliyun-ops receipt lists all with"
            " their ids"
        )
    names = ", ".join(stored.receipt.recreation[:12] for stored in matching)
    raise Permanent(f"{wanted} may be any of {names}: give more of the id")


def _goes_by(receipt: Receipt, wanted: str) -> bool:
    ids = (receipt.recreation, receipt.source.instance, receipt.replacement.instance)
    return any(one.startswith(wanted) for one in ids if one)
