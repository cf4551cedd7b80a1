"""Everything that signs or encrypts comes from one secret of the instance, by name."""

from __future__ import annotations

import base64
import hashlib
import hmac

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class InstanceSecret:
    """Derives keys: HMAC-SHA256 of the name under the secret, which has at least 128 random bits.

    >>> secret = InstanceSecret("0" * 32)
    >>> secret.key("tokens:dev") == secret.key("tokens:prod")
    False
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def key(self, name: str) -> bytes:
        """32 bytes."""
        return hmac.digest(self._secret, name.encode(), hashlib.sha256)

    def fernet_key(self, name: str) -> bytes:
        """The same as `cryptography.fernet.Fernet` takes it."""
        return base64.urlsafe_b64encode(self.key(name))

    def characters(self, name: str, count: int) -> str:
        """`count` characters of base 62, at most 40."""
        number = int.from_bytes(self.key(name))
        digits = []
        for _ in range(count):
            number, digit = divmod(number, 62)
            digits.append(_ALPHABET[digit])
        return "".join(digits)

    def sign(self, name: str, message: str) -> str:
        """Hex HMAC-SHA256 of a message under the key of that name."""
        return hmac.digest(self.key(name), message.encode(), hashlib.sha256).hex()

    def is_signed(self, name: str, message: str, signature: str) -> bool:
        """Compares in constant time."""
        return hmac.compare_digest(self.sign(name, message).encode(), signature.encode(errors="replace"))
