"""Lists of senders: approved and blocked ones, of the tenant and of single people."""

from __future__ import annotations

import datetime
from typing import Any

from pydantic import Field, field_validator, model_validator

from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import OneLine, SenderKind, kind_of_sender, sender


class SenderEntry(Section):
    """A sender on a list; one without reason or end may be written as a plain text."""

    entry: str = Field(description="A mail address, a domain with all below it, an IP address or a network.")
    reason: OneLine = Field(default="", max_length=200, description="Why it is on the list, for colleagues.")
    owner: OneLine = Field(
        default="", max_length=200, description="Who wanted it, to ask whether it is needed."
    )
    unproven: bool = Field(
        default=False,
        description="On the approved list: it counts even where nothing proves the sender, which anybody"
        " can forge; left out, SPF, DKIM or DMARC must vouch for the address or domain.",
    )
    expires: datetime.date | None = Field(
        default=None,
        description="The last day on which it counts, as 2026-12-31; left out, it counts until removed.",
    )
    shadow: bool = Field(
        default=False, description="On trial: what it would change is recorded, and nothing is done."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        return {"entry": given} if isinstance(given, str) else given

    @field_validator("entry")
    @classmethod
    def _in_one_spelling(cls, entry: str) -> str:
        return sender(entry)

    @property
    def kind(self) -> SenderKind:
        """What the entry is."""
        return kind_of_sender(self.entry)


class PersonalLists(Section):
    """The senders that one person approved or blocked, for that person's own mail."""

    approved: tuple[SenderEntry, ...] = Field(
        default=(), max_length=1_000, description="Their mail is no spam to this person; phishing it may be."
    )
    blocked: tuple[SenderEntry, ...] = Field(
        default=(), max_length=1_000, description="Their mail is not wanted by this person."
    )

    @field_validator("approved", "blocked")
    @classmethod
    def _each_sender_once(cls, senders: tuple[SenderEntry, ...]) -> tuple[SenderEntry, ...]:
        known = {each.entry: each for each in reversed(senders)}
        return tuple(known[entry] for entry in sorted(known))
