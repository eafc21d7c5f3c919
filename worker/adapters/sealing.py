"""Encrypts what travels in messages and must not be read there, under a key of its own.

AES-SIV gives the same text for the same input: no random number is needed, twins that seal the
same user data agree to the byte, and what was tampered with does not open.
"""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

_KEY_BYTES: Final = 64
_INFO: Final = b"aliyun-ops: user data"
# Our own bound against a decompression bomb. Source: RunInstances, UserData: 32 KB, before Base64.
_PLAIN_BYTES_MAX: Final = 65_536


@dataclass(frozen=True, slots=True)
class Sealing:
    """Seals under the newest of the signing keys and opens what any of them has sealed."""

    keys: Sequence[bytes] = field(default=(), repr=False)

    def seal(self, text: str, *, about: str) -> str:
        """Encrypt a text.

        Args:
            text: What nobody is to read on its way.
            about: What it belongs to; it opens for nothing else.

        Raises:
            ValueError: There is no key.
        """
        if not self.keys:
            raise ValueError("nothing can be sealed without a key")
        sealed: bytes = _cipher(self.keys[0]).encrypt(
            zlib.compress(text.encode(), 9), [about.encode()]
        )
        return urlsafe_b64encode(sealed).decode()

    def open(self, sealed: str, *, about: str) -> str | None:
        """Decrypt a text; None when no key of ours opens it for this."""
        invalid = import_module("cryptography.exceptions").InvalidTag
        for key in self.keys:
            try:
                packed = _cipher(key).decrypt(urlsafe_b64decode(sealed), [about.encode()])
            except (invalid, ValueError):
                continue
            return zlib.decompressobj().decompress(packed, _PLAIN_BYTES_MAX).decode()
        return None


WITHOUT_KEYS: Final = Sealing()


def _cipher(key: bytes) -> Any:
    """Derive a key that signs nothing from one that does; loaded when it is needed."""
    hashes = import_module("cryptography.hazmat.primitives.hashes")
    hkdf = import_module("cryptography.hazmat.primitives.kdf.hkdf").HKDF
    derived = hkdf(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=_INFO)
    siv = import_module("cryptography.hazmat.primitives.ciphers.aead").AESSIV
    return siv(derived.derive(key))
