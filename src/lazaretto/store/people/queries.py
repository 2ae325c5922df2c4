"""Reading accounts, grants and tokens."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from lazaretto.core.errors import ScopeError
from lazaretto.store.people.models import Account, Grant, Token
from lazaretto.store.people.scopes import Caller
from lazaretto.store.scope import Area, Right, Scope


def accounts(scope: Scope) -> QuerySet[Account]:
    """Return the accounts that are granted something in the scope's tenant (or on the platform).

    Whoever reaches some domains only sees those who reach no more.
    """
    scope.demand(Area.PEOPLE, Right.VIEW_CONFIGURATION)
    # Asked across the join, "no tenant" would also mean those who are granted nothing at all.
    here = Grant.objects.filter(tenant=scope.tenant)
    if not scope.domains.is_all:
        here = here.filter(id__in=[each.id for each in here if _is_within(scope, each)])
    return Account.objects.filter(grants__in=here).order_by("email")


def account(scope: Scope, identity: UUID) -> Account:
    """Return one of them.  Raises ``ScopeError`` when it is not there."""
    found = accounts(scope).filter(id=identity).first()
    if found is None:
        raise ScopeError("there is no such account")
    return found


def _is_within(scope: Scope, grant: Grant) -> bool:
    own, theirs = scope.domains, {domain.lower() for domain in grant.domains}
    if grant.domains_are_excepted:
        return own.all_except and own.named <= theirs
    return all(own.reach(domain) for domain in theirs)


def grant_of(scope: Scope, account: Account) -> Grant:
    """Return what ``account`` is granted in the scope's tenant."""
    return Grant.objects.get(account=account, tenant=scope.tenant)


def own_tokens(caller: Caller) -> QuerySet[Token]:
    """Return the tokens of the caller's own account."""
    return Token.objects.filter(account=caller.account).order_by("created_at", "id")
