"""Links that were mailed to people: who may do what by one, and that each does it once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from lazaretto.core import mail_links
from lazaretto.core.mail_links import MailLink
from lazaretto.store.auditing import ordered
from lazaretto.store.given import given
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.endusers import EndUser
from lazaretto.store.scope import Scope, Who
from lazaretto.tenants.mailboxes import DigestChoice


def opened(text: str) -> MailLink | None:
    """Return what a link says; None when it is none of ours, or over."""
    return mail_links.opened(text, given().secret, datetime.now(UTC))


def user_of(link: MailLink, client: str) -> EndUser:
    """Return the end user that a link was mailed to.  Raises ``ScopeError`` when the tenant is gone."""
    path = mail_path()
    snapshot = path.wait(path.snapshot_of(link.tenant))
    who = Who(name=f"{link.person} (mailed link)", client=client)
    return EndUser(who=who, tenant=link.tenant, tenant_name=snapshot.name, address=link.person)


def was_used(text: str) -> bool:
    """Tell whether a link has done what it does."""
    path = mail_path()
    return path.wait(path.mailboxes.was_used(text))


def use(text: str, link: MailLink) -> bool:
    """Note that a link does what it does now; False when it did so before."""
    path = mail_path()
    return path.wait(path.mailboxes.use_link(text, link.expires_at, datetime.now(UTC)))


def confirm_address(text: str, link: MailLink, client: str) -> bool:
    """Let the one who asked read the mailbox that the link was mailed to; False where that was decided."""
    path = mail_path()
    user = user_of(link, client)
    if not use(text, link):
        return False
    with ordered(_scope(user), "mailbox.confirm", link.person, after={"reader": link.item}):
        return path.wait(path.mailboxes.confirm(link.tenant, link.person, link.item, datetime.now(UTC)))


def unsubscribe(link: MailLink, client: str) -> None:
    """Let the one whom the link was mailed to get no digests; a second time changes nothing."""
    path = mail_path()
    user = user_of(link, client)
    chosen = path.wait(path.mailboxes.choices(link.tenant, link.person))
    with ordered(_scope(user), "mailbox.choose", link.person, after={"digest": "none"}):
        path.wait(path.mailboxes.choose(link.tenant, link.person, replace(chosen, digest=DigestChoice.NONE)))


def _scope(user: EndUser) -> Scope:
    return Scope(who=user.who, tenant=user.tenant, tenant_name=user.tenant_name)
