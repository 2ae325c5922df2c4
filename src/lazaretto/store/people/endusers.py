"""End users: people who read their own quarantine, known by an address that they proved to be theirs."""

from __future__ import annotations

from dataclasses import dataclass

from lazaretto.core.errors import ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.scopes import Caller
from lazaretto.store.scope import Who


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUser:
    """Somebody in the quarantine portal."""

    who: Who
    tenant: TenantId
    tenant_name: str
    address: str
    """Their own, which they proved; further ones are the quarantine portal's to know."""


def end_user(caller: Caller) -> EndUser:
    """Return ``caller`` as end user.

    Raises ``ScopeError`` where the address is in no tenant's domain or was never proven.
    """
    path = mail_path()
    address = caller.account.email
    owner = path.wait(path.tenants.owner_of(address.rpartition("@")[2]))
    number = None if owner is None else path.wait(path.tenants.number_of(owner))
    if owner is None or number is None or caller.account.address_proven_at is None:
        raise ScopeError("this account has no mailbox here")
    return EndUser(who=caller.who, tenant=number, tenant_name=owner, address=address)
