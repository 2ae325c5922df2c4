"""Strangers under the tenant's names and domains."""

from __future__ import annotations

from pydantic import Field

from lazaretto.tenants.choices import MailAction
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import MailAddress


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
