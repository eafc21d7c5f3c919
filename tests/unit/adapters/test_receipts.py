"""A receipt is written whole or not at all."""

import json
from pathlib import Path

import pytest

from tests.unit.adapters.conftest import RecordedTelemetry
from worker.adapters.receipts import DirectoryReceipts, NoReceipts

ID = "0123456789abcdef0123456789abcdef"


def test_later_receipt_replaces_the_earlier(tmp_path: Path, telemetry: RecordedTelemetry) -> None:
    """One file per recreation, readable in any language, and no draft beside it."""
    receipts = DirectoryReceipts(tmp_path / "new", telemetry)

    receipts.keep(ID, {"name": "数据库"})
    receipts.keep(ID, {"name": "db", "disks": [1, 2]})

    (file,) = (tmp_path / "new").iterdir()
    assert file.name == f"{ID}.json"
    assert json.loads(file.read_text("utf-8")) == {"name": "db", "disks": [1, 2]}


def test_full_disk_does_not_hold_the_recreation(
    tmp_path: Path, telemetry: RecordedTelemetry
) -> None:
    """It is told and let go."""
    blocked = tmp_path / "file"
    blocked.write_text("")

    DirectoryReceipts(blocked, telemetry).keep(ID, {})

    assert telemetry.names == ["receipt_not_kept"]


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "x" * 65])
def test_id_is_no_path(tmp_path: Path, telemetry: RecordedTelemetry, name: str) -> None:
    """Ids are ours; anything else is a bug."""
    with pytest.raises(ValueError, match="id"):
        DirectoryReceipts(tmp_path, telemetry).keep(name, {})


def test_nowhere() -> None:
    """The log has the facts."""
    NoReceipts().keep(ID, {})
