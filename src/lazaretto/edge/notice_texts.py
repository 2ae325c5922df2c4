"""The words of notices about mail that was too big, in the languages of tenants.

Each text says what happened and what to do next; ``{sender}`` and the like are filled in by
``edge.notices``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """The two notices about one oversize message."""

    subject: str
    recipient: str
    administrator: str


_ENGLISH: Final = NoticeText(
    subject="A message was refused because it is too big",
    recipient=(
        "A message to you was not accepted because it is larger than your organisation allows.\n\n"
        "Sender: {sender}\nSize: {size} MB, allowed are {limit} MB\nTime: {time}\n\n"
        "The sender was told so. If you expect this message, please ask the sender to make it smaller\n"
        "or to give you the files in another way. Further messages of this sender within the hour are\n"
        "not notified again.\n"
    ),
    administrator=(
        "A message was not accepted because it is larger than the setting max_message_size allows.\n\n"
        "Sender: {sender}\nSending server: {client}\nRecipients: {recipients}\n"
        "Size: {size} MB, allowed are {limit} MB\nTime: {time}\n\n"
        "The sender was told so by the reply 552. Nothing needs to be done unless larger messages shall\n"
        "be allowed. Further messages of this sender within the hour are not notified again.\n"
    ),
)
_FRENCH: Final = NoticeText(
    subject="Un message a été refusé car il est trop volumineux",
    recipient=(
        "Un message qui vous était adressé n'a pas été accepté : il dépasse la taille autorisée par\n"
        "votre organisation.\n\n"
        "Expéditeur : {sender}\nTaille : {size} Mo, maximum autorisé : {limit} Mo\nHeure : {time}\n\n"
        "L'expéditeur en a été informé. Si vous attendez ce message, veuillez lui demander de réduire\n"
        "sa taille ou de vous transmettre les fichiers autrement. Les autres messages de cet expéditeur\n"
        "dans l'heure ne donnent pas lieu à un nouvel avis.\n"
    ),
    administrator=(
        "Un message n'a pas été accepté : il dépasse la taille permise par le réglage\n"
        "max_message_size.\n\n"
        "Expéditeur : {sender}\nServeur d'envoi : {client}\nDestinataires : {recipients}\n"
        "Taille : {size} Mo, maximum autorisé : {limit} Mo\nHeure : {time}\n\n"
        "L'expéditeur en a été informé par la réponse 552. Aucune action n'est nécessaire, sauf si des\n"
        "messages plus volumineux doivent être autorisés. Les autres messages de cet expéditeur dans\n"
        "l'heure ne donnent pas lieu à un nouvel avis.\n"
    ),
)
_DUTCH: Final = NoticeText(
    subject="Een bericht is geweigerd omdat het te groot is",
    recipient=(
        "Een bericht aan u is niet aanvaard omdat het groter is dan uw organisatie toestaat.\n\n"
        "Afzender: {sender}\nGrootte: {size} MB, toegestaan is {limit} MB\nTijdstip: {time}\n\n"
        "De afzender is hiervan op de hoogte gebracht. Als u dit bericht verwacht, vraag de afzender\n"
        "dan om het kleiner te maken of de bestanden op een andere manier te bezorgen. Over verdere\n"
        "berichten van deze afzender binnen het uur krijgt u geen nieuwe melding.\n"
    ),
    administrator=(
        "Een bericht is niet aanvaard omdat het groter is dan de instelling max_message_size\n"
        "toestaat.\n\n"
        "Afzender: {sender}\nVerzendende server: {client}\nOntvangers: {recipients}\n"
        "Grootte: {size} MB, toegestaan is {limit} MB\nTijdstip: {time}\n\n"
        "De afzender is hiervan op de hoogte gebracht met het antwoord 552. U hoeft niets te doen,\n"
        "tenzij grotere berichten toegestaan moeten worden. Over verdere berichten van deze afzender\n"
        "binnen het uur krijgt u geen nieuwe melding.\n"
    ),
)
_GERMAN: Final = NoticeText(
    subject="Eine Nachricht wurde abgelehnt, weil sie zu groß ist",
    recipient=(
        "Eine Nachricht an Sie wurde nicht angenommen, weil sie größer ist, als Ihre Organisation es\n"
        "erlaubt.\n\n"
        "Absender: {sender}\nGröße: {size} MB, erlaubt sind {limit} MB\nZeit: {time}\n\n"
        "Der Absender wurde darüber informiert. Falls Sie diese Nachricht erwarten, bitten Sie den\n"
        "Absender, sie zu verkleinern oder Ihnen die Dateien auf anderem Weg zu geben. Über weitere\n"
        "Nachrichten dieses Absenders innerhalb der Stunde werden Sie nicht erneut informiert.\n"
    ),
    administrator=(
        "Eine Nachricht wurde nicht angenommen, weil sie größer ist, als die Einstellung\n"
        "max_message_size es erlaubt.\n\n"
        "Absender: {sender}\nSendender Server: {client}\nEmpfänger: {recipients}\n"
        "Größe: {size} MB, erlaubt sind {limit} MB\nZeit: {time}\n\n"
        "Der Absender wurde durch die Antwort 552 darüber informiert. Es ist nichts zu tun, außer wenn\n"
        "größere Nachrichten erlaubt werden sollen. Über weitere Nachrichten dieses Absenders innerhalb\n"
        "der Stunde werden Sie nicht erneut informiert.\n"
    ),
)
TEXTS: Final[Mapping[str, NoticeText]] = MappingProxyType(
    {"en": _ENGLISH, "fr": _FRENCH, "nl": _DUTCH, "de": _GERMAN}
)


def text_in(language: str) -> NoticeText:
    """Return the texts in ``language``; English for one that we do not know."""
    return TEXTS.get(language, _ENGLISH)
