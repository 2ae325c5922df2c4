"""Outsiders who write under the name of somebody whom the recipient knows.

Two circles: people whom the tenant protects by name, and everybody on its validation list, whose name
is read out of the address (ann.lee@customer.example).  Those lists are large and stay with whoever asks for
a look, who tells which of the names that a message shows are on them (``colleagues_shown``).  A sender on
the tenant's own list of approved impersonators, the director's private mailbox say, is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import ClassVar, Final

from lazaretto.core.address import fold
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.impersonators import APPROVALS, Approval, Method, approval
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.freemail import is_freemail
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
FROM_NAME_APPROVED = Symbol(
    name="FROM_NAME_APPROVED",
    summary="An outside sender writes under a known name, and is approved for this method",
)
REPLY_TO_NAME_APPROVED = Symbol(
    name="REPLY_TO_NAME_APPROVED",
    summary="Answers go to an outsider under a known name, who is approved for this method",
)
_METHODS: Final = {
    Likeness.SAME: (FROM_PROTECTED_NAME, Method.USER_NAMES),
    Likeness.SIMILAR: (FROM_PROTECTED_NAME_LIKE, Method.SIMILAR_NAMES),
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
            FROM_NAME_APPROVED,
            REPLY_TO_NAME_APPROVED,
        ),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding about From and one about Reply-To: the name that was borrowed.

        Approvals that left a sender alone are reported besides, each once.
        """
        if tenant is None:
            return ()
        colleagues = {
            name for each in facts.colleagues if each.tenant == tenant.tenant for name in each.names
        }
        if not tenant.protected_names and not colleagues:
            return ()
        authors = dict.fromkeys(_about_authors(message, tenant, colleagues))
        answers = dict.fromkeys(_about_answers(message, tenant))
        return (*_first_and_approvals(authors), *_first_and_approvals(answers))


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
            reasons.append((FROM_COLLEAGUE_NAME, Method.COLLEAGUE_NAMES))
        # Who may use a name for one method may not for another that knows it as well.
        for symbol, method in reasons:
            if allowed := _approval(author, tenant, method):
                yield found(FROM_NAME_APPROVED, allowed.evidence)
            else:
                yield found(symbol, shown)
                break


def _about_answers(message: MessageView, tenant: TenantSnapshot) -> Iterator[Finding]:
    protected = _names(tenant.protected_names)
    for mailbox in message.mailboxes("reply-to")[:2]:
        if not _is_outside(mailbox, tenant):
            continue
        if _nearest(mailbox.display_name, protected) is Likeness.SAME:
            if allowed := _approval(mailbox, tenant, Method.REPLY_NAMES):
                yield found(REPLY_TO_NAME_APPROVED, allowed.evidence)
            else:
                yield found(REPLY_TO_PROTECTED_NAME, f"{mailbox.display_name} <{mailbox.address}>")


def _first_and_approvals(findings: Iterable[Finding]) -> Iterator[Finding]:
    is_accused = False
    for each in findings:
        if each.symbol in APPROVALS:
            yield each
        elif not is_accused:
            is_accused = True
            yield each


def _is_outside(mailbox: Mailbox, tenant: TenantSnapshot) -> bool:
    # An address inside is for the look at own domains; here it would accuse the person.
    address, domain = fold(str(mailbox.address)), mailbox.address.domain.lower()
    return domain not in tenant.domains and address not in tenant.addresses


def _approval(mailbox: Mailbox, tenant: TenantSnapshot, method: Method) -> Approval | None:
    sender = (fold(str(mailbox.address)), mailbox.address.domain.lower())
    return approval(tenant.options, method, sender)


def _nearest(shown: str, protected: frozenset[Name]) -> Likeness:
    words = words_of_name(shown)
    if not words:
        return Likeness.NONE
    return max((likeness(words, name) for name in protected), default=Likeness.NONE)


@lru_cache(maxsize=64)
def _names(protected: tuple[str, ...]) -> frozenset[Name]:
    return frozenset(filter(None, map(words_of_name, protected)))
