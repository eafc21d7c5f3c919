"""Keeps captures of sources: one JSON file per instance, written whole or not at all, for its owner's eyes."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from worker.adapters.files import write_whole
from worker.core.errors import Permanent

_NAME: Final = re.compile(r"i-[0-9a-z]{1,32}\Z")
_OWNER_ONLY: Final = 0o600
_DIRECTORY_MODE: Final = 0o700


@dataclass(frozen=True, slots=True)
class DirectoryCaptures:
    """A directory of captures; a new one of the same instance takes the place of the old one."""

    directory: Path

    def keep(self, instance_id: str, document: Mapping[str, Any]) -> Path:
        """Write one capture and return its file.

        Raises:
            Permanent: It cannot be written.
        """
        if not _NAME.match(instance_id):
            raise ValueError("an instance id has letters and digits only")
        text = json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True)
        path = self.directory / f"{instance_id}.json"
        try:
            write_whole(path, text + "\n", mode=_OWNER_ONLY, directory_mode=_DIRECTORY_MODE)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise Permanent(f"{path} cannot be written: {reason}") from None
        return path

    def find(self, instance_id: str) -> Mapping[str, Any] | None:
        """Read the capture of an instance, unverified; None when there is none.

        Raises:
            Permanent: It cannot be read.
        """
        path = self.directory / f"{instance_id}.json"
        if not _NAME.match(instance_id) or not path.is_file():
            return None
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Permanent(f"{path} cannot be read as a capture") from None
        return document if isinstance(document, dict) else {}
