"""The words of notifications to senders, in four languages: polite, and saying what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """Subject, and the paragraphs before and after the list of recipients."""

    subject: str
    opening: tuple[str, ...]
    closing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """All notices in one language, and the words that they share."""

    system: str
    """Who speaks; ``{host}`` is filled in."""
    until: str
    """Until when it is tried; ``{time}`` is filled in."""
    answered: str
    """Before the answer of ``{host}``."""
    failed: NoticeText
    delayed: NoticeText
    relayed: NoticeText


_ENGLISH: Final = Language(
    system="This is the mail system at {host}.",
    until="Delivery is tried until {time}.",
    answered="the host {host} answered:",
    failed=NoticeText(
        subject="Undelivered mail: returned to you",
        opening=(
            "Your message could not be delivered to the recipients below.",
            "It is not tried again.",
        ),
        closing=("If you need help, give this whole message to your postmaster.",),
    ),
    delayed=NoticeText(
        subject="Delayed mail: still being tried",
        opening=(
            "Your message has not reached the recipients below yet.",
            "You do not need to send it again.",
        ),
        closing=("You are told if it cannot be delivered in the end.",),
    ),
    relayed=NoticeText(
        subject="Mail handed over to the next mail system",
        opening=(
            "Your message was handed over for the recipients below, to a mail system",
            "that does not send delivery notifications of its own.",
        ),
        closing=("You are not told about these recipients again.",),
    ),
)
_FRENCH: Final = Language(
    system="Ici le système de messagerie {host}.",
    until="La remise est tentée jusqu'au {time}.",
    answered="le serveur {host} a répondu :",
    failed=NoticeText(
        subject="Message non remis : il vous est retourné",
        opening=(
            "Votre message n'a pas pu être remis aux destinataires ci-dessous.",
            "Aucune autre tentative n'aura lieu.",
        ),
        closing=("Si vous avez besoin d'aide, transmettez ce message entier à votre administrateur.",),
    ),
    delayed=NoticeText(
        subject="Message retardé : les tentatives continuent",
        opening=(
            "Votre message n'est pas encore parvenu aux destinataires ci-dessous.",
            "Il n'est pas nécessaire de le renvoyer.",
        ),
        closing=("Vous serez averti s'il ne peut pas être remis.",),
    ),
    relayed=NoticeText(
        subject="Message transmis au système de messagerie suivant",
        opening=(
            "Votre message a été transmis, pour les destinataires ci-dessous, à un système de",
            "messagerie qui n'envoie pas lui-même d'avis de remise.",
        ),
        closing=("Vous ne recevrez pas d'autre avis pour ces destinataires.",),
    ),
)
_DUTCH: Final = Language(
    system="Dit is het mailsysteem {host}.",
    until="De bezorging wordt geprobeerd tot {time}.",
    answered="de server {host} antwoordde:",
    failed=NoticeText(
        subject="Niet bezorgd bericht: naar u teruggestuurd",
        opening=(
            "Uw bericht kon niet bij de ontvangers hieronder worden bezorgd.",
            "Het wordt niet opnieuw geprobeerd.",
        ),
        closing=("Als u hulp nodig hebt, geef dan dit hele bericht aan uw beheerder.",),
    ),
    delayed=NoticeText(
        subject="Vertraagd bericht: de pogingen gaan door",
        opening=(
            "Uw bericht heeft de ontvangers hieronder nog niet bereikt.",
            "U hoeft het niet opnieuw te versturen.",
        ),
        closing=("U krijgt bericht als het uiteindelijk niet kan worden bezorgd.",),
    ),
    relayed=NoticeText(
        subject="Bericht overgedragen aan het volgende mailsysteem",
        opening=(
            "Uw bericht is voor de ontvangers hieronder overgedragen aan een mailsysteem",
            "dat zelf geen bezorgmeldingen verstuurt.",
        ),
        closing=("Over deze ontvangers krijgt u geen verdere melding.",),
    ),
)
_GERMAN: Final = Language(
    system="Dies ist das Mailsystem {host}.",
    until="Die Zustellung wird bis {time} versucht.",
    answered="der Server {host} antwortete:",
    failed=NoticeText(
        subject="Nicht zugestellte Nachricht: zurück an Sie",
        opening=(
            "Ihre Nachricht konnte den Empfängern unten nicht zugestellt werden.",
            "Es wird nicht noch einmal versucht.",
        ),
        closing=("Wenn Sie Hilfe brauchen, geben Sie diese ganze Nachricht Ihrer Administration.",),
    ),
    delayed=NoticeText(
        subject="Verzögerte Nachricht: die Versuche gehen weiter",
        opening=(
            "Ihre Nachricht hat die Empfänger unten noch nicht erreicht.",
            "Sie brauchen sie nicht noch einmal zu senden.",
        ),
        closing=("Sie erfahren es, wenn sie am Ende nicht zugestellt werden kann.",),
    ),
    relayed=NoticeText(
        subject="Nachricht an das nächste Mailsystem übergeben",
        opening=(
            "Ihre Nachricht wurde für die Empfänger unten einem Mailsystem übergeben,",
            "das selbst keine Zustellbenachrichtigungen sendet.",
        ),
        closing=("Zu diesen Empfängern erhalten Sie keine weitere Nachricht.",),
    ),
)
LANGUAGES: Final[Mapping[str, Language]] = MappingProxyType(
    {"en": _ENGLISH, "fr": _FRENCH, "nl": _DUTCH, "de": _GERMAN}
)


def words_in(language: str) -> Language:
    """Return the words in ``language``; English for one that we do not know."""
    return LANGUAGES.get(language, _ENGLISH)
