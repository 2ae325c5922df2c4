"""Texts below the body of mail that comes in or goes out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import Field, field_validator

from lazaretto.core.decision import ActionOrder
from lazaretto.core.envelope import Direction
from lazaretto.core.snapshot import Condition, Rule
from lazaretto.tenants.choices import Level
from lazaretto.tenants.sections import Section
from lazaretto.tenants.service_section import SectionCard, ServiceSection
from lazaretto.tenants.services.contract import Contract

if TYPE_CHECKING:
    from lazaretto.tenants.document import TenantDocument
    from lazaretto.tenants.questions.checked import Checked
    from lazaretto.tenants.remarks import Remark

MAX_IMAGE: Final = 40_000
DEFAULT_TEXTS: Final[Mapping[str, str]] = {
    "en": "This message was scanned by the mail security service of your organisation.",
    "fr": "Ce message a été analysé par le service de sécurité de messagerie de votre organisation.",
    "nl": "Dit bericht is gescand door de mailbeveiligingsdienst van uw organisatie.",
    "de": "Diese Nachricht wurde vom E-Mail-Sicherheitsdienst Ihrer Organisation geprüft.",
}
_SIGNATURES: Final = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class Usage(Enum):
    """Whether a disclaimer is used."""

    AUTO = "auto"
    """From the day of activation on."""
    ON = "on"
    OFF = "off"


class DisclaimerText(Section):
    """One disclaimer; `{tenant}`, `{domain}`, `{sender}` and `{sender_name}` are filled in."""

    use: Usage = Field(
        default=Usage.AUTO, description="`auto`: from the day of activation on (`contract.activated`)."
    )
    text: str = Field(
        default="",
        max_length=4_000,
        description="The text; left out, the default text in the tenant's language.",
    )
    html: str = Field(
        default="", max_length=20_000, description="The same as HTML; left out, it is made of the text."
    )
    image: str = Field(
        default="",
        max_length=60_000,
        description="A PNG, JPEG or GIF picture in base64 of at most 40,000 octets, shown below `html`.",
    )

    @field_validator("text", "html")
    @classmethod
    def _one_spelling(cls, text: str) -> str:
        plain = text.replace("\r\n", "\n").strip("\n")
        if any(not c.isprintable() and c not in "\n\t" for c in plain):
            raise ValueError("it has control characters; remove them")
        return plain

    @field_validator("image")
    @classmethod
    def _is_a_picture(cls, image: str) -> str:
        plain = "".join(image.split())
        if plain and not picture_type(plain):
            raise ValueError("it is no PNG, JPEG or GIF in base64 of at most 40,000 octets; make it smaller")
        return plain


class OutboundDisclaimer(DisclaimerText):
    """The disclaimer of mail that goes out."""

    use: Usage = Field(default=Usage.OFF, description="Whether it is used; `auto` = from activation on.")


class Disclaimers(ServiceSection):
    """Texts below the body, once in a thread; signed and encrypted mail stays as it is."""

    card: ClassVar = SectionCard(
        key="disclaimers",
        summary="Texts below the body of mail that comes in or goes out.",
        lowest=Level.GROUP,
    )

    inbound: DisclaimerText = Field(default_factory=DisclaimerText, description="For mail that comes in.")
    outbound: OutboundDisclaimer = Field(
        default_factory=OutboundDisclaimer, description="For mail that goes out."
    )

    def rules(self, document: TenantDocument) -> Iterable[Rule | None]:
        """Yield a rule for each direction that has a disclaimer."""
        activated = Contract.of(document).activated
        for direction, chosen in ((Direction.INBOUND, self.inbound), (Direction.OUTBOUND, self.outbound)):
            if chosen.use is Usage.ON or (chosen.use is Usage.AUTO and activated is not None):
                name = f"disclaimers.{direction.value}"
                yield Rule(
                    name=name,
                    setting=f"{name} = {chosen.use.value}",
                    when=Condition(directions=frozenset({direction})),
                    orders=(_order(chosen, document.language.value),),
                    begins=activated if chosen.use is Usage.AUTO else None,
                    is_quiet=True,
                )

    def remarks(self, checked: Checked) -> Iterable[Remark]:
        """Does a text say what is meant?"""
        for name, chosen in (("inbound", self.inbound), ("outbound", self.outbound)):
            if chosen.image and not chosen.html:
                problem = f"the picture of the {name} disclaimer is shown below html only; add html"
                yield checked.remark(("disclaimers", name, "image"), problem)
            if (chosen.html or chosen.text) and chosen.use is Usage.OFF:
                problem = f"the {name} disclaimer has a text and is not used; set use to on"
                yield checked.remark(("disclaimers", name), problem)


def picture_type(image: str) -> str:
    """Return the media type of a picture in base64; empty when it is none, or too large."""
    try:
        octets = base64.b64decode(image, validate=True)
    except binascii.Error:
        return ""
    if len(octets) > MAX_IMAGE:
        return ""
    return next((kind for signature, kind in _SIGNATURES.items() if octets.startswith(signature)), "")


def _order(chosen: DisclaimerText, language: str) -> ActionOrder:
    picture = f"{picture_type(chosen.image)};{chosen.image}" if chosen.image else ""
    text = chosen.text or DEFAULT_TEXTS[language]
    return ActionOrder(action="disclaimer", parameters={"text": text, "html": chosen.html, "image": picture})
