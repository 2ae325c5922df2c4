"""Letting somebody in for the first time: by an invitation, or an initial password to be changed at once."""

from __future__ import annotations

import secrets
from typing import Final

from lazaretto.store.auditing import ordered
from lazaretto.store.given import given
from lazaretto.store.people.commands import check_not_above
from lazaretto.store.people.letters import leave_letter
from lazaretto.store.people.links import Purpose, make_link
from lazaretto.store.people.models import Account, Session
from lazaretto.store.scope import Area, Forbidden, Right, Scope

_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"


def invite(scope: Scope, account: Account, *, by_mail: bool = True) -> str:
    """Make a link, good for seven days, with which ``account`` chooses a password; return it.

    It goes out by mail as well.  Only who runs the machine may show it to anybody: with it one is the other.
    """
    scope.demand(Area.PEOPLE, Right.EDIT)
    with ordered(scope, "account.invite", account.email):
        link = f"{given().base_url}/link/{make_link(account.email, Purpose.INVITATION)}"
        if by_mail:
            leave_letter(account.email, "invitation", account.language, link=link, by=scope.who.name)
    return link


def give_initial_password(scope: Scope, account: Account) -> str:
    """Give ``account`` a fresh password, to be changed at the next sign-in; return it, shown this once."""
    scope.demand(Area.PEOPLE, Right.EDIT)
    _demand_only_here(scope, account)
    password = "-".join("".join(secrets.choice(_LETTERS) for _letter in range(5)) for _group in range(4))
    with ordered(scope, "account.initial-password", account.email):
        account.set_password(password)
        account.must_change_password = True
        account.save(update_fields=["password", "must_change_password"])
        Session.objects.filter(account=account).delete()
    return password


def take_factors(scope: Scope, account: Account) -> None:
    """Take all second factors away from somebody who lost them; a new one is asked for where required."""
    scope.demand(Area.PEOPLE, Right.EDIT)
    _demand_only_here(scope, account)
    with ordered(scope, "account.take-factors", account.email):
        account.factors.all().delete()
        account.recovery_codes.all().delete()
        Session.objects.filter(account=account).delete()


def make_break_glass(scope: Scope, account: Account) -> None:
    """Let ``account`` be the one for emergencies, whose every use raises an alarm."""
    scope.demand(Area.PEOPLE, Right.EDIT)
    with ordered(scope, "account.break-glass", account.email):
        Account.objects.filter(id=account.id).update(is_break_glass=True)


def _demand_only_here(scope: Scope, account: Account) -> None:
    """Raise ``Forbidden`` where an account has rights elsewhere: its secrets are not this tenant's to change.

    Otherwise whoever administers one tenant could grant a stranger something there, and become them.
    """
    if scope.tenant is None:
        return
    elsewhere = account.grants.exclude(tenant=scope.tenant).exists() or account.reseller_grants.exists()
    if elsewhere:
        raise Forbidden("this account has rights elsewhere, too; only the operator can do this")
    for grant in account.grants.filter(tenant=scope.tenant):
        check_not_above(scope, grant)
