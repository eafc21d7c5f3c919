"""Whether attributes are ours: an HMAC over body and attributes with a key from the environment.

Anyone who may send to the queue can write attributes. Without a valid signature a message is a
bare event, and a bare event makes us look at the cloud and nothing else.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

SIGNATURE = "signature"
KEY_BYTES_MIN = 16


def sign(attributes: Mapping[str, str], body: str, key: bytes) -> dict[str, str]:
    """Return the attributes with their signature added."""
    return {**attributes, SIGNATURE: _mac(attributes, body, key)}


def is_signed(attributes: Mapping[str, str], body: str, keys: Sequence[bytes]) -> bool:
    """Tell whether the attributes carry a valid signature under any of the keys."""
    given = attributes.get(SIGNATURE)
    if given is None or not given.isascii():
        return False
    unsigned = {name: value for name, value in attributes.items() if name != SIGNATURE}
    return any(hmac.compare_digest(given, _mac(unsigned, body, key)) for key in keys)


def _mac(attributes: Mapping[str, str], body: str, key: bytes) -> str:
    mac = hmac.new(key, digestmod=hashlib.sha256)
    for part in (_canonical(body), *(part for item in sorted(attributes.items()) for part in item)):
        raw = part.encode("utf-8", "surrogatepass")
        # The length before each part keeps ("ab", "c") apart from ("a", "bc").
        mac.update(len(raw).to_bytes(8, "big") + raw)
    return mac.hexdigest()


def _canonical(body: str) -> str:
    """Undo what XML does to a text on its way: line ends are folded, edges may be trimmed."""
    return body.replace("\r\n", "\n").replace("\r", "\n").strip()
