"""Strangers under the tenant's names and domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field, field_validator

from lazaretto.core.impersonators import option_of
from lazaretto.tenants.choices import MailAction
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import DomainName, MailAddress, Stranger

MOST_APPROVED: Final = 1_000
_Strangers = Annotated[tuple[Stranger, ...], Field(max_length=MOST_APPROVED)]


class ApprovedImpersonators(Section):
    """Strangers who may use the tenant's names and look-alike domains, by the method that spares them."""

    every_method: _Strangers = Field(
        default=(), description="Addresses and domains that all methods on this list leave alone."
    )
    user_names: _Strangers = Field(
        default=(), description="Those who may write under the name of a protected person."
    )
    similar_names: _Strangers = Field(
        default=(), description="Those whose name may be nearly that of a protected person."
    )
    reply_names: _Strangers = Field(
        default=(), description="Those to whom answers may go under the name of a protected person."
    )
    colleague_names: _Strangers = Field(
        default=(), description="Those who may write under the name of somebody on the validation list."
    )
    lookalike_domains: Annotated[tuple[DomainName, ...], Field(max_length=MOST_APPROVED)] = Field(
        default=(), description="Domains that may look like the tenant's."
    )

    @field_validator("*")
    @classmethod
    def _each_once(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(entries)))

    def small_settings(self, options: Mapping[str, str]) -> dict[str, str]:
        """Return the lists for detectors, together with what ``options`` name as well."""
        found = {}
        for method, entries in self:
            name = option_of(method)
            if named := " ".join(filter(None, (options.get(name, ""), *entries))):
                found[name] = named
        return found


class Impersonation(Section):
    """Strangers who write under the names of the tenant's people or domains."""

    user_names: MailAction = Field(
        default=MailAction.QUARANTINE, description="Mail under the name of a protected person."
    )
    similar_names: MailAction = Field(
        default=MailAction.TAG_SUBJECT,
        description="Mail under a name that is nearly that of a protected person.",
    )
    reply_names: MailAction = Field(
        default=MailAction.TAG_SUBJECT,
        description="Mail whose answers go to a stranger under the name of a protected person.",
    )
    colleague_names: MailAction = Field(
        default=MailAction.LOG,
        description="Mail from a stranger under the name of somebody on the validation list.",
    )
    own_domains: MailAction = Field(
        default=MailAction.TAG_SUBJECT,
        description="Mail that claims to come from the tenant itself, without proof.",
    )
    lookalike_domains: MailAction = Field(
        default=MailAction.QUARANTINE, description="Mail from domains that look like the tenant's."
    )
    redirect_address: MailAddress | None = Field(
        default=None, description="Where mail goes whose action is `redirect`."
    )
    approved: ApprovedImpersonators = Field(
        default_factory=ApprovedImpersonators,
        description="Strangers who may use the tenant's names and look-alike domains.",
        json_schema_extra={"lowest": "global"},
    )
