"""Keeps captures of sources: one JSON file per instance, written whole or not at all, for its owner's eyes.

What is read is believed only with a signature of ours, for the account, region and instance asked for.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from worker import ports
from worker.adapters.files import write_whole
from worker.core.capture import Capture, read_capture
from worker.core.errors import Malformed, Permanent

_NAME: Final = re.compile(r"i-[0-9a-z]{1,32}\Z")
_OWNER_ONLY: Final = 0o600
_DIRECTORY_MODE: Final = 0o700
# A capture with the tags of all its disks is some tens of kilobytes.
_BYTES_MAX: Final = 1_000_000

# Returns the document of an instance; None when there is none.
Read = Callable[[str], Mapping[str, Any] | None]


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

    def read(self, instance_id: str) -> Mapping[str, Any] | None:
        """Return the document of an instance; None when there is none.

        Raises:
            Malformed: There is one that cannot be read.
        """
        if not _NAME.match(instance_id):
            return None
        path = self.directory / f"{instance_id}.json"
        try:
            with path.open("rb") as file:
                document = json.loads(file.read(_BYTES_MAX))
        except FileNotFoundError:
            return None
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise Malformed(f"{path.name} cannot be read: {reason}") from None
        except (ValueError, RecursionError):
            raise Malformed(f"{path.name} is no JSON") from None
        if not isinstance(document, dict):
            raise Malformed(f"{path.name} is no capture")
        return document


@dataclass(frozen=True, slots=True)
class SignedCaptures(ports.Captures):
    """Port `Captures`: what cannot be believed is told in the log and is as good as not there."""

    read: Read
    account: str
    region: str
    keys: Sequence[bytes]
    telemetry: ports.Telemetry

    @override
    def find(self, instance_id: str) -> Capture | None:
        try:
            document = self.read(instance_id)
            if document is None:
                return None
            found = read_capture(document, self.keys)
        except Malformed as error:
            self.telemetry.event("capture_not_read", source=instance_id, reason=error.sentence)
            return None
        place = (found.account, found.region, found.captured.instance.instance_id)
        if place == (self.account, self.region, instance_id):
            return found
        self.telemetry.event(
            "capture_not_read", source=instance_id, reason="it is of another place or instance"
        )
        return None


def no_documents(_instance_id: str) -> None:
    """Read nothing, where no directory is configured."""
