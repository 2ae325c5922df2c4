"""A method of a service: what any choice of its action means to policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazaretto.core.decision import ActionOrder, Disposition
from lazaretto.core.snapshot import Condition, Rule
from lazaretto.tenants.choices import MailAction

_DISPOSITIONS: Final[Mapping[str, Disposition]] = {
    "redirect": Disposition.REDIRECT,
    "bulk-address": Disposition.REDIRECT,
    "quarantine": Disposition.QUARANTINE,
    "delete": Disposition.DELETE,
    "block-and-delete": Disposition.REJECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What all settings of one method have in common."""

    setting: str
    when: Condition
    reason: str
    """What quarantine lists call it."""
    tag: str = ""
    redirect_to: str | None = None
    bulk_to: str | None = None
    approval_waives: bool = False
    needs_registration: bool = False
    reply_text: str = ""
    reply_status: str = ""

    def rule(self, choice: Enum) -> Rule | None:
        """Return the rule for ``choice``; None when the method is off."""
        if choice is MailAction.OFF:
            return None
        word = str(choice.value)
        return Rule(
            name=self.setting,
            setting=f"{self.setting} = {word}",
            when=self.when,
            disposition=_DISPOSITIONS.get(word, Disposition.DELIVER),
            orders=self._orders(word),
            quarantine_reason=self.reason,
            approval_waives=self.approval_waives,
            needs_registration=self.needs_registration,
            reply_text=self.reply_text,
            reply_status=self.reply_status,
            after_acceptance=Disposition.DELETE,
        )

    def _orders(self, word: str) -> tuple[ActionOrder, ...]:
        if word == MailAction.REDIRECT.value:
            return (ActionOrder(action="redirect", parameters={"address": self.redirect_to or ""}),)
        if word == MailAction.BULK_ADDRESS.value:
            return (ActionOrder(action="redirect", parameters={"address": self.bulk_to or ""}),)
        # Where there is no quarantine, the tag is what is left of it.
        if word == MailAction.TAG_SUBJECT.value or (word == "quarantine" and self.needs_registration):
            return (ActionOrder(action="tag-subject", parameters={"tag": self.tag}),)
        if word == MailAction.ADD_HEADER.value:
            parameters = {"name": "X-Lazaretto-Found", "value": self.reason}
            return (ActionOrder(action="add-header", parameters=parameters),)
        return ()
