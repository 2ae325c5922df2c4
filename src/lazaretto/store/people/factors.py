"""One-time codes (RFC 6238) and recovery codes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime
from typing import Final

import pyotp
from django.db import transaction

from lazaretto.store.given import given
from lazaretto.store.people.models import Account, Factor, RecoveryCode
from lazaretto.store.people.sealing import seal, unseal

TOTP: Final = "totp"
PASSKEY: Final = "passkey"
CODES: Final = 10
_ISSUER: Final = "Lazaretto"
_PURPOSE: Final = "totp"
_STEP: Final = 30
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def has_any(account: Account) -> bool:
    """Tell whether ``account`` has a second factor."""
    return account.factors.exists()


def must_have_one(account: Account) -> bool:
    """Tell whether ``account`` cannot do without: whoever is granted something, unless told otherwise."""
    return account.grants.exists() and not account.may_omit_second_factor


def new_totp_secret() -> str:
    """Return a fresh secret of 160 bits, in base32."""
    return pyotp.random_base32()


def totp_address(secret: str, email: str) -> str:
    """Return the ``otpauth:`` address that a picture for the app holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def add_totp(account: Account, name: str, secret: str, code: str, now: datetime | None = None) -> bool:
    """Let ``account`` have the app that shows ``code``; False where the code is not right."""
    step = _step_of(secret, code, now or datetime.now(UTC), after=0)
    if step is None:
        return False
    sealed = seal(given().secret, secret, _PURPOSE)
    Factor.objects.create(account=account, kind=TOTP, name=name, secret=sealed, counter=step)
    return True


def prove_code(account: Account, code: str, now: datetime | None = None) -> bool:
    """Tell whether ``code`` is right: of an app, never twice, or a recovery code, which is used up."""
    now = now or datetime.now(UTC)
    typed = "".join(code.split()).replace("-", "").lower()
    if not typed.isascii():
        return False
    return _prove_totp(account, typed, now) if typed.isdigit() else _use_recovery_code(account, typed)


def renew_recovery_codes(account: Account) -> list[str]:
    """Give ``account`` new recovery codes in place of all old ones; they are shown this once."""
    codes = ["".join(secrets.choice(_LETTERS) for _letter in range(12)) for _code in range(CODES)]
    with transaction.atomic():
        account.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account=account, digest=_digest(account, code)) for code in codes
        )
    return ["-".join((code[:4], code[4:8], code[8:])) for code in codes]


def _prove_totp(account: Account, code: str, now: datetime) -> bool:
    for factor in account.factors.filter(kind=TOTP):
        secret = unseal(given().secret, bytes(factor.secret), _PURPOSE)
        step = _step_of(secret, code, now, after=factor.counter)
        # The condition on the counter lets of two requests with the same code one win.
        if step is not None and Factor.objects.filter(id=factor.id, counter__lt=step).update(
            counter=step, used_at=now
        ):
            return True
    return False


def _step_of(secret: str, code: str, now: datetime, *, after: int) -> int | None:
    """Return the step whose code it is, one before or after now at most; None = none that is not used."""
    typed = "".join(code.split())
    current = int(now.timestamp()) // _STEP
    for step in (current, current - 1, current + 1):
        if hmac.compare_digest(pyotp.HOTP(secret).at(step), typed) and step > after:
            return step
    return None


def _use_recovery_code(account: Account, code: str) -> bool:
    return account.recovery_codes.filter(digest=_digest(account, code)).delete()[0] == 1


def _digest(account: Account, code: str) -> bytes:
    key = hashlib.sha256(f"recovery {given().secret}".encode()).digest()
    return hmac.digest(key, f"{account.id} {code}".encode(), "sha256")
