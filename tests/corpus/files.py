"""The kept messages: where they are, how they are read, and a digest that tells a changed one."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INDEX = "index.json"


@dataclass(frozen=True)
class Kept:
    """One message as it was sent, and what it says.

    Attributes:
        release: The release that sent it.
        values: The progress in readable form, every field that is no default; None where the message
            has none.
    """

    release: str
    name: str
    what: str
    sent_at: float
    body: str
    attributes: dict[str, str]
    values: dict[str, Any] | None

    @property
    def file(self) -> Path:
        return HERE / self.release / f"{self.name}.json"

    @property
    def meaning(self) -> tuple[str, str, str]:
        """What distinguishes it from the others of its release."""
        return (self.body, json.dumps(self.values), self.attributes.get("parked", ""))

    def as_text(self) -> str:
        fields = {
            "what": self.what,
            "sent_at": self.sent_at,
            "body": self.body,
            "attributes": self.attributes,
            "values": self.values,
        }
        return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def digest(text: str) -> str:
    """Tell whether a kept file was changed, which must never happen."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def releases() -> tuple[str, ...]:
    """List the releases that have kept messages."""
    return tuple(sorted(path.parent.name for path in HERE.glob(f"*/{INDEX}")))


def index(release: str) -> dict[str, str]:
    """Return the digests of a release's files by the name of the kind."""
    found: dict[str, str] = json.loads((HERE / release / INDEX).read_text(encoding="utf-8"))
    return found


def read(release: str, name: str) -> Kept:
    """Read one kept message."""
    fields = json.loads((HERE / release / f"{name}.json").read_text(encoding="utf-8"))
    return Kept(release=release, name=name, **fields)


def everything() -> tuple[tuple[str, str], ...]:
    """List every kept message by release and name."""
    return tuple((release, name) for release in releases() for name in index(release))
