"""Port `Receipts`: one JSON file per recreation in a directory, a page beside it, or nowhere."""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic_core import PydanticSerializationError, to_json
from typing_extensions import override

from worker import ports
from worker.adapters.files import write_whole

Page = Callable[[Mapping[str, Any]], str]

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")


class DirectoryReceipts(ports.Receipts):
    """Writes each receipt whole or not at all.

    A receipt that cannot be written is reported and let go: a full disk must not keep a finished
    recreation from ending.

    Args:
        directory: Where they go; made when it is not there.
        telemetry: Where failures are told.
        page: Writes a receipt as HTML; None keeps no pages.
    """

    def __init__(
        self, directory: Path, telemetry: ports.Telemetry, page: Page | None = None
    ) -> None:
        self._directory = directory
        self._telemetry = telemetry
        self._page = page

    @override
    def keep(self, recreation: str, receipt: Mapping[str, Any]) -> None:
        if not _NAME.match(recreation):
            raise ValueError("a recreation's id has letters, digits and hyphens only")
        if not self._written(recreation, f"{recreation}.json", _text(receipt)):
            return
        page = self._paged(recreation, receipt)
        if page:
            self._written(recreation, f"{recreation}.html", page)

    def _paged(self, recreation: str, receipt: Mapping[str, Any]) -> str:
        if self._page is None:
            return ""
        try:
            return self._page(receipt)
        except Exception as error:  # noqa: BLE001 - a page must not keep a recreation from ending
            self._telemetry.failure("receipt_page_failed", error, recreation=recreation)
            return ""

    def _written(self, recreation: str, name: str, text: str) -> bool:
        try:
            write_whole(self._directory / name, text)
        except OSError as error:
            self._telemetry.event(
                "receipt_not_kept",
                recreation=recreation,
                file=name,
                reason=os.strerror(error.errno or 0),
            )
            return False
        return True


def _text(receipt: Mapping[str, Any]) -> str:
    """Write a receipt as `json.dumps` would, whose own encoder knows no indents and is slow with them."""
    try:
        text = to_json(_sorted(receipt), indent=2, fallback=str).decode()
    except PydanticSerializationError:
        # A name that is cut inside a character: the other encoder takes it, and whoever writes it down.
        text = json.dumps(receipt, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    return text + "\n"


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list | tuple):
        return [_sorted(one) for one in value]
    return value


class NoReceipts(ports.Receipts):
    """Keeps nothing; the log has the facts."""

    @override
    def keep(self, recreation: str, receipt: Mapping[str, Any]) -> None:
        return
