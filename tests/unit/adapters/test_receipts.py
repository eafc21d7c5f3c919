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


def test_receipt_is_written_as_json_writes_it(tmp_path: Path, telemetry: RecordedTelemetry) -> None:
    """Sorted, indented, in any language: what compares or diffs receipts sees no other form."""
    text = '引号" \\ \n\t\x00\x7f\u2028 <&> 🐼'
    numbers = (0, -1, 10**15, 0.1, 1.0, 1764300000.123, True, None)
    receipt = {"z": text, "a": {"里": numbers, "b": [[], {}, [{"d": 1, "c": ()}]]}, "at": tmp_path}

    DirectoryReceipts(tmp_path, telemetry).keep(ID, receipt)

    as_json = json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    assert (tmp_path / f"{ID}.json").read_text("utf-8") == f"{as_json}\n"


def test_full_disk_does_not_hold_the_recreation(
    tmp_path: Path, telemetry: RecordedTelemetry
) -> None:
    """It is told and let go."""
    blocked = tmp_path / "file"
    blocked.write_text("")

    DirectoryReceipts(blocked, telemetry).keep(ID, {})

    assert telemetry.names == ["receipt_not_kept"]


def test_name_cut_inside_a_character_does_not_hold_the_recreation(
    tmp_path: Path, telemetry: RecordedTelemetry
) -> None:
    """What other tools have cut reads the same again."""
    cut = {"name": "db \ud83d"}

    DirectoryReceipts(tmp_path, telemetry, page=str).keep(ID, cut)

    assert json.loads((tmp_path / f"{ID}.json").read_text("utf-8")) == cut
    assert telemetry.names == []


def test_page_is_kept_beside_the_receipt(tmp_path: Path, telemetry: RecordedTelemetry) -> None:
    """Whoever opens the directory with a browser finds the same recreation."""
    receipts = DirectoryReceipts(tmp_path, telemetry, page=lambda data: f"<p>{data['name']}</p>")

    receipts.keep(ID, {"name": "数据库"})

    assert (tmp_path / f"{ID}.html").read_text("utf-8") == "<p>数据库</p>"
    assert sorted(one.suffix for one in tmp_path.iterdir()) == [".html", ".json"]


def test_page_that_fails_does_not_hold_the_recreation(
    tmp_path: Path, telemetry: RecordedTelemetry
) -> None:
    """The receipt is kept, the defect is told, and the worker goes on."""

    def broken(_data: object) -> str:
        raise KeyError("no such text")

    DirectoryReceipts(tmp_path, telemetry, page=broken).keep(ID, {})

    assert [one.name for one in tmp_path.iterdir()] == [f"{ID}.json"]
    assert telemetry.names == ["receipt_page_failed"]


def test_full_disk_is_told_once(tmp_path: Path, telemetry: RecordedTelemetry) -> None:
    """Where the receipt finds no room, no page is tried."""
    blocked = tmp_path / "file"
    blocked.write_text("")

    DirectoryReceipts(blocked, telemetry, page=lambda _: "<p></p>").keep(ID, {})

    assert telemetry.names == ["receipt_not_kept"]


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "x" * 65])
def test_id_is_no_path(tmp_path: Path, telemetry: RecordedTelemetry, name: str) -> None:
    """Ids are ours; anything else is a bug."""
    with pytest.raises(ValueError, match="id"):
        DirectoryReceipts(tmp_path, telemetry).keep(name, {})


def test_nowhere() -> None:
    """The log has the facts."""
    NoReceipts().keep(ID, {})
