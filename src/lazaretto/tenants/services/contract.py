"""What the tenant ordered: formula, options, mailboxes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, field_validator

from lazaretto.core.cards import Option
from lazaretto.tenants.choices import Formula
from lazaretto.tenants.service_section import SectionCard, ServiceSection
from lazaretto.tenants.values import TenantName

if TYPE_CHECKING:
    from lazaretto.tenants.questions.checked import Checked
    from lazaretto.tenants.remarks import Remark


class Contract(ServiceSection):
    """What the tenant ordered."""

    card: ClassVar = SectionCard(key="contract", summary="What the tenant ordered: formula and options.")

    formula: Formula = Field(
        default=Formula.REACTIVE,
        description="Who configures: `reactive` the tenant itself, `full-care` the operator.",
    )
    assist: bool = Field(
        default=False, description="With `reactive`: the operator does the first configuration."
    )
    options: tuple[Option, ...] = Field(
        default=tuple(sorted(Option, key=lambda each: each.value)),
        description="What was ordered besides the base service; what was not is absent from processing, "
        "pages and API. Left out, everything is there.",
    )
    limited_rights: bool = Field(
        default=False,
        description="With `full-care`: its people may create accounts, account groups and aliases, access "
        "other accounts and delete accounts of the quarantine portal.",
    )
    mailboxes: int = Field(default=0, ge=0, le=10_000_000, description="Contracted mailboxes; 0 = not said.")
    domains: int = Field(
        default=5, ge=1, le=10_000, description="Contracted mail domains; five are in the base service."
    )
    activated: datetime.date | None = Field(
        default=None,
        description="The day of activation; from then on the default disclaimer applies.",
    )
    audit_months: int | None = Field(
        default=None,
        ge=1,
        le=36,
        description="Months that the tenant's audit keeps an act; left out, what the platform keeps (12).",
    )
    reseller: TenantName | None = Field(
        default=None, description="Who sold it, when that is not the operator."
    )

    @field_validator("options")
    @classmethod
    def _each_once(cls, options: tuple[Option, ...]) -> tuple[Option, ...]:
        return tuple(sorted(set(options), key=lambda each: each.value))

    def remarks(self, checked: Checked) -> Iterable[Remark]:
        """Does the contract hold what is configured, and the other way round?"""
        if self.formula is Formula.FULL_CARE and 0 < self.mailboxes < 25:
            problem = f"full-care begins at 25 mailboxes, not at {self.mailboxes}; correct one of both"
            yield checked.remark(("contract", "mailboxes"), problem)
        if self.formula is Formula.FULL_CARE and self.assist:
            problem = "assist belongs to the formula reactive; remove it"
            yield checked.remark(("contract", "assist"), problem)
        if self.limited_rights and self.formula is not Formula.FULL_CARE:
            problem = "limited_rights belongs to the formula full-care; remove it"
            yield checked.remark(("contract", "limited_rights"), problem)
        if self.mailboxes and len(checked.document.addresses) > self.mailboxes:
            problem = f"{len(checked.document.addresses)} addresses are registered, {self.mailboxes} ordered"
            yield checked.remark(("contract", "mailboxes"), f"{problem}; order more or remove some")
        if Option.DATA_PROTECTION not in self.options:
            for key in ("impersonation", "tls_partners"):
                if key in checked.given():
                    problem = f"{key} means nothing without the option data-protection; order or remove it"
                    yield checked.remark((key,), problem)
