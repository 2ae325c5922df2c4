"""Tokens: made once, shown once, known afterwards by a digest only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from lazaretto.store.people.models import Token
from lazaretto.store.people.scopes import Caller

PREFIX: Final = "lzt"
"""Begins every token, so that a leaked one is found in a repository or a log."""
_NOTE_USE_EVERY: Final = timedelta(minutes=1)


def new_secret() -> tuple[str, bytes]:
    """Return a fresh secret and its digest."""
    secret = secrets.token_urlsafe(32)
    return secret, digest_of(secret)


def written(token: Token, secret: str) -> str:
    """Return the token as programs send it."""
    return f"{PREFIX}_{token.id.hex}_{secret}"


def digest_of(secret: str) -> bytes:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def caller_of(text: str, client: str, now: datetime | None = None) -> Caller | None:
    """Return who sends the token ``text``; None when it is wrong, expired, or its account is closed."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX:
        return None
    try:
        identity = UUID(hex=parts[1])
    except ValueError:
        return None
    token = Token.objects.select_related("account").filter(id=identity).first()
    # The comparison takes place in any case, so that time does not tell which ids exist.
    known = bytes(token.digest) if token else bytes(32)
    is_right = hmac.compare_digest(known, digest_of(parts[2]))
    now = now or datetime.now(UTC)
    if token is None or not is_right or not token.account.is_active:
        return None
    if token.expires_at is not None and token.expires_at <= now:
        return None
    _note_use(token, now)
    return Caller(account=token.account, token=token, client=client)


def _note_use(token: Token, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at >= _NOTE_USE_EVERY:
        Token.objects.filter(id=token.id).update(last_used_at=now)
