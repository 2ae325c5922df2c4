"""Passwords, and what follows from an account being used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import structlog
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from lazaretto.core.identity import TenantId
from lazaretto.store.auditing import ordered
from lazaretto.store.people.letters import leave_letter
from lazaretto.store.people.models import Account
from lazaretto.store.scope import Scope, Who

log = structlog.get_logger(__name__)

SHORTEST_PASSWORD: Final = 12


class WeakPassword(ValueError):
    """A password that is not taken; the text is one of the reasons below."""


TOO_SHORT: Final = "too short"
TOO_COMMON: Final = "too common"
TOO_NEAR: Final = "too near"


def proven_by_password(email: str, password: str) -> Account | None:
    """Return the account whose password it is; takes the same time whether or not there is one."""
    account = Account.objects.filter(email=email, is_active=True).first()
    if account is None or not account.has_usable_password():
        make_password(password)
        return None
    try:
        return account if check_password(password, account.password) else None
    except (ValueError, AssertionError, LookupError):
        # A hash in a form that nobody knows, or half of one, proves nothing.
        log.exception("a stored password cannot be read", account=str(account.id))
        return None


def set_password(account: Account, password: str, *, is_initial: bool = False) -> None:
    """Let ``account`` have ``password``.  Raises ``WeakPassword``."""
    folded = password.lower()
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword(TOO_SHORT)
    if account.email.partition("@")[0] in folded or "lazaretto" in folded:
        raise WeakPassword(TOO_NEAR)
    try:
        CommonPasswordValidator().validate(password)
    except ValidationError as failure:
        raise WeakPassword(TOO_COMMON) from failure
    account.set_password(password)
    account.must_change_password = is_initial
    account.save(update_fields=["password", "must_change_password"])


def note_sign_in(account: Account, *, way: str, client: str) -> None:
    """Record that ``account`` signed in, and raise an alarm where it is the one for emergencies."""
    grants = [grant.tenant for grant in account.grants.all()]
    if grants:
        # People of one tenant stand in its own chain, all others in the operator's.
        tenant = grants[0] if len(grants) == 1 else None
        scope = Scope(
            who=Who(name=account.email, client=client), tenant=None if tenant is None else TenantId(tenant)
        )
        with ordered(scope, "session.begin", account.email, after={"way": way}):
            pass
    if account.is_break_glass:
        log.critical("the break-glass account was used", account=account.email, client=client)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for other in Account.objects.filter(grants__tenant=None, is_active=True).exclude(id=account.id):
            leave_letter(
                other.email, "break-glass", other.language, account=account.email, client=client, at=at
            )
