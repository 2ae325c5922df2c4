"""Newsletters that the tenant, or one of its people, wants.

A List-Id is only text.  It counts together with a valid DKIM signature of the domain that the tenant
named with it, so that nobody else's mail passes as the newsletter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding, Symbol, found
from lazaretto.core.snapshot import Newsletter, TenantSnapshot
from lazaretto.mail.view import MessageView

NEWSLETTER_WANTED = Symbol(
    name="NEWSLETTER_WANTED", summary="A newsletter that is on the list of wanted ones, signed by its sender"
)
_IDENTITY: Final = re.compile(r"<([^<>\s]{1,255})>\s*$")
_MOST_PEOPLE: Final = 100


class WantedNewsletters:
    """Looks for the message's List-Id and signer on the tenant's list of wanted newsletters."""

    card: ClassVar = DetectorCard(
        name="reputation.newsletters",
        summary="Finds newsletters that the tenant or its people want",
        service=Service.ANTISPAM,
        symbols=(NEWSLETTER_WANTED,),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report one finding for everybody, or one for each recipient who wants it."""
        if tenant is None or not tenant.newsletters:
            return ()
        return tuple(_findings(list_id_of(message), facts, tenant))


def newsletters_again(
    findings: Sequence[Finding], identity: str, facts: Facts, tenant: TenantSnapshot
) -> tuple[Finding, ...]:
    """Return ``findings`` with what ``tenant`` wants of the list ``identity`` in place of what was wanted."""
    kept = [finding for finding in findings if finding.symbol != NEWSLETTER_WANTED.name]
    return (*kept, *_findings(identity, facts, tenant))


def _wanted(identity: str, facts: Facts, tenant: TenantSnapshot) -> Iterator[Newsletter]:
    signers = {each.domain for each in facts.dkim if each.result is AuthResult.PASS}
    day = facts.received_at.date()
    for each in tenant.newsletters:
        in_time = each.expires is None or each.expires >= day
        if identity and each.list == identity and each.signed_by in signers and in_time:
            yield each


def list_id_of(message: MessageView) -> str:
    """Return the identity in the message's List-Id field, in lower case; empty when there is none."""
    field = message.first("list-id")
    if field is None:
        return ""
    text = field.decoded.strip()
    named = _IDENTITY.search(text)
    return (named.group(1) if named else text).lower()


def _findings(identity: str, facts: Facts, tenant: TenantSnapshot) -> Iterator[Finding]:
    wanted = list(_wanted(identity, facts, tenant))
    if any(not each.mailboxes for each in wanted):
        yield found(NEWSLETTER_WANTED, identity)
        return
    mailboxes = list(dict.fromkeys(map(tenant.mailbox_of, facts.recipients)))[:_MOST_PEOPLE]
    for mailbox in mailboxes:
        if any(mailbox in map(tenant.mailbox_of, each.mailboxes) for each in wanted):
            yield replace(found(NEWSLETTER_WANTED, identity), recipient=mailbox)
