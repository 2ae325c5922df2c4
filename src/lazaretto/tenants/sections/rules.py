"""Rules of the tenant's own: when they speak and what they want."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_serializer, field_validator, model_validator

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Verdict
from lazaretto.tenants.choices import Audience
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import FieldName, MailAddress, OneLine, SenderKind, kind_of_sender, sender


class When(Section):
    """When a rule speaks: every key that is given must hold; within a key any one value does."""

    verdicts: tuple[Verdict, ...] = Field(
        default=(), description="Classes of mail; phishing counts as spam, too."
    )
    symbols: tuple[str, ...] = Field(
        default=(), description="Names of what was found; a `*` at the end stands for any ending."
    )
    score_at_least: float | None = Field(default=None, description="The lowest score of the message.")
    recipients: tuple[str, ...] = Field(
        default=(), description="Mail addresses or domains; left out, everybody."
    )
    direction: tuple[Direction, ...] = Field(default=(), description="`inbound`, `outbound`; left out, both.")

    @field_validator("verdicts", "symbols", "recipients", "direction", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("symbols")
    @classmethod
    def _are_names(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            stem = symbol.removesuffix("*")
            if not stem.isascii() or not stem.replace("_", "").isalnum() or stem != stem.upper():
                raise ValueError(f'"{symbol}" is not a symbol; write it like SPF_FAIL or SPF_*')
        return tuple(sorted(set(symbols)))

    @field_validator("recipients")
    @classmethod
    def _are_recipients(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        spelt = {sender(each) for each in recipients}
        if wrong := [each for each in spelt if kind_of_sender(each) is SenderKind.NETWORK]:
            raise ValueError(f'"{wrong[0]}" is not a recipient; write a mail address or a domain')
        return tuple(sorted(spelt))

    @field_validator("verdicts", "direction")
    @classmethod
    def _sorted(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(sorted(set(values), key=lambda each: str(each.value)))


class HeaderField(Section):
    """A header field that a rule adds."""

    name: FieldName = Field(description="Its name, which begins with `X-`.")
    value: OneLine = Field(min_length=1, max_length=500, description="Its text.")


class RuleAction(Section):
    """What a rule wants; mail that is not stopped is delivered with the changes of all rules."""

    disposition: Disposition = Field(
        default=Disposition.DELIVER,
        description="What becomes of the mail; `redirect` when `redirect_to` is given. "
        "The most severe of all rules and methods wins.",
    )
    tag_subject: OneLine | None = Field(
        default=None, min_length=1, max_length=60, description="Text before the subject."
    )
    add_header: HeaderField | None = Field(default=None, description="A header field to add.")
    redirect_to: MailAddress | None = Field(
        default=None, description="Where it is delivered in place of its recipients."
    )
    copy_to: tuple[MailAddress, ...] = Field(
        default=(), max_length=20, description="Who gets a copy besides its recipients."
    )
    banner: OneLine | None = Field(
        default=None, min_length=1, max_length=500, description="Text above the body."
    )
    strip_attachments: tuple[OneLine, ...] = Field(
        default=(),
        max_length=100,
        description="Attachments with these names are replaced by a note: `*.exe`, `*` for all.",
    )
    compress_attachments: bool = Field(default=False, description="Pack large attachments into ZIP archives.")
    notify: tuple[Audience, ...] = Field(
        default=(),
        description="Who is told, at most once an hour per rule and sender: `administrator`, `recipient`, "
        "`sender` (only where somebody vouches for the address).",
    )

    @field_validator("copy_to", "strip_attachments", "notify", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("disposition", mode="before")
    @classmethod
    def _by_word(cls, given: Any) -> Any:
        words = {each.word: each for each in Disposition}
        if isinstance(given, str) and given not in words:
            raise ValueError(f'"{given}" is not possible; choose one of {", ".join(words)}')
        return words[given] if isinstance(given, str) else given

    @field_serializer("disposition")
    def _as_word(self, disposition: Disposition) -> str:
        return disposition.word

    @model_validator(mode="before")
    @classmethod
    def _redirecting(cls, given: Any) -> Any:
        if isinstance(given, dict) and "redirect_to" in given and "disposition" not in given:
            return {**given, "disposition": Disposition.REDIRECT.word}
        return given

    @model_validator(mode="after")
    def _goes_somewhere(self) -> RuleAction:
        if self.disposition is Disposition.REDIRECT and self.redirect_to is None:
            raise ValueError("the disposition is redirect, but nobody gets it; add redirect_to")
        return self


class OwnRule(Section):
    """A rule of the tenant's own."""

    name: OneLine = Field(min_length=1, max_length=80, description="How trace and explanations call it.")
    when: When = Field(description="When it speaks.")
    action: RuleAction = Field(description="What it wants.")
    skip_approved: bool = Field(default=False, description="Keep silent about mail from approved senders.")
    shadow: bool = Field(
        default=False, description="On trial: what it would do is recorded, and nothing is done."
    )
