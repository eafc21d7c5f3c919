"""The files that captures are kept in: whole, for their owner only, one per instance."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.unit.adapters.conftest import RecordedTelemetry
from worker.adapters.captures import DirectoryCaptures, SignedCaptures
from worker.core.capture import write_capture
from worker.core.errors import Permanent
from worker.core.model import Instance
from worker.core.progress import Captured


def test_a_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whatever the process's mask, and the directory that it makes too."""
    path = DirectoryCaptures(tmp_path / "new" / "captures").keep("i-bp1", {"名": "值"})

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert json.loads(path.read_text(encoding="utf-8")) == {"名": "值"}


def test_a_later_capture_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    """In one piece, with nothing left beside it, whatever mode the earlier one had."""
    captures = DirectoryCaptures(tmp_path)
    captures.keep("i-bp1", {"at": 1}).chmod(0o644)
    path = captures.keep("i-bp1", {"at": 2})

    assert [one.name for one in tmp_path.iterdir()] == ["i-bp1.json"]
    assert json.loads(path.read_text(encoding="utf-8")) == {"at": 2}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_directory_that_is_a_file_is_a_sentence(tmp_path: Path) -> None:
    """And no traceback."""
    (tmp_path / "file").touch()

    with pytest.raises(Permanent, match=r"i-bp1\.json cannot be written: "):
        DirectoryCaptures(tmp_path / "file").keep("i-bp1", {})


@pytest.mark.parametrize("name", ["../etc/passwd", "i-", "", "i-A", "i-1/2", "i-1\n"])
def test_a_name_that_is_no_instance_is_a_bug(tmp_path: Path, name: str) -> None:
    """A file's name comes from the cloud, which is not to choose a directory."""
    with pytest.raises(ValueError, match="instance id"):
        DirectoryCaptures(tmp_path).keep(name, {})


ACCOUNT, PLACE, KEY = "1234567890123456", "cn-hangzhou", b"only-for-this-test-0123456789"
CAPTURED = Captured(Instance("i-bp1", "Running", "ecs.g7.large", "z"), (), "app")


def signed(directory: Path, telemetry: RecordedTelemetry, **differing: Any) -> SignedCaptures:
    """The reader of a directory that holds one capture."""
    place: dict[str, Any] = {"account": ACCOUNT, "region": PLACE, "key": KEY, **differing}
    files = DirectoryCaptures(directory)
    files.keep("i-bp1", write_capture(CAPTURED, at=1_796_032_800.0, **place))
    return SignedCaptures(files.read, ACCOUNT, PLACE, (KEY,), telemetry)


def test_what_audit_wrote_is_found(tmp_path: Path) -> None:
    """And nothing for an instance that it has not seen."""
    captures = signed(tmp_path, RecordedTelemetry())

    found = captures.find("i-bp1")

    assert found is not None
    assert (found.captured, found.at) == (CAPTURED, "2026-11-30T10:00:00Z")
    assert captures.find("i-bp2") is None
    assert captures.find("../i-bp1") is None


@pytest.mark.parametrize(
    "differing", [{"account": "9" * 16}, {"region": "cn-beijing"}, {"key": b"another key, as long"}]
)
def test_what_is_not_ours_is_as_good_as_not_there(
    tmp_path: Path, differing: dict[str, Any]
) -> None:
    """The log tells why."""
    telemetry = RecordedTelemetry()

    assert signed(tmp_path, telemetry, **differing).find("i-bp1") is None
    assert telemetry.names == ["capture_not_read"]


def test_capture_under_another_name_is_not_taken(tmp_path: Path) -> None:
    """A file that was copied is signed all the same."""
    telemetry = RecordedTelemetry()
    captures = signed(tmp_path, telemetry)
    (tmp_path / "i-bp1.json").rename(tmp_path / "i-bp2.json")

    assert captures.find("i-bp2") is None
    assert telemetry.names == ["capture_not_read"]


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\xff", '{"captured": 1}'])
def test_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    """It must not cost a recreation."""
    telemetry = RecordedTelemetry()
    captures = signed(tmp_path, telemetry)
    (tmp_path / "i-bp1.json").write_text(text, encoding="latin-1")

    assert captures.find("i-bp1") is None
    assert telemetry.names == ["capture_not_read"]


def test_directory_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It is no reason to stop either."""
    telemetry = RecordedTelemetry()
    (tmp_path / "file").touch()
    read = DirectoryCaptures(tmp_path / "file").read

    assert SignedCaptures(read, ACCOUNT, PLACE, (KEY,), telemetry).find("i-bp1") is None
    assert telemetry.names == ["capture_not_read"]
