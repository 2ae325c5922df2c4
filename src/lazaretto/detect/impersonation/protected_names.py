"""Outsiders who write under the name of somebody whom the recipient knows.

Two circles: people whom the tenant protects by name, and everybody on its validation list, whose name
is read out of the address (ann.lee@customer.example).  A sender on the tenant's own list of approved
impersonators, the director's private mailbox say, is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar, Final

from lazaretto.core.address import fold
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.freemail import is_freemail
from lazaretto.detect.impersonation.approved import approved_impersonators
from lazaretto.detect.impersonation.names import Likeness, Name, likeness, words_of_name
from lazaretto.mail.mailboxes import Mailbox
from lazaretto.mail.view import MessageView

MOST_ADDRESSES: Final = 50_000
"""Addresses of a validation list whose names are compared."""

FROM_PROTECTED_NAME = Symbol(
    name="FROM_PROTECTED_NAME",
    score=6.0,
    summary="An outside sender writes under the name of a protected person",
    verdict=Verdict.PHISHING,
)
FROM_PROTECTED_NAME_LIKE = Symbol(
    name="FROM_PROTECTED_NAME_LIKE",
    score=3.5,
    summary="An outside sender's name is nearly that of a protected person",
    verdict=Verdict.PHISHING,
)
FROM_COLLEAGUE_NAME = Symbol(
    name="FROM_COLLEAGUE_NAME",
    score=2.0,
    summary="An outside sender writes under the name of somebody on the validation list",
    verdict=Verdict.PHISHING,
)
REPLY_TO_PROTECTED_NAME = Symbol(
    name="REPLY_TO_PROTECTED_NAME",
    score=4.0,
    summary="Answers go to an outsider under the name of a protected person",
    verdict=Verdict.PHISHING,
)


class ProtectedNames:
    """Compares names of author and answers with those of protected people and colleagues."""

    card: ClassVar = DetectorCard(
        name="impersonation.protected-names",
        summary="Finds outsiders who write under the name of a protected person or a colleague",
        service=Service.IMPERSONATION_CONTROL,
        symbols=(
            FROM_PROTECTED_NAME,
            FROM_PROTECTED_NAME_LIKE,
            FROM_COLLEAGUE_NAME,
            REPLY_TO_PROTECTED_NAME,
        ),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding about From and one about Reply-To: the name that was borrowed."""
        if tenant is None or not (tenant.protected_names or tenant.addresses):
            return ()
        findings = [*_about_authors(message, tenant)][:1]
        protected = _names(tenant.protected_names)
        for mailbox in message.mailboxes("reply-to")[:2]:
            if _is_outside(mailbox, tenant) and _nearest(mailbox.display_name, protected) is Likeness.SAME:
                findings.append(found(REPLY_TO_PROTECTED_NAME, f"{mailbox.display_name} <{mailbox.address}>"))
                break
        return tuple(findings)


def _about_authors(message: MessageView, tenant: TenantSnapshot) -> Iterator[Finding]:
    protected = _names(tenant.protected_names)
    for author in message.authors[:5]:
        if not _is_outside(author, tenant):
            continue
        shown = author.display_name or author.address.local.replace(".", " ").replace("_", " ")
        near = _nearest(shown, protected)
        if near is Likeness.NONE and is_freemail(author.address.domain):
            # "The boss" <ann.lee84@gmail.example>: the address carries the name.
            local = author.address.local.replace(".", " ").replace("_", " ").replace("-", " ")
            near = _nearest(local, protected)
        if near is not Likeness.NONE:
            symbol = FROM_PROTECTED_NAME if near is Likeness.SAME else FROM_PROTECTED_NAME_LIKE
            yield found(symbol, shown)
        elif words_of_name(shown) in _colleagues(tenant.addresses):
            yield found(FROM_COLLEAGUE_NAME, shown)


def _is_outside(mailbox: Mailbox, tenant: TenantSnapshot) -> bool:
    # An address inside is for the look at own domains; here it would accuse the person.
    address, domain = fold(str(mailbox.address)), mailbox.address.domain.lower()
    if domain in tenant.domains or address in tenant.addresses:
        return False
    approved = approved_impersonators(tenant.options)
    return address not in approved and domain not in approved


def _nearest(shown: str, protected: frozenset[Name]) -> Likeness:
    words = words_of_name(shown)
    if not words:
        return Likeness.NONE
    return max((likeness(words, name) for name in protected), default=Likeness.NONE)


@lru_cache(maxsize=64)
def _names(protected: tuple[str, ...]) -> frozenset[Name]:
    return frozenset(filter(None, map(words_of_name, protected)))


@lru_cache(maxsize=16)
def _colleagues(addresses: frozenset[str]) -> frozenset[Name]:
    """Return the names that addresses with a first and a last name spell out."""
    if len(addresses) > MOST_ADDRESSES:
        return frozenset()
    locals_ = (address.partition("@")[0] for address in addresses)
    spelt = (local.replace(".", " ").replace("_", " ") for local in locals_ if "." in local or "_" in local)
    return frozenset(filter(None, map(words_of_name, spelt)))
