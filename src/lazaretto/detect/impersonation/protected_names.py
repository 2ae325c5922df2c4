"""Outsiders who write under the name of somebody whom the recipient knows.

Two circles: people whom the tenant protects by name, and everybody on its validation list, whose name
is read out of the address (ann.lee@customer.example).  Those lists are large and stay with whoever asks for
a look, who tells which of the names that a message shows are on them (``colleagues_shown``).  A sender on
the tenant's own list of approved impersonators, the director's private mailbox say, is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import ClassVar, Final

from lazaretto.core.address import fold
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.freemail import is_freemail
from lazaretto.detect.impersonation.approved import approved_impersonators
from lazaretto.detect.impersonation.names import Likeness, Name, likeness, locals_of_name, words_of_name
from lazaretto.mail.mailboxes import Mailbox
from lazaretto.mail.view import MessageView

MOST_AUTHORS: Final = 5
MOST_DOMAINS: Final = 50

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
_METHODS: Final = {
    Likeness.SAME: (FROM_PROTECTED_NAME, "user_names"),
    Likeness.SIMILAR: (FROM_PROTECTED_NAME_LIKE, "similar_names"),
}
"""What is reported of a name of a protected person, and the method of ``impersonation`` that acts on it."""


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
        if tenant is None:
            return ()
        colleagues = {
            name for each in facts.colleagues if each.tenant == tenant.tenant for name in each.names
        }
        if not tenant.protected_names and not colleagues:
            return ()
        findings = [*_about_authors(message, tenant, colleagues)][:1]
        protected = _names(tenant.protected_names)
        for mailbox in message.mailboxes("reply-to")[:2]:
            if not _is_outside(mailbox, tenant) or _is_approved(mailbox, tenant, "reply_names"):
                continue
            if _nearest(mailbox.display_name, protected) is Likeness.SAME:
                findings.append(found(REPLY_TO_PROTECTED_NAME, f"{mailbox.display_name} <{mailbox.address}>"))
                break
        return tuple(findings)


def colleagues_shown(authors: Sequence[Mailbox], tenant: TenantSnapshot) -> tuple[str, ...]:
    """Return the names of outside ``authors`` that people on the validation list of ``tenant`` have.

    Needs the whole list, and is therefore for whoever asks for a look.
    """
    if not tenant.addresses:
        return ()
    return tuple(
        _shown(author)
        for author in authors[:MOST_AUTHORS]
        if _is_outside(author, tenant)
        and not _is_approved(author, tenant, "colleague_names")
        and any(
            f"{local}@{domain}" in tenant.addresses
            for local in locals_of_name(_shown(author))
            for domain in islice(tenant.domains, MOST_DOMAINS)
        )
    )


def _shown(author: Mailbox) -> str:
    return author.display_name or author.address.local.replace(".", " ").replace("_", " ")


def _about_authors(
    message: MessageView, tenant: TenantSnapshot, colleagues: Collection[str]
) -> Iterator[Finding]:
    protected = _names(tenant.protected_names)
    for author in message.authors[:MOST_AUTHORS]:
        if not _is_outside(author, tenant):
            continue
        shown = _shown(author)
        near = _nearest(shown, protected)
        if near is Likeness.NONE and is_freemail(author.address.domain):
            # "The boss" <ann.lee84@gmail.example>: the address carries the name.
            local = author.address.local.replace(".", " ").replace("_", " ").replace("-", " ")
            near = _nearest(local, protected)
        reasons = [_METHODS[near]] if near in _METHODS else []
        if shown in colleagues:
            reasons.append((FROM_COLLEAGUE_NAME, "colleague_names"))
        # Who may use a name for one method may not for another that knows it as well.
        for symbol, method in reasons:
            if not _is_approved(author, tenant, method):
                yield found(symbol, shown)
                break


def _is_outside(mailbox: Mailbox, tenant: TenantSnapshot) -> bool:
    # An address inside is for the look at own domains; here it would accuse the person.
    address, domain = fold(str(mailbox.address)), mailbox.address.domain.lower()
    return domain not in tenant.domains and address not in tenant.addresses


def _is_approved(mailbox: Mailbox, tenant: TenantSnapshot, method: str) -> bool:
    address, domain = fold(str(mailbox.address)), mailbox.address.domain.lower()
    return not approved_impersonators(tenant.options, method).isdisjoint({address, domain})


def _nearest(shown: str, protected: frozenset[Name]) -> Likeness:
    words = words_of_name(shown)
    if not words:
        return Likeness.NONE
    return max((likeness(words, name) for name in protected), default=Likeness.NONE)


@lru_cache(maxsize=64)
def _names(protected: tuple[str, ...]) -> frozenset[Name]:
    return frozenset(filter(None, map(words_of_name, protected)))
