"""Port `Receipts`: one JSON file per recreation in a directory, or nowhere."""

import contextlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from worker import ports

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")


class DirectoryReceipts(ports.Receipts):
    """Writes each receipt whole or not at all.

    A receipt that cannot be written is reported and let go: a full disk must not keep a finished
    recreation from ending.
    """

    def __init__(self, directory: Path, telemetry: ports.Telemetry) -> None:
        self._directory = directory
        self._telemetry = telemetry

    @override
    def keep(self, recreation: str, receipt: Mapping[str, Any]) -> None:
        if not _NAME.match(recreation):
            raise ValueError("a recreation's id has letters, digits and hyphens only")
        text = json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True, default=str)
        try:
            self._write(recreation, text + "\n")
        except OSError as error:
            self._telemetry.event(
                "receipt_not_kept", recreation=recreation, reason=os.strerror(error.errno or 0)
            )

    def _write(self, recreation: str, text: str) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        draft = self._directory / f".{recreation}.{os.getpid()}.part"
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._directory / f"{recreation}.json")
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)


class NoReceipts(ports.Receipts):
    """Keeps nothing; the log has the facts."""

    @override
    def keep(self, recreation: str, receipt: Mapping[str, Any]) -> None:
        return
