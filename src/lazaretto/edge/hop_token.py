"""The mark that a message carries of having been here: our id and a keyed proof of it.

Anybody can write ``Received`` fields in our name; nobody else can make a proof.  A message that
brings several different proofs with it goes in a circle.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from lazaretto.core.identity import MessageId

FIELD_NAME: Final = "X-Lazaretto-Id"
_FIELD: Final = re.compile(
    rb"\r\n[Xx]-[Ll][Aa][Zz][Aa][Rr][Ee][Tt][Tt][Oo]-[Ii][Dd]:[ \t]*"
    rb"(?P<id>[0-9a-f-]{36})(?:\r\n)?[ \t]+(?P<proof>[0-9a-f]{32})[ \t]*(?=\r\n)"
)
_MOST_LOOKED_AT: Final = 50
_PROOF_OCTETS: Final = 16


def hop_field(message: MessageId, key: bytes) -> bytes:
    """Return the header field that marks ``message``, CRLF included; without a key it proves nothing."""
    identity = str(message).encode("ascii")
    if not key:
        return b"%s: %s\r\n" % (FIELD_NAME.encode("ascii"), identity)
    return b"%s: %s %s\r\n" % (FIELD_NAME.encode("ascii"), identity, _proof(identity, key))


def own_hops(block: bytes, key: bytes) -> int:
    """Return how many different marks of ours stand in a header ``block`` (each line after a CRLF)."""
    if not key:
        return 0
    proven: set[bytes] = set()
    for looked_at, found in enumerate(_FIELD.finditer(block)):
        if looked_at >= _MOST_LOOKED_AT:
            break
        if hmac.compare_digest(_proof(found["id"], key), found["proof"]):
            proven.add(found["id"])
    return len(proven)


def _proof(identity: bytes, key: bytes) -> bytes:
    return hmac.digest(key, identity, "sha256")[:_PROOF_OCTETS].hex().encode("ascii")
