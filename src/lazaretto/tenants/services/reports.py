"""Addresses to which the tenant's people send mail that was judged wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import Field

from lazaretto.core.address import domain_of, fold
from lazaretto.tenants.service_section import SectionCard, ServiceSection
from lazaretto.tenants.values import MailAddress

if TYPE_CHECKING:
    from lazaretto.tenants.document import TenantDocument

SPAM: Final = "reports.spam"
NOT_SPAM: Final = "reports.not_spam"


class Reports(ServiceSection):
    """Where the tenant's people report mail that was judged wrongly, by sending it as an attachment."""

    card: ClassVar = SectionCard(
        key="reports", summary="Addresses to which people report mail that was judged wrongly."
    )

    spam: MailAddress | None = Field(
        default=None,
        description="Takes mail that should have been held, such as `report@customer.example`; it need not "
        "be registered, and nothing sent there is ever delivered.",
    )
    not_spam: MailAddress | None = Field(
        default=None, description="Takes mail that should not have been held or tagged."
    )

    def small_settings(self, document: TenantDocument) -> Mapping[str, str]:
        """Return the addresses, for the edge and for judging."""
        given = {SPAM: self.spam, NOT_SPAM: self.not_spam}
        return {name: fold(address) for name, address in given.items() if address}

    def disagreements(self, document: TenantDocument) -> Iterable[tuple[tuple[str, ...], str]]:
        """Is each address in a domain of the tenant's, and no mailbox of anybody?"""
        mailboxes = {fold(each) for each in document.addresses}
        for name in ("spam", "not_spam"):
            address = getattr(self, name)
            if address and domain_of(address) not in document.domains:
                yield ("reports", name), f"{address} is in none of the tenant's domains"
            elif address and fold(address) in mailboxes:
                yield ("reports", name), f"{address} is somebody's mailbox; mail to it would not arrive"
