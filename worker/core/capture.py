"""A captured source as a file for the day when its event comes too late: written, signed and read.

The signature is the one of message attributes, over the captured source as body. The attributes have
no `format`, so that a file's content in a queue is a bare message and never progress.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from worker.core import signing
from worker.core.errors import Malformed
from worker.core.messages import iso
from worker.core.progress import Captured

FORM = "1"


@cache
def _adapter() -> TypeAdapter[Captured]:
    # Built for the first one: a worker that starts would wait for it and need it minutes later.
    return TypeAdapter(Captured)


@dataclass(frozen=True, slots=True)
class Capture:
    """A source as it was, and when and where that was."""

    account: str
    region: str
    at: str
    captured: Captured


def write_capture(
    captured: Captured, *, account: str, region: str, at: float, key: bytes
) -> dict[str, Any]:
    """Return the document of a file.

    Args:
        captured: As the step `spec` captures it: it has no user data and no password.
        account: Account id.
        region: Region id.
        at: When it was captured, epoch seconds.
        key: Signs it.
    """
    source = _adapter().dump_python(captured, mode="json", exclude_defaults=True)
    attributes = {
        "capture": FORM,
        "account": account,
        "region": region,
        "instance": captured.instance.instance_id,
        "captured-at": iso(at),
    }
    return {"attributes": signing.sign(attributes, _body(source), key), "captured": source}


def read_capture(document: Mapping[str, Any], keys: Sequence[bytes]) -> Capture:
    """Read a file's document.

    Raises:
        Malformed: It is of another form, not signed by one of the keys, or not what was signed.
    """
    attributes, source = document.get("attributes"), document.get("captured")
    if not isinstance(attributes, dict) or not all(map(_is_text, attributes.items())):
        raise Malformed("it is no capture", code="capture_form")
    if attributes.get("capture") != FORM:
        raise Malformed(f"it is no capture of form {FORM}", code="capture_form")
    if not signing.is_signed(attributes, _body(source), keys):
        raise Malformed("its signature is not ours", code="capture_signature")
    try:
        captured = _adapter().validate_python(source)
    except ValidationError:
        raise Malformed("it cannot be read", code="capture_data") from None
    return Capture(
        account=attributes.get("account", ""),
        region=attributes.get("region", ""),
        at=attributes.get("captured-at", ""),
        captured=captured,
    )


def _body(source: object) -> str:
    return json.dumps(source, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _is_text(item: tuple[object, object]) -> bool:
    return all(isinstance(part, str) for part in item)
