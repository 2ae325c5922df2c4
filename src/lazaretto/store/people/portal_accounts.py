"""Accounts of the quarantine portal: the five limited rights, which a Full Care tenant may order.

Whoever has one of them makes accounts, account groups or aliases, reads along in another's quarantine, or
ends an account; nothing of the configuration.  What is done for somebody else is recorded, and they see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db.models import CharField, F, Func, QuerySet, Value

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.store.auditing import ordered
from lazaretto.store.given import given
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.commands import LANGUAGES
from lazaretto.store.people.letters import leave_letter
from lazaretto.store.people.links import Purpose, make_link
from lazaretto.store.people.models import Account, Session
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.mailboxes import Access, AccountGroup, Reading

MOST_LISTED: Final = 100_000
MOST_IN_A_GROUP: Final = 1_000
_LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccount:
    """Somebody who reads their own quarantine, or was invited to."""

    account: Account
    aliases: tuple[str, ...]
    """Further addresses that the configuration gives the mailbox."""
    further: tuple[Access, ...]
    """Further addresses of the person's own; those without a moment wait for confirmation."""
    readers: tuple[Access, ...]


def accounts(scope: Scope) -> QuerySet[Account]:
    """Return the accounts with an address in the tenant's domains that the scope reaches, by address."""
    scope.demand(Area.QUARANTINE, Right.ACCESS_ACCOUNTS)
    return _of_tenant(scope)


def account(scope: Scope, identity: UUID) -> PortalAccount:
    """Return one of them.  Raises ``ScopeError`` when it is not there."""
    found = accounts(scope).filter(id=identity).first()
    if found is None:
        raise ScopeError("there is no such account")
    path, snapshot = mail_path(), _snapshot(scope)
    mailbox = snapshot.mailbox_of(found.email)
    further = path.wait(path.mailboxes.read_by(scope.of_tenant, mailbox))
    return PortalAccount(
        account=found,
        aliases=tuple(sorted(alias for alias, its in snapshot.aliases.items() if its == mailbox)),
        further=tuple(each for each in further if each.kind is Reading.ADDRESS),
        readers=tuple(path.wait(path.mailboxes.readers_of(scope.of_tenant, mailbox))),
    )


def create(scope: Scope, address: str, *, name: str = "", language: str = "en") -> Account:
    """Make an account for a mailbox of the tenant, and mail its owner how to get in.

    Raises ``ConfigurationError`` where there is no such mailbox, or one has an account already.
    """
    scope.demand(Area.QUARANTINE, Right.CREATE_ACCOUNTS)
    mailbox = _mailbox(scope, address)
    if language not in LANGUAGES:
        raise ConfigurationError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
    if Account.objects.filter(email=mailbox).exists():
        raise ConfigurationError(f"{mailbox} has an account already")
    with ordered(scope, "portal-account.add", mailbox):
        made = Account(email=mailbox, name=name[:200], language=language, must_change_password=False)
        made.set_unusable_password()
        made.save()
        link = f"{given().base_url}/link/{make_link(mailbox, Purpose.INVITATION)}"
        leave_letter(mailbox, "invitation", language, link=link, by=scope.who.name)
    return made


def remove(scope: Scope, identity: UUID) -> None:
    """End an account of the quarantine portal; who gets mail here can begin another one by a mailed link.

    Raises ``ConfigurationError`` for somebody who has rights in the administration as well.
    """
    scope.demand(Area.QUARANTINE, Right.DELETE_ACCOUNTS)
    found = _of_tenant(scope).filter(id=identity).first()
    if found is None:
        raise ScopeError("there is no such account")
    if found.grants.exists() or found.reseller_grants.exists():
        raise ConfigurationError(f"{found.email} has rights in the administration; take these away first")
    with ordered(scope, "portal-account.remove", found.email):
        Session.objects.filter(account=found).delete()
        found.delete()


def add_alias(scope: Scope, identity: UUID, address: str) -> None:
    """Let an account have a further address, once a link that is mailed to that address is confirmed."""
    scope.demand(Area.QUARANTINE, Right.CREATE_ALIASES)
    found = _of_tenant(scope).filter(id=identity).first()
    if found is None:
        raise ScopeError("there is no such account")
    path, claimed = mail_path(), _mailbox(scope, address)
    mailbox = _snapshot(scope).mailbox_of(found.email)
    if claimed == mailbox:
        raise ConfigurationError("this is the account's own address already")
    with ordered(scope, "portal-account.alias", mailbox, after={"address": claimed}):
        path.wait(
            path.mailboxes.let_read(
                scope.of_tenant, claimed, mailbox, Reading.ADDRESS, by=scope.who.name, now=_now()
            )
        )


