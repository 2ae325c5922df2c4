"""Small secrets at rest in ``control``: sealed with a key made from the platform's (``HOME/web.key``)."""

from __future__ import annotations

import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lazaretto.core.errors import PermanentFailure

_NONCE = 12


def seal(secret: str, text: str, purpose: str) -> bytes:
    """Return ``text`` sealed under the platform's ``secret``; opens for the same ``purpose`` only."""
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(secret).encrypt(nonce, text.encode(), purpose.encode())


def unseal(secret: str, sealed: bytes, purpose: str) -> str:
    """Return what was sealed.  Raises ``PermanentFailure`` where it was by another key, or changed."""
    try:
        return _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], purpose.encode()).decode()
    except InvalidTag as failure:
        raise PermanentFailure("a secret was sealed with another key than HOME/web.key") from failure


@lru_cache(maxsize=4)
def _cipher(secret: str) -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"lazaretto small secrets").derive(
        secret.encode()
    )
    return AESGCM(key)
