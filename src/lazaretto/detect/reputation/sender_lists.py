"""The tenant's own lists: senders that its administrators blocked or approved.

The findings weigh nothing: a list says what is to become of a message, not what the message is, so
policy acts on them.  An approved address or domain counts only when the sender is authenticated,
because anybody can write an address into a message, unless the tenant insists that an entry counts
without proof.  An approved network needs no such proof.  Lists of single recipients are findings
for those alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Protocol

from lazaretto.core.address import domain_of
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding, Symbol, found
from lazaretto.core.snapshot import SenderList, TenantSnapshot
from lazaretto.mail.mailboxes import Mailbox
from lazaretto.mail.view import MessageView

SENDER_BLOCKED_ADDRESS = Symbol(
    name="SENDER_BLOCKED_ADDRESS", summary="The sender's address or domain is on the blocked list"
)
SENDER_BLOCKED_IP = Symbol(
    name="SENDER_BLOCKED_IP", summary="The sending server's address is on the blocked list"
)
SENDER_APPROVED_ADDRESS = Symbol(
    name="SENDER_APPROVED_ADDRESS",
    summary="The sender's address or domain is on the approved list, and the sender is authenticated",
)
SENDER_APPROVED_IP = Symbol(
    name="SENDER_APPROVED_IP", summary="The sending server's address is on the approved list"
)
SENDER_APPROVED_UNVERIFIED = Symbol(
    name="SENDER_APPROVED_UNVERIFIED",
    summary="The address that the message claims is on the approved list, but nothing proves the sender",
)


SENDER_BLOCKED_BY_USER = Symbol(
    name="SENDER_BLOCKED_BY_USER", summary="A recipient blocked this sender for its own mail"
)
SENDER_APPROVED_BY_USER = Symbol(
    name="SENDER_APPROVED_BY_USER",
    summary="A recipient approved this sender for its own mail, and the sender is authenticated",
)
MOST_PERSONAL = 100
"""Recipients of one message whose own lists are looked at; more are a mailing, not a letter."""


class SenderLists:
    """Looks for envelope sender, author and client on the tenant's lists."""

    card: ClassVar = DetectorCard(
        name="reputation.sender-lists",
        summary="Finds senders that the tenant blocked or approved",
        service=Service.ANTISPAM,
        symbols=(
            SENDER_BLOCKED_ADDRESS,
            SENDER_BLOCKED_IP,
            SENDER_APPROVED_ADDRESS,
            SENDER_APPROVED_IP,
            SENDER_APPROVED_UNVERIFIED,
            SENDER_BLOCKED_BY_USER,
            SENDER_APPROVED_BY_USER,
        ),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding for each list and kind, with the entry as evidence."""
        if tenant is None:
            return ()
        return tuple(_findings(message, facts, tenant))


class HasAuthors(Protocol):
    """A message, as far as lists of senders need it."""

    @property
    def authors(self) -> Sequence[Mailbox]:
        """Every mailbox of every From field."""


def relisted(
    findings: Sequence[Finding], message: HasAuthors, facts: Facts, tenant: TenantSnapshot
) -> tuple[Finding, ...]:
    """Return ``findings`` with those of the administrators' lists replaced by what ``tenant`` lists."""
    own = {symbol.name for symbol in SenderLists.card.symbols}
    kept = [finding for finding in findings if finding.symbol not in own]
    return (*kept, *_findings(message, facts, tenant))


def _findings(message: HasAuthors, facts: Facts, snapshot: TenantSnapshot) -> Iterator[Finding]:
    # Entries may expire while a worker keeps its snapshot.
    tenant = snapshot.on(facts.received_at.date())
    authors = [str(author.address) for author in message.authors]
    if entry := _first_entry(tenant.blocked, [facts.reverse_path, *authors]):
        yield found(SENDER_BLOCKED_ADDRESS, entry)
    if entry := _entry_for_ip(tenant.blocked, facts.client.ip):
        yield found(SENDER_BLOCKED_IP, entry)
    if entry := _entry_for_ip(tenant.approved, facts.client.ip):
        yield found(SENDER_APPROVED_IP, entry)
    yield from _approvals(authors, facts, tenant.approved)
    if tenant.personal:
        yield from _personal(authors, facts, tenant)


def _personal(authors: Sequence[str], facts: Facts, tenant: TenantSnapshot) -> Iterator[Finding]:
    """Yield what the own lists of single recipients say, each finding for its recipient alone."""
    mailboxes = dict.fromkeys(map(tenant.mailbox_of, facts.recipients))
    concerned = [mailbox for mailbox in mailboxes if mailbox in tenant.personal]
    for mailbox in concerned[:MOST_PERSONAL]:
        lists = tenant.personal[mailbox].on(facts.received_at.date())
        blocked = _first_entry(lists.blocked, [facts.reverse_path, *authors])
        if entry := blocked or _entry_for_ip(lists.blocked, facts.client.ip):
            yield replace(found(SENDER_BLOCKED_BY_USER, entry), recipient=mailbox)
        proved = [each for each in _approvals(authors, facts, lists.approved) if _is_proved(each)]
        if entry := _entry_for_ip(lists.approved, facts.client.ip) or "".join(e.evidence for e in proved):
            yield replace(found(SENDER_APPROVED_BY_USER, entry), recipient=mailbox)


def _is_proved(finding: Finding) -> bool:
    return finding.symbol == SENDER_APPROVED_ADDRESS.name


def _approvals(authors: Sequence[str], facts: Facts, approved: SenderList) -> Iterator[Finding]:
    # With several authors nobody can say which of them a client shows.
    author = authors[0] if len(authors) == 1 else ""
    by_author = approved.entry_for_address(author) if author else ""
    by_path = approved.entry_for_address(facts.reverse_path) if facts.reverse_path else ""
    insisted = next((each for each in (by_author, by_path) if each in approved.unproven), "")
    if insisted:
        yield found(SENDER_APPROVED_ADDRESS, insisted)
    elif by_author and _author_is_proved(author, facts):
        yield found(SENDER_APPROVED_ADDRESS, by_author)
    elif by_path and _path_is_proved(facts) and not _borrows(author, facts):
        yield found(SENDER_APPROVED_ADDRESS, by_path)
    elif by_author or by_path:
        yield found(SENDER_APPROVED_UNVERIFIED, by_author or by_path)


def _author_is_proved(author: str, facts: Facts) -> bool:
    """Tell whether DMARC, or a signature of the very domain over the whole body, vouches for From."""
    domain = domain_of(author)
    if facts.dmarc.result is AuthResult.PASS and facts.dmarc.domain == domain:
        return True
    if any(
        each.result is AuthResult.PASS and each.body_covered and each.domain == domain for each in facts.dkim
    ):
        return True
    return _path_is_proved(facts) and facts.spf.domain == domain


def _path_is_proved(facts: Facts) -> bool:
    return facts.spf.result is AuthResult.PASS and facts.spf.domain == domain_of(facts.reverse_path) != ""


def _borrows(author: str, facts: Facts) -> bool:
    """Tell whether From names a domain that says itself that this is not its mail."""
    return facts.dmarc.result is AuthResult.FAIL and domain_of(author) != domain_of(facts.reverse_path)


def _first_entry(senders: SenderList, addresses: Sequence[str]) -> str:
    for address in addresses:
        if address and (entry := senders.entry_for_address(address)):
            return entry
    return ""


def _entry_for_ip(senders: SenderList, ip: str) -> str:
    try:
        return senders.entry_for_ip(ip)
    except ValueError:  # a message from a file has no client
        return ""