def read_along(scope: Scope, identity: UUID, reader: str) -> str:
    """Let ``reader``, the scope's own person, read the mailbox of an account; its owner sees it.

    Return the mailbox.  Raises ``ConfigurationError`` where the reader has no mailbox in the tenant.
    """
    scope.demand(Area.QUARANTINE, Right.ACCESS_ACCOUNTS)
    found = account(scope, identity).account
    path, snapshot = mail_path(), _snapshot(scope)
    mailbox = snapshot.mailbox_of(found.email)
    if domain_of(reader) not in snapshot.domains or not snapshot.accepts(reader):
        raise ConfigurationError("you have no mailbox in this organisation with which to read along")
    own = snapshot.mailbox_of(reader)
    if own == mailbox:
        raise ConfigurationError("this is your own mailbox already")
    with ordered(scope, "portal-account.access", mailbox, after={"reader": own}):
        path.wait(
            path.mailboxes.let_read(
                scope.of_tenant, mailbox, own, Reading.DELEGATE, by=scope.who.name, now=_now()
            )
        )
    return mailbox


def groups(scope: Scope) -> list[AccountGroup]:
    """Return the account groups of whose mailboxes and members the scope reaches all."""
    scope.demand(Area.QUARANTINE, Right.CREATE_GROUPS)
    path = mail_path()
    found = path.wait(path.mailboxes.groups(scope.of_tenant))
    return [
        each
        for each in found
        if all(scope.domains.reach(domain_of(one)) for one in (*each.mailboxes, *each.members))
    ]


def put_group(scope: Scope, name: str, mailboxes: Sequence[str], members: Sequence[str]) -> None:
    """Make an account group, or give the one of this name other mailboxes and members.

    Members read and act in the quarantine of all its mailboxes.  Raises ``ConfigurationError`` where an
    address is none of the tenant's, or the scope does not reach it.
    """
    scope.demand(Area.QUARANTINE, Right.CREATE_GROUPS)
    name = " ".join(name.split())[:_LONGEST_NAME]
    if not name or not mailboxes or not members:
        raise ConfigurationError("a group has a name, mailboxes and members")
    if max(len(mailboxes), len(members)) > MOST_IN_A_GROUP:
        raise ConfigurationError(f"a group has at most {MOST_IN_A_GROUP} mailboxes and members")
    path = mail_path()
    known = {each.name for each in path.wait(path.mailboxes.groups(scope.of_tenant))}
    if name in known - {each.name for each in groups(scope)}:
        raise ConfigurationError("there is such a group already, and your rights do not reach all of it")
    shared = [_mailbox(scope, each) for each in mailboxes]
    readers = [_mailbox(scope, each) for each in members]
    with ordered(
        scope, "account-group.set", name, after={"mailboxes": sorted(shared), "members": sorted(readers)}
    ):
        path.wait(path.mailboxes.put_group(scope.of_tenant, name, shared, readers))


def remove_group(scope: Scope, identity: UUID) -> None:
    """End an account group.  Raises ``ScopeError`` where it is not there."""
    found = next((each for each in groups(scope) if each.id == identity), None)
    if found is None:
        raise ScopeError("there is no such group")
    path = mail_path()
    before = {"mailboxes": list(found.mailboxes), "members": list(found.members)}
    with ordered(scope, "account-group.remove", found.name, before=before):
        path.wait(path.mailboxes.remove_group(scope.of_tenant, identity))


def _of_tenant(scope: Scope) -> QuerySet[Account]:
    reached = sorted(each for each in _snapshot(scope).domains if scope.domains.reach(each))
    domain = Func(F("email"), Value("@"), Value(2), function="split_part", output_field=CharField())
    return Account.objects.annotate(domain=domain).filter(domain__in=reached).order_by("email")


def _mailbox(scope: Scope, address: str) -> str:
    """Return the mailbox of ``address``.  Raises ``ConfigurationError`` where the scope reaches none."""
    snapshot, folded = _snapshot(scope), fold(address.strip())
    domain = domain_of(folded)
    if domain not in snapshot.domains or not scope.domains.reach(domain) or not snapshot.accepts(folded):
        raise ConfigurationError(f"there is no address {address.strip()} in your organisation")
    return snapshot.mailbox_of(folded)


def _snapshot(scope: Scope) -> TenantSnapshot:
    path = mail_path()
    return path.wait(path.snapshot_of(scope.of_tenant))


def _now() -> datetime:
    return datetime.now(UTC)
