"""Receipt handles: opaque, new for every lease, and hard on clients that do not escape.

A handle looks like those of the real service: the message id, a hyphen and base64. It always holds
`+`, `/` and `=`, each of which a careless query parser or encoder breaks.
"""

import base64
import re

_HANDLE = re.compile(r"([0-9A-F]{32})-[A-Za-z0-9+/]+={1,2}")
# Three bytes that base64 writes as "+/+/".
_PREFIX = b"\xfb\xff\xbf"


def make_handle(message_id: str, serial: int, leased_ms: int, lease_ms: int) -> str:
    """Make the handle of one lease; `serial` never repeats."""
    text = f"{serial} {leased_ms} {lease_ms}".encode()
    if len(text) % 3 == 0:  # Base64 pads with "=" only when the length is no multiple of three.
        text += b" "
    return f"{message_id}-{base64.b64encode(_PREFIX + text).decode()}"


def message_id_of(handle: str) -> str | None:
    """Return the message id in a handle, or None when it cannot be one of ours."""
    parsed = _HANDLE.fullmatch(handle)
    return parsed[1] if parsed else None
