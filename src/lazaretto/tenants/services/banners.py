"""Texts above the body that tell readers what to beware of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from pydantic import Field

from lazaretto.core.decision import ActionOrder
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import Condition, Rule
from lazaretto.tenants.choices import Level
from lazaretto.tenants.service_section import SectionCard, ServiceSection

if TYPE_CHECKING:
    from lazaretto.tenants.document import TenantDocument

_INBOUND: Final = frozenset({Direction.INBOUND})
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "scanned": {
        "en": "This message was scanned for malware; none was found.",
        "fr": "Ce message a été analysé ; aucun logiciel malveillant n'a été trouvé.",
        "nl": "Dit bericht is op malware gescand; er is niets gevonden.",
        "de": "Diese Nachricht wurde auf Schadsoftware geprüft; es wurde keine gefunden.",
    },
    "external": {
        "en": "This message comes from outside your organisation. Be careful with links and attachments.",
        "fr": "Ce message vient de l'extérieur. Prudence avec les liens et les fichiers joints.",
        "nl": "Dit bericht komt van buiten uw organisatie. Wees voorzichtig met links en bijlagen.",
        "de": "Diese Nachricht kommt von außerhalb Ihrer Organisation. Vorsicht bei Links und Anhängen.",
    },
    "first_contact": {
        "en": "This sender has not written to you before. Be careful with money, passwords and haste.",
        "fr": "Cet expéditeur ne vous a jamais écrit. Prudence : argent, mots de passe, urgence.",
        "nl": "U kreeg nog nooit post van deze afzender. Let op als het om geld, wachtwoorden of haast gaat.",
        "de": "Von diesem Absender kam noch nie Post an Sie. Vorsicht bei Geld, Passwörtern und Eile.",
    },
    "suspicious": {
        "en": "This message looks suspicious. Do not answer it, and do not open links or attachments.",
        "fr": "Ce message semble suspect. N'y répondez pas et n'ouvrez ni lien ni fichier joint.",
        "nl": "Dit bericht lijkt verdacht. Antwoord niet en open geen links of bijlagen.",
        "de": "Diese Nachricht wirkt verdächtig. Nicht antworten, keine Links und Anhänge öffnen.",
    },
}
_WHEN: Final[Mapping[str, Condition]] = {
    "scanned": Condition(directions=_INBOUND, unless=frozenset({"ENCRYPTED_CONTENT", "SCANNER_FAILED"})),
    "external": Condition(directions=_INBOUND),
    "first_contact": Condition(
        directions=_INBOUND, symbols=frozenset({"FIRST_CONTACT", "FIRST_CONTACT_RECIPIENT"})
    ),
    "suspicious": Condition(
        directions=_INBOUND, verdicts=frozenset({Verdict.SPAM, Verdict.PHISHING, Verdict.UNSCANNABLE})
    ),
}


class Banners(ServiceSection):
    """Texts above the body that tell readers what to beware of, in the tenant's language."""

    card: ClassVar = SectionCard(
        key="banners", summary="Texts above the body that tell readers what to beware of.", lowest=Level.GROUP
    )

    scanned: bool = Field(default=False, description="Say that the message was scanned.")
    external: bool = Field(default=False, description="Say that the message comes from outside.")
    first_contact: bool = Field(
        default=False, description="Say that the sender has not written to the recipient before."
    )
    suspicious: bool = Field(
        default=False, description="Warn of mail that is delivered though it was taken for spam or phishing."
    )

    def rules(self, document: TenantDocument) -> Iterable[Rule | None]:
        """Yield a rule for each banner that is on."""
        for name, texts in TEXTS.items():
            if getattr(self, name):
                order = ActionOrder(action="banner", parameters={"text": texts[document.language.value]})
                yield Rule(
                    name=f"banners.{name}",
                    setting=f"banners.{name} = true",
                    when=_WHEN[name],
                    orders=(order,),
                    is_quiet=True,
                )
