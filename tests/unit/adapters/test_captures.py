"""The files that captures are kept in: whole, for their owner only, one per instance."""

import json
import stat
from pathlib import Path

import pytest

from worker.adapters.captures import DirectoryCaptures
from worker.core.errors import Permanent


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
