"""Keeps captures of sources: one JSON file per instance, written whole or not at all, for its owner's eyes."""

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

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
            self._write(path, text + "\n")
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise Permanent(f"{path} cannot be written: {reason}") from None
        return path

    def _write(self, path: Path, text: str) -> None:
        self.directory.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        draft.unlink(missing_ok=True)
        try:
            # Made with its mode, so that it is at no moment open to others.
            number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
