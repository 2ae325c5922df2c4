"""Newsletters that are wanted: exceptions from the method that finds bulk mail."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from lazaretto.tenants.sections import Section
from lazaretto.tenants.service_section import SectionCard, ServiceSection
from lazaretto.tenants.values import DomainName, ListName, MailAddress, OneLine

if TYPE_CHECKING:
    from lazaretto.tenants.questions.checked import Checked
    from lazaretto.tenants.remarks import Remark


class WantedNewsletter(Section):
    """A newsletter that somebody wants; it is known by its List-Id and by who signs it."""

    list: ListName = Field(description="What stands between `<` and `>` in its List-Id field.")
    signed_by: DomainName = Field(
        description="The domain whose valid DKIM signature it must have; a List-Id alone anybody can write."
    )
    recipients: tuple[MailAddress, ...] = Field(
        default=(), max_length=10_000, description="Who wants it; left out, everybody."
    )
    reason: OneLine = Field(default="", max_length=200, description="Why, for colleagues.")
    expires: datetime.date | None = Field(
        default=None, description="The last day on which it counts; left out, it counts until removed."
    )

    @field_validator("recipients")
    @classmethod
    def _each_once(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(recipients)))


class Newsletters(ServiceSection):
    """Newsletters that are wanted: the method for bulk mail leaves them alone."""

    card: ClassVar = SectionCard(
        key="newsletters", summary="Newsletters that the method for bulk mail leaves alone."
    )

    wanted: tuple[WantedNewsletter, ...] = Field(
        default=(), max_length=50_000, description="Each with its list and its signer."
    )

    @field_validator("wanted")
    @classmethod
    def _in_order(cls, wanted: tuple[WantedNewsletter, ...]) -> tuple[WantedNewsletter, ...]:
        known = {(each.list, each.signed_by, each.recipients): each for each in reversed(wanted)}
        return tuple(known[key] for key in sorted(known))

    def remarks(self, checked: Checked) -> Iterable[Remark]:
        """Is an exception over?"""
        for each in self.wanted:
            if each.expires is not None and each.expires < checked.day:
                problem = f"the exception for {each.list} ended on {each.expires}; remove it"
                yield checked.remark(("newsletters", "wanted"), problem)
