"""What became of a message, in words of four languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusText:
    """All sentences and headings in one language."""

    delivered: str
    """``{domain}`` and ``{time}`` are filled in."""
    bounced: str
    late: str
    again: str
    """``{time}`` is filled in."""
    unknown: str
    by_place: Mapping[str, str]
    """Of places that need nothing filled in."""
    identity: str
    attempts: str
    answer: str
    host: str
    encrypted: str
    in_clear: str
    verdict: str
    orders: str


_ENGLISH: Final = StatusText(
    delivered="The mail system of {domain} took the message on {time}.",
    bounced="The message could not be delivered.",
    late="The message has not arrived yet; it need not be sent again.",
    again="It is tried again on {time}.",
    unknown="Nothing is known of this recipient.",
    by_place={
        "received": "The message was accepted and is about to be checked.",
        "scanning": "The message is being checked.",
        "ready": "The message was checked and is on its way.",
        "delivering": "The message was checked and is on its way.",
        "held": "The message is kept back and goes on when it is released.",
        "quarantined": "The message rests in quarantine; an administrator can release it.",
        "deleted": "The message was deleted, as the organisation's settings say.",
        "refused": "The message was refused at the door; its sender was told at once.",
    },
    identity="Message",
    attempts="Attempts",
    answer="Last answer",
    host="Next hop",
    encrypted="encrypted",
    in_clear="in clear",
    verdict="Verdict",
    orders="What can be done",
)
_FRENCH: Final = StatusText(
    delivered="Le système de messagerie de {domain} a accepté le message le {time}.",
    bounced="Le message n'a pas pu être remis.",
    late="Le message n'est pas encore arrivé ; il est inutile de le renvoyer.",
    again="Une nouvelle tentative aura lieu le {time}.",
    unknown="Rien n'est connu de ce destinataire.",
    by_place={
        "received": "Le message a été accepté et va être vérifié.",
        "scanning": "Le message est en cours de vérification.",
        "ready": "Le message a été vérifié et est en route.",
        "delivering": "Le message a été vérifié et est en route.",
        "held": "Le message est retenu et repartira lorsqu'il sera libéré.",
        "quarantined": "Le message est en quarantaine ; un administrateur peut le libérer.",
        "deleted": "Le message a été supprimé, conformément aux réglages de l'organisation.",
        "refused": "Le message a été refusé à l'entrée ; l'expéditeur en a été averti aussitôt.",
    },
    identity="Message",
    attempts="Tentatives",
    answer="Dernière réponse",
    host="Serveur suivant",
    encrypted="chiffré",
    in_clear="en clair",
    verdict="Verdict",
    orders="Ce qui peut être fait",
)
_DUTCH: Final = StatusText(
    delivered="Het mailsysteem van {domain} nam het bericht aan op {time}.",
    bounced="Het bericht kon niet worden bezorgd.",
    late="Het bericht is nog niet aangekomen; het hoeft niet opnieuw te worden verstuurd.",
    again="Het wordt opnieuw geprobeerd op {time}.",
    unknown="Over deze ontvanger is niets bekend.",
    by_place={
        "received": "Het bericht is aanvaard en wordt zo dadelijk gecontroleerd.",
        "scanning": "Het bericht wordt gecontroleerd.",
        "ready": "Het bericht is gecontroleerd en is onderweg.",
        "delivering": "Het bericht is gecontroleerd en is onderweg.",
        "held": "Het bericht wordt vastgehouden en gaat verder na vrijgave.",
        "quarantined": "Het bericht ligt in quarantaine; een beheerder kan het vrijgeven.",
        "deleted": "Het bericht is verwijderd, zoals de instellingen van de organisatie zeggen.",
        "refused": "Het bericht is aan de deur geweigerd; de afzender is dat meteen gemeld.",
    },
    identity="Bericht",
    attempts="Pogingen",
    answer="Laatste antwoord",
    host="Volgende server",
    encrypted="versleuteld",
    in_clear="onversleuteld",
    verdict="Oordeel",
    orders="Wat gedaan kan worden",
)
_GERMAN: Final = StatusText(
    delivered="Das Mailsystem von {domain} hat die Nachricht am {time} angenommen.",
    bounced="Die Nachricht konnte nicht zugestellt werden.",
    late="Die Nachricht ist noch nicht angekommen; sie muss nicht noch einmal gesendet werden.",
    again="Der nächste Versuch ist am {time}.",
    unknown="Über diesen Empfänger ist nichts bekannt.",
    by_place={
        "received": "Die Nachricht wurde angenommen und wird gleich geprüft.",
        "scanning": "Die Nachricht wird geprüft.",
        "ready": "Die Nachricht wurde geprüft und ist unterwegs.",
        "delivering": "Die Nachricht wurde geprüft und ist unterwegs.",
        "held": "Die Nachricht wird zurückgehalten und geht weiter, wenn sie freigegeben wird.",
        "quarantined": "Die Nachricht liegt in Quarantäne; die Administration kann sie freigeben.",
        "deleted": "Die Nachricht wurde gelöscht, wie es die Einstellungen der Organisation sagen.",
        "refused": "Die Nachricht wurde an der Tür abgewiesen; der Absender erfuhr es sofort.",
    },
    identity="Nachricht",
    attempts="Versuche",
    answer="Letzte Antwort",
    host="Nächster Server",
    encrypted="verschlüsselt",
    in_clear="unverschlüsselt",
    verdict="Urteil",
    orders="Was getan werden kann",
)
TEXTS: Final[Mapping[str, StatusText]] = MappingProxyType(
    {"en": _ENGLISH, "fr": _FRENCH, "nl": _DUTCH, "de": _GERMAN}
)


def status_in(language: str) -> StatusText:
    """Return the texts in ``language``; English for one that we do not know."""
    return TEXTS.get(language, _ENGLISH)
