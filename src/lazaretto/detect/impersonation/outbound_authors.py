"""Mail that leaves a tenant under an author that is not its own.

The envelope was checked at the door, but readers see the From field.  Whoever may send through us must
not write under another company's name, nor under addresses that the tenant does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.address import Address
from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts, Leaving
from lazaretto.core.findings import Finding, Symbol, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.view import MessageView

FROM_NOT_REGISTERED = Symbol(
    name="FROM_NOT_REGISTERED",
    summary="Leaves the tenant under an author who is not one of its registered addresses",
)


class OutboundAuthors:
    """Holds the authors of outgoing mail against the tenant's validation list."""

    card: ClassVar = DetectorCard(
        name="impersonation.outbound-authors",
        summary="Finds outgoing mail whose author is not the tenant's own",
        service=Service.IMPERSONATION_CONTROL,
        symbols=(FROM_NOT_REGISTERED,),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report the first author who is not the tenant's; also that there is none at all."""
        leaving = facts.leaving
        if leaving is None or tenant is None or tenant.tenant != leaving.tenant:
            return ()
        if not any(author.address.domain for author in message.authors):
            return (found(FROM_NOT_REGISTERED, "no author"),)
        is_notice = not facts.reverse_path
        for author in message.authors:
            if not _is_own(author.address, leaving, tenant, is_notice=is_notice):
                return (found(FROM_NOT_REGISTERED, str(author.address)),)
        return ()


def _is_own(address: Address, leaving: Leaving, tenant: TenantSnapshot, *, is_notice: bool) -> bool:
    if address.folded in leaving.registered:
        return True
    # Programs write notices, under names that no list has: MAILER-DAEMON, postmaster.
    written_by_program = is_notice or address.local.casefold() == "postmaster"
    return written_by_program and address.domain in tenant.domains
