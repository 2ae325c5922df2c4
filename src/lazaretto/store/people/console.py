"""What who has this machine may do: everything, and it is recorded who it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.commands import make_token, revoke_token
from lazaretto.store.people.models import Account
from lazaretto.store.people.scopes import Caller
from lazaretto.store.scope import Area, Permission, Right, Scope, Who

_EVERYTHING = frozenset(Permission(area, right) for area in Area for right in Right)


def console_scope(user: str, tenant: str | None) -> Scope:
    """Return the scope of the machine's ``user`` in ``tenant``, or on the platform.

    Raises ``ConfigurationError`` where there is no such tenant.
    """
    number: TenantId | None = None
    if tenant is not None:
        number = mail_path().wait(mail_path().tenants.number_of(tenant))
        if number is None:
            raise ConfigurationError(f'there is no tenant "{tenant}"; `lazaretto tenant list` names them all')
    return Scope(
        who=Who(name=f"command:{user}"), tenant=number, tenant_name=tenant or "", permissions=_EVERYTHING
    )


def account_of(email: str) -> Account:
    """Return the account of ``email``.  Raises ``ConfigurationError`` when there is none."""
    found = Account.objects.filter(email=email.strip().lower()).first()
    if found is None:
        raise ConfigurationError(f"there is no account {email}; `lazaretto account add` makes one")
    return found


def console_token(user: str, email: str, name: str, permissions: Sequence[str], days: int | None) -> str:
    """Make a token of the account ``email``; return its text."""
    caller = Caller(account=account_of(email), client=f"command:{user}")
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    return make_token(caller, name, permissions=permissions or None, expires_at=expires_at)[1]


def revoke_called(user: str, email: str, name: str) -> int:
    """End the tokens of ``email`` that are called ``name``; return how many there were."""
    caller = Caller(account=account_of(email), client=f"command:{user}")
    found = list(caller.account.tokens.filter(name=name))
    for token in found:
        revoke_token(caller, token.id)
    return len(found)
